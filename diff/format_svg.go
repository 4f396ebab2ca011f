package diff

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"

	"github.com/stemma-project/stemma/schema"
)

// Measures of the picture, in pixels.
const (
	svgWidth  = 760
	svgMargin = 32
	svgInner  = svgWidth - 2*svgMargin
)

// svgSize is how one kind of line is set: its font size, the height of its line,
// and its CSS class.
type svgSize struct {
	font, line int
	class      string
}

// The sizes. A headline is what most pictures are about.
var (
	svgSmall  = svgSize{13, 20, "small"}
	svgNotice = svgSize{15, 23, "notice"}
	svgBody   = svgSize{17, 27, "body"}
	svgHead   = svgSize{23, 34, "head"}
)

// svgClasses are the CSS classes of the looks.
var svgClasses = [...]string{
	lookDel: "d", lookIns: "i", lookFrom: "f", lookTo: "t", lookHead: "h", lookLabel: "l",
}

// svgStyle sets the text and colours the looks, for light and for dark; what went is
// also struck through, and what came underlined. The fonts are such as systems have:
// a picture that brings none of its own stays small, and its text stays text.
const svgStyle = `text{font-family:"Noto Sans","Segoe UI","Helvetica Neue",Helvetica,Arial,"Noto Sans CJK SC","Noto Sans Arabic",sans-serif;fill:#1d2125;white-space:pre}` +
	`.small{font-size:13px;fill:#5a6068}.notice{font-size:15px}.body{font-size:17px}.head{font-size:23px}` +
	`.card{fill:#fff;stroke:#d5d8dc}.rule{stroke:#d5d8dc}` +
	`.d{fill:#a01818;text-decoration:line-through}.i{fill:#0d6b1e;text-decoration:underline}` +
	`.f{fill:#6a2c9c;text-decoration:line-through}.t{fill:#174f9c;text-decoration:underline}` +
	`.h,.l{font-weight:600}` +
	`@media(prefers-color-scheme:dark){text{fill:#e4e7ea}.small{fill:#a7adb5}.card{fill:#16191c;stroke:#3c4148}.rule{stroke:#3c4148}` +
	`.d{fill:#ff9d94}.i{fill:#86e096}.f{fill:#d0a5f5}.t{fill:#8cc4ff}}`

// svgRow is a line of the picture.
type svgRow struct {
	runs  []run
	size  svgSize
	above int  // room above it
	rule  bool // a line is drawn in that room
	right bool // it is set from the right
	end   bool // it ends at the right edge, and is written from the left
}

