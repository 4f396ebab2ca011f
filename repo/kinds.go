package repo

import (
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// compare fills in a row's kinds of change against the version published before
// it, and the version that it restores.
func (a *applier) compare(row *index.Row, state *schema.State, before *index.Row) (err error) {
	if row.Kinds, err = a.kinds(row, state, before); err != nil {
		return err
	}
	row.Restores = 0
	if before.Content == row.Content || row.Number <= 2 { // of two versions none stands before the one before
		return nil
	}
	same, err := a.tx.WithContent(row.Article, row.Content)
	if err != nil {
		return err
	}
	for _, r := range same {
		if r.Number != row.Number && publishedBefore(&r, before) {
			row.Restores = r.Number
			break
		}
	}
	return nil
}

// kinds gives a row's kinds of change against the version before it.
func (a *applier) kinds(row *index.Row, state *schema.State, before *index.Row) (string, error) {
	known := before.Known & row.Known
	if f := a.foreseen; f != nil && f.before == before.Blob && f.after == row.Blob && f.known == known {
		a.foreseen = nil // it tells once
		return <-f.kinds, nil
	}
	old, err := a.state(before)
	if err != nil {
		return "", err
	}
	return kindsBetween(old, state, known), nil
}

func kindsBetween(old, state *schema.State, known schema.FieldSet) string {
	return joinKinds(knownDiff(old, state, known, diff.Options{}).Kinds)
}

// foreseen are the kinds of change between two files, which are being worked out
// beside whatever else is done before they are needed.
type foreseen struct {
	before, after git.Hash
	known         schema.FieldSet
	kinds         chan string
}

// foresee works out the kinds of change between pairs of states, which nobody
// changes meanwhile, in the order in which they are asked for.
func foresee(asked <-chan comparison) {
	for p := range asked {
		p.to.kinds <- kindsBetween(p.old, p.new, p.to.known)
	}
}

// comparison is what foresee works on.
type comparison struct {
	old, new *schema.State
	to       *foreseen
}

// publishedBefore orders rows as Changes does.
func publishedBefore(a, b *index.Row) bool {
	if !a.Published.T.Equal(b.Published.T) {
		return a.Published.T.Before(b.Published.T)
	}
	return a.Number < b.Number
}

// rekindAfter brings what follows an inserted version up to date; at the end of
// the list there is nothing.
func (a *applier) rekindAfter(article schema.ID, inserted int) error {
	cur, _, err := a.tx.Current(article)
	if err != nil || cur.Number == inserted {
		return err
	}
	return a.rekind(article, inserted)
}

// rekind recomputes the kinds of every version of an article, or of the one alone
// that follows an inserted version, and what each version restores: an inserted
// state may be the one to which a much later version returns.
func (a *applier) rekind(article schema.ID, inserted int) error {
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
			kinds = r.Kinds
			if r.Content != rows[i-1].Content {
				restores = least[r.Content]
			}
			if inserted == 0 || rows[i-1].Number == inserted {
				state, err := a.state(r)
				if err != nil {
					return err
				}
				if kinds, err = a.kinds(r, state, &rows[i-1]); err != nil {
					return err
				}
			}
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
