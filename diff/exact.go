package diff

import (
	"math/bits"
	"strings"
)

// The exact core: the longest common subsequence of the tokens of two stretches.
//
// Tokens are interned, so that the rest compares small numbers; tokens that the
// other side lacks are dropped, which shortens the work and can't change its
// result; what is left goes to the engine that is cheapest for its size. Only
// beyond the work bound is the answer allowed to be less than longest.

const (
	// goDiffCells is the greatest n·m that go-diff gets: two tokens against three.
	// There it costs nothing that could be seen in a diff; rows of one word do the same
	// in a fifth of its time, and in a twentieth from 6 × 6 on.
	goDiffCells = 6
	// rowWords is the greatest size, in 64-bit words, of a table of bit rows that is
	// kept to walk back through: 16 MiB.
	rowWords = 1 << 21
	// maxCells is the greatest n·m that is solved exactly.
	maxCells = 1e10
	// budgetCells bounds the cells of a whole diff.
	budgetCells = 4e10
)

// pair says that token i of the old stretch is token j of the new one.
type pair struct{ i, j int32 }

// exactScratch is what the exact core works with.
type exactScratch struct {
	tokA, tokB []Token
	idA, idB   []int32
	reps       []rep   // what each id stands for
	slots      []int32 // open hash table: id+1, 0 is free
	pairs      []pair  // the result, in order
	x, y       sequence
	myers      myersScratch
	bits       bitScratch
	tiles      tileScratch
	masks      []uint64 // per id, zeros between two problems
	rows       []uint64
	runes      [2][]rune

	cells int64 // n·m that the diff has taken on so far
	steps int64 // elementary steps done, for tests: words of bit rows, Myers moves
}

// sequence is a row of ids with the place of each in the stretch.
type sequence struct{ id, at []int32 }

func (s sequence) len() int { return len(s.id) }
func (s sequence) slice(i, j int) sequence {
	return sequence{s.id[i:j], s.at[i:j]}
}

func (x *exactScratch) begin() { x.cells, x.steps = 0, 0 }

// rep is what an id stands for: the key of its tokens, where the first of them stands
// in the old text, and whether the new side has it.
type rep struct {
	key   uint64
	start int
	size  uint32
	seen  bool
}

// gap diffs two stretches by their tokens.
func (e *engine) gap(a0, a1, b0, b1 int) {
	if e.inside(a0, a1, b0, b1) {
		return
	}
	x := &e.exact
	x.tokA = appendTokens(x.tokA[:0], e.a, a0, a1)
	x.tokB = appendTokens(x.tokB[:0], e.b, b0, b1)
	x.pairs = x.pairs[:0]
	if len(x.tokA) > 0 && len(x.tokB) > 0 {
		x.intern(e.a, e.b)
		x.solve(x.x, x.y, 0)
	}
	e.addPairs(a0, a1, b0, b1)
}

const (
	// minInside is the length from which a stretch is looked for inside the other.
	minInside = 1 << 12
	// insideHead is how many bytes of it are looked for, by one instruction for many;
	// insideTries bounds the places at which the rest is compared.
	insideHead, insideTries = 32, 8
)

// inside says whether one stretch stands whole in the other, with text before and
// behind it alone, and appends what that says: then no more words can be kept. It
// matters where the texts repeat, so that every token has thousands of partners.
func (e *engine) inside(a0, a1, b0, b1 int) bool {
	long, short, text, from := e.a[a0:a1], e.b[b0:b1], e.a, a0
	if len(long) < len(short) {
		long, short, text, from = short, long, e.b, b0
	}
	if len(short) < minInside {
		return false
	}
	at := 0
	for range insideTries {
		next := strings.Index(long[at:], short[:insideHead])
		if next < 0 || at+next+len(short) > len(long) {
			return false
		}
		at += next
		if long[at:at+len(short)] != short || !cutsClean(text, from+at) || !cutsClean(text, from+at+len(short)) {
			at++
			continue
		}
		if a1-a0 > b1-b0 {
			e.addChange(a0, a0+at, b0, b0)
			e.addEqual(a0+at, a0+at+len(short), b0, b1)
			e.addChange(a0+at+len(short), a1, b1, b1)
		} else {
			e.addChange(a0, a0, b0, b0+at)
			e.addEqual(a0, a1, b0+at, b0+at+len(short))
			e.addChange(a1, a1, b0+at+len(short), b1)
		}
		return true
	}
	return false
}

