package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// FormatVersion is the version of the canonical file, its first key.
const FormatVersion = 1

// MaxFrontMatter bounds the front matter of a file, in bytes.
const MaxFrontMatter = 1 << 20

// EncodeFile writes the canonical file of a state: Markdown with YAML front
// matter. The first key is "stemma: 1", then "id", then the fields that are not
// empty in the order of [Table] ("status" only where it is not usable), unknown
// keys by name, "---", a blank line and the body as it is. Each paragraph and
// each value stands on a line of its own, never folded, so that a plain line diff
// of two files reads well.
//
// Equal states give equal bytes, and ParseFile gives the state back.
func EncodeFile(s *State) []byte {
	c := s.Clone()
	c.Normalize()
	b := appendFrontMatter(make([]byte, 0, frontRoom+len(c.Headline)+len(c.Summary)+len(c.Body)), &c)
	if c.Body != "" {
		b = append(b, '\n')
		b = append(b, c.Body...)
	}
	return b
}

// frontRoom is what the front matter takes, as a rule, beside headline and summary.
const frontRoom = 512

// frontMatter writes the front matter of a normalized state, with its fences.
func frontMatter(s *State) []byte {
	return appendFrontMatter(make([]byte, 0, frontRoom+len(s.Headline)+len(s.Summary)), s)
}

func appendFrontMatter(b []byte, s *State) []byte {
	b = append(strconv.AppendInt(append(b, "---\nstemma: "...), FormatVersion, 10), '\n')
	line := func(key, value string) {
		if value != "" {
			b = append(append(b, key...), ": "...)
			b = append(appendScalar(b, value), '\n')
		}
	}
	list := func(key string, items []string) {
		if len(items) == 0 {
			return
		}
		b = append(append(b, key...), ":\n"...)
		for _, it := range items {
			b = append(appendScalar(append(b, "  - "...), it), '\n')
		}
	}
	line("id", s.ID.String())
	line("type", string(s.Type))
	if s.Date != "" { // never quoted: this is the one field that YAML may take for a date
		b = append(append(append(b, "date: "...), s.Date...), '\n')
	}
	line("category", s.Category)
	line("headline", s.Headline)
	line("summary", s.Summary)
	line("byline", s.Byline)
	line("language", s.Language)
	if s.Status != Usable {
		line("status", string(s.Status))
	}
	line("translation_of", s.TranslationOf.String())
	if s.Image != (Image{}) {
		b = append(b, "image:\n"...)
		line("  url", s.Image.URL)
		line("  caption", s.Image.Caption)
		line("  credit", s.Image.Credit)
	}
	list("contexts", s.Contexts)
	if len(s.Sources) > 0 {
		b = append(b, "sources:\n"...)
	}
	for _, src := range s.Sources {
		key := "  - name"
		if src.Name != "" {
			line(key, src.Name)
			key = "    url"
		} else {
			key = "  - url"
		}
		line(key, src.URL)
	}
	list("aliases", s.Aliases)
	line("path", s.Path)
	for _, e := range s.Extra {
		b = appendExtra(b, e)
	}
	return append(b, "---\n"...)
}

// appendExtra writes an unknown key with its value in YAML's flow style.
func appendExtra(b []byte, e Extra) []byte {
	key := appendKey(nil, e.Key)
	if len(key) > maxYAMLKey {
		b = append(append(append(b, "? "...), key...), "\n: "...)
	} else {
		b = append(append(b, key...), ": "...)
	}
	v, err := parseJSONTree(e.Value)
	switch {
	case err != nil: // no valid state has such a value
		b = appendQuoted(b, e.Value)
	case v.kind == jsonString:
		b = appendScalar(b, v.text)
	default:
		b = v.append(b, true)
	}
	return append(b, '\n')
}

