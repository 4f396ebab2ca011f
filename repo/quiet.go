package repo

import (
	"context"
	"slices"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// A quiet edit is a change of published text of which readers were told nothing.
// The index knows of each version whether it changed a headline, a summary or a
// body, and whether it has a note or a correction of its own. What is left to look
// at is here:
//
//   - a text that is withheld is not public, so nobody could be told;
//   - where white space alone changed, every reader still reads the same;
//   - a correction from version 1 to 3 explains what changed in 2 as well.
//
// The first version changes nothing. A restored text is a change like any other.

// quiet makes the test for the rows of a log, article by article in any order.
func (s *Store) quiet() func(*index.Row) (bool, error) {
	told := map[schema.ID]map[int]bool{} // numbers of versions within a correction's span
	return func(r *index.Row) (bool, error) {
		if r.Status == schema.Withheld || onlySpace(splitKinds(r.Kinds)) {
			return false, nil
		}
		within, known := told[r.Article]
		if !known {
			var err error
			if within, err = s.explained(r.Article); err != nil {
				return false, err
			}
			if len(told) >= maxPlaced {
				clear(told)
			}
			told[r.Article] = within
		}
		return !within[r.Number], nil
	}
}

// QuietEdits gives the numbers of the versions of an article that are quiet edits: those
// that [LogFilter] lets through by that name.
func (s *Store) QuietEdits(ctx context.Context, id schema.ID) (map[int]bool, error) {
	versions, err := s.Changes(ctx, id)
	if err != nil {
		return nil, err
	}
	told, err := s.explained(id)
	if err != nil {
		return nil, err
	}
	out := map[int]bool{}
	for _, v := range versions {
		text := slices.ContainsFunc(v.Kinds, func(k diff.Kind) bool {
			return k == diff.KindHeadline || k == diff.KindSummary || k == diff.KindBody
		})
		if text && v.Note == "" && v.Correction == nil && v.Status != schema.Withheld && !onlySpace(v.Kinds) && !told[v.Number] {
			out[v.Number] = true
		}
	}
	return out, nil
}

// explained gives the versions of an article that a correction of several steps
// leads over.
func (s *Store) explained(id schema.ID) (map[int]bool, error) {
	notices, err := s.idx.Corrections(id)
	if err != nil || len(notices) == 0 {
		return nil, err
	}
	rows, err := s.idx.Versions(id)
	if err != nil {
		return nil, err
	}
	rows = slices.Clone(rows)
	sortRows(rows)
	out := map[int]bool{}
	for _, n := range notices {
		from := slices.IndexFunc(rows, func(r index.Row) bool { return r.Seal == n.FromSeal })
		to := slices.IndexFunc(rows, func(r index.Row) bool { return r.Seal == n.ToSeal })
		if from >= 0 {
			for i := from + 1; i <= to; i++ {
				out[rows[i].Number] = true
			}
		}
	}
	return out, nil
}

// onlySpace reports whether all that changed in the text is white space.
func onlySpace(kinds []diff.Kind) bool {
	others := []diff.Kind{
		diff.KindFigure, diff.KindName, diff.KindQuotation, diff.KindWording, diff.KindPunctuation, diff.KindTypography, diff.KindStructure,
	}
	return slices.Contains(kinds, diff.KindWhitespace) && !slices.ContainsFunc(kinds, func(k diff.Kind) bool { return slices.Contains(others, k) })
}
