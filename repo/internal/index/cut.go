package index

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// Cut goes back to what the index held when the version at place seq had been added
// by its commit, the last of that one: versions, notices, contexts, files and problems
// that came later are dropped, and what follows from the others is found anew. The
// commit covered is that version's then. Problems of the field named stay. The
// versions dropped are written down as [Tx.Lose] does.
//
// What it can't know are the kinds of change of the versions that followed a dropped
// one in the order of publication, and what they restore: again lists their articles.
//
// ok is false, and nothing is done, where a link, a split or a file that moved in the
// meantime can't be undone: then the index is to be built anew.
func (tx *Tx) Cut(seq int64, field string) (again []schema.ID, ok bool, err error) {
	err = tx.do("cut back to place %d", []any{seq}, func(c *conn) error {
		k, err := tx.newCutter(seq)
		if err != nil || k == nil {
			return err
		}
		ok, k.field = true, field
		if err := c.lose(seq); err != nil {
			return err
		}
		for _, step := range []func() error{k.passages, k.versions, k.tails, k.notices, k.contexts, k.problems, k.files} {
			if err := step(); err != nil {
				return err
			}
		}
		again = k.again
		m, err := tx.loadMeta()
		if err != nil {
			return err
		}
		m.tip, m.dirty = k.commit[:], true
		tx.notices, tx.strays, tx.recent, tx.lastSeq = nil, nil, nil, -1
		return tx.flush()
	})
	return again, ok, err
}

// cutter cuts an index back.
type cutter struct {
	tx      *Tx
	seq     int64    // of the last version that stays
	commit  [20]byte // of that version
	field   string   // problems of it stay
	again   []schema.ID
	origins map[schema.ID]bool // in whose chains dropped versions stood
}

// newCutter looks whether the index can be cut; it gives nil where not.
func (tx *Tx) newCutter(seq int64) (*cutter, error) {
	if err := tx.flush(); err != nil {
		return nil, err
	}
	m, err := tx.loadMeta()
	if err != nil || m.fixed >= seq {
		return nil, err
	}
	if _, moved, err := tx.c.int("SELECT 1 FROM moved WHERE seq = ?", seq); err != nil || moved {
		return nil, err // it may have come with that version's commit, or with a later one
	}
	k := &cutter{tx: tx, seq: seq, origins: make(map[schema.ID]bool)}
	rows, err := tx.c.rows("SELECT l.key, d.data, a.id FROM log l JOIN data d ON d.seq = l.seq JOIN articles a ON a.num = l.key >> 24 WHERE l.seq = ?", seq)
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("there is no version")
	}
	k.commit = first(rows).Commit
	return k, err
}

// passages drops what the versions brought and took.
func (k *cutter) passages() error { return k.tx.cutPassages(k.seq) }

// dropped is an article that loses versions.
type dropped struct {
	id      schema.ID
	numbers []int
	least   int   // of the numbers
	first   order // of the versions dropped, by publication
}

// order is a version's place in the order of publication.
type order struct {
	published int64
	number    int
}

func (a order) before(b order) bool {
	return cmp.Or(cmp.Compare(a.published, b.published), cmp.Compare(a.number, b.number)) < 0
}

