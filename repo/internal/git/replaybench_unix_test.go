//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package git

import (
	"context"
	"os"
	"testing"
	"time"
)

// batches records a history in small batches, as a long-running process does.
func batches(t testing.TB, r *Repo, revisions []revision, each int) {
	t.Helper()
	for i := 0; i < len(revisions); {
		unlock, err := r.Lock(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		tip, err := r.Tip()
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Begin(tip)
		if err != nil {
			t.Fatal(err)
		}
		for end := min(i+each, len(revisions)); i < end; i++ {
			v := &revisions[i]
			if _, err := b.CommitFile(v.path, b.Blob(v.data), someone(int64(i)), someone(int64(i)), v.message); err != nil {
				t.Fatal(err)
			}
		}
		// What Publish does, save that the packs are left as they are.
		p, err := b.publication()
		if err != nil {
			t.Fatal(err)
		}
		if err := p.run(&builtPack{memoryPack: b.memory, names: b.pack.entries.names}); err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}

// BenchmarkMaintain puts in order what 20,000 versions in packs of 50 left: by
// copying, by replaying, and by what git has for it. It reports CPU time, of all
// threads, and the bytes that are left.
func BenchmarkMaintain(b *testing.B) {
	const n = 20_000
	source := newStore(b)
	batches(b, source, history(n), 50)
	b.Logf("%d packs, %d bytes", len(packFiles(b, source)), bytesOf(b, source.Dir()))
	run := func(name string, maintain func(b *testing.B, r *Repo) time.Duration) {
		b.Run(name, func(b *testing.B) {
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				dir := b.TempDir() + "/copy"
				if err := os.CopyFS(dir, os.DirFS(source.Dir())); err != nil {
					b.Fatal(err)
				}
				r := open(b, dir)
				b.StartTimer()
				cpu += maintain(b, r)
				b.StopTimer()
				b.ReportMetric(float64(bytesOf(b, dir))/n, "B/version")
				b.StartTimer()
			}
			b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "ms-cpu")
		})
	}
	own := func(f func(*Repo) (int, error)) func(*testing.B, *Repo) time.Duration {
		return func(b *testing.B, r *Repo) time.Duration {
			start := processTime(b)
			if n, err := f(r); err != nil || n == 0 {
				b.Fatal(n, err)
			}
			return processTime(b) - start
		}
	}
	git := func(args ...string) func(*testing.B, *Repo) time.Duration {
		return func(b *testing.B, r *Repo) time.Duration {
			cmd := gitCmd(b, r.Dir(), args...)
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("git %v: %v\n%s", args, err, out)
			}
			return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
	}
	run("stemma=concatenate", own(func(r *Repo) (int, error) { return r.Maintain(context.Background()) }))
	run("stemma=replay", own(func(r *Repo) (int, error) { return r.Replay(context.Background()) }))
	run("git=geometric", git("repack", "--geometric=2", "-d", "--quiet"))
	run("git=gc", git("gc", "--quiet"))
}
