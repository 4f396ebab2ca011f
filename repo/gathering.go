package repo

import (
	"context"
	"sync"
)

// gathering brings together what many goroutines record at the same time, so that they
// share one pack, one round of syncing and one transaction of the index: while one
// group is being made durable, the next one gathers.
type gathering struct {
	mu      sync.Mutex
	waiting []*request
	leading bool               // a goroutine takes requests, or waits for the store's lock in order to
	idle    *sync.Cond         // on mu; signalled when that goroutine has ended; nil where none ever ran
	giveUp  context.CancelFunc // ends its wait for the lock; nil where it doesn't wait
}

// manyDrafts is from how many drafts on a group is written with help of other
// goroutines.
const manyDrafts = 32

// request is what one call records.
type request struct {
	drafts  []*prepared
	opt     RecordOptions
	results []Result
	err     error
	told    bool          // done is closed; of the goroutine that leads alone
	done    chan struct{} // closed when results and err stand
}

// tell gives the caller its results.
func (r *request) tell() {
	if !r.told {
		r.told = true
		close(r.done)
	}
}

// recordGrouped records drafts together with those of other callers. While they
// wait for their turn, ctx can take them back; from then on the outcome is waited
// for, which takes as long as one group.
func (s *Store) recordGrouped(ctx context.Context, drafts []*prepared, opt RecordOptions) ([]Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &request{drafts: drafts, opt: opt, done: make(chan struct{})}
	s.gathering.add(s, r)
	select {
	case <-r.done:
	case <-ctx.Done():
		if s.gathering.withdraw(r) {
			return nil, ctx.Err()
		}
		<-r.done
	}
	return r.results, r.err
}

func (g *gathering) add(s *Store, r *request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, r)
	if !g.leading {
		g.leading = true
		if g.idle == nil {
			g.idle = sync.NewCond(&g.mu)
		}
		go s.lead()
	}
}

// withdraw takes a request back and reports whether nobody had taken it up.
func (g *gathering) withdraw(r *request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == r {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			if len(g.waiting) == 0 && g.giveUp != nil {
				g.giveUp()
			}
			return true
		}
	}
	return false
}

// wait returns when nobody leads: a caller has its results when they are durable,
// while the index and the packs may still be looked after.
func (g *gathering) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.leading {
		g.idle.Wait()
	}
}

// take gives the requests of the next group: all that wait, in their order, as far
// as they fit into one batch.
func (g *gathering) take() []*request {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, drafts := 0, 0
	for n < len(g.waiting) && (n == 0 || drafts+len(g.waiting[n].drafts) <= batchSize) {
		drafts += len(g.waiting[n].drafts)
		n++
	}
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return taken
}

// lead records group after group until nobody waits.
func (s *Store) lead() {
	g := &s.gathering
	for {
		ctx, cancel := context.WithCancel(context.Background())
		g.mu.Lock()
		if len(g.waiting) == 0 {
			g.leading = false
			g.idle.Broadcast()
			g.mu.Unlock()
			cancel()
			return
		}
		g.giveUp = cancel
		g.mu.Unlock()
		unlock, err := s.git.Lock(ctx)
		g.mu.Lock()
		g.giveUp = nil
		g.mu.Unlock()
		gaveUp := ctx.Err() != nil
		cancel()
		if err != nil && gaveUp {
			continue // those who waited went away; others may have come
		}
		taken := g.take()
		if err == nil {
			s.recordRequests(taken)
			unlock()
		}
		for _, r := range taken {
			if err != nil {
				r.err = err
			}
			r.tell()
		}
	}
}

// recordRequests records a group under the store's lock. Where that fails, each
// request is tried alone, so that one caller's trouble is nobody else's. Callers have
// their results as soon as these are durable: they prepare what comes next while the
// index is written and small packs are brought together.
func (s *Store) recordRequests(group []*request) {
	if len(group) == 0 {
		return
	}
	opt := writeOptions{durable: func() {
		for _, r := range group {
			r.tell()
		}
	}}
	drafts := 0
	for _, r := range group {
		drafts += len(r.drafts)
	}
	if drafts >= manyDrafts {
		asked := make(chan comparison, 16)
		defer close(asked)
		go foresee(asked)
		opt.beside = asked
	}
	err := s.writeLocked(context.Background(), opt, func(w *writer) (err error) {
		for _, r := range group {
			if r.results, err = w.recordAll(r.drafts, r.opt); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
	case len(group) == 1:
		group[0].results, group[0].err = nil, err
	default:
		for i := range group {
			s.recordRequests(group[i : i+1])
		}
	}
}
