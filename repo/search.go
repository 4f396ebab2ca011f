package repo

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// SearchQuery says what [Store.Search] looks for: the text of a query (see
// search_query.go), and which versions count as having brought what is found.
type SearchQuery struct {
	Text   string
	Filter LogFilter // its Limit is that of the hits
	// Skip passes over so many hits: what the parts of the list before it held, each
	// asked for with the same Limit. What is recorded meanwhile may move hits from part
	// to part; with the Filter's Before at one more than the Sequence of what [Store.Log]
	// gives first, none appears that came since.
	Skip int
}

// Hit is an article of which one version or more satisfy a query.
type Hit struct {
	Version Version // the last one, among those that the filter lets through, from which on it does
	Stood   []Span  // each time that it does so, in the order of publication
	Field   string  // as diff.ReadableFields names it
	Passage Excerpt
	Score   float64 // by BM25; the greater, the better
}

// Span is a time during which an article satisfies a query.
type Span struct {
	From  Version
	Until *Version // the first one that does so no more; nil where the current one does
}

// The constants of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance
// Framework: BM25 and Beyond", 2009): as they are used most, and what a word counts
// in a headline or a summary against one elsewhere.
const (
	bm25k1, bm25b  = 1.2, 0.75
	headlineWeight = 4
	summaryWeight  = 2
)

// evaluated is how many hits are ranked together at least, where fewer are asked for.
const evaluated = 100

// Search finds the articles of which any version that ever was holds what a query
// asks for, the best first.
//
// A version satisfies a query by all its fields together. Which articles can is told
// by the index, and those that held the words most often and whose words are rarest
// are looked at first. With a Limit they are ranked in groups of a hundred, or of four
// times the Limit where that is more: a hit of a later group stands behind all of an
// earlier one, whatever its score. So of a word that stands in every article some
// hundred articles are read; of the others the index alone is asked whether they hold it.
func (s *Store) Search(ctx context.Context, q SearchQuery) ([]Hit, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	parsed, err := parseSearch(q.Text)
	if err != nil {
		return nil, err
	}
	w := &searcher{s: s, query: parsed, filter: q.Filter.index(), place: s.placer(s.idx.Reader), files: newFiles(s.git.Blob, filesKept)}
	w.filtered = !w.filter.Empty()
	if err := w.rate(); err != nil {
		return nil, err
	}
	found, err := w.ranked(ctx, q.Filter.Limit, q.Skip)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, 0, len(found))
	for _, m := range found {
		h, err := w.hit(m)
		if err != nil {
			return nil, err
		}
		hits = append(hits, h)
	}
	return hits, nil
}

// ranked gives limit hits behind the first skip, all of them where limit is 0.
func (w *searcher) ranked(ctx context.Context, limit, skip int) (found []*satisfier, err error) {
	group, skip := math.MaxInt, max(skip, 0)
	if limit > 0 {
		group = max(evaluated, 4*limit)
	}
	var some []*satisfier
	for i, c := range w.candidates {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := w.look(c.num, c.places)
		if err != nil {
			return nil, err
		}
		if m != nil {
			some = append(some, m)
		}
		if len(some) < group && i < len(w.candidates)-1 {
			continue
		}
		w.rank(some)
		found, some = append(found, some...), nil
		if limit > 0 && len(found)-skip >= limit {
			break
		}
	}
	found = found[min(skip, len(found)):]
	if limit > 0 {
		found = found[:min(limit, len(found))]
	}
	return found, nil
}

// index gives the filter as the index takes it.
func (f *LogFilter) index() index.Filter {
	filter := index.Filter{Since: f.Since, Until: f.Until, Author: f.Author, Category: f.Category,
		Context: f.Context, Corrections: f.Corrections, QuietEdits: f.QuietEdits, Before: f.Before, Limit: f.Limit}
	for _, k := range f.Kinds {
		filter.Kinds = append(filter.Kinds, string(k))
	}
	return filter
}

// searcher answers one query.
type searcher struct {
	s          *Store
	query      searchQuery
	filter     index.Filter
	filtered   bool
	place      func(*index.Row) (Version, error)
	files      *files
	rarity     []float64 // of the wanted phrases
	candidates []candidate
}

// candidate is an article that held each wanted phrase at some time.
type candidate struct {
	num    int64
	score  float64
	places []int64 // of the versions that may have brought or taken any phrase
}

