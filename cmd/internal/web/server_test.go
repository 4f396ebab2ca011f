package web_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// site is a store that is served to a test.
type site struct {
	t     testing.TB
	store *repo.Store
	url   string

	handler *web.Server
}

// newSite serves a store with one article of three versions, the second published
// under another headline and so at another address.
func newSite(t testing.TB, change ...func(*web.Options)) *site {
	t.Helper()
	s := emptySite(t, change...)
	for i, headline := range []string{"Two die in storm", "Seven die in storm", "Nine die in storm"} {
		s.record("storm", headline, fmt.Sprintf("The storm reached the coast.\n\nIt was number %d.\n", i), time.Date(2020, 5, 1, 10+i, 0, 0, 0, time.UTC))
	}
	return s
}

// emptySite serves a store without an article, by options that change may change.
func emptySite(t testing.TB, change ...func(*web.Options)) *site {
	t.Helper()
	store, err := repo.Init(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewUnstartedServer(nil)
	s := &site{t: t, store: store, url: "http://" + server.Listener.Addr().String()}
	opt := web.Options{Store: store, Base: s.url}
	for _, c := range change {
		c(&opt)
	}
	handler, err := web.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	s.handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return s
}

func (s *site) record(key, headline, body string, published time.Time) {
	s.t.Helper()
	in := schema.Input{State: schema.State{ID: schema.DeriveID(key), Headline: headline, Body: body, Date: "2020-05-01", Category: "Disasters"},
		Carries: schema.Fields(schema.FieldHeadline, schema.FieldBody, schema.FieldDate, schema.FieldCategory)}
	results, err := s.store.Record(context.Background(), []repo.Draft{{Input: in, Author: schema.Person{Name: "Ed", Email: "ed@example.org"}, Published: schema.At(published)}}, repo.RecordOptions{})
	if err == nil {
		err = results[0].Err
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// get fetches an address without following where it leads.
func (s *site) get(path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	return s.send(http.MethodGet, path, "", header...)
}

const (
	oldPath = "/news/2020/05/1/two-die-in-storm"
	nowPath = "/news/2020/05/1/nine-die-in-storm"
)

func TestPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		path   string
		status int
		want   string // in the body, or the Location
	}{
		{"/", 200, "Nine die in storm"},
		{"/healthz", 200, "ok"},
		{"/news/2020/05/1/", 200, "Nine die in storm"},
		{"/news/2020/05/1/?at=2020-05-01T11:30:00Z", 200, "Seven die in storm"},
		{"/news/2020/05/1/index.md", 200, "### [Nine die in storm ](" + nowPath + ".md)"},
		{"/news/2020/05/1/index.json", 200, `"headline":"Nine die in storm"`},
		{"/news/2020/13/1/", 404, "no such day"},
		{nowPath + ".html", 200, "<h1>Nine die in storm</h1>"},
		{nowPath + ".html?at=2020-05-01T10:30:00Z", 200, "<h1>Two die in storm</h1>"},
		{nowPath + ".html?at=2019", 404, ""},
		{nowPath + ".html?at=1999-01-01", 404, "not there yet"},
		{nowPath + ".html?version=2", 200, "<h1>Seven die in storm</h1>"},
		{nowPath + ".html?version=9", 404, "no version 9"},
		{nowPath + ".md", 200, "_2020-05-01 10:00:00 (First version)_"},
		{nowPath + ".json", 200, `"changes":[{`},
		{nowPath + ".xml", 200, "<headline>Nine die in storm</headline>"},
		{nowPath + "/changes", 200, "headline, body, figure"},
		{nowPath + "/changes?kind=nonsense", 200, "3 not shown"},
		{nowPath + "/changes?from=3&to=1", 303, nowPath + "/diff/1..3.html"},
		{nowPath + "/changes.json", 200, `"version":3,`},
		{nowPath + "/diff", 302, nowPath + "/diff/2..3.html"},
		{nowPath + "/diff/1..3.html", 200, "<del>Two</del><ins>Nine</ins>"},
		{nowPath + "/diff/1..3.txt", 200, "[-Two-]{+Nine+}"},
		{nowPath + "/diff/1..3.json", 200, `"op":"delete"`},
		{nowPath + "/diff/1..3.svg", 200, "<svg"},
		{nowPath + "/diff/1..9.html", 404, "no such versions"},
		{nowPath + "/diff/a..b.html", 404, ""},
		{oldPath + ".html", 301, nowPath + ".html"},
		{oldPath, 301, nowPath + ".html"},
		{oldPath + ".md?x=1", 301, nowPath + ".md?x=1"},
		{oldPath + "/diff/1..2.json", 301, nowPath + "/diff/1..2.json"},
		{"/news/2020/05/1/two-die.html", 404, ""}, // the beginning of a slug is no address
		{nowPath + "/diff?since=2020-05-01T10:30:00Z", 302, nowPath + "/diff/1..3.html"},
		{nowPath + "/diff?since=nonsense", 400, ""},
		{nowPath + "/timeline", 200, "3 versions from 2020-05-01 10:00 to 2020-05-01 12:00"},
		{nowPath + "/blame", 200, "Who wrote each word"},
		{nowPath + "/blame.json?version=2", 200, `"runs":[{"start":0,"end":5,"version":2,"author":{"name":"Ed","email":"ed@example.org"},"published":"2020-05-01T11:00:00Z","words":1}`},
		{"/static/blame.css", 200, "blame"},
		{nowPath + "/timeline.svg", 200, "<svg xmlns"},
		{nowPath + ".html", 200, `"dateModified":"2020-05-01T12:00:00Z"`},
		{"/search", 200, "Search every version"},
		{"/search?q=seven", 200, "<mark>Seven</mark> die in storm"},
		{"/search?q=%22two+die%22", 200, "until"},
		{"/search?q=nonsense", 200, "No version ever held"},
		{"/search?q=%22", 400, ""},
		{"/search?when=1&q=two+die", 200, "appeared"},
		{"/search?when=1&q=never+said", 200, "No version ever said that"},
		{"/search?article=zzz&q=x", 400, ""},
		{"/feed.atom?q=seven", 200, "Seven die in storm"},
		{"/nothing", 404, "no article"},
		{"/static/style.css", 200, "prefers-color-scheme"},
		{"/static/diff.css", 200, ".stemma-diff"},
	} {
		answer, body := s.get(c.path)
		got := body
		if to := answer.Header.Get("Location"); to != "" {
			got = to
		}
		if answer.StatusCode != c.status && !(c.path == nowPath+".html?at=2019" && answer.StatusCode == 400) || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d %.300q, want %d %q", c.path, answer.StatusCode, got, c.status, c.want)
		}
		if csp := answer.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy is %q", c.path, csp)
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{nowPath + ".md", nowPath + "/diff/1..3.html", "/feed.atom", "/feed.json", nowPath + "/changes.atom"} {
		first, _ := s.get(path)
		tag := first.Header.Get("ETag")
		if again, body := s.get(path, "If-None-Match", `"x", W/`+tag); tag == "" || again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: %d for the tag %q", path, again.StatusCode, tag)
		}
	}
	before, _ := s.get("/feed.atom")
	s.record("storm", "Ten die in storm", "x\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	if after, _ := s.get("/feed.atom", "If-None-Match", before.Header.Get("ETag")); after.StatusCode != http.StatusOK {
		t.Errorf("a feed that changed answers %d", after.StatusCode)
	}
}

