package git

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
)

// checkWorker is one of the goroutines that take objects apart.
type checkWorker struct {
	c       *checker
	z       inflater
	sum     hash.Hash
	scratch []byte // of deltas, and of objects on which nothing is built
	head    []byte
	stack   []checkFrame
	held    int // bytes of objects on the stack

	// met remembers what was found to be there, each at the place of its first
	// bytes: most rows of a tree stood in the tree before it too. It has a power of
	// two of places.
	met []metObject
}

type metObject struct {
	hash Hash
	kind kind
}

// checkFrame is an object on which others are built.
type checkFrame struct {
	entry int32
	child int32  // the next to be built on it; -1: none
	data  []byte // nil where it was let go to save memory
	sound bool   // what it says holds
}

const (
	maxMet = 1 << 16
	// maxHeld is how many bytes of objects a worker keeps for what is built on
	// them; what is beyond is taken apart a second time.
	maxHeld = 64 << 20
)

func newCheckWorker(c *checker) *checkWorker {
	places := 1 << 6
	for places < maxMet && int64(places) < c.total {
		places *= 2
	}
	return &checkWorker{c: c, sum: sha1.New(), met: make([]metObject, places)}
}

// do does a job; a page that can't be read from disk is its error.
func (w *checkWorker) do(j job) (err error) {
	defer catchFaults(&err)()
	return j(w)
}

// stretch checks the objects that are stored whole between two places of a pack,
// and all that is built on them.
func (w *checkWorker) stretch(p *checkedPack, from, to int) error {
	for i := from; i < to; i++ {
		if err := p.crc(i); err != nil {
			p.damaged(i, err)
		}
		if p.entries[i].base == noBase {
			if err := w.family(p, int32(i)); err != nil {
				return err
			}
		}
		if i%256 == 255 {
			if err := w.c.ctx.Err(); err != nil {
				return err
			}
		}
	}
	w.c.done.Add(int64(to - from))
	return nil
}

// crc compares an entry's bytes with the checksum that the index has for them.
func (c *checkedPack) crc(i int) error {
	e := c.entries[i]
	b, err := c.view.window(e.off, c.end(i)-e.off)
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(b) != c.index.crc(int(e.place)) {
		return errors.New("its bytes in the pack do not match the checksum in the index")
	}
	return nil
}

// family checks an object and everything that is built on it, depth first. An
// object's bytes are let go when the last of its children is made.
func (w *checkWorker) family(p *checkedPack, root int32) error {
	data, err := w.body(p, root, p.first[root] >= 0)
	if err != nil {
		w.lose(p, root, err)
		return nil
	}
	w.stack, w.held = w.stack[:0], 0
	if err := w.made(p, root, data, nil); err != nil {
		return err
	}
	for len(w.stack) > 0 {
		if err := w.c.ctx.Err(); err != nil {
			return err
		}
		top := &w.stack[len(w.stack)-1]
		base, child, sound := top.data, top.child, top.sound
		if base == nil {
			obj, err := w.c.reader.resolve(p.p, p.view, p.entries[top.entry].off, 0)
			if err != nil {
				return err
			}
			base = obj.data
		}
		if top.child = p.next[child]; top.child < 0 {
			w.held -= len(top.data)
			w.stack = w.stack[:len(w.stack)-1]
		}
		delta, err := w.body(p, child, false)
		if err == nil {
			data, err = applyDelta(base, delta)
		}
		if err != nil {
			w.lose(p, child, err)
			continue
		}
		if !sound {
			base = nil
		}
		if err := w.made(p, child, data, base); err != nil {
			return err
		}
	}
	return nil
}

// made checks an object's bytes, and keeps them if others are built on them. base is
// what it is built on where what that says holds, else nil.
func (w *checkWorker) made(p *checkedPack, i int32, data, base []byte) error {
	place := int(p.entries[i].place)
	h, k := p.index.name(place), p.kinds[place]
	if w.hash(k, data) != h {
		w.lose(p, i, errors.New("its bytes are those of another object"))
		return nil
	}
	err := w.content(p, h, k, data, base)
	if err != nil {
		p.damaged(int(i), err)
		w.c.doubt()
	}
	if p.first[i] < 0 {
		return nil
	}
	w.stack = append(w.stack, checkFrame{i, p.first[i], data, err == nil})
	w.held += len(data)
	for j := 0; w.held > maxHeld && j < len(w.stack)-1; j++ {
		w.held -= len(w.stack[j].data)
		w.stack[j].data = nil
	}
	return nil
}

// lose notes a damaged object and those that can't be made without it.
func (w *checkWorker) lose(p *checkedPack, i int32, err error) {
	w.c.doubt()
	p.damaged(int(i), err)
	for todo := []int32{p.first[i]}; len(todo) > 0; {
		child := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; child >= 0; child = p.next[child] {
			p.damaged(int(child), errors.New("its base is damaged"))
			todo = append(todo, p.first[child])
		}
	}
}

// body decompresses an entry: an object, or a delta. With keep the bytes are the
// caller's own, else they last until the next call.
func (w *checkWorker) body(p *checkedPack, i int32, keep bool) ([]byte, error) {
	off, end := p.entries[i].off, p.end(int(i))
	b, err := p.view.window(off, end-off)
	if err != nil {
		return nil, err
	}
	e, err := parseEntryHead(b[:min(len(b), maxEntryHead)], off)
	if err != nil {
		return nil, err
	}
	b = b[e.length:]
	if e.size > maxObject || e.size/maxRatio > int64(len(b)) {
		return nil, fmt.Errorf("the size of %d bytes can't be true", e.size)
	}
	var out []byte
	if keep {
		out = make([]byte, e.size)
	} else {
		if int64(cap(w.scratch)) < e.size {
			w.scratch = make([]byte, e.size+e.size/4)
		}
		out = w.scratch[:e.size]
	}
	used, err := w.z.inflate(out, b)
	if err == nil && used != len(b) {
		err = fmt.Errorf("%d bytes that belong to no object follow it", len(b)-used)
	}
	return out, err
}

