package repo

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// leads wants that a name leads to an article.
func leads(t *testing.T, s *Store, name string, want schema.ID) {
	t.Helper()
	if got, err := s.Resolve(context.Background(), name); err != nil || got != want {
		t.Errorf("%q leads to %s (%v), want %s", name, got, err, want)
	}
}

// recordIn records a state without saying of which article it is, and wants the
// outcome and the article.
func recordIn(t *testing.T, s *Store, d Draft, want Outcome, article schema.ID) Version {
	t.Helper()
	v := record(t, s, d, want).Version
	if v.Article != article {
		t.Fatalf("%q was recorded in %s, want %s", d.Input.Headline, v.Article, article)
	}
	return v
}

// TestHeadlineChain follows a real kind of chain: four headlines, then a fifth
// with another topic label, whose past is lost where identity hangs on the label.
func TestHeadlineChain(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const source = "https://www.example.org/news/world-asia-1"
	headlines := []string{
		"A ferry carrying 200 people sinks off the coast of Lombok",
		"A ferry carrying 230 people sinks off the coast of Lombok, killing three",
		"A ferry carrying 230 people sinks off the coast of Lombok, killing at least nine",
		"At least eleven people are killed after a ferry carrying 230 people sinks off the coast of Lombok",
		"At least twelve people are killed after a ferry carrying 230 people sinks off the coast of Lombok",
	}
	var id schema.ID
	for i, h := range headlines {
		d := draft("2018-02-06", h, source)
		d.Input.Category = "Disasters and accidents"
		if i == 4 {
			d.Input.Category = "Ferry accidents in Asia"
		}
		if i == 0 {
			id = record(t, s, d, Created).Version.Article
			continue
		}
		recordIn(t, s, d, Recorded, id)
	}
	if got := numbers(t, s, id); len(got) != 5 {
		t.Fatalf("versions %v", got)
	}
	for _, h := range headlines {
		leads(t, s, schema.DefaultPath("2018-02-06", h), id)
		leads(t, s, schema.Slug(h), id)
	}
	leads(t, s, source, id)
	sound(t, s)
	sameRebuilt(t, s)
}

// TestToll lets a death toll climb.
func TestToll(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const source = "https://example.org/bus"
	id := record(t, s, draft("2015-09-26", "A bus crash in Bolivia kills 2 people", source), Created).Version.Article
	for _, h := range []string{"A bus crash in Bolivia kills 7 people", "A bus crash in Bolivia kills 9 people"} {
		if v := recordIn(t, s, draft("2015-09-26", h, source), Recorded, id); !hasKind(v, "figure") {
			t.Errorf("%q: kinds %v", h, v.Kinds)
		}
	}
	// The same words with another figure and another source are another event.
	other := record(t, s, draft("2015-09-26", "A bus crash in Bolivia kills 40 people", "https://example.org/other-bus"), Created)
	if other.Version.Article == id || other.Twin == nil || other.Twin.Article != id {
		t.Errorf("the other crash is %s, its twin %+v", other.Version.Article, other.Twin)
	}
	sound(t, s)
}

func hasKind(v Version, kind string) bool {
	for _, k := range v.Kinds {
		if string(k) == kind {
			return true
		}
	}
	return false
}

// TestByte140 changes a headline past the place where slugs end.
func TestByte140(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	head := strings.Repeat("long words ", 13)[:140]
	a := draft("2015-09-26", head+" and two more of them", "https://example.org/1")
	id := record(t, s, a, Created).Version.Article
	v := recordIn(t, s, draft("2015-09-26", head+" and ten more of them", "https://example.org/1"), Recorded, id)
	if first, err := s.Version(context.Background(), id, "1"); err != nil || first.Path != v.Path || v.Number != 2 {
		t.Errorf("paths %q and %q, version %d, %v", first.Path, v.Path, v.Number, err)
	}
	// In other scripts the cut never falls into a letter.
	wide := strings.Repeat("西班牙最高法院以", 12)
	d := draft("2015-09-26", wide+"一", "https://example.org/2")
	id = record(t, s, d, Created).Version.Article
	recordIn(t, s, draft("2015-09-26", wide+"二", "https://example.org/2"), Recorded, id)
	sound(t, s)
}

// TestQuoteStyle cites one story under two addresses that differ in quotes alone.
func TestQuoteStyle(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	straight := "https://example.org/minister-'ready-to-resign'"
	curly := "https://example.org/minister-%E2%80%98ready-to-resign%E2%80%99"
	id := record(t, s, draft("2015-09-26", "The minister says that he is 'ready to resign'", straight), Created).Version.Article
	recordIn(t, s, draft("2015-09-26", "The minister says that he is ‘ready to resign’", curly), Recorded, id)
	leads(t, s, straight, id)
	leads(t, s, curly, id)
	leads(t, s, "http://example.org/minister-’ready-to-resign’?utm_source=feed", id)
	sound(t, s)
}

// TestSlugTwice wants one slug twice on a day.
func TestSlugTwice(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const headline = "Earthquake in Chile"
	path := schema.DefaultPath("2015-09-26", headline)
	a := record(t, s, draft("2015-09-26", headline, "https://example.org/1"), Created).Version
	b := record(t, s, draft("2015-09-26", headline, "https://example.org/2"), Created).Version
	if a.Path != path || b.Path != path+"-2" || a.Article == b.Article {
		t.Fatalf("paths %s and %s", a.Path, b.Path)
	}
	c := draft("2015-09-26", headline)
	c.Input.ID = schema.NewID()
	if v := record(t, s, c, Created).Version; v.Path != path+"-3" {
		t.Errorf("a different explicit id has the path %s", v.Path)
	}
	// Without an id and without sources, the path decides.
	recordIn(t, s, draft("2015-09-26", headline), Recorded, a.Article)
	// A rename into a taken slug.
	d := record(t, s, draft("2015-09-26", "Quake in Peru", "https://example.org/3"), Created).Version
	e := draft("2015-09-26", headline, "https://example.org/3")
	e.Article = d.Article.String()
	if v := record(t, s, e, Recorded).Version; v.Path != path+"-4" {
		t.Errorf("renamed into a taken slug, it has the path %s", v.Path)
	}
	leads(t, s, path, a.Article)
	leads(t, s, path+"-2.html", b.Article)
	leads(t, s, "quake-in-peru", d.Article)
	sound(t, s)
	sameRebuilt(t, s)
}

