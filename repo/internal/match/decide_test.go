package match

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// desk records states one after another, as a store does.
type desk struct {
	t      *testing.T
	memory *Memory
	n      int
}

func newDesk(t *testing.T) *desk { return &desk{t: t, memory: NewMemory()} }

// record decides over a state and keeps it.
func (d *desk) record(in schema.State) (schema.ID, Decision) {
	d.t.Helper()
	got, err := Decide(&schema.Input{State: in}, in.Path != "", d.memory)
	if err != nil {
		d.t.Fatal(err)
	}
	id := got.ID
	if id.IsZero() {
		d.n++
		id = schema.DeriveID(fmt.Sprint(d.t.Name(), d.n))
	}
	d.memory.Put(id, &in, got.Path)
	return id, got
}

// same records a state that must come to the article by the rule.
func (d *desk) same(id schema.ID, rule Rule, in schema.State) Decision {
	d.t.Helper()
	got, decision := d.record(in)
	if got != id || decision.Rule != rule {
		d.t.Fatalf("%q: got %s, want the same article by %s", in.Headline, decision, rule)
	}
	return decision
}

// other records a state that must begin an article of its own.
func (d *desk) other(in schema.State) (schema.ID, Decision) {
	d.t.Helper()
	id, decision := d.record(in)
	if decision.Rule != RuleNew || !decision.ID.IsZero() {
		d.t.Fatalf("%q: got %s, want a new article", in.Headline, decision)
	}
	return id, decision
}

// event makes a state of 4 February 2018.
func event(headline string, urls ...string) schema.State {
	s := schema.State{Type: schema.Event, Date: "2018-02-04", Headline: headline}
	for _, url := range urls {
		s.Sources = append(s.Sources, schema.Source{Name: "Agency", URL: url})
	}
	return s
}

const (
	agency = "https://agency.example/2018/02/04/capital-blast"
	daily  = "https://daily.example/news/10-dead"
	blog   = "https://daily.example/world/live/2018/feb/04/war-live-updates"
)

func TestChainOfHeadlinesThroughATopicChange(t *testing.T) {
	d := newDesk(t)
	steps := []struct{ topic, headline string }{
		{"Iraqi Civil War", "Iraqi Civil War: Iraq says that Iran, Russia and Syria are helping it against the Islamic State"},
		{"Iraqi Civil War", "Iraq says that Iran, Russia and Syria are assisting it in its fight with the Islamic State in Iraq and the Levant"},
		{"Iraqi Civil War", "Iraq confirms that it shares intelligence with Iran, Russia and Syria in its fight with the Islamic State in Iraq and the Levant"},
		{"Iraqi Civil War", "Iraq confirms an intelligence-sharing pact with Iran, Russia and Syria against the Islamic State"},
		{"Foreign relations of Iraq", "Iraq's military confirms a pact with Iran, Russia and Syria to share intelligence against the Islamic State"},
		{"Foreign relations of Iraq", "Iraq's military confirms a pact to share intelligence with Iran, Russia and Syria, which worries Washington"},
	}
	var first schema.ID
	for i, step := range steps {
		in := event(step.headline, agency)
		in.Category, in.Contexts = step.topic, []string{step.topic}
		if i == 0 {
			first, _ = d.other(in)
			continue
		}
		d.same(first, RuleSource, in)
	}
}

func TestTopicLabelTakenOffTheHeadline(t *testing.T) {
	// Two observed versions of a page of thecontext.net.
	d := newDesk(t)
	first, _ := d.other(event("Russia–Estonia relations: Russia and Estonia exchange two convicted spies.", "http://www.bbc.com/news/world-europe-34369853"))
	d.same(first, RuleSource, event("Russia and Estonia exchange two convicted spies.", "https://www.bbc.com/news/world-europe-34369853"))
}

func TestDeathTollClimbsWithTheSameSource(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("Bombing in Kabul kills two", agency))
	d.same(first, RuleSource, event("Bombing in Kabul kills seven", agency))
	d.same(first, RuleSource, event("Bombing in Kabul kills at least 9 people", agency, daily))
	d.same(first, RuleSource, event("Bombing in Kabul, Afghanistan, kills at least nine people and wounds 31", daily))
}

