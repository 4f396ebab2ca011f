package repo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// stamped is a draft of a known article, published at a time.
func stamped(t *testing.T, id schema.ID, headline, published string) Draft {
	t.Helper()
	d := draft("2015-09-26", headline)
	if !id.IsZero() {
		d.Article = id.String()
	}
	var err error
	if d.Published, err = schema.ParseTime(published); err != nil {
		t.Fatal(err)
	}
	return d
}

func commits(t *testing.T, s *Store) []git.Hash {
	t.Helper()
	tip, err := s.git.Tip()
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.git.Log(tip, git.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestPast inserts versions before others: each shows in its place, all keep their
// numbers and seals, and history only grows.
func TestPast(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	id := record(t, s, stamped(t, schema.ID{}, "Two dead", "2015-09-26T10:00:00Z"), Created).Version.Article
	record(t, s, stamped(t, id, "Nine dead", "2015-09-26T12:00:00Z"), Recorded)
	record(t, s, stamped(t, id, "Two dead", "2015-09-26T13:00:00Z"), Recorded)
	before, log := commits(t, s), snap(t, s).Log
	if v := current(t, s, id); v.Restores != 1 || !hasKind(v, "figure") {
		t.Fatalf("%+v", v)
	}
	for i, c := range []struct {
		headline, at string
		numbers      []int
	}{
		{"Seven dead", "2015-09-26T11:00:00Z", []int{1, 4, 2, 3}},
		{"Something happened", "2015-09-26T09:00:00Z", []int{5, 1, 4, 2, 3}},
		// The same state as the current one, and as the one it comes after: both
		// change nothing of what main shows.
		{"Two dead", "2015-09-26T12:30:00Z", []int{5, 1, 4, 2, 6, 3}},
		{"Two dead", "1923", nil},
		{"Two dead", "1923-10-29", []int{7, 5, 1, 4, 2, 6, 3}},
	} {
		if c.numbers == nil {
			continue // a year alone is no time that a draft can have
		}
		v := record(t, s, stamped(t, id, c.headline, c.at), Recorded).Version
		if got := numbers(t, s, id); !slices.Equal(got, c.numbers) {
			t.Fatalf("%d: order %v, want %v", i, got, c.numbers)
		}
		if v.Place == Current {
			t.Errorf("%d: the inserted version is %s", i, v.Place)
		}
		after := commits(t, s)
		if len(after) != len(before)+2 || !slices.Equal(after[:len(before)], before) {
			t.Fatalf("%d: history did not only grow", i)
		}
		before = after
		for _, old := range log {
			now, err := s.Version(ctx, id, old.Seal.String())
			if err != nil || now.Number != old.Number || now.Commit != old.Commit || !now.Recorded.Equal(old.Recorded) {
				t.Fatalf("%d: version %d is %+v, %v", i, old.Number, now, err)
			}
		}
		sound(t, s)
		sameRebuilt(t, s)
		// A clone shows what is current.
		if file := git1(t, s.Dir(), "show", "main:"+s.layout().path(id)); !strings.Contains(file, "headline: Two dead\n") {
			t.Fatalf("%d: main shows\n%s", i, file)
		}
	}
	// What comes after an inserted version is compared with that one.
	all, err := s.Changes(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if v := all[6]; v.Number != 3 || len(v.Kinds) != 0 || v.Restores != 0 {
		t.Errorf("version 3 follows its equal now: %+v", v)
	}
	if v := all[5]; v.Number != 6 || v.Restores != 1 {
		t.Errorf("version 6 restores %d, want 1", v.Restores)
	}
	if v := all[2]; v.Number != 1 || v.Restores != 7 {
		t.Errorf("version 1 restores %d: the one of 1923 said the same", v.Restores)
	}
	if v := all[0]; v.Published.String() != "1923-10-29" || v.Place != First || !v.Published.DayOnly {
		t.Errorf("%+v", v)
	}
	// Equal to what stood there then: no version.
	if r := record(t, s, stamped(t, id, "Seven dead", "2015-09-26T11:30:00Z"), Unchanged); r.Version.Number != 4 {
		t.Errorf("it says the same as version %d", r.Version.Number)
	}
	var problem *schema.Problem
	if r := record(t, s, stamped(t, id, "Tomorrow", "2026-01-02T00:00:00Z"), Refused); !errors.As(r.Err, &problem) || problem.Field != "published" {
		t.Errorf("%v", r.Err)
	}
}

// TestAsOf asks for an article, a day and the store at a time, by both clocks.
func TestAsOf(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newStore(t)
	clock := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return clock }
	at := func(text string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	id := record(t, s, stamped(t, schema.ID{}, "Two dead", "2015-09-26T10:00:00Z"), Created).Version.Article
	clock = clock.AddDate(0, 0, 1)
	record(t, s, stamped(t, id, "Nine dead", "2015-09-26T14:00:00Z"), Recorded)
	clock = clock.AddDate(0, 0, 1)
	record(t, s, stamped(t, id, "Seven dead", "2015-09-26T12:00:00Z"), Recorded) // learnt of last
	clock = clock.AddDate(0, 0, 1)
	moved := stamped(t, id, "Nine dead", "2015-09-27T10:00:00Z")
	moved.Input.Date = "2015-09-27"
	record(t, s, moved, Recorded)
	other := record(t, s, stamped(t, schema.ID{}, "Budget voted", "2015-09-26T13:00:00Z"), Created).Version.Article
	for range 2 {
		for _, c := range []struct {
			m          Moment
			want       string // of the article; "" where there is none
			day, store []string
		}{
			{Moment{}, "Nine dead", []string{"Budget voted"}, []string{"Budget voted", "Nine dead"}},
			{Moment{At: at("2015-09-26 09:59")}, "", nil, nil},
			{Moment{At: at("2015-09-26 10:00")}, "Two dead", []string{"Two dead"}, []string{"Two dead"}},
			{Moment{At: at("2015-09-26 12:30")}, "Seven dead", []string{"Seven dead"}, []string{"Seven dead"}},
			{Moment{At: at("2015-09-26 13:00")}, "Seven dead", []string{"Budget voted", "Seven dead"}, []string{"Budget voted", "Seven dead"}},
			{Moment{At: at("2015-09-26 20:00")}, "Nine dead", []string{"Budget voted", "Nine dead"}, []string{"Budget voted", "Nine dead"}},
			{Moment{At: at("2015-09-28 00:00")}, "Nine dead", []string{"Budget voted"}, []string{"Budget voted", "Nine dead"}},
			{Moment{At: at("2019-12-31 00:00"), Clock: ByRecorded}, "", nil, nil},
			{Moment{At: at("2020-01-01 00:00"), Clock: ByRecorded}, "Two dead", []string{"Two dead"}, []string{"Two dead"}},
			{Moment{At: at("2020-01-02 12:00"), Clock: ByRecorded}, "Nine dead", []string{"Nine dead"}, []string{"Nine dead"}},
			{Moment{At: at("2020-01-03 12:00"), Clock: ByRecorded}, "Nine dead", []string{"Nine dead"}, []string{"Nine dead"}},
			{Moment{At: at("2020-01-04 12:00"), Clock: ByRecorded}, "Nine dead", []string{"Budget voted"}, []string{"Budget voted", "Nine dead"}},
		} {
			v, ok, err := s.AsOf(ctx, id, c.m)
			if err != nil || ok != (c.want != "") || v.Headline != c.want {
				t.Errorf("%v: %q %v %v, want %q", c.m, v.Headline, ok, err, c.want)
			}
			_, day, err := s.Day(ctx, "2015-09-26", c.m)
			if got := headlinesOf(day); err != nil || !slices.Equal(got, c.day) {
				t.Errorf("%v: the day has %q (%v), want %q", c.m, got, err, c.day)
			}
			list, err := s.List(ctx, ListFilter{Moment: c.m})
			if got := headlinesOf(list); err != nil || !slices.Equal(got, c.store) {
				t.Errorf("%v: the store has %q (%v), want %q", c.m, got, err, c.store)
			}
		}
		sameRebuilt(t, s)
	}
	if v := current(t, s, other); v.Place != Current {
		t.Errorf("%+v", v)
	}
	sound(t, s)
}

func headlinesOf(list []Version) (out []string) {
	for _, v := range list {
		out = append(out, v.Headline)
	}
	slices.Sort(out)
	return out
}

// TestClockPutBack records with a clock that goes back: no version seems older
// than the one before it.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	clock := time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return clock }
	id := record(t, s, draft("2015-09-26", "Two dead"), Created).Version.Article
	clock = clock.Add(-time.Hour)
	d := draft("2015-09-26", "Seven dead")
	d.Article = id.String()
	v := record(t, s, d, Recorded).Version
	if v.Place != Current || v.Number != 2 {
		t.Errorf("%+v", v)
	}
	sound(t, s)
}

// TestPlainFuture meets a commit from the future: what is recorded after it is
// newer still.
func TestPlainFuture(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	c.when = time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	c.replace(s.layout().path(a), "Two people", "Seven people")
	c.push("From the future")
	if v := current(t, s, a); v.Number != 2 || v.Published.T.Year() != 2099 {
		t.Fatalf("%+v", v)
	}
	d := draft("2015-09-26", "Nine dead in Springfield")
	d.Article = a.String()
	if v := record(t, s, d, Recorded).Version; v.Number != 3 || v.Place != Current {
		t.Errorf("%+v", v)
	}
	if r, err := s.Withdraw(context.Background(), a, Actor{}); err != nil || r.Version.Place != Current {
		t.Errorf("%+v, %v", r, err)
	}
	sameRebuilt(t, s)
}
