package git

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
)

// Repo is an open store. Its methods may be called from many goroutines at
// once; writing needs Lock first.
type Repo struct {
	dir      string
	disk     Disk
	config   Config
	objects  *objects
	encoders encoders
	lock     storeLock
	warm     atomic.Pointer[warmTree]
	tidied   bool // tidy has looked at everything; changed under the lock alone
	// hook is called before each step of writing; tests make it fail or kill.
	hook func(step string) error
}

// Open opens the store in dir. It refuses a repository that uses parts of git
// that it does not know, by name (ErrUnsupported).
func Open(dir string) (*Repo, error) { return OpenOn(SystemDisk{}, dir) }

// OpenOn is Open on a disk of one's own.
func OpenOn(disk Disk, dir string) (*Repo, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	config, err := readConfig(abs)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(abs, "reftable")); err == nil {
		return nil, fmt.Errorf("%w: %s keeps its refs in a reftable", ErrUnsupported, abs)
	}
	objects, err := openObjects(filepath.Join(abs, "objects"))
	if err != nil {
		return nil, err
	}
	if _, err := objects.rescan(); err != nil {
		return nil, err
	}
	return &Repo{dir: abs, disk: disk, config: config, objects: objects, lock: newStoreLock(abs)}, nil
}

// Close lets all files go. No method may be at work, and none may follow.
func (r *Repo) Close() error { return errors.Join(r.objects.close(), r.lock.close()) }

// Dir returns the store's folder, as an absolute path.
func (r *Repo) Dir() string { return r.dir }

// Config returns what the store's config says of it.
func (r *Repo) Config() Config { return r.config }

// Tip returns the newest commit of main. It is the zero Hash only where the
// store has no commit yet; a ref that is empty, malformed or has gone missing
// is an error (ErrCorrupt).
func (r *Repo) Tip() (Hash, error) {
	h, found, err := readRef(r.dir, mainRef)
	if err != nil || found {
		return h, err
	}
	if _, err := os.Stat(r.own(bornFile)); !errors.Is(err, os.ErrNotExist) {
		return Hash{}, corruptFile(filepath.Join(r.dir, filepath.FromSlash(mainRef)),
			errors.New("the branch has gone, though the store has commits: put it back with git update-ref "+mainRef+" COMMIT"))
	}
	return Hash{}, nil
}

// own returns the path of a file in the store's own folder.
func (r *Repo) own(name string) string { return filepath.Join(r.dir, ownDir, name) }

// Commit reads a commit.
func (r *Repo) Commit(h Hash) (*Commit, error) {
	data, err := r.objects.typed(h, kindCommit)
	if err != nil {
		return nil, err
	}
	return decodeCommit(h, data)
}

// links reads a commit's tree and parents.
func (r *Repo) links(h Hash) (tree Hash, parents []Hash, err error) {
	data, err := r.objects.typed(h, kindCommit)
	if err != nil {
		return Hash{}, nil, err
	}
	return commitLinks(h, data)
}

// Tree reads the rows of a tree, in git's order. The zero Hash is the empty
// tree.
func (r *Repo) Tree(h Hash) ([]Entry, error) {
	raw, err := r.objects.tree(h)
	if err != nil {
		return nil, err
	}
	return decodeTree(h, raw)
}

// Blob reads the content of a file. The bytes are the caller's own.
func (r *Repo) Blob(h Hash) ([]byte, error) {
	data, err := r.objects.typed(h, kindBlob)
	return bytes.Clone(data), err
}

// Find returns the content's name of the file at path (with slashes) in a
// tree. It fails with ErrNotFound where there is no such file, or a folder.
func (r *Repo) Find(tree Hash, path string) (Hash, error) {
	rest := path
	for {
		name, after, deeper := strings.Cut(rest, "/")
		raw, err := r.objects.tree(tree)
		if err != nil {
			return Hash{}, err
		}
		row, err := findRaw(tree, raw, name)
		if err != nil {
			return Hash{}, fmt.Errorf("%s: %w", clip(path), err)
		}
		e := Entry{Mode: row.mode}
		switch {
		case deeper && e.IsTree():
			tree, rest = row.hash, after
		case !deeper && e.isBlob():
			return row.hash, nil
		default:
			return Hash{}, fmt.Errorf("%s: %w", clip(path), ErrNotFound)
		}
	}
}
