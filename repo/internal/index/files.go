package index

import (
	"database/sql/driver"

	"github.com/stemma-project/stemma/schema"
)

// FileArticle gives the article whose file stands at a path, where [Tx.SetFile]
// said so.
func (r Reader) FileArticle(path string) (id schema.ID, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		id, ok, err = c.fileArticle(path)
		return err
	})
	return id, ok, wrap(err, "see which article stands in %s", path)
}

func (c *conn) fileArticle(path string) (id schema.ID, ok bool, err error) {
	err = c.each("SELECT a.id FROM files f JOIN articles a ON a.num = f.article WHERE f.path = ?", []driver.Value{path}, func(row []driver.Value) error {
		id, ok = idOf(row[0]), true
		return nil
	})
	return id, ok, err
}

// FilesOf gives the paths that [Tx.SetFile] gave to an article, sorted.
func (r Reader) FilesOf(article schema.ID) (paths []string, err error) {
	err = r.src.view(func(c *conn) error {
		paths, err = c.filesOf(article)
		return err
	})
	return paths, wrap(err, "look for the files of %s", article)
}

func (c *conn) filesOf(article schema.ID) ([]string, error) {
	return c.texts(nil, "SELECT path FROM files WHERE article = (SELECT num FROM articles WHERE id = ?) ORDER BY path", article.String())
}

// SetFile says that an article's file stands at a path that its id does not tell,
// as it may after plain git moved it.
func (tx *Tx) SetFile(path string, id schema.ID) error {
	return tx.do("note the file %s", []any{path}, func(c *conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		if changed, err := tx.noteMove(path, a.num); err != nil || !changed {
			return err
		}
		some := true
		tx.strays = &some
		if err := tx.flush(); err != nil { // the article may be new
			return err
		}
		return c.exec("INSERT OR REPLACE INTO files VALUES (?, ?)", path, a.num)
	})
}

// DropFile says that no article's file stands at the path any more.
func (tx *Tx) DropFile(path string) error {
	return tx.do("drop the file %s", []any{path}, func(c *conn) error {
		if changed, err := tx.noteMove(path, 0); err != nil || !changed {
			return err
		}
		return c.exec("DELETE FROM files WHERE path = ?", path)
	})
}

// noteMove writes down which article stood at a path, 0 for none, and reports whether
// that is another one than stands there from now on. [Tx.Cut] goes back by it.
func (tx *Tx) noteMove(path string, now int64) (changed bool, err error) {
	before, _, err := tx.c.int("SELECT article FROM files WHERE path = ?", path)
	if err != nil || before == now {
		return false, err
	}
	last, err := tx.last()
	if err != nil {
		return false, err
	}
	return true, tx.c.exec("INSERT INTO moved (seq, path, article) VALUES (?, ?, ?)", last, path, before)
}
