package diff

import (
	"strconv"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/stemma-project/stemma/schema"
)

// look is how a run of text looks on a terminal or in a picture of one.
type look uint8

const (
	lookText  look = iota
	lookDel        // went
	lookIns        // came
	lookFrom       // was moved away
	lookTo         // was moved here
	lookHead       // a field's heading
	lookLabel      // the name of a side
	lookNote       // a fold, a remark
)

// escapes are the SGR sequences (ECMA-48, 8.3.117) of the looks. Colour never
// stands alone: what went is struck through, what came is bold.
var escapes = [...]string{
	lookDel:   "\x1b[31;9m",
	lookIns:   "\x1b[32;1m",
	lookFrom:  "\x1b[35;9m",
	lookTo:    "\x1b[36;1m",
	lookHead:  "\x1b[36m",
	lookLabel: "\x1b[1m",
	lookNote:  "\x1b[2m",
}

// run is a stretch of a line in one look. Its text is safe for a terminal.
type run struct {
	look look
	text string
}

// term writes for a terminal: coloured, or with the marks of Plain. Every byte of
// the content passes schema.Visible, and each line closes the colours it opens,
// so that a pager may cut between lines.
func (p *printer) term(d document, opt ShowOptions) {
	if opt.Stat {
		p.stat(d)
		return
	}
	for _, line := range wrap(screen(d, opt, Term, !opt.Color), opt.Width) {
		for _, r := range line {
			if e := escapes[r.look]; opt.Color && e != "" {
				p.print(e, r.text, "\x1b[m")
			} else {
				p.print(r.text)
			}
		}
		p.print("\n")
	}
}

// screen gives the lines of a document in their looks, not yet wrapped.
func screen(d document, opt ShowOptions, style Style, marked bool) [][]run {
	var out [][]run
	if !d.bare && opt.From != "" {
		out = append(out, []run{{lookLabel, "--- " + oneLine(opt.From)}})
	}
	if !d.bare && opt.To != "" {
		out = append(out, []run{{lookLabel, "+++ " + oneLine(opt.To)}})
	}
	for _, c := range opt.Corrections {
		out = append(out, []run{{lookLabel, oneLine(c.Type) + " " + c.span() + ":"}, {lookText, " " + oneLine(c.Text)}})
	}
	k := foldingOf(style, opt.Around)
	for i, f := range d.fields {
		if i > 0 {
			out = append(out, nil)
		}
		if !d.bare {
			head := "@@ " + oneLine(f.Name) + " @@"
			out = append(out, []run{{lookHead, head}, {lookText, strings.TrimPrefix(heading(f), head)}})
		}
		told := map[[2]int]bool{} // the moves whose remark is written
		shown := notedPieces
		if marked { // as Plain, without its marks each side reads as it was
			shown = pieces
		}
		rows := lines(k.fold(f, shown(f)))
		if marked {
			escapeMarks(rows)
		}
		for _, line := range rows {
			if opt.HideFolds && isFold(line) {
				continue
			}
			out = append(out, screenLines(line, marked, told)...)
		}
	}
	return out
}

// screenLines gives a line its looks, or its marks: one line, or more where a line
// break is a part of a change.
func screenLines(line []part, marked bool, told map[[2]int]bool) [][]run {
	out := [][]run{nil}
	for _, s := range line {
		text := schema.Visible(strings.TrimSuffix(s.text, "\r"))
		l := [...]look{Equal: lookText, Delete: lookDel, Insert: lookIns, MoveFrom: lookFrom, MoveTo: lookTo}[s.op]
		if s.fold {
			l = lookNote
		}
		last := len(out) - 1
		if key := [2]int{int(s.op), s.pair}; s.pair > 0 && !marked && !told[key] {
			told[key] = true
			out[last] = append(out[last], run{lookNote, moveNote(s) + " "})
		}
		if marked {
			text = marks[s.op][0] + text + marks[s.op][1]
		}
		for i, t := range strings.Split(text, "\n") {
			if i > 0 {
				out = append(out, nil)
			}
			out[len(out)-1] = append(out[len(out)-1], run{l, t})
		}
	}
	return out
}

