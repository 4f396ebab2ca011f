package index

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// reader is what DB and Tx both answer; Tx answers some of it from memory.
type reader interface {
	Tip() ([20]byte, error)
	Seq() (int64, error)
	NextNumber(schema.ID) (int, error)
	Counts() (int, int, error)
	Versions(schema.ID) ([]Row, error)
	Version(schema.ID, int) (Row, bool, error)
	Current(schema.ID) (Row, bool, error)
	AsOf(schema.ID, time.Time, bool) (Row, bool, error)
	Tail(schema.ID) (Row, bool, error)
	Before(*Row) (Row, bool, error)
	After(*Row) (Row, bool, error)
	LastBefore(*Row, [32]byte) (Row, bool, error)
	FirstAfter(*Row, [32]byte) (Row, bool, error)
	Exists(schema.ID) (bool, error)
	ByCommit([20]byte) ([]Row, error)
	BySeal(schema.ID, string) ([]Row, error)
	Headlines(schema.ID) ([]string, error)
	Corrections(schema.ID) ([]Correction, error)
	Problems() ([]Problem, error)
	ArticlesWithPrefix(string, int) ([]schema.ID, error)
	Redirect(schema.ID) (schema.ID, bool, error)
	Aliases(string) ([]Alias, error)
	AliasPrefix(string, int) ([]Alias, error)
	SlugPrefix(string, int) ([]Alias, error)
	SourceKeys(schema.ID) ([]string, []string, error)
	Complete(string, int) ([]string, error)
	OnDate(schema.Date) ([]Row, error)
	Days(schema.Date, time.Time, bool) ([]Row, error)
	PreviousDay(schema.Date) (schema.Date, bool, error)
	List(ListFilter) ([]Row, error)
	Log(Filter) iter.Seq2[Row, error]
	Contexts(schema.ID) ([]string, error)
	KnownContext(string) (bool, error)
	Related(schema.ID, int) ([]RelatedRow, error)
	FileArticle(string) (schema.ID, bool, error)
	FilesOf(schema.ID) ([]string, error)
}

var (
	_ reader = (*DB)(nil)
	_ reader = (*Tx)(nil)
)

// world makes random histories out of few articles, dates, addresses and times, so
// that they meet often: ties in Published, shared sources, equal states.
type world struct {
	*rand.Rand
	ids   []schema.ID
	seq   int64
	seals [][32]byte
}

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range 12 {
		w.ids = append(w.ids, schema.DeriveID(fmt.Sprint("article ", i, seed)))
	}
	return w
}

func pick[T any](w *world, list ...T) T { return list[w.IntN(len(list))] }

