package index

import (
	"database/sql/driver"
	"errors"
	"fmt"
)

// Sizes of the engine's page cache, in KiB as it takes them, negative. Memory is
// taken as it is filled: who writes one version touches few pages.
const (
	writeCache = "PRAGMA cache_size = -32768"
	bulkCache  = "PRAGMA cache_size = -65536"
)

// Bulk readies a transaction for many versions, as an import or a rebuild brings
// them: it may take some 300 MB of memory to write less. Best it holds about a
// hundred thousand versions: pages that all of them touch are written once then.
func (tx *Tx) Bulk() error {
	if tx.c == nil {
		return errEnded
	}
	tx.most = maxBulkBytes
	if tx.c.bulk {
		return nil
	}
	tx.c.bulk = true
	return wrap(tx.c.exec(bulkCache), "make room for many versions")
}

// small gives back the memory that a connection took for a bulk.
func (c *conn) small() error {
	if !c.bulk {
		return nil
	}
	c.bulk = false
	return errors.Join(c.exec(writeCache), c.each("PRAGMA shrink_memory", nil, func([]driver.Value) error { return nil }))
}

// Fleeting makes an index, to which nothing was written yet, write without a log and
// without waiting for the disk: for one whose file is of no use to anybody later. A
// transaction of it that isn't committed leaves it good for nothing.
func (db *DB) Fleeting() error {
	c, err := db.take()
	if err != nil {
		return err
	}
	for _, p := range []string{"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", writeCache} {
		if err == nil {
			err = c.each(p, nil, func([]driver.Value) error { return nil })
		}
	}
	c.writes = true // and not made ready for it again
	if err != nil {
		return errors.Join(fmt.Errorf("make an index that doesn't last: %w", err), c.close())
	}
	return db.give(c)
}
