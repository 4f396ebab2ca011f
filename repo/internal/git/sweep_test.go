package git

import (
	"bytes"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// TestSweep reads a whole history, before and after it was packed anew, by a sweep with
// next to no memory and by one with enough, in its order and backwards, from several
// goroutines: each gives what plain reading does.
func TestSweep(t *testing.T) {
	r := varied(t)
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	commits, err := r.Log(tip, Hash{})
	if err != nil || len(commits) < 300 {
		t.Fatal(len(commits), err)
	}
	small := r.Sweep()
	small.trees = newCache[Hash](8 << 10)
	small.reader.trees, small.reader.bases = newCache[packOffset](8<<10), newCache[packOffset](8<<10)
	sweeps := []*Sweep{r.Sweep(), small}
	for range 2 {
		var reading sync.WaitGroup
		for _, s := range sweeps {
			for worker := range 3 {
				list := commits
				if worker == 1 {
					list = slices.Clone(commits)
					slices.Reverse(list)
				}
				reading.Go(func() { sweepAll(t, r, s, list) })
			}
		}
		reading.Wait()
		if _, err := r.Replay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := small.Commit(Hash{1}); err == nil {
		t.Error("a commit that isn't there was read")
	}
	if _, err := small.Blob(tip); err == nil {
		t.Error("a commit was read as a file")
	}
	if _, err := small.Diff(Hash{}, tip); err == nil {
		t.Error("a commit was read as a tree")
	}
}

// sweepAll compares what a sweep reads of commits with what the store does.
func sweepAll(t *testing.T, r *Repo, s *Sweep, commits []Hash) {
	for _, h := range commits {
		got, err := s.Commit(h)
		if err != nil {
			t.Error(err)
			return
		}
		want, err := r.Commit(h)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v instead of %+v, %v", got, want, err)
			return
		}
		before := Hash{}
		if len(want.Parents) > 0 {
			parent, err := r.Commit(want.Parents[0])
			if err != nil {
				t.Error(err)
				return
			}
			before = parent.Tree
		}
		changes, err := s.Diff(before, got.Tree)
		plain, wantErr := r.Diff(before, got.Tree)
		if err != nil || wantErr != nil || !slices.Equal(changes, plain) {
			t.Errorf("%s: %+v instead of %+v, %v, %v", h, changes, plain, err, wantErr)
			return
		}
		for _, c := range changes {
			if c.New.IsZero() {
				continue
			}
			data, err := s.Blob(c.New)
			plain, wantErr := r.Blob(c.New)
			if err != nil || wantErr != nil || !bytes.Equal(data, plain) {
				t.Errorf("%s: %q instead of %q, %v, %v", c.Path, data, plain, err, wantErr)
				return
			}
		}
	}
}
