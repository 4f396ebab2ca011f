package index

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// same reports a difference between what was found and what the model says; nil
// and empty lists are the same.
func same(t *testing.T, what string, got, want any, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if g.Kind() == reflect.Slice && g.Len() == 0 && w.Len() == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\ngot  %v\nwant %v", what, got, want)
	}
}

// sameRow compares an answer of one row.
func sameRow(t *testing.T, what string, got Row, ok bool, want *modelVersion, err error) {
	t.Helper()
	if want == nil {
		same(t, what+" (is there)", ok, false, err)
		same(t, what, got, Row{}, err)
		return
	}
	same(t, what+" (is there)", ok, true, err)
	same(t, what, got, want.Row, err)
}

// compare asks both everything.
func compare(t *testing.T, w *world, m *model, r reader) {
	t.Helper()
	tip, err := r.Tip()
	same(t, "Tip", tip, m.tip, err)
	seq, err := r.Seq()
	same(t, "Seq", seq, m.seq(), err)
	articles, versions, err := r.Counts()
	same(t, "Counts", []int{articles, versions}, []int{len(m.articles()), len(m.versions)}, err)
	problems, err := r.Problems()
	same(t, "Problems", problems, m.problems, err)
	for _, id := range append(w.ids, schema.DeriveID("nobody"), schema.ID{}) {
		compareArticle(t, w, m, r, id)
	}
	compareStore(t, w, m, r)
	compareAddresses(t, w, m, r)
}

func compareArticle(t *testing.T, w *world, m *model, r reader, id schema.ID) {
	t.Helper()
	what := id.String()
	own := m.of(id)
	rows, err := r.Versions(id)
	same(t, "Versions "+what, rows, rowsOf(own), err)
	number := w.IntN(6)
	row, ok, err := r.Version(id, number)
	sameRow(t, "Version "+what, row, ok, m.find(id, number), err)
	row, ok, err = r.Current(id)
	sameRow(t, "Current "+what, row, ok, m.current(id), err)
	for _, byRecorded := range []bool{false, true} {
		at := w.time()
		row, ok, err = r.AsOf(id, at, byRecorded)
		sameRow(t, fmt.Sprint("AsOf ", what, at, byRecorded), row, ok, m.at(id, at, byRecorded), err)
	}
	row, ok, err = r.Tail(id)
	sameRow(t, "Tail "+what, row, ok, m.tail(id), err)
	comparePlaces(t, w, m, r, id)
	ok, err = r.Exists(id)
	same(t, "Exists "+what, ok, len(own) > 0, err)
	next, err := r.NextNumber(id)
	same(t, "NextNumber "+what, next, m.high[id]+1, err)
	to, ok, err := r.Redirect(id)
	wantTo, wantOK := m.redirect(id)
	same(t, "Redirect "+what, fmt.Sprint(to, ok), fmt.Sprint(wantTo, wantOK), err)
	contexts, err := r.Contexts(id)
	same(t, "Contexts "+what, contexts, m.contexts(id), err)
	related, err := r.Related(id, 0)
	want := m.related(id)
	same(t, "Related "+what, related, want, err)
	related, err = r.Related(id, 2)
	same(t, "Related limited "+what, related, want[:min(len(want), 2)], err)
	corrections, err := r.Corrections(id)
	same(t, "Corrections "+what, corrections, slices.DeleteFunc(slices.Clone(m.corrections), func(c Correction) bool { return c.Article != id }), err)

	var headlines, current, all, files []string
	for _, v := range own {
		if !slices.Contains(headlines, v.Headline) {
			headlines = append(headlines, v.Headline)
		}
		for _, a := range v.aliases {
			if a.Kind == AliasSource {
				all = append(all, a.Key)
				if v == m.current(id) {
					current = append(current, a.Key)
				}
			}
		}
	}
	list, err := r.Headlines(id)
	same(t, "Headlines "+what, list, headlines, err)
	gotCurrent, gotAll, err := r.SourceKeys(id)
	same(t, "SourceKeys "+what, gotCurrent, sorted(current), err)
	same(t, "SourceKeys, all, "+what, gotAll, sorted(all), err)
	for path, of := range m.files {
		if of == id {
			files = append(files, path)
		}
	}
	list, err = r.FilesOf(id)
	same(t, "FilesOf "+what, list, sorted(files), err)
}

