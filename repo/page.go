package repo

import (
	"context"

	"github.com/stemma-project/stemma/schema"
)

// Page gives a version as an event page, with the Changes and Related parts that
// the store knows now.
func (s *Store) Page(ctx context.Context, v Version) ([]byte, error) {
	state, err := s.State(ctx, v)
	if err != nil {
		return nil, err
	}
	all, err := s.Changes(ctx, v.Article)
	if err != nil {
		return nil, err
	}
	related, err := s.Related(ctx, v.Article, schema.Newer.MaxRelated())
	if err != nil {
		return nil, err
	}
	var events []schema.RelatedEvent
	for _, r := range related {
		events = append(events, schema.RelatedEvent{Headline: r.Version.Headline, Path: r.Version.Path, Shared: r.Contexts})
	}
	return schema.NewPage(state, PageChanges(all), events, schema.Newer).Bytes(), nil
}

// PageChanges makes the lines of a page's Changes from an article's versions.
func PageChanges(versions []Version) []schema.PageChange {
	lines := make([]schema.PageChange, len(versions))
	for i, v := range versions {
		label := schema.Update
		switch v.Place {
		case First:
			label = schema.FirstVersion
		case Current:
			label = schema.CurrentVersion
		}
		lines[i] = schema.NewPageChange(v.Headline, v.Path, v.Published, label)
	}
	return lines
}

// Day gives the index of a day, and the versions of that date: the articles as they
// are now, or as they were at m. What is withheld or withdrawn is not on the page.
func (s *Store) Day(ctx context.Context, d schema.Date, m Moment) (*schema.DayIndex, []Version, error) {
	if err := s.view(ctx); err != nil {
		return nil, nil, err
	}
	rows, err := s.idx.Days(d, m.At, m.Clock == ByRecorded)
	if err != nil {
		return nil, nil, err
	}
	versions, err := s.placedAll(rows, m.At.IsZero())
	if err != nil {
		return nil, nil, err
	}
	events := make([]schema.DayEvent, 0, len(versions))
	for _, v := range versions {
		if v.Status != schema.Usable {
			continue // it is among the versions, with its status, and not on the page
		}
		state, err := s.State(ctx, v)
		if err != nil {
			return nil, nil, err
		}
		events = append(events, schema.NewDayEvent(state))
	}
	return schema.NewDayIndex(d, events), versions, nil
}

// KnownContexts gives the question whether any article has a context of that very
// name: a page's label that holds a comma can't be split for certain without it.
// An index that can't be read knows none.
func (s *Store) KnownContexts(ctx context.Context) func(name string) bool {
	if err := s.view(ctx); err != nil {
		return func(string) bool { return false }
	}
	return func(name string) bool {
		known, err := s.idx.KnownContext(name)
		return known && err == nil
	}
}
