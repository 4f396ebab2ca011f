package git

// Sweep reads a long stretch of history, commit by commit in its order, as a rebuild
// and a verification do. Nearly every object that it meets is the one before it with a
// small difference, so it keeps what it has read by the places in the packs too, on
// which the next are built: each difference is applied once then, however long the
// chain of them has grown. It may be used by many goroutines, and takes some 100 MB of
// memory at most, which go when it is let go.
type Sweep struct {
	objects *objects
	reader  packReader
	trees   *cache[Hash]
}

// How many bytes a Sweep keeps. A million versions of 200,000 articles have 30,000
// folders, which come in no order and take 16 MB; half of a cache must hold them.
const (
	sweepTrees = 40 << 20
	sweepBases = 64 << 20
)

// sweepLetGo is after how many entries mapped memory is let go. To map it again costs
// more than to read what lies there, and a sweep goes through a pack much as it lies.
const sweepLetGo = 1 << 15

// Sweep begins to read a stretch of history.
func (r *Repo) Sweep() *Sweep {
	return &Sweep{
		objects: r.objects,
		reader: packReader{
			bases: newCache[packOffset](sweepBases), trees: newCache[packOffset](sweepTrees), ends: true, letGo: sweepLetGo,
		},
		trees: newCache[Hash](sweepTrees),
	}
}

// Commit is [Repo.Commit].
func (s *Sweep) Commit(h Hash) (*Commit, error) {
	data, err := s.typed(h, kindCommit)
	if err != nil {
		return nil, err
	}
	return decodeCommit(h, data)
}

// Blob is [Repo.Blob], but the bytes are shared: nobody may change them.
func (s *Sweep) Blob(h Hash) ([]byte, error) { return s.typed(h, kindBlob) }

// Diff is [Repo.Diff].
func (s *Sweep) Diff(oldTree, newTree Hash) ([]FileChange, error) {
	d := treeDiff{tree: s.tree}
	err := d.trees("", oldTree, newTree, 0)
	return d.changes, err
}

func (s *Sweep) typed(h Hash, want kind) ([]byte, error) {
	obj, err := s.objects.readBy(&s.reader, h, want)
	return obj.typed(h, want, err)
}

// tree is objects.tree.
func (s *Sweep) tree(h Hash) ([]byte, error) { return treeThrough(s.trees, h, s.typed) }
