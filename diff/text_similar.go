package diff

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Similarity says how much two texts have in common, from 0 to 1: the coefficient
// of Dice (1945) over their tokens as multisets, where a longer word weighs more
// than a short one and a mark least. Order and white space don't count. Two texts
// without a token are alike.
func Similarity(a, b string) float64 {
	ids := map[string]int32{}
	x := newBag(a, ids)
	y := newBag(b, ids)
	return x.dice(y)
}

// bag is the tokens of a text as a multiset.
type bag struct {
	tokens []bagToken // in order of id
	weight int        // of all
}

// bagToken is an id with its number of times and the weight of one.
type bagToken struct{ id, count, weight int32 }

// newBag counts the tokens of s; ids numbers them.
func newBag(s string, ids map[string]int32) bag {
	list := AppendTokens(nil, s)
	all := make([]bagToken, 0, len(list))
	for _, t := range list {
		text := s[t.Start:t.End]
		id, ok := ids[text]
		if !ok {
			id = int32(len(ids))
			ids[text] = id
		}
		all = append(all, bagToken{id, 1, tokenWeight(text)})
	}
	slices.SortFunc(all, func(x, y bagToken) int { return int(x.id - y.id) })
	var b bag
	for _, t := range all {
		b.weight += int(t.weight)
		if last := len(b.tokens) - 1; last >= 0 && b.tokens[last].id == t.id {
			b.tokens[last].count++
			continue
		}
		b.tokens = append(b.tokens, t)
	}
	return b
}

// heavyRunes is the length from which words weigh no more.
const heavyRunes = 12

// tokenWeight is 1 for a mark, else one more than the runes of the word.
func tokenWeight(text string) int32 {
	if r, _ := utf8.DecodeRuneInString(text); !unicode.IsLetter(r) && !unicode.IsNumber(r) {
		return 1
	}
	return int32(1 + min(heavyRunes, utf8.RuneCountInString(text)))
}

// common is the weight of what both bags hold.
func (b bag) common(c bag) int {
	sum := 0
	for i, j := 0, 0; i < len(b.tokens) && j < len(c.tokens); {
		x, y := b.tokens[i], c.tokens[j]
		switch {
		case x.id < y.id:
			i++
		case x.id > y.id:
			j++
		default:
			sum += int(x.weight * min(x.count, y.count))
			i, j = i+1, j+1
		}
	}
	return sum
}

func (b bag) dice(c bag) float64 {
	if b.weight+c.weight == 0 {
		return 1
	}
	return 2 * float64(b.common(c)) / float64(b.weight+c.weight)
}
