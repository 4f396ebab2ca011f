package web

import (
	"context"
	"sync"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// sizes remembers how long versions are, which never changes: a list of versions that
// tells it would read all of their texts each time. It forgets all where it holds
// too many.
type sizes struct {
	mu   sync.Mutex
	held map[repo.Seal]int
}

// sizesMost is how many versions are remembered: some 10 MB.
const sizesMost = 200_000

// unweighed is the size of a version of which a page's list told the headline alone.
const unweighed = -1

// sizeOf gives the length of a version's headline, summary and body, in bytes;
// unweighed where these aren't all known.
func (s *Server) sizeOf(ctx context.Context, v repo.Version) (int, error) {
	if !v.Known.Has(schema.FieldSummary) || !v.Known.Has(schema.FieldBody) {
		return unweighed, nil
	}
	s.sizes.mu.Lock()
	n, ok := s.sizes.held[v.Seal]
	s.sizes.mu.Unlock()
	if ok {
		return n, nil
	}
	state, err := s.store.State(ctx, v)
	if err != nil {
		return 0, err
	}
	n = len(state.Headline) + len(state.Summary) + len(state.Body)
	s.sizes.mu.Lock()
	defer s.sizes.mu.Unlock()
	if s.sizes.held == nil || len(s.sizes.held) >= sizesMost {
		s.sizes.held = map[repo.Seal]int{}
	}
	s.sizes.held[v.Seal] = n
	return n, nil
}
