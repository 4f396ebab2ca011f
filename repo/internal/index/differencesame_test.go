package index

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// TestSameTables edits each column of each table of one of two indexes that are
// numbered alike: the engine finds them equal before, and never after.
func TestSameTables(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base")
	db := open(t, base)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, one, two := newWorld(3), schema.DeriveID("one"), schema.DeriveID("two")
	row := w.row(one, one, 1)
	row.Category = "Sport"
	err = errors.Join(tx.AddVersion(row, []Alias{{Key: "/news/2015/09/26/two-dead", Kind: AliasPath}}, []string{"Iran"}),
		tx.AddVersion(w.row(two, two, 1), nil, nil), tx.AddContexts(two, []string{"Syria"}),
		tx.SetFile("moved.md", two), tx.SetFile("moved.md", one), tx.SetRedirect(schema.DeriveID("three"), two),
		tx.AddCorrection(Correction{Seq: 9, Article: one, ToSeal: row.Seal, Type: "correction", Text: "Not two."}),
		tx.AddProblem(Problem{Path: "x.md", Line: 3, Reason: "it is broken"}), tx.Commit())
	if err != nil {
		t.Fatal(err)
	}
	same := func(file string) bool {
		have := open(t, file)
		defer have.Close()
		ok, err := sameTables(t.Context(), have, db, nil)
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	copied := func() string {
		file := filepath.Join(t.TempDir(), "copy")
		if err := db.view(func(c *conn) error {
			return c.each("PRAGMA wal_checkpoint(TRUNCATE)", nil, func([]driver.Value) error { return nil })
		}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(base)
		if err == nil {
			err = os.WriteFile(file, data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	// edited reports whether a change is seen; the engine may refuse to make it.
	edited := func(statement string) (seen bool, err error) {
		file := copied()
		have := open(t, file)
		defer have.Close()
		if err := have.view(func(c *conn) error { return c.exec(statement) }); err != nil {
			return false, err
		}
		return !same(file), nil
	}
	if !same(copied()) {
		t.Fatal("equal indexes are not found so")
	}
	if seen, err := edited("INSERT INTO words (kind, text) VALUES (4, 'of no version')"); seen || err != nil {
		t.Fatal("a word that no version has counts", err)
	}
	tables := []string{"articles", "data", "log", "versions", "seals", "dated", "words", "about", "leads", "files", "moved", "corrections", "problems"}
	for _, table := range tables {
		var columns []string
		err := db.view(func(c *conn) (err error) {
			columns, err = c.texts(nil, fmt.Sprintf("SELECT name FROM pragma_table_info('%s')", table))
			return err
		})
		if err != nil || len(columns) == 0 {
			t.Fatal(table, columns, err)
		}
		for _, c := range columns {
			made := 0
			for _, value := range []string{fmt.Sprintf(`CAST("%s" AS TEXT) || 'x'`, c), fmt.Sprintf(`"%s" + 7001`, c), "NULL"} {
				seen, err := edited(fmt.Sprintf(`UPDATE %s SET "%s" = %s WHERE "%s" IS NOT NULL`, table, c, value, c))
				if err != nil {
					continue
				}
				if made++; !seen {
					t.Errorf("%s.%s = %s: not seen", table, c, value)
				}
			}
			if made == 0 {
				t.Errorf("%s.%s could not be edited", table, c)
			}
		}
		if seen, err := edited("DELETE FROM " + table); !seen || err != nil {
			t.Errorf("%s emptied: seen %v, %v", table, seen, err)
		}
	}
	for _, table := range comparedTables() {
		if !slices.Contains(tables, table.table) {
			t.Errorf("%s is not edited", table.table)
		}
	}
}