// svg draws a card with the passages that changed. The text stays text: it can be
// searched, selected and copied; a title and a description say in words what it
// shows. A line whose first strong character is written from right to left is set
// so, from the right. Nothing in the picture depends on how wide a reader's fonts
// are but where lines are broken, and they are broken early enough for wide ones.
func (p *printer) svg(d document, opt ShowOptions) {
	var rows []svgRow
	for _, line := range svgCard(d, opt) {
		rows = append(rows, line.wrap()...)
	}
	h := svgMargin
	for _, r := range rows {
		h += r.above + r.size.line
	}
	h += svgMargin - 6 // the last line's descent is room already
	title, id := svgTitle(opt), escapeXML(opt.ID)
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="%sstemma-title %sstemma-desc">`+"\n", svgWidth, h, svgWidth, h, id, id)
	p.print(`<title id="`, id, `stemma-title">`, escapeXML(title), "</title>\n", `<desc id="`, id, `stemma-desc">`, escapeXML(describeChanges(d, opt)), "</desc>\n<style>", svgStyle, "</style>\n")
	fmt.Fprintf(p, `<rect class="card" x=".5" y=".5" width="%d" height="%d" rx="10"/>`+"\n", svgWidth-1, h-1)
	y := svgMargin
	for _, r := range rows {
		if r.rule {
			fmt.Fprintf(p, `<path class="rule" d="M%d %d.5h%d"/>`+"\n", svgMargin, y+r.above/2, svgInner)
		}
		y += r.above + r.size.line
		p.svgText(r, y-r.size.line/3, d.language)
	}
	p.print("</svg>\n")
}

// svgText writes one line with its base line at y.
func (p *printer) svgText(r svgRow, y int, language string) {
	if len(r.runs) == 0 {
		return
	}
	x, direction := svgMargin, ""
	switch {
	case r.right:
		x, direction = svgWidth-svgMargin, ` direction="rtl"`
	case r.end:
		x, direction = svgWidth-svgMargin, ` text-anchor="end"`
	}
	if language != "" && r.size != svgSmall {
		direction += ` xml:lang="` + escapeXML(language) + `"`
	}
	fmt.Fprintf(p, `<text class="%s" x="%d" y="%d"%s xml:space="preserve">`, r.size.class, x, y, direction)
	for _, s := range r.runs {
		text := escapeXML(s.text)
		if class := svgClasses[s.look]; class != "" {
			text = `<tspan class="` + class + `">` + text + "</tspan>"
		}
		p.print(text)
	}
	p.print("</text>\n")
}

// svgCard gives the lines of the card, not yet wrapped.
func svgCard(d document, opt ShowOptions) []svgRow {
	var out []svgRow
	if from, to := oneLine(opt.From), oneLine(opt.To); from != "" || to != "" {
		out = append(out, svgRow{runs: []run{{lookText, strings.TrimSpace(from + " → " + to)}}, size: svgSmall})
	}
	for _, c := range opt.Corrections {
		out = append(out, svgRow{
			runs: []run{{lookLabel, oneLine(c.Type) + " " + c.span() + ":"}, {lookText, " " + oneLine(c.Text)}}, size: svgNotice, above: 6,
		})
	}
	k := foldingOf(SVG, opt.Around)
	for _, f := range d.fields {
		above := 22
		if len(out) == 0 {
			above = 0
		}
		if !d.bare {
			label := svgRow{runs: []run{{lookHead, oneLine(f.Name)}}, size: svgSmall, above: above, rule: above > 0}
			if kinds := f.kindsBesideName(); len(kinds) > 0 {
				label.runs = append(label.runs, run{lookText, "  " + Summarize(kinds)})
			}
			out, above = append(out, label), 2
		}
		size := svgBody
		if f.Name == schema.FieldHeadline.String() {
			size = svgHead
		}
		out = append(out, svgField(f, k, size, above)...)
	}
	return out
}

// svgField gives the lines of a field. What a move says of itself is a small line of
// its own.
func svgField(f Field, k folding, size svgSize, above int) (out []svgRow) {
	told := map[[2]int]bool{}
	var before []part
	for _, line := range lines(k.fold(f, notedPieces(f))) {
		if !f.Set && replacing(before, line) {
			above = max(above, 6)
		}
		before = line
		switch {
		case blankLine(line):
			above = 10
			continue
		case isFold(line):
			out = append(out, svgRow{runs: []run{{lookText, line[0].text}}, size: svgSmall, above: 6})
			above = 6
			continue
		}
		for _, runs := range screenLines(line, false, told) {
			right := rightToLeft(runs)
			text := runs[:0:0]
			for _, r := range runs {
				if r.look == lookNote {
					note := strings.Trim(r.text, "() ")
					out = append(out, svgRow{runs: []run{{lookText, note}}, size: svgSmall, above: above, end: right})
					above = 0
				} else {
					text = append(text, r)
				}
			}
			out = append(out, svgRow{runs: apart(text), size: size, above: above, right: right})
			above = 0
		}
	}
	return out
}

// apart puts a thin space between what went and what came for it, where no white
// space stands.
func apart(runs []run) []run {
	var out []run
	for i, r := range runs {
		r.text = strings.ReplaceAll(r.text, "\t", "    ")
		if i > 0 && changed(r.look) && changed(runs[i-1].look) && r.look != runs[i-1].look {
			last, _ := utf8.DecodeLastRuneInString(runs[i-1].text)
			first, _ := utf8.DecodeRuneInString(r.text)
			if !unicode.IsSpace(last) && !unicode.IsSpace(first) {
				out = append(out, run{lookText, "\u2009"})
			}
		}
		out = append(out, r)
	}
	return out
}

func changed(l look) bool { return l == lookDel || l == lookIns || l == lookFrom || l == lookTo }

// wrap breaks a line at the card's width.
func (r svgRow) wrap() []svgRow {
	measure := func(cluster string) int { return clusterMilliems(cluster) * r.size.font }
	var out []svgRow
	for _, runs := range wrapBy([][]run{r.runs}, 1000*svgInner, measure) {
		next := r
		next.runs = runs
		out = append(out, next)
		r.above, r.rule = 0, false
	}
	return out
}

// rightToLeft reports whether a line's first strong character says so (UAX #9,
// rules P2 and P3), remarks and headings aside.
func rightToLeft(row []run) bool {
	for _, r := range row {
		if r.look == lookHead || r.look == lookNote {
			continue
		}
		for _, c := range r.text {
			switch p, _ := bidi.LookupRune(c); p.Class() {
			case bidi.L:
				return false
			case bidi.R, bidi.AL:
				return true
			}
		}
	}
	return false
}

func svgTitle(opt ShowOptions) string {
	switch from, to := oneLine(opt.From), oneLine(opt.To); {
	case from != "" && to != "":
		return "What changed from " + from + " to " + to
	case to != "":
		return "What came with " + to
	}
	return "What changed"
}

// Bounds of a description, which is read aloud as a whole.
const (
	describedChanges = 20
	describedRunes   = 80 // of one change
)

// describeChanges says in words what went and what came: “two” became “7”.
func describeChanges(d document, opt ShowOptions) string {
	var b strings.Builder
	for _, c := range opt.Corrections {
		b.WriteString(oneLine(c.Type) + " " + c.span() + ": " + oneLine(c.Text) + " ")
	}
	n := 0
	for _, f := range d.fields {
		said := false
		say := func(s string) {
			if n++; n > describedChanges {
				return
			}
			if !said && !d.bare {
				b.WriteString(oneLine(f.Name) + ": ")
			}
			said = true
			b.WriteString(s + ". ")
		}
		for i, s := range f.Segments {
			gone, came := quoted(f.Old[s.A0:s.A1]), quoted(f.New[s.B0:s.B1])
			replaced := func(k int) bool {
				return k >= 0 && k+1 < len(f.Segments) && f.Segments[k].Op == Delete && f.Segments[k+1].Op == Insert &&
					!f.Segments[k].Whitespace && !f.Segments[k+1].Whitespace
			}
			switch {
			case s.Op == Equal || s.Whitespace || replaced(i-1):
			case replaced(i):
				say(gone + " became " + quoted(f.New[f.Segments[i+1].B0:f.Segments[i+1].B1]))
			case s.Op == Delete:
				say("removed " + gone)
			case s.Op == Insert:
				say("added " + came)
			case s.Op == MoveTo:
				say("moved here " + came)
			}
		}
	}
	if n > describedChanges {
		fmt.Fprintf(&b, "And %d more changes.", n-describedChanges)
	}
	if n == 0 {
		b.WriteString("No word changed.")
	}
	return strings.TrimSpace(b.String())
}

// quoted gives the beginning of a text in quotation marks.
func quoted(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > describedRunes {
			s = s[:i] + "…"
			break
		}
	}
	return "“" + s + "”"
}

// escapeXML escapes content; what XML can't carry becomes U+FFFD.
func escapeXML(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(schema.Visible(s))) // a strings.Builder doesn't fail
	return b.String()
}
