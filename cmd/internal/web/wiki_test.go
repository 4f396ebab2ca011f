package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/schema"
)

// wiki asks api.php and gives what the answer has at a path of members and places.
func (s *site) wiki(query string, at ...any) any {
	s.t.Helper()
	answer, body := s.get("/api.php?format=json&" + query)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		s.t.Fatalf("%s: %d %s", query, answer.StatusCode, body)
	}
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		s.t.Fatal(err)
	}
	for _, step := range at {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				s.t.Fatalf("%s: no object at %v: %s", query, at, body)
			}
			v = m[step]
		case int:
			l, ok := v.([]any)
			if !ok || len(l) <= step {
				s.t.Fatalf("%s: no list of that length at %v: %s", query, at, body)
			}
			v = l[step]
		}
	}
	return v
}

func members(v any) string {
	m, _ := v.(map[string]any)
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

const wikiName = "news/2020/05/1/nine-die-in-storm"

// The members of the answers are those that a MediaWiki 1.39 gives to the same
// requests.
func TestWikiShapes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	title := "titles=" + url.QueryEscape(wikiName)
	const ids = "rvprop=ids|timestamp|user|comment|size|sha1|flags"
	for _, c := range []struct {
		query string
		at    []any
		want  string
	}{
		{"action=query&prop=revisions&" + title + "&" + ids + "&rvlimit=2&formatversion=2", nil, "continue query"},
		{"action=query&prop=revisions&" + title + "&" + ids + "&rvlimit=2&formatversion=2", []any{"continue"}, "continue rvcontinue"},
		{"action=query&prop=revisions&" + title + "&" + ids + "&rvlimit=2&formatversion=2", []any{"query", "pages", 0}, "ns pageid revisions title"},
		{"action=query&prop=revisions&" + title + "&" + ids + "&rvlimit=2&formatversion=2", []any{"query", "pages", 0, "revisions", 0}, "comment minor parentid revid sha1 size timestamp user"},
		{"action=query&prop=revisions&" + title + "&" + ids + "&rvlimit=2", []any{"query", "pages", "1", "revisions", 0}, "comment parentid revid sha1 size timestamp user"},
		{"action=query&prop=revisions&" + title + "&rvprop=content&rvslots=main&formatversion=2", []any{"query", "pages", 0, "revisions", 0, "slots", "main"}, "content contentformat contentmodel"},
		{"action=query&prop=revisions&" + title + "&rvprop=content&rvslots=main", []any{"query", "pages", "1", "revisions", 0, "slots", "main"}, "* contentformat contentmodel"},
		{"action=query&prop=revisions&" + title + "&rvprop=content", []any{"query", "pages", "1", "revisions", 0}, "* contentformat contentmodel"},
		{"action=query&prop=revisions&" + title + "&rvprop=ids&rvlimit=max&formatversion=2", nil, "batchcomplete query"},
		{"action=query&prop=info&inprop=protection&" + title, []any{"query", "pages", "1"}, "contentmodel lastrevid length ns pageid pagelanguage protection restrictiontypes title touched"},
		{"action=query&prop=revisions&titles=No_such_page&formatversion=2", []any{"query", "pages", 0}, "missing ns title"},
		{"action=query&prop=revisions&titles=No_such_page", []any{"query", "pages", "-1"}, "missing ns title"},
		{"action=query&prop=info&titles=%5Bx%5D&formatversion=2", []any{"query", "pages", 0}, "invalid invalidreason title"},
		{"action=query&prop=revisions&revids=99999&formatversion=2", []any{"query", "badrevids", "99999"}, "missing revid"},
		{"action=compare&fromrev=1&torev=3&prop=diff|ids|title|size|timestamp|diffsize&formatversion=2", []any{"compare"}, "body diffsize fromid fromns fromrevid fromsize fromtimestamp fromtitle toid tons torevid tosize totimestamp totitle"},
		{"action=compare&fromrev=3&torelative=prev", []any{"compare"}, "* fromid fromns fromrevid fromtitle toid tons torevid totitle"},
		{"action=query&list=recentchanges&rcprop=title|ids|timestamp|user|comment|sizes&formatversion=2", []any{"query", "recentchanges", 0}, "comment newlen ns old_revid oldlen pageid rcid revid timestamp title type user"},
		{"action=query&list=allpages&formatversion=2", []any{"query", "allpages", 0}, "ns pageid title"},
		{"action=query&meta=siteinfo|userinfo&siprop=general|namespaces", []any{"query", "namespaces", "0"}, "* case content id"},
		{"action=query&meta=siteinfo&siprop=namespaces&formatversion=2", []any{"query", "namespaces", "14"}, "canonical case content id name nonincludable subpages"},
		{"action=nosuch&formatversion=2", []any{"error"}, "code docref info"},
		{"action=nosuch", []any{"error"}, "* code info"},
	} {
		if got := members(s.wiki(c.query, c.at...)); got != c.want {
			t.Errorf("%s at %v: %q, not %q", c.query, c.at, got, c.want)
		}
	}
}

