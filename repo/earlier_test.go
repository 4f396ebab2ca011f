package repo

import (
	"context"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestEarlierIsNoSilence: between two pages that know everything stands a version
// that only a Changes list told of. What that list doesn't say was neither taken
// away by it nor brought back by the next page.
func TestEarlierIsNoSilence(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	page := func(headline string, published time.Time, earlier ...schema.Earlier) Draft {
		d := draft("2015-09-26", headline, "https://example.org/1")
		d.Input.Carries = schema.Fields(schema.FieldDate, schema.FieldHeadline, schema.FieldSources)
		d.Input.AddContexts, d.Input.Earlier = true, earlier
		d.Published = schema.At(published)
		return d
	}
	day := func(n int) time.Time { return time.Date(2015, 9, n, 0, 0, 0, 0, time.UTC) }
	first := page("Storm hits coast", day(1))
	first.Input.Contexts = []string{"Iran", "Iraq"}
	record(t, s, first, Created)
	last := page("Storm hits northern coast", day(9), schema.Earlier{Headline: "Storm nears coast", Path: "/news/2015/09/26/storm-nears-coast", Published: day(5)})
	last.Input.Contexts = []string{"Syria"}
	results, err := s.Record(ctx, []Draft{last}, RecordOptions{Earlier: true})
	if err != nil || results[0].Outcome != Recorded || len(results[0].Earlier) != 1 {
		t.Fatalf("%+v, %v", results, err)
	}
	all, err := s.Changes(ctx, results[0].Version.Article)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	for _, v := range all[1:] {
		for _, k := range v.Kinds {
			if k != "headline" && k != "wording" {
				t.Errorf("version %d: kinds %v", v.Number, v.Kinds)
			}
		}
	}
	state, err := s.State(ctx, all[2])
	if err != nil || len(state.Contexts) != 3 {
		t.Errorf("contexts %v, %v", state.Contexts, err)
	}
	sound(t, s)
}