// addPairs appends what the pairs of tokens say about a[a0:a1] and b[b0:b1].
func (e *engine) addPairs(a0, a1, b0, b1 int) {
	x := &e.exact
	for k := 0; k < len(x.pairs); {
		p := x.pairs[k]
		ta, tb := x.tokA[p.i], x.tokB[p.j]
		e.addChange(a0, ta.Start, b0, tb.Start)
		a0, b0 = ta.End, tb.End
		for k++; k < len(x.pairs); k++ { // as far as the texts run alike
			i, j := x.pairs[k].i, x.pairs[k].j
			if i != p.i+1 || j != p.j+1 || e.a[a0:x.tokA[i].Start] != e.b[b0:x.tokB[j].Start] {
				break
			}
			p = x.pairs[k]
			a0, b0 = x.tokA[i].End, x.tokB[j].End
		}
		e.addEqual(ta.Start, a0, tb.Start, b0)
	}
	e.addChange(a0, a1, b0, b1)
}

// intern gives equal tokens equal ids, and leaves in x.x and x.y the tokens that
// both sides have.
func (x *exactScratch) intern(a, b string) {
	for salt := uint64(0); !x.number(a, b, salt); salt++ { // someone chose the words
	}
	x.x = sequence{x.x.id[:0], x.x.at[:0]}
	for i, id := range x.idA {
		if x.reps[id].seen {
			x.x.id, x.x.at = append(x.x.id, id), append(x.x.at, int32(i))
		}
	}
	x.y = sequence{x.y.id[:0], x.y.at[:0]}
	for j, id := range x.idB {
		if id >= 0 {
			x.y.id, x.y.at = append(x.y.id, id), append(x.y.at, int32(j))
		}
	}
}

const (
	// maxProbes is the mean number of places a token may take in the hash table
	// before another salt is tried; maxSalts is how many are tried.
	maxProbes, maxSalts = 16, 8
)

// number gives the ids, in order of appearance: so they don't depend on the hash. It
// gives up where the hash of this salt spreads the tokens badly.
func (x *exactScratch) number(a, b string, salt uint64) bool {
	x.reps = x.reps[:0]
	x.slots = grow(x.slots, 1<<max(4, bits.Len(uint(2*len(x.tokA)))))
	clear(x.slots)
	x.idA, x.idB = grow(x.idA, len(x.tokA)), grow(x.idB, len(x.tokB))
	left := maxProbes*(len(x.tokA)+len(x.tokB)) + 1000
	for k, t := range x.tokA {
		key, hash := tokenKey(a, t, salt)
		at, probes := x.place(a, a[t.Start:t.End], key, hash)
		if left -= probes; left < 0 && salt < maxSalts {
			return false
		}
		id := x.slots[at] - 1
		if id < 0 {
			id = int32(len(x.reps))
			x.reps = append(x.reps, rep{key: key, start: t.Start, size: uint32(t.End - t.Start)})
			x.slots[at] = id + 1
		}
		x.idA[k] = id
	}
	for k, t := range x.tokB {
		key, hash := tokenKey(b, t, salt)
		at, probes := x.place(a, b[t.Start:t.End], key, hash)
		if left -= probes; left < 0 && salt < maxSalts {
			return false
		}
		id := x.slots[at] - 1
		x.idB[k] = id
		if id >= 0 {
			x.reps[id].seen = true
		}
	}
	return true
}

// place finds the slot of a token, or the free one where it would be, and the number
// of slots that it looked at; a is the old text.
func (x *exactScratch) place(a, text string, key, hash uint64) (at uint64, probes int) {
	slots, reps := x.slots, x.reps
	mask := uint64(len(slots) - 1)
	for at, probes = hash>>32&mask, 1; ; probes++ {
		id := slots[at] - 1
		if id < 0 {
			return at, probes
		}
		if r := &reps[id]; r.key == key && (key < longKey || a[r.start:r.start+int(r.size)] == text) {
			return at, probes
		}
		at = (at + 1) & mask
	}
}

// longKey is the least key of a token of eight bytes or more.
const longKey = 8 << 56

