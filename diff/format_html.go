package diff

import (
	"html"
	"strconv"
	"strings"

	_ "embed" // for the style sheet

	"github.com/stemma-project/stemma/schema"
)

//go:embed diff.css
var css string

// CSS gives the style sheet that an HTML diff needs. It holds the words that a
// screen reader says before and after a change ("removed", "added"), as generated
// text, so that they are no part of the text that is copied.
func CSS() string { return css }

// html writes a fragment: per field a heading, then a paragraph per line, each
// with its own direction. What went is in <del>, what came in <ins>; a move has
// both, with the class "moved", a link to its other place and words that say so.
// The content is escaped, and its control and bidi characters are visible, so
// that it can't reorder the page.
func (p *printer) html(d document, opt ShowOptions) {
	p.print(`<div class="stemma-diff">`, "\n")
	if !opt.NoCSS {
		p.print("<style>\n", css, "</style>\n")
	}
	if !d.bare && (opt.From != "" || opt.To != "") {
		p.print(`<p class="sides"><span class="from" dir="auto">`, escapeHTML(opt.From), `</span> → <span class="to" dir="auto">`, escapeHTML(opt.To), "</span></p>\n")
	}
	if len(d.fields) == 0 {
		p.print(`<p class="none">No difference.</p>`, "\n")
	}
	for _, f := range d.fields {
		if d.bare {
			p.print(`<section class="text">`, "\n")
		} else {
			p.htmlHeading(f)
		}
		if opt.SideBySide {
			p.htmlTable(f, foldingOf(HTML, opt.Around), opt)
		} else {
			p.htmlMerged(f, foldingOf(HTML, opt.Around))
		}
		p.print("</section>\n")
	}
	p.print("</div>\n")
}

func (p *printer) htmlHeading(f Field) {
	p.print(`<section class="field" data-field="`, escapeHTML(f.Name), `">`, "\n<h3>", escapeHTML(f.Name))
	if len(f.Kinds) > 0 {
		p.print(` <small class="kinds">`, escapeHTML(Summarize(f.Kinds)), "</small>")
	}
	p.print("</h3>\n")
}

func (p *printer) htmlMerged(f Field, k folding) {
	m := mover{field: f.Name}
	for _, line := range lines(k.fold(f, pieces(f))) {
		if isFold(line) {
			p.print(`<p class="fold">`, escapeHTML(line[0].text), "</p>\n")
			continue
		}
		p.print(`<p dir="auto">`, m.line(line), "</p>\n")
	}
}

func isFold(line []part) bool { return len(line) == 1 && line[0].fold }

// mover writes lines, and gives each passage that moved an address.
type mover struct {
	field string
	told  map[[2]int]bool
}

// line writes the parts of one line.
func (m *mover) line(line []part) string {
	var b strings.Builder
	for _, s := range line {
		text := escapeHTML(strings.TrimSuffix(s.text, "\r"))
		switch {
		case s.fold:
			b.WriteString(`<span class="fold">` + text + "</span>")
		case s.op == Equal || text == "":
			b.WriteString(text)
		case s.op == Delete:
			b.WriteString("<del>" + text + "</del>")
		case s.op == Insert:
			b.WriteString("<ins>" + text + "</ins>")
		default:
			b.WriteString(m.moved(s, text))
		}
	}
	return b.String()
}

// moved writes a moved passage; the first stretch of each side carries the
// address that the other side's link leads to.
func (m *mover) moved(s part, text string) string {
	tag, here, there, words := "del", "from", "to", "moved away"
	if s.op == MoveTo {
		tag, here, there, words = "ins", "to", "from", "moved here"
	}
	key := [2]int{int(s.op), s.pair}
	if m.told[key] {
		return "<" + tag + ` class="moved">` + text + "</" + tag + ">"
	}
	if m.told == nil {
		m.told = map[[2]int]bool{}
	}
	m.told[key] = true
	address := func(end string) string { return escapeHTML("move-" + m.field + "-" + strconv.Itoa(s.pair) + "-" + end) }
	link := `<a class="move" href="#` + address(there) + `" aria-label="` + words + `, passage ` + strconv.Itoa(s.pair) + `">` + words + "</a> "
	return link + "<" + tag + ` class="moved" id="` + address(here) + `">` + text + "</" + tag + ">"
}

