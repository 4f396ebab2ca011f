package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// An editor adds a correction without a change of the text; it shows in Changes and in
// every diff that it explains, also to who had that diff before.
func TestCorrectInAForm(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada, bo, nobody := s.visitor(), s.visitor(), s.visitor()
	ada.signIn("ada@example.org")
	bo.signIn("bo@example.org")
	had, _ := nobody.get(nowPath + "/diff/1..3.html")
	_, page := ada.get(nowPath + "/diff/1..3.html")
	if !strings.Contains(page, nowPath+"/correct?from=1&amp;to=3") {
		t.Fatalf("the diff leads to no form: %s", page)
	}
	if _, page := bo.get(nowPath + "/diff/1..3.html"); strings.Contains(page, "/correct") {
		t.Error("a reader is led to the form")
	}
	if answer, _ := bo.get(nowPath + "/correct"); answer.StatusCode != http.StatusForbidden {
		t.Errorf("a reader is shown the form: %d", answer.StatusCode)
	}
	if answer, _ := nobody.get(nowPath + "/correct?from=1"); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/login?next="+url.QueryEscape(nowPath+"/correct?from=1") {
		t.Errorf("nobody is shown the form: %d", answer.StatusCode)
	}
	_, page = ada.get(nowPath + "/correct?from=1&to=3")
	if !strings.Contains(page, "<del>Two</del><ins>Nine</ins>") {
		t.Errorf("the form doesn't show what it explains: %s", page)
	}
	form := fields(page)
	if form.Get("form") == "" {
		t.Fatal("the form is no session's own")
	}
	send := func(changes ...string) (int, string, string) {
		t.Helper()
		f := url.Values{"form": {form.Get("form")}, "from": {"1"}, "to": {"3"}, "type": {"clarification"}, "text": {"The toll <b>rose</b>\r\nas rescuers arrived."}}
		for i := 0; i < len(changes); i += 2 {
			f.Set(changes[i], changes[i+1])
		}
		answer, page := ada.do("POST", nowPath+"/correct", f)
		return answer.StatusCode, answer.Header.Get("Location"), page
	}
	for _, c := range []struct {
		name, value string
		status      int
		says        string
	}{
		{"text", "  ", 422, "wants a text"},
		{"type", "excuse", 422, "no type of correction"},
		{"to", "1", 422, "stands before"},
		{"from", "9", 422, "no version 9"},
		{"from", "x", 422, "number of a version"},
		{"form", "forged", 403, "Not recorded"},
	} {
		status, _, page := send(c.name, c.value)
		if status != c.status || !strings.Contains(page, c.says) || c.name != "text" && !strings.Contains(page, "as rescuers arrived.") {
			t.Errorf("%s=%s: %d %s", c.name, c.value, status, page)
		}
	}
	if status, to, page := send(); status != http.StatusSeeOther || to != nowPath+"/diff/1..3.html" {
		t.Fatalf("%d %s %s", status, to, page)
	}
	if versions := s.versions(stormID); len(versions) != 3 || versions[2].Correction == nil || versions[2].Correction.Author.Email != "ada@example.org" {
		t.Errorf("%+v", versions)
	}
	answer, page := nobody.do("GET", nowPath+"/diff/1..3.html", nil, "If-None-Match", had.Header.Get("ETag"))
	if answer.StatusCode != 200 || !strings.Contains(page, "The toll &lt;b&gt;rose") {
		t.Errorf("the diff: %d %s", answer.StatusCode, page)
	}
	if _, page := nobody.get(nowPath + "/diff/2..3.html"); strings.Contains(page, "The toll") {
		t.Error("it explains a step that it is not bound to")
	}
	if _, page := nobody.get(nowPath + "/changes"); !strings.Contains(page, `clarification: <bdi>The toll`) || !strings.Contains(page, nowPath+`/diff/1..3.html">1 to 3</a>`) {
		t.Errorf("Changes: %s", page)
	}
	// The first version may say itself what was wrong before it was kept here.
	if status, to, page := send("from", "0", "to", "1", "type", "correction"); status != http.StatusSeeOther || to != nowPath+"/changes" {
		t.Errorf("of the first version: %d %s %s", status, to, page)
	}
}

