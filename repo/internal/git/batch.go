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
//
// There are two sorts. Begin makes one for a few versions: its pack is held in
// memory and written at Publish. BeginStream makes one for an import of any
// size: its pack is written to disk as it grows.
type Batch struct {
	repo      *Repo
	base      Hash // where main must stand at Publish
	tip       Hash // the last commit of the batch
	root      *node
	size      int // folders loaded
	pack      packMaker
	memory    *memoryPack // where the pack goes: to memory
	stream    *stream     // or to disk
	hasher    hasher
	arena     []byte // what the deltas of trees are cut from
	model     int    // the entry of the commit on which the next ones build,
	modelData []byte // its bytes, and
	alike     int    // how many more build on it
	err       error
	done      bool
	published bool
}

// warmTree is the loaded part of the tip's tree, kept from one batch to the
// next so that a writer at work doesn't read the same folders again.
type warmTree struct {
	tip  Hash
	root *node
	size int
}

const (
	// maxWarmNodes bounds the folders that are kept warm.
	maxWarmNodes = 1 << 16
	// maxNodes bounds those that a batch keeps loaded: some 100 MB.
	maxNodes = 1 << 17
)

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
	b := &Batch{repo: r, base: tip, tip: tip, memory: newMemoryPack(&r.encoders)}
	b.pack.out = b.memory
	return b, b.takeRoot()
}

// takeRoot gets hold of the tip's tree.
func (b *Batch) takeRoot() error {
	if warm := b.repo.warm.Swap(nil); warm != nil && warm.tip == b.tip {
		b.root, b.size = warm.root, warm.size
		return nil
	}
	if b.tip.IsZero() {
		b.root = newNode() // the empty tree must be stored too
		return nil
	}
	tree, _, err := b.repo.links(b.tip)
	if err == nil {
		b.root, err = b.load(tree)
	}
	return err
}

// Tip returns the last commit of the batch, or the tip that it began on.
func (b *Batch) Tip() Hash { return b.tip }

// Tree returns the tree of Tip.
func (b *Batch) Tree() Hash { return b.root.hash }

// Blob adds a file's content and returns its name. A failure shows at the next
// Commit. Until the batch is published the bytes must not be changed.
func (b *Batch) Blob(data []byte) Hash { return b.BlobOver(data, Hash{}, nil) }

// BlobOver is Blob for content that takes the place of other content: base is
// what the same file held before (zero: nothing), and baseData makes its bytes where
// that is quicker than to read them (nil: it isn't); what it makes is checked. The
// new content is stored as what differs from base where that stands in the same
// pack, so its bytes may be kept by the batch and must not be changed either.
func (b *Batch) BlobOver(data []byte, base Hash, baseData func() []byte) Hash {
	h, err := b.blob(data, base, baseData)
	if err != nil && b.err == nil {
		b.err = err
	}
	return h
}

func (b *Batch) blob(data []byte, base Hash, baseData func() []byte) (Hash, error) {
	h, err := b.name(kindBlob, data)
	if err != nil || b.stored(h) {
		return h, err
	}
	it := packItem{hash: h, kind: kindBlob, data: data}
	if n := b.pack.base(base); n != 0 && len(data) > storedSize {
		if was, err := b.baseBlob(base, baseData); err == nil { // else it is stored whole
			it.base, it.baseData = n, was
		}
	}
	if b.stream != nil {
		b.stream.recent.put(h, object{kindBlob, data})
	}
	return h, b.pack.put(it)
}

// baseBlob gives the content on which another builds.
func (b *Batch) baseBlob(h Hash, make func() []byte) ([]byte, error) {
	if b.stream != nil {
		if obj, ok := b.stream.recent.get(h); ok {
			return obj.data, nil
		}
	}
	if make != nil {
		data := make()
		if made, err := b.name(kindBlob, data); err == nil && made == h {
			return data, nil
		}
	}
	return b.readBlob(h)
}

// Read returns a file's content, from this batch or from the store. The bytes
// may be shared and must not be changed. In a batch that streams, content that
// was added long ago is read back from the pack that is being written.
func (b *Batch) Read(h Hash) ([]byte, error) {
	if err := b.usable(); err != nil {
		return nil, err
	}
	return b.readBlob(h)
}

func (b *Batch) readBlob(h Hash) ([]byte, error) {
	if b.stream != nil {
		if obj, ok := b.stream.recent.get(h); ok {
			return obj.data, nil
		}
	}
	obj, ok, err := b.pack.read(h)
	switch {
	case err != nil:
		return nil, err
	case ok && obj.kind != kindBlob:
		return nil, corruptObject(h, fmt.Errorf("it is a %s where a blob is named", obj.kind))
	case ok:
		return obj.data, nil
	}
	return b.repo.objects.typed(h, kindBlob)
}

