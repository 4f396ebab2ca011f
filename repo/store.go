package repo

import (
	"context"
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

	recent    *files // of the versions recorded last; for who holds the store's lock
	shown     *files // those that were read last
	paths     pathList
	gathering gathering // of what goroutines record at the same time

	scratch string // the folder of an index for this process alone, else ""
}

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
	err := git.Init(dir, git.Config{})
	if err != nil {
		return nil, fmt.Errorf("making a store at %s: %w", dir, err)
	}
	return Open(dir)
}

// Open opens the store at dir. The error is a *NoStoreError where there is none,
// or where it is one of a kind that this package can't keep whole. Where the index
// can't be opened, as in a store that may only be read, one is built in a temporary
// folder, which takes longer: what git holds can be read all the same.
func Open(dir string) (*Store, error) { return openOn(git.SystemDisk{}, dir) }

// openOn opens the store at dir on a disk of the caller's: tests let one fail.
func openOn(disk git.Disk, dir string) (*Store, error) {
	if !git.IsStore(dir) {
		return nil, &NoStoreError{Dir: dir}
	}
	g, err := git.OpenOn(disk, dir)
	if err != nil {
		return nil, &NoStoreError{Dir: dir, Reason: err.Error()}
	}
	s := &Store{git: g, now: time.Now, recent: newFiles(nil, filesKept), shown: newFiles(g.Blob, filesKept)}
	if s.idx, err = index.Open(filepath.Join(dir, indexFile)); err == nil {
		return s, nil
	}
	why := fmt.Errorf("opening the index of %s: %w", dir, err)
	if s.scratch, err = os.MkdirTemp("", "stemma-index-"); err != nil {
		return nil, errors.Join(why, err, g.Close())
	}
	if s.idx, err = index.Open(filepath.Join(s.scratch, filepath.Base(indexFile))); err != nil {
		return nil, errors.Join(why, err, g.Close(), os.RemoveAll(s.scratch))
	}
	return s, nil
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
	s.gathering.wait()
	err := errors.Join(s.idx.Close(), s.git.Close())
	if s.scratch != "" {
		err = errors.Join(err, os.RemoveAll(s.scratch))
	}
	return err
}

// Dir gives the store's folder.
func (s *Store) Dir() string { return s.git.Dir() }

// layout says where files stand, as it was fixed when the store was made.
func (s *Store) layout() layout { return layout(s.git.Config().Levels) }

// view brings the index up to what git holds; every read begins with it. An
// index that shows itself damaged is built anew: it is only derived.
func (s *Store) view(ctx context.Context) error {
	err := s.catchUp(ctx, nil)
	if errors.Is(err, index.ErrDamaged) {
		err = s.Reindex(ctx, nil)
	}
	return err
}
