package repo

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
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

// lie is one way to tamper with a history: it gives the new history and the
// articles of which one at least must be named. ok is false where it does not fit
// this version. hidden says that no trace of it is left in git by itself: only who
// knew the history before can tell, so nothing is wanted without the index.
type lie struct {
	name string
	tell func(v *victim, r *rand.Rand, x target1) (steps []step, names []schema.ID, hidden, ok bool)
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

// trailer replaces the value of a trailer, or takes it away where value is "".
func trailer(message, key, value string) string {
	var out []string
	for _, line := range strings.Split(message, "\n") {
		if strings.HasPrefix(line, key+": ") {
			if value == "" {
				continue
			}
			line = key + ": " + value
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// lies lists the ways to tamper. Hidden ones are those that a hash chain without
// signatures can't show from within: whoever may write history can drop or forge
// the end of a chain and leave a shorter or another, but whole, one; what no seal
// covers (notes, the time of recording) and what plain git brought has no seal of
// its own, only the next one's.
func lies() []lie {
	one := func(x target1) []schema.ID { return []schema.ID{x.article} }
	return []lie{
		{"change a byte", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				data := slices.Clone(s.files[x.path])
				i := r.IntN(len(data))
				data[i] ^= byte(1 + r.IntN(255))
				s.files[x.path] = data
			})
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change a letter", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				data := slices.Clone(s.files[x.path])
				i := r.IntN(len(data))
				for data[i] < 'a' || data[i] > 'y' {
					i = r.IntN(len(data))
				}
				data[i]++
				s.files[x.path] = data
			})
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"cut a file short", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.files[x.path] = s.files[x.path][:r.IntN(len(s.files[x.path]))] })
			return steps, one(x), false, x.sealed
		}},
		{"drop a version", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			return slices.Delete(v.copy(), x.at, x.at+1), one(x), x.last, true
		}},
		{"drop the newest versions", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			return v.copy()[:x.at], one(x), true, x.at > 0
		}},
		{"swap two versions", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.copy()
			steps[x.at], steps[y.at] = steps[y.at], steps[x.at]
			var names []schema.ID
			for _, z := range v.versions {
				if z.at >= min(x.at, y.at) && z.at <= max(x.at, y.at) {
					names = append(names, z.article)
				}
			}
			return steps, names, !x.sealed || !y.sealed, x.at != y.at
		}},
		{"swap two versions and their times", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.copy()
			steps[x.at], steps[y.at] = steps[y.at], steps[x.at]
			steps[x.at].committer.When, steps[y.at].committer.When = steps[y.at].committer.When, steps[x.at].committer.When
			return steps, []schema.ID{x.article, y.article}, true, x.at != y.at && x.sealed && y.sealed
		}},
		{"make up a seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.message = trailer(s.message, trailerSeal, strings.Repeat("4b1d", 16))
			})
			return steps, one(x), false, x.sealed
		}},
		{"add a version under a made-up seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			forged := v.steps[x.at].clone()
			forged.message = trailer(forged.message, trailerSeal, strings.Repeat("4b1d", 16))
			forged.files[x.path] = append(slices.Clone(forged.files[x.path]), "And more.\n"...)
			return slices.Insert(v.copy(), x.at+1, forged), one(x), false, x.sealed
		}},
		{"garble a seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSeal, "none") })
			return steps, one(x), false, x.sealed
		}},
		{"take the seal away", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSeal, "") })
			return steps, one(x), false, x.sealed
		}},
		{"take all trailers away", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message, _, _ = strings.Cut(s.message, "\n") })
			return steps, one(x), x.last, x.sealed
		}},
		{"take all trailers away from here on", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.copy()
			for i := x.at; i < len(steps); i++ {
				steps[i].message, _, _ = strings.Cut(steps[i].message, "\n")
			}
			return steps, one(x), true, x.sealed
		}},
		{"change the author", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.author.Name = "Charles Babbage" })
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change the address", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.author.Email += "g" })
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change the time of publication", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerPublished, "2015-09-27T11:00:00Z") })
			return steps, one(x), false, x.sealed
		}},
		{"change the salt", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSalt, strings.Repeat("0f", 16)) })
			return steps, one(x), false, x.sealed
		}},
		{"change the article", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			other := v.versions[r.IntN(len(v.versions))].article
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerArticle, other.String()) })
			return steps, []schema.ID{x.article, other}, false, x.sealed && other != x.article
		}},
		{"change the note", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = strings.Replace(s.message, "noted", "denied", 1) })
			return steps, one(x), true, strings.Contains(v.steps[x.at].message, "\nnoted\n")
		}},
		{"change the time of recording", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.committer.When = s.committer.When.Add(-time.Hour) })
			return steps, one(x), x.at == 0, x.sealed
		}},
		{"smuggle another article's change in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) {
				s.files[y.path] = append(slices.Clone(v.steps[y.at].files[y.path]), "And more.\n"...)
			})
			return steps, []schema.ID{y.article}, false, x.sealed && y.article != x.article
		}},
		{"smuggle a removal in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) { s.files[y.path] = nil })
			return steps, []schema.ID{y.article}, false, x.sealed && y.article != x.article && y.at < x.at
		}},
		{"smuggle a copy in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.files["copy.md"] = append(slices.Clone(s.files[x.path]), "And more.\n"...)
			})
			return steps, one(x), false, x.sealed
		}},
		{"put another file back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			for i, s := range v.steps {
				if strings.HasPrefix(s.message, opReassert) {
					steps := v.copy()
					var article schema.ID
					for p := range steps[i].files {
						steps[i].files[p] = append(slices.Clone(steps[i].files[p]), "And more.\n"...)
						article = pathArticle(p)
					}
					return steps, []schema.ID{article}, false, true
				}
			}
			return nil, nil, false, false
		}},
		{"call a version a file put back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				m, _ := parseMessage(s.message)
				again := message{op: opReassert, headline: m.headline, article: m.article, published: m.published, reassert: m.seal}
				s.message = again.String()
			})
			return steps, one(x), false, x.sealed
		}},
		{"add a version that says it is a file put back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			m, _ := parseMessage(v.steps[x.at].message)
			again := message{op: opReassert, headline: m.headline, article: m.article, published: m.published, reassert: m.seal}
			forged := v.steps[x.at].clone()
			forged.message = again.String()
			forged.files[x.path] = append(slices.Clone(forged.files[x.path]), "And more.\n"...)
			return slices.Insert(v.copy(), x.at+1, forged), one(x), false, x.sealed
		}},
		{"tell the whole history anew under true seals", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.files[x.path] = append(slices.Clone(s.files[x.path]), "And more.\n"...)
			})
			return resealed(steps), one(x), true, x.sealed
		}},
		{"forge a link", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) {
				s.message = strings.TrimSuffix(s.message, "\n") + "\n" + trailerLink + ": " + y.article.String() + "\n"
			})
			return steps, []schema.ID{x.article, y.article}, false, x.sealed && x.article != y.article && y.at < x.at
		}},
		{"forge a split", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			m, _ := parseMessage(v.steps[y.at].message)
			steps := v.retell(x.at, func(s *step) {
				s.message = strings.TrimSuffix(s.message, "\n") + fmt.Sprintf("\n%s: %s\n%s: %s\n", trailerSplit, y.article, trailerFrom, m.seal)
			})
			return steps, []schema.ID{x.article, y.article}, false, x.sealed && x.article != y.article && y.at < x.at && y.sealed
		}},
	}
}

