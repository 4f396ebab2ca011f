package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// scene is something that a store does while its disk fails, its process is
// killed or its power goes.
type scene struct {
	name string
	// prepare makes what was there before; at returns a folder for further stores.
	prepare func(t *testing.T, s *Store, at func(name string) string)
	// act is what goes on. It tells acked how many versions of the scene are
	// durable for certain, counted from its beginning.
	act func(ctx context.Context, s *Store, acked func(versions int)) error
	// parts says that the scene may stand still after some of its versions; else it
	// happens as a whole or not at all.
	parts bool
}

// sceneTime is when scenes play: later than everything that is prepared.
var sceneTime = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// openScene opens a store on a disk, with a clock that starts at a second of the
// day on which scenes play.
func openScene(disk git.Disk, dir string, second int) (*Store, error) {
	s, err := openOn(disk, dir)
	if err != nil {
		return nil, err
	}
	now := sceneTime.Add(time.Duration(second) * time.Second)
	s.now = func() time.Time { now = now.Add(time.Second); return now }
	return s, nil
}

// sceneDraft is a state of an article that is known by a key.
func sceneDraft(key, headline string) Draft {
	d := draft("2015-09-26", headline, "https://example.org/"+key)
	d.Article = schema.DeriveID(key).String()
	return d
}

// one runs something that makes one version, and says that it is durable.
func one(acked func(int), do func() (Result, error)) error {
	r, err := do()
	if err == nil && r.Err != nil {
		err = r.Err
	}
	if err == nil {
		acked(1)
	}
	return err
}

// importSize is how many drafts the scene of an import brings, two batches, and
// importGood how many of them, at the beginning and at the end, can be recorded:
// the others only fill the batch, and cost nothing.
const importSize, importGood = batchSize + 10, 10

var scenes = []scene{
	{name: "record", act: func(ctx context.Context, s *Store, acked func(int)) error {
		return one(acked, func() (Result, error) { return recordOne(ctx, s, sceneDraft("new", "A road is built")) })
	}},
	{name: "two records", parts: true, prepare: prepareOne, act: func(ctx context.Context, s *Store, acked func(int)) error {
		for i := range 2 {
			if _, err := recordOne(ctx, s, sceneDraft("known", fmt.Sprintf("%d dead in Springfield", 5+i))); err != nil {
				return err
			}
			acked(i + 1)
		}
		return nil
	}},
	{name: "insert", prepare: prepareOne, act: func(ctx context.Context, s *Store, acked func(int)) error {
		d := sceneDraft("known", "One dead in Springfield")
		d.Published = schema.At(time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))
		return one(acked, func() (Result, error) { return recordOne(ctx, s, d) })
	}},
	{name: "correct", prepare: prepareOne, act: func(ctx context.Context, s *Store, _ func(int)) error {
		all, err := s.Changes(ctx, schema.DeriveID("known"))
		if err != nil {
			return err
		}
		_, err = s.Correct(ctx, all[0], all[1], Corrects, "An earlier version gave a wrong number.", Actor{})
		return err
	}},
	{name: "link", prepare: prepareOne, act: func(ctx context.Context, s *Store, acked func(int)) error {
		return one(acked, func() (Result, error) {
			return s.Link(ctx, schema.DeriveID("known"), schema.DeriveID("other"), Actor{})
		})
	}},
	{name: "maintain", prepare: func(t *testing.T, s *Store, at func(string) string) {
		prepareOne(t, s, at)
		for i := range 5 {
			say(t, s, "more", fmt.Sprint("Packs ", i))
		}
	}, act: func(ctx context.Context, s *Store, _ func(int)) error {
		_, err := s.Maintain(ctx)
		return err
	}},
	{name: "the record that concatenates", prepare: func(t *testing.T, s *Store, _ func(string) string) {
		for i := range 31 {
			say(t, s, "many", fmt.Sprint("Many ", i))
		}
	}, act: func(ctx context.Context, s *Store, acked func(int)) error {
		return one(acked, func() (Result, error) { return recordOne(ctx, s, sceneDraft("many", "The last straw")) })
	}},
	{name: "import", parts: true, prepare: prepareOne, act: func(ctx context.Context, s *Store, acked func(int)) error {
		drafts := func(yield func(Draft, error) bool) {
			for i := range importSize {
				d := sceneDraft(fmt.Sprint("import", i), fmt.Sprint("Imported ", i))
				if i >= importGood && i < importSize-importGood {
					d.Input.Headline = ""
				}
				if !yield(d, nil) {
					return
				}
			}
		}
		n := 0
		return s.Import(ctx, drafts, RecordOptions{}, func(r Result) {
			if r.Outcome == Created {
				n++
				acked(n)
			}
		})
	}},
	{name: "merge", prepare: prepareMerge, act: func(ctx context.Context, s *Store, _ func(int)) error {
		_, err := s.Pull(ctx, PullOptions{Git: gitHere()})
		return err
	}},
}

