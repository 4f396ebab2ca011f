package index

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"
)

// DB is an open index. Its methods may be called by many goroutines.
type DB struct {
	Reader
	path   string
	writer chan struct{} // holds one token: the right to write in this process

	mu     sync.Mutex
	idle   []*conn
	closed bool

	read atomic.Int64 // rows that queries gave

	sums *wordSums // in place of words, after SumWords
}

// maxIdle bounds the connections kept for the next question.
const maxIdle = 8

// Open opens the index in the file at path, and makes the file, and its folder,
// where they are missing. What it finds there and cannot use (another format, no
// database, a damaged one) is emptied: Tip is then zero. An error means that the
// place cannot be written to.
func Open(path string) (*DB, error) {
	c, ok, err := look(path)
	if err != nil {
		return nil, fmt.Errorf("open the index %s: %w", path, err)
	}
	if !ok {
		if c, err = build(path, false); err != nil {
			return nil, fmt.Errorf("make the index %s: %w", path, err)
		}
	}
	db := &DB{path: path, writer: make(chan struct{}, 1), idle: []*conn{c}}
	c.read = &db.read
	db.writer <- struct{}{}
	db.Reader = Reader{db}
	return db, nil
}

// look connects to the file if it is there and of our format.
func look(path string) (*conn, bool, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || cutShort(path) {
		return nil, false, nil
	}
	c, err := connect(path)
	if err != nil {
		return nil, false, unlessDamaged(err)
	}
	// Asking for a table makes the engine read the whole schema: a damaged one
	// shows itself here.
	n, _, err := c.int("PRAGMA user_version")
	if err == nil && n == format {
		if _, _, err = c.int("SELECT one FROM meta"); err == nil {
			return c, true, nil
		}
	}
	return nil, false, errors.Join(unlessDamaged(err), unlessDamaged(c.close()))
}

// cutShort reports whether a file that nobody has open is shorter than it says of
// itself: the engine takes what is missing for a table that ends there, and would
// answer from the rest. (See "The Database Header" in SQLite's file format.)
func cutShort(path string) bool {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return false // it may be growing at this moment
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [100]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return false // the engine says what it thinks of that
	}
	info, err := f.Stat()
	if err != nil || !bytes.Equal(head[24:28], head[92:96]) {
		return false
	}
	page := int64(binary.BigEndian.Uint16(head[16:]))
	return info.Size() < page*int64(binary.BigEndian.Uint32(head[28:]))
}

// unlessDamaged drops the errors after which the file is to be made anew: it is
// damaged, or its schema lacks what ours has.
func unlessDamaged(err error) error {
	if errors.Is(err, ErrDamaged) || code(err) == sqlite3.SQLITE_ERROR {
		return nil
	}
	return err
}

// Close lets go of the file. Transactions and logs still running end with errors
// or keep their connection until they end.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var errs []error
	for _, c := range db.idle {
		errs = append(errs, c.close())
	}
	db.idle, db.closed = nil, true
	return errors.Join(errs...)
}

var errClosed = errors.New("the index is closed")

// take gives a connection for the caller alone.
func (db *DB) take() (*conn, error) {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil, errClosed
	}
	if n := len(db.idle); n > 0 {
		c := db.idle[n-1]
		db.idle = db.idle[:n-1]
		db.mu.Unlock()
		return c, nil
	}
	db.mu.Unlock()
	c, err := connect(db.path)
	if err == nil {
		c.read = &db.read
	}
	return c, err
}

// RowsRead gives how many rows the engine has handed over since the index was opened:
// what a question costs can be told from it, whatever the machine.
func (db *DB) RowsRead() int64 { return db.read.Load() }

// give takes a connection back.
func (db *DB) give(c *conn) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed || len(db.idle) >= maxIdle {
		return c.close()
	}
	db.idle = append(db.idle, c)
	return nil
}

// drop closes a connection instead.
func (db *DB) drop(c *conn) error { return c.close() }

// view runs f in one snapshot.
func (db *DB) view(f func(*conn) error) (err error) {
	c, err := db.take()
	if err != nil {
		return err
	}
	err = c.exec("BEGIN")
	if err == nil {
		err = f(c)
		if ended := c.exec("COMMIT"); ended == nil {
			return errors.Join(err, db.give(c))
		} else {
			err = errors.Join(err, ended)
		}
	}
	return errors.Join(err, c.close()) // nobody should meet a snapshot that didn't end
}

