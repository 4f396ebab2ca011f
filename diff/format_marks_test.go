package diff

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// unplain undoes Plain: it gives the old and the new text of marked output, in
// each of the ways in which a reader may take the marks out, and fails where they
// don't agree.
func unplain(t *testing.T, marked string) (old, new string) {
	t.Helper()
	old, new, err := scanPlain(marked)
	if err != nil {
		t.Errorf("%q: %v", marked, err)
	}
	for _, read := range []struct {
		gone, open, shut string
		change           *regexp.Regexp
		want             string
	}{{"old", "[-", "-]", insertions, old}, {"new", "{+", "+}", deletions, new}} {
		left := read.change.ReplaceAllString(marked, "")
		for _, pair := range [][2]string{{read.open, read.shut}, {read.shut, read.open}} {
			got := strings.ReplaceAll(strings.ReplaceAll(left, pair[0], ""), pair[1], "")
			if got != read.want {
				t.Errorf("%q: the %s text is %q, or with %q taken out first %q", marked, read.gone, read.want, pair[0], got)
			}
		}
	}
	return unescapePlain(old), unescapePlain(new)
}

var (
	insertions = regexp.MustCompile(`(?s)\{\+.*?\+\}`)
	deletions  = regexp.MustCompile(`(?s)\[-.*?-\]`)
	opened     = regexp.MustCompile(`([\[{])\\`)
	shut       = regexp.MustCompile(`\\([\]}])`)
)

// unescapePlain is the two commands for sed that the help gives.
func unescapePlain(s string) string {
	return shut.ReplaceAllString(opened.ReplaceAllString(s, "$1"), "$1")
}

// scanPlain reads marked output from the left.
func scanPlain(marked string) (old, new string, err error) {
	var a, b strings.Builder
	for marked != "" {
		var inside string
		found := true
		switch {
		case strings.HasPrefix(marked, "[-"):
			inside, marked, found = strings.Cut(marked[2:], "-]")
			a.WriteString(inside)
		case strings.HasPrefix(marked, "{+"):
			inside, marked, found = strings.Cut(marked[2:], "+}")
			b.WriteString(inside)
		case strings.HasPrefix(marked, "-]") || strings.HasPrefix(marked, "+}"):
			return "", "", errors.New("a mark is shut that was not open")
		default:
			_, n := utf8.DecodeRuneInString(marked)
			a.WriteString(marked[:n])
			b.WriteString(marked[:n])
			marked = marked[n:]
		}
		if !found {
			return "", "", errors.New("a mark is not shut")
		}
	}
	return a.String(), b.String(), nil
}

// squeeze makes white space comparable: runs are one blank, none at the ends.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// uncritic undoes Markdown's CriticMarkup and its escapes, to the byte.
func uncritic(s string) (old, new string, err error) {
	var a, b strings.Builder
	inOld, inNew := true, true
	inComment := false
	slashes := 0
	text := func(t string) {
		if inOld && !inComment {
			a.WriteString(t)
		}
		if inNew && !inComment {
			b.WriteString(t)
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		closing := strings.HasPrefix(s[i:], "--}") || strings.HasPrefix(s[i:], "++}") || strings.HasPrefix(s[i:], "<<}")
		switch {
		case c == '\\':
			slashes++
			continue
		case (c == '{' || c == '}') && slashes%2 == 1:
			text(strings.Repeat(`\`, slashes/2) + string(c))
		case c == '{':
			text(strings.Repeat(`\`, slashes/2))
			if i+3 > len(s) {
				return "", "", errors.New("a brace stands at the end")
			}
			switch s[i : i+3] {
			case "{--":
				inNew = false
			case "{++":
				inOld = false
			case "{>>":
				inComment = true
			default:
				return "", "", errors.New("a brace is not escaped: " + s[i:i+3])
			}
			i += 2
		case closing:
			text(strings.Repeat(`\`, slashes))
			inOld, inNew, inComment = true, true, false
			i += 2
		default:
			text(strings.Repeat(`\`, slashes) + string(s[i:i+1]))
		}
		slashes = 0
	}
	text(strings.Repeat(`\`, slashes))
	return a.String(), b.String(), nil
}
