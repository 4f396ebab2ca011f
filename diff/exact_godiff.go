package diff

import (
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// goDiff solves a small problem with go-diff, which is exact and quick there. It
// gets each id as a rune of its own. Its timeout is off, for a clock must not
// decide what a diff says, and none of its clean-ups, which know nothing of words,
// is used.
func (x *exactScratch) goDiff(p, q sequence) {
	x.runes[0] = appendRunes(x.runes[0][:0], p.id)
	x.runes[1] = appendRunes(x.runes[1][:0], q.id)
	engine := diffmatchpatch.DiffMatchPatch{}
	i, j := 0, 0
	for _, d := range engine.DiffMainRunes(x.runes[0], x.runes[1], false) {
		n := utf8.RuneCountInString(d.Text)
		switch d.Type {
		case diffmatchpatch.DiffDelete:
			i += n
		case diffmatchpatch.DiffInsert:
			j += n
		case diffmatchpatch.DiffEqual:
			for range n {
				x.pairs = append(x.pairs, pair{p.at[i], q.at[j]})
				i, j = i+1, j+1
			}
		}
	}
}

const (
	firstSurrogate, surrogates = 0xd800, 0x800
	// maxRunes is the greatest number of ids that can be told apart as runes.
	maxRunes = utf8.MaxRune + 1 - surrogates
)

// appendRunes numbers the ids in a way that go-diff's trip through strings can't
// harm: no surrogate, and nothing beyond U+10FFFF as long as there are no more than
// maxRunes ids.
func appendRunes(dst []rune, ids []int32) []rune {
	for _, id := range ids {
		if id >= firstSurrogate {
			id += surrogates
		}
		dst = append(dst, id)
	}
	return dst
}
