package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// twoSides makes a store whose main is at one commit, and a commit beside it that
// plain git made.
func twoSides(t *testing.T) (r *Repo, main, other Hash) {
	t.Helper()
	r = newStore(t)
	base := mustRecord(t, r, map[string]string{"a.md": "a", "b/c.md": "c"})
	main = mustRecord(t, r, map[string]string{"a.md": "ours"})
	tree := strings.TrimSpace(runGit(t, r.Dir(), "rev-parse", base.String()+"^{tree}"))
	text := strings.TrimSpace(runGit(t, r.Dir(), "-c", "user.name=Bo", "-c", "user.email=bo@example.org", "commit-tree", "-p", base.String(), "-m", "Beside", tree))
	other, err := ParseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	return r, main, other
}

func TestMerge(t *testing.T) {
	r, main, other := twoSides(t)
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	b, err := r.Begin(main)
	if err != nil {
		t.Fatal(err)
	}
	sig := Signature{"Mel", "mel@example.org", time.Unix(1_700_000_000, 0)}
	h, err := b.Merge(other, map[string]Entry{"b/c.md": {}, "d.md": {Hash: b.Blob([]byte("d"))},
		"bin/run": {Hash: b.Blob([]byte("#!/bin/sh\n")), Mode: ModeExecutable}, "link": {Hash: b.Blob([]byte("d.md")), Mode: ModeSymlink}, "lib": {Hash: main, Mode: ModeSubmodule}}, sig, sig, "Merge\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(); err != nil {
		t.Fatal(err)
	}
	c, err := r.Commit(h)
	if err != nil || !slices.Equal(c.Parents, []Hash{main, other}) {
		t.Fatal(c, err)
	}
	if out := runGit(t, r.Dir(), "ls-tree", "-r", "--format=%(objectmode) %(path)", "main"); out != "100644 a.md\n100755 bin/run\n100644 d.md\n160000 lib\n120000 link" {
		t.Errorf("%q", out)
	}
	changes, err := r.DiffEntries(c.Tree, mustTree(t, r, main))
	if err != nil || len(changes) != 5 {
		t.Errorf("%+v, %v", changes, err)
	}
	runGit(t, r.Dir(), "fsck", "--strict", "--no-dangling")
}

func mustTree(t *testing.T, r *Repo, commit Hash) Hash {
	t.Helper()
	c, err := r.Commit(commit)
	if err != nil {
		t.Fatal(err)
	}
	return c.Tree
}

func TestMergeRefuses(t *testing.T) {
	r, main, _ := twoSides(t)
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for name, other := range map[string]Hash{"nothing": {}, "itself": main, "a commit that is not there": {1}} {
		b, err := r.Begin(main)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Merge(other, nil, Signature{}, Signature{}, "Merge\n"); err == nil {
			t.Errorf("%s was merged", name)
		}
		if err := b.Publish(); err == nil {
			t.Errorf("a batch that failed at %s was published", name)
		}
	}
}

func TestFastForward(t *testing.T) {
	r, main, other := twoSides(t)
	ahead := strings.TrimSpace(runGit(t, r.Dir(), "-c", "user.name=Bo", "-c", "user.email=bo@example.org", "commit-tree", "-p", main.String(), "-m", "Ahead", main.String()+"^{tree}"))
	to, err := ParseHash(ahead)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.FastForward(main, to); err == nil {
		t.Error("main was moved without the lock")
	}
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if err := r.FastForward(main, other); err == nil {
		t.Error("main was moved to the side")
	}
	if err := r.FastForward(to, to); err != nil {
		t.Error(err)
	}
	if err := r.FastForward(other, to); err == nil {
		t.Error("main was moved from where it does not stand")
	}
	// Wherever it fails, main stays, and nothing is left.
	steps := []string{"write ref", "sync files", "sync packs", "lock main", "check main", "move main"}
	for _, at := range steps {
		broken := errors.New("broken")
		r.hook = func(step string) error {
			if step == at {
				return broken
			}
			return nil
		}
		if err := r.FastForward(main, to); !errors.Is(err, broken) {
			t.Errorf("%s: %v", at, err)
		}
		if now, err := r.Tip(); err != nil || now != main {
			t.Errorf("%s: main is %s, %v", at, now, err)
		}
		left, err := filepath.Glob(filepath.Join(r.Dir(), "stemma", "tmp", "*"))
		if _, lerr := os.Stat(filepath.Join(r.Dir(), mainRef+".lock")); err != nil || len(left) > 0 || lerr == nil {
			t.Errorf("%s left %v, or main.lock", at, left)
		}
	}
	r.hook = nil
	if err := r.FastForward(main, to); err != nil {
		t.Fatal(err)
	}
	if now, err := r.Tip(); err != nil || now != to {
		t.Errorf("main is %s, %v", now, err)
	}
	if err := r.FastForward(main, to); !errors.Is(err, ErrMoved) {
		t.Errorf("%v, want ErrMoved", err)
	}
}

func TestReceipts(t *testing.T) {
	r := newStore(t)
	if got, err := r.Receipts(); err != nil || len(got) != 0 {
		t.Fatal(got, err)
	}
	by := Signature{Name: "stemma", Email: "stemma@localhost"}
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			x := Receipt{Old: Hash{byte(i)}, Arrived: Hash{1, byte(i)}, Count: i, At: time.Unix(int64(1_700_000_000+i), 0)}
			if err := r.AddReceipt(t.Context(), x, by, fmt.Sprint("Receipt: number ", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := r.Receipts()
	if err != nil || len(got) != 12 {
		t.Fatalf("%d receipts, %v", len(got), err)
	}
	for _, x := range got {
		if int(x.Old[0]) != x.Count || x.At.Unix() != int64(1_700_000_000+x.Count) || x.Arrived != (Hash{1, byte(x.Count)}) {
			t.Errorf("%+v", x)
		}
	}
	runGit(t, r.Dir(), "fsck", "--strict")
	// Git may pack them, and the ref; a writer that died may have left its lock.
	runGit(t, r.Dir(), "gc", "-q", "--prune=now")
	runGit(t, r.Dir(), "pack-refs", "--all")
	left := filepath.Join(r.Dir(), "stemma", receiptPrefix+"dead")
	if err := os.WriteFile(left, []byte("x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(r.receiptsPath()), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(left, r.receiptsPath()+".lock"); err != nil {
		t.Fatal(err)
	}
	again, err := Open(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if err := again.AddReceipt(t.Context(), Receipt{At: time.Unix(1, 0)}, by, "Receipt: after a crash"); err != nil {
		t.Fatal(err)
	}
	if got, err := again.Receipts(); err != nil || len(got) != 13 || got[12].Count != 0 {
		t.Fatalf("%d receipts, %v", len(got), err)
	}
	if _, err := os.Stat(left); err == nil {
		t.Error("a dead writer's file is left")
	}
}

func FuzzParseReceipt(f *testing.F) {
	f.Add("Receipt\n\nStemma-Receipt: " + strings.Repeat("0", 40) + " " + strings.Repeat("a", 40) + " 3\n")
	f.Add("Stemma-Receipt: 1 2 -3\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, message string) {
		x, err := parseReceipt(message)
		if err == nil && x.Count < 0 {
			t.Errorf("%+v", x)
		}
	})
}
