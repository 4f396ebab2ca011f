package main

import (
	"context"
	"slices"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// boundCorrection is a correction that came with a version, which is recorded by now.
type boundCorrection struct {
	version repo.Version
	notice  *ingest.Correction
}

// takeCorrection lets a draft bring the correction that its version was recorded
// with, whose text is its note. One that was made afterwards is given back.
func takeCorrection(item ingest.Item, d *repo.Draft) *ingest.Correction {
	if item.RecordedAs == nil || item.RecordedAs.Correction == nil {
		return nil
	}
	c := item.RecordedAs.Correction
	if c.Text == item.Input.Note && c.Author == ingest.CorrectionAuthor(item.Input.Author) {
		d.Correction = repo.CorrectionType(c.Type)
		return nil
	}
	return c
}

// bindCorrections records the corrections that were made after their versions. One
// that is there already, as when an import is run again, is left alone.
func (w *importWork) bindCorrections(ctx context.Context, s *repo.Store) error {
	for _, b := range w.correct {
		all, err := s.Changes(ctx, b.version.Article)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(v repo.Version) bool { return v.Number == b.version.Number })
		if i < 0 {
			continue // linked or split meanwhile
		}
		to, from := all[i], repo.Version{}
		if i > 0 {
			from = all[i-1]
		}
		kind, text := repo.CorrectionType(b.notice.Type), b.notice.Text
		if c := to.Correction; c != nil && c.Type == kind && c.Text == text {
			continue
		}
		by := repo.Actor{Author: schema.Person(b.notice.Author)}
		if _, err := s.Correct(ctx, from, to, kind, text, by); err != nil {
			return err
		}
	}
	return nil
}