func (w *world) some(list ...string) (out []string) {
	for _, s := range list {
		if w.IntN(3) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func (w *world) time() time.Time {
	return time.Date(2018, 2, 6, 0, 0, w.IntN(40), 0, time.UTC)
}

func (w *world) date() schema.Date {
	return pick[schema.Date](w, "", "0001-01-01", "1923-09-01", "2015-09-26", "2015-09-27", "2018-02-06")
}

func (w *world) published() schema.Time {
	switch w.IntN(8) {
	case 0:
		return schema.Time{}
	case 1:
		return schema.Time{T: time.Date(2018, 2, 6, 0, 0, 0, 0, time.UTC), DayOnly: true}
	case 2:
		return schema.Time{T: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), DayOnly: true}
	}
	return schema.At(w.time())
}

// hash gives a hash of a small number: a few of them are equal.
func hash(n int) [32]byte { return sha256.Sum256(binary.AppendUvarint(nil, uint64(n))) }

func (w *world) row(id, origin schema.ID, number int) Row {
	w.seq++
	seal := sha256.Sum256(fmt.Append(nil, "seal", w.seq))
	w.seals = append(w.seals, seal)
	commit := hash(int(w.seq) / 2) // some commits bring two versions
	r := Row{
		Seq: w.seq, Article: id, Origin: origin, Number: number, Commit: [20]byte(commit[:20]), Seal: seal,
		Content: hash(w.IntN(4)), Known: schema.FieldSet(w.Uint32()) & schema.AllFields, Published: w.published(), Recorded: w.time(),
		Author:   pick(w, schema.Person{Name: "Ada", Email: "ada@example.org"}, schema.Person{Name: "Ærø"}, schema.Person{}),
		Kinds:    strings.Join(w.some("headline", "figure", "punctuation", "contexts"), ","),
		Restores: w.IntN(2) * w.IntN(300), Op: pick(w, "create", "revise", "plain"),
		Headline: pick(w, "Two dead", "Seven dead", "西班牙最高法院", "a\x00b", strings.Repeat("long ", 300)), Date: w.date(),
		Category: pick(w, "", "Armed conflicts", "Sport"), Status: pick(w, "", schema.Usable, schema.Withheld, schema.Canceled),
		Path: pick(w, "/news/a", "/news/b"), Language: pick(w, "", "en"), Note: pick(w, "", "", "because"), Match: pick(w, "", "source 0.83"),
	}
	if w.IntN(3) > 0 {
		blob := hash(w.IntN(50))
		r.Blob = [20]byte(blob[:20])
	}
	if w.IntN(8) == 0 {
		r.CorrectionType, r.CorrectionText = "correction", "Not two but seven."
	}
	return r
}

func (w *world) aliases() (list []Alias) {
	for _, k := range w.some("/news/2015/09/26/two-dead", "/news/2015/09/26/two-dead-2", "/news/2015/09/26/seven-dead", "/news/2018/02/06/two-dead", "plain") {
		list = append(list, Alias{Key: k, Kind: AliasPath})
	}
	for _, k := range w.some("//example.org/story", "//example.org/other?x=1", "/news/2015/09/26/two-dead", "%_") {
		list = append(list, Alias{Key: k, Kind: AliasSource})
	}
	for _, k := range w.some("guid-1", "ÿguid") {
		list = append(list, Alias{Key: k, Kind: AliasOther})
	}
	return list
}

func (w *world) contexts() []string { return w.some("Iran", "Iraq", "Syria", "Punjab, Pakistan", "") }

// step does one random thing to both.
func (w *world) step(m *model, tx *Tx) error {
	id, other := pick(w, w.ids...), pick(w, w.ids...)
	switch n := w.IntN(20); {
	case n < 10:
		number := m.high[id] + 1 + w.IntN(8)/7 // sometimes one is left out
		if free := 1 + w.IntN(number); w.IntN(4) == 0 && m.find(id, free) == nil {
			number = free // one that moved away or was left out
		}
		r := w.row(id, pick(w, id, id, id, other), number)
		aliases, contexts := w.aliases(), w.contexts()
		m.add(r, aliases, slices.DeleteFunc(slices.Clone(contexts), func(s string) bool { return s == "" }))
		return tx.AddVersion(r, aliases, contexts)
	case n < 12:
		contexts := slices.DeleteFunc(w.contexts(), func(s string) bool { return s == "" })
		m.added[id] = sorted(m.added[id], contexts)
		return tx.AddContexts(id, contexts)
	case n < 13:
		if v := m.current(id); v != nil {
			v.Kinds, v.Restores = pick(w, "", "headline", "figure,sources"), w.IntN(3)
			return tx.SetKinds(id, v.Number, v.Kinds, v.Restores)
		}
	case n < 15:
		var numbers []int
		for _, v := range m.of(id) {
			if w.IntN(2) == 0 {
				numbers = append(numbers, v.Number)
			}
		}
		if id == other {
			return nil
		}
		first := m.high[other] + 1 + w.IntN(2)
		m.move(id, numbers, other, first)
		if len(numbers) == 0 { // nothing was given
			first = 1
		}
		return tx.MoveVersions(id, numbers, other, first)
	case n < 16:
		m.redirects[id] = other
		return tx.SetRedirect(id, other)
	case n < 17:
		delete(m.redirects, id)
		return tx.DropRedirect(id)
	case n < 18:
		w.seq++
		c := Correction{Seq: w.seq, Article: id, ToSeal: hash(-1), Type: "clarification", Text: "It was a hyphen.", Author: schema.Person{Name: "Ada"}, Recorded: w.time(), Commit: [20]byte{7}}
		if v := m.current(id); v != nil && w.IntN(4) > 0 {
			c.ToSeal = v.Seal
		} else if w.IntN(2) == 0 { // the version comes later
			c.ToSeal = sha256.Sum256(fmt.Append(nil, "seal", w.seq+1))
		}
		m.corrections = append(m.corrections, c)
		return tx.AddCorrection(c)
	case n < 19:
		path := pick(w, "moved.md", "a/b.md", "c.md")
		if w.IntN(3) == 0 {
			delete(m.files, path)
			return tx.DropFile(path)
		}
		m.files[path] = id
		return tx.SetFile(path, id)
	default:
		p := Problem{Commit: [20]byte{1}, Path: "x.md", Line: w.IntN(3), Field: "headline", Reason: "it is missing"}
		m.problems, m.tip = append(m.problems, p), [20]byte{byte(w.IntN(256))}
		return cmp.Or(tx.AddProblem(p), tx.SetTip(m.tip))
	}
	return nil
}

// TestAgainstModel does random things to an index and to the model, and asks both
// everything: inside the transaction, after its end, and after reopening.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w, m := newWorld(seed), newModel()
			path := filepath.Join(t.TempDir(), "what? 100%41", "index.sqlite")
			db := open(t, path)
			for range 20 {
				tx, err := db.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				before := m.clone()
				for range w.IntN(12) {
					if err := w.step(m, tx); err != nil {
						t.Fatal(err)
					}
					if w.IntN(6) == 0 {
						compare(t, w, m, tx)
					}
				}
				switch w.IntN(6) {
				case 0:
					compare(t, w, before, db) // others see nothing yet
					err, m = tx.Rollback(), before
				default:
					err = tx.Commit()
				}
				if err != nil {
					t.Fatal(err)
				}
				compare(t, w, m, db)
				if w.IntN(5) == 0 {
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
					db = open(t, path)
					compare(t, w, m, db)
				}
			}
			if len(m.versions) < 20 {
				t.Fatalf("too little was tried: %s", m)
			}
			checkReset(t, w, db)
		})
	}
}

// checkReset empties the index and sees that nothing is left.
func checkReset(t *testing.T, w *world, db *DB) {
	t.Helper()
	tx, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Reset(); err != nil {
		t.Fatal(err)
	}
	compare(t, w, newModel(), tx)
	m := newModel()
	r := w.row(w.ids[3], w.ids[3], 1)
	m.add(r, nil, []string{"Iran"})
	if err := tx.AddVersion(r, nil, []string{"Iran"}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	compare(t, w, m, db)
}

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
