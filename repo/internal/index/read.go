package index

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// Reader answers questions. Each answer is of one moment: the last commit, or, in
// a transaction, what it has written. A limit of 0 or less means all.
type Reader struct {
	src source
}

// source is what a Reader asks: a DB or a Tx.
type source interface {
	// view runs f on a connection that shows one state of the index throughout.
	view(f func(*conn) error) error
}

// View runs f with a Reader of which all answers are of one moment, and quicker where
// many are asked for: a connection is held until f returns. It is one goroutine's.
func (db *DB) View(f func(Reader) error) error {
	return db.view(func(c *conn) error { return f(Reader{inView{c}}) })
}

// inView is a moment that is being looked at.
type inView struct{ c *conn }

func (v inView) view(f func(*conn) error) error { return f(v.c) }

// Tip gives the commit that the index covers, zero where it covers nothing.
func (r Reader) Tip() (tip [20]byte, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each("SELECT tip FROM meta", nil, func(row []driver.Value) error {
			copy(tip[:], blob(row[0]))
			return nil
		})
	})
	return tip, wrap(err, "read the commit covered")
}

// Seq gives the greatest Seq of a version or a correction, 0 where there is none.
func (r Reader) Seq() (seq int64, err error) {
	err = r.src.view(func(c *conn) (err error) {
		seq, _, err = c.int("SELECT max(ifnull((SELECT max(seq) FROM log), 0), ifnull((SELECT max(seq) FROM corrections), 0))")
		return err
	})
	return seq, wrap(err, "read the last place in the order of recording")
}

// NextNumber gives the number that the next version of the article gets: one more
// than the greatest it was ever given, also where that version has moved away.
func (r Reader) NextNumber(article schema.ID) (number int, err error) {
	number = 1
	err = r.src.view(func(c *conn) error {
		n, _, err := c.int("SELECT high FROM articles WHERE id = ?", article.String())
		number += int(n)
		return err
	})
	return number, wrap(err, "number the next version of %s", article)
}

// Counts gives the number of articles that have versions, and of versions.
func (r Reader) Counts() (articles, versions int, err error) {
	err = r.src.view(func(c *conn) error {
		n, _, err := c.int("SELECT count(*) FROM articles WHERE count > 0")
		if err != nil {
			return err
		}
		articles = int(n)
		n, _, err = c.int("SELECT count(*) FROM versions")
		versions = int(n)
		return err
	})
	return articles, versions, wrap(err, "count")
}

// Versions gives an article's versions, by Number.
func (r Reader) Versions(article schema.ID) (rows []Row, err error) {
	err = r.src.view(func(c *conn) error {
		num, count, err := c.find(article)
		if err != nil {
			return err
		}
		rows = make([]Row, 0, count)
		return c.versions(article, num, &rows)
	})
	return rows, wrap(err, "read the versions of %s", article)
}

// versionData is a query for the blobs of versions of one article.
const versionData = "SELECT v.key, d.data FROM versions v JOIN data d ON d.seq = v.seq WHERE v.key BETWEEN ? AND ? ORDER BY v.key"

// versions appends an article's versions, by Number.
func (c *conn) versions(article schema.ID, num int64, rows *[]Row) error {
	return c.each(versionData, span(num), func(row []driver.Value) error {
		v, err := decode(article, numberOf(number(row[0])), blob(row[1]))
		*rows = append(*rows, v)
		return err
	})
}

// find gives an article's num and how many versions it has; 0, 0 where it is not
// known.
func (c *conn) find(article schema.ID) (num int64, count int, err error) {
	err = c.each("SELECT num, count FROM articles WHERE id = ?", []driver.Value{article.String()}, func(row []driver.Value) error {
		num, count = number(row[0]), int(number(row[1]))
		return nil
	})
	return num, count, err
}

// span gives the first and the last key that versions of an article can have.
func span(num int64) []driver.Value {
	return []driver.Value{keyOf(num, 0), keyOf(num+1, 0) - 1}
}

// Version gives one version, and whether there is such a one.
func (r Reader) Version(article schema.ID, number int) (Row, bool, error) {
	return r.one("read version %d of %s", []any{number, article}, `
		SELECT v.key, d.data, a.id FROM articles a JOIN versions v ON v.key = a.num << 24 | ? JOIN data d ON d.seq = v.seq
		WHERE a.id = ? AND a.count > 0`, int64(number), article.String())
}

