package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

// changesPage is how many versions stand on one page of Changes.
const changesPage = 200

type changesBody struct {
	Article repo.Version // its current version
	Rows    []changesRow
	Filter  changesFilter
	Hidden  int // versions that the filter leaves out
	Kinds   []diff.Kind
	Authors []string

	All              int // versions in all
	First, Last      repo.Version
	Headlines        int // versions that changed the headline
	Older, Newer     string
	FromRow, ToRow   int // the places of the rows, counted from 1, of those that the filter lets through
	Through          int
	PickFrom, PickTo int // the versions that are picked at first

	Together string // the day on which all were recorded, where that is not when they were published
}

// changesRow is one version in the list.
type changesRow struct {
	repo.Version
	Before      int  // the number of the version published before it; 0 for the first
	Size, Grew  int  // bytes of headline, summary and body, and how many more than before
	Weighed     bool // both are known
	Late        bool // recorded on another day than published
	NewHeadline bool
	Explained   []explainedBy
	Remark      string // the version's note, where it is no correction
}

// explainedBy is a correction with the address of the diff that it is bound to; "" where
// that is the row's own.
type explainedBy struct {
	repo.Correction
	URL string
}

// changesFilter is what of the Changes list is shown.
type changesFilter struct {
	Kind     string
	Author   string
	Quiet    bool // leave out versions that changed typography and white space alone
	Headline bool // only those that changed the headline
	Newest   bool // the newest at the top
	Silent   bool // only changes of text that no note or correction explains

	silent map[int]bool // the numbers of those
}

func (f changesFilter) lets(v *repo.Version) bool {
	return (f.Kind == "" || slices.Contains(v.Kinds, diff.Kind(f.Kind))) &&
		(f.Author == "" || v.Author.Name == f.Author) && !(f.Quiet && diff.Noise(v.Kinds)) &&
		(!f.Silent || f.silent[v.Number]) && (!f.Headline || len(v.Kinds) == 0 || slices.Contains(v.Kinds, diff.KindHeadline))
}

// changes is the list of an article's versions. It is also the form in which two of
// them are picked: ?from=1&to=3 leads to their diff.
func (s *Server) changes(w http.ResponseWriter, r *http.Request, st *story) error {
	q := r.URL.Query()
	if q.Get("from") != "" && q.Get("to") != "" {
		return s.picked(w, st, q.Get("from"), q.Get("to"))
	}
	if st.format == "json" {
		return writeJSON(w, struct {
			Article  string         `json:"article"`
			Versions []repo.Version `json:"versions"`
		}{st.id.String(), st.versions})
	}
	if st.format == "atom" {
		return s.storyFeed(w, r, st)
	}
	body := changesBody{Article: st.current(), All: len(st.versions), First: st.versions[0], Last: st.current(),
		Filter: changesFilter{Kind: q.Get("kind"), Author: q.Get("author"), Quiet: q.Get("quiet") != "", Headline: q.Get("headline") != "", Newest: q.Get("order") == "newest"}}
	if body.Filter.Silent = q.Get("silent") != ""; body.Filter.Silent {
		var err error
		if body.Filter.silent, err = s.store.QuietEdits(r.Context(), st.id); err != nil {
			return err
		}
	}
	body.survey(st.versions)
	body.part(q, st)
	if err := s.weigh(r, st, body.Rows); err != nil {
		return err
	}
	if err := s.explain(r, st, body.Rows); err != nil {
		return err
	}
	if body.Filter.Newest {
		slices.Reverse(body.Rows)
	}
	return s.show(w, "changes", frame{Title: "Changes: " + st.current().Headline, Canonical: address(st.current().Path, viewChanges, "html"),
		Feed: address(st.current().Path, viewChanges, "atom"), Body: body})
}

