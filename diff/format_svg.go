package diff

import (
	"encoding/xml"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/bidi"

	"github.com/stemma-project/stemma/schema"
)

// Measures of the picture, in pixels. A column is what common monospace fonts
// give at this size; a reader's font may differ, so lines are never stretched.
const (
	svgColumn  = 8.43
	svgLine    = 20
	svgMargin  = 16
	svgBar     = 34 // the window's title bar
	svgColumns = 88
)

// svgClasses are the CSS classes of the looks.
var svgClasses = [...]string{
	lookDel: "d", lookIns: "i", lookFrom: "f", lookTo: "t", lookHead: "h", lookLabel: "l", lookNote: "n",
}

// svgStyle colours the looks; each change is also struck through or underlined.
const svgStyle = `text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d6d9de;white-space:pre}` +
	`.d{fill:#ff8a80;text-decoration:line-through}.i{fill:#8ce99a;font-weight:bold;text-decoration:underline}` +
	`.f{fill:#d0a5f5;text-decoration:line-through}.t{fill:#7cd4fd;font-weight:bold;text-decoration:underline}` +
	`.h{fill:#66d9e8}.l{font-weight:bold}.n{fill:#98a0aa}`

// svg draws a terminal that shows the diff, with the command line that was typed.
// The text stays text: it can be searched, selected and read aloud. A line whose
// first strong character is written from right to left is set so, from the right.
func (p *printer) svg(d document, opt ShowOptions) {
	width := opt.Width
	if width <= 0 {
		width = svgColumns
	}
	rows := screen(d, opt, SVG, false)
	if opt.Command != "" {
		rows = append([][]run{{{lookNote, "$ "}, {lookLabel, oneLine(opt.Command)}}, nil}, rows...)
	}
	wrapped, fromRight := wrapRows(rows, width)
	w := 2*svgMargin + int(float64(width)*svgColumn+.5)
	h := svgBar + svgMargin + len(wrapped)*svgLine + svgMargin/2
	title := "Word diff"
	if opt.Command != "" {
		title = opt.Command
	}
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", w, h, w, h)
	p.print("<title>", escapeXML(title), "</title>\n<style>", svgStyle, "</style>\n")
	fmt.Fprintf(p, `<rect width="%d" height="%d" rx="8" fill="#1b1f24"/>`+"\n", w, h)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(p, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`, svgMargin+6+20*i, svgBar/2, colour)
	}
	p.print("\n")
	for i, row := range wrapped {
		if len(row) == 0 {
			continue
		}
		x, direction := svgMargin, ""
		if fromRight[i] {
			x, direction = w-svgMargin, ` direction="rtl"`
		}
		fmt.Fprintf(p, `<text x="%d" y="%d"%s xml:space="preserve">`, x, svgBar+svgMargin+i*svgLine, direction)
		for _, r := range row {
			text := escapeXML(strings.ReplaceAll(r.text, "\t", "    "))
			if class := svgClasses[r.look]; class != "" {
				p.print(`<tspan class="`, class, `">`, text, "</tspan>")
			} else {
				p.print(text)
			}
		}
		p.print("</text>\n")
	}
	p.print("</svg>\n")
}

// wrapRows wraps lines, and tells which are set from the right: those of a line
// that is, whatever they begin with themselves.
func wrapRows(rows [][]run, width int) (wrapped [][]run, fromRight []bool) {
	for _, row := range rows {
		right := rightToLeft(row)
		for _, line := range wrap([][]run{row}, width) {
			wrapped = append(wrapped, line)
			fromRight = append(fromRight, right)
		}
	}
	return wrapped, fromRight
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

// escapeXML escapes content; what XML can't carry becomes U+FFFD.
func escapeXML(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(schema.Visible(s))) // a strings.Builder doesn't fail
	return b.String()
}
