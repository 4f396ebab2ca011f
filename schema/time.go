package schema

import (
	"fmt"
	"time"
)

// Date is a calendar day, "YYYY-MM-DD", or "" where none is given. Dates in this
// form sort as text.
type Date string

// ParseDate reads "2015-09-26", and "2015-09-6" as event pages print it.
func ParseDate(s string) (Date, error) {
	if plainDate(s) {
		return Date(s), nil
	}
	for _, layout := range []string{"2006-01-02", "2006-01-2"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 0 {
			return Date(t.Format("2006-01-02")), nil
		}
	}
	return "", fmt.Errorf("%.40q is no date: a day of the calendar such as 2015-09-26 is wanted", s)
}

// plainDate reports whether s is surely a date as Date has it: nearly every one is,
// and needs no layout. The last days of a month are left to the calendar.
func plainDate(s string) bool {
	if len(s) != len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return false
	}
	number := func(s string) (n int) {
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return 0
			}
			n = 10*n + int(s[i]-'0')
		}
		return n
	}
	month, day := number(s[5:7]), number(s[8:])
	return number(s[:4]) > 0 && 1 <= month && month <= 12 && 1 <= day && day <= 28
}

// Time is when a version was published: an instant in UTC to the second, or a
// day alone where no more is known. The zero Time means that it is not known.
type Time struct {
	T       time.Time // in UTC; the day's first second where DayOnly
	DayOnly bool
}

// At makes a Time of an instant, cut to the second.
func At(t time.Time) Time { return Time{T: t.UTC().Truncate(time.Second)} }

// ParseTime reads RFC 3339 ("2018-02-06T13:49:27Z"), the stamps of event pages
// ("2018-02-06 13:49:27", UTC), or a day alone. The year is 1 to 9999.
func ParseTime(s string) (Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil && t.UTC().Year() > 0 && t.UTC().Year() < 10000 {
			return At(t), nil
		}
	}
	if d, err := ParseDate(s); err == nil {
		t, err := time.Parse("2006-01-02", string(d))
		return Time{T: t, DayOnly: true}, err
	}
	return Time{}, fmt.Errorf("%.40q is no time: RFC 3339 such as 2018-02-06T13:49:27Z, or a day such as 2018-02-06, is wanted", s)
}

// IsZero reports whether the time is not known.
func (t Time) IsZero() bool { return t.T.IsZero() && !t.DayOnly }

// String gives RFC 3339 in UTC, or the day alone, or "".
func (t Time) String() string {
	switch {
	case t.IsZero():
		return ""
	case t.DayOnly:
		return t.T.Format("2006-01-02")
	}
	return t.T.UTC().Format(time.RFC3339)
}

// Before orders times; a day alone counts as its first second.
func (t Time) Before(u Time) bool { return t.T.Before(u.T) }

// Day gives the calendar day in UTC.
func (t Time) Day() Date {
	if t.IsZero() {
		return ""
	}
	return Date(t.T.UTC().Format("2006-01-02"))
}
