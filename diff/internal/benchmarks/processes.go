package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The programs that diff inside a php or node process, pair by pair.
var (
	//go:embed batch.php
	batchPHP string
	//go:embed batch.js
	batchNode string
)

// used is the processor time of a process that has ended, and of those that it
// waited for.
func used(p *os.ProcessState) float64 { return (p.UserTime() + p.SystemTime()).Seconds() }

// finish runs a command that tells by exit 1 that there are differences.
func finish(c *exec.Cmd) (out []byte, seconds float64, err error) {
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err = c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w %.300s", c.Path, err, problems.String())
	}
	return out, used(c.ProcessState), nil
}

// failed makes a sample of a program that was stopped by its limit.
func failed(s *sample, c *exec.Cmd, err error, seconds int) error {
	if overLimit(c.ProcessState, seconds) {
		s.Failed = fmt.Sprintf("over %d s", seconds)
		return nil
	}
	if c.ProcessState != nil && !c.ProcessState.Exited() {
		s.Failed = "ended by a signal"
		return nil
	}
	return err
}

// aStart measures how long a command needs for two words.
func aStart(run func() (float64, error)) (float64, error) {
	best := 1e9
	for range 5 {
		t, err := run()
		if err != nil {
			return 0, err
		}
		best = min(best, t)
	}
	return best, nil
}

