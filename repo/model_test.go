package repo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git/faultdisk"
	"github.com/stemma-project/stemma/schema"
)

// plainVersion is a version as the model knows it.
type plainVersion struct {
	number    int
	published time.Time
	date      schema.Date
	headline  string
	body      string
	canceled  bool
	seal      Seal
	corrected string
}

// plainStore is the model: nothing but lists. It knows what a store must answer,
// and nothing of how one does it.
type plainStore struct {
	articles map[schema.ID][]plainVersion // in the order of recording
	high     map[schema.ID]int            // the greatest number ever given
	homes    map[schema.ID]schema.ID      // where an id leads
	mixed    map[schema.ID]bool           // articles that were linked or split
	total    int
}

// sorted gives an article's versions in the order of Changes.
func (p *plainStore) sorted(id schema.ID) []plainVersion {
	all := slices.Clone(p.articles[id])
	slices.SortStableFunc(all, func(a, b plainVersion) int {
		if c := a.published.Compare(b.published); c != 0 {
			return c
		}
		return a.number - b.number
	})
	return all
}

func (p *plainStore) current(id schema.ID) plainVersion {
	all := p.sorted(id)
	return all[len(all)-1]
}

// asOf gives the state of an article at a time of publication.
func (p *plainStore) asOf(id schema.ID, at time.Time) (v plainVersion, ok bool) {
	for _, x := range p.sorted(id) {
		if !x.published.After(at) {
			v, ok = x, true
		}
	}
	return v, ok
}

func (p *plainStore) add(id schema.ID, v plainVersion) {
	p.high[id]++
	v.number = p.high[id]
	p.articles[id] = append(p.articles[id], v)
	p.total++
}

func same(a, b plainVersion) bool {
	return a.date == b.date && a.headline == b.headline && a.body == b.body && a.canceled == b.canceled
}

// restores gives the number that the version at i of a sorted list restores.
func restores(all []plainVersion, i int) int {
	if i == 0 || same(all[i], all[i-1]) {
		return 0
	}
	best := 0
	for _, x := range all[:i-1] {
		if same(x, all[i]) && (best == 0 || x.number < best) {
			best = x.number
		}
	}
	return best
}

// play is a store, its model, and a clock that both go by.
type play struct {
	t     *testing.T
	s     *Store
	dir   string
	model *plainStore
	ids   []schema.ID // articles that have versions
	now   time.Time
	r     *rand.Rand

	rebuilds     int // of the index
	sinceRebuilt int // reopenings
}

func (p *play) tick() time.Time {
	p.now = p.now.Add(time.Second)
	return p.now
}

// trace says what is done, where the environment asks for it.
func (p *play) trace(format string, args ...any) {
	if os.Getenv("STEMMA_TRACE") != "" {
		p.t.Logf(format, args...)
	}
}

func (p *play) open() {
	s, err := openOn(faultdisk.Forgetful{}, p.dir) // waiting for a disk finds nothing here
	if err != nil {
		p.t.Fatal(err)
	}
	p.s = s
	s.now = func() time.Time { return p.now }
}

func (p *play) some() schema.ID { return p.ids[p.r.IntN(len(p.ids))] }

// words gives one of few texts, so that states come back often.
func (p *play) words() (headline, body string) {
	return fmt.Sprintf("%d dead in Springfield", p.r.IntN(4)), fmt.Sprintf("The road is %d km long.\n", p.r.IntN(3))
}

// dateOf gives articles dates of their own: some share one, and so a slug.
func dateOf(id schema.ID) schema.Date {
	day := time.Duration(int(id[0])<<2 | int(id[1]&3)) // 1,024 days
	return schema.Date(start.Add(-day * 24 * time.Hour).Format(time.DateOnly))
}

func (p *play) draft(id schema.ID, headline, body string) Draft {
	d := draft(dateOf(id), headline)
	d.Article, d.Input.Body = id.String(), body
	d.Input.Carries = schema.Fields(schema.FieldHeadline, schema.FieldBody, schema.FieldDate, schema.FieldStatus)
	return d
}

