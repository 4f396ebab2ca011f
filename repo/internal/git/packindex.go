package git

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// packIndex reads a pack index of version 2 (git's Documentation/gitformat-pack):
// 8 bytes of header, 256 running counts, then for n objects in the order of
// their names: names, checksums, offsets; then 64-bit offsets for those that
// don't fit in 31 bits; last the pack's checksum and the index's own.
type packIndex struct {
	view  *view
	data  []byte
	n     int
	large int // number of 64-bit offsets
}

const (
	indexHead   = 8
	indexFanout = 256 * 4
	indexNames  = indexHead + indexFanout
	largeOffset = 1 << 31 // set where the offset is a place in the 64-bit table
)

func openIndex(path string) (*packIndex, error) {
	v, err := openView(path)
	if err != nil {
		return nil, err
	}
	data, err := v.window(0, v.size)
	if err == nil {
		var x *packIndex
		if x, err = parseIndex(data); err == nil {
			x.view = v
			return x, nil
		}
		err = corruptFile(path, err)
	}
	return nil, errors.Join(err, v.close())
}

// parseIndex checks that the tables have their right sizes, so that no look-up
// can leave them. Their content is checked by check.
func parseIndex(data []byte) (*packIndex, error) {
	if len(data) < indexNames+40 {
		return nil, fmt.Errorf("the pack index has only %d bytes", len(data))
	}
	if !bytes.HasPrefix(data, []byte("\xfftOc")) {
		return nil, fmt.Errorf("the pack index is of version 1: run git repack -ad to renew it")
	}
	if v := binary.BigEndian.Uint32(data[4:]); v != 2 {
		return nil, fmt.Errorf("the pack index has version %d: only 2 is known", v)
	}
	x := &packIndex{data: data}
	last := uint32(0)
	for i := range 256 {
		count := binary.BigEndian.Uint32(data[indexHead+4*i:])
		if count < last {
			return nil, fmt.Errorf("the pack index counts down at %02x", i)
		}
		last = count
	}
	rest := int64(len(data)) - indexNames - 40 - 28*int64(last)
	if rest < 0 || rest%8 != 0 || rest/8 > int64(last) || int64(last) > math.MaxInt32 {
		return nil, fmt.Errorf("the pack index has %d bytes, which does not fit its %d objects", len(data), last)
	}
	x.n, x.large = int(last), int(rest/8)
	return x, nil
}

// close is safe to call once only.
func (x *packIndex) close() error {
	if x.view == nil {
		return nil
	}
	return x.view.close()
}

func (x *packIndex) fanout(b int) int {
	if b < 0 {
		return 0
	}
	return int(binary.BigEndian.Uint32(x.data[indexHead+4*b:]))
}

// find returns the place of an object in the order of names. Names are as good as
// random, so where one stands can be guessed from its bytes: a search by halves
// through a million names touches ten places in memory that no cache holds.
func (x *packIndex) find(h Hash) (int, bool) {
	lo, end := x.fanout(int(h[0])-1), x.fanout(int(h[0]))
	hi := end
	before := func(i int) bool { return bytes.Compare(x.rawName(i), h[:]) < 0 }
	if guess := lo + int(uint64(hi-lo)*uint64(binary.BigEndian.Uint32(h[1:]))>>32); guess < hi {
		// Names that were made to mislead cost as many steps as halving.
		step := guessStep
		if before(guess) {
			for lo = guess + 1; lo+step < hi; step *= 2 {
				if !before(lo + step) {
					hi = lo + step
					break
				}
				lo += step + 1
			}
		} else {
			for hi = guess; hi-step > lo; step *= 2 {
				if before(hi - step) {
					lo = hi - step + 1
					break
				}
				hi -= step
			}
		}
	}
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); before(mid) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < end && bytes.Equal(x.rawName(lo), h[:])
}

// guessStep is how far from the guess a name is looked for at first.
const guessStep = 16

func (x *packIndex) rawName(i int) []byte {
	return x.data[indexNames+20*i : indexNames+20*i+20]
}

func (x *packIndex) name(i int) Hash { return Hash(x.rawName(i)) }

// crc returns the CRC-32 of an entry's bytes as they lie in the pack.
func (x *packIndex) crc(i int) uint32 {
	return binary.BigEndian.Uint32(x.data[indexNames+20*x.n+4*i:])
}

func (x *packIndex) offset(i int) (int64, error) {
	off := binary.BigEndian.Uint32(x.data[indexNames+24*x.n+4*i:])
	if off&largeOffset == 0 {
		return int64(off), nil
	}
	at := int(off &^ largeOffset)
	if at >= x.large {
		return 0, fmt.Errorf("the pack index names the 64-bit offset %d of %d", at, x.large)
	}
	big := binary.BigEndian.Uint64(x.data[indexNames+28*x.n+8*at:])
	if big > math.MaxInt64 {
		return 0, fmt.Errorf("the pack index holds the offset %d", big)
	}
	return int64(big), nil
}

// packSum is the checksum of the pack that this is the index of.
func (x *packIndex) packSum() Hash { return Hash(x.data[len(x.data)-40 : len(x.data)-20]) }

// check proves the index whole: its checksum, and its names in order.
func (x *packIndex) check() error {
	end := len(x.data) - 20
	if sha1.Sum(x.data[:end]) != [20]byte(x.data[end:]) {
		return fmt.Errorf("the pack index does not match its checksum")
	}
	for i := 1; i < x.n; i++ {
		if bytes.Compare(x.rawName(i-1), x.rawName(i)) > 0 {
			return fmt.Errorf("the pack index is out of order at object %d", i)
		}
	}
	return nil
}