// writePairs writes the texts as old/1, new/1, … into a folder.
func writePairs(dir string, pairs []pair) error {
	for _, side := range []string{"old", "new"} {
		if err := os.MkdirAll(filepath.Join(dir, side), 0o777); err != nil {
			return err
		}
	}
	for i, p := range pairs {
		if err := os.WriteFile(filepath.Join(dir, "old", pairName(i)), []byte(p.a), 0o666); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "new", pairName(i)), []byte(p.b), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func pairName(i int) string { return fmt.Sprintf("%05d", i) }

// inFolders calls do with a folder that holds the pairs, and one that holds two words.
func inFolders(pairs []pair, do func(dir, small string) error) (err error) {
	dir, err := os.MkdirTemp("", "pairs-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	small := filepath.Join(dir, "small")
	if err := errors.Join(writePairs(dir, pairs), writePairs(small, []pair{{"a\n", "b\n"}})); err != nil {
		return err
	}
	return do(dir, small)
}

func diffGit(ctx context.Context, _ options, pairs []pair, s *sample, seconds int) ([][]piece, error) {
	all := make([][]piece, len(pairs))
	for i, p := range pairs {
		all[i] = []piece{{kept, p.a}} // git says nothing of equal files
	}
	err := inFolders(pairs, func(dir, small string) error {
		command := func(dir string) *exec.Cmd {
			c := exec.CommandContext(ctx, "git", "diff", "--no-index", "--no-color", "--no-renames", "--text", "--word-diff=porcelain", "-U10000000", "old", "new")
			c.Dir = dir
			return c
		}
		start, err := aStart(func() (float64, error) { _, t, err := finish(command(small)); return t, err })
		if err != nil {
			return err
		}
		c := command(dir)
		out, t, err := finish(c)
		if err != nil {
			return failed(s, c, err, seconds)
		}
		s.Peak = peakOf(c.ProcessState)
		s.Shared = true
		each := max(0, t-start) / float64(len(pairs))
		s.Seconds = slices.Repeat([]float64{each}, len(pairs))
		readPorcelain(string(out), all)
		return nil
	})
	return all, err
}

// readPorcelain reads git's word diffs of many files.
func readPorcelain(out string, all [][]piece) {
	at, body := -1, false
	for line := range strings.SplitSeq(out, "\n") {
		if rest, ok := strings.CutPrefix(line, "diff --git a/old/"); ok {
			var i int
			if n, _ := fmt.Sscanf(rest, "%d", &i); n == 1 && i < len(all) {
				at, body = i, false
				all[at] = nil
				continue
			}
		}
		switch {
		case at < 0 || line == "":
		case strings.HasPrefix(line, "@@"):
			body = true
		case !body || line == "~":
		case line[0] == ' ':
			all[at] = append(all[at], piece{kept, line[1:] + "\n"})
		case line[0] == '-':
			all[at] = append(all[at], piece{gone, line[1:] + "\n"})
		case line[0] == '+':
			all[at] = append(all[at], piece{come, line[1:] + "\n"})
		}
	}
}

// diffEach runs a program of wdiff's kind once a pair. The marks are control bytes,
// which stand in no text.
func diffEach(program string) func(context.Context, options, []pair, *sample, int) ([][]piece, error) {
	return func(ctx context.Context, _ options, pairs []pair, s *sample, seconds int) ([][]piece, error) {
		all := make([][]piece, len(pairs))
		err := inFolders(pairs, func(dir, small string) error {
			command := func(dir string, i int) *exec.Cmd {
				c := exec.CommandContext(ctx, program, "-w", "\x01", "-x", "\x02", "-y", "\x03", "-z", "\x04", "old/"+pairName(i), "new/"+pairName(i))
				c.Dir = dir
				return c
			}
			start, err := aStart(func() (float64, error) { _, t, err := finish(command(small, 0)); return t, err })
			if err != nil {
				return err
			}
			s.Shared = true // one start is not like another: only the sum tells
			for i := range pairs {
				c := command(dir, i)
				out, t, err := finish(c)
				if err != nil {
					return failed(s, c, err, seconds)
				}
				s.Peak = max(s.Peak, peakOf(c.ProcessState))
				s.Seconds = append(s.Seconds, max(0, t-start))
				all[i] = readMarks(string(out))
			}
			return nil
		})
		return all, err
	}
}

func readMarks(out string) []piece {
	var list []piece
	now, from := kept, 0
	for k := 0; k <= len(out); k++ {
		if k < len(out) && (out[k] < 1 || out[k] > 4) {
			continue
		}
		list = append(list, piece{now, out[from:k]})
		from = k + 1
		if k < len(out) {
			now = [...]sort{1: gone, 2: kept, 3: come, 4: kept}[out[k]]
		}
	}
	return list
}

// inProcess runs a program that reads pairs as JSON lines and answers each with its
// processor time and its diff.
func inProcess(c *exec.Cmd, pairs []pair, s *sample, seconds int, read func(p pair, data json.RawMessage) ([]piece, error)) ([][]piece, error) {
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	lines.SetEscapeHTML(false)
	for _, p := range pairs {
		if err := lines.Encode([2]string{p.a, p.b}); err != nil {
			return nil, err
		}
	}
	c.Stdin = &in
	out, _, err := finish(c)
	if err != nil {
		return nil, failed(s, c, err, seconds)
	}
	s.Peak = peakOf(c.ProcessState)
	var all [][]piece
	answers := json.NewDecoder(bytes.NewReader(out))
	for i := range pairs {
		var answer struct {
			Seconds float64
			Diff    json.RawMessage
		}
		if err := answers.Decode(&answer); err != nil {
			return nil, fmt.Errorf("answer %d: %w", i+1, err)
		}
		pieces, err := read(pairs[i], answer.Diff)
		if err != nil {
			return nil, err
		}
		s.Seconds = append(s.Seconds, answer.Seconds)
		all = append(all, pieces)
	}
	return all, nil
}

func diffPHP(ctx context.Context, _ options, pairs []pair, s *sample, seconds int) ([][]piece, error) {
	return inProcess(exec.CommandContext(ctx, "php", "-d", "memory_limit=-1", "-r", batchPHP), pairs, s, seconds, readWikidiff)
}

func diffNode(ctx context.Context, opt options, pairs []pair, s *sample, seconds int) ([][]piece, error) {
	dir, err := filepath.Abs(opt.jsdiff)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, "node", "-e", batchNode, filepath.Join(dir, "node_modules/diff"))
	return inProcess(c, pairs, s, seconds, func(_ pair, data json.RawMessage) ([]piece, error) {
		var parts [][2]any
		if err := json.Unmarshal(data, &parts); err != nil {
			return nil, err
		}
		var list []piece
		for _, p := range parts {
			text, _ := p[1].(string)
			n, _ := p[0].(float64)
			list = append(list, piece{[...]sort{gone, kept, come}[int(n)+1], text})
		}
		return list, nil
	})
}

// readWikidiff reads what wikidiff2_inline_json_diff gives (its documentation: types
// 0 context, 1 added, 2 deleted, 3 changed, 4 and 5 the two ends of a move; a range
// of type 0 was added, of type 1 deleted).
func readWikidiff(p pair, data json.RawMessage) ([]piece, error) {
	var doc struct {
		Diff []struct {
			Type   int
			Text   string
			Ranges []struct{ Start, Length, Type int } `json:"highlightRanges"`
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Diff) == 0 {
		return []piece{{kept, p.a}}, nil
	}
	var list []piece
	for _, line := range doc.Diff {
		at := 0
		whole := [...]sort{kept, come, gone, kept, left, arrived}[line.Type]
		for _, r := range line.Ranges {
			what := come
			if r.Type == 1 {
				what = gone
				if line.Type == 5 {
					what = lost
				}
			}
			if r.Start < at || r.Start+r.Length > len(line.Text) {
				return nil, fmt.Errorf("a range of %d bytes at %d in a line of %d", r.Length, r.Start, len(line.Text))
			}
			list = append(list, piece{whole, line.Text[at:r.Start]}, piece{what, line.Text[r.Start : r.Start+r.Length]})
			at = r.Start + r.Length
		}
		list = append(list, piece{whole, line.Text[at:] + "\n"})
	}
	return list, nil
}
