package repo

import (
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// compare fills in a row's kinds of change against the version published before
// it, and the version that it restores.
func (a *applier) compare(row *index.Row, state *schema.State, before *index.Row) (c compared, err error) {
	if c, err = a.kinds(row, state, before); err != nil {
		return c, err
	}
	row.Kinds, row.Restores = c.kinds, 0
	if before.Content == row.Content {
		return c, nil
	}
	row.Restores, err = a.restores(row.Content, before)
	return c, err
}

// restores gives the smallest number of the versions that say this and stand before
// one in the order of publication; 0 where none does. What was found of the last of
// them holds for those before it, so that they need not be gone through.
func (a *applier) restores(content [32]byte, before *index.Row) (int, error) {
	least := 0
	for {
		same, ok, err := a.tx.LastBefore(before, content)
		if err != nil || !ok {
			return least, err
		}
		if least == 0 || same.Number < least {
			least = same.Number
		}
		if same.Restores > 0 {
			return min(least, same.Restores), nil
		}
		before = &same // the first that says it, or what stands before it does too
	}
}

// kinds tells how a row differs from the version before it.
func (a *applier) kinds(row *index.Row, state *schema.State, before *index.Row) (compared, error) {
	known := before.Known & row.Known
	if f := a.foreseen; f != nil && f.before == before.Blob && f.after == row.Blob && f.known == known {
		a.foreseen = nil // it tells once
		return <-f.compared, nil
	}
	old, err := a.state(before)
	if err != nil {
		return compared{}, err
	}
	return compareStates(old, state, known), nil
}

// foreseen is how two files differ, which is being worked out
// beside whatever else is done before they are needed.
type foreseen struct {
	before, after git.Hash
	known         schema.FieldSet
	compared      chan compared
}

// foresee works out the kinds of change between pairs of states, which nobody
// changes meanwhile, in the order in which they are asked for.
func foresee(asked <-chan comparison) {
	for p := range asked {
		p.to.compared <- compareStates(p.old, p.new, p.to.known)
	}
}

// comparison is what foresee works on.
type comparison struct {
	old, new *schema.State
	to       *foreseen
}

// rekindAfter brings what follows an inserted version up to date; at the end of
// the list there is nothing. The version's number is the greatest, so that whoever
// restores an earlier one of its state goes on doing so. That leaves the version
// behind it, and the first one that returns to its state later.
func (a *applier) rekindAfter(inserted *index.Row) error {
	cur, _, err := a.tx.Current(inserted.Article)
	if err != nil || cur.Number == inserted.Number {
		return err
	}
	next, ok, err := a.tx.After(inserted)
	if err != nil || !ok {
		return err
	}
	state, err := a.state(&next)
	if err != nil {
		return err
	}
	was := [2]any{next.Kinds, next.Restores}
	c, err := a.compare(&next, state, inserted)
	if err != nil {
		return err
	}
	if err := a.setPassages(&next, inserted, state, &c); err != nil {
		return err
	}
	if err := a.repassageBehind(&next); err != nil {
		return err
	}
	if was != [2]any{next.Kinds, next.Restores} {
		if err := a.tx.SetKinds(next.Article, next.Number, next.Kinds, next.Restores); err != nil {
			return err
		}
	}
	back, ok, err := a.tx.FirstAfter(inserted, inserted.Content)
	if err != nil || !ok || back.Number == next.Number || back.Restores > 0 {
		return err
	}
	return a.tx.SetKinds(back.Article, back.Number, back.Kinds, inserted.Number)
}

// rekind recomputes the kinds of every version of an article, and what each one
// restores.
func (a *applier) rekind(article schema.ID) error {
	rows, err := a.tx.Versions(article)
	if err != nil {
		return err
	}
	sortRows(rows)
	least := make(map[[32]byte]int, len(rows)) // the smallest number of each state, up to two places before
	for i := range rows {
		r := &rows[i]
		kinds, restores := "", 0
		if i > 1 {
			old := &rows[i-2]
			if n, ok := least[old.Content]; !ok || old.Number < n {
				least[old.Content] = old.Number
			}
		}
		if i > 0 {
			if r.Content != rows[i-1].Content {
				restores = least[r.Content]
			}
		}
		state, err := a.state(r)
		if err != nil {
			return err
		}
		var c compared
		var before *index.Row
		if i > 0 {
			before = &rows[i-1]
			if c, err = a.kinds(r, state, before); err != nil {
				return err
			}
			kinds = c.kinds
		}
		if err := a.setPassages(r, before, state, &c); err != nil {
			return err
		}
		if r.Kinds == kinds && r.Restores == restores {
			continue
		}
		if err := a.tx.SetKinds(article, r.Number, kinds, restores); err != nil {
			return err
		}
	}
	return nil
}
