package index

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// doing is a commit of a random history: what it does to an index.
type doing struct {
	name    string
	version int64 // the greatest place of a version that it brought, 0 where it brought none
	do      func(tx *Tx) error
}

// history makes commits as the store does: numbers and places count up, kinds follow
// from the version published before.
func (w *world) history(n int) (list []doing) {
	high := map[schema.ID]int{}
	var rows []Row
	for range n {
		id := pick(w, w.ids...)
		commit := sha256.Sum256(fmt.Append(nil, "commit", w.Uint64()))
		d := doing{}
		switch w.IntN(12) {
		case 0:
			contexts := w.contexts()
			d.name, d.do = "contexts", func(tx *Tx) error { return tx.AddContexts(id, contexts) }
		case 1:
			w.seq++
			c := Correction{Seq: w.seq, Article: id, Type: "correction", Text: "Not two.", Recorded: w.time(), Commit: [20]byte(commit[:20])}
			if len(rows) > 0 {
				c.ToSeal = pick(w, rows...).Seal
			}
			d.name, d.do = "correction", func(tx *Tx) error { return tx.AddCorrection(c) }
		case 2:
			p := Problem{Commit: [20]byte(commit[:20]), Path: pick(w, "x.md", "y.md"), Field: pick(w, "", "id", "history"), Reason: "it is broken"}
			d.name, d.do = "problem", func(tx *Tx) error { return tx.AddProblem(p) }
		case 3:
			path, drop := pick(w, "moved.md", "a/b.md", "c.md"), w.IntN(3) == 0
			d.name, d.do = "file", func(tx *Tx) error {
				if drop {
					return tx.DropFile(path)
				}
				return tx.SetFile(path, id)
			}
		case 4: // several articles, a broken file and one that moved, in one commit
			var made []func(tx *Tx) error
			for _, id := range w.ids[:1+w.IntN(3)] {
				made = append(made, w.version(id, high, [20]byte(commit[:20]), &rows))
			}
			d.version = w.seq
			p := Problem{Commit: [20]byte(commit[:20]), Path: "z.md", Reason: "it is broken"}
			late := w.IntN(2) == 0
			d.name, d.do = "several", func(tx *Tx) (err error) {
				if !late {
					err = tx.AddProblem(p)
				}
				for i, f := range made {
					if i == 0 {
						err = errors.Join(err, tx.SetFile("several.md", w.ids[0]))
					}
					err = errors.Join(err, f(tx))
				}
				if late {
					err = errors.Join(err, tx.AddProblem(p))
				}
				return err
			}
		default:
			d.name, d.do = "version", w.version(id, high, [20]byte(commit[:20]), &rows)
			d.version = w.seq
		}
		list = append(list, d)
	}
	return list
}

// version makes a step that adds the next version of an article.
func (w *world) version(id schema.ID, high map[schema.ID]int, commit [20]byte, rows *[]Row) func(*Tx) error {
	high[id]++
	r := w.row(id, id, high[id])
	r.Commit, r.Kinds, r.Restores = commit, "", 0
	aliases, contexts := w.aliases(), w.contexts()
	*rows = append(*rows, r)
	return func(tx *Tx) error {
		return errors.Join(tx.AddVersion(r, aliases, contexts), rekind(tx, id))
	}
}

// rekind says of each version of an article what it follows: a stand-in for the kinds
// of change, which follow from it too.
func rekind(tx *Tx, id schema.ID) error {
	rows, err := tx.Versions(id)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b Row) int {
		if x, y := (order{a.Published.T.Unix(), a.Number}), (order{b.Published.T.Unix(), b.Number}); x.before(y) {
			return -1
		}
		return 1
	})
	for i, r := range rows {
		kinds, restores := "", 0
		if i > 0 {
			kinds, restores = fmt.Sprintf("after-%x", rows[i-1].Seal[:1]), rows[i-1].Number
		}
		if r.Kinds != kinds || r.Restores != restores {
			err = errors.Join(err, tx.SetKinds(id, r.Number, kinds, restores))
		}
	}
	return err
}

// told gives an index that was told the steps.
func told(t *testing.T, steps []doing) *DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	tell(t, db, steps)
	return db
}

