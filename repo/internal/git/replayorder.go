package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
)

// relate finds out what follows what: it goes through the commits, the newest
// first, and compares the tree of each with that of its parent. What stood at a
// path before is to be stored as what differs from what stands there after.
func (p *replayer) relate(ctx context.Context) error {
	links, err := p.sortCommits(ctx)
	if err != nil {
		return err
	}
	for _, n := range p.commits {
		if err := ctx.Err(); err != nil {
			return err
		}
		link := links[n]
		parent := Hash{}
		if len(link.parents) > 0 {
			// A shallow clone ends somewhere.
			if _, parent, err = p.links(link.parents[0]); err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		if err := p.pair(parent, link.tree); err != nil {
			return err
		}
	}
	for i := range p.places { // what no commit here leads to
		if n := uint32(i + 1); !p.seen[i] {
			switch p.seen[i] = true; p.places[i].kind {
			case kindTree:
				p.folders = append(p.folders, n)
			case kindBlob:
				p.files = append(p.files, n)
			default:
				p.commits = append(p.commits, n)
			}
		}
	}
	return nil
}

// commitLink is what a commit leads to.
type commitLink struct {
	tree    Hash
	parents []Hash
}

// links returns a commit's tree. The commit may lie outside of the packs.
func (p *replayer) links(h Hash) (parents []Hash, tree Hash, err error) {
	var data []byte
	if n := p.table.find(h); n != 0 {
		obj, err := p.read(uint32(n))
		if err != nil {
			return nil, Hash{}, err
		}
		data = obj.data
	} else if data, err = p.repo.objects.typed(h, kindCommit); err != nil {
		return nil, Hash{}, err
	}
	tree, parents, err = commitLinks(h, data)
	return parents, tree, err
}

// sortCommits puts the commits of the packs in an order in which each stands
// before its parents.
func (p *replayer) sortCommits(ctx context.Context) (map[uint32]commitLink, error) {
	links := map[uint32]commitLink{}
	children := make(map[uint32]int)
	for i := range p.places {
		if p.places[i].kind != kindCommit {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parents, tree, err := p.links(p.table.names[i])
		if err != nil {
			return nil, err
		}
		links[uint32(i+1)] = commitLink{tree, parents}
		for _, h := range parents {
			if n := p.table.find(h); n != 0 {
				children[uint32(n)]++
			}
		}
	}
	var ready []uint32
	for n := range links {
		if children[n] == 0 {
			ready = append(ready, n)
		}
	}
	slices.Sort(ready) // so that the same packs always give the same pack
	for len(ready) > 0 {
		n := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		p.seen[n-1] = true
		p.commits = append(p.commits, n)
		for _, h := range slices.Backward(links[n].parents) {
			if parent := uint32(p.table.find(h)); parent != 0 {
				if children[parent]--; children[parent] == 0 {
					ready = append(ready, parent)
				}
			}
		}
	}
	return links, nil
}

// see enters an object into its list, once, as one that builds on newer: what
// took its place. Both may lie outside of the packs; a zero newer is nothing.
func (p *replayer) see(h, newer Hash, list *[]uint32) (fresh bool) {
	n := uint32(p.table.find(h))
	if n == 0 || p.seen[n-1] {
		return false
	}
	p.seen[n-1] = true
	*list = append(*list, n)
	// What is newer was seen before, so that no circle can come about.
	if b := uint32(p.table.find(newer)); b != 0 && b != n && p.seen[b-1] && p.places[b-1].kind == p.places[n-1].kind {
		p.base[n-1] = b
		p.sibling[n-1], p.child[b-1] = p.child[b-1], n
	}
	return true
}

// pair compares two trees of one folder, an older and a newer one, and all that
// differs below. A zero hash is no folder.
func (p *replayer) pair(older, newer Hash) error {
	if older == newer {
		return nil
	}
	fresh := p.see(newer, Hash{}, &p.folders)
	p.see(older, newer, &p.folders)
	if older.IsZero() && !fresh {
		return nil // all below it was seen with it, or lies outside
	}
	was, err := p.rows(older)
	if err != nil {
		return err
	}
	is, err := p.rows(newer)
	if err != nil {
		return err
	}
	for len(is) > 0 {
		switch c := compareRawRows(was, is); {
		case c < 0:
			was = was[1:]
			continue
		case c > 0:
			if err := p.pairRows(rawEntry{}, is[0]); err != nil {
				return err
			}
		default:
			if err := p.pairRows(was[0], is[0]); err != nil {
				return err
			}
			was = was[1:]
		}
		is = is[1:]
	}
	return nil
}

// compareRawRows compares the first rows of two trees; one that has ended comes
// last.
func compareRawRows(was, is []rawEntry) int {
	if len(was) == 0 {
		return 1
	}
	a, b := was[0], is[0]
	n := min(len(a.name), len(b.name))
	if c := bytes.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	end := func(e rawEntry) byte {
		switch {
		case n < len(e.name):
			return e.name[n]
		case e.mode&modeKind == ModeTree:
			return '/'
		}
		return 0
	}
	return cmp.Compare(end(a), end(b))
}

func (p *replayer) pairRows(was, is rawEntry) error {
	isTree := is.mode&modeKind == ModeTree
	switch {
	case was.hash == is.hash || is.mode&modeKind == ModeSubmodule:
		return nil
	case isTree:
		return p.pair(was.hash, is.hash)
	}
	p.see(is.hash, Hash{}, &p.files)
	if !was.hash.IsZero() {
		p.see(was.hash, is.hash, &p.files)
	}
	return nil
}

// rows reads a tree, which may lie outside of the packs.
func (p *replayer) rows(h Hash) ([]rawEntry, error) {
	if h.IsZero() {
		return nil, nil
	}
	obj, ok := p.trees.get(h)
	if !ok {
		var err error
		if n := p.table.find(h); n != 0 {
			obj, err = p.read(uint32(n))
		} else {
			obj.data, err = p.repo.objects.tree(h)
		}
		if err != nil {
			return nil, err
		}
		p.trees.put(h, obj)
	}
	rows := make([]rawEntry, 0, len(obj.data)/28+1)
	for raw := obj.data; len(raw) > 0; {
		e, rest, err := nextEntry(raw)
		if err != nil {
			return nil, corruptObject(h, err)
		}
		rows, raw = append(rows, e), rest
	}
	return rows, nil
}

// emit writes the new pack: the commits, the newest first, as a walk through the
// history meets them; then the folders and the files, each with its past behind
// it.
func (p *replayer) emit(ctx context.Context, out *streamPack) error {
	p.emitted = make([]Hash, 0, len(p.places))
	for _, list := range [][]uint32{p.commits, p.folders, p.files} {
		for _, n := range list {
			if p.base[n-1] != 0 {
				continue // comes with what it builds on
			}
			if err := p.emitChain(ctx, out, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// emitChain writes an object and all that build on it.
func (p *replayer) emitChain(ctx context.Context, out *streamPack, first uint32) error {
	type step struct {
		n     uint32
		base  int // the number in the new pack of what it builds on
		depth int
		data  []byte // the base's
	}
	stack := []step{{n: first}}
	for len(stack) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if s.depth > maxChain {
			s.base, s.depth, s.data = 0, 0, nil
		}
		data, err := p.emitOne(out, s.n, s.base, s.data)
		if err != nil {
			return err
		}
		number := len(p.emitted)
		for k := p.child[s.n-1]; k != 0; k = p.sibling[k-1] {
			stack = append(stack, step{k, number, s.depth + 1, data})
		}
	}
	return nil
}

// emitOne writes one object and returns its bytes if another builds on it. What
// is stored whole already, and stays so, is copied as it is.
func (p *replayer) emitOne(out *streamPack, n uint32, base int, baseData []byte) ([]byte, error) {
	it := packItem{hash: p.table.names[n-1], kind: p.places[n-1].kind, base: base, baseData: baseData}
	p.emitted = append(p.emitted, it.hash)
	if base == 0 {
		body, size, ok, err := p.packed(n)
		if err != nil {
			return nil, err
		}
		if ok {
			it.packed, it.size = bytes.Clone(body), size // not what is mapped: reading it may fail
		}
		if ok && p.child[n-1] == 0 {
			return nil, out.put(it)
		}
	}
	obj, err := p.read(n)
	if err != nil {
		return nil, err
	}
	if it.packed == nil {
		it.data = obj.data
	}
	return obj.data, out.put(it)
}
