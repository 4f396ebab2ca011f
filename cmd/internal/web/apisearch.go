package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// searched reads what is looked for.
func searched(q url.Values) (string, error) {
	text := q.Get("q")
	switch {
	case text == "":
		return "", badRequest("q, what is looked for, is missing")
	case len(text) > searchLength:
		return "", badRequest(fmt.Sprintf("q is longer than %d bytes", searchLength))
	}
	return text, nil
}

// badQuery makes a failure of an error that is the query's own fault.
func badQuery(err error) error {
	if text, ok := queryProblem(err); ok {
		return badRequest(text)
	}
	return err
}

// apiSearch lists the articles of which any version satisfies a query, the best first.
func (s *Server) apiSearch(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "q", "since", "until", "author", "kind", "category", "context", "corrections", "quiet-edits", "limit", "cursor"); err != nil {
		return err
	}
	text, err := searched(q)
	if err != nil {
		return err
	}
	f, err := s.apiLogFilter(r)
	if err != nil {
		return err
	}
	asked := f.Limit
	if !q.Has("limit") {
		asked = 0
	}
	place, err := searchFrom(q, asked)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), searchWait)
	defer cancel()
	hits, next, err := s.searchPart(ctx, text, f, place)
	if err != nil {
		return badQuery(err)
	}
	out := struct {
		Hits []repo.Hit `json:"hits"`
		Next string     `json:"next,omitempty"`
	}{Hits: hits}
	if hits == nil {
		out.Hits = []repo.Hit{}
	}
	if next != nil {
		if out.Next, err = writeCursor(next); err != nil {
			return err
		}
		s.nextLink(w, r, out.Next)
	}
	return writeJSON(w, out)
}

// apiWhen tells when a text appeared, went and came back, in one article or in all.
func (s *Server) apiWhen(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if err := known(q, "q", "match", "article", "limit"); err != nil {
		return err
	}
	var query repo.WhenQuery
	var err error
	if query.Text, err = searched(q); err != nil {
		return err
	}
	switch q.Get("match") {
	case "", "words":
	case "exact":
		query.Match = repo.MatchExact
	case "regexp":
		query.Match = repo.MatchRegexp
	default:
		return badRequest("match is words, exact or regexp")
	}
	limit, err := pageSize(q)
	if err != nil {
		return err
	}
	if name := q.Get("article"); name != "" {
		if query.Article, err = s.store.Resolve(r.Context(), name); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), searchWait)
	defer cancel()
	return s.writeOccurrences(ctx, w, query, limit)
}

type apiOccurrence struct {
	Event   repo.Event   `json:"event"`
	Field   string       `json:"field"`
	Passage repo.Excerpt `json:"passage"`
	Version repo.Version `json:"version"`
}

func (s *Server) writeOccurrences(ctx context.Context, w http.ResponseWriter, query repo.WhenQuery, limit int) error {
	out := struct {
		Article     string          `json:"article,omitempty"`
		Occurrences []apiOccurrence `json:"occurrences"`
		More        bool            `json:"more"` // there are more than were asked for
	}{Occurrences: []apiOccurrence{}}
	if query.Article != (schema.ID{}) {
		out.Article = query.Article.String()
	}
	for o, err := range s.store.When(ctx, query) {
		if err != nil {
			return badQuery(err)
		}
		if len(out.Occurrences) == limit {
			out.More = true
			break
		}
		out.Occurrences = append(out.Occurrences, apiOccurrence{o.Event, o.Field, o.Passage, o.Version})
	}
	return writeJSON(w, out)
}
