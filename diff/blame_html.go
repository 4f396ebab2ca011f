package diff

import (
	"strconv"
	"strings"

	_ "embed" // for the style sheet
)

//go:embed blame.css
var blameCSS string

// BlameCSS gives the style sheet that origins shown as HTML need. It holds the numbers
// before the runs as generated text, so that they are no part of the text that is copied.
func BlameCSS() string { return blameCSS }

// html writes a fragment: per field a heading, then a paragraph per line, in which each
// run is a span that names its version in its class (by age), its data and its title; and
// a table of the versions. Nothing is told by colour alone.
func (p *blamePrinter) html(fields []BlamedField, opt BlameOptions) {
	p.print(`<div class="stemma-blame">`, "\n")
	if !opt.NoCSS {
		p.print("<style>\n", blameCSS, "</style>\n")
	}
	if len(fields) == 0 {
		p.print(`<p class="none">No text.</p>`, "\n")
	}
	for _, f := range fields {
		p.print(`<section class="field" data-field="`, escapeHTML(f.Name), `">`, "\n<h3>", escapeHTML(f.Name), "</h3>\n")
		for _, line := range blameLines(f) {
			if len(line) == 0 {
				continue
			}
			p.print(`<p dir="auto">`)
			for _, part := range line {
				p.htmlPart(part, opt.Link)
			}
			p.print("</p>\n")
		}
		p.print("</section>\n")
	}
	p.htmlLegend(fields, opt.Link)
	p.print("</div>\n")
}

func (p *blamePrinter) htmlPart(part blamePart, link func(version int, words string) string) {
	if part.version == noVersion {
		p.print(escapeHTML(part.text))
		return
	}
	v := p.versions[p.at[part.version]]
	title := "version " + strconv.Itoa(v.Number) + ", " + oneLine(v.Author) + ", " + v.Published
	if link != nil {
		p.print(`<a class="run age-`, strconv.Itoa(p.age(v.Number)), `" data-version="`, strconv.Itoa(v.Number), `" title="`, escapeHTML(title), `" href="`, escapeHTML(link(v.Number, part.text)), `">`, escapeHTML(part.text), "</a>")
		return
	}
	p.print(`<span class="run age-`, strconv.Itoa(p.age(v.Number)), `" data-version="`, strconv.Itoa(v.Number), `" title="`, escapeHTML(title), `">`, escapeHTML(part.text), "</span>")
}

// htmlLegend writes the versions, the newest first, as links where there are some.
func (p *blamePrinter) htmlLegend(fields []BlamedField, link func(version int, words string) string) {
	if len(p.versions) == 0 {
		return
	}
	words := blameWords(fields)
	p.print(`<table class="legend" id="blame-versions">`, "\n<caption>Versions in this text, newest first</caption>\n",
		`<thead><tr><th scope="col">version</th><th scope="col">published</th><th scope="col">author</th><th scope="col">words</th></tr></thead>`, "\n<tbody>\n")
	for i := len(p.versions) - 1; i >= 0; i-- {
		v := p.versions[i]
		number, end := `<span class="run age-`+strconv.Itoa(p.age(v.Number))+`"`, "</span>"
		if link != nil {
			number, end = `<a class="run age-`+strconv.Itoa(p.age(v.Number))+`" href="`+escapeHTML(link(v.Number, ""))+`"`, "</a>"
		}
		p.print("<tr><td>", number, ">", strconv.Itoa(v.Number), end, `</td><td class="when">`, escapeHTML(v.Published),
			`</td><td dir="auto">`, escapeHTML(strings.TrimSpace(v.Author)), `</td><td>`, strconv.Itoa(words[v.Number]), "</td></tr>\n")
	}
	p.print("</tbody>\n</table>\n")
}
