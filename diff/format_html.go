package diff

import (
	"html"
	"slices"
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
// with its own direction, in the language of the article. What went is in <del>,
// what came in <ins>; a move has both, with the class "moved", a link to its other
// place and words that say so. The content is escaped, and its control and bidi
// characters are visible, so that it can't reorder the page.
func (p *printer) html(d document, opt ShowOptions) {
	p.print(`<div class="stemma-diff" lang="en">`, "\n")
	if !opt.NoCSS {
		p.print("<style>\n", css, "</style>\n")
	}
	if !d.bare && (opt.From != "" || opt.To != "") {
		p.print(`<p class="names"><span class="from" dir="auto">`, escapeHTML(opt.From), `</span> → <span class="to" dir="auto">`, escapeHTML(opt.To), "</span></p>\n")
	}
	for _, c := range opt.Corrections {
		p.print(`<aside class="correction" aria-label="`, escapeHTML(c.Type), `"><p dir="auto"><strong class="type" dir="ltr">`, escapeHTML(c.Type),
			`</strong> <span class="span" dir="ltr">`, c.span(), "</span>: ", escapeHTML(c.Text), "</p></aside>\n")
	}
	if len(d.fields) == 0 {
		p.print(`<p class="none">No difference.</p>`, "\n")
	}
	for i, f := range d.fields {
		p.htmlField(d, f, "move-"+opt.ID+strconv.Itoa(i+1)+"-", opt)
	}
	p.print("</div>\n")
}

// htmlField writes a field; moves begins the addresses of its moved passages.
func (p *printer) htmlField(d document, f Field, moves string, opt ShowOptions) {
	lang := ` lang="` + escapeHTML(d.language) + `"` // "" is a language that nobody knows
	if d.bare {
		p.print(`<section class="field" aria-label="text">`, "\n")
	} else {
		label := f.Name
		if opt.ID != "" { // landmarks of a page have names of their own
			label += ", " + opt.ID
		}
		p.print(`<section class="field" data-field="`, escapeHTML(f.Name), `" aria-label="`, escapeHTML(label), `">`, "\n<h3>", escapeHTML(f.Name))
		if kinds := f.kindsBesideName(); len(kinds) > 0 {
			p.print(` <small class="kinds">`, escapeHTML(Summarize(kinds)), "</small>")
		}
		p.print("</h3>\n")
	}
	m := mover{address: moves}
	k := foldingOf(HTML, opt.Around)
	if opt.Unfold {
		k.words = -1 // words within a line have no fold that opens
	}
	if opt.SideBySide {
		p.htmlTable(f, lang, &m, k, opt)
	} else {
		p.print(`<div class="text"`, lang, ">\n")
		p.htmlMerged(f, &m, k, opt.Unfold)
		p.print("</div>\n")
	}
	p.print("</section>\n")
}

// htmlMerged writes a paragraph per line. Blank lines are a gap, and no paragraph
// for a screen reader to stop at.
func (p *printer) htmlMerged(f Field, m *mover, k folding, unfold bool) {
	gap := false
	var before []part
	spaced := strings.Contains(f.Old, "\n\n") || strings.Contains(f.New, "\n\n")
	for i, line := range lines(k.fold(f, notedPieces(f))) {
		if spaced && replacing(before, line) {
			gap = true
		}
		before = line
		switch {
		case blankLine(line):
			gap = i > 0
			continue
		case isFold(line) && unfold && line[0].hidden != "":
			p.htmlFold(line[0], "")
		case isFold(line):
			p.print(`<p class="fold" dir="ltr" lang="en">`, escapeHTML(line[0].text), "</p>\n")
		case gap:
			p.print(`<p class="gap" dir="auto">`, m.line(line), "</p>\n")
		default:
			p.print(`<p dir="auto">`, m.line(line), "</p>\n")
		}
		gap = false
	}
}

// htmlFold writes what is folded so that it opens where it stands, by key too and
// without script; after is what closes the elements around it.
func (p *printer) htmlFold(fold part, after string) {
	p.print(`<details class="fold"><summary dir="ltr" lang="en">`, escapeHTML(fold.text), "</summary>\n")
	gap := ""
	for line := range strings.Lines(fold.hidden) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			gap = ` class="gap"`
			continue
		}
		p.print("<p", gap, ` dir="auto">`, escapeHTML(line), "</p>\n")
		gap = ""
	}
	p.print("</details>", after, "\n")
}