// Current gives an article's current version: the one published last, among equals
// the one with the greatest Number; and whether it has versions at all.
func (r Reader) Current(article schema.ID) (Row, bool, error) {
	return r.one("read the current version of %s", []any{article}, currentRows+" AND a.id = ?", article.String())
}

// AsOf gives the version that was current at t: by the published clock the one
// published last among those published until t, by the recorded clock the one
// published last among those recorded until t. A day alone counts as its first
// second. It reports whether there was any.
func (r Reader) AsOf(article schema.ID, t time.Time, byRecorded bool) (v Row, ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		num, _, err := c.find(article)
		if err == nil && num != 0 {
			v, ok, err = c.asOf(num, t, byRecorded)
		}
		return err
	})
	return v, ok, wrap(err, "read %s at %s", article, t.UTC().Format(time.RFC3339))
}

// asOf gives the version of an article that was current at t.
func (c *conn) asOf(num int64, t time.Time, byRecorded bool) (Row, bool, error) {
	seconds := t.Unix()
	if byRecorded {
		list, err := c.rows(`SELECT v.key, d.data, a.id FROM versions v JOIN data d ON d.seq = v.seq JOIN articles a ON a.num = ?2 WHERE v.key = (
			SELECT key FROM versions WHERE key BETWEEN ?2 << 24 AND (?2 + 1 << 24) - 1 AND recorded <= ?1
			ORDER BY published DESC, key DESC LIMIT 1)`, seconds, num)
		return first(list), len(list) > 0, err
	}
	// Mostly it is the one that is current now, which is at hand.
	list, err := c.rows(currentRows+" AND a.num = ? AND a.published <= ?", num, seconds)
	if err != nil || len(list) > 0 {
		return first(list), len(list) > 0, err
	}
	key, ok, err := c.lastUntil(num, seconds)
	if err != nil || !ok {
		return Row{}, false, err
	}
	return c.byKey(key)
}

// first gives the first row, zero where there is none.
func first(list []Row) Row {
	if len(list) == 0 {
		return Row{}
	}
	return list[0]
}

// Tail gives the last version, by Seq, in the chain of seals that an article
// began, wherever that version belongs now; and whether there is one.
func (r Reader) Tail(origin schema.ID) (Row, bool, error) {
	return r.one("read the end of the chain of %s", []any{origin}, `
		SELECT l.key, d.data, a.id FROM log l JOIN data d ON d.seq = l.seq JOIN articles a ON a.num = l.key >> 24
		WHERE l.seq = (SELECT tail FROM articles WHERE id = ?)`, origin.String())
}

// Exists reports whether the article has versions.
func (r Reader) Exists(article schema.ID) (ok bool, err error) {
	err = r.src.view(func(c *conn) error {
		_, n, err := c.find(article)
		ok = n > 0
		return err
	})
	return ok, wrap(err, "look for article %s", article)
}

// ByCommit gives the versions that a commit brought, by Seq. They must have been
// added one after another. The newest commits are found at once; for an old one
// the log is read back to it.
func (r Reader) ByCommit(commit [20]byte) (rows []Row, err error) {
	err = r.src.view(func(c *conn) error {
		n := eight(commit[:])
		newest, ok, err := c.int("SELECT seq FROM log WHERE commit8 = ? ORDER BY seq DESC LIMIT 1", n)
		if err != nil || !ok {
			return err
		}
		return c.each(`SELECT l.key, d.data, a.id FROM log l CROSS JOIN data d ON d.seq = l.seq CROSS JOIN articles a ON a.num = l.key >> 24
			WHERE l.seq <= ? ORDER BY l.seq DESC`, []driver.Value{newest}, func(row []driver.Value) error {
			v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
			if err != nil {
				return err
			}
			if v.Commit != commit {
				return errStop
			}
			rows = append(rows, v)
			return nil
		})
	})
	slices.Reverse(rows)
	return rows, wrap(err, "read the versions of commit %x", commit)
}

