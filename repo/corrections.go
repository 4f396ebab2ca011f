package repo

import (
	"context"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// Corrections gives every correction of an article, in the order of the versions
// that they lead to in Changes, and of one version in the order of recording: those
// that versions brought themselves, and those that [Store.Correct] added. A
// [Version] tells only of the last of its own.
func (s *Store) Corrections(ctx context.Context, id schema.ID) ([]Correction, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	rows, err := s.idx.Versions(id)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, &NotFoundError{Name: id.String(), What: "article"}
	}
	rows = slices.Clone(rows)
	sortRows(rows)
	notices, err := s.idx.Corrections(id)
	if err != nil {
		return nil, err
	}
	numbers := map[Seal]int{}
	for i := range rows {
		numbers[Seal(rows[i].Seal)] = rows[i].Number
	}
	var out []Correction
	before := 0
	for i := range rows {
		if c := fromRow(&rows[i]).Correction; c != nil {
			c.From = before
			out = append(out, *c)
		}
		for _, n := range notices {
			if n.ToSeal == rows[i].Seal {
				out = append(out, Correction{
					Type: CorrectionType(n.Type), Text: n.Text, From: numbers[Seal(n.FromSeal)], To: rows[i].Number,
					Author: n.Author, Recorded: n.Recorded.UTC(),
				})
			}
		}
		before = rows[i].Number
	}
	return out, nil
}
