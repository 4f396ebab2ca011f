package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
)

// results is what a run came to.
type results struct {
	Begun            time.Time
	Machine, Command string
	Engines          []engineNote
	Classes          []takenClass
	Suite            string
}

type engineNote struct{ Name, Version, Missing string }

// takenClass is a class with what was measured on it.
type takenClass struct {
	Name, Note, Group string
	Pairs, Bytes      int // and the bytes of all old texts
	Samples           []sample
}

// readResults gives what an earlier run kept; an empty name, nothing.
func readResults(file string) (*results, error) {
	r := &results{}
	if file == "" {
		return r, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(data, r)
	}
	return r, err
}

func (r *results) keep(file string) error {
	if file == "" {
		return nil
	}
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o666)
}

// put takes over what was measured of a class, in the order of classes. Engines that
// were not asked this time keep their figures.
func (r *results) put(c takenClass) {
	for _, old := range r.Classes {
		if old.Name != c.Name {
			continue
		}
		for _, s := range old.Samples {
			if c.sample(s.Engine) == nil {
				c.Samples = append(c.Samples, s)
			}
		}
	}
	place := func(name string) int {
		return slices.IndexFunc(classes(), func(k class) bool { return k.name == name })
	}
	r.Classes = slices.DeleteFunc(r.Classes, func(old takenClass) bool { return old.Name == c.Name || place(old.Name) < 0 })
	r.Classes = append(r.Classes, c)
	slices.SortFunc(r.Classes, func(x, y takenClass) int { return place(x.Name) - place(y.Name) })
}

func (c *takenClass) sample(engine string) *sample {
	for i := range c.Samples {
		if c.Samples[i].Engine == engine {
			return &c.Samples[i]
		}
	}
	return nil
}

// The marks between which a report is written. What stands outside of them in the
// file is somebody's own, and kept.
const (
	beginMark = "<!-- measured: what stands up to the next mark is written by diff/internal/benchmarks -->"
	endMark   = "<!-- end of what was measured -->"
)

func writeReport(file string, r *results) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := between(string(old), report(r))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

// between puts what was measured between the marks of a text, or at its end.
func between(old, measured string) (string, error) {
	if old == "" {
		old = "# Measurements of the word diff\n"
	}
	block := beginMark + "\n\n" + measured + "\n" + endMark
	before, rest, begun := strings.Cut(old, beginMark)
	if !begun {
		return strings.TrimRight(old, "\n") + "\n\n" + block + "\n", nil
	}
	_, after, ended := strings.Cut(rest, endMark)
	if !ended {
		return "", errors.New("the mark at the end of what was measured is gone: put it back, or remove the first one too")
	}
	return before + block + after, nil
}

func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// report writes the figures as Markdown.
func report(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured %s by\n\n    %s\n\non %s.\n\n## Goals\n\n%s\n## Engines\n\n", r.Begun.Format(time.DateOnly), r.Command, r.Machine, goalsTable(r))
	b.WriteString(row("engine", "version", "how it was called") + row("---", "---", "---"))
	for i, e := range engines() {
		version := r.Engines[i].Version
		if r.Engines[i].Missing != "" {
			version = r.Engines[i].Missing
		}
		if e.name == ours {
			version = "this one"
		}
		b.WriteString(row(e.name, version, e.note))
	}
	group := ""
	for i := range r.Classes {
		c := &r.Classes[i]
		if c.Group != group {
			group = c.Group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		b.WriteString(classTable(c, r.Engines))
	}
	b.WriteString(r.Suite)
	return b.String()
}

func goalsTable(r *results) string {
	var b strings.Builder
	b.WriteString(row("goal", "bound", "measured", "") + row("---", "---", "---:", "---"))
	for _, g := range goals() {
		for i := range r.Classes {
			c := &r.Classes[i]
			if c.Name != g.class || c.sample(ours) == nil {
				continue
			}
			v, ok := g.value(c)
			switch {
			case !ok:
				b.WriteString(row(g.what, g.bound, "–", "not measured"))
			case g.met(v):
				b.WriteString(row(g.what, g.bound, g.show(v), "met"))
			default:
				b.WriteString(row(g.what, g.bound, g.show(v), "**missed**"))
			}
		}
	}
	return b.String()
}

func classTable(c *takenClass, notes []engineNote) string {
	var b strings.Builder
	pairs := fmt.Sprintf("%d pairs of %s", c.Pairs, size(float64(c.Bytes)/float64(c.Pairs)))
	if c.Pairs == 1 {
		pairs = "one pair of " + size(float64(c.Bytes))
	}
	fmt.Fprintf(&b, "\n### %s\n\n", c.Name)
	if c.Note != "" {
		fmt.Fprintf(&b, "%s%s; ", strings.ToUpper(c.Note[:1]), c.Note[1:])
	}
	b.WriteString(pairs + ".\n\n")
	b.WriteString(row("engine", "median", "mean", "÷ stemma", "allocations", "allocated", "peak", "W", "Hk", "Sp"))
	b.WriteString(row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:"))
	for i, e := range engines() {
		s := c.sample(e.name)
		switch {
		case notes[i].Missing != "":
			b.WriteString(row(e.name, notes[i].Missing, "", "", "", "", "", "", "", ""))
		case s == nil:
			b.WriteString(row(e.name, "not run", "", "", "", "", "", "", "", ""))
		case s.Failed != "":
			b.WriteString(row(e.name, s.Failed, "", "", "", "", "", "", "", ""))
		default:
			b.WriteString(sampleRow(c, e, s))
		}
	}
	return b.String()
}

func sampleRow(c *takenClass, e engine, s *sample) string {
	mid := duration(s.median())
	if s.Shared && len(s.Seconds) > 1 {
		mid = "–"
	}
	ratio, allocs, bytes := "–", "–", "–"
	if v, ok := ahead(e.name)(c); ok {
		ratio = figure(v)
	}
	if s.Quality.gaveUp() {
		ratio = "gave up"
	}
	if e.diff != nil {
		allocs, bytes = figure(s.Allocs), size(s.Bytes)
	}
	w, hk, sp := "–", "–", "–"
	q := s.Quality
	if q.Note != "" {
		w = "other text"
	} else {
		if q.Least > 0 {
			w = fmt.Sprintf("%.2f", float64(q.Words)/float64(q.Least))
		} else {
			w = fmt.Sprintf("%d of 0", q.Words)
		}
		if q.Bare > 0 {
			hk = fmt.Sprintf("%.2f", float64(q.Changes)/float64(q.Bare))
		}
		if q.Changes > 0 {
			sp = fmt.Sprintf("%.2f", float64(q.Cuts)/float64(q.Changes))
		}
	}
	return row(e.name, mid, duration(s.total()/float64(len(s.Seconds))), ratio, allocs, bytes, size(float64(s.Peak)), w, hk, sp)
}

// figure writes a number with three digits.
func figure(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func duration(seconds float64) string {
	switch {
	case seconds < 1e-3:
		return figure(seconds*1e6) + " µs"
	case seconds < 1:
		return figure(seconds*1e3) + " ms"
	}
	return figure(seconds) + " s"
}

func size(bytes float64) string {
	switch {
	case bytes < 1000:
		return figure(bytes) + " B"
	case bytes < 1e6:
		return figure(bytes/1e3) + " kB"
	}
	if bytes < 1e9 {
		return figure(bytes/1e6) + " MB"
	}
	return figure(bytes/1e9) + " GB"
}
