package diff

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// unplain undoes Plain: it gives the old and the new text of marked output. The
// marks are found as wdiff's own readers find them, so it works on texts that
// hold none.
func unplain(marked string) (old, new string) {
	var a, b strings.Builder
	for marked != "" {
		var inside string
		var found bool
		switch {
		case strings.HasPrefix(marked, "[-"):
			inside, marked, found = strings.Cut(marked[2:], "-]")
			a.WriteString(inside)
		case strings.HasPrefix(marked, "{+"):
			inside, marked, found = strings.Cut(marked[2:], "+}")
			b.WriteString(inside)
		default:
			_, n := utf8.DecodeRuneInString(marked)
			a.WriteString(marked[:n])
			b.WriteString(marked[:n])
			marked, found = marked[n:], true
		}
		if !found {
			return "a mark", "is not shut"
		}
	}
	return a.String(), b.String()
}

// holdsPlainMarks reports whether a text would read ambiguously in Plain, by a
// mark that it holds or the brace of one.
func holdsPlainMarks(s string) bool { return strings.ContainsAny(s, "[]{}") }

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
