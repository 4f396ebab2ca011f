package git

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// deflater compresses an object, or a delta, that lies whole in memory into one block
// of deflate (RFC 1951) with codes of its own: for the short objects of a store the
// setting up of a stream costs several times what the bytes do, as it does for who
// reads them (see inflater). One is used by one goroutine at a time, and again and
// again.
type deflater struct {
	out []byte
	buf uint64 // bits that are not in out yet, the first one lowest
	n   uint   // how many of them

	tokens []uint32         // literals, and repetitions (see repetition)
	heads  [1 << 12]uint16  // by a hash of four bytes: where they stood last, plus one
	before []uint16         // by place: where the same hash stood before, plus one
	counts [maxCodes]uint32 // of the literals and lengths, then of the distances
	sorted []uint32         // scratch of lengthsOf
	lit    [maxLitCodes]huffmanCode
	dist   [maxDistCodes]huffmanCode
	order  [lengthCodes]huffmanCode
	plan   []lengthCode
}

// maxDeflated is the longest text that a deflater takes: places in it are numbers of
// 16 bits, and no repetition lies further back than deflate can say.
const maxDeflated = 1 << 15

const (
	minMatch = 4 // a shorter repetition saves next to nothing
	maxMatch = 258
	// matchTries is how many earlier places are looked at for a repetition. More
	// make texts of a few kilobytes less than half a per cent shorter.
	matchTries = 12
	// niceMatch is the length of a repetition with which the search is content.
	niceMatch = 32

	lengthCodes    = 19 // of the alphabet that code lengths are written in
	lengthCodeBits = 7
)

// huffmanCode is a code, its bits in the order in which they are written.
type huffmanCode struct {
	code uint16
	bits uint8
}

// lengthCode is one symbol of the list of code lengths.
type lengthCode struct{ symbol, extra, extraBits uint8 }

// repetition is a token that says so: its length above maxDeflated's bits, its
// distance below. A literal is its byte.
func repetition(length, distance int) uint32 {
	return uint32(length)<<16 | uint32(distance)
}

// deflate appends data, compressed, to out; search says whether repetitions are worth
// looking for. data must be no longer than maxDeflated.
func (z *deflater) deflate(out, data []byte, search bool) []byte {
	z.out, z.buf, z.n = out, 0, 0
	clear(z.counts[:])
	z.counts[endOfBlock] = 1
	if search {
		z.findMatches(data)
	} else {
		for _, c := range data {
			z.counts[c]++
		}
	}
	dist := z.counts[maxLitCodes : maxLitCodes+maxDistCodes]
	z.makeCodes(z.lit[:], z.counts[:maxLitCodes], maxCodeBits)
	z.makeCodes(z.dist[:], dist, maxCodeBits)
	z.writeHead()
	if search {
		z.writeTokens()
	} else {
		z.writeLiterals(data)
	}
	end := z.lit[endOfBlock]
	z.put(uint64(end.code), uint(end.bits))
	for z.n > 0 {
		z.out = append(z.out, byte(z.buf))
		z.buf >>= 8
		z.n -= min(8, z.n)
	}
	out, z.out = z.out, nil
	return out
}

// put writes up to 32 bits.
func (z *deflater) put(v uint64, n uint) {
	z.buf |= v << z.n
	if z.n += n; z.n >= 32 {
		z.out = binary.LittleEndian.AppendUint32(z.out, uint32(z.buf))
		z.buf >>= 32
		z.n -= 32
	}
}

func (z *deflater) writeLiterals(data []byte) {
	for _, c := range data {
		code := z.lit[c]
		z.put(uint64(code.code), uint(code.bits))
	}
}

func (z *deflater) writeTokens() {
	for _, t := range z.tokens {
		if t < 1<<16 {
			code := z.lit[t]
			z.put(uint64(code.code), uint(code.bits))
			continue
		}
		symbol, extra, n := lengthSymbol(int(t >> 16))
		code := z.lit[symbol]
		z.put(uint64(code.code)|uint64(extra)<<code.bits, uint(code.bits)+n)
		symbol, extra, n = distanceSymbol(int(t & 0xffff))
		code = z.dist[symbol]
		z.put(uint64(code.code)|uint64(extra)<<code.bits, uint(code.bits)+n)
	}
}

// lengthSymbol gives the symbol of a repetition's length, and its extra bits.
func lengthSymbol(length int) (symbol int, extra uint32, n uint) {
	v := uint32(length - 3)
	switch {
	case v < 8:
		return 257 + int(v), 0, 0
	case length == maxMatch:
		return 285, 0, 0
	}
	n = uint(bits.Len32(v)) - 3
	return 257 + 4*int(n) + int(v>>n), v & (1<<n - 1), n
}