func TestDeathTollClimbsWithoutTheSource(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("At least 2 people are killed in a bombing near a market in Kabul, Afghanistan"))
	_, decision := d.other(event("At least 7 people are killed in a bombing near a market in Kabul, Afghanistan"))
	if decision.Twin != first {
		t.Errorf("the likely twin is not reported: %s", decision)
	}
	_, decision = d.other(event("At least 9 people are killed in a bombing near a market in Kabul, Afghanistan", agency))
	if decision.Twin.IsZero() {
		t.Errorf("the likely twin is not reported: %s", decision)
	}
}

func TestHeadlinesEqualToByte140(t *testing.T) {
	long := strings.Repeat("The committee goes on with its hearing about the flood, ", 3)[:140]
	d := newDesk(t)
	first, _ := d.other(event(long+" and hears the mayor", agency))
	decision := d.same(first, RulePath, event(long+" and hears no one", agency))
	if decision.Path != "" {
		t.Errorf("the article's own path is not free for it: %q", decision.Path)
	}
	second, decision := d.other(event(long+" and hears the engineer", daily))
	if want := schema.DefaultPath("2018-02-04", long) + "-2"; decision.Path != want {
		t.Errorf("path %q, want %q", decision.Path, want)
	}
	// The second one's later states come to the second one.
	decision = d.same(second, RuleSource, event(long+" and hears the engineers", daily))
	if want := schema.DefaultPath("2018-02-04", long) + "-2"; decision.Path != want {
		t.Errorf("path %q, want the article's own %q", decision.Path, want)
	}
	d.same(first, RulePath, event(long+" and hears the mayor again", agency))
}

func TestTwoURLsThatDifferInQuoteStyle(t *testing.T) {
	t.Run("sources", func(t *testing.T) {
		for _, url := range []string{"https://daily.example/king's-speech", "https://daily.example/king%E2%80%99s-speech", "http://daily.example/king‘s-speech?utm_source=x"} {
			d := newDesk(t)
			first, _ := d.other(event("The king opens parliament with a short speech", "https://daily.example/king’s-speech"))
			d.same(first, RuleSource, event("The king opens parliament with a speech on housing", url))
		}
	})
	t.Run("pages", func(t *testing.T) {
		d := newDesk(t)
		in := event("The FBI's director speaks")
		in.Path = "/news/2018/02/4/the-fbi’s-director-speaks"
		first, _ := d.other(in)
		in = event("The FBI’s director resigns")
		in.Path = "/news/2018/02/4/the-fbi's-director-speaks.md"
		d.same(first, RulePath, in)
	})
}

func TestSlugWantedTwiceInADay(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("Explosion in Baghdad", agency))
	second, decision := d.other(event("Explosion in Baghdad!", daily))
	path := schema.DefaultPath("2018-02-04", "Explosion in Baghdad")
	if decision.Path != path+"-2" || decision.Twin != first {
		t.Errorf("path %q, twin %s", decision.Path, decision.Twin)
	}
	_, decision = d.other(event("Explosion in Baghdad", "https://third.example/1"))
	if decision.Path != path+"-3" {
		t.Errorf("path %q, want -3", decision.Path)
	}
	d.same(first, RulePath, event("Explosion in Baghdad", agency, "https://fourth.example/1"))
	d.same(second, RuleSource, event("Explosion in Baghdad", daily))

	explicit := event("Explosion in Baghdad", agency)
	explicit.ID = schema.DeriveID("explicit")
	if decision = d.same(explicit.ID, RuleID, explicit); decision.Path != path+"-4" {
		t.Errorf("path of another explicit id %q, want -4", decision.Path)
	}
}

func TestRenameIntoATakenSlug(t *testing.T) {
	d := newDesk(t)
	d.other(event("Storm reaches the coast", agency))
	second, _ := d.other(event("Storm Eleanor reaches the coast of Brittany", daily))
	decision := d.same(second, RuleSource, event("Storm reaches the coast", daily))
	if want := schema.DefaultPath("2018-02-04", "Storm reaches the coast") + "-2"; decision.Path != want {
		t.Errorf("path %q, want %q", decision.Path, want)
	}
}

func TestOldSlugStillLeads(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("Amtrak train collides in South Carolina", agency))
	d.same(first, RuleSource, event("Two die as Amtrak train collides with freight train in South Carolina", agency))
	d.same(first, RulePath, event("Amtrak train collides in South Carolina"))
	in := event("Something else altogether")
	in.Path = "/news/2018/02/4/amtrak-train-collides-in-south-carolina.html"
	d.same(first, RulePath, in)
}

