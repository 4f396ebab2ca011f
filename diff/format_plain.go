package diff

import (
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// plain writes wdiff's marks. With AroundAll, the text without the insertions is
// the old one, and without the deletions the new one, up to white space; what looks
// like a mark in the text itself is escaped (format_escape.go).
func (p *printer) plain(d document, opt ShowOptions) {
	if opt.Stat {
		p.stat(d)
		return
	}
	if !d.bare {
		p.labels(opt)
	}
	k := foldingOf(Plain, opt.Around)
	for i, f := range d.fields {
		if !d.bare {
			if i > 0 {
				p.print("\n")
			}
			p.print(heading(f), "\n")
		}
		rows := lines(k.fold(f, pieces(f)))
		escapeMarks(rows)
		for _, line := range rows {
			if opt.HideFolds && isFold(line) {
				continue
			}
			for _, s := range line {
				text := s.text
				if opt.Visible {
					text = schema.Visible(strings.TrimSuffix(text, "\r"))
				}
				p.print(marks[s.op][0], text, marks[s.op][1])
			}
			p.print("\n")
		}
	}
}

// labels names the two sides, as git does, where they have names, and gives the
// corrections.
func (p *printer) labels(opt ShowOptions) {
	if opt.From != "" {
		p.print("--- ", oneLine(opt.From), "\n")
	}
	if opt.To != "" {
		p.print("+++ ", oneLine(opt.To), "\n")
	}
	for _, c := range opt.Corrections {
		p.print(oneLine(c.Type), " ", c.span(), ": ", oneLine(c.Text), "\n")
	}
}

// heading is the line above a field: "@@ headline @@ headline, figure".
func heading(f Field) string {
	h := "@@ " + oneLine(f.Name) + " @@"
	if len(f.Kinds) > 0 {
		h += " " + Summarize(f.Kinds)
	}
	return h
}

// oneLine makes a name fit for a line of its own.
func oneLine(s string) string {
	return schema.Visible(strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == '\n' || c == '\r' }), " "))
}

// marks are Plain's, by the op that they show.
var marks = [...][2]string{
	Equal:    {"", ""},
	Delete:   {"[-", "-]"},
	Insert:   {"{+", "+}"},
	MoveFrom: {"[-", "-]"},
	MoveTo:   {"{+", "+}"},
}

// count is the number of words that went and came.
type count struct {
	removed, added, moved int
}

// countWords counts tokens that hold a letter, a digit or a symbol. A moved word
// counts as moved, once.
func countWords(f Field) count {
	var c count
	var tokens []Token
	words := func(text string) (n int) {
		tokens = AppendTokens(tokens[:0], text)
		for _, t := range tokens {
			if letters(text[t.Start:t.End]) != "" {
				n++
			}
		}
		return n
	}
	for _, s := range f.Segments {
		switch s.Op {
		case Delete:
			c.removed += words(f.Old[s.A0:s.A1])
		case Insert:
			c.added += words(f.New[s.B0:s.B1])
		case MoveTo:
			c.moved += words(f.New[s.B0:s.B1])
		}
	}
	return c
}

// stat writes a line per field: "headline  1 word removed, 1 added".
func (p *printer) stat(d document) {
	width := 0
	for _, f := range d.fields {
		width = max(width, columns(oneLine(f.Name)))
	}
	for _, f := range d.fields {
		name := oneLine(f.Name)
		p.print(name, strings.Repeat(" ", width-columns(name)), "  ", statLine(f), "\n")
	}
}

// statLine counts words, or items of a set.
func statLine(f Field) string {
	c, unit, other, n := countWords(f), "word", "moved", 0
	n = c.moved
	if f.Set {
		c, unit = count{removed: len(f.Removed), added: len(f.Added)}, "item"
		other, n = "changed", len(f.Changed)
	}
	line := plural(c.removed, unit) + " removed, " + strconv.Itoa(c.added) + " added"
	if n > 0 {
		line += ", " + strconv.Itoa(n) + " " + other
	}
	return line
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