func (p *play) record(past bool) {
	id := schema.NewID()
	if len(p.ids) > 0 && p.r.IntN(12) > 0 {
		id = p.some()
	}
	headline, body := p.words()
	d, at := p.draft(id, headline, body), p.tick()
	if past {
		at = p.now.Add(-time.Duration(p.r.IntN(int(p.now.Sub(start)/time.Second)+2)) * time.Second)
		d.Published = schema.At(at)
	}
	v := plainVersion{published: at, date: dateOf(id), headline: headline, body: body}
	before, ok := p.model.asOf(id, at)
	want := Recorded
	switch _, exists := p.model.articles[id]; {
	case !exists:
		want = Created
		p.ids = append(p.ids, id)
	case ok && same(before, v):
		want = Unchanged
	}
	p.trace("record %q in %.6s at %s", headline, id, at)
	results, err := p.s.Record(context.Background(), []Draft{d}, RecordOptions{})
	if err != nil || results[0].Outcome != want {
		p.t.Fatalf("recording %q at %s: %+v, %v, want %s", headline, at, results, err, want)
	}
	if want != Unchanged {
		v.seal = results[0].Version.Seal
		p.model.add(id, v)
		if got := results[0].Version.Number; got != p.model.high[id] {
			p.t.Fatalf("the version has number %d, want %d: %+v", got, p.model.high[id], results[0].Version)
		}
	}
}

func (p *play) restore() {
	id := p.some()
	all := p.model.sorted(id)
	old := all[p.r.IntN(len(all))]
	from, err := p.s.Version(context.Background(), id, strconv.Itoa(old.number))
	if err != nil {
		p.t.Fatal(err)
	}
	at := p.tick()
	p.trace("restore %.6s@%d", id, old.number)
	r, err := p.s.Restore(context.Background(), from, Actor{})
	p.revised(id, r, err, plainVersion{published: at, date: old.date, headline: old.headline, body: old.body, canceled: old.canceled})
}

func (p *play) withdraw() {
	id := p.some()
	next := p.model.current(id)
	next.canceled, next.published, next.corrected = true, p.tick(), ""
	p.trace("withdraw %.6s", id)
	r, err := p.s.Withdraw(context.Background(), id, Actor{})
	p.revised(id, r, err, next)
}

// revised takes what Restore and Withdraw came to into the model.
func (p *play) revised(id schema.ID, r Result, err error, next plainVersion) {
	p.t.Helper()
	want := Recorded
	if same(p.model.current(id), next) && !(p.model.mixed[id] && r.Outcome == Recorded) {
		want = Unchanged
	}
	if err != nil || r.Outcome != want {
		p.t.Fatalf("%s (%s), %v, want %s", r.Outcome, r.Reason, err, want)
	}
	if want == Recorded {
		next.seal = r.Version.Seal
		p.model.add(id, next)
	}
}

func (p *play) link() {
	a, b := p.some(), p.some()
	at := p.tick()
	p.trace("link %.6s, %.6s", a, b)
	r, err := p.s.Link(context.Background(), a, b, Actor{})
	if a == b {
		if err == nil {
			p.t.Fatal("an article was linked to itself")
		}
		return
	}
	if err != nil {
		p.t.Fatal(err)
	}
	newest := p.model.current(a)
	if other := p.model.current(b); newest.published.Before(other.published) {
		newest = other
	}
	for _, v := range p.model.articles[b] {
		p.model.high[a]++
		v.number = p.model.high[a]
		p.model.articles[a] = append(p.model.articles[a], v)
	}
	delete(p.model.articles, b)
	p.ids = slices.DeleteFunc(p.ids, func(id schema.ID) bool { return id == b })
	for id, home := range p.model.homes {
		if home == b {
			p.model.homes[id] = a
		}
	}
	p.model.homes[b] = a
	p.model.mixed[a] = true
	newest.published, newest.seal, newest.corrected = at, r.Version.Seal, ""
	p.model.add(a, newest)
}

