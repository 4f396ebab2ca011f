package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slide: a pure insertion or deletion can often stand in several places, as in
// "the [the ]cat" and "[the ]the cat". Readers expect it where something begins and
// ends, so it goes to the best edge; of equal edges, to the rightmost.

// The worth of an edge, for slideAll.
const (
	edgeNone = iota
	edgeSpace
	edgeMark
	edgeSentence
	edgeLine
	edgeBlankLine
)

// slideAll moves each pure change between equal stretches to its best place. A
// change that comes to touch another becomes one with it.
func (e *engine) slideAll() {
	spans := e.spans
	n := 0 // spans that are done; what is written never overtakes what is read
	for k := 0; k < len(spans); k++ {
		s := spans[k]
		if s.equal || !s.pure() || n == 0 || k+1 == len(spans) || !spans[n-1].equal {
			n = joinSpan(spans, n, s)
			continue
		}
		last, next := &spans[n-1], &spans[k+1]
		by := e.slideBy(s, last.a1-last.a0, next.a1-next.a0)
		last.a1, last.b1 = last.a1+by, last.b1+by
		next.a0, next.b0 = next.a0+by, next.b0+by
		if last.a0 == last.a1 {
			n--
		}
		if next.a0 == next.a1 {
			k++
		}
		n = joinSpan(spans, n, span{s.a0 + by, s.a1 + by, s.b0 + by, s.b1 + by, false})
	}
	e.spans = spans[:n]
}

// joinSpan puts a span behind the first n, as part of the last where both are of a kind,
// and gives the number that there are then.
func joinSpan(spans []span, n int, s span) int {
	if n > 0 && spans[n-1].equal == s.equal {
		spans[n-1].a1, spans[n-1].b1 = s.a1, s.b1
		return n
	}
	spans[n] = s
	return n + 1
}

// slideBy gives the number of bytes that the pure change s is to move, to the right
// if positive, where left and right bytes of equal text are at its sides.
func (e *engine) slideBy(s span, left, right int) int {
	text, from, to, other, at := e.b, s.b0, s.b1, e.a, s.a0
	if s.b0 == s.b1 {
		text, from, to, other, at = e.a, s.a0, s.a1, e.b, s.b0
	}
	if left > 0 && text[from-1] == text[to-1] {
		left = commonSuffix(text[from-left:from], text[from-left:to])
	} else {
		left = 0
	}
	if right > 0 && text[from] == text[to] {
		right = commonPrefix(text[from:to+right], text[to:to+right])
	} else {
		right = 0
	}
	if left == 0 && right == 0 {
		return 0
	}
	best, by := -1, 0
	for d := right; d >= -left; d-- {
		if d != 0 && !(cutsClean(text, from+d) && cutsClean(text, to+d) && cutsClean(other, at+d)) {
			continue
		}
		if worth := edgeWorth(text, from+d) + edgeWorth(text, to+d); worth > best {
			best, by = worth, d
		}
	}
	return by
}

// edgeWorth says how good a place s[i] is for a change to begin or end.
func edgeWorth(s string, i int) int {
	if i == 0 || i == len(s) {
		return edgeBlankLine
	}
	left, right := s[i-1], s[i]
	switch {
	case left == '\n':
		before := strings.TrimSuffix(s[max(0, i-3):i-1], "\r")
		if before == "" || before[len(before)-1] == '\n' {
			return edgeBlankLine
		}
		return edgeLine
	case (left == ' ' || right == ' ') && right != '\n' && right != '\r':
		word := left
		if left == ' ' && i > 1 {
			word = s[i-2]
		}
		if isLetter(word) || isDigit(word) {
			return edgeSpace // the common case, which the rest comes to as well
		}
	}
	switch {
	case right == '\n' || right == '\r':
		_, _, next := lineAt(s, i, len(s))
		if next < len(s) && (s[next] == '\n' || s[next] == '\r') {
			return edgeBlankLine
		}
		return edgeLine
	}
	blank := edgeNone
	for floor := i - 8; i > max(0, floor) && (s[i-1] == ' ' || s[i-1] == '\t'); {
		i, blank = i-1, edgeSpace
	}
	if right == ' ' || right == '\t' {
		blank = edgeSpace
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	if r == '”' || r == '’' || r == '"' || r == '\'' || r == ')' || r == '»' {
		if q, _ := utf8.DecodeLastRuneInString(s[:i-utf8.RuneLen(r)]); endsSentence(q) {
			r = q
		}
	}
	next, _ := utf8.DecodeRuneInString(s[i:])
	switch {
	case endsSentence(r) && (blank > edgeNone || r > unicode.MaxASCII):
		return edgeSentence
	case unicode.IsPunct(r) || blank == edgeNone && unicode.IsPunct(next):
		return edgeMark
	}
	return blank
}

// endsSentence names the marks that end a sentence in the scripts that have some.
func endsSentence(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔', '։':
		return true
	}
	return false
}
