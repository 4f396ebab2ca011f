package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ownDir holds what is the store's and not git's: locks and files that are
// being written. Git leaves it alone.
const ownDir = "stemma"

// storeDirs are the folders of a new store, parents first.
var storeDirs = [...]string{
	".", "objects", "objects/info", "objects/pack",
	"refs", "refs/heads", "refs/tags", ownDir, ownDir + "/tmp",
}

// Init makes an empty store in dir, which may exist if it is empty or holds
// what an Init that was cut short left. The config is written last, when all else
// is durable: without it a folder is no store.
func Init(dir string, c Config) error { return InitOn(SystemDisk{}, dir, c) }

// InitOn is Init on a disk of one's own.
func InitOn(disk Disk, dir string, c Config) error {
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	config, err := encodeConfig(c)
	if err != nil {
		return err
	}
	if err := freeForInit(dir); err != nil {
		return err
	}
	for _, d := range storeDirs {
		if err := disk.MakeDir(filepath.Join(dir, filepath.FromSlash(d))); err != nil {
			return err
		}
	}
	if err := writeDurably(disk, filepath.Join(dir, "HEAD"), []byte("ref: "+mainRef+"\n"), os.O_TRUNC); err != nil {
		return err
	}
	for i := len(storeDirs) - 1; i >= 0; i-- {
		if err := syncDir(disk, filepath.Join(dir, filepath.FromSlash(storeDirs[i]))); err != nil {
			return err
		}
	}
	if err := syncDir(disk, filepath.Dir(filepath.Clean(dir))); err != nil {
		return err
	}
	// Git's own lock of the config keeps a second Init out.
	lock := filepath.Join(dir, "config.lock")
	if err := writeDurably(disk, lock, config, os.O_EXCL); err != nil {
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%w: %s is being made by another process, or was left by one that died: remove %s if so", ErrExists, dir, lock)
		}
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "config")); err == nil {
		return errors.Join(fmt.Errorf("%w: %s already holds a store", ErrExists, dir), disk.Remove(lock))
	}
	if err := disk.Rename(lock, filepath.Join(dir, "config")); err != nil {
		return err
	}
	return syncDir(disk, dir)
}

// freeForInit refuses a folder that holds anything but the beginnings of a store.
func freeForInit(dir string) error {
	rows, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		switch row.Name() {
		case "objects", "refs", "HEAD", ownDir, "config.lock":
		case "config":
			return fmt.Errorf("%w: %s already holds a repository", ErrExists, dir)
		default:
			return fmt.Errorf("%w: %s is not empty (%s)", ErrExists, dir, row.Name())
		}
	}
	return nil
}
