package repo

import (
	"context"
	"errors"
	"slices"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/repo/internal/match"
	"github.com/stemma-project/stemma/schema"
)

// batchSize is how many drafts go into one pack, durable together.
const batchSize = 1000

// nobody is the author where none is named.
var nobody = schema.Person{Name: "stemma", Email: "stemma@localhost"}

// Record records each draft as a new version of the article that it belongs to,
// or says why there is none. The results are in the order of the drafts; a draft
// that is refused does not keep the others from being recorded. When Record
// returns without an error, everything it reports is durable.
func (s *Store) Record(ctx context.Context, drafts []Draft, opt RecordOptions) ([]Result, error) {
	results := make([]Result, 0, len(drafts))
	for chunk := range slices.Chunk(drafts, batchSize) {
		batch := make([]*prepared, len(chunk))
		for i := range chunk {
			batch[i] = prepare(&chunk[i])
		}
		record := s.recordGrouped
		if opt.DryRun {
			record = s.recordDry
		}
		part, err := record(ctx, batch, opt)
		if err != nil {
			return results, err
		}
		results = append(results, part...)
	}
	return results, nil
}

// recordDry says what recording a batch would come to.
func (s *Store) recordDry(ctx context.Context, batch []*prepared, opt RecordOptions) (results []Result, err error) {
	err = s.write(ctx, true, func(w *writer) error {
		results, err = w.recordAll(batch, opt)
		return err
	})
	return results, err
}

