package ingest

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// maxWikiTitle is the most bytes that a wiki keeps of a title.
const maxWikiTitle = 255

// title gives a page a title that no page before it has: a wiki would take two
// pages of one title for one.
func (m *MediaWikiWriter) title(s *schema.State, fromWiki bool) string {
	base := s.Headline
	if !fromWiki {
		base = wikiTitle(base)
	}
	title := base
	if !fromWiki {
		title = cutBytes(base, maxWikiTitle)
	}
	for n := 2; m.titles[upperFirst(title)]; n++ {
		suffix := fmt.Sprintf(" (%s)", s.Date)
		if n > 2 {
			suffix = fmt.Sprintf(" (%s, %d)", s.Date, n-1)
		}
		title = cutBytes(base, maxWikiTitle-len(suffix)) + suffix
	}
	m.titles[upperFirst(title)] = true
	return title
}

// titleSigns replaces the signs that no title of a wiki may hold by their wide
// forms; it is read-only after it is made.
var titleSigns = strings.NewReplacer("#", "＃", "<", "＜", ">", "＞", "[", "［", "]", "］", "{", "｛", "}", "｝", "|", "｜",
	"_", " ", "~~~", "～～～", "./", "．/", "/.", "/．", "\uFFFD", "?")

// titleEscapes are what a wiki reads as another sign: a byte in hexadecimal digits
// and a character reference.
var titleEscapes = regexp.MustCompile(`%[0-9A-Fa-f]{2}|&[A-Za-z0-9#\x80-\x{10FFFF}]+;`)

// titlePrefix is what a wiki may take for the name of one of its namespaces, or for
// that of another wiki: which it knows is its own affair.
var titlePrefix = regexp.MustCompile(`^[^\s:]*(?: [Tt]alk)? ?:`)

// wikiTitle gives a headline as a title that every wiki takes for the name of one
// of its articles.
func wikiTitle(headline string) string {
	title := titleEscapes.ReplaceAllStringFunc(headline, strings.NewReplacer("%", "％", "&", "＆").Replace)
	title = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || r == '\u180E':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r) || unicode.IsControl(r):
			return -1
		}
		return r
	}, titleSigns.Replace(title))
	title = strings.Join(strings.Fields(title), " ")
	title = titlePrefix.ReplaceAllStringFunc(title, func(s string) string { return strings.Replace(s, ":", "：", 1) })
	switch title {
	case "":
		return "Untitled"
	case ".", "..":
		return strings.ReplaceAll(title, ".", "．")
	}
	return title
}

// foreignUser is put before the names of users that no wiki would take for one of
// its own.
const foreignUser = "stemma>"

// wikiUser gives the name of an author as a dump writes it. A wiki ends an import at
// a name that none of its users may have, but takes any with a ">", which sets the
// place that a user is known at apart from the name there.
func wikiUser(name string) string {
	if strings.Contains(name, ":") {
		return cutBytes(strings.Replace(name, ":", ">", 1), maxWikiTitle)
	}
	if len(name) > maxUserName || wikiTitle(name) != name || strings.Contains(name, "/") || maskedIP.MatchString(name) {
		return cutBytes(foreignUser+name, maxWikiTitle)
	}
	return name
}

// maxUserName is the most bytes that a wiki allows the name of a user.
const maxUserName = 235

// maskedIP is the form in which old wikis kept addresses, and which a name may not have.
var maskedIP = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){2}\.(xxx|[0-9]{1,3})$`)

// upperFirst gives a title as a wiki keeps it: its first letter is a capital.
func upperFirst(title string) string {
	r, n := utf8.DecodeRuneInString(title)
	return string(unicode.ToUpper(r)) + title[n:]
}

// cutBytes cuts a text to at most n bytes, before a rune.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.TrimSpace(s[:n])
}
