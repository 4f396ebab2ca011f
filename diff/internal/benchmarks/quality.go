package main

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/diff"
)

// sort is what became of a piece of text.
type sort byte

const (
	kept    sort = iota
	gone         // stands in the old text alone
	come         // stands in the new one alone
	left         // moved away from here
	arrived      // moved here
	lost         // stands in no place of its own: a word lost from a paragraph shown where it arrived
)

// piece is a stretch of a diff.
type piece struct {
	sort sort
	text string
}

// quality adds up what diffs show, over the pairs of a class.
type quality struct {
	Pairs   int
	Words   int    // shown as changed, on both sides; what only moved doesn't count
	Least   int    // the fewest that can be
	Changes int    // runs of changed text
	Bare    int    // those of a longest common subsequence
	Cuts    int    // edges inside a word
	Note    string // why there are none
}

// gaveUp says that a diff replaced nearly everything as a whole where there were many
// changes to be told apart, or little that changed, or nothing: it is quick because it
// didn't look.
func (q quality) gaveUp() bool {
	return q.Least == 0 && q.Words > 1000*q.Pairs || q.Bare >= 20*q.Pairs && (q.Changes*10 < q.Bare || q.Least > 0 && q.Words > 50*q.Least)
}

// judgeAll compares the diffs with the texts that they are of. White space counts
// nowhere: half of the tools don't keep it.
func judgeAll(pairs []pair, all [][]piece) (quality, error) {
	var q quality
	for i, p := range pairs {
		r, err := judge(p, all[i])
		if err != nil {
			return q, fmt.Errorf("pair %d: %w", i+1, err)
		}
		bare := diff.Texts(p.a, p.b, diff.Options{NoMoves: true, Island: -1})
		exact, err := judge(p, ourPieces(p.a, p.b, bare))
		if err != nil {
			return q, err
		}
		q.Pairs++
		q.Words, q.Changes, q.Cuts = q.Words+r.Words, q.Changes+r.Changes, q.Cuts+r.Cuts
		q.Bare += exact.Changes
		if least, ok := leastWords(p); ok {
			q.Least += least
		} else {
			q.Least += exact.Words
		}
	}
	return q, nil
}

// reader follows the pieces of a diff through one of the texts.
type reader struct {
	text   string
	tokens []diff.Token
	at     int // byte
	token  int // the first that ends behind at
	marked int // the token counted last, +1
}

// take goes through text, over white space on either side, and gives its first and
// last byte, and how many words of it are counted for the first time.
func (r *reader) take(text string) (from, to, words int, err error) {
	from = -1
	for _, c := range text {
		if unicode.IsSpace(c) {
			continue
		}
		n := 0
		for {
			if r.at >= len(r.text) {
				return 0, 0, 0, fmt.Errorf("%.30q stands behind the end of the text", text)
			}
			var there rune
			there, n = utf8.DecodeRuneInString(r.text[r.at:])
			if !unicode.IsSpace(there) {
				if there != c {
					return 0, 0, 0, fmt.Errorf("%.30q where the text has %.30q", text, r.text[r.at:])
				}
				break
			}
			r.at += n
		}
		if from < 0 {
			from = r.at
		}
		for r.token < len(r.tokens) && r.tokens[r.token].End <= r.at {
			r.token++
		}
		if r.token < len(r.tokens) && r.marked <= r.token {
			r.marked = r.token + 1
			words++
		}
		r.at += n
	}
	return from, r.at, words, nil
}

// judge measures one diff.
func judge(p pair, pieces []piece) (quality, error) {
	a := &reader{text: p.a, tokens: diff.AppendTokens(nil, p.a)}
	b := &reader{text: p.b, tokens: diff.AppendTokens(nil, p.b)}
	var q quality
	inside := false
	change := func(r *reader, text string) error {
		from, to, words, err := r.take(text)
		if err != nil {
			return err
		}
		if from >= 0 {
			q.Cuts += cutsAt(r.tokens, from) + cutsAt(r.tokens, to)
			q.Words += words
			if !inside {
				q.Changes++
			}
			inside = true
		}
		return nil
	}
	// a word kept in part counts no less: so what is kept marks nothing
	keep := func(r *reader, text string) (bool, error) {
		marked := r.marked
		from, _, _, err := r.take(text)
		r.marked = marked
		return from >= 0, err
	}
	for _, x := range pieces {
		var err error
		switch x.sort {
		case kept:
			var any bool
			if any, err = keep(a, x.text); err == nil {
				_, err = keep(b, x.text)
			}
			inside = inside && !any
		case gone:
			err = change(a, x.text)
		case come:
			err = change(b, x.text)
		case left:
			_, err = keep(a, x.text)
		case arrived:
			_, err = keep(b, x.text)
		case lost:
			q.Words += len(diff.AppendTokens(nil, x.text))
		}
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

// cutsAt is 1 where a place lies inside a token.
func cutsAt(tokens []diff.Token, at int) int {
	lo, hi := 0, len(tokens)
	for lo < hi {
		if mid := (lo + hi) / 2; tokens[mid].End <= at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(tokens) && tokens[lo].Start < at {
		return 1
	}
	return 0
}

// tableCells is the greatest table of the textbook that is computed.
const tableCells = 3e7

// leastWords is the fewest words that a diff of a pair can show as changed, by the
// table of the textbook; false where that would take too long.
func leastWords(p pair) (int, bool) {
	x, y := diff.AppendTokens(nil, p.a), diff.AppendTokens(nil, p.b)
	ids := map[string]int{}
	number := func(text string, list []diff.Token) []int {
		out := make([]int, len(list))
		for k, t := range list {
			w := text[t.Start:t.End]
			if _, ok := ids[w]; !ok {
				ids[w] = len(ids)
			}
			out[k] = ids[w]
		}
		return out
	}
	s, t := number(p.a, x), number(p.b, y)
	for len(s) > 0 && len(t) > 0 && s[0] == t[0] {
		s, t = s[1:], t[1:]
	}
	for len(s) > 0 && len(t) > 0 && s[len(s)-1] == t[len(t)-1] {
		s, t = s[:len(s)-1], t[:len(t)-1]
	}
	if float64(len(s))*float64(len(t)) > tableCells {
		return 0, false
	}
	row := make([]int, len(t)+1)
	for _, v := range s {
		diagonal := 0
		for j, w := range t {
			above := row[j+1]
			if v == w {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return len(s) + len(t) - 2*row[len(t)], true
}
