package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// helperPath names the index that this test binary, started again, writes to.
const helperPath = "STEMMA_INDEX_TEST_PATH"

func TestMain(m *testing.M) {
	if path := os.Getenv(helperPath); path != "" {
		if err := helper(path, os.Getenv("STEMMA_INDEX_TEST_NAME")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const perProcess = 60

// helper adds versions to one article of all processes and one of its own, a
// transaction each, numbered by what it reads in the transaction.
func helper(path, name string) error {
	db, err := Open(path)
	if err != nil {
		return err
	}
	for i := range perProcess {
		tx, err := db.Begin(context.Background())
		if err != nil {
			return err
		}
		for _, id := range []schema.ID{schema.DeriveID("all"), schema.DeriveID(name)} {
			if err := addNext(tx, id, fmt.Sprint(name, " ", i)); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		if rows, err := db.Versions(schema.DeriveID(name)); err != nil || len(rows) != i+1 {
			return fmt.Errorf("%d versions after adding %d: %v", len(rows), i+1, err)
		}
	}
	return db.Close()
}

func addNext(tx *Tx, id schema.ID, headline string) error {
	seq, err := tx.Seq()
	if err != nil {
		return err
	}
	number, err := tx.NextNumber(id)
	if err != nil {
		return err
	}
	return tx.AddVersion(Row{Seq: seq + 1, Article: id, Number: number, Headline: headline, Recorded: time.Unix(seq, 0)},
		[]Alias{{Key: "/news/" + headline}}, []string{"Iran"})
}

// TestProcesses lets several processes make the file and write to it at once.
func TestProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stemma", "index.sqlite")
	const processes = 4
	var wg sync.WaitGroup
	for p := range processes {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^$")
			cmd.Env = append(os.Environ(), helperPath+"="+path, fmt.Sprint("STEMMA_INDEX_TEST_NAME=", p))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", p, err, out)
			}
		})
	}
	wg.Wait()
	db := open(t, path)
	seen := make(map[string]int)
	last := int64(processes*perProcess*2 + 1)
	for r, err := range db.Log(Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Seq != last-1 {
			t.Fatalf("Seq %d follows %d", r.Seq, last)
		}
		last = r.Seq
		seen[r.Headline]++
	}
	if last != 1 || len(seen) != processes*perProcess {
		t.Errorf("the log ends at Seq %d with %d headlines, want 1 and %d", last, len(seen), processes*perProcess)
	}
	for h, n := range seen {
		if n != 2 {
			t.Errorf("%q stands %d times, want twice", h, n)
		}
	}
	rows, err := db.Versions(schema.DeriveID("all"))
	if err != nil || len(rows) != processes*perProcess || rows[len(rows)-1].Number != len(rows) {
		t.Errorf("%d versions of the common article: %v", len(rows), err)
	}
}

// TestKilled kills a writing process again and again: what is left is whole, and
// the next one goes on from it.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.sqlite")
	for n := range 12 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), helperPath+"="+path, fmt.Sprint("STEMMA_INDEX_TEST_NAME=killed ", n))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(n*n) * time.Millisecond)
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		db := open(t, path)
		seqs := int64(0)
		for r, err := range db.Log(Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if seqs == 0 {
				seqs = r.Seq
			}
			if r.Seq != seqs {
				t.Fatalf("kill %d: Seq %d where %d was expected", n, r.Seq, seqs)
			}
			seqs--
		}
		rows, err := db.Versions(schema.DeriveID("all"))
		_, versions, err2 := db.Counts()
		if err := errors.Join(err, err2, db.Close()); err != nil || seqs != 0 || versions != 2*len(rows) {
			t.Fatalf("kill %d: %d versions, %d of the common article, the log ends at %d: %v", n, versions, len(rows), seqs, err)
		}
	}
}

