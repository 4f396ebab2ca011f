package diff

// Beyond the work bound there is no exact answer. A problem of that size is split
// at tokens that each side has once, as patience diff does it with lines, or at rows
// of three tokens where single tokens all repeat; where there is neither, the
// stretch is replaced as a whole.

// splitDepth bounds how often the parts of a split are split again.
const splitDepth = 16

// shingle is a row of three ids.
type shingle [3]int32

// split solves the parts between unique tokens or shingles.
func (x *exactScratch) split(p, q sequence, depth int) {
	x.steps += int64(p.len() + q.len())
	if depth >= splitDepth {
		return
	}
	width := 1
	chain := uniqueChain(p.id, q.id, 1)
	if len(chain) == 0 {
		width = 3
		chain = uniqueChain(p.id, q.id, 3)
	}
	if len(chain) == 0 {
		return
	}
	i, j := 0, 0
	for _, c := range chain {
		ci, cj := int(c.i), int(c.j)
		if ci < i || cj < j { // overlaps the shingle before
			continue
		}
		x.solve(p.slice(i, ci), q.slice(j, cj), depth+1)
		for k := range width {
			x.pairs = append(x.pairs, pair{p.at[ci+k], q.at[cj+k]})
		}
		i, j = ci+width, cj+width
	}
	x.solve(p.slice(i, p.len()), q.slice(j, q.len()), depth+1)
}

// uniqueChain gives the longest increasing chain of places whose rows of width ids
// stand once in a and once in b.
func uniqueChain(a, b []int32, width int) []pair {
	type place struct{ inA, inB, nA, nB int32 }
	at := func(s []int32, i int) (key shingle) {
		copy(key[:], s[i:i+width])
		return key
	}
	places := make(map[shingle]place, len(a))
	for i := 0; i+width <= len(a); i++ {
		key := at(a, i)
		e := places[key]
		e.inA, e.nA = int32(i), e.nA+1
		places[key] = e
	}
	for j := 0; j+width <= len(b); j++ {
		if e, ok := places[at(b, j)]; ok {
			e.inB, e.nB = int32(j), e.nB+1
			places[at(b, j)] = e
		}
	}
	var found []pair
	for i := 0; i+width <= len(a); i++ {
		if e := places[at(a, i)]; e.nA == 1 && e.nB == 1 {
			found = append(found, pair{int32(i), e.inB})
		}
	}
	return increasing(found)
}

// increasing gives the longest part of the list, which is sorted by i, in which j
// increases too (patience sorting).
func increasing(list []pair) []pair {
	var piles []int32 // the list index on top of each pile
	before := make([]int32, len(list))
	for k, c := range list {
		lo, hi := 0, len(piles)
		for lo < hi {
			if mid := (lo + hi) / 2; list[piles[mid]].j < c.j {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		before[k] = -1
		if lo > 0 {
			before[k] = piles[lo-1]
		}
		if lo == len(piles) {
			piles = append(piles, 0)
		}
		piles[lo] = int32(k)
	}
	chain := make([]pair, len(piles))
	if len(piles) == 0 {
		return chain
	}
	for k, n := piles[len(piles)-1], len(piles)-1; k >= 0; k, n = before[k], n-1 {
		chain[n] = list[k]
	}
	return chain
}
