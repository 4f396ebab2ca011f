package index

import (
	"cmp"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// currentRows begins a query for the current versions of articles.
const currentRows = `SELECT a.num << 24 | a.current, d.data, a.id FROM articles a JOIN data d ON d.seq = a.seq WHERE a.count > 0`

// OnDate gives the current versions of all articles of which any version has the
// date, in the order of the articles' smallest Seq.
func (r Reader) OnDate(date schema.Date) ([]Row, error) {
	return r.rows("look for articles of %s", []any{date}, currentRows+`
		AND a.num IN (SELECT article FROM dated WHERE day = ?) ORDER BY a.first`, dayOf(date))
}

// Days gives the versions that were current at t and have the date, in the order
// of the articles' smallest Seq. The zero t means now.
func (r Reader) Days(date schema.Date, t time.Time, byRecorded bool) (list []Row, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.day(date, t, byRecorded)
		return err
	})
	return list, wrap(err, "list the articles of %s", date)
}

func (c *conn) day(date schema.Date, t time.Time, byRecorded bool) ([]Row, error) {
	day := dayOf(date)
	if t.IsZero() {
		return c.rows(currentRows+" AND a.day = ? ORDER BY a.first", day)
	}
	nums, err := c.ints(nil, `SELECT num FROM articles WHERE count > 0
		AND num IN (SELECT article FROM dated WHERE day = ?) ORDER BY first`, day)
	if err != nil {
		return nil, err
	}
	var list []Row
	for _, num := range nums {
		v, ok, err := c.asOf(num, t, byRecorded)
		if err != nil {
			return nil, err
		}
		if ok && dayOf(v.Date) == day {
			list = append(list, v)
		}
	}
	return list, nil
}

// PreviousDay gives the nearest earlier date that any current version has, and
// whether there is one.
func (r Reader) PreviousDay(date schema.Date) (before schema.Date, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		day, found, err := c.int("SELECT max(day) FROM articles WHERE day < ? AND day > 0 AND count > 0", dayOf(date))
		before, ok = dateOf(day), found
		return err
	})
	return before, ok, wrap(err, "look for the day before %s", date)
}

// ListFilter selects articles; zero fields select all.
type ListFilter struct {
	Date       schema.Date
	Context    string        // exactly
	Category   string        // exactly
	Status     schema.Status // [schema.Usable] also selects versions that name none
	At         time.Time     // as of this time; zero means now
	ByRecorded bool          // At is a time of recording
	// From leaves out what has an earlier date, and Enough what has a later one than
	// that by which so many were found behind From's own; 0 leaves out none. Both spare
	// reading: where much is let through, a part of a list costs what it holds, and at
	// worst, where next to nothing is, one look at all articles.
	From   schema.Date
	Enough int

	few int64 // how many versions are few, for tests; 0 for fewVersions
}

// List gives the current versions, or those that were current at f.At, that the
// filter lets through, by Date, then Headline, then Seq. Contexts that are known
// without a version count at any time.
func (r Reader) List(f ListFilter) (list []Row, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.list(f)
		return err
	})
	list = slices.DeleteFunc(list, func(v Row) bool { return !f.lets(&v) || dayOf(v.Date) < dayOf(f.From) })
	slices.SortFunc(list, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Headline, b.Headline), cmp.Compare(a.Seq, b.Seq))
	})
	return list, wrap(err, "list articles")
}

func (f *ListFilter) hasStatus(s schema.Status) bool {
	return f.Status == "" || f.Status == s || f.Status == schema.Usable && s == ""
}

// list gives what List does, before date, category and status are looked at.
func (c *conn) list(f ListFilter) ([]Row, error) {
	context, known, err := c.word(wordContext, f.Context)
	if err != nil || f.Context != "" && !known {
		return nil, err
	}
	category, known, err := c.word(wordCategory, f.Category)
	if err != nil || f.Category != "" && !known {
		return nil, err
	}
	switch now := f.At.IsZero(); {
	case now && f.Date != "" && f.Context == "":
		return c.day(f.Date, f.At, false)
	case now:
		return c.listNow(f, context, category)
	case f.Date != "":
		return c.listDay(dayOf(f.Date), &f, context)
	case f.Enough > 0:
		if few, err := c.fewUntil(&f); err != nil {
			return nil, err
		} else if !few {
			return c.listDays(f, context)
		}
	}
	keys, err := c.keysAt(f.At, f.ByRecorded)
	if err != nil {
		return nil, err
	}
	var list []Row
	for _, key := range keys {
		v, ok, err := c.rowAbout(key, context, f.Context != "")
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, v)
		}
	}
	return list, nil
}

