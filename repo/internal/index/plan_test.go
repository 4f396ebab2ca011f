package index

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// scans lists the queries that may read a whole table, and why. What is asked of one
// article, one day, one address or one seal never does.
var scans = map[string]string{
	"SELECT count(*) FROM articles WHERE count > 0":                              "counts all",
	"SELECT count(*) FROM versions":                                              "counts all",
	"SELECT tip FROM meta":                                                       once,
	"SELECT tip, fixed FROM meta":                                                once,
	"SELECT one FROM meta":                                                       once,
	"SELECT 1 FROM corrections LIMIT 1":                                          "its first row",
	"SELECT 1 FROM files LIMIT 1":                                                once,
	`SELECT "commit", path, line, field, reason FROM problems ORDER BY id`:       "lists all",
	"SELECT article, number, data FROM lost ORDER BY id":                         "lists all",
	"SELECT seq FROM log WHERE commit8 = ? ORDER BY seq DESC LIMIT 1":            "the newest come first",
	"SELECT key, published FROM versions WHERE published <= ? ORDER BY key":      "the whole store at a time",
	"SELECT key, published FROM versions WHERE recorded <= ? ORDER BY key":       "the whole store at a time",
	"SELECT count(*) FROM (SELECT 1 FROM versions WHERE published <= ? LIMIT ?)": "a part of the store at a time: it ends where many are found",
	"SELECT count(*) FROM (SELECT 1 FROM versions WHERE recorded <= ? LIMIT ?)":  "a part of the store at a time: it ends where many are found",
	aliasScan: "a prefix that ends within a folder",
}

const (
	once      = "one row"
	aliasScan = "SELECT w.text, l.tail, l.kind, a.id, l.day FROM leads l JOIN articles a ON a.num = l.article\n\t\tLEFT JOIN words w ON w.id = l.folder WHERE " +
		"(l.tail >= ?1 AND l.tail < ?2 AND l.folder = ?3 OR l.folder IN (SELECT id FROM words WHERE kind = ?7 AND text >= ?5 AND text < ?6)) " +
		"AND l.kind = 0 ORDER BY ifnull(w.text, '') || l.tail, a.id LIMIT ?4"
)

// TestPlans asks everything, and looks up how the engine goes about each query that
// was put to it.
func TestPlans(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.sqlite")
	w, m := newWorld(3), newModel()
	db := open(t, path)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 120 {
		err = errors.Join(err, w.step(m, tx))
	}
	for range 30 {
		compare(t, w, m, tx)
	}
	for _, id := range w.ids {
		_, _, bad := tx.SourceKeys(id)
		err = errors.Join(err, bad, tx.SetKinds(id, 0, "", 0))
		tx.broken = nil // there is no version 0
	}
	c := tx.c // afterwards it lies idle, with the statements that it keeps
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for range 30 {
		compare(t, w, m, db)
	}
	if _, _, err := db.Version(w.ids[0], 1); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AliasPrefix("/news/2015/", 3); err != nil {
		t.Fatal(err)
	}
	if _, err := db.BySeal(schema.ID{}, "ab"); err != nil {
		t.Fatal(err)
	}
	for range db.Lost() {
		t.Fatal("nothing is lost")
	}
	if len(c.stmts) < 60 {
		t.Fatalf("only %d queries were put", len(c.stmts))
	}
	used := map[string]bool{}
	for query := range c.stmts {
		if !strings.HasPrefix(query, "SELECT") && !strings.HasPrefix(query, "UPDATE") && !strings.HasPrefix(query, "DELETE") {
			continue
		}
		plan := planOf(t, path, query)
		_, allowed := scans[query]
		used[query] = allowed
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "json_each") && !strings.Contains(step, "CONSTANT ROW") && !allowed {
				t.Errorf("%s\nreads a whole table:\n%s", query, strings.Join(plan, "\n"))
			}
			if strings.Contains(step, "AUTOMATIC") {
				t.Errorf("%s\nwants an index of its own:\n%s", query, strings.Join(plan, "\n"))
			}
		}
	}
	for query, why := range scans {
		if !used[query] && why != once {
			t.Errorf("nobody asks %q any more (%s)", query, why)
		}
	}
}

// planOf gives the steps by which the engine answers a query.
func planOf(t *testing.T, path, query string) (steps []string) {
	t.Helper()
	c, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	args := make([]driver.Value, 0, 12)
	for i := range 12 {
		args = append(args, int64(i))
	}
	for n := range args {
		steps = nil
		err = c.each("EXPLAIN QUERY PLAN "+query, args[:n], func(row []driver.Value) error {
			steps = append(steps, text(row[3]))
			return nil
		})
		if err == nil {
			return steps
		}
	}
	t.Fatal(fmt.Errorf("%s: %w", query, err))
	return nil
}
