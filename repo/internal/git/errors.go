package git

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound means that the store holds no such object, path or file.
	ErrNotFound = errors.New("not found in the store")
	// ErrCorrupt means that stored bytes are not what they should be.
	ErrCorrupt = errors.New("the store is damaged")
	// ErrMoved means that main moved between Begin and Publish: nothing was
	// recorded, and the batch is to be built again on the new tip.
	ErrMoved = errors.New("someone recorded first: main has moved")
	// ErrLocked means that another program holds main.lock and did not let go.
	ErrLocked = errors.New("main is locked by another program")
	// ErrNoStore means that a folder holds no store.
	ErrNoStore = errors.New("no store here")
	// ErrExists means that Init met a store, or other files, in its way.
	ErrExists = errors.New("the folder is in use")
	// ErrUnsupported means that the repository uses a part of git, or a
	// version of the store's own format, that this program does not know.
	ErrUnsupported = errors.New("not supported")
	// ErrClosed means that the Repo was used after Close.
	ErrClosed = errors.New("the store is closed")
)

// corruptObject says which object is damaged, and how.
func corruptObject(h Hash, cause error) error {
	return fmt.Errorf("%w: object %s: %w", ErrCorrupt, h, cause)
}

// corruptFile says which file is damaged, and how.
func corruptFile(path string, cause error) error {
	return fmt.Errorf("%w: %s: %w", ErrCorrupt, path, cause)
}
