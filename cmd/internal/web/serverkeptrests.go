package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// An answer rests on what it tells of: an article, a day, the articles that share a
// context, the article at an address. A handler says so while it answers, and its
// answer is true for as long as nothing of that was touched; what says nothing rests on
// the whole store. The journal knows when each thing was touched last.

// rest is something that answers rest on: a kind, and its name.
type rest struct {
	kind restKind
	name string
}

type restKind byte

const (
	restArticle restKind = iota // by its id: its versions and corrections
	restDay                     // by its date: the articles whose current version has it
	restContext                 // the articles that have it now
	restAddress                 // by schema.AliasKey: the article to which it leads
)

// rests is what one answer rests on; nothing means the whole store.
type rests map[rest]struct{}

func (r rests) on(kind restKind, names ...string) {
	if r == nil {
		return // nobody keeps the answer
	}
	for _, n := range names {
		r[rest{kind, n}] = struct{}{}
	}
}

// restsOn notes that the answer to a request rests on an article.
func restsOn(r *http.Request, id schema.ID) { visitOf(r).rests.on(restArticle, id.String()) }

// restsOnAddress notes that it rests on what an address leads to.
func restsOnAddress(r *http.Request, address string) {
	visitOf(r).rests.on(restAddress, schema.AliasKey(address))
}

// restsOnDay notes that it rests on the index of a day.
func restsOnDay(r *http.Request, d schema.Date) { visitOf(r).rests.on(restDay, string(d)) }

// restsOnRelated notes that it rests on the articles that are related to one.
func (s *Server) restsOnRelated(ctx context.Context, id schema.ID) error {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok || v.rests == nil {
		return nil
	}
	contexts, err := s.store.Contexts(ctx, id)
	v.rests.on(restArticle, id.String())
	v.rests.on(restContext, contexts...)
	return err
}

// journalMost is how many things' last touch is remembered: some 10 MB at most. Beyond
// that all are taken for touched, and it begins anew.
const journalMost = 50_000

// journal counts the moments at which the store was found to hold something new.
type journal struct {
	mu    sync.Mutex
	stand repo.Stand
	day   schema.Date // an answer may name the day of today
	now   uint64      // the moment of stand; 0 before the first
	all   uint64      // the last moment at which anything may have been touched
	at    map[rest]uint64
}

// moment brings the journal up to what the store holds and gives the moment that it is:
// an answer that is begun afterwards knows all that was recorded until then.
func (j *journal) moment(ctx context.Context, store *repo.Store, day schema.Date) (uint64, error) {
	tip, err := store.Tip()
	if err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.now > 0 && j.stand.Tip() == tip && j.day == day {
		return j.now, nil
	}
	ctx = context.WithoutCancel(ctx) // others wait for it too
	var touched repo.Touched
	var stand repo.Stand
	if j.now == 0 {
		stand, err = store.Stand(ctx)
	} else {
		touched, stand, err = store.Since(ctx, j.stand)
	}
	if err != nil {
		return 0, err
	}
	if j.now > 0 && stand == j.stand && j.day == day {
		return j.now, nil // who came before was quicker
	}
	j.stand = stand
	j.now++
	if j.day != day || touched.All {
		j.all, j.day = j.now, day
		clear(j.at)
		return j.now, nil
	}
	for _, id := range touched.Articles {
		j.touch(restArticle, id.String())
	}
	for _, d := range touched.Dates {
		j.touch(restDay, string(d))
	}
	j.touch(restContext, touched.Contexts...)
	j.touch(restAddress, touched.Addresses...)
	if len(j.at) > journalMost {
		j.all = j.now
		clear(j.at)
	}
	return j.now, nil
}

func (j *journal) touch(kind restKind, names ...string) {
	for _, n := range names {
		j.at[rest{kind, n}] = j.now
	}
}

// holds reports whether what was answered at a moment is true at the journal's.
func (j *journal) holds(on rests, since uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if since == j.now {
		return true
	}
	if since < j.all || len(on) == 0 {
		return false
	}
	for r := range on {
		if j.at[r] > since {
			return false
		}
	}
	return true
}