func recordOne(ctx context.Context, s *Store, d Draft) (Result, error) {
	results, err := s.Record(ctx, []Draft{d}, RecordOptions{})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// prepareOne makes two articles, one of two versions.
func prepareOne(t *testing.T, s *Store, _ func(string) string) {
	say(t, s, "known", "Two dead in Springfield")
	say(t, s, "known", "Four dead in Springfield")
	say(t, s, "other", "Another road")
}

// prepareMerge makes a store from which s was cloned, and lets both go on.
func prepareMerge(t *testing.T, s *Store, at func(string) string) {
	prepareOne(t, s, at)
	hub := at("hub")
	if err := copyStore(s.Dir(), hub); err != nil {
		t.Fatal(err)
	}
	h, err := openScene(git.SystemDisk{}, hub, -4000)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	say(t, h, "hubs", "At the hub")
	say(t, h, "other", "Another road, says the hub")
	say(t, s, "known", "Five dead in Springfield")
	git1(t, s.Dir(), "remote", "add", "origin", hub)
	git1(t, s.Dir(), "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
}

// playable is a scene that is ready to be played again and again.
type playable struct {
	*scene
	base     string   // the store before it
	old, new []string // pictures of the store before and after
}

// set prepares a scene, and plays it once where nothing goes wrong.
func (sc *scene) set(t *testing.T) *playable {
	t.Helper()
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	s, err := Init(at("base"))
	if err != nil {
		t.Fatal(err)
	}
	now := sceneTime.Add(-10_000 * time.Second)
	s.now = func() time.Time { now = now.Add(time.Second); return now }
	if sc.prepare != nil {
		sc.prepare(t, s, at)
	}
	st := &playable{scene: sc, base: s.Dir(), old: picture(t, s)}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	dir := st.copy(t)
	if s, err = openScene(git.SystemDisk{}, dir, 0); err != nil {
		t.Fatal(err)
	}
	if err := sc.act(t.Context(), s, func(int) {}); err != nil {
		t.Fatal(err)
	}
	st.new = picture(t, s)
	if err := errors.Join(s.Close(), os.RemoveAll(dir)); err != nil {
		t.Fatal(err)
	}
	return st
}

// copy gives a store as it was before the scene.
func (st *playable) copy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := copyStore(st.base, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// picture is what a store says, without what chance decides (salts and what
// follows from them): a line for each version, oldest first.
func picture(t *testing.T, s *Store) []string {
	t.Helper()
	lines, err := pictureOf(s)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func pictureOf(s *Store) ([]string, error) {
	var lines []string
	for v, err := range s.Log(context.Background(), LogFilter{}) {
		if err != nil {
			return nil, err
		}
		correction := ""
		if v.Correction != nil {
			correction = v.Correction.Text
		}
		lines = append(lines, fmt.Sprint(v.Article, " ", v.Number, " ", v.Headline, " ", v.Place, " ", v.Restores, " ", correction))
	}
	slices.Reverse(lines)
	return lines, nil
}

// allowed says whether the store may show this, where so many versions of the
// scene were acknowledged: the old state or the new one, or one between two
// batches, and nothing acknowledged lost.
func (st *playable) allowed(t *testing.T, got []string, acked int, done bool) error {
	t.Helper()
	if slices.Equal(got, st.new) {
		return nil
	}
	made := len(got) - len(st.old)
	switch {
	case done:
		return fmt.Errorf("the scene was acknowledged as a whole, and the store shows\n%s\nand not\n%s", few(got), few(st.new))
	case made < acked:
		return fmt.Errorf("%d versions were acknowledged, the store has %d", acked, made)
	case made == 0 && slices.Equal(got, st.old):
		return nil
	case st.parts && made < len(st.new)-len(st.old) && sameKeys(got, st.new[:len(got)]):
		return nil
	}
	return fmt.Errorf("neither the old state nor the new one:\n%s\nold:\n%s\nnew:\n%s", few(got), few(st.old), few(st.new))
}

// sameKeys compares articles, numbers and headlines: what is current may differ
// between a part and the whole.
func sameKeys(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool {
		return strings.Join(strings.Fields(x)[:3], " ") == strings.Join(strings.Fields(y)[:3], " ")
	})
}

func few(lines []string) string {
	if len(lines) > 12 {
		return fmt.Sprintf("%s\n… %d lines", strings.Join(lines[:12], "\n"), len(lines))
	}
	return strings.Join(lines, "\n")
}

// aftermath looks at a store on which something went wrong: by the process that
// went on, if there is one, and by a new one. The next record works in both, no
// temporary file stays, git and verify find no fault, and the index is that of a
// rebuild.
func (st *playable) aftermath(t *testing.T, s *Store, dir string, acked int, done bool) {
	t.Helper()
	if s != nil {
		if err := st.allowed(t, picture(t, s), acked, done); err != nil {
			t.Fatal(err)
		}
		say(t, s, "next", "In the same process")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fresh, err := openScene(git.SystemDisk{}, dir, 5000)
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		if err := st.allowed(t, picture(t, fresh), acked, done); err != nil {
			t.Fatal(err)
		}
	}
	sound(t, fresh)
	say(t, fresh, "next", "In a new process")
	fresh.gathering.wait() // it has told us before it cleared up
	if err := noRests(dir); err != nil {
		t.Fatal(err)
	}
	sound(t, fresh)
	sameRebuilt(t, fresh)
	if err := fresh.Close(); err != nil {
		t.Fatal(err)
	}
}

// noRests wants that no temporary file is left. A tmp_obj_ file in a folder of
// loose objects is git's to clear, by its name; a receipt-… file is cleared by the
// next receipt.
func noRests(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in := filepath.Base(filepath.Dir(path))
		if in == "tmp" || strings.HasSuffix(path, ".keep") || strings.HasSuffix(path, ".lock") && in != "stemma" {
			return fmt.Errorf("%s is left", path)
		}
		if base, ok := strings.CutSuffix(path, ".idx"); ok {
			if _, err := os.Stat(base + ".pack"); err != nil {
				return fmt.Errorf("%s is left without its pack", path)
			}
		}
		return nil
	})
}
