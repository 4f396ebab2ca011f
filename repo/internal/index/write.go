package index

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// do runs f unless the transaction has ended or is broken, and marks it broken if
// f fails: what is remembered may then differ from what is written.
func (tx *Tx) do(what string, about []any, f func(c *conn) error) error {
	if tx.c == nil {
		return errEnded
	}
	if tx.broken != nil {
		return fmt.Errorf("the transaction can only be rolled back: %w", tx.broken)
	}
	if tx.memory.bytes > tx.most {
		if err := tx.flush(); err != nil {
			return err
		}
		tx.memory.turn()
	}
	err := wrap(f(tx.c), what, about...)
	tx.broken = err
	return err
}

// AddVersion adds a version. Its Number must be free in its article, and its Seq
// in the store; from 1 to 16,777,215. Every address in aliases leads to the
// article from now on (their Article and Date are not looked at: the row's
// count). contexts are all contexts that the article has while this version is
// current, beside those of [Tx.AddContexts].
func (tx *Tx) AddVersion(r Row, aliases []Alias, contexts []string) error {
	return tx.do("add version %d of %s", []any{r.Number, r.Article}, func(c *conn) error {
		if r.Number < 1 || r.Number >= 1<<numberBits {
			return fmt.Errorf("%d is no version number", r.Number)
		}
		if r.Seq < 1 {
			return fmt.Errorf("%d is no place in the order of recording", r.Seq)
		}
		if r.Origin.IsZero() {
			r.Origin = r.Article
		}
		// To the second and in UTC, as they are read back.
		r.Published.T, r.Recorded = unixTime(r.Published.T.Unix()), unixTime(r.Recorded.Unix())
		a, err := tx.article(r.Article)
		if err != nil {
			return err
		}
		origin, err := tx.article(r.Origin)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(aliases, func(a Alias) bool { return a.Kind < 0 || a.Kind >= 1<<kindBits }); i >= 0 {
			return fmt.Errorf("address %q is of unknown kind %d", aliases[i].Key, aliases[i].Kind)
		}
		v := record{Row: r}
		if v.contexts, err = tx.wordList(wordContext, contexts); err != nil {
			return err
		}
		v.aliases = aliasList(aliases)
		if r.Number <= a.high { // only then it may be taken
			if err := tx.flush(); err != nil {
				return err
			}
		}
		data, err := tx.insert(a, &v)
		if err != nil {
			return err
		}
		if r.Seq > origin.tail {
			origin.tail = r.Seq
			tx.touch(origin)
		}
		if r.Number <= a.high {
			return tx.recompute(a, nil)
		}
		if err := tx.leadTo(a, &v); err != nil {
			return err
		}
		a.add(&v, data)
		tx.touch(a)
		tx.added(&v.Row)
		return nil
	})
}

// leadTo notes the addresses and the date of a version that gets the greatest number
// yet. What the version before it said already is not written again.
func (tx *Tx) leadTo(a *article, v *record) error {
	day, known, same := dayOf(v.Date), []alias(nil), false
	if a.count > 0 && a.current == a.high {
		cur, err := tx.current(a)
		if err != nil {
			return err
		}
		if same = a.day == day; same {
			known = cur.aliases
		}
	}
	if !same {
		tx.date(a, day)
	}
	for _, k := range v.aliases {
		if slices.Contains(known, k) {
			continue
		}
		if err := tx.lead(a, k, day); err != nil {
			return err
		}
	}
	return nil
}

// aliasList sorts addresses and leaves out what is empty or doubled.
func aliasList(aliases []Alias) []alias {
	list := make([]alias, 0, len(aliases))
	for _, a := range aliases {
		if a.Key != "" {
			list = append(list, alias{a.Kind, a.Key})
		}
	}
	slices.SortFunc(list, alias.compare)
	return slices.Compact(list)
}

func (a alias) compare(b alias) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
}

// add takes a version into account whose number is the greatest yet.
func (a *article) add(v *record, data []byte) {
	published := v.Published.T.Unix()
	if a.count == 0 || v.Seq < a.first {
		a.first = v.Seq
	}
	if a.count == 0 || published >= a.published {
		a.current, a.seq, a.published, a.day, a.blob, a.contexts = v.Number, v.Seq, published, dayOf(v.Date), data, v.contexts
	}
	if a.said != nil {
		a.said.add(eight(v.Content[:]))
	}
	a.count++
	a.high = max(a.high, v.Number)
}

// claim sees that a place in the order of recording is free.
func (tx *Tx) claim(seq int64) error {
	last, err := tx.last()
	if err != nil {
		return err
	}
	if seq > last {
		tx.lastSeq = seq
		return nil
	}
	if err := tx.flushHeld(); err != nil {
		return err
	}
	_, taken, err := tx.c.int("SELECT seq FROM log WHERE seq = ?", seq)
	if err == nil && taken {
		err = fmt.Errorf("place %d in the order of recording is taken", seq)
	}
	return err
}

// last gives the greatest Seq of a version.
func (tx *Tx) last() (int64, error) {
	if tx.lastSeq < 0 {
		last, _, err := tx.c.int("SELECT max(seq) FROM log")
		if err != nil {
			return 0, err
		}
		tx.lastSeq = last
	}
	return tx.lastSeq, nil
}

