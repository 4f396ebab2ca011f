package repo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// newsroom records at random: new articles and versions, also of the past, what comes
// back, withdrawals, corrections and contexts.
type newsroom struct {
	t   *testing.T
	s   *Store
	r   *rand.Rand
	ids []schema.ID
	now time.Time
}

func (n *newsroom) open(dir string) {
	n.t.Helper()
	n.s = reopen(n.t, dir)
	n.s.now = func() time.Time { n.now = n.now.Add(time.Second); return n.now }
}

func (n *newsroom) tip() git.Hash {
	tip, err := n.s.git.Tip()
	if err != nil {
		n.t.Fatal(err)
	}
	return tip
}

func (n *newsroom) act() {
	n.t.Helper()
	ctx := context.Background()
	headline := fmt.Sprintf("%d dead in Springfield", n.r.IntN(4))
	id := schema.NewID()
	if len(n.ids) > 2 {
		id = n.ids[n.r.IntN(len(n.ids))]
	}
	d := draft("2015-09-26", headline, fmt.Sprint("https://example.org/", n.r.IntN(3)))
	d.Article, d.Input.Contexts = id.String(), []string{"Iran"}
	var err error
	switch n.r.IntN(9) {
	case 0, 1, 2:
		_, err = n.s.Record(ctx, []Draft{d}, RecordOptions{})
	case 3, 4: // the past
		d.Published = schema.At(n.now.Add(-time.Duration(n.r.IntN(200)) * time.Second))
		_, err = n.s.Record(ctx, []Draft{d}, RecordOptions{})
	case 5: // contexts alone
		d.Input.Carries = schema.Fields(schema.FieldHeadline)
		d.Input.AddContexts, d.Input.Contexts = true, []string{fmt.Sprint("Country ", n.r.IntN(5))}
		_, err = n.s.Record(ctx, []Draft{d}, RecordOptions{})
	default:
		all, bad := n.s.Changes(ctx, id)
		if bad != nil {
			_, err = n.s.Record(ctx, []Draft{d}, RecordOptions{})
			break
		}
		v := all[n.r.IntN(len(all))]
		switch n.r.IntN(3) {
		case 0:
			_, err = n.s.Restore(ctx, v, Actor{})
		case 1:
			_, err = n.s.Withdraw(ctx, id, Actor{})
		case 2:
			_, err = n.s.Correct(ctx, Version{}, v, Corrects, "Not two.", Actor{})
		}
	}
	if err != nil {
		n.t.Fatal(err)
	}
	if !slices.Contains(n.ids, id) {
		n.ids = append(n.ids, id)
	}
}

// rows gives what a store's index says of each version, by seal.
func rows(t *testing.T, s *Store) map[[32]byte]index.Row {
	t.Helper()
	if err := s.view(context.Background()); err != nil {
		t.Fatal(err)
	}
	all := map[[32]byte]index.Row{}
	for r, err := range s.idx.Log(index.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		all[r.Seal] = r
	}
	return all
}

// cuts reports whether the index can go back to where history was rewritten.
func cuts(t *testing.T, s *Store, covered, tip git.Hash) bool {
	t.Helper()
	tx, err := s.idx.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	last, err := s.lastKept(tx, covered, tip)
	if err != nil || last.Seq == 0 {
		t.Fatal("no version can be kept", err)
	}
	_, ok, err := tx.Cut(last.Seq, historyField)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// TestRewrittenFrom rewrites random histories from a random commit on. The index goes
// back to it and takes in the rest: it says what one that was built from nothing does,
// and names each version that is gone.
func TestRewrittenFrom(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		n := &newsroom{t: t, r: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		one, two, three := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two"), filepath.Join(t.TempDir(), "three")
		if s, err := Init(one); err != nil {
			t.Fatal(err)
		} else if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		n.open(one)
		var tips []git.Hash
		for range 30 {
			n.act()
			tips = append(tips, n.tip())
		}
		before, covered, ids := rows(t, n.s), n.tip(), n.ids
		if err := n.s.Close(); err != nil {
			t.Fatal(err)
		}
		// Elsewhere, history goes on from the base by another way.
		base := tips[8+n.r.IntN(len(tips)-10)]
		if err := copyStore(one, two); err != nil {
			t.Fatal(err)
		}
		if err := setMain(two, base); err != nil {
			t.Fatal(err)
		}
		if err := dropIndex(two); err != nil {
			t.Fatal(err)
		}
		n.open(two)
		for range n.r.IntN(12) {
			n.act()
		}
		tip := n.tip()
		if err := n.s.Close(); err != nil {
			t.Fatal(err)
		}
		n.ids = ids
		git1(t, one, "fetch", "-q", two, "main")
		if err := setMain(one, tip); err != nil {
			t.Fatal(err)
		}
		n.open(one)
		if covered != tip && !cuts(t, n.s, covered, tip) {
			t.Errorf("seed %d: the index had to be built anew", seed)
		}
		after := rows(t, n.s)
		// The same from nothing.
		if err := copyStore(one, three); err != nil {
			t.Fatal(err)
		}
		if err := dropIndex(three); err != nil {
			t.Fatal(err)
		}
		fresh := reopen(t, three)
		rows(t, fresh)
		err := index.Diff(context.Background(), n.s.idx, fresh.idx, nil, func(d index.Difference) bool {
			if d.Problem == nil || d.Problem.Field != historyField {
				t.Errorf("seed %d: %s", seed, d.String())
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		problems, err := n.s.idx.Problems()
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprint(problems)
		for seal, r := range before {
			_, still := after[seal]
			named := strings.Contains(said, fmt.Sprintf("version %d of article %s (seal %s", r.Number, r.Article, Seal(seal).Short()))
			if still == named {
				t.Errorf("seed %d: version %d of %s is still there: %v, named as gone: %v", seed, r.Number, r.Article, still, named)
			}
		}
		for range n.s.idx.Lost() {
			t.Fatal("what is lost was not forgotten")
		}
		for range 5 { // and history goes on
			n.act()
		}
		if err := n.s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
