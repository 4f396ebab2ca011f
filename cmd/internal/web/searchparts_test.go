package web_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// ferries records articles that say one word, from the i-th on, all at once.
func (s *site) ferries(from, to int) {
	s.t.Helper()
	var drafts []repo.Draft
	for i := from; i < to; i++ {
		// Of several lengths: the order by score is not that of recording.
		st := schema.State{ID: schema.DeriveID(fmt.Sprint("ferry ", i)), Headline: fmt.Sprintf("Ferry %d sails", i), Body: strings.Repeat("The sea was calm. ", 1+i*7%11) + "\n", Date: "2020-05-01"}
		drafts = append(drafts, repo.Draft{Input: schema.Input{State: st, Carries: schema.Fields(schema.FieldHeadline, schema.FieldBody, schema.FieldDate)},
			Author: schema.Person{Name: "Ed", Email: "ed@example.org"}, Published: schema.At(time.Date(2020, 5, 1, 0, i, 0, 0, time.UTC))})
	}
	results, err := s.store.Record(s.t.Context(), drafts, repo.RecordOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			s.t.Fatal(r.Err)
		}
	}
}

// The parts of a search hold each article once that was there when the first was asked
// for, in one order, though others are recorded meanwhile; the answers are as described.
func TestSearchParts(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	d := openDocument(s)
	type hits struct {
		Hits []struct {
			Version struct{ Article string }
			Score   float64
		}
		Next string
	}
	read := func(query string) (h hits, link string) {
		t.Helper()
		answer, body := d.call(0, "GET /search", "/search?"+query, "", http.StatusOK)
		if err := json.Unmarshal([]byte(body), &h); err != nil {
			t.Fatal(err)
		}
		return h, answer.Header.Get("Link")
	}
	if h, link := read("q=ferry&limit=2"); len(h.Hits) != 0 || h.Next != "" || link != "" {
		t.Errorf("in an empty store: %+v %s", h, link)
	}
	s.ferries(0, 9)
	whole, link := read("q=ferry&limit=9")
	if len(whole.Hits) != 9 || whole.Next != "" || link != "" {
		t.Fatalf("%d hits, then %q %q", len(whole.Hits), whole.Next, link)
	}
	var want, got []string
	for _, h := range whole.Hits {
		want = append(want, h.Version.Article)
	}
	parts := 0
	for query := "q=ferry&limit=2"; query != ""; parts++ {
		h, link := read(query)
		for i, hit := range h.Hits {
			if i > 0 && hit.Score > h.Hits[i-1].Score {
				t.Errorf("part %d is not in order", parts)
			}
			got = append(got, hit.Version.Article)
		}
		s.ferries(100+parts, 101+parts)
		query = ""
		if h.Next != "" {
			to, ok := strings.CutSuffix(link, `>; rel="next"`)
			if !ok || !strings.Contains(to, url.QueryEscape(h.Next)) {
				t.Fatalf("the link is %s", link)
			}
			_, query, _ = strings.Cut(to, "?")
			if parts == 2 { // the cursor alone says enough
				query = "q=ferry&cursor=" + h.Next
			}
		} else if link != "" {
			t.Errorf("behind the last part: %s", link)
		}
	}
	slices.Sort(want)
	order := slices.Clone(got)
	slices.Sort(order)
	if parts != 5 || !slices.Equal(order, want) {
		t.Errorf("%d parts hold\n%q, not\n%q", parts, order, want)
	}
	if now, _ := read("q=ferry"); len(now.Hits) != 9+parts {
		t.Errorf("%d hits now", len(now.Hits))
	}
	first, _ := read("q=ferry&limit=2")
	for _, query := range []string{"q=ferry&limit=3&cursor=" + first.Next, "q=ferry&cursor=x", "q=ferry&cursor=bnVsbA", "q=ferry&cursor=" + first.Next + "&cursor=" + first.Next,
		"q=ferry&cursor=" + cursor(`{"before":-1,"skip":2,"limit":2}`), "q=ferry&cursor=" + cursor(`{"before":9,"skip":-2,"limit":2}`),
		"q=ferry&cursor=" + cursor(`{"before":9,"skip":9223372036854775807,"limit":2}`), "q=ferry&cursor=" + cursor(`{"before":9,"skip":2,"limit":501}`),
		"q=ferry&cursor=" + cursor(`{"before":9,"skip":2,"limit":2,"more":1}`), "cursor=" + first.Next} {
		d.call(0, "GET /search", "/search?"+query, "", http.StatusBadRequest)
	}
}

// The page of a search leads to the hits behind it, and back.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.ferries(0, 65)
	headlines := regexp.MustCompile(`<a class="headline"[^>]*>(Ferry \d+ sails)</a>`)
	link := func(page, rel string) string {
		if m := regexp.MustCompile(`<a rel="` + rel + `" href="([^"]*)"`).FindStringSubmatch(page); m != nil {
			return html.UnescapeString(m[1])
		}
		return ""
	}
	seen := map[string]bool{}
	var pages []string
	path := "/search?q=ferry&since=2000-01-01"
	for n, begins := range []int{1, 31, 61} {
		answer, page := s.get(path)
		if answer.StatusCode != http.StatusOK || !strings.Contains(page, fmt.Sprintf(`start="%d"`, begins)) {
			t.Fatalf("%s: %d\n%s", path, answer.StatusCode, page)
		}
		found := headlines.FindAllStringSubmatch(page, -1)
		for _, m := range found {
			if seen[m[1]] {
				t.Errorf("page %d has %s again", n+1, m[1])
			}
			seen[m[1]] = true
		}
		if len(found) != min(30, 65-begins+1) || strings.Contains(page, "feed.atom?cursor") || !strings.Contains(page, "since=2000-01-01") {
			t.Errorf("page %d has %d hits", n+1, len(found))
		}
		if (link(page, "prev") != "") != (n > 0) || (link(page, "next") != "") != (n < 2) {
			t.Errorf("page %d leads to %q and %q", n+1, link(page, "prev"), link(page, "next"))
		}
		if n > 0 && n < 2 && link(page, "prev") != pages[0] {
			t.Errorf("page %d leads back to %q", n+1, link(page, "prev"))
		}
		if n == 2 && link(page, "prev") != pages[1] {
			t.Errorf("page %d leads back to %q", n+1, link(page, "prev"))
		}
		pages = append(pages, path)
		path = link(page, "next")
		s.ferries(100+n, 101+n)
	}
	if len(seen) != 65 {
		t.Errorf("%d hits in all", len(seen))
	}
	for _, query := range []string{"cursor=x", "cursor=" + cursor(`{"before":9,"skip":2,"limit":2}`)} {
		if answer, _ := s.get("/search?q=ferry&" + query); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", query, answer.StatusCode)
		}
	}
}

// cursor makes one up.
func cursor(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