// listNow gives what is current, of f.From's date and later ones, by date: all, or of as
// many dates as hold enough behind the first.
func (c *conn) listNow(f ListFilter, context, category int64) (list []Row, err error) {
	first, found, last := dayOf(f.From), 0, int64(0)
	query, args := currentRows+" AND a.day >= ?", []driver.Value{first}
	if f.Context != "" {
		query = `SELECT a.num << 24 | a.current, d.data, a.id FROM about b CROSS JOIN articles a ON a.num = b.article CROSS JOIN data d ON d.seq = a.seq
			WHERE b.day >= ? AND b.context = ? AND a.count > 0`
		args = append(args, context)
	}
	if f.Category != "" {
		query += " AND (SELECT l.category FROM log l WHERE l.seq = a.seq) = ?"
		args = append(args, category)
	}
	switch {
	case f.Enough > 0 && f.Context != "":
		query += " ORDER BY b.day" // which is the article's
	case f.Enough > 0:
		query += " ORDER BY a.day"
	}
	err = c.each(query, args, func(row []driver.Value) error {
		v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
		if err != nil {
			return err
		}
		day := dayOf(v.Date)
		if f.Enough > 0 && found >= f.Enough && day != last {
			return errStop
		}
		if list = append(list, v); day > first && f.lets(&v) {
			found++
		}
		last = day
		return nil
	})
	return list, err
}

// lets reports whether a row is of the date, category and status that are asked for.
func (f *ListFilter) lets(v *Row) bool {
	return (f.Date == "" || v.Date == f.Date) && (f.Category == "" || v.Category == f.Category) && f.hasStatus(v.Status)
}

// fewVersions is how many versions are rather looked at one by one than day after day
// until enough are found.
const fewVersions = 2000

// fewUntil reports whether few versions are as old as f.At: then there may be days without
// end behind those of the articles that were there.
func (c *conn) fewUntil(f *ListFilter) (bool, error) {
	query := "SELECT count(*) FROM (SELECT 1 FROM versions WHERE published <= ? LIMIT ?)"
	if f.ByRecorded {
		query = "SELECT count(*) FROM (SELECT 1 FROM versions WHERE recorded <= ? LIMIT ?)"
	}
	few := cmp.Or(f.few, fewVersions)
	n, _, err := c.int(query, f.At.Unix(), few)
	return n < few, err
}

// listDays is listNow at a time.
func (c *conn) listDays(f ListFilter, context int64) (list []Row, err error) {
	first := dayOf(f.From)
	days, err := c.ints(nil, "SELECT DISTINCT day FROM dated WHERE day >= ? ORDER BY day", first)
	if err != nil {
		return nil, err
	}
	found := 0
	for _, day := range days {
		if found >= f.Enough {
			break
		}
		rows, err := c.listDay(day, &f, context)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
		for i := range rows {
			if day > first && f.lets(&rows[i]) {
				found++
			}
		}
	}
	return list, nil
}

// listDay gives what was current at f.At and has a date.
func (c *conn) listDay(day int64, f *ListFilter, context int64) (list []Row, err error) {
	nums, err := c.ints(nil, "SELECT article FROM dated WHERE day = ?", day)
	if err != nil {
		return nil, err
	}
	for _, num := range nums {
		v, ok, err := c.asOf(num, f.At, f.ByRecorded)
		if err != nil {
			return nil, err
		}
		if ok = ok && dayOf(v.Date) == day; ok && f.Context != "" {
			v, ok, err = c.rowAbout(keyOf(num, v.Number), context, true)
		}
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, v)
		}
	}
	return list, nil
}

// keysAt gives the keys of the versions that were current at t.
func (c *conn) keysAt(t time.Time, byRecorded bool) (keys []int64, err error) {
	query := "SELECT key, published FROM versions WHERE published <= ? ORDER BY key"
	if byRecorded {
		query = "SELECT key, published FROM versions WHERE recorded <= ? ORDER BY key"
	}
	var best int64 // the last key's published
	err = c.each(query, []driver.Value{t.Unix()}, func(row []driver.Value) error {
		key, published := number(row[0]), number(row[1])
		if last := len(keys) - 1; last < 0 || numOf(keys[last]) != numOf(key) {
			keys, best = append(keys, key), published
		} else if published >= best {
			keys[last], best = key, published
		}
		return nil
	})
	return keys, err
}

// rowAbout reads a version, and whether it is about a context, where that is asked.
func (c *conn) rowAbout(key, context int64, asked bool) (v Row, ok bool, err error) {
	err = c.each("SELECT d.data, a.id, a.added FROM versions v JOIN data d ON d.seq = v.seq JOIN articles a ON a.num = v.key >> 24 WHERE v.key = ?",
		[]driver.Value{key}, func(row []driver.Value) error {
			r, err := decodeAll(idOf(row[1]), numberOf(key), blob(row[0]))
			if err != nil {
				return err
			}
			added, err := decodeAdded(r.Article, blob(row[2]))
			v, ok = r.Row, !asked || slices.Contains(r.contexts, context) || slices.Contains(added.words(), context)
			return err
		})
	return v, ok, err
}
