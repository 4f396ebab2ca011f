package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets this test be what the program starts again.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == taskWord {
		if err := run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// inside runs the program in a folder, and gives what it said of its progress.
func inside(t *testing.T, dir string, args ...string) (log string) {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"-dir", dir, "-write", filepath.Join(dir, "REPORT.md")}, args...)
	if err := run(t.Context(), args, os.Environ(), strings.NewReader(""), &out, &errs); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	return errs.String()
}

func TestEveryMeasureIsTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inside(t, dir, "-sizes", "200")
	r := readBack(t, dir)
	for _, m := range measures() {
		size := 200
		if m.Once {
			size = 0
		}
		got, ok := r.get(m.Name, size)
		if !ok || len(got.Samples) == 0 {
			t.Errorf("%s was not measured", m.Name)
		}
		for _, s := range got.Samples {
			if s.Usage.CPU <= 0 && s.Bytes <= 0 {
				t.Errorf("%s, %s: nothing was measured: %+v", m.Name, s.Key, s)
			}
		}
	}
	for _, g := range goals() {
		_, ok := g.Value(r, 200)
		if growing := strings.Contains(g.Name, "largest size"); ok == growing {
			t.Errorf("%s: measured %v at one size", g.Name, ok)
		}
	}
	checkReport(t, filepath.Join(dir, "REPORT.md"), r)
	drawn, err := os.ReadFile(filepath.Join(dir, "report.svg"))
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, string(drawn))

	again := inside(t, dir, "-sizes", "200")
	if n := strings.Count(again, "taken before"); n != len(measures()) {
		t.Errorf("a second run measured again:\n%s", again)
	}
	only := inside(t, dir, "-sizes", "200", "-only", "commands")
	if !strings.Contains(only, "commands: done in ") || strings.Count(only, ": done in ") != 1 {
		t.Errorf("-only commands gave\n%s", only)
	}
	if text := readText(filepath.Join(dir, "REPORT.md")); strings.Contains(text, dir) {
		t.Error("the report names the folder that was worked in")
	}
	checkComparison(t, dir)
}

func readBack(t *testing.T, dir string) *results {
	t.Helper()
	r, err := readResults(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkReport sees that every goal and every sample stands in a report.
func checkReport(t *testing.T, file string, r *results) {
	t.Helper()
	text := readText(file)
	for _, g := range goals() {
		if !strings.Contains(text, "| "+g.Name+" | "+g.Target+" | ") {
			t.Errorf("the report lacks the goal %s", g.Name)
		}
	}
	for _, taken := range r.Taken {
		for _, s := range taken.Samples {
			if !strings.Contains(text, "| "+s.What+" | ") {
				t.Errorf("the report lacks %s", s.What)
			}
		}
	}
	for line := range strings.Lines(text) {
		if cells := strings.Count(line, " | "); strings.HasPrefix(line, "| ") && cells != 3 && cells != 10 {
			t.Errorf("a row has %d cells: %s", cells+1, line)
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	elements := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v\n%s", err, text)
		}
		if _, ok := token.(xml.StartElement); ok {
			elements++
		}
	}
	if elements < 5 || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("the picture is empty or points nowhere:\n%s", text)
	}
}

// checkComparison sees that a repository that lacks a version is told from the store.
func checkComparison(t *testing.T, dir string) {
	t.Helper()
	tools, err := build(t.Context(), dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	p := &place{tools: tools, dir: filepath.Join(dir, "200"), size: 200, log: io.Discard}
	if _, err := p.importStates(t.Context()); err != nil { // the measures have recorded on top of it
		t.Fatal(err)
	}
	if err := p.sameContent(t.Context()); err != nil {
		t.Error(err)
	}
	if err := silent(p.git(t.Context(), p.peer(), "update-ref", "refs/heads/main", "main~1")); err != nil {
		t.Fatal(err)
	}
	if err := p.sameContent(t.Context()); err == nil {
		t.Error("a version less was not noticed")
	}
}

// TestWrongUse sees that what can't be meant is refused.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-sizes", "some"}, {"-only", "speed"}, {"1k"}, {"-fast"}, {taskWord, "dance"}} {
		if err := run(t.Context(), args, os.Environ(), strings.NewReader("{}"), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	file := filepath.Join(t.TempDir(), "results.json")
	if err := os.WriteFile(file, []byte("no JSON"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := readResults(file); err == nil {
		t.Error("a file that holds no results was read")
	}
}

// TestTask passes an answer on, and a failure.
func TestTask(t *testing.T) {
	t.Parallel()
	double := typed(func(_ context.Context, n int) (int, error) {
		if n < 0 {
			return 0, errors.New("too small")
		}
		return 2 * n, nil
	})
	if got, err := double(t.Context(), json.RawMessage("21")); err != nil || got != 42 {
		t.Error(got, err)
	}
	for _, bad := range []string{"-1", `"x"`} {
		if _, err := double(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
