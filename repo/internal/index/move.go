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
		err = tx.flush()
		if err == nil && len(numbers) > 0 {
			err = tx.fix()
		}
		if err != nil {
			return err
		}
		had, err := tx.places(source)
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
	key := keyOf(target.num, newNumber)
	err = tx.c.exec("UPDATE versions SET key = ? WHERE key = ?", key, keyOf(source.num, number))
	if err == nil {
		err = tx.c.exec("UPDATE log SET key = ? WHERE seq = ?", key, v.Seq)
	}
	if err == nil {
		err = tx.c.exec("UPDATE data SET data = ? WHERE seq = ?", v.append(nil), v.Seq)
	}
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

// fix notes that what was done now can't be undone by [Tx.Cut].
func (tx *Tx) fix() error {
	m, err := tx.loadMeta()
	if err != nil {
		return err
	}
	last, err := tx.last()
	if err == nil && last > m.fixed {
		m.fixed, m.dirty = last, true
	}
	return err
}

// places is where an article is found: the addresses that lead to it, each with the
// day of the last version that has it, and the days of its versions.
type places struct {
	leads map[alias]int64
	days  map[int64]bool
}

func newPlaces() *places { return &places{make(map[alias]int64), make(map[int64]bool)} }

func (p *places) add(v *record) {
	day := dayOf(v.Date)
	p.days[day] = true
	for _, k := range v.aliases {
		p.leads[k] = day
	}
}

// places gives those of an article.
func (tx *Tx) places(a *article) (*places, error) {
	p := newPlaces()
	err := tx.records(a, func(v *record, _ []byte) error {
		p.add(v)
		return nil
	})
	return p, err
}

// recompute finds out anew what follows from an article's versions. had says where it
// was found, and is so no more if no version says it.
func (tx *Tx) recompute(a *article, had *places) error {
	a.count, a.current, a.seq, a.published, a.day, a.first, a.blob, a.contexts = 0, 0, 0, 0, 0, 0, nil, nil
	a.said = &digests{}
	tx.recall()
	now := newPlaces()
	err := tx.records(a, func(v *record, data []byte) error {
		a.add(v, data)
		now.add(v)
		return nil
	})
	if err != nil {
		return err
	}
	tx.touch(a)
	if had == nil {
		had = newPlaces()
	}
	for day := range had.days {
		if now.days[day] {
			continue
		}
		if err := tx.c.exec("DELETE FROM dated WHERE day = ? AND article = ?", day, a.num); err != nil {
			return err
		}
	}
	for k := range had.leads {
		if _, still := now.leads[k]; still {
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
	// Sorted: the same history gives the same file.
	for _, day := range slices.Sorted(maps.Keys(now.days)) {
		tx.date(a, day)
	}
	for _, k := range slices.SortedFunc(maps.Keys(now.leads), alias.compare) {
		if day, ok := had.leads[k]; ok && day == now.leads[k] {
			continue
		}
		if err := tx.lead(a, k, now.leads[k]); err != nil {
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
	if a.redirect == to {
		return nil
	}
	a.redirect = to
	tx.touch(a)
	return tx.fix()
}