// rate finds the candidates and puts the most promising first.
func (w *searcher) rate() error {
	articles, _, err := w.s.idx.Counts()
	if err != nil {
		return err
	}
	var held []map[int64][]int64
	for _, p := range w.query.wanted {
		nums, err := w.s.idx.Holders(p)
		if err != nil {
			return err
		}
		held = append(held, nums)
		n := float64(len(nums))
		w.rarity = append(w.rarity, math.Log(1+(float64(articles)-n+0.5)/(n+0.5)))
	}
	var unwanted []map[int64][]int64
	for _, p := range w.query.unwanted {
		nums, err := w.s.idx.Holders(p)
		if err != nil {
			return err
		}
		unwanted = append(unwanted, nums)
	}
	for num := range held[0] {
		c := candidate{num: num}
		for i := range held {
			places := held[i][num]
			if len(places) == 0 {
				c.num = 0
				break
			}
			c.score += w.rarity[i] * (1 + math.Log(float64(len(places))))
			c.places = append(c.places, places...)
		}
		if c.num != 0 {
			for i := range unwanted {
				c.places = append(c.places, unwanted[i][num]...)
			}
			slices.Sort(c.places)
			c.places = slices.Compact(c.places)
			w.candidates = append(w.candidates, c)
		}
	}
	slices.SortFunc(w.candidates, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.num, b.num)) })
	return nil
}

// satisfier is a hit before its versions are read.
type satisfier struct {
	num     int64
	spans   [][2]int64 // places in the order of recording: from, until or 0
	version index.Row  // the Hit's
	field   string
	passage Excerpt
	counts  []float64 // of each wanted phrase, weighted
	length  float64   // of the state, in bytes
	score   float64
}

// look follows an article through its versions; nil where it never satisfies the query.
func (w *searcher) look(num int64, places []int64) (*satisfier, error) {
	touched, err := w.s.idx.TouchedAt(places)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(touched, func(a, b index.Touched) int {
		return cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.Number, b.Number))
	})
	phrases := slices.Concat(w.query.wanted, w.query.unwanted)
	counts := make([]int, len(phrases))
	m, holds := &satisfier{num: num}, false
	for i := range touched {
		if err := w.count(&touched[i], phrases, counts); err != nil {
			return nil, err
		}
		now := true
		for k, n := range counts {
			now = now && (n > 0) == (k < len(w.query.wanted))
		}
		switch {
		case now && !holds:
			m.spans = append(m.spans, [2]int64{touched[i].Seq, 0})
		case holds && !now:
			m.spans[len(m.spans)-1][1] = touched[i].Seq
		}
		holds = now
	}
	if len(m.spans) == 0 {
		return nil, nil
	}
	return w.filterMatch(m)
}

// count adds what a version did to how often each phrase stands.
func (w *searcher) count(t *index.Touched, phrases []diff.Phrase, counts []int) error {
	var old, new *schema.State
	for i, p := range phrases {
		if !t.Whole && len(p.Words()) <= diff.PassageContext+1 {
			for k := range t.Passages {
				x := &t.Passages[k]
				counts[i] += p.Count(x.Before+x.Brought+x.After) - p.Count(x.Before+x.Took+x.After)
			}
			continue
		}
		if new == nil {
			var err error
			if old, new, err = w.s.sides(w.files, t); err != nil {
				return err
			}
		}
		counts[i] += countState(p, new) - countState(p, old)
	}
	return nil
}

// sides reads a version and, unless it is its article's first, the one before it.
func (s *Store) sides(files *files, t *index.Touched) (old, new *schema.State, err error) {
	row, ok, err := s.idx.AtPlace(t.Seq)
	if err != nil || !ok {
		return nil, nil, err
	}
	if new, err = s.readable(files, &row); err != nil || t.Whole {
		return nil, new, err
	}
	before, ok, err := s.idx.Before(&row)
	if err == nil && ok {
		old, err = s.readable(files, &before)
	}
	return old, new, err
}

// countState tells how often a phrase stands in a state; a nil one holds nothing.
func countState(p diff.Phrase, state *schema.State) (n int) {
	if state == nil {
		return 0
	}
	for _, f := range diff.ReadableFields(state) {
		for _, text := range f.Texts {
			n += p.Count(text)
		}
	}
	return n
}

// filterMatch picks the last version that brought what is found and that the filter
// lets through, and reads it; nil where there is none.
func (w *searcher) filterMatch(m *satisfier) (*satisfier, error) {
	from := m.spans[len(m.spans)-1][0]
	if w.filtered {
		var seqs []int64
		for _, span := range m.spans {
			seqs = append(seqs, span[0])
		}
		passing, err := w.s.idx.Passing(w.filter, seqs)
		if err != nil {
			return nil, err
		}
		from = 0
		for _, seq := range seqs {
			if passing[seq] {
				from = seq
			}
		}
		if from == 0 {
			return nil, nil
		}
	}
	row, ok, err := w.s.idx.AtPlace(from)
	if err != nil || !ok {
		return nil, err
	}
	m.version = row
	state, err := w.s.readable(w.files, &row)
	if err != nil {
		return nil, err
	}
	w.show(m, state)
	return m, nil
}

