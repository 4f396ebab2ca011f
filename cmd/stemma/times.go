package main

import (
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// The flags that take a time all read it the same way; `stemma help times` says
// how. A day is a stretch of time: where a moment is wanted it means its end.

// published reads --published. A day alone stays a day.
func (a *app) published(s string) (schema.Time, error) {
	if s == "" {
		return schema.Time{}, nil
	}
	if t, err := schema.ParseTime(s); err == nil {
		return t, nil
	}
	from, to, err := a.span("--published", s)
	if err == nil && to.Sub(from) >= 24*time.Hour-time.Second {
		return schema.ParseTime(from.Format("2006-01-02"))
	}
	return schema.At(from), err
}

// span reads a time as the stretch that is meant: a day is from its first second
// to its last, an instant starts and ends at once.
func (a *app) span(flag, s string) (from, to time.Time, err error) {
	from, to, err = repo.ParseMoment(s, a.now())
	if err != nil {
		err = &usageError{message: flag + ": " + err.Error(), hint: "stemma help times says how times are written"}
	}
	return from, to, err
}

// since reads --since: the first second that counts.
func (a *app) since(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	from, _, err := a.span("--since", s)
	return from, err
}

// until reads --until: the first second that does not count any more.
func (a *app) until(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	_, to, err := a.span("--until", s)
	return to.Add(time.Second), err
}

// asOf reads --at and --recorded into a moment: a day means its last second.
func (a *app) asOf(s string, recorded bool) (repo.Moment, error) {
	var m repo.Moment
	if recorded {
		m.Clock = repo.ByRecorded
	}
	if s == "" {
		if recorded {
			return m, usagef("--recorded says by which clock --at is meant: give --at TIME too")
		}
		return m, nil
	}
	var err error
	_, m.At, err = a.span("--at", s)
	return m, err
}

// date reads a day of the calendar, as it stands in a list or after day.
func (a *app) date(s string) (schema.Date, error) {
	from, to, err := a.span("date", s)
	if err != nil {
		return "", err
	}
	if to.Sub(from) < 24*time.Hour-time.Second {
		return "", usagef("%q is no day: a day such as 2018-02-06 is wanted", s)
	}
	return schema.Date(from.Format("2006-01-02")), nil
}

// stamp shows an instant the way event pages print it: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// publishedStamp shows when a version was published; a day alone stays a day.
func publishedStamp(t schema.Time) string {
	if t.DayOnly {
		return t.String()
	}
	return stamp(t.T)
}