// BySeal gives the versions whose seal begins with the hex digits of prefix, of
// one article or, where it is zero, of all, by Seq.
func (r Reader) BySeal(article schema.ID, prefix string) (rows []Row, err error) {
	low, high, ok := sealRange(prefix)
	if !ok {
		return nil, nil
	}
	// Few digits fit many seals: an article's own versions are then fewer.
	query := `SELECT l.key, d.data, a.id FROM seals s CROSS JOIN log l ON l.seq = s.seq CROSS JOIN data d ON d.seq = l.seq
		CROSS JOIN articles a ON a.num = l.key >> 24 WHERE s.seal8 BETWEEN ? AND ? ORDER BY s.seq`
	args := []driver.Value{low, high}
	if !article.IsZero() {
		query = `SELECT v.key, d.data, a.id FROM articles a CROSS JOIN versions v CROSS JOIN data d ON d.seq = v.seq
			WHERE a.id = ? AND v.key BETWEEN a.num << 24 AND (a.num + 1 << 24) - 1 ORDER BY v.seq`
		args = []driver.Value{article.String()}
	}
	all, err := r.rows("look for the seal %s", []any{prefix}, query, args...)
	prefix = strings.ToLower(prefix)
	for _, v := range all {
		if strings.HasPrefix(hex.EncodeToString(v.Seal[:]), prefix) {
			rows = append(rows, v)
		}
	}
	return rows, err
}

// sealRange gives the least and the greatest first eight bytes that a hash with
// the hex prefix can have.
func sealRange(prefix string) (low, high int64, ok bool) {
	if len(prefix) > 2*len(Row{}.Seal) {
		return 0, 0, false
	}
	head := prefix[:min(len(prefix), 16)]
	lo, err := hex.DecodeString(head + strings.Repeat("0", 16-len(head)))
	if err != nil {
		return 0, 0, false
	}
	hi, err := hex.DecodeString(head + strings.Repeat("f", 16-len(head)))
	if err != nil {
		return 0, 0, false
	}
	return eight(lo), eight(hi), true
}

// Headlines gives the distinct headlines that an article had, in the order of the
// versions' numbers.
func (r Reader) Headlines(article schema.ID) ([]string, error) {
	rows, err := r.Versions(article)
	return headlines(rows), err
}

func headlines(rows []Row) []string {
	var list []string
	seen := make(map[string]bool)
	for _, v := range rows {
		if !seen[v.Headline] {
			seen[v.Headline] = true
			list = append(list, v.Headline)
		}
	}
	return list
}

// Corrections gives the notices about versions that belong to the article now, by
// Seq.
func (r Reader) Corrections(article schema.ID) (list []Correction, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each(`SELECT c.data FROM corrections c JOIN articles a ON a.num = c.article
			WHERE a.id = ? ORDER BY c.seq, c.id`, []driver.Value{article.String()}, func(row []driver.Value) error {
			x, err := decodeCorrection(article, blob(row[0]))
			list = append(list, x)
			return err
		})
	})
	return list, wrap(err, "read the corrections of %s", article)
}

// Noticed reports whether there is any notice at all: of most stores there is none,
// and then nobody needs to ask about one article after another.
func (r Reader) Noticed() (some bool, err error) {
	err = r.src.view(func(c *conn) error {
		_, some, err = c.int("SELECT 1 FROM corrections LIMIT 1")
		return err
	})
	return some, wrap(err, "look for corrections")
}

// Problems gives everything broken that was met, in the order in which it was.
func (r Reader) Problems() (list []Problem, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each(`SELECT "commit", path, line, field, reason FROM problems ORDER BY id`, nil, func(row []driver.Value) error {
			list = append(list, readProblem(row))
			return nil
		})
	})
	return list, wrap(err, "read the problems met")
}

// rows gives the rows of a query for key, data and article id.
func (r Reader) rows(what string, about []any, query string, args ...driver.Value) (list []Row, err error) {
	err = r.src.view(func(c *conn) (err error) {
		list, err = c.rows(query, args...)
		return err
	})
	return list, wrap(err, what, about...)
}

func (c *conn) rows(query string, args ...driver.Value) (list []Row, err error) {
	err = c.each(query, args, func(row []driver.Value) error {
		v, err := decode(idOf(row[2]), numberOf(number(row[0])), blob(row[1]))
		list = append(list, v)
		return err
	})
	return list, err
}

// one gives the first of them.
func (r Reader) one(what string, about []any, query string, args ...driver.Value) (Row, bool, error) {
	list, err := r.rows(what, about, query, args...)
	return first(list), len(list) > 0, err
}

// idOf reads a column that holds an article's id.
func idOf(v driver.Value) (id schema.ID) {
	copy(id[:], text(v))
	return id
}

// most gives the number of rows that a LIMIT lets through.
func most(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// wrap says what was being done when err came up.
func wrap(err error, what string, about ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("index: "+what+": %w", append(about, err)...)
}
