package diff

import (
	"fmt"
	"slices"
	"strings"
)

// Kind labels a change, so that noise can be told from news without dropping it.
//
// A changed field of prose (headline, summary, body) has its own kind and beside it
// the nature of the change, of which there may be several. In plain words, as a
// reader who labels changes by hand would go by them:
//
//   - figure: a number changed, came or went: "2 dead" → "7 dead". Numbers in words
//     count ("seven", "dozens"), years, ordinals, percentages, and currency and minus
//     signs; a day or a month where another stands in its place. The same number
//     spelled another way ("two", "2") is wording.
//   - name: a proper name of a person, place, body or thing came, went, or gave way to
//     another: "Barack Obama" → "Obama", "US" → "United States", "Sudan" →
//     "Sudanese", ", Texas" added. Said once more or less, while it stands elsewhere
//     in the text, it is no change of name.
//   - quotation: the words between quotation marks changed, came or went; or marks came
//     or went around words that stayed.
//   - wording: other words changed, came, went or moved, or a capital did. An article, a
//     preposition or "and" that only goes with a name that changed doesn't count.
//   - punctuation: somewhere a comma, full stop, bracket or other mark changed between
//     words that stayed.
//   - typography: somewhere a mark changed its style alone: straight quotes and curly
//     ones, a hyphen and a dash, three dots and an ellipsis, a space that doesn't break.
//   - whitespace: white space changed, and nothing else in the field.
//   - structure: a paragraph moved, was split, or was merged with another.
//
// So "At least 2 dead" → "7 dead" is "headline, figure, wording", "2 dead" → "7 dead" is
// "headline, figure", and a comma added to a summary is "summary, punctuation". What
// counts as a number, name, quotation and style in detail, and what can't be told in
// which scripts, stands at the head of kind_figure.go, kind_name.go, kind_quote.go and
// kind_marks.go. A prose field that is wholly new or wholly gone is wording.
//
// Every other field has one kind. A first version has none: nothing changed. Kinds are
// a function of the two states alone; that a version restores an earlier one, or that a
// correction explains it, is the store's to say.
type Kind string

// The kinds of change, in the order in which they are listed.
const (
	KindHeadline    Kind = "headline"
	KindSummary     Kind = "summary"
	KindBody        Kind = "body"
	KindFigure      Kind = "figure"      // a number changed, came or went
	KindName        Kind = "name"        // a proper name changed, came or went
	KindQuotation   Kind = "quotation"   // words within quotation marks changed, or became a quotation or ceased to be one
	KindWording     Kind = "wording"     // words beside figures, names and quotations changed, came, went or moved
	KindPunctuation Kind = "punctuation" // somewhere marks changed and the words beside them did not
	KindTypography  Kind = "typography"  // somewhere marks changed their style alone: quotes, dashes, apostrophes, spaces
	KindWhitespace  Kind = "whitespace"  // white space changed and nothing else
	KindStructure   Kind = "structure"   // a paragraph moved, was split, or was merged with another
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
	KindFigure, KindName, KindQuotation, KindWording,
	KindPunctuation, KindTypography, KindWhitespace, KindStructure,
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

// Noise reports whether the kinds of a version tell of nothing but marks, their style
// and white space in its prose.
func Noise(kinds []Kind) bool {
	found := false
	for _, k := range kinds {
		switch k {
		case KindHeadline, KindSummary, KindBody:
		case KindPunctuation, KindTypography, KindWhitespace:
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
