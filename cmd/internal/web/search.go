package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

const (
	searchHits   = 30               // hits, or comings and goings, on a page
	searchWait   = 10 * time.Second // how long one search may take
	searchLength = 512              // bytes of a query: nobody types more
)

type searchBody struct {
	Query   string
	When    bool // the comings and goings of a phrase are asked for, not articles
	Article *repo.Version
	Hits    []repo.Hit
	First   int    // the number of the first hit on the page, from 1
	Better  string // the address of the hits before, "" where there are none
	Further string // of those behind
	Events  []coming
	More    bool
	Problem string
	Feed    string
}

// coming is where a phrase came or went, with the version in which its passage stands:
// the one before where it went.
type coming struct {
	repo.Occurrence
	At repo.Version
}

// search looks through every version that ever was: for articles whose words satisfy
// a query or, with ?when=1, for when a phrase came and went; in one article where
// ?article=ID names it.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	body := searchBody{Query: q.Get("q"), When: q.Get("when") != ""}
	ctx, cancel := context.WithTimeout(r.Context(), searchWait)
	defer cancel()
	var article schema.ID
	if name := q.Get("article"); name != "" {
		id, err := schema.ParseID(name)
		if err != nil {
			return badRequest("article is named by its whole id here")
		}
		versions, err := s.store.Changes(ctx, id)
		if err != nil {
			return err
		}
		article, body.Article, body.When = id, &versions[len(versions)-1], true
	}
	var err error
	switch {
	case body.Query == "":
	case len(body.Query) > searchLength:
		body.Problem = "the query is longer than 512 bytes"
	case body.When:
		err = s.comings(ctx, &body, article)
	default:
		err = s.hits(ctx, r, &body)
	}
	if bad, ok := errors.AsType[*repo.QueryError](err); ok {
		body.Problem = bad.Reason // the query stands right above it
		w.WriteHeader(http.StatusBadRequest)
	} else if err != nil {
		return err
	}
	title := "Search"
	if body.Query != "" {
		title += ": " + body.Query
	}
	return s.show(w, "search", frame{Title: title, Feed: body.Feed, Body: body})
}

func (s *Server) hits(ctx context.Context, r *http.Request, body *searchBody) error {
	filter, err := s.logFilter(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	place, err := searchFrom(q, searchHits)
	if err != nil {
		return err
	}
	hits, next, err := s.searchPart(ctx, body.Query, filter, place)
	if err != nil {
		return err
	}
	body.Hits, body.First = hits, place.Skip+1
	if next != nil {
		if body.Further, err = searchLink(q, *next); err != nil {
			return err
		}
	}
	if place.Skip > 0 {
		place.Skip = max(place.Skip-place.Limit, 0)
		if body.Better, err = searchLink(q, place); err != nil {
			return err
		}
	}
	q.Del("cursor")
	body.Feed = "/feed.atom?" + q.Encode()
	return nil
}

func (s *Server) comings(ctx context.Context, body *searchBody, article schema.ID) error {
	for o, err := range s.store.When(ctx, repo.WhenQuery{Text: body.Query, Article: article}) {
		if err != nil {
			return err
		}
		if len(body.Events) == 10*searchHits {
			body.More = true
			break
		}
		e := coming{o, o.Version}
		if o.Event == repo.Went {
			if before, ok, err := s.store.Before(ctx, o.Version); err != nil {
				return err
			} else if ok {
				e.At = before
			}
		}
		body.Events = append(body.Events, e)
	}
	return nil
}
