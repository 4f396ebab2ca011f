package diff

import "math/bits"

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

// advance turns the row v into the next, for one more token of q, and gives the
// number of words that it touched.
func (s *bitScratch) advance(v []uint64, id int32) int64 {
	if int(id) >= len(s.local) || s.local[id] < 0 {
		return 0
	}
	k := s.local[id]
	if r := s.row[k]; r >= 0 {
		advanceDense(v, s.dense[int(r)*s.width:])
		return int64(s.width)
	}
	return advanceSparse(v, s.words[s.starts[k]:s.starts[k+1]], s.masks[s.starts[k]:s.starts[k+1]])
}

func advanceDense(v, m []uint64) {
	m = m[:len(v)]
	var carry uint64
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
}

func advanceSparse(v []uint64, words []int32, masks []uint64) (steps int64) {
	masks = masks[:len(words)]
	for e := 0; e < len(words); {
		w := int(words[e])
		x, m := v[w], masks[e]
		sum, carry := bits.Add64(x, x&m, 0)
		v[w] = sum | x&^m
		e, w, steps = e+1, w+1, steps+1
		for carry != 0 && w < len(v) {
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
func (x *exactScratch) bitLCS(p, q sequence, depth int) {
	if int64(x.bits.width)*int64(q.len()+1) > rowWords {
		x.hirschberg(p, q, depth)
		return
	}
	width := x.bits.width
	x.bits.v = grow(x.bits.v, width*(q.len()+1))
	table := x.bits.v
	for w := range width {
		table[w] = ^uint64(0)
	}
	for j, id := range q.id {
		row := table[(j+1)*width : (j+2)*width]
		copy(row, table[j*width:])
		x.steps += x.bits.advance(row, id)
	}
	zero := func(i, j int) bool { return table[j*width+i>>6]>>(i&63)&1 == 0 }
	first := len(x.pairs)
	for i, j := p.len(), q.len(); i > 0 && j > 0; {
		switch {
		case !zero(i-1, j): // p[i-1] adds nothing
			i--
		case zero(i-1, j-1): // q[j-1] adds nothing
			j--
		default:
			i, j = i-1, j-1
			x.pairs = append(x.pairs, pair{p.at[i], q.at[j]})
		}
	}
	for a, b := first, len(x.pairs)-1; a < b; a, b = a+1, b-1 {
		x.pairs[a], x.pairs[b] = x.pairs[b], x.pairs[a]
	}
}

// hirschberg splits q in halves and p where the answers for both sum to the most
// (Hirschberg 1975), so that no table is kept.
func (x *exactScratch) hirschberg(p, q sequence, depth int) {
	half := q.len() / 2
	row := x.lastRow(q.id[:half])
	ahead := make([]int32, p.len()+1) // answers for p[:i] and q[:half]
	for i := range p.len() {
		ahead[i+1] = ahead[i] + int32(^row[i>>6]>>(i&63)&1)
	}
	back, rest := reversed(p.id), reversed(q.id[half:])
	x.bits.prepare(back, rest)
	row = x.lastRow(rest)
	cut, best, behind := p.len(), ahead[p.len()], int32(0)
	for k := range p.len() { // behind: for p[i:] and q[half:], i = len-1-k
		behind += int32(^row[k>>6] >> (k & 63) & 1)
		if i := p.len() - 1 - k; ahead[i]+behind > best {
			cut, best = i, ahead[i]+behind
		}
	}
	x.halves++
	x.solve(p.slice(0, cut), q.slice(0, half), depth)
	x.solve(p.slice(cut, p.len()), q.slice(half, q.len()), depth)
	x.halves--
}

// lastRow gives the row behind all of q, in memory that the next call uses again.
func (x *exactScratch) lastRow(q []int32) []uint64 {
	s := &x.bits
	s.v = grow(s.v, s.width)
	for w := range s.v {
		s.v[w] = ^uint64(0)
	}
	for _, id := range q {
		x.steps += s.advance(s.v, id)
	}
	return s.v
}

func reversed(ids []int32) []int32 {
	r := make([]int32, len(ids))
	for i, id := range ids {
		r[len(ids)-1-i] = id
	}
	return r
}
