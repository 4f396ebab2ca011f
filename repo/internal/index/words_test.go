package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// someWords makes a text in which the same phrases come up again.
func someWords(r *rand.Rand, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = []string{"Iran", "iraq", "the", "of", "don’t", "5.3", "$", "西", "班", "مصر", "fünf", "a_b"}[r.IntN(12)]
	}
	return strings.Join(list, " ")
}

func somePassages(r *rand.Rand) []diff.Passage {
	var list []diff.Passage
	for range r.IntN(4) {
		p := diff.Passage{Field: "body", Before: someWords(r, r.IntN(9)), After: someWords(r, r.IntN(9))}
		for p.Took == "" && p.Brought == "" {
			p.Took, p.Brought = someWords(r, r.IntN(5)), someWords(r, r.IntN(5))
		}
		list = append(list, p)
	}
	return list
}

// changes says by how many places a phrase came.
func changes(p diff.Phrase, list []diff.Passage) (n int) {
	for _, x := range list {
		n += p.Count(x.Before+" "+x.Brought+" "+x.After) - p.Count(x.Before+" "+x.Took+" "+x.After)
	}
	return n
}

// TestPassages sets passages at random, more than once and in any order, cuts, and
// asks whether every version that a phrase came to or left is found, with what it
// brought and took, and whether the tables are those that a rebuild makes.
func TestPassages(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	const versions = 300
	kept, whole := map[int64][]diff.Passage{}, map[int64]string{}
	put := func(tx *Tx, seq int64) {
		delete(kept, seq)
		delete(whole, seq)
		if r.IntN(4) == 0 {
			whole[seq] = someWords(r, 30)
			must(t, tx.SetPassages(seq, WholePassages([]diff.ReadableField{{Name: "body", Texts: []string{whole[seq]}}})))
			return
		}
		if list := somePassages(r); len(list) > 0 {
			kept[seq] = list
			must(t, tx.SetPassages(seq, NewPassages(list)))
		} else {
			must(t, tx.SetPassages(seq, NewPassages(nil)))
		}
	}
	write(t, db, func(tx *Tx) {
		for seq := int64(1); seq <= versions; seq++ {
			addVersion(t, tx, seq)
			put(tx, seq)
		}
	})
	for range 5 {
		write(t, db, func(tx *Tx) {
			for range 20 {
				put(tx, 1+r.Int64N(versions))
			}
		})
	}
	check := func() {
		t.Helper()
		checkPhrases(t, r, db, kept, whole)
		checkRebuilt(t, db, kept, whole)
	}
	check()
	write(t, db, func(tx *Tx) {
		_, ok, err := tx.Cut(200, "history")
		must(t, err)
		if !ok {
			t.Fatal("the index could not be cut")
		}
		for seq := range kept {
			if seq > 200 {
				delete(kept, seq)
			}
		}
		for seq := range whole {
			if seq > 200 {
				delete(whole, seq)
			}
		}
	})
	check()
	write(t, db, func(tx *Tx) {
		for seq := int64(201); seq <= 250; seq++ {
			addVersion(t, tx, seq)
			put(tx, seq)
		}
	})
	check()
	write(t, db, func(tx *Tx) { must(t, tx.Reset()) })
	if list, err := db.Holders(diff.ParsePhrase("the", false)); err != nil || len(list) > 0 {
		t.Errorf("after a reset %d versions are found, %v", len(list), err)
	}
}

// checkRebuilt compares an index with one that was told the same at once.
func checkRebuilt(t *testing.T, db *DB, kept map[int64][]diff.Passage, whole map[int64]string) {
	t.Helper()
	fresh := open(t, filepath.Join(t.TempDir(), "fresh.sqlite"))
	n := max(slices.Max(keys(kept)), slices.Max(keys(whole)))
	write(t, fresh, func(tx *Tx) {
		for seq := int64(1); seq <= n; seq++ {
			addVersion(t, tx, seq)
			if text, ok := whole[seq]; ok {
				must(t, tx.SetPassages(seq, WholePassages([]diff.ReadableField{{Name: "body", Texts: []string{text}}})))
			} else {
				must(t, tx.SetPassages(seq, NewPassages(kept[seq])))
			}
		}
	})
	var differs []string
	must(t, Diff(context.Background(), db, fresh, nil, func(d Difference) bool {
		if d.Part == PartWords || d.Part == PartFile {
			differs = append(differs, d.String())
		}
		return true
	}))
	if len(differs) > 0 {
		t.Errorf("the index differs from one made anew: %q", differs)
	}
}

// addVersion adds the version at a place, of one of twenty articles.
func addVersion(t *testing.T, tx *Tx, seq int64) {
	must(t, tx.AddVersion(benchRow(int(seq), int(seq)%20, int(seq)/20+1), nil, nil))
}

