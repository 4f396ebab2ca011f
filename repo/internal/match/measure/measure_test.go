package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/match"
	"github.com/stemma-project/stemma/schema"
)

// replayed gives the carried events and what became of them.
func replayed(t *testing.T, change func(*observed, *event)) ([]event, []outcome) {
	t.Helper()
	events, err := load("")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		for i := range events {
			for j := range events[i].Versions {
				change(&events[i].Versions[j], &events[i])
			}
		}
	}
	outcomes, err := replay(events)
	if err != nil {
		t.Fatal(err)
	}
	return events, outcomes
}

func TestTargetsOnRealEvents(t *testing.T) {
	_, outcomes := replayed(t, nil)
	table := tally(outcomes)
	t.Log("\n" + table.String())
	if table.all.events < 2000 || table.all.later < 600 {
		t.Fatalf("too few events to say anything: %d, with %d later versions", table.all.events, table.all.later)
	}
	if !table.met() {
		t.Error("the targets are missed")
	}
	for name, c := range map[string]counts{"first": table.first, "second": table.second} {
		if c.falseShare() > mostFalse || c.recall() < leastRecall {
			t.Errorf("the targets are missed in the %s half: false merges %.4f, recall %.3f", name, c.falseShare(), c.recall())
		}
		if c.twinsRight != c.twins || c.twins*10 < (c.later-c.found)*8 {
			t.Errorf("in the %s half %d versions are missed, %d with a twin reported, %d with the right one", name, c.later-c.found, c.twins, c.twinsRight)
		}
	}
}

// TestOneStoryADay has every event of a day cite one address: then nothing but the
// headlines tells a score of events a day apart. Nearly all that are merged then
// are one event that was listed twice; IDENTITY.md names them.
func TestOneStoryADay(t *testing.T) {
	for name, address := range map[string]string{"story": "https://example.org/", "live blog": "https://example.org/live/"} {
		_, outcomes := replayed(t, func(v *observed, e *event) {
			v.Sources = []schema.Source{{Name: "Example", URL: address + string(e.Date)}}
		})
		c := tally(outcomes).all
		merged := map[string]bool{}
		for _, o := range outcomes {
			if o.kind == falseMerge {
				merged[o.event.ID] = true
			}
		}
		t.Logf("%s: %d versions of %d of %d events merged falsely, recall %.3f", name, c.falseMerges, len(merged), c.events, c.recall())
		if len(merged)*100 > c.events || c.recall() < leastRecall {
			t.Errorf("%s: %d of %d events merged falsely, recall %.3f", name, len(merged), c.events, c.recall())
		}
	}
}

// plainFinder hides that a Memory can narrow a day down by words.
type plainFinder struct{ match.Finder }

func TestNarrowingChangesNoDecision(t *testing.T) {
	_, outcomes := replayed(t, nil)
	memory := match.NewMemory()
	days := match.NewDays(plainFinder{memory})
	for i, o := range outcomes {
		in := &schema.Input{State: state(o.event, o.version)}
		for name, f := range map[string]match.Finder{"plain": plainFinder{memory}, "days": days} {
			d, err := match.Decide(in, false, f)
			if err != nil {
				t.Fatal(err)
			}
			if d != o.decision {
				t.Fatalf("version %d of %s: %+v by the %s finder, %+v by the memory", o.version+1, o.event.ID, d, name, o.decision)
			}
		}
		id := o.decision.ID
		if id.IsZero() {
			id = articleID(o.event, o.version)
		}
		memory.Put(id, &in.State, o.decision.Path)
		days.Note(id, in.Date, in.Headline)
		if i%1000 == 999 {
			days.Forget()
		}
	}
}

func TestRunPrintsTheTable(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(nil, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	for _, want := range []string{"false merges", "recall", "decided by source", "second half"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the table:\n%s", want, &out)
		}
	}
}

func TestRunFailsBelowTheTargets(t *testing.T) {
	// One event's headline comes to another event of the day, word for word.
	name := filepath.Join(t.TempDir(), "events.jsonl")
	lines := `{"id":"a","date":"2018-02-04","versions":[{"observed":"2018-02-04T01:00:00Z","text":"One"},{"observed":"2018-02-04T03:00:00Z","text":"One"}]}
{"id":"b","date":"2018-02-04","versions":[{"observed":"2018-02-04T02:00:00Z","text":"One"}]}
`
	if err := os.WriteFile(name, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run([]string{"-v", name}, &out, &errs); code != 1 || !strings.Contains(out.String(), "false merge: version 1 of b") {
		t.Errorf("exit %d\n%s%s", code, &out, &errs)
	}
	for _, args := range [][]string{{"a", "b"}, {"-nonsense"}} {
		if code := run(args, &out, &errs); code != 2 {
			t.Errorf("%q: exit %d, want 2", args, code)
		}
	}
	if code := run([]string{name + ".none"}, &out, &errs); code != 1 {
		t.Errorf("a missing file: exit %d, want 1", code)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"id":"a","date":"2018-02-04","versions":[{"observed":"2018-02-04T01:00:00Z","text":"One","sources":[{"name":"x","url":"http://x/"}]}]}`))
	f.Add([]byte(`{"id":"a","before":"x","after":"y","before_observed":"2018-02-04T01:00:00Z"}{"id":"a","before":"y","after":"z"}`))
	f.Add([]byte(`{"id":"a","versions":[null,{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := read(bytes.NewReader(data))
		if err != nil {
			return
		}
		outcomes, err := replay(events)
		if err != nil {
			t.Fatal(err)
		}
		_ = tally(outcomes).String()
	})
}
