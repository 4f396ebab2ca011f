package index

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrDamaged says that the file's bytes contradict each other. [Empty] mends it:
// whatever the index held is still in git.
var ErrDamaged = errors.New("the index file is damaged; reindex rebuilds it from git")

// busyTimeout is how long one statement waits for another process, in
// milliseconds. Readers never wait for writers, only for the moments in which a
// log is folded back or recovered.
const busyTimeout = "60000"

// conn is one connection to the file. It is used by one goroutine at a time.
//
// It speaks to the engine through the driver's own interfaces instead of
// database/sql: a command that asks one question lives for a few milliseconds, and
// the pool's goroutine, its reflection and its locks are a good part of that.
type conn struct {
	dc     driver.Conn
	stmts  map[string]*prepared
	args   []driver.NamedValue // scratch
	writes bool                // made ready for writing
	bulk   bool                // with much memory
	read   *atomic.Int64       // counts the rows that queries gave; nil where nobody asks
}

func connect(path string) (*conn, error) {
	// The path may hold "?" or "%", which mean something in a URI.
	uri := url.URL{Path: filepath.ToSlash(path)}
	dc, err := (&sqlite.Driver{}).Open("file:" + uri.EscapedPath() + "?_busy_timeout=" + busyTimeout)
	if err != nil {
		return nil, explain(err)
	}
	return &conn{dc: dc, stmts: make(map[string]*prepared)}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	c.stmts = nil
	return errors.Join(append(errs, c.dc.Close())...)
}

// code gives the engine's primary result code, 0 where err is none of its errors.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// explain marks the engine's errors that mean damage.
func explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%s)", ErrDamaged, err)
	}
	return err
}

func isBusy(err error) bool { return code(err) == sqlite3.SQLITE_BUSY }

// isTaken reports whether err says that a key is in use.
func isTaken(err error) bool { return code(err) == sqlite3.SQLITE_CONSTRAINT }

// prepared is a statement that is kept for the next use.
type prepared struct {
	driver.Stmt
	exec  driver.StmtExecContext
	query driver.StmtQueryContext
	busy  bool
	kept  bool
}

// take gives a prepared statement; a query that runs inside a loop over another one
// with the same text gets one of its own.
func (c *conn) take(query string) (*prepared, error) {
	kept := c.stmts[query]
	if kept != nil && !kept.busy {
		kept.busy = true
		return kept, nil
	}
	st, err := c.dc.Prepare(query)
	if err != nil {
		return nil, explain(err)
	}
	p := &prepared{Stmt: st, exec: st.(driver.StmtExecContext), query: st.(driver.StmtQueryContext), busy: true, kept: kept == nil}
	if p.kept {
		c.stmts[query] = p
	}
	return p, nil
}

func (p *prepared) give() error {
	p.busy = false
	if !p.kept {
		return p.Close()
	}
	return nil
}

// bind fills the scratch arguments, which the engine copies before it returns.
func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs a statement that gives no rows. Arguments are int64, string, []byte
// or nil.
func (c *conn) exec(query string, args ...driver.Value) error {
	return c.execContext(context.Background(), query, args...)
}

func (c *conn) execContext(ctx context.Context, query string, args ...driver.Value) error {
	st, err := c.take(query)
	if err != nil {
		return err
	}
	_, err = st.exec.ExecContext(ctx, c.bind(args))
	if err == nil && st.kept {
		st.busy = false
		return nil
	}
	return errors.Join(explain(err), st.give())
}

// errStop ends [conn.each] early and is no error to its caller.
var errStop = errors.New("enough")

// each calls f with every row of a query. The row is f's only while f runs. A
// column holds an int64, a string, a []byte or nil.
func (c *conn) each(query string, args []driver.Value, f func(row []driver.Value) error) (err error) {
	st, err := c.take(query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.give()) }()
	rows, err := st.query.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return explain(err)
	}
	defer func() { err = errors.Join(err, explain(rows.Close())) }()
	row := make([]driver.Value, len(rows.Columns()))
	n := int64(0)
	if c.read != nil {
		defer func() { c.read.Add(n) }()
	}
	for ; ; n++ {
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return explain(err)
		}
		if err := f(row); err == errStop {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// int gives the first column of the first row as a number, and whether there is a
// row and the column is not NULL.
func (c *conn) int(query string, args ...driver.Value) (n int64, ok bool, err error) {
	err = c.each(query, args, func(row []driver.Value) error {
		n, ok = row[0].(int64)
		return errStop
	})
	return n, ok, err
}

// ints appends the first column of every row.
func (c *conn) ints(to []int64, query string, args ...driver.Value) ([]int64, error) {
	err := c.each(query, args, func(row []driver.Value) error {
		to = append(to, number(row[0]))
		return nil
	})
	return to, err
}

// texts appends the first column of every row.
func (c *conn) texts(to []string, query string, args ...driver.Value) ([]string, error) {
	err := c.each(query, args, func(row []driver.Value) error {
		to = append(to, text(row[0]))
		return nil
	})
	return to, err
}

// number, text and blob read a column; what is of another type, which only a
// damaged file has, reads as empty.
func number(v driver.Value) int64 { n, _ := v.(int64); return n }
func text(v driver.Value) string  { s, _ := v.(string); return s }
func blob(v driver.Value) []byte  { b, _ := v.([]byte); return b }
