package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// feedEntries is how many versions a feed holds.
const feedEntries = 50

// feed is a list of versions, newest first, before it is written as Atom or as JSON.
type feed struct {
	title   string
	self    string // its own address on this site, with the query
	page    string // the page that it belongs to
	key     string // what its id is derived from: the question that it answers
	entries []entry
}

// entry is one version in a feed.
type entry struct {
	version repo.Version
	before  *repo.Version // the one before it in Changes, without a number for the first; nil until it is looked for
	html    string        // the word diff, or what a first version says
}

// modified is when a version last changed for who follows a feed: when it was recorded
// or, later, a correction was bound to it.
func (e *entry) modified() time.Time {
	if c := e.version.Correction; c != nil && c.Recorded.After(e.version.Recorded) {
		return c.Recorded
	}
	return e.version.Recorded
}

// feedPage serves /feed.atom and /feed.json: the changes of the whole store, those of
// the article that ?article= names, or those that a filter lets through, as log has it.
func (s *Server) feedPage(w http.ResponseWriter, r *http.Request) error {
	if name := r.URL.Query().Get("article"); name != "" {
		id, err := s.store.Resolve(r.Context(), name)
		if err != nil {
			return err
		}
		st := &story{id: id}
		if st.versions, err = s.store.Changes(r.Context(), id); err != nil {
			return err
		}
		return s.storyFeed(w, r, st)
	}
	filter, err := s.logFilter(r)
	if err != nil {
		return err
	}
	f := feed{title: s.title + ": changes", self: r.URL.RequestURI(), page: "/", key: "log?" + r.URL.Query().Encode()}
	if err := s.fill(r, &f, filter); err != nil {
		return err
	}
	return s.writeFeed(w, r, &f, strings.HasSuffix(r.URL.Path, ".json"))
}

// fill takes the versions of the log into a feed or, where ?q= asks for words, those
// that brought them.
func (s *Server) fill(r *http.Request, f *feed, filter repo.LogFilter) error {
	if q := r.URL.Query().Get("q"); q != "" {
		ctx, cancel := context.WithTimeout(r.Context(), searchWait)
		defer cancel()
		hits, err := s.store.Search(ctx, repo.SearchQuery{Text: q, Filter: filter})
		if bad, ok := queryProblem(err); ok {
			return badRequest(bad)
		}
		if err != nil {
			return err
		}
		f.title = s.title + ": " + q
		for _, h := range hits {
			f.entries = append(f.entries, entry{version: h.Version})
		}
		newestFirst(f.entries)
		return nil
	}
	for v, err := range s.store.Log(r.Context(), filter) {
		if err != nil {
			return err
		}
		f.entries = append(f.entries, entry{version: v})
	}
	return nil
}

// storyFeed is the feed of one article: one feed, at whichever of its addresses.
func (s *Server) storyFeed(w http.ResponseWriter, r *http.Request, st *story) error {
	path := st.current().Path
	f := feed{title: "Changes: " + st.current().Headline, self: r.URL.RequestURI(), page: address(path, viewChanges, "html"), key: "article " + st.id.String()}
	for i := len(st.versions) - 1; i >= 0 && len(f.entries) < feedEntries; i-- {
		f.entries = append(f.entries, st.entry(i))
	}
	return s.writeFeed(w, r, &f, strings.HasSuffix(r.URL.Path, ".json"))
}

// entry is the version at a place among the Changes, counted from 0.
func (st *story) entry(i int) entry {
	e := entry{version: st.versions[i], before: &repo.Version{}}
	if i > 0 {
		e.before = &st.versions[i-1]
	}
	return e
}

// dayFeed is the feed of the articles of a day.
func (s *Server) dayFeed(w http.ResponseWriter, r *http.Request, date schema.Date) error {
	restsOnDay(r, date)
	_, articles, err := s.store.Day(r.Context(), date, repo.Moment{})
	if err != nil {
		return err
	}
	f := feed{title: s.title + ": " + string(date), self: r.URL.RequestURI(), page: dayAddress(date), key: "day " + string(date)}
	for _, a := range articles {
		st := &story{id: a.Article}
		if st.versions, err = s.store.Changes(r.Context(), a.Article); err != nil {
			return err
		}
		for i := range st.versions {
			f.entries = append(f.entries, st.entry(i))
		}
	}
	newestFirst(f.entries)
	f.entries = f.entries[:min(len(f.entries), feedEntries)]
	return s.writeFeed(w, r, &f, strings.HasSuffix(r.URL.Path, ".json"))
}

