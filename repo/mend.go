package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// Actor is who does something, when it was published, and why.
type Actor struct {
	Author    schema.Person
	Published schema.Time
	Note      string
	IfVersion string
}

// Restore records an old state as the new current version. Of a version that only
// a page's Changes list told of, what is known is restored and the rest stays.
func (s *Store) Restore(ctx context.Context, v Version, by Actor) (Result, error) {
	old, err := s.State(ctx, v)
	if err != nil {
		return Result{}, err
	}
	return s.revise(ctx, v.Article, opRestore, by, func(cur *schema.State) schema.State {
		next, _ := schema.Apply(cur, &schema.Input{State: *old, Carries: v.Known})
		return next
	})
}

// Withdraw records a version whose status says that the article is canceled. All
// its versions stay.
func (s *Store) Withdraw(ctx context.Context, id schema.ID, by Actor) (Result, error) {
	return s.revise(ctx, id, opWithdraw, by, func(cur *schema.State) schema.State {
		next := cur.Clone()
		next.Status = schema.Canceled
		return next
	})
}

// revise records what change makes of an article's current state.
func (s *Store) revise(ctx context.Context, id schema.ID, op string, by Actor, change func(*schema.State) schema.State) (result Result, err error) {
	err = s.write(ctx, false, func(w *writer) error {
		cur, before, err := w.current(id, by)
		if err != nil {
			return err
		}
		next := change(before)
		next.ID = id
		next.Normalize()
		if err := w.placePath(&next, before, target{ID: id}); err != nil {
			return err
		}
		if same, reason := schema.Compare(before, &next); same {
			result = Result{Outcome: Unchanged, Reason: reason}
			result.Version, err = w.toVersion(cur)
			return err
		}
		m, err := w.actorMessage(op, by, cur)
		if err != nil {
			return err
		}
		hash, err := w.version(m, by.person(), &next)
		if err != nil {
			return err
		}
		result, err = w.outcome(hash, target{ID: id}, false)
		return err
	})
	return result, err
}

// person is who acts, as git keeps it.
func (by Actor) person() schema.Person {
	if by.Author == (schema.Person{}) {
		return nobody
	}
	return cleanPerson(by.Author)
}

// current reads an article's current version, after the check that the actor
// asked for.
func (w *writer) current(id schema.ID, by Actor) (*index.Row, *schema.State, error) {
	cur, ok, err := w.tx.Current(id)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, &NotFoundError{Name: id.String(), What: "article"}
	}
	if err := w.checkIfVersion(&Draft{IfVersion: by.IfVersion}, id, &cur, ok); err != nil {
		return nil, nil, err
	}
	state, err := w.applier.state(&cur)
	return &cur, state, err
}

// actorMessage begins the message of a version that follows the current one.
func (w *writer) actorMessage(op string, by Actor, cur *index.Row) (*message, error) {
	published := by.Published
	if published.IsZero() {
		published = w.published(&Draft{}, cur)
	}
	switch {
	case published.T.After(w.now) && published != cur.Published:
		return nil, refusal("published", "%s lies in the future", published)
	case published.Before(cur.Published):
		return nil, refusal("published", "%s lies before the current version's, %s: only a state can be recorded in the past", published, cur.Published)
	}
	return &message{op: op, note: cleanNote(by.Note), published: published, known: schema.AllFields}, nil
}

// Correct binds a notice to the diff that leads from one version of an article to
// another. It is no version: nothing that was published changes by it.
func (s *Store) Correct(ctx context.Context, from, to Version, t CorrectionType, text string, by Actor) (Correction, error) {
	if !t.valid() {
		return Correction{}, badCorrection(t)
	}
	text = cleanNote(text)
	if text == "" {
		return Correction{}, refusal("text", "a correction wants a text that explains the change")
	}
	if from.Article != to.Article && from.Number != 0 {
		return Correction{}, refusal("version", "a correction explains two versions of one article, not of %s and %s", from.Article, to.Article)
	}
	c := Correction{Type: t, Text: text, From: from.Number, To: to.Number, Author: by.person()}
	err := s.write(ctx, false, func(w *writer) error {
		c.Recorded = w.now
		m := &message{op: opCorrect, headline: to.Headline, note: text, article: to.Article, correction: t, from: from.Seal, to: to.Seal}
		_, err := w.commit(m, by.person())
		return err
	})
	return c, err
}

func badCorrection(t CorrectionType) *schema.Problem {
	return refusal("type", "%.40q is no type of correction: correction, clarification or retraction is wanted", string(t))
}

func (t CorrectionType) valid() bool { return t == Corrects || t == Clarifies || t == Retracts }

