package web_test

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// newFeedSite serves articles with what feeds have to carry: scripts, markup in
// headlines, control characters, corrections, categories and contexts.
func newFeedSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.recordAll()
	s.record("other", "Zoo & <b>opens</b> \"at\" 'last' ]]>", "\x07\x1b[31m body \U0001F981 \ufffe\n\n<![CDATA[x]]>\n", time.Date(2020, 5, 1, 15, 0, 0, 0, time.UTC))
	list := s.versions(stormID)
	if _, err := s.store.Correct(t.Context(), list[0], list[2], repo.Corrects, "the count <b>was</b> wrong\nand is right", repo.Actor{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// feedPaths are all kinds of feeds, each as Atom and as JSON Feed, with how many entries
// it holds of what newFeedSite records.
func feedPaths() (atom, asJSON map[string]int) {
	atom, asJSON = map[string]int{nowPath + "/changes.atom": 3}, map[string]int{}
	for path, n := range map[string]int{
		"/feed.": 10, "/feed.?article=" + url.QueryEscape(stormID): 3, "/news/2020/05/1/feed.": 4, "/news/2020/05/2/feed.": 6, "/news/1999/01/1/feed.": 0, "/feed.?category=Disasters": 4, "/feed.?context=Storm": 6,
		"/feed.?q=seven": 1, "/feed.?q=%22" + url.QueryEscape("风暴") + "%22": 1, "/feed.?kind=figure&author=Ed": 2, "/feed.?corrections=1": 1, "/feed.?author=nobody": 0,
	} {
		atom[strings.Replace(path, "feed.", "feed.atom", 1)] = n
		asJSON[strings.Replace(path, "feed.", "feed.json", 1)] = n
	}
	return atom, asJSON
}

// The feeds are read by a library that many readers of feeds are made with.
func TestFeedsThroughGofeed(t *testing.T) {
	t.Parallel()
	s := newFeedSite(t)
	atom, asJSON := feedPaths()
	for kind, paths := range map[string]map[string]int{"atom": atom, "json": asJSON} {
		for path, n := range paths {
			answer, body := s.get(path)
			feed, err := gofeed.NewParser().ParseString(body)
			if err != nil || answer.StatusCode != 200 {
				t.Errorf("%s: %d %v", path, answer.StatusCode, err)
				continue
			}
			if feed.FeedType != kind || feed.Title == "" || feed.Link == "" || feed.FeedLink != s.url+path || len(feed.Items) != n {
				t.Errorf("%s: %s %q %q %q, %d items, want %d", path, feed.FeedType, feed.Title, feed.Link, feed.FeedLink, len(feed.Items), n)
			}
			for _, it := range feed.Items {
				if it.Title == "" || it.GUID == "" || it.Content == "" || it.PublishedParsed == nil || it.UpdatedParsed == nil || len(it.Authors) != 1 || !strings.HasPrefix(it.Link, s.url+"/news/") {
					t.Errorf("%s: %+v", path, it)
				}
			}
		}
	}
}

// Python's feedparser, which is strict about encodings and types, finds nothing to
// complain about (bozo), where it is installed.
func TestFeedsThroughFeedparser(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "feedparser")
	s := newFeedSite(t)
	atom, _ := feedPaths()
	args := []string{"-c", `
import sys, json, feedparser
out = {}
for path in sys.argv[2:]:
    d = feedparser.parse(sys.argv[1] + path)
    out[path] = [d.bozo, d.version, len(d.entries), str(d.get("bozo_exception", "")), d.get("status"),
                 all(e.id and e.title and e.link and e.updated_parsed and e.published_parsed and e.content for e in d.entries), d.feed.id, d.feed.updated]
print(json.dumps(out))`, s.url}
	for path := range atom {
		args = append(args, path)
	}
	out, err := exec.Command(python, args...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got map[string][]any
	if err := json.Unmarshal(out, &got); err != nil || len(got) != len(atom) {
		t.Fatalf("%v: %s", err, out)
	}
	for path, n := range atom {
		if g := got[path]; g[0] != false && g[0] != 0.0 || g[1] != "atom10" || g[2] != float64(n) || g[4] != 200.0 || g[5] != true {
			t.Errorf("%s: %v", path, g)
		}
	}
}

// atomDocument is what of RFC 4287 is looked at.
type atomDocument struct {
	XMLName xml.Name
	ID      []string  `xml:"http://www.w3.org/2005/Atom id"`
	Title   []string  `xml:"http://www.w3.org/2005/Atom title"`
	Updated []string  `xml:"http://www.w3.org/2005/Atom updated"`
	Links   []xmlLink `xml:"http://www.w3.org/2005/Atom link"`
	Entries []struct {
		ID        []string  `xml:"http://www.w3.org/2005/Atom id"`
		Title     []string  `xml:"http://www.w3.org/2005/Atom title"`
		Updated   []string  `xml:"http://www.w3.org/2005/Atom updated"`
		Published []string  `xml:"http://www.w3.org/2005/Atom published"`
		Author    []string  `xml:"http://www.w3.org/2005/Atom author>name"`
		Links     []xmlLink `xml:"http://www.w3.org/2005/Atom link"`
		Summary   []string  `xml:"http://www.w3.org/2005/Atom summary"`
		Content   []struct {
			Type string `xml:"type,attr"`
		} `xml:"http://www.w3.org/2005/Atom content"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

type xmlLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

// TestAtomRules holds every Atom feed to what RFC 4287 demands, and entries to the rule
// that makes readers useful: an id is one entry's, in every feed, for ever.
func TestAtomRules(t *testing.T) {
	t.Parallel()
	s := newFeedSite(t)
	atom, asJSON := feedPaths()
	type seen struct{ title, updated string }
	read := func() (ids map[string]seen, feeds map[string]string) {
		ids, feeds = map[string]seen{}, map[string]string{}
		for path := range atom {
			answer, body := s.get(path)
			var f atomDocument
			if err := xml.Unmarshal([]byte(body), &f); err != nil || f.XMLName.Space != "http://www.w3.org/2005/Atom" || f.XMLName.Local != "feed" || answer.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
				t.Fatalf("%s: %v %v", path, f.XMLName, err)
			}
			// Section 4.1.1: one id, title and updated each; a link to itself; dates of RFC 3339.
			if len(f.ID) != 1 || len(f.Title) != 1 || f.Title[0] == "" || len(f.Updated) != 1 {
				t.Errorf("%s: %+v", path, f)
			}
			feeds[path] = f.ID[0]
			links(t, path, f.Links, "self", s.url+path)
			links(t, path, f.Links, "alternate", "")
			newest, within := moment(t, path, f.Updated[0]), map[string]bool{}
			latest := time.Unix(0, 0)
			for _, e := range f.Entries {
				// Section 4.1.2: authors, since the feed has none; content, or a link to it.
				if len(e.ID) != 1 || len(e.Title) != 1 || len(e.Updated) != 1 || len(e.Published) != 1 || len(e.Author) != 1 || e.Author[0] == "" || len(e.Content) != 1 || e.Content[0].Type != "html" || len(e.Summary) > 1 {
					t.Fatalf("%s: %+v", path, e)
				}
				u, err := url.Parse(e.ID[0])
				if err != nil || !u.IsAbs() || within[e.ID[0]] {
					t.Errorf("%s: the id %q, %v", path, e.ID[0], err)
				}
				within[e.ID[0]] = true
				links(t, path, e.Links, "alternate", "")
				if at := moment(t, path, e.Updated[0]); at.After(latest) {
					latest = at
				}
				moment(t, path, e.Published[0])
				now := seen{e.Title[0], e.Updated[0]}
				if before, ok := ids[e.ID[0]]; ok && before != now {
					t.Errorf("%s is %v and %v", e.ID[0], before, now)
				}
				ids[e.ID[0]] = now
			}
			if !newest.Equal(latest) {
				t.Errorf("%s: updated %v, and its entries %v", path, newest, latest)
			}
		}
		return ids, feeds
	}
	ids, feeds := read()
	byID := map[string]string{}
	for path, id := range feeds {
		if other, ok := byID[id]; ok && !(strings.Contains(path, "changes.atom") || strings.Contains(other, "changes.atom")) {
			t.Errorf("%s and %s have one id", path, other)
		}
		byID[id] = path
	}
	// An edit that changes the headline, and so the address, is an entry more; a
	// correction changes the one that it explains, and says when.
	s.record("storm", "Storm over", "The storm reached the coast.\n", time.Date(2020, 5, 1, 16, 0, 0, 0, time.UTC))
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(time.Second))) // times in a store are whole seconds
	list := s.versions(stormID)
	if _, err := s.store.Correct(t.Context(), list[0], list[1], repo.Clarifies, "late", repo.Actor{Author: schema.Person{Name: "Ed"}}); err != nil {
		t.Fatal(err)
	}
	delete(atom, nowPath+"/changes.atom") // leads to its new address now
	again, feedsAgain := read()
	changed := 0
	for id, before := range ids {
		after, ok := again[id]
		if !ok || after.title != before.title || after.updated < before.updated {
			t.Errorf("%s was %v and is %v", id, before, after)
		}
		if after.updated != before.updated {
			changed++
		}
	}
	if len(again) != len(ids)+1 || changed != 1 {
		t.Errorf("%d entries were, %d are, %d changed", len(ids), len(again), changed)
	}
	for path, id := range feedsAgain {
		if feeds[path] != id {
			t.Errorf("%s was %s and is %s", path, feeds[path], id)
		}
	}
	for path, n := range asJSON {
		for _, id := range s.jsonFeed(path, n) {
			if _, ok := again[id]; !ok {
				t.Errorf("%s: %s is no entry's id in Atom", path, id)
			}
		}
	}
}

// jsonFeed holds a feed of n items, of what newFeedSite records, to JSON Feed 1.1, and
// gives their ids.
func (s *site) jsonFeed(path string, n int) (ids []string) {
	s.t.Helper()
	answer, body := s.get(path)
	var f struct {
		Version string `json:"version"`
		Title   string `json:"title"`
		Home    string `json:"home_page_url"`
		Feed    string `json:"feed_url"`
		Items   []struct {
			ID       string   `json:"id"`
			URL      string   `json:"url"`
			Title    string   `json:"title"`
			HTML     string   `json:"content_html"`
			Summary  string   `json:"summary"`
			At       string   `json:"date_published"`
			Modified string   `json:"date_modified"`
			Tags     []string `json:"tags"`
			Authors  []struct {
				Name string `json:"name"`
			} `json:"authors"`
		} `json:"items"`
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields() // of ours: what an extension names must begin with "_"
	if err := d.Decode(&f); err != nil || answer.Header.Get("Content-Type") != "application/feed+json" {
		s.t.Fatalf("%s: %v", path, err)
	}
	if f.Version != "https://jsonfeed.org/version/1.1" || f.Title == "" || f.Feed != s.url+path || !strings.HasPrefix(f.Home, s.url+"/") || f.Items == nil || len(f.Items) < n {
		s.t.Errorf("%s: %.500s", path, body)
	}
	for _, it := range f.Items {
		if it.ID == "" || slices.Contains(ids, it.ID) || !strings.HasPrefix(it.URL, s.url+"/") || it.HTML == "" || len(it.Authors) != 1 || it.Authors[0].Name == "" {
			s.t.Errorf("%s: %+v", path, it)
		}
		moment(s.t, path, it.At)
		moment(s.t, path, it.Modified)
		ids = append(ids, it.ID)
	}
	return ids
}

// links looks for the link of a relation: to an address, or to anything absolute.
func links(t *testing.T, path string, list []xmlLink, rel, to string) {
	t.Helper()
	n := 0
	for _, l := range list {
		u, err := url.Parse(l.Href)
		if l.Rel == rel && l.Type != "" && err == nil && u.IsAbs() && u.Host != "" && (to == "" || l.Href == to) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%s: %d links %q to %q: %v", path, n, rel, to, list)
	}
}

func moment(t testing.TB, path, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Errorf("%s: %v", path, err)
	}
	return at
}

// pythonWith gives Debian's Python if its package of a module is installed. Where that
// is not, the test is skipped aloud, and fails in a run that is to try it.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import "+module).Run(); err != nil {
		if os.Getenv("STEMMA_CLIENTS") == "required" || os.Getenv("CI") != "" {
			t.Fatalf("python3-%s is missing, and this run is to try it", module)
		}
		t.Skipf("SKIPPED, NOT PASSED: python3-%s is not installed", module)
	}
	return python
}