// TestOldAddresses follows everything that ever led to an article.
func TestOldAddresses(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := draft("2015-09-26", "First headline", "https://example.org/first?utm_source=x")
	d.Input.Aliases = []string{"tag:example.org,2015:1"}
	id := record(t, s, d, Created).Version.Article
	e := draft("2015-09-27", "Second headline", "https://example.org/second")
	e.Article = id.String()
	record(t, s, e, Recorded)
	for _, name := range []string{
		id.String(), strings.ToUpper(id.String()), id.String()[:8],
		"/news/2015/09/26/first-headline", "/news/2015/09/26/first-headline.html", "https://site.example/news/2015/09/26/first-headline.md",
		"/news/2015/09/27/second-headline", "first-headline", "second-headline", "First-Headline",
		"https://example.org/first", "http://example.org/first/", "https://example.org/second", "tag:example.org,2015:1",
	} {
		leads(t, s, name, id)
	}
	recordIn(t, s, func() Draft {
		d := draft("2015-09-28", "Third headline, by its guid", "https://example.org/third")
		d.Input.Aliases = []string{"tag:example.org,2015:1"}
		return d
	}(), Recorded, id)
	sameRebuilt(t, s)
	leads(t, s, "first-headline", id)
	leads(t, s, "fi", id) // the beginning of a slug may be short
	var missing *NotFoundError
	if _, err := s.Resolve(context.Background(), "fourth-headline"); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

// TestLinkAndSplit links, links on, records by an old id, splits: no version is
// ever lost, no seal changes, and every id leads somewhere.
func TestLinkAndSplit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	a := record(t, s, draft("2015-09-26", "Storm hits the coast", "https://example.org/1"), Created).Version
	b := record(t, s, draft("2015-09-26", "Parliament votes on the budget", "https://example.org/2"), Created).Version
	c := record(t, s, draft("2015-09-26", "A comet is seen from Mars", "https://example.org/3"), Created).Version
	before := snap(t, s)
	link := func(keep, other schema.ID) {
		t.Helper()
		if _, err := s.Link(ctx, keep, other, Actor{}); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		after := sameRebuilt(t, s)
		seals := map[Seal]bool{}
		for _, v := range after.Log {
			seals[v.Seal] = true
		}
		for _, v := range before.Log {
			if !seals[v.Seal] {
				t.Fatalf("version %d of %s (%s) is lost", v.Number, v.Article, v.Seal.Short())
			}
		}
		if len(after.Log) != len(before.Log)+1 {
			t.Fatalf("%d versions after %d", len(after.Log), len(before.Log))
		}
		before = after
	}
	link(b.Article, c.Article)
	link(a.Article, b.Article)
	for _, name := range []string{b.Article.String(), c.Article.String(), "a-comet-is-seen-from-mars", "https://example.org/2"} {
		leads(t, s, name, a.Article)
	}
	if _, err := s.Link(ctx, a.Article, b.Article, Actor{}); err == nil {
		t.Error("an article was linked a second time")
	}
	if _, err := s.Link(ctx, a.Article, a.Article, Actor{}); err == nil {
		t.Error("an article was linked to itself")
	}
	// By the old id, whichever way it is given.
	d := draft("2015-09-26", "The comet has passed", "https://example.org/3")
	d.Article = c.Article.String()
	recordIn(t, s, d, Recorded, a.Article)
	e := draft("2015-09-26", "The comet has passed Mars", "https://example.org/3")
	e.Input.ID = c.Article
	recordIn(t, s, e, Recorded, a.Article)
	before = sameRebuilt(t, s)
	n := len(before.Log)
	// Split at what b was: it and all that came after it become one article.
	at := Version{}
	for _, v := range before.Changes[a.Article] {
		if v.Seal == b.Seal {
			at = v
		}
	}
	r, err := s.Split(ctx, at, Actor{})
	if err != nil || r.Outcome != Created {
		t.Fatal(r, err)
	}
	sound(t, s)
	after := sameRebuilt(t, s)
	if len(after.Log) != n+2 || len(after.Changes[a.Article]) != 2 {
		t.Errorf("%d versions after %d, %d of them stay", len(after.Log), n, len(after.Changes[a.Article]))
	}
	leads(t, s, b.Article.String(), r.Version.Article)
	leads(t, s, c.Article.String(), r.Version.Article)
	leads(t, s, a.Article.String(), a.Article)
	leads(t, s, "https://example.org/2", r.Version.Article)
	if v := current(t, s, a.Article); v.Headline != "Storm hits the coast" {
		t.Errorf("the old article says %q", v.Headline)
	}
	goOnBoth := draft("2015-09-26", "Storm leaves the coast", "https://example.org/1")
	recordIn(t, s, goOnBoth, Recorded, a.Article)
	if _, err := s.Split(ctx, current(t, s, a.Article), Actor{}); err != nil {
		t.Fatal(err)
	}
	sound(t, s)
	sameRebuilt(t, s)
}