// versions drops the versions.
func (k *cutter) versions() error {
	articles := make(map[schema.ID]*dropped)
	var seals []sealRow
	err := k.tx.c.each(`SELECT l.key, d.data, a.id, l.seq FROM log l CROSS JOIN data d ON d.seq = l.seq CROSS JOIN articles a ON a.num = l.key >> 24
		WHERE l.seq > ? ORDER BY l.seq`, []driver.Value{k.seq}, func(row []driver.Value) error {
		v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
		if err != nil {
			return err
		}
		k.origins[v.Origin] = true
		at := order{v.Published.T.Unix(), v.Number}
		x := articles[v.Article]
		if x == nil {
			x = &dropped{id: v.Article, least: v.Number, first: at}
			articles[v.Article] = x
		}
		x.numbers, x.least = append(x.numbers, v.Number), min(x.least, v.Number)
		if at.before(x.first) {
			x.first = at
		}
		seals = append(seals, sealRow{eight(v.Seal[:]), number(row[3])})
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range seals {
		if err := k.tx.c.exec("DELETE FROM seals WHERE seal8 = ? AND seq = ?", s.seal8, s.seq); err != nil {
			return err
		}
	}
	// By id, so that the same history gives the same file.
	for _, id := range slices.SortedFunc(maps.Keys(articles), compareIDs) {
		if err := k.article(articles[id]); err != nil {
			return err
		}
	}
	for _, table := range [...]string{"log", "data"} {
		if err := k.tx.c.exec("DELETE FROM "+table+" WHERE seq > ?", k.seq); err != nil {
			return err
		}
	}
	return nil
}

func compareIDs(a, b schema.ID) int { return slices.Compare(a[:], b[:]) }

// article drops the versions of one article.
func (k *cutter) article(x *dropped) error {
	a, err := k.tx.article(x.id)
	if err != nil {
		return err
	}
	had, err := k.tx.places(a)
	if err != nil {
		return err
	}
	for _, n := range x.numbers {
		if err := k.tx.c.exec("DELETE FROM versions WHERE key = ?", keyOf(a.num, n)); err != nil {
			return err
		}
	}
	if err := k.tx.recompute(a, had); err != nil {
		return err
	}
	a.high = x.least - 1 // numbers are given in the order of recording
	if a.count > 0 && x.first.before(order{a.published, a.current}) {
		k.again = append(k.again, a.id)
	}
	return nil
}

// tails finds the ends of the chains of seals in which versions were dropped.
func (k *cutter) tails() error {
	for _, id := range slices.SortedFunc(maps.Keys(k.origins), compareIDs) {
		a, err := k.tx.article(id)
		if err != nil {
			return err
		}
		if a.tail, err = k.tail(a); err != nil {
			return err
		}
		k.tx.touch(a)
	}
	return nil
}

func (k *cutter) tail(a *article) (tail int64, err error) {
	whole := a.count == a.high && a.redirect == 0 // none of its versions was ever moved away
	err = k.tx.records(a, func(v *record, _ []byte) error {
		if v.Origin == a.id {
			tail = max(tail, v.Seq)
		}
		return nil
	})
	if err != nil || whole {
		return tail, err
	}
	// After a link or a split they may be anywhere.
	tail = 0
	err = k.tx.c.each(`SELECT l.key, d.data, a.id, l.seq FROM log l CROSS JOIN data d ON d.seq = l.seq CROSS JOIN articles a ON a.num = l.key >> 24
		WHERE l.seq <= ? ORDER BY l.seq DESC`, []driver.Value{k.seq}, func(row []driver.Value) error {
		v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
		if err == nil && v.Origin == a.id {
			tail = number(row[3])
			return errStop
		}
		return err
	})
	return tail, err
}

// notices drops corrections, and what they said of versions that stay.
func (k *cutter) notices() error {
	var seals [][32]byte
	err := k.tx.c.each("SELECT data FROM corrections WHERE seq > ?", []driver.Value{k.seq}, func(row []driver.Value) error {
		x, err := decodeCorrection(schema.ID{}, blob(row[0]))
		seals = append(seals, x.ToSeal)
		return err
	})
	if err == nil {
		err = k.tx.c.exec("DELETE FROM corrections WHERE seq > ?", k.seq)
	}
	if err != nil {
		return err
	}
	k.tx.notices = nil
	for _, seal := range seals {
		seqs, err := k.tx.sealed(seal)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			if err := k.flag(seq); err != nil {
				return err
			}
		}
	}
	return nil
}

// flag finds anew whether a version is corrected.
func (k *cutter) flag(seq int64) error {
	rows, err := k.tx.c.rows("SELECT l.key, d.data, a.id FROM log l JOIN data d ON d.seq = l.seq JOIN articles a ON a.num = l.key >> 24 WHERE l.seq = ?", seq)
	if err != nil || len(rows) == 0 {
		return err
	}
	corrected, err := k.tx.corrected(&rows[0])
	if err != nil || corrected {
		return err
	}
	return k.tx.c.exec("UPDATE log SET flags = flags & ? WHERE seq = ?", int64(^flagCorrected), seq)
}

// contexts drops those that came without a version.
func (k *cutter) contexts() error {
	var ids []schema.ID
	err := k.tx.c.each("SELECT id, added FROM articles WHERE added IS NOT NULL", nil, func(row []driver.Value) error {
		id := idOf(row[0])
		list, err := decodeAdded(id, blob(row[1]))
		if slices.ContainsFunc(list, k.late) {
			ids = append(ids, id)
		}
		return err
	})
	for _, id := range ids {
		if err != nil {
			break
		}
		var a *article
		if a, err = k.tx.article(id); err == nil {
			a.added = slices.DeleteFunc(slices.Clone(a.added), k.late)
			k.tx.touch(a)
		}
	}
	return err
}

// late reports whether a context came after the version that stays last. A commit
// that brings contexts alone brings no version.
func (k *cutter) late(x learnt) bool { return x.seq >= k.seq }

// problems drops those of commits that came later.
func (k *cutter) problems() error {
	return k.tx.c.exec(`DELETE FROM problems WHERE ifnull(field, '') <> ? AND (seq > ? OR seq = ? AND "commit" <> ?)`,
		k.field, k.seq, k.seq, k.commit[:])
}

// files puts the paths back at which articles stood.
func (k *cutter) files() error {
	type move struct {
		path    string
		article int64
	}
	var back []move
	err := k.tx.c.each("SELECT path, article FROM moved WHERE seq > ? ORDER BY id DESC", []driver.Value{k.seq}, func(row []driver.Value) error {
		back = append(back, move{text(row[0]), number(row[1])})
		return nil
	})
	for _, m := range back {
		switch {
		case err != nil:
			return err
		case m.article == 0:
			err = k.tx.c.exec("DELETE FROM files WHERE path = ?", m.path)
		default:
			err = k.tx.c.exec("INSERT OR REPLACE INTO files VALUES (?, ?)", m.path, m.article)
		}
	}
	if err != nil {
		return err
	}
	return k.tx.c.exec("DELETE FROM moved WHERE seq > ?", k.seq)
}

// Lose writes the versions after a place down as lost, before they are dropped
// because history was rewritten: so that whoever takes the new history in, even after
// an interruption, can tell which of them it lacks. [Tx.Reset] leaves them.
func (tx *Tx) Lose(after int64) error {
	return tx.do("note the versions after place %d", []any{after}, func(c *conn) error { return cmp.Or(tx.flush(), c.lose(after)) })
}

func (c *conn) lose(after int64) error {
	return c.exec(`INSERT INTO lost (article, number, data) SELECT a.id, l.key & 16777215, d.data FROM log l CROSS JOIN data d ON d.seq = l.seq
		CROSS JOIN articles a ON a.num = l.key >> 24 WHERE l.seq > ? ORDER BY l.seq`, after)
}

// Lost gives the versions that were written down as lost, the oldest first.
func (r Reader) Lost() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		stopped := false
		err := r.src.view(func(c *conn) error {
			return c.each("SELECT article, number, data FROM lost ORDER BY id", nil, func(row []driver.Value) error {
				v, err := decode(idOf(row[0]), int(number(row[1])), blob(row[2]))
				if err == nil && !yield(v, nil) {
					stopped = true
					err = errStop
				}
				return err
			})
		})
		if err != nil && !stopped {
			yield(Row{}, wrap(err, "read the versions lost"))
		}
	}
}

// ForgetLost ends the list.
func (tx *Tx) ForgetLost() error {
	return tx.do("forget the versions lost", nil, func(c *conn) error { return c.exec("DELETE FROM lost") })
}
