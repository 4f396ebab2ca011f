package git

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Batch is one or more commits on top of the tip, which become visible all at
// once, or not at all, by Publish. A batch is used by one goroutine, under
// Lock, and once. After an error it is spent.
type Batch struct {
	repo *Repo
	base Hash // where main must stand at Publish
	tip  Hash // the last commit of the batch
	root *node
	size int // folders loaded
	pack packBuilder
	err  error
	done bool
}

// node is a folder of the tree under the batch's tip. Only folders that the
// batch has touched are loaded.
type node struct {
	hash    Hash // as last stored; zero for a new folder
	entries []Entry
	kids    map[string]*node
	changed bool
}

// warmTree is the loaded part of the tip's tree, kept from one batch to the
// next so that a writer at work doesn't read the same folders again.
type warmTree struct {
	tip  Hash
	root *node
	size int
}

// maxWarmNodes bounds the folders that are kept warm.
const maxWarmNodes = 1 << 16

// Begin starts a batch on tip, which is what Tip returned under the same Lock;
// the zero Hash begins an empty store.
func (r *Repo) Begin(tip Hash) (*Batch, error) {
	if !r.lock.held.Load() {
		return nil, errors.New("a batch needs the store's lock: call Lock first")
	}
	// What other processes have stored meanwhile need not be stored again.
	if _, err := r.objects.rescan(); err != nil {
		return nil, err
	}
	b := &Batch{repo: r, base: tip, tip: tip}
	b.pack = packBuilder{deflaters: &r.deflaters, known: map[Hash]bool{}}
	if warm := r.warm.Swap(nil); warm != nil && warm.tip == tip {
		b.root, b.size = warm.root, warm.size
		return b, nil
	}
	if tip.IsZero() {
		b.root = &node{changed: true} // the empty tree must be stored too
		return b, nil
	}
	tree, _, err := r.links(tip)
	if err != nil {
		return nil, err
	}
	b.root, err = b.load(tree)
	return b, err
}

// Tip returns the last commit of the batch, or the tip that it began on.
func (b *Batch) Tip() Hash { return b.tip }

// Tree returns the tree of Tip.
func (b *Batch) Tree() Hash { return b.root.hash }

// Blob adds a file's content and returns its name. A failure shows at the next
// Commit.
func (b *Batch) Blob(data []byte) Hash {
	h, err := b.add(kindBlob, data)
	if err != nil && b.err == nil {
		b.err = err
	}
	return h
}

// add stores an object unless the store has it.
func (b *Batch) add(k kind, data []byte) (Hash, error) {
	if len(data) > maxObject {
		return Hash{}, fmt.Errorf("a %s of %d bytes is too large to store: at most %d", k, len(data), maxObject)
	}
	h, err := writeHash(k, data)
	if err != nil {
		return Hash{}, err
	}
	if b.pack.known[h] || b.repo.objects.has(h) {
		return h, nil
	}
	return h, b.pack.add(h, k, data)
}

// Commit adds a commit that changes files, named by their path with slashes:
// each gets the content named, and a zero Hash removes it. The content must
// have been added by Blob or be in the store. No change at all is allowed and
// gives a commit with its parent's tree. Identities, times and message are
// made fit for git (CleanIdentity, ClampTime, CleanMessage).
func (b *Batch) Commit(changes map[string]Hash, author, committer Signature, message string) (Hash, error) {
	h, err := b.commit(changes, author, committer, message)
	if err != nil && b.err == nil {
		b.err = err
	}
	return h, err
}

func (b *Batch) commit(changes map[string]Hash, author, committer Signature, message string) (Hash, error) {
	if err := b.usable(); err != nil {
		return Hash{}, err
	}
	if err := b.apply(changes); err != nil {
		return Hash{}, err
	}
	if _, err := b.store(b.root); err != nil {
		return Hash{}, err
	}
	c := &Commit{Tree: b.root.hash, Author: author, Committer: committer, Message: message}
	if !b.tip.IsZero() {
		c.Parents = []Hash{b.tip}
	}
	raw, err := encodeCommit(c)
	if err != nil {
		return Hash{}, err
	}
	h, err := b.add(kindCommit, raw)
	if err == nil {
		b.tip = h
	}
	return h, err
}