func TestFeeds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("other", "Zoo & <b>opens</b>", "\x07 body\n", time.Date(2020, 5, 1, 15, 0, 0, 0, time.UTC))
	ids := map[string]string{}
	for path, count := range map[string]int{"/feed.atom": 4, nowPath + "/changes.atom": 3, "/news/2020/05/1/feed.atom": 4, "/feed.atom?kind=figure": 2, "/feed.atom?author=nobody": 0} {
		_, body := s.get(path)
		var feed struct {
			ID      string `xml:"id"`
			Updated string `xml:"updated"`
			Entries []struct {
				ID      string `xml:"id"`
				Title   string `xml:"title"`
				Content string `xml:"content"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal([]byte(body), &feed); err != nil || len(feed.Entries) != count || !strings.HasPrefix(feed.ID, "urn:uuid:") {
			t.Errorf("%s: %d entries, want %d, %v", path, len(feed.Entries), count, err)
		}
		for _, e := range feed.Entries {
			if had, ok := ids[e.ID]; ok && had != e.Title {
				t.Errorf("the id %s is that of %q and of %q", e.ID, had, e.Title)
			}
			ids[e.ID] = e.Title
			if strings.HasPrefix(e.Title, "Nine") && !strings.Contains(e.Content, "<del>Seven</del><ins>Nine</ins>") {
				t.Errorf("%s: %s", e.Title, e.Content)
			}
		}
	}
	if len(ids) != 4 {
		t.Errorf("%d versions have %d ids", 4, len(ids))
	}
	answer, body := s.get("/feed.json")
	var feed struct {
		Version string           `json:"version"`
		Items   []map[string]any `json:"items"`
	}
	if err := json.Unmarshal([]byte(body), &feed); err != nil || feed.Version != "https://jsonfeed.org/version/1.1" || len(feed.Items) != 4 || answer.Header.Get("Content-Type") != "application/feed+json" {
		t.Errorf("%v: %.300s", err, body)
	}
	if answer, _ := s.get("/feed.atom?kind=nonsense"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a kind that is none: %d", answer.StatusCode)
	}
}

func TestMemento(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	original := s.url + nowPath + ".html"
	for when, version := range map[string]string{
		"":                              "3",
		"Fri, 01 May 2020 10:30:00 GMT": "1",
		"Fri, 01 May 2020 11:00:00 GMT": "2",
		"Fri, 01 May 1970 11:00:00 GMT": "1",
		"Fri, 01 May 2099 11:00:00 GMT": "3",
	} {
		answer, _ := s.get("/timegate/"+original, "Accept-Datetime", when)
		if when == "" {
			answer, _ = s.get("/timegate/" + original)
		}
		if answer.StatusCode != http.StatusFound || answer.Header.Get("Location") != original+"?version="+version || answer.Header.Get("Vary") != "accept-datetime" {
			t.Errorf("at %q: %d %s", when, answer.StatusCode, answer.Header.Get("Location"))
		}
	}
	if answer, _ := s.get("/timegate/"+original, "Accept-Datetime", "yesterday"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a time that is none: %d", answer.StatusCode)
	}
	// An address that the article had is an address of it.
	_, links := s.get("/timemap/link/" + s.url + oldPath + ".html")
	for version, when := range map[int]string{1: "Fri, 01 May 2020 10:00:00 GMT", 2: "Fri, 01 May 2020 11:00:00 GMT", 3: "Fri, 01 May 2020 12:00:00 GMT"} {
		if want := fmt.Sprintf("<%s?version=%d>", original, version); !strings.Contains(links, want) || !strings.Contains(links, when) {
			t.Errorf("the TimeMap lacks %s at %s:\n%s", want, when, links)
		}
		answer, _ := s.get(fmt.Sprintf("%s.html?version=%d", nowPath, version))
		if got := answer.Header.Get("Memento-Datetime"); got != when || !strings.Contains(answer.Header.Get("Link"), `rel="original"`) {
			t.Errorf("version %d: Memento-Datetime %q", version, got)
		}
	}
	var m struct {
		Mementos struct{ List []any }
	}
	if _, body := s.get("/timemap/json/" + original); json.Unmarshal([]byte(body), &m) != nil || len(m.Mementos.List) != 3 {
		t.Errorf("the TimeMap in JSON: %s", body)
	}
	if answer, _ := s.get("/timemap/link/" + s.url + "/nothing.html"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("no article: %d", answer.StatusCode)
	}
}

// What an article says never becomes markup of the page.
func TestTextIsNoMarkup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("evil", `<script>alert(1)</script>"onload='x'`, "<script>alert(2)</script>\n\n[x](javascript:alert(3))\n\n<img src=x onerror=alert(4)>\n", time.Date(2020, 5, 1, 15, 0, 0, 0, time.UTC))
	s.record("evil", `<script>alert(5)</script>"onload='y'`, "<svg/onload=alert(6)>\n", time.Date(2020, 5, 1, 16, 0, 0, 0, time.UTC))
	path := "/news/2020/05/1/script-alert-5-script-onload-y"
	for _, p := range []string{"/", "/news/2020/05/1/", path + ".html", path + ".html?version=1", path + "/changes", path + "/diff/1..2.html", path + "/diff/1..2.svg", path + "/blame", path + "/timeline"} {
		answer, body := s.get(p)
		if answer.StatusCode != http.StatusOK || strings.Contains(body, "<script>") || strings.Contains(body, "<svg/onload") || strings.Contains(body, "<img src=x") || strings.Contains(body, "href=\"javascript") {
			t.Errorf("%s: %d, with markup of the article's: %.2000s", p, answer.StatusCode, body)
		}
	}
}

// A reader who comes back is told what changed since, over however many edits; who
// forges the cookie is a new reader.
func TestSinceTheLastLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	look := func(cookie string) (string, string) {
		answer, body := s.get(nowPath+".html", "Cookie", cookie)
		if answer.StatusCode == http.StatusMovedPermanently {
			answer, body = s.get(answer.Header.Get("Location"), "Cookie", cookie)
		}
		if set := answer.Header.Get("Set-Cookie"); set != "" {
			cookie, _, _ = strings.Cut(set, ";")
		}
		return cookie, body
	}
	cookie, body := look("")
	if strings.Contains(body, "since you last looked") || cookie == "" {
		t.Errorf("a new reader: %q, %s", cookie, body)
	}
	if _, body := look(cookie); strings.Contains(body, "since you last looked") {
		t.Error("nothing changed, and the page says that something did")
	}
	for i := range 2 {
		s.record("storm", "Nine die in storm", fmt.Sprintf("Edit %d.\n", i), time.Date(2020, 5, 1, 14+i, 0, 0, 0, time.UTC))
	}
	forged := strings.Replace(cookie, "-3.", "-1.", 1)
	if _, body := look(forged); forged == cookie || strings.Contains(body, "since you last looked") {
		t.Error("a forged cookie is believed")
	}
	cookie, body = look(cookie)
	if !strings.Contains(body, "2 versions.") || !strings.Contains(body, nowPath+"/diff/3..5.html") {
		t.Errorf("what changed since is not told: %s", body)
	}
	if _, body := look(cookie); strings.Contains(body, "since you last looked") {
		t.Error("it is told again")
	}
}

// Whoever comes to a story that was withdrawn is told so, first thing, and led to what
// it said; an earlier version says that it is one, and not that it was withdrawn.
func TestWithdrawnStoriesSaySo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id, err := s.store.Resolve(t.Context(), stormID)
	if err != nil {
		t.Fatal(err)
	}
	if _, page := s.get(nowPath + ".html"); strings.Contains(page, "withdrawn") {
		t.Error("before it was withdrawn:", page)
	}
	if _, err := s.store.Withdraw(t.Context(), id, repo.Actor{}); err != nil {
		t.Fatal(err)
	}
	answer, page := s.get(nowPath + ".html")
	if answer.StatusCode != 200 || !strings.Contains(page, "This article was withdrawn on") || !strings.Contains(page, `href="`+nowPath+`/changes"`) {
		t.Errorf("%d\n%s", answer.StatusCode, page)
	}
	if _, page := s.get(nowPath + ".html?version=1"); strings.Contains(page, "This article was withdrawn") || !strings.Contains(page, "This is version 1") {
		t.Errorf("an earlier version:\n%s", page)
	}
}