func (p *play) split() {
	id := p.some()
	all := p.model.articles[id]
	cut := all[p.r.IntN(len(all))].number
	v, err := p.s.Version(context.Background(), id, strconv.Itoa(cut))
	if err != nil {
		p.t.Fatal(err)
	}
	at := p.tick()
	p.trace("split %.6s@%d", id, cut)
	r, err := p.s.Split(context.Background(), v, Actor{})
	stay := slices.DeleteFunc(slices.Clone(all), func(x plainVersion) bool { return x.number >= cut })
	if len(stay) == 0 {
		if err == nil {
			p.t.Fatal("nothing would have stayed")
		}
		return
	}
	if err != nil {
		p.t.Fatal(err)
	}
	fresh := r.Version.Article
	p.model.mixed[id], p.model.mixed[fresh] = true, true
	for _, x := range all {
		if x.number >= cut {
			p.model.high[fresh]++
			x.number = p.model.high[fresh]
			p.model.articles[fresh] = append(p.model.articles[fresh], x)
		}
	}
	p.model.articles[id] = stay
	p.ids = append(p.ids, fresh)
	next, back := p.model.current(fresh), p.model.current(id)
	next.published, next.seal, next.corrected = at, r.Version.Seal, ""
	p.model.add(fresh, next)
	back.published, back.seal, back.corrected = at, Seal{}, ""
	p.model.add(id, back)
	// An id that was linked leaves with its versions.
	for linked, home := range p.model.homes {
		if home == id {
			lead, err := p.s.Resolve(context.Background(), linked.String())
			if err != nil || lead != id && lead != fresh {
				p.t.Fatalf("the linked id %s leads to %s, %v", linked, lead, err)
			}
			p.model.homes[linked] = lead
		}
	}
}

func (p *play) correct() {
	id := p.some()
	all := p.model.sorted(id)
	i := p.r.IntN(len(all))
	to, err := p.s.Version(context.Background(), id, strconv.Itoa(all[i].number))
	if err != nil {
		p.t.Fatal(err)
	}
	from, _, err := p.s.Before(context.Background(), to)
	if err != nil {
		p.t.Fatal(err)
	}
	p.tick()
	text := fmt.Sprintf("Correction at %d.", p.now.Unix())
	if _, err := p.s.Correct(context.Background(), from, to, Corrects, text, Actor{}); err != nil {
		p.t.Fatal(err)
	}
	for k, x := range p.model.articles[id] {
		if x.number == all[i].number {
			p.model.articles[id][k].corrected = text
		}
	}
}

// numbered gives a version of the model.
func (p *play) numbered(id schema.ID, number int) plainVersion {
	for _, v := range p.model.articles[id] {
		if v.number == number {
			return v
		}
	}
	return plainVersion{}
}

// compareOne holds what the store says of an article to the model, and gives the
// number of its versions.
func (p *play) compareOne(what string, id schema.ID) int {
	p.t.Helper()
	ctx := context.Background()
	want := p.model.sorted(id)
	got, err := p.s.Changes(ctx, id)
	if err != nil || len(got) != len(want) {
		p.t.Fatalf("%s: article %s has %d versions (%v), want %d", what, id, len(got), err, len(want))
	}
	for i, v := range got {
		w := want[i]
		state, err := p.s.State(ctx, v)
		if err != nil {
			p.t.Fatal(err)
		}
		text := ""
		if v.Correction != nil {
			text = v.Correction.Text
		}
		restored := restores(want, i)
		if p.model.mixed[id] && (v.Restores == 0 || v.Restores != v.Number && same(w, p.numbered(id, v.Restores))) {
			restored = v.Restores // addresses that came with a link are part of a state too
		}
		switch {
		case v.Number != w.number, !v.Published.T.Equal(w.published), v.Place != placeOf(i, len(want)),
			state.Date != w.date, state.Headline != w.headline, state.Body != w.body, (state.Status == schema.Canceled) != w.canceled,
			!w.seal.IsZero() && v.Seal != w.seal, text != w.corrected, v.Restores != restored,
			len(v.Kinds) == 0 && i > 0 && !same(w, want[i-1]):
			p.t.Fatalf("%s: article %s, version %d of the list:\n%+v\n%+v\nwant %+v, restoring %d", what, id, i, v, state, w, restored)
		}
	}
	return len(got)
}

