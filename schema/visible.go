package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Visible makes every character visible by which a text could act on a terminal
// or deceive a reader, so that content can be printed anywhere:
//
//   - C0 controls and DEL as their pictures (ESC is ␛, CR is ␍), but for LF and
//     TAB, which stay;
//   - C1 controls, bidi controls and marks, zero-width characters, line and
//     paragraph separators, invisible operators and tags as <U+202E>;
//   - a byte that is no UTF-8 as <0xFF>.
//
// ZWJ and ZWNJ stay, as emoji and whole scripts are spelled with them. A text
// without any of these comes back as it is.
func Visible(s string) string {
	i := firstHidden(s)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[i])
		case !hidden(r):
			b.WriteString(s[i : i+size])
		case r < 0x20:
			b.WriteRune('␀' + r)
		case r == 0x7F:
			b.WriteRune('␡')
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
		i += size
	}
	return b.String()
}

// VisibleLine is [Visible] for one line: LF and TAB are made visible too.
func VisibleLine(s string) string {
	s = Visible(s)
	if strings.ContainsAny(s, "\n\t") {
		s = strings.NewReplacer("\n", "␊", "\t", "␉").Replace(s)
	}
	return s
}

// firstHidden gives the place of the first character to be shown, or -1.
func firstHidden(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if hidden(rune(c)) {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || hidden(r) {
			return i
		}
		i += size
	}
	return -1
}

// hidden lists what Visible shows.
func hidden(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r < 0x7F:
		return false
	case r < 0xA0:
		return true
	case r < 0x0600:
		return r == 0xAD // soft hyphen
	}
	switch {
	case r == 0x061C, r == 0x180E, r == 0x200B, r == 0x200E, r == 0x200F, r == 0x2028, r == 0x2029, r == 0xFEFF,
		0x202A <= r && r <= 0x202E, 0x2060 <= r && r <= 0x206F, 0xFFF9 <= r && r <= 0xFFFB,
		0xE0000 <= r && r <= 0xE007F:
		return true
	}
	return false
}
