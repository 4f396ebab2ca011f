package repo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// WhenQuery says what [Store.When] looks for.
type WhenQuery struct {
	Text  string
	Match WhenMatch
	// Article is the one to look in; zero looks in all.
	Article schema.ID
	// Scan, which may be nil, hears how many of the store's articles were read where
	// the index can't tell which of them may hold the text.
	Scan func(done, total int)
}

// WhenMatch says how a text is looked for.
type WhenMatch int

const (
	// MatchWords compares words: case, white space and punctuation count nowhere
	// (diff.AppendFolded). A phrase may run over the end of a line or a paragraph,
	// never over that of a field or of an item.
	MatchWords WhenMatch = iota
	// MatchExact looks for the very bytes.
	MatchExact
	// MatchRegexp takes the text for a regular expression of Go's syntax, in which ^
	// and $ stand for the ends of lines.
	MatchRegexp
)

// Event says what became of a phrase in a field.
type Event string

const (
	Appeared Event = "appeared"  // it had never stood there before
	Went     Event = "went"      // its last place is gone
	Returned Event = "came back" // it had stood there, and gone
)

// Occurrence is a version in which a phrase came to a field or left it.
type Occurrence struct {
	Event   Event
	Field   string // as diff.ReadableFields names it
	Version Version
	// Passage is where it stands now or, where it went, where it stood in the version
	// before.
	Passage Excerpt
}

// QueryError says what is wrong with a query.
type QueryError struct{ Query, Reason string }

func (e *QueryError) Error() string { return fmt.Sprintf("%q: %s", e.Query, e.Reason) }

