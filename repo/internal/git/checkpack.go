package git

import (
	"bytes"
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"sort"
	"sync"
)

// checkedPack is a pack that is being checked.
type checkedPack struct {
	p       *pack
	index   *packIndex
	view    *view
	entries []checkedEntry // in the order in which they lie in the pack
	next    []int32        // the next one with the same base; -1: none
	first   []int32        // the first one built on this; -1: none
	kinds   []kind         // by place in the index; 0 is not known, or damaged

	mu      sync.Mutex
	sumsBad []error // what is wrong with the files as a whole
	bad     []badEntry
	badMore int // further ones that are not listed
}

// checkedEntry is one object of a pack.
type checkedEntry struct {
	off   int64
	place int32 // in the index
	base  int32 // place among the entries; noBase or badBase
}

const (
	noBase  = -1 // the object is stored whole
	badBase = -2 // its base can't be told
)

// badEntry is a damaged object.
type badEntry struct {
	hash Hash
	off  int64
	err  error
}

// maxBadEntries is how many damaged objects of one pack are named.
const maxBadEntries = 5

// openChecked opens a pack and lists its entries. The error says that the pack
// can't be taken apart at all, or has vanished.
func openChecked(p *pack) (_ *checkedPack, err error) {
	defer catchFaults(&err)()
	c := &checkedPack{p: p}
	if c.index, err = openIndex(p.base + ".idx"); err != nil {
		return nil, err
	}
	if c.view, err = openView(p.path()); err == nil {
		if endsErr := checkPackEnds(c.view, c.index); endsErr != nil {
			err = fmt.Errorf("%w: %w", ErrCorrupt, endsErr)
		} else {
			err = c.list()
		}
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *checkedPack) close() {
	if c.view != nil {
		c.view.close() // only read: nothing is lost
	}
	c.index.close()
}

// list puts the index's objects in the order of the pack.
func (c *checkedPack) list() error {
	x := c.index
	c.entries = make([]checkedEntry, x.n)
	c.kinds = make([]kind, x.n)
	for i := range c.entries {
		off, err := x.offset(i)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		c.entries[i] = checkedEntry{off: off, place: int32(i), base: noBase}
	}
	slices.SortFunc(c.entries, func(a, b checkedEntry) int { return cmp.Compare(a.off, b.off) })
	at := int64(packHead)
	for i := range c.entries {
		off := c.entries[i].off
		if off < at || off >= c.view.size-packTail {
			return fmt.Errorf("%w: its index says that an object begins at %d of %d bytes", ErrCorrupt, off, c.view.size)
		}
		at = off + 1
	}
	if len(c.entries) > 0 && c.entries[0].off != packHead {
		return fmt.Errorf("%w: its index names no object at the beginning", ErrCorrupt)
	}
	return nil
}

// end gives where the entry's bytes end.
func (c *checkedPack) end(i int) int64 {
	if i+1 < len(c.entries) {
		return c.entries[i+1].off
	}
	return c.view.size - packTail
}

// sums checks the checksums of both files: damage to an object that has a second,
// good copy shows only here.
func (c *checkedPack) sums() error {
	if err := c.index.check(); err != nil {
		c.wrong(fmt.Errorf("%w: %s: %w", ErrCorrupt, filepath.Base(c.p.base)+".idx", err))
	}
	d := sha1.New()
	if _, err := io.CopyN(d, c.view.from(0), c.view.size-packTail); err != nil {
		return err
	}
	if Hash(d.Sum(nil)) != c.index.packSum() {
		c.wrong(fmt.Errorf("%w: the pack does not match its checksum", ErrCorrupt))
	}
	return nil
}

// wrong notes what is wrong with a file as a whole.
func (c *checkedPack) wrong(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sumsBad = append(c.sumsBad, err)
}

// damaged notes that an object can't be had from this pack.
func (c *checkedPack) damaged(i int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.bad, func(b badEntry) bool { return b.off == c.entries[i].off }) {
		return // its checksum was wrong already
	}
	if len(c.bad) == maxBadEntries {
		c.badMore++
		return
	}
	e := c.entries[i]
	c.bad = append(c.bad, badEntry{c.index.name(int(e.place)), e.off, err})
}

