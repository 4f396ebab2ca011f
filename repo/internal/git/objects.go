package git

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	baseCacheSize = 16 << 20 // bytes of delta bases
	treeCacheSize = 8 << 20  // bytes of trees
	// maxRescans bounds how often one look-up starts again because someone is
	// repacking beside it.
	maxRescans = 20
	// maxAlternates is git's own limit for alternates of alternates.
	maxAlternates = 5
)

// objects finds and reads objects in packs and loose files, in the store's own
// folder and those that it borrows from (objects/info/alternates).
//
// Readers hold mu for reading while they are inside of a pack, so that a pack
// that was deleted is let go only when nobody reads it.
type objects struct {
	dirs   []string
	reader packReader
	trees  *cache[Hash]

	mu     sync.RWMutex
	packs  []*pack // in the order in which they are asked
	names  []string
	listed bool
	closed bool
	bare   []string // the names of packs that have no index, with their folders

	lists atomic.Uint64 // how often the list of packs has changed

	recent atomic.Pointer[pack] // where the last object was found
}

func openObjects(dir string) (*objects, error) {
	dirs, err := alternates(nil, filepath.Clean(dir), 0)
	if err != nil {
		return nil, err
	}
	return &objects{
		dirs:   dirs,
		reader: packReader{bases: newCache[packOffset](baseCacheSize)},
		trees:  newCache[Hash](treeCacheSize),
	}, nil
}

// alternates adds an object folder, and all those that it borrows from, to
// dirs. A folder that is there already is passed over: two may borrow from
// each other.
func alternates(dirs []string, dir string, depth int) ([]string, error) {
	if slices.Contains(dirs, dir) {
		return dirs, nil
	}
	dirs = append(dirs, dir)
	file := filepath.Join(dir, "info", "alternates")
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return dirs, nil
	}
	if err != nil {
		return nil, err
	}
	if depth == maxAlternates {
		return nil, fmt.Errorf("%w: %s: more than %d stores borrow from one another", ErrUnsupported, file, maxAlternates)
	}
	others, err := parseAlternates(data)
	if err != nil {
		return nil, corruptFile(file, err)
	}
	for _, other := range others {
		if !filepath.IsAbs(other) {
			other = filepath.Join(dir, other)
		}
		if dirs, err = alternates(dirs, filepath.Clean(other), depth+1); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}

// parseAlternates reads one folder a line; a line may be quoted, or a comment.
func parseAlternates(data []byte) ([]string, error) {
	var dirs []string
	for line := range bytes.Lines(data) {
		dir := strings.TrimRight(string(line), "\r\n")
		if dir == "" || dir[0] == '#' {
			continue
		}
		if dir[0] == '"' {
			var err error
			if dir, err = strconv.Unquote(dir); err != nil {
				return nil, fmt.Errorf("the line %q is badly quoted", clip(string(line)))
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// read returns an object, which is checked against its name. Its bytes may be
// shared and must not be changed. An object is given up as missing only when
// the list of packs stood still while all of them were asked.
func (o *objects) read(h Hash) (object, error) { return o.readBy(&o.reader, h, 0) }

// readBy is read by a reader that keeps other things at hand; likely is the kind that
// the object is, as far as the caller knows, else 0.
func (o *objects) readBy(r *packReader, h Hash, likely kind) (object, error) {
	for try := 0; ; try++ {
		before := o.lists.Load()
		obj, err := o.lookup(r, h, likely)
		if err == nil || !errors.Is(err, ErrNotFound) && !vanished(err) {
			return obj, err
		}
		if again, scanErr := o.again(try, before); scanErr != nil {
			return object{}, scanErr
		} else if !again {
			return object{}, fmt.Errorf("object %s: %w%s", h, err, o.unindexedHint())
		}
	}
}

// again lists the packs anew after a try in vain that began at the list of that
// number, and reports whether another makes sense: whether the list has changed
// since, be it that another goroutine met the change first.
func (o *objects) again(try int, before uint64) (bool, error) {
	if _, err := o.rescan(); err != nil {
		return false, err
	}
	return try < maxRescans && (try == 0 || o.lists.Load() != before), nil
}

// unindexedHint says where an object may lie that wasn't found.
func (o *objects) unindexedHint() string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if len(o.bare) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s has lost its index, which stemma maintain makes anew)", o.bare[0])
}

// lookup reads an object from the packs known and from loose files. Where one
// copy is damaged, the next is tried; the first damage is reported if no copy
// is good.
func (o *objects) lookup(r *packReader, h Hash, likely kind) (found object, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	defer catchFaults(&err)()
	if o.closed {
		return object{}, ErrClosed
	}
	var first error
	try := func(obj object, err error) bool {
		if err == nil && readHash(obj.kind, obj.data) != h {
			err = corruptObject(h, fmt.Errorf("the bytes stored are those of %s", readHash(obj.kind, obj.data)))
		}
		if err != nil && (first == nil || vanished(first)) {
			first = err
		}
		return err == nil
	}
	recent := o.recent.Load()
	for i := -1; i < len(o.packs); i++ {
		p := recent
		if i >= 0 {
			p = o.packs[i]
		}
		if p == nil || i >= 0 && p == recent {
			continue
		}
		off, ok, err := p.find(h)
		if err != nil {
			try(object{}, err)
			continue
		}
		if !ok {
			continue
		}
		obj, err := r.read(p, off, likely)
		if try(obj, err) {
			o.recent.Store(p)
			return obj, nil
		}
	}
	for _, dir := range o.dirs {
		obj, err := r.readLoose(loosePath(dir, h))
		if vanished(err) {
			continue
		}
		if try(obj, err) {
			return obj, nil
		}
	}
	if first != nil {
		return object{}, first
	}
	return object{}, ErrNotFound
}

// has reports whether the store holds an object, as far as the packs known
// tell: it may miss what came a moment ago, and never invents.
func (o *objects) has(h Hash) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	var fault error // what can't be read is stored anew
	defer catchFaults(&fault)()
	for _, p := range o.packs {
		if _, ok, err := p.find(h); ok && err == nil {
			return true
		}
	}
	for _, dir := range o.dirs {
		if _, err := os.Stat(loosePath(dir, h)); err == nil {
			return true
		}
	}
	return false
}

// typed reads an object that must be of one kind.
func (o *objects) typed(h Hash, want kind) ([]byte, error) {
	obj, err := o.read(h)
	return obj.typed(h, want, err)
}

// typed gives the bytes of an object that must be of one kind; err is what kept it
// from being read.
func (obj object) typed(h Hash, want kind, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if obj.kind != want {
		return nil, errKind(h, obj.kind, want)
	}
	return obj.data, nil
}

// tree returns a tree's bytes, which are shared. The zero Hash is the empty tree.
func (o *objects) tree(h Hash) ([]byte, error) { return treeThrough(o.trees, h, o.typed) }

// treeThrough is tree for any reader that keeps the trees it has read.
func treeThrough(kept *cache[Hash], h Hash, typed func(Hash, kind) ([]byte, error)) ([]byte, error) {
	if h.IsZero() {
		return nil, nil
	}
	if obj, ok := kept.get(h); ok {
		return obj.data, nil
	}
	raw, err := typed(h, kindTree)
	if err == nil {
		kept.put(h, object{kindTree, raw})
	}
	return raw, err
}

// rescan lists the packs anew and reports whether the list has changed.
func (o *objects) rescan() (changed bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, ErrClosed
	}
	found, err := o.listPacks()
	if err != nil {
		return false, err
	}
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.base
	}
	slices.Sort(names)
	known := make(map[string]*pack, len(o.packs))
	for _, p := range o.packs {
		known[p.base] = p
	}
	for i, p := range found {
		if old, ok := known[p.base]; ok {
			old.kept = p.kept // marks come and go while the list stays
			found[i] = old
			delete(known, p.base)
		}
	}
	if o.listed && slices.Equal(names, o.names) {
		return false, nil
	}
	o.packs, o.names, o.listed = found, names, true
	o.lists.Add(1)
	return true, o.drop(known)
}

