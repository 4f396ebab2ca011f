package git

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	gitstorer "github.com/go-git/go-git/v5/plumbing/storer"
)

// borrow reads anew which folders objects are borrowed from.
func (o *objects) borrow() error {
	o.mu.RLock()
	own := o.dirs[0]
	o.mu.RUnlock()
	dirs, err := alternates(nil, own, 0)
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.dirs = dirs
	o.mu.Unlock()
	_, err = o.rescan()
	return err
}

// stat tells an object's kind and size without building it: of a delta it reads
// the sizes alone. Nothing is checked against the object's name.
func (o *objects) stat(h Hash) (k kind, size int64, err error) {
	for try := 0; ; try++ {
		before := o.lists.Load()
		k, size, err = o.statIn(h)
		if err == nil || !errors.Is(err, ErrNotFound) && !vanished(err) {
			return k, size, err
		}
		if again, scanErr := o.again(try, before); scanErr != nil {
			return 0, 0, scanErr
		} else if !again {
			return 0, 0, fmt.Errorf("object %s: %w", h, err)
		}
	}
}

func (o *objects) statIn(h Hash) (k kind, size int64, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	defer catchFaults(&err)()
	if o.closed {
		return 0, 0, ErrClosed
	}
	var first error
	for _, p := range o.packs {
		off, ok, err := p.find(h)
		if err == nil && !ok {
			continue
		}
		if err == nil {
			if k, size, err = o.reader.stat(p, off); err == nil {
				return k, size, nil
			}
		}
		if first == nil {
			first = err
		}
	}
	for _, dir := range o.dirs {
		obj, err := o.reader.readLoose(loosePath(dir, h))
		if err == nil {
			return obj.kind, int64(len(obj.data)), nil
		}
		if !vanished(err) && first == nil {
			first = err
		}
	}
	if first == nil {
		first = ErrNotFound
	}
	return 0, 0, first
}

// stat tells kind and size of the object that begins at off.
func (r *packReader) stat(p *pack, off int64) (k kind, size int64, err error) {
	x, err := p.openedIndex()
	if err != nil {
		return 0, 0, err
	}
	v, err := p.openedView(x)
	if err != nil {
		return 0, 0, err
	}
	for depth := 0; depth <= maxDepth; depth++ {
		e, err := r.head(v, off)
		if err != nil {
			return 0, 0, corruptFile(p.path(), err)
		}
		if e.kind != kindOfsDelta && e.kind != kindRefDelta {
			if depth == 0 {
				size = e.size
			}
			return e.kind, size, nil
		}
		if depth == 0 {
			if size, err = r.deltaResult(v, off+e.length); err != nil {
				return 0, 0, corruptFile(p.path(), fmt.Errorf("the entry at %d: %w", off, err))
			}
		}
		if off, err = r.base(p, e); err != nil {
			return 0, 0, corruptFile(p.path(), err)
		}
	}
	return 0, 0, corruptFile(p.path(), fmt.Errorf("the chain of deltas at %d has no end", off))
}

// deltaResult reads the size of what a delta makes, whose bytes begin at at.
func (r *packReader) deltaResult(v *view, at int64) (int64, error) {
	z, err := r.inflaters.get(v.from(at))
	if err != nil {
		return 0, err
	}
	defer r.inflaters.pool.Put(z)
	head := make([]byte, 20) // two numbers of 9 bytes at most
	n, err := io.ReadFull(z, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, fmt.Errorf("decompress: %w", err)
	}
	_, rest, err := deltaSize(head[:n])
	if err != nil {
		return 0, err
	}
	to, _, err := deltaSize(rest)
	if err == nil && to > maxObject {
		err = fmt.Errorf("the delta makes an object of %d bytes", to)
	}
	return int64(to), err
}

