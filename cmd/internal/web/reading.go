package web

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// frontVersions is how many of the latest changes the front page lists.
const frontVersions = 40

type frontBody struct {
	Latest []repo.Version
	Today  schema.Date
	Days   []schema.Date // the newest days that the latest changes are about
}

// front is the page at "/": what changed last.
func (s *Server) front(w http.ResponseWriter, r *http.Request) error {
	body := frontBody{Today: schema.At(s.now()).Day()}
	seen := map[schema.Date]bool{}
	for v, err := range s.store.Log(r.Context(), repo.LogFilter{Limit: frontVersions}) {
		if err != nil {
			return err
		}
		body.Latest = append(body.Latest, v)
		if !seen[v.Date] && v.Date != "" && len(body.Days) < 7 {
			seen[v.Date] = true
			body.Days = append(body.Days, v.Date)
		}
	}
	return s.show(w, "front", frame{Title: "Latest changes", Canonical: "/", Feed: "/feed.atom", Body: body})
}

type dayBody struct {
	Date     schema.Date
	Versions []repo.Version // of the usable articles
	States   []*schema.State
	Briefs   []template.HTML // of each, on a page
	Before   schema.Date
	After    schema.Date
	At       string
	Formats  []format
}

// format is another form of a page.
type format struct{ Name, Type, URL string }

// formatLink leads to another form of the page of a request: of the same time or version.
func formatLink(name, address string, r *http.Request) format {
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	types := map[string]string{"md": "text/markdown", "json": "application/json", "xml": "application/xml"}
	return format{strings.ToUpper(name), types[name], address}
}

// dayPage is the index of a day, now or at a time.
func (s *Server) dayPage(w http.ResponseWriter, r *http.Request) error {
	day, err := strconv.Atoi(r.PathValue("day"))
	if err != nil || day < 1 {
		return notFound("no such day")
	}
	date, err := schema.ParseDate(r.PathValue("year") + "-" + r.PathValue("month") + "-" + twoDigits(day))
	if err != nil {
		return notFound("no such day")
	}
	if strings.HasSuffix(r.URL.Path, ".atom") || strings.HasSuffix(r.URL.Path, "/feed.json") {
		return s.dayFeed(w, r, date)
	}
	restsOnDay(r, date)
	m, at, err := s.moment(r)
	if err != nil {
		return err
	}
	index, versions, err := s.store.Day(r.Context(), date, m)
	if err != nil {
		return err
	}
	body := dayBody{Date: date, At: at, Before: shiftDay(date, -1), After: shiftDay(date, 1)}
	w.Header().Set("Cache-Control", "no-cache")
	switch {
	case strings.HasSuffix(r.URL.Path, ".md"):
		w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
		_, err = w.Write(index.Bytes())
		return err
	case strings.HasSuffix(r.URL.Path, ".json"):
		return writeJSON(w, struct {
			Date     schema.Date    `json:"date"`
			Events   []repo.Version `json:"events"`
			Previous string         `json:"previous"`
			Next     string         `json:"next"`
		}{date, slices.Concat([]repo.Version{}, versions), dayAddress(body.Before) + "index.json", dayAddress(body.After) + "index.json"})
	}
	for _, v := range versions {
		if v.Status != schema.Usable {
			continue
		}
		state, err := s.store.State(r.Context(), v)
		if err != nil {
			return err
		}
		body.Versions, body.States = append(body.Versions, v), append(body.States, state)
	}
	if strings.HasSuffix(r.URL.Path, ".xml") {
		return body.writeXML(w)
	}
	if err := s.fillBriefs(&body); err != nil {
		return err
	}
	for _, f := range formats[viewArticle][1:] {
		body.Formats = append(body.Formats, formatLink(f, dayAddress(date)+"index."+f, r))
	}
	return s.show(w, "day", frame{Title: string(date), Canonical: dayAddress(date), Feed: dayAddress(date) + "feed.atom", Body: body})
}

// brief is what an article's lines on its day follow from.
type brief struct {
	says repo.Says
	path string
}

