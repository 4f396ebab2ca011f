package git

import (
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/klauspost/compress/flate"
)

// packItem is an object on its way into a pack.
type packItem struct {
	hash Hash
	kind kind
	data []byte // the object; not needed where splice is set
	// base is the number, from 1, of the entry that this one may build on; 0
	// means that the object is stored whole.
	base     int
	baseData []byte // the base's bytes, in which a delta is searched
	splice   []byte // or the delta, where it is known without a search
	packed   []byte // or the object compressed already, which has
	size     int    // so many bytes
}

// bytes is about what an item holds in memory.
func (it *packItem) bytes() int {
	return len(it.data) + len(it.baseData) + len(it.splice) + len(it.packed)
}

// encodedEntry says what the head of an entry must say.
type encodedEntry struct {
	delta bool
	size  int // of the object, or of the delta, before compression
	end   int // where its compressed bytes end among those of its chunk
}

// entryEncoder compresses entries. It holds about a megabyte and is used by one
// goroutine at a time.
type entryEncoder struct {
	deltas  deltaMaker
	scratch []byte
	whole   *flate.Writer
	short   *flate.Writer
	target  sliceWriter
}

// sliceWriter appends what is written to a slice.
type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// encoders keeps entryEncoders for reuse.
type encoders struct{ pool sync.Pool }

func (p *encoders) get() *entryEncoder {
	if e, ok := p.pool.Get().(*entryEncoder); ok {
		return e
	}
	return &entryEncoder{}
}

func (p *encoders) put(e *entryEncoder) { p.pool.Put(e) }

// encode appends an entry's compressed bytes to out.
func (e *entryEncoder) encode(out []byte, it *packItem) ([]byte, encodedEntry, error) {
	if it.packed != nil {
		out = append(out, it.packed...)
		return out, encodedEntry{size: it.size, end: len(out)}, nil
	}
	body, delta := it.data, false
	switch {
	case it.base == 0:
	case it.splice != nil:
		body, delta = it.splice, true
	default:
		e.scratch, delta = e.deltas.appendDelta(e.scratch[:0], it.baseData, it.data, deltaLimit(it))
		if delta {
			body = e.scratch
		}
	}
	out, err := e.appendZlib(out, body, delta)
	return out, encodedEntry{delta: delta, size: len(body), end: len(out)}, err
}

const (
	// storedSize is the length up to which compressing gains next to nothing:
	// the codes cost more than they save. Most deltas of trees are that short.
	storedSize = 96
	// maxStored is the longest block that deflate stores as it is.
	maxStored = 1<<16 - 1
)

// deltaLimit is the length from which a delta saves nothing: it is made of what is
// new, and compresses less well than a whole text does. A commit is mostly digits of
// hashes, which compress as badly in either form.
func deltaLimit(it *packItem) int {
	if it.kind == kindCommit {
		return len(it.data) * 7 / 8
	}
	return len(it.data) * 5 / 8
}

// appendZlib appends data as a zlib stream (RFC 1950): compressed, or in one
// stored block where that is no longer.
func (e *entryEncoder) appendZlib(out, data []byte, delta bool) ([]byte, error) {
	start := len(out)
	out = append(out, 0x78, 0x01)
	if len(data) > storedSize {
		var err error
		if out, err = e.deflate(out, data, delta); err != nil {
			return nil, err
		}
	}
	if stored := start + 2 + 5 + len(data); len(data) <= storedSize || len(out) >= stored && len(data) <= maxStored {
		n := uint16(len(data))
		out = binary.LittleEndian.AppendUint16(append(out[:start+2], 1), n)
		out = append(binary.LittleEndian.AppendUint16(out, ^n), data...)
	}
	return binary.BigEndian.AppendUint32(out, adler32.Checksum(data)), nil
}

// wholeLevel is the level for whole objects: texts of a few kilobytes come out within
// a per cent of the slowest.
const wholeLevel = 5

// deflate compresses an object, or a delta. A delta's repetitions are its copies
// already: what it inserts is coded character by character, which is quicker and,
// for the digits of hashes, shorter than a search for more.
func (e *entryEncoder) deflate(out, data []byte, delta bool) ([]byte, error) {
	z, level := &e.whole, wholeLevel
	if delta {
		z, level = &e.short, flate.HuffmanOnly
	}
	e.target.b = out
	if *z == nil {
		var err error
		if *z, err = flate.NewWriter(&e.target, level); err != nil {
			return nil, err
		}
	} else {
		(*z).Reset(&e.target)
	}
	if _, err := (*z).Write(data); err != nil {
		return nil, err
	}
	err := (*z).Close()
	out, e.target.b = e.target.b, nil
	return out, err
}

// packLayout is where the entries of a pack lie.
type packLayout struct {
	at      int64 // where the next begins
	offsets []int64
	crcs    []uint32
	head    []byte // of the entry placed last
}

// place gives the next entry its place and returns its head, which is valid
// until the next call.
func (l *packLayout) place(it *packItem, e encodedEntry, body []byte) []byte {
	if e.delta {
		l.head = appendEntryHead(l.head[:0], kindOfsDelta, int64(e.size))
		l.head = appendOffset(l.head, l.at-l.offsets[it.base-1])
	} else {
		l.head = appendEntryHead(l.head[:0], it.kind, int64(e.size))
	}
	l.offsets = append(l.offsets, l.at)
	l.crcs = append(l.crcs, crc32.Update(crc32.ChecksumIEEE(l.head), crc32.IEEETable, body))
	l.at += int64(len(l.head) + len(body))
	return l.head
}

// bounds returns where entry n, from 1, begins and ends.
func (l *packLayout) bounds(n int) (off, end int64) {
	if end = l.at; n < len(l.offsets) {
		end = l.offsets[n]
	}
	return l.offsets[n-1], end
}

// numberAt returns the number of the entry that begins at off.
func (l *packLayout) numberAt(off int64) (n int, found bool) {
	i, found := slices.BinarySearch(l.offsets, off)
	return i + 1, found
}

// appendEntryHead writes an entry's kind and size: 4 bits of the size beside
// the kind, then 7 bits a byte, lowest first.
func appendEntryHead(out []byte, k kind, size int64) []byte {
	b := byte(k)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		out = append(out, b|0x80)
		b = byte(size & 0x7f)
	}
	return append(out, b)
}

// appendOffset writes how far back the base of a delta lies: 7 bits a byte,
// highest first, each further byte adding one so that no number has two forms.
func appendOffset(out []byte, back int64) []byte {
	var buf [10]byte
	i := len(buf) - 1
	buf[i] = byte(back & 0x7f)
	for back >>= 7; back > 0; back >>= 7 {
		back--
		i--
		buf[i] = 0x80 | byte(back&0x7f)
	}
	return append(out, buf[i:]...)
}

func appendPackHead(out []byte, objects int) []byte {
	out = append(out, "PACK\x00\x00\x00\x02"...)
	return binary.BigEndian.AppendUint32(out, uint32(objects))
}

// parseEntry parts an entry that was written here into its head and its object
// or delta.
func (p *inflaters) parseEntry(raw []byte, off int64) (entryHead, []byte, error) {
	head, err := parseEntryHead(raw, off)
	if err != nil {
		return head, nil, err
	}
	body := raw[head.length:]
	data, err := p.inflate(&memory{rest: body}, head.size, int64(len(body)))
	if err != nil {
		return head, nil, fmt.Errorf("the entry at %d: %w", off, err)
	}
	return head, data, nil
}
