package faultdisk

import (
	"os"
	"sync"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// Op is what kind of operation a disk is asked for.
type Op string

// The operations of a disk.
const (
	Open    Op = "open"     // a file is made, or opened for writing
	Write   Op = "write"    // bytes are written
	Sync    Op = "sync"     // a file's bytes are made durable
	SyncDir Op = "sync dir" // the names in a folder are made durable
	Close   Op = "close"
	Rename  Op = "rename"
	Link    Op = "link"
	Remove  Op = "remove"
	MakeDir Op = "make dir" // asked only where the folder is not there yet
)

// Ops lists all operations.
func Ops() []Op { return []Op{Open, Write, Sync, SyncDir, Close, Rename, Link, Remove, MakeDir} }

// Short is an error that lets a write go through for its first N bytes.
type Short struct {
	N   int
	Err error
}

func (s *Short) Error() string { return s.Err.Error() }

// Unwrap gives the reason.
func (s *Short) Unwrap() error { return s.Err }

// Asking is the system's disk, which asks before every operation. It may be used
// by many goroutines.
type Asking struct {
	mu  sync.Mutex
	ask func(op Op, path string) error
}

// NewAsking makes a disk that calls ask, one call at a time, before each
// operation. The operation fails with what it answers, wrapped as package os
// wraps the errors of a system.
func NewAsking(ask func(op Op, path string) error) *Asking { return &Asking{ask: ask} }

func (d *Asking) may(op Op, path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.ask(op, path); err != nil {
		return &os.PathError{Op: string(op), Path: path, Err: err}
	}
	return nil
}

// Open opens a file or a folder.
func (d *Asking) Open(path string, flag int, mode os.FileMode) (git.File, error) {
	folder := flag&(os.O_WRONLY|os.O_RDWR) == 0
	if !folder {
		if err := d.may(Open, path); err != nil {
			return nil, err
		}
	}
	f, err := git.SystemDisk{}.Open(path, flag, mode)
	if err != nil {
		return nil, err
	}
	return &askingFile{d, f, path, folder}, nil
}

// MakeDir makes a folder.
func (d *Asking) MakeDir(path string) error {
	if _, err := os.Stat(path); err != nil {
		if err := d.may(MakeDir, path); err != nil {
			return err
		}
	}
	return git.SystemDisk{}.MakeDir(path)
}

// Rename gives a file another name.
func (d *Asking) Rename(from, to string) error {
	if err := d.may(Rename, to); err != nil {
		return err
	}
	return git.SystemDisk{}.Rename(from, to)
}

// Link gives a file a second name.
func (d *Asking) Link(from, to string) error {
	if err := d.may(Link, to); err != nil {
		return err
	}
	return git.SystemDisk{}.Link(from, to)
}

// Remove takes a name away.
func (d *Asking) Remove(path string) error {
	if err := d.may(Remove, path); err != nil {
		return err
	}
	return git.SystemDisk{}.Remove(path)
}

type askingFile struct {
	disk   *Asking
	file   git.File
	path   string
	folder bool
}

func (f *askingFile) Write(b []byte) (int, error) {
	if err := f.disk.may(Write, f.path); err != nil {
		if s := shortOf(err); s > 0 {
			n, _ := f.file.Write(b[:min(s, len(b))])
			return n, err
		}
		return 0, err
	}
	return f.file.Write(b)
}

func (f *askingFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.disk.may(Write, f.path); err != nil {
		if s := shortOf(err); s > 0 {
			n, _ := f.file.WriteAt(b[:min(s, len(b))], off)
			return n, err
		}
		return 0, err
	}
	return f.file.WriteAt(b, off)
}

// shortOf is how many bytes of a write that fails are written.
func shortOf(err error) int {
	path, ok := err.(*os.PathError)
	if !ok {
		return 0
	}
	if s, ok := path.Err.(*Short); ok {
		return s.N
	}
	return 0
}

func (f *askingFile) Sync() error {
	op := Sync
	if f.folder {
		op = SyncDir
	}
	if err := f.disk.may(op, f.path); err != nil {
		return err
	}
	return f.file.Sync()
}

// Close lets the file go in any case.
func (f *askingFile) Close() error {
	if f.folder {
		return f.file.Close()
	}
	asked := f.disk.may(Close, f.path)
	if err := f.file.Close(); err != nil {
		return err
	}
	return asked
}

// Forgetful is the system's disk without its syncs: nothing outlives a loss of
// power, and nobody waits for the disk.
type Forgetful struct{ git.SystemDisk }

// Open opens a file or a folder.
func (d Forgetful) Open(path string, flag int, mode os.FileMode) (git.File, error) {
	f, err := d.SystemDisk.Open(path, flag, mode)
	if err != nil {
		return nil, err
	}
	return forgetfulFile{f}, nil
}

type forgetfulFile struct{ git.File }

// Sync does nothing.
func (forgetfulFile) Sync() error { return nil }
