package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// A pair may be open at one end: what a version changed, and what changed since one.
// Such an address leads to that of the two versions, which says what lies between them.
func TestDiffPairs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("alone", "Alone", "x\n", time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC))
	alone := "/news/2020/05/1/alone"
	for path, want := range map[string]string{
		nowPath + "/diff/..2.html":   nowPath + "/diff/1..2.html",
		nowPath + "/diff/2...html":   nowPath + "/diff/2..3.html",
		nowPath + "/diff/1...json":   nowPath + "/diff/1..3.json",
		nowPath + "/diff/..1.html":   nowPath + ".html?version=1",
		nowPath + "/diff/1..3.html":  "",
		nowPath + "/diff/..4.html":   "404",
		nowPath + "/diff/...html":    "404",
		nowPath + "/diff/..x.html":   "404",
		nowPath + "/diff/2..99.html": "404",
		alone + "/diff":              alone + "/changes",
		alone + "/diff.json":         "404",
	} {
		answer, _ := s.get(path)
		got := answer.Header.Get("Location")
		if answer.StatusCode == http.StatusNotFound {
			got = "404"
		}
		if got != want {
			t.Errorf("%s leads to %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string][]string{
		"/diff/1..3.html": {"1 version by 1 author between the two; 1 byte longer.", `nine-die-in-storm.html?version=1"`},
		"/diff/1..2.html": {"2 bytes longer.", `/diff/1..3.html">until now`, `/diff/2..3.html">the change after`},
		"/diff/2..3.html": {"1 byte shorter.", `/diff/1..3.html">since the first version`, `/diff/1..2.html">← the change before`},
		"/diff/3..1.html": {"The first of the two is the newer one; 1 version by 1 author", `/diff/1..3.html">The other way round`},
		"/diff/2..2.html": {"The two versions say the same"},
	} {
		_, page := s.get(nowPath + path)
		holds(t, path, page, want)
	}
}

// A long history is shown from its end, where a reader asks for that, and the page of
// the article lists the last versions alone.
func TestLongHistoriesAreCut(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.recordLong(130)
	const path = "/news/2020/05/1/long"
	_, page := s.get(path + ".html")
	if n := strings.Count(page, "<li value="); n != 25 || !strings.Contains(page, "The last 25 of 130 versions") || !strings.Contains(page, `<li value="130">`) {
		t.Errorf("the page of the article lists %d versions", n)
	}
	_, page = s.get(path + "/changes?order=newest")
	if first, last := strings.Index(page, "?version=130"), strings.Index(page, "?version=1\""); first < 0 || last < first {
		t.Errorf("the newest stands at %d, the first at %d", first, last)
	}
	if strings.Contains(page, `scope="col">Headline`) {
		t.Error("a column says 130 times that the headline stayed")
	}
	_, page = s.get(path + "/timeline")
	if n := strings.Count(page, `<th scope="row">`); n != 100 || strings.Count(page, "<circle") < 100 || !strings.Contains(page, "The last 100 versions") {
		t.Errorf("the timeline's table has %d rows", n)
	}
}

// What went wrong is said in sentences, with somewhere to go.
func TestPagesOfErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, want := range map[string][]string{
		"/nothing/here":             {"<h1>Not found</h1>", "<p>No article", `href="/search"`},
		nowPath + ".html?version=9": {"<h1>Not found</h1>", "The article has no version 9.", `href="` + nowPath + `/changes">Its Changes`},
		nowPath + "/diff/7..9.html": {"<h1>Not found</h1>", "Its Changes"},
		nowPath + ".html?at=never":  {"<h1>That can&#39;t be understood</h1>"},
	} {
		answer, page := s.get(path, "Accept", "text/html")
		if answer.StatusCode < 400 {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
		holds(t, path, page, want)
	}
}

// A day is shown as a day: no time is made up where none is known.
func TestDaysWithoutATime(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	day, err := schema.ParseTime("2015-09-26")
	if err != nil {
		t.Fatal(err)
	}
	in := schema.Input{State: schema.State{ID: schema.DeriveID("day"), Headline: "Day", Date: "2015-09-26"}, Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate)}
	if _, err := s.store.Record(t.Context(), []repo.Draft{{Input: in, Published: day}}, repo.RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/news/2015/09/26/day.html", "/news/2015/09/26/day/changes", "/news/2015/09/26/day/timeline"} {
		if _, page := s.get(path); !strings.Contains(page, `<time datetime="2015-09-26">2015-09-26</time>`) || strings.Contains(page, "00:00") {
			t.Errorf("%s tells a time", path)
		}
	}
}

// Blame says first whose words these are, and leads to the list of versions.
func TestSharesOfAuthors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, page := s.get(nowPath + "/blame")
	for _, want := range []string{"Of 13 words: <bdi>Ed</bdi> 100 %. ", `href="#blame-versions"`, `id="blame-versions"`, `<td><a class="run age-0" href="` + nowPath + `.html?version=1">1</a>`} {
		if !strings.Contains(page, want) {
			t.Errorf("blame lacks %q:\n%s", want, page)
		}
	}
	if _, page := s.get("/search?q=%22open"); !strings.Contains(page, `role="alert">The quotation mark before`) || !strings.Contains(page, "must stand in a row") {
		t.Errorf("a query that can't be read:\n%s", page)
	}
}

// holds reports each text that a page lacks.
func holds(t *testing.T, path, page string, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("%s lacks %q:\n%s", path, w, page)
		}
	}
}
