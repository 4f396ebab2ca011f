package repo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// countingDisk counts how often main is moved.
type countingDisk struct {
	git.SystemDisk
	moves int // under the store's lock
}

func (d *countingDisk) Rename(from, to string) error {
	if strings.HasSuffix(filepath.ToSlash(to), "refs/heads/main") {
		d.moves++
	}
	return d.SystemDisk.Rename(from, to)
}

func headlineDraft(id schema.ID, headline string) Draft {
	return Draft{Input: schema.Input{State: schema.State{ID: id, Headline: headline}, Carries: schema.Fields(schema.FieldHeadline)}}
}

// TestGathering records from many goroutines at once: each gets the result of its
// own draft, every version is there once, and they become durable together.
func TestGathering(t *testing.T) {
	t.Parallel()
	dir := newStore(t).Dir()
	disk := &countingDisk{}
	s, err := openOn(disk, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const writers, each = 4 * manyDrafts, 5
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for n := range each {
				d := headlineDraft(schema.DeriveID(fmt.Sprint("writer ", w)), fmt.Sprintf("Writer %d says %d", w, n))
				results, err := s.Record(context.Background(), []Draft{d}, RecordOptions{})
				if err != nil || len(results) != 1 || results[0].Version.Headline != d.Input.Headline || results[0].Version.Number != n+1 {
					t.Errorf("writer %d, draft %d: %+v, %v", w, n, results, err)
					return
				}
			}
		})
	}
	wait.Wait()
	if got := snap(t, s); len(got.Log) != writers*each {
		t.Errorf("%d versions, %d were acknowledged", len(got.Log), writers*each)
	}
	if disk.moves == 0 || disk.moves > writers*each/4 {
		t.Errorf("%d versions moved main %d times: they were not brought together", writers*each, disk.moves)
	}
	sound(t, s)
}

// TestGatheringRefuses mixes drafts that can be recorded with some that can't, and
// callers that give up: nobody else notices.
func TestGatheringRefuses(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	unlock, err := s.git.Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for i := range 30 {
		wait.Go(func() {
			ctx, headline := context.Background(), fmt.Sprintf("Story %d", i)
			switch i % 3 {
			case 1:
				headline = ""
			case 2:
				ctx = gone
			}
			results, err := s.Record(ctx, []Draft{headlineDraft(schema.DeriveID(fmt.Sprint(i)), headline)}, RecordOptions{})
			switch {
			case i%3 == 2:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("a caller that gave up got %+v, %v", results, err)
				}
			case err != nil || len(results) != 1:
				t.Errorf("%+v, %v", results, err)
			case (results[0].Outcome == Refused) != (i%3 == 1):
				t.Errorf("draft %d: %+v", i, results[0])
			}
		})
	}
	waiting := func(n int) {
		for now := -1; now != n; {
			s.gathering.mu.Lock()
			now = len(s.gathering.waiting)
			s.gathering.mu.Unlock()
		}
	}
	waiting(30)
	leave()
	waiting(20)
	unlock()
	wait.Wait()
	if got := snap(t, s); len(got.Log) != 10 {
		t.Errorf("%d versions, want 10", len(got.Log))
	}
	sound(t, s)
}

// TestGatheringGivesUp lets all go who wait: the next caller is served all the same.
func TestGatheringGivesUp(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for round := range 20 {
		unlock, err := s.git.Lock(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(context.Background())
		failed := make(chan error)
		go func() {
			_, err := s.Record(gone, []Draft{headlineDraft(schema.ID{}, "Early")}, RecordOptions{})
			failed <- err
		}()
		go leave()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("recorded for one who had gone: %v", err)
		}
		go unlock()
		results, err := s.Record(context.Background(), []Draft{headlineDraft(schema.ID{}, fmt.Sprintf("Late in round %d", round))}, RecordOptions{})
		if err != nil || results[0].Outcome != Created {
			t.Errorf("round %d: %+v, %v", round, results, err)
		}
	}
}
