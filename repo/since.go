package repo

import (
	"context"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// Stand is what a store held at some moment.
type Stand struct {
	tip git.Hash
	seq int64
}

// Tip names the newest commit of then, as [Store.Tip] does.
func (s Stand) Tip() string {
	if s.tip.IsZero() {
		return ""
	}
	return s.tip.String()
}

// Touched is what was recorded between two moments, as far as it can change what is
// answered about articles: who keeps answers needs to forget only those about
// something in it. What is answered about all articles, such as the log, is changed by
// anything that was recorded.
//
// An article's own answers follow from its versions and corrections. That it stands on
// a day's index follows from Dates, that it is among the related ones of another from
// Contexts, and which article an address leads to from Addresses, in the form that
// [schema.AliasKey] gives.
type Touched struct {
	All       bool // anything may have changed, and the rest says nothing
	Articles  []schema.ID
	Dates     []schema.Date // of the articles, before and after
	Contexts  []string      // likewise
	Addresses []string      // that were brought
}

// maxTouched is how many commits are looked at one by one.
const maxTouched = 256

// Stand tells what the store holds now.
func (s *Store) Stand(ctx context.Context) (now Stand, err error) {
	if err := s.view(ctx); err != nil {
		return now, err
	}
	err = s.idx.View(func(idx index.Reader) (err error) {
		now, err = standOf(idx)
		return err
	})
	return now, err
}

func standOf(idx index.Reader) (now Stand, err error) {
	tip, err := idx.Tip()
	if err == nil {
		now.tip = git.Hash(tip)
		now.seq, err = idx.Seq()
	}
	return now, err
}

// Since tells what was recorded since a moment, and what the store holds now. Where
// more happened than that states were recorded and corrected, one after another, it
// says that all is touched: history was rewritten or merged, articles were linked or
// split, or plain git wrote.
func (s *Store) Since(ctx context.Context, then Stand) (t Touched, now Stand, err error) {
	if err := s.view(ctx); err != nil {
		return t, now, err
	}
	err = s.idx.View(func(idx index.Reader) (err error) {
		if now, err = standOf(idx); err != nil || now == then {
			return err
		}
		t, err = s.touched(idx, then, now)
		return err
	})
	return t, now, err
}

// touched goes back from one stand to an earlier one, commit by commit.
func (s *Store) touched(idx index.Reader, then, now Stand) (Touched, error) {
	everything := Touched{All: true}
	if now.seq < then.seq || now.seq-then.seq > maxTouched {
		return everything, nil
	}
	rows := map[[20]byte][]index.Row{}
	for r, err := range idx.Log(index.Filter{}) {
		if err != nil {
			return everything, err
		}
		if r.Seq <= then.seq {
			break
		}
		rows[r.Commit] = append(rows[r.Commit], r)
	}
	about := toucher{s: s, idx: idx}
	for h, n := now.tip, 0; h != then.tip; n++ {
		if n == maxTouched || h.IsZero() {
			return everything, nil
		}
		c, err := s.git.Commit(h)
		if err != nil {
			return everything, err
		}
		m, err := parseMessage(c.Message)
		if err != nil || len(c.Parents) > 1 || !recordsOnly(&m, len(rows[h])) {
			return everything, nil
		}
		if err := about.commit(&m, rows[h]); err != nil {
			return everything, err
		}
		h = git.Hash{}
		if len(c.Parents) == 1 {
			h = c.Parents[0]
		}
	}
	return about.sum(), nil
}

// recordsOnly reports whether a commit with so many versions does nothing but record
// states of its article, or a correction.
func recordsOnly(m *message, versions int) bool {
	switch m.op {
	case opCreate, opRevise, opRestore, opWithdraw, opInsert:
		return m.sealed && versions == 1 && m.link.IsZero() && m.split.IsZero() && len(m.contexts) == 0
	case opCorrect:
		return versions == 0 && m.correction != "" || versions == 1 && m.sealed && m.link.IsZero() && m.split.IsZero() && len(m.contexts) == 0
	case opReassert:
		return versions == 0
	}
	return false
}

// toucher gathers what commits touched.
type toucher struct {
	s   *Store
	idx index.Reader
	Touched
}

// commit adds what a commit touched.
func (t *toucher) commit(m *message, rows []index.Row) error {
	if m.op == opReassert {
		return nil // it puts back what was there
	}
	ids := []schema.ID{m.article}
	for i := range rows {
		r := &rows[i]
		ids = append(ids, r.Article)
		if err := t.version(r, true); err != nil {
			return err
		}
		before, ok, err := t.idx.Before(r)
		if err != nil {
			return err
		}
		if ok {
			if err := t.version(&before, false); err != nil {
				return err
			}
		}
	}
	ids, err := homes(t.idx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t.Articles = append(t.Articles, id)
		cur, ok, err := t.idx.Current(id)
		if err != nil {
			return err
		}
		if ok {
			t.Dates = append(t.Dates, cur.Date)
		}
		contexts, err := t.idx.Contexts(id) // with those that are known without a version
		if err != nil {
			return err
		}
		t.Contexts = append(t.Contexts, contexts...)
	}
	return nil
}

// version adds what an article was about by one of its versions; of a new one also the
// addresses that it brought.
func (t *toucher) version(r *index.Row, isNew bool) error {
	state, err := rowState(r, t.s.shown, t.idx.Version)
	if err != nil {
		return err
	}
	t.Dates = append(t.Dates, r.Date)
	t.Contexts = append(t.Contexts, state.Contexts...)
	if isNew {
		for _, a := range aliases(state, r.Path, r.Article) {
			t.Addresses = append(t.Addresses, a.Key)
		}
	}
	return nil
}

// sum gives what was gathered, each once.
func (t *toucher) sum() Touched {
	out := t.Touched
	slices.SortFunc(out.Articles, compareIDs)
	out.Articles = slices.Compact(out.Articles)
	for _, list := range []*[]string{&out.Contexts, &out.Addresses} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	slices.SortFunc(out.Dates, func(a, b schema.Date) int { return strings.Compare(string(a), string(b)) })
	out.Dates = slices.Compact(out.Dates)
	return out
}

// Says names what a version says: two that are named alike have the same state, byte
// for byte, for ever. It is comparable.
type Says struct {
	blob   [20]byte
	origin schema.ID
	known  schema.FieldSet
}

// Says gives the name of what the version says; ok is false where that follows from
// more than its own file.
func (v *Version) Says() (name Says, ok bool) {
	return Says{v.blob, v.origin, v.Known}, v.blob != [20]byte{}
}

// Contexts gives the contexts of an article now, sorted: those of its current version,
// and those that were learnt without one. By them other articles are related to it.
func (s *Store) Contexts(ctx context.Context, id schema.ID) ([]string, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	return s.idx.Contexts(id)
}

// Befores gives, for each of several versions, the one that stands before it in
// Changes; one without a number where it is the first. Their places and corrections
// are left open.
func (s *Store) Befores(ctx context.Context, versions []Version) (out []Version, err error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	out = make([]Version, len(versions))
	err = s.idx.View(func(idx index.Reader) error {
		for i := range versions {
			row, ok, err := idx.Version(versions[i].Article, versions[i].Number)
			if err == nil && ok {
				row, ok, err = idx.Before(&row)
			}
			if err != nil {
				return err
			}
			if ok {
				out[i] = fromRow(&row)
			}
		}
		return nil
	})
	return out, err
}
