package git

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Disk is what writing asks of a file system. Everything that the store changes
// on disk goes through one, save the file locks, so that a test can stand a disk
// in its place that is full, that fails, that tells what was done to it, or that
// loses its power. Reading goes to the system straight.
//
// The paths are absolute, and errors those of package os: callers ask for
// os.ErrExist and os.ErrNotExist.
type Disk interface {
	// Open opens a file for writing, with the flags of os.OpenFile, or a folder
	// with os.O_RDONLY, whose Sync makes the names in it durable.
	Open(path string, flag int, mode os.FileMode) (File, error)
	// MakeDir makes a folder and all above it; it may be there already.
	MakeDir(path string) error
	// Rename puts a file in the place of another, which may not exist, at once.
	Rename(from, to string) error
	// Link gives a file a second name, which must not be taken.
	Link(from, to string) error
	// Remove takes a name away: of a file, or of an empty folder.
	Remove(path string) error
}

// File is an open file of a Disk.
type File interface {
	io.Writer
	io.WriterAt
	// Sync returns when what was written will outlive a loss of power.
	Sync() error
	Close() error
}

// SystemDisk is the disk of the operating system.
type SystemDisk struct{}

// Open is os.OpenFile.
func (SystemDisk) Open(path string, flag int, mode os.FileMode) (File, error) {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err // not f: a nil *os.File would be a File that isn't nil
	}
	return f, nil
}

// MakeDir is os.MkdirAll.
func (SystemDisk) MakeDir(path string) error { return os.MkdirAll(path, 0o777) }

// Rename is os.Rename, with patience where the system wants it.
func (SystemDisk) Rename(from, to string) error { return renameFile(from, to) }

// Link is os.Link.
func (SystemDisk) Link(from, to string) error { return os.Link(from, to) }

// Remove is os.Remove.
func (SystemDisk) Remove(path string) error { return os.Remove(path) }

// newFile makes a file that must not exist yet and writes the parts to it.
func newFile(disk Disk, path string, mode os.FileMode, parts ...[]byte) (File, error) {
	f, err := disk.Open(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if _, err := f.Write(p); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// writeDurably makes a file and returns when its bytes are on disk. The flag
// is os.O_EXCL or os.O_TRUNC.
func writeDurably(disk Disk, path string, data []byte, flag int) error {
	f, err := disk.Open(path, os.O_WRONLY|os.O_CREATE|flag, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writePlainly makes a file, or empties one that is there, without waiting for
// its bytes to be on disk.
func writePlainly(disk Disk, path string, data []byte) error {
	f, err := disk.Open(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// copyFile makes a file, which must not exist, with the content of another,
// durably: for file systems that have no second names.
func copyFile(disk Disk, from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeDurably(disk, to, data, os.O_EXCL)
}

// removeAll removes a file, or a folder with all that is in it.
func removeAll(disk Disk, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return ignoreVanished(err)
	}
	if info.IsDir() {
		rows, err := os.ReadDir(path)
		if err != nil {
			return ignoreVanished(err)
		}
		for _, row := range rows {
			if err := removeAll(disk, filepath.Join(path, row.Name())); err != nil {
				return err
			}
		}
	}
	return ignoreVanished(disk.Remove(path))
}

func ignoreVanished(err error) error {
	if vanished(err) {
		return nil
	}
	return err
}

// sameContent reports whether two files are one, or hold the same bytes.
func sameContent(a, b string) bool {
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	if errA != nil || errB != nil {
		return false
	}
	if os.SameFile(ia, ib) {
		return true
	}
	da, errA := os.ReadFile(a)
	db, errB := os.ReadFile(b)
	return errA == nil && errB == nil && len(da) > 0 && bytes.Equal(da, db)
}