// distanceSymbol gives the symbol of a repetition's distance, and its extra bits.
func distanceSymbol(distance int) (symbol int, extra uint32, n uint) {
	v := uint32(distance - 1)
	if v < 4 {
		return int(v), 0, 0
	}
	n = uint(bits.Len32(v)) - 2
	return 2*int(n) + int(v>>n), v & (1<<n - 1), n
}

// findMatches makes tokens of a text: the longest repetition at each place, unless
// the place behind it has a longer one.
func (z *deflater) findMatches(data []byte) {
	clear(z.heads[:])
	z.tokens = z.tokens[:0]
	if len(z.before) < len(data) {
		z.before = make([]uint16, max(len(data), 4096))
	}
	length, distance := 0, 0 // of the repetition at at, where it is known
	for at := 0; at < len(data); {
		if length == 0 {
			length, distance = z.matchAt(data, at, 0)
		}
		if length == 0 {
			z.literal(data[at])
			at++
			continue
		}
		if length < niceMatch {
			if next, far := z.matchAt(data, at+1, length); next > length {
				z.literal(data[at])
				at, length, distance = at+1, next, far
				continue
			}
		} else {
			z.enter(data, at+1)
		}
		z.tokens = append(z.tokens, repetition(length, distance))
		symbol, _, _ := lengthSymbol(length)
		z.counts[symbol]++
		symbol, _, _ = distanceSymbol(distance)
		z.counts[maxLitCodes+symbol]++
		for i := at + 2; i < at+length; i++ {
			z.enter(data, i)
		}
		at, length = at+length, 0
	}
}

func (z *deflater) literal(c byte) {
	z.tokens = append(z.tokens, uint32(c))
	z.counts[c]++
}

// enter notes a place for those behind it, and gives the last one of the same hash,
// plus one.
func (z *deflater) enter(data []byte, at int) uint16 {
	if at+minMatch > len(data) {
		return 0
	}
	h := binary.LittleEndian.Uint32(data[at:]) * 0x9e3779b1 >> 20
	last := z.heads[h]
	z.before[at], z.heads[h] = last, uint16(at+1)
	return last
}

// matchAt enters a place, and gives the longest repetition there that is longer than
// least; 0 where there is none.
func (z *deflater) matchAt(data []byte, at, least int) (length, distance int) {
	last := z.enter(data, at)
	if last == 0 {
		return 0, 0
	}
	here := data[at:min(len(data), at+maxMatch)]
	least = max(least, minMatch-1)
	for range matchTries {
		if least >= len(here) {
			break
		}
		from := int(last) - 1
		there := data[from:]
		if there[least] == here[least] && binary.LittleEndian.Uint32(there) == binary.LittleEndian.Uint32(here) {
			if n := commonPrefix(here, there); n > least {
				length, distance, least = n, at-from, n
				if n >= niceMatch {
					break
				}
			}
		}
		if last = z.before[from]; last == 0 {
			break
		}
	}
	return length, distance
}

// makeCodes gives each symbol that counts a code of up to limit bits. (RFC 1951,
// section 3.2.2.)
func (z *deflater) makeCodes(codes []huffmanCode, counts []uint32, limit int) {
	clear(codes)
	z.lengthsOf(codes, counts, limit)
	var many, next [maxCodeBits + 2]uint16
	for _, c := range codes {
		many[c.bits]++
	}
	many[0] = 0
	for i := 1; i <= limit; i++ {
		next[i+1] = (next[i] + many[i]) << 1
	}
	for i := range codes {
		if n := codes[i].bits; n > 0 {
			codes[i].code = bits.Reverse16(next[n]) >> (16 - n)
			next[n]++
		}
	}
}

// lengthsOf gives each symbol that counts the length of its code: those of Huffman's
// codes, worked out in place (Moffat and Katajainen, "In-place calculation of
// minimum-redundancy codes", 1995), with those that are too long made to fit.
func (z *deflater) lengthsOf(codes []huffmanCode, counts []uint32, limit int) {
	const symbolBits = 9
	list := z.sorted[:0]
	for symbol, n := range counts {
		if n > 0 {
			list = append(list, n<<symbolBits|uint32(symbol))
		}
	}
	z.sorted = list
	switch len(list) {
	case 0:
		codes[0].bits = 1 // a list without a code can't be said
		return
	case 1:
		codes[list[0]&(1<<symbolBits-1)].bits = 1
		return
	}
	slices.Sort(list)
	var room [maxLitCodes]uint32
	a := room[:len(list)]
	for i, x := range list {
		a[i] = x >> symbolBits
	}
	codeLengths(a)
	var many [32]uint32
	for _, n := range a {
		many[min(n, uint32(limit))]++
	}
	fit(many[:limit+1])
	at := 0
	for n := limit; n > 0; n-- { // the rarest first
		for range many[n] {
			codes[list[at]&(1<<symbolBits-1)].bits = uint8(n)
			at++
		}
	}
}