// logFilter reads the filter of the log from a query.
func (s *Server) logFilter(r *http.Request) (f repo.LogFilter, err error) {
	q := r.URL.Query()
	f = repo.LogFilter{Author: q.Get("author"), Category: q.Get("category"), Context: q.Get("context"),
		Corrections: q.Get("corrections") != "", QuietEdits: q.Get("quiet-edits") != "", Limit: feedEntries}
	for _, name := range q["kind"] {
		k, err := diff.ParseKind(name)
		if err != nil {
			return f, badRequest(err.Error())
		}
		f.Kinds = append(f.Kinds, k)
	}
	if text := q.Get("since"); text != "" {
		from, _, err := repo.ParseMoment(text, s.now())
		if err != nil {
			return f, badRequest("since: " + err.Error())
		}
		f.Since = from
	}
	if text := q.Get("until"); text != "" {
		_, to, err := repo.ParseMoment(text, s.now())
		if err != nil {
			return f, badRequest("until: " + err.Error())
		}
		f.Until = to.Add(time.Second)
	}
	return f, nil
}

// writeFeed answers with a feed, or with 304 where the client has it: its entity tag
// follows from the versions that it lists.
func (s *Server) writeFeed(w http.ResponseWriter, r *http.Request, f *feed, asJSON bool) error {
	h := sha256.New()
	var newest time.Time
	for _, e := range f.entries {
		v := e.version
		h.Write(v.Seal[:])
		if v.Correction != nil {
			fmt.Fprintf(h, "%s %s", v.Correction.Type, v.Correction.Text)
		}
		if at := e.modified(); at.After(newest) {
			newest = at
		}
	}
	fmt.Fprintf(h, "%s %t", f.key, asJSON)
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, h.Sum(nil)[:16]))
	w.Header().Set("Cache-Control", "no-cache")
	if !newest.IsZero() {
		w.Header().Set("Last-Modified", newest.UTC().Format(http.TimeFormat))
	}
	if has(r, w.Header()) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	if err := s.fillBefores(r.Context(), f.entries); err != nil {
		return err
	}
	for i := range f.entries {
		e := &f.entries[i]
		var err error
		if e.html, err = s.entryHTML(r.Context(), *e.before, e.version); err != nil {
			return err
		}
	}
	if asJSON {
		return s.writeJSONFeed(w, f)
	}
	return s.writeAtom(w, f, newest)
}

// fillBefores looks for the versions before those of entries that lack them.
func (s *Server) fillBefores(ctx context.Context, entries []entry) error {
	var of []repo.Version
	for _, e := range entries {
		if e.before == nil {
			of = append(of, e.version)
		}
	}
	if len(of) == 0 {
		return nil
	}
	befores, err := s.store.Befores(ctx, of)
	if err != nil {
		return err
	}
	for i := range entries {
		if entries[i].before == nil {
			entries[i].before, befores = &befores[0], befores[1:]
		}
	}
	return nil
}

// change is what the HTML of an entry follows from.
type change struct {
	from, to repo.Says
	id       string
}

// entryHTML is the word diff that a version brought; of a first version, what it says.
func (s *Server) entryHTML(ctx context.Context, before, v repo.Version) (string, error) {
	key := change{id: v.Seal.Short()}
	var whole, wholeBefore bool
	key.to, whole = v.Says()
	key.from, wholeBefore = before.Says()
	if !whole || !wholeBefore && before.Number > 0 {
		return s.makeEntry(ctx, before, v)
	}
	return s.entries.of(key, 0, func() (string, error) { return s.makeEntry(ctx, before, v) })
}

func (s *Server) makeEntry(ctx context.Context, before, v repo.Version) (string, error) {
	var b bytes.Buffer
	if before.Number > 0 {
		d, err := s.store.Diff(ctx, before, v, diff.Options{})
		if err != nil {
			return "", err
		}
		err = diff.Write(&b, diff.HTML, d, diff.ShowOptions{Around: diff.AroundDefault, NoCSS: true, ID: v.Seal.Short()}) // a reader shows many on one page
		return b.String(), err
	}
	state, err := s.store.State(ctx, v)
	if err != nil {
		return "", err
	}
	err = s.pages.sets["entry"].ExecuteTemplate(&b, "main", state)
	return b.String(), err
}