// What is asked for is what is told.
func TestWikiQuery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.record("flood", "Flood follows storm", "Water rose.\n", time.Date(2020, 5, 1, 20, 0, 0, 0, time.UTC))
	id := schema.DeriveID("storm").String()
	for _, name := range []string{wikiName, "News/2020/05/1/nine-die-in-storm", "news/2020/05/1/two-die-in-storm", "Nine die in storm", id} {
		if got := s.wiki("action=query&formatversion=2&titles="+url.QueryEscape(name), "query", "pages", 0, "title"); got != wikiName {
			t.Errorf("the title %q leads to %v", name, got)
		}
	}
	if got := fmt.Sprint(s.wiki("action=query&redirects=1&formatversion=2&titles=news/2020/05/1/two-die-in-storm", "query", "redirects")); got != "[map[from:news/2020/05/1/two-die-in-storm to:"+wikiName+"]]" {
		t.Errorf("an old address: %s", got)
	}
	if got := s.wiki("action=query&formatversion=2&titles=Nine+die", "query", "pages", 0, "missing"); got != true {
		t.Errorf("the beginning of a headline leads to a page")
	}
	revisions := func(query string) (list []string) {
		answer := s.wiki("action=query&prop=revisions&rvprop=ids|content&formatversion=2&"+query, "query", "pages", 0, "revisions").([]any)
		for _, r := range answer {
			m := r.(map[string]any)
			list = append(list, fmt.Sprintf("%v<%v", m["revid"], m["parentid"]))
			if !strings.Contains(m["content"].(string), "die in storm") {
				t.Errorf("the text of %v is %v", m["revid"], m["content"])
			}
		}
		return list
	}
	title := "titles=" + wikiName
	for query, want := range map[string]string{
		title:                                            "3<2",
		title + "&rvlimit=max":                           "3<2 2<1 1<0",
		title + "&rvlimit=5&rvdir=newer":                 "1<0 2<1 3<2",
		title + "&rvstart=2020-05-01T11:00:00Z":          "2<1 1<0",
		title + "&rvend=2020-05-01T11:00:00Z":            "3<2 2<1",
		title + "&rvdir=newer&rvstart=20200501110000":    "2<1 3<2",
		title + "&rvstartid=2&rvlimit=1":                 "2<1",
		title + "&rvendid=2&rvlimit=max":                 "3<2 2<1",
		title + "&rvlimit=1&rvcontinue=20200501110000|2": "2<1",
		"revids=1|2":                                     "1<0 2<1",
		"pageids=1&rvlimit=2":                            "3<2 2<1",
	} {
		if got := strings.Join(revisions(query), " "); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	body := s.wiki("action=compare&formatversion=2&fromtitle=Nine+die+in+storm&fromrev=&torev=1", "compare", "body").(string)
	for _, want := range []string{`<del class="diffchange diffchange-inline">Nine</del> die in storm`, `<ins class="diffchange diffchange-inline">Two</ins>`, `data-marker="−"`, "headline, line 1:", `class="diff-context diff-side-added"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the comparison lacks %q:\n%s", want, body)
		}
	}
	for query, code := range map[string]string{
		"action=compare&fromrev=999&torev=1": "nosuchrevid", "action=compare&torev=1": "missingparam", "action=compare&fromtitle=Nowhere&torev=1": "missingtitle",
		"": "missingparam", "action=query&prop=nonsense": "badvalue", "action=query&prop=revisions&rvprop=x&" + title: "badvalue", "action=query&revids=x": "badinteger",
		"action=query&prop=revisions&rvlimit=x&" + title: "badinteger", "action=query&prop=revisions&rvcontinue=1&" + title: "badcontinue", "action=query&prop=revisions&rvstart=soon&" + title: "badtimestamp",
		"action=query&prop=revisions&rvlimit=1&pageids=1|4": "rvmultpages", "action=query&titles=" + strings.Repeat("a|", 60): "toomanyvalues", "action=edit": "badvalue",
	} {
		if got := s.wiki(query, "error", "code"); got != code {
			t.Errorf("%s: the error is %v, not %s", query, got, code)
		}
	}
	answer, text := s.send("POST", "/api.php", "format=json&formatversion=2&action=query&list=allpages&apprefix=news/2020/05/1/f", "Content-Type", "application/x-www-form-urlencoded")
	if answer.StatusCode != http.StatusOK || !strings.Contains(text, "flood-follows-storm") || strings.Contains(text, "nine-die") {
		t.Errorf("a form: %d %s", answer.StatusCode, text)
	}
}

// Whoever goes on as "continue" says gets everything once.
func TestWikiContinue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 5 {
		s.record(fmt.Sprint("more", i), fmt.Sprintf("Story %d of more", i), "Text.\n", time.Date(2020, 5, 1, i, 0, 0, 0, time.UTC))
	}
	for base, c := range map[string]struct {
		member string
		want   int
	}{
		"action=query&list=allpages&aplimit=2":                                      {"allpages", 6},
		"action=query&list=recentchanges&rclimit=3&rcprop=ids":                      {"recentchanges", 8},
		"action=query&generator=allpages&gaplimit=4&prop=info":                      {"pages", 6},
		"action=query&prop=revisions&rvprop=ids&rvlimit=1&titles=Nine+die+in+storm": {"pages", 3},
	} {
		seen := map[string]bool{}
		more := ""
		for range 20 {
			answer := s.wiki(base + "&formatversion=2" + more).(map[string]any)
			for _, item := range answer["query"].(map[string]any)[c.member].([]any) {
				seen[fmt.Sprint(item)] = true
			}
			next, ok := answer["continue"].(map[string]any)
			if !ok {
				break
			}
			q := url.Values{}
			for name, value := range next {
				q.Set(name, value.(string))
			}
			more = "&" + q.Encode()
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d items, not %d", base, len(seen), c.want)
		}
	}
}

// A client that people use reads a history: mwclient, where it is installed.
func TestWikiMwclient(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "mwclient")
	s := newSite(t)
	s.record("flood", "Flood follows storm", "Water rose.\n", time.Date(2020, 5, 1, 20, 0, 0, 0, time.UTC))
	out, err := exec.Command(python, "-c", `
import sys, mwclient
site = mwclient.Site(sys.argv[1], path="/", scheme="http")
page = site.pages["Nine die in storm"]
print(page.exists, page.name, page.length > 0, page.revision)
for r in page.revisions(limit=2, prop="ids|timestamp|user|comment|content", slots="main"):
    print(r["revid"], r["parentid"], r["timestamp"][3], r["user"], "Nine" in r["slots"]["main"]["*"])
print("It was number 2." in page.text())
print([r["revid"] for r in page.revisions(dir="newer", prop="ids", limit=1)])
print("diffchange" in site.get("compare", fromrev=1, torev=3)["compare"]["*"])
print([p.name.rsplit("/", 1)[1] for p in site.allpages(prefix="news/", limit=1)])
print([(c["type"], c["revid"]) for c in site.recentchanges(limit=2)])
print([r["revid"] for r in site.revisions([1, 2])])
print(site.pages["No such page"].exists)
`, strings.TrimPrefix(s.url, "http://")).CombinedOutput()
	want := `True ` + wikiName + ` True 3
3 2 12 Ed True
2 1 11 Ed False
1 0 10 Ed False
True
[1, 2, 3]
True
['flood-follows-storm', 'nine-die-in-storm']
[('new', 4), ('edit', 3), ('edit', 2), ('new', 1)]
[1, 2]
False
`
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

// FuzzWiki: no query is answered by a failure of the server's own, and no answer is
// anything but JSON.
func FuzzWiki(f *testing.F) {
	for _, seed := range []string{
		"action=query&prop=revisions|info&titles=Nine die in storm&rvlimit=2&rvcontinue=20200501110000|2", "action=compare&fromrev=1&torelative=next", "action=query&list=allpages|recentchanges&apfrom=x&rccontinue=20200501110000|9",
		"action=query&pageids=-1|1&revids=\x1f1\x1f2", "action=query&meta=siteinfo|userinfo", "action=query&generator=allpages&gaplimit=max&prop=revisions", "action=query&titles=%ff|%00|/|:|_",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	handler := newSite(f, func(*web.Options) {}).handler
	f.Fuzz(func(t *testing.T, query string, second bool) {
		r := httptest.NewRequest(http.MethodGet, "/api.php", nil)
		r.URL.RawQuery = query
		if second {
			r.URL.RawQuery += "&formatversion=2"
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError || w.Code == http.StatusOK && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	})
}
