package faultdisk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// inode is a file without its names.
type inode struct {
	durable []byte
	now     []byte
	dirty   bool    // now is not durable
	synced  bool    // it was synced at least once
	births  []*name // changes of names by which it came to be
	number  int
}

// name is a change of a name in a folder that may, or may not, outlive the crash.
type name struct {
	dir, base string
	node      *inode // what the name leads to; nil where it leads nowhere any more
	folder    bool   // the name is that of a new folder
	certain   bool   // it was made durable
	needs     *name  // without this change, this one did not happen
}

// world is what is known of a folder at one point of the log.
type world struct {
	files   map[string]*inode // as running processes see them
	open    map[int]*inode
	base    map[string]*inode // names that were durable from the start
	folders map[string]*name  // folders made since
	changes []*name           // in order
	marked  int
}

// Moment is a point of the log at which the power may go.
type Moment struct {
	// Marked is what had been acknowledged by then (Mark).
	Marked int
	root   []string // folders that are there for certain
	w      *world
	loose  []*name  // the changes that are uncertain
	dirty  []*inode // the files whose bytes are uncertain
}

// Rules says what a file system promises.
type Rules struct {
	// Strict is a file system that promises nothing but what was synced. Without
	// it, syncing a file also makes the name durable under which it was made, as
	// ext4, XFS, Btrfs and APFS do.
	Strict bool
}

