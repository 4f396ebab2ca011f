package diff

import "slices"

// wordBits is the length up to which a sequence fits a row of one machine word.
const wordBits = 64

// wordLCS appends the pairs of a longest common subsequence where the shorter
// sequence fits one word: the bit rows of exact_bits.go without their tables. The
// row of each token is kept to walk back through.
func (x *exactScratch) wordLCS(p, q sequence) {
	short, long, swapped := p, q, false
	if p.len() > q.len() {
		short, long, swapped = q, p, true
	}
	x.masks = growClear(x.masks, len(x.reps))
	masks := x.masks
	for i, id := range short.id {
		masks[id] |= 1 << i
	}
	x.rows = grow(x.rows, long.len()+1)
	rows := x.rows[:long.len()+1]
	v := ^uint64(0)
	rows[0] = v
	for j, id := range long.id {
		u := v & masks[id]
		v = (v + u) | (v - u)
		rows[j+1] = v
	}
	for _, id := range short.id {
		masks[id] = 0
	}
	x.steps += int64(long.len())
	first := len(x.pairs)
	for i, j := short.len()-1, long.len(); i >= 0 && j > 0; {
		switch {
		case short.id[i] == long.id[j-1]:
			if swapped {
				x.pairs = append(x.pairs, pair{long.at[j-1], short.at[i]})
			} else {
				x.pairs = append(x.pairs, pair{short.at[i], long.at[j-1]})
			}
			i, j = i-1, j-1
		case rows[j]>>i&1 != 0: // short[i] adds nothing
			i--
		default: // long[j-1] adds nothing
			j--
		}
	}
	slices.Reverse(x.pairs[first:])
}
