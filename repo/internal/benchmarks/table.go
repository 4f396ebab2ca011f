package main

import (
	"fmt"
	"strings"
)

// row writes cells as a row of a Markdown table.
func row(cells ...string) string {
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// goalsTable lists the goals with their values at every size. Only the largest is
// judged: a small history says little about a large one.
func goalsTable(r *results) string {
	sizes := r.sizes()
	if len(sizes) == 0 {
		return "Nothing was measured.\n"
	}
	head, line := []string{"goal", "bound"}, []string{"---", "---"}
	for _, n := range sizes {
		head, line = append(head, sizeName(n)), append(line, "---:")
	}
	var b strings.Builder
	b.WriteString(row(append(head, "")...) + row(append(line, "---")...))
	for _, g := range goals() {
		cells := []string{g.Name, g.Target}
		verdict := "not measured"
		for i, n := range sizes {
			last := i == len(sizes)-1
			v, ok := 0.0, false
			if last || !g.Across {
				v, ok = g.Value(r, n)
			}
			switch {
			case !ok:
				cells = append(cells, "–")
			case last:
				cells = append(cells, g.show(v))
				verdict = "**missed**"
				if g.met(v) {
					verdict = "met"
				}
			default:
				cells = append(cells, g.show(v))
			}
		}
		b.WriteString(row(append(cells, verdict)...))
	}
	return b.String()
}

// missed lists the goals that were missed at the largest size.
func missed(r *results) []string {
	sizes := r.sizes()
	if len(sizes) == 0 {
		return nil
	}
	var out []string
	for _, g := range goals() {
		if v, ok := g.Value(r, sizes[len(sizes)-1]); ok && !g.met(v) {
			out = append(out, fmt.Sprintf("%s: %s, and the bound is %s", g.Name, g.show(v), g.Target))
		}
	}
	return out
}

// samplesTable lists one measure. Ratios are to the measure's first sample of ours.
func samplesTable(t taken) string {
	var b strings.Builder
	b.WriteString(row("what", "processor", "wall", "each", "a second", "peak memory", "bytes", "processor ÷ first", "wall ÷ first", "runs", ""))
	b.WriteString(row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---"))
	for _, s := range t.Samples {
		b.WriteString(row(s.What, duration(s.Usage.CPU), duration(s.Usage.Wall), each(s), perSecond(s), memory(s.Usage), size(s.Bytes),
			times(s.Usage.CPU, t.Samples[0].Usage.CPU), times(s.Usage.Wall, t.Samples[0].Usage.Wall), fmt.Sprint(s.Runs), s.Note))
	}
	return b.String()
}

// each is the time of one operation: measured from the inside, or the wall time
// divided.
func each(s sample) string {
	switch {
	case s.Inner > 0 && s.First > 0:
		return duration(s.Inner) + ", first " + duration(s.First)
	case s.Inner > 0:
		return duration(s.Inner)
	case s.First > 0:
		return "first " + duration(s.First)
	case s.Count > 0:
		return duration(s.Usage.Wall / float64(s.Count))
	}
	return "–"
}

// memory writes the peak of a process, or the bound that is known of it.
func memory(u usage) string {
	if u.Less && u.RSS > 0 {
		return "≤ " + size(u.RSS)
	}
	return size(u.RSS)
}

func perSecond(s sample) string {
	if s.Count == 0 || s.Usage.Wall == 0 {
		return "–"
	}
	return count(float64(s.Count) / s.Usage.Wall)
}

func times(x, first float64) string {
	if x == 0 || first == 0 {
		return "–"
	}
	return digits(x / first)
}