// Link makes one article of two that are the same story: all versions of other
// are listed with those of keep, behind new numbers, and every address of other
// leads to keep. The link is a version of its own; no version is lost, and
// [Store.Split] undoes it.
func (s *Store) Link(ctx context.Context, keep, other schema.ID, by Actor) (result Result, err error) {
	if keep == other {
		return Result{}, refusal("article", "%s can't be linked to itself", keep)
	}
	err = s.write(ctx, false, func(w *writer) error {
		cur, state, err := w.current(keep, by)
		if err != nil {
			return err
		}
		otherCur, otherState, err := w.current(other, Actor{})
		if err != nil {
			return err
		}
		aliases := append(append(state.Aliases, other.String()), otherState.Aliases...)
		if cur.Published.Before(otherCur.Published) {
			state, cur = otherState, otherCur
		}
		next := state.Clone()
		next.ID, next.Aliases = keep, aliases
		next.Normalize()
		m, err := w.actorMessage(opLink, by, cur)
		if err != nil {
			return err
		}
		m.link = other
		gone, err := w.tx.FilesOf(other)
		if err != nil {
			return err
		}
		if gone, err = w.present(append(gone, w.applier.layout.path(other))); err != nil {
			return err
		}
		hash, err := w.version(m, by.person(), &next, gone...)
		if err != nil {
			return err
		}
		result, err = w.outcome(hash, target{ID: keep}, false)
		return err
	})
	return result, err
}

// present gives those of the files that are in the tree: plain git may have removed
// some already.
func (w *writer) present(files []string) (there []string, err error) {
	c, err := w.s.git.Commit(w.began)
	if err != nil {
		return nil, err
	}
	for _, p := range files {
		switch _, err := w.s.git.Find(c.Tree, p); {
		case err == nil:
			there = append(there, p)
		case !errors.Is(err, git.ErrNotFound):
			return nil, err
		}
	}
	return there, nil
}

// Split makes a new article of a version and all that were recorded after it in
// the same article. They keep their seals, get new numbers, and their addresses
// lead to the new article; the old one goes back to the version before. Both
// steps are versions of their own. The result holds the new article's version.
func (s *Store) Split(ctx context.Context, v Version, by Actor) (result Result, err error) {
	err = s.write(ctx, false, func(w *writer) error {
		_, state, err := w.current(v.Article, by)
		if err != nil {
			return err
		}
		rows, err := w.tx.Versions(v.Article)
		if err != nil {
			return err
		}
		stay, move := cutRows(rows, v.Number)
		if len(move) == 0 {
			return &NotFoundError{Name: fmt.Sprintf("%s@%d", v.Article, v.Number), What: "version"}
		}
		if len(stay) == 0 {
			return refusal("version", "version %d is the first that article %s has: nothing would stay", v.Number, v.Article)
		}
		hash, id, err := w.splitOff(move, v, by)
		if err != nil {
			return err
		}
		if result, err = w.outcome(hash, target{ID: id}, true); err != nil {
			return err
		}
		return w.fallBack(&stay[len(stay)-1], state, v.Article, by)
	})
	return result, err
}

// cutRows parts rows by number; both parts are in the order of Changes.
func cutRows(rows []index.Row, number int) (stay, move []index.Row) {
	for _, r := range rows {
		if r.Number < number {
			stay = append(stay, r)
		} else {
			move = append(move, r)
		}
	}
	sortRows(stay)
	sortRows(move)
	return stay, move
}

// splitOff commits the version with which the new article begins its own chain.
func (w *writer) splitOff(move []index.Row, v Version, by Actor) (git.Hash, schema.ID, error) {
	last := &move[len(move)-1]
	next, err := w.applier.state(last)
	if err != nil {
		return git.Hash{}, schema.ID{}, err
	}
	next.ID = schema.NewID()
	m, err := w.actorMessage(opSplit, by, last)
	if err != nil {
		return git.Hash{}, schema.ID{}, err
	}
	m.split, m.from = v.Article, v.Seal
	if m.taken, err = w.listTaken(move); err != nil {
		return git.Hash{}, schema.ID{}, err
	}
	hash, err := w.version(m, by.person(), next)
	return hash, next.ID, err
}

// listTaken gives the seals of the versions that a split takes, where the order in
// which they were recorded is this store's own: once anything came from elsewhere.
func (w *writer) listTaken(move []index.Row) ([]Seal, error) {
	receipts, err := w.s.git.Receipts()
	if err != nil || len(receipts) == 0 {
		return nil, err
	}
	taken := make([]Seal, len(move))
	for i := range move {
		taken[i] = move[i].Seal
	}
	return taken, nil
}

// fallBack commits the state to which the old article returns.
func (w *writer) fallBack(last *index.Row, state *schema.State, id schema.ID, by Actor) error {
	old, err := w.applier.state(last)
	if err != nil {
		return err
	}
	old.ID = id
	m, err := w.actorMessage(opRestore, by, last)
	if err != nil {
		return err
	}
	_, err = w.version(m, by.person(), old)
	return err
}