// Tx is a transaction: it alone writes, sees what it wrote, and shows it to others
// when it is committed. It is used by one goroutine, writes nothing while its Log
// is being read, and ends with Commit or Rollback; after an error from one of its writing methods it can only be rolled
// back.
type Tx struct {
	Reader
	db *DB
	c  *conn // nil when ended

	memory  memory
	most    int // bytes of a generation of memory
	words   map[word]int64
	hot     hot
	dirty   []*article // whose rows are still to be written
	seals   []sealRow
	leads   map[string][]leadRow // by tail
	held    []heldVersion
	dated   map[int64][]*article // by day
	values  []driver.Value       // scratch
	meta    *metaRow             // nil where it wasn't read yet
	scratch []byte
	nextNum int64
	lastSeq int64 // greatest Seq of a version, -1 where that was not asked yet

	passages heldPassages
	broken   error

	// What a Tx knows without looking; nil where it was not asked yet.
	notices *bool // there are corrections
	strays  *bool // there are files elsewhere than at their article's own path

	recent      []Row // the versions of the commit that came last,
	recentWhole bool  // all of them
}

// Begin starts a transaction. It waits for any other one, of this process or
// another, until ctx ends.
func (db *DB) Begin(ctx context.Context) (*Tx, error) {
	select {
	case <-db.writer:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to write the index: %w", ctx.Err())
	}
	c, err := db.take()
	if err == nil {
		err = errors.Join(c.small(), c.begin(ctx))
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}
	if err != nil {
		db.writer <- struct{}{}
		return nil, fmt.Errorf("begin to write the index: %w", err)
	}
	tx := &Tx{db: db, c: c, most: maxArticleBytes, passages: heldPassages{last: -1}}
	tx.Reader = Reader{tx}
	tx.forget()
	return tx, nil
}

// begin takes the file's write lock.
func (c *conn) begin(ctx context.Context) error {
	if !c.writes {
		// The log is not flushed at every commit: after a crash of the machine the
		// index may lack the last ones, which are read again from git.
		if err := c.exec("PRAGMA synchronous = NORMAL"); err != nil {
			return err
		}
		if err := c.exec(writeCache); err != nil {
			return err
		}
		// What a large transaction left of the log is given back to the disk.
		if err := c.each("PRAGMA journal_size_limit = 16777216", nil, func([]driver.Value) error { return nil }); err != nil {
			return err
		}
		c.writes = true
	}
	for {
		err := c.execContext(ctx, "BEGIN IMMEDIATE")
		if isBusy(err) && ctx.Err() == nil {
			continue // a rebuild may take longer than one statement waits
		}
		if err != nil {
			return err
		}
		break
	}
	n, _, err := c.int("PRAGMA user_version")
	if err == nil && n != format {
		err = fmt.Errorf("the index file was given format %#x by another program; open the store again", n)
	}
	if err != nil {
		return errors.Join(err, c.exec("ROLLBACK"))
	}
	return nil
}

var errEnded = errors.New("the transaction has ended")

// view runs f on the transaction's own connection, after everything that is
// still held back is written.
func (tx *Tx) view(f func(*conn) error) error {
	if tx.c == nil {
		return errEnded
	}
	if err := tx.flush(); err != nil {
		return err
	}
	return f(tx.c)
}

// Commit makes what was written visible to all.
func (tx *Tx) Commit() error {
	if tx.c == nil {
		return errEnded
	}
	err := tx.flush()
	if err == nil {
		err = tx.flushPassages()
	}
	if err == nil {
		err = tx.c.exec("COMMIT")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("commit to the index: %w", err), tx.Rollback())
	}
	return tx.end((*DB).give)
}

// Rollback drops what was written. After Commit it does nothing.
func (tx *Tx) Rollback() error {
	if tx.c == nil {
		return nil
	}
	if err := tx.c.exec("ROLLBACK"); err != nil {
		// A full disk has rolled it back already; otherwise closing does.
		return tx.end((*DB).drop)
	}
	return tx.end((*DB).give)
}

// end lets go of the connection and of the right to write.
func (tx *Tx) end(leave func(*DB, *conn) error) error {
	err := leave(tx.db, tx.c)
	tx.c = nil
	tx.db.writer <- struct{}{}
	return err
}

// build makes an empty index of our format at path, whatever is there now; if
// always is false it leaves one that another process has made in the meantime.
func build(path string, always bool) (*conn, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, err
	}
	unlock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if c, ok, err := look(path); err != nil {
		return nil, err
	} else if ok && !always {
		return c, nil
	} else if ok {
		if err := c.close(); err != nil {
			return nil, err
		}
	}
	if err := wipe(path); err != nil {
		return nil, err
	}
	c, err := connect(path)
	if err != nil {
		return nil, err
	}
	if err := c.create(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// create makes the tables in an empty file.
func (c *conn) create() error {
	steps := append([]string{"PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE"}, layout[:]...)
	steps = append(steps, fmt.Sprintf("PRAGMA user_version = %d", format), "COMMIT")
	for _, s := range steps {
		if err := c.exec(s); err != nil {
			return err
		}
	}
	return nil
}

// Empty makes the index at path cover nothing, even where the file is damaged or
// open in other processes.
func Empty(path string) error {
	c, err := build(path, true)
	if err != nil {
		return fmt.Errorf("empty the index %s: %w", path, err)
	}
	return c.close()
}