// versionID is a version's id in feeds, which stays the same wherever the store is
// served: a UUID of version 8 (RFC 9562) made of its seal.
func versionID(v *repo.Version) string { return uuidOf("version " + v.Seal.String()) }

func uuidOf(text string) string {
	u := sha256.Sum256([]byte("stemma feed\x00" + text))
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// The elements of Atom (RFC 4287).
type (
	atomFeed struct {
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		ID      string      `xml:"id"`
		Title   atomText    `xml:"title"`
		Updated string      `xml:"updated"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		ID         string         `xml:"id"`
		Title      atomText       `xml:"title"`
		Updated    string         `xml:"updated"`
		Published  string         `xml:"published"`
		Author     atomPerson     `xml:"author"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Summary    *atomText      `xml:"summary"`
		Content    atomText       `xml:"content"`
	}
	atomText struct {
		Type string `xml:"type,attr,omitempty"`
		Text string `xml:",chardata"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
)

func (s *Server) writeAtom(w http.ResponseWriter, f *feed, newest time.Time) error {
	if newest.IsZero() {
		newest = time.Unix(0, 0)
	}
	out := atomFeed{ID: uuidOf("feed " + f.key), Title: atomText{Text: f.title}, Updated: newest.UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: s.base + f.self}, {Rel: "alternate", Type: "text/html", Href: s.base + f.page}}}
	for _, e := range f.entries {
		v := e.version
		author := v.Author.Name
		if author == "" {
			author = "unknown"
		}
		a := atomEntry{ID: versionID(&v), Title: atomText{Text: v.Headline}, Updated: e.modified().UTC().Format(time.RFC3339),
			Published: v.Published.T.UTC().Format(time.RFC3339), Author: atomPerson{Name: author},
			Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: s.base + versionAddress(&v)}},
			Content: atomText{Type: "html", Text: e.html}}
		for _, k := range v.Kinds {
			a.Categories = append(a.Categories, atomCategory{Term: string(k)})
		}
		if v.Correction != nil {
			a.Summary = &atomText{Text: string(v.Correction.Type) + ": " + v.Correction.Text}
		} else if v.Note != "" {
			a.Summary = &atomText{Text: v.Note}
		}
		out.Entries = append(out.Entries, a)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	if _, err := w.Write([]byte(xml.Header)); err != nil {
		return err
	}
	return xml.NewEncoder(w).Encode(out)
}

// versionAddress is where one version stands.
func versionAddress(v *repo.Version) string {
	return address(v.Path, viewArticle, "html") + "?version=" + url.QueryEscape(fmt.Sprint(v.Number))
}

// writeJSONFeed writes a feed as JSON Feed 1.1.
func (s *Server) writeJSONFeed(w http.ResponseWriter, f *feed) error {
	type person struct {
		Name string `json:"name"`
	}
	type item struct {
		ID        string   `json:"id"`
		URL       string   `json:"url"`
		Title     string   `json:"title"`
		HTML      string   `json:"content_html"`
		Summary   string   `json:"summary,omitempty"`
		Published string   `json:"date_published"`
		Modified  string   `json:"date_modified"`
		Authors   []person `json:"authors,omitempty"`
		Tags      []string `json:"tags,omitempty"`
	}
	items := make([]item, 0, len(f.entries))
	for _, e := range f.entries {
		v := e.version
		it := item{ID: versionID(&v), URL: s.base + versionAddress(&v), Title: v.Headline, HTML: e.html, Summary: v.Note,
			Published: v.Published.T.UTC().Format(time.RFC3339), Modified: e.modified().UTC().Format(time.RFC3339), Tags: kindNames(v.Kinds)}
		if v.Author.Name != "" {
			it.Authors = []person{{v.Author.Name}}
		}
		if v.Correction != nil {
			it.Summary = string(v.Correction.Type) + ": " + v.Correction.Text
		}
		items = append(items, it)
	}
	err := writeJSON(w, struct {
		Version string `json:"version"`
		Title   string `json:"title"`
		Home    string `json:"home_page_url"`
		Feed    string `json:"feed_url"`
		Items   []item `json:"items"`
	}{"https://jsonfeed.org/version/1.1", f.title, s.base + f.page, s.base + f.self, items})
	w.Header().Set("Content-Type", "application/feed+json")
	return err
}
