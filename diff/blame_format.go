package diff

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/stemma-project/stemma/schema"
)

// BlamedVersion is what is told of a version that origins name.
type BlamedVersion struct {
	Number    int
	Author    string
	Published string // a day, or a day and a time
}

// BlameOptions says how origins are shown.
type BlameOptions struct {
	Color bool // Term: colours by age
	Width int  // Term: columns at which lines are wrapped; 0 is no wrapping
	NoCSS bool // HTML: leave the style sheet out, since the page has it: see [BlameCSS]
	// Link gives, in HTML, the address to which a run leads, of its version and its
	// words; each is a link then, that is reached by key. nil makes none.
	Link func(version int, words string) string
}

// BlameStyles gives the styles that WriteBlame knows.
func BlameStyles() []Style { return []Style{Term, Plain, HTML} }

// WriteBlame shows fields with the origins of their words. The versions are those that
// the origins name, in the order of publication: the later, the hotter. Term lets the
// text flow, with the number of its version before each run of a line, and beside each line the
// newest version in it; Plain gives each run of a line a line of its own, "VERSION AUTHOR
// PUBLISHED  TEXT"; HTML is a fragment. All end with, or hold, a legend of the versions,
// and make control characters visible. Errors are those of w, or name a style that it
// lacks.
func WriteBlame(w io.Writer, style Style, fields []BlamedField, versions []BlamedVersion, opt BlameOptions) error {
	p := &blamePrinter{printer: printer{Writer: bufio.NewWriter(w)}, versions: versions, at: map[int]int{}}
	for i, v := range versions {
		p.at[v.Number] = i
	}
	switch style {
	case Term:
		p.term(fields, opt)
	case Plain:
		p.plain(fields)
	case HTML:
		p.html(fields, opt)
	default:
		return fmt.Errorf("origins can't be shown as %s: term, plain or html is wanted", style)
	}
	return p.Flush()
}

// blamePrinter collects output.
type blamePrinter struct {
	printer
	versions []BlamedVersion
	at       map[int]int // a version's number → its place among versions
}

// blameAges is the number of steps from old to new; step 0 is the oldest.
const blameAges = 6

// age gives the step of a version by its rank among those that are named.
func (p *blamePrinter) age(version int) int {
	if len(p.versions) < 2 {
		return 0
	}
	return p.at[version] * (blameAges - 1) / (len(p.versions) - 1)
}

// blamePart is a stretch of a line that has one origin, or white space between two.
type blamePart struct {
	version int // noVersion: white space
	text    string
}

// noVersion stands for white space between two runs.
const noVersion = -1

