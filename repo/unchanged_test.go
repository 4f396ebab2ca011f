package repo

import (
	"context"
	"slices"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

func TestUnchanged(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	full := func() Draft {
		d := draft("2015-09-26", "Two dead", "https://example.org/1", "https://example.org/2")
		d.Input.Contexts = []string{"Iran", "Iraq", "Punjab, Pakistan"}
		d.Input.Summary = "Two people died."
		d.Input.Body = "One line.\n\nAnother line.\n"
		return d
	}
	first := record(t, s, full(), Created).Version
	tip := git1(t, s.Dir(), "rev-parse", "main")
	for _, c := range []struct {
		name, want string
		change     func(*schema.Input)
	}{
		{"same bytes", schema.SameBytes, func(*schema.Input) {}},
		{"contexts", "only the order of contexts differs", func(in *schema.Input) { slices.Reverse(in.Contexts) }},
		{"sources", "only the order of sources differs", func(in *schema.Input) { slices.Reverse(in.Sources) }},
		{"both", "only the order of contexts and sources differs", func(in *schema.Input) { slices.Reverse(in.Sources); slices.Reverse(in.Contexts) }},
		{"blanks", "only trailing white space differs", func(in *schema.Input) { in.Body = "One line.  \n\nAnother line.\t\n\n" }},
		{"CRLF", "only line endings differ", func(in *schema.Input) { in.Body = "One line.\r\n\r\nAnother line.\r\n" }},
		{"no last line end", "only trailing white space differs", func(in *schema.Input) { in.Body = "One line.\n\nAnother line." }},
	} {
		d := full()
		c.change(&d.Input)
		r := record(t, s, d, Unchanged)
		if r.Reason != c.want || r.Version.Seal != first.Seal {
			t.Errorf("%s: %q of version %d, want %q", c.name, r.Reason, r.Version.Number, c.want)
		}
	}
	if now := git1(t, s.Dir(), "rev-parse", "main"); now != tip {
		t.Error("a state that changes nothing made a commit")
	}
	// A byte is a change.
	d := full()
	d.Input.Body = "One line.\n\n Another line.\n"
	record(t, s, d, Recorded)
	sound(t, s)
}

func TestRestores(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := record(t, s, draft("2015-09-26", "Two dead in Springfield", "https://example.org/1"), Created).Version.Article
	for i, h := range []string{"Seven dead in Springfield", "Two dead in Springfield", "Seven dead in Springfield", "Nine dead in Springfield"} {
		d := draft("2015-09-26", h, "https://example.org/1")
		d.Article = id.String()
		v := record(t, s, d, Recorded).Version
		if want := []int{0, 1, 2, 0}[i]; v.Number != i+2 || v.Restores != want {
			t.Errorf("%q is version %d and restores %d, want %d", h, v.Number, v.Restores, want)
		}
	}
	one, err := s.Version(context.Background(), id, "1")
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Restore(context.Background(), one, Actor{Note: "back"}); err != nil || r.Version.Restores != 1 || r.Version.Note != "back" {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := s.Restore(context.Background(), one, Actor{}); err != nil || r.Outcome != Unchanged {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := s.Withdraw(context.Background(), id, Actor{}); err != nil || r.Version.Status != schema.Canceled {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := s.Withdraw(context.Background(), id, Actor{}); err != nil || r.Outcome != Unchanged {
		t.Errorf("%+v, %v", r, err)
	}
	sound(t, s)
	sameRebuilt(t, s)
}

// TestLearntContexts reads contexts off a page's Related labels: they are known
// from then on, and make no version.
func TestLearntContexts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	d := draft("2015-09-26", "Two dead in Springfield", "https://example.org/1")
	d.Input.Contexts = []string{"Iran"}
	id := record(t, s, d, Created).Version.Article
	other := draft("2015-09-27", "Nine dead in Shelbyville", "https://example.org/2")
	other.Input.Contexts = []string{"Iraq"}
	record(t, s, other, Created)
	page := draft("2015-09-26", "Two dead in Springfield", "https://example.org/1")
	page.Input.Carries = schema.Fields(schema.FieldHeadline, schema.FieldDate, schema.FieldSources)
	page.Input.AddContexts, page.Input.Contexts = true, []string{"Iraq", "Syria"}
	for range 2 {
		if r := record(t, s, page, Unchanged); r.Reason != schema.ContextsOnly || r.Version.Article != id {
			t.Errorf("%s, %q", r.Version.Article, r.Reason)
		}
	}
	if got := numbers(t, s, id); len(got) != 1 {
		t.Errorf("versions %v", got)
	}
	for range 2 {
		related, err := s.Related(ctx, id, 0)
		if err != nil || len(related) != 1 || !slices.Equal(related[0].Contexts, []string{"Iraq"}) {
			t.Errorf("%+v, %v", related, err)
		}
		list, err := s.List(ctx, ListFilter{Context: "Syria"})
		if err != nil || len(list) != 1 || list[0].Article != id {
			t.Errorf("%+v, %v", list, err)
		}
		sameRebuilt(t, s)
	}
	if n := len(history(t, s)); n != 3 {
		t.Errorf("%d commits, want one for each article and one for what was learnt", n)
	}
	sound(t, s)
}