func (b *Batch) usable() error {
	switch {
	case b.err != nil:
		return b.err
	case b.done:
		return errors.New("the batch was published already: begin a new one")
	case !b.repo.lock.held.Load():
		return errors.New("the store's lock was let go before the batch was published")
	}
	return nil
}

// apply makes the changes in the loaded tree: removals first, so that a file
// may take the name of a folder that empties, then by path.
func (b *Batch) apply(changes map[string]Hash) error {
	paths := make([]string, 0, len(changes))
	for path, h := range changes {
		if !h.IsZero() {
			if err := checkPath(path); err != nil {
				return err
			}
			if !b.pack.known[h] && !b.repo.objects.has(h) {
				return fmt.Errorf("%s: its content %s: %w", clip(path), h, ErrNotFound)
			}
		}
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(x, y string) int {
		if rx, ry := changes[x].IsZero(), changes[y].IsZero(); rx != ry {
			if rx {
				return -1
			}
			return 1
		}
		return strings.Compare(x, y)
	})
	for _, path := range paths {
		var err error
		if h := changes[path]; h.IsZero() {
			err = b.remove(b.root, path)
		} else {
			err = b.set(b.root, path, h)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", clip(path), err)
		}
	}
	return nil
}

func (b *Batch) set(n *node, path string, h Hash) error {
	name, rest, deeper := strings.Cut(path, "/")
	at, found := findRow(n.entries, name, deeper)
	if !deeper {
		e := Entry{name, ModeFile, h}
		switch {
		case !found:
			n.entries = slices.Insert(n.entries, at, e)
		case n.entries[at].IsTree():
			return errors.New("a folder has this name")
		default:
			n.entries[at] = e
		}
		n.changed = true
		return nil
	}
	if found && !n.entries[at].IsTree() {
		return fmt.Errorf("%s is a file", name)
	}
	kid, err := b.kid(n, name, at, found)
	if err != nil {
		return err
	}
	n.changed = true
	if !found {
		n.entries = slices.Insert(n.entries, at, Entry{name, ModeTree, Hash{}})
	}
	return b.set(kid, rest, h)
}

func (b *Batch) remove(n *node, path string) error {
	name, rest, deeper := strings.Cut(path, "/")
	at, found := findRow(n.entries, name, deeper)
	if !found || n.entries[at].IsTree() != deeper {
		return ErrNotFound
	}
	n.changed = true
	if deeper {
		kid, err := b.kid(n, name, at, true)
		if err != nil {
			return err
		}
		if err := b.remove(kid, rest); err != nil || len(kid.entries) > 0 {
			return err
		}
		delete(n.kids, name)
	}
	n.entries = slices.Delete(n.entries, at, at+1)
	return nil
}

// kid returns the folder below n of a name, loaded, or a new one.
func (b *Batch) kid(n *node, name string, at int, found bool) (*node, error) {
	if kid := n.kids[name]; kid != nil {
		return kid, nil
	}
	kid := &node{}
	if found {
		var err error
		if kid, err = b.load(n.entries[at].Hash); err != nil {
			return nil, err
		}
	}
	if n.kids == nil {
		n.kids = map[string]*node{}
	}
	n.kids[name] = kid
	b.size++
	return kid, nil
}

func (b *Batch) load(tree Hash) (*node, error) {
	entries, err := b.repo.Tree(tree)
	return &node{hash: tree, entries: entries}, err
}

// store writes the folders that changed, the deepest first.
func (b *Batch) store(n *node) (Hash, error) {
	if !n.changed {
		return n.hash, nil
	}
	for name, kid := range n.kids {
		if !kid.changed {
			continue
		}
		h, err := b.store(kid)
		if err != nil {
			return Hash{}, err
		}
		at, _ := findRow(n.entries, name, true)
		n.entries[at].Hash = h
	}
	h, err := b.add(kindTree, encodeTree(n.entries))
	n.hash, n.changed = h, err != nil
	return h, err
}