func isFold(line []part) bool { return len(line) == 1 && line[0].fold }

// blankLine reports whether a line holds unchanged white space alone.
func blankLine(line []part) bool {
	for _, s := range line {
		if s.op != Equal || strings.TrimSpace(s.text) != "" {
			return false
		}
	}
	return true
}

// replacing reports whether a line came whole for the one before it, which went
// whole, or the other way round: two paragraphs, without a blank line between them
// in either text.
func replacing(before, line []part) bool {
	side := func(line []part) (went, came bool) {
		for _, s := range line {
			gone, new := s.op == Delete || s.op == MoveFrom, s.op == Insert || s.op == MoveTo
			if !gone && !new && strings.TrimSpace(s.text) != "" {
				return false, false
			}
			went, came = went || gone, came || new
		}
		return went, came
	}
	went1, came1 := side(before)
	went2, came2 := side(line)
	return went1 && !came1 && came2 && !went2 || came1 && !went1 && went2 && !came2
}

// mover writes lines, and gives each passage that moved an address.
type mover struct {
	address string // what each begins with
	told    map[[2]int]bool
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
// address that the other side's link leads to. The link has a direction of its own,
// so that its words don't decide that of the line.
func (m *mover) moved(s part, text string) string {
	tag, here, there, words, where := "del", "from", "to", "moved away", "its new place"
	if s.op == MoveTo {
		tag, here, there, words, where = "ins", "to", "from", "moved here", "its old place"
	}
	key := [2]int{int(s.op), s.pair}
	if m.told[key] {
		return "<" + tag + ` class="moved">` + text + "</" + tag + ">"
	}
	if m.told == nil {
		m.told = map[[2]int]bool{}
	}
	m.told[key] = true
	number := strconv.Itoa(s.pair)
	address := func(end string) string { return escapeHTML(m.address + number + "-" + end) }
	link := `<a class="move" href="#` + address(there) + `" dir="ltr" lang="en" aria-label="passage ` + number + " " + words + "; go to " + where + `">` + number + " " + words + "</a> "
	return link + "<" + tag + ` class="moved" id="` + address(here) + `">` + text + "</" + tag + ">"
}

// escapeHTML makes content fit for text and for quoted attributes, its control
// and bidi characters visible.
func escapeHTML(s string) string { return html.EscapeString(schema.Visible(s)) }

// htmlTable writes the old lines beside the new ones. The roles say again what the
// elements are: on a narrow screen the style sheet sets the cells below each other,
// and browsers then forget that they are a table's.
func (p *printer) htmlTable(f Field, lang string, m *mover, k folding, opt ShowOptions) {
	name := func(label, otherwise string) string {
		if label == "" {
			return otherwise
		}
		return escapeHTML(label)
	}
	p.print(`<table class="sides" role="table">`, "\n<caption>", escapeHTML(f.Name), ": before and after</caption>\n",
		`<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader" dir="auto">`, name(opt.From, "before"),
		`</th><th scope="col" role="columnheader" dir="auto">`, name(opt.To, "after"), "</th></tr></thead>\n", `<tbody role="rowgroup"`, lang, ">\n")
	for _, r := range sideBySide(k.fold(f, exactPieces(f))) {
		if r.old != nil && isFold(r.old) {
			if opt.Unfold && r.old[0].hidden != "" {
				p.print(`<tr class="fold" role="row"><td colspan="2" role="cell">`)
				p.htmlFold(r.old[0], "</td></tr>")
				continue
			}
			p.print(`<tr class="fold" role="row"><td colspan="2" role="cell" dir="ltr" lang="en">`, escapeHTML(r.old[0].text), "</td></tr>\n")
			continue
		}
		class := ""
		if r.same() {
			class = ` class="same"`
		}
		p.print("<tr", class, ` role="row">`, m.cell("old", r.old), m.cell("new", r.new), "</tr>\n")
	}
	p.print("</tbody>\n</table>\n")
}

func (m *mover) cell(class string, line []part) string {
	if line == nil {
		return `<td class="` + class + ` none" role="cell"></td>`
	}
	return `<td class="` + class + `" role="cell"><div dir="auto">` + m.line(line) + "</div></td>"
}

// same reports whether a row says the same on both sides.
func (r pairedLines) same() bool { return r.old != nil && slices.Equal(r.old, r.new) }

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