// show counts the wanted phrases in a state and picks the passage that shows most of
// them: not of the headline, which stands above it anyway, unless it shows more.
func (w *searcher) show(m *satisfier, state *schema.State) {
	m.counts = make([]float64, len(w.query.wanted))
	most := 0
	for _, f := range diff.ReadableFields(state) {
		weight := 1.0
		switch f.Name {
		case "headline":
			weight = headlineWeight
		case "summary":
			weight = summaryWeight
		}
		for _, text := range f.Texts {
			m.length += float64(len(text))
			var found []spot
			for i, p := range w.query.wanted {
				places := p.Find(nil, text)
				m.counts[i] += weight * float64(len(places))
				for _, at := range places {
					found = append(found, spot{at, i})
				}
			}
			at, shown := bestPlace(found)
			if shown > most || shown == most && m.field == "headline" && (f.Name == "summary" || f.Name == "body") {
				most, m.field = shown, f.Name
				m.passage = excerpt(text, at)
			}
		}
	}
}

// spot is a place where one of several phrases stands.
type spot struct {
	diff.Token
	phrase int
}

// windowBytes is within how many bytes a passage shows what was found.
const windowBytes = 160

// bestPlace gives, of places in a text, those from where most phrases stand near each
// other, and how many phrases that are.
func bestPlace(found []spot) (at []diff.Token, shown int) {
	slices.SortFunc(found, func(a, b spot) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	best := 0
	for i := range found {
		seen := map[int]bool{}
		for k := i; k < len(found) && found[k].Start < found[i].Start+windowBytes; k++ {
			seen[found[k].phrase] = true
		}
		if len(seen) > shown {
			best, shown = i, len(seen)
		}
	}
	for _, f := range found[best:] {
		at = append(at, f.Token)
	}
	return at, shown
}

// rank gives each match its score and puts the best first.
func (w *searcher) rank(found []*satisfier) {
	total := 0.0
	for _, m := range found {
		total += m.length
	}
	for _, m := range found {
		norm := bm25k1 * (1 - bm25b + bm25b*m.length/(total/float64(len(found))))
		for i, n := range m.counts {
			m.score += w.rarity[i] * n * (bm25k1 + 1) / (n + norm)
		}
	}
	slices.SortStableFunc(found, func(a, b *satisfier) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.version.Published.T.Compare(a.version.Published.T), cmp.Compare(b.version.Seq, a.version.Seq))
	})
}

// hit reads the versions of a match.
func (w *searcher) hit(m *satisfier) (h Hit, err error) {
	h = Hit{Field: m.field, Passage: m.passage, Score: m.score}
	if h.Version, err = w.place(&m.version); err != nil {
		return h, err
	}
	for _, span := range m.spans {
		var x Span
		if x.From, err = w.at(span[0]); err != nil {
			return h, err
		}
		if span[1] != 0 {
			until, err := w.at(span[1])
			if err != nil {
				return h, err
			}
			x.Until = &until
		}
		h.Stood = append(h.Stood, x)
	}
	return h, nil
}

func (w *searcher) at(seq int64) (Version, error) {
	row, _, err := w.s.idx.AtPlace(seq)
	if err != nil {
		return Version{}, err
	}
	return w.place(&row)
}

// MarshalJSON writes the version as everywhere, and of the spans the versions'
// numbers and times of publication.
func (h Hit) MarshalJSON() ([]byte, error) {
	type edge struct {
		Version   int    `json:"version"`
		Published string `json:"published"`
	}
	type span struct {
		From  edge  `json:"from"`
		Until *edge `json:"until,omitempty"`
	}
	spans := make([]span, len(h.Stood))
	for i, x := range h.Stood {
		spans[i].From = edge{x.From.Number, x.From.Published.String()}
		if x.Until != nil {
			spans[i].Until = &edge{x.Until.Number, x.Until.Published.String()}
		}
	}
	return json.Marshal(struct {
		Field   string  `json:"field"`
		Passage Excerpt `json:"passage"`
		Stood   []span  `json:"stood"`
		Stands  bool    `json:"stands"`
		Score   float64 `json:"score"`
		Version Version `json:"version"`
	}{h.Field, h.Passage, spans, h.Stands(), math.Round(h.Score*1000) / 1000, h.Version})
}

// Stands reports whether the article's current version satisfies the query.
func (h Hit) Stands() bool { return len(h.Stood) > 0 && h.Stood[len(h.Stood)-1].Until == nil }