// name hashes a new object.
func (b *Batch) name(k kind, data []byte) (Hash, error) {
	if len(data) > maxObject {
		return Hash{}, fmt.Errorf("a %s of %d bytes is too large to store: at most %d", k, len(data), maxObject)
	}
	return b.hasher.safe(k, data)
}

// stored reports whether an object need not be stored. A small batch stores
// nothing that the store has, be it in another pack: its own may be taken back,
// and git, which passes over what stands in a pack with a .keep, may have dropped
// the other copy by then. A stream asks its own pack alone, since asking all of
// them for each of a million objects takes too long; its pack is not taken back.
func (b *Batch) stored(h Hash) bool {
	return b.pack.entries.find(h) != 0 || b.stream == nil && b.repo.objects.has(h)
}

// splices returns an empty slice with room for n bytes: thousands of deltas of
// trees are cut from one piece of memory.
func (b *Batch) splices(n int) []byte {
	if cap(b.arena)-len(b.arena) < n {
		b.arena = make([]byte, 0, 16<<10)
	}
	at := len(b.arena)
	b.arena = b.arena[:at+n]
	return b.arena[at : at : at+n]
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
	return b.addCommit(author, committer, message)
}

// CommitFile is Commit for one file that gets new content: what nearly every
// version is, and the fast path of it.
func (b *Batch) CommitFile(path string, blob Hash, author, committer Signature, message string) (Hash, error) {
	h, err := b.commitFile(path, blob, author, committer, message)
	if err != nil && b.err == nil {
		b.err = err
	}
	return h, err
}

func (b *Batch) commitFile(path string, blob Hash, author, committer Signature, message string) (Hash, error) {
	if err := b.usable(); err != nil {
		return Hash{}, err
	}
	if blob.IsZero() {
		return Hash{}, fmt.Errorf("%s: CommitFile wants content: removing is for Commit", clip(path))
	}
	if err := b.checkChange(path, blob); err != nil {
		return Hash{}, err
	}
	if err := b.setAndStore(b.root, path, blob); err != nil {
		return Hash{}, fmt.Errorf("%s: %w", clip(path), err)
	}
	return b.addCommit(author, committer, message)
}

// setAndStore sets one file and writes the folders above it.
func (b *Batch) setAndStore(n *node, path string, h Hash) error {
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		if err := n.setRow(name, h); err != nil {
			return err
		}
		return b.storeNode(n)
	}
	i, kid, err := b.folder(n, name)
	if err != nil {
		return err
	}
	if err := b.setAndStore(kid, rest, h); err != nil {
		return err
	}
	n.setHash(i, kid.hash)
	return b.storeNode(n)
}

// addCommit adds a commit of the tree as it stands; merged are further parents.
func (b *Batch) addCommit(author, committer Signature, message string, merged ...Hash) (Hash, error) {
	c := &Commit{Tree: b.root.hash, Author: author, Committer: committer, Message: message}
	if !b.tip.IsZero() {
		c.Parents = append([]Hash{b.tip}, merged...)
	}
	raw := encodeCommit(c)
	h, err := b.name(kindCommit, raw)
	if err == nil && !b.stored(h) {
		err = b.putCommit(h, raw)
	}
	if err == nil {
		b.tip = h
		b.trim()
	}
	return h, err
}

// commitsAlike is how many commits are stored as what differs from one. Their
// trailers and names are much the same; and since all build on one that is whole,
// none is further than a step away from it.
const commitsAlike = 64

func (b *Batch) putCommit(h Hash, raw []byte) error {
	it := packItem{hash: h, kind: kindCommit, data: raw}
	if b.alike > 0 {
		it.base, it.baseData = b.model, b.modelData
	}
	if err := b.pack.put(it); err != nil {
		return err
	}
	if b.alike--; b.alike < 0 {
		b.model, b.modelData, b.alike = b.pack.entries.find(h), raw, commitsAlike
	}
	return nil
}

// trim lets the loaded folders go when they have become many. All of them are
// stored when a commit is.
func (b *Batch) trim() {
	if b.size > maxNodes {
		clear(b.root.kids)
		b.size = 0
	}
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
			if err := b.checkChange(path, h); err != nil {
				return err
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

// checkChange refuses a path that git would not bear, and content that is nowhere.
func (b *Batch) checkChange(path string, h Hash) error {
	if !plainPath(path) {
		if err := checkPath(path); err != nil {
			return err
		}
	}
	if b.pack.entries.find(h) == 0 && !b.repo.objects.has(h) {
		return fmt.Errorf("%s: its content %s: %w", clip(path), h, ErrNotFound)
	}
	return nil
}
