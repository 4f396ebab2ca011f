package diff

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// ferry gives two versions of an invented event.
func ferry() (old, new *schema.State) {
	old = &schema.State{
		Type: schema.Event, Date: "2018-03-01", Category: "Disasters and accidents",
		Headline: "At least 2 dead as a ferry sinks", Summary: "A ferry sank on the Niger on Thursday.",
		Status:   schema.Usable,
		Contexts: []string{"Mali", "Niger River"},
		Sources:  []schema.Source{{Name: "Reuters", URL: "https://reuters.example/1"}, {Name: "BBC", URL: "https://bbc.example/1"}},
	}
	n := *old
	n.Headline = "At least 7 dead as a ferry sinks"
	n.Contexts = []string{"Niger River", "Timbuktu", "Mali"}
	n.Sources = []schema.Source{{Name: "BBC", URL: "https://bbc.example/1"}, {Name: "Reuters UK", URL: "https://reuters.example/1"}, {Name: "AFP", URL: "https://afp.example/9"}}
	return old, &n
}

func TestStatesNamesTheFieldsThatDiffer(t *testing.T) {
	d := States(ferryOf(ferry()))
	var names []string
	for _, f := range d.Fields {
		names = append(names, f.Name)
	}
	if want := []string{"headline", "contexts", "sources"}; !slices.Equal(names, want) {
		t.Errorf("fields %q, want %q", names, want)
	}
	if got, want := Summarize(d.Kinds), "headline, figure, contexts, sources"; got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
	contexts, sources := d.Fields[1], d.Fields[2]
	if !slices.Equal(contexts.Added, []string{"Timbuktu"}) || contexts.Removed != nil || !contexts.Set {
		t.Errorf("contexts: added %q, removed %q", contexts.Added, contexts.Removed)
	}
	if !slices.Equal(sources.Added, []string{"AFP <https://afp.example/9>"}) || sources.Removed != nil {
		t.Errorf("sources: added %q, removed %q", sources.Added, sources.Removed)
	}
	want := []ItemChange{{"Reuters <https://reuters.example/1>", "Reuters UK <https://reuters.example/1>"}}
	if !slices.Equal(sources.Changed, want) {
		t.Errorf("sources: changed %q, want %q", sources.Changed, want)
	}
}

func ferryOf(old, new *schema.State) (*schema.State, *schema.State, Options) {
	return old, new, Options{}
}

func TestStatesOfAFirstVersionHasNoKinds(t *testing.T) {
	_, s := ferry()
	d := States(nil, s, Options{})
	if d.Kinds != nil {
		t.Errorf("kinds %v", d.Kinds)
	}
	if len(d.Fields) != 7 { // type, date, category, headline, summary, status, contexts and sources less none
		var names []string
		for _, f := range d.Fields {
			names = append(names, f.Name)
			if f.Old != "" || f.Kinds != nil {
				t.Errorf("%s: old %q, kinds %v", f.Name, f.Old, f.Kinds)
			}
		}
		if want := []string{"type", "date", "category", "headline", "summary", "status", "contexts", "sources"}; !slices.Equal(names, want) {
			t.Errorf("fields %q, want %q", names, want)
		}
	}
}