// codeLengths turns counts, the smallest first and two at least, into lengths.
func codeLengths(a []uint32) {
	n := len(a)
	a[0] += a[1]
	root, leaf := 0, 2
	for next := 1; next < n-1; next++ {
		for i := range 2 {
			var w uint32
			if leaf >= n || root < next && a[root] < a[leaf] {
				w, a[root] = a[root], uint32(next)
				root++
			} else {
				w = a[leaf]
				leaf++
			}
			if i == 0 {
				a[next] = w
			} else {
				a[next] += w
			}
		}
	}
	a[n-2] = 0
	for next := n - 3; next >= 0; next-- {
		a[next] = a[a[next]] + 1
	}
	free, used, depth := 1, 0, uint32(0)
	root, next := n-2, n-1
	for free > 0 {
		for ; root >= 0 && a[root] == depth; root-- {
			used++
		}
		for ; free > used; free-- {
			a[next] = depth
			next--
		}
		free, used = 2*used, 0
		depth++
	}
}

// fit makes codes, of which so many have each length, no more than there can be:
// where those that were cut to the greatest length are too many, one of them takes
// the place beside a shorter one, which grows by a bit.
func fit(many []uint32) {
	limit := len(many) - 1
	used := uint32(0)
	for n := 1; n <= limit; n++ {
		used += many[n] << (limit - n)
	}
	for ; used > 1<<limit; used-- {
		many[limit]--
		for n := limit - 1; n > 0; n-- {
			if many[n] > 0 {
				many[n]--
				many[n+1] += 2
				break
			}
		}
	}
}

// writeHead begins the block and writes its codes. (RFC 1951, section 3.2.7.)
func (z *deflater) writeHead() {
	lits, dists := maxLitCodes, maxDistCodes
	for z.lit[lits-1].bits == 0 {
		lits--
	}
	for dists > 1 && z.dist[dists-1].bits == 0 {
		dists--
	}
	var lengths [maxLitCodes + maxDistCodes]uint8
	for i := range lits {
		lengths[i] = z.lit[i].bits
	}
	for i := range dists {
		lengths[lits+i] = z.dist[i].bits
	}
	z.planLengths(lengths[:lits+dists])
	var counts [lengthCodes]uint32
	for _, c := range z.plan {
		counts[c.symbol]++
	}
	z.makeCodes(z.order[:], counts[:], lengthCodeBits)
	codes := lengthCodes
	for z.order[lengthOrder(codes-1)].bits == 0 {
		codes--
	}
	const last, dynamic = 1, 2 << 1
	z.put(last|dynamic|uint64(lits-257)<<3|uint64(dists-1)<<8|uint64(codes-4)<<13, 17)
	for i := range codes {
		z.put(uint64(z.order[lengthOrder(i)].bits), 3)
	}
	for _, c := range z.plan {
		code := z.order[c.symbol]
		z.put(uint64(code.code)|uint64(c.extra)<<code.bits, uint(code.bits)+uint(c.extraBits))
	}
}

// lengthOrder is the order in which the lengths of the code lengths' codes are written.
func lengthOrder(i int) int {
	return int("\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"[i])
}

// planLengths says a list of code lengths with as few symbols as may be: 16 repeats
// the last length three to six times, 17 and 18 are three to ten zeros and eleven to 138.
func (z *deflater) planLengths(lengths []uint8) {
	z.plan = z.plan[:0]
	for len(lengths) > 0 {
		first, n := lengths[0], 1
		for n < len(lengths) && lengths[n] == first {
			n++
		}
		lengths = lengths[n:]
		if first != 0 {
			z.plan = append(z.plan, lengthCode{symbol: first})
			n--
		}
		for n > 0 {
			c := lengthCode{symbol: first}
			some := 1
			switch {
			case n < 3:
			case first != 0:
				some = min(n, 6)
				c = lengthCode{16, uint8(some - 3), 2}
			case n < 11:
				some = n
				c = lengthCode{17, uint8(some - 3), 3}
			default:
				some = min(n, 138)
				c = lengthCode{18, uint8(some - 11), 7}
			}
			z.plan = append(z.plan, c)
			n -= some
		}
	}
}
