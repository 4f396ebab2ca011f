package repo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

func TestParseSearch(t *testing.T) {
	print := func(q searchQuery) string {
		var parts []string
		for i, list := range [][]diff.Phrase{q.wanted, q.unwanted} {
			for _, p := range list {
				s := strings.Join(p.Words(), "_")
				if p.Prefix() {
					s += "*"
				}
				parts = append(parts, []string{"", "-"}[i]+s)
			}
		}
		return strings.Join(parts, " ")
	}
	for _, c := range []struct{ query, want, wrong string }{
		{query: "iran", want: "iran"},
		{query: "  Iran  IRAQ ", want: "iran iraq"},
		{query: `"Two dead" -ferry`, want: "two_dead -ferry"},
		{query: `a -"b c"* d*`, want: "a d* -b_c*"},
		{query: "U.S.-led", want: "u.s_led"},
		{query: "西班牙", want: "西_班_牙"},
		{query: "„Zwei Tote“ §", want: "zwei_tote §"},
		{query: `a"b c"d`, want: "a b_c d"},
		{query: "a , - b", want: "a b"},
		{query: "AND OR NOT NEAR(a b) ^a {b}: c", want: "and or not near_a b a b c"},
		{query: "", wrong: "there is no word in it"},
		{query: " - ", wrong: "there is no word in it"},
		{query: "-a", wrong: "it only says what must not be there; add a word that must"},
		{query: `a "b`, wrong: "the quotation mark before b is not closed"},
		{query: `a ""`, wrong: `there is no word in ""`},
		{query: "*", wrong: "there is no word in *"},
		{query: "a -.", wrong: "there is no word in -."},
		{query: "a\xff", wrong: "it is no UTF-8 text"},
		{query: strings.Repeat("a ", 65), wrong: "it has more than 64 words; put some into quotation marks"},
	} {
		q, err := parseSearch(c.query)
		reason := ""
		if e, ok := errors.AsType[*QueryError](err); ok {
			reason = e.Reason
		} else if err != nil {
			t.Errorf("%q: %v is no QueryError", c.query, err)
		}
		if got := print(q); got != c.want || reason != c.wrong {
			t.Errorf("%q: %q (%s), want %q (%s)", c.query, got, reason, c.want, c.wrong)
		}
	}
}

func FuzzParseSearch(f *testing.F) {
	for _, s := range []string{"iran", `"two dead" -x*`, `-"`, "„a“*", "**", `""`, "西班*", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := parseSearch(s)
		if err != nil {
			if _, ok := errors.AsType[*QueryError](err); !ok {
				t.Errorf("%q: %v is no QueryError", s, err)
			}
			return
		}
		for _, p := range slices.Concat(q.wanted, q.unwanted) {
			if len(p.Words()) == 0 {
				t.Errorf("%q asks for nothing", s)
			}
		}
		if len(q.wanted) == 0 {
			t.Errorf("%q asks for nothing that must be there", s)
		}
	})
}

// satisfied says during which versions a query holds, by reading every version.
func satisfied(versions []readVersion, q searchQuery) (spans []string) {
	was := false
	for _, v := range versions {
		count := func(p diff.Phrase) (n int) {
			phrase := " " + strings.Join(p.Words(), " ")
			if !p.Prefix() {
				phrase += " "
			}
			for _, texts := range v.fields {
				n += places(texts, phrase)
			}
			return n
		}
		now := true
		for _, p := range q.wanted {
			now = now && count(p) > 0
		}
		for _, p := range q.unwanted {
			now = now && count(p) == 0
		}
		if now && !was {
			spans = append(spans, fmt.Sprint(v.Number))
		} else if was && !now {
			spans[len(spans)-1] += fmt.Sprint("-", v.Number)
		}
		was = now
	}
	return spans
}

