package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// line is one line of a chart: a value at each size that has one.
type line struct {
	Name   string
	Class  string // its colour in the style sheet
	Points []point
}

type point struct{ X, Y float64 }

// chart is one panel. Both of its axes are logarithmic.
type chart struct {
	Title string
	Lines []line
	Write func(float64) string // a value on the upright axis
}

// growthCharts gathers what grows, or doesn't, with the number of versions.
func growthCharts(r *results) []chart {
	return []chart{
		{Title: "one command, whole process", Write: duration, Lines: []line{
			r.line("record", "a", "commands", "record", wall),
			r.line("record, store open", "b", "record", "stemma open", inner),
			r.line("changes of 500 versions", "c", "commands", "changes", wall),
			r.line("show", "d", "commands", "show", wall),
		}},
		{Title: "bytes a version", Write: func(v float64) string { return size(int64(v)) }, Lines: []line{
			r.line("objects, imported", "a", "import", "stemma", func(s sample) float64 { return bytesOf(s) / float64(s.Count) }),
			r.line("the same in git fast-import", "e", "import", "git", func(s sample) float64 { return bytesOf(s) / float64(s.Count) }),
			r.line("added by one record", "b", "record", "stemma growth", bytesOf),
			r.line("written by one record", "c", "record", "stemma open", bytesOf),
		}},
	}
}

func (r *results) line(name, class, measure, key string, of func(sample) float64) line {
	l := line{Name: name, Class: class}
	for _, n := range r.sizes() {
		if s, ok := r.sample(measure, key, n); ok && of(s) > 0 {
			l.Points = append(l.Points, point{float64(n), of(s)})
		}
	}
	return l
}

// The measures of the picture, in its own units.
const (
	panelWidth   = 440.0
	pictureTall  = 400.0
	plotLeft     = 70.0
	plotRight    = 20.0
	plotTop      = 44.0
	plotTall     = 230.0
	legendTop    = plotTop + plotTall + 50
	legendHeight = 18.0
)

// pictureStyle serves a light and a dark page.
const pictureStyle = `<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 }
.grid { stroke: #d1d9e0; stroke-width: 1 } .line { fill: none; stroke-width: 2.5 }
.a { stroke: #0969da; fill: #0969da } .b { stroke: #1a7f37; fill: #1a7f37 } .c { stroke: #bc4c00; fill: #bc4c00 }
.d { stroke: #8250df; fill: #8250df } .e { stroke: #656d76; fill: #656d76 } .line { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #3d444d }
.a { stroke: #4493f8; fill: #4493f8 } .b { stroke: #3fb950; fill: #3fb950 } .c { stroke: #f0883e; fill: #f0883e }
.d { stroke: #ab7df8; fill: #ab7df8 } .e { stroke: #9198a1; fill: #9198a1 } .line { fill: none }
}
</style>
`

// drawGrowth draws the charts side by side, as SVG that stands alone.
func drawGrowth(r *results) string {
	charts := growthCharts(r)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-labelledby="title text">`+"\n", panelWidth*float64(len(charts)), pictureTall)
	fmt.Fprintf(&b, "<title id=\"title\">What grows with the number of versions</title>\n<desc id=\"text\">%s</desc>\n%s", html.EscapeString(pictureText(r)), pictureStyle)
	for i := range charts {
		fmt.Fprintf(&b, "<g transform=\"translate(%g 0)\">\n", float64(i)*panelWidth)
		charts[i].draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// scale maps a range to a stretch of the picture, by logarithms.
type scale struct{ low, high, from, to float64 }

func (s scale) at(v float64) float64 {
	if s.high <= s.low {
		return (s.from + s.to) / 2
	}
	return s.from + (s.to-s.from)*(math.Log(v)-math.Log(s.low))/(math.Log(s.high)-math.Log(s.low))
}

func (c *chart) draw(b *strings.Builder) {
	fmt.Fprintf(b, "<text class=\"title\" x=\"%g\" y=\"24\">%s</text>\n", plotLeft, html.EscapeString(c.Title))
	x, y, ok := c.scales()
	if !ok {
		fmt.Fprintf(b, "<text x=\"%g\" y=\"%g\">not measured</text>\n", plotLeft, plotTop+plotTall/2)
		return
	}
	for v := y.low; v <= y.high*1.001; v *= 10 {
		fmt.Fprintf(b, "<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>\n", x.from, x.to, y.at(v), y.at(v))
		fmt.Fprintf(b, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", x.from-8, y.at(v)+4, html.EscapeString(c.Write(v)))
	}
	for _, v := range c.places() {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", x.at(v), plotTop+plotTall+20, sizeName(int(v)))
	}
	for i, l := range c.Lines {
		top := legendTop + float64(i)*legendHeight
		fmt.Fprintf(b, "<rect class=\"%s\" x=\"%g\" y=\"%g\" width=\"14\" height=\"4\"/>\n<text x=\"%g\" y=\"%g\">%s</text>\n",
			l.Class, plotLeft, top, plotLeft+22, top+7, html.EscapeString(l.Name+l.ends(c.Write)))
		var path []string
		for _, p := range l.Points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", x.at(p.X), y.at(p.Y)))
			fmt.Fprintf(b, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>\n", l.Class, x.at(p.X), y.at(p.Y))
		}
		if len(path) > 1 {
			fmt.Fprintf(b, "<polyline class=\"%s line\" points=\"%s\"/>\n", l.Class, strings.Join(path, " "))
		}
	}
}

// ends tells a line's first and last value.
func (l *line) ends(write func(float64) string) string {
	switch n := len(l.Points); n {
	case 0:
		return ": not measured"
	case 1:
		return ": " + write(l.Points[0].Y)
	default:
		return ": " + write(l.Points[0].Y) + " → " + write(l.Points[n-1].Y)
	}
}

// scales fits the axes: the upright one to whole powers of ten.
func (c *chart) scales() (x, y scale, ok bool) {
	x = scale{low: math.Inf(1), from: plotLeft, to: panelWidth - plotRight}
	y = scale{low: math.Inf(1), from: plotTop + plotTall, to: plotTop}
	for _, l := range c.Lines {
		for _, p := range l.Points {
			x.low, x.high = min(x.low, p.X), max(x.high, p.X)
			y.low, y.high = min(y.low, p.Y), max(y.high, p.Y)
		}
	}
	if math.IsInf(y.low, 1) {
		return x, y, false
	}
	y.low = math.Pow(10, math.Floor(math.Log10(y.low)))
	y.high = max(math.Pow(10, math.Ceil(math.Log10(y.high))), y.low*10)
	return x, y, true
}

// places lists the sizes on the axis that lies.
func (c *chart) places() []float64 {
	seen := map[float64]bool{}
	var out []float64
	for _, l := range c.Lines {
		for _, p := range l.Points {
			if !seen[p.X] {
				seen[p.X] = true
				out = append(out, p.X)
			}
		}
	}
	return out
}

// pictureText says in words what the picture shows.
func pictureText(r *results) string {
	sizes := r.sizes()
	if len(sizes) == 0 {
		return "Nothing was measured."
	}
	text := fmt.Sprintf("Growth from %s to %s versions, on logarithmic axes.", sizeName(sizes[0]), sizeName(sizes[len(sizes)-1]))
	for _, c := range growthCharts(r) {
		var parts []string
		for _, l := range c.Lines {
			parts = append(parts, l.Name+l.ends(c.Write))
		}
		text += " " + strings.ToUpper(c.Title[:1]) + c.Title[1:] + ": " + strings.Join(parts, "; ") + "."
	}
	return text
}