func keys[V any](m map[int64]V) []int64 {
	list := []int64{0}
	for k := range m {
		list = append(list, k)
	}
	return list
}

func checkPhrases(t *testing.T, r *rand.Rand, db *DB, kept map[int64][]diff.Passage, whole map[int64]string) {
	t.Helper()
	found := 0
	for range 200 {
		p := diff.ParsePhrase(someWords(r, 1+r.IntN(9)), r.IntN(5) == 0)
		list, err := db.Touched(schema.ID{}, p)
		must(t, err)
		got := map[int64]bool{}
		for _, x := range list {
			got[x.Seq] = true
			if x.Whole != (whole[x.Seq] != "") || fmt.Sprint(x.Passages) != fmt.Sprint(kept[x.Seq]) {
				t.Fatalf("place %d was read as %+v", x.Seq, x)
			}
		}
		holders, err := db.Holders(p)
		must(t, err)
		times := 0
		for _, seqs := range holders {
			times += len(seqs)
		}
		if times != len(got) {
			t.Errorf("%q: %d versions hold it, %d were touched", p.Words(), times, len(got))
		}
		for seq, x := range kept {
			if changes(p, x) != 0 {
				found++
				if !got[seq] {
					t.Fatalf("%q came or went at place %d, which isn't found: %+v", p.Words(), seq, x)
				}
			}
		}
		for seq, text := range whole {
			if p.Count(text) > 0 {
				found++
				if !got[seq] {
					t.Fatalf("%q came at place %d, which isn't found: %q", p.Words(), seq, text)
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d versions were to be found", found)
	}
}

// TestDiffNamesWords sees whether a comparison notices what is wrong with words.
func TestDiffNamesWords(t *testing.T) {
	fill := func(db *DB, change string) *DB {
		write(t, db, func(tx *Tx) {
			for seq := int64(1); seq <= 3; seq++ {
				must(t, tx.AddVersion(benchRow(int(seq), 1, int(seq)), nil, nil))
				must(t, tx.SetPassages(seq, NewPassages([]diff.Passage{{Field: "body", Took: "one two", Brought: fmt.Sprint("three ", seq)}})))
			}
			if change != "" {
				must(t, tx.flushPassages())
				for step := range strings.SplitSeq(change, "; ") {
					must(t, tx.c.exec(step))
				}
			}
		})
		return db
	}
	make := func(change string) *DB {
		return fill(open(t, filepath.Join(t.TempDir(), "index.sqlite")), change)
	}
	want := make("")
	sums := open(t, filepath.Join(t.TempDir(), "sums.sqlite"))
	sums.SumWords()
	fill(sums, "")
	const two, three = "version 2 of article ", "version 3 of article "
	for _, c := range []struct{ change, named string }{
		{"DELETE FROM passages WHERE seq = 2", two},
		{"UPDATE passages SET data = x'01' WHERE seq = 2", two},
		{"UPDATE passages SET data = x'' WHERE seq = 2", two},
		{"INSERT INTO passages VALUES (9, x'01')", "place 9"},
		{"DELETE FROM phrases WHERE rowid = 3", three},
		{"INSERT INTO phrases (rowid, terms) VALUES (7, 'three')", "place 7"},
		{"REPLACE INTO phrases (rowid, terms) VALUES (2, 'one two three')", two},
		{"REPLACE INTO phrases (rowid, terms) VALUES (2, 'one two three 2 one')", two},
		{"REPLACE INTO phrases (rowid, terms) VALUES (2, 'two one three 2')", two},
		{"REPLACE INTO phrases (rowid, terms) VALUES (2, 'one two three 3'); REPLACE INTO phrases (rowid, terms) VALUES (3, 'one two three 2')", two},
		{"UPDATE phrases_docsize SET sz = x'05' WHERE id = 3", three},
	} {
		for _, want := range []*DB{want, sums} {
			named, words := false, 0
			must(t, Diff(context.Background(), make(c.change), want, nil, func(d Difference) bool {
				if d.Part == PartWords {
					words++
					named = named || strings.Contains(d.String(), c.named)
				}
				return true
			}))
			if !named {
				t.Errorf("after %s %d differences were found, none of %s", c.change, words, c.named)
			}
		}
	}
	for _, same := range []*DB{want, sums} {
		must(t, Diff(context.Background(), make(""), same, nil, func(d Difference) bool {
			t.Errorf("of what is right: %s", d.String())
			return true
		}))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write runs f in a transaction of its own.
func write(t testing.TB, db *DB, f func(*Tx)) {
	t.Helper()
	tx, err := db.Begin(context.Background())
	must(t, err)
	defer func() { must(t, tx.Rollback()) }()
	f(tx)
	must(t, tx.Commit())
}
