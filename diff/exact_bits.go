package diff

import (
	"math/bits"
	"slices"
)

// The longest common subsequence by bit rows: Crochemore, Iliopoulos, Pinzon and
// Reid (2001) in the form of Hyyrö (2004). Bit i of a row is 0 where the answer for
// p[:i+1] is greater by one than that for p[:i]; a row for one more token of q comes
// of the row before by one addition:
//
//	V = (V + (V & M)) | (V &^ M)        M: where the token stands in p
//
// so 64 cells cost a few instructions. Most words of a text are rare, and their M
// is nearly all zeros: then only the words of the row that hold a 1 of M, and those
// that a carry runs through, are touched.

// bitScratch holds where each token of p stands.
type bitScratch struct {
	local  []int32  // id → place among the ids of p, -1 where p lacks it
	starts []int32  // per local id: its first entry in words
	counts []int32  // per local id, while counting
	words  []int32  // entries: number of a word of the row
	masks  []uint64 // and the bits of it
	dense  []uint64 // whole M rows of the frequent ids
	row    []int32  // per local id: its row in dense, -1 for none
	width  int      // words of a row
	v      []uint64
}

// prepare indexes p and estimates the words that rows for q would touch.
func (s *bitScratch) prepare(p, q []int32) (cost int64) {
	s.width = (len(p) + 63) / 64
	s.local = s.local[:0]
	greatest := int32(0)
	for _, id := range p {
		greatest = max(greatest, id)
	}
	s.local = grow(s.local, int(greatest)+1)
	for i := range s.local {
		s.local[i] = -1
	}
	s.counts = s.counts[:0]
	last := grow(s.row, len(p)) // per local id: the word of its latest entry
	for i, id := range p {
		k := s.local[id]
		if k < 0 {
			k = int32(len(s.counts))
			s.local[id] = k
			s.counts = append(s.counts, 0)
			last[k] = -1
		}
		if w := int32(i / 64); last[k] != w {
			last[k] = w
			s.counts[k]++
		}
	}
	s.index(p, last)
	for _, id := range q {
		if id > greatest || s.local[id] < 0 {
			continue
		}
		cost += int64(min(s.counts[s.local[id]]+2, int32(s.width)))
	}
	return cost
}

// index fills the entries of each id and the rows of the frequent ones.
func (s *bitScratch) index(p, last []int32) {
	s.starts = grow(s.starts, len(s.counts)+1)
	total := int32(0)
	for k, n := range s.counts {
		s.starts[k] = total
		total += n
	}
	s.starts[len(s.counts)] = total
	s.words, s.masks = grow(s.words, int(total)), grow(s.masks, int(total))
	next := append([]int32(nil), s.starts[:len(s.counts)]...)
	for k := range s.counts {
		last[k] = -1
	}
	for i, id := range p {
		k, w := s.local[id], int32(i/64)
		if last[k] != w {
			last[k] = w
			s.words[next[k]], s.masks[next[k]] = w, 0
			next[k]++
		}
		s.masks[next[k]-1] |= 1 << (i % 64)
	}
	s.row = last[:len(s.counts)]
	rows := int32(0)
	for k, n := range s.counts {
		s.row[k] = -1
		if 3*int(n) >= s.width {
			s.row[k] = rows
			rows++
		}
	}
	s.dense = grow(s.dense, int(rows)*s.width)
	clear(s.dense)
	for k, r := range s.row {
		if r < 0 {
			continue
		}
		m := s.dense[int(r)*s.width:][:s.width]
		for e := s.starts[k]; e < s.starts[k+1]; e++ {
			m[s.words[e]] = s.masks[e]
		}
	}
}

