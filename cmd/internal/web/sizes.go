package web

import (
	"context"
	"sync"

	"github.com/stemma-project/stemma/repo"
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

// sizeOf gives the length of a version's headline, summary and body, in bytes.
func (s *Server) sizeOf(ctx context.Context, v repo.Version) (int, error) {
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
