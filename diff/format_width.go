package diff

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/width"
)

// columns estimates how many columns of a terminal a text takes.
func columns(s string) int {
	n := 0
	for g := graphemes.FromString(s); g.Next(); {
		n += clusterColumns(g.Value())
	}
	return n
}

// clusterColumns estimates the columns of one grapheme cluster: two for wide and
// full-width characters (UAX #11) and for emoji, none for a mark alone, one for
// the others. Terminals differ on clusters of several symbols; most draw them as
// one.
func clusterColumns(cluster string) int {
	if len(cluster) == 1 {
		return 1
	}
	c, n := utf8.DecodeRuneInString(cluster)
	switch kind := width.LookupRune(c).Kind(); {
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 2
	case n < len(cluster) && isEmoji(cluster[n:], c):
		return 2
	case unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Me, c) || unicode.Is(unicode.Cf, c):
		return 0
	}
	return 1
}

// isEmoji reports whether what follows a cluster's first character makes it a
// picture: the emoji variation selector, or the second letter of a flag.
func isEmoji(rest string, first rune) bool {
	const regionalA, regionalZ = 0x1F1E6, 0x1F1FF
	next, _ := utf8.DecodeRuneInString(rest)
	return next == '\ufe0f' || first >= regionalA && first <= regionalZ && next >= regionalA && next <= regionalZ
}
