package index

import (
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// ArticlesWithPrefix gives the ids, sorted, of the articles with versions whose id
// begins with prefix.
func (r Reader) ArticlesWithPrefix(prefix string, limit int) (ids []schema.ID, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each("SELECT id FROM articles WHERE id >= ? AND id < ? AND count > 0 ORDER BY id LIMIT ?",
			[]driver.Value{prefix, after(prefix), most(limit)}, func(row []driver.Value) error {
				ids = append(ids, idOf(row[0]))
				return nil
			})
	})
	return ids, wrap(err, "look for ids that begin with %q", prefix)
}

// after gives a text that comes after all texts with the prefix and before all
// others that do. Valid UTF-8 has no byte 0xff.
func after(prefix string) string {
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) == 0 {
		return "\xff\xff\xff\xff"
	}
	end[len(end)-1]++
	return string(end)
}

// Redirect gives the article into which one was linked, or, where that one was
// linked in its turn, the last of the chain. It reports whether the article was
// linked at all; a chain that bites its own tail leads nowhere.
func (r Reader) Redirect(article schema.ID) (to schema.ID, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		next, _, err := c.int("SELECT redirect FROM articles WHERE id = ?", article.String())
		seen := make(map[int64]bool)
		for last := next; err == nil && next != 0; {
			if seen[next] {
				return nil
			}
			seen[next], last = true, next
			if next, _, err = c.int("SELECT redirect FROM articles WHERE num = ?", next); next == 0 && err == nil {
				to, ok, err = c.id(last)
			}
		}
		return err
	})
	return to, ok, wrap(err, "see where %s was linked to", article)
}

// id gives the id of an article's num.
func (c *conn) id(num int64) (id schema.ID, ok bool, err error) {
	err = c.each("SELECT id FROM articles WHERE num = ?", []driver.Value{num}, func(row []driver.Value) error {
		id, ok = idOf(row[0]), true
		return nil
	})
	return id, ok, err
}

// Aliases gives the articles to which exactly this key leads, each once per kind,
// with the date of its newest version that has the address, by kind and article.
func (r Reader) Aliases(key string) (list []Alias, err error) {
	err = r.src.view(func(c *conn) error {
		list, err = c.aliasesOf(key)
		return err
	})
	return list, wrap(err, "look for the address %q", key)
}

func (c *conn) aliasesOf(key string) (list []Alias, err error) {
	head, _ := splitPath(key)
	folder, _, err := c.word(wordFolder, head)
	if err != nil {
		return nil, err
	}
	return c.aliasesIn(folder, key)
}

// aliasesIn does so for a key whose folder has this integer.
func (c *conn) aliasesIn(folder int64, key string) (list []Alias, err error) {
	head, tail := splitPath(key)
	if folder != 0 || head == "" {
		if list, err = c.aliases(list, "l.tail = ? AND l.folder = ? AND l.kind = 0 ORDER BY a.id", tail, folder); err != nil {
			return nil, err
		}
	}
	return c.aliases(list, "l.tail = ? AND l.folder = 0 AND l.kind > 0 ORDER BY l.kind, a.id", key)
}

// AliasPrefix gives the page paths that begin with prefix, sorted. It is quick
// where the prefix holds the whole folder and the beginning of a slug.
func (r Reader) AliasPrefix(prefix string, limit int) (list []Alias, err error) {
	err = r.src.view(func(c *conn) error {
		head, tail := splitPath(prefix)
		folder, _, err := c.word(wordFolder, head)
		if err != nil {
			return err
		}
		_, deeper, err := c.int("SELECT id FROM words WHERE kind = ? AND text >= ? AND text < ?", int64(wordFolder), prefix, after(prefix))
		if err != nil {
			return err
		}
		where := "l.tail >= ?1 AND l.tail < ?2 AND l.folder = ?3"
		args := []driver.Value{tail, after(tail), folder, most(limit)}
		if deeper {
			where = "(" + where + " OR l.folder IN (SELECT id FROM words WHERE kind = ?7 AND text >= ?5 AND text < ?6))"
			args = append(args, prefix, after(prefix), int64(wordFolder))
		}
		list, err = c.aliases(list, where+" AND l.kind = 0 ORDER BY ifnull(w.text, '') || l.tail, a.id LIMIT ?4", args...)
		return err
	})
	return list, wrap(err, "look for paths that begin with %q", prefix)
}

