package repo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// versions gives the versions of the article to which an id belongs, as the commit
// at hand knows them. Where nothing stands beside it, that is what the index holds.
// Else what stands beside it is left out, and what a link or a split beside it did
// is not done: the id may belong to another article there. The order is that of
// the numbers in each article.
func (a *applier) versions(origin schema.ID) ([]index.Row, error) {
	home, err := a.home(origin)
	if err != nil {
		return nil, err
	}
	rows, err := a.tx.Versions(home)
	if err != nil || !a.beside() {
		return rows, err
	}
	within, all, err := a.linked(origin, rows)
	if err != nil {
		return nil, err
	}
	var out []index.Row
	for i := range rows {
		// Versions of no link's came here by a split, which lies behind the commit.
		if r := &rows[i]; a.behind(r) && (within[r.Origin] || !all[r.Origin]) {
			out = append(out, *r)
		}
	}
	for o := range within {
		chain, err := a.chain(o)
		if err != nil {
			return nil, err
		}
		for i := range chain {
			r := &chain[i]
			if r.Article == home || !a.behind(r) {
				continue
			}
			// It was split off; for the commit at hand, only if it knows the split.
			if first, ok, err := a.tx.Tail(r.Article); err != nil {
				return nil, err
			} else if !ok || !a.behind(&first) {
				out = append(out, *r)
			}
		}
	}
	return out, nil
}

// linked gives the ids that links have made one article with this one: by the links
// that lie behind the commit at hand, and by all.
func (a *applier) linked(origin schema.ID, rows []index.Row) (within, all map[schema.ID]bool, err error) {
	every, err := a.links(rows)
	if err != nil {
		return nil, nil, err
	}
	spread := func(behind bool) map[schema.ID]bool {
		set := map[schema.ID]bool{origin: true}
		for range every {
			for _, l := range every {
				if (l.behind || !behind) && (set[l.from] || set[l.to]) {
					set[l.from], set[l.to] = true, true
				}
			}
		}
		return set
	}
	return spread(true), spread(false), nil
}

// madeLink is a link between two ids.
type madeLink struct {
	from, to schema.ID
	behind   bool // it lies behind the commit at hand
}

// links gives the links that are among some versions.
func (a *applier) links(rows []index.Row) ([]madeLink, error) {
	var out []madeLink
	for i := range rows {
		if rows[i].Op != strings.ToLower(opLink) {
			continue
		}
		c, err := a.commit(git.Hash(rows[i].Commit))
		if err != nil {
			return nil, err
		}
		if m, err := parseMessage(c.Message); err == nil && !m.link.IsZero() { // else its name alone says link
			out = append(out, madeLink{m.link, m.article, a.behind(&rows[i])})
		}
	}
	return out, nil
}

// current gives the version of an id's article that was current for the commit at
// hand.
func (a *applier) current(origin schema.ID) (index.Row, bool, error) {
	if !a.beside() {
		home, err := a.home(origin)
		if err != nil {
			return index.Row{}, false, err
		}
		return a.tx.Current(home)
	}
	rows, err := a.versions(origin)
	if err != nil || len(rows) == 0 {
		return index.Row{}, false, err
	}
	sortBeside(rows)
	return rows[len(rows)-1], true, nil
}

// asOf gives the version of an id's article that was current at a time, as far as
// the commit at hand knows.
func (a *applier) asOf(origin schema.ID, t schema.Time) (index.Row, bool, error) {
	if !a.beside() {
		home, err := a.home(origin)
		if err != nil {
			return index.Row{}, false, err
		}
		return a.tx.AsOf(home, t.T, false)
	}
	rows, err := a.versions(origin)
	if err != nil {
		return index.Row{}, false, err
	}
	sortBeside(rows)
	for i := len(rows) - 1; i >= 0; i-- {
		if !rows[i].Published.T.After(t.T) {
			return rows[i], true, nil
		}
	}
	return index.Row{}, false, nil
}

// sortBeside orders rows as Changes does. Numbers may be of several articles, so
// that the order of recording decides where times are equal.
func sortBeside(rows []index.Row) {
	slices.SortFunc(rows, func(x, y index.Row) int {
		return cmp.Or(x.Published.T.Compare(y.Published.T), cmp.Compare(x.Seq, y.Seq))
	})
}
