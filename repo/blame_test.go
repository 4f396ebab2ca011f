package repo

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// blamed writes a field of an article's version, each run with its version behind it.
func blamed(t *testing.T, s *Store, id schema.ID, v, field string) string {
	t.Helper()
	ctx := context.Background()
	version, err := s.Version(ctx, id, v)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Blame(ctx, version, field)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range b.Fields {
		last := 0
		for _, r := range f.Runs {
			if r.Start < last || r.End <= r.Start || r.End > len(f.Text) || strings.TrimSpace(f.Text[last:r.Start]) != "" {
				t.Fatalf("the run %+v of %q", r, f.Text)
			}
			if o := b.Origin(r.Version); o.Number != r.Version || o.Published.T.After(version.Published.T) {
				t.Fatalf("version %d comes from %+v", version.Number, o)
			}
			last = r.End
			out = append(out, fmt.Sprintf("%s/%d", f.Text[r.Start:r.End], r.Version))
		}
		if strings.TrimSpace(f.Text[last:]) != "" {
			t.Fatalf("words without origin: %q", f.Text[last:])
		}
	}
	return strings.Join(out, " ")
}

func wantBlamed(t *testing.T, s *Store, id schema.ID, v, field, want string) {
	t.Helper()
	if got := blamed(t, s, id, v, field); got != want {
		t.Errorf("%s of @%s:\n got %s\nwant %s", field, v, got, want)
	}
}

// TestBlamePast: the order is that of publication, so that a past that is inserted
// takes the words it had first, and what a version restores is not new.
func TestBlamePast(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := record(t, s, stamped(t, schema.ID{}, "Two dead in storm", "2015-09-26T10:00:00Z"), Created).Version.Article
	record(t, s, stamped(t, id, "Nine dead in great storm", "2015-09-26T12:00:00Z"), Recorded)
	record(t, s, stamped(t, id, "Two dead in storm", "2015-09-26T13:00:00Z"), Recorded)
	wantBlamed(t, s, id, "3", "headline", "Two dead in storm/1")
	wantBlamed(t, s, id, "2", "headline", "Nine/2 dead in/1 great/2 storm/1")
	record(t, s, stamped(t, id, "Two hurt in storm", "2015-09-26T09:00:00Z"), Recorded)
	record(t, s, stamped(t, id, "Nine dead in storm", "2015-09-26T11:00:00Z"), Recorded)
	wantBlamed(t, s, id, "current", "headline", "Two/4 dead/1 in storm/4")
	wantBlamed(t, s, id, "2", "headline", "Nine/5 dead/1 in/4 great/2 storm/4")
	wantBlamed(t, s, id, "4", "headline", "Two hurt in storm/4")
	wantBlamed(t, s, id, "current", "date", "2015-09-26/4")
	if _, err := s.Blame(context.Background(), Version{Article: id, Number: 9}); err == nil {
		t.Error("a version that the article doesn't have")
	}
}

// TestBlameUnknown: a version of which only the headline is known takes nothing away.
func TestBlameUnknown(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	day := func(n int) schema.Time { return schema.At(time.Date(2015, 9, n, 0, 0, 0, 0, time.UTC)) }
	first := draft("2015-09-26", "Storm hits coast", "https://example.org/1")
	first.Input.Summary, first.Input.Contexts, first.Published = "Rain fell.", []string{"Iran", "Iraq"}, day(1)
	id := record(t, s, first, Created).Version.Article
	last := draft("2015-09-26", "Storm hits northern coast", "https://example.org/1")
	last.Input.Summary, last.Input.Contexts, last.Published = "Rain and hail fell.", []string{"Iraq", "Iran", "Syria"}, day(9)
	last.Input.Earlier = []schema.Earlier{{Headline: "Storm nears coast", Path: "/news/2015/09/26/storm-nears-coast", Published: day(5).T}}
	results, err := s.Record(context.Background(), []Draft{last}, RecordOptions{Earlier: true})
	if err != nil || results[0].Outcome != Recorded || len(results[0].Earlier) != 1 {
		t.Fatalf("%+v, %v", results, err)
	}
	middle, v := results[0].Earlier[0].Number, results[0].Version.Number
	wantBlamed(t, s, id, fmt.Sprint(middle), "summary", "Rain fell./1")
	wantBlamed(t, s, id, fmt.Sprint(middle), "headline", fmt.Sprintf("Storm/1 nears/%d coast/1", middle))
	wantBlamed(t, s, id, "current", "summary", fmt.Sprintf("Rain/1 and hail/%d fell./1", v))
	wantBlamed(t, s, id, "current", "contexts", fmt.Sprintf("Iraq\nIran/1 Syria/%d", v))
}

// TestBlameItems: a source's address and an item of a set keep their origin wherever
// they stand; the name of an address is told of by itself.
func TestBlameItems(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	version := func(outcome Outcome, contexts []string, sources ...schema.Source) Version {
		d := draft("2015-09-26", "Storm hits coast")
		d.Input.Contexts, d.Input.Sources = contexts, sources
		d.Input.Path = "/news/2015/09/26/storm-hits-coast"
		return record(t, s, d, outcome).Version
	}
	one, two := schema.Source{Name: "Agency", URL: "https://example.org/1"}, schema.Source{URL: "https://example.org/2"}
	id := version(Created, []string{"Iran", "Iraq"}, one).Article
	version(Recorded, []string{"Iraq", "Syria"}, two, one)
	one.Name = "The Agency"
	version(Recorded, []string{"Syria", "Iran"}, two, one, schema.Source{Name: "A radio"})
	wantBlamed(t, s, id, "3", "contexts", "Syria/2 Iran/1")
	wantBlamed(t, s, id, "3", "sources", "<https://example.org/2>/2 The Agency/3 <https://example.org/1>/1 A radio/3")
}

// TestBlameLink: versions that a link brings stand among the others.
func TestBlameLink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	a := record(t, s, stamped(t, schema.ID{}, "Storm hits coast", "2015-09-26T10:00:00Z"), Created).Version.Article
	b := record(t, s, stamped(t, schema.ID{}, "Parliament votes on budget", "2015-09-26T09:00:00Z"), Created).Version.Article
	if _, err := s.Link(ctx, a, b, Actor{}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Changes(ctx, a)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	d := draft("2015-09-26", "Parliament votes, storm hits coast")
	d.Article = a.String()
	v := record(t, s, d, Recorded).Version
	wantBlamed(t, s, a, fmt.Sprint(v.Number), "headline",
		fmt.Sprintf("Parliament votes/%d , storm/%d hits coast/%d", all[0].Number, v.Number, 1))
}

// TestBlameRemoved: a file that plain git removed leaves the words as they were.
func TestBlameRemoved(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	before := blamed(t, s, a, "1", "headline")
	c.git("rm", "-q", s.layout().path(a))
	c.push("Gone")
	if v := current(t, s, a); v.Number != 2 || before == "" {
		t.Fatalf("%+v of %q", v, before)
	}
	wantBlamed(t, s, a, "2", "headline", before)
	wantBlamed(t, s, a, "2", "status", "canceled/2")
}
