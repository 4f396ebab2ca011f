package index

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Optimize lets the engine look at how its tables are used and folds the log of
// recent writes back into the file. It waits for a writer, not for readers.
func (db *DB) Optimize(ctx context.Context) error {
	select {
	case <-db.writer:
	case <-ctx.Done():
		return fmt.Errorf("wait to put the index in order: %w", ctx.Err())
	}
	defer func() { db.writer <- struct{}{} }()
	c, err := db.take()
	if err != nil {
		return err
	}
	for _, s := range []string{"PRAGMA optimize", "PRAGMA wal_checkpoint(PASSIVE)"} {
		if err := c.each(s, nil, func([]driver.Value) error { return nil }); err != nil {
			return errors.Join(wrap(err, "put the index in order"), c.close())
		}
	}
	return db.give(c)
}
