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
func (r Reader) Aliases(key string) ([]Alias, error) {
	return r.aliases("WHERE k.key = ?1 ORDER BY k.kind, a.id", key)
}

// AliasPrefix gives the page paths that begin with prefix, sorted.
func (r Reader) AliasPrefix(prefix string, limit int) ([]Alias, error) {
	return r.aliases("WHERE k.key >= ?1 AND k.key < ?2 AND k.kind = 0 ORDER BY k.key, a.id LIMIT ?3",
		prefix, after(prefix), most(limit))
}

// SlugPrefix gives the page paths whose last component begins with prefix, sorted
// by it.
func (r Reader) SlugPrefix(prefix string, limit int) ([]Alias, error) {
	return r.aliases("WHERE k.slug >= ?1 AND k.slug < ?2 ORDER BY k.slug, k.key, a.id LIMIT ?3",
		prefix, after(prefix), most(limit))
}

func (r Reader) aliases(where string, args ...driver.Value) (list []Alias, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each("SELECT k.key, k.kind, a.id, l.day FROM keys k JOIN leads l ON l.alias = k.id JOIN articles a ON a.num = l.article "+where,
			args, func(row []driver.Value) error {
				list = append(list, Alias{Key: text(row[0]), Kind: AliasKind(number(row[1])), Article: idOf(row[2]), Date: dateOf(number(row[3]))})
				return nil
			})
	})
	return list, wrap(err, "look for the address %q", args[0])
}

// slugOf gives the last component of a path, the part that a reader knows by
// heart.
func slugOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// SourceKeys gives the keys of the sources that an article's current version cites,
// and of those that any of its versions does, both sorted.
func (r Reader) SourceKeys(article schema.ID) (current, all []string, err error) {
	err = r.src.view(func(c *conn) error {
		num, _, err := c.find(article)
		if err != nil || num == 0 {
			return err
		}
		now, _, err := c.int("SELECT current FROM articles WHERE num = ?", num)
		if err != nil {
			return err
		}
		names := make(map[int64]string) // "" for an address of another kind
		cited := make(map[string]bool)  // by the current version
		err = c.records(article, num, func(v *record) error {
			for _, k := range v.aliases {
				name, ok := names[k]
				if !ok {
					if name, err = c.sourceKey(k); err != nil {
						return err
					}
					names[k] = name
				}
				if name != "" {
					cited[name] = cited[name] || v.Number == int(now)
				}
			}
			return nil
		})
		for name, is := range cited {
			all = append(all, name)
			if is {
				current = append(current, name)
			}
		}
		return err
	})
	slices.Sort(current)
	slices.Sort(all)
	return current, all, wrap(err, "read the sources of %s", article)
}

func (c *conn) sourceKey(key int64) (name string, err error) {
	err = c.each("SELECT key FROM keys WHERE id = ? AND kind = 1", []driver.Value{key}, func(row []driver.Value) error {
		name = text(row[0])
		return nil
	})
	return name, err
}

// records calls f with every version of an article, by Number, lists included.
func (c *conn) records(article schema.ID, num int64, f func(*record) error) error {
	return c.each("SELECT key, data FROM versions WHERE key BETWEEN ? AND ? ORDER BY key", span(num), func(row []driver.Value) error {
		v, err := decodeAll(article, numberOf(number(row[0])), blob(row[1]))
		if err != nil {
			return err
		}
		return f(&v)
	})
}

// Complete gives slugs and ids that begin with prefix, sorted, each once.
func (r Reader) Complete(prefix string, limit int) (list []string, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.texts(list, `SELECT DISTINCT slug FROM keys k WHERE slug >= ?1 AND slug < ?2
			AND EXISTS (SELECT 1 FROM leads l WHERE l.alias = k.id) ORDER BY slug LIMIT ?3`, prefix, after(prefix), most(limit))
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