// resealed gives a history new seals, as somebody may who knows how it is done.
func resealed(steps []step) []step {
	tails := map[schema.ID]Seal{}
	for i := range steps {
		m, err := parseMessage(steps[i].message)
		for _, data := range steps[i].files {
			in, problem := parseFile(data)
			if err != nil || problem != nil || !m.reassert.IsZero() {
				continue
			}
			who := schema.Person{Name: steps[i].author.Name, Email: steps[i].author.Email}
			published := m.published
			if !m.sealed {
				published = schema.At(steps[i].author.When)
			}
			seal := sealed{tails[in.ID], in.ID, published, who, m.salt}.seal(&in.State)
			tails[in.ID] = seal
			if m.sealed {
				steps[i].message = trailer(steps[i].message, trailerSeal, seal.String())
			}
		}
	}
	return steps
}

// names reports whether a finding speaks of an article.
func (f Finding) names(id schema.ID) bool {
	return f.Article == id || strings.Contains(f.Path+" "+f.Reason, id.String())
}

// stage is a copy of the victim's store on which lies are told, one after another.
// Objects of earlier lies stay there, as they would in a store: nothing leads to
// them.
type stage struct {
	dir    string
	forger *forger
	index  []byte // of the true history
}

func (v *victim) stage(dir string) (*stage, error) {
	if err := copyStore(v.dir, dir); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, indexFile))
	return &stage{dir, &forger{filepath.Join(dir, "objects"), maps.Clone(v.objects)}, data}, err
}

