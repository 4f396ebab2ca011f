package match

import (
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// Memory is a [WordFinder] over articles held in memory. It is not safe for use by
// several goroutines while one of them writes.
type Memory struct {
	articles map[schema.ID]*Candidate
	aliases  map[string][]schema.ID
	sources  map[dated][]schema.ID
	days     map[schema.Date][]schema.ID
	words    map[schema.Date]wordIndex
}

// dated is a source's key on a date.
type dated struct {
	date schema.Date
	key  string
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{
		articles: map[schema.ID]*Candidate{},
		aliases:  map[string][]schema.ID{},
		sources:  map[dated][]schema.ID{},
		days:     map[schema.Date][]schema.ID{},
		words:    map[schema.Date]wordIndex{},
	}
}

// Put records that the article has the state as a version, under the path that was
// decided for it ("" is the default one).
func (m *Memory) Put(id schema.ID, in *schema.State, path string) {
	c := m.articles[id]
	if c == nil {
		c = &Candidate{ID: id}
		m.articles[id] = c
	}
	if path == "" {
		path = in.EffectivePath()
	}
	if c.Date != in.Date {
		c.Date = in.Date
		m.days[in.Date] = addID(m.days[in.Date], id)
	}
	c.Language, c.Category, c.Contexts = in.Language, in.Category, in.Contexts
	c.Headlines = append([]string{in.Headline}, slices.DeleteFunc(c.Headlines, func(h string) bool { return h == in.Headline })...)
	if m.words[in.Date] == nil {
		m.words[in.Date] = wordIndex{}
	}
	m.words[in.Date].add(id, in.Headline)
	key := schema.AliasKey(path)
	c.Paths = addString(c.Paths, key)
	m.aliases[key] = addID(m.aliases[key], id)
	for _, alias := range in.Aliases {
		m.aliases[schema.AliasKey(alias)] = addID(m.aliases[schema.AliasKey(alias)], id)
	}
	c.CurrentSources = nil
	for _, src := range in.Sources {
		key := schema.AliasKey(src.URL)
		c.CurrentSources = addString(c.CurrentSources, key)
		c.Sources = addString(c.Sources, key)
		m.sources[dated{in.Date, key}] = addID(m.sources[dated{in.Date, key}], id)
	}
}

// ByAlias implements [Finder].
func (m *Memory) ByAlias(key string) ([]schema.ID, error) { return m.aliases[key], nil }

// BySource implements [Finder].
func (m *Memory) BySource(key string, date schema.Date) ([]schema.ID, error) {
	return m.sources[dated{date, key}], nil
}

// OnDate implements [Finder].
func (m *Memory) OnDate(date schema.Date) ([]schema.ID, error) { return m.days[date], nil }

// Candidate implements [Finder].
func (m *Memory) Candidate(id schema.ID) (*Candidate, error) { return m.articles[id], nil }

// OnDateWith implements [WordFinder].
func (m *Memory) OnDateWith(date schema.Date, words []string, least int) ([]schema.ID, error) {
	return m.words[date].with(words, least), nil
}

// addID appends an id that isn't there yet. The last one is looked at first: it is
// nearly always the one.
func addID(ids []schema.ID, id schema.ID) []schema.ID {
	if n := len(ids); n > 0 && ids[n-1] == id || slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}

func addString(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