// problems gives what is wrong with the pack as one Problem, or none.
func (c *checkedPack) problems() []Problem {
	errs := c.sumsBad
	if len(c.bad) == 0 && len(errs) == 0 {
		return nil
	}
	slices.SortFunc(c.bad, func(a, b badEntry) int { return cmp.Compare(a.off, b.off) })
	for _, b := range c.bad {
		errs = append(errs, fmt.Errorf("%w: object %s at byte %d: %w", ErrCorrupt, b.hash, b.off, b.err))
	}
	if c.badMore > 0 {
		errs = append(errs, fmt.Errorf("and %d more objects", c.badMore))
	}
	return []Problem{{File: c.p.path(), Err: joined(errs)}}
}

// joined is errors.Join on one line.
func joined(errs []error) error {
	err := errs[0]
	for _, e := range errs[1:] {
		err = fmt.Errorf("%w; %w", err, e)
	}
	return err
}

// count adds the objects by kind.
func (c *checkedPack) count(stats *CheckStats) {
	for _, k := range c.kinds {
		switch k {
		case kindCommit:
			stats.Commits++
		case kindTree:
			stats.Trees++
		case kindBlob:
			stats.Blobs++
		}
	}
}

// readHeads finds out what each entry is built on, and of what kind it is.
func (c *checkedPack) readHeads() error {
	n := len(c.entries)
	if n > math.MaxInt32 {
		return fmt.Errorf("%s holds %d objects: more than can be checked", c.p.path(), n)
	}
	c.next, c.first = make([]int32, n), make([]int32, n)
	for i := range c.entries {
		c.next[i], c.first[i] = noBase, noBase
	}
	later := false // a base may lie behind what is built on it
	for i := range c.entries {
		k, base, err := c.readHead(i)
		if err != nil {
			c.entries[i].base = badBase
			c.damaged(i, err)
			continue
		}
		e := &c.entries[i]
		e.base = base
		if base < 0 {
			c.kinds[e.place] = k
		} else if int(base) < i {
			c.kinds[e.place] = c.kinds[c.entries[base].place]
		} else {
			later = true
		}
	}
	for later { // git's own packs have their bases in front: at most a few rounds
		later = false
		for i := range c.entries {
			e := &c.entries[i]
			if e.base < 0 || c.kinds[e.place] != 0 {
				continue
			}
			if k := c.kinds[c.entries[e.base].place]; k != 0 {
				c.kinds[e.place], later = k, true
			}
		}
	}
	// Backwards, so that each list runs forwards through the pack.
	for i := n - 1; i >= 0; i-- {
		e := &c.entries[i]
		if e.base < 0 {
			continue
		}
		if c.kinds[e.place] == 0 {
			c.damaged(i, errors.New("its base is damaged, or is built on it in turn"))
			continue
		}
		c.next[i] = c.first[e.base]
		c.first[e.base] = int32(i)
	}
	return nil
}

// readHead reads an entry's head and finds its base among the entries.
func (c *checkedPack) readHead(i int) (kind, int32, error) {
	off := c.entries[i].off
	b, err := c.view.window(off, min(maxEntryHead, c.end(i)-off))
	if err != nil {
		return 0, 0, err
	}
	e, err := parseEntryHead(b, off)
	if err != nil {
		return 0, 0, err
	}
	baseOff := e.baseOff
	switch e.kind {
	case kindRefDelta:
		at, ok := c.index.find(e.baseRef)
		if !ok {
			return 0, 0, fmt.Errorf("the base %s of the delta is missing from the pack", e.baseRef)
		}
		if baseOff, err = c.index.offset(at); err != nil {
			return 0, 0, err
		}
	case kindOfsDelta:
	default:
		return e.kind, noBase, nil
	}
	at := sort.Search(len(c.entries), func(j int) bool { return c.entries[j].off >= baseOff })
	if at == len(c.entries) || c.entries[at].off != baseOff || at == i {
		return 0, 0, fmt.Errorf("no object begins at byte %d, where the base of the delta should", baseOff)
	}
	return 0, int32(at), nil
}

// checkOrder refuses rows out of git's order, and doubled ones: look-ups and
// comparisons of trees would miss files.
func checkOrder(entries []Entry) error {
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1], entries[i]
		if compareRows(a.Name, a.IsTree(), b.Name, b.IsTree()) >= 0 || a.Name == b.Name {
			return errOrder([]byte(b.Name))
		}
	}
	return nil
}

// checkNeighbours is checkOrder for two rows of which one follows the other; the
// first has no name where there is none before.
func checkNeighbours(a, b rawEntry) error {
	if a.name != nil && (compareRaw(a, b) >= 0 || bytes.Equal(a.name, b.name)) {
		return errOrder(b.name)
	}
	return nil
}

func errOrder(name []byte) error {
	return errors.New("the rows of the tree are out of order at " + clip(string(name)))
}
