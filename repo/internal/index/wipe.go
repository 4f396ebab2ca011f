package index

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// lockFile waits for the lock that keeps two processes from emptying one file at
// the same time. The lock file stays: removing it would free the name while
// another process waits on it.
func lockFile(path string) (unlock func(), err error) {
	l := flock.New(path, flock.SetPermissions(0o666)) // as far as the umask lets it
	if err := l.Lock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = l.Unlock() }, nil
}

// wipe makes the file at path an empty database. It uses SQLite's own reset
// (SQLITE_DBCONFIG_RESET_DATABASE, then VACUUM), which works on any bytes and takes
// the engine's locks, since removing a file that another process has open would
// let two logs be folded into one file. Only where the engine can't do it, as with
// a log that can't be read, the files go.
func wipe(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file; move it away", path)
	}
	if reset(path) == nil {
		return nil
	}
	// The log first: without it nobody can take the old file for a whole one.
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reset empties the database in place. The driver does not offer the call, so the
// engine is spoken to directly.
func reset(path string) (err error) {
	tls := libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString(path)
	if err != nil {
		return err
	}
	defer libc.Xfree(tls, name)
	out := tls.Alloc(8)
	defer tls.Free(8)
	rc := sqlite3.Xsqlite3_open_v2(tls, name, out, sqlite3.SQLITE_OPEN_READWRITE, 0)
	db := libc.AtomicLoadPUintptr(out)
	defer func() {
		if rc := sqlite3.Xsqlite3_close_v2(tls, db); rc != sqlite3.SQLITE_OK && err == nil {
			err = fmt.Errorf("close after reset: result %d", rc)
		}
	}()
	if rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("open for reset: result %d", rc)
	}
	sqlite3.Xsqlite3_busy_timeout(tls, db, int32(10*time.Second/time.Millisecond))
	// Reading the schema first, whether or not it can be read, lets a file in WAL
	// mode stay in it.
	_ = run(tls, db, "SELECT count(*) FROM sqlite_schema")
	if rc := configure(tls, db, 1); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("switch to reset: result %d", rc)
	}
	err = run(tls, db, "VACUUM")
	configure(tls, db, 0)
	return err
}

// configure switches SQLITE_DBCONFIG_RESET_DATABASE.
func configure(tls *libc.TLS, db uintptr, on int32) int32 {
	args := tls.Alloc(2 * 8) // an int and a pointer, each in a slot of eight bytes
	defer tls.Free(2 * 8)
	return sqlite3.Xsqlite3_db_config(tls, db, sqlite3.SQLITE_DBCONFIG_RESET_DATABASE, libc.VaList(args, on, uintptr(0)))
}

func run(tls *libc.TLS, db uintptr, query string) error {
	q, err := libc.CString(query)
	if err != nil {
		return err
	}
	defer libc.Xfree(tls, q)
	if rc := sqlite3.Xsqlite3_exec(tls, db, q, 0, 0, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("%s: result %d", query, rc)
	}
	return nil
}
