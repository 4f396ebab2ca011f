package repo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// stream gives drafts as a reader would.
func stream(drafts []Draft) iter.Seq2[Draft, error] {
	return func(yield func(Draft, error) bool) {
		for _, d := range drafts {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// take imports drafts and counts the outcomes.
func take(t *testing.T, s *Store, drafts []Draft) map[Outcome]int {
	t.Helper()
	count := map[Outcome]int{}
	n := 0
	err := s.Import(context.Background(), stream(drafts), RecordOptions{Earlier: true}, func(r Result) {
		count[r.Outcome]++
		count["earlier"] += len(r.Earlier)
		n++
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != len(drafts) {
		t.Fatalf("%d results of %d drafts", n, len(drafts))
	}
	return count
}

// states makes the drafts of one article, one a headline. With each is what its
// source tells of a version.
func states(date schema.Date, source string, headlines ...string) []Draft {
	var list []Draft
	for _, h := range headlines {
		d := draft(date, h, source)
		d.Input.Body = "About " + source + ".\n"
		list = append(list, d)
	}
	return list
}

func TestImportTwice(t *testing.T) {
	t.Parallel()
	const a, b, a2 = "Two people dead in the Springfield fire", "Seven people dead in the Springfield fire", "Two people dead in the Springfield blaze"
	timed := func(drafts []Draft, times ...string) []Draft {
		for i := range drafts {
			drafts[i].Published, _ = schema.ParseTime(times[i%len(times)])
		}
		return drafts
	}
	keyed := func(drafts []Draft) []Draft {
		for i := range drafts {
			drafts[i].Input.ID = schema.DeriveID("one")
		}
		return drafts
	}
	list := func() []Draft { return states("2015-09-26", "https://example.org/1", a, b, a, a2) }
	for name, drafts := range map[string][]Draft{
		"without times":            list(),
		"with times":               timed(list(), "2015-09-26T10:00:00Z", "2015-09-26T11:00:00Z", "2015-09-26T12:00:00Z", "2015-09-26T13:00:00Z"),
		"with times, newest first": reversed(timed(list(), "2015-09-26T10:00:00Z", "2015-09-26T11:00:00Z", "2015-09-26T12:00:00Z", "2015-09-26T13:00:00Z")),
		"all at one time":          timed(list(), "2015-09-26T10:00:00Z"),
		"all on one day":           timed(list(), "2015-09-26"),
		"pairs at one time":        timed(list(), "2015-09-26T10:00:00Z", "2015-09-26T10:00:00Z", "2015-09-26T12:00:00Z", "2015-09-26T12:00:00Z"),
	} {
		for _, withID := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, id %v", name, withID), func(t *testing.T) {
				drafts := slices.Clone(drafts)
				if withID {
					drafts = keyed(drafts)
				}
				s := newStore(t)
				if got := take(t, s, drafts); got[Created] != 1 || got[Recorded] != 3 {
					t.Fatalf("the first time: %v", got)
				}
				before := sameRebuilt(t, s)
				if got := take(t, s, drafts); got[Unchanged] != 4 {
					t.Errorf("the second time: %v", got)
				}
				// Half of it, as after an interruption, and again the whole.
				if got := take(t, s, drafts[:2]); got[Unchanged] != 2 {
					t.Errorf("the first half again: %v", got)
				}
				if got := take(t, s, drafts); got[Unchanged] != 4 {
					t.Errorf("the whole again: %v", got)
				}
				if after := snap(t, s); len(after.Log) != len(before.Log) {
					t.Errorf("%d versions, before %d", len(after.Log), len(before.Log))
				}
				half := newStore(t)
				take(t, half, drafts[:3])
				take(t, half, drafts)
				if got := snap(t, half); len(got.Log) != 4 {
					t.Errorf("resumed after three of four: %d versions", len(got.Log))
				}
				sound(t, s)
			})
		}
	}
}

func reversed(drafts []Draft) []Draft {
	slices.Reverse(drafts)
	return drafts
}

// TestImportInterrupted stops an import in its midst and runs it again.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	var drafts []Draft
	for i := range 700 {
		id := schema.DeriveID(fmt.Sprint("article ", i))
		for _, d := range states("2015-09-26", fmt.Sprintf("https://example.org/%d", i), fmt.Sprintf("Event %d begins", i), fmt.Sprintf("Event %d goes on", i)) {
			d.Input.ID = id
			drafts = append(drafts, d)
		}
	}
	s := newStore(t)
	for _, stop := range []int{800, 1300} {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		cut := func(yield func(Draft, error) bool) {
			for i, d := range drafts {
				if i == stop {
					cancel()
				}
				if !yield(d, nil) {
					return
				}
			}
		}
		err := s.Import(ctx, cut, RecordOptions{}, func(Result) { n++ })
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted at %d: %v after %d results", stop, err, n)
		}
		// What was told is there.
		count := 0
		for _, err := range s.Log(context.Background(), LogFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count < n {
			t.Fatalf("%d results were told, %d versions are there", n, count)
		}
	}
	take(t, s, drafts)
	if got := take(t, s, drafts); got[Unchanged] != len(drafts) {
		t.Errorf("again: %v", got)
	}
	if got := snap(t, s); len(got.Log) != len(drafts) || len(got.Changes) != 700 {
		t.Errorf("%d versions of %d articles", len(got.Log), len(got.Changes))
	}
	sound(t, s)
}

// TestImportRefusals goes on after a state that is refused, be it by the reader or
// by the store.
func TestImportRefusals(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	bad := draft("2015-09-26", "")
	future := draft("2015-09-26", "From the future")
	future.Published, _ = schema.ParseTime("2199-01-01")
	badDate := draft("2015-02-30", "No such day")
	typo := draft("2015-09-26", "A correction of no known type")
	typo.Correction = "red\n\nStemma-Article: x"
	drafts := []Draft{draft("2015-09-26", "First of all"), bad, future, badDate, typo, draft("2015-09-26", "Last and least")}
	var got []Outcome
	err := s.Import(context.Background(), func(yield func(Draft, error) bool) {
		for i, d := range drafts {
			if i == 3 && !yield(Draft{}, &schema.Problem{File: "x", Line: 7, Reason: "unreadable"}) {
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}, RecordOptions{}, func(r Result) {
		got = append(got, r.Outcome)
		var problem *schema.Problem
		if r.Outcome == Refused && !errors.As(r.Err, &problem) {
			t.Errorf("refused with %v", r.Err)
		}
	})
	if want := []Outcome{Created, Refused, Refused, Refused, Refused, Refused, Created}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v, %v, want %v", got, err, want)
	}
	// An error of another kind ends the import; what came before it is recorded.
	broken := errors.New("the disk is gone")
	err = s.Import(context.Background(), func(yield func(Draft, error) bool) {
		_ = yield(draft("2015-09-26", "Before the end"), nil) && yield(Draft{}, broken)
	}, RecordOptions{}, func(Result) {})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, err := s.Resolve(context.Background(), "before-the-end"); err != nil {
		t.Error(err)
	}
	sound(t, s)
}

// page makes the draft of an event page as it stood after the n-th of its
// versions: its Changes list names those before.
func eventPage(n int, headlines ...string) Draft {
	at := func(i int) time.Time { return time.Date(2018, 2, 6, 10+i, 0, 0, 0, time.UTC) }
	d := draft("2018-02-06", headlines[n], "https://example.org/1")
	d.Input.Carries = schema.Fields(schema.FieldDate, schema.FieldHeadline, schema.FieldSources, schema.FieldSummary)
	d.Input.Summary = strings.Repeat("More is known. ", n+1)
	d.Input.Published = schema.At(at(n))
	for i := range n {
		d.Input.Earlier = append(d.Input.Earlier, schema.Earlier{Headline: headlines[i],
			Path: schema.DefaultPath("2018-02-06", headlines[i]), Published: at(i)})
	}
	return d
}

// TestImportPages imports the pages of one event in every order, twice each: the
// same headlines at the same times come of it, in one article, and the second time
// nothing.
func TestImportPages(t *testing.T) {
	t.Parallel()
	headlines := []string{"Two people dead in the Springfield fire", "Seven people dead in the Springfield fire", "Nine people dead in the Springfield fire"}
	for _, order := range [][]int{{0, 1, 2}, {2}, {2, 1, 0}, {1, 0, 2}, {0, 2, 1}, {2, 0, 1}, {1, 2, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			s := newStore(t)
			var drafts []Draft
			for _, n := range order {
				drafts = append(drafts, eventPage(n, headlines...))
			}
			take(t, s, drafts)
			before := sameRebuilt(t, s)
			if len(before.Changes) != 1 {
				t.Fatalf("%d articles", len(before.Changes))
			}
			for id, all := range before.Changes {
				var got []string
				for _, v := range all {
					if got = append(got, v.Headline); len(got) > 1 && got[len(got)-2] == v.Headline {
						got = got[:len(got)-1] // first heard of, then read whole
					}
				}
				if !slices.Equal(got, headlines) {
					t.Errorf("%s: %q", id, got)
				}
			}
			if got := take(t, s, drafts); got[Unchanged] != len(drafts) || got["earlier"] != 0 {
				t.Errorf("the second time: %v", got)
			}
			if after := snap(t, s); len(after.Log) != len(before.Log) {
				t.Errorf("%d versions after %d", len(after.Log), len(before.Log))
			}
			sound(t, s)
		})
	}
}
