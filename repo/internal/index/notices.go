package index

import (
	"database/sql/driver"

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
		var keys []int64
		err = c.each("SELECT key, data FROM versions WHERE seal8 = ?", []driver.Value{to}, func(row []driver.Value) error {
			v, err := decode(schema.ID{}, 0, blob(row[1]))
			if v.Seal == x.ToSeal {
				keys = append(keys, number(row[0]))
			}
			return err
		})
		for _, key := range keys {
			if err := c.exec("UPDATE versions SET flags = flags | ? WHERE key = ?", int64(flagCorrected), key); err != nil {
				return err
			}
		}
		return err
	})
}

// AddProblem adds something broken that was met.
func (tx *Tx) AddProblem(p Problem) error {
	return tx.do("note a problem with %s", []any{p.Path}, func(c *conn) error {
		return c.exec(`INSERT INTO problems ("commit", path, line, field, reason) VALUES (?, ?, ?, ?, ?)`,
			p.Commit[:], p.Path, int64(p.Line), p.Field, p.Reason)
	})
}

// SetTip says which commit is covered when the transaction is committed.
func (tx *Tx) SetTip(commit [20]byte) error {
	return tx.do("note the commit covered", nil, func(c *conn) error {
		return c.exec("INSERT OR REPLACE INTO meta VALUES (1, ?)", commit[:])
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
		return nil
	})
}
