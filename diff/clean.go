package diff

import "strings"

// Clean-up: a few unchanged words between two changes ("[-the old-]{+a new+} of
// [-its-]{+our+}") make a diff of scraps that nobody can read. Such an island is
// swallowed: shown as deleted and inserted with its neighbours.

const (
	// islandBytes is the greatest length of an island, and the length from which a
	// change is taken to hold as many words as any island, per word of the option.
	islandBytes = 64
	// signBytes is the length of a Han sign, or a letter between spaces: they count no
	// more than a mark.
	signBytes = 3
	// wordBytes is the greatest length of an island with a longer word, with the spaces
	// around it, per word of the option: " of ", " with ".
	wordBytes = 3
)

// cleanUp swallows the islands of at most limit words and marks that are no larger than
// the larger side of either neighbour and hold no blank line. An island that holds a
// word is dearer than one of marks, which stand at changed words anyway: it must be
// short, and stand between two replacements. Where both neighbours only insert, or only
// delete, swallowing makes a replacement of two insertions, so they must be twice as
// large ("{+(+}word{+)+}" stays). Neighbours count as they were before anything was
// swallowed: else one island would pull in the next. White space alone between two
// changes is always swallowed, if it holds no blank line.
//
// On 233 revisions of ten languages this leaves 85 of 100 changes, for 2.8 % more words
// than the fewest; swallowing longer islands as well left 75, for 5 %, and showed more
// words as changed than wdiff does, which tells no mark from its word.
func (e *engine) cleanUp(limit int) {
	spans := e.spans
	n := 0        // spans that are done; what is written never overtakes what is read
	real := -1    // index of the last change of words among them
	var near span // the same as it came, before it swallowed anything
	for _, s := range spans {
		if s.equal || e.whiteChange(s) {
			n = joinSpan(spans, n, s)
			continue
		}
		if real >= 0 && e.island(near, s, limit) {
			spans[real].a1, spans[real].b1 = s.a1, s.b1
			n = real + 1
		} else {
			n = joinSpan(spans, n, s)
			real = n - 1
		}
		near = s
	}
	e.spans = spans[:n]
}

// whiteChange says whether the change touches no word.
func (e *engine) whiteChange(s span) bool {
	return isWhite(e.a[s.a0:s.a1]) && isWhite(e.b[s.b0:s.b1])
}

// island says whether what lies between two changes is to be swallowed.
func (e *engine) island(left, right span, limit int) bool {
	a0, a1 := left.a1, right.a0
	if a1-a0 > islandBytes*max(1, limit) || right.b0-left.b1 > 2*islandBytes*max(1, limit) {
		return false
	}
	if a1-a0 > max(signBytes, wordBytes*limit) && e.a[a0] == ' ' && byteKinds[e.a[a0+1]] == '0'+kindWord {
		return false // the common case: a word, and too long for one
	}
	if hasBlankLine(e.a[a0:a1]) || hasBlankLine(e.b[left.b1:right.b0]) {
		return false
	}
	words := e.countTokens(e.a, a0, a1)
	if words > limit || e.spells(a1-a0) && (left.pure() || right.pure() || a1-a0 > wordBytes*limit) {
		return false
	}
	if left.a0 == left.a1 && right.a0 == right.a1 || left.b0 == left.b1 && right.b0 == right.b1 {
		words *= 2
	}
	return e.atLeast(left, words) && e.atLeast(right, words)
}

// spells says whether one of the tokens counted last, which take so many bytes with
// what is between them, is a word of some length.
func (e *engine) spells(bytes int) bool {
	for _, t := range e.tokens {
		switch byteKind(e.a[t.Start]) {
		case kindWord:
			if t.End-t.Start > 1 || bytes > signBytes {
				return true
			}
		case kindHigh:
			if bytes > signBytes {
				return true
			}
		}
	}
	return false
}

// pure says that a change only deletes or only inserts.
func (s span) pure() bool { return s.a0 == s.a1 || s.b0 == s.b1 }

// atLeast says whether the larger side of a change has so many words.
func (e *engine) atLeast(s span, words int) bool {
	if words == 0 || max(s.a1-s.a0, s.b1-s.b0) >= islandBytes*words {
		return true
	}
	return e.countTokens(e.a, s.a0, s.a1) >= words || e.countTokens(e.b, s.b0, s.b1) >= words
}

func (e *engine) countTokens(s string, from, to int) int {
	e.tokens = appendTokens(e.tokens[:0], s, from, to)
	return len(e.tokens)
}

// hasBlankLine says whether s holds a line that is empty or blank, between two line
// ends.
func hasBlankLine(s string) bool {
	for {
		i := strings.IndexByte(s, '\n')
		if i < 0 {
			return false
		}
		s = strings.TrimLeft(s[i+1:], " \t\r")
		if s != "" && s[0] == '\n' {
			return true
		}
	}
}
