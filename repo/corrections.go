package repo

import (
	"context"
	"slices"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// Corrections gives every correction of an article, in the order of the versions
// that they lead to in Changes, and of one version in the order of recording: those
// that versions brought themselves, and those that [Store.Correct] added. A
// [Version] tells only of the last of its own.
func (s *Store) Corrections(ctx context.Context, id schema.ID) ([]Correction, error) {
	rows, err := s.rowsOf(ctx, id)
	if err != nil {
		return nil, err
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

// Explained gives the corrections that explain the way between two versions of an
// article, in whichever order they are named: those bound to it, or to a step on it.
func (s *Store) Explained(ctx context.Context, from, to Version) ([]diff.Correction, error) {
	if to.Correction == nil { // as a rule the two are neighbours, and nothing explains the step
		before, ok, err := s.Before(ctx, to)
		if err != nil || ok && before.Number == from.Number {
			return nil, err
		}
	}
	versions, err := s.Changes(ctx, to.Article)
	if err != nil {
		return nil, err
	}
	return s.ExplainedAmong(ctx, versions, from, to)
}

// ExplainedAmong is Explained for who has the article's versions at hand, as
// [Store.Changes] gives them. Where none of them on the way tells of a correction,
// nothing is read.
func (s *Store) ExplainedAmong(ctx context.Context, versions []Version, from, to Version) ([]diff.Correction, error) {
	place := make(map[int]int, len(versions)) // by number; 0 is nothing yet
	for i := range versions {
		place[versions[i].Number] = i + 1
	}
	first, last := place[from.Number], place[to.Number]
	if first > last {
		first, last = last, first
	}
	// A version tells of one at least of the corrections that lead to it.
	if !slices.ContainsFunc(versions[max(first-1, 0):last], func(v Version) bool { return v.Correction != nil }) {
		return nil, nil
	}
	list, err := s.Corrections(ctx, to.Article)
	if err != nil {
		return nil, err
	}
	var out []diff.Correction
	for _, c := range list {
		if place[c.From] >= first && place[c.To] <= last {
			out = append(out, diff.Correction{Type: string(c.Type), Text: c.Text, From: c.From, To: c.To})
		}
	}
	return out, nil
}
