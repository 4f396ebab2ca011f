package schema

import (
	"fmt"
	"strings"
	"unicode"
)

// badPath says why s may not be an article's path, or "". A path is absolute and
// stays where it is on every system that a store may be exported to: it climbs
// nowhere, also not behind percent-encoding, names nothing of git's, and no
// device of Windows.
func badPath(s string) string {
	if len(s) > MaxPath {
		return fmt.Sprintf("%.40q… has %d bytes, more than the %d allowed", s, len(s), MaxPath)
	}
	if !strings.HasPrefix(s, "/") {
		return fmt.Sprintf("%.80q is no path: one such as /news/2015/09/26/slug is wanted", s)
	}
	if invalidAt(s) >= 0 {
		return fmt.Sprintf("%.80q is no UTF-8", s)
	}
	for _, r := range s {
		if r < 0x20 || 0x7F <= r && r < 0xA0 {
			return fmt.Sprintf("%.80q holds a control character", s)
		}
		if r == '\\' {
			return fmt.Sprintf("%.80q holds a backslash", s)
		}
	}
	form := s
	for range 3 { // an escape may be escaped again
		for component := range strings.SplitSeq(form[1:], "/") {
			if reason := badComponent(component); reason != "" {
				return fmt.Sprintf("%.80q: %s", s, reason)
			}
		}
		next := unescapeAll(form)
		if next == form {
			return ""
		}
		if strings.ContainsAny(next, "\\\x00") {
			return fmt.Sprintf("%.80q hides a backslash or NUL behind an escape", s)
		}
		form = next
	}
	return fmt.Sprintf("%.80q is escaped over and over", s)
}

// badComponent says what is wrong with one part of a path, or "".
func badComponent(c string) string {
	switch c {
	case "":
		return "an empty part"
	case ".", "..":
		return fmt.Sprintf("the part %q climbs or stands still", c)
	}
	if c[len(c)-1] == '.' || c[len(c)-1] == ' ' {
		return fmt.Sprintf("the part %.40q ends in a dot or a blank", c)
	}
	if len(c) > 1 && c[1] == ':' {
		return fmt.Sprintf("the part %.40q names a drive", c)
	}
	if strings.HasPrefix(c, "..;") {
		return fmt.Sprintf("the part %.40q climbs", c)
	}
	folded := foldName(c)
	if gitName(folded) {
		return fmt.Sprintf("the part %.40q looks like a file of git's own", c)
	}
	if deviceName(folded) {
		return fmt.Sprintf("the part %.40q is a device name on Windows", c)
	}
	return ""
}

// foldName gives a name as the file systems of other machines may read it: HFS+
// drops invisible characters, NTFS and HFS+ know no case, and some take wide
// forms for their ASCII twins.
func foldName(c string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector):
			return -1
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 'İ' || r == 'ı':
			return 'i'
		}
		return unicode.ToLower(r)
	}, c)
}

// gitName reports ".git…" and the short names that NTFS gives it.
func gitName(c string) bool {
	if strings.HasPrefix(c, ".git") {
		rest := c[len(".git"):]
		return rest == "" || !('0' <= rest[0] && rest[0] <= '9' || rest[0] == '-')
	}
	name, n, ok := strings.Cut(c, "~")
	if !ok || n == "" || strings.Trim(n, "0123456789") != "" {
		return false
	}
	return name == "git" || strings.HasPrefix(name, "gitmod") ||
		strings.HasPrefix(name, "gi") && len(name) == 6 && strings.Trim(name[2:], "0123456789abcdef") == ""
}

// deviceName reports the names that Windows keeps for devices, with or without an
// extension.
func deviceName(c string) bool {
	c, _, _ = strings.Cut(c, ".")
	c, _, _ = strings.Cut(c, ":")
	switch c = strings.TrimRight(c, " "); c {
	case "con", "prn", "aux", "nul", "conin$", "conout$", "clock$":
		return true
	}
	rest, ok := strings.CutPrefix(c, "com")
	if !ok {
		rest, ok = strings.CutPrefix(c, "lpt")
	}
	return ok && len([]rune(rest)) == 1 && strings.Contains("0123456789¹²³", rest)
}

// unescapeAll decodes every percent escape, whatever it stands for, and the
// overlong spellings of dot and slash that careless decoders accept.
func unescapeAll(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c, ok := escapeAt(s, i)
		if !ok {
			b.WriteByte(s[i])
			continue
		}
		i += 2
		if low, ok := escapeAt(s, i+1); ok && c == 0xC0 {
			c = low & 0x7F
			i += 3
		}
		b.WriteByte(c)
	}
	return b.String()
}