// escapeHTML makes content fit for text and for quoted attributes, its control
// and bidi characters visible.
func escapeHTML(s string) string { return html.EscapeString(schema.Visible(s)) }

// htmlTable writes the old lines beside the new ones.
func (p *printer) htmlTable(f Field, k folding, opt ShowOptions) {
	name := func(label, else_ string) string {
		if label == "" {
			return else_
		}
		return escapeHTML(label)
	}
	p.print(`<table class="sides">`, "\n", `<thead><tr><th scope="col">`, name(opt.From, "before"), `</th><th scope="col">`, name(opt.To, "after"), "</th></tr></thead>\n<tbody>\n")
	m := mover{field: f.Name}
	for _, r := range sideBySide(k.fold(f, exactPieces(f))) {
		if r.old != nil && isFold(r.old) {
			p.print(`<tr class="fold"><td colspan="2">`, escapeHTML(r.old[0].text), "</td></tr>\n")
			continue
		}
		p.print("<tr>", m.cell("old", r.old), m.cell("new", r.new), "</tr>\n")
	}
	p.print("</tbody>\n</table>\n")
}

func (m *mover) cell(class string, line []part) string {
	if line == nil {
		return `<td class="` + class + ` none"></td>`
	}
	return `<td class="` + class + `" dir="auto">` + m.line(line) + "</td>"
}

// pairedLines is a row of a side-by-side diff; a nil side has no such line.
type pairedLines struct {
	old, new []part
}

// sideBySide lines up the two sides: lines that share unchanged text stand beside
// each other, the one that shares most where there are several, and of what is
// between them the first old line stands beside the first new one, and so on.
func sideBySide(ps []piece) []pairedLines {
	old := lines(onSide(ps, Delete, MoveFrom))
	new := lines(onSide(ps, Insert, MoveTo))
	shared := sharedText(ps)
	var out []pairedLines
	i, j := 0, 0
	upTo := func(oldEnd, newEnd int) {
		for i < oldEnd || j < newEnd {
			var r pairedLines
			if i < oldEnd {
				r.old = orEmpty(old[i])
				i++
			}
			if j < newEnd {
				r.new = orEmpty(new[j])
				j++
			}
			if len(r.old)+len(r.new) > 0 { // a row of blank lines tells nothing
				out = append(out, r)
			}
		}
	}
	for _, s := range shared {
		if s.old < i || s.new < j || s.old >= len(old) || s.new >= len(new) {
			continue
		}
		upTo(s.old, s.new)
		upTo(s.old+1, s.new+1)
	}
	upTo(len(old), len(new))
	return out
}

func orEmpty(line []part) []part {
	if line == nil {
		return []part{}
	}
	return line
}

// onSide keeps the pieces of one side: unchanged ones and these two ops. White
// space that changed its form stands on each side as it is there, unmarked.
func onSide(ps []piece, a, b Op) []piece {
	var out []piece
	for _, p := range ps {
		if p.op != Equal && p.op != a && p.op != b {
			continue
		}
		if p.space && p.loose {
			p.op = Equal
		}
		out = append(out, p)
	}
	return out
}

// share says that an old and a new line, by number, share n bytes.
type share struct {
	old, new, n int
}

// sharedText gives for each old line the new line that it shares most bytes with,
// where it is that line's best too, in order.
func sharedText(ps []piece) []share {
	var all []share
	oldLine, newLine := 0, 0
	for _, p := range ps {
		switch p.op {
		case Delete, MoveFrom:
			oldLine += p.breaks()
		case Insert, MoveTo:
			newLine += p.breaks()
		default:
			for i, line := range strings.Split(p.text, "\n") {
				if i > 0 {
					oldLine++
					newLine++
				}
				n := len(strings.TrimSpace(line))
				if k := len(all) - 1; k >= 0 && all[k].old == oldLine && all[k].new == newLine {
					all[k].n += n
				} else if n > 0 {
					all = append(all, share{oldLine, newLine, n})
				}
			}
		}
	}
	bestOld, bestNew := map[int]int{}, map[int]int{}
	for _, s := range all {
		bestOld[s.old] = max(bestOld[s.old], s.n)
		bestNew[s.new] = max(bestNew[s.new], s.n)
	}
	var out []share
	for _, s := range all {
		if s.n == bestOld[s.old] && s.n == bestNew[s.new] {
			out = append(out, s)
		}
	}
	return out
}
