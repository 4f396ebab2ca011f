package index

import (
	"cmp"
	"database/sql/driver"
	"math"
)

// An article's versions stand in the order of publication, those of one time in the
// order of their numbers. What is asked here is who stands beside whom. Of most
// articles there are so few versions that their rows are looked through; versions
// with a number above fewNumbers stand in two more indexes, so that in an article of
// thousands a place is found in as many steps as such an index is deep.

// fewNumbers is up to which number versions are looked through. The conditions of
// the indexes in layout.go, and deepRows, name it too.
const fewNumbers = 16

// spot is a version's place in the order of publication among those of its article.
type spot struct{ published, key int64 }

func (s spot) compare(t spot) int {
	return cmp.Or(cmp.Compare(s.published, t.published), cmp.Compare(s.key, t.key))
}

// The queries for the neighbour of a place: of the same time, and of other times. The
// first value is the article's num, the next one the state where that is asked for.
const (
	deepRows  = "SELECT key, published FROM versions WHERE key >> 24 = ? AND key & 16777215 > 16 AND "
	ofState   = "content8 = ? AND "
	anySaid   = "content8 = ? LIMIT 1"
	sameUp    = "published = ? AND key > ? ORDER BY key LIMIT 1"
	sameDown  = "published = ? AND key < ? ORDER BY key DESC LIMIT 1"
	otherUp   = "published > ? ORDER BY published, key LIMIT 1"
	otherDown = "published < ? ORDER BY published DESC, key DESC LIMIT 1"
)

// beside asks for the next version behind a place, or with down for the last one
// before it; with state set, for one whose content's digest begins with *state.
func (c *conn) beside(num int64, at spot, down bool, state *int64) (best spot, ok bool, err error) {
	better := func(s spot, content8 int64) {
		order := s.compare(at)
		if order == 0 || order < 0 != down || state != nil && content8 != *state {
			return
		}
		if !ok || s.compare(best) < 0 != down {
			best, ok = s, true
		}
	}
	err = c.each("SELECT key, published, content8 FROM versions WHERE key BETWEEN ? AND ?", []driver.Value{keyOf(num, 0), keyOf(num, fewNumbers)},
		func(row []driver.Value) error {
			better(spot{number(row[1]), number(row[0])}, number(row[2]))
			return nil
		})
	if err != nil {
		return best, false, err
	}
	queries := [2]string{deepRows + sameUp, deepRows + otherUp}
	args := append(make([]driver.Value, 0, 4), num)
	switch {
	case state != nil && down:
		queries = [2]string{deepRows + ofState + sameDown, deepRows + ofState + otherDown}
	case state != nil:
		queries = [2]string{deepRows + ofState + sameUp, deepRows + ofState + otherUp}
	case down:
		queries = [2]string{deepRows + sameDown, deepRows + otherDown}
	}
	if state != nil {
		args = append(args, *state)
	}
	args = append(args, at.published)
	for i, args := range [2][]driver.Value{append(args, at.key), args} {
		found := false
		err := c.each(queries[i], args, func(row []driver.Value) error {
			s := spot{number(row[1]), number(row[0])}
			content8 := int64(0)
			if state != nil {
				content8 = *state
			}
			better(s, content8)
			found = true
			return nil
		})
		if err != nil || found {
			return best, ok, err
		}
	}
	return best, ok, nil
}

// neighbour reads that version; with content set, only one that has this very state.
func (c *conn) neighbour(v *Row, down bool, content *[32]byte) (found Row, ok bool, err error) {
	num, _, err := c.find(v.Article)
	if err != nil || num == 0 {
		return found, false, err
	}
	var state *int64
	if content != nil {
		n := eight(content[:])
		state = &n
	}
	for at := (spot{v.Published.T.Unix(), keyOf(num, v.Number)}); ; {
		if at, ok, err = c.beside(num, at, down, state); err != nil || !ok {
			return Row{}, false, err
		}
		if found, ok, err = c.byKey(at.key); err != nil || content == nil || found.Content == *content {
			return found, ok, err
		}
	}
}

// byKey reads the version that has a key.
func (c *conn) byKey(key int64) (Row, bool, error) {
	list, err := c.rows(`SELECT v.key, d.data, a.id FROM versions v CROSS JOIN data d ON d.seq = v.seq CROSS JOIN articles a ON a.num = v.key >> 24
		WHERE v.key = ?`, key)
	return first(list), len(list) > 0, err
}