// appendKey writes a key bare where it is a simple word.
func appendKey(b []byte, key string) []byte {
	for i, c := range []byte(key) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return appendQuoted(b, key)
		}
	}
	if yamlWord(key) {
		return appendQuoted(b, key)
	}
	return append(b, key...)
}

// appendScalar writes a text bare where every YAML reader is sure to read it back
// as that text, else in double quotes.
func appendScalar(b []byte, s string) []byte {
	if bareScalar(s) {
		return append(b, s...)
	}
	return appendQuoted(b, s)
}

// bareScalar is careful rather than exact: what it refuses is quoted, which is
// never wrong.
func bareScalar(s string) bool {
	if s == "" || yamlWord(s) || strings.ContainsAny(s[:1], "-?:,[]{}#&*!|>'\"%@`=<~. +") {
		return false
	}
	if strings.HasSuffix(s, " ") || strings.HasSuffix(s, ":") || strings.Contains(s, ": ") || strings.Contains(s, " #") {
		return false
	}
	numeric := '0' <= s[0] && s[0] <= '9'
	for _, r := range s {
		switch {
		case r < 0x20 || 0x7F <= r && r <= 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r >= 0xFFFE && r <= 0xFFFF:
			return false
		case r >= 0x200B && r <= 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2060 && r <= 0x2069:
			// Within quotes they are written as escapes: see appendQuoted.
			return false
		case numeric && !strings.ContainsRune("0123456789+-.,:_eExXoObaBcCdDfFtTzZ ", r):
			numeric = false
		}
	}
	return !numeric
}

// yamlWord reports the words that YAML 1.1 or 1.2 takes for something else than a
// text.
func yamlWord(s string) bool {
	switch strings.ToLower(s) {
	case "", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nil", "none", "nan", "inf":
		return true
	}
	return false
}

// ParseFile reads a Markdown file. With front matter (between two lines "---", in
// any order and style that YAML knows) all fields come from there but the body;
// keys that are not known are kept. Without a "headline" key, a first line
// "# …" of the text is the headline. A file without front matter gives headline
// (its first heading of that kind) and body alone.
//
// The canonical file (key "stemma") carries every field: a key that is missing
// empties its field. In a file by hand, a missing type, status, path or aliases
// says nothing.
func ParseFile(data []byte) (Input, *Problem) {
	if in, ok := parseCanonical(data); ok {
		return in, nil
	}
	return parseAnyFile(data)
}

// parseAnyFile reads a file in whatever way it is written.
func parseAnyFile(data []byte) (Input, *Problem) {
	s, p := readBytes(data, markdownFieldAt)
	if p != nil {
		return Input{}, p
	}
	if reason := otherFrontMatter(s); reason != "" {
		return Input{}, &Problem{Line: 1, Field: "front matter", Reason: reason,
			Hint: "write the fields as YAML between two lines of ---"}
	}
	first, rest := cutLine(s)
	if strings.TrimRight(first, " \t\r\n") != "---" {
		return parsePlainMarkdown(s)
	}
	front, body, ok := cutFrontMatter(rest)
	if !ok {
		reason := "the front matter is not closed"
		if len(rest) > MaxFrontMatter {
			reason += fmt.Sprintf(" within the %d bytes allowed", MaxFrontMatter)
		}
		return Input{}, &Problem{Line: 1, Field: "front matter", Reason: reason, Hint: "end it with a line of ---"}
	}
	t := &tree{bare: true, lineAt: func(line int) int { return line }}
	v, p := parseYAML(front)
	if p == nil {
		p = t.read(&v)
	}
	if p != nil {
		return Input{}, p
	}
	if _, canonical := v.get("stemma"); canonical {
		t.in.Carries = AllFields
		if t.in.Status == "" {
			t.in.Status = Usable // the canonical file leaves it out
		}
	}
	if p := t.addBody(body, strings.Count(front, "\n")+3); p != nil {
		return Input{}, p
	}
	if p := finish(&t.in, t.lines); p != nil {
		return Input{}, p
	}
	return t.in, nil
}

