package diff

import (
	"slices"
	"strings"
)

// Anchors: lines that stand once in both stretches tie the stretches together, as
// patience diff (Bram Cohen) has it, so that only what lies between is tokenised.
// Of the anchors that cross, the chain with the most bytes stays. Blank and short
// lines never anchor: they say nothing about what belongs together.

const (
	// minAnchored is the length that a stretch must exceed to be worth anchoring.
	minAnchored = 256
	// minLine is the least length of a line that anchors.
	minLine = 12
	// anchorDepth bounds how often the parts between anchors are anchored again.
	anchorDepth = 8
)

// anchorScratch holds the lines of the old stretch and where they were found.
type anchorScratch struct {
	lines []line
	slots []int32 // open hash table: index in lines + 1, 0 is free
	chain []knot  // chains in use, one after the other
	best  []chainEnd
	gone  [][2]int // where the lines stand that a walk took for changed
	come  [][2]int
	left  int // places of the hash table that may still be looked at in vain
}

// line is a line of the old stretch, without its line end.
type line struct {
	start, end int
	hash       uint64
	there      int // where it starts in the new text
	old, new   int32
}

// knot is a line that both texts have: length bytes at a and at b.
type knot struct{ a, b, length int }

// anchored splits two stretches at their anchors and diffs the parts. It says false,
// and adds nothing, where there is no anchor.
func (e *engine) anchored(a0, a1, b0, b1, depth int) bool {
	if depth >= anchorDepth || strings.IndexByte(e.a[a0:a1], '\n') < 0 && strings.IndexByte(e.b[b0:b1], '\n') < 0 {
		return false // a line on either side, which differ
	}
	base := len(e.anchor.chain)
	if !e.walk(a0, a1, b0, b1) {
		e.collect(a0, a1, b0, b1)
	}
	chain := heaviest(e.anchor.chain[base:], &e.anchor)
	for _, k := range chain {
		if e.a[a0:k.a] == e.b[b0:k.b] {
			e.addEqual(a0, k.a, b0, k.b)
		} else {
			e.region(a0, k.a, b0, k.b, depth+1)
		}
		a0, b0 = k.a+k.length, k.b+k.length
		e.addEqual(k.a, a0, k.b, b0)
	}
	if len(chain) > 0 {
		e.region(a0, a1, b0, b1, depth+1)
	}
	e.anchor.chain = e.anchor.chain[:base]
	return len(chain) > 0
}

// collect appends to the chain, in old order, the lines that both stretches have
// exactly once.
func (e *engine) collect(a0, a1, b0, b1 int) {
	s := &e.anchor
	s.lines = s.lines[:0]
	for i := a0; i < a1; {
		start, end, next := lineAt(e.a, i, a1)
		if anchors(e.a[start:end]) {
			s.lines = append(s.lines, line{start: start, end: end, hash: fingerprint(e.a[start:end])})
		}
		i = next
	}
	size := 16
	for size < 2*len(s.lines) {
		size *= 2
	}
	s.slots = grow(s.slots, size)
	clear(s.slots)
	mask := uint64(size - 1)
	s.left = maxProbes*len(s.lines) + 1000
	for k := range s.lines {
		l := &s.lines[k]
		at := s.slot(l.hash, mask)
		if s.left < 0 {
			return // someone chose the lines: no anchors
		}
		if s.slots[at] == 0 {
			s.slots[at] = int32(k + 1)
		}
		s.lines[s.slots[at]-1].old++
	}
	for j := b0; j < b1; {
		start, end, next := lineAt(e.b, j, b1)
		if anchors(e.b[start:end]) {
			if k := s.slots[s.slot(fingerprint(e.b[start:end]), mask)]; k > 0 {
				s.lines[k-1].there = start
				s.lines[k-1].new++
			}
			if s.left += maxProbes; s.left < 0 {
				return
			}
		}
		j = next
	}
	for _, l := range s.lines {
		if n := l.end - l.start; l.old == 1 && l.new == 1 && l.there+n <= b1 && e.a[l.start:l.end] == e.b[l.there:l.there+n] {
			s.chain = append(s.chain, knot{l.start, l.there, n})
		}
	}
}

// slot finds the place of a hash in the table: free, or that of the same hash.
func (s *anchorScratch) slot(hash, mask uint64) uint64 {
	k := hash >> 32 & mask
	for s.slots[k] != 0 && s.lines[s.slots[k]-1].hash != hash {
		k = (k + 1) & mask
		s.left--
	}
	return k
}

// lineAt gives the line of s[:limit] that starts at i, without its line end, and the
// start of the next.
func lineAt(s string, i, limit int) (start, end, next int) {
	end = strings.IndexByte(s[i:limit], '\n')
	if end < 0 {
		return i, limit, limit
	}
	end += i
	next = end + 1
	if end > i && s[end-1] == '\r' {
		end--
	}
	return i, end, next
}

// anchors says whether a line can be an anchor.
func anchors(text string) bool {
	return len(text) >= minLine && !isWhite(text)
}

// fingerprint hashes the ends, the middle and the length of a line of minLine bytes
// or more: a constant time, however long it is. Lines that it takes for each other
// are compared before they count as anchors.
func fingerprint(text string) uint64 {
	n := len(text)
	h := mix(uint64(n) ^ load64(text, 0))
	h = mix(h ^ load64(text, n-8))
	if n > 16 {
		h = mix(h ^ load64(text, n/2-4))
	}
	if n > 24 {
		h = mix(h ^ load64(text, 8))
		h = mix(h ^ load64(text, n-16))
	}
	return h
}

// chainEnd is the weight of the best chain that ends in a knot, and the knot before.
type chainEnd struct {
	weight int
	before int32
}

// heaviest gives the part of the knots, which are in old order, that is in new order
// too and has the most bytes. It works in place.
func heaviest(knots []knot, s *anchorScratch) []knot {
	sorted := true
	for k := 1; k < len(knots) && sorted; k++ {
		sorted = knots[k-1].b < knots[k].b
	}
	if sorted {
		return knots
	}
	rank := ranks(knots)
	// a Fenwick tree over the ranks: the heaviest chain among the smaller ones
	s.best = grow(s.best, 2*len(knots)+1)
	ends, tree := s.best[:len(knots)], s.best[len(knots):]
	for i := range tree {
		tree[i] = chainEnd{0, -1}
	}
	top := chainEnd{0, -1}
	for k, c := range knots {
		best := chainEnd{0, -1}
		for r := rank[k]; r > 0; r -= r & -r {
			if tree[r].weight > best.weight {
				best = tree[r]
			}
		}
		ends[k] = chainEnd{best.weight + c.length, best.before}
		here := chainEnd{ends[k].weight, int32(k)}
		for r := rank[k] + 1; r < len(tree); r += r & -r {
			if here.weight > tree[r].weight {
				tree[r] = here
			}
		}
		if here.weight > top.weight {
			top = here
		}
	}
	for k := range knots {
		rank[k] = 0
	}
	for k := top.before; k >= 0; k = ends[k].before {
		rank[k] = 1
	}
	chain := knots[:0]
	for k, c := range knots {
		if rank[k] == 1 {
			chain = append(chain, c)
		}
	}
	return chain
}

// ranks gives the place of each knot in new order.
func ranks(knots []knot) []int {
	order := make([]int, len(knots))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(x, y int) int { return knots[x].b - knots[y].b })
	rank := make([]int, len(knots))
	for r, k := range order {
		rank[k] = r
	}
	return rank
}
