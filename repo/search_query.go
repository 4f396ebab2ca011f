package repo

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/diff"
)

// A query is words, which all must stand in a version; "words in quotes" must stand
// in a row; -word and -"words in a row" must not; word* is whatever begins so. What
// punctuation a word holds counts nowhere, but parts it: U.S.-led is looked for as
// the words U.S and led in a row. Text of a script that is written without spaces is
// looked for as a row of its characters.

// searchQuery is a query taken apart.
type searchQuery struct {
	wanted   []diff.Phrase // each at least one word
	unwanted []diff.Phrase
}

// maxSearchTerms bounds what one query asks for.
const maxSearchTerms = 64

// parseSearch takes a query apart. An error is a *QueryError.
func parseSearch(query string) (q searchQuery, err error) {
	wrong := func(format string, args ...any) (searchQuery, error) {
		return searchQuery{}, &QueryError{query, fmt.Sprintf(format, args...)}
	}
	if !utf8.ValidString(query) {
		return wrong("it is no UTF-8 text")
	}
	for rest := strings.TrimLeftFunc(query, unicode.IsSpace); rest != ""; rest = strings.TrimLeftFunc(rest, unicode.IsSpace) {
		t, after, ok := nextTerm(rest)
		if !ok {
			return wrong("the quotation mark before %s is not closed", beginning(strings.TrimLeft(rest, `-"“„`)))
		}
		p := diff.ParsePhrase(t.text, t.prefix)
		said := strings.TrimRightFunc(rest[:len(rest)-len(after)], unicode.IsSpace)
		rest = after
		switch {
		case len(p.Words()) > 0 && t.not:
			q.unwanted = append(q.unwanted, p)
		case len(p.Words()) > 0:
			q.wanted = append(q.wanted, p)
		case t.quoted || t.not || t.prefix:
			return wrong("there is no word in %s", said)
		}
		if len(q.wanted)+len(q.unwanted) > maxSearchTerms {
			return wrong("it has more than %d words; put some into quotation marks", maxSearchTerms)
		}
	}
	switch {
	case len(q.wanted) > 0:
		return q, nil
	case len(q.unwanted) > 0:
		return wrong("it only says what must not be there; add a word that must")
	}
	return wrong("there is no word in it")
}

// term is a part of a query.
type term struct {
	text                string
	not, quoted, prefix bool
}

// nextTerm takes the first term off a query that begins with no white space; ok is
// false where a quotation mark is not closed.
func nextTerm(s string) (t term, rest string, ok bool) {
	if after, found := strings.CutPrefix(s, "-"); found && after != "" && !unicode.IsSpace(firstRune(after)) {
		t.not, s = true, after
	}
	if open := firstRune(s); open == '"' || open == '“' || open == '„' {
		body := s[utf8.RuneLen(open):]
		end := strings.IndexAny(body, `"“”`)
		if end < 0 {
			return t, "", false
		}
		t.quoted, t.text = true, body[:end]
		rest = body[end+utf8.RuneLen(firstRune(body[end:])):]
	} else {
		end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '“' || r == '„' })
		if end < 0 {
			end = len(s)
		}
		t.text, rest = s[:end], s[end:]
	}
	if after, found := strings.CutPrefix(rest, "*"); found && t.quoted {
		t.prefix, rest = true, after
	}
	if before, found := strings.CutSuffix(t.text, "*"); found && !t.quoted {
		t.prefix, t.text = true, before
	}
	return t, rest, true
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// beginning gives the beginning of a text, to name it by.
func beginning(s string) string {
	const most = 20
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
