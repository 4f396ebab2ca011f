package repo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// pastime plays with a store whose articles hold few different words in several
// scripts, so that phrases come, go and come back.
type pastime struct {
	t   *testing.T
	s   *Store
	r   *rand.Rand
	ids []schema.ID
	at  time.Time

	inParts int // versions known in part that were read
}

func (p *pastime) text(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString([]string{"Iran", "iraq", "the", "The", "of", "don’t", "5.3", "$", "西", "班牙", "مصر", "ไทย", "road", "Road,", "closed."}[p.r.IntN(15)])
		b.WriteString([]string{" ", " ", " ", " ", ", ", "\n", "\n\n", "-"}[p.r.IntN(8)])
	}
	return b.String()
}

func (p *pastime) headline() string {
	return strings.Join(strings.Fields("Road "+p.text(p.r.IntN(4))+" closed"), " ")
}

// edit changes a text in a place or two.
func (p *pastime) edit(text string) string {
	words := strings.SplitAfter(text, " ")
	for range 1 + p.r.IntN(2) {
		i := p.r.IntN(len(words) + 1)
		words = slices.Replace(words, i, min(len(words), i+p.r.IntN(4)), p.text(p.r.IntN(3)))
	}
	return strings.Join(words, "")
}

func (p *pastime) article() schema.ID { return p.ids[p.r.IntN(len(p.ids))] }

func (p *pastime) step() {
	ctx := context.Background()
	p.at = p.at.Add(time.Minute)
	switch n := p.r.IntN(20); {
	case len(p.ids) < 3 || n == 0:
		d := draft("2015-09-26", p.headline(), "https://example.org/1")
		d.Article, d.Input.Body, d.Input.Contexts = schema.NewID().String(), p.text(p.r.IntN(60)), []string{"Iran", "The Road"}
		d.Published = schema.At(p.at)
		p.ids = append(p.ids, record(p.t, p.s, d, Created).Version.Article)
	case n == 1:
		p.other(p.s.Withdraw(ctx, p.article(), Actor{}))
	case n == 2:
		all := p.changes(p.article())
		p.other(p.s.Restore(ctx, all[p.r.IntN(len(all))], Actor{}))
	case n == 3 && len(p.ids) > 3:
		a, b := p.article(), p.article()
		if a == b {
			return
		}
		p.other(p.s.Link(ctx, a, b, Actor{}))
		p.ids = slices.DeleteFunc(p.ids, func(id schema.ID) bool { return id == b })
	case n == 4:
		all := p.changes(p.article())
		r, err := p.s.Split(ctx, all[p.r.IntN(len(all))], Actor{})
		if err == nil && r.Err == nil {
			p.ids = append(p.ids, r.Version.Article)
		}
	case n == 5: // only the headline is known of it, as of a version in a page's list
		id := p.article()
		p.inPart(id, p.at.Add(-time.Duration(p.r.IntN(300))*time.Minute))
	default:
		id := p.article()
		all := p.changes(id)
		from := all[p.r.IntN(len(all))]
		state, err := p.s.State(ctx, from)
		if err != nil {
			p.t.Fatal(err)
		}
		d := Draft{Article: id.String(), Input: schema.Input{State: *state, Carries: schema.AllFields}, Published: schema.At(p.at)}
		if n < 9 { // a version of the past
			d.Published = schema.At(p.at.Add(-time.Duration(p.r.IntN(300)) * time.Minute))
		}
		switch p.r.IntN(5) {
		case 0:
			d.Input.Headline = p.headline()
		case 1:
			d.Input.Contexts = []string{"Iran", p.headline(), "مصر"}[p.r.IntN(2):]
		default:
			d.Input.Body = p.edit(state.Body)
		}
		if _, err := p.s.Record(ctx, []Draft{d}, RecordOptions{}); err != nil {
			p.t.Fatal(err)
		}
	}
}

