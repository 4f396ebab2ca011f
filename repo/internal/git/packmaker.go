package git

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// maxChain is how many deltas may have to be applied to read an object that was
// stored here. A longer chain saves bytes, and costs every reader time.
const maxChain = 48

// packMaker plans a pack: which objects it holds, and on which of them a new
// one builds. Where the entries go is its output's affair: to memory for a
// batch of a few versions, through other goroutines to disk for an import.
type packMaker struct {
	entries entryTable
	out     packOutput
	// continued is how many of the entries stand in a pack that was published
	// before and that this one takes over; published reads them.
	continued int
	published func(Hash) (object, error)
	inflaters inflaters
}

// packOutput takes the entries of a pack in their order.
type packOutput interface {
	// put adds the next entry. The item's bytes must not be changed any more.
	put(it packItem) error
	// entry returns entry n, from 1, as it stands in the pack, and where.
	entry(n int) (raw []byte, off int64, err error)
	// numberAt returns the number of the entry that begins at off.
	numberAt(off int64) (n int, found bool)
}

// put adds an object, which must not be in the pack.
func (p *packMaker) put(it packItem) error {
	depth := 0
	if it.base != 0 {
		depth = 1 + int(p.entries.depths[it.base-1])
	}
	p.entries.add(it.hash, uint8(depth))
	return p.out.put(it)
}

// base returns the number of an object on which another may build; 0 where
// there is none, or where the chain of deltas would become too long.
func (p *packMaker) base(h Hash) int {
	n := p.entries.find(h)
	if n == 0 || p.entries.depths[n-1] >= maxChain {
		return 0
	}
	return n
}

// read returns an object that this batch has put into the pack. ok is false for
// one that it has not.
func (p *packMaker) read(h Hash) (obj object, ok bool, err error) {
	n := p.entries.find(h)
	if n <= p.continued {
		return object{}, false, nil
	}
	var deltas [][]byte
	for {
		raw, off, err := p.out.entry(n)
		if err != nil {
			return object{}, true, err
		}
		head, data, err := p.inflaters.parseEntry(raw, off)
		if err != nil {
			return object{}, true, err
		}
		if head.kind != kindOfsDelta {
			obj = object{head.kind, data}
			break
		}
		deltas = append(deltas, data)
		if n, ok = p.out.numberAt(head.baseOff); !ok {
			return object{}, true, fmt.Errorf("the entry at %d has no base", off)
		}
		if n <= p.continued {
			if obj, err = p.published(p.entries.names[n-1]); err != nil {
				return object{}, true, err
			}
			break
		}
	}
	for _, d := range slices.Backward(deltas) {
		if obj.data, err = applyDelta(obj.data, d); err != nil {
			return object{}, true, err
		}
	}
	return obj, true, nil
}

// entryTable finds the entries of a pack by their names. An entry costs about
// 35 bytes here, a third of what a map would take: an import has millions.
type entryTable struct {
	names  []Hash
	depths []uint8
	slots  []uint32 // by open addressing; the entry's number, 0 where free
}

// roomyTable is an empty table with room for n entries.
func roomyTable(n int) entryTable {
	slots := 64
	for slots < 2*n {
		slots *= 2
	}
	return entryTable{make([]Hash, 0, n), make([]uint8, 0, n), make([]uint32, slots)}
}

// find returns an entry's number, from 1; 0 where there is none.
func (t *entryTable) find(h Hash) int {
	if len(t.slots) == 0 || h.IsZero() {
		return 0
	}
	mask := uint64(len(t.slots) - 1)
	for i := slotOf(h) & mask; ; i = (i + 1) & mask {
		n := t.slots[i]
		if n == 0 || t.names[n-1] == h {
			return int(n)
		}
	}
}

func (t *entryTable) add(h Hash, depth uint8) {
	t.names, t.depths = append(t.names, h), append(t.depths, depth)
	if 2*len(t.names) > len(t.slots) {
		t.slots = make([]uint32, max(64, 2*len(t.slots)))
		for i := range t.names {
			t.enter(i + 1)
		}
		return
	}
	t.enter(len(t.names))
}

func (t *entryTable) enter(n int) {
	mask := uint64(len(t.slots) - 1)
	i := slotOf(t.names[n-1]) & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = uint32(n)
}

// slotOf needs no mixing: a SHA-1 is as good as random.
func slotOf(h Hash) uint64 { return binary.LittleEndian.Uint64(h[:]) }
