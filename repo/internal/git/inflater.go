package git

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
	"math/bits"
)

// inflater decompresses a zlib stream (RFC 1950, RFC 1951) that lies whole in
// memory to a size that is known: for the short objects of a store the setting up
// of a stream costs several times what the bytes do. One is used by one goroutine
// at a time, and again and again.
type inflater struct {
	in  []byte
	pos int    // of the next byte to be loaded
	buf uint64 // bits loaded and not used yet, the next one lowest
	n   uint   // how many of them

	out []byte // with its full length
	at  int    // bytes written

	lit, dist           table
	fixedLit, fixedDist *table // made when they are first met
	lengths             [maxCodes]uint8
}

var (
	errInflateShort = errors.New("decompress: the bytes end early")
	errInflateLong  = errors.New("decompress: the object is longer than it says")
	errInflateSize  = errors.New("decompress: the object is shorter than it says")
	errInflateHead  = errors.New("decompress: this is no zlib stream")
	errInflateBlock = errors.New("decompress: a block is damaged")
	errInflateSum   = errors.New("decompress: the bytes don't match their checksum")
)

const (
	maxLitCodes  = 286
	maxDistCodes = 30
	maxCodes     = maxLitCodes + 32
	maxCodeBits  = 15
	endOfBlock   = 256
)

// inflate fills out from the stream that in begins with, and returns how many bytes
// that took. The stream must give exactly len(out) bytes.
func (z *inflater) inflate(out, in []byte) (used int, err error) {
	if len(in) < 2 || in[0]&15 != 8 || in[0]>>4 > 7 || binary.BigEndian.Uint16(in)%31 != 0 || in[1]&0x20 != 0 {
		return 0, errInflateHead
	}
	z.in, z.pos, z.buf, z.n = in, 2, 0, 0
	z.out, z.at = out, 0
	defer func() { z.in, z.out = nil, nil }()
	for last := false; !last; {
		z.load()
		if z.n < 3 {
			return 0, errInflateShort
		}
		last = z.take(1) == 1
		switch z.take(2) {
		case 0:
			err = z.stored()
		case 1:
			err = z.fixed()
		case 2:
			err = z.dynamic()
		default:
			err = errInflateBlock
		}
		if err != nil {
			return 0, err
		}
	}
	if z.at != len(out) {
		return 0, errInflateSize
	}
	z.unload()
	if len(in)-z.pos < 4 {
		return 0, errInflateShort
	}
	if binary.BigEndian.Uint32(in[z.pos:]) != adler32.Checksum(out) {
		return 0, errInflateSum
	}
	return z.pos + 4, nil
}

// load fills the buffer up to 56 bits at least, fewer only at the end of the bytes.
func (z *inflater) load() {
	if len(z.in)-z.pos >= 8 {
		z.buf |= binary.LittleEndian.Uint64(z.in[z.pos:]) << z.n
		z.pos += int((63 - z.n) >> 3)
		z.n |= 56
		return
	}
	z.buf &= 1<<z.n - 1 // what was loaded beyond n
	for z.n <= 56 && z.pos < len(z.in) {
		z.buf |= uint64(z.in[z.pos]) << z.n
		z.pos++
		z.n += 8
	}
}

// unload gives whole bytes that were loaded and not used back.
func (z *inflater) unload() {
	z.pos -= int(z.n >> 3)
	z.buf, z.n = 0, 0
}

// take uses n bits, which must be loaded.
func (z *inflater) take(n uint) uint32 {
	v := uint32(z.buf & (1<<n - 1))
	z.buf >>= n
	z.n -= n
	return v
}

// stored copies a block that isn't compressed.
func (z *inflater) stored() error {
	z.unload()
	if len(z.in)-z.pos < 4 {
		return errInflateShort
	}
	n := int(binary.LittleEndian.Uint16(z.in[z.pos:]))
	if binary.LittleEndian.Uint16(z.in[z.pos+2:]) != ^uint16(n) {
		return errInflateBlock
	}
	z.pos += 4
	if len(z.in)-z.pos < n {
		return errInflateShort
	}
	if len(z.out)-z.at < n {
		return errInflateLong
	}
	z.at += copy(z.out[z.at:], z.in[z.pos:z.pos+n])
	z.pos += n
	return nil
}

// fixed decompresses a block with the codes of RFC 1951, 3.2.6.
func (z *inflater) fixed() error {
	if z.fixedLit == nil {
		var lengths [288]uint8
		for i := range lengths {
			switch {
			case i < 144, i >= 280:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			default:
				lengths[i] = 7
			}
		}
		z.fixedLit, z.fixedDist = new(table), new(table)
		z.fixedLit.build(lengths[:], litBits)
		for i := range 32 {
			lengths[i] = 5
		}
		z.fixedDist.build(lengths[:32], distBits)
	}
	return z.block(z.fixedLit, z.fixedDist)
}

