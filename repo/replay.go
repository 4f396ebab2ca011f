package repo

import (
	"maps"
	"slices"
	"time"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// replay follows an import along the versions that an article has already. A
// stream without times can't say whether a state is old or has come back, so as
// long as it repeats the article's versions from the first on, it adds nothing;
// from the first state that differs, everything is new.
type replay struct {
	at  map[schema.ID]int // how many versions were repeated; -1: past the last one
	now map[schema.ID]int // the same, within the batch that isn't durable yet

	ties, tiesNow map[schema.ID]tie // the same for states with times: see replayedAt

	rowsOf schema.ID // whose versions are at hand
	rows   []index.Row
}

// tie says how many of an article's versions of one instant were repeated.
type tie struct {
	at time.Time
	n  int
}

func newReplay() *replay {
	return &replay{at: map[schema.ID]int{}, ties: map[schema.ID]tie{}}
}

func (r *replay) begin() *replay {
	r.now = map[schema.ID]int{}
	r.tiesNow = map[schema.ID]tie{}
	r.rows = nil
	return r
}

// keep makes what the batch learnt stay; a nil replay has nothing to keep.
func (r *replay) keep() {
	if r != nil {
		maps.Copy(r.at, r.now)
		maps.Copy(r.ties, r.tiesNow)
	}
}

func (r *replay) get(id schema.ID) int {
	if n, ok := r.now[id]; ok {
		return n
	}
	return r.at[id]
}

// recorded notes that an article got a new version: from here on its states are
// compared with the current one.
func (r *replay) recorded(id schema.ID, published time.Time) {
	if r != nil {
		r.now[id] = -1
		r.tiesNow[id] = tie{published, r.tie(id, published) + 1}
		r.rows = nil
	}
}

// replayed reports whether a draft repeats the version at which the replay
// stands, or the next one.
func (w *writer) replayed(d *Draft, id schema.ID, r *replay) (Result, bool, error) {
	n := r.get(id)
	if n < 0 {
		return Result{}, false, nil
	}
	rows, err := w.tx.Versions(id)
	if err != nil {
		return Result{}, false, err
	}
	if n > 0 && n <= len(rows) {
		if result, ok, err := w.repeats(d, &rows[n-1], &rows[n-1]); err != nil || ok {
			return result, ok, err
		}
	}
	if n < len(rows) {
		var before *index.Row
		if n > 0 {
			before = &rows[n-1]
		}
		result, ok, err := w.repeats(d, before, &rows[n])
		if err != nil || ok {
			r.now[id] = n + 1
			return result, ok, err
		}
	}
	r.now[id] = -1
	return Result{}, false, nil
}

// tie gives how many of an article's versions published at t were repeated.
func (r *replay) tie(id schema.ID, t time.Time) int {
	found, ok := r.tiesNow[id]
	if !ok {
		found = r.ties[id]
	}
	if !found.at.Equal(t) {
		return 0
	}
	return found.n
}

// replayedAt is replayed for a draft with a time of its own, where the article has
// versions of that very time. Sources date to the second or to the day, so several
// states of one article share a time, and are told apart by their order alone: an
// import stands before the first of them, or at the one that it repeated last. A
// draft that says what stands there, or what one of those after it says, is known.
// So A, B, A at one time are three versions, and importing them again adds none.
func (w *writer) replayedAt(d *Draft, id schema.ID, published schema.Time, r *replay) (Result, bool, error) {
	rows, err := r.versions(w, id)
	if err != nil {
		return Result{}, false, err
	}
	start := slices.IndexFunc(rows, func(row index.Row) bool { return row.Published.T.Equal(published.T) })
	if start < 0 {
		return Result{}, false, nil
	}
	next := start + r.tie(id, published.T)
	alone := start+1 == len(rows) || !rows[start+1].Published.T.Equal(published.T)
	if next > 0 && next <= len(rows) && !(alone && next == start) {
		if result, ok, err := w.repeats(d, &rows[next-1], &rows[next-1]); err != nil || ok {
			return result, ok, err
		}
	}
	for ; next < len(rows) && rows[next].Published.T.Equal(published.T); next++ {
		if result, ok, err := w.repeats(d, &rows[next], &rows[next]); err != nil || ok {
			r.tiesNow[id] = tie{published.T, next - start + 1}
			return result, ok, err
		}
	}
	if alone && start > 0 && next == start+1 && r.tie(id, published.T) == 0 { // the likelier came first
		if result, ok, err := w.repeats(d, &rows[start-1], &rows[start-1]); err != nil || ok {
			return result, ok, err
		}
	}
	r.tiesNow[id] = tie{published.T, next - start}
	return Result{}, false, nil
}

// versions gives an article's versions as Changes orders them. Those of the
// article asked for last are at hand until it gets a new one.
func (r *replay) versions(w *writer, id schema.ID) ([]index.Row, error) {
	if r.rows != nil && r.rowsOf == id {
		return r.rows, nil
	}
	rows, err := w.tx.Versions(id)
	if err != nil {
		return nil, err
	}
	sortRows(rows)
	r.rows, r.rowsOf = rows, id
	return rows, nil
}

// repeats reports whether a draft on top of one version gives another one, or the
// same.
func (w *writer) repeats(d *Draft, before, want *index.Row) (Result, bool, error) {
	state, err := w.applier.state(want)
	if err != nil {
		return Result{}, false, err
	}
	base := state
	if before != want {
		base = nil
		if before != nil {
			if base, err = w.applier.state(before); err != nil {
				return Result{}, false, err
			}
		}
	}
	in := d.Input
	if len(in.Aliases) == 0 {
		in.Carries &^= schema.Fields(schema.FieldAliases)
	}
	raw, _ := schema.Apply(base, &in)
	if raw.Date == "" {
		raw.Date = state.Date
	}
	if len(in.Aliases) == 0 {
		raw.Aliases = state.Aliases
	}
	raw.Path = state.Path
	if in.AddContexts {
		raw.Contexts = state.Contexts
	}
	same, reason := schema.Unchanged(state, &raw)
	if !same {
		return Result{}, false, nil
	}
	v, err := w.toVersion(want)
	return Result{Outcome: Unchanged, Version: v, Reason: reason}, true, err
}
