package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	gitstorer "github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage"
)

// storer is a store as go-git's own algorithms want it: its storage.Storer over
// this package's objects, refs and config, so that go-git never touches the files
// itself. It may be used by many goroutines at once.
//
// Every object is given whole: deltas are resolved, and go-git's interface for
// deltas is left out. So are those for loose objects and for old packs, by which
// its repacking and pruning would delete what this package looks after; go-git
// refuses these then.
//
// What is written is durable when the call returns: an object alone as a loose
// one, those of a transaction and those that arrive as a pack in one pack. Refs
// are moved under git's locks (storerrefs.go).
type storer struct {
	repo *Repo

	mu      sync.Mutex
	modules map[string]storage.Storer
}

var (
	_ storage.Storer           = (*storer)(nil)
	_ gitstorer.PackfileWriter = (*storer)(nil)
	_ gitstorer.Transactioner  = (*storer)(nil)
)

func (r *Repo) storer() *storer { return &storer{repo: r} }

// storedObject is an object of the store: its bytes are shared and can't be
// written.
type storedObject struct {
	hash plumbing.Hash
	obj  object
}

var errReadOnly = errors.New("an object of the store can't be changed: write a new one")

func (o *storedObject) Hash() plumbing.Hash             { return o.hash }
func (o *storedObject) Type() plumbing.ObjectType       { return goType(o.obj.kind) }
func (o *storedObject) SetType(plumbing.ObjectType)     {}
func (o *storedObject) Size() int64                     { return int64(len(o.obj.data)) }
func (o *storedObject) SetSize(int64)                   {}
func (o *storedObject) Writer() (io.WriteCloser, error) { return nil, errReadOnly }

func (o *storedObject) Reader() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(o.obj.data)), nil
}

// goType gives go-git's name of a kind; both number them as packs do.
func goType(k kind) plumbing.ObjectType { return plumbing.ObjectType(k) }

// kindOf is goType backwards. ok is false where no object is of that type.
func kindOf(t plumbing.ObjectType) (k kind, ok bool) {
	k = kind(t)
	return k, t > 0 && k >= kindCommit && k <= kindTag
}

// NewEncodedObject gives an object to be filled for SetEncodedObject.
func (s *storer) NewEncodedObject() plumbing.EncodedObject { return &plumbing.MemoryObject{} }

// SetEncodedObject stores one object durably, as a loose one. Whoever has many
// begins a transaction.
func (s *storer) SetEncodedObject(o plumbing.EncodedObject) (plumbing.Hash, error) {
	k, data, err := contentOf(o)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	h, err := s.repo.writeLoose(k, data)
	return plumbing.Hash(h), err
}

// contentOf reads an object that go-git made.
func contentOf(o plumbing.EncodedObject) (kind, []byte, error) {
	k, ok := kindOf(o.Type())
	if !ok {
		return 0, nil, plumbing.ErrInvalidType
	}
	if o.Size() > maxObject {
		return 0, nil, fmt.Errorf("a %s of %d bytes is too large to store: at most %d", k, o.Size(), maxObject)
	}
	r, err := o.Reader()
	if err != nil {
		return 0, nil, err
	}
	data, err := io.ReadAll(r)
	return k, data, errors.Join(err, r.Close())
}

// EncodedObject gives an object of a type, or of any. Where there is none of that
// name and type the error is plumbing.ErrObjectNotFound itself: go-git compares
// it.
func (s *storer) EncodedObject(t plumbing.ObjectType, h plumbing.Hash) (plumbing.EncodedObject, error) {
	obj, err := s.repo.objects.read(Hash(h))
	if err != nil {
		return nil, goNotFound(err)
	}
	if t != plumbing.AnyObject && t != goType(obj.kind) {
		return nil, plumbing.ErrObjectNotFound
	}
	return &storedObject{h, obj}, nil
}

func goNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return plumbing.ErrObjectNotFound
	}
	return err
}

// HasEncodedObject gives nil, or plumbing.ErrObjectNotFound. The object isn't read.
func (s *storer) HasEncodedObject(h plumbing.Hash) error {
	o := s.repo.objects
	for try := 0; ; try++ {
		before := o.lists.Load()
		if o.has(Hash(h)) {
			return nil
		}
		if again, err := o.again(try, before); err != nil {
			return err
		} else if !again {
			return plumbing.ErrObjectNotFound
		}
	}
}

// EncodedObjectSize gives an object's size without reading more of it than that
// takes.
func (s *storer) EncodedObjectSize(h plumbing.Hash) (int64, error) {
	_, size, err := s.repo.objects.stat(Hash(h))
	return size, goNotFound(err)
}

// AddAlternate borrows the objects of the repository at remote from now on.
func (s *storer) AddAlternate(remote string) error {
	dir := filepath.Clean(filepath.Join(remote, "objects"))
	own := filepath.Join(s.repo.dir, "objects")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(own, dir) // as git reads what stands in the file
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder of objects to borrow from at %s", dir)
	}
	if strings.ContainsAny(dir, "\n\r") {
		return fmt.Errorf("%q can't stand in a list of folders: it holds a line's end", dir)
	}
	if strings.HasPrefix(dir, `"`) || strings.HasPrefix(dir, "#") {
		return fmt.Errorf("%s can't stand in a list of folders", dir)
	}
	path := filepath.Join(own, "info", "alternates")
	if err := s.repo.disk.MakeDir(filepath.Dir(path)); err != nil {
		return err
	}
	err := s.repo.edit(path, func(old []byte) ([]byte, error) {
		if len(old) > 0 && !bytes.HasSuffix(old, []byte("\n")) {
			old = append(old, '\n')
		}
		return append(old, dir+"\n"...), nil
	})
	if err != nil {
		return err
	}
	return s.repo.objects.borrow()
}
