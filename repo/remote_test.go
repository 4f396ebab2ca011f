package repo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// gitHere runs the real git without anything of the developer's own config.
func gitHere() GitProgram {
	return GitProgram{Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")}
}

// ticking gives a store a clock of its own, which begins at a second of a day that
// all tests share.
func ticking(s *Store, second int) {
	now := time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC)
	s.now = func() time.Time { now = now.Add(time.Second); return now }
}

func mustClone(t *testing.T, from *Store, second int) *Store {
	t.Helper()
	s, _, err := Clone(t.Context(), from.Dir(), filepath.Join(t.TempDir(), "clone"), PullOptions{Git: gitHere()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	ticking(s, second)
	return s
}

func mustPull(t *testing.T, s *Store, opt PullOptions) *Arrival {
	t.Helper()
	opt.Git = gitHere()
	opt.Author = schema.Person{Name: "Mel Merger", Email: "mel@example.org"}
	a, err := s.Pull(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(a.Findings, a.Broken...) {
		t.Errorf("arrived: %+v", f)
	}
	return a
}

func mustPush(t *testing.T, s *Store) Pushed {
	t.Helper()
	p, err := s.Push(t.Context(), gitHere(), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// say records a headline of an article, by its key.
func say(t *testing.T, s *Store, key, headline string) Version {
	t.Helper()
	d := draft("2015-09-26", headline)
	d.Article = schema.DeriveID(key).String()
	results, err := s.Record(t.Context(), []Draft{d}, RecordOptions{})
	if err != nil || results[0].Err != nil {
		t.Fatal(err, results)
	}
	return results[0].Version
}

// headlines gives an article's headlines by number, from 1.
func headlines(t *testing.T, s *Store, key string) []string {
	t.Helper()
	all, err := s.Changes(t.Context(), schema.DeriveID(key))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(all))
	for _, v := range all {
		if v.Number > len(out) {
			t.Fatalf("version %d of %d", v.Number, len(all))
		}
		out[v.Number-1] = v.Headline
	}
	return out
}

func wantHeadlines(t *testing.T, s *Store, key string, want ...string) {
	t.Helper()
	if got := headlines(t, s, key); !slices.Equal(got, want) {
		t.Errorf("%s has %q, want %q", key, got, want)
	}
}

func tipOf(t *testing.T, s *Store) git.Hash {
	t.Helper()
	tip, err := s.git.Tip()
	if err != nil {
		t.Fatal(err)
	}
	return tip
}

// whole verifies stores, and that a rebuilt index says the same.
func whole(t *testing.T, stores ...*Store) {
	t.Helper()
	for _, s := range stores {
		sound(t, s)
		sameRebuilt(t, s)
		sound(t, s)
	}
}

func TestCloneAndPullForward(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "One dead")
	say(t, a, "x", "Two dead")
	say(t, a, "y", "A vote")
	b, arrived, err := Clone(t.Context(), a.Dir(), filepath.Join(t.TempDir(), "b"), PullOptions{Git: gitHere()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	ticking(b, 600)
	if arrived.Versions != 3 || arrived.Articles != 2 || arrived.Commits != 3 {
		t.Errorf("%+v", arrived)
	}
	if a.git.Config().UUID == b.git.Config().UUID {
		t.Error("a clone is a store of its own")
	}
	remotes, err := b.Remotes()
	if err != nil || len(remotes) != 1 || remotes[0] != (Remote{"origin", a.Dir()}) {
		t.Error(remotes, err)
	}
	if got := mustPull(t, b, PullOptions{}); !got.UpToDate {
		t.Errorf("%+v", got)
	}
	v := say(t, a, "x", "Three dead")
	if got := mustPull(t, b, PullOptions{}); got.Versions != 1 || got.Merged {
		t.Errorf("%+v", got)
	}
	wantHeadlines(t, b, "x", "One dead", "Two dead", "Three dead")
	// What arrives is recorded when it arrives; its seal, and its publication, stay.
	got := current(t, b, v.Article)
	if got.Seal != v.Seal || got.Published != v.Published {
		t.Errorf("%+v, want %+v", got, v)
	}
	if !got.Recorded.After(v.Recorded) || got.Recorded.Before(time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)) {
		t.Errorf("recorded %s at the one store and %s at the other", v.Recorded, got.Recorded)
	}
	whole(t, a, b)
}

func TestThreeStoresConverge(t *testing.T) {
	hub := newStore(t)
	say(t, hub, "x", "One dead")
	say(t, hub, "y", "A vote")
	a, b := mustClone(t, hub, 100), mustClone(t, hub, 200)
	say(t, a, "x", "Two dead")
	say(t, a, "new-a", "Made at A")
	say(t, b, "y", "A vote is lost")
	say(t, b, "new-b", "Made at B")
	say(t, b, "y", "A vote is won")
	if p := mustPush(t, a); p.Commits != 2 {
		t.Errorf("%+v", p)
	}
	var behind *BehindError
	if _, err := b.Push(t.Context(), gitHere(), ""); !errors.As(err, &behind) {
		t.Fatalf("a push over what the hub got meanwhile: %v", err)
	}
	if got := mustPull(t, b, PullOptions{}); !got.Merged || got.Versions != 2 || got.Commits != 2 {
		t.Errorf("%+v", got)
	}
	wantHeadlines(t, b, "x", "One dead", "Two dead")
	wantHeadlines(t, b, "y", "A vote", "A vote is lost", "A vote is won")
	mustPush(t, b)
	mustPull(t, a, PullOptions{})
	wantHeadlines(t, a, "y", "A vote", "A vote is lost", "A vote is won")
	if tipOf(t, a) != tipOf(t, b) || tipOf(t, a) != tipOf(t, hub) {
		t.Error("the three don't hold the same")
	}
	// And on: each of the three records on top of the merge.
	say(t, a, "y", "A vote is won, again")
	mustPush(t, a)
	mustPull(t, b, PullOptions{})
	say(t, b, "x", "Three dead")
	mustPush(t, b)
	mustPull(t, a, PullOptions{})
	whole(t, hub, a, b)
	if n, err := countVersions(hub); err != nil || n != 9 {
		t.Errorf("%d versions, %v", n, err)
	}
}

func countVersions(s *Store) (n int, err error) {
	for _, err := range s.Log(context.Background(), LogFilter{}) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

func TestNumbersStayAtEveryStore(t *testing.T) {
	hub := newStore(t)
	say(t, hub, "x", "Zero")
	a, b := mustClone(t, hub, 100), mustClone(t, hub, 200)
	say(t, a, "x", "A1")
	say(t, a, "x", "A2")
	say(t, b, "x", "B1")
	say(t, b, "x", "B2")
	mustPush(t, a)
	// Who looks at the hub sees numbers, which are to stay from then on.
	wantHeadlines(t, hub, "x", "Zero", "A1", "A2")
	got := mustPull(t, b, PullOptions{Resolve: Ours})
	if len(got.Settled) != 0 {
		t.Errorf("what is current anyway was recorded again: %+v", got.Settled)
	}
	wantHeadlines(t, b, "x", "Zero", "B1", "B2", "A1", "A2")
	mustPush(t, b)
	mustPull(t, a, PullOptions{})
	wantHeadlines(t, a, "x", "Zero", "A1", "A2", "B1", "B2")
	wantHeadlines(t, hub, "x", "Zero", "A1", "A2", "B1", "B2")
	// The next version joins both sides, whoever makes it, and both find it sound.
	say(t, a, "x", "A3")
	mustPush(t, a)
	mustPull(t, b, PullOptions{})
	wantHeadlines(t, b, "x", "Zero", "B1", "B2", "A1", "A2", "A3")
	whole(t, hub, a, b)
	// A rebuild forgets nothing of this.
	for _, s := range []*Store{a, b, hub} {
		before := headlines(t, s, "x")
		if err := s.Reindex(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		wantHeadlines(t, s, "x", before...)
	}
}

func TestConflict(t *testing.T) {
	for _, c := range []struct {
		name    string
		resolve Side
		edited  string
		want    string
		settled int
	}{
		{"ours", Ours, "", "Ours, later", 0},
		{"theirs", Theirs, "", "Theirs", 1},
		{"edit", Edited, "Both", "Both", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newStore(t)
			say(t, a, "x", "Zero")
			b := mustClone(t, a, 200)
			say(t, a, "x", "Theirs")
			say(t, b, "x", "Ours, later")
			before := tipOf(t, b)
			_, err := b.Pull(t.Context(), PullOptions{Git: gitHere()})
			var open *MergeConflictError
			if !errors.As(err, &open) || len(open.Conflicts) != 1 {
				t.Fatal(err)
			}
			k := open.Conflicts[0]
			if k.OurState.Headline != "Ours, later" || k.TheirState.Headline != "Theirs" || k.Theirs.Seal != current(t, a, k.Article).Seal {
				t.Errorf("%+v", k)
			}
			if tipOf(t, b) != before {
				t.Error("a conflict moved main")
			}
			wantHeadlines(t, b, "x", "Zero", "Ours, later")
			opt := PullOptions{Resolve: c.resolve}
			if c.edited != "" {
				s := k.OurState.Clone()
				s.Headline = c.edited
				opt.Edited = map[schema.ID]schema.State{k.Article: s}
			}
			got := mustPull(t, b, opt)
			if len(got.Settled) != c.settled || !got.Merged {
				t.Errorf("%+v", got)
			}
			if v := current(t, b, k.Article); v.Headline != c.want {
				t.Errorf("current is %q", v.Headline)
			}
			mustPush(t, b)
			if v := current(t, a, k.Article); v.Headline != c.want {
				t.Errorf("current is %q at the other store", v.Headline)
			}
			whole(t, a, b)
		})
	}
}

func TestConflictPublishedAtOneTime(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 200)
	at := func(s *Store, headline string) {
		d := draft("2015-09-26", headline)
		d.Article = schema.DeriveID("x").String()
		d.Published, _ = schema.ParseTime("2026-01-01T00:00:30Z")
		record(t, s, d, Recorded)
	}
	ticking(a, 100)
	at(a, "Theirs")
	at(b, "Ours")
	got := mustPull(t, b, PullOptions{Resolve: Theirs})
	if len(got.Settled) != 1 {
		t.Errorf("%+v", got)
	}
	mustPush(t, b)
	for _, s := range []*Store{a, b} {
		if v := current(t, s, schema.DeriveID("x")); v.Headline != "Theirs" {
			t.Errorf("current is %q", v.Headline)
		}
	}
	whole(t, a, b)
}

func TestSameOnBothSides(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 200)
	say(t, a, "x", "Same")
	say(t, b, "x", "On the way")
	say(t, b, "x", "Same")
	got := mustPull(t, b, PullOptions{})
	if len(got.Settled) != 0 {
		t.Errorf("%+v", got)
	}
	wantHeadlines(t, b, "x", "Zero", "On the way", "Same", "Same")
	mustPush(t, b)
	wantHeadlines(t, a, "x", "Zero", "Same", "On the way", "Same")
	say(t, a, "x", "On")
	mustPull(t, b, PullOptions{})
	whole(t, a, b)
}

func TestMergeKeepsThePast(t *testing.T) {
	a := newStore(t)
	ticking(a, 100)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 300)
	past := func(s *Store, headline, when string) {
		d := draft("2015-09-26", headline)
		d.Article = schema.DeriveID("x").String()
		d.Published, _ = schema.ParseTime(when)
		record(t, s, d, Recorded)
	}
	past(a, "Before, at A", "2025-01-01T00:00:00Z")
	past(b, "Before, at B", "2025-06-01T00:00:00Z")
	say(t, b, "x", "Now, at B")
	// Neither state of A's is a newer one, so there is nothing to settle.
	mustPull(t, b, PullOptions{})
	mustPush(t, b)
	for _, s := range []*Store{a, b} {
		if v := current(t, s, schema.DeriveID("x")); v.Headline != "Now, at B" {
			t.Errorf("current is %q", v.Headline)
		}
	}
	say(t, a, "x", "After, at A")
	mustPull(t, b, PullOptions{})
	whole(t, a, b)
}

func TestMergeOfLinkSplitAndWithdrawal(t *testing.T) {
	ctx := t.Context()
	a := newStore(t)
	for _, k := range []string{"x", "y", "z", "w"} {
		say(t, a, k, "Zero of "+k)
	}
	first := say(t, a, "z", "Another story in truth")
	b := mustClone(t, a, 300)
	ticking(a, 200)
	x, y, z, w := schema.DeriveID("x"), schema.DeriveID("y"), schema.DeriveID("z"), schema.DeriveID("w")
	if _, err := a.Link(ctx, x, y, Actor{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Split(ctx, first, Actor{}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Withdraw(ctx, w, Actor{}); err != nil {
		t.Fatal(err)
	}
	say(t, b, "y", "Y goes on at B")
	say(t, b, "z", "Z goes on at B")
	say(t, b, "new", "New at B")
	_, err := b.Pull(ctx, PullOptions{Git: gitHere()})
	var open *MergeConflictError
	if !errors.As(err, &open) || len(open.Conflicts) != 2 {
		t.Fatal(err)
	}
	mustPull(t, b, PullOptions{Resolve: Ours})
	if id, err := b.Resolve(ctx, y.String()); err != nil || id != x {
		t.Error("y leads to", id, err)
	}
	if v := current(t, b, x); v.Headline != "Y goes on at B" {
		t.Errorf("current of x is %q", v.Headline)
	}
	if v := current(t, b, z); v.Headline != "Z goes on at B" {
		t.Errorf("current of z is %q", v.Headline)
	}
	if v := current(t, b, w); v.Status != schema.Canceled {
		t.Errorf("w is %q", v.Status)
	}
	mustPush(t, b)
	say(t, a, "x", "X goes on at A")
	say(t, a, "z", "Z goes on at A")
	mustPull(t, b, PullOptions{})
	whole(t, a, b)
}

func TestPullPlainMarkdown(t *testing.T) {
	work := filepath.Join(t.TempDir(), "work")
	run := func(args ...string) {
		t.Helper()
		git1(t, work, append([]string{"-c", "user.name=Bo", "-c", "user.email=bo@example.org"}, args...)...)
	}
	if err := os.MkdirAll(work, 0o777); err != nil {
		t.Fatal(err)
	}
	run("init", "-q", "-b", "master")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		run("add", "-A")
		run("commit", "-q", "-m", "Write "+name)
	}
	put("README.md", "No article.\n")
	put("one.md", "---\nheadline: One\n---\n\nText.\n")
	s, a, err := Clone(t.Context(), work, filepath.Join(t.TempDir(), "s"), PullOptions{Git: gitHere()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if a.Versions != 1 || a.Commits != 2 {
		t.Errorf("%+v", a)
	}
	put("one.md", "---\nheadline: One, and more\n---\n\nText.\n")
	say(t, s, "own", "Own")
	if got := mustPull(t, s, PullOptions{}); got.Versions != 1 || !got.Merged {
		t.Errorf("%+v", got)
	}
	run("checkout", "-q", "--detach")
	mustPush(t, s)
	if out := git1(t, work, "log", "--format=%s", "-1", "master"); !strings.HasPrefix(out, "Merge: 1 commits from origin") {
		t.Error(out)
	}
	whole(t, s)
}

func TestCloneEmptyAndFailing(t *testing.T) {
	a := newStore(t)
	b := mustClone(t, a, 100)
	say(t, b, "x", "First")
	if p := mustPush(t, b); p.Commits != 1 {
		t.Errorf("%+v", p)
	}
	wantHeadlines(t, a, "x", "First")
	dir := filepath.Join(t.TempDir(), "none")
	_, _, err := Clone(t.Context(), filepath.Join(t.TempDir(), "nothing"), dir, PullOptions{Git: gitHere()})
	var failed *TransportError
	if !errors.As(err, &failed) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a clone that failed left %s: %v", dir, err)
	}
}
