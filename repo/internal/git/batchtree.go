package git

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// node is a folder of the tree under the batch's tip, as the bytes that git
// stores. Only folders that the batch has touched are loaded. A change is made
// in these bytes, and where it was made is kept: that is the delta.
type node struct {
	hash    Hash // as last stored; zero for a new folder
	raw     []byte
	rows    []int32 // where each row begins in raw
	kids    []*node // beside rows: folders that are loaded
	changed bool
	// What differs from the bytes last stored: those from lo to oldEnd there are
	// those from lo to newEnd here. Nothing where oldEnd is negative.
	lo, oldEnd, newEnd int
	oldSize            int
}

// parseNode takes over raw, the bytes of a tree.
func parseNode(h Hash, raw []byte) (*node, error) {
	n := &node{hash: h, raw: raw, oldEnd: -1, oldSize: len(raw)}
	for rest := raw; len(rest) > 0; {
		_, after, err := nextEntry(rest)
		if err != nil {
			return nil, corruptObject(h, err)
		}
		n.rows = append(n.rows, int32(len(raw)-len(rest)))
		rest = after
	}
	n.kids = make([]*node, len(n.rows))
	return n, nil
}

func newNode() *node { return &node{oldEnd: -1, changed: true} }

// end is where row i ends.
func (n *node) end(i int) int {
	if i+1 < len(n.rows) {
		return int(n.rows[i+1])
	}
	return len(n.raw)
}

// row parts row i: mode and name (which lie in raw), and whether it is a folder.
func (n *node) row(i int) (mode, name []byte, isTree bool) {
	row := n.raw[n.rows[i] : n.end(i)-21]
	mode, name, _ = bytes.Cut(row, []byte{' '})
	return mode, name, isTreeMode(mode)
}

func isTreeMode(mode []byte) bool {
	return len(mode) == 5 && mode[0] == '4' || len(mode) == 6 && mode[0] == '0' && mode[1] == '4'
}

func (n *node) rowHash(i int) Hash { return Hash(n.raw[n.end(i)-20 : n.end(i)]) }

// find returns where the row called name stands, of either sort, or else where
// a row of that name and sort would be put in.
func (n *node) find(name string, asTree bool) (at int, found bool) {
	if at, found = n.search(name, !asTree); found {
		return at, true
	}
	return n.search(name, asTree)
}

func (n *node) search(name string, asTree bool) (int, bool) {
	lo, hi := 0, len(n.rows)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		_, other, isTree := n.row(mid)
		switch c := compareRow(other, isTree, name, asTree); {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// compareRow is compareRows for a name that lies in a tree's bytes.
func compareRow(a []byte, aTree bool, b string, bTree bool) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	next := func(size int, isTree bool, at func() byte) int {
		switch {
		case n < size:
			return int(at())
		case isTree:
			return '/'
		}
		return 0
	}
	return next(len(a), aTree, func() byte { return a[n] }) - next(len(b), bTree, func() byte { return b[n] })
}

// edit puts data in the place of the bytes from lo to hi.
func (n *node) edit(lo, hi int, data []byte) {
	n.changed = true
	grown := len(data) - (hi - lo)
	if n.oldEnd < 0 {
		n.lo, n.oldEnd, n.newEnd = lo, hi, hi+grown
	} else {
		end := max(n.newEnd, hi)
		n.lo = min(n.lo, lo)
		n.oldEnd += end - n.newEnd
		n.newEnd = end + grown
	}
	if grown == 0 {
		copy(n.raw[lo:], data)
		return
	}
	n.raw = slices.Replace(n.raw, lo, hi, data...)
}

// setHash gives row i another content.
func (n *node) setHash(i int, h Hash) { n.edit(n.end(i)-20, n.end(i), h[:]) }

// insert puts a row in at i.
func (n *node) insert(i int, name string, mode uint32, h Hash, kid *node) {
	row := strconv.AppendUint(nil, uint64(mode), 8)
	row = append(append(append(row, ' '), name...), 0)
	row = append(row, h[:]...)
	at := len(n.raw)
	if i < len(n.rows) {
		at = int(n.rows[i])
	}
	n.edit(at, at, row)
	n.rows, n.kids = slices.Insert(n.rows, i, int32(at)), slices.Insert(n.kids, i, kid)
	n.shift(i+1, len(row))
}

// remove takes row i out.
func (n *node) remove(i int) {
	at, end := int(n.rows[i]), n.end(i)
	n.edit(at, end, nil)
	n.rows, n.kids = slices.Delete(n.rows, i, i+1), slices.Delete(n.kids, i, i+1)
	n.shift(i, at-end)
}

func (n *node) shift(from, by int) {
	for i := from; i < len(n.rows); i++ {
		n.rows[i] += int32(by)
	}
}

// stored says that the node's bytes stand in the pack under a name.
func (n *node) stored(h Hash) {
	n.hash, n.changed = h, false
	n.oldEnd, n.oldSize = -1, len(n.raw)
}

var errFolderInWay = errors.New("a folder has this name")

// setRow makes name a file of n with the content h.
func (n *node) setRow(name string, h Hash) error {
	i, found := n.find(name, false)
	if !found {
		n.insert(i, name, ModeFile, h, nil)
		return nil
	}
	mode, _, isTree := n.row(i)
	switch {
	case isTree:
		return errFolderInWay
	case string(mode) == "100644":
		n.setHash(i, h)
	default:
		n.remove(i)
		n.insert(i, name, ModeFile, h, nil)
	}
	return nil
}

func (b *Batch) set(n *node, path string, h Hash) error {
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		return n.setRow(name, h)
	}
	_, kid, err := b.folder(n, name)
	if err != nil {
		return err
	}
	n.changed = true
	return b.set(kid, rest, h)
}