// inPart records a version of which only the headline is known.
func (p *pastime) inPart(id schema.ID, at time.Time) {
	all := p.changes(id)
	state, err := p.s.State(context.Background(), all[len(all)-1])
	if err != nil {
		p.t.Fatal(err)
	}
	in := schema.Input{State: *state, Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate),
		Earlier: []schema.Earlier{{Published: at, Headline: p.headline()}}}
	if _, err := p.s.Record(context.Background(), []Draft{{Article: id.String(), Input: in}}, RecordOptions{Earlier: true}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pastime) other(r Result, err error) {
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *pastime) changes(id schema.ID) []Version {
	all, err := p.s.Changes(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// readVersion is a version with its fields as folded words.
type readVersion struct {
	Version
	fields map[string][]string
}

// readAll reads every version: of each article its versions in order.
func (p *pastime) readAll() (all [][]readVersion) {
	list, err := p.s.List(context.Background(), ListFilter{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, cur := range list {
		var versions []readVersion
		var rest map[string][]string
		for _, v := range p.changes(cur.Article) {
			state, err := p.s.State(context.Background(), v)
			if err != nil {
				p.t.Fatal(err)
			}
			now := readVersion{v, map[string][]string{}}
			for _, f := range diff.ReadableFields(state) {
				for _, text := range f.Texts {
					now.fields[f.Name] = append(now.fields[f.Name], " "+string(diff.AppendFolded(nil, text)))
				}
			}
			if v.Known != schema.AllFields { // what isn't known is as it was
				p.inParts++
				for name, texts := range rest {
					if name != "headline" {
						now.fields[name] = texts
					}
				}
			}
			rest = now.fields
			versions = append(versions, now)
		}
		all = append(all, versions)
	}
	return all
}

// places counts a folded phrase, which begins and ends with a space, in texts.
func places(texts []string, phrase string) (n int) {
	for _, text := range texts {
		for i := range text {
			if strings.HasPrefix(text[i:], phrase) {
				n++
			}
		}
	}
	return n
}

// scanned is the answer of reading everything.
func scanned(all [][]readVersion, phrase string) []string {
	var list []string
	for _, versions := range all {
		was, seen := map[string]bool{}, map[string]bool{}
		for _, v := range versions {
			names := map[string]bool{}
			for name := range v.fields {
				names[name] = true
			}
			for name := range was {
				names[name] = true
			}
			for name := range names {
				stands := places(v.fields[name], phrase) > 0
				switch {
				case stands && !was[name] && seen[name]:
					list = append(list, fmt.Sprintf("%s@%d came back %s", v.Article, v.Number, name))
				case stands && !was[name]:
					list = append(list, fmt.Sprintf("%s@%d appeared %s", v.Article, v.Number, name))
				case !stands && was[name]:
					list = append(list, fmt.Sprintf("%s@%d went %s", v.Article, v.Number, name))
				}
				was[name], seen[name] = stands, seen[name] || stands
			}
		}
	}
	slices.Sort(list)
	return list
}

func whenList(t *testing.T, s *Store, q WhenQuery) []string {
	t.Helper()
	var list []string
	last := int64(0)
	for o, err := range s.When(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if at := o.Version.Published.T.Unix(); at < last {
			t.Fatalf("%q: an event of %s stands behind a later one", q.Text, o.Version.Published)
		} else {
			last = at
		}
		found := false
		for _, piece := range o.Passage.Pieces {
			found = found || piece.Found
		}
		if !found {
			t.Errorf("%q %s %s of %s@%d: the passage %q does not show it", q.Text, o.Event, o.Field, o.Version.Article, o.Version.Number, o.Passage)
		}
		list = append(list, fmt.Sprintf("%s@%d %s %s", o.Version.Article, o.Version.Number, o.Event, o.Field))
	}
	slices.Sort(list)
	return list
}

// ask compares the index with a scan on phrases taken from the texts.
func (p *pastime) ask(what string, n int) {
	p.t.Helper()
	all := p.readAll()
	events := 0
	for range n {
		versions := all[p.r.IntN(len(all))]
		v := versions[p.r.IntN(len(versions))]
		var words []string
		for _, name := range []string{"body", "headline", "contexts"} {
			if len(v.fields[name]) > 0 && (p.r.IntN(3) > 0 || words == nil) {
				words = strings.Fields(v.fields[name][0])
			}
		}
		if len(words) == 0 {
			continue
		}
		i := p.r.IntN(len(words))
		words = words[i:min(len(words), i+[]int{1, 1, 2, 3, 4, 5, 6, 8, 9, 10, 14}[p.r.IntN(11)])]
		q := WhenQuery{Text: strings.Join(words, " ")}
		want := scanned(all, " "+q.Text+" ")
		events += len(want)
		if got := whenList(p.t, p.s, q); !slices.Equal(got, want) {
			p.t.Fatalf("%s: when %q: %q, but reading every version gives %q", what, q.Text, got, want)
		}
		q.Article = v.Article
		want = slices.DeleteFunc(want, func(s string) bool { return !strings.HasPrefix(s, v.Article.String()) })
		if got := whenList(p.t, p.s, q); !slices.Equal(got, want) {
			p.t.Fatalf("%s: when %q in %s: %q, but reading every version gives %q", what, q.Text, v.Article, got, want)
		}
	}
	if events < n {
		p.t.Errorf("%s: only %d events were to be told", what, events)
	}
}

// TestWhenEqualsScan plays with a store and asks when phrases came and went.
func TestWhenEqualsScan(t *testing.T) {
	for seed := range uint64(3) {
		p := &pastime{t: t, s: newStore(t), r: rand.New(rand.NewPCG(seed, 8)), at: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
		for range 4 {
			for range 30 {
				p.step()
			}
			p.ask("after playing", 40)
		}
		sound(t, p.s)
		before := git.Hash{}
		for i := range 12 {
			if i == 0 {
				tip, err := p.s.git.Tip()
				if err != nil {
					t.Fatal(err)
				}
				before = tip
			}
			d := draft("2015-09-26", "Road closed")
			d.Article, d.Input.Body = p.article().String(), p.text(20)
			d.Published = schema.At(p.at.Add(-time.Duration(p.r.IntN(300)) * time.Minute))
			d.Input.Carries = schema.Fields(schema.FieldBody)
			if _, err := p.s.Record(context.Background(), []Draft{d}, RecordOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := setMain(p.s.Dir(), before); err != nil {
			t.Fatal(err)
		}
		p.ask("after history was cut", 40)
		if err := p.s.Reindex(context.Background(), nil); err != nil {
			t.Fatal(err)
		}
		p.ask("after a rebuild", 40)
		if p.inParts == 0 {
			t.Error("no version was known in part")
		}
	}
}

func TestWhenExactAndRegexp(t *testing.T) {
	s := newStore(t)
	d := draft("2015-09-26", "Iran, Iraq")
	d.Article = schema.DeriveID("a").String()
	for i, body := range []string{"Two dead, three hurt near Brexit-on-Sea.", "Two dead; three hurt near Brexit-on-Sea.", "two dead, three hurt near brexit", "two dead, three hurt near Brexit in 西班牙人"} {
		d.Input.Body = body
		record(t, s, d, []Outcome{Created, Recorded, Recorded, Recorded}[i])
	}
	id := schema.DeriveID("a")
	for _, c := range []struct {
		q    WhenQuery
		want []string
		all  bool // the index can't help
	}{
		{WhenQuery{Text: "dead, three"}, []string{"@1 appeared body"}, false},
		{WhenQuery{Text: "dead, three", Match: MatchExact}, []string{"@1 appeared body", "@2 went body", "@3 came back body"}, false},
		{WhenQuery{Text: "Two dead", Match: MatchExact}, []string{"@1 appeared body", "@3 went body"}, false},
		{WhenQuery{Text: "Brexit", Match: MatchExact}, []string{"@1 appeared body", "@3 went body", "@4 came back body"}, false},
		{WhenQuery{Text: "rexi", Match: MatchExact}, []string{"@1 appeared body"}, false},
		{WhenQuery{Text: "-on", Match: MatchExact}, []string{"@1 appeared body", "@3 went body"}, true},
		{WhenQuery{Text: "西班牙", Match: MatchExact}, []string{"@4 appeared body"}, false},
		{WhenQuery{Text: ", I", Match: MatchExact}, []string{"@1 appeared headline"}, true},
		{WhenQuery{Text: "[tT]wo dead[,;] three", Match: MatchRegexp}, []string{"@1 appeared body"}, false},
		{WhenQuery{Text: "(?i)BREXIT$", Match: MatchRegexp}, []string{"@3 appeared body", "@4 went body"}, false},
		{WhenQuery{Text: "x*", Match: MatchRegexp}, []string{"@1 appeared body"}, true},
		{WhenQuery{Text: "(a|Q)", Match: MatchRegexp}, []string{"@1 appeared body", "@1 appeared headline"}, true},
		{WhenQuery{Text: "nowhere at all", Match: MatchExact}, nil, false},
	} {
		all := false
		c.q.Scan = func(int, int) { all = true }
		got := whenList(t, s, c.q)
		for i := range c.want {
			c.want[i] = id.String() + strings.TrimPrefix(c.want[i], id.String())
		}
		if !slices.Equal(got, c.want) || all != c.all {
			t.Errorf("%+v: %q (reading all: %t), want %q (%t)", c.q, got, all, c.want, c.all)
		}
	}
	for _, q := range []WhenQuery{{Text: ""}, {Text: " - "}, {Text: "", Match: MatchExact}, {Text: "(", Match: MatchRegexp}} {
		for _, err := range s.When(context.Background(), q) {
			if _, ok := errors.AsType[*QueryError](err); !ok {
				t.Errorf("%+v: %v, want a QueryError", q, err)
			}
		}
	}
}
