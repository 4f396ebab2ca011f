package git

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// pack is one pack file with its index. Both are opened when they are first
// needed; a pack never changes under its name.
type pack struct {
	base string // the path without ".pack"
	size int64
	time time.Time
	kept bool // has a .keep, .promisor or .mtimes file beside it

	mu    sync.Mutex
	index *packIndex
	view  *view

	touched atomic.Int64 // entries that were read since mapped memory was let go
}

// letGoAfter is after how many entries the memory is let go into which a pack was
// mapped. The system maps what lies around a place too: an import that reads here
// and there would soon count all of the pack as its own.
const letGoAfter = 1024

// packOffset is a place in a pack: the key of the delta base cache.
type packOffset struct {
	pack *pack
	off  int64
}

const (
	packHead = 12 // "PACK", version, number of objects
	packTail = 20 // SHA-1 of all before it
	// maxDepth is more than git's own limit for a chain of deltas (4095).
	maxDepth = 4200
)

func (p *pack) path() string { return p.base + ".pack" }

func (p *pack) openedIndex() (*packIndex, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.index == nil {
		x, err := openIndex(p.base + ".idx")
		if err != nil {
			return nil, err
		}
		p.index = x
	}
	return p.index, nil
}

func (p *pack) openedView(x *packIndex) (*view, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view != nil {
		return p.view, nil
	}
	v, err := openView(p.path())
	if err != nil {
		return nil, err
	}
	if err := checkPackEnds(v, x); err != nil {
		return nil, errors.Join(corruptFile(p.path(), err), v.close())
	}
	p.view = v
	return v, nil
}

// checkPackEnds checks what can be checked without reading the whole file:
// that it is a pack, and the one that the index belongs to.
func checkPackEnds(v *view, x *packIndex) error {
	head, err := v.window(0, packHead)
	if err != nil {
		return err
	}
	if v.size < packHead+packTail || !strings.HasPrefix(string(head), "PACK") {
		return fmt.Errorf("this is no pack")
	}
	if version := binary.BigEndian.Uint32(head[4:]); version != 2 && version != 3 {
		return fmt.Errorf("the pack has version %d: only 2 and 3 are known", version)
	}
	if n := binary.BigEndian.Uint32(head[8:]); int64(n) != int64(x.n) {
		return fmt.Errorf("the pack holds %d objects, its index names %d", n, x.n)
	}
	tail, err := v.window(v.size-packTail, packTail)
	if err != nil {
		return err
	}
	if Hash(tail) != x.packSum() {
		return fmt.Errorf("the pack is not the one that its index was made for")
	}
	return nil
}

// close lets the files go. No reader may be at work in the pack.
func (p *pack) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	if p.index != nil {
		errs = append(errs, p.index.close())
	}
	if p.view != nil {
		errs = append(errs, p.view.close())
	}
	p.index, p.view = nil, nil
	return errors.Join(errs...)
}

// find returns where an object begins in this pack.
func (p *pack) find(h Hash) (off int64, ok bool, err error) {
	x, err := p.openedIndex()
	if err != nil {
		return 0, false, err
	}
	at, ok := x.find(h)
	if !ok {
		return 0, false, nil
	}
	if off, err = x.offset(at); err != nil {
		return 0, false, corruptFile(p.base+".idx", err)
	}
	return off, true, nil
}

// entryHead is what stands in front of an object's compressed bytes.
type entryHead struct {
	kind    kind
	size    int64 // of the bytes when decompressed: the object, or the delta
	length  int64 // of this head in the pack
	baseOff int64 // where kind is kindOfsDelta
	baseRef Hash  // where kind is kindRefDelta
}

// maxEntryHead is the most bytes that a head can have: 10 of size, 20 of base.
const maxEntryHead = 32

func cutShort(off int64) error { return fmt.Errorf("the entry at %d is cut short", off) }

// parseEntryHead reads the head of the entry that begins at off.
func parseEntryHead(b []byte, off int64) (entryHead, error) {
	if len(b) == 0 {
		return entryHead{}, cutShort(off)
	}
	e := entryHead{kind: kind(b[0] >> 4 & 7), size: int64(b[0] & 15)}
	i := 1
	for shift := 4; b[i-1]&0x80 != 0; shift += 7 {
		if i == len(b) || shift > 53 {
			return entryHead{}, cutShort(off)
		}
		e.size |= int64(b[i]&0x7f) << shift
		i++
	}
	switch e.kind {
	case kindCommit, kindTree, kindBlob, kindTag:
	case kindOfsDelta:
		back := int64(0)
		for first := true; ; first = false {
			if i == len(b) || back > off {
				return entryHead{}, fmt.Errorf("the entry at %d has a base outside of the pack", off)
			}
			if !first {
				back++
			}
			back = back<<7 | int64(b[i]&0x7f)
			i++
			if b[i-1]&0x80 == 0 {
				break
			}
		}
		if e.baseOff = off - back; back == 0 || e.baseOff < packHead {
			return entryHead{}, fmt.Errorf("the entry at %d has a base outside of the pack", off)
		}
	case kindRefDelta:
		if len(b) < i+20 {
			return entryHead{}, cutShort(off)
		}
		e.baseRef = Hash(b[i : i+20])
		i += 20
	default:
		return entryHead{}, fmt.Errorf("the entry at %d is of the unknown kind %d", off, e.kind)
	}
	e.length = int64(i)
	return e, nil
}