// tokenKey gives the number that tells a token from others, and the hash that says
// where it goes in the table. The key of a token of up to seven bytes is these bytes
// and their number, so that equal keys are equal tokens; that of a longer one comes of
// the hash.
func tokenKey(s string, t Token, salt uint64) (key, hash uint64) {
	n := uint(t.End - t.Start)
	if n >= 8 {
		hash = hashToken(s, t, salt)
		return hash | 0xff<<56, hash
	}
	key = uint64(n) << 56
	if t.Start+8 <= len(s) {
		key |= load64(s, t.Start) & (1<<(8*n&63) - 1)
	} else {
		for k := t.End - 1; k >= t.Start; k-- {
			key |= uint64(s[k]) << (8 * uint(k-t.Start) & 63)
		}
	}
	return key, mix(key ^ salt*hashPrime)
}

// hashToken hashes the bytes of a token of eight or more, eight at a time: the same in
// every run.
func hashToken(s string, t Token, salt uint64) uint64 {
	h := uint64(t.End-t.Start) ^ salt<<56
	for i := t.Start; i+8 < t.End; i += 8 {
		h = mix(h ^ load64(s, i))
	}
	return mix(h ^ load64(s, t.End-8))
}

const hashPrime = 0x9e3779b97f4a7c15

// mix folds a 128-bit product, the step that wyhash and its kin are made of.
func mix(h uint64) uint64 {
	hi, lo := bits.Mul64(h^0x2d358dccaa6c78a5, hashPrime)
	return hi ^ lo
}

// solve appends the pairs of a longest common subsequence of x and y.
func (x *exactScratch) solve(p, q sequence, depth int) {
	for p.len() > 0 && q.len() > 0 && p.id[0] == q.id[0] {
		x.pairs = append(x.pairs, pair{p.at[0], q.at[0]})
		p, q = p.slice(1, p.len()), q.slice(1, q.len())
	}
	tail := 0
	for tail < min(p.len(), q.len()) && p.id[p.len()-1-tail] == q.id[q.len()-1-tail] {
		tail++
	}
	n, m := p.len()-tail, q.len()-tail
	if n > 0 && m > 0 {
		x.solveMiddle(p.slice(0, n), q.slice(0, m), depth)
	}
	for k := range tail {
		x.pairs = append(x.pairs, pair{p.at[n+k], q.at[m+k]})
	}
}

// solveMiddle solves two sequences that neither begin nor end alike.
func (x *exactScratch) solveMiddle(p, q sequence, depth int) {
	n, m := int64(p.len()), int64(q.len())
	switch {
	case n == 1 || m == 1:
		x.solveOne(p, q)
	case n*m <= goDiffCells && len(x.reps) <= maxRunes:
		x.steps += n * m
		x.goDiff(p, q)
	case min(n, m) <= wordBits:
		x.wordLCS(p, q)
	case n*m > maxCells || x.cells+n*m > budgetCells:
		x.split(p, q, depth)
	default:
		x.solveLarge(p, q, depth)
	}
}

// solveOne pairs the one token of a side with its last equal on the other.
func (x *exactScratch) solveOne(p, q sequence) {
	for i := p.len() - 1; i >= 0; i-- {
		for j := q.len() - 1; j >= 0; j-- {
			x.steps++
			if p.id[i] == q.id[j] {
				x.pairs = append(x.pairs, pair{p.at[i], q.at[j]})
				return
			}
		}
	}
}

// solveLarge drops what only one side has, as parts of the whole may do again, and
// chooses between Myers and bit rows.
func (x *exactScratch) solveLarge(p, q sequence, depth int) {
	if depth > 0 {
		p, q = x.drop(p, q)
		if p.len() == 0 || q.len() == 0 {
			return
		}
	}
	n, m := int64(p.len()), int64(q.len())
	if min(n, m) <= wordBits {
		x.solve(p, q, depth)
		return
	}
	x.cells += n * m
	rows := x.bits.prepare(p.id, q.id)
	if x.myersLCS(p, q, min(n*m/128, 2*(n+m)+rows/16)) {
		return
	}
	x.bitLCS(p, q)
}

// drop gives p and q without the ids that the other lacks, in new memory.
func (x *exactScratch) drop(p, q sequence) (sequence, sequence) {
	inP, inQ := make([]bool, len(x.reps)), make([]bool, len(x.reps))
	for _, id := range p.id {
		inP[id] = true
	}
	for _, id := range q.id {
		inQ[id] = true
	}
	return p.keep(inQ), q.keep(inP)
}

// keep gives the sequence with the wanted ids alone.
func (s sequence) keep(wanted []bool) sequence {
	var kept sequence
	for i, id := range s.id {
		if wanted[id] {
			kept.id, kept.at = append(kept.id, id), append(kept.at, s.at[i])
		}
	}
	return kept
}