func tell(t *testing.T, db *DB, steps []doing) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	for _, s := range steps {
		if err == nil {
			err = s.do(tx)
		}
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// unlike gives what differs, without what a rebuild can't know: problems of the
// history, and the commit covered, which these histories don't set.
func unlike(t *testing.T, have, want *DB) (list []string) {
	t.Helper()
	err := Diff(t.Context(), have, want, nil, func(d Difference) bool {
		if d.Part != PartTip && (d.Problem == nil || d.Problem.Field != "history") {
			list = append(list, d.String())
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// undoable reports whether what moved files at a step can be told from what did so
// behind it: files may have moved before the next version came.
func undoable(steps []doing, at int) bool {
	for _, s := range steps[at+1:] {
		switch {
		case s.name == "file" || s.name == "several":
			return false
		case s.version > 0:
			return true
		}
	}
	return true
}

// TestCut cuts random histories back at every version, and compares with an index
// that was never told the rest; then goes on with another rest.
func TestCut(t *testing.T) {
	done, refused := 0, 0
	for seed := range uint64(6) {
		w := newWorld(seed)
		steps := w.history(40)
		for at := 3; at < len(steps); at += 1 + w.IntN(4) {
			seq := steps[at].version
			if seq == 0 {
				continue
			}
			db := told(t, steps)
			tx, err := db.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			again, ok, err := tx.Cut(seq, "history")
			if err != nil {
				t.Fatalf("seed %d, cut at step %d: %v", seed, at, err)
			}
			if !ok {
				refused++
				if undoable(steps, at) {
					t.Errorf("seed %d: the index could not be cut at step %d (%s)", seed, at, steps[at].name)
				}
				_ = tx.Rollback()
				continue
			}
			for _, id := range again {
				err = errors.Join(err, rekind(tx, id))
			}
			if tip, bad := tx.Tip(); bad != nil || tip == [20]byte{} {
				t.Fatal(tip, bad)
			}
			if err := errors.Join(err, tx.Commit()); err != nil {
				t.Fatal(err)
			}
			want := told(t, steps[:at+1])
			if list := unlike(t, db, want); len(list) > 0 {
				t.Fatalf("seed %d, cut at step %d of %d:\n%s", seed, at, len(steps), strings.Join(list, "\n"))
			}
			// A history that goes on from there by other ways.
			var rest []doing
			for i, s := range steps[at+1:] {
				if i%2 == 1 && s.name != "version" && s.name != "several" {
					rest = append(rest, s)
				}
			}
			tell(t, db, rest)
			tell(t, want, rest)
			if list := unlike(t, db, want); len(list) > 0 {
				t.Fatalf("seed %d, cut at step %d of %d and gone on:\n%s", seed, at, len(steps), strings.Join(list, "\n"))
			}
			done++
		}
	}
	if done < 20 || done < 2*refused {
		t.Fatalf("%d cuts, %d refused", done, refused)
	}
}

// TestCutRefused cuts where a link stands between.
func TestCutRefused(t *testing.T) {
	w := newWorld(1)
	steps := w.history(30)
	db := told(t, append(steps, doing{do: func(tx *Tx) error { return tx.SetRedirect(w.ids[1], w.ids[2]) }}))
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	first := slices.IndexFunc(steps, func(d doing) bool { return d.version > 0 })
	if _, ok, err := tx.Cut(steps[first].version, ""); ok || err != nil {
		t.Fatal(ok, err)
	}
	if _, ok, err := tx.Cut(1<<40, ""); ok || err == nil {
		t.Fatal("it was cut at a version that isn't there")
	}
}

// TestLost writes versions down as lost, and reads them after the index was emptied.
func TestLost(t *testing.T) {
	w := newWorld(2)
	db := told(t, w.history(20))
	rows, err := drainRows(db, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	tx, err := db.Begin(t.Context())
	if err == nil {
		err = errors.Join(tx.Lose(rows[4].Seq), tx.Reset(), tx.Commit())
	}
	if err != nil {
		t.Fatal(err)
	}
	var lost []Row
	for r, err := range db.Lost() {
		if err != nil {
			t.Fatal(err)
		}
		lost = append(lost, r)
	}
	same(t, "Lost", lost, rows[5:], nil)
	if tx, err = db.Begin(t.Context()); err == nil {
		err = errors.Join(tx.ForgetLost(), tx.Commit())
	}
	for range db.Lost() {
		t.Fatal("there are still some")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func drainRows(db *DB, f Filter) (rows []Row, err error) {
	for r, err := range db.Log(f) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}
