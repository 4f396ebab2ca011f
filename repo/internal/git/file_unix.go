//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package git

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps a file for reading. An empty result without an error means
// that the file is to be read in the plain way.
func mapFile(f *os.File, size int64) ([]byte, error) {
	if size <= 0 || size > math.MaxInt {
		return nil, nil
	}
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
}

func unmapFile(data []byte) error { return unix.Munmap(data) }

// letGo tells the system that mapped bytes, which begin at a page, are not needed in
// this process's memory for now. They are read from the file again when they are.
func letGo(data []byte) error { return unix.Madvise(data, unix.MADV_DONTNEED) }

// syncDir makes the names in a folder durable.
func syncDir(disk Disk, dir string) error {
	d, err := disk.Open(dir, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		err = nil // a file system that has no such thing as syncing a folder
	}
	return errors.Join(err, d.Close())
}

func renameFile(from, to string) error { return os.Rename(from, to) }