// SlugPrefix gives the page paths whose last component begins with prefix, sorted
// by it.
func (r Reader) SlugPrefix(prefix string, limit int) (list []Alias, err error) {
	err = r.src.view(func(c *conn) error {
		list, err = c.aliases(list, "l.tail >= ? AND l.tail < ? AND l.kind = 0 ORDER BY l.tail, w.text, a.id LIMIT ?",
			prefix, after(prefix), most(limit))
		return err
	})
	return list, wrap(err, "look for slugs that begin with %q", prefix)
}

func (c *conn) aliases(list []Alias, where string, args ...driver.Value) ([]Alias, error) {
	err := c.each(`SELECT w.text, l.tail, l.kind, a.id, l.day FROM leads l JOIN articles a ON a.num = l.article
		LEFT JOIN words w ON w.id = l.folder WHERE `+where, args, func(row []driver.Value) error {
		list = append(list, Alias{Key: text(row[0]) + text(row[1]), Kind: AliasKind(number(row[2])), Article: idOf(row[3]), Date: dateOf(number(row[4]))})
		return nil
	})
	return list, err
}

// splitPath cuts a path before its last component, the slug.
func splitPath(path string) (folder, slug string) {
	i := strings.LastIndexByte(path, '/') + 1
	return path[:i], path[i:]
}

// SourceKeys gives the keys of the sources that an article's current version cites,
// and of those that any of its versions does, both sorted.
func (r Reader) SourceKeys(article schema.ID) (current, all []string, err error) {
	err = r.src.view(func(c *conn) error {
		num, count, err := c.find(article)
		if err != nil || count == 0 {
			return err
		}
		now, _, err := c.int("SELECT current FROM articles WHERE num = ?", num)
		if err != nil {
			return err
		}
		k := sourceKeys{now: int(now)}
		err = c.each(versionData, span(num), func(row []driver.Value) error {
			v, err := decodeAll(article, numberOf(number(row[0])), blob(row[1]))
			k.add(&v)
			return err
		})
		current, all = k.sorted()
		return err
	})
	return current, all, wrap(err, "read the sources of %s", article)
}

// sourceKeys gathers the keys of sources.
type sourceKeys struct {
	now          int // the number of the current version
	current, all []string
}

func (k *sourceKeys) add(v *record) {
	for _, a := range v.aliases {
		if a.kind != AliasSource {
			continue
		}
		k.all = append(k.all, a.key)
		if v.Number == k.now {
			k.current = append(k.current, a.key)
		}
	}
}

func (k *sourceKeys) sorted() (current, all []string) {
	slices.Sort(k.all)
	return k.current, slices.Compact(k.all)
}

// Complete gives slugs and ids that begin with prefix, sorted, each once.
func (r Reader) Complete(prefix string, limit int) (list []string, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.texts(list, "SELECT DISTINCT tail FROM leads WHERE tail >= ?1 AND tail < ?2 AND kind = 0 ORDER BY tail LIMIT ?3",
			prefix, after(prefix), most(limit))
		if err != nil {
			return err
		}
		list, err = c.texts(list, "SELECT id FROM articles WHERE id >= ?1 AND id < ?2 AND count > 0 ORDER BY id LIMIT ?3", prefix, after(prefix), most(limit))
		return err
	})
	slices.Sort(list)
	list = slices.Compact(list)
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, wrap(err, "complete %q", prefix)
}
