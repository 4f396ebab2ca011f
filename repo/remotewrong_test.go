package repo

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

func TestRewrittenRemoteIsRefused(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	first := tipOf(t, a)
	say(t, a, "x", "One")
	b := mustClone(t, a, 100)
	if err := setMain(a.Dir(), first); err != nil {
		t.Fatal(err)
	}
	say(t, a, "x", "Another one")
	_, err := b.Pull(t.Context(), PullOptions{Git: gitHere()})
	var lost *UnrelatedError
	if !errors.As(err, &lost) || lost.Lost == "" {
		t.Fatalf("%v", err)
	}
	wantHeadlines(t, b, "x", "Zero", "One")
	other := newStore(t)
	say(t, other, "x", "Elsewhere")
	if err := b.AddRemote("other", other.Dir()); err != nil {
		t.Fatal(err)
	}
	_, err = b.Pull(t.Context(), PullOptions{Git: gitHere(), Remote: "other"})
	if !errors.As(err, &lost) || lost.Lost != "" {
		t.Fatalf("%v", err)
	}
}

func TestPullNamesWhatIsWrong(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 500)
	say(t, a, "x", "One dead")
	say(t, a, "x", "Two dead")
	v := current(t, a, schema.DeriveID("x"))
	// Somebody forges the middle version in A's history, and breaks a file.
	steps := history(t, a)
	for p, data := range steps[1].files {
		steps[1].files[p] = bytes.ReplaceAll(data, []byte("One dead"), []byte("Ten dead"))
	}
	broken := step{author: steps[0].author, committer: steps[2].committer, message: "Break\n", files: map[string][]byte{"b.md": []byte("---\nheadline: [\n---\n")}}
	f := &forger{objects: filepath.Join(a.Dir(), "objects"), wrote: map[git.Hash]bool{}}
	tip, err := f.write(append(steps, broken))
	if err != nil {
		t.Fatal(err)
	}
	if err := setMain(a.Dir(), tip); err != nil {
		t.Fatal(err)
	}
	arrived, err := b.Pull(t.Context(), PullOptions{Git: gitHere()})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(arrived.Findings, func(x Finding) bool { return x.Article == v.Article && x.Field == "seal" }) {
		t.Errorf("the forged version is not named: %+v", arrived.Findings)
	}
	if !slices.ContainsFunc(arrived.Broken, func(x Finding) bool { return x.Path == "b.md" }) {
		t.Errorf("the broken file is not named: %+v", arrived.Broken)
	}
}
