package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// apiArticles lists articles by their current version, or that of a time.
func (s *Server) apiArticles(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "date", "context", "category", "status", "at", "clock", "limit", "cursor"); err != nil {
		return err
	}
	limit, err := pageSize(q)
	if err != nil {
		return err
	}
	f := repo.ListFilter{Context: q.Get("context"), Category: q.Get("category"), Status: schema.Status(q.Get("status")), Limit: limit + 1}
	switch f.Status {
	case "", schema.Usable, schema.Withheld, schema.Canceled:
	default:
		return badRequest("status is usable, withheld or canceled")
	}
	if q.Has("date") {
		if f.Date, err = schema.ParseDate(q.Get("date")); err != nil {
			return badRequest("date: " + err.Error())
		}
	}
	if f.Moment, _, err = s.moment(r); err != nil {
		return err
	}
	if err := readCursor(q, &f.From); err != nil {
		return err
	}
	list, err := s.store.List(r.Context(), f)
	if err != nil {
		return err
	}
	out := struct {
		Articles []repo.Version `json:"articles"`
		Next     string         `json:"next,omitempty"`
	}{Articles: list[:min(len(list), limit)]}
	if len(list) > limit {
		if out.Next, err = writeCursor(f.PlaceOf(list[limit])); err != nil {
			return err
		}
		s.nextLink(w, r, out.Next)
	}
	return writeJSON(w, out)
}

// apiArticleID finds the article that an address names. Where it names it by its whole
// id, the answer rests on that article alone: any other name may come to be another's.
func (s *Server) apiArticleID(r *http.Request) (schema.ID, error) {
	name := r.PathValue("article")
	id, err := s.store.Resolve(r.Context(), name)
	if whole, bad := schema.ParseID(name); err == nil && bad == nil && whole == id {
		restsOn(r, id)
	}
	return id, err
}

// apiStory finds the article that an address names and its versions.
func (s *Server) apiStory(r *http.Request) (*story, error) {
	id, err := s.apiArticleID(r)
	if err != nil {
		return nil, err
	}
	st := &story{id: id}
	if st.versions, err = s.store.Changes(r.Context(), id); err == nil {
		st.shown = st.current()
	}
	return st, err
}

// apiTag is the entity tag of an article: the seal of its current version.
func apiTag(v repo.Version) string { return `"` + v.Seal.String() + `"` }

// apiArticle is an article as it is now, or was at a time.
func (s *Server) apiArticle(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.URL.Query(), "at", "clock"); err != nil {
		return err
	}
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	if err := s.choose(r, st); err != nil {
		return err
	}
	if st.at == "" {
		w.Header().Set("ETag", apiTag(st.current()))
		if st.current().Correction != nil {
			// It may be newer than the version, which its seal does not tell: whoever
			// asks again gets the whole answer.
			r.Header.Del("If-None-Match")
		}
	}
	w.Header().Set("Cache-Control", "no-cache")
	return s.writeState(r.Context(), w, st.shown)
}

func (s *Server) writeState(ctx context.Context, w http.ResponseWriter, v repo.Version) error {
	state, err := s.store.State(ctx, v)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		State   json.RawMessage `json:"state"`
		Version repo.Version    `json:"version"`
	}{schema.EncodeJSON(state), v})
}

// apiVersions is the Changes list, first to current.
func (s *Server) apiVersions(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Article  string         `json:"article"`
		Versions []repo.Version `json:"versions"`
	}{st.id.String(), st.versions})
}

// apiVersion is what one version says.
func (s *Server) apiVersion(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	id, err := s.apiArticleID(r)
	if err != nil {
		return err
	}
	v, err := s.store.Version(r.Context(), id, r.PathValue("v"))
	if err != nil {
		return err
	}
	return s.writeState(r.Context(), w, v)
}

// apiDiff is the word diff of two versions: from the one before to current if none
// is named, to current if one.
func (s *Server) apiDiff(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "from", "to"); err != nil {
		return err
	}
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	to := st.current()
	if q.Has("to") {
		if to, err = s.store.Version(r.Context(), st.id, q.Get("to")); err != nil {
			return err
		}
	}
	var from repo.Version
	if q.Has("from") {
		from, err = s.store.Version(r.Context(), st.id, q.Get("from"))
	} else {
		from, _, err = s.store.Before(r.Context(), to)
	}
	if err != nil {
		return err
	}
	b, err := s.diffJSON(r.Context(), from, to)
	if err != nil {
		return err
	}
	return writeJSON(w, b)
}

// diffJSON is the diff from one version to another; from the beginning where from is
// none.
func (s *Server) diffJSON(ctx context.Context, from, to repo.Version) (json.RawMessage, error) {
	opt := diff.ShowOptions{Around: diff.AroundAll, Article: to.Article.String(), FromVersion: from.Number, ToVersion: to.Number}
	if from.Number > 0 {
		d, err := s.store.Diff(ctx, from, to, diff.Options{})
		if err != nil {
			return nil, err
		}
		return articleJSON(d, opt)
	}
	state, err := s.store.State(ctx, to)
	if err != nil {
		return nil, err
	}
	return articleJSON(diff.States(nil, state, diff.Options{}), opt)
}