func TestLiveBlogOfManyEvents(t *testing.T) {
	d := newDesk(t)
	events := []string{
		"The Kuwaiti military intercepts projectiles from Iran",
		"The Bahraini military intercepts projectiles from Iran",
		"Iraqi forces shoot down a drone near the airbase at Baghdad",
		"Two people are killed and six others wounded in a Russian drone attack in Zaporizhzhia",
		"Two people are killed and one other wounded in a Ukrainian drone attack in Belgorod Oblast, Russia",
		"A state of emergency is declared in the north of the country",
		"The parliament is dissolved and new elections are called",
	}
	ids := make([]schema.ID, len(events))
	for i, headline := range events {
		ids[i], _ = d.other(event(headline, blog))
	}
	d.same(ids[0], RuleSource, event("The Kuwaiti military says that it intercepts projectiles from Iran", blog))
	d.same(ids[3], RuleSource, event("Three people are killed and seven others wounded in a Russian drone attack in Zaporizhzhia, Ukraine", blog))
	d.same(ids[6], RuleSource, event("Parliament is dissolved and new elections are called for May", blog))
}

func TestTwoEventsThatCiteOneStory(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("Protests take place in Kyiv and other cities against the decision to replace the defense minister", agency))
	d.other(event("The deputy commander of the air force resigns in protest of the removal of the defense minister", agency))
	d.same(first, RuleSource, event("Thousands protest in Kyiv and other cities against the decision to replace the defense minister", agency))
}

func TestTwoArticlesThatFitAlike(t *testing.T) {
	d := newDesk(t)
	for i := range 2 {
		in := event("Heavy rain floods several streets in the old town", agency)
		in.ID = schema.DeriveID(fmt.Sprint("explicit ", i))
		d.same(in.ID, RuleID, in)
	}
	_, decision := d.other(event("Heavy rain floods many streets in the old town", agency))
	if decision.Twin.IsZero() {
		t.Error("no twin is reported")
	}
}

func TestSourcesAddedAndRemoved(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("A ferry sinks near Basilan in the Philippines", agency))
	d.same(first, RuleSource, event("A ferry with 350 people sinks near Basilan, Philippines", agency, daily))
	d.same(first, RuleSource, event("A ferry with 350 people on board sinks off Basilan, Philippines", daily))
	d.same(first, RuleSource, event("A ferry with over 350 people on board sinks off Basilan, Philippines", agency))
}

func TestAnotherDate(t *testing.T) {
	d := newDesk(t)
	d.other(event("The ceasefire holds in the whole of the country", agency))
	in := event("The ceasefire holds in the whole of the country", agency)
	in.Date = "2018-02-05"
	if _, decision := d.other(in); !decision.Twin.IsZero() || decision.Path != "" {
		t.Errorf("got twin %s, path %q", decision.Twin, decision.Path)
	}
}

func TestLikenessAlone(t *testing.T) {
	const headline = "Brazil lower house approves the reform of the pensions after a night of debate"
	for _, c := range []struct {
		name, headline string
		same           bool
	}{
		{"short words", "Brazil lower house approves a reform of pensions after the night of debate", true},
		{"marks", "Brazil lower house approves the “reform of the pensions” – after the night of debate!", true},
		{"accents and endings", "Brazil lower house approved the reform of the pension after a night of débate", true},
		{"a word for a word", "Brazil lower house rejects the reform of the pensions after a night of debate", false},
		{"another name", "Chile lower house approves the reform of the pensions after a night of debate", false},
		{"a name more", "Brazil lower house approves the reform of the pensions after a night of debate in Rio", false},
		{"a figure more", "Brazil lower house approves the reform of the 3 pensions after a night of debate", false},
		{"a figure spelled out", "Brazil lower house approves the reform of the three pensions after a night of debate", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			first, _ := d.other(event(headline))
			if c.same {
				d.same(first, RuleLikeness, event(c.headline, agency))
				return
			}
			if _, decision := d.other(event(c.headline, agency)); decision.Twin != first {
				t.Errorf("the likely twin is not reported: %s", decision)
			}
		})
	}
}

func TestLikenessAcrossNamesWithOneStem(t *testing.T) {
	d := newDesk(t)
	first, _ := d.other(event("The army of Niger frees twelve hostages in the north of the country"))
	d.other(event("The army of Nigeria frees twelve hostages in the north of the country"))
	d.same(first, RuleLikeness, event("Army of Niger frees 12 hostages in the north of the country"))
}

