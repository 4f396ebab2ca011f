package repo

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Clock says which of a version's two times is meant.
type Clock int

// The clocks.
const (
	ByPublished Clock = iota
	ByRecorded
)

// Moment asks how things stood at a time. The zero Moment means now.
type Moment struct {
	At    time.Time
	Clock Clock
}

// agoPattern is compiled on first use: most commands never meet it.
var agoPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d{1,6}) (second|minute|hour|day|week|month|year)s? ago$`)
})

// ParseMoment reads a time as people write it: RFC 3339, "2018-02-06",
// "2018-02-06 13:00", "2018-02-06 13:00:05", "now", "today", "yesterday" or "3
// days ago". It gives the stretch that is meant, in UTC: a day is from its first
// second to its last, a minute likewise, an instant is from == to. Whoever asks
// for a state at that time wants to; whoever asks what came since wants from.
func ParseMoment(s string, now time.Time) (from, to time.Time, err error) {
	now = now.UTC().Truncate(time.Second)
	day := func(t time.Time) (time.Time, time.Time, error) {
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
		return t, t.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	text := strings.Join(strings.Fields(s), " ")
	switch text {
	case "now":
		return now, now, nil
	case "today":
		return day(now)
	case "yesterday":
		return day(now.AddDate(0, 0, -1))
	}
	if m := agoPattern().FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return from, to, err
		}
		t := ago(now, n, m[2])
		return t, t, nil
	}
	for _, form := range []struct {
		layout string
		span   time.Duration
	}{
		{time.RFC3339, 0}, {"2006-01-02 15:04:05", 0}, {"2006-01-02T15:04:05", 0},
		{"2006-01-02 15:04", time.Minute}, {"2006-01-02T15:04", time.Minute},
	} {
		if t, err := time.Parse(form.layout, text); err == nil {
			t = t.UTC().Truncate(time.Second)
			if form.span == 0 {
				return t, t, nil
			}
			return t, t.Add(form.span - time.Second), nil
		}
	}
	for _, layout := range []string{"2006-01-02", "2006-01-2"} {
		if t, err := time.Parse(layout, text); err == nil {
			return day(t)
		}
	}
	return from, to, fmt.Errorf("%.60q is no time: write 2018-02-06, \"2018-02-06 13:00\" (UTC), RFC 3339, yesterday or \"3 days ago\"", s)
}

func ago(now time.Time, n int, unit string) time.Time {
	switch unit {
	case "second":
		return now.Add(-time.Duration(n) * time.Second)
	case "minute":
		return now.Add(-time.Duration(n) * time.Minute)
	case "hour":
		return now.Add(-time.Duration(n) * time.Hour)
	case "day":
		return now.AddDate(0, 0, -n)
	case "week":
		return now.AddDate(0, 0, -7*n)
	case "month":
		return now.AddDate(0, -n, 0)
	}
	return now.AddDate(-n, 0, 0)
}