func articleJSON(d diff.Article, opt diff.ShowOptions) (json.RawMessage, error) {
	var b bytes.Buffer
	err := diff.Write(&b, diff.JSON, d, opt)
	return bytes.TrimSpace(b.Bytes()), err
}

// apiBlame is the text of a version with the origin of every word.
func (s *Server) apiBlame(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "version"); err != nil {
		return err
	}
	id, err := s.apiArticleID(r)
	if err != nil {
		return err
	}
	v, err := s.store.Version(r.Context(), id, q.Get("version"))
	if err != nil {
		return err
	}
	b, err := s.store.Blame(r.Context(), v)
	if err != nil {
		return err
	}
	return writeJSON(w, b)
}

// apiRelated lists the articles that share contexts.
func (s *Server) apiRelated(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "limit"); err != nil {
		return err
	}
	limit, err := pageSize(q)
	if err != nil {
		return err
	}
	id, err := s.apiArticleID(r)
	if err != nil {
		return err
	}
	if len(visitOf(r).rests) > 0 {
		if err := s.restsOnRelated(r.Context(), id); err != nil {
			return err
		}
	}
	related, err := s.store.Related(r.Context(), id, limit)
	if err != nil {
		return err
	}
	list := make([]json.RawMessage, len(related))
	for i, n := range related {
		if list[i], err = versionWith(n.Version, "contexts", n.Contexts); err != nil {
			return err
		}
	}
	return writeJSON(w, struct {
		Article string            `json:"article"`
		Related []json.RawMessage `json:"related"`
	}{id.String(), list})
}

type apiPerson struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type apiCorrection struct {
	Type     repo.CorrectionType `json:"type"`
	Text     string              `json:"text"`
	From     int                 `json:"from,omitempty"`
	To       int                 `json:"to"`
	Author   apiPerson           `json:"author"`
	Recorded string              `json:"recorded"`
}

func correctionJSON(c repo.Correction) apiCorrection {
	return apiCorrection{c.Type, c.Text, c.From, c.To, apiPerson(c.Author), c.Recorded.UTC().Format(time.RFC3339)}
}

// apiCorrections lists every correction of an article.
func (s *Server) apiCorrections(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	id, err := s.apiArticleID(r)
	if err != nil {
		return err
	}
	all, err := s.store.Corrections(r.Context(), id)
	if err != nil {
		return err
	}
	list := make([]apiCorrection, len(all))
	for i, c := range all {
		list[i] = correctionJSON(c)
	}
	return writeJSON(w, struct {
		Article     string          `json:"article"`
		Corrections []apiCorrection `json:"corrections"`
	}{id.String(), list})
}

// apiLog lists versions over the whole store, the one recorded last first.
func (s *Server) apiLog(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "since", "until", "author", "kind", "category", "context", "corrections", "quiet-edits", "limit", "cursor"); err != nil {
		return err
	}
	f, err := s.apiLogFilter(r)
	if err != nil {
		return err
	}
	limit := f.Limit
	f.Limit++
	if err := readCursor(q, &f.Before); err != nil {
		return err
	}
	if q.Get("cursor") != "" && f.Before < 1 {
		return badRequest("the cursor is none that was given here")
	}
	out := struct {
		Versions []repo.Version `json:"versions"`
		Next     string         `json:"next,omitempty"`
	}{Versions: []repo.Version{}}
	for v, err := range s.store.Log(r.Context(), f) {
		if err != nil {
			return err
		}
		if len(out.Versions) == limit {
			if out.Next, err = writeCursor(out.Versions[limit-1].Sequence()); err != nil {
				return err
			}
			s.nextLink(w, r, out.Next)
			break
		}
		out.Versions = append(out.Versions, v)
	}
	return writeJSON(w, out)
}

// apiLogFilter reads the filter of the log as the API has it: flags are true or false.
func (s *Server) apiLogFilter(r *http.Request) (repo.LogFilter, error) {
	q := r.URL.Query()
	f, err := s.logFilter(r)
	if err == nil {
		f.Corrections, err = flagged(q, "corrections")
	}
	if err == nil {
		f.QuietEdits, err = flagged(q, "quiet-edits")
	}
	if err == nil {
		f.Limit, err = pageSize(q)
	}
	return f, err
}

// apiDay is the index of a day.
func (s *Server) apiDay(w http.ResponseWriter, r *http.Request) error {
	if err := known(r.URL.Query(), "at", "clock"); err != nil {
		return err
	}
	date, err := schema.ParseDate(r.PathValue("date"))
	if err != nil {
		return notFound(fmt.Sprintf("no day %s", strconv.Quote(r.PathValue("date"))))
	}
	m, _, err := s.moment(r)
	if err != nil {
		return err
	}
	restsOnDay(r, date)
	_, versions, err := s.store.Day(r.Context(), date, m)
	if err != nil {
		return err
	}
	if versions == nil {
		versions = []repo.Version{}
	}
	return writeJSON(w, struct {
		Date   schema.Date    `json:"date"`
		Events []repo.Version `json:"events"`
	}{date, versions})
}
