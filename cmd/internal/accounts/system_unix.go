//go:build unix

package accounts

import (
	"errors"
	"os"
)

// worldReadableMatters says whether a file's mode tells who may read it.
const worldReadableMatters = true

// syncFolder makes a renaming in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
