package repo

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// secondAt gives the second of the day on which the tests' clocks run.
func secondAt(second int) time.Time { return time.Date(2026, 1, 1, 0, 0, second, 0, time.UTC) }

// pushAt makes a commit in a clone, with a stamp of somebody's clock, and pushes it.
func (c *clone) pushAt(path, text string, stamp time.Time) {
	c.t.Helper()
	c.write(path, text)
	c.gitAt(stamp, "add", "-A")
	c.gitAt(stamp, "commit", "-q", "-m", "Write "+path)
	c.gitAt(stamp, "push", "-q")
}

func recordedOf(t *testing.T, s *Store, headline string) time.Time {
	t.Helper()
	for v, err := range s.Log(t.Context(), LogFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if v.Headline == headline {
			return v.Recorded
		}
	}
	t.Fatalf("nothing says %q", headline)
	return time.Time{}
}

// reopened opens a store again whose index was deleted.
func reopened(t *testing.T, s *Store, second int) *Store {
	t.Helper()
	dir := s.Dir()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, indexFile+"*"))
	if err != nil || len(left) == 0 {
		t.Fatal(left, err)
	}
	for _, f := range left {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { again.Close() })
	ticking(again, second)
	return again
}

// TestReceiptOfPush pushes with plain git from a clock that is years off: recorded
// is when the store met it, here, whether the index is kept, deleted, or was deleted
// before anybody looked; and what the store recorded itself keeps its own time.
func TestReceiptOfPush(t *testing.T) {
	s := newStore(t)
	ticking(s, 100)
	first := say(t, s, "x", "Own one")
	c := newClone(t, s)
	long := time.Date(2011, 5, 6, 0, 0, 0, 0, time.UTC)
	c.pushAt("a.md", "---\nheadline: Pushed one\n---\n", long)
	c.pushAt("b.md", "---\nheadline: Pushed two\n---\n", long.Add(time.Hour))
	ticking(s, 500)
	second := say(t, s, "x", "Own two") // which meets the push first
	met := recordedOf(t, s, "Pushed one")
	if met.Before(secondAt(500)) || met.After(secondAt(510)) || !met.Equal(recordedOf(t, s, "Pushed two")) {
		t.Errorf("recorded %s and %s, met from %s on", met, recordedOf(t, s, "Pushed two"), secondAt(500))
	}
	c.git("pull", "-q", "--rebase")
	c.pushAt("c.md", "---\nheadline: Pushed three\n---\n", long)
	s = reopened(t, s, 900) // nobody has met the third
	for headline, want := range map[string]time.Time{"Own one": first.Recorded, "Own two": second.Recorded, "Pushed one": met, "Pushed two": met} {
		if got := recordedOf(t, s, headline); !got.Equal(want) {
			t.Errorf("%s is recorded %s after the index was deleted, was %s", headline, got, want)
		}
	}
	third := recordedOf(t, s, "Pushed three")
	if third.Before(secondAt(900)) {
		t.Errorf("the third is recorded %s, met after %s", third, secondAt(900))
	}
	s = reopened(t, s, 2000)
	if got := recordedOf(t, s, "Pushed three"); !got.Equal(third) {
		t.Errorf("the third is recorded %s, was %s", got, third)
	}
	whole(t, s)
	receipts, err := s.git.Receipts()
	if err != nil || len(receipts) != 2 || receipts[0].Count != 2 || receipts[1].Count != 1 {
		t.Errorf("%+v, %v", receipts, err)
	}
	// As of a moment by this store's clock.
	all, err := s.List(t.Context(), ListFilter{Moment: Moment{At: secondAt(400), Clock: ByRecorded}})
	if err != nil || len(all) != 1 {
		t.Errorf("%d articles were known before the push was met, %v", len(all), err)
	}
}

// TestReceiptOfMergeByPush meets a merge that plain git made and pushed.
func TestReceiptOfMergeByPush(t *testing.T) {
	s := newStore(t)
	ticking(s, 100)
	say(t, s, "x", "Own one")
	c := newClone(t, s)
	long := time.Date(2011, 5, 6, 0, 0, 0, 0, time.UTC)
	c.write("a.md", "---\nheadline: Beside\n---\n")
	c.gitAt(long, "add", "-A")
	c.gitAt(long, "commit", "-q", "-m", "Beside")
	own := say(t, s, "x", "Own two")
	c.gitAt(long, "pull", "-q", "--no-rebase", "--no-edit")
	c.gitAt(long, "push", "-q")
	ticking(s, 700)
	say(t, s, "y", "Own three")
	met := recordedOf(t, s, "Beside")
	if met.Before(secondAt(700)) || met.After(secondAt(710)) || !recordedOf(t, s, "Own two").Equal(own.Recorded) {
		t.Errorf("recorded %s, own %s", met, recordedOf(t, s, "Own two"))
	}
	s = reopened(t, s, 1500)
	if got := recordedOf(t, s, "Beside"); !got.Equal(met) {
		t.Errorf("recorded %s after the index was deleted, was %s", got, met)
	}
	wantHeadlines(t, s, "x", "Own one", "Own two")
	whole(t, s)
}

// TestNoReceiptForOwn shows that what the store recorded itself gets no receipt:
// not when another process, or a new index, meets it first, nor when its writer was
// killed right after main had moved.
func TestNoReceiptForOwn(t *testing.T) {
	s := newStore(t)
	ticking(s, 100)
	want := say(t, s, "x", "Own one").Recorded
	tip := tipOf(t, s)
	s = reopened(t, s, 900)
	for _, kill := range []bool{false, true} {
		if kill { // what it leaves: the file by which main moved, still in tmp
			own := filepath.Join(s.Dir(), "stemma")
			if err := os.MkdirAll(filepath.Join(own, "tmp"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(own, "published"), filepath.Join(own, "tmp", "ref-0123")); err != nil {
				t.Fatal(err)
			}
			s = reopened(t, s, 1200)
		}
		if got := recordedOf(t, s, "Own one"); !got.Equal(want) {
			t.Errorf("recorded %s, was %s", got, want)
		}
	}
	say(t, s, "x", "Own two") // whose writer clears up
	if got := recordedOf(t, s, "Own one"); !got.Equal(want) {
		t.Errorf("recorded %s, was %s", got, want)
	}
	if receipts, err := s.git.Receipts(); err != nil || len(receipts) != 0 {
		t.Errorf("%+v, %v", receipts, err)
	}
	// A history pushed into an empty store is its own past.
	empty := newStore(t)
	git1(t, s.Dir(), "push", "-q", empty.Dir(), tip.String()+":refs/heads/main")
	if got := recordedOf(t, empty, "Own one"); !got.Equal(want) {
		t.Errorf("recorded %s, was %s", got, want)
	}
	if receipts, err := empty.git.Receipts(); err != nil || len(receipts) != 0 {
		t.Errorf("%+v, %v", receipts, err)
	}
	ticking(empty, 3000)
	git1(t, s.Dir(), "push", "-q", empty.Dir(), "main")
	if got := recordedOf(t, empty, "Own two"); got.Before(secondAt(3000)) {
		t.Errorf("recorded %s", got)
	}
	wantHeadlines(t, empty, "x", "Own one", "Own two")
}