// comparePlaces asks what stands beside a place: that of a version, or any other.
func comparePlaces(t *testing.T, w *world, m *model, r reader, id schema.ID) {
	t.Helper()
	at := &Row{Article: id, Number: w.IntN(40), Published: schema.At(w.time())}
	if own := m.of(id); len(own) > 0 && w.IntN(3) > 0 {
		at = &pick(w, own...).Row
	}
	content := hash(w.IntN(4))
	what := fmt.Sprint(" version ", at.Number, " of ", id, " at ", at.Published)
	row, ok, err := r.Before(at)
	sameRow(t, "Before"+what, row, ok, m.beside(at, true, nil), err)
	row, ok, err = r.After(at)
	sameRow(t, "After"+what, row, ok, m.beside(at, false, nil), err)
	row, ok, err = r.LastBefore(at, content)
	sameRow(t, "LastBefore"+what, row, ok, m.beside(at, true, &content), err)
	row, ok, err = r.FirstAfter(at, content)
	sameRow(t, "FirstAfter"+what, row, ok, m.beside(at, false, &content), err)
}

func compareStore(t *testing.T, w *world, m *model, r reader) {
	t.Helper()
	for range 6 {
		d, at, byRecorded := w.date(), pick(w, w.time(), time.Time{}), w.IntN(2) == 0
		rows, err := r.OnDate(d)
		same(t, "OnDate "+string(d), rows, m.onDate(d), err)
		rows, err = r.Days(d, at, byRecorded)
		same(t, fmt.Sprint("Days ", d, at, byRecorded), rows, m.days(d, at, byRecorded), err)
		day, ok, err := r.PreviousDay(d)
		same(t, "PreviousDay "+string(d), day, m.previousDay(d), err)
		same(t, "PreviousDay is there", ok, m.previousDay(d) != "", err)

		f := ListFilter{At: at, ByRecorded: byRecorded}
		if w.IntN(3) == 0 {
			f.Date = d
		}
		f.Context = pick(w, "", "", "Iran", "Punjab, Pakistan", "nowhere")
		f.Category = pick(w, "", "", "Sport", "none")
		f.Status = pick(w, "", "", schema.Usable, schema.Canceled)
		rows, err = r.List(f)
		same(t, fmt.Sprintf("List %+v", f), rows, m.list(f), err)
		if f.Date == "" {
			f.few = pick[int64](w, 0, 1)
			compareParts(t, r, m, f, d, pick(w, 1, 2, 5))
		}

		l := Filter{Author: pick(w, "", "", "ADA <", "æRØ", "nobody"), Category: pick(w, "", "", "Sport", "none"),
			Context: pick(w, "", "", "Iraq", "nowhere"), Corrections: w.IntN(4) == 0, QuietEdits: w.IntN(4) == 0, Limit: pick(w, 0, 0, 1, 3)}
		l.Kinds = w.some("headline", "figure", "never")
		if w.IntN(3) == 0 {
			l.Since = w.time().Add(pick(w, 0, time.Nanosecond))
		}
		if w.IntN(3) == 0 {
			l.Until = w.time().Add(pick(w, 0, time.Nanosecond))
		}
		var got []Row
		for row, err := range r.Log(l) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row)
		}
		same(t, fmt.Sprintf("Log %+v", l), got, m.log(l), nil)

		seal := fmt.Sprintf("%x", hash(-2))
		if len(w.seals) > 0 {
			seal = fmt.Sprintf("%x", pick(w, w.seals...))
		}
		seal = seal[:pick(w, 0, 1, 2, 7, 15, 16, 17, 64)]
		id := pick(w, pick(w, w.ids...), schema.ID{})
		rows, err = r.BySeal(id, pick(w, seal, strings.ToUpper(seal)))
		same(t, fmt.Sprint("BySeal ", id, seal), rows, m.bySeal(id, seal), err)
		commit := hash(w.IntN(int(w.seq) + 1))
		rows, err = r.ByCommit([20]byte(commit[:20]))
		same(t, "ByCommit", rows, m.byCommit([20]byte(commit[:20])), err)
	}
	for _, c := range []string{"Iran", "Punjab, Pakistan", "nowhere", ""} {
		ok, err := r.KnownContext(c)
		same(t, "KnownContext "+c, ok, slices.ContainsFunc(m.articles(), func(id schema.ID) bool { return slices.Contains(m.contexts(id), c) }), err)
	}
	for _, p := range []string{"moved.md", "a/b.md"} {
		id, ok, err := r.FileArticle(p)
		want, wantOK := m.files[p]
		same(t, "FileArticle "+p, fmt.Sprint(id, ok), fmt.Sprint(want, wantOK), err)
	}
}