// drop lets packs go that are no more. The caller holds mu for writing.
func (o *objects) drop(gone map[string]*pack) error {
	var errs []error
	for _, p := range gone {
		o.recent.CompareAndSwap(p, nil)
		errs = append(errs, p.close())
	}
	if len(gone) > 0 {
		o.reader.bases.clear()
	}
	return errors.Join(errs...)
}

// listPacks finds every pack that has its index, and notes those that have none.
// The caller holds mu for writing.
func (o *objects) listPacks() ([]*pack, error) {
	var packs []*pack
	o.bare = nil
	for _, dir := range o.dirs {
		dir = filepath.Join(dir, "pack")
		rows, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		names := make(map[string]bool, len(rows))
		for _, row := range rows {
			names[row.Name()] = true
		}
		for _, row := range rows {
			base, ok := strings.CutSuffix(row.Name(), ".pack")
			if !ok || strings.HasPrefix(base, ".") {
				continue // git gives a pack its name when it is done
			}
			if !names[base+".idx"] {
				o.bare = append(o.bare, filepath.Join(dir, row.Name()))
				continue
			}
			info, err := row.Info()
			if err != nil {
				continue // deleted since it was listed
			}
			packs = append(packs, &pack{
				base: filepath.Join(dir, base),
				size: info.Size(),
				time: info.ModTime(),
				kept: names[base+".keep"] || names[base+".promisor"] || names[base+".mtimes"] || names[base+".bitmap"],
			})
		}
	}
	inOrderOfChance(packs)
	return packs, nil
}

// inOrderOfChance puts packs in the order in which they are asked: the newest
// first, which most likely holds the tip and its folders; then the largest
// first, so that a reader who wants one object opens few of them.
func inOrderOfChance(packs []*pack) {
	slices.SortFunc(packs, func(a, b *pack) int {
		return cmp.Or(b.time.Compare(a.time), strings.Compare(a.base, b.base))
	})
	if len(packs) > 2 {
		slices.SortStableFunc(packs[1:], func(a, b *pack) int { return cmp.Compare(b.size, a.size) })
	}
}

// close lets all packs go; reading afterwards fails with ErrClosed.
func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	gone := make(map[string]*pack, len(o.packs))
	for _, p := range o.packs {
		gone[p.base] = p
	}
	o.packs, o.names, o.closed = nil, nil, true
	return o.drop(gone)
}
