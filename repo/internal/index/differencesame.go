package index

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"
)

// Two indexes that took the same history in, one version after another, number their
// articles and words alike, as a rule. Then they are equal where their tables are, and
// that the engine can tell in one pass for each, at a small part of what it takes to
// hand every row over to be compared. Where it can't, rows are compared as they mean.

// comparedTable is a table whose rows are to be the same in both indexes: those with the same
// key must not differ in the other columns.
type comparedTable struct {
	table      string
	key, other []string
	where      string // which rows count, of either; "" for all
}

// comparedTables lists the tables, but for those that hold versions and the words, which are
// asked for in ways of their own.
func comparedTables() []comparedTable {
	return []comparedTable{
		{"articles", []string{"num"}, []string{"id", "count", "high", "current", "seq", "published", "day", "first", "tail", "redirect", "added"},
			// An article that was asked for leaves a row that says nothing.
			"(x.count OR x.high OR x.current OR x.seq OR x.published OR x.day OR x.first OR x.tail OR x.redirect OR x.added IS NOT NULL)"},
		{"seals", []string{"seal8", "seq"}, nil, ""},
		{"dated", []string{"day", "article"}, nil, ""},
		{"about", []string{"context", "day", "article"}, nil, ""},
		{"leads", []string{"tail", "folder", "kind", "article"}, []string{"day"}, ""},
		{"files", []string{"path"}, []string{"article"}, ""},
		{"moved", []string{"id"}, []string{"seq", "path", "article"}, ""},
		{"corrections", []string{"id"}, []string{"article", "seq", "to8", "data"}, ""},
		{"problems", []string{"id"}, []string{"seq", `"commit"`, "path", "line", "field", "reason"}, ""},
	}
}

// pairs gives the condition that rows h and w say the same.
func pairs(key, other []string) string {
	var list []string
	for _, c := range key {
		list = append(list, "h."+c+" = w."+c)
	}
	for _, c := range other {
		list = append(list, "h."+c+" IS w."+c)
	}
	return strings.Join(list, " AND ")
}

// sameTables reports whether the engine finds two indexes equal, number by number. It
// is false too where something keeps it from looking; an error is that of ctx.
func sameTables(ctx context.Context, have, want *DB, progress func(versions int)) (same bool, err error) {
	c, err := connect(have.path)
	if err != nil {
		return false, nil // the rows tell what is wrong
	}
	defer c.close() // only read: nothing is lost
	uri := url.URL{Path: filepath.ToSlash(want.path)}
	if c.exec("ATTACH ? AS other", "file:"+uri.EscapedPath()) != nil || c.exec("BEGIN") != nil {
		return false, nil
	}
	s := &sameness{ctx: ctx, conn: c, progress: progress}
	for _, step := range []func() bool{s.words, s.versions} {
		if !step() {
			return false, ctx.Err()
		}
	}
	for _, t := range comparedTables() {
		if ctx.Err() != nil || !s.table(t) {
			return false, ctx.Err()
		}
	}
	return true, nil
}

// sameness asks a connection that has one index as main and the other as other.
type sameness struct {
	*conn
	ctx      context.Context
	progress func(versions int)
}

// counts reports whether all queries give the same number, and gives it.
func (s *sameness) counts(queries ...string) (n int64, same bool) {
	for i, q := range queries {
		m, ok, err := s.int(q)
		if err != nil || !ok || i > 0 && m != n {
			return 0, false
		}
		n = m
	}
	return n, true
}

// words reports whether all words of other have the same numbers in main, which may
// know more of them.
func (s *sameness) words() bool {
	_, same := s.counts("SELECT count(*) FROM other.words",
		"SELECT count(*) FROM other.words w CROSS JOIN main.words h WHERE "+pairs([]string{"id"}, []string{"kind", "text"}))
	return same
}

func (s *sameness) table(t comparedTable) bool {
	where := func(row string) string {
		if t.where == "" {
			return ""
		}
		return strings.ReplaceAll(t.where, "x.", row+".")
	}
	both := "SELECT count(*) FROM other." + t.table + " w CROSS JOIN main." + t.table + " h WHERE " + pairs(t.key, t.other)
	queries := []string{"SELECT count(*) FROM main." + t.table + " x", "SELECT count(*) FROM other." + t.table + " x"}
	if t.where != "" {
		for i := range queries {
			queries[i] += " WHERE " + t.where
		}
		both += " AND " + where("w")
	}
	_, same := s.counts(append(queries, both)...)
	return same
}

// sameRows counts the versions between two places of which both indexes say the same.
var sameRows = `SELECT count(*) FROM other.log w CROSS JOIN main.log h ON h.seq = w.seq
	CROSS JOIN other.data wd ON wd.seq = w.seq CROSS JOIN main.data hd ON hd.seq = w.seq
	CROSS JOIN other.versions wv ON wv.key = w.key CROSS JOIN main.versions hv ON hv.key = w.key
	WHERE w.seq BETWEEN ? AND ? AND ` + pairs(nil, []string{"key", "commit8", "recorded", "author", "category", "kinds", "flags"}) + `
	AND hd.data IS wd.data AND wv.seq = w.seq AND hv.seq IS wv.seq
	AND hv.published IS wv.published AND hv.recorded IS wv.recorded AND hv.content8 IS wv.content8`

// sameStretch is how many versions one question is about.
const sameStretch = 1 << 14

func (s *sameness) versions() bool {
	var queries []string
	for _, table := range []string{"log", "data", "versions"} {
		queries = append(queries, "SELECT count(*) FROM main."+table, "SELECT count(*) FROM other."+table)
	}
	total, same := s.counts(queries...)
	if !same {
		return false
	}
	last, _, err := s.int("SELECT max(seq) FROM other.log")
	if err != nil {
		return false
	}
	first, _, err := s.int("SELECT min(seq) FROM other.log")
	if err != nil {
		return false
	}
	done := int64(0)
	for from := first; done < total && from <= last; from += sameStretch {
		if s.ctx.Err() != nil {
			return false
		}
		to := from + sameStretch - 1
		n, _, err := s.int(sameRows, from, to)
		if err != nil {
			return false
		}
		want, _, err := s.int("SELECT count(*) FROM other.log WHERE seq BETWEEN ? AND ?", from, to)
		if err != nil || n != want {
			return false
		}
		if done += n; s.progress != nil && n > 0 {
			s.progress(int(done))
		}
	}
	return done == total
}