func compareAddresses(t *testing.T, w *world, m *model, r reader) {
	t.Helper()
	key := pick(w, "/news/2015/09/26/two-dead", "//example.org/story", "guid-1", "%_", "", "nothing", "plain", "plain")
	list, err := r.Aliases(key)
	same(t, "Aliases "+key, list, m.aliases(func(a Alias) bool { return a.Key == key }), err)
	limit := pick(w, 0, 2)
	first := func(list []Alias) []Alias {
		if limit > 0 {
			return list[:min(len(list), limit)]
		}
		return list
	}
	prefix := pick(w, "", "/news", "/news/2015/09/26/two", "p", "%", "\xff")
	list, err = r.AliasPrefix(prefix, limit)
	same(t, "AliasPrefix "+prefix, list, first(m.aliases(func(a Alias) bool { return a.Kind == AliasPath && strings.HasPrefix(a.Key, prefix) })), err)
	prefix = pick(w, "", "two", "two-dead", "p", "%", "\xff")
	list, err = r.SlugPrefix(prefix, limit)
	slug := func(a Alias) string { return a.Key[strings.LastIndexByte(a.Key, '/')+1:] }
	want := m.aliases(func(a Alias) bool { return a.Kind == AliasPath && strings.HasPrefix(slug(a), prefix) })
	slices.SortStableFunc(want, func(a, b Alias) int { return cmp.Compare(slug(a), slug(b)) })
	same(t, "SlugPrefix "+prefix, list, first(want), err)

	prefix = pick(w, "", "two", w.ids[0].String()[:w.IntN(5)])
	words, err := r.Complete(prefix, limit)
	complete := m.complete(prefix)
	if limit > 0 {
		complete = complete[:min(len(complete), limit)]
	}
	same(t, "Complete "+prefix, words, complete, err)
	var ids []schema.ID
	for _, s := range m.complete(prefix) {
		if id, err := schema.ParseID(s); err == nil {
			ids = append(ids, id)
		}
	}
	got, err := r.ArticlesWithPrefix(prefix, 0)
	same(t, "ArticlesWithPrefix "+prefix, got, ids, err)
}

// compareParts compares a list that ends where enough was found: it is the beginning of
// what the model lists from a date on, and ends with a date.
func compareParts(t *testing.T, r reader, m *model, f ListFilter, from schema.Date, enough int) {
	t.Helper()
	all := slices.DeleteFunc(m.list(f), func(v Row) bool { return dayOf(v.Date) < dayOf(from) })
	f.From, f.Enough = from, enough
	rows, err := r.List(f)
	behind := 0
	for _, v := range rows {
		if dayOf(v.Date) > dayOf(from) {
			behind++
		}
	}
	if n := len(rows); n < len(all) && (behind < enough || n > 0 && all[n].Date == rows[n-1].Date) {
		t.Errorf("List %+v ends after %d of %d", f, n, len(all))
	}
	same(t, fmt.Sprintf("List %+v", f), rows, all[:min(len(rows), len(all))], err)
}
