//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package git

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// processTime is the CPU time of this process by now.
func processTime(t testing.TB) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStream imports a history, against git fast-import of the same. It
// reports CPU time a version, of all threads, and bytes on disk a version.
func BenchmarkStream(b *testing.B) {
	for _, n := range []int{20_000} {
		revisions := history(n)
		for _, each := range []int{n, n / 8} {
			b.Run(fmt.Sprintf("versions=%d/stemma/each=%d", n, each), func(b *testing.B) {
				var cpu time.Duration
				for b.Loop() {
					r := newStore(b)
					start := processTime(b)
					streamAll(b, r, revisions, each)
					cpu += processTime(b) - start
					b.ReportMetric(float64(bytesOf(b, r.Dir()))/float64(n), "B/version")
				}
				b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*n), "µs-cpu/version")
				b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "versions/s")
			})
		}
		b.Run(fmt.Sprintf("versions=%d/git=fast-import", n), func(b *testing.B) {
			var stream strings.Builder
			writeFastImport(b, &stream, revisions)
			var cpu time.Duration
			for b.Loop() {
				r := newStore(b)
				cmd := gitCmd(b, r.Dir(), "fast-import", "--quiet")
				cmd.Stdin = strings.NewReader(stream.String())
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
				b.ReportMetric(float64(bytesOf(b, r.Dir()))/float64(n), "B/version")
			}
			b.ReportMetric(float64(cpu.Microseconds())/float64(b.N*n), "µs-cpu/version")
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "versions/s")
		})
	}
}