// addBody takes the text after the front matter, which begins at the line given.
func (t *tree) addBody(body string, line int) *Problem {
	if _, given := t.lines["body"]; given {
		if strings.TrimSpace(body) != "" {
			return &Problem{Line: t.lines["body"], Field: "body", Reason: "the body stands in the front matter and after it"}
		}
		return nil
	}
	if first, rest := cutLine(body); strings.TrimRight(first, " \t\r\n") == "" && first != "" {
		body = rest
		line++
	}
	t.lines["body"] = line
	if _, given := t.lines["headline"]; !given {
		if text, rest, ok := leadingHeading(body); ok {
			t.in.Headline, body = text, rest
			t.lines["headline"] = line
		}
	}
	t.in.Body = body
	return nil
}

// otherFrontMatter names the kinds of front matter that are not read.
func otherFrontMatter(s string) string {
	first, _ := cutLine(s)
	switch first = strings.TrimRight(first, " \t\r\n"); {
	case first == "+++":
		return "TOML front matter is not read"
	case first == "{", strings.HasPrefix(first, `{"`):
		return "JSON front matter is not read"
	}
	return ""
}

// cutLine cuts after the first LF, which stays with the line.
func cutLine(s string) (line, rest string) {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return s[:i+1], s[i+1:]
	}
	return s, ""
}

// cutFrontMatter cuts at the closing fence.
func cutFrontMatter(s string) (front, body string, ok bool) {
	for at := 0; at < len(s) && at <= MaxFrontMatter+4; {
		line, _ := cutLine(s[at:])
		if strings.TrimRight(line, " \t\r\n") == "---" && line[0] == '-' {
			return s[:at], s[at+len(line):], true
		}
		at += len(line)
	}
	return "", "", false
}

// parsePlainMarkdown reads a file without front matter.
func parsePlainMarkdown(s string) (Input, *Problem) {
	in := Input{Carries: Fields(FieldHeadline, FieldBody)}
	in.Headline, in.Body = firstHeading(s)
	if p := finish(&in, map[string]int{"headline": 1}); p != nil {
		if in.Headline == "" && p.Field == "headline" {
			p.Hint = "begin the text with a line \"# Headline\", or give it front matter with a headline key"
		}
		return Input{}, p
	}
	return in, nil
}

// leadingHeading takes "# …" off a text whose first line that is not blank it is,
// with one blank line after it.
func leadingHeading(s string) (headline, rest string, ok bool) {
	t := strings.TrimLeft(s, " \t\r\n")
	line, rest := cutLine(t)
	headline, ok = strings.CutPrefix(line, "# ")
	if !ok {
		return "", s, false
	}
	if blank, after := cutLine(rest); strings.TrimRight(blank, " \t\r\n") == "" {
		rest = after
	}
	return strings.TrimSpace(headline), rest, true
}

// firstHeading takes the first heading of the first level, outside fenced code,
// out of the text.
func firstHeading(s string) (headline, rest string) {
	fence := ""
	for at := 0; at < len(s); {
		line, _ := cutLine(s[at:])
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
		case strings.HasPrefix(line, "# "):
			headline, after, _ := leadingHeading(s[at:])
			return headline, strings.TrimLeft(s[:at], "\r\n") + after
		}
		at += len(line)
	}
	return "", s
}

// markdownFieldAt tells the field at the end of a file's beginning.
func markdownFieldAt(before string) string {
	if !strings.HasPrefix(before, "---") {
		return FieldBody.String()
	}
	_, rest := cutLine(before)
	if _, _, closed := cutFrontMatter(rest); closed {
		return FieldBody.String()
	}
	lines := strings.Split(rest, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if key, _, ok := strings.Cut(lines[i], ":"); ok && key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_") == "" {
			return key
		}
	}
	return "front matter"
}

// quoteForMessage keeps messages short.
func quoteForMessage(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}