// TestConcurrency reads in many goroutines while others write; run with -race.
func TestConcurrency(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	id := schema.DeriveID("all")
	const writers, each = 4, 15
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		reading.Go(func() {
			for last := 0; ; {
				// One answer is of one moment: each commit brings two versions.
				rows, err := db.Versions(id)
				if err != nil || len(rows) < last || len(rows)%2 != 0 {
					t.Errorf("%d versions after %d: %v", len(rows), last, err)
					return
				}
				last = len(rows)
				cur, ok, err := db.Current(id)
				if err != nil || ok && cur.Number < last {
					t.Errorf("current is %d of %d: %v", cur.Number, last, err)
				}
				for r, err := range db.Log(Filter{Limit: 5}) {
					if _, ok, err2 := db.Version(r.Article, r.Number); err != nil || err2 != nil || !ok {
						t.Errorf("in the log but not there: %d: %v", r.Number, errors.Join(err, err2))
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range writers {
		writing.Go(func() {
			for i := range each {
				tx, err := db.Begin(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				err = errors.Join(addNext(tx, id, fmt.Sprint(n, " ", i)), addNext(tx, id, fmt.Sprint(n, " ", i)))
				if err := errors.Join(err, tx.Commit()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	if rows, err := db.Versions(id); err != nil || len(rows) != 2*writers*each {
		t.Errorf("%d versions, want %d: %v", len(rows), 2*writers*each, err)
	}
}

// TestBeginWaits sees that a transaction waits for another one of this process, or
// another, and that the context ends the wait.
func TestBeginWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.sqlite")
	mine, theirs := open(t, path), open(t, path)
	tx, err := mine.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, db := range []*DB{mine, theirs} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := db.Begin(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second writer: %v", err)
		}
		cancel()
	}
	if err := tx.SetTip([20]byte{1}); err != nil {
		t.Fatal(err)
	}
	got := make(chan [20]byte)
	go func() {
		tx, err := theirs.Begin(context.Background())
		if err != nil {
			t.Error(err)
			close(got)
			return
		}
		tip, err := tx.Tip()
		if err := errors.Join(err, tx.Rollback()); err != nil {
			t.Error(err)
		}
		got <- tip
	}()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if tip := <-got; tip != [20]byte{1} {
		t.Errorf("the one that waited sees the tip %x", tip)
	}
}

// filled makes an index with a few pages in it.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "index.sqlite")
	db := open(t, path)
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if err := addNext(tx, schema.DeriveID(fmt.Sprint(i%7)), strings.Repeat("headline ", 30)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tx.SetTip([20]byte{9}), tx.Commit(), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// usable sees that the index is empty and can be written to.
func usable(t *testing.T, path string) {
	t.Helper()
	db := open(t, path)
	if tip, err := db.Tip(); err != nil || tip != [20]byte{} {
		t.Fatalf("tip %x: %v", tip, err)
	}
	if a, v, err := db.Counts(); err != nil || a+v != 0 {
		t.Fatalf("%d articles, %d versions: %v", a, v, err)
	}
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(addNext(tx, schema.DeriveID("new"), "new"), tx.SetTip([20]byte{1}), tx.Commit(), db.Close()); err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	if tip, err := db.Tip(); err != nil || tip != [20]byte{1} {
		t.Errorf("tip %x after writing: %v", tip, err)
	}
}

// TestUnusableFiles opens files that are no index of this format.
func TestUnusableFiles(t *testing.T) {
	spoil := map[string]func(data []byte) []byte{
		"empty":        func([]byte) []byte { return nil },
		"no database":  func([]byte) []byte { return bytes.Repeat([]byte("no database\n"), 1000) },
		"a few bytes":  func([]byte) []byte { return []byte("SQLite") },
		"header alone": func(b []byte) []byte { return b[:100] },
		"cut":          func(b []byte) []byte { return b[:5000] },
		"schema overrun": func(b []byte) []byte {
			return append(append(b[:100:100], bytes.Repeat([]byte{0xff}, 3996)...), b[4096:]...)
		},
		"schema zeroed":   func(b []byte) []byte { return append(append(b[:100:100], make([]byte, 3996)...), b[4096:]...) },
		"another format":  func(b []byte) []byte { b[63]++; return b },
		"another program": func(b []byte) []byte { copy(b[60:], "\x00\x00\x00\x01"); return b },
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			path := filled(t)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f(data), 0o666); err != nil {
				t.Fatal(err)
			}
			usable(t, path)
		})
	}
}

// TestStaleLog opens an index beside which the log of another one was left.
func TestStaleLog(t *testing.T) {
	for name, log := range map[string][]byte{"garbage": bytes.Repeat([]byte("log"), 5000), "empty": nil} {
		for _, remove := range []bool{false, true} {
			t.Run(fmt.Sprint(name, remove), func(t *testing.T) {
				path := filled(t)
				if err := os.WriteFile(path+"-wal", log, 0o666); err != nil {
					t.Fatal(err)
				}
				if remove {
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
					usable(t, path)
					return
				}
				db := open(t, path)
				if tip, err := db.Tip(); err != nil || tip != [20]byte{9} {
					t.Errorf("tip %x: %v", tip, err)
				}
			})
		}
	}
}

// TestDamage spoils every page in turn: each question is answered, or refused with
// ErrDamaged; never wrongly with an error of another kind, and never by a crash.
// Empty then mends the file, although it is open.
func TestDamage(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for page := 1; page < len(whole)/4096; page += 5 {
		path := filepath.Join(t.TempDir(), "index.sqlite")
		data := bytes.Clone(whole)
		copy(data[page*4096:], bytes.Repeat([]byte{0xa5}, 4096))
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		db := open(t, path)
		_, err1 := db.Versions(schema.DeriveID("3"))
		_, err2 := db.List(ListFilter{Context: "Iran"})
		_, err3 := db.Aliases("/news/nothing")
		_, _, err4 := db.Counts()
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil {
				refused++
				if !errors.Is(err, ErrDamaged) {
					t.Errorf("page %d: %v", page, err)
				}
			}
		}
		if err := Empty(path); err != nil {
			t.Fatal(err)
		}
		if tip, err := db.Tip(); err != nil || tip != [20]byte{} {
			t.Errorf("tip %x in the one that had it open: %v", tip, err)
		}
		usable(t, path)
	}
	if refused == 0 {
		t.Error("no damage was met")
	}
}

// TestOtherProgram sees that a file that got another format while it was open is
// not written to.
func TestOtherProgram(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	other, err := connect(db.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.exec("PRAGMA user_version = 7"), other.close()); err != nil {
		t.Fatal(err)
	}
	if tx, err := db.Begin(t.Context()); err == nil || !strings.Contains(err.Error(), "0x7") {
		t.Errorf("Begin = %v, %v", tx, err)
	}
	usable(t, db.path)
}

// TestNotWritable sees that a place that can't hold an index is named.
func TestNotWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, "index.sqlite"), dir} {
		if db, err := Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%s) = %v, %v", path, db, err)
		}
	}
}

// TestEnded uses what has ended.
func TestEnded(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := schema.DeriveID("x")
	if err := addNext(tx, id, "a"); err != nil {
		t.Fatal(err)
	}
	if err := tx.AddVersion(Row{Seq: 2, Article: id, Number: 1}, nil, nil); err == nil || !strings.Contains(err.Error(), "number is taken") {
		t.Errorf("the same number twice: %v", err)
	}
	if err := tx.Commit(); err == nil {
		t.Error("a broken transaction was committed")
	}
	for name, r := range map[string]Row{
		"the same Seq twice": {Seq: 7, Article: id, Number: 2},
		"no Seq":             {Article: id, Number: 2},
		"no number":          {Seq: 8, Article: id},
		"too great a number": {Seq: 8, Article: id, Number: 1 << 24},
		"no article":         {Seq: 8, Number: 1},
		"an unknown alias":   {Seq: 8, Article: id, Number: 2},
	} {
		tx, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.AddVersion(Row{Seq: 7, Article: id, Number: 1}, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := tx.AddVersion(r, []Alias{{Key: "x", Kind: map[bool]AliasKind{true: 4}[name == "an unknown alias"]}}, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.AddVersion(Row{Seq: 3, Article: id, Number: 3}, nil, nil); err == nil {
		t.Error("a version was added after the end")
	}
	if _, err := tx.Versions(id); err == nil {
		t.Error("an answer after the end")
	}
	if err := tx.Rollback(); err != nil {
		t.Errorf("Rollback after the end: %v", err)
	}
	if ok, err := db.Exists(id); ok || err != nil {
		t.Errorf("what was rolled back is there: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Tip(); err == nil {
		t.Error("an answer after Close")
	}
}
