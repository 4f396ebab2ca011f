package match

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// search is one state's way through the rules that weigh instead of look up.
type search struct {
	in      *schema.Input
	f       Finder
	keys    map[string]bool // alias keys of the state's sources
	head    headline        // the state's headline
	skip    map[schema.ID]bool
	twin    schema.ID // the likeliest article so far that didn't fit
	nearest float64

	// wordless says that the headline has nothing to make a slug of, or to compare:
	// "…" and "?!" have one path by default, and are one event only where they are
	// equal. head is empty then.
	wordless bool
}

func newSearch(in *schema.Input, f Finder) *search {
	s := &search{in: in, f: f, keys: map[string]bool{}, skip: map[schema.ID]bool{}}
	for _, src := range in.Sources {
		if src.URL != "" {
			s.keys[schema.AliasKey(src.URL)] = true
		}
	}
	if s.wordless = schema.Slug(in.Headline) == schema.Untitled; !s.wordless {
		s.head = read(in.Headline)
	}
	return s
}

// otherSources says that both have sources and not one in common: two stories.
func (s *search) otherSources(c *Candidate) bool {
	if len(s.keys) == 0 || len(c.Sources) == 0 {
		return false
	}
	for _, key := range c.Sources {
		if s.keys[key] {
			return false
		}
	}
	return true
}

// couldBe says whether nothing forbids that the state is one of c: another
// language, or its being a translation of c.
func (s *search) couldBe(c *Candidate) bool {
	return c.ID != s.in.TranslationOf && sameLanguage(c.Language, s.in.Language)
}

// byPath tries the path that follows from date and headline. An article there that
// has other sources is another one, whatever its headline: it is out of the search.
func (s *search) byPath() (Decision, bool, error) {
	id, err := oneArticle(schema.AliasKey(schema.DefaultPath(s.in.Date, s.in.Headline)), s.f)
	if err != nil || id.IsZero() {
		return Decision{}, false, err
	}
	c, err := s.f.Candidate(id)
	if err != nil || c == nil || s.wordless && !slices.Contains(c.Headlines, s.in.Headline) {
		return Decision{}, false, err
	}
	if s.couldBe(c) && !s.otherSources(c) {
		return Decision{ID: id, Rule: RulePath, Score: 1}, true, nil
	}
	if s.couldBe(c) {
		s.near(c, s.best(c).dice)
	}
	s.skip[id] = true
	return Decision{}, false, nil
}

// bySource tries the articles of the date that ever cited one of the state's
// sources. One of them must fit and lead.
func (s *search) bySource() (Decision, bool, error) {
	var ids []schema.ID
	for _, src := range s.in.Sources {
		if src.URL == "" {
			continue
		}
		more, err := s.f.BySource(schema.AliasKey(src.URL), s.in.Date)
		if err != nil {
			return Decision{}, false, err
		}
		ids = append(ids, more...)
	}
	found, err := candidates(s.f, ids, s.skip)
	if err != nil {
		return Decision{}, false, err
	}
	var first *Candidate
	var best, next float64
	for _, c := range found {
		s.skip[c.ID] = true
		if !s.couldBe(c) {
			continue
		}
		l := s.best(c)
		score := l.score()
		if score >= twinSourceFloor {
			s.near(c, score)
		}
		if score < sourceFloor || l.swapped && (score < swappedFloor || s.liveAlone(c)) {
			continue
		}
		if score > best {
			first, best, next = c, score, best
		} else {
			next = max(next, score)
		}
	}
	if first == nil || best-next < lead {
		return Decision{}, false, nil
	}
	return Decision{ID: first.ID, Rule: RuleSource, Score: best}, true, nil
}

// liveAlone says that the sources which the state and c share are live blogs: the
// address of a day's coverage of a subject, which many events cite.
func (s *search) liveAlone(c *Candidate) bool {
	for _, key := range c.Sources {
		if s.keys[key] && !live(key) {
			return false
		}
	}
	return true
}

