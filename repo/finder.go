package repo

import (
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/repo/internal/match"
	"github.com/stemma-project/stemma/schema"
)

// finder lets the identity rules look into the index, as it stands within the
// batch that is being written.
type finder struct {
	w *writer
}

// ByAlias gives the articles that a path or another address leads to.
func (f *finder) ByAlias(key string) ([]schema.ID, error) {
	return f.ids(key, func(a index.Alias) bool { return a.Kind != index.AliasSource })
}

// BySource gives the articles of a date that ever cited a URL.
func (f *finder) BySource(key string, date schema.Date) ([]schema.ID, error) {
	return f.ids(key, func(a index.Alias) bool { return a.Kind == index.AliasSource && a.Date == date })
}

func (f *finder) ids(key string, fits func(index.Alias) bool) ([]schema.ID, error) {
	all, err := f.w.tx.Aliases(key)
	if err != nil {
		return nil, err
	}
	var ids []schema.ID
	for _, a := range all {
		if fits(a) {
			ids = append(ids, a.Article)
		}
	}
	return ids, nil
}

// OnDate gives all articles of a date.
func (f *finder) OnDate(date schema.Date) ([]schema.ID, error) {
	rows, err := f.w.tx.OnDate(date)
	if err != nil {
		return nil, err
	}
	ids := make([]schema.ID, len(rows))
	for i, r := range rows {
		ids[i] = r.Article
	}
	return ids, nil
}

// Candidate gathers what the rules ask of an article.
func (f *finder) Candidate(id schema.ID) (*match.Candidate, error) {
	cur, ok, err := f.w.tx.Current(id)
	if err != nil || !ok {
		return nil, err
	}
	c := &match.Candidate{ID: id, Date: cur.Date, Language: cur.Language, Category: cur.Category, Headlines: []string{cur.Headline}}
	headlines, err := f.w.tx.Headlines(id)
	if err != nil {
		return nil, err
	}
	for _, h := range headlines {
		if h != cur.Headline {
			c.Headlines = append(c.Headlines, h)
		}
	}
	if c.Contexts, err = f.w.tx.Contexts(id); err != nil {
		return nil, err
	}
	if c.CurrentSources, c.Sources, err = f.w.tx.SourceKeys(id); err != nil {
		return nil, err
	}
	rows, err := f.w.tx.Versions(id)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		c.Paths = append(c.Paths, schema.AliasKey(r.Path))
	}
	return c, nil
}
