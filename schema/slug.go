package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// slugBytes is how much of a headline a slug is made of: thecontext.net's limit.
const slugBytes = 140

// Untitled is the slug of a headline that holds no letter and no digit.
const Untitled = "untitled"

// Slug gives the last part of an article's path: the headline's first 140 bytes,
// cut back to a rune's edge, in lower case, with every run of anything but
// letters, marks and digits as one "-", trimmed. Letters of every script stay.
// Headlines that differ only past byte 140 have the same slug.
func Slug(headline string) string {
	if len(headline) > slugBytes {
		cut := slugBytes
		for cut > 0 && !utf8.RuneStart(headline[cut]) {
			cut--
		}
		headline = headline[:cut]
	}
	if slug, ok := plainSlug(headline); ok {
		return slug
	}
	var b strings.Builder
	gap, visible := false, false // marks alone, such as the selectors behind an emoji, would be a slug that nobody sees
	for _, r := range strings.ToLower(headline) {
		if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		visible = visible || !unicode.Is(unicode.M, r)
		b.WriteRune(r)
	}
	if !visible {
		return Untitled
	}
	return b.String()
}

// plainSlug is Slug for a headline of ASCII, as most are: it needs no tables.
func plainSlug(headline string) (slug string, ok bool) {
	b := make([]byte, 0, slugBytes)
	gap := false
	for i := range len(headline) {
		c := headline[i]
		switch {
		case c >= utf8.RuneSelf:
			return "", false
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		default:
			gap = true
			continue
		}
		if gap && len(b) > 0 {
			b = append(b, '-')
		}
		gap = false
		b = append(b, c)
	}
	if len(b) == 0 {
		return Untitled, true
	}
	return string(b), true
}

// DayPath gives the path of a day, "/news/2015/09/6": the month padded, the day
// not. A date that is none gives "/news".
func DayPath(date Date) string {
	d := string(date)
	if _, err := ParseDate(d); err != nil || len(d) != len("2015-09-06") {
		return "/news"
	}
	return "/news/" + d[:4] + "/" + d[5:7] + "/" + strings.TrimPrefix(d[8:], "0")
}

// DefaultPath gives the path that follows from date and headline, without
// extension: "/news/2015/09/26/slug".
func DefaultPath(date Date, headline string) string {
	return DayPath(date) + "/" + Slug(headline)
}

// EffectivePath gives the article's path: the one that a source gave, else the
// one that follows from date and headline.
func (s *State) EffectivePath() string {
	if s.Path != "" {
		return s.Path
	}
	return DefaultPath(s.Date, s.Headline)
}
