package diff

import "strings"

// Plain's marks are two characters each, and a text may hold them itself. So a
// bracket or brace of the text gets a backslash on its inner side wherever it would
// otherwise read as half of a mark: "[-" is written "[\-", and "+}" is "+\}". One
// that has a backslash there already gets another.
//
// To read Plain: take the marks out, then take one backslash away after each [ and
// {, then one before each ] and }; in sed, s/\([[{]\)\\/\1/g; s/\\\([]}]\)/\1/g.
//
// Readers differ in how they take the marks out: whole changes first or the other
// side's marks first, from the left or all at once. escapeMarks makes all of them
// right: no mark stands in the text, in either side once the other's words are gone,
// or across the edge of a change.

// bracket is one of the characters [ ] { } in a part.
type bracket struct {
	part    *part
	at      int
	open    bool
	escaped bool
}

// partner gives the character that makes a mark of a bracket, or 0.
func partner(c byte) byte {
	switch c {
	case '[', ']':
		return '-'
	case '{', '}':
		return '+'
	}
	return 0
}

// reading is one of the texts that a marked text is read as: the old one, the new
// one, or both with their marks.
type reading struct {
	marked  bool
	last    byte // the character before
	bracket int  // the number of that bracket, or -1
}

// escaper finds the brackets of a marked text that want a backslash.
type escaper struct {
	brackets []bracket
	touching [][2]int // an opening bracket and a closing one right behind it
}

// escapeMarks puts the backslashes into the lines of a field.
func escapeMarks(lines [][]part) {
	var e escaper
	old, new, both := reading{bracket: -1}, reading{bracket: -1}, reading{bracket: -1, marked: true}
	for _, line := range lines {
		for i := range line {
			p := &line[i]
			open, shut := marks[p.op][0], marks[p.op][1]
			for k := range len(open) {
				e.read(&both, open[k], -1)
			}
			for k := range len(p.text) {
				c, n := p.text[k], -1
				if partner(c) != 0 {
					n = len(e.brackets)
					e.brackets = append(e.brackets, bracket{part: p, at: k, open: c == '[' || c == '{'})
				}
				e.read(&both, c, n)
				if p.op != Insert && p.op != MoveTo {
					e.read(&old, c, n)
				}
				if p.op != Delete && p.op != MoveFrom {
					e.read(&new, c, n)
				}
			}
			for k := range len(shut) {
				e.read(&both, shut[k], -1)
			}
		}
		for _, r := range []*reading{&old, &new, &both} {
			e.read(r, '\n', -1)
		}
	}
	e.settle()
	e.write()
}

// read takes the next character of a reading; n is its number among the brackets,
// or -1.
func (e *escaper) read(r *reading, c byte, n int) {
	if k := r.bracket; k >= 0 && e.brackets[k].open {
		switch {
		case c == partner(r.last), c == '\\' && !r.marked:
			e.brackets[k].escaped = true
		case n >= 0 && !e.brackets[n].open && !r.marked:
			e.touching = append(e.touching, [2]int{k, n})
		}
	}
	if n >= 0 && !e.brackets[n].open && (r.last == partner(c) || r.last == '\\' && !r.marked) {
		e.brackets[n].escaped = true
	}
	r.last, r.bracket = c, n
}

// settle escapes both of two brackets that touch where it escapes one: of "[\]"
// nobody could tell whose backslash it is. A chain of them is as long as the ways
// in which two sides can meet around a change, so a few rounds are enough.
func (e *escaper) settle() {
	for again := true; again; {
		again = false
		for _, t := range e.touching {
			a, b := &e.brackets[t[0]], &e.brackets[t[1]]
			if a.escaped != b.escaped {
				a.escaped, b.escaped, again = true, true, true
			}
		}
	}
}

// write puts the backslashes in.
func (e *escaper) write() {
	for i := 0; i < len(e.brackets); {
		p := e.brackets[i].part
		var b strings.Builder
		from := 0
		for ; i < len(e.brackets) && e.brackets[i].part == p; i++ {
			x := e.brackets[i]
			if !x.escaped {
				continue
			}
			cut := x.at
			if x.open {
				cut++
			}
			b.WriteString(p.text[from:cut])
			b.WriteByte('\\')
			from = cut
		}
		if from > 0 || b.Len() > 0 {
			b.WriteString(p.text[from:])
			p.text = b.String()
		}
	}
}