// At gives the moment after the first n entries of the log.
func (r *Recorder) At(n int, rules Rules) *Moment {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &world{files: map[string]*inode{}, open: map[int]*inode{}, base: map[string]*inode{}, folders: map[string]*name{}}
	for path, data := range r.before {
		node := &inode{durable: data, now: data, synced: true}
		w.files[path], w.base[path] = node, node
	}
	for i := range n {
		w.play(&r.log[i], rules)
	}
	m := &Moment{Marked: w.marked, root: r.dirs, w: w}
	numbers := 0
	for _, c := range w.changes {
		if !c.certain {
			m.loose = append(m.loose, c)
		}
		if c.node != nil && c.node.number == 0 {
			numbers++
			c.node.number = numbers
			if c.node.dirty {
				m.dirty = append(m.dirty, c.node)
			}
		}
	}
	for _, path := range sortedKeys(w.base) {
		if node := w.base[path]; node.number == 0 {
			numbers++
			node.number = numbers
			if node.dirty {
				m.dirty = append(m.dirty, node)
			}
		}
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// change notes that a name leads elsewhere.
func (w *world) change(path string, node *inode, needs *name) *name {
	c := &name{dir: filepath.Dir(path), base: filepath.Base(path), node: node, needs: needs}
	w.changes = append(w.changes, c)
	if node == nil {
		delete(w.files, path)
	} else {
		w.files[path] = node
	}
	return c
}

func (w *world) play(e *entry, rules Rules) {
	switch e.do {
	case doCreate:
		node := &inode{}
		w.open[e.node] = node
		node.births = append(node.births, w.change(e.path, node, nil))
	case doTruncate:
		node := w.files[e.path]
		w.open[e.node] = node
		node.now, node.dirty = nil, true
	case doWrite:
		w.open[e.node].write(e.off, e.data)
	case doSync:
		node := w.open[e.node]
		node.durable, node.dirty, node.synced = node.now, false, true
		if !rules.Strict {
			for _, c := range node.births {
				c.certain = true
			}
		}
	case doSyncDir:
		for _, c := range w.changes {
			if c.dir == e.path {
				c.certain = true
			}
		}
	case doRename:
		added := w.change(e.to, w.files[e.path], nil)
		gone := w.change(e.path, nil, added)
		if gone.dir == added.dir {
			added.needs = gone // within a folder both happen, or neither
		}
	case doLink:
		w.change(e.to, w.files[e.path], nil)
	case doRemove:
		w.change(e.path, nil, nil)
	case doMakeDir:
		c := &name{dir: filepath.Dir(e.path), base: filepath.Base(e.path), folder: true}
		w.changes = append(w.changes, c)
		w.folders[e.path] = c
	case doMark:
		w.marked = e.mark
	}
}

func (n *inode) write(off int64, data []byte) {
	end := int(off) + len(data)
	now := make([]byte, max(end, len(n.now)))
	copy(now, n.now)
	copy(now[off:], data)
	n.now, n.dirty = now, true
}

// Choice is one way in which the power may go: which changes of names are kept,
// and what becomes of the bytes of each file that was not synced.
type Choice struct {
	kept  []bool
	bytes []fate
}

// fate is what becomes of bytes: kept up to cut, then zeros where hole is set.
// A cut below zero drops all that came since the last sync.
type fate struct {
	cut  int
	hole bool
}

// Choices gives ways in which the power may go: all of them, with the bytes of
// each file dropped, kept or torn at one place, where these are no more than
// most, else so many by chance.
func (m *Moment) Choices(most int, r *rand.Rand) []Choice {
	total := 1
	for range m.loose {
		if total *= 2; total > most {
			break
		}
	}
	for range m.dirty {
		if total *= 3; total > most {
			break
		}
	}
	var list []Choice
	if total <= most {
		for i := range total {
			list = append(list, m.numbered(i, r))
		}
		return list
	}
	list = append(list, m.alike(true), m.alike(false))
	for range most - 2 {
		c := m.alike(false)
		// Few changes lost, or few kept, are likelier than one half of them.
		bias := []int{1, 5, 9}[r.IntN(3)]
		for i := range c.kept {
			c.kept[i] = r.IntN(10) < bias
		}
		for i, node := range m.dirty {
			c.bytes[i] = someFate(node, r.IntN(3), r)
		}
		list = append(list, c)
	}
	return list
}

// alike keeps everything, or nothing.
func (m *Moment) alike(keep bool) Choice {
	c := Choice{make([]bool, len(m.loose)), make([]fate, len(m.dirty))}
	for i := range c.kept {
		c.kept[i] = keep
	}
	for i, node := range m.dirty {
		c.bytes[i] = fate{cut: -1}
		if keep {
			c.bytes[i] = fate{cut: len(node.now)}
		}
	}
	return c
}

func (m *Moment) numbered(i int, r *rand.Rand) Choice {
	c := Choice{make([]bool, len(m.loose)), make([]fate, len(m.dirty))}
	for k := range c.kept {
		c.kept[k] = i&1 == 1
		i >>= 1
	}
	for k, node := range m.dirty {
		c.bytes[k] = someFate(node, i%3, r)
		i /= 3
	}
	return c
}

func someFate(node *inode, kind int, r *rand.Rand) fate {
	switch kind {
	case 0:
		return fate{cut: -1}
	case 1:
		return fate{cut: len(node.now)}
	}
	return fate{cut: r.IntN(len(node.now) + 1), hole: r.IntN(2) == 0}
}

// after gives a file's bytes after the crash.
func (f fate) after(node *inode) []byte {
	if f.cut < 0 {
		return node.durable
	}
	cut := min(f.cut, len(node.now))
	out := slices.Clone(node.now[:cut])
	if f.hole {
		out = append(out, make([]byte, len(node.now)-cut)...)
	}
	return out
}

// State is what is left of a folder after a crash.
type State struct {
	folders []string
	files   map[string]*inode
	bytes   map[*inode][]byte
}

// After gives the state that a choice leaves.
func (m *Moment) After(c Choice) *State {
	kept := map[*name]bool{}
	for i, l := range m.loose {
		kept[l] = c.kept[i]
	}
	happened := func(n *name) bool { return n.certain || kept[n] }
	s := &State{folders: slices.Clone(m.root), files: map[string]*inode{}, bytes: map[*inode][]byte{}}
	for path, node := range m.w.base {
		s.files[path] = node
	}
	there := map[string]bool{}
	for _, d := range m.root {
		there[d] = true
	}
	for _, n := range m.w.changes {
		if !happened(n) || n.needs != nil && !happened(n.needs) || !there[n.dir] {
			continue
		}
		path := filepath.Join(n.dir, n.base)
		switch {
		case n.folder:
			there[path] = true
			s.folders = append(s.folders, path)
		case n.node == nil:
			delete(s.files, path)
		default:
			s.files[path] = n.node
		}
	}
	fates := map[*inode]fate{}
	for i, node := range m.dirty {
		fates[node] = c.bytes[i]
	}
	for _, node := range s.files {
		f, dirty := fates[node]
		if !dirty {
			f = fate{cut: len(node.now)}
		}
		s.bytes[node] = f.after(node)
	}
	return s
}

// Sum tells states apart: two of the same sum hold the same files, and the same
// of them are one.
func (s *State) Sum() [32]byte {
	h := sha256.New()
	for _, d := range s.folders {
		fmt.Fprintf(h, "%q/\n", d)
	}
	first := map[*inode]string{}
	for _, path := range sortedKeys(s.files) {
		node := s.files[path]
		if first[node] == "" {
			first[node] = path
		}
		fmt.Fprintf(h, "%q %q ", path, first[node])
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s.bytes[node])))
		h.Write(size[:])
		h.Write(s.bytes[node])
	}
	return [32]byte(h.Sum(nil))
}

// Write makes the folder of a state, which must not exist.
func (s *State) Write(root string) error {
	for _, d := range s.folders {
		if err := os.MkdirAll(filepath.Join(root, d), 0o777); err != nil {
			return err
		}
	}
	written := map[*inode]string{}
	for _, path := range sortedKeys(s.files) {
		node, full := s.files[path], filepath.Join(root, path)
		var err error
		if other, ok := written[node]; ok {
			err = os.Link(other, full)
		} else {
			err = os.WriteFile(full, s.bytes[node], 0o666)
			written[node] = full
		}
		if err != nil {
			return errors.Join(err, errors.New(s.String()))
		}
	}
	return nil
}

// String lists the files, for the words of a test that fails.
func (s *State) String() string {
	var b strings.Builder
	for _, path := range sortedKeys(s.files) {
		node := s.files[path]
		fmt.Fprintf(&b, "%s: file %d, %d bytes\n", path, node.number, len(s.bytes[node]))
	}
	return b.String()
}
