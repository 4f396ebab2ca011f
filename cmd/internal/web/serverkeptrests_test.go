package web_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// newsroom is a store in which everything happens that can: a plain server tells what
// is true.
type newsroom struct {
	*site
	random *rand.Rand
	plain  *web.Server
	ids    []schema.ID
	clock  time.Time
}

func newNewsroom(t *testing.T) *newsroom {
	t.Helper()
	secret := []byte("a secret of the cookies")
	n := &newsroom{site: emptySite(t, func(o *web.Options) { o.Secret = secret }), random: rand.New(rand.NewPCG(7, 8)), clock: time.Date(2020, 5, 1, 8, 0, 0, 0, time.UTC)}
	other, err := repo.Open(n.store.Dir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	if n.plain, err = web.New(web.Options{Store: other, Base: n.url, Secret: secret, Keep: -1}); err != nil {
		t.Fatal(err)
	}
	return n
}

// pick gives one of a few.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// draft is a state of an article, new or known, with few words, days, contexts and
// addresses, so that articles meet in all of them.
func (n *newsroom) draft(id schema.ID, published time.Time) repo.Draft {
	r := n.random
	in := schema.Input{State: schema.State{ID: id, Date: pick[schema.Date](r, "2020-05-01", "2020-05-02"), Headline: pick(r, "Storm", "Flood", "Vote") + pick(r, " ends", " goes on"),
		Summary: fmt.Sprint("Told for the ", r.IntN(1000), ". time."), Category: pick(r, "Law", "Sport")},
		Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate, schema.FieldSummary, schema.FieldCategory)}
	if r.IntN(2) == 0 {
		in.Contexts, in.Carries = pick(r, nil, []string{"Iran"}, []string{"Iran", "Punjab, Pakistan"}, []string{"Peru"}), in.Carries|schema.Fields(schema.FieldContexts)
	}
	if r.IntN(4) == 0 {
		in.Aliases, in.Carries = []string{pick(r, "/news/2020/05/1/storm-ends", "/old/story", "https://a.example/1")}, in.Carries|schema.Fields(schema.FieldAliases)
	}
	return repo.Draft{Input: in, Author: schema.Person{Name: "Ed", Email: "ed@example.org"}, Published: schema.At(published)}
}

// happen lets one thing happen and says what it was.
func (n *newsroom) happen() (what string, err error) {
	r, ctx := n.random, n.t.Context()
	n.clock = n.clock.Add(time.Minute)
	by := repo.Actor{Author: schema.Person{Name: "Ed", Email: "ed@example.org"}}
	record := func(d repo.Draft) error {
		results, err := n.store.Record(ctx, []repo.Draft{d}, repo.RecordOptions{})
		if err == nil && results[0].Err != nil {
			n.t.Logf("%v", results[0].Err)
		}
		return err
	}
	if len(n.ids) < 4 || r.IntN(20) == 0 && len(n.ids) < 9 {
		n.ids = append(n.ids, schema.DeriveID(fmt.Sprint("article ", len(n.ids))))
		return "a new article", record(n.draft(n.ids[len(n.ids)-1], n.clock))
	}
	id := pick(r, n.ids...)
	versions, err := n.store.Changes(ctx, id)
	var gone *repo.NotFoundError
	if errors.As(err, &gone) { // it was linked into another
		n.ids = slices.DeleteFunc(n.ids, func(other schema.ID) bool { return other == id })
		return "nothing", nil
	}
	if err != nil {
		return "reading", err
	}
	v := pick(r, versions...)
	switch r.IntN(16) {
	default:
		return "a version", record(n.draft(id, n.clock))
	case 8, 9:
		return "a version of the past", record(n.draft(id, v.Published.T.Add(-30*time.Second)))
	case 10:
		_, err = n.store.Restore(ctx, v, by)
		return "a restored version", ignoreRefusal(n.t, err)
	case 11:
		_, err = n.store.Withdraw(ctx, id, by)
		return "a withdrawal", ignoreRefusal(n.t, err)
	case 12:
		if len(versions) < 2 {
			return "nothing", nil
		}
		_, err = n.store.Correct(ctx, versions[len(versions)-2], versions[len(versions)-1], repo.Corrects, fmt.Sprint("It was ", r.IntN(100)), by)
		return "a correction", ignoreRefusal(n.t, err)
	case 13:
		if r.IntN(3) > 0 {
			return "nothing", nil
		}
		_, err = n.store.Link(ctx, id, pick(r, n.ids...), by)
		return "a link", ignoreRefusal(n.t, err)
	case 14:
		if r.IntN(3) > 0 {
			return "nothing", nil
		}
		_, err = n.store.Split(ctx, v, by)
		return "a split", ignoreRefusal(n.t, err)
	case 15:
		d := n.draft(id, n.clock)
		return "a version of another process", n.beside(d)
	}
}

func ignoreRefusal(t testing.TB, err error) error {
	if err != nil {
		t.Logf("%v", err)
	}
	return nil
}

// beside records by a handle of its own.
func (n *newsroom) beside(d repo.Draft) error {
	store, err := repo.Open(n.store.Dir())
	if err != nil {
		return err
	}
	defer store.Close()
	_, err = store.Record(n.t.Context(), []repo.Draft{d}, repo.RecordOptions{})
	return err
}

