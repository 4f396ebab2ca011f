package index

import (
	"cmp"
	"database/sql/driver"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// RelatedRow is an article that shares contexts with another.
type RelatedRow struct {
	Row             // its current version
	Shared []string // the contexts that both have, sorted
}

// word gives the integer of an interned word, and whether it has one.
func (c *conn) word(kind int, text string) (id int64, ok bool, err error) {
	if text == "" {
		return 0, false, nil
	}
	return c.int("SELECT id FROM words WHERE kind = ? AND text = ?", int64(kind), text)
}

// Contexts gives the contexts of an article now, sorted: those of its current
// version, and those that were added without one.
func (r Reader) Contexts(article schema.ID) (list []string, err error) {
	err = r.src.view(func(c *conn) error {
		ids, err := c.contexts(article)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if list, err = c.texts(list, "SELECT text FROM words WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(list)
	return list, wrap(err, "read the contexts of %s", article)
}

// contexts gives the words of an article's contexts now, each once.
func (c *conn) contexts(article schema.ID) (ids []int64, err error) {
	err = c.each("SELECT a.current, d.data, a.added FROM articles a JOIN data d ON d.seq = a.seq WHERE a.id = ? AND a.count > 0",
		[]driver.Value{article.String()}, func(row []driver.Value) error {
			v, err := decodeAll(article, int(number(row[0])), blob(row[1]))
			if err != nil {
				return err
			}
			added, err := decodeAdded(article, blob(row[2]))
			ids = union(v.contexts, added.words())
			return err
		})
	return ids, err
}

// union gives what is in a or b, sorted, each once.
func union(a, b []int64) []int64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// KnownContext reports whether any article has the context now.
func (r Reader) KnownContext(name string) (known bool, err error) {
	err = r.src.view(func(c *conn) error {
		_, known, err = c.int(`SELECT 1 FROM words w WHERE w.kind = ? AND w.text = ?
			AND EXISTS (SELECT 1 FROM about WHERE context = w.id)`, int64(wordContext), name)
		return err
	})
	return known, wrap(err, "look for the context %q", name)
}

// near is an article that shares contexts with another.
type near struct {
	day, article int64
	shared       []int64
}

// Related gives the articles that share contexts with one: more shared contexts
// first, then the newer Date, then the smaller Seq of the current version.
func (r Reader) Related(article schema.ID, limit int) (list []RelatedRow, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.related(article, limit)
		return err
	})
	return list, wrap(err, "look for articles related to %s", article)
}

func (c *conn) related(article schema.ID, limit int) ([]RelatedRow, error) {
	contexts, err := c.contexts(article)
	if err != nil || len(contexts) == 0 {
		return nil, err
	}
	self, _, err := c.find(article)
	if err != nil {
		return nil, err
	}
	found, err := c.near(self, contexts)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *near) int {
		return cmp.Or(cmp.Compare(len(b.shared), len(a.shared)), cmp.Compare(b.day, a.day), cmp.Compare(a.article, b.article))
	})
	// Beyond the limit only those are of interest whose Seq may put them before.
	if limit > 0 && len(found) > limit {
		last, n := found[limit-1], limit
		for n < len(found) && len(found[n].shared) == len(last.shared) && found[n].day == last.day {
			n++
		}
		found = found[:n]
	}
	list, err := c.relatedRows(found)
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// near collects the articles that have any of the contexts.
func (c *conn) near(self int64, contexts []int64) ([]*near, error) {
	byArticle := make(map[int64]*near)
	for _, context := range contexts {
		err := c.each("SELECT article, day FROM about WHERE context = ?", []driver.Value{context}, func(row []driver.Value) error {
			num := number(row[0])
			if num == self {
				return nil
			}
			n := byArticle[num]
			if n == nil {
				n = &near{day: number(row[1]), article: num}
				byArticle[num] = n
			}
			n.shared = append(n.shared, context)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	found := make([]*near, 0, len(byArticle))
	for _, n := range byArticle {
		found = append(found, n)
	}
	return found, nil
}

// relatedRows reads the current versions and puts them in order.
func (c *conn) relatedRows(found []*near) ([]RelatedRow, error) {
	list := make([]RelatedRow, 0, len(found))
	for _, n := range found {
		rows, err := c.rows(currentRows+" AND a.num = ?", n.article)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		v := RelatedRow{Row: rows[0]}
		for _, context := range n.shared {
			if v.Shared, err = c.texts(v.Shared, "SELECT text FROM words WHERE id = ?", context); err != nil {
				return nil, err
			}
		}
		slices.Sort(v.Shared)
		list = append(list, v)
	}
	slices.SortStableFunc(list, func(a, b RelatedRow) int {
		return cmp.Or(cmp.Compare(len(b.Shared), len(a.Shared)), cmp.Compare(dayOf(b.Date), dayOf(a.Date)), cmp.Compare(a.Seq, b.Seq))
	})
	return list, nil
}
