package diff

import (
	"fmt"
	"slices"
	"strings"
)

// Kind labels a change, so that noise can be told from news without dropping it.
//
// A changed field of prose (headline, summary, body) has its own kind and beside
// it the nature of the change: figure, wording, or both; punctuation where no
// word and no figure changed; whitespace where no mark did either. So "At least 2
// dead" → "7 dead" is "headline, figure, wording", "2 dead" → "7 dead" is
// "headline, figure", and a comma added to a summary is "summary, punctuation".
// Every other field has one kind. A first version has none: nothing changed.
// That a version restores an earlier one is the store's to say: a diff of two
// states can't know.
type Kind string

// The kinds of change, in the order in which they are listed.
const (
	KindHeadline    Kind = "headline"
	KindSummary     Kind = "summary"
	KindBody        Kind = "body"
	KindFigure      Kind = "figure"      // a number in prose changed, came or went
	KindWording     Kind = "wording"     // words of prose changed, came, went or moved, beside figures
	KindPunctuation Kind = "punctuation" // in a field of prose marks alone changed
	KindWhitespace  Kind = "whitespace"  // in a field of prose white space alone changed
	KindCategory    Kind = "category"
	KindDate        Kind = "date"
	KindByline      Kind = "byline"
	KindLanguage    Kind = "language"
	KindStatus      Kind = "status"
	KindTranslation Kind = "translation_of"
	KindImage       Kind = "image"
	KindContexts    Kind = "contexts"
	KindSources     Kind = "sources"
	KindAliases     Kind = "aliases" // also the path
	KindType        Kind = "type"
	KindOther       Kind = "other" // a key that schema does not know
)

// kindOrder is the one list of kinds.
var kindOrder = [...]Kind{
	KindHeadline, KindSummary, KindBody,
	KindFigure, KindWording, KindPunctuation, KindWhitespace,
	KindCategory, KindDate, KindByline, KindLanguage, KindStatus, KindTranslation, KindImage,
	KindContexts, KindSources, KindAliases, KindType, KindOther,
}

// AllKinds gives every kind, in the order in which they are listed.
func AllKinds() []Kind { return slices.Clone(kindOrder[:]) }

// ParseKind reads a kind's name.
func ParseKind(s string) (Kind, error) {
	if k := Kind(s); slices.Contains(kindOrder[:], k) {
		return k, nil
	}
	return "", fmt.Errorf("%.40q is no kind of change: the kinds are %s", s, Summarize(kindOrder[:]))
}

// Summarize lists kinds as they are printed: "headline, figure".
func Summarize(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

// Noise reports whether the kinds of a version tell of nothing but marks and
// white space in its prose.
func Noise(kinds []Kind) bool {
	found := false
	for _, k := range kinds {
		switch k {
		case KindHeadline, KindSummary, KindBody:
		case KindPunctuation, KindWhitespace:
			found = true
		default:
			return false
		}
	}
	return found
}

// mergeKinds gives the kinds of both lists, each once, in order.
func mergeKinds(a, b []Kind) []Kind {
	if len(b) == 0 {
		return a
	}
	out := make([]Kind, 0, len(a)+len(b))
	for _, k := range kindOrder {
		if slices.Contains(a, k) || slices.Contains(b, k) {
			out = append(out, k)
		}
	}
	return out
}