// lastUntil gives the key of the version published last until a time.
func (c *conn) lastUntil(num, seconds int64) (key int64, ok bool, err error) {
	s, ok, err := c.beside(num, spot{seconds, math.MaxInt64}, true, nil)
	return s.key, ok, err
}

// Before gives the version that stands before v in the order of publication, and
// whether there is one. Of v its Article, Published and Number are looked at; it need
// not be among the versions.
func (r Reader) Before(v *Row) (Row, bool, error) {
	return r.neighbour("before", v, true, nil)
}

// After gives the version that stands behind v in the order of publication.
func (r Reader) After(v *Row) (Row, bool, error) {
	return r.neighbour("behind", v, false, nil)
}

// LastBefore gives, of the versions that stand before v in the order of publication
// and whose state has the digest, the last one.
func (r Reader) LastBefore(v *Row, content [32]byte) (Row, bool, error) {
	return r.neighbour("before", v, true, &content)
}

// FirstAfter gives, of the versions that stand behind v in the order of publication
// and whose state has the digest, the first one.
func (r Reader) FirstAfter(v *Row, content [32]byte) (Row, bool, error) {
	return r.neighbour("behind", v, false, &content)
}

func (r Reader) neighbour(where string, v *Row, down bool, content *[32]byte) (found Row, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		found, ok, err = c.neighbour(v, down, content)
		return err
	})
	return found, ok, wrap(err, "look what stands %s version %d of %s", where, v.Number, v.Article)
}

// LastBefore is [Reader.LastBefore]. It is asked at every version of an import, and
// mostly the article never said the same.
func (tx *Tx) LastBefore(v *Row, content [32]byte) (Row, bool, error) {
	a, err := tx.known(v.Article)
	if err != nil || a == nil || a.count == 0 {
		return Row{}, false, err
	}
	if a.said == nil {
		if a.asked++; a.count > fewNumbers && a.asked*fewNumbers < a.count { // they are looked through only once it pays
			said, err := tx.hasSaid(a, eight(content[:]))
			if err != nil || !said {
				return Row{}, false, wrap(err, "look in %s for a state", v.Article)
			}
			return tx.Reader.LastBefore(v, content)
		}
		if err := tx.loadSaid(a); err != nil {
			return Row{}, false, wrap(err, "look in %s for a state", v.Article)
		}
	}
	if !a.said.has(eight(content[:])) {
		return Row{}, false, nil
	}
	return tx.Reader.LastBefore(v, content)
}

// hasSaid reports whether some version of an article has a state. It asks for that
// alone: who asks for the version has all that is held back written first.
func (tx *Tx) hasSaid(a *article, content8 int64) (bool, error) {
	for _, v := range a.fresh {
		if v.content8 == content8 {
			return true, nil
		}
	}
	_, said, err := tx.c.int("SELECT key FROM versions WHERE key BETWEEN ? AND ? AND content8 = ? LIMIT 1", keyOf(a.num, 0), keyOf(a.num, fewNumbers), content8)
	if err == nil && !said {
		_, said, err = tx.c.int(deepRows+anySaid, a.num, content8)
	}
	return said, err
}

// loadSaid looks through an article's versions for what they say.
func (tx *Tx) loadSaid(a *article) error {
	said := &digests{}
	err := tx.c.each("SELECT content8 FROM versions WHERE key BETWEEN ? AND ?", span(a.num), func(row []driver.Value) error {
		said.add(number(row[0]))
		return nil
	})
	if err != nil {
		return err
	}
	for _, v := range a.fresh {
		said.add(v.content8)
	}
	a.said = said
	tx.memory.bytes += said.size()
	return nil
}

// digests are the first eight bytes of digests; the few that most articles have need
// no map.
type digests struct {
	list []int64
	set  map[int64]struct{}
}

func (d *digests) add(n int64) {
	if d.set == nil && len(d.list) < 2*fewNumbers {
		d.list = append(d.list, n)
		return
	}
	if d.set == nil {
		d.set = make(map[int64]struct{}, 4*len(d.list))
		for _, m := range d.list {
			d.set[m] = struct{}{}
		}
		d.list = nil
	}
	d.set[n] = struct{}{}
}

func (d *digests) has(n int64) bool {
	if d.set != nil {
		_, ok := d.set[n]
		return ok
	}
	for _, m := range d.list {
		if m == n {
			return true
		}
	}
	return false
}

// size says roughly what they take of memory.
func (d *digests) size() int {
	if d == nil {
		return 0
	}
	return 8*cap(d.list) + 40*len(d.set)
}
