package repo

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// victim is a small store whose history the tests tamper with.
type victim struct {
	dir      string
	steps    []step
	versions []target1 // every version, in the order of recording
	objects  map[git.Hash]bool
	tip      git.Hash
}

// target1 is one version of the victim.
type target1 struct {
	at      int // its commit
	article schema.ID
	path    string
	sealed  bool
	last    bool // no version of its chain comes after it
}

// newVictim records three articles with eleven versions: one inserted in the past,
// one that plain git brought, a restored one, a correction.
func newVictim(t *testing.T) *victim {
	t.Helper()
	ctx := context.Background()
	s := newStore(t)
	add := func(id schema.ID, headline, body string, published string) schema.ID {
		d := draft("2015-09-26", headline, "https://example.org/"+strconv.Itoa(len(headline)))
		d.Input.Body, d.Input.Contexts = body, []string{"Iran", "Iraq"}
		d.Author = schema.Person{Name: "Ada Lovelace", Email: "ada@example.org"}
		want := Created
		if !id.IsZero() {
			d.Article, want = id.String(), Recorded
		}
		if published != "" {
			d.Published, _ = schema.ParseTime(published)
		}
		d.Note = "noted"
		return record(t, s, d, want).Version.Article
	}
	a := add(schema.ID{}, "Two dead in Springfield", "Two people died.\n", "")
	b := add(schema.ID{}, "Parliament votes on the budget", "The vote is on Friday.\n", "")
	add(a, "Seven dead in Springfield", "Seven people died.\n", "")
	c := add(schema.ID{}, "A bridge is opened", "It is long.\n", "")
	add(b, "Parliament has voted", "The vote was on Friday.\n", "")
	add(a, "Something burns in Springfield", "Nobody knows more.\n", "2015-09-26T10:00:00Z")
	add(c, "A bridge is closed", "It was too long.\n", "")
	work := newClone(t, s)
	work.when = time.Date(2026, 1, 1, 0, 0, 10, 0, time.UTC)
	work.replace(s.layout().path(b), "on Friday", "on Monday")
	work.git("add", "-A")
	work.gitAt(work.when, "commit", "-q", "-m", "By hand")
	work.git("push", "-q", "origin", "HEAD:main")
	now := time.Date(2026, 1, 1, 0, 2, 0, 0, time.UTC)
	s.now = func() time.Time { now = now.Add(time.Second); return now }
	add(b, "Parliament has voted at last", "The vote was on Monday.\n", "")
	first, err := s.Version(ctx, a, "1")
	if err != nil {
		t.Fatal(err)
	}
	second := current(t, s, a)
	if _, err := s.Correct(ctx, first, second, Corrects, "There were seven.", Actor{}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Restore(ctx, first, Actor{Note: "It was wrong."}); err != nil || r.Outcome != Recorded {
		t.Fatal(r, err)
	}
	add(c, "A bridge is opened again", "It is shorter now.\n", "")
	sound(t, s)

	v := &victim{dir: s.Dir(), steps: history(t, s), objects: map[git.Hash]bool{}}
	if v.tip, err = s.git.Tip(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, st := range v.steps {
		m, err := parseMessage(st.message)
		if err != nil {
			t.Fatal(err)
		}
		if len(st.files) != 1 || !m.reassert.IsZero() {
			continue
		}
		for p := range st.files {
			v.versions = append(v.versions, target1{at: i, article: pathArticle(p), path: p, sealed: m.sealed})
		}
	}
	for i := range v.versions {
		x := &v.versions[i]
		x.last = !slices.ContainsFunc(v.versions[i+1:], func(y target1) bool { return y.article == x.article })
	}
	// What the forger writes for the true history must be the true history, else
	// every finding below could be a slip of the forger's.
	f := &forger{objects: filepath.Join(t.TempDir(), "objects"), wrote: v.objects}
	if tip, err := f.write(v.steps); err != nil || tip != v.tip {
		t.Fatalf("the forger rewrites the true history as %s (%v), it is %s", tip, err, v.tip)
	}
	return v
}

func (v *victim) copy() []step {
	out := make([]step, len(v.steps))
	for i := range out {
		out[i] = v.steps[i].clone()
	}
	return out
}

// retell changes one step.
func (v *victim) retell(at int, change func(*step)) []step {
	steps := v.copy()
	change(&steps[at])
	return steps
}
