package index

import (
	"cmp"
	"database/sql/driver"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The answers here are those of the Reader methods with the same names. A
// transaction that takes a history in asks them at every version, and knows most of
// them: it need not write what it holds back in order to read it again.

// known gives what is known of an article, nil where there is no such article.
func (tx *Tx) known(id schema.ID) (a *article, err error) {
	if tx.c == nil {
		return nil, errEnded
	}
	if num, ok := tx.nums[id.String()]; ok {
		return tx.articles[num], nil
	}
	num, _, err := tx.c.find(id)
	if err != nil || num == 0 {
		return nil, wrap(err, "look for article %s", id)
	}
	err = tx.do("read article %s", []any{id}, func(*conn) error {
		a, err = tx.article(id)
		return err
	})
	return a, err
}

// NextNumber is [Reader.NextNumber].
func (tx *Tx) NextNumber(id schema.ID) (int, error) {
	a, err := tx.known(id)
	if err != nil || a == nil {
		return 1, err
	}
	return a.high + 1, nil
}

// Exists is [Reader.Exists].
func (tx *Tx) Exists(id schema.ID) (bool, error) {
	a, err := tx.known(id)
	return a != nil && a.count > 0, err
}

// Current is [Reader.Current].
func (tx *Tx) Current(id schema.ID) (Row, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return Row{}, false, err
	}
	return *a.row, true, nil
}

// AsOf is [Reader.AsOf].
func (tx *Tx) AsOf(id schema.ID, t time.Time, byRecorded bool) (Row, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return Row{}, false, err
	}
	if !byRecorded && a.published <= t.Unix() {
		return *a.row, true, nil
	}
	return tx.Reader.AsOf(id, t, byRecorded)
}

// Tail is [Reader.Tail].
func (tx *Tx) Tail(origin schema.ID) (Row, bool, error) {
	a, err := tx.known(origin)
	if err != nil || a == nil || a.tail == 0 {
		return Row{}, false, err
	}
	if a.count > 0 && a.row.Seq == a.tail {
		return *a.row, true, nil
	}
	return tx.Reader.Tail(origin)
}

// WithContent is [Reader.WithContent].
func (tx *Tx) WithContent(id schema.ID, content [32]byte) ([]Row, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return nil, err
	}
	// An article of many versions is looked through once, not at each of them.
	if a.states == nil {
		states := make(map[int64][]int)
		err := tx.c.each("SELECT key, content8 FROM versions WHERE key BETWEEN ? AND ? ORDER BY key", span(a.num), func(row []driver.Value) error {
			n := number(row[1])
			states[n] = append(states[n], numberOf(number(row[0])))
			return nil
		})
		if err != nil {
			return nil, wrap(err, "look in %s for a state", id)
		}
		a.states = states
	}
	var list []Row
	for _, n := range a.states[eight(content[:])] {
		v, ok, err := tx.record(a, n)
		if err != nil || !ok {
			return nil, wrap(cmp.Or(err, ErrDamaged), "look in %s for a state", id)
		}
		if v.Content == content {
			list = append(list, v.Row)
		}
	}
	return list, nil
}

// Redirect is [Reader.Redirect].
func (tx *Tx) Redirect(id schema.ID) (schema.ID, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.redirect == 0 {
		return schema.ID{}, false, err
	}
	return tx.Reader.Redirect(id)
}
