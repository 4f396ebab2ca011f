package schema

import (
	"strings"
	"unicode/utf8"
)

// pageExtensions are the formats in which a page stands side by side.
var pageExtensions = [...]string{".md", ".html", ".json", ".xml"}

// trimExtension takes a page's extensions off a path, so that none is left to be
// taken off another time.
func trimExtension(path string) string {
	for again := true; again; {
		again = false
		for _, ext := range pageExtensions {
			if s, ok := strings.CutSuffix(path, ext); ok && s != "" && !strings.HasSuffix(s, "/") {
				path, again = s, true
			}
		}
	}
	return path
}

// NormalizePath gives the comparable form of the path in s, a path or a URL of a
// page: without scheme and host, query, fragment, extension and trailing slash,
// percent-decoded, typographic quotes folded. It says where on some site a page
// stands and forgets which site: to look up a source's address use [AliasKey].
func NormalizePath(s string) string {
	s = strings.Trim(s, " \t\r\n")
	if rest, ok := cutScheme(s); ok {
		s = "/"
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			s = rest[i:]
		}
	}
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		s = s[:i]
	}
	s = foldQuotes(decodePercent(s))
	if t := strings.TrimRight(s, "/"); t != "" {
		s = t
	}
	return trimExtension(s)
}

// AliasKey gives the comparable form of an alias. Two addresses that lead to the
// same thing have the same key:
//
//   - a URL: "//host/path?query", so that http and https are one; the host in
//     lower case ("www." kept), without a default port; without fragment, trailing
//     slash and tracking parameters (utm_*, fbclid, gclid and the like); "&amp;"
//     read as "&"; percent-encoding brought to one form;
//   - a path that begins with "/": as [NormalizePath] has it;
//   - anything else (a guid, an id): itself, without blanks around it.
//
// Typographic quotes are folded to ASCII ones in all of them: one event was seen
// under two URLs that differ in nothing else. The key of a key is the key.
func AliasKey(s string) string {
	// What one pass lays bare (a blank before a fragment) the next one takes.
	for range 8 {
		next := aliasPass(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

func aliasPass(s string) string {
	s = strings.Trim(s, " \t\r\n")
	if rest, ok := cutScheme(s); ok {
		return urlKey(rest, strings.ToLower(s[:len(s)-len(rest)]))
	}
	if strings.HasPrefix(s, "/") {
		return NormalizePath(s)
	}
	return foldQuotes(s)
}

// cutScheme takes "http://", "https://" or "//" off s.
func cutScheme(s string) (rest string, ok bool) {
	for _, scheme := range [...]string{"https://", "http://", "//"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			return s[len(scheme):], true
		}
	}
	return s, false
}

func urlKey(rest, scheme string) string {
	for strings.Contains(rest, "&amp;") {
		rest = strings.ReplaceAll(rest, "&amp;", "&")
	}
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		rest = rest[:i]
	}
	rest, query, _ := strings.Cut(rest, "?")
	host, path, _ := strings.Cut(rest, "/")
	host = strings.ToLower(host)
	switch scheme {
	case "http://":
		host = strings.TrimSuffix(host, ":80")
	case "https://":
		host = strings.TrimSuffix(host, ":443")
	}
	key := "//" + host
	if path = strings.TrimRight(foldQuotes(decodePercent(path)), "/"); path != "" {
		key += "/" + path
	}
	if query = trimQuery(query); query != "" {
		key += "?" + foldQuotes(decodePercent(query))
	}
	return key
}

// trimQuery takes the parameters away that say who followed a link, not where it
// leads.
func trimQuery(query string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if part != "" && !tracking(strings.ToLower(name)) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}

func tracking(name string) bool {
	switch name {
	case "fbclid", "gclid", "gclsrc", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid":
		return true
	}
	return strings.HasPrefix(name, "utm_")
}

// decodePercent decodes the escapes that mean the same as the character itself
// and brings the others to upper case. A character that would change what the
// address means (a delimiter, a control character, "%") stays escaped, and so do
// bytes that are no UTF-8; a bare blank is escaped.
func decodePercent(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, ' ') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		c, ok := escapeAt(s, i)
		switch {
		case !ok && s[i] == ' ':
			b.WriteString("%20")
			i++
		case !ok:
			b.WriteByte(s[i])
			i++
		case c < utf8.RuneSelf:
			if plainInAddress(c) {
				b.WriteByte(c)
			} else {
				writeEscape(&b, c)
			}
			i += 3
		default:
			i += 3 * decodeRune(&b, s, i)
		}
	}
	return b.String()
}

// decodeRune decodes the escaped UTF-8 sequence at i and gives its length in
// escapes.
func decodeRune(b *strings.Builder, s string, i int) int {
	var seq [utf8.UTFMax]byte
	n := 0
	for n < len(seq) {
		c, ok := escapeAt(s, i+3*n)
		if !ok {
			break
		}
		seq[n] = c
		n++
	}
	r, size := utf8.DecodeRune(seq[:n])
	if r == utf8.RuneError || r < 0xA0 {
		writeEscape(b, seq[0])
		return 1
	}
	b.WriteRune(r)
	return size
}

// escapeAt reads "%XX" at i.
func escapeAt(s string, i int) (byte, bool) {
	if i+2 >= len(s) || s[i] != '%' {
		return 0, false
	}
	hi, lo := unhex(s[i+1]), unhex(s[i+2])
	if hi < 0 || lo < 0 {
		return 0, false
	}
	return byte(hi<<4 | lo), true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return -1
}

func writeEscape(b *strings.Builder, c byte) {
	const hex = "0123456789ABCDEF"
	b.Write([]byte{'%', hex[c>>4], hex[c&15]})
}

// plainInAddress lists what an escape of it doesn't change: RFC 3986's unreserved
// characters, and those that no address uses as a delimiter.
func plainInAddress(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		strings.IndexByte(`-._~'"!()*,:@`, c) >= 0
}

// foldQuotes brings typographic quotes to ASCII ones.
func foldQuotes(s string) string {
	return quoteFolder.Replace(s)
}

// quoteFolder is read-only after it is made.
var quoteFolder = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "“", `"`, "”", `"`)
