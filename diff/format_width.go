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

// milliems are the widths of ASCII from the blank to the tilde in DejaVu Sans, in
// thousandths of its size. It is the widest of the fonts that a system commonly has
// for plain text, so a line that fits with these widths fits with any of them.
var milliems = [...]int{
	318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
	636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
	1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
	603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
	500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
	635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
}

// clusterMilliems estimates how wide one grapheme cluster is in a proportional
// font: ASCII by a table, wide characters and pictures as a square, and the rest as
// its script's usual letters are.
func clusterMilliems(cluster string) int {
	c, n := utf8.DecodeRuneInString(cluster)
	switch {
	case c >= ' ' && int(c-' ') < len(milliems):
		if n < len(cluster) && isEmoji(cluster[n:], c) {
			return 1300
		}
		return milliems[c-' ']
	case clusterColumns(cluster) == 2:
		if c >= 0x1F000 || n < len(cluster) {
			return 1300
		}
		return 1000
	case clusterColumns(cluster) == 0:
		return 0
	case c == '\u2009':
		return 200
	case c >= 0x590 && c <= 0x8FF: // Hebrew, Arabic and their kin
		return 600
	case c >= 0x400 && c <= 0x52F: // Cyrillic
		return 700
	case c == '—' || c == '…':
		return 1000
	case c < 0x300:
		return 640
	}
	return 680
}