// dynamic decompresses a block that brings its codes (RFC 1951, 3.2.7).
func (z *inflater) dynamic() error {
	z.load()
	if z.n < 14 {
		return errInflateShort
	}
	lits, dists, count := int(z.take(5))+257, int(z.take(5))+1, int(z.take(4))+4
	if lits > maxLitCodes || dists > maxDistCodes {
		return errInflateBlock
	}
	order := [...]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var lengths [19]uint8
	for i := range count {
		if z.n < 3 {
			if z.load(); z.n < 3 {
				return errInflateShort
			}
		}
		lengths[order[i]] = uint8(z.take(3))
	}
	if !z.lit.build(lengths[:], lengthBits) {
		return errInflateBlock
	}
	if err := z.codeLengths(lits + dists); err != nil {
		return err
	}
	if z.lengths[endOfBlock] == 0 || !z.lit.build(z.lengths[:lits], litBits) || !z.dist.build(z.lengths[lits:lits+dists], distBits) {
		return errInflateBlock
	}
	return z.block(&z.lit, &z.dist)
}

// codeLengths reads the lengths of n codes, which are compressed themselves.
func (z *inflater) codeLengths(n int) error {
	for i := 0; i < n; {
		z.load()
		e := z.lit.entries[z.buf&(1<<lengthBits-1)]
		if e == 0 {
			return damagedOrShort(z.n)
		}
		if uint(e.bits()) > z.n {
			return errInflateShort
		}
		z.take(e.bits())
		// A code below 16 is a length; the others repeat one.
		var length uint8
		var more, times uint
		switch sym := e.value(); sym {
		case 16:
			if i == 0 {
				return errInflateBlock
			}
			length, more, times = z.lengths[i-1], 2, 3
		case 17:
			more, times = 3, 3
		case 18:
			more, times = 7, 11
		default:
			length, times = uint8(sym), 1
		}
		if more > z.n {
			return errInflateShort
		}
		times += uint(z.take(more))
		if i+int(times) > n {
			return errInflateBlock
		}
		for range times {
			z.lengths[i] = length
			i++
		}
	}
	return nil
}

// span is the least of a range of lengths or distances, and the bits that follow.
type span struct {
	base uint16
	more uint8
}

// lengthSpans are the lengths of the codes 257 to 285 (RFC 1951, 3.2.5).
var lengthSpans = [...]span{
	{3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 1}, {13, 1}, {15, 1}, {17, 1}, {19, 2}, {23, 2}, {27, 2},
	{31, 2}, {35, 3}, {43, 3}, {51, 3}, {59, 3}, {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0},
}

// distSpans are the distances of the codes 0 to 29.
var distSpans = [...]span{
	{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 1}, {7, 1}, {9, 2}, {13, 2}, {17, 3}, {25, 3}, {33, 4}, {49, 4}, {65, 5}, {97, 5}, {129, 6},
	{193, 6}, {257, 7}, {385, 7}, {513, 8}, {769, 8}, {1025, 9}, {1537, 9}, {2049, 10}, {3073, 10}, {4097, 11}, {6145, 11}, {8193, 12},
	{12289, 12}, {16385, 13}, {24577, 13},
}

// block decompresses to the end of a block. The state is kept in variables of its
// own on the way, since all the time goes here.
func (z *inflater) block(lit, dist *table) error {
	in, out, at := z.in, z.out, z.at
	pos, buf, n := z.pos, z.buf, z.n
	for {
		if n < 48 { // a length, a distance and what follows both
			if len(in)-pos >= 8 {
				buf |= binary.LittleEndian.Uint64(in[pos:]) << n
				pos += int((63 - n) >> 3)
				n |= 56
			} else {
				z.pos, z.buf, z.n = pos, buf, n
				z.load()
				pos, buf, n = z.pos, z.buf, z.n
			}
		}
		e := lit.entries[buf&(1<<litBits-1)]
		if e.deep() {
			e = lit.entries[e.value()+uint(buf>>litBits)&lit.deepMask]
		}
		if e == 0 {
			return damagedOrShort(n)
		}
		if e.bits() > n {
			return errInflateShort
		}
		buf >>= e.bits()
		n -= e.bits()
		sym := e.value()
		if sym < endOfBlock {
			if at == len(out) {
				return errInflateLong
			}
			out[at] = byte(sym)
			at++
			continue
		}
		if sym == endOfBlock {
			z.pos, z.buf, z.n, z.at = pos, buf, n, at
			return nil
		}
		if sym -= endOfBlock + 1; sym >= uint(len(lengthSpans)) {
			return errInflateBlock
		}
		l := lengthSpans[sym]
		e = dist.entries[(buf>>l.more)&(1<<distBits-1)]
		if e.deep() {
			e = dist.entries[e.value()+uint(buf>>l.more>>distBits)&dist.deepMask]
		}
		if e == 0 || e.value() >= uint(len(distSpans)) {
			return damagedOrShort(n)
		}
		d := distSpans[e.value()]
		need := uint(l.more) + e.bits() + uint(d.more)
		if need > n {
			return errInflateShort
		}
		length := int(l.base) + int(buf&(1<<l.more-1))
		back := int(d.base) + int(buf>>(uint(l.more)+e.bits())&(1<<d.more-1))
		buf >>= need
		n -= need
		if back > at {
			return errInflateBlock
		}
		if length > len(out)-at {
			return errInflateLong
		}
		if back >= length {
			copy(out[at:at+length], out[at-back:])
		} else {
			for i := range length {
				out[at+i] = out[at-back+i]
			}
		}
		at += length
	}
}