// TestSearchEqualsScan plays with a store and asks queries of it.
func TestSearchEqualsScan(t *testing.T) {
	p := &pastime{t: t, s: newStore(t), r: rand.New(rand.NewPCG(1, 9)), at: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	for range 150 {
		p.step()
	}
	all := p.readAll()
	hits := 0
	for range 150 {
		var parts []string
		for range 1 + p.r.IntN(3) {
			versions := all[p.r.IntN(len(all))]
			words := strings.Fields(strings.Join(versions[p.r.IntN(len(versions))].fields["body"], " "))
			if len(words) == 0 {
				continue
			}
			i := p.r.IntN(len(words))
			part := `"` + strings.Join(words[i:min(len(words), i+[]int{1, 1, 2, 3, 7, 11}[p.r.IntN(6)])], " ") + `"`
			if p.r.IntN(4) == 0 {
				part = `"` + words[i][:1+len(words[i])/2] + `"*`
			}
			if p.r.IntN(4) == 0 {
				part = "-" + part
			}
			parts = append(parts, strings.ToValidUTF8(part, ""))
		}
		text := strings.Join(parts, " ")
		q, err := parseSearch(text)
		if err != nil {
			continue
		}
		want := map[schema.ID]string{}
		for _, versions := range all {
			if spans := satisfied(versions, q); len(spans) > 0 {
				want[versions[0].Article] = strings.Join(spans, " ")
			}
		}
		found, err := p.s.Search(context.Background(), SearchQuery{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		got := map[schema.ID]string{}
		for i, h := range found {
			hits++
			var spans []string
			for _, x := range h.Stood {
				s := fmt.Sprint(x.From.Number)
				if x.Until != nil {
					s += fmt.Sprint("-", x.Until.Number)
				}
				spans = append(spans, s)
			}
			got[h.Version.Article] = strings.Join(spans, " ")
			if i > 0 && h.Score > found[i-1].Score {
				t.Errorf("%s: hit %d has a better score than the one before", text, i+1)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("search %s: %v, but reading every version gives %v", text, got, want)
		}
	}
	if hits < 300 {
		t.Errorf("only %d hits were to be found", hits)
	}
}

func TestSearchRanksAndFilters(t *testing.T) {
	s := newStore(t)
	put := func(key, author, headline, body, at string) Version {
		d := draft("2015-09-26", headline)
		d.Article, d.Input.Body, d.Author = schema.DeriveID(key).String(), body, schema.Person{Name: author, Email: "a@example.org"}
		published, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		d.Published = schema.At(published)
		results, err := s.Record(context.Background(), []Draft{{Article: d.Article, Input: schema.Input{State: d.Input.State, Carries: schema.AllFields}, Author: d.Author, Published: d.Published}}, RecordOptions{})
		if err != nil || results[0].Err != nil {
			t.Fatal(err, results)
		}
		return results[0].Version
	}
	put("a", "Ann", "A ferry sinks", "Nobody knows why. "+strings.Repeat("More of it. ", 30), "2020-01-01")
	put("b", "Ben", "Weather", "The ferry was late. "+strings.Repeat("It rained. ", 30), "2020-01-02")
	put("c", "Ben", "Trains", "Nothing happened.", "2020-01-03")
	put("c", "Ann", "Trains", "Nothing happened, says the ferry office.", "2020-01-04")
	put("c", "Ann", "Trains", "Nothing happened, says the office.", "2020-01-05")
	for _, c := range []struct {
		text   string
		filter LogFilter
		want   string
	}{
		{"ferry", LogFilter{}, "A ferry sinks@1 Trains@2 Weather@1"},
		{"ferry", LogFilter{Limit: 1}, "A ferry sinks@1"},
		{"ferry", LogFilter{Author: "ben"}, "Weather@1"},
		{"ferry nothing", LogFilter{}, "Trains@2"},
		{"ferry -sinks", LogFilter{}, "Trains@2 Weather@1"},
		{"ferry", LogFilter{Kinds: []diff.Kind{diff.KindBody}}, "Trains@2"},
		{"office", LogFilter{}, "Trains@2"},
		{"nowhere", LogFilter{}, ""},
		{"ferry", LogFilter{Category: "none"}, ""},
	} {
		hits, err := s.Search(context.Background(), SearchQuery{Text: c.text, Filter: c.filter})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range hits {
			got = append(got, fmt.Sprintf("%s@%d", h.Version.Headline, h.Version.Number))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("search %s %+v: %q, want %q", c.text, c.filter, got, c.want)
		}
	}
}

// TestSearchInParts asks for hits part by part: together they are each hit once, the
// best group first, and with Before no hit counts that came since.
func TestSearchInParts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	put := func(from, to int) {
		t.Helper()
		var drafts []Draft
		for i := from; i < to; i++ {
			d := draft("2015-09-26", fmt.Sprint("Event ", i))
			d.Article = schema.DeriveID(fmt.Sprint(i)).String()
			d.Input.Body = strings.Repeat("A ferry. ", 1+i%5) + strings.Repeat("It rained. ", i%17)
			drafts = append(drafts, d)
		}
		results, err := s.Record(t.Context(), drafts, RecordOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	put(0, 130)
	before := int64(0)
	for v, err := range s.Log(t.Context(), LogFilter{Limit: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		before = v.Sequence() + 1
	}
	all, err := s.Search(t.Context(), SearchQuery{Text: "ferry"})
	if err != nil || len(all) != 130 {
		t.Fatal(len(all), err)
	}
	put(130, 135)
	const limit = 7
	seen := map[schema.ID]bool{}
	for skip := 0; ; skip += limit {
		part, err := s.Search(t.Context(), SearchQuery{Text: "ferry", Filter: LogFilter{Limit: limit, Before: before}, Skip: skip})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range part {
			if seen[h.Version.Article] || h.Version.Sequence() >= before {
				t.Errorf("part after %d: hit %d is %s", skip, i, h.Version.Headline)
			}
			seen[h.Version.Article] = true
			if i > 0 && skip+i < evaluated && h.Score > part[i-1].Score {
				t.Errorf("hit %d has a better score than the one before", skip+i)
			}
		}
		if len(part) < limit {
			break
		}
	}
	if len(seen) != len(all) {
		t.Errorf("the parts hold %d hits, there are %d", len(seen), len(all))
	}
	if since, err := s.Search(t.Context(), SearchQuery{Text: "ferry"}); err != nil || len(since) != 135 {
		t.Errorf("without Before there are %d hits, %v", len(since), err)
	}
}