func TestStatesSourcesPair(t *testing.T) {
	src := func(pairs ...string) (out []schema.Source) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, schema.Source{Name: pairs[i], URL: pairs[i+1]})
		}
		return out
	}
	for _, c := range []struct {
		what     string
		old, new []schema.Source
		want     Field
	}{
		{"another title, same address", src("TVP Info", "https://a/1"), src("TVP Info in Polish", "https://a/1"),
			Field{Changed: []ItemChange{{"TVP Info <https://a/1>", "TVP Info in Polish <https://a/1>"}}}},
		{"another address, same name", src("BBC", "https://a/1"), src("BBC", "https://a/2"),
			Field{Changed: []ItemChange{{"BBC <https://a/1>", "BBC <https://a/2>"}}}},
		{"another title, the address written another way", src("BBC", "http://www.a.example/1"), src("BBC News", "https://a.example/1/"),
			Field{Changed: []ItemChange{{"BBC <http://www.a.example/1>", "BBC News <https://a.example/1/>"}}}},
		{"one of two of a name replaced", src("BBC", "https://a/1", "BBC", "https://a/2"), src("BBC", "https://a/1", "BBC", "https://a/3"),
			Field{Changed: []ItemChange{{"BBC <https://a/2>", "BBC <https://a/3>"}}}},
		{"two of a name replaced: nobody knows which by which", src("BBC", "https://a/1", "BBC", "https://a/2"), src("BBC", "https://a/3", "BBC", "https://a/4"),
			Field{Removed: []string{"BBC <https://a/1>", "BBC <https://a/2>"}, Added: []string{"BBC <https://a/3>", "BBC <https://a/4>"}}},
		{"names that change places keep their addresses apart", src("A", "https://a/1", "B", "https://a/2"), src("B", "https://a/1", "A", "https://a/2"),
			Field{Changed: []ItemChange{{"B <https://a/2>", "A <https://a/2>"}, {"A <https://a/1>", "B <https://a/1>"}}}},
		{"no name", src("", "https://a/1"), src("", "https://a/2"),
			Field{Removed: []string{"<https://a/1>"}, Added: []string{"<https://a/2>"}}},
	} {
		d := States(&schema.State{Sources: c.old}, &schema.State{Sources: c.new}, Options{})
		if len(d.Fields) != 1 {
			t.Errorf("%s: %d fields differ", c.what, len(d.Fields))
			continue
		}
		f := d.Fields[0]
		if !slices.Equal(f.Removed, c.want.Removed) || !slices.Equal(f.Added, c.want.Added) || !slices.Equal(f.Changed, c.want.Changed) {
			t.Errorf("%s: removed %q, added %q, changed %q", c.what, f.Removed, f.Added, f.Changed)
		}
	}
}

func TestStatesEachFieldHasItsKind(t *testing.T) {
	base, _ := ferry()
	for _, c := range []struct {
		name, kinds string
		change      func(*schema.State)
	}{
		{"type", "type", func(s *schema.State) { s.Type = schema.Article }},
		{"date", "date", func(s *schema.State) { s.Date = "2018-03-02" }},
		{"category", "category", func(s *schema.State) { s.Category = "Disasters" }},
		{"headline", "headline, wording", func(s *schema.State) { s.Headline = "At least 2 killed as a ferry sinks" }},
		{"summary", "summary, punctuation", func(s *schema.State) { s.Summary = "A ferry sank on the Niger, on Thursday." }},
		{"byline", "byline", func(s *schema.State) { s.Byline = "By A. Traoré" }},
		{"language", "language", func(s *schema.State) { s.Language = "fr" }},
		{"status", "status", func(s *schema.State) { s.Status = schema.Withheld }},
		{"translation_of", "translation_of", func(s *schema.State) { s.TranslationOf = schema.DeriveID("x") }},
		{"image.url", "image", func(s *schema.State) { s.Image.URL = "https://a.example/i.png" }},
		{"image.caption", "image", func(s *schema.State) { s.Image.Caption = "The ferry" }},
		{"image.credit", "image", func(s *schema.State) { s.Image.Credit = "AFP" }},
		{"contexts", "contexts", func(s *schema.State) { s.Contexts = s.Contexts[:1] }},
		{"sources", "sources", func(s *schema.State) { s.Sources = nil }},
		{"aliases", "aliases", func(s *schema.State) { s.Aliases = []string{"guid:1"} }},
		{"path", "aliases", func(s *schema.State) { s.Path = "/news/2018/03/1/x" }},
		{"desk", "other", func(s *schema.State) { s.Extra = []schema.Extra{{Key: "desk", Value: `"Africa"`}} }},
		{"body", "body, wording", func(s *schema.State) { s.Body = "More.\n" }},
	} {
		s := *base
		c.change(&s)
		d := States(base, &s, Options{})
		if len(d.Fields) != 1 || d.Fields[0].Name != c.name || Summarize(d.Kinds) != c.kinds || Summarize(d.Fields[0].Kinds) != c.kinds {
			t.Errorf("%s: %d fields, %+v, kinds %s, want %s", c.name, len(d.Fields), d.Fields, Summarize(d.Kinds), c.kinds)
		}
	}
}

