package git

import (
	"encoding/binary"
	"math/bits"
)

// deltaMaker finds deltas: what applyDelta rebuilds an object from. Versions of
// one article share their beginning and their end, so these are compared first;
// only what lies between is searched for in the base, by blocks of 8 bytes that
// are looked up in a table. The search is linear in both lengths, whatever they
// hold: each place of the target looks at a few places of the base.
//
// A deltaMaker is used by one goroutine.
type deltaMaker struct {
	table []int32 // hash of a block → 1 + the number of the first such block
	next  []int32 // block → 1 + the next block of the same hash
	step  int     // how far apart blocks begin
}

const (
	deltaBlock = 8 // bytes that are looked up at once
	// deltaWorth is the shortest copy from the middle that is worth its
	// instruction: one has up to 7 bytes, and parts an insertion in two.
	deltaWorth = 12
	// maxDeltaTable bounds the table, and with it how finely a large base is
	// looked at.
	maxDeltaTable = 1 << 15
	// maxCandidates is how many blocks of one hash are looked at. Where a text
	// repeats itself, the longest match is the one that was meant.
	maxCandidates = 16
	// goodMatch ends the comparison of candidates.
	goodMatch = 256
	// maxCopy is the longest copy that every reader of packs knows.
	maxCopy = 1 << 16
	// maxInsert is the longest insertion that one instruction holds.
	maxInsert = 127
)

// appendDelta appends to out a delta that makes target of base. It gives up,
// and returns out as it was, when the delta would have more than limit bytes.
func (m *deltaMaker) appendDelta(out, base, target []byte, limit int) ([]byte, bool) {
	start := len(out)
	out = appendDeltaSize(appendDeltaSize(out, len(base)), len(target))
	head := commonPrefix(base, target)
	tail := commonSuffix(base[head:], target[head:])
	w := deltaWriter{out: out, base: base, target: target, limit: start + limit}
	w.copy(0, head)
	end := len(target) - tail
	w.done = head
	if end-head >= deltaWorth && len(base) >= deltaBlock {
		m.search(&w, end)
	}
	w.insertUntil(end)
	w.copy(len(base)-tail, tail)
	if w.full || len(w.out) > w.limit {
		return w.out[:start], false
	}
	return w.out, true
}

// search writes instructions for the target from w.done up to where it finds
// nothing more before end.
func (m *deltaMaker) search(w *deltaWriter, end int) {
	shift := m.fill(w.base)
	for at := w.done; at+deltaBlock <= end && !w.full && len(w.out)+(at-w.done) <= w.limit; {
		from, n := m.longest(m.table[hashBlock(w.target[at:])>>shift], w.base, w.target[at:end])
		if n < deltaBlock {
			at++
			continue
		}
		back := 0
		for back < from && at-back > w.done && w.base[from-back-1] == w.target[at-back-1] {
			back++
		}
		if n+back < deltaWorth {
			at++
			continue
		}
		w.insertUntil(at - back)
		w.copy(from-back, n+back)
		at += n
		w.done = at
	}
}

// longest returns where in base the longest match of text begins, among the
// blocks of a hash, and how long it is.
func (m *deltaMaker) longest(block int32, base, text []byte) (from, n int) {
	for range maxCandidates {
		if block == 0 || n >= goodMatch {
			break
		}
		at := int(block-1) * m.step
		if k := commonPrefix(base[at:], text); k > n {
			from, n = at, k
		}
		block = m.next[block-1]
	}
	return from, n
}

// fill enters the base's blocks, and returns by how many bits a hash is to be
// shifted.
func (m *deltaMaker) fill(base []byte) (shift int) {
	m.step = max(deltaBlock, len(base)/(maxDeltaTable/2))
	blocks := (len(base)-deltaBlock)/m.step + 1
	width := max(6, bits.Len(uint(2*blocks)))
	if cap(m.table) < 1<<width {
		m.table = make([]int32, 1<<width)
	}
	if cap(m.next) < blocks {
		m.next = make([]int32, blocks)
	}
	m.table, m.next = m.table[:1<<width], m.next[:blocks]
	clear(m.table)
	shift = 64 - width
	for i := blocks - 1; i >= 0; i-- { // so that the first stands in front
		slot := &m.table[hashBlock(base[i*m.step:])>>shift]
		m.next[i], *slot = *slot, int32(i)+1
	}
	return shift
}

func hashBlock(b []byte) uint64 {
	return binary.LittleEndian.Uint64(b) * 0x9e3779b97f4a7c15
}

// deltaWriter writes the instructions of one delta.
type deltaWriter struct {
	out          []byte
	base, target []byte
	done         int // the target up to here is written
	limit        int // of out
	full         bool
}

func (w *deltaWriter) copy(from, n int) {
	for ; n > 0 && len(w.out) <= w.limit; n -= maxCopy {
		w.out = appendCopy(w.out, from, min(n, maxCopy))
		from += maxCopy
	}
}

func (w *deltaWriter) insertUntil(end int) {
	if len(w.out)+end-w.done > w.limit {
		w.full = true
		return
	}
	w.out = appendInsert(w.out, w.target[w.done:end])
}

// appendCopy appends the instruction that copies n bytes, from 1 to 65536.
func appendCopy(out []byte, from, n int) []byte {
	op := len(out)
	out = append(out, 0x80)
	for i := range 4 {
		if b := byte(from >> (8 * i)); b != 0 {
			out = append(out, b)
			out[op] |= 1 << i
		}
	}
	if n == maxCopy {
		return out // which is what a length of 0 means
	}
	for i := range 2 {
		if b := byte(n >> (8 * i)); b != 0 {
			out = append(out, b)
			out[op] |= 1 << (4 + i)
		}
	}
	return out
}

func appendInsert(out, data []byte) []byte {
	for len(data) > 0 {
		n := min(len(data), maxInsert)
		out = append(append(out, byte(n)), data[:n]...)
		data = data[n:]
	}
	return out
}

// appendDeltaSize writes a number of 7 bits a byte, lowest first.
func appendDeltaSize(out []byte, n int) []byte {
	return binary.AppendUvarint(out, uint64(n))
}

// appendSplice appends the delta of an object of which one part alone differs:
// the bytes from lo to hi of the base, which had size bytes, are those from lo
// to end of data now.
func appendSplice(out []byte, size, lo, hi int, data []byte, end int) []byte {
	out = appendDeltaSize(appendDeltaSize(out, size), len(data))
	out = appendCopies(out, 0, lo)
	out = appendInsert(out, data[lo:end])
	return appendCopies(out, hi, size-hi)
}

func appendCopies(out []byte, from, n int) []byte {
	for ; n > 0; n -= maxCopy {
		out = appendCopy(out, from, min(n, maxCopy))
		from += maxCopy
	}
	return out
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[len(a)-i-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-i-8:]); x != 0 {
			return i + bits.LeadingZeros64(x)/8
		}
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return i
}