// insert writes a version's rows, and gives its blob.
func (tx *Tx) insert(a *article, v *record) ([]byte, error) {
	if err := tx.claim(v.Seq); err != nil {
		return nil, err
	}
	author, err := tx.word(wordAuthor, v.Author.Name+"\x00"+v.Author.Email)
	if err != nil {
		return nil, err
	}
	category, err := tx.word(wordCategory, v.Category)
	if err != nil {
		return nil, err
	}
	kinds, err := tx.word(wordKinds, v.Kinds)
	if err != nil {
		return nil, err
	}
	flags := int64(0)
	if v.Note != "" {
		flags |= flagNote
	}
	corrected, err := tx.corrected(&v.Row)
	if err != nil {
		return nil, err
	}
	if corrected {
		flags |= flagCorrected
	}
	tx.scratch = v.append(tx.scratch[:0])
	data := bytes.Clone(tx.scratch) // kept with the article, no longer than it is
	row := freshRow{v.Number, v.Seq, v.Published.T.Unix(), v.Recorded.Unix(), eight(v.Content[:])}
	if v.Number > a.high {
		a.fresh = append(a.fresh, row)
	} else {
		err := tx.c.exec(intoVersions.one, keyOf(a.num, row.number), row.seq, row.published, row.recorded, row.content8)
		if isTaken(err) {
			return nil, errors.New("the number is taken")
		}
		if err != nil {
			return nil, err
		}
	}
	tx.seals = append(tx.seals, sealRow{eight(v.Seal[:]), v.Seq})
	err = tx.hold(heldVersion{seq: v.Seq, key: keyOf(a.num, v.Number), commit8: eight(v.Commit[:]), recorded: row.recorded,
		author: author, category: category, kinds: kinds, flags: flags, data: data})
	if err == nil && v.Number <= a.high {
		err = tx.flushHeld()
	}
	return data, err
}

// corrected reports whether a notice leads to the version.
func (tx *Tx) corrected(v *Row) (bool, error) {
	if v.CorrectionType != "" {
		return true, nil
	}
	if tx.notices == nil {
		_, some, err := tx.c.int("SELECT 1 FROM corrections LIMIT 1")
		if err != nil {
			return false, err
		}
		tx.notices = &some
	}
	found := false
	if !*tx.notices {
		return false, nil
	}
	err := tx.c.each("SELECT data FROM corrections WHERE to8 = ?", []driver.Value{eight(v.Seal[:])}, func(row []driver.Value) error {
		x, err := decodeCorrection(v.Article, blob(row[0]))
		found = found || x.ToSeal == v.Seal
		return err
	})
	return found, err
}

// AddContexts adds contexts that an article is known to have although no version
// says so.
func (tx *Tx) AddContexts(id schema.ID, contexts []string) error {
	return tx.do("add contexts to %s", []any{id}, func(*conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		words, err := tx.wordList(wordContext, contexts)
		if err != nil {
			return err
		}
		last, err := tx.last()
		if err != nil {
			return err
		}
		if all := a.added.with(words, last); len(all) > len(a.added) {
			a.added = all
			tx.touch(a)
		}
		return nil
	})
}

// SetKinds says anew how a version differs from the one published before it, as
// it must be when a version is inserted between the two.
func (tx *Tx) SetKinds(id schema.ID, number int, kinds string, restores int) error {
	return tx.do("set the kinds of change of version %d of %s", []any{number, id}, func(c *conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		v, ok, err := tx.record(a, number)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("there is no such version")
		}
		v.Kinds, v.Restores = kinds, restores
		w, err := tx.word(wordKinds, kinds)
		if err != nil {
			return err
		}
		data := v.append(nil)
		if number == a.current {
			a.blob = data
		}
		tx.recall()
		if err := tx.flushHeld(); err != nil {
			return err
		}
		if err := c.exec("UPDATE log SET kinds = ? WHERE seq = ?", w, v.Seq); err != nil {
			return err
		}
		return c.exec("UPDATE data SET data = ? WHERE seq = ?", data, v.Seq)
	})
}

// record reads one version.
func (tx *Tx) record(a *article, number int) (v record, ok bool, err error) {
	for i := range a.fresh {
		if a.fresh[i].number == number {
			data, err := tx.data(a.fresh[i].seq)
			if err == nil {
				v, err = decodeAll(a.id, number, data)
			}
			return v, err == nil, err
		}
	}
	err = tx.c.each("SELECT d.data FROM versions v JOIN data d ON d.seq = v.seq WHERE v.key = ?", []driver.Value{keyOf(a.num, number)}, func(row []driver.Value) error {
		ok = true
		v, err = decodeAll(a.id, number, blob(row[0]))
		return err
	})
	return v, ok, err
}

// data reads the blob of a version.
func (tx *Tx) data(seq int64) (data []byte, err error) {
	if data := tx.heldData(seq); data != nil {
		return data, nil
	}
	err = tx.c.each("SELECT data FROM data WHERE seq = ?", []driver.Value{seq}, func(row []driver.Value) error {
		data = blob(row[0])
		return nil
	})
	if err == nil && data == nil {
		err = fmt.Errorf("the version at place %d is not there: %w", seq, ErrDamaged)
	}
	return data, err
}

// blobs calls f with the blob of every version of an article, by Number.
func (tx *Tx) blobs(a *article, f func(number int, data []byte) error) error {
	if len(a.fresh) == 0 || a.count > len(a.fresh) {
		err := tx.c.each(versionData, span(a.num), func(row []driver.Value) error { return f(numberOf(number(row[0])), blob(row[1])) })
		if err != nil {
			return err
		}
	}
	for _, v := range a.fresh {
		data, err := tx.data(v.seq)
		if err == nil {
			err = f(v.number, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// records calls f with every version of an article, by Number, and its blob.
func (tx *Tx) records(a *article, f func(v *record, data []byte) error) error {
	return tx.blobs(a, func(number int, data []byte) error {
		v, err := decodeAll(a.id, number, data)
		if err != nil {
			return err
		}
		return f(&v, data)
	})
}
