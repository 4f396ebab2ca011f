//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/diff"
)

// BenchmarkBlame asks for the last version's words of each history of blameWikis: of the
// whole command, as a process of its own; of the engine alone; of adding one version, the
// mean of the last hundred, beside the diff of each with the one before it; and, as a
// peer, of git blame over the same versions written a word a line, which knows lines that
// moved (-M) but none that was deleted and came back. All as processor time: cpu-ns/op.
func BenchmarkBlame(b *testing.B) {
	for name, file := range blameWikis(b) {
		file, err := filepath.Abs(file)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) { benchBlame(b, file) })
	}
}

func benchBlame(b *testing.B, file string) {
	dir := b.TempDir()
	stemma := func(args ...string) ([]byte, time.Duration) {
		return process(b, nil, "stemma", append([]string{"-C", dir + "/s"}, args...)...)
	}
	process(b, nil, "stemma", "init", dir+"/s")
	stemma("import", "mediawiki", file)
	exported, _ := stemma("export", "jsonl")
	var texts []string
	for line := range bytes.Lines(exported) {
		var v struct{ Body string }
		if err := json.Unmarshal(line, &v); err != nil {
			b.Fatal(err)
		}
		texts = append(texts, v.Body)
	}
	report := func(name string, run func() time.Duration) {
		b.Run(name, func(b *testing.B) {
			var used time.Duration
			n := 0
			for ; b.Loop(); n++ {
				used += run()
			}
			b.ReportMetric(float64(used)/float64(n), "cpu-ns/op")
		})
	}
	report("command", func() time.Duration { _, used := stemma("blame", "anarchism"); return used })
	report("engine", func() time.Duration { return timed(b, func() { follow(texts) }) })
	last := max(1, len(texts)-100)
	report("add-one", func() time.Duration {
		w := follow(texts[:last])
		return timed(b, func() {
			for v, text := range texts[last:] {
				w.Add(last+v, text)
			}
		}) / time.Duration(len(texts)-last)
	})
	report("diff-one", func() time.Duration {
		return timed(b, func() {
			for v := last; v < len(texts); v++ {
				diff.Texts(texts[v-1], texts[v], diff.Options{})
			}
		}) / time.Duration(len(texts)-last)
	})
	wordRepository(b, dir+"/git", texts)
	report("git-blame", func() time.Duration {
		_, used := process(b, nil, "git", "-C", dir+"/git", "blame", "main", "--", "words")
		return used
	})
	report("git-blame-M", func() time.Duration {
		_, used := process(b, nil, "git", "-C", dir+"/git", "blame", "-M1", "main", "--", "words")
		return used
	})
}

func follow(texts []string) *diff.Blame {
	var w diff.Blame
	for v, text := range texts {
		w.Add(v, text)
	}
	return &w
}

// timed gives the processor time of this process that a call takes.
func timed(b *testing.B, call func()) time.Duration {
	used := func() time.Duration {
		var use syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
			b.Fatal(err)
		}
		return time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	start := used()
	call()
	return used() - start
}

// process runs a program and gives what it printed and its processor time.
func process(b *testing.B, in []byte, name string, args ...string) ([]byte, time.Duration) {
	b.Helper()
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s %v: %v\n%s", name, args, err, errs.Bytes())
	}
	return out, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// wordRepository makes a git repository of the texts, a word a line.
func wordRepository(b *testing.B, dir string, texts []string) {
	process(b, nil, "git", "init", "-q", "--bare", "-b", "main", dir)
	var in bytes.Buffer
	for v, text := range texts {
		var words strings.Builder
		for _, k := range diff.AppendTokens(nil, text) {
			words.WriteString(strings.ReplaceAll(text[k.Start:k.End], "\n", " ") + "\n")
		}
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter x <x> %d +0000\ndata 1\nx\nM 644 inline words\ndata %d\n%s\n", v+1, words.Len(), words.String())
	}
	process(b, in.Bytes(), "git", "-C", dir, "fast-import", "--quiet")
}
