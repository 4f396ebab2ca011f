package repo

import (
	"slices"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// knownEarlier are the fields that a page's Changes list tells of a version.
var knownEarlier = schema.Fields(schema.FieldType, schema.FieldDate, schema.FieldHeadline, schema.FieldPath)

// recordEarlier makes the versions that a page's Changes list names and the
// article doesn't have yet. They hold what the list says and nothing else: a
// headline, an address and a time.
func (w *writer) recordEarlier(d *Draft, in *schema.Input, id schema.ID) ([]Version, error) {
	rows, err := w.tx.Versions(id)
	if err != nil {
		return nil, err
	}
	used := map[int]bool{}
	var made []Version
	// In the order of publication, whatever the list's: what is recorded in its order
	// is added at the end, what is not has to be inserted.
	earlier := slices.SortedStableFunc(slices.Values(in.Earlier), func(a, b schema.Earlier) int {
		return a.Published.Compare(b.Published)
	})
	for _, e := range earlier {
		if n := findEarlier(rows, e, used); n > 0 {
			used[n] = true
			continue
		}
		state := schema.State{Type: in.Type, Date: in.Date, Headline: e.Headline, Path: e.Path}
		draft := Draft{
			Input:  schema.Input{State: state, Carries: knownEarlier, Published: schema.At(e.Published)},
			Author: d.Author, File: d.File, Source: d.Source,
		}
		v, err := w.recordKnown(&draft, id)
		if err != nil {
			return nil, err
		}
		made = append(made, v)
	}
	return made, nil
}

// findEarlier finds the version that an item of a Changes list speaks of: the one
// of that very time, else the first of that headline that isn't taken yet.
func findEarlier(rows []index.Row, e schema.Earlier, used map[int]bool) int {
	want := schema.State{Headline: e.Headline}
	want.Normalize()
	for _, byTime := range []bool{true, false} {
		for _, r := range rows {
			if used[r.Number] || r.Headline != want.Headline {
				continue
			}
			if !byTime || r.Published.T.Equal(e.Published) {
				return r.Number
			}
		}
	}
	return 0
}

// recordKnown records a version of which only some fields are known. It is not
// built on the version before: what the list doesn't say is not made up.
func (w *writer) recordKnown(d *Draft, id schema.ID) (Version, error) {
	state := d.Input.State.Clone()
	state.ID = id
	state.Normalize()
	if problem := state.Validate(); problem != nil {
		problem.File = d.File
		return Version{}, problem
	}
	cur, exists, err := w.tx.Current(id)
	if err != nil {
		return Version{}, err
	}
	m := &message{op: opCreate, published: d.Input.Published, source: sourceTrailer(d.Source), known: d.Input.Carries}
	if m.published.T.After(w.now) {
		return Version{}, refusal("published", "%s lies in the future", m.published)
	}
	past := exists && m.published.Before(cur.Published)
	hash, err := w.place(m, author(d), &state, rowIf(&cur, exists), past)
	if err != nil {
		return Version{}, err
	}
	result, err := w.outcome(hash, target{ID: id}, !exists)
	return result.Version, err
}
