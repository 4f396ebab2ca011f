package repo

import (
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// compare fills in a row's kinds of change against the version published before
// it, and the version that it restores.
func (a *applier) compare(row *index.Row, state *schema.State, before *index.Row) error {
	old, err := a.state(before)
	if err != nil {
		return err
	}
	row.Kinds = joinKinds(knownDiff(old, state, before.Known&row.Known, diff.Options{}).Kinds)
	row.Restores = 0
	if before.Content == row.Content {
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

// publishedBefore orders rows as Changes does.
func publishedBefore(a, b *index.Row) bool {
	if !a.Published.T.Equal(b.Published.T) {
		return a.Published.T.Before(b.Published.T)
	}
	return a.Number < b.Number
}

// rekindAfter brings the kinds of the version that now follows an inserted one up
// to date; at the end of the list there is none.
func (a *applier) rekindAfter(article schema.ID, published schema.Time, number int, state *schema.State, row *index.Row) error {
	cur, _, err := a.tx.Current(article)
	if err != nil || cur.Number == number {
		return err
	}
	return a.rekind(article)
}

// rekind recomputes the kinds of every version of an article.
func (a *applier) rekind(article schema.ID) error {
	rows, err := a.tx.Versions(article)
	if err != nil {
		return err
	}
	sortRows(rows)
	for i := range rows {
		r := &rows[i]
		kinds, restores := r.Kinds, r.Restores
		r.Kinds, r.Restores = "", 0
		if i > 0 {
			state, err := a.state(r)
			if err != nil {
				return err
			}
			if err := a.compare(r, state, &rows[i-1]); err != nil {
				return err
			}
		}
		if r.Kinds != kinds || r.Restores != restores {
			if err := a.tx.SetKinds(article, r.Number, r.Kinds, r.Restores); err != nil {
				return err
			}
		}
	}
	return nil
}
