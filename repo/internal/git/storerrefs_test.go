package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage"
)

// TestStorerRefs sets, packs, reads and removes refs beside git, which must see the
// same.
func TestStorerRefs(t *testing.T) {
	r := realStore(t)
	s := r.storer()
	tip := runGit(t, r.Dir(), "rev-parse", "main")
	runGit(t, r.Dir(), "tag", "-a", "-m", "A tag", "v1", "main")
	set(t, s, "refs/heads/topic/one", tip)
	set(t, s, "refs/remotes/origin/main", tip)
	if err := s.SetReference(plumbing.NewSymbolicReference("refs/remotes/origin/HEAD", "refs/remotes/origin/main")); err != nil {
		t.Fatal(err)
	}
	same := func(when string) {
		t.Helper()
		var got []string
		it, err := s.IterReferences()
		if err != nil {
			t.Fatal(err)
		}
		err = it.ForEach(func(ref *plumbing.Reference) error {
			full, err := s.Reference(ref.Name())
			if err != nil || full.String() != ref.String() {
				t.Errorf("%s: %v, %v", when, full, err)
			}
			for ref.Type() == plumbing.SymbolicReference {
				if ref, err = s.Reference(ref.Target()); err != nil {
					return err
				}
			}
			got = append(got, ref.Hash().String()+" "+full.Name().String())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := runGit(t, r.Dir(), "for-each-ref", "--format=%(objectname) %(refname)"); strings.Join(got, "\n") != want {
			t.Errorf("%s:\n%s\ngit:\n%s", when, strings.Join(got, "\n"), want)
		}
	}
	same("loose")
	if err := s.PackRefs(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountLooseRefs(); err != nil || n != 2 { // main, and the ref that points at another
		t.Errorf("%d loose refs, %v", n, err)
	}
	same("packed")
	if got := runGit(t, r.Dir(), "show-ref", "-d", "--tags"); !strings.Contains(got, tip+" refs/tags/v1^{}") {
		t.Errorf("the tag leads to %s", got)
	}
	set(t, s, "refs/heads/topic/one", runGit(t, r.Dir(), "rev-parse", "main~1"))
	same("loose over packed")
	if err := s.SetReference(plumbing.NewReferenceFromStrings("refs/heads/topic", tip)); err == nil {
		t.Error("a ref was made whose name is another's folder")
	}
	for _, name := range []plumbing.ReferenceName{"refs/heads/topic/one", "refs/tags/v1"} {
		if err := s.RemoveReference(name); err != nil {
			t.Fatal(err)
		}
	}
	same("some removed")
	set(t, s, "refs/heads/topic", tip) // the folder that is left is empty
	same("a ref in the place of an empty folder")
	runGit(t, r.Dir(), "pack-refs", "--all", "--prune")
	same("packed by git")
	for _, bad := range []string{"refs/heads/a..b", "refs/heads/x.lock", "config", "refs/../HEAD", "refs/heads/a b", "refs/heads/.x", "refs/heads/x."} {
		if err := s.SetReference(plumbing.NewReferenceFromStrings(bad, tip)); err == nil {
			t.Errorf("%s was set", bad)
		}
	}
	fsck(t, r.Dir())
}

// TestStorerMain moves main: forward only, by what the store's writers do.
func TestStorerMain(t *testing.T) {
	r := realStore(t)
	s := r.storer()
	tip := runGit(t, r.Dir(), "rev-parse", "main")
	before := runGit(t, r.Dir(), "rev-parse", "main~1")
	next := runGit(t, r.Dir(), "commit-tree", "-p", tip, "-m", "Next", "main^{tree}")
	side := runGit(t, r.Dir(), "commit-tree", "-p", before, "-m", "Beside", "main^{tree}")
	at := func(h string) *plumbing.Reference { return plumbing.NewReferenceFromStrings(mainRef, h) }
	for name, c := range map[string]struct{ to, old *plumbing.Reference }{
		"back":                 {at(before), nil},
		"to the side":          {at(side), at(tip)},
		"to nothing":           {at(someHash), at(tip)},
		"to another ref":       {plumbing.NewSymbolicReference(mainRef, "refs/heads/other"), nil},
		"from where it is not": {at(next), at(before)},
		"as if it weren't":     {at(next), at(plumbing.ZeroHash.String())},
	} {
		if err := s.CheckAndSetReference(c.to, c.old); err == nil {
			t.Errorf("main was moved %s", name)
		}
		wantReference(t, s, mainRef, tip)
	}
	if err := s.RemoveReference(mainRef); err == nil {
		t.Error("main was removed")
	}
	if err := s.CheckAndSetReference(at(next), at(tip)); err != nil {
		t.Fatal(err)
	}
	if got := runGit(t, r.Dir(), "rev-parse", "main"); got != next {
		t.Errorf("main is %s", got)
	}
	if err := os.WriteFile(filepath.Join(r.Dir(), mainRef), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reference(mainRef); !errors.Is(err, ErrCorrupt) {
		t.Errorf("an empty main is %v", err)
	}
	if err := s.CheckAndSetReference(at(next), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("over an empty main: %v", err)
	}
}

// TestStorerRace moves one ref by compare-and-set from many goroutines, beside git
// update-ref which does the same: every move that was acknowledged is on the one
// line from the first to the last.
func TestStorerRace(t *testing.T) {
	r := realStore(t)
	const name = "refs/heads/race"
	first := runGit(t, r.Dir(), "rev-parse", "main")
	set(t, r.storer(), name, first)
	tree := runGit(t, r.Dir(), "rev-parse", "main^{tree}")
	commit := func(parent, subject string) string {
		return runGit(t, r.Dir(), "commit-tree", "-p", parent, "-m", subject, tree)
	}
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	ack := func(h string) { mu.Lock(); acknowledged[h] = true; mu.Unlock() }
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			s := open(t, r.Dir()).storer()
			for moved := 0; moved < 5; {
				old, err := s.Reference(name)
				if err != nil {
					t.Error(err)
					return
				}
				next := commit(old.Hash().String(), fmt.Sprintf("Go %d %d", w, moved))
				switch err := s.CheckAndSetReference(plumbing.NewReferenceFromStrings(name, next), old); {
				case err == nil:
					ack(next)
					moved++
				case err != storage.ErrReferenceHasChanged && !errors.Is(err, ErrLocked):
					t.Error(err)
					return
				}
			}
		})
	}
	for w := range 3 {
		wg.Go(func() {
			for moved := 0; moved < 5; {
				old := runGit(t, r.Dir(), "rev-parse", name)
				next := commit(old, fmt.Sprintf("Git %d %d", w, moved))
				if gitCmd(t, r.Dir(), "update-ref", name, next, old).Run() == nil {
					ack(next)
					moved++
				}
			}
		})
	}
	wg.Wait()
	line := strings.Fields(runGit(t, r.Dir(), "rev-list", first+".."+name))
	if len(line) != 45 || len(acknowledged) != 45 {
		t.Errorf("%d moves are on the line, %d were acknowledged, 45 were made", len(line), len(acknowledged))
	}
	for _, h := range line {
		if !acknowledged[h] {
			t.Errorf("%s is on the line and nobody was told so", h)
		}
	}
}
