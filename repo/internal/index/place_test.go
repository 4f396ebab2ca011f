package index

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestPlacesOfManyVersions asks for neighbours in an article of more versions than are
// looked through: published at few times, saying few things, some of them moved away.
func TestPlacesOfManyVersions(t *testing.T) {
	for seed := range uint64(4) {
		w, m := newWorld(seed+50), newModel()
		db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for n := range 120 {
			r := w.row(w.ids[0], w.ids[0], n+1)
			m.add(r, nil, nil)
			if err := tx.AddVersion(r, nil, nil); err != nil {
				t.Fatal(err)
			}
			comparePlaces(t, w, m, tx, w.ids[0])
		}
		var numbers []int
		for n := 1; n <= 120; n += 3 {
			numbers = append(numbers, n)
		}
		m.move(w.ids[0], numbers, w.ids[1], 9)
		if err := tx.MoveVersions(w.ids[0], numbers, w.ids[1], 9); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			comparePlaces(t, w, m, tx, pick(w, w.ids[:3]...))
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		for range 200 {
			id, at := pick(w, w.ids[:3]...), w.time()
			comparePlaces(t, w, m, db, id)
			row, ok, err := db.AsOf(id, at, false)
			sameRow(t, fmt.Sprint("AsOf ", at), row, ok, m.at(id, at, false), err)
		}
		if tx, err = db.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 50 { // by an article that was read, not made
			comparePlaces(t, w, m, tx, pick(w, w.ids[:3]...))
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUnsaidStateWritesNothing sees that asking for a state which an article of many
// versions never had leaves what a transaction holds back unwritten: an import asks so
// at every version, and rows are written best many at a time.
func TestUnsaidStateWritesNothing(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	const many = 20 * fewNumbers
	add := func(tx *Tx, n int) Row {
		r := benchRow(n, 1, n)
		must(t, tx.AddVersion(r, nil, nil))
		return r
	}
	var rows []Row
	write(t, db, func(tx *Tx) {
		for n := 1; n <= many; n++ {
			rows = append(rows, add(tx, n))
		}
	})
	write(t, db, func(tx *Tx) {
		last := add(tx, many+1)
		if _, ok, err := tx.LastBefore(&last, [32]byte{1}); err != nil || ok {
			t.Fatal("it says something that it never said:", err)
		}
		if len(tx.held) != 1 {
			t.Error("the question made the transaction write what it held back")
		}
		for _, want := range []Row{rows[fewNumbers/2], rows[many/2]} {
			found, ok, err := tx.LastBefore(&last, want.Content)
			if err != nil || !ok || found.Number != want.Number {
				t.Errorf("the state of version %d was found in version %d, %t, %v", want.Number, found.Number, ok, err)
			}
		}
		again := benchRow(many+2, 1, many+2)
		if found, ok, err := tx.LastBefore(&again, last.Content); err != nil || !ok || found.Number != last.Number {
			t.Errorf("the state of the version added last was found in version %d, %t, %v", found.Number, ok, err)
		}
	})
}

// TestPlacesAreLookedUp sees that a neighbour is found in the indexes and not by going
// through what lies between: the engine's plan says which columns lead to it, and the
// rows read stay as many in an article of ten times as many versions.
func TestPlacesAreLookedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.sqlite")
	db := open(t, path)
	for query, want := range map[string]string{
		deepRows + sameUp:    "versions_place (<expr>=? AND published=? AND rowid>?)",
		deepRows + sameDown:  "versions_place (<expr>=? AND published=? AND rowid<?)",
		deepRows + otherUp:   "versions_place (<expr>=? AND published>?)",
		deepRows + otherDown: "versions_place (<expr>=? AND published<?)",

		deepRows + ofState + sameUp:    "versions_state (<expr>=? AND content8=? AND published=? AND rowid>?)",
		deepRows + ofState + sameDown:  "versions_state (<expr>=? AND content8=? AND published=? AND rowid<?)",
		deepRows + ofState + otherUp:   "versions_state (<expr>=? AND content8=? AND published>?)",
		deepRows + ofState + otherDown: "versions_state (<expr>=? AND content8=? AND published<?)",
	} {
		plan := planOf(t, path, query)
		if len(plan) != 1 || !strings.Contains(plan[0], want) {
			t.Errorf("%s\ngoes\n%s\ninstead of %s", query, strings.Join(plan, "\n"), want)
		}
	}
	var costs []int64
	id := schema.DeriveID("long")
	for _, n := range []int{200, 2000} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Reset(); err != nil {
			t.Fatal(err)
		}
		for i := range n { // each before the one that was added last
			r := benchRow(i+1, 0, i+1)
			r.Article, r.Origin, r.Content = id, id, hash(i%3)
			r.Published = schema.At(time.Date(2020, 1, 1, 0, 0, -i/2, 0, time.UTC))
			if err := tx.AddVersion(r, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		at := &Row{Article: id, Number: n / 2, Published: schema.At(time.Date(2020, 1, 1, 0, 0, -n/4, 0, time.UTC))}
		before := db.RowsRead()
		for i, ask := range []func() (Row, bool, error){
			func() (Row, bool, error) { return db.Before(at) },
			func() (Row, bool, error) { return db.After(at) },
			func() (Row, bool, error) { return db.LastBefore(at, hash(1)) },
			func() (Row, bool, error) { return db.FirstAfter(at, hash(1)) },
			func() (Row, bool, error) { return db.AsOf(id, at.Published.T, false) },
		} {
			if _, ok, err := ask(); err != nil || !ok {
				t.Fatalf("question %d among %d versions: there is none (%v)", i, n, err)
			}
		}
		costs = append(costs, db.RowsRead()-before)
	}
	if slices.Max(costs) != slices.Min(costs) || costs[0] > 5*(fewNumbers+10) {
		t.Errorf("rows read among 200 and 2,000 versions: %d", costs)
	}
}
