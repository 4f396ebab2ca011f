package repo

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// Changes lists an article's versions from first to current: in the order in
// which they were published, ties in the order of recording. The list is the
// auditor's: nothing is ever left out of it.
func (s *Store) Changes(ctx context.Context, id schema.ID) ([]Version, error) {
	rows, err := s.rowsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return versionsOf(s.idx.Reader, id, rows)
}

// rowsOf gives the rows of an article that has any, in the order of their numbers.
func (s *Store) rowsOf(ctx context.Context, id schema.ID) ([]index.Row, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	rows, err := s.idx.Versions(id)
	if err == nil && len(rows) == 0 {
		err = &NotFoundError{Name: id.String(), What: "article"}
	}
	return rows, err
}

// versionsOf makes the Changes list of an article's rows.
func versionsOf(idx index.Reader, id schema.ID, rows []index.Row) ([]Version, error) {
	rows = slices.Clone(rows)
	sortRows(rows)
	corrections, err := idx.Corrections(id)
	if err != nil {
		return nil, err
	}
	out := make([]Version, len(rows))
	for i := range rows {
		out[i] = fromRow(&rows[i])
		out[i].Place = placeOf(i, len(rows))
		if i > 0 && out[i].Correction != nil {
			out[i].Correction.From = rows[i-1].Number
		}
	}
	bind(out, corrections)
	return out, nil
}

func placeOf(i, n int) Place {
	switch {
	case i == n-1:
		return Current
	case i == 0:
		return First
	}
	return Update
}

// bind puts each correction on the version to which its diff leads; of several,
// the one recorded last is shown.
func bind(versions []Version, corrections []index.Correction) {
	number := func(seal [32]byte) int {
		for _, v := range versions {
			if v.Seal == Seal(seal) {
				return v.Number
			}
		}
		return 0
	}
	for _, c := range corrections {
		for i := range versions {
			if versions[i].Seal == Seal(c.ToSeal) {
				versions[i].Correction = &Correction{
					Type: CorrectionType(c.Type), Text: c.Text, From: number(c.FromSeal), To: versions[i].Number,
					Author: c.Author, Recorded: c.Recorded.UTC(),
				}
			}
		}
	}
}

// sortRows orders rows as Changes does.
func sortRows(rows []index.Row) {
	slices.SortFunc(rows, func(a, b index.Row) int {
		if c := a.Published.T.Compare(b.Published.T); c != 0 {
			return c
		}
		return a.Number - b.Number
	})
}

func sortChanges(changes []git.FileChange) {
	slices.SortFunc(changes, func(a, b git.FileChange) int { return strings.Compare(a.Path, b.Path) })
}

// fromRow makes a version of its row; where it stands among the others is left
// open.
func fromRow(r *index.Row) Version {
	v := Version{
		Article: r.Article, Number: r.Number, Seal: Seal(r.Seal), Commit: git.Hash(r.Commit).String(),
		Published: r.Published, Recorded: r.Recorded.UTC(), Author: r.Author, Kinds: splitKinds(r.Kinds),
		Restores: r.Restores, Headline: r.Headline, Date: r.Date, Category: r.Category, Status: r.Status,
		Path: r.Path, Note: r.Note, Match: r.Match, Known: r.Known, blob: r.Blob, origin: r.Origin, seq: r.Seq,
	}
	if r.CorrectionType != "" {
		v.Correction = &Correction{Type: CorrectionType(r.CorrectionType), Text: r.CorrectionText, To: r.Number, Author: r.Author, Recorded: v.Recorded}
	}
	return v
}

// rowReader tells how a version stands among those of its article: the index, or a
// transaction, which knows much without asking.
type rowReader interface {
	Current(id schema.ID) (index.Row, bool, error)
	Before(v *index.Row) (index.Row, bool, error)
}

// toVersion makes a version of a single row and finds its place.
func toVersion(r rowReader, row *index.Row) (Version, error) {
	v := fromRow(row)
	cur, _, err := r.Current(row.Article)
	if err != nil {
		return v, err
	}
	v.Place = Update
	if cur.Number == row.Number {
		v.Place = Current
		if v.Correction == nil || row.Number == 1 {
			return v, nil
		}
	}
	before, ok, err := r.Before(row)
	switch {
	case err != nil:
		return v, err
	case !ok && v.Place != Current:
		v.Place = First
	case ok && v.Correction != nil:
		v.Correction.From = before.Number
	}
	return v, nil
}

// Before gives the version that stands before v in Changes; ok is false for the
// first.
func (s *Store) Before(ctx context.Context, v Version) (before Version, ok bool, err error) {
	if err := s.view(ctx); err != nil {
		return Version{}, false, err
	}
	row, ok, err := s.idx.Version(v.Article, v.Number)
	if err != nil {
		return Version{}, false, err
	}
	if !ok {
		return Version{}, false, &NotFoundError{Name: v.Article.String() + "@" + strconv.Itoa(v.Number), What: "version"}
	}
	earlier, ok, err := s.idx.Before(&row)
	if err != nil || !ok {
		return Version{}, false, err
	}
	before, err = s.placed(s.idx.Reader, &earlier)
	return before, err == nil, err
}

// State reads what a version says.
func (s *Store) State(_ context.Context, v Version) (*schema.State, error) {
	r := index.Row{Article: v.Article, Number: v.Number, Origin: v.origin, Commit: [20]byte{}, Blob: v.blob}
	return rowState(&r, s.shown, s.idx.Version)
}

// Diff tells what differs between two versions, field by field. Where one of them
// is known only from a page's Changes list, the fields that nobody knows are left
// out: silence is no change.
func (s *Store) Diff(ctx context.Context, from, to Version, opt diff.Options) (diff.Article, error) {
	a, err := s.State(ctx, from)
	if err != nil {
		return diff.Article{}, err
	}
	b, err := s.State(ctx, to)
	if err != nil {
		return diff.Article{}, err
	}
	return knownDiff(a, b, from.Known&to.Known, opt), nil
}

// knownDiff compares the fields that are known on both sides.
func knownDiff(a, b *schema.State, known schema.FieldSet, opt diff.Options) diff.Article {
	if known == schema.AllFields {
		return diff.States(a, b, opt)
	}
	masked := schema.Input{State: *b, Carries: known}
	next, _ := schema.Apply(a, &masked)
	next.Normalize()
	return diff.States(a, &next, opt)
}

func joinKinds(kinds []diff.Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ",")
}

func splitKinds(s string) []diff.Kind {
	if s == "" {
		return nil
	}
	var kinds []diff.Kind
	for _, name := range strings.Split(s, ",") {
		kinds = append(kinds, diff.Kind(name))
	}
	return kinds
}
