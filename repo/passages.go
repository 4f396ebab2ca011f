package repo

import (
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// What [Store.When] and [Store.Search] are told of a version is which words it
// brought and took. That is said against the version published before it, where
// kinds of change are too, and from the same diff; so wherever a version comes to
// stand behind another one, both are said anew.
//
// Of a version that is known in part (from a page's Changes list), what nobody knows
// counts as what it was in the version before it: silence takes no word away.

// compared is how a version differs from the one before it.
type compared struct {
	kinds    string
	passages index.Passages // only where all is known of both
}

func compareStates(old, state *schema.State, known schema.FieldSet) compared {
	d := knownDiff(old, state, known, diff.Options{})
	c := compared{kinds: joinKinds(d.Kinds)}
	if known == schema.AllFields {
		c.passages = index.NewPassages(diff.Passages(&d, old, state))
	}
	return c
}

// firstPassages gives the passages of an article's first version.
func firstPassages(state *schema.State) index.Passages {
	return index.WholePassages(diff.ReadableFields(state))
}

// setPassages says what a version brought and took; c is how it differs from the one
// before it, nil where none stands there.
func (a *applier) setPassages(row, before *index.Row, state *schema.State, c *compared) error {
	switch {
	case before == nil:
		return a.tx.SetPassages(row.Seq, firstPassages(state))
	case before.Known&row.Known == schema.AllFields:
		return a.tx.SetPassages(row.Seq, c.passages)
	}
	old, err := a.read(before)
	if err != nil {
		return err
	}
	now := partly(old, state, row.Known)
	d := diff.States(old, now, diff.Options{})
	return a.tx.SetPassages(row.Seq, index.NewPassages(diff.Passages(&d, old, now)))
}

// read gives what a reader of a version could read: what it says, and where it is
// known in part, what stood there before.
func (a *applier) read(row *index.Row) (*schema.State, error) {
	return readable(row, a.state, a.tx.Before)
}

// readable is read for any way to get at states and at the version before one.
func readable(row *index.Row, state func(*index.Row) (*schema.State, error), before func(*index.Row) (index.Row, bool, error)) (*schema.State, error) {
	now, err := state(row)
	if err != nil || row.Known == schema.AllFields {
		return now, err
	}
	prior, ok, err := before(row)
	if err != nil || !ok {
		return now, err
	}
	old, err := readable(&prior, state, before)
	if err != nil {
		return nil, err
	}
	return partly(old, now, row.Known), nil
}

// partly gives a state of which only some fields are known, on top of what was
// there before.
func partly(old, state *schema.State, known schema.FieldSet) *schema.State {
	if known == schema.AllFields {
		return state
	}
	next, _ := schema.Apply(old, &schema.Input{State: *state, Carries: known})
	next.Normalize()
	return &next
}

// repassageBehind says anew what the versions behind one brought and took, as far as
// that follows from what a version in part took over from those before it.
func (a *applier) repassageBehind(row *index.Row) error {
	for row.Known != schema.AllFields {
		next, ok, err := a.tx.After(row)
		if err != nil || !ok {
			return err
		}
		state, err := a.state(&next)
		if err != nil {
			return err
		}
		if err := a.setPassages(&next, row, state, &compared{}); err != nil {
			return err
		}
		row = &next
	}
	return nil
}
