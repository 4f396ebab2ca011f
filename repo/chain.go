package repo

import (
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

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

// tied reports whether a merge says what one of the versions says that were
// published at the same time as the one current before it: which of two sides
// counts as the later one then is each store's own affair.
func (a *applier) tied(e *event, origin schema.ID, before *index.Row, digest [32]byte) (bool, error) {
	if len(e.commit.Parents) < 2 {
		return false, nil
	}
	rows, err := a.versions(origin)
	return slices.ContainsFunc(rows, func(r index.Row) bool {
		return r.Content == digest && r.Published.T.Equal(before.Published.T)
	}), err
}
