package repo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestInsertMany inserts versions of few states at random places, some at the time of
// another, and looks at each version as its definition says: what kinds of change lead
// to it from the one before, and which it restores.
func TestInsertMany(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	random := rand.New(rand.NewPCG(7, 7))
	states := []string{"Two dead", "Seven dead", "Nine are dead", "Somebody died"}
	id := record(t, s, stamped(t, schema.ID{}, states[0], "2015-09-26T10:00:00Z"), Created).Version.Article
	for round := range 12 {
		var drafts []Draft
		for range 6 {
			at := time.Date(2015, 9, 26, 10, random.IntN(30), 0, 0, time.UTC)
			drafts = append(drafts, stamped(t, id, states[random.IntN(len(states))], at.Format(time.RFC3339)))
		}
		if _, err := s.Record(ctx, drafts, RecordOptions{}); err != nil {
			t.Fatal(err)
		}
		all, err := s.Changes(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		restored := 0
		for i, v := range all {
			want := 0
			for _, earlier := range all[:max(0, i-1)] {
				if earlier.Headline == v.Headline && v.Headline != all[i-1].Headline && (want == 0 || earlier.Number < want) {
					want = earlier.Number
				}
			}
			if v.Restores != want {
				t.Fatalf("round %d: version %d restores %d, want %d", round, v.Number, v.Restores, want)
			}
			if changed := i > 0 && v.Headline != all[i-1].Headline; (len(v.Kinds) > 0) != changed {
				t.Fatalf("round %d: version %d is of the kinds %v", round, v.Number, v.Kinds)
			}
			if want > 0 {
				restored++
			}
		}
		if round == 11 && (len(all) < 40 || restored < 10) {
			t.Errorf("%d versions, of which %d restore another, show little", len(all), restored)
		}
	}
	sameRebuilt(t, s)
}

// TestInsertIsLookedUp counts what the index reads while a version is inserted: the
// number of versions around it doesn't matter.
func TestInsertIsLookedUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	id := record(t, s, stamped(t, schema.ID{}, "It is over", "2016-01-01T00:00:00Z"), Created).Version.Article
	made := 1
	insert := func() int64 {
		at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(made*7919%5003) * time.Hour / 2)
		d := stamped(t, id, fmt.Sprint("Part ", made%9), at.Format(time.RFC3339))
		made++
		before := s.idx.RowsRead()
		results, err := s.Record(ctx, []Draft{d}, RecordOptions{})
		if err != nil || results[0].Outcome == Refused {
			t.Fatalf("%+v, %v", results, err)
		}
		return s.idx.RowsRead() - before
	}
	most := func(n int) (rows int64) {
		for range n {
			rows = max(rows, insert())
		}
		return rows
	}
	most(40)
	few := most(20)
	most(240)
	if many := most(20); many > few+few/4 {
		t.Errorf("an insertion among 60 versions read %d rows, one among 300 read %d", few, many)
	}
}
