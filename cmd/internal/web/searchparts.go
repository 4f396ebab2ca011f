package web

import (
	"context"
	"maps"
	"net/http"
	"net/url"

	"github.com/stemma-project/stemma/repo"
)

// searchPlace is where a part of a list of hits begins: behind so many of what had been
// recorded when the first part was asked for. The parts are of one size, because hits
// are ranked in groups whose size follows from it.
type searchPlace struct {
	Before int64 `json:"before"` // one more than the newest version's place in the store then
	Skip   int   `json:"skip"`
	Limit  int   `json:"limit"`
}

// maxSkip bounds a cursor that was made up: no store has so many articles.
const maxSkip = 1 << 30

// searchFrom reads where to begin; limit is how many hits are asked for, or 0 where the
// cursor alone says so.
func searchFrom(q url.Values, limit int) (searchPlace, error) {
	p := searchPlace{Limit: limit}
	if q.Get("cursor") == "" {
		if limit == 0 {
			p.Limit = apiPage
		}
		return p, nil
	}
	p.Limit = 0
	if err := readCursor(q, &p); err != nil {
		return p, err
	}
	switch {
	case p.Before < 1 || p.Skip < 1 || p.Skip > maxSkip || p.Limit < 1 || p.Limit > maxAPIPage:
		return p, badRequest("the cursor is none that was given here")
	case limit != 0 && p.Limit != limit:
		return p, &failure{status: http.StatusBadRequest, text: "the parts of a search are of one size, and limit is another", hint: "leave limit out behind the first part, or begin without a cursor"}
	}
	return p, nil
}

// searchPart gives the hits at a place; next is where the part behind them begins, nil
// where there is none.
func (s *Server) searchPart(ctx context.Context, text string, f repo.LogFilter, p searchPlace) (hits []repo.Hit, next *searchPlace, err error) {
	if p.Before == 0 {
		// What is recorded from now on is in none of the parts.
		p.Before = 1
		for v, err := range s.store.Log(ctx, repo.LogFilter{Limit: 1}) {
			if err != nil {
				return nil, nil, err
			}
			p.Before = v.Sequence() + 1
		}
	}
	f.Before, f.Limit = p.Before, p.Limit+1
	hits, err = s.store.Search(ctx, repo.SearchQuery{Text: text, Filter: f, Skip: p.Skip})
	if len(hits) > p.Limit {
		hits = hits[:p.Limit]
		next = &searchPlace{p.Before, p.Skip + p.Limit, p.Limit}
	}
	return hits, next, err
}

// searchLink is the address of the page of hits at a place.
func searchLink(q url.Values, p searchPlace) (string, error) {
	to := maps.Clone(q)
	to.Del("cursor")
	if p.Skip > 0 {
		cursor, err := writeCursor(p)
		if err != nil {
			return "", err
		}
		to.Set("cursor", cursor)
	}
	return "/search?" + to.Encode(), nil
}