// damagedOrShort tells a code that does not exist from one that was cut off.
func damagedOrShort(n uint) error {
	if n < maxCodeBits {
		return errInflateShort
	}
	return errInflateBlock
}

// The bits by which a table is entered; a longer code is looked up in a second
// part of it.
const (
	litBits    = 10
	distBits   = 8
	lengthBits = 7 // the longest code of a length
	maxDeep    = maxLitCodes / 2 << (maxCodeBits - litBits)
)

// table decodes one set of Huffman codes.
type table struct {
	entries  [1<<litBits + maxDeep]entry
	deepMask uint
}

// entry is the bits of a code (the lowest 4), whether it leads to the second part of
// the table (the next one), and its symbol, or where that part begins. 0 is no code.
type entry uint32

func (e entry) bits() uint  { return uint(e & 15) }
func (e entry) deep() bool  { return e&16 != 0 }
func (e entry) value() uint { return uint(e >> 5) }

// build makes the table for codes of the given lengths, 0 meaning that a symbol has
// none. It refuses lengths that no set of codes has. As with zlib, a set must use up
// all codes, or be one code of one bit, or none.
func (t *table) build(lengths []uint8, width uint) bool {
	var count [maxCodeBits + 1]int
	for _, l := range lengths {
		count[l]++
	}
	count[0] = 0
	longest, code := uint(0), 0
	var next [maxCodeBits + 1]int
	for l := 1; l <= maxCodeBits; l++ {
		code <<= 1
		next[l] = code
		code += count[l]
		if count[l] > 0 {
			longest = uint(l)
		}
	}
	if longest == 0 {
		clear(t.entries[:1<<width])
		return true
	}
	if code != 1<<maxCodeBits && (longest != 1 || count[1] != 1) {
		return false
	}
	deep := uint(0)
	if longest > width {
		deep = longest - width
	}
	t.deepMask = 1<<deep - 1
	var byLength [288]uint16 // the symbols, those with short codes first
	var start [maxCodeBits + 2]int
	for l := 1; l <= maxCodeBits; l++ {
		start[l+1] = start[l] + count[l]
	}
	for sym, l := range lengths {
		if l > 0 {
			byLength[start[l]] = uint16(sym)
			start[l]++
		}
	}
	// With each bit the table doubles: what stands for shorter codes is copied, and a
	// code of this length takes one place.
	used, size := 0, uint(1)
	t.entries[0] = 0
	for l := uint(1); l <= width; l++ {
		copy(t.entries[size:2*size], t.entries[:size])
		size *= 2
		for range count[l] {
			c := uint(bits.Reverse16(uint16(next[l]))) >> (16 - l)
			next[l]++
			t.entries[c] = entry(byLength[used])<<5 | entry(l)
			used++
		}
	}
	end := size
	for l := width + 1; l <= longest; l++ {
		for range count[l] {
			c := uint(bits.Reverse16(uint16(next[l]))) >> (16 - l)
			next[l]++
			head := &t.entries[c&(1<<width-1)]
			if *head == 0 {
				if end+1<<deep > uint(len(t.entries)) {
					return false
				}
				*head = entry(end<<5) | 16
				clear(t.entries[end : end+1<<deep])
				end += 1 << deep
			}
			for i := c >> width; i < 1<<deep; i += 1 << (l - width) {
				t.entries[head.value()+i] = entry(byLength[used])<<5 | entry(l)
			}
			used++
		}
	}
	return true
}