// moveNote tells which way a passage moved; the number joins the two places.
func moveNote(s part) string {
	if s.op == MoveFrom {
		return "(" + strconv.Itoa(s.pair) + " moved away)"
	}
	return "(" + strconv.Itoa(s.pair) + " moved here)"
}

// wrap breaks lines that are longer than width columns: after white space where
// there is some, between wide characters, else between grapheme clusters. A
// width of 0 breaks nothing. Tabs go to every eighth column.
func wrap(lines [][]run, width int) [][]run { return wrapBy(lines, width, clusterColumns) }

// wrapBy is wrap in the unit that measure gives a grapheme cluster's width in.
func wrapBy(lines [][]run, width int, measure func(cluster string) int) [][]run {
	if width <= 0 {
		return lines
	}
	out := make([][]run, 0, len(lines))
	for _, line := range lines {
		w := wrapper{width: width, measure: measure}
		for _, r := range line {
			for g := graphemes.FromString(r.text); g.Next(); {
				w.add(r.look, g.Value())
			}
		}
		out = append(out, w.finish()...)
	}
	return out
}

// wrapper fills lines cluster by cluster.
type wrapper struct {
	width   int
	measure func(cluster string) int
	done    [][]run
	line    []run  // up to the last place where a break may come
	used    int    // its width
	word    []run  // what follows
	wide    int    // its width
	last    string // the cluster before
}

// add puts a cluster on the line.
func (w *wrapper) add(l look, cluster string) {
	n := w.measure(cluster)
	blank := cluster == " " || cluster == "\t"
	if cluster == "\t" {
		n = 8 - (w.used+w.wide)%8
	}
	if breaksBetween(w.last, cluster) {
		w.commit()
	}
	if w.used+w.wide+n > w.width && !blank {
		if w.used > 0 {
			w.breakLine()
		}
		if w.wide+n > w.width && w.wide > 0 { // one word fills the line
			w.commit()
			w.breakLine()
		}
	}
	w.word = appendRun(w.word, l, cluster)
	w.wide += n
	w.last = cluster
	if blank {
		w.commit()
	}
}

// breaksBetween reports whether a line may end between two clusters without a blank
// between them: beside a wide character, but neither before a mark that closes nor
// after one that opens (UAX #14, as far as Han and kana need it).
func breaksBetween(before, after string) bool {
	if before == "" || clusterColumns(before) != 2 && clusterColumns(after) != 2 {
		return false
	}
	const closing, opening = "、。，．・：；？！）］｝」』】〉》〕〗”’…—～ー々,.:;?!)]}%％", "（［｛「『【〈《〔〖“‘([{"
	return !strings.Contains(closing, after) && !strings.Contains(opening, before)
}

// commit allows a break here.
func (w *wrapper) commit() {
	for _, r := range w.word {
		w.line = appendRun(w.line, r.look, r.text)
	}
	w.used += w.wide
	w.word, w.wide = nil, 0
}

// breakLine ends the line at the last place where it may end.
func (w *wrapper) breakLine() {
	w.done = append(w.done, trimRuns(w.line))
	w.line, w.used = nil, 0
}

// finish gives the lines; an empty line stays one.
func (w *wrapper) finish() [][]run {
	w.commit()
	if len(w.line) > 0 || len(w.done) == 0 {
		w.done = append(w.done, w.line)
	}
	return w.done
}

// appendRun adds text to the last run where the look is the same.
func appendRun(runs []run, l look, text string) []run {
	if k := len(runs) - 1; k >= 0 && runs[k].look == l {
		runs[k].text += text
		return runs
	}
	return append(runs, run{l, text})
}

// trimRuns drops the blanks at which a line was broken.
func trimRuns(runs []run) []run {
	for k := len(runs) - 1; k >= 0; k-- {
		runs[k].text = strings.TrimRight(runs[k].text, " \t")
		if runs[k].text != "" {
			return runs[:k+1]
		}
	}
	return nil
}
