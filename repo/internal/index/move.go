package index

import (
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// MoveVersions makes versions of one article versions of another: numbers[0]
// becomes firstNumber, numbers[1] the one after it, and so on. Their addresses and
// the corrections that lead to them follow; Origin and Seq stay. What is current
// is found anew in both. The old numbers are never given again.
func (tx *Tx) MoveVersions(from schema.ID, numbers []int, to schema.ID, firstNumber int) error {
	return tx.do("move versions of %s to %s", []any{from, to}, func(c *conn) error {
		if from == to {
			return fmt.Errorf("the two are one article")
		}
		if firstNumber < 1 || firstNumber+len(numbers) > 1<<numberBits {
			return fmt.Errorf("%d is no version number", firstNumber)
		}
		source, err := tx.article(from)
		if err != nil {
			return err
		}
		target, err := tx.article(to)
		if err != nil {
			return err
		}
		had, err := tx.addresses(source)
		if err != nil {
			return err
		}
		for i, n := range numbers {
			if err := tx.move(source, n, target, firstNumber+i); err != nil {
				return err
			}
		}
		target.high = max(target.high, firstNumber+len(numbers)-1)
		if err := tx.recompute(source, had); err != nil {
			return err
		}
		return tx.recompute(target, nil)
	})
}

// move gives one version to another article.
func (tx *Tx) move(source *article, number int, target *article, newNumber int) error {
	v, ok, err := tx.record(source, number)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("there is no version %d", number)
	}
	v.Article, v.Number = target.id, newNumber // Origin is kept as it was read
	err = tx.c.exec("UPDATE versions SET key = ?, data = ? WHERE key = ?",
		keyOf(target.num, newNumber), v.append(nil), keyOf(source.num, number))
	if err != nil {
		return err
	}
	return tx.moveCorrections(source, target, v.Seal)
}

// moveCorrections lets the notices that lead to a version follow it.
func (tx *Tx) moveCorrections(source, target *article, seal [32]byte) error {
	ids, err := tx.c.ints(nil, "SELECT id FROM corrections WHERE to8 = ? AND article = ? AND substr(data, 53, 32) = ?",
		eight(seal[:]), source.num, seal[:])
	for _, id := range ids {
		if err := tx.c.exec("UPDATE corrections SET article = ? WHERE id = ?", target.num, id); err != nil {
			return err
		}
	}
	return err
}

// addresses gives what leads to an article.
func (tx *Tx) addresses(a *article) (list []alias, err error) {
	err = tx.c.records(a.id, a.num, func(v *record) error {
		list = append(list, v.aliases...)
		return nil
	})
	slices.SortFunc(list, alias.compare)
	return slices.Compact(list), err
}

// recompute finds out anew what follows from an article's versions. had are
// addresses that led to it, and do so no more if no version has them.
func (tx *Tx) recompute(a *article, had []alias) error {
	a.count, a.current, a.published, a.day, a.first, a.row, a.contexts = 0, 0, 0, 0, 0, nil, nil
	a.states = nil
	leads := make(map[alias]int64)
	err := tx.c.records(a.id, a.num, func(v *record) error {
		a.add(v)
		for _, k := range v.aliases {
			leads[k] = dayOf(v.Date)
		}
		return nil
	})
	if err != nil {
		return err
	}
	tx.touch(a)
	for _, k := range had {
		if _, still := leads[k]; still {
			continue
		}
		tail, folder, err := tx.split(k)
		if err != nil {
			return err
		}
		err = tx.c.exec("DELETE FROM leads WHERE tail = ? AND folder = ? AND kind = ? AND article = ?", tail, folder, int64(k.kind), a.num)
		if err != nil {
			return err
		}
	}
	clear(a.leads)
	// Sorted: the same history gives the same file.
	for _, k := range slices.SortedFunc(maps.Keys(leads), alias.compare) {
		if err := tx.lead(a, k, leads[k]); err != nil {
			return err
		}
	}
	return nil
}

// SetRedirect says that an article was linked into another: its id leads there.
func (tx *Tx) SetRedirect(from, to schema.ID) error {
	return tx.do("link %s to %s", []any{from, to}, func(*conn) error {
		target, err := tx.article(to)
		if err != nil {
			return err
		}
		return tx.redirect(from, target.num)
	})
}

// DropRedirect says that an article stands for itself again.
func (tx *Tx) DropRedirect(from schema.ID) error {
	return tx.do("end the link of %s", []any{from}, func(*conn) error { return tx.redirect(from, 0) })
}

func (tx *Tx) redirect(from schema.ID, to int64) error {
	a, err := tx.article(from)
	if err != nil {
		return err
	}
	a.redirect = to
	tx.touch(a)
	return nil
}
