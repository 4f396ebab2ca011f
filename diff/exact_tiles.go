package diff

import (
	"math/bits"
	"slices"
)

// Where the rows of a problem are too many to keep, every tileRows-th is kept, and of
// all rows what was carried into every tileWords-th word: one bit. From these, any
// tile of the table can be made again by itself. The way back through the table
// crosses few tiles, so that the work is hardly more than that of the rows, where
// the halves of Hirschberg (1975) take twice as much; and a table of 10¹⁰ cells
// leaves some 6 MB. What a tile needs of its neighbours, its first row and one
// difference a row at its edge, is that of Masek and Paterson (1980).

const (
	// tileRows and tileWords are the size of a tile: in tokens, and in words of a row.
	tileRows, tileWords = 256, 32
)

// tileScratch holds what is kept of a table of bit rows, and the tile at hand.
type tileScratch struct {
	rows    []uint64 // every tileRows-th row, one after the other
	carries []uint64 // per column of tiles: a bit per token of q
	stride  int      // words of carries per column

	column int      // first word of the column at hand, -1 for none
	local  []int32  // id → where its masks begin, -1 for none
	masks  []uint64 // where the ids stand in the column
	none   [tileWords]uint64
	tile   []uint64 // rows of the tile, the one before it first
}

// tiledLCS appends the pairs of a longest common subsequence. The bit scratch must be
// prepared for p.
func (x *exactScratch) tiledLCS(p, q sequence) {
	s, t := &x.bits, &x.tiles
	width, height := s.width, q.len()
	t.rows = grow(t.rows, (height+tileRows-1)/tileRows*width)
	t.stride = (height + 63) / 64
	t.carries = grow(t.carries, (width+tileWords-1)/tileWords*t.stride)
	clear(t.carries)
	s.v = grow(s.v, width)
	for w := range s.v {
		s.v[w] = ^uint64(0)
	}
	for j, id := range q.id {
		if j%tileRows == 0 {
			copy(t.rows[j/tileRows*width:][:width], s.v)
		}
		x.steps += s.advance(s.v, id, t, j)
	}
	t.column = -1
	t.local = grow(t.local, len(s.local))
	for k := range t.local {
		t.local[k] = -1
	}
	first := len(x.pairs)
	for i, j := p.len(), height; i > 0 && j > 0; {
		i, j = x.throughTile(p, q, i, j)
	}
	slices.Reverse(x.pairs[first:])
}

// throughTile makes the tile again that holds the end of p[:i] and q[:j], walks back
// through it, and gives the place where it left it.
func (x *exactScratch) throughTile(p, q sequence, i, j int) (int, int) {
	t := &x.tiles
	above := (j - 1) / tileRows * tileRows
	t.enter(p, (i-1)/64/tileWords*tileWords)
	left := t.column * 64
	width := (i - left + 63) / 64
	t.tile = grow(t.tile, (j-above+1)*width)
	copy(t.tile[:width], t.rows[above/tileRows*x.bits.width+t.column:])
	carries := t.carries[t.column/tileWords*t.stride:]
	for k, id := range q.id[above:j] {
		row := t.tile[k*width : (k+2)*width]
		masks := t.none[:width]
		if int(id) < len(t.local) && t.local[id] >= 0 {
			masks = t.masks[t.local[id]:][:width]
		}
		carry := carries[(above+k)>>6] >> ((above + k) & 63) & 1
		for w, m := range masks {
			v := row[w]
			var sum uint64
			sum, carry = bits.Add64(v, v&m, carry)
			row[width+w] = sum | v&^m
		}
	}
	x.steps += int64((j - above) * width)
	for i > left && j > above {
		switch {
		case p.id[i-1] == q.id[j-1]:
			i, j = i-1, j-1
			x.pairs = append(x.pairs, pair{p.at[i], q.at[j]})
		case t.tile[(j-above)*width+(i-1-left)>>6]>>((i-1)&63)&1 != 0: // p[i-1] adds nothing
			i--
		default: // q[j-1] adds nothing
			j--
		}
	}
	return i, j
}

// enter makes the masks of the column of tiles that begins at a word of the rows.
func (t *tileScratch) enter(p sequence, column int) {
	if column == t.column {
		return
	}
	if t.column >= 0 {
		for _, id := range t.tokens(p) {
			t.local[id] = -1
		}
	}
	t.column = column
	t.masks = t.masks[:0]
	for k, id := range t.tokens(p) {
		if t.local[id] < 0 {
			t.local[id] = int32(len(t.masks))
			t.masks = append(t.masks, t.none[:]...)
		}
		t.masks[int(t.local[id])+k>>6] |= 1 << (k & 63)
	}
}

// tokens gives the ids of the column at hand.
func (t *tileScratch) tokens(p sequence) []int32 {
	return p.id[t.column*64 : min(p.len(), (t.column+tileWords)*64)]
}