// folder returns the folder below n of a name, which is made where there is
// none, and its row.
func (b *Batch) folder(n *node, name string) (int, *node, error) {
	i, found := n.find(name, true)
	if !found {
		kid := newNode()
		n.insert(i, name, ModeTree, Hash{}, kid)
		b.size++
		return i, kid, nil
	}
	if _, _, isTree := n.row(i); !isTree {
		return i, nil, errors.New(name + " is a file")
	}
	kid, err := b.kid(n, i)
	return i, kid, err
}

// kid returns the folder of row i, loaded.
func (b *Batch) kid(n *node, i int) (*node, error) {
	if n.kids[i] == nil {
		kid, err := b.load(n.rowHash(i))
		if err != nil {
			return nil, err
		}
		n.kids[i] = kid
		b.size++
	}
	return n.kids[i], nil
}

func (b *Batch) remove(n *node, path string) error {
	name, rest, deeper := strings.Cut(path, "/")
	i, found := n.find(name, deeper)
	if !found {
		return ErrNotFound
	}
	if _, _, isTree := n.row(i); isTree != deeper {
		return ErrNotFound
	}
	n.changed = true
	if deeper {
		kid, err := b.kid(n, i)
		if err != nil {
			return err
		}
		if err := b.remove(kid, rest); err != nil || len(kid.rows) > 0 {
			return err
		}
	}
	n.remove(i)
	return nil
}

// load reads a folder. Its bytes are the node's own.
func (b *Batch) load(tree Hash) (*node, error) {
	obj, ok, err := b.pack.read(tree)
	if err != nil {
		return nil, err
	}
	raw := obj.data
	if !ok {
		if raw, err = b.repo.objects.tree(tree); err != nil {
			return nil, err
		}
		raw = bytes.Clone(raw)
	}
	return parseNode(tree, raw)
}

// store writes the folders that changed, the deepest first.
func (b *Batch) store(n *node) (Hash, error) {
	if !n.changed {
		return n.hash, nil
	}
	for i, kid := range n.kids {
		if kid == nil || !kid.changed {
			continue
		}
		h, err := b.store(kid)
		if err != nil {
			return Hash{}, err
		}
		n.setHash(i, h)
	}
	return n.hash, b.storeNode(n)
}

// maxPatch is how much of a folder's bytes may have changed for a delta to be
// worth the while.
const maxPatch = 4 // a quarter of them

// storeNode writes one folder whose rows are all up to date: as what differs
// from the bytes last stored, where these stand in the same pack.
func (b *Batch) storeNode(n *node) error {
	h := b.hasher.tree(n.raw)
	if b.stored(h) {
		n.stored(h)
		return nil
	}
	it := packItem{hash: h, kind: kindTree}
	if n.oldEnd >= 0 && n.newEnd-n.lo <= len(n.raw)/maxPatch {
		it.base = b.pack.base(n.hash)
	}
	if it.base != 0 {
		it.splice = appendSplice(b.splices(48), n.oldSize, n.lo, n.oldEnd, n.raw, n.newEnd)
	} else {
		it.data = bytes.Clone(n.raw)
	}
	if err := b.pack.put(it); err != nil {
		return err
	}
	n.stored(h)
	return nil
}
