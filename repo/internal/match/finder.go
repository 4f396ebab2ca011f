package match

import "github.com/stemma-project/stemma/schema"

// Candidate is an article as the rules see it.
type Candidate struct {
	ID             schema.ID
	Date           schema.Date
	Language       string   // BCP 47; "" is unknown
	Headlines      []string // the current one first, then every one it had
	Category       string
	Contexts       []string
	Sources        []string // alias keys (schema.AliasKey) of all its versions' source URLs
	CurrentSources []string // alias keys of the current version's source URLs
	Paths          []string // alias keys of every path it had
}

// Finder looks candidates up; the store's index implements it. Keys are those of
// [schema.AliasKey]. An id may be given once or several times; the order is of no
// account. Candidate may give nil for an article that is not there any more.
type Finder interface {
	// ByAlias gives the articles that an address leads to: a path, a guid, the id
	// of a linked article.
	ByAlias(key string) ([]schema.ID, error)
	// BySource gives the articles of the date that ever cited the URL.
	BySource(key string, date schema.Date) ([]schema.ID, error)
	// OnDate gives all articles of the date.
	OnDate(date schema.Date) ([]schema.ID, error)
	Candidate(id schema.ID) (*Candidate, error)
}

// WordFinder is a [Finder] that can narrow a day's articles down by the words of
// their headlines. [Decide] asks for it and does without: then it reads every
// article of the day, which a day of thousands of articles makes slow.
type WordFinder interface {
	Finder
	// OnDateWith gives the articles of the date one of whose headlines holds at
	// least the given number of the words, as [Words] spells them. It may give
	// more articles than that, never fewer.
	OnDateWith(date schema.Date, words []string, least int) ([]schema.ID, error)
}

// candidates reads the articles of a list of ids, each once, without those in
// skip and those that are not there.
func candidates(f Finder, ids []schema.ID, skip map[schema.ID]bool) ([]*Candidate, error) {
	var out []*Candidate
	seen := make(map[schema.ID]bool, len(ids))
	for _, id := range ids {
		if seen[id] || skip[id] {
			continue
		}
		seen[id] = true
		c, err := f.Candidate(id)
		if err != nil {
			return nil, err
		}
		if c != nil {
			out = append(out, c)
		}
	}
	return out, nil
}
