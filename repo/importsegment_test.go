package repo

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

func storyDraft(i int) Draft {
	return headlineDraft(schema.DeriveID(fmt.Sprint("story ", i%40)), fmt.Sprintf("Story %d, told for the time %d", i%40, i/40))
}

// TestImportBesideGit has plain git move main while a segment is under way: the
// whole segment is recorded again on top of what came, and nothing is lost.
func TestImportBesideGit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	take(t, s, []Draft{storyDraft(0)})
	const drafts, moved = 200, 150
	results := 0
	err := s.Import(context.Background(), func(yield func(Draft, error) bool) {
		for i := range drafts {
			if i == moved {
				tree := strings.TrimSpace(git1(t, s.Dir(), "rev-parse", "main^{tree}"))
				c := strings.TrimSpace(git1(t, s.Dir(), "-c", "user.name=Plain", "-c", "user.email=plain@example.org",
					"commit-tree", "-p", "main", "-m", "nothing new", tree))
				git1(t, s.Dir(), "update-ref", "refs/heads/main", c)
			}
			if !yield(storyDraft(i+40), nil) {
				return
			}
		}
	}, RecordOptions{}, func(r Result) {
		if r.Outcome != Created && r.Outcome != Recorded {
			t.Errorf("result %d: %+v", results, r)
		}
		results++
	})
	if err != nil || results != drafts {
		t.Fatalf("%d results, %v", results, err)
	}
	if got := snap(t, s); len(got.Log) != drafts+1 {
		t.Errorf("%d versions, want %d", len(got.Log), drafts+1)
	}
	if log := git1(t, s.Dir(), "log", "--format=%s", "main"); !strings.Contains(log, "nothing new") {
		t.Errorf("plain git's commit is gone:\n%s", log)
	}
	sound(t, s)
}

// TestImportSlowly has a source that says nothing for a while: what it has said is
// there meanwhile, and others may record.
func TestImportSlowly(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	silent, gone := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	results := make(chan Result, 10)
	go func() {
		done <- s.Import(context.Background(), func(yield func(Draft, error) bool) {
			for i := range 4 {
				if i == 3 {
					close(silent)
					<-gone
				}
				if !yield(storyDraft(i), nil) {
					return
				}
				time.Sleep(30 * time.Millisecond) // longer than a draft waits for company
			}
		}, RecordOptions{}, func(r Result) { results <- r })
	}()
	<-silent
	for range 3 {
		if r := <-results; r.Outcome != Created {
			t.Errorf("%+v", r)
		}
	}
	// Had the import the lock, this would wait for ever.
	if _, err := s.Record(context.Background(), []Draft{headlineDraft(schema.ID{}, "Somebody else's story")}, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	close(gone)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := snap(t, s); len(got.Log) != 5 {
		t.Errorf("%d versions, want 5", len(got.Log))
	}
	sound(t, s)
}

// TestImportGivesWay has someone wait for the store while an import goes on without
// an end: its turn comes.
func TestImportGivesWay(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	other, err := Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	begun := make(chan struct{})
	done := make(chan error)
	var told atomic.Int64
	go func() {
		done <- s.Import(ctx, func(yield func(Draft, error) bool) {
			for i := 0; ; i++ {
				if i == chunkDrafts*5 {
					close(begun) // the import holds the lock by now, or will at once
				}
				if !yield(storyDraft(i), nil) {
					return
				}
			}
		}, RecordOptions{}, func(Result) { told.Add(1) })
	}()
	<-begun
	results, err := other.Record(context.Background(), []Draft{headlineDraft(schema.ID{}, "Breaking news")}, RecordOptions{})
	if err != nil || results[0].Outcome != Created {
		t.Errorf("%+v, %v", results, err)
	}
	if n := told.Load(); n >= segmentDrafts {
		t.Errorf("it came after %d drafts: the segment was not cut short", n)
	}
	stop()
	if err := <-done; err == nil {
		t.Error("an import without an end has ended")
	}
	sound(t, s)
}
