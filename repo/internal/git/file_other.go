//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package git

import (
	"os"
	"time"
)

// mapFile maps nothing here: files are read in the plain way.
func mapFile(*os.File, int64) ([]byte, error) { return nil, nil }

func unmapFile([]byte) error { return nil }

// syncDir does nothing: these systems make names durable with the file.
func syncDir(Disk, string) error { return nil }

// renameFile tries again for a moment: a reader that has the old file open,
// or a virus scanner, makes a rename fail here that succeeds right after.
func renameFile(from, to string) error {
	err := os.Rename(from, to)
	for wait := time.Millisecond; err != nil && !os.IsNotExist(err) && wait < 200*time.Millisecond; wait *= 2 {
		time.Sleep(wait)
		err = os.Rename(from, to)
	}
	return err
}

func letGo([]byte) error { return nil }
