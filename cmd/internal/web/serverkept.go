package web

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// Answers are kept: what a page says follows from its address and from what the store
// holds, and it is true until something that it rests on is touched (serverkeptrests.go).
// Before every answer the store is asked for its newest commit, so that none is older
// than what was recorded when it was asked for. One kept answer is given to many
// readers, so nothing of a reader may be in it:
//
//   - who is signed in, or sends a token, is never given one, and what they are
//     answered is never kept. Their pages bear their name and the token of their forms;
//   - an article's page tells a reader who has seen an earlier version so, by the
//     cookie of their own. The page that is kept was made for somebody who has seen
//     none; whoever has seen another version than the current one gets a page of
//     their own. The cookie itself is set for each reader anew;
//   - an answer that sets any other cookie is not kept.
//
// Nothing is kept that depends on the hour: of a query only what keepable names.
//
// An entity tag follows from the bytes of the answer, unless its handler knows better:
// a page says more than its article does, of what stands beside it.

const (
	// keptBytes is how much memory answers that are kept may take.
	keptBytes = 32 << 20
	// keptEach is the largest answer that is kept, and keptAddress the longest address.
	keptEach, keptAddress = 2 << 20, 600
	// keptRest is what an answer takes beside its body, more or less.
	keptRest = 2 << 10
	// keptEachRest is what each thing takes that an answer rests on.
	keptEachRest = 100
)

// keptAnswers are answers by address, those asked for last kept longest.
type keptAnswers struct {
	most    int64 // bytes
	journal journal

	mu     sync.Mutex
	by     map[string]*list.Element
	order  *list.List // of *keptAnswer, the one asked for last in front
	bytes  int64
	making map[string]chan struct{} // by address, closed when the answer is made
}

// keptAnswer is an answer as any reader may have it.
type keptAnswer struct {
	address string
	since   uint64 // the journal's moment after which it was begun
	rests   rests
	header  http.Header
	body    []byte
	view    view          // of an article, for the metrics; "" where it is about none
	shows   *repo.Version // the current version of an article, whose page it is; nil otherwise
}

func newKeptAnswers(most int64) *keptAnswers {
	return &keptAnswers{most: most, by: map[string]*list.Element{}, order: list.New(), making: map[string]chan struct{}{},
		journal: journal{at: map[rest]uint64{}}}
}

// get gives the answer at an address, where one is kept that is true.
func (k *keptAnswers) get(address string) *keptAnswer {
	k.mu.Lock()
	e := k.by[address]
	var a *keptAnswer
	if e != nil {
		a = e.Value.(*keptAnswer)
		k.order.MoveToFront(e)
	}
	k.mu.Unlock()
	if a == nil || !k.journal.holds(a.rests, a.since) {
		return nil
	}
	return a
}

// put keeps an answer.
func (k *keptAnswers) put(a *keptAnswer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.by[a.address]; e != nil {
		k.drop(e)
	}
	k.by[a.address] = k.order.PushFront(a)
	for k.bytes += a.size(); k.bytes > k.most; {
		k.drop(k.order.Back())
	}
}

// turn waits while somebody else makes the answer at an address, so that readers who
// come at once don't make it each. Whoever is first is told so, and calls done. The
// others look again: what was made may be older than their own request.
func (k *keptAnswers) turn(ctx context.Context, address string) (first bool, done func()) {
	k.mu.Lock()
	made, others := k.making[address]
	if !others {
		made = make(chan struct{})
		k.making[address] = made
		k.mu.Unlock()
		return true, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			delete(k.making, address)
			close(made)
		}
	}
	k.mu.Unlock()
	select {
	case <-made:
	case <-ctx.Done():
	}
	return false, nil
}

func (k *keptAnswers) drop(e *list.Element) {
	a := k.order.Remove(e).(*keptAnswer)
	delete(k.by, a.address)
	k.bytes -= a.size()
}

func (a *keptAnswer) size() int64 {
	return int64(len(a.body)+2*len(a.address)+keptEachRest*len(a.rests)) + keptRest
}