// namesAfter gives the names of up to about n objects that come after one, in
// their order, each once. Who asks on from the last of them has seen every object
// that was there all the while, however often the store is repacked beside it.
func (o *objects) namesAfter(after Hash, n int) (names []Hash, err error) {
	if _, err := o.rescan(); err != nil {
		return nil, err
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	defer catchFaults(&err)()
	if o.closed {
		return nil, ErrClosed
	}
	for _, p := range o.packs {
		x, err := p.openedIndex()
		if err != nil {
			return nil, err
		}
		at, found := x.find(after)
		if found {
			at++
		}
		for end := min(at+n, x.n); at < end; at++ {
			names = append(names, x.name(at))
		}
	}
	for _, dir := range o.dirs {
		loose, err := looseAfter(dir, after, n)
		if err != nil {
			return nil, err
		}
		names = append(names, loose...)
	}
	slices.SortFunc(names, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	names = slices.Compact(names)
	return names[:min(n, len(names))], nil
}

// looseAfter gives the names of the n or more loose objects that come after one.
func looseAfter(dir string, after Hash, n int) ([]Hash, error) {
	var names []Hash
	for first := int(after[0]); first < 256 && len(names) < n; first++ {
		prefix := hex.EncodeToString([]byte{byte(first)})
		rows, err := os.ReadDir(filepath.Join(dir, prefix))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		for _, row := range rows {
			h, err := ParseHash(prefix + row.Name())
			if err == nil && bytes.Compare(h[:], after[:]) > 0 {
				names = append(names, h)
			}
		}
	}
	return names, nil
}

// objectIter goes through all objects of a type, in the order of their names. It
// holds a few names at a time and nothing open.
type objectIter struct {
	s    *storer
	want plumbing.ObjectType

	last  Hash
	ahead []Hash
	done  bool
}

// namesAhead is how many names an iterator reads at once.
const namesAhead = 1024

// IterEncodedObjects goes through all objects of one type, or of any.
func (s *storer) IterEncodedObjects(t plumbing.ObjectType) (gitstorer.EncodedObjectIter, error) {
	if _, ok := kindOf(t); !ok && t != plumbing.AnyObject {
		return nil, plumbing.ErrInvalidType
	}
	return &objectIter{s: s, want: t}, nil
}

// Next gives the next object, io.EOF after the last.
func (i *objectIter) Next() (plumbing.EncodedObject, error) {
	objects := i.s.repo.objects
	for {
		if len(i.ahead) == 0 && !i.done {
			var err error
			if i.ahead, err = objects.namesAfter(i.last, namesAhead); err != nil {
				return nil, err
			}
			i.done = len(i.ahead) == 0
		}
		if i.done {
			return nil, io.EOF
		}
		i.last, i.ahead = i.ahead[0], i.ahead[1:]
		if i.want != plumbing.AnyObject {
			k, _, err := objects.stat(i.last)
			if errors.Is(err, ErrNotFound) || err == nil && goType(k) != i.want {
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		obj, err := objects.read(i.last)
		if errors.Is(err, ErrNotFound) {
			continue // pruned since it was listed
		}
		if err != nil {
			return nil, err
		}
		return &storedObject{plumbing.Hash(i.last), obj}, nil
	}
}

// ForEach calls visit for all objects that are left, until it fails;
// storer.ErrStop ends it without an error.
func (i *objectIter) ForEach(visit func(plumbing.EncodedObject) error) error {
	return gitstorer.ForEachIterator(i, visit)
}

// Close ends the iteration.
func (i *objectIter) Close() { i.done, i.ahead = true, nil }

// transaction collects objects and stores them as one pack. Until Commit they can
// be read through it alone.
type transaction struct {
	s    *storer
	mu   sync.Mutex
	held map[Hash]object
	sent []Hash // in the order in which they came
}

// Begin starts a transaction. It takes no lock, and any number may be under way.
func (s *storer) Begin() gitstorer.Transaction {
	return &transaction{s: s, held: map[Hash]object{}}
}

// SetEncodedObject adds an object.
func (t *transaction) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	k, data, err := contentOf(o)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	h, err := writeHash(k, data)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.held[h]; ok {
		return plumbing.Hash(h), nil
	}
	t.held[h], t.sent = object{k, data}, append(t.sent, h)
	return plumbing.Hash(h), nil
}

// EncodedObject gives an object of this transaction.
func (t *transaction) EncodedObject(want plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	obj, ok := t.held[Hash(h)]
	if !ok || want != plumbing.AnyObject && want != goType(obj.kind) {
		return nil, plumbing.ErrObjectNotFound
	}
	return &storedObject{h, obj}, nil
}

// Commit makes all that was added durable, in one pack.
func (t *transaction) Commit() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sent) == 0 {
		return nil
	}
	in, err := t.s.repo.newIncoming()
	if err != nil {
		return err
	}
	in.raw = true
	w, err := newPackStream(in, len(t.sent))
	for _, h := range t.sent {
		if err == nil {
			err = w.add(t.held[h])
		}
	}
	if err == nil {
		err = w.end()
	}
	if err != nil {
		return errors.Join(err, in.discard())
	}
	t.forget()
	return in.Close()
}

// Rollback forgets all that was added.
func (t *transaction) Rollback() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	return nil
}

func (t *transaction) forget() { t.held, t.sent = map[Hash]object{}, nil }
