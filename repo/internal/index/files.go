package index

import (
	"database/sql/driver"

	"github.com/stemma-project/stemma/schema"
)

// FileArticle gives the article whose file stands at a path, where [Tx.SetFile]
// said so.
func (r Reader) FileArticle(path string) (id schema.ID, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each("SELECT a.id FROM files f JOIN articles a ON a.num = f.article WHERE f.path = ?", []driver.Value{path}, func(row []driver.Value) error {
			id, ok = idOf(row[0]), true
			return nil
		})
	})
	return id, ok, wrap(err, "see which article stands in %s", path)
}

// FilesOf gives the paths that [Tx.SetFile] gave to an article, sorted.
func (r Reader) FilesOf(article schema.ID) (paths []string, err error) {
	err = r.src.view(func(c *conn) error {
		paths, err = c.texts(nil, "SELECT path FROM files WHERE article = (SELECT num FROM articles WHERE id = ?) ORDER BY path", article.String())
		return err
	})
	return paths, wrap(err, "look for the files of %s", article)
}

// SetFile says that an article's file stands at a path that its id does not tell,
// as it may after plain git moved it.
func (tx *Tx) SetFile(path string, id schema.ID) error {
	return tx.do("note the file %s", []any{path}, func(c *conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		return c.exec("INSERT OR REPLACE INTO files VALUES (?, ?)", path, a.num)
	})
}

// DropFile says that no article's file stands at the path any more.
func (tx *Tx) DropFile(path string) error {
	return tx.do("drop the file %s", []any{path}, func(c *conn) error {
		return c.exec("DELETE FROM files WHERE path = ?", path)
	})
}
