package repo

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// newStore makes an empty store whose clock goes on by a second at each look.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Init(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { now = now.Add(time.Second); return now }
	t.Cleanup(func() { s.Close() })
	return s
}

// record records one state and wants the outcome.
func record(t *testing.T, s *Store, d Draft, want Outcome) Result {
	t.Helper()
	if d.Input.Carries == 0 {
		d.Input.Carries = schema.AllFields
	}
	results, err := s.Record(context.Background(), []Draft{d}, RecordOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := results[0]; got.Outcome != want {
		t.Fatalf("recording %q: %s (%s), want %s", d.Input.Headline, got.Outcome, got.Reason, want)
	}
	return results[0]
}

// event is a draft of a state with a date, a headline and sources.
func draft(date schema.Date, headline string, urls ...string) Draft {
	in := schema.Input{State: schema.State{Date: date, Headline: headline}, Carries: schema.AllFields}
	for _, u := range urls {
		in.Sources = append(in.Sources, schema.Source{Name: "Agency", URL: u})
	}
	return Draft{Input: in}
}

// git runs the real git in a folder.
func git1(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// sound verifies the store and lets git check it too.
func sound(t *testing.T, s *Store) {
	t.Helper()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("verify: %+v", f)
	}
	git1(t, s.Dir(), "fsck", "--strict", "--no-dangling")
	oneByOne(t, s)
}

// oneByOne holds what the store says of a version alone to what Changes says of it.
func oneByOne(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.Background()
	articles, err := s.List(ctx, ListFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range articles {
		all, err := s.Changes(ctx, a.Article)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range all {
			got, err := s.Version(ctx, v.Article, strconv.Itoa(v.Number))
			if err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("version %d alone: %+v, %v, among the Changes %+v", v.Number, got, err, v)
			}
			before, ok, err := s.Before(ctx, v)
			if err != nil || ok != (i > 0) || ok && !reflect.DeepEqual(before, all[i-1]) {
				t.Errorf("before version %d: %+v, %t, %v", v.Number, before, ok, err)
			}
		}
		if got, err := s.Version(ctx, a.Article, "current"); err != nil || !reflect.DeepEqual(got, all[len(all)-1]) {
			t.Errorf("the current version alone: %+v, %v, among the Changes %+v", got, err, all[len(all)-1])
		}
	}
}

func TestRecordABA(t *testing.T) {
	s := newStore(t)
	a := record(t, s, draft("2015-09-26", "Two dead in Springfield", "https://example.org/1"), Created)
	id := a.Version.Article
	b := draft("2015-09-26", "Seven dead in Springfield", "https://example.org/1")
	b.Article = id.String()
	r := record(t, s, b, Recorded)
	if len(r.Version.Kinds) == 0 {
		t.Error("no kinds of change")
	}
	back := draft("2015-09-26", "Two dead in Springfield", "https://example.org/1")
	back.Article = id.String()
	r = record(t, s, back, Recorded)
	if r.Version.Restores != 1 || r.Version.Number != 3 {
		t.Errorf("version %d restores %d, want 3 restoring 1", r.Version.Number, r.Version.Restores)
	}
	again := record(t, s, back, Unchanged)
	if again.Reason != schema.SameBytes {
		t.Errorf("reason %q", again.Reason)
	}
	all, err := s.Changes(context.Background(), id)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	for _, v := range all {
		t.Logf("%+v", v)
	}
	sound(t, s)
}

func TestInsertPast(t *testing.T) {
	s := newStore(t)
	a := record(t, s, draft("2015-09-26", "Now"), Created)
	d := draft("2015-09-26", "Before")
	d.Article = a.Version.Article.String()
	d.Published, _ = schema.ParseTime("2015-09-26T10:00:00Z")
	r := record(t, s, d, Recorded)
	if r.Version.Number != 2 || r.Version.Place != First {
		t.Errorf("version %d is %s", r.Version.Number, r.Version.Place)
	}
	all, err := s.Changes(context.Background(), a.Version.Article)
	if err != nil || len(all) != 2 || all[0].Number != 2 || all[1].Place != Current {
		t.Fatalf("%+v, %v", all, err)
	}
	sound(t, s)
}

func TestLinkSplit(t *testing.T) {
	ctx := context.Background()
	s := newStore(t)
	a := record(t, s, draft("2015-09-26", "Storm hits coast", "https://example.org/1"), Created)
	b := record(t, s, draft("2015-09-26", "Parliament votes on budget", "https://example.org/2"), Created)
	if a.Version.Article == b.Version.Article {
		t.Fatal("one article")
	}
	d := draft("2015-09-26", "Parliament votes on the budget", "https://example.org/2")
	record(t, s, d, Recorded)
	if _, err := s.Link(ctx, a.Version.Article, b.Version.Article, Actor{}); err != nil {
		t.Fatal(err)
	}
	if id, err := s.Resolve(ctx, b.Version.Article.String()); err != nil || id != a.Version.Article {
		t.Fatal(id, err)
	}
	all, err := s.Changes(ctx, a.Version.Article)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	sound(t, s)
	r, err := s.Split(ctx, Version{Article: a.Version.Article, Number: 2, Seal: b.Version.Seal}, Actor{})
	if err != nil {
		t.Fatal(err)
	}
	all, err = s.Changes(ctx, r.Version.Article)
	if err != nil || len(all) != 4 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	all, err = s.Changes(ctx, a.Version.Article)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	sound(t, s)
	if err := s.Reindex(ctx, nil); err != nil {
		t.Fatal(err)
	}
	sound(t, s)
}

func TestIndexThatCannotBeOpened(t *testing.T) {
	s := newStore(t)
	record(t, s, draft("2020-01-01", "A story"), Created)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(s.Dir(), indexFile)
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(index, 0o777); err != nil { // as good as a folder that nothing may be written to, also for root
		t.Fatal(err)
	}
	s, err := Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Resolve(context.Background(), "a-story"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.scratch); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the index of its own is left behind: %v", err)
	}
}
