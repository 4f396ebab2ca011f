package repo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// Store is an open store. Its methods may be called by many goroutines at once.
type Store struct {
	git *git.Repo
	idx *index.DB
	now func() time.Time
}

// formatVersion is the version of the store's layout on disk, which stands in
// its config; levels is the number of folder levels above a file.
const (
	formatVersion = 1
	levels        = 3
)

// indexFile is where the derived index stands inside a store.
const indexFile = "stemma/index.sqlite"

// Init makes a store at dir, which must be empty or not exist, and opens it.
func Init(dir string) (*Store, error) {
	if git.IsStore(dir) {
		return nil, fmt.Errorf("%s is a store already", dir)
	}
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s is not empty: a store wants a folder of its own", dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	err := git.Init(dir, git.Config{FormatVersion: formatVersion, UUID: newUUID(), Levels: levels})
	if err != nil {
		return nil, fmt.Errorf("making a store at %s: %w", dir, err)
	}
	return Open(dir)
}

// Open opens the store at dir. The error is a *NoStoreError where there is none,
// or where it is one of a kind that this package can't keep whole.
func Open(dir string) (*Store, error) {
	if !git.IsStore(dir) {
		return nil, &NoStoreError{Dir: dir}
	}
	g, err := git.Open(dir)
	if err != nil {
		return nil, &NoStoreError{Dir: dir, Reason: err.Error()}
	}
	if v := g.Config().FormatVersion; v > formatVersion {
		return nil, errors.Join(&NoStoreError{Dir: dir, Reason: fmt.Sprintf("it has format version %d, and this program knows %d", v, formatVersion)}, g.Close())
	}
	idx, err := index.Open(filepath.Join(dir, indexFile))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the index of %s: %w", dir, err), g.Close())
	}
	return &Store{git: g, idx: idx, now: time.Now}, nil
}

// Find gives the nearest store that encloses dir, dir itself first.
func Find(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for d := abs; ; d = filepath.Dir(d) {
		if git.IsStore(d) {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", &NoStoreError{Dir: abs}
		}
	}
}

// Close lets the store go. Nothing is lost by a process that ends without it.
func (s *Store) Close() error {
	return errors.Join(s.idx.Close(), s.git.Close())
}

// Dir gives the store's folder.
func (s *Store) Dir() string { return s.git.Dir() }

// newUUID gives a random UUID (RFC 9562, version 4), the store's own name.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// view brings the index up to what git holds; every read begins with it.
func (s *Store) view(ctx context.Context) error {
	return s.catchUp(ctx, nil)
}
