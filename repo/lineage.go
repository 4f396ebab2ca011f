package repo

import (
	"container/heap"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
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

// versions gives an article's versions that lie behind the commit at hand, by
// Number.
func (a *applier) versions(article schema.ID) ([]index.Row, error) {
	rows, err := a.tx.Versions(article)
	if a.beside() {
		rows = slices.DeleteFunc(rows, func(r index.Row) bool { return !a.behind(&r) })
	}
	return rows, err
}

// current gives the version of an article that was current for the commit at hand.
func (a *applier) current(article schema.ID) (index.Row, bool, error) {
	cur, ok, err := a.tx.Current(article)
	if err != nil || !ok || !a.beside() {
		return cur, ok, err
	}
	rows, err := a.versions(article)
	if err != nil || len(rows) == 0 {
		return index.Row{}, false, err
	}
	sortRows(rows)
	return rows[len(rows)-1], true, nil
}

// asOf gives the version of an article that was current at a time, as far as the
// commit at hand knows.
func (a *applier) asOf(article schema.ID, t schema.Time) (index.Row, bool, error) {
	if !a.beside() {
		return a.tx.AsOf(article, t.T, false)
	}
	rows, err := a.versions(article)
	if err != nil {
		return index.Row{}, false, err
	}
	sortRows(rows)
	for i := len(rows) - 1; i >= 0; i-- {
		if !rows[i].Published.T.After(t.T) {
			return rows[i], true, nil
		}
	}
	return index.Row{}, false, nil
}

// link is where the next version of a chain of seals joins on.
type link struct {
	previous    Seal   // what goes into its seal
	after, open string // as index.Row has them
}

// link finds where the version of the commit at hand joins the chain of an id:
// behind the versions that lie behind the commit and that no other of those
// follows. That is one, save where sides were merged.
func (a *applier) link(origin schema.ID) (link, error) {
	tail, ok, err := a.tx.Tail(origin)
	if err != nil || !ok {
		return link{}, err
	}
	ends := append(cutSeals(tail.Open), tail.Seal)
	joins := ends
	if a.beside() {
		if joins, err = a.endsBehind(origin); err != nil {
			return link{}, err
		}
	}
	l := link{previous: join(joins)}
	l.open = gatherSeals(slices.DeleteFunc(slices.Clone(ends), func(s [32]byte) bool { return slices.Contains(joins, s) }))
	switch {
	case len(joins) == 1 && joins[0] == tail.Seal: // as everywhere
	case len(joins) == 0:
		l.after = gatherSeals([][32]byte{{}})
	default:
		l.after = gatherSeals(joins)
	}
	return l, nil
}

// endsBehind gives the ends of a chain as the commit at hand knows it.
func (a *applier) endsBehind(origin schema.ID) ([][32]byte, error) {
	rows, err := a.chain(origin)
	if err != nil {
		return nil, err
	}
	var ends [][32]byte
	for i := range rows {
		if !a.behind(&rows[i]) {
			continue
		}
		after := cutSeals(rows[i].After)
		if len(after) == 0 && i > 0 {
			after = [][32]byte{rows[i-1].Seal}
		}
		ends = slices.DeleteFunc(ends, func(s [32]byte) bool { return slices.Contains(after, s) })
		ends = append(ends, rows[i].Seal)
	}
	return ends, nil
}

// chain gives all versions of a chain of seals, by Seq. They may belong to several
// articles by now, if there was a split.
func (a *applier) chain(origin schema.ID) ([]index.Row, error) {
	home, err := a.home(origin)
	if err != nil {
		return nil, err
	}
	rows, err := a.tx.Versions(home)
	if err != nil {
		return nil, err
	}
	next, err := a.tx.NextNumber(home)
	if err != nil {
		return nil, err
	}
	if home != origin || len(rows)+1 != next { // some were moved
		rows = rows[:0]
		for r, err := range a.tx.Log(index.Filter{}) {
			if err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
	}
	rows = slices.DeleteFunc(rows, func(r index.Row) bool { return r.Origin != origin })
	slices.SortFunc(rows, func(x, y index.Row) int { return int(x.Seq - y.Seq) })
	return rows, nil
}

// tied reports whether a merge says what one of the versions says that were
// published at the same time as the one current before it: which of two sides
// counts as the later one then is each store's own affair.
func (a *applier) tied(e *event, before *index.Row, digest [32]byte) (bool, error) {
	if len(e.commit.Parents) < 2 {
		return false, nil
	}
	rows, err := a.versions(before.Article)
	return slices.ContainsFunc(rows, func(r index.Row) bool {
		return r.Content == digest && r.Published.T.Equal(before.Published.T)
	}), err
}

// cutSeals takes a row's list of seals apart; gatherSeals makes one, sorted.
func cutSeals(s string) [][32]byte {
	var out [][32]byte
	for ; len(s) >= 32; s = s[32:] {
		out = append(out, [32]byte([]byte(s[:32])))
	}
	return out
}

func gatherSeals(seals [][32]byte) string {
	slices.SortFunc(seals, compareSeals)
	var b strings.Builder
	for _, s := range seals {
		b.Write(s[:])
	}
	return b.String()
}

func compareSeals(x, y [32]byte) int { return slices.Compare(x[:], y[:]) }