// live says whether an address is a live blog's, by the word "live" that begins a
// part of its path, as the large publishers have it.
func live(key string) bool {
	_, path, _ := strings.Cut(strings.TrimPrefix(key, "//"), "/")
	for part := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '-' || r == '_' || r == '.' }) {
		switch strings.ToLower(part) {
		case "live", "liveblog", "livestory", "ticker", "liveticker":
			return true
		}
	}
	return false
}

// byLikeness tries the other articles of the date by their headlines alone, and
// gives a new article where none fits.
func (s *search) byLikeness() (Decision, error) {
	ids, err := s.alikeOnDate()
	if err != nil {
		return Decision{}, err
	}
	found, err := candidates(s.f, ids, s.skip)
	if err != nil {
		return Decision{}, err
	}
	var fit *Candidate
	var best, next float64
	for _, c := range found {
		if c.Date != s.in.Date || !s.couldBe(c) {
			continue
		}
		l := s.best(c)
		if l.dice >= twinFloor {
			s.near(c, l.dice)
		}
		if l.dice < likeFloor || l.kept < 1 || l.figures || l.names || l.turned || s.otherSources(c) {
			continue
		}
		if l.dice > best {
			fit, best, next = c, l.dice, best
		} else {
			next = max(next, l.dice)
		}
	}
	if fit != nil && best-next >= lead {
		return Decision{ID: fit.ID, Rule: RuleLikeness, Score: best}, nil
	}
	return Decision{Rule: RuleNew, Score: s.nearest, Twin: s.twin}, nil
}

// alikeOnDate gives the articles of the date that could be reported as a twin.
func (s *search) alikeOnDate() ([]schema.ID, error) {
	h := s.head
	f, ok := s.f.(WordFinder)
	if !ok || len(h.words) == 0 {
		return s.f.OnDate(s.in.Date)
	}
	words := make([]string, len(h.words))
	for i, w := range h.words {
		words[i] = w.stem
	}
	// A Dice of t means that the shared words weigh t/(2-t) of the headline's own
	// at least, and no word weighs more than 1.
	least := int(math.Ceil(h.weight*twinFloor/(2-twinFloor) - 1e-9))
	return f.OnDateWith(s.in.Date, words, max(least, 1))
}

// best compares the state's headline with every one that c had and gives the
// closest.
func (s *search) best(c *Candidate) likeness {
	labels := append([]string{s.in.Category, c.Category}, s.in.Contexts...)
	labels = append(labels, c.Contexts...)
	heads := []headline{s.head}
	if text := unlabelled(s.in.Headline, labels); text != "" {
		heads = append(heads, read(text))
	}
	var best likeness
	try := func(text string) {
		other := read(text)
		for _, head := range heads {
			if l := compare(head, other); l.score() > best.score() {
				best = l
			}
		}
	}
	for _, text := range c.Headlines {
		if s.wordless && text == s.in.Headline {
			return likeness{dice: 1, order: 1, kept: 1}
		}
		try(text)
		if text = unlabelled(text, labels); text != "" {
			try(text)
		}
	}
	return best
}

// unlabelled gives a headline without the topic that stands before it, as in
// "Iraqi Civil War: …" or "Syrian Civil War. …", where that is one of the labels;
// else "". Topics are put before headlines and taken off again.
func unlabelled(text string, labels []string) string {
	for _, label := range labels {
		n := len(label)
		if n > 0 && len(text) > n+2 && strings.EqualFold(text[:n], label) && (text[n] == ':' || text[n] == '.') && text[n+1] == ' ' {
			return strings.TrimSpace(text[n+2:])
		}
	}
	return ""
}

// score is the one number behind a likeness: the mean of what words are shared and
// of what is shared in order; or what is kept of the shorter headline, where that
// is all but the whole of it.
func (l likeness) score() float64 {
	score := (l.dice + l.order) / 2
	if l.kept >= keptFloor && l.less >= keptWords {
		return max(score, keptFloor*l.kept)
	}
	return score
}

// near notes a likely twin. Of two as likely the smaller id is taken, so that the
// order of a finder's answers decides nothing.
func (s *search) near(c *Candidate, score float64) {
	if score > s.nearest || score == s.nearest && bytes.Compare(c.ID[:], s.twin[:]) < 0 {
		s.twin, s.nearest = c.ID, score
	}
}
