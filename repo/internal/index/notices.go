package index

import (
	"cmp"
	"database/sql/driver"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// AddCorrection adds a notice about the diff that leads to the version with the
// seal ToSeal, which may come later.
func (tx *Tx) AddCorrection(x Correction) error {
	return tx.do("add a correction to %s", []any{x.Article}, func(c *conn) error {
		a, err := tx.article(x.Article)
		if err != nil {
			return err
		}
		some := true
		tx.notices = &some
		to := eight(x.ToSeal[:])
		if err := c.exec("INSERT INTO corrections (article, seq, to8, data) VALUES (?, ?, ?, ?)", a.num, x.Seq, to, appendCorrection(nil, &x)); err != nil {
			return err
		}
		seqs, err := tx.sealed(x.ToSeal)
		for _, seq := range seqs {
			if err := c.exec("UPDATE log SET flags = flags | ? WHERE seq = ?", int64(flagCorrected), seq); err != nil {
				return err
			}
		}
		return err
	})
}

// sealed gives the places of the versions with a seal.
func (tx *Tx) sealed(seal [32]byte) (seqs []int64, err error) {
	if err := cmp.Or(tx.flushSeals(), tx.flushHeld()); err != nil {
		return nil, err
	}
	err = tx.c.each("SELECT s.seq, d.data FROM seals s CROSS JOIN data d ON d.seq = s.seq WHERE s.seal8 = ?",
		[]driver.Value{eight(seal[:])}, func(row []driver.Value) error {
			v, err := decode(schema.ID{}, 0, blob(row[1]))
			if v.Seal == seal {
				seqs = append(seqs, number(row[0]))
			}
			return err
		})
	return seqs, err
}

// AddProblem adds something broken that was met.
func (tx *Tx) AddProblem(p Problem) error {
	return tx.do("note a problem with %s", []any{p.Path}, func(c *conn) error {
		last, err := tx.last()
		if err != nil {
			return err
		}
		return c.exec(`INSERT INTO problems (seq, "commit", path, line, field, reason) VALUES (?, ?, ?, ?, ?, ?)`,
			last, p.Commit[:], p.Path, int64(p.Line), p.Field, p.Reason)
	})
}

// SetTip says which commit is covered when the transaction is committed.
func (tx *Tx) SetTip(commit [20]byte) error {
	return tx.do("note the commit covered", nil, func(*conn) error {
		m, err := tx.loadMeta()
		if err == nil {
			m.tip, m.dirty = slices.Clone(commit[:]), true
		}
		return err
	})
}

// Reset empties the index.
func (tx *Tx) Reset() error {
	return tx.do("empty the index", nil, func(c *conn) error {
		tx.forget()
		tx.notices = nil
		for _, t := range tables {
			if err := c.exec("DELETE FROM " + t); err != nil {
				return err
			}
		}
		return tx.emptyPassages()
	})
}