// survey takes the rows that the filter lets through, and what can be filtered by.
func (b *changesBody) survey(versions []repo.Version) {
	for i, v := range versions {
		row := changesRow{Version: v, Remark: v.Note, Late: v.Recorded.Sub(v.Published.T).Abs() > 24*time.Hour}
		if i > 0 {
			row.Before = versions[i-1].Number
			if row.NewHeadline = v.Headline != versions[i-1].Headline; row.NewHeadline {
				b.Headlines++
			}
		}
		for _, k := range v.Kinds {
			if !slices.Contains(b.Kinds, k) {
				b.Kinds = append(b.Kinds, k)
			}
		}
		if !slices.Contains(b.Authors, v.Author.Name) {
			b.Authors = append(b.Authors, v.Author.Name)
		}
		if b.Filter.lets(&v) {
			b.Rows = append(b.Rows, row)
		} else {
			b.Hidden++
		}
	}
	slices.Sort(b.Authors)
	b.Together = recordedTogether(versions)
	for i := range b.Rows {
		b.Rows[i].Late = b.Rows[i].Late && b.Together == ""
	}
}

// recordedTogether gives the day on which all versions were recorded, long after they
// were published: an import. It is said once then, and not in every row.
func recordedTogether(versions []repo.Version) string {
	day := versions[0].Recorded.Format(time.DateOnly)
	for _, v := range versions {
		if v.Recorded.Format(time.DateOnly) != day || v.Recorded.Sub(v.Published.T) <= 24*time.Hour {
			return ""
		}
	}
	return day
}

// part keeps one page of the rows: the newest unless ?until=N names the last place on it.
func (b *changesBody) part(q url.Values, st *story) {
	b.Through = len(b.Rows)
	last := len(b.Rows)
	if n, err := strconv.Atoi(q.Get("until")); err == nil {
		last = min(max(n, 1), last)
	}
	first := max(last-changesPage, 0)
	link := func(last int) string {
		q := maps.Clone(q)
		q.Set("until", strconv.Itoa(last))
		return address(st.current().Path, viewChanges, "html") + "?" + q.Encode()
	}
	if first > 0 {
		b.Older = link(first)
	}
	if last < len(b.Rows) {
		b.Newer = link(min(last+changesPage, len(b.Rows)))
	}
	b.Rows, b.FromRow, b.ToRow = b.Rows[first:last], first+1, last
	if n := len(b.Rows); n > 1 {
		b.PickFrom, b.PickTo = b.Rows[n-2].Number, b.Rows[n-1].Number
	}
}

// weigh tells how long the versions are.
func (s *Server) weigh(r *http.Request, st *story, rows []changesRow) error {
	for i := range rows {
		row := &rows[i]
		var err error
		if row.Size, err = s.sizeOf(r.Context(), row.Version); err != nil {
			return err
		}
		if row.Before == 0 {
			continue
		}
		before, _ := st.number(row.Before)
		n, err := s.sizeOf(r.Context(), before)
		if err != nil {
			return err
		}
		if row.Weighed = row.Size != unweighed && n != unweighed; row.Weighed {
			row.Grew = row.Size - n
		}
	}
	return nil
}

// explain adds every correction: a version itself tells of the last of its own alone.
func (s *Server) explain(r *http.Request, st *story, rows []changesRow) error {
	if !slices.ContainsFunc(st.versions, func(v repo.Version) bool { return v.Correction != nil }) {
		return nil
	}
	list, err := s.store.Corrections(r.Context(), st.id)
	if err != nil {
		return err
	}
	for i := range rows {
		for _, c := range list {
			if c.To != rows[i].Number {
				continue
			}
			x := explainedBy{Correction: c}
			if c.From != rows[i].Before && c.From != 0 {
				x.URL = diffAddress(st.current().Path, strconv.Itoa(c.From)+".."+strconv.Itoa(c.To), "html")
			}
			if c.Text == rows[i].Remark {
				rows[i].Remark = ""
			}
			rows[i].Explained = append(rows[i].Explained, x)
		}
	}
	return nil
}