// targets are addresses about everything.
func (n *newsroom) targets() []string {
	list := []string{"/", "/feed.atom", "/api/v1/articles", "/api/v1/log"}
	for _, day := range []string{"2020/05/1", "2020/05/2"} {
		list = append(list, "/news/"+day+"/", "/news/"+day+"/index.json", "/news/"+day+"/feed.atom")
		for _, slug := range []string{"storm-ends", "storm-goes-on", "flood-ends", "flood-goes-on", "vote-ends", "vote-goes-on", "storm-ends-2", "flood-ends-2"} {
			path := "/news/" + day + "/" + slug
			list = append(list, path+".html", path+".html", path+".md", path+".json", path+"/changes", path+".html?version=1", path+"/diff/1..2.html", path+"/blame")
		}
	}
	list = append(list, "/api/v1/days/2020-05-01", "/old/story.html", "/old/story/changes")
	for _, id := range n.ids {
		api := "/api/v1/articles/" + id.String()
		list = append(list, api+"/versions", api+"/related", api+"/corrections", api+"/diff", api+"/blame", "/api/v1/articles/"+id.String()[:8]+"/versions")
	}
	return list
}

// Whatever happens in a store, by whomever, no answer is older than the store, though
// answers about something else are kept.
func TestKeptAnswersRestOnWhatTheySay(t *testing.T) {
	t.Parallel()
	n := newNewsroom(t)
	happened, outlived := map[string]int{}, 0
	for step := range 150 {
		what, err := n.happen()
		if err != nil {
			t.Fatalf("step %d, %s: %v", step, what, err)
		}
		happened[what]++
		targets := n.targets()
		for range 25 {
			target := pick(n.random, targets...)
			if n.handler.Holds(t.Context(), target) {
				outlived++
			}
			got, want := ask(n.handler, target, ""), ask(n.plain, target, "")
			if got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
				t.Fatalf("step %d, after %s: %s\n%d %v\n%s\nis in truth\n%d %v\n%s", step, what, target, got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
			}
		}
	}
	t.Logf("%v; %d answers were kept over what happened", happened, outlived)
	if outlived < 100 || len(happened) < 8 {
		t.Errorf("%d answers were kept over what happened: %v", outlived, happened)
	}
}

// A version of one article leaves the answers about others as they are, and none about
// itself, its day, or what shares a context with it.
func TestAVersionTouchesWhatItIsAbout(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	store := func(key, headline string, date schema.Date, hour int, contexts ...string) {
		t.Helper()
		in := schema.Input{State: schema.State{ID: schema.DeriveID(key), Headline: headline, Date: date, Contexts: contexts},
			Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate, schema.FieldContexts)}
		results, err := s.store.Record(t.Context(), []repo.Draft{{Input: in, Author: schema.Person{Name: "Ed", Email: "ed@example.org"}, Published: schema.At(time.Date(2020, 5, 4, hour, 0, 0, 0, time.UTC))}}, repo.RecordOptions{})
		if err != nil || results[0].Err != nil {
			t.Fatal(err, results[0].Err)
		}
	}
	store("a", "Alpha", "2020-05-01", 1, "Iran")
	store("b", "Beta", "2020-05-02", 2, "Iran", "Peru")
	store("c", "Gamma", "2020-05-03", 3, "Chad")
	at := map[string]string{"Alpha": "/news/2020/05/1/alpha", "Beta": "/news/2020/05/2/beta", "Gamma": "/news/2020/05/3/gamma"}
	var all []string
	for _, path := range at {
		all = append(all, path+".html", path+".md", path+"/changes", path+"/blame", path+"/timeline")
	}
	all = append(all, "/", "/feed.atom", "/news/2020/05/1/", "/news/2020/05/2/", "/news/2020/05/3/", "/api/v1/articles/"+schema.DeriveID("c").String()+"/versions")
	touches := func(what string, touched ...string) {
		t.Helper()
		for _, target := range all {
			if holds := s.handler.Holds(t.Context(), target); holds == slices.Contains(touched, target) {
				t.Errorf("%s: the answer at %s holds: %t", what, target, holds)
			}
			ask(s.handler, target, "")
		}
	}
	touches("nothing was asked", all...)
	touches("nothing happened")
	store("a", "Alpha", "2020-05-01", 4, "Iran", "Peru") // Beta is related to it
	touches("a context", "/", "/feed.atom", "/news/2020/05/1/", at["Alpha"]+".html", at["Alpha"]+".md", at["Alpha"]+"/changes", at["Alpha"]+"/blame", at["Alpha"]+"/timeline",
		at["Beta"]+".html", at["Beta"]+".md")
	store("c", "Gamma", "2020-05-02", 5, "Chad") // it goes from one day to another, and with it its address
	touches("a date", "/", "/feed.atom", "/news/2020/05/2/", "/news/2020/05/3/", at["Gamma"]+".html", at["Gamma"]+".md", at["Gamma"]+"/changes", at["Gamma"]+"/blame", at["Gamma"]+"/timeline",
		"/api/v1/articles/"+schema.DeriveID("c").String()+"/versions")
}

// A commit of plain git, which may do anything, touches all.
func TestPlainGitTouchesAll(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is wanted: ", err)
	}
	s := newSite(t)
	ask(s.handler, nowPath+".html", "")
	if !s.handler.Holds(t.Context(), nowPath+".html") {
		t.Fatal("nothing is kept")
	}
	for _, args := range [][]string{{"commit-tree", "-p", "main", "-m", "By hand", "main^{tree}"}} {
		cmd := exec.Command("git", append([]string{"-C", s.store.Dir(), "-c", "user.name=Ed", "-c", "user.email=ed@example.org"}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("git", "-C", s.store.Dir(), "update-ref", "refs/heads/main", string(out[:40])).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	if s.handler.Holds(t.Context(), nowPath+".html") {
		t.Error("the answer is held to be true")
	}
}
