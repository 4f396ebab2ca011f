package diff

import "math"

// aligner finds longest common subsequences of numbers, always the same one of several:
// what both begin with and what they end with stays; of the rest, the walk back through
// the table of answers gives up an old number wherever it can, then a new one, so that
// the first of equals stay. Anyone can check that with the plain table of dynamic
// programming; here a row of it is one bit a number (see exact_bits.go for the papers),
// and of many rows only some are kept: those between are made again on the way back.
type aligner struct {
	cells int64 // that may still be looked at, in this version

	local  map[int32]int32 // number → its bit mask
	masks  []uint64
	rows   []uint64 // kept: every step-th
	block  []uint64 // the rows of the stretch that is walked through
	result []aligned
}

// aligned says that number i of the old row is number j of the new one.
type aligned struct{ i, j int }

// alignCells bounds the cells of the tables of one version, as maxCells does in a diff.
// What is beyond is not compared.
const alignCells = maxCells

func (x *aligner) begin() { x.cells = alignCells }

// run gives the pairs, in order. They are valid until the next call.
func (x *aligner) run(p, q []int32) []aligned {
	x.result = x.result[:0]
	head, tail := 0, 0
	for head < min(len(p), len(q)) && p[head] == q[head] {
		x.result = append(x.result, aligned{head, head})
		head++
	}
	for tail < min(len(p), len(q))-head && p[len(p)-1-tail] == q[len(q)-1-tail] {
		tail++
	}
	n, m := len(p)-head-tail, len(q)-head-tail
	if cells := int64(n) * int64(m); cells > 0 && cells <= x.cells {
		x.cells -= cells
		x.middle(p[head:head+n], q[head:head+m], head)
	}
	for k := range tail {
		x.result = append(x.result, aligned{head + n + k, head + m + k})
	}
	return x.result
}

// middle appends the pairs of p and q, whose places are counted from base.
func (x *aligner) middle(p, q []int32, base int) {
	width := (len(p) + 63) / 64
	if !x.index(p, q, width) {
		return
	}
	step := int(math.Sqrt(float64(len(q)))) + 1
	x.rows = grow(x.rows, (len(q)/step+1)*width)
	x.block = grow(x.block, (step+1)*width)
	row := x.block[:width]
	for w := range row {
		row[w] = ^uint64(0)
	}
	for j, number := range q {
		if j%step == 0 {
			copy(x.rows[j/step*width:], row)
		}
		x.advance(row, number, width)
	}
	first := len(x.result)
	i := len(p)
	for top := (len(q) - 1) / step; top >= 0 && i > 0; top-- {
		from, to := top*step, min(len(q), (top+1)*step)
		copy(x.block[:width], x.rows[top*width:(top+1)*width])
		for j := from; j < to; j++ {
			next := x.block[(j-from+1)*width : (j-from+2)*width]
			copy(next, x.block[(j-from)*width:])
			x.advance(next, q[j], width)
		}
		adds := func(i, j int) bool { return x.block[(j-from)*width+i>>6]>>(i&63)&1 == 0 }
		for j := to; j > from && i > 0; {
			switch {
			case !adds(i-1, j):
				i--
			case adds(i-1, j-1):
				j--
			default:
				i, j = i-1, j-1
				x.result = append(x.result, aligned{base + i, base + j})
			}
		}
	}
	for a, b := first, len(x.result)-1; a < b; a, b = a+1, b-1 {
		x.result[a], x.result[b] = x.result[b], x.result[a]
	}
}

// index gives each number of p that q has too its mask; false where there is none.
func (x *aligner) index(p, q []int32, width int) bool {
	if x.local == nil {
		x.local = map[int32]int32{}
	}
	clear(x.local)
	for _, number := range q {
		x.local[number] = -1
	}
	masks := int32(0)
	for _, number := range p {
		if at, ok := x.local[number]; ok && at < 0 {
			x.local[number] = masks
			masks++
		}
	}
	x.masks = grow(x.masks, int(masks)*width)
	clear(x.masks)
	for i, number := range p {
		if at, ok := x.local[number]; ok {
			x.masks[int(at)*width+i>>6] |= 1 << (i & 63)
		}
	}
	return masks > 0
}

// advance turns the row of the answers so far into that for one more number.
func (x *aligner) advance(row []uint64, number int32, width int) {
	if at := x.local[number]; at >= 0 {
		advanceDense(row, x.masks[int(at)*width:(int(at)+1)*width])
	}
}