// packReader reads objects out of packs.
type packReader struct {
	inflaters inflaters
	bases     *cache[packOffset]
	deltas    sync.Pool // of *[]byte

	// What a [Sweep] has beside: a cache for trees alone, which contents would drive
	// out; that the ends of chains are kept too, since others will be built on them;
	// and after how many entries memory is let go, if not after letGoAfter.
	trees *cache[packOffset]
	ends  bool
	letGo int64
}

// kept gives an object that was read before, or nothing where it isn't of the likely
// kind.
func (r *packReader) kept(at packOffset, likely kind) (object, bool) {
	if r.trees != nil && likely == kindTree {
		return r.trees.get(at)
	}
	return r.bases.get(at)
}

// keep keeps an object for those that are built on it.
func (r *packReader) keep(at packOffset, obj object) {
	if r.trees != nil && obj.kind == kindTree {
		r.trees.put(at, obj)
		return
	}
	r.bases.put(at, obj)
}

// read returns the object that begins at off. The bytes may be shared with
// the cache.
func (r *packReader) read(p *pack, off int64, likely kind) (object, error) {
	x, err := p.openedIndex()
	if err != nil {
		return object{}, err
	}
	v, err := p.openedView(x)
	if err != nil {
		return object{}, err
	}
	obj, err := r.resolve(p, v, off, likely)
	if err != nil {
		return object{}, corruptFile(p.path(), err)
	}
	if p.touched.Load() >= max(r.letGo, letGoAfter) {
		p.touched.Store(0)
		v.done(0, v.size)
	}
	return obj, nil
}

// resolve follows a chain of deltas down to a whole object, then applies the
// deltas on the way back.
func (r *packReader) resolve(p *pack, v *view, off int64, likely kind) (object, error) {
	type link struct {
		off  int64
		head entryHead
	}
	var chain []link
	var obj object
	for {
		if len(chain) > 0 || r.ends && likely != kindCommit { // of which each is asked for once
			if hit, ok := r.kept(packOffset{p, off}, likely); ok {
				obj = hit
				break
			}
		}
		p.touched.Add(1)
		e, err := r.head(v, off)
		if err != nil {
			return object{}, err
		}
		if e.kind != kindOfsDelta && e.kind != kindRefDelta {
			data, err := r.body(v, off, e)
			if err != nil {
				return object{}, err
			}
			obj = object{e.kind, data}
			if r.ends && e.kind != kindCommit || len(chain) > 0 {
				r.keep(packOffset{p, off}, obj)
			}
			break
		}
		if len(chain) == maxDepth {
			return object{}, fmt.Errorf("the chain of deltas at %d has no end", off)
		}
		chain = append(chain, link{off, e})
		if off, err = r.base(p, e); err != nil {
			return object{}, err
		}
	}
	if len(chain) == 0 {
		return obj, nil
	}
	room, _ := r.deltas.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	defer r.deltas.Put(room)
	for i := len(chain) - 1; i >= 0; i-- {
		delta, err := r.delta(v, chain[i].off, chain[i].head, room)
		if err != nil {
			return object{}, err
		}
		data, err := applyDelta(obj.data, delta)
		if err != nil {
			return object{}, fmt.Errorf("the entry at %d: %w", chain[i].off, err)
		}
		obj.data = data
		if r.ends || i > 0 {
			r.keep(packOffset{p, chain[i].off}, obj)
		}
	}
	return obj, nil
}

func (r *packReader) head(v *view, off int64) (entryHead, error) {
	if off < packHead || off >= v.size-packTail {
		return entryHead{}, fmt.Errorf("an object is said to begin at %d of %d bytes", off, v.size)
	}
	b, err := v.window(off, min(maxEntryHead, v.size-packTail-off))
	if err != nil {
		return entryHead{}, err
	}
	return parseEntryHead(b, off)
}

func (r *packReader) body(v *view, off int64, e entryHead) ([]byte, error) {
	at := off + e.length
	data, err := r.inflaters.inflate(v.from(at), e.size, v.size-packTail-at)
	if err != nil {
		return nil, fmt.Errorf("the entry at %d: %w", off, err)
	}
	return data, nil
}

// maxDeltaRoom is how many bytes are kept for the next delta.
const maxDeltaRoom = 1 << 20

// delta is body for bytes that are needed until the next ones only: they may stand in
// room, which grows.
func (r *packReader) delta(v *view, off int64, e entryHead, room *[]byte) ([]byte, error) {
	if e.size > maxDeltaRoom {
		return r.body(v, off, e)
	}
	at := off + e.length
	data, err := r.inflaters.inflateInto(*room, v.from(at), e.size, v.size-packTail-at)
	if err != nil {
		return nil, fmt.Errorf("the entry at %d: %w", off, err)
	}
	*room = data[:0]
	return data, nil
}

// base returns where the base of a delta begins. It lies in the same pack: a
// pack on disk is complete in itself.
func (r *packReader) base(p *pack, e entryHead) (int64, error) {
	if e.kind == kindOfsDelta {
		return e.baseOff, nil
	}
	off, ok, err := p.find(e.baseRef)
	if err == nil && !ok {
		err = fmt.Errorf("the base %s of a delta is missing from the pack", e.baseRef)
	}
	return off, err
}

// vanished reports whether a file was gone when it was to be opened: someone
// repacked, and the object lies elsewhere now.
func vanished(err error) bool { return errors.Is(err, os.ErrNotExist) }