// fillBriefs makes the lines of each article.
func (s *Server) fillBriefs(b *dayBody) error {
	for i := range b.Versions {
		v := &b.Versions[i]
		render := func() (string, error) {
			var to strings.Builder
			err := s.pages.sets["day"].ExecuteTemplate(&to, "brief", struct {
				Version repo.Version
				State   *schema.State
			}{*v, b.States[i]})
			return to.String(), err
		}
		says, ok := v.Says()
		text, err := "", error(nil)
		if ok {
			text, err = s.briefs.of(brief{says, v.Path}, len(v.Path), render)
		} else {
			text, err = render()
		}
		if err != nil {
			return err
		}
		b.Briefs = append(b.Briefs, template.HTML(text))
	}
	return nil
}

// writeXML is the day's index as XML: of an event without a summary the contexts, as
// on the page.
func (b *dayBody) writeXML(w http.ResponseWriter) error {
	day := xmlDay{Date: string(b.Date), Previous: dayAddress(b.Before) + "index.xml", Next: dayAddress(b.After) + "index.xml"}
	for i, v := range b.Versions {
		st := b.States[i]
		ev := xmlEvent{Path: v.Path, Category: st.Category, Headline: st.Headline, Summary: st.Summary}
		if st.Summary == "" {
			ev.Contexts = st.Contexts
		}
		day.Events = append(day.Events, ev)
	}
	return writeXML(w, day)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

func shiftDay(d schema.Date, days int) schema.Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d
	}
	return schema.Date(t.AddDate(0, 0, days).Format(time.DateOnly))
}

// moment reads ?at=TIME, and ?clock=recorded beside it.
func (s *Server) moment(r *http.Request) (m repo.Moment, at string, err error) {
	q := r.URL.Query()
	if at = q.Get("at"); at == "" {
		return m, "", nil
	}
	_, to, err := repo.ParseMoment(at, s.now())
	if err != nil {
		return m, "", badRequest(err.Error())
	}
	m.At = to
	switch q.Get("clock") {
	case "", "published":
	case "recorded":
		m.Clock = repo.ByRecorded
	default:
		return m, "", badRequest("clock is published or recorded")
	}
	return m, at, nil
}

// story is an article as a request asks for it.
type story struct {
	place
	id       schema.ID
	versions []repo.Version // first to current
	at       string         // the time that was asked for, as it was given; "" for now
	moment   repo.Moment    // that time
	shown    repo.Version   // the current one, or the one of that time
}

func (st *story) current() repo.Version { return st.versions[len(st.versions)-1] }

// number gives the version with a number.
func (st *story) number(n int) (repo.Version, bool) {
	for _, v := range st.versions {
		if v.Number == n {
			return v, true
		}
	}
	return repo.Version{}, false
}

// article serves everything that stands at an article's address or below it. An
// address that the article had once leads to the one that it has now.
func (s *Server) article(w http.ResponseWriter, r *http.Request) error {
	p, ok := parsePlace(r.URL.Path)
	if !ok {
		return notFound("nothing stands at this address")
	}
	restsOnAddress(r, p.path)
	id, err := s.store.AtPath(r.Context(), p.path)
	var missing *repo.NotFoundError
	if errors.As(err, &missing) && p.view != viewArticle {
		// A slug may be "changes" itself.
		whole := place{path: strings.TrimSuffix(r.URL.Path, "/"), view: viewArticle, format: "html"}
		restsOnAddress(r, whole.path)
		if other, oerr := s.store.AtPath(r.Context(), whole.path); oerr == nil {
			p, id, err = whole, other, nil
		}
	}
	if err != nil {
		return err
	}
	restsOn(r, id)
	st := &story{place: p, id: id}
	if st.versions, err = s.store.Changes(r.Context(), id); err != nil {
		return err
	}
	if now := st.current().Path; schema.AliasKey(p.path) != schema.AliasKey(now) || r.URL.Path != st.here(now) {
		return s.moved(w, r, st.here(now))
	}
	visitOf(r).story = st
	if err := s.choose(r, st); err != nil {
		return err
	}
	switch p.view {
	case viewEdit:
		return s.need(accounts.Editor, func(w http.ResponseWriter, r *http.Request) error { return s.editPage(w, r, st) })(w, r)
	case viewCorrect:
		return s.need(accounts.Editor, func(w http.ResponseWriter, r *http.Request) error { return s.correctPage(w, r, st) })(w, r)
	case viewChanges:
		return s.changes(w, r, st)
	case viewDiff:
		return s.diff(w, r, st)
	case viewArticle:
		return s.read(w, r, st)
	case viewTimeline:
		return s.timeline(w, r, st)
	case viewBlame:
		return s.blame(w, r, st)
	}
	return notFound("nothing stands at this address")
}