func TestLikenessInAnotherOrder(t *testing.T) {
	for _, c := range []struct{ one, other string }{
		{"Israel attacks Iran", "Iran attacks Israel"},
		{"Brazil beats Germany 2-1", "Germany beats Brazil 2-1"},
		{"President visits minister", "Minister visits president"},
		{"7 are killed and 2 injured in a crash near Springfield", "2 are killed and 7 injured in a crash near Springfield"},
		{"Flight 12 is delayed, flight 34 is cancelled", "Flight 34 is delayed, flight 12 is cancelled"},
	} {
		d := newDesk(t)
		first, _ := d.other(event(c.one))
		if _, decision := d.other(event(c.other)); decision.Twin != first {
			t.Errorf("%q: the likely twin is not reported: %s", c.other, decision)
		}
	}
}

func TestHeadlinesWithoutWords(t *testing.T) {
	d := newDesk(t)
	ids := map[schema.ID]bool{}
	headlines := []string{"…", "?!", "👍️", "❤️", "♥"}
	for _, headline := range headlines {
		id, _ := d.other(event(headline))
		ids[id] = true
	}
	if len(ids) != len(headlines) {
		t.Errorf("%d articles of %d headlines", len(ids), len(headlines))
	}
	for _, headline := range headlines {
		if _, decision := d.record(event(headline)); decision.Rule == RuleNew {
			t.Errorf("%q is not found again", headline)
		}
	}
}

func TestOtherSourcesAgainstLikeness(t *testing.T) {
	long := "The World Health Organization intervenes as the death toll from toxic cough syrup in Madhya Pradesh, India, rises to at least 20"
	d := newDesk(t)
	first, _ := d.other(event(long, agency))
	if second, _ := d.other(event(long, daily)); second == first { // the same headline, and still another desk's article
		t.Error("other sources, one article")
	}
	d.other(event("Floods kill twenty in India", agency))
	d.other(event("Floods kill 20 in India", daily))
}

func TestAliases(t *testing.T) {
	d := newDesk(t)
	in := event("One headline", agency)
	in.Aliases = []string{"tag:daily.example,2018:1"}
	first, _ := d.other(in)
	in = event("Quite another text", daily)
	in.Aliases = []string{"tag:daily.example,2018:2"}
	second, _ := d.other(in)
	in = event("No word in common", "https://third.example/")
	in.Aliases = []string{"tag:daily.example,2018:1"}
	d.same(first, RuleAlias, in)

	in = event("Neither of the two")
	in.Aliases = []string{"tag:daily.example,2018:1", "tag:daily.example,2018:2"}
	id, _ := d.other(in) // two articles claim it
	if id == first || id == second {
		t.Error("an alias of two articles decided")
	}
	in = event("One more")
	in.Aliases = []string{"tag:daily.example,2018:1"}
	d.other(in) // the guid leads to two articles by now
}

func TestLanguagesAreArticlesOfTheirOwn(t *testing.T) {
	d := newDesk(t)
	in := event("Emmanuel Macron, Angela Merkel", agency)
	in.Language = "fr"
	first, _ := d.other(in)
	in.Language = "de"
	second, decision := d.other(in)
	if decision.Path == "" || second == first {
		t.Errorf("got path %q", decision.Path)
	}
	in = event("Emmanuel Macron und Angela Merkel", agency)
	in.TranslationOf = first
	d.same(second, RuleSource, in)
}

func TestWithoutDateOrHeadline(t *testing.T) {
	d := newDesk(t)
	d.other(event("A headline", agency))
	in := event("A headline", agency)
	in.Date = ""
	if _, decision := d.other(in); decision.Path != "" || !decision.Twin.IsZero() {
		t.Errorf("got %+v", decision)
	}
}

func TestDecisionString(t *testing.T) {
	for want, d := range map[string]Decision{
		"source 0.83":   {Rule: RuleSource, Score: 0.8399},
		"likeness 0.99": {Rule: RuleLikeness, Score: 0.9999},
		"id 1.00":       {Rule: RuleID, Score: 1},
		"new 0.00":      {Rule: RuleNew},
	} {
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// broken is a finder whose index can't be read.
type broken struct{ *Memory }

func (broken) BySource(string, schema.Date) ([]schema.ID, error) {
	return nil, fmt.Errorf("disk on fire")
}

func TestFinderErrorsAreGivenBack(t *testing.T) {
	in := &schema.Input{State: event("A headline", agency)}
	if _, err := Decide(in, false, broken{NewMemory()}); err == nil || err.Error() != "disk on fire" {
		t.Errorf("got %v", err)
	}
}