// TestChangesForReviewers: the list tells how long each version is and by how much it
// grew, leads to the change and to all that came after, and can be narrowed down.
func TestChangesForReviewers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("storm", "Nine die in storm", "The storm  reached the coast.\n\nIt was number 2.\n", time.Date(2020, 5, 1, 13, 0, 0, 0, time.UTC))
	s.record("storm", "Nine die in storm", "The storm hit the coast.\n\nIt was number 2.\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	rows := func(query string) string {
		t.Helper()
		answer, page := s.get(nowPath + "/changes" + query)
		if answer.StatusCode != 200 {
			t.Fatalf("%s: %d %s", query, answer.StatusCode, page)
		}
		var numbers []string
		for _, m := range regexp.MustCompile(`<th scope="row"><a href="[^"]*version=(\d+)"`).FindAllStringSubmatch(page, -1) {
			numbers = append(numbers, m[1])
		}
		return strings.Join(numbers, " ")
	}
	for query, want := range map[string]string{
		"": "1 2 3 4 5", "?headline=1": "1 2 3", "?quiet=1": "1 2 3 5", "?kind=headline": "2 3", "?author=Ed": "1 2 3 4 5", "?author=nobody": "",
		"?headline=1&kind=figure": "2 3", "?silent=1": "2 3 5", "?until=2": "1 2", "?until=0": "1", "?until=99": "1 2 3 4 5", "?until=x": "1 2 3 4 5",
	} {
		if got := rows(query); got != want {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
	_, page := s.get(nowPath + "/changes")
	for _, want := range []string{
		"5 versions by 1 author", "the headline changed 2 times", // as MediaWiki's and NewsDiffs' lists don't say
		`<td class="number">63`, `<span class="grew">+2</span>`, `<span class="shrank">−5</span>`,
		nowPath + `/diff/2..5.html" aria-label="what changed from version 2 until now"`,
		`value="4" aria-label="from version 4" checked`, `value="5" aria-label="to version 5" checked`,
		"Recorded here on 20", // all long after they were published
	} {
		if !strings.Contains(page, want) {
			t.Errorf("Changes lack %q:\n%s", want, page)
		}
	}
	s.record("alone", "Alone", "x\n", time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC))
	if _, page := s.get("/news/2020/05/1/alone/changes"); !strings.Contains(page, "One version: nothing has changed") || strings.Contains(page, "Compare the two") {
		t.Errorf("Changes of one version: %s", page)
	}
}

// recordLong records an article of many versions, each a word longer and a minute later.
func (s *site) recordLong(versions int) {
	s.t.Helper()
	var drafts []repo.Draft
	for i := range versions {
		in := schema.Input{State: schema.State{ID: schema.DeriveID("long"), Headline: "Long", Date: "2020-05-01", Body: strings.Repeat("word ", i+1) + "\n"},
			Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate, schema.FieldBody)}
		drafts = append(drafts, repo.Draft{Input: in, Published: schema.At(time.Date(2020, 5, 1, 0, i, 0, 0, time.UTC))})
	}
	if _, err := s.store.Record(s.t.Context(), drafts, repo.RecordOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// A long list comes in pages, the newest first.
func TestChangesInPages(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	s.recordLong(230)
	_, page := s.get("/news/2020/05/1/long/changes")
	if n := strings.Count(page, `scope="row"`); n != 200 || !strings.Contains(page, "31 to 230 of 230") || !strings.Contains(page, `rel="prev" href="/news/2020/05/1/long/changes?until=30"`) {
		t.Errorf("%d rows", n)
	}
	_, page = s.get("/news/2020/05/1/long/changes?until=30")
	if n := strings.Count(page, `scope="row"`); n != 30 || !strings.Contains(page, `rel="next" href="/news/2020/05/1/long/changes?until=230"`) {
		t.Errorf("%d rows on the page of the oldest", n)
	}
}
