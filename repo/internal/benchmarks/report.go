package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The marks between which a report is written. What stands outside of them in the
// file is somebody's own, and kept.
const (
	beginMark = "<!-- measured: what stands up to the next mark is written by repo/internal/benchmarks -->"
	endMark   = "<!-- end of what was measured -->"
)

// opening stands in a new file before what was measured.
const opening = `# Measurements of the store

`

// pictureName gives the file of the picture that belongs to a report.
func pictureName(report string) string {
	return strings.ToLower(strings.TrimSuffix(report, filepath.Ext(report))) + ".svg"
}

// writeReport puts the figures into a file, and the picture beside it.
func writeReport(file string, r *results) error {
	picture := filepath.Join(filepath.Dir(file), pictureName(filepath.Base(file)))
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := between(string(old), report(r, filepath.Base(picture)))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := replaceFile(file, []byte(text)); err != nil {
		return err
	}
	return replaceFile(picture, []byte(drawGrowth(r)))
}

// between puts what was measured between the marks of a text, or at its end.
func between(old, measured string) (string, error) {
	if old == "" {
		old = opening
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

// report writes the figures as Markdown.
func report(r *results, picture string) string {
	var b strings.Builder
	first, last := r.span()
	when := first.Format(time.DateOnly)
	if until := last.Format(time.DateOnly); until != when {
		when += " to " + until
	}
	fmt.Fprintf(&b, "Measured %s by\n\n    %s\n\non %s.\n\n", when, r.Command, r.Machine)
	b.WriteString("The history: versions of a fifth as many articles of 2.25 kB each, one paragraph rewritten a version, one hot article of up to 500 versions. " +
		"Processor time is that of user and system, of whole processes and those that they wait for; times are medians. `git fast-import` reads " +
		"the same files, and messages of the same length; both repositories end in the same tree, which is checked.\n\n")
	fmt.Fprintf(&b, "![%s](%s)\n\n", pictureText(r), picture)
	b.WriteString("## Goals\n\n")
	if sizes := r.sizes(); len(sizes) > 0 {
		fmt.Fprintf(&b, "Judged at %s versions, the largest size of this run.\n\n", count(float64(sizes[len(sizes)-1])))
	}
	b.WriteString(goalsTable(r))
	for _, n := range r.sizes() {
		fmt.Fprintf(&b, "\n## %s versions\n", count(float64(n)))
		for _, m := range measures() {
			if t, ok := r.get(m.Name, n); ok {
				fmt.Fprintf(&b, "\n### %s\n\n%s", m.Title, samplesTable(t))
			}
		}
	}
	for _, m := range measures() {
		if t, ok := r.get(m.Name, 0); ok && m.Once {
			fmt.Fprintf(&b, "\n## %s\n\n%s", m.Title, samplesTable(t))
		}
	}
	return b.String()
}
