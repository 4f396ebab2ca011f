package index

import (
	"database/sql/driver"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Filter selects versions of the whole store; zero fields select all.
type Filter struct {
	Since, Until time.Time // recorded in [Since, Until)
	Author       string    // part of "name <address>", case folded
	Kinds        []string  // any of these
	Category     string    // exactly
	Context      string    // exactly; one that the article has now
	Corrections  bool      // only versions that a notice of correction leads to
	QuietEdits   bool      // only changes of published text without note or correction
	Before       int64     // only versions with a smaller Seq; 0 for all
	Limit        int       // 0 for all
}

// textKinds are the kinds of change after which a reader reads other words. Marks
// and white space alone are none.
var textKinds = [...]string{"headline", "summary", "body", "figure", "wording"}

// Log gives the versions that the filter lets through, the greatest Seq first. It
// reads as it is asked: a connection is held, and the log is of one moment, until
// the loop ends.
func (r Reader) Log(f Filter) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		stopped := false
		err := r.src.view(func(c *conn) error {
			query, args, err := c.logQuery(&f)
			if err != nil || query == "" {
				return err
			}
			return c.each(query, args, func(row []driver.Value) error {
				v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
				if err != nil {
					return err
				}
				if !yield(v, nil) {
					stopped = true
					return errStop
				}
				return nil
			})
		})
		if err != nil && !stopped {
			yield(Row{}, wrap(err, "read the log"))
		}
	}
}

// logQuery makes the query of a filter; "" where nothing can pass. All is asked of
// the narrow table log, so that what is filtered out costs no look at its blob.
func (c *conn) logQuery(f *Filter) (string, []driver.Value, error) {
	query := `SELECT v.key, d.data, a.id FROM log v CROSS JOIN data d ON d.seq = v.seq CROSS JOIN articles a ON a.num = v.key >> 24
		WHERE v.seq > 0`
	var args []driver.Value
	if f.Before > 0 {
		query, args = query+" AND v.seq < ?", append(args, f.Before)
	}
	if !f.Since.IsZero() {
		query, args = query+" AND v.recorded >= ?", append(args, ceil(f.Since))
	}
	if !f.Until.IsZero() {
		query, args = query+" AND v.recorded < ?", append(args, ceil(f.Until))
	}
	if f.Category != "" {
		id, ok, err := c.word(wordCategory, f.Category)
		if err != nil || !ok {
			return "", nil, err
		}
		query, args = query+" AND v.category = ?", append(args, id)
	}
	if f.Context != "" {
		id, ok, err := c.word(wordContext, f.Context)
		if err != nil || !ok {
			return "", nil, err
		}
		query, args = query+" AND (v.key >> 24) IN (SELECT article FROM about WHERE context = ?)", append(args, id)
	}
	for _, want := range f.words() {
		ids, err := c.wordsLike(want.kind, want.fits)
		if err != nil || len(ids) == 0 {
			return "", nil, err
		}
		query += " AND v." + want.column + " IN (SELECT value FROM json_each(?))"
		args = append(args, jsonInts(ids))
	}
	if f.Corrections {
		query += " AND v.flags & " + strconv.Itoa(flagCorrected) + " != 0"
	}
	if f.QuietEdits {
		query += " AND v.flags & " + strconv.Itoa(flagCorrected|flagNote) + " = 0"
	}
	return query + " ORDER BY v.seq DESC LIMIT ?", append(args, most(f.Limit)), nil
}

// ceil gives the first whole second that is not before t.
func ceil(t time.Time) int64 {
	if t.Nanosecond() > 0 && t.Unix() < math.MaxInt64 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// wanted is a condition on an interned word.
type wanted struct {
	column string
	kind   int
	fits   func(text string) bool
}

func (f *Filter) words() (list []wanted) {
	if f.Author != "" {
		part := strings.ToLower(f.Author)
		list = append(list, wanted{"author", wordAuthor, func(text string) bool {
			name, email, _ := strings.Cut(text, "\x00")
			return strings.Contains(strings.ToLower(name+" <"+email+">"), part)
		}})
	}
	anyOf := func(kinds []string) {
		list = append(list, wanted{"kinds", wordKinds, func(text string) bool {
			return slices.ContainsFunc(strings.Split(text, ","), func(k string) bool { return slices.Contains(kinds, k) })
		}})
	}
	if len(f.Kinds) > 0 {
		anyOf(f.Kinds)
	}
	if f.QuietEdits {
		anyOf(textKinds[:])
	}
	return list
}

// wordsLike gives the words of a kind that fit. There are few of each: authors,
// and lists of kinds of change.
func (c *conn) wordsLike(kind int, fits func(string) bool) (ids []int64, err error) {
	err = c.each("SELECT id, text FROM words WHERE kind = ?", []driver.Value{int64(kind)}, func(row []driver.Value) error {
		if fits(text(row[1])) {
			ids = append(ids, number(row[0]))
		}
		return nil
	})
	return ids, err
}

func jsonInts(list []int64) string {
	b := []byte{'['}
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, ']'))
}