// When tells when a text appeared, went and came back, in the order of publication.
// Versions count in the order of Changes; a field in which it stands more than once
// counts as long as one place is left. A withdrawal takes no words away.
//
// The answer is that of reading every version, but the index tells which need not be
// read. An error of the query is a *QueryError.
func (s *Store) When(ctx context.Context, q WhenQuery) iter.Seq2[Occurrence, error] {
	return func(yield func(Occurrence, error) bool) {
		events, err := s.when(ctx, q)
		if err != nil {
			yield(Occurrence{}, err)
			return
		}
		slices.SortFunc(events, (*happening).compare)
		for n := tellFirst; len(events) > 0; n = min(4*n, tellMost) {
			part := events[:min(n, len(events))]
			events = events[len(part):]
			list, err := s.tell(ctx, part)
			if err != nil {
				yield(Occurrence{}, err)
				return
			}
			for _, o := range list {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// happening is an event before its version is read.
type happening struct {
	published int64
	seq       int64
	order     int // among those of a version
	event     Event
	field     string
	passage   Excerpt
	whole     *diff.Phrase // of a first version not read yet: it may hold this
}

func (e *happening) compare(f *happening) int {
	return cmp.Or(cmp.Compare(e.published, f.published), cmp.Compare(e.seq, f.seq), cmp.Compare(e.order, f.order))
}

// lookup appends where something stands in a text.
type lookup func(dst []diff.Token, text string) []diff.Token

// firstPlace gives an excerpt of the first text of a field in which something stands.
func firstPlace(f diff.ReadableField, find lookup) (Excerpt, bool) {
	for _, text := range f.Texts {
		if found := find(nil, text); len(found) > 0 {
			return excerpt(text, found), true
		}
	}
	return Excerpt{}, false
}

// readable reads what a reader of a version could read.
func (s *Store) readable(files *files, row *index.Row) (*schema.State, error) {
	state := func(r *index.Row) (*schema.State, error) { return rowState(r, files, s.idx.Version) }
	return readable(row, state, s.idx.Before)
}

func (s *Store) when(ctx context.Context, q WhenQuery) ([]*happening, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	switch q.Match {
	case MatchExact:
		if q.Text == "" {
			return nil, &QueryError{q.Text, "there is nothing to look for"}
		}
		return s.whenScanned(ctx, q, exactLookup(q.Text), exactHints(q.Text))
	case MatchRegexp:
		re, err := regexp.Compile("(?m:" + q.Text + ")")
		if err != nil {
			return nil, &QueryError{q.Text, "it is no regular expression: " + regexpReason(err)}
		}
		return s.whenScanned(ctx, q, regexpLookup(re), regexpHints(q.Text))
	}
	p := diff.ParsePhrase(q.Text, false)
	if len(p.Words()) == 0 {
		return nil, &QueryError{q.Text, "there is no word in it; --exact looks for the very characters"}
	}
	touched, err := s.idx.Touched(q.Article, p)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(touched, func(a, b index.Touched) int {
		return cmp.Or(cmp.Compare(a.Num, b.Num), cmp.Compare(a.Published, b.Published), cmp.Compare(a.Number, b.Number))
	})
	var events []*happening
	files := newFiles(s.git.Blob, filesKept)
	for len(touched) > 0 {
		n := 1
		for n < len(touched) && touched[n].Num == touched[0].Num {
			n++
		}
		w := follower{s: s, files: files, phrase: p, counts: map[string]int{}, seen: map[string]bool{}}
		if err := w.follow(touched[:n]); err != nil {
			return nil, err
		}
		events, touched = append(events, w.events...), touched[n:]
	}
	return events, nil
}

// follower follows a phrase through the versions of one article that touched it.
type follower struct {
	s      *Store
	files  *files
	phrase diff.Phrase
	counts map[string]int  // by field, in how many places it stands
	seen   map[string]bool // fields in which it stood once
	events []*happening
}

func (w *follower) follow(touched []index.Touched) error {
	changes := make([][]change, len(touched))
	some := false
	for i := range touched {
		if touched[i].Whole {
			continue
		}
		var err error
		if changes[i], err = w.changes(&touched[i]); err != nil {
			return err
		}
		some = some || len(changes[i]) > 0
	}
	for i := range touched {
		t := &touched[i]
		if !t.Whole {
			w.take(t, changes[i])
			continue
		}
		if !some { // what it says matters only once it is told
			w.events = append(w.events, &happening{published: t.Published, seq: t.Seq, whole: &w.phrase})
			continue
		}
		list, err := w.statesChange(t)
		if err != nil {
			return err
		}
		w.take(t, list)
	}
	return nil
}

// change is what a version did to a phrase in a field.
type change struct {
	field   string
	by      int // places that came, less those that went
	passage Excerpt
}

// changes counts in passages, as far as they reach, else in both states.
func (w *follower) changes(t *index.Touched) ([]change, error) {
	if len(w.phrase.Words()) > diff.PassageContext+1 {
		return w.statesChange(t)
	}
	var list []change
	for i := range t.Passages {
		p := &t.Passages[i]
		old, new := p.Before+p.Took+p.After, p.Before+p.Brought+p.After
		by := w.phrase.Count(new) - w.phrase.Count(old)
		if by == 0 {
			continue
		}
		k := slices.IndexFunc(list, func(c change) bool { return c.field == p.Field })
		if k < 0 {
			k = len(list)
			list = append(list, change{field: p.Field})
		}
		c := &list[k]
		if c.by += by; len(c.passage.Pieces) == 0 || c.by == by {
			text := new
			if by < 0 {
				text = old
			}
			c.passage = excerpt(text, nearest(w.phrase.Find(nil, text), len(p.Before)))
			c.passage.Before = c.passage.Before || goesOn(p.Before)
			c.passage.After = c.passage.After || goesOn(p.After)
		}
	}
	return slices.DeleteFunc(list, func(c change) bool { return c.by == 0 }), nil
}

// goesOn reports whether what stands around a passage is as much as one holds, so
// that there is more of it in the text, most likely.
func goesOn(around string) bool {
	return bytes.Count(diff.AppendFolded(nil, around), []byte{' '}) >= diff.PassageContext
}

// nearest leaves out the places that end before what changed, where others don't.
func nearest(found []diff.Token, changed int) []diff.Token {
	for i, f := range found {
		if f.End > changed {
			return found[i:]
		}
	}
	return found
}

// statesChange counts in both states.
func (w *follower) statesChange(t *index.Touched) ([]change, error) {
	old, new, err := w.s.sides(w.files, t)
	if err != nil || new == nil {
		return nil, err
	}
	return statesChange(old, new, w.phrase.Find), nil
}

// statesChange tells in which fields of two states something stands more or less
// often. A nil state holds nothing.
func statesChange(old, new *schema.State, find lookup) []change {
	var list []change
	for _, side := range []struct {
		state *schema.State
		by    int
	}{{old, -1}, {new, 1}} {
		if side.state == nil {
			continue
		}
		for _, f := range diff.ReadableFields(side.state) {
			n := 0
			for _, text := range f.Texts {
				n += len(find(nil, text))
			}
			if n == 0 {
				continue
			}
			k := slices.IndexFunc(list, func(c change) bool { return c.field == f.Name })
			if k < 0 {
				k = len(list)
				list = append(list, change{field: f.Name})
			}
			list[k].by += side.by * n
			list[k].passage, _ = firstPlace(f, find)
		}
	}
	return slices.DeleteFunc(list, func(c change) bool { return c.by == 0 })
}

// take counts what a version did, and notes what that comes to.
func (w *follower) take(t *index.Touched, list []change) {
	for i, c := range list {
		was := w.counts[c.field]
		now := was + c.by
		w.counts[c.field] = now
		e := &happening{published: t.Published, seq: t.Seq, order: i, field: c.field, passage: c.passage}
		switch {
		case was <= 0 && now > 0 && w.seen[c.field]:
			e.event = Returned
		case was <= 0 && now > 0:
			e.event, w.seen[c.field] = Appeared, true
		case was > 0 && now <= 0:
			e.event = Went
		default:
			continue
		}
		w.events = append(w.events, e)
	}
}