// grow gives a slice of n elements, of old memory where that is enough. What they
// hold is undefined.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// growClear is grow for memory that is all zeros whenever nobody works on it: what
// it gives is zero.
func growClear[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// advance turns the row v into the next, for the token q[j], and gives the number of
// words that it touched. Tiles, if any, note what is carried between their columns.
func (s *bitScratch) advance(v []uint64, id int32, t *tileScratch, j int) int64 {
	if int(id) >= len(s.local) || s.local[id] < 0 {
		return 0
	}
	k := s.local[id]
	r := s.row[k]
	if r < 0 {
		from, to := s.starts[k], s.starts[k+1]
		return advanceSparse(v, s.words[from:to], s.masks[from:to], t, j)
	}
	m := s.dense[int(r)*s.width:][:s.width]
	if t == nil {
		advanceDense(v, m)
		return int64(s.width)
	}
	carry := uint64(0)
	for w := 0; w < len(v); w += tileWords {
		t.carries[w/tileWords*t.stride+j>>6] |= carry << (j & 63)
		end := min(w+tileWords, len(v))
		carry = addDense(v[w:end], m[w:end], carry)
	}
	return int64(s.width)
}

// next makes the row v of the row before it, for one more token of q, and gives the
// number of words that it touched.
func (s *bitScratch) next(before, v []uint64, id int32) int64 {
	if int(id) < len(s.local) && s.local[id] >= 0 {
		if r := s.row[s.local[id]]; r >= 0 {
			nextDense(before, v, s.dense[int(r)*s.width:][:s.width])
			return int64(s.width)
		}
	}
	copy(v, before)
	return s.advance(v, id, nil, 0)
}

// nextDense makes the row v of the row before it with a whole row of masks.
func nextDense(before, v, m []uint64) {
	n := len(m)
	before, v = before[:n], v[:n]
	var carry uint64
	w := 0
	for ; w <= n-4; w += 4 {
		// as in addDense; arrays, for slices that advance cost more than the sums
		b, k, to := (*[4]uint64)(before[w:]), (*[4]uint64)(m[w:]), (*[4]uint64)(v[w:])
		x0, x1, x2, x3 := b[0], b[1], b[2], b[3]
		u0, u1, u2, u3 := x0&k[0], x1&k[1], x2&k[2], x3&k[3]
		var s0, s1, s2, s3 uint64
		s0, carry = bits.Add64(x0, u0, carry)
		s1, carry = bits.Add64(x1, u1, carry)
		s2, carry = bits.Add64(x2, u2, carry)
		s3, carry = bits.Add64(x3, u3, carry)
		to[0], to[1], to[2], to[3] = s0|(x0^u0), s1|(x1^u1), s2|(x2^u2), s3|(x3^u3)
	}
	for ; w < n; w++ {
		var sum uint64
		x := before[w]
		sum, carry = bits.Add64(x, x&m[w], carry)
		v[w] = sum | x&^m[w]
	}
}

// advanceDense adds with a whole row of masks.
func advanceDense(v, m []uint64) { addDense(v, m, 0) }

// addDense adds with a part of a row of masks, and gives what is carried out of it.
func addDense(v, m []uint64, carry uint64) uint64 {
	m = m[:len(v)]
	for len(v) >= 4 && len(m) >= 4 {
		// the carries stay in the processor's flag while nothing else is computed
		x0, x1, x2, x3 := v[0], v[1], v[2], v[3]
		m0, m1, m2, m3 := m[0], m[1], m[2], m[3]
		u0, u1, u2, u3 := x0&m0, x1&m1, x2&m2, x3&m3
		var s0, s1, s2, s3 uint64
		s0, carry = bits.Add64(x0, u0, carry)
		s1, carry = bits.Add64(x1, u1, carry)
		s2, carry = bits.Add64(x2, u2, carry)
		s3, carry = bits.Add64(x3, u3, carry)
		v[0], v[1], v[2], v[3] = s0|(x0^u0), s1|(x1^u1), s2|(x2^u2), s3|(x3^u3)
		v, m = v[4:], m[4:]
	}
	for w, x := range v {
		var sum uint64
		sum, carry = bits.Add64(x, x&m[w], carry)
		v[w] = sum | x&^m[w]
	}
	return carry
}

// advanceSparse adds where the token stands, and as far as that carries.
func advanceSparse(v []uint64, words []int32, masks []uint64, t *tileScratch, j int) (steps int64) {
	masks = masks[:len(words)]
	for e := 0; e < len(words); {
		w := int(words[e])
		x, m := v[w], masks[e]
		sum, carry := bits.Add64(x, x&m, 0)
		v[w] = sum | x&^m
		e, w, steps = e+1, w+1, steps+1
		for carry != 0 && w < len(v) {
			if w%tileWords == 0 && t != nil {
				t.carries[w/tileWords*t.stride+j>>6] |= 1 << (j & 63)
			}
			x, m = v[w], 0
			if e < len(words) && int(words[e]) == w {
				m = masks[e]
				e++
			}
			sum, carry = bits.Add64(x, x&m, carry)
			v[w] = sum | x&^m
			w, steps = w+1, steps+1
		}
	}
	return steps
}

// bitLCS appends the pairs of a longest common subsequence. The scratch must be
// prepared for p.
func (x *exactScratch) bitLCS(p, q sequence) {
	width := x.bits.width
	if int64(width)*int64(q.len()+1) > rowWords {
		x.tiledLCS(p, q)
		return
	}
	x.bits.v = grow(x.bits.v, width*(q.len()+1))
	table := x.bits.v
	for w := range width {
		table[w] = ^uint64(0)
	}
	for j, id := range q.id {
		x.steps += x.bits.next(table[j*width:(j+1)*width], table[(j+1)*width:(j+2)*width], id)
	}
	first := len(x.pairs)
	x.bitBack(p, q, table)
	slices.Reverse(x.pairs[first:])
}

// bitBack walks back through the rows of a table and appends the pairs, the last first.
// In each row it goes left to the first place that holds the row's token or adds one to
// the answer: a pair in the first case, and one row up in both.
func (x *exactScratch) bitBack(p, q sequence, table []uint64) {
	s := &x.bits
	width := s.width
	x.pairs = slices.Grow(x.pairs, min(p.len(), q.len())+1)
	pairs := x.pairs[:cap(x.pairs)]
	n := len(x.pairs)
	i := p.len() - 1
	for j := q.len() - 1; j >= 0 && i >= 0; j-- {
		v := table[(j+1)*width : (j+2)*width]
		id := q.id[j]
		r := int32(-1)
		if int(id) < len(s.local) && s.local[id] >= 0 {
			r = s.row[s.local[id]]
		}
		if r < 0 {
			for i >= 0 && p.id[i] != id && v[i>>6]>>(i&63)&1 != 0 {
				i--
			}
			if i >= 0 && p.id[i] == id {
				pairs[n] = pair{p.at[i], q.at[j]}
				n, i = n+1, i-1
			}
			continue
		}
		m := s.dense[int(r)*width:][:len(v)]
		w := i >> 6
		stop := (^v[w] | m[w]) << (63 - i&63)
		for ; stop == 0 && w > 0; w-- {
			stop = ^v[w-1] | m[w-1]
			i = w<<6 - 1
		}
		if stop == 0 {
			break
		}
		i -= bits.LeadingZeros64(stop)
		is := int(m[i>>6] >> (i & 63) & 1)
		pairs[n] = pair{p.at[i], q.at[j]} // stays if it is one
		n, i = n+is, i-is
	}
	x.pairs = pairs[:n]
}
