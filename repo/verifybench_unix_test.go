//go:build unix

package repo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// revisions gives n states of n/5 articles, of some 2 kB each: one paragraph of ten
// changes at a time.
func revisions(n int) func(yield func(Draft, error) bool) {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("the a of parliament vote bridge police minister road fire budget court storm river train strike border talks price harvest")
	paragraph := func() string {
		var b strings.Builder
		for range 32 {
			b.WriteString(words[r.IntN(len(words))])
			fmt.Fprintf(&b, "%d ", r.IntN(1000))
		}
		return b.String()
	}
	at := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return func(yield func(Draft, error) bool) {
		var articles [][]string
		for i := range n {
			k := len(articles)
			if i%5 == 0 {
				text := make([]string, 10)
				for j := range text {
					text[j] = paragraph()
				}
				articles = append(articles, text)
			} else {
				k = r.IntN(k)
				articles[k][r.IntN(10)] = paragraph()
			}
			at = at.Add(time.Minute)
			d := draft(schema.Date(at.Format("2006-01-02")), "Event "+fmt.Sprint(k), fmt.Sprintf("https://example.org/%d", k))
			d.Input.ID, d.Input.Body = schema.DeriveID(fmt.Sprint(k)), strings.Join(articles[k], "\n\n")+"\n"
			d.Input.Date = "2001-01-01"
			d.Published = schema.At(at)
			if !yield(d, nil) {
				return
			}
		}
	}
}

// BenchmarkVerify compares verify, and the rebuild of the index that is a part of
// it, with git fsck --strict of the same store in the same run: time that passed,
// and time of processors.
func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{1000, 20_000, 100_000} {
		b.Run(fmt.Sprintf("versions=%d", n), func(b *testing.B) {
			s, err := Init(filepath.Join(b.TempDir(), "store"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			if err := s.Import(b.Context(), revisions(n), RecordOptions{}, func(Result) {}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				fsck := exec.Command("git", "-C", s.Dir(), "fsck", "--strict", "--no-progress")
				start := time.Now()
				if out, err := fsck.CombinedOutput(); err != nil {
					b.Fatal(err, string(out))
				}
				gitWall, gitCPU := time.Since(start), fsck.ProcessState.UserTime()+fsck.ProcessState.SystemTime()
				reindexWall, reindexCPU := measured(b, func() error { return s.Reindex(context.Background(), nil) })
				wall, cpu := measured(b, func() error {
					report, err := s.Verify(context.Background(), VerifyOptions{})
					if err == nil && (len(report.Findings) > 0 || report.Versions != n) {
						b.Fatal(report)
					}
					return err
				})
				each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
				b.ReportMetric(each(gitWall), "fsck-µs/version")
				b.ReportMetric(each(wall), "verify-µs/version")
				b.ReportMetric(each(reindexWall), "reindex-µs/version")
				b.ReportMetric(each(reindexCPU), "reindex-cpu-µs/version")
				b.ReportMetric(wall.Seconds()/gitWall.Seconds(), "wall/fsck")
				b.ReportMetric(cpu.Seconds()/gitCPU.Seconds(), "cpu/fsck")
			}
		})
	}
}

// measured gives the time that passes, and that of processors, while f runs.
func measured(b *testing.B, f func() error) (wall, cpu time.Duration) {
	b.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, before := time.Now(), used()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start), used() - before
}