// hash is readHash without the setting up.
func (w *checkWorker) hash(k kind, data []byte) (h Hash) {
	w.head = append(append(w.head[:0], k.String()...), ' ')
	w.head = append(strconv.AppendInt(w.head, int64(len(data)), 10), 0)
	w.sum.Reset()
	w.sum.Write(w.head)
	w.sum.Write(data)
	w.sum.Sum(h[:0])
	return h
}

// content checks what a commit or a tree says, and that what it names is there.
// The error is one of its own; what it names and is not there only raises doubt.
// base is an object of that kind of which all that was checked, or nil.
func (w *checkWorker) content(p *checkedPack, h Hash, k kind, data, base []byte) error {
	switch k {
	case kindCommit:
		tree, parents, err := commitLinks(h, data)
		if err != nil {
			return err
		}
		if _, err := decodeCommit(h, data); err != nil {
			return err
		}
		w.needs(p, tree, kindTree)
		for _, parent := range parents {
			w.needs(p, parent, kindCommit)
		}
	case kindTree:
		return w.rows(p, data, base)
	}
	return nil
}

// rows checks those of a tree. Most of them stand in the tree on which it is built,
// and were checked there: of those with which both begin, and with which both end,
// only the outermost are looked at, beside which others stand.
func (w *checkWorker) rows(p *checkedPack, data, base []byte) error {
	var last rawEntry
	same, err := sameBeginning(data, base, &last)
	if err != nil {
		return err
	}
	rest, other := data[same:], base[same:]
	for len(rest) > 0 {
		e, after, err := nextEntry(rest)
		if err != nil {
			return err
		}
		if err := checkNeighbours(last, e); err != nil {
			return err
		}
		if len(rest) == len(other) && bytes.Equal(rest, other) {
			return nil
		}
		switch row := (Entry{Mode: e.mode}); {
		case row.IsTree():
			w.needs(p, e.hash, kindTree)
		case row.isBlob():
			w.needs(p, e.hash, kindBlob)
		}
		last, rest = e, after
		for len(other) > len(rest) { // to where as much is left as here
			if _, other, err = nextEntry(other); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameBeginning gives how many bytes of whole rows two trees begin with alike, and the
// last of these rows.
func sameBeginning(a, b []byte, last *rawEntry) (n int, err error) {
	rest, _ := skipSame(a, b)
	n = len(a) - len(rest)
	if n == 0 {
		return 0, nil
	}
	at := 0
	for {
		end := at + bytes.IndexByte(a[at:], 0) + 1 + len(Hash{})
		if end == n {
			break
		}
		at = end
	}
	*last, _, err = nextEntry(a[at:])
	return n, err
}

// needs wants an object of a kind to be there.
func (w *checkWorker) needs(p *checkedPack, h Hash, k kind) {
	m := &w.met[(int(h[0])|int(h[1])<<8|int(h[2])<<16)&(len(w.met)-1)]
	if m.hash == h && m.kind == k {
		return
	}
	if w.c.doubtful.Load() {
		return // history will be walked anyway
	}
	if err := w.c.named(p, h, k); err != nil {
		w.c.doubt()
		return
	}
	*m = metObject{h, k}
}

// named looks for an object in the packs, that of the object which names it first;
// what came since they were opened, and loose ones, are read.
func (c *checker) named(near *checkedPack, h Hash, want kind) error {
	look := func(p *checkedPack) kind {
		if at, ok := p.index.find(h); ok {
			return p.kinds[at]
		}
		return 0
	}
	if near != nil && look(near) == want {
		return nil
	}
	for _, p := range c.packs {
		if p != near && look(p) == want {
			return nil
		}
	}
	obj, err := c.repo.objects.read(h)
	if err == nil && obj.kind != want {
		err = errKind(h, obj.kind, want)
	}
	return err
}

// looseFolder checks the loose objects whose names begin with the two digits first.
func (w *checkWorker) looseFolder(dir, first string) error {
	folder := filepath.Join(dir, first)
	rows, err := os.ReadDir(folder)
	if err != nil {
		return ignoreVanished(err)
	}
	for _, row := range rows {
		h, err := ParseHash(first + row.Name())
		if err != nil {
			continue // a file that is being written
		}
		if err := w.c.ctx.Err(); err != nil {
			return err
		}
		w.loose(filepath.Join(folder, row.Name()), h)
		w.c.done.Add(1)
	}
	return nil
}

// loose checks one loose object.
func (w *checkWorker) loose(path string, h Hash) {
	obj, err := w.c.reader.readLoose(path)
	if vanished(err) {
		return // packed meanwhile
	}
	if err == nil && w.hash(obj.kind, obj.data) != h {
		err = corruptObject(h, errors.New("its bytes are those of another object"))
	}
	if err == nil {
		err = w.content(nil, h, obj.kind, obj.data, nil)
	}
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	switch {
	case err != nil:
		w.c.broken[h] = err
		w.c.doubt()
	case obj.kind == kindCommit:
		w.c.stats.Commits++
	case obj.kind == kindTree:
		w.c.stats.Trees++
	case obj.kind == kindBlob:
		w.c.stats.Blobs++
	}
}

// exists reports whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
