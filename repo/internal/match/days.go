package match

import "github.com/stemma-project/stemma/schema"

// keptDays is how many dates a [Days] remembers before it begins again: an import
// goes from day to day, and what is forgotten is read again.
const keptDays = 64

// Days makes a [WordFinder] of a [Finder]: it remembers the words of the headlines
// of the dates it was asked for, so that a run of decisions over a crowded day
// reads each of its articles once. It must hear of every version recorded while it
// is in use ([Days.Note]), and be told to forget when others may have recorded
// ([Days.Forget]); a version noted that was not recorded after all does no harm.
// It is not safe for use by several goroutines.
type Days struct {
	Finder
	days map[schema.Date]wordIndex
}

// wordIndex says which articles of a date have a word in a headline.
type wordIndex map[string]map[schema.ID]bool

// NewDays makes one over f.
func NewDays(f Finder) *Days {
	return &Days{Finder: f, days: map[schema.Date]wordIndex{}}
}

// Note says that a version of the article with this headline has been recorded.
func (d *Days) Note(id schema.ID, date schema.Date, headline string) {
	// A date that isn't remembered is read when it is asked for.
	if day, ok := d.days[date]; ok {
		day.add(id, headline)
	}
}

// Forget drops all that is remembered.
func (d *Days) Forget() { clear(d.days) }

// OnDateWith implements [WordFinder]. Errors are the finder's.
func (d *Days) OnDateWith(date schema.Date, words []string, least int) ([]schema.ID, error) {
	day, ok := d.days[date]
	if !ok {
		var err error
		if day, err = d.read(date); err != nil {
			return nil, err
		}
		if len(d.days) >= keptDays {
			d.Forget()
		}
		d.days[date] = day
	}
	return day.with(words, least), nil
}

func (d *Days) read(date schema.Date) (wordIndex, error) {
	ids, err := d.OnDate(date)
	if err != nil {
		return nil, err
	}
	articles, err := candidates(d.Finder, ids, nil)
	if err != nil {
		return nil, err
	}
	day := wordIndex{}
	for _, c := range articles {
		for _, headline := range c.Headlines {
			day.add(c.ID, headline)
		}
	}
	return day, nil
}

func (x wordIndex) add(id schema.ID, headline string) {
	for _, word := range Words(headline) {
		if x[word] == nil {
			x[word] = map[schema.ID]bool{}
		}
		x[word][id] = true
	}
}

// with gives the articles that hold at least so many of the words.
func (x wordIndex) with(words []string, least int) []schema.ID {
	counts := map[schema.ID]int{}
	for _, word := range words {
		for id := range x[word] {
			counts[id]++
		}
	}
	var out []schema.ID
	for id, n := range counts {
		if n >= least {
			out = append(out, id)
		}
	}
	return out
}
