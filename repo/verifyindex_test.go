package repo

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to edit an index behind the store's back
)

// indexVictim is a store that has something in every table of its index: addresses,
// contexts, a link, a split, a correction, a file that plain git moved, a broken one.
func indexVictim(t *testing.T) (*Store, *clone) {
	t.Helper()
	s, c, a, b := pair(t)
	ctx := t.Context()
	second := draft("2015-09-26", "Seven dead in Springfield", "https://example.org/on")
	second.Article = a.String()
	record(t, s, second, Recorded)
	first, err := s.Version(ctx, a, "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Correct(ctx, first, current(t, s, a), Corrects, "There were seven.", Actor{}); err != nil {
		t.Fatal(err)
	}
	d := draft("2015-09-26", "Another event altogether", "https://example.org/third")
	d.Input.Contexts = []string{"Iran", "Iraq"}
	third := record(t, s, d, Created).Version.Article
	if _, err := s.Link(ctx, b, third, Actor{}); err != nil {
		t.Fatal(err)
	}
	c.pull()
	c.git("mv", s.layout().path(a), "moved.md")
	c.write("broken.md", "---\nheadline: [\n---\n")
	c.push("Moved by hand")
	if err := s.view(ctx); err != nil {
		t.Fatal(err)
	}
	return s, c
}

// TestIndexEdited changes an index by hand, as nobody should: each change is told,
// as one of the index, and reindex mends it.
func TestIndexEdited(t *testing.T) {
	t.Parallel()
	s, _ := indexVictim(t)
	tables := map[string]int{}
	for _, c := range []struct{ about, table, edit string }{
		{"an alias is dropped", "leads", "DELETE FROM leads WHERE rowid_of_one"},
		{"an alias leads to another article", "leads", "UPDATE leads SET article = 1 + article % 2 WHERE rowid_of_one"},
		{"an alias has another day", "leads", "UPDATE leads SET day = day + 1 WHERE rowid_of_one"},
		{"an alias is made up", "leads", "INSERT INTO leads SELECT tail || 'x', folder, kind, article, day FROM leads LIMIT 1"},
		{"a context is dropped", "about", "DELETE FROM about WHERE rowid_of_one"},
		{"a context has another name", "words", "UPDATE words SET text = 'Ruritania' WHERE text = 'Iran'"},
		{"an article has a context of another", "about", "INSERT INTO about SELECT context, day, article + 1 FROM about ORDER BY article LIMIT 1"},
		{"a link is dropped", "articles", "UPDATE articles SET redirect = 0 WHERE redirect > 0"},
		{"a link leads elsewhere", "articles", "UPDATE articles SET redirect = CASE WHEN redirect = 1 THEN 2 ELSE 1 END WHERE redirect > 0"},
		{"a number may be given again", "articles", "UPDATE articles SET high = high - 1 WHERE num = 1"},
		{"another version is current", "articles", "UPDATE articles SET current = 1 WHERE num = 1"},
		{"a correction is dropped", "corrections", "DELETE FROM corrections"},
		{"a correction says something else", "corrections", "UPDATE corrections SET data = CAST(replace(CAST(data AS TEXT), 'seven', 'eight') AS BLOB)"},
		{"a correction is another article's", "corrections", "UPDATE corrections SET article = article + 1"},
		{"a version is dropped", "versions", "DELETE FROM versions WHERE key = (SELECT max(key) FROM versions)"},
		{"a version was published at another time", "versions", "UPDATE versions SET published = published + 1 WHERE key = (SELECT min(key) FROM versions)"},
		{"a version says something else", "data", "UPDATE data SET data = CAST(substr(data, 1, 80) || x'ff' || substr(data, 82) AS BLOB) WHERE seq = 1"},
		{"a version is of another kind in the log", "log", "UPDATE log SET flags = 1 - flags % 2 WHERE seq = 2"},
		{"a version has another author in the log", "log", "UPDATE log SET author = author + 1 WHERE seq = 1"},
		{"a version is found by another seal", "seals", "UPDATE seals SET seal8 = seal8 + 1 WHERE seq = 1"},
		{"a day lacks an article", "dated", "DELETE FROM dated WHERE article = 1"},
		{"a file was moved to another place", "moved", "UPDATE moved SET path = 'elsewhere.md'"},
		{"a file stands elsewhere", "files", "UPDATE files SET path = 'elsewhere.md'"},
		{"a file is another article's", "files", "UPDATE files SET article = article + 1"},
		{"a problem is hushed up", "problems", "DELETE FROM problems"},
		{"what a version brought is dropped", "passages", "DELETE FROM passages WHERE seq = 2"},
		{"a version is found by no word", "phrases", "DELETE FROM phrases WHERE rowid = 2"},
		{"a version is found by another's words", "phrases", "REPLACE INTO phrases (rowid, terms) VALUES (2, 'made up')"},
		{"a version that isn't there is found", "phrases", "INSERT INTO phrases (rowid, terms) VALUES (77777, 'made up')"},
		{"a problem is made up", "problems", `INSERT INTO problems (seq, "commit", path, line, field, reason) SELECT seq, "commit", 'x.md', 0, '', 'made up' FROM problems LIMIT 1`},
	} {
		tables[c.table]++
		editIndex(t, s, c.about, strings.Replace(c.edit, "rowid_of_one", firstOf[c.table], 1))
		found := findings(t, s)
		told := 0
		for _, f := range found {
			if f.Field == "index" {
				told++
				if f.Hint != hintReindex || !strings.Contains(f.Reason, "index") {
					t.Errorf("%s: %+v", c.about, f)
				}
			}
		}
		if told == 0 {
			t.Errorf("%s: not told: %+v", c.about, found)
		}
		if err := s.Reindex(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		for _, f := range findings(t, s) {
			if f.Field == "index" {
				t.Fatalf("%s: reindex left %+v", c.about, f)
			}
		}
	}
	for _, table := range []string{"leads", "about", "words", "articles", "corrections", "versions", "data", "log", "seals", "dated", "files", "moved", "problems", "passages", "phrases"} {
		if tables[table] == 0 {
			t.Errorf("no row of %s is edited", table)
		}
	}
}

// firstOf picks one row of the tables that have no rowid.
var firstOf = map[string]string{
	"leads": "tail = (SELECT min(tail) FROM leads)",
	"about": "(context, day, article) = (SELECT context, day, article FROM about LIMIT 1)",
}

// editIndex changes the index file of a store by a statement, which must change a
// row.
func editIndex(t *testing.T, s *Store, about, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Dir(), indexFile)+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := db.Exec(statement)
	if err != nil {
		t.Fatalf("%s: %v", about, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: %d rows changed, %v", about, n, err)
	}
}

// TestIndexForgotten: what the index alone knows, that history was rewritten, is no
// difference from git.
func TestIndexForgotten(t *testing.T) {
	t.Parallel()
	s, c := indexVictim(t)
	c.git("reset", "-q", "--hard", "HEAD~2")
	gitIn(t, s.Dir(), "", "config", "receive.denyNonFastForwards", "false")
	c.git("push", "-q", "--force", "origin", "HEAD:main")
	found := findings(t, s)
	for _, f := range found {
		if f.Field == "index" {
			t.Errorf("%+v", f)
		}
	}
	if len(found) == 0 {
		t.Error("the rewrite is not told")
	}
}