// blameLines takes a field apart into lines. White space between words of a run belongs
// to the run.
func blameLines(f BlamedField) [][]blamePart {
	lines := [][]blamePart{nil}
	add := func(version int, text string) {
		for i, t := range strings.Split(text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if t = strings.TrimSuffix(t, "\r"); t != "" {
				last := len(lines) - 1
				lines[last] = append(lines[last], blamePart{version, schema.Visible(t)})
			}
		}
	}
	at := 0
	for _, r := range f.Runs {
		add(noVersion, f.Text[at:r.Start])
		add(r.Version, f.Text[r.Start:r.End])
		at = r.End
	}
	add(noVersion, f.Text[at:])
	for len(lines) > 0 && isEmptyLine(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// isEmptyLine says that a line holds no word.
func isEmptyLine(line []blamePart) bool {
	for _, part := range line {
		if part.version != noVersion {
			return false
		}
	}
	return true
}

// plain writes a line for each run of a line.
func (p *blamePrinter) plain(fields []BlamedField) {
	author, published := p.columns()
	for i, f := range fields {
		if i > 0 {
			p.print("\n")
		}
		p.print("@@ ", oneLine(f.Name), " @@\n")
		for _, line := range blameLines(f) {
			for _, part := range line {
				if part.version == noVersion {
					continue
				}
				v := p.versions[p.at[part.version]]
				p.print(p.number(v.Number), " ", padded(clipped(v.Author, author), author), " ", padded(v.Published, published), "  ", strings.TrimSpace(part.text), "\n")
			}
		}
	}
}

// maxAuthor is the widest that an author's name may be in a column.
const maxAuthor = 24

// columns gives the widths of the columns of authors and times.
func (p *blamePrinter) columns() (author, published int) {
	for _, v := range p.versions {
		author = max(author, min(maxAuthor, columns(oneLine(v.Author))))
		published = max(published, columns(v.Published))
	}
	return author, published
}

// number writes a version's number in the width of the widest.
func (p *blamePrinter) number(n int) string {
	width := 1
	for _, v := range p.versions {
		width = max(width, len(strconv.Itoa(v.Number)))
	}
	return fmt.Sprintf("%*d", width, n)
}

// clipped makes a name fit for a column.
func clipped(name string, width int) string {
	name = oneLine(name)
	if columns(name) <= width {
		return name
	}
	var b strings.Builder
	used := 0
	for g := graphemes.FromString(name); g.Next() && used+clusterColumns(g.Value()) < width; {
		used += clusterColumns(g.Value())
		b.WriteString(g.Value())
	}
	return b.String() + "…"
}

func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// blameEscapes are the SGR sequences of the ages, from grey by blue and green to bold red.
var blameEscapes = [blameAges]string{"\x1b[38;5;245m", "\x1b[38;5;68m", "\x1b[38;5;71m", "\x1b[38;5;136m", "\x1b[38;5;166m", "\x1b[38;5;161;1m"}

const noColor = "\x1b[m"

// colored gives a text the colour of a version's age.
func (p *blamePrinter) colored(version int, text string, opt BlameOptions) string {
	if !opt.Color || version == noVersion || len(p.versions) < 2 {
		return text
	}
	return blameEscapes[p.age(version)] + text + noColor
}

// narrow is the width under which the gutter does without authors and times.
const narrow, wide = 72, 110

// term writes flowing text with a gutter.
func (p *blamePrinter) term(fields []BlamedField, opt BlameOptions) {
	gutter := func(version int) string {
		v := BlamedVersion{}
		number := strings.Repeat(" ", len(p.number(0)))
		if version != noVersion {
			v = p.versions[p.at[version]]
			number = p.number(version)
		}
		day, _, _ := strings.Cut(v.Published, " ")
		switch {
		case opt.Width > 0 && opt.Width < narrow:
			return number
		case opt.Width < wide && opt.Width > 0:
			return number + " " + padded(day, 10)
		}
		return number + " " + padded(day, 10) + " " + padded(clipped(v.Author, 16), 16)
	}
	width := 0
	if opt.Width > 0 {
		width = max(20, opt.Width-columns(gutter(noVersion))-3)
	}
	for i, f := range fields {
		if i > 0 {
			p.print("\n")
		}
		heading := "@@ " + oneLine(f.Name) + " @@"
		if opt.Color {
			heading = escapes[lookHead] + heading + noColor
		}
		p.print(heading, "\n")
		for _, line := range blameLines(f) {
			for _, row := range p.flow(line, width) {
				newest := noVersion
				for _, part := range row {
					if part.version != noVersion && (newest == noVersion || p.at[part.version] > p.at[newest]) {
						newest = part.version
					}
				}
				var b strings.Builder
				for _, part := range row {
					b.WriteString(p.colored(part.version, part.text, opt))
				}
				p.print(strings.TrimRight(p.colored(newest, gutter(newest), opt)+" │ "+b.String(), " "), "\n")
			}
		}
	}
	p.legend(fields, opt)
}

// superscript writes a number small.
func superscript(n int) string {
	var b strings.Builder
	for _, d := range strconv.Itoa(n) {
		b.WriteString([]string{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"}[d-'0'])
	}
	return b.String()
}

// flow writes the number of its version before each run and breaks the line into rows:
// at blanks where there are some, else between grapheme clusters.
func (p *blamePrinter) flow(line []blamePart, width int) (rows [][]blamePart) {
	var row, word []blamePart
	used, pending := 0, 0
	commit := func() {
		for _, part := range word {
			if last := len(row) - 1; last >= 0 && row[last].version == part.version {
				row[last].text += part.text
			} else {
				row = append(row, part)
			}
		}
		word, used, pending = nil, used+pending, 0
	}
	end := func() {
		for last := len(row) - 1; last >= 0; last-- { // blanks at which it was broken
			if row[last].text = strings.TrimRight(row[last].text, " "); row[last].text != "" {
				break
			}
			row = row[:last]
		}
		rows = append(rows, row)
		row, used = nil, 0
	}
	for _, part := range line {
		text := part.text
		if part.version != noVersion {
			text = superscript(part.version) + text
		}
		for g := graphemes.FromString(text); g.Next(); {
			cluster := g.Value()
			n, blank := clusterColumns(cluster), cluster == " " || cluster == "\t"
			if cluster == "\t" {
				cluster = " "
			}
			if width > 0 && !blank && used+pending+n > width {
				if used > 0 {
					end()
				} else {
					commit()
					end()
				}
			}
			if last := len(word) - 1; last >= 0 && word[last].version == part.version {
				word[last].text += cluster
			} else {
				word = append(word, blamePart{version: part.version, text: cluster})
			}
			if pending += n; blank || n == 2 {
				commit()
			}
		}
	}
	commit()
	end()
	return rows
}

// legend lists the versions that the fields name, the newest first, with the number of
// words that each put there.
func (p *blamePrinter) legend(fields []BlamedField, opt BlameOptions) {
	words := blameWords(fields)
	author, published := p.columns()
	p.print("\n")
	for i := len(p.versions) - 1; i >= 0; i-- {
		v := p.versions[i]
		p.print(p.colored(v.Number, p.number(v.Number), opt), "  ", padded(v.Published, published), "  ", padded(clipped(v.Author, author), author), "  ", plural(words[v.Number], "word"), "\n")
	}
}

// blameWords counts the words of each version.
func blameWords(fields []BlamedField) map[int]int {
	words := map[int]int{}
	for _, f := range fields {
		for _, r := range f.Runs {
			words[r.Version] += r.Words
		}
	}
	return words
}
