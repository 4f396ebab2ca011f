package web

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits say how often one user, or one machine where nobody is known, may do what
// costs: times a minute, all of which may come at once. 0 is the usual limit, less
// than 0 none.
type Limits struct {
	SignIns  int // wrong ones included; 10
	Writes   int // 120
	Searches int // 120
	Previews int // of an edit, as it is typed; 300
}

func (l Limits) orUsual() Limits {
	for _, p := range []struct {
		limit *int
		usual int
	}{{&l.SignIns, 10}, {&l.Writes, 120}, {&l.Searches, 120}, {&l.Previews, 300}} {
		if *p.limit == 0 {
			*p.limit = p.usual
		}
	}
	return l
}

// limiter counts how often something was done lately. For each key it holds a single
// time, by the generic cell rate algorithm (ITU-T I.371): when all that was done would
// have been done at the allowed pace.
type limiter struct {
	now func() time.Time

	mu    sync.Mutex
	until map[limitKey]time.Time
}

// limitKey stands for a key: a client may choose one, and as long a one as it likes.
type limitKey [sha256.Size]byte

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, until: map[limitKey]time.Time{}}
}

// limiterMost bounds how many keys are held. Where more come at once than that, some
// are forgotten: the memory of the server is worth more than the patience of one client.
const limiterMost = 100_000

// take counts one more for what may be had perMinute times a minute, and gives
// how long to wait where that is too often, which is not counted; else 0.
func (l *limiter) take(name string, perMinute int) time.Duration {
	if perMinute < 0 {
		return 0
	}
	key := limitKey(sha256.Sum256([]byte(name)))
	step := time.Minute / time.Duration(max(perMinute, 1))
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	at := l.until[key]
	if at.Before(now) {
		at = now
	}
	if wait := at.Add(step).Sub(now) - time.Minute; wait > 0 {
		return wait
	}
	if len(l.until) >= limiterMost {
		l.forget(now)
	}
	l.until[key] = at.Add(step)
	return 0
}

// forget makes room: what is over goes, and where that is little, some of the rest.
func (l *limiter) forget(now time.Time) {
	for key, at := range l.until {
		if at.Before(now) {
			delete(l.until, key)
		}
	}
	for key := range l.until {
		if len(l.until) < limiterMost*3/4 {
			return
		}
		delete(l.until, key)
	}
}

// slowDown refuses a request that comes too often for what it costs.
func (s *Server) slowDown(_ http.ResponseWriter, r *http.Request) error {
	what, perMinute := s.costOf(r)
	if what == "" {
		return nil
	}
	who := s.client(r)
	if u, ok := userOf(r); ok {
		who = strings.ToLower(u.Email)
	}
	if wait := s.limiter.take(what+" "+who, perMinute); wait > 0 {
		return tooMany(wait)
	}
	return nil
}

// costOf says what a request does that costs, and how often a minute that may be; ""
// where it costs little. Signing in is counted where it is done.
func (s *Server) costOf(r *http.Request) (what string, perMinute int) {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/login"), path == "/logout":
		return "", 0
	case strings.HasPrefix(path, "/search"), strings.HasPrefix(path, "/api/v1/search"), strings.HasPrefix(path, "/api/v1/when"),
		path == "/api.php" && r.Method == http.MethodPost, strings.HasPrefix(path, "/git/") && r.Method == http.MethodPost:
		return "search", s.limits.Searches
	case r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodOptions:
		return "", 0
	case fragment(r):
		return "preview", s.limits.Previews
	}
	return "write", s.limits.Writes
}

// tooMany answers one who does something too often.
func tooMany(wait time.Duration) error {
	seconds := int(wait/time.Second) + 1
	return &failure{status: http.StatusTooManyRequests, text: "that was too often in too short a time",
		hint: fmt.Sprintf("try again in %d seconds", seconds), header: [2]string{"Retry-After", strconv.Itoa(seconds)}}
}