// compareSome does so for a few articles by chance.
func (p *play) compareSome(what string) {
	p.t.Helper()
	for range min(8, len(p.ids)) {
		p.compareOne(what, p.some())
	}
}

// compare holds every answer to the model.
func (p *play) compare(what string) {
	p.t.Helper()
	ctx := context.Background()
	count := 0
	for id := range p.model.articles {
		count += p.compareOne(what, id)
	}
	for id, home := range p.model.homes {
		if got, err := p.s.Resolve(ctx, id.String()); err != nil || got != home {
			p.t.Fatalf("%s: %s leads to %s (%v), want %s", what, id, got, err, home)
		}
	}
	logged := 0
	for _, err := range p.s.Log(ctx, LogFilter{}) {
		if err != nil {
			p.t.Fatal(err)
		}
		logged++
	}
	if count != p.model.total || logged != count {
		p.t.Fatalf("%s: %d versions in Changes, %d in the log, want %d", what, count, logged, p.model.total)
	}
}

// start is when the play begins.
var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// TestModel plays random operations against a plain list. STEMMA_OPERATIONS says
// how many; 1,500 by default. The store is opened again and again, and its index
// deleted. Everything is compared, verified and rebuilt each time that the store has
// doubled, so that the time for it stays in proportion; a few articles are compared
// on the way.
func TestModel(t *testing.T) {
	t.Parallel()
	operations := int(fromEnv(t, "STEMMA_OPERATIONS", 1500))
	seed := fromEnv(t, "STEMMA_SEED", uint64(time.Now().UnixNano()))
	t.Logf("STEMMA_SEED=%d", seed)
	p := &play{t: t, dir: filepath.Join(t.TempDir(), "store"), now: start, r: rand.New(rand.NewPCG(seed, 1)),
		model: &plainStore{map[schema.ID][]plainVersion{}, map[schema.ID]int{}, map[schema.ID]schema.ID{}, map[schema.ID]bool{}, 0}}
	s, err := Init(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	p.open()
	defer func() { p.s.Close() }()
	p.record(false)
	next := 500
	for n := range operations {
		switch k := p.r.IntN(100); {
		case k < 50:
			p.record(false)
		case k < 70:
			p.record(true)
		case k < 78:
			p.restore()
		case k < 83:
			p.withdraw()
		case k < 87:
			p.link()
		case k < 92:
			p.split()
		case k < 97:
			p.correct()
		case k < 98:
			p.compareSome("on the way")
		default:
			p.reopen()
		}
		if n == next {
			next *= 2
			p.whole()
		}
	}
	p.whole()
	t.Logf("%d operations, %d versions of %d articles, %d rebuilds", operations, p.model.total, len(p.ids), p.rebuilds)
}

// whole holds everything to the model, before and after a rebuild of the index.
func (p *play) whole() {
	p.compare("before a rebuild")
	sound(p.t, p.s)
	sameRebuilt(p.t, p.s)
	p.rebuilt()
	p.compare("after a rebuild")
}

func (p *play) rebuilt() { p.rebuilds, p.sinceRebuilt = p.rebuilds+1, 0 }

// reopen opens the store again, now and then without its index.
func (p *play) reopen() {
	if err := p.s.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.trace("open again")
	p.sinceRebuilt++
	// A reopening is every fiftieth operation.
	if p.sinceRebuilt*50 > p.model.total/4 && p.r.IntN(3) == 0 {
		p.trace("without the index")
		if err := dropIndex(p.dir); err != nil {
			p.t.Fatal(err)
		}
		p.rebuilt()
	}
	p.open()
}
