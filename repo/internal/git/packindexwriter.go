package git

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"slices"
)

// indexRow is one object of an index that is being written.
type indexRow struct {
	hash   Hash
	crc    uint32
	offset int64
}

// encodeIndex returns an index of version 2.
func encodeIndex(rows []indexRow, packSum Hash) []byte {
	names := make([]Hash, len(rows))
	l := packLayout{offsets: make([]int64, len(rows)), crcs: make([]uint32, len(rows))}
	for i, r := range rows {
		names[i], l.offsets[i], l.crcs[i] = r.hash, r.offset, r.crc
	}
	return sealIndex(indexTables(names, &l), packSum)
}

// indexTables returns an index without the two checksums at its end.
func indexTables(names []Hash, l *packLayout) []byte {
	order := nameOrder(names)
	out := make([]byte, 0, indexNames+28*len(names)+40)
	out = append(out, "\xfftOc\x00\x00\x00\x02"...)
	next := 0
	for b := range 256 {
		for next < len(order) && int(names[order[next]][0]) <= b {
			next++
		}
		out = binary.BigEndian.AppendUint32(out, uint32(next))
	}
	for _, i := range order {
		out = append(out, names[i][:]...)
	}
	for _, i := range order {
		out = binary.BigEndian.AppendUint32(out, l.crcs[i])
	}
	var large []byte
	for _, i := range order {
		off := l.offsets[i]
		if off < largeOffset {
			out = binary.BigEndian.AppendUint32(out, uint32(off))
			continue
		}
		out = binary.BigEndian.AppendUint32(out, largeOffset|uint32(len(large)/8))
		large = binary.BigEndian.AppendUint64(large, uint64(off))
	}
	return append(out, large...)
}

// sealIndex appends the checksum of the pack, and that of the index itself.
func sealIndex(tables []byte, packSum Hash) []byte {
	out := append(tables, packSum[:]...)
	sum := sha1.Sum(out)
	return append(out, sum[:]...)
}

// fewNames is the number up to which sorting in the plain way is the faster.
const fewNames = 1 << 12

// nameOrder returns the places of names in the order of the names. Names are as
// good as random, so they are dealt out by their first two bytes, and the few
// that share these are sorted.
func nameOrder(names []Hash) []uint32 {
	order := make([]uint32, len(names))
	byName := func(i, j uint32) int { return bytes.Compare(names[i][:], names[j][:]) }
	if len(names) <= fewNames {
		for i := range order {
			order[i] = uint32(i)
		}
		slices.SortFunc(order, byName)
		return order
	}
	first := func(h Hash) int { return int(h[0])<<8 | int(h[1]) }
	starts := make([]int, 1<<16+1)
	for _, h := range names {
		starts[first(h)+1]++
	}
	for i := range 1 << 16 {
		starts[i+1] += starts[i]
	}
	next := slices.Clone(starts)
	for i, h := range names {
		b := first(h)
		order[next[b]] = uint32(i)
		next[b]++
	}
	for i := range 1 << 16 {
		slices.SortFunc(order[starts[i]:starts[i+1]], byName)
	}
	return order
}
