package index

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// differences gives everything that Diff finds.
func differences(t testing.TB, have, want *DB) (list []string) {
	t.Helper()
	err := Diff(t.Context(), have, want, nil, func(d Difference) bool {
		list = append(list, d.String())
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// twins gives two indexes that were told the same, though not in the same order, so
// that they number articles and words otherwise; and what they were told.
func twins(t *testing.T, seed uint64, steps int) (a, b *DB, m *model) {
	t.Helper()
	list := []*DB{open(t, filepath.Join(t.TempDir(), "a")), open(t, filepath.Join(t.TempDir(), "b"))}
	for i, db := range list {
		w := newWorld(seed)
		m = newModel()
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			for _, id := range slices.Backward(w.ids) {
				err = errors.Join(err, tx.AddContexts(id, nil))
			}
			for _, s := range []string{"Syria", "of no article", "Iran"} {
				_, bad := tx.word(wordContext, s)
				_, worse := tx.word(wordFolder, "/news/2018/02/06/")
				err = errors.Join(err, bad, worse)
			}
		}
		for range steps {
			err = errors.Join(err, w.step(m, tx))
		}
		if err = errors.Join(err, tx.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	return list[0], list[1], m
}

// TestDiffOfEquals compares indexes that say the same.
func TestDiffOfEquals(t *testing.T) {
	for seed := range uint64(8) {
		a, b, m := twins(t, seed, 150)
		if list := slices.Concat(differences(t, a, b), differences(t, b, a)); len(list) > 0 {
			t.Fatalf("seed %d, %s:\n%s", seed, m, strings.Join(list, "\n"))
		}
	}
}

// TestDiffOfOthers lets two indexes differ in what one step did: Diff sees every
// step that a reader could see.
func TestDiffOfOthers(t *testing.T) {
	seen := 0
	for seed := range uint64(40) {
		a, b, m := twins(t, seed, 60)
		w := newWorld(seed)
		w.seq = 1000
		before := m.clone()
		tx, err := a.Begin(t.Context())
		if err == nil {
			err = errors.Join(w.step(m, tx), tx.Commit())
		}
		if err != nil {
			t.Fatal(err)
		}
		changed := fmt.Sprint(everything(t, w, a)) != fmt.Sprint(everything(t, w, b))
		list := differences(t, a, b)
		if changed {
			seen++
		}
		if changed != (len(list) > 0) {
			t.Fatalf("seed %d: from %s to %s, the answers differ: %v, but Diff says %q", seed, before, m, changed, list)
		}
	}
	if seen < 20 {
		t.Fatalf("only %d of the steps did anything", seen)
	}
}

// everything asks what an index says of each article and of the whole.
func everything(t *testing.T, w *world, db *DB) (all []any) {
	t.Helper()
	add := func(x any, err error) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	for _, id := range w.ids {
		rows, err := db.Versions(id)
		add(rows, err)
		contexts, err := db.Contexts(id)
		add(contexts, err)
		list, err := db.Corrections(id)
		add(list, err)
		files, err := db.FilesOf(id)
		add(files, err)
		to, ok, err := db.Redirect(id)
		add(fmt.Sprint(to, ok), err)
		next, err := db.NextNumber(id)
		add(next, err)
	}
	for _, prefix := range []string{"/", "p"} {
		list, err := db.AliasPrefix(prefix, 0)
		add(list, err)
	}
	problems, err := db.Problems()
	add(problems, err)
	tip, err := db.Tip()
	add(tip, err)
	return all
}

// TestDiffOfEdits edits one of two equal indexes by hand.
func TestDiffOfEdits(t *testing.T) {
	base := filepath.Join(t.TempDir(), "base")
	one, two := schema.DeriveID("one"), schema.DeriveID("two")
	db := open(t, base)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(1)
	row := func(id schema.ID, number int) Row {
		r := w.row(id, id, number)
		r.CorrectionType, r.CorrectionText, r.Date, r.Path, r.Category, r.Kinds = "", "", "2015-09-26", "/news/a", "Sport", "headline"
		return r
	}
	aliases := []Alias{{Key: "/news/2015/09/26/two-dead", Kind: AliasPath}, {Key: "//example.org/story", Kind: AliasSource}}
	var rows []Row
	for i := range 3 {
		rows = append(rows, row(one, i+1))
		err = errors.Join(err, tx.AddVersion(rows[i], aliases, []string{"Iran", "Iraq"}))
	}
	err = errors.Join(err, tx.AddVersion(row(two, 1), aliases[:1], []string{"Iran"}), tx.AddContexts(two, []string{"Syria"}),
		tx.SetFile("moved.md", two), tx.SetRedirect(schema.DeriveID("three"), two),
		tx.AddCorrection(Correction{Seq: 9, Article: one, ToSeal: rows[1].Seal, Type: "correction", Text: "Not two."}),
		tx.AddProblem(Problem{Path: "x.md", Line: 3, Reason: "it is broken"}), tx.SetTip([20]byte{1}), tx.Commit(), db.Close())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ edit, want string }{
		{"DELETE FROM versions WHERE key & 16777215 = 2", "version 2 of article " + one.String() + " is missing"},
		{"UPDATE versions SET key = key + 5 WHERE key & 16777215 = 3", "version 8 of article " + one.String() + " does not belong there"},
		{"UPDATE versions SET published = published + 1 WHERE key & 16777215 = 2", "time of publication, by which it is found"},
		{"UPDATE seals SET seal8 = 0 WHERE seq = 2", "of place 2 is missing"},
		{"DELETE FROM seals WHERE seq = 2", "the table seals has 3 rows for 4 versions"},
		{"DELETE FROM log WHERE seq = 2", "the table log has 3 rows for 4 versions"},
		{"DELETE FROM data WHERE seq = 2", "row is"},
		{"UPDATE log SET key = key + 1 WHERE seq = 2", "number in the log"},
		{"UPDATE log SET key = key + (1 << 24) WHERE seq = 2", "number in the log"},
		{"UPDATE log SET recorded = 1 WHERE seq = 2", "time of recording in the log"},
		{"UPDATE log SET commit8 = 1 WHERE seq = 2", "commit, by which it is found"},
		{"UPDATE dated SET day = 20200101", `date "2015-09-26" of article ` + one.String() + " is missing"},
		{"DELETE FROM moved", "is missing"},
		{"UPDATE articles SET seq = 1 + seq % 3 WHERE count = 3", "current version's place is"},
		{"UPDATE versions SET content8 = content8 + 1 WHERE key & 16777215 = 2", "content, by which it is found"},
		{"UPDATE log SET category = (SELECT id FROM words WHERE text = 'Iran') WHERE seq = 2", `category, by which it is found is "Iran" instead of "Sport"`},
		{"UPDATE log SET flags = flags & ~2", "marks of notes and corrections"},
		{"UPDATE data SET data = CAST(replace(CAST(data AS TEXT), 'Sport', 'Spurt') AS BLOB)", `category is "Spurt" instead of "Sport"`},
		{"UPDATE data SET data = substr(data, 1, 150)", "row is"},
		{"UPDATE words SET text = 'Sprot' WHERE text = 'Sport'", "category, by which it is found"},
		{"UPDATE words SET text = 'Irak' WHERE text = 'Iraq'", `contexts is "[\"Irak\" \"Iran\"]"`},
		{"DELETE FROM words WHERE text = 'Iraq'", "contexts is"},
		{"UPDATE articles SET current = current % 3 + 1 WHERE count = 3", "current version is"},
		{"UPDATE articles SET count = 2 WHERE count = 3", "number of versions is"},
		{"UPDATE articles SET high = 7 WHERE count = 3", "highest number is"},
		{"UPDATE articles SET tail = 1 WHERE count = 3", "last place of its chain is"},
		{"UPDATE articles SET first = 2 WHERE count = 3", "first place is"},
		{"UPDATE articles SET day = 0 WHERE count = 3", "date is"},
		{"UPDATE articles SET redirect = 0 WHERE redirect > 0", "article " + schema.DeriveID("three").String() + " is missing"},
		{"UPDATE articles SET redirect = num WHERE redirect > 0", "link is"},
		{"UPDATE articles SET added = NULL", "contexts without a version is"},
		{"DELETE FROM leads WHERE kind = 1", `address "//example.org/story" of article ` + one.String() + " is missing"},
		{"UPDATE leads SET article = (SELECT num FROM articles WHERE count = 1) WHERE kind = 1", "does not belong there"},
		{"UPDATE leads SET day = 20200101 WHERE kind = 1", "date is"},
		{"UPDATE leads SET folder = 99999 WHERE kind = 0", "does not belong there"},
		{"DELETE FROM about WHERE context = (SELECT id FROM words WHERE text = 'Syria')", `context "Syria" of article ` + two.String() + " is missing"},
		{"UPDATE about SET day = 5", "does not belong there"},
		{"INSERT INTO about VALUES (999, 5, 1)", "1 contexts without a name"},
		{"DELETE FROM files", `path "moved.md" is missing`},
		{"UPDATE files SET article = article + 1 WHERE article = 1", ""},
		{"UPDATE files SET article = 1", `path "moved.md": article is`},
		{"DELETE FROM corrections", "a correction of article " + one.String() + " is missing"},
		{"UPDATE corrections SET article = article + 1", "does not belong there"},
		{"UPDATE corrections SET to8 = 1", "does not belong there"},
		{"UPDATE corrections SET data = CAST(replace(CAST(data AS TEXT), 'Not', 'Yes') AS BLOB)", "does not belong there"},
		{"DELETE FROM problems", `the problem "it is broken" with "x.md" is missing`},
		{"UPDATE problems SET reason = 'it is fine'", "does not belong there"},
		{"UPDATE meta SET tip = zeroblob(20)", "tip: commit is"},
	} {
		edited := filepath.Join(t.TempDir(), "edited")
		data, err := os.ReadFile(base)
		if err == nil {
			err = os.WriteFile(edited, data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		have := open(t, edited)
		err = have.view(func(x *conn) error { return x.exec(c.edit) })
		if err != nil {
			t.Fatal(c.edit, err)
		}
		list := differences(t, have, open(t, base))
		if got := strings.Join(list, "\n"); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s\ngives %q\nwithout %q", c.edit, list, c.want)
		}
	}
}

// TestDiffStops ends a comparison early: because enough was found.
func TestDiffStops(t *testing.T) {
	a, b, _ := twins(t, 1, 100)
	tx, err := a.Begin(t.Context())
	if err == nil {
		err = errors.Join(tx.Reset(), tx.Commit())
	}
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	err = Diff(t.Context(), a, b, nil, func(Difference) bool { n++; return n < 3 })
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
}