// recordAll records drafts in their order.
func (w *writer) recordAll(drafts []*prepared, opt RecordOptions) ([]Result, error) {
	results := make([]Result, 0, len(drafts))
	for _, p := range drafts {
		result, err := w.record(p, opt, nil)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// record records one draft. The error is one of the store's; what is wrong with
// the draft stands in the result.
func (w *writer) record(p *prepared, opt RecordOptions, r *replay) (Result, error) {
	if p.problem != nil {
		return refused(p.problem), nil
	}
	d, in := &p.draft, p.in
	if d.Correction != "" && !d.Correction.valid() {
		return refused(badCorrection(d.Correction)), nil
	}
	found, err := w.identify(d, &in)
	if err != nil {
		return resultOf(err)
	}
	var earlier []Version
	if opt.Earlier {
		if earlier, err = w.recordEarlier(d, &in, found.ID); err != nil {
			return resultOf(err)
		}
	}
	result, err := w.recordState(d, &in, found, r)
	if err != nil {
		return resultOf(err)
	}
	result.Earlier = earlier
	return result, nil
}

// refused makes the result of a draft that can't be recorded.
func refused(err error) Result {
	return Result{Outcome: Refused, Reason: err.Error(), Err: err}
}

// resultOf tells what is wrong with a draft from what is wrong with the store.
func resultOf(err error) (Result, error) {
	var problem *schema.Problem
	var conflict *ConflictError
	var missing *NotFoundError
	if errors.As(err, &problem) || errors.As(err, &conflict) || errors.As(err, &missing) {
		return refused(err), nil
	}
	return Result{}, err
}

// target is the article that a draft belongs to.
type target struct {
	ID    schema.ID
	Match string // the rule and its score, for the commit
	Twin  schema.ID
	Path  string // the path to keep, where the default one is taken
}

// identify finds the article of a draft, or gives a new one an id.
func (w *writer) identify(d *Draft, in *schema.Input) (target, error) {
	if d.Article != "" {
		id, err := resolve(w.tx.Reader, d.Article)
		if err == nil {
			return target{ID: id}, nil
		}
		if id, bad := schema.ParseID(d.Article); bad == nil {
			return target{ID: id}, nil
		}
		return target{}, err
	}
	if !in.ID.IsZero() {
		id, err := w.applier.home(in.ID)
		return target{ID: id}, err
	}
	givenPath := in.Carries.Has(schema.FieldPath) && d.Input.Path != ""
	f := w.days
	if id, ok, err := byEarlier(in, f); err != nil || ok {
		return target{ID: id, Match: "path 1.00"}, err
	}
	if in.Date == "" {
		in.Date = w.published(d, nil).Day()
		in.Carries |= schema.Fields(schema.FieldDate)
		d.Input.Date, d.Input.Carries = in.Date, in.Carries
	}
	decision, err := match.Decide(in, givenPath, f)
	if err != nil {
		return target{}, err
	}
	t := target{ID: decision.ID, Match: decision.String(), Twin: decision.Twin, Path: decision.Path}
	if t.ID.IsZero() {
		t.ID = schema.NewID()
	}
	return t, nil
}

// byEarlier finds the one article that had an address which a page's own Changes
// list names.
func byEarlier(in *schema.Input, f match.Finder) (schema.ID, bool, error) {
	var found schema.ID
	for _, e := range in.Earlier {
		ids, err := f.ByAlias(schema.AliasKey(e.Path))
		if err != nil {
			return schema.ID{}, false, err
		}
		for _, id := range ids {
			if !found.IsZero() && found != id {
				return schema.ID{}, false, nil
			}
			found = id
		}
	}
	return found, !found.IsZero(), nil
}

// published is the time that a draft gives, or now; cur is the article's current
// version where it has one.
func (w *writer) published(d *Draft, cur *index.Row) schema.Time {
	for _, t := range []schema.Time{d.Published, d.Input.Published} {
		if !t.IsZero() {
			return t
		}
	}
	if cur == nil && !d.Input.First.IsZero() {
		return d.Input.First
	}
	t := schema.At(w.now)
	if cur != nil && t.Before(cur.Published) {
		return cur.Published // plain git brought a version from the future; this one is newer still
	}
	return t
}

// author is who wrote a draft, in the form in which git keeps it.
func author(d *Draft) schema.Person {
	for _, p := range []schema.Person{d.Author, d.Input.Author} {
		if p != (schema.Person{}) {
			return cleanPerson(p)
		}
	}
	return nobody
}

func cleanPerson(p schema.Person) schema.Person {
	p.Name, p.Email = git.CleanIdentity(p.Name, p.Email)
	return p
}

// recordState records one state of a known article.
func (w *writer) recordState(d *Draft, in *schema.Input, t target, r *replay) (Result, error) {
	cur, exists, err := w.tx.Current(t.ID)
	if err != nil {
		return Result{}, err
	}
	if err := w.checkIfVersion(d, t.ID, &cur, exists); err != nil {
		return Result{}, err
	}
	published := w.published(d, rowIf(&cur, exists))
	given := !d.Published.IsZero() || !in.Published.IsZero()
	if given && published.T.After(w.now) {
		return Result{}, &schema.Problem{File: d.File, Field: "published", Reason: published.String() + " lies in the future",
			Hint: "record it once it is published"}
	}
	base, hasBase := cur, exists
	past := exists && published.Before(cur.Published)
	if past {
		if base, hasBase, err = w.tx.AsOf(t.ID, published.T, false); err != nil {
			return Result{}, err
		}
	}
	if r != nil && exists && !given {
		if result, ok, err := w.replayed(d, t.ID, r); err != nil || ok {
			return result, err
		}
	}
	if r != nil && given && hasBase && base.Published.T.Equal(published.T) {
		if result, ok, err := w.replayedAt(d, t.ID, published, r); err != nil || ok {
			return result, err
		}
	}
	var before *schema.State
	if hasBase {
		if before, err = w.applier.state(&base); err != nil {
			return Result{}, err
		}
	}
	next, result, err := w.next(d, in, t, before, &base, published)
	if err != nil || result.Outcome != "" {
		if result.Outcome == Unchanged {
			result.Version, err = w.toVersion(&base)
		}
		return result, err
	}
	m := &message{op: opRevise, note: cleanNote(firstText(d.Note, in.Note)), published: published,
		match: t.Match, source: sourceTrailer(d.Source), known: schema.AllFields, correction: d.Correction}
	switch {
	case !exists:
		m.op = opCreate
	case next.Status == schema.Canceled && before != nil && before.Status != schema.Canceled:
		m.op = opWithdraw
	}
	hash, err := w.place(m, author(d), &next, &cur, past)
	if err != nil {
		return Result{}, err
	}
	r.recorded(t.ID, published.T)
	return w.outcome(hash, t, !exists)
}

// next gives the state that a draft makes of the one before, or the result where
// that is no new version; normal is the draft's input, normalized.
func (w *writer) next(d *Draft, normal *schema.Input, t target, before *schema.State, base *index.Row, published schema.Time) (schema.State, Result, error) {
	in := d.Input
	if before != nil && len(in.Aliases) == 0 {
		in.Carries &^= schema.Fields(schema.FieldAliases) // an address is never taken away by silence
	}
	if in.AddContexts {
		known, err := w.tx.Contexts(t.ID)
		if err != nil {
			return schema.State{}, Result{}, err
		}
		in.Contexts = append(slices.Clone(known), in.Contexts...)
	}
	asItWas, err := w.asItWas(t.ID, before, base)
	if err != nil {
		return schema.State{}, Result{}, err
	}
	raw, contextsOnly := schema.Apply(asItWas, &in)
	raw.ID = t.ID
	if raw.Date == "" {
		raw.Date = published.Day()
	}
	next := raw.Clone()
	if raw.Body == d.Input.Body {
		next.Body = normal.Body // the same memory for all that keep it
	}
	next.Normalize()
	if problem := next.Validate(); problem != nil {
		problem.File = d.File
		return next, Result{}, problem
	}
	if err := w.placePath(&next, before, t); err != nil {
		return next, Result{}, err
	}
	raw.Path = next.Path
	if contextsOnly && asItWas == before {
		return next, Result{Outcome: Unchanged, Reason: schema.ContextsOnly}, w.learn(t.ID, author(d), before, next.Contexts)
	}
	if before != nil && before.Body == next.Body {
		if same, reason := schema.Unchanged(before, &raw); same {
			return next, Result{Outcome: Unchanged, Reason: reason}, nil
		}
	}
	return next, Result{}, nil
}

// asItWas gives the state whose fields stay where a draft doesn't carry them. Of a
// version that only a page's Changes list told of, the fields that nobody knows are
// those of the last version that knew them: silence is no change.
func (w *writer) asItWas(id schema.ID, before *schema.State, base *index.Row) (*schema.State, error) {
	if before == nil || base.Known == schema.AllFields {
		return before, nil
	}
	rows, err := w.tx.Versions(id)
	if err != nil {
		return nil, err
	}
	sortRows(rows)
	var state *schema.State
	for i := range rows {
		said, err := w.applier.state(&rows[i])
		if err != nil {
			return nil, err
		}
		next, _ := schema.Apply(state, &schema.Input{State: *said, Carries: rows[i].Known})
		state = &next
		if rows[i].Number == base.Number {
			break
		}
	}
	return state, nil
}

// placePath gives a state whose path another article has a path of its own.
func (w *writer) placePath(next, before *schema.State, t target) error {
	if t.Path != "" && before == nil {
		next.Path = t.Path
	}
	if before != nil && next.Path == before.Path && next.Date == before.Date && next.Headline == before.Headline {
		return nil
	}
	want := next.EffectivePath()
	if before != nil && want == before.EffectivePath() {
		return nil
	}
	free, err := match.FreePath(want, t.ID, w.days)
	if err == nil && free != want {
		next.Path = free
	}
	return err
}

// learn keeps contexts that were read off related pages, which are no version.
func (w *writer) learn(id schema.ID, who schema.Person, state *schema.State, contexts []string) error {
	known, err := w.tx.Contexts(id)
	if err != nil {
		return err
	}
	var learnt []string
	for _, c := range contexts {
		if !slices.Contains(known, c) {
			learnt = append(learnt, c)
		}
	}
	if len(learnt) == 0 {
		return nil
	}
	_, err = w.commit(&message{op: opContexts, headline: state.Headline, article: id, contexts: learnt}, who)
	return err
}

// checkIfVersion refuses a draft that was built on another version than the
// current one.
func (w *writer) checkIfVersion(d *Draft, id schema.ID, cur *index.Row, exists bool) error {
	if d.IfVersion == "" {
		return nil
	}
	if !exists {
		return &ConflictError{Want: d.IfVersion}
	}
	rows, err := w.tx.Versions(id)
	if err != nil {
		return err
	}
	want, err := pickVersion(rows, d.IfVersion, w.now)
	if err == nil && want.Number == cur.Number {
		return nil
	}
	v, verr := w.toVersion(cur)
	if verr != nil {
		return verr
	}
	return &ConflictError{Want: d.IfVersion, Current: v}
}

// outcome makes the result of a version that was just committed.
func (w *writer) outcome(hash git.Hash, t target, created bool) (Result, error) {
	rows, err := w.applier.made(hash)
	if err != nil {
		return Result{}, err
	}
	result := Result{Outcome: Recorded}
	if created {
		result.Outcome = Created
	}
	for i := range rows {
		if rows[i].Origin != t.ID {
			continue
		}
		if result.Version, err = w.toVersion(&rows[i]); err != nil {
			return Result{}, err
		}
	}
	if !t.Twin.IsZero() && created {
		if twin, ok, err := w.tx.Current(t.Twin); err != nil {
			return Result{}, err
		} else if ok {
			v, err := w.toVersion(&twin)
			if err != nil {
				return Result{}, err
			}
			result.Twin = &v
		}
	}
	return result, nil
}

func (w *writer) toVersion(r *index.Row) (Version, error) { return toVersion(w.tx, r) }

// rowIf gives r where ok holds.
func rowIf(r *index.Row, ok bool) *index.Row {
	if ok {
		return r
	}
	return nil
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