// kept answers by h, or by what h answered before where that is still true. h must
// follow from the address, the day and the store alone, but for the reader's last look
// at an article, which it notes in visit.shows; and from nothing of the store but what
// it says that it rests on, if it says anything.
func (s *Server) kept(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		held, ok := w.(*heldResponse)
		visit := visitOf(r)
		if !ok || visit.known || !keepable(r.URL) || r.Method != http.MethodGet && r.Method != http.MethodHead {
			return h(w, r)
		}
		a, err := s.answer(h, r, held)
		if a == nil || err != nil {
			return err
		}
		if a.shows != nil {
			looks := s.seenBy(r)
			if last := looks.last(a.shows); last > 0 && last != a.shows.Number {
				return h(w, r) // it is told what changed since
			}
			s.saw(w, looks, a.shows)
		}
		if a.view != "" && visit.story == nil {
			visit.story = &story{place: place{view: a.view}}
		}
		for name, values := range a.header {
			w.Header()[name] = values
		}
		held.whole = a.body
		return nil
	}
}

// answer gives the answer to a request, kept or made now; nil where it is not one to be
// kept, and was written to held.
func (s *Server) answer(h handler, r *http.Request, held *heldResponse) (*keptAnswer, error) {
	address, k := r.URL.RequestURI(), s.answers
	if k == nil {
		return s.make(h, r, held)
	}
	moment, err := k.journal.moment(r.Context(), s.store, schema.At(s.now()).Day())
	if err != nil {
		return nil, h(held, r) // which will say what is wrong
	}
	if a := k.get(address); a != nil {
		return a, nil
	}
	first, done := k.turn(r.Context(), address)
	if first {
		defer done()
	} else if a := k.get(address); a != nil {
		return a, nil
	}
	on := rests{}
	visitOf(r).rests = on
	a, err := s.make(h, r, held)
	visitOf(r).rests = nil
	if a != nil {
		a.since, a.rests = moment, on
		k.put(a)
	}
	return a, err
}

// make lets h answer, and makes what it answered one that any reader may have; nil
// where it must not be one, and was written to held.
func (s *Server) make(h handler, r *http.Request, held *heldResponse) (*keptAnswer, error) {
	fresh, err := s.freshAnswer(h, r)
	if err != nil {
		return nil, err
	}
	a := fresh.keep(r.URL.RequestURI(), visitOf(r))
	if a == nil {
		return nil, fresh.giveTo(held)
	}
	return a, nil
}

// freshAnswer lets h answer a request from which is taken what belongs to a reader.
func (s *Server) freshAnswer(h handler, r *http.Request) (*heldResponse, error) {
	anybody := r.Clone(r.Context())
	for _, name := range []string{"Cookie", "If-None-Match", "If-Modified-Since"} {
		anybody.Header.Del(name)
	}
	fresh := &heldResponse{ResponseWriter: headerOnly{}, visit: visitOf(r)}
	err := h(fresh, anybody)
	return fresh, err
}

// headerOnly is where an answer's header goes while it is made.
type headerOnly http.Header

func (h headerOnly) Header() http.Header       { return http.Header(h) }
func (h headerOnly) Write([]byte) (int, error) { return 0, http.ErrNotSupported }
func (h headerOnly) WriteHeader(int)           {}

// keep makes an answer that any reader may have; nil where it must not be one.
func (h *heldResponse) keep(address string, v *visit) *keptAnswer {
	header := h.Header()
	if v.shows != nil {
		header.Del("Set-Cookie") // of who has seen nothing yet
	}
	if h.status != 0 && h.status != http.StatusOK || header.Get("Set-Cookie") != "" || h.body.Len() > keptEach {
		return nil
	}
	a := &keptAnswer{address: address, header: header, body: slices.Clone(h.body.Bytes()), shows: v.shows}
	if v.story != nil {
		a.view = v.story.view
	}
	if header.Get("ETag") == "" {
		sum := sha256.Sum256(a.body)
		header.Set("ETag", `"`+base64.RawURLEncoding.EncodeToString(sum[:15])+`"`)
	}
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-cache")
	}
	if strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		header.Add("Vary", "Cookie") // of who is signed in, and of the last look
	}
	return a
}

// giveTo copies an answer that is not kept.
func (h *heldResponse) giveTo(to *heldResponse) error {
	for name, values := range h.Header() {
		to.Header()[name] = values
	}
	to.status = h.status
	_, err := to.Write(h.body.Bytes())
	return err
}

// keepable reports whether the answer at an address may be kept: it names no time,
// which may be relative to now, and nothing that no handler reads, by which one page
// would be kept under any number of addresses.
func keepable(u *url.URL) bool {
	if len(u.Path)+len(u.RawQuery) > keptAddress {
		return false
	}
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "version": // where it is no number it may be a time
			if strings.Trim(value, "0123456789") != "" {
				return false
			}
		case "", "view", "around", "limit", "cursor", "category", "context", "kind", "status", "date":
		default:
			return false
		}
	}
	return true
}
