package match

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// The thresholds, all there are. IDENTITY.md says how they were measured.
const (
	// sourceFloor is the score that makes two states with a source in common, on
	// one date, the same event.
	sourceFloor = 0.55
	// swappedFloor is the same where each headline has a name that the other lacks:
	// the town corrected, or another town's event in the same story.
	swappedFloor = 0.65
	// keptFloor is the share of the shorter headline that must stand in the longer
	// one for the shorter to be its beginning (a stub that grew, a topic label put
	// before it), and keptWords how much of a headline that is at least.
	keptFloor = 0.95
	keptWords = 4
	// likeFloor is the share of headline (Dice) that makes two states the same
	// event where no source says so.
	likeFloor = 0.9
	// orderFloor is the share of headline (Dice) below which the order of the words
	// is not looked at: it could lift the score to no floor.
	orderFloor = 0.25
	// lead is how far the likeliest article must be ahead of the next one.
	lead = 0.1
	// twinFloor is the share of headline (Dice) from which another article is
	// reported as a likely twin, and twinSourceFloor the score from which one with
	// a source in common is.
	twinFloor       = 0.5
	twinSourceFloor = 0.35
)

// Rule is the rule that decided.
type Rule string

// The rules, in the order in which they are tried.
const (
	RuleID       Rule = "id"       // the state names its article
	RulePath     Rule = "path"     // the path, given or computed, is an article's
	RuleAlias    Rule = "alias"    // a guid or other address leads to one article
	RuleSource   Rule = "source"   // one article of the date has the source and enough of the headline
	RuleLikeness Rule = "likeness" // one article of the date has all but the same headline
	RuleNew      Rule = "new"      // none of these: a new article
)

// Decision says which article a state belongs to, and why.
type Decision struct {
	ID    schema.ID // zero: a new article
	Rule  Rule
	Score float64   // 0 … 1: how much of the headline is shared; 1 for an id, a path or an alias; for a new article the twin's
	Twin  schema.ID // for a new article: the likeliest other one, if any is likely enough to report; else zero

	// Path is "" where the state's path (the one given, else the default one) is
	// free or the article's own, else the explicit path with -2, -3 … that it gets
	// instead. It is of no account to an article that keeps a path it was given.
	Path string
}

// String gives what the trailer Stemma-Match holds: "source 0.83".
func (d Decision) String() string {
	// Cut, not rounded: 1.00 means that nothing differs.
	return fmt.Sprintf("%s %.2f", d.Rule, math.Floor(d.Score*100+1e-9)/100)
}

// Decide says which article a state belongs to. givenPath says that in.Path comes
// from the source; else the state's path is the one that follows from date and
// headline. in must be normalized, with its date filled in: without a date only an
// id, a given path and aliases can match.
//
// Errors are the finder's.
func Decide(in *schema.Input, givenPath bool, f Finder) (Decision, error) {
	d, err := decide(in, givenPath && in.Path != "", f)
	if err != nil {
		return Decision{}, err
	}
	path := pathOf(in, givenPath)
	if path == "" {
		return d, nil
	}
	free, err := FreePath(path, d.ID, f)
	if err != nil {
		return Decision{}, err
	}
	if free != path {
		d.Path = free
	}
	return d, nil
}

func decide(in *schema.Input, givenPath bool, f Finder) (Decision, error) {
	if !in.ID.IsZero() {
		return Decision{ID: in.ID, Rule: RuleID, Score: 1}, nil
	}
	if d, ok, err := byAddress(in, givenPath, f); ok || err != nil {
		return d, err
	}
	if in.Date == "" || in.Headline == "" {
		return Decision{Rule: RuleNew}, nil
	}
	s := newSearch(in, f)
	if !givenPath {
		if d, ok, err := s.byPath(); ok || err != nil {
			return d, err
		}
	}
	if d, ok, err := s.bySource(); ok || err != nil {
		return d, err
	}
	return s.byLikeness()
}

// pathOf gives the path that the state asks for; "" where nothing tells.
func pathOf(in *schema.Input, givenPath bool) string {
	if givenPath && in.Path != "" {
		return in.Path
	}
	if in.Date == "" || in.Headline == "" {
		return ""
	}
	return schema.DefaultPath(in.Date, in.Headline)
}

// byAddress tries the given path, then the aliases, each by itself: it must lead to
// one article only. Aliases that lead to different articles decide nothing.
func byAddress(in *schema.Input, givenPath bool, f Finder) (Decision, bool, error) {
	if givenPath {
		id, err := oneArticle(schema.AliasKey(in.Path), f)
		if err != nil || !id.IsZero() {
			return Decision{ID: id, Rule: RulePath, Score: 1}, true, err
		}
	}
	var found schema.ID
	for _, alias := range in.Aliases {
		id, err := oneArticle(schema.AliasKey(alias), f)
		if err != nil {
			return Decision{}, false, err
		}
		if !id.IsZero() && !found.IsZero() && id != found {
			return Decision{}, false, nil
		}
		if !id.IsZero() {
			found = id
		}
	}
	return Decision{ID: found, Rule: RuleAlias, Score: 1}, !found.IsZero(), nil
}

// oneArticle gives the article that an address leads to, or the zero id where it
// leads to none or to several.
func oneArticle(key string, f Finder) (schema.ID, error) {
	ids, err := f.ByAlias(key)
	if err != nil || len(ids) == 0 {
		return schema.ID{}, err
	}
	for _, id := range ids[1:] {
		if id != ids[0] {
			return schema.ID{}, nil
		}
	}
	return ids[0], nil
}

// FreePath gives the path, or path-2, path-3 …: the first that leads to no article
// but id. The zero id is no article.
func FreePath(path string, id schema.ID, f Finder) (string, error) {
	for n := 1; ; n++ {
		try := path
		if n > 1 {
			try = path + "-" + strconv.Itoa(n)
		}
		ids, err := f.ByAlias(schema.AliasKey(try))
		if err != nil {
			return "", err
		}
		if !slices.ContainsFunc(ids, func(other schema.ID) bool { return other != id }) {
			return try, nil
		}
	}
}

// sameLanguage says whether two language tags can be one article's: articles are
// kept one a language. Only the language itself counts, not the region.
func sameLanguage(a, b string) bool {
	primary := func(s string) string {
		s, _, _ = strings.Cut(s, "-")
		return strings.ToLower(s)
	}
	return a == "" || b == "" || primary(a) == primary(b)
}