func TestStatesIgnoresTheOrderOfSets(t *testing.T) {
	old, new := ferry()
	want := States(old, new, Options{})
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b := *old, *new
		for _, s := range []*schema.State{&a, &b} {
			s.Contexts, s.Sources = slices.Clone(s.Contexts), slices.Clone(s.Sources)
			rng.Shuffle(len(s.Contexts), func(i, j int) { s.Contexts[i], s.Contexts[j] = s.Contexts[j], s.Contexts[i] })
			rng.Shuffle(len(s.Sources), func(i, j int) { s.Sources[i], s.Sources[j] = s.Sources[j], s.Sources[i] })
		}
		if got := States(&a, &b, Options{}); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order gives another diff: %+v\nwant %+v", got, want)
		}
		if d := States(old, &a, Options{}); d.Fields != nil {
			t.Fatalf("another order alone is a change: %+v", d)
		}
	}
}

// TestStatesSegmentsTile checks every field of random pairs of states, sets above
// all, whose segments are put together here and not by Texts.
func TestStatesSegmentsTile(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pick := func() string {
		return []string{"", "Iran", "Iraq", "Syria", "Syria war", "two dead", "2 dead"}[rng.IntN(7)]
	}
	state := func() *schema.State {
		s := &schema.State{Headline: pick(), Summary: pick(), Body: pick() + "\n\n" + pick(), Category: pick()}
		for range rng.IntN(5) {
			s.Contexts = append(s.Contexts, pick())
			s.Sources = append(s.Sources, schema.Source{Name: pick(), URL: strings.ReplaceAll(pick(), " ", "-")})
			s.Extra = append(s.Extra, schema.Extra{Key: pick(), Value: pick()})
		}
		slices.SortFunc(s.Extra, func(a, b schema.Extra) int { return strings.Compare(a.Key, b.Key) })
		s.Extra = slices.CompactFunc(s.Extra, func(a, b schema.Extra) bool { return a.Key == b.Key })
		return s
	}
	for range 2000 {
		for _, f := range States(state(), state(), Options{}).Fields {
			checkTiles(t, f)
		}
	}
}

// checkTiles checks the promise of Segment.
func checkTiles(t *testing.T, f Field) {
	t.Helper()
	a, b := 0, 0
	for _, s := range f.Segments {
		if s.A0 != a || s.B0 != b || s.A1 < a || s.B1 < b {
			t.Fatalf("%s: %q → %q: segment %+v doesn't follow %d, %d", f.Name, f.Old, f.New, s, a, b)
		}
		a, b = s.A1, s.B1
		if s.Op == Equal && f.Old[s.A0:s.A1] != f.New[s.B0:s.B1] {
			t.Fatalf("%s: equal segment %+v holds %q and %q", f.Name, s, f.Old[s.A0:s.A1], f.New[s.B0:s.B1])
		}
	}
	if a != len(f.Old) || b != len(f.New) {
		t.Fatalf("%s: %q → %q: segments end at %d, %d", f.Name, f.Old, f.New, a, b)
	}
	if f.Old == f.New {
		t.Fatalf("%s: %q is listed, but doesn't differ", f.Name, f.Old)
	}
}

// TestPathFollowsHeadline: an address that moves along with the headline is shown
// and labelled with the headline's kinds alone.
func TestPathFollowsHeadline(t *testing.T) {
	old := &schema.State{Headline: "Two dead", Path: "/news/2015/09/26/two"}
	both := &schema.State{Headline: "Seven dead", Path: "/news/2015/09/26/seven"}
	a := States(old, both, Options{})
	if len(a.Fields) != 2 || slices.Contains(a.Kinds, KindAliases) {
		t.Errorf("with the headline: %d fields, kinds %v", len(a.Fields), a.Kinds)
	}
	alone := &schema.State{Headline: "Two dead", Path: "/news/2015/09/26/seven"}
	if a = States(old, alone, Options{}); !slices.Equal(a.Kinds, []Kind{KindAliases}) {
		t.Errorf("alone: kinds %v", a.Kinds)
	}
}
