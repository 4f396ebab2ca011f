package diff

import (
	"unicode"
	"unicode/utf8"
)

// The rule for marks.
//
// Marks are told in places where no word changed: a whole hunk with the same words,
// or, beside words that changed, a run of changed text without any, and the gap
// before or after a word that both sides of a run have at its edge. Marks that came
// or went together with words belong to them.
//
//   - punctuation: other marks, or marks in another order: a comma, a full stop, a
//     bracket, a hyphen that became a space.
//   - typography: the same marks in another style: quotation marks and apostrophes
//     straight or curly, double or single; hyphens and dashes of any length; three
//     dots and an ellipsis; marks of full width; spaces that don't break or have a
//     width of their own; characters that nobody sees.
//   - whitespace: the same marks, and other white space.

// markChange says what a change of marks is; several may be found.
type markChange uint8

const (
	marksOther markChange = 1 << iota // other marks
	marksStyle                        // the same marks in another style
	marksSpace                        // white space alone
)

// marksChanged applies the rule to all hunks.
func (c *change) marksChanged() markChange {
	var found markChange
	for i := range c.hunks {
		h := &c.hunks[i]
		if h.same {
			found |= compareMarks(c.old.text[h.a0:h.a1], c.new.text[h.b0:h.b1], h.quoted, false)
		} else {
			found |= c.marksInRuns(h)
		}
	}
	return found
}

// marksInRuns applies the rule to the runs of changed text of a hunk.
func (c *change) marksInRuns(h *hunk) markChange {
	var found markChange
	a, b := c.old.words[h.i0:h.i1], c.new.words[h.j0:h.j1]
	for i := h.s0; i < h.s1; i++ {
		if c.segs[i].Op == Equal {
			continue
		}
		run := c.segs[i]
		for i+1 < h.s1 && c.segs[i+1].Op != Equal {
			i++
			run.A1, run.B1 = c.segs[i].A1, c.segs[i].B1
		}
		var x, y []word
		x, a = wordsUntil(a, run.A0, run.A1)
		y, b = wordsUntil(b, run.B0, run.B1)
		found |= c.marksInRun(run, x, y, h.quoted)
	}
	return found
}

// wordsUntil gives the words that begin from the one offset to before the other,
// and those behind them.
func wordsUntil(words []word, from, to int) (within, behind []word) {
	i := 0
	for i < len(words) && words[i].start < from {
		i++
	}
	j := i
	for j < len(words) && words[j].start < to {
		j++
	}
	return words[i:j], words[j:]
}

// marksInRun applies the rule to one run, whose words are x and y.
func (c *change) marksInRun(run Segment, x, y []word, quoted bool) markChange {
	old, new := c.old.text, c.new.text
	if sameWords(x, y, 0) {
		return compareMarks(old[run.A0:run.A1], new[run.B0:run.B1], quoted, true)
	}
	var found markChange
	a, b := run.A0, run.B0
	for len(x) > 0 && len(y) > 0 && x[0].same(&y[0]) {
		found |= compareMarks(old[a:x[0].end], new[b:y[0].end], quoted, true)
		a, b = x[0].end, y[0].end
		x, y = x[1:], y[1:]
	}
	a, b = run.A1, run.B1
	for i, j := len(x)-1, len(y)-1; i >= 0 && j >= 0 && x[i].same(&y[j]); i, j = i-1, j-1 {
		found |= compareMarks(old[x[i].start:a], new[y[j].start:b], quoted, true)
		a, b = x[i].start, y[j].start
	}
	return found
}

// compareMarks applies the rule to two stretches that hold the same words. Where a
// quotation changed, quotation marks don't count; beside words that changed, a
// bracket doesn't, whose other half came with them.
func compareMarks(a, b string, quoted, beside bool) markChange {
	if a == b {
		return 0
	}
	x, y := markScanner{s: a, quoted: quoted, beside: beside}, markScanner{s: b, quoted: quoted, beside: beside}
	alike := true
	for {
		m, n := x.next(), y.next()
		switch {
		case m != n:
			return marksOther
		case m == 0:
			if alike && x.odd == y.odd {
				return marksSpace
			}
			return marksStyle
		}
		alike = alike && x.seen == y.seen
	}
}

// markScanner gives the marks of a text, each in the one style that stands for all.
type markScanner struct {
	s      string
	quoted bool   // quotation marks don't count
	beside bool   // brackets don't count: words changed beside them
	seen   rune   // the mark as it stands
	odd    uint32 // a sum over the characters that nobody sees, and the spaces of a width of their own
	more   int    // full stops of an ellipsis that are still to come
	word   bool   // a word is being passed
}

// wordMark stands for a word among marks: "a, b" and "a b," differ.
const wordMark = 'w'

func (m *markScanner) next() rune {
	if m.more > 0 {
		m.more--
		return '.'
	}
	for m.s != "" {
		c, size := rune(m.s[0]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(m.s)
		}
		m.s = m.s[size:]
		switch m.class(c) {
		case passInWord:
			if !m.word {
				m.word, m.seen = true, 0
				return wordMark
			}
			continue
		case passSpace:
			m.word = false
			continue
		case passUnseen:
			continue
		}
		m.seen, m.word = c, false
		switch style := markStyle(c); {
		case style == '"' && m.quoted, m.beside && isBracket(c):
		case style == '-':
			for c == '-' && m.s != "" && m.s[0] == '-' { // "--" is a dash
				m.seen, m.s = m.seen+c, m.s[1:]
			}
			return style
		case style == '…':
			m.more = 2
			return '.'
		default:
			return style
		}
	}
	return 0
}

func isBracket(c rune) bool { return c == '(' || c == ')' || c == '[' || c == ']' }

// What the scanner passes by.
const (
	passNot = iota // a mark
	passInWord
	passSpace
	passUnseen
)

func (m *markScanner) class(c rune) int {
	if c < utf8.RuneSelf {
		switch kind := byteKinds[c]; {
		case c == '_' || kind == '0':
			return passNot
		case kind == '1':
			return passInWord
		}
		return passSpace
	}
	switch {
	case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || unicode.Is(unicode.N, c) || unicode.Is(unicode.So, c):
		return passInWord
	case unicode.IsSpace(c):
		m.odd = m.odd*31 + uint32(c)
		return passSpace
	case unicode.Is(unicode.Cf, c):
		m.odd = m.odd*31 + uint32(c)
		return passUnseen
	}
	return passNot
}

// markStyle gives the mark that stands for all its styles.
func markStyle(c rune) rune {
	switch c {
	case '\'', '`', '´', '‘', '’', '‚', '‛', '′', '＇',
		'"', '“', '”', '„', '‟', '«', '»', '‹', '›', '「', '」', '『', '』', '″', '＂':
		return '"'
	case '-', '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '－':
		return '-'
	}
	if c > 0xff00 && c < 0xff5f { // full width
		return c - 0xfee0
	}
	return c
}
