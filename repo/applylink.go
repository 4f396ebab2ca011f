package repo

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// applyLink moves every version of one article to the end of another's list and
// adds the version that the link itself is.
func (a *applier) applyLink(e *event) error {
	m := &e.message
	keep, err := a.linkHomes(m)
	if err != nil {
		return err
	}
	kept := *e
	kept.changes = nil
	for _, c := range e.changes {
		stray, _, err := a.tx.FileArticle(c.Path)
		switch {
		case err != nil:
			return err
		case c.Path == a.layout.path(m.link):
		case c.New.IsZero() && stray == m.link:
			if err := a.tx.DropFile(c.Path); err != nil {
				return err
			}
		default:
			kept.changes = append(kept.changes, c)
		}
	}
	if err := a.applyFiles(&kept); err != nil {
		return err
	}
	return a.rekind(keep)
}

// linkHomes makes one article of the two that a link names, and tells which it is.
func (a *applier) linkHomes(m *message) (keep schema.ID, err error) {
	from, err := a.home(m.link)
	if err != nil {
		return keep, err
	}
	to, err := a.home(m.article)
	if err != nil {
		return keep, err
	}
	keep = to
	if from != m.link || from == to {
		if keep, err = a.keeper(m, from, to); err != nil {
			return keep, err
		}
		if err := a.tx.DropRedirect(keep); err != nil {
			return keep, err
		}
	}
	for _, home := range []schema.ID{from, to} {
		if home == keep {
			continue
		}
		if err := a.linkInto(home, keep); err != nil {
			return keep, err
		}
		if from == to {
			break
		}
	}
	return keep, nil
}

// keeper tells which id stands for an article on whose links two sides of a merge
// disagree: of the ids that no link gives up, or of all where there is none, the
// smallest. So all stores agree, whichever side comes first.
func (a *applier) keeper(m *message, from, to schema.ID) (schema.ID, error) {
	gone, ids := map[schema.ID]bool{m.link: true}, []schema.ID{m.link, m.article}
	for _, home := range []schema.ID{from, to} {
		rows, err := a.tx.Versions(home)
		if err != nil {
			return home, err
		}
		links, err := a.links(rows)
		if err != nil {
			return home, err
		}
		for _, l := range links {
			gone[l.from] = true
			ids = append(ids, l.from, l.to)
		}
	}
	slices.SortFunc(ids, compareIDs)
	best := to
	for i := len(ids) - 1; i >= 0; i-- {
		home, err := a.home(ids[i])
		if err != nil {
			return best, err
		}
		if home != from && home != to {
			continue // a split took it away since
		}
		if !gone[ids[i]] || gone[best] {
			best = ids[i]
		}
	}
	return best, nil
}

// linkInto moves everything of one article to another.
func (a *applier) linkInto(from, to schema.ID) error {
	rows, err := a.tx.Versions(from)
	if err != nil {
		return err
	}
	numbers := make([]int, len(rows))
	for i, r := range rows {
		numbers[i] = r.Number
	}
	next, err := a.tx.NextNumber(to)
	if err != nil {
		return err
	}
	learnt, err := a.tx.Contexts(from)
	if err != nil {
		return err
	}
	if err := a.tx.MoveVersions(from, numbers, to, next); err != nil {
		return err
	}
	if err := a.tx.AddContexts(to, learnt); err != nil {
		return err
	}
	return a.tx.SetRedirect(from, to)
}

func compareIDs(x, y schema.ID) int { return slices.Compare(x[:], y[:]) }

// applySplit gives a version, and those recorded after it, to a new article, and
// adds the version with which that one begins a chain of its own.
func (a *applier) applySplit(e *event) error {
	m := &e.message
	old, err := a.home(m.split)
	if err != nil {
		return err
	}
	rows, err := a.versions(m.split)
	if err != nil {
		return err
	}
	takes := takenBy(m, rows)
	if len(takes) == 0 {
		return a.problem(e, a.layout.path(m.article), "", fmt.Sprintf("it splits at a version that article %s doesn't have: %s", m.split, m.from.Short()))
	}
	moves := map[schema.ID]bool{} // whether every version of a chain moves
	from := map[schema.ID][]int{} // the numbers, by the article where they are
	for i := range rows {
		r := &rows[i]
		all, seen := moves[r.Origin]
		moves[r.Origin] = takes[r.Seal] && (all || !seen)
		// Another side may have split off the same: the smaller id has it then.
		if takes[r.Seal] && (r.Article == old || compareIDs(m.article, r.Article) < 0) {
			from[r.Article] = append(from[r.Article], r.Number)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(from), compareIDs) {
		next, err := a.tx.NextNumber(m.article)
		if err != nil {
			return err
		}
		if err := a.tx.MoveVersions(id, from[id], m.article, next); err != nil {
			return err
		}
	}
	if err := a.splitLinked(old, m.article, moves); err != nil {
		return err
	}
	if err := a.applyFiles(e); err != nil {
		return err
	}
	return errors.Join(a.rekind(m.article), a.rekind(old))
}

// takenBy tells by their seals which versions a split takes: those that it lists,
// else the one at which it splits and all recorded after it.
func takenBy(m *message, rows []index.Row) map[[32]byte]bool {
	takes := map[[32]byte]bool{}
	if len(m.taken) > 0 {
		listed := map[[32]byte]bool{}
		for _, s := range m.taken {
			listed[s] = true
		}
		for i := range rows {
			if listed[rows[i].Seal] {
				takes[rows[i].Seal] = true
			}
		}
		return takes
	}
	slices.SortFunc(rows, func(x, y index.Row) int { return cmp.Compare(x.Number, y.Number) })
	found := false
	for i := range rows {
		if found = found || rows[i].Seal == m.from; found {
			takes[rows[i].Seal] = true
		}
	}
	return takes
}

// splitLinked lets each id that was linked into an article lead to where its
// versions are now: to the new article where all of them went, else to the old one,
// also where it had been linked by way of another id that leaves.
func (a *applier) splitLinked(old, new schema.ID, moves map[schema.ID]bool) error {
	var linked []schema.ID
	for origin := range moves {
		home, ok, err := a.tx.Redirect(origin)
		if err != nil {
			return err
		}
		if ok && home == old {
			linked = append(linked, origin)
		}
	}
	for _, origin := range linked {
		to := old
		if moves[origin] {
			to = new
		}
		if err := a.tx.SetRedirect(origin, to); err != nil {
			return err
		}
	}
	return nil
}
