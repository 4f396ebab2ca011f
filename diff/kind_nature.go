package diff

import (
	"strings"
)

// nature says what kind of change the diff of a prose field shows: KindFigure,
// KindWording, both, or one of KindPunctuation and KindWhitespace. It looks at
// the changed stretches alone, each widened to the white space around it.
//
//   - figure: the numbers that went are not the numbers that came, each counted
//     as often as it stands; or no word changed and the numbers changed places;
//     or a currency, percent or minus sign changed. Another spelling of the same
//     number ("2", "two"; "3 million", "3,000,000") is no change of figure.
//   - wording: the words, marks and figures aside, are others or stand in another
//     order. Capitals and accents count, apostrophes and other marks within a
//     word don't.
//   - punctuation: neither, but what changed is more than white space.
//   - whitespace: white space alone changed.
//
// A text that is wholly new or wholly gone has no figure that changed.
func nature(old, new string, segs []Segment, english bool) []Kind {
	if old == "" || new == "" {
		return []Kind{KindWording}
	}
	r := reader{english: english}
	var gone, came []word // the figures and signs of all hunks
	otherWords, otherSpelling := false, false
	for _, h := range hunks(old, new, segs) {
		a, b := r.words(old, h.a0, h.a1), r.words(new, h.b0, h.b1)
		otherWords = otherWords || !sameWords(a, b, false)
		otherSpelling = otherSpelling || !sameWords(a, b, true)
		gone, came = appendFigures(gone, a), appendFigures(came, b)
	}
	figure := figuresDiffer(gone, came, otherWords)
	worded := otherWords || !figure && otherSpelling
	switch {
	case figure && worded:
		return []Kind{KindFigure, KindWording}
	case figure:
		return []Kind{KindFigure}
	case worded:
		return []Kind{KindWording}
	}
	for _, s := range segs {
		if s.Op != Equal && !s.Whitespace {
			return []Kind{KindPunctuation}
		}
	}
	return []Kind{KindWhitespace}
}

// hunk is a changed stretch: old[a0:a1] became new[b0:b1].
type hunk struct {
	a0, a1, b0, b1 int
}

const (
	hunkGap   = 32 // hunks this near are one: "a, b" → "a b," changes no word, whichever of the two is held fixed
	hunkWiden = 48 // bytes looked through for white space around a hunk
)

// hunks gives the changed stretches of a diff. Each is widened to the next white
// space within the equal text beside it, so that "-5" → "5" is seen with its
// number; in scripts without white space it stays as it is.
func hunks(old, new string, segs []Segment) []hunk {
	var out []hunk
	open := false
	for i, s := range segs {
		if s.Op != Equal {
			if !open {
				left := 0
				if i > 0 {
					left = widenLeft(old[segs[i-1].A0:segs[i-1].A1])
				}
				out = append(out, hunk{a0: s.A0 - left, b0: s.B0 - left})
				open = true
			}
			h := &out[len(out)-1]
			h.a1, h.b1 = s.A1, s.B1
			continue
		}
		if !open || s.A1-s.A0 <= hunkGap && i+1 < len(segs) {
			continue
		}
		right := widenRight(old[s.A0:s.A1])
		h := &out[len(out)-1]
		h.a1, h.b1 = s.A0+right, s.B0+right
		open = false
	}
	return out
}

// widenLeft gives the number of bytes at the end of an equal text that belong to
// the word that a hunk after it changes.
func widenLeft(equal string) int {
	if at := strings.LastIndexAny(equal[max(0, len(equal)-hunkWiden):], " \n\t"); at >= 0 {
		return min(len(equal), hunkWiden) - at - 1
	}
	if len(equal) < hunkWiden {
		return len(equal)
	}
	return 0
}

// widenRight is widenLeft for the text after a hunk.
func widenRight(equal string) int {
	if at := strings.IndexAny(equal[:min(len(equal), hunkWiden)], " \n\t"); at >= 0 {
		return at
	}
	if len(equal) < hunkWiden {
		return len(equal)
	}
	return 0
}

// sameWords reports whether two stretches have the same words in the same order,
// marks aside; with figures, a figure counts as the word it is spelled as.
func sameWords(a, b []word, figures bool) bool {
	next := func(w *[]word) (string, bool) {
		for len(*w) > 0 {
			x := (*w)[0]
			*w = (*w)[1:]
			if x.is == aWord || figures && x.is == aFigure {
				return x.spelled, true
			}
		}
		return "", false
	}
	for {
		x, okA := next(&a)
		y, okB := next(&b)
		if x != y || okA != okB {
			return false
		}
		if !okA {
			return true
		}
	}
}

// appendFigures adds the figures and signs among words.
func appendFigures(dst, words []word) []word {
	for _, w := range words {
		if w.is != aWord {
			dst = append(dst, w)
		}
	}
	return dst
}

// figuresDiffer applies the figure rule of nature to the figures that went and
// those that came. A weak figure ("one", "first") counts only where something
// stands against it: "one man" → "a man" is no change of figure.
func figuresDiffer(gone, came []word, otherWords bool) bool {
	left := map[figureKey]int{}
	firm := map[figureKey]bool{} // figures that somewhere stand in more than a weak spelling
	for _, w := range gone {
		left[w.key()]++
		firm[w.key()] = firm[w.key()] || !w.weak
	}
	for _, w := range came {
		left[w.key()]--
		firm[w.key()] = firm[w.key()] || !w.weak
	}
	var strong, lost, won, signLost, signWon bool
	for k, n := range left {
		switch {
		case n == 0:
		case k.is == aSign:
			signLost, signWon = signLost || n > 0, signWon || n < 0
		default:
			strong = strong || firm[k]
			lost, won = lost || n > 0, won || n < 0
		}
	}
	switch {
	case strong || lost && won:
		return true
	case signLost && signWon, !otherWords && (signLost || signWon):
		return true
	case otherWords || lost || won:
		return false
	}
	for i := range gone { // the same figures: did they change places?
		if gone[i].value != came[i].value {
			return true
		}
	}
	return false
}

type figureKey struct {
	value string
	is    wordClass
}

func (w word) key() figureKey { return figureKey{w.value, w.is} }
