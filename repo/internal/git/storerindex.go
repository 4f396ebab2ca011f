package git

import (
	"cmp"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// maxResolving bounds the bytes of delta bases that are held while a pack is
// indexed. A chain costs no more than two of its objects; only one that forks at
// every step holds more.
const maxResolving = 1 << 30

// minEntry is the fewest bytes that an entry of a pack can have: a head of one,
// and an empty stream of zlib.
const minEntry = 9

// packIndexer reads a pack that nobody has read before and names its objects.
type packIndexer struct {
	objects *objects
	view    *view
	strict  bool
	entries []newEntry // by offset
	byRef   map[Hash][]int
	byOff   [][]int // by the base's place in entries
	held    int
}

// newEntry is one entry of such a pack; hash and kind of a delta are known when
// its base is.
type newEntry struct {
	indexRow
	head  entryHead
	kind  kind
	named bool
}

// indexPack reads a pack whole: its checksum, every entry, every delta. Every
// object is hashed with an eye on collisions, and where asked must be well formed. A pack whose
// deltas have bases outside of it is refused: nobody asks for such a one.
func (o *objects) indexPack(v *view, wellFormed bool) (rows []indexRow, sum Hash, err error) {
	defer catchFaults(&err)()
	x := &packIndexer{objects: o, view: v, strict: wellFormed, byRef: map[Hash][]int{}}
	count, sum, err := x.ends()
	if err != nil {
		return nil, sum, err
	}
	at := int64(packHead)
	for len(x.entries) < count {
		if at, err = x.entry(at); err != nil {
			return nil, sum, err
		}
	}
	if at != v.size-packTail {
		return nil, sum, fmt.Errorf("%d bytes stand behind its last object", v.size-packTail-at)
	}
	if err := x.resolve(); err != nil {
		return nil, sum, err
	}
	rows = make([]indexRow, len(x.entries))
	for i, e := range x.entries {
		rows[i] = e.indexRow
	}
	return rows, sum, nil
}

// ends reads the pack's head and proves its checksum.
func (x *packIndexer) ends() (count int, sum Hash, err error) {
	head, err := x.view.window(0, packHead)
	if err != nil {
		return 0, sum, err
	}
	if x.view.size < packHead+packTail || !strings.HasPrefix(string(head), "PACK") {
		return 0, sum, errors.New("it is no pack, or was cut short")
	}
	if version := binary.BigEndian.Uint32(head[4:]); version != 2 && version != 3 {
		return 0, sum, fmt.Errorf("it has version %d: only 2 and 3 are known", version)
	}
	d := sha1.New()
	if _, err := io.CopyN(d, x.view.from(0), x.view.size-packTail); err != nil {
		return 0, sum, err
	}
	tail, err := x.view.window(x.view.size-packTail, packTail)
	if err != nil {
		return 0, sum, err
	}
	if sum = Hash(tail); Hash(d.Sum(nil)) != sum {
		return 0, sum, errors.New("it does not match its checksum: it was cut short or changed on the way")
	}
	n := int64(binary.BigEndian.Uint32(head[8:]))
	if n > (x.view.size-packHead-packTail)/minEntry {
		return 0, sum, fmt.Errorf("it says that it holds %d objects in %d bytes", n, x.view.size)
	}
	return int(n), sum, nil
}

// counted tells how much was read of a source.
type counted struct {
	byteSource
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.byteSource.Read(b)
	c.n += int64(n)
	return n, err
}

func (c *counted) ReadByte() (byte, error) {
	b, err := c.byteSource.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// entry reads the entry that begins at off, and tells where the next one does.
func (x *packIndexer) entry(off int64) (next int64, err error) {
	head, err := x.objects.reader.head(x.view, off)
	if err != nil {
		return 0, err
	}
	at := off + head.length
	src := &counted{byteSource: x.view.from(at)}
	data, err := x.objects.reader.inflaters.inflate(src, head.size, x.view.size-packTail-at)
	if err != nil {
		return 0, fmt.Errorf("the entry at %d: %w", off, err)
	}
	next = at + src.n
	if next > x.view.size-packTail {
		return 0, fmt.Errorf("the entry at %d is cut short", off)
	}
	raw, err := x.view.window(off, next-off)
	if err != nil {
		return 0, err
	}
	e := newEntry{indexRow: indexRow{crc: crc32.ChecksumIEEE(raw), offset: off}, head: head}
	i := len(x.entries)
	x.byOff = append(x.byOff, nil)
	switch head.kind {
	case kindOfsDelta:
		base, ok := x.at(head.baseOff)
		if !ok {
			return 0, fmt.Errorf("the entry at %d has a base where no entry begins", off)
		}
		x.byOff[base] = append(x.byOff[base], i)
	case kindRefDelta:
		x.byRef[head.baseRef] = append(x.byRef[head.baseRef], i)
	default:
		if err := x.name(&e, head.kind, data); err != nil {
			return 0, err
		}
	}
	x.entries = append(x.entries, e)
	return next, nil
}

func (x *packIndexer) at(off int64) (int, bool) {
	return slices.BinarySearchFunc(x.entries, off, func(e newEntry, off int64) int { return cmp.Compare(e.offset, off) })
}

// name hashes an object and checks that it is well formed.
func (x *packIndexer) name(e *newEntry, k kind, data []byte) error {
	h, err := writeHash(k, data)
	if err != nil {
		return fmt.Errorf("the entry at %d: %w", e.offset, err)
	}
	if x.strict {
		if err := wellFormed(h, k, data); err != nil {
			return err
		}
	}
	e.hash, e.kind, e.named = h, k, true
	return nil
}

// resolving is an object whose deltas are being worked off.
type resolving struct {
	kind kind
	data []byte
	kids []int
}

// resolve names all deltas: from each whole object to the deltas against it, and
// from these on. Of an object that has one delta left nothing is held.
func (x *packIndexer) resolve() error {
	for i := range x.entries {
		e := &x.entries[i]
		if e.head.kind == kindOfsDelta || e.head.kind == kindRefDelta {
			continue
		}
		kids := x.kids(i)
		if len(kids) == 0 {
			continue
		}
		data, err := x.objects.reader.body(x.view, e.offset, e.head)
		if err != nil {
			return err
		}
		if err := x.below(resolving{e.kind, data, kids}); err != nil {
			return err
		}
	}
	seen := make(map[Hash]bool, len(x.entries))
	for _, e := range x.entries {
		switch {
		case !e.named && e.head.kind == kindRefDelta:
			return fmt.Errorf("the base %s of the entry at %d is not in it", e.head.baseRef, e.offset)
		case !e.named:
			return fmt.Errorf("the entry at %d rests on one whose base is not in it", e.offset)
		case seen[e.hash]:
			return fmt.Errorf("it holds object %s twice", e.hash)
		}
		seen[e.hash] = true
	}
	return nil
}

// kids lists the deltas against an entry that has its name.
func (x *packIndexer) kids(i int) []int {
	kids := x.byOff[i]
	h := x.entries[i].hash
	if more := x.byRef[h]; len(more) > 0 {
		delete(x.byRef, h) // two entries of one name would each take them
		kids = append(slices.Clone(kids), more...)
	}
	return kids
}

func (x *packIndexer) below(root resolving) error {
	stack := []resolving{root}
	for x.held = len(root.data); len(stack) > 0; {
		top := &stack[len(stack)-1]
		base, k, i := top.data, top.kind, top.kids[0]
		if top.kids = top.kids[1:]; len(top.kids) == 0 {
			x.held -= len(base)
			stack = stack[:len(stack)-1]
		}
		e := &x.entries[i]
		delta, err := x.objects.reader.body(x.view, e.offset, e.head)
		if err != nil {
			return err
		}
		data, err := applyDelta(base, delta)
		if err != nil {
			return fmt.Errorf("the entry at %d: %w", e.offset, err)
		}
		if err := x.name(e, k, data); err != nil {
			return err
		}
		if kids := x.kids(i); len(kids) > 0 {
			if x.held += len(data); x.held > maxResolving {
				return fmt.Errorf("its deltas need more than %d bytes at a time", maxResolving)
			}
			stack = append(stack, resolving{k, data, kids})
		}
	}
	return nil
}

// wellFormed refuses an object that could not be read, or that no file system
// would bear: what git's fsck refuses of what arrives.
func wellFormed(h Hash, k kind, data []byte) error {
	switch k {
	case kindCommit:
		_, err := decodeCommit(h, data)
		if err == nil {
			_, _, err = commitLinks(h, data)
		}
		return err
	case kindTree:
		entries, err := decodeTree(h, data)
		if err != nil {
			return err
		}
		if err := checkOrder(entries); err != nil {
			return corruptObject(h, err)
		}
		for _, e := range entries {
			if name := strings.ToLower(e.Name); name == "." || name == ".." || name == ".git" {
				return corruptObject(h, fmt.Errorf("a tree has a row named %s", e.Name))
			}
			if e.Hash.IsZero() {
				return corruptObject(h, fmt.Errorf("the row %s names no object", clip(e.Name)))
			}
		}
	case kindTag:
		if !strings.HasPrefix(string(data), "object ") {
			return corruptObject(h, errors.New("a tag must begin with the object that it names"))
		}
	}
	return nil
}
