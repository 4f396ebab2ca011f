package repo

import (
	"container/heap"
	"slices"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// lineage tells, while commits are taken in, which of those before lie behind the
// one at hand, and which stand beside it, on another side of a merge. What a
// commit says must not depend on what stands beside it: two stores that hold the
// same history may list its sides in another order.
type lineage struct {
	git     *git.Repo
	place   map[git.Hash]int // an order in which parents come first
	parents map[git.Hash][]git.Hash

	last  git.Hash          // the commit at hand
	heads map[git.Hash]bool // taken in, and no child of theirs yet
	aside map[git.Hash]bool // taken in, but not behind the commit at hand
}

func newLineage(g *git.Repo, log []git.Hash) *lineage {
	l := &lineage{git: g, place: make(map[git.Hash]int, len(log)), parents: map[git.Hash][]git.Hash{}}
	for i, h := range log {
		l.place[h] = i
	}
	l.begin(git.Hash{})
	return l
}

// begin starts on top of a commit, all behind which is taken in; the zero one
// starts from nothing.
func (l *lineage) begin(covered git.Hash) {
	l.last, l.heads, l.aside = covered, map[git.Hash]bool{}, nil
	if !covered.IsZero() {
		l.heads[covered] = true
	}
}

func (l *lineage) parentsOf(h git.Hash) ([]git.Hash, error) {
	if p, ok := l.parents[h]; ok {
		return p, nil
	}
	c, err := l.git.Commit(h)
	if err != nil {
		return nil, err
	}
	l.parents[h] = c.Parents
	return c.Parents, nil
}

// step goes on to the next commit.
func (l *lineage) step(h git.Hash, parents []git.Hash) error {
	beside := false
	for head := range l.heads {
		beside = beside || !slices.Contains(parents, head)
	}
	switch {
	case !beside:
		l.aside = nil
	case len(parents) == 1 && parents[0] == l.last: // what stood beside the one before
	default:
		if err := l.look(parents); err != nil {
			return err
		}
	}
	for _, p := range parents {
		delete(l.heads, p)
	}
	l.heads[h], l.last = true, h
	return nil
}

// look finds what was taken in and is not behind any of the parents. It walks back
// from both by place, and stops where only what lies behind them is left.
func (l *lineage) look(parents []git.Hash) error {
	l.aside = map[git.Hash]bool{}
	behind := map[git.Hash]bool{}
	queued := map[git.Hash]bool{}
	q := &placeQueue{place: l.place}
	open := 0 // commits in the queue that are not known to lie behind
	add := func(h git.Hash, isBehind bool) {
		if !queued[h] {
			queued[h] = true
			heap.Push(q, h)
			if !isBehind {
				open++
			}
		} else if isBehind && !behind[h] {
			open--
		}
		if isBehind {
			behind[h] = true
		}
	}
	for _, p := range parents {
		add(p, true)
	}
	for h := range l.heads {
		add(h, behind[h])
	}
	for open > 0 {
		h := heap.Pop(q).(git.Hash)
		if !behind[h] {
			open--
			l.aside[h] = true
		}
		next, err := l.parentsOf(h)
		if err != nil {
			return err
		}
		for _, p := range next {
			add(p, behind[h])
		}
	}
	return nil
}

// placeQueue gives the commit of the greatest place first.
type placeQueue struct {
	place map[git.Hash]int
	rows  []git.Hash
}

func (q *placeQueue) Len() int           { return len(q.rows) }
func (q *placeQueue) Less(i, j int) bool { return q.place[q.rows[i]] > q.place[q.rows[j]] }
func (q *placeQueue) Swap(i, j int)      { q.rows[i], q.rows[j] = q.rows[j], q.rows[i] }
func (q *placeQueue) Push(x any)         { q.rows = append(q.rows, x.(git.Hash)) }
func (q *placeQueue) Pop() any {
	last := q.rows[len(q.rows)-1]
	q.rows = q.rows[:len(q.rows)-1]
	return last
}

// step tells the applier which commit comes next.
func (a *applier) step(e *event) error {
	if a.lineage == nil {
		return nil
	}
	return a.lineage.step(e.hash, e.commit.Parents)
}

// beside reports whether anything that was taken in stands beside the commit at
// hand.
func (a *applier) beside() bool { return a.lineage != nil && len(a.lineage.aside) > 0 }

// behind reports whether a version lies behind the commit at hand.
func (a *applier) behind(r *index.Row) bool { return a.lineage == nil || !a.lineage.aside[r.Commit] }
