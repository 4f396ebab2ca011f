package git

import (
	"fmt"
)

// applyDelta rebuilds an object from its base and a delta (git's
// Documentation/gitformat-pack, "Deltified representation"): the two sizes,
// then instructions that copy from the base or insert bytes of their own.
func applyDelta(base, delta []byte) ([]byte, error) {
	from, delta, err := deltaSize(delta)
	if err != nil {
		return nil, err
	}
	if from != uint64(len(base)) {
		return nil, fmt.Errorf("the delta is for a base of %d bytes, this one has %d", from, len(base))
	}
	to, delta, err := deltaSize(delta)
	if err != nil {
		return nil, err
	}
	if to > maxObject {
		return nil, fmt.Errorf("the delta makes an object of %d bytes", to)
	}
	// A false size must not cost memory, so room is made as it is needed.
	out := make([]byte, 0, min(to, uint64(len(base)+len(delta)+1<<16)))
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		switch {
		case op&0x80 != 0:
			var off, n uint32
			if off, n, delta, err = deltaCopy(op, delta); err != nil {
				return nil, err
			}
			if uint64(off)+uint64(n) > uint64(len(base)) {
				return nil, fmt.Errorf("the delta copies bytes %d+%d of a base of %d", off, n, len(base))
			}
			out = append(out, base[off:off+n]...)
		case op == 0:
			return nil, fmt.Errorf("the delta holds the reserved instruction 0")
		default:
			if int(op) > len(delta) {
				return nil, fmt.Errorf("the delta ends inside an insertion")
			}
			out = append(out, delta[:op]...)
			delta = delta[op:]
		}
		if uint64(len(out)) > to {
			return nil, fmt.Errorf("the delta makes more than the %d bytes that it announces", to)
		}
	}
	if uint64(len(out)) != to {
		return nil, fmt.Errorf("the delta makes %d bytes and announces %d", len(out), to)
	}
	return out, nil
}

// deltaSize reads a number of 7 bits a byte, lowest first.
func deltaSize(delta []byte) (uint64, []byte, error) {
	var n uint64
	for i, b := range delta {
		if i > 8 {
			break
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return n, delta[i+1:], nil
		}
	}
	return 0, nil, fmt.Errorf("the delta has no size")
}

// deltaCopy reads the arguments of a copy: bits 0-3 of op say which bytes of
// the offset follow, bits 4-6 which of the length; length 0 means 65536.
func deltaCopy(op byte, delta []byte) (off, n uint32, rest []byte, err error) {
	var args [7]byte
	for i := range args {
		if op&(1<<i) == 0 {
			continue
		}
		if len(delta) == 0 {
			return 0, 0, nil, fmt.Errorf("the delta ends inside a copy")
		}
		args[i], delta = delta[0], delta[1:]
	}
	off = uint32(args[0]) | uint32(args[1])<<8 | uint32(args[2])<<16 | uint32(args[3])<<24
	n = uint32(args[4]) | uint32(args[5])<<8 | uint32(args[6])<<16
	if n == 0 {
		n = 1 << 16
	}
	return off, n, delta, nil
}
