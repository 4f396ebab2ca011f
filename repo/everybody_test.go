package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestEverybodyAtOnce lets 16 goroutines and 4 processes record while plain git
// commits by its plumbing, commits in a clone and pushes, collects garbage and
// repacks, again and again. What was acknowledged, by whomever, is there, once.
// STEMMA_EACH says how many versions each goroutine records, and each process four
// times as many; 6 by default.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	each := int(fromEnv(t, "STEMMA_EACH", 6))
	dir := emptyStore(t)
	s := reopen(t, dir)
	a := &acknowledged{lines: map[string]string{}}
	first := say(t, s, "first", "The first")
	a.read(t, fmt.Sprintln(first.Article, first.Number, first.Seal, first.Headline))

	var writers, others sync.WaitGroup
	for p := range 4 {
		cmd := recorder(t, dir, fmt.Sprint("process-", p), 4*each)
		writers.Go(func() {
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("recorder: %v", err)
			}
			a.read(t, string(out))
		})
	}
	for g := range 16 {
		writers.Go(func() { recordBeside(t, s, a, g, each) })
	}
	// Git is slow beside the store, and may not win as long as all write: it goes on
	// until it has come through, and one goroutine goes on recording, ever slower.
	const atLeast = 2
	var stop, gitDone atomic.Bool
	var plumbed, pushed []string
	others.Go(func() {
		for len(plumbed) < atLeast || !stop.Load() {
			if plumb(t, dir, len(plumbed)) {
				plumbed = append(plumbed, fmt.Sprintf("by-git-%d", len(plumbed)))
			}
		}
	})
	work := filepath.Join(t.TempDir(), "work")
	gitQuiet(t, ".", "clone", "-q", dir, work)
	others.Go(func() {
		for len(pushed) < atLeast || !stop.Load() {
			if name := pushOne(t, work, len(pushed)); name != "" {
				pushed = append(pushed, name)
			}
		}
	})
	rounds := 0
	var upkeep, last sync.WaitGroup
	upkeep.Go(func() {
		for ; !gitDone.Load(); rounds++ {
			for _, args := range [][]string{{"repack", "-ad", "-q"}, {"pack-refs", "--all"}, {"gc", "-q"}, {"repack", "-dq"}} {
				tidyUp(t, dir, args...)
			}
		}
	})
	extra := 0
	last.Go(func() {
		for ; !gitDone.Load(); extra++ {
			recordBeside(t, s, a, 100+extra, 1)
			for wait := 20 * time.Millisecond << extra; wait > 0 && !gitDone.Load(); wait -= 10 * time.Millisecond {
				time.Sleep(10 * time.Millisecond)
			}
		}
	})
	writers.Wait()
	stop.Store(true)
	others.Wait()
	gitDone.Store(true)
	upkeep.Wait()
	last.Wait()

	if want := 1 + 16*each + 4*4*each + extra; len(a.lines) != want {
		t.Fatalf("%d versions were acknowledged, want %d", len(a.lines), want)
	}
	for _, slug := range append(plumbed, pushed...) {
		id, err := s.Resolve(t.Context(), slug)
		if err != nil {
			t.Errorf("%s: %v", slug, err)
			continue
		}
		if all, err := s.Changes(t.Context(), id); err != nil || len(all) != 1 {
			t.Errorf("%s has %d versions, %v", slug, len(all), err)
		}
	}
	a.check(t, s, false)
	if n, err := countVersions(s); err != nil || n != len(a.lines)+len(plumbed)+len(pushed) {
		t.Errorf("the store has %d versions (%v), want %d", n, err, len(a.lines)+len(plumbed)+len(pushed))
	}
	sound(t, s)
	sameRebuilt(t, s)
	a.check(t, s, false)
	t.Logf("%d versions recorded, %d commits by plumbing, %d pushed, %d rounds of gc and repack", len(a.lines), len(plumbed), len(pushed), rounds)
}

// recordBeside records, every second time an article that all share.
func recordBeside(t *testing.T, s *Store, a *acknowledged, g, each int) {
	for i := range each {
		id := schema.DeriveID(fmt.Sprint("goroutine", g))
		if i%2 == 1 {
			id = sharedArticle
		}
		d := draft("2015-09-26", fmt.Sprintf("goroutine %d says %d", g, i))
		d.Article = id.String()
		r, err := recordOne(context.Background(), s, d)
		if err != nil || r.Err != nil {
			t.Errorf("%s: %v, %v", d.Input.Headline, err, r.Err)
			return
		}
		a.read(t, fmt.Sprintln(r.Version.Article, r.Version.Number, r.Version.Seal, r.Version.Headline))
	}
}

// pushOne makes a commit in a clone and pushes it; where others were faster it
// begins again on what they made. It gives the slug of what was pushed, or "".
func pushOne(t *testing.T, work string, n int) string {
	t.Helper()
	for range 5 {
		// A fetch meets packs that someone takes away just now: git reports that,
		// and the next one goes well.
		if gitTry(work, "fetch", "-q") != nil || gitTry(work, "reset", "-q", "--hard", "origin/main") != nil {
			continue
		}
		path := filepath.Join(work, "pushed", fmt.Sprintf("%d.md", n))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, fmt.Appendf(nil, "# Pushed %d\n\nText.\n", n), 0o666)); err != nil {
			t.Error(err)
			return ""
		}
		gitQuiet(t, work, "add", "pushed")
		gitQuiet(t, work, "commit", "-q", "-m", "By hand")
		if gitTry(work, "push", "-q", "origin", "HEAD:main") == nil {
			return fmt.Sprintf("pushed-%d", n)
		}
		// The answer to a push may get lost after main has moved.
		if gitTry(work, "fetch", "-q") == nil && gitTry(work, "merge-base", "--is-ancestor", "HEAD", "origin/main") == nil {
			return fmt.Sprintf("pushed-%d", n)
		}
	}
	return ""
}

// tidyUp runs an upkeep of git's. It gives up without harm when a ref is locked, or
// when a pack goes that it wanted to read.
func tidyUp(t *testing.T, dir string, args ...string) {
	t.Helper()
	err := gitTry(dir, args...)
	if err == nil {
		return
	}
	for _, harmless := range []string{"lock", "unable to", "cannot be accessed", "bad object", "could not find", "No such file", "failed to run repack", "missing"} {
		if strings.Contains(err.Error(), harmless) {
			return
		}
	}
	t.Errorf("git %v: %v", args, err)
}

func gitTry(dir string, args ...string) error {
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=a@example.org"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func gitQuiet(t *testing.T, dir string, args ...string) {
	t.Helper()
	if err := gitTry(dir, args...); err != nil {
		t.Errorf("git %v: %v", args, err)
	}
}