// here gives the address of what was asked for, of the article at path; unescaped,
// as a request has it.
func (st *story) here(path string) string {
	switch {
	case st.view == viewArticle:
		return path + "." + st.format
	case st.view == viewDiff && st.pair != "":
		return path + "/" + string(viewDiff) + "/" + st.pair + "." + st.format
	case st.format == "html":
		return path + "/" + string(st.view)
	}
	return path + "/" + string(st.view) + "." + st.format
}

// moved leads to another address of this site, with the query as it was.
func (s *Server) moved(w http.ResponseWriter, r *http.Request, path string) error {
	to := escapePath(path)
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		return notFound("nothing stands at this address")
	}
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	// A headline may be restored: a browser that kept both ways would go round for ever.
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(http.StatusMovedPermanently)
	return nil
}

// choose finds the version that ?at=TIME or ?version=N asks for.
func (s *Server) choose(r *http.Request, st *story) error {
	st.shown = st.current()
	if n := r.URL.Query().Get("version"); n != "" {
		number, err := strconv.Atoi(n)
		v, ok := st.number(number)
		if err != nil || !ok {
			return notFound("the article has no version " + schema.VisibleLine(n))
		}
		st.shown = v
		return nil
	}
	m, at, err := s.moment(r)
	if err != nil || at == "" {
		return err
	}
	v, ok, err := s.store.AsOf(r.Context(), st.id, m)
	if err != nil {
		return err
	}
	if !ok {
		return notFound("the article was not there yet at " + at)
	}
	st.at, st.moment, st.shown = at, m, v
	return nil
}

type articleBody struct {
	Version  repo.Version
	State    *schema.State
	Current  repo.Version
	Old      bool // another version than the current one is shown
	At       string
	Changes  []repo.Version
	Related  []repo.Related
	Formats  []format // the others in which it stands
	Since    int      // the version that the reader saw last, where it changed since; else 0
	Edits    int      // how many versions came after that
	Data     any      // schema.org
	Modified string
}

// read is the article itself.
func (s *Server) read(w http.ResponseWriter, r *http.Request, st *story) error {
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.RawQuery == "" {
		w.Header().Set("Link", s.originLinks(st))
	} else {
		s.mementoHeaders(w, st)
	}
	state, err := s.store.State(r.Context(), st.shown)
	if err != nil {
		return err
	}
	switch st.format {
	case "md":
		return s.writePage(w, r, st, state)
	case "json":
		return s.writePageJSON(r.Context(), w, st, state)
	case "xml":
		return s.writePageXML(r.Context(), w, st, state)
	}
	parts, err := s.sections(r.Context(), st, schema.Older.MaxRelated())
	if err != nil {
		return err
	}
	body := articleBody{Version: st.shown, State: state, Current: st.current(), Old: st.shown.Number != st.current().Number,
		At: st.at, Changes: parts.Changes, Related: parts.Related}
	if !body.Old {
		looks := s.seenBy(r)
		if last := looks.last(&body.Current); last > 0 && last != body.Current.Number && st.position(last) >= 0 {
			body.Since, body.Edits = last, len(st.versions)-1-st.position(last)
		}
		s.saw(w, looks, &body.Current)
		visitOf(r).shows = &body.Current
	}
	body.Data = s.newsArticle(st, state)
	for _, f := range formats[viewArticle][1:] {
		body.Formats = append(body.Formats, formatLink(f, address(st.current().Path, viewArticle, f), r))
	}
	return s.show(w, "article", frame{Title: state.Headline, Canonical: address(st.current().Path, viewArticle, "html"), Feed: address(st.current().Path, viewChanges, "atom"), Body: body})
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(b, '\n'))
	return err
}
