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
	old := e.spans
	e.spans = e.spare[:0]
	for k := 0; k < len(old); k++ {
		s := old[k]
		if s.equal || !s.pure() || len(e.spans) == 0 || k+1 == len(old) || !e.spans[len(e.spans)-1].equal {
			e.add(s)
			continue
		}
		last := &e.spans[len(e.spans)-1]
		next := &old[k+1]
		by := e.slideBy(s, last.a1-last.a0, next.a1-next.a0)
		last.a1, last.b1 = last.a1+by, last.b1+by
		next.a0, next.b0 = next.a0+by, next.b0+by
		if last.a0 == last.a1 {
			e.spans = e.spans[:len(e.spans)-1]
		}
		e.add(span{s.a0 + by, s.a1 + by, s.b0 + by, s.b1 + by, false})
		if next.a0 == next.a1 {
			k++
		}
	}
	e.spare = old
}

// slideBy gives the number of bytes that the pure change s is to move, to the right
// if positive, where left and right bytes of equal text are at its sides.
func (e *engine) slideBy(s span, left, right int) int {
	text, from, to, other, at := e.b, s.b0, s.b1, e.a, s.a0
	if s.b0 == s.b1 {
		text, from, to, other, at = e.a, s.a0, s.a1, e.b, s.b0
	}
	left = commonSuffix(text[from-left:from], text[from-left:to])
	right = commonPrefix(text[from:to+right], text[to:to+right])
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