// tell puts a rewritten history into the store and verifies it.
func (g *stage) tell(steps []step, keepIndex bool) ([]Finding, error) {
	tip, err := g.forger.write(steps)
	if err != nil {
		return nil, err
	}
	if err := setMain(g.dir, tip); err != nil {
		return nil, err
	}
	if err := dropIndex(g.dir); err != nil {
		return nil, err
	}
	if keepIndex {
		if err := os.WriteFile(filepath.Join(g.dir, indexFile), g.index, 0o666); err != nil {
			return nil, err
		}
	}
	s, err := Open(g.dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	if err != nil {
		return nil, err
	}
	return report.Findings, nil
}

// TestTamper tells more than a thousand lies, each to a store that keeps its index
// and to one that lost it, and wants every one found and laid at the right door.
func TestTamper(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	first, err := v.stage(filepath.Join(t.TempDir(), "first"))
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{true, false} {
		if found, err := first.tell(v.steps, keep); err != nil || len(found) > 0 {
			t.Fatalf("the true history: %+v, %v", found, err)
		}
	}
	const rounds = 2 // over every version and every lie
	type job struct {
		x    target1
		l    lie
		seed uint64
	}
	jobs := make(chan job)
	var told atomic.Int64
	var wg sync.WaitGroup
	root := t.TempDir()
	for i := range runtime.GOMAXPROCS(0) {
		g, err := v.stage(filepath.Join(root, strconv.Itoa(i)))
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for j := range jobs {
				r := rand.New(rand.NewPCG(j.seed, 7))
				steps, names, hidden, ok := j.l.tell(v, r, j.x)
				if !ok {
					continue
				}
				for _, keep := range []bool{true, false} {
					if hidden && !keep {
						continue // see lies
					}
					found, err := g.tell(steps, keep)
					named := slices.ContainsFunc(found, func(f Finding) bool { return slices.ContainsFunc(names, f.names) })
					switch where := fmt.Sprintf("%s (version in commit %d, seed %d, index kept: %v)", j.l.name, j.x.at, j.seed, keep); {
					case err != nil:
						t.Errorf("%s: %v", where, err)
					case named:
						told.Add(1)
					default:
						t.Errorf("%s: not found, or not named: %+v", where, found)
					}
				}
			}
		})
	}
	for round := range rounds {
		all := lies()
		all = append(all, all[0], all[0], all[1]) // other bytes each time
		for i, l := range all {
			for k, x := range v.versions {
				if t.Failed() {
					break
				}
				jobs <- job{x, l, uint64(round<<16 | i<<8 | k)}
			}
		}
	}
	close(jobs)
	wg.Wait()
	t.Logf("%d tampered stores were found out", told.Load())
	if told.Load() < 1000 {
		t.Errorf("only %d tampered stores were found out, at least 1000 are wanted", told.Load())
	}
}

// TestDamage flips single bytes in what git keeps on disk: packs, their indexes,
// loose objects. Each is reported as damage, and nothing panics.
func TestDamage(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, sort := range []string{"pack/*.pack", "pack/*.idx", "??/*"} {
		for n := range 40 {
			dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
			if err := copyStore(v.dir, dir); err != nil {
				t.Fatal(err)
			}
			objects := filepath.Join(dir, "objects")
			if sort == "??/*" {
				if err := os.RemoveAll(filepath.Join(objects, "pack")); err != nil {
					t.Fatal(err)
				}
				f := &forger{objects, map[git.Hash]bool{}}
				if _, err := f.write(v.steps); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(filepath.Join(objects, "pack"), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			files, err := filepath.Glob(filepath.Join(objects, sort))
			if err != nil || len(files) == 0 {
				t.Fatal(sort, files, err)
			}
			path := files[r.IntN(len(files))]
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at, bit := r.IntN(len(data)), byte(1)<<r.IntN(8)
			if sort == "??/*" && at == 2 {
				bit &= 7 // the other bits of this byte mean nothing to deflate
				bit = max(bit, 1)
			}
			data[at] ^= bit
			if err := os.Remove(path); err != nil { // shared with the victim
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 {
				if err := dropIndex(dir); err != nil {
					t.Fatal(err)
				}
			}
			if err := verifyDamaged(dir); err != nil {
				t.Errorf("byte %d of %s ^ %#x: %v", at, path, bit, err)
			}
		}
	}
}

// verifyDamaged wants that the damage is told, by a finding or by an error.
func verifyDamaged(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return nil // it says so
	}
	defer s.Close()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	switch {
	case err != nil:
		return nil
	case len(report.Findings) == 0:
		return fmt.Errorf("verify found nothing wrong in %d objects", report.Objects)
	}
	return nil
}
