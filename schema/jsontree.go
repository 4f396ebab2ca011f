package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind tells the six kinds of JSON values apart.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// String names the kind in messages.
func (k jsonKind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// jsonValue is a JSON value with its place. The standard decoder would not do:
// it takes the last of two equal keys, replaces half surrogates, rounds numbers,
// and forgets where a value stood.
type jsonValue struct {
	kind jsonKind
	pos  int         // offset of the first byte
	text string      // a string's characters; a number, true or false as written
	keys []string    // of an object
	at   []int       // offsets of the keys
	vals []jsonValue // of an object or a list
}

// get gives the value of a key.
func (v *jsonValue) get(key string) (*jsonValue, bool) {
	if i := slices.Index(v.keys, key); i >= 0 {
		return &v.vals[i], true
	}
	return nil, false
}

// jsonError says what is wrong at which offset.
type jsonError struct {
	pos    int
	reason string
}

func (e *jsonError) Error() string { return e.reason }

// jsonReader reads RFC 8259 JSON, strictly.
type jsonReader struct {
	s   string
	pos int
}

// somethingFollows is the reason where a text goes on behind its value.
const somethingFollows = "something follows the value"

// parseJSONTree reads one value that fills s.
func parseJSONTree(s string) (jsonValue, *jsonError) {
	r := &jsonReader{s: s}
	r.space()
	v, err := r.value(0)
	if err != nil {
		return jsonValue{}, err
	}
	r.space()
	if r.pos < len(r.s) {
		return jsonValue{}, r.fail(somethingFollows)
	}
	return v, nil
}

func (r *jsonReader) fail(format string, args ...any) *jsonError {
	return &jsonError{r.pos, fmt.Sprintf(format, args...)}
}

func (r *jsonReader) space() {
	for r.pos < len(r.s) && strings.IndexByte(" \t\r\n", r.s[r.pos]) >= 0 {
		r.pos++
	}
}

// peek gives the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.pos < len(r.s) {
		return r.s[r.pos]
	}
	return 0
}

func (r *jsonReader) value(depth int) (jsonValue, *jsonError) {
	if depth > MaxDepth {
		return jsonValue{}, r.fail("nested deeper than %d levels", MaxDepth)
	}
	v := jsonValue{pos: r.pos}
	switch c := r.peek(); {
	case r.pos >= len(r.s):
		return v, r.fail("the text ends where a value is wanted")
	case c == '{':
		return r.object(v, depth)
	case c == '[':
		return r.list(v, depth)
	case c == '"':
		text, err := r.str()
		v.kind, v.text = jsonString, text
		return v, err
	case c == '-' || '0' <= c && c <= '9':
		return r.number(v)
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if strings.HasPrefix(r.s[r.pos:], word) {
			r.pos += len(word)
			v.kind, v.text = jsonBool, word
			if word == "null" {
				v.kind = jsonNull
			}
			return v, nil
		}
	}
	for _, word := range [...]string{"NaN", "Infinity"} {
		if strings.HasPrefix(r.s[r.pos:], word) {
			return v, r.fail("%s is no JSON number", word)
		}
	}
	return v, r.fail("%.12q is no JSON value", r.s[r.pos:])
}

// fewKeys is how many keys of an object are compared with a new one by one.
const fewKeys = 12

func (r *jsonReader) object(v jsonValue, depth int) (jsonValue, *jsonError) {
	v.kind = jsonObject
	var seen map[string]bool // of many keys; few are compared one by one
	r.pos++
	for r.space(); r.peek() != '}'; r.space() {
		if len(v.keys) > 0 {
			if r.peek() != ',' {
				return v, r.fail("a comma or } is wanted after the value of %.40q", v.keys[len(v.keys)-1])
			}
			r.pos++
			r.space()
		}
		if r.peek() != '"' {
			return v, r.fail("a key in double quotes is wanted")
		}
		at := r.pos
		key, err := r.str()
		if err != nil {
			return v, err
		}
		if seen[key] || seen == nil && slices.Contains(v.keys, key) {
			return v, &jsonError{at, fmt.Sprintf("the key %.40q stands twice", key)}
		}
		switch {
		case seen != nil:
			seen[key] = true
		case len(v.keys) == fewKeys:
			seen = map[string]bool{key: true}
			for _, k := range v.keys {
				seen[k] = true
			}
		case len(v.keys) == 0 && depth == 0: // a state has about so many
			v.keys, v.at, v.vals = make([]string, 0, fewKeys), make([]int, 0, fewKeys), make([]jsonValue, 0, fewKeys)
		}
		r.space()
		if r.peek() != ':' {
			return v, r.fail("a colon is wanted after the key %.40q", key)
		}
		r.pos++
		r.space()
		val, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.keys, v.at, v.vals = append(v.keys, key), append(v.at, at), append(v.vals, val)
	}
	r.pos++
	return v, nil
}

func (r *jsonReader) list(v jsonValue, depth int) (jsonValue, *jsonError) {
	v.kind = jsonArray
	r.pos++
	for r.space(); r.peek() != ']'; r.space() {
		if len(v.vals) > 0 {
			if r.peek() != ',' {
				return v, r.fail("a comma or ] is wanted after item %d", len(v.vals))
			}
			r.pos++
			r.space()
		}
		val, err := r.value(depth + 1)
		if err != nil {
			return v, err
		}
		v.vals = append(v.vals, val)
	}
	r.pos++
	return v, nil
}

func (r *jsonReader) number(v jsonValue) (jsonValue, *jsonError) {
	end := r.pos
	for end < len(r.s) && strings.IndexByte("+-.0123456789eE", r.s[end]) >= 0 {
		end++
	}
	v.kind, v.text = jsonNumber, r.s[r.pos:end]
	if !isJSONNumber(v.text) {
		return v, r.fail("%.40q is no JSON number", v.text)
	}
	r.pos = end
	return v, nil
}

// isJSONNumber reports whether s is a number as RFC 8259 writes them.
func isJSONNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() int {
		n := len(s) - len(strings.TrimLeft(s, "0123456789"))
		s = s[n:]
		return n
	}
	zero := strings.HasPrefix(s, "0")
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		if digits() == 0 {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return digits() > 0 && s == ""
	}
	return s == ""
}

// str reads a string with its quotes.
func (r *jsonReader) str() (string, *jsonError) {
	r.pos++
	start := r.pos
	if end := strings.IndexAny(r.s[start:], "\"\\\n"); end >= 0 && r.s[start+end] == '"' && plainJSON(r.s[start:start+end]) {
		r.pos = start + end + 1
		return r.s[start : start+end], nil
	}
	var b strings.Builder
	b.Grow(stringEnd(r.s[start:]))
	for r.pos < len(r.s) {
		switch c := r.s[r.pos]; {
		case c == '"':
			r.pos++
			return b.String(), nil
		case c == '\\':
			if err := r.escape(&b); err != nil {
				return "", err
			}
		case c < 0x20:
			return "", r.fail("a control character 0x%02X stands bare in a string", c)
		default:
			run := r.s[r.pos : r.pos+plainRun(r.s[r.pos:])]
			if i := invalidAt(run); i >= 0 {
				r.pos += i
				return "", r.fail("byte 0x%02X is no UTF-8", r.s[r.pos])
			}
			b.WriteString(run)
			r.pos += len(run)
		}
	}
	r.pos = start
	return "", r.fail("a string does not end")
}

// plainRun counts the bytes before the first that means something in a string.
func plainRun(s string) int {
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c < 0x20 {
			return i
		}
	}
	return len(s)
}

// stringEnd counts the bytes before the quote that ends a string; 0 where none does.
func stringEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return 0
}

// plainJSON reports whether s can be taken from a JSON string as it is.
func plainJSON(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 {
			return false
		}
	}
	return utf8.ValidString(s)
}

// escape reads one escape, two where they are the halves of a surrogate pair.
func (r *jsonReader) escape(b *strings.Builder) *jsonError {
	if r.pos+1 >= len(r.s) {
		return r.fail("an escape does not end")
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := r.s[r.pos+1]
	if i := strings.IndexByte(from, c); i >= 0 {
		b.WriteByte(to[i])
		r.pos += 2
		return nil
	}
	if c != 'u' {
		return r.fail("%q is no escape", r.s[r.pos:r.pos+2])
	}
	ch, ok := r.unit(r.pos)
	if !ok {
		return r.fail("\\u wants four hexadecimal digits")
	}
	if utf16.IsSurrogate(ch) {
		low, ok := r.unit(r.pos + 6)
		ch = utf16.DecodeRune(ch, low)
		if !ok || ch == utf8.RuneError {
			return r.fail("half a surrogate pair: %s", r.s[r.pos:r.pos+6])
		}
		r.pos += 6
	}
	b.WriteRune(ch)
	r.pos += 6
	return nil
}

// unit reads "\uXXXX" at i.
func (r *jsonReader) unit(i int) (rune, bool) {
	if i+6 > len(r.s) || r.s[i] != '\\' || r.s[i+1] != 'u' {
		return 0, false
	}
	var ch rune
	for _, c := range []byte(r.s[i+2 : i+6]) {
		h := unhex(c)
		if h < 0 {
			return 0, false
		}
		ch = ch<<4 | rune(h)
	}
	return ch, true
}

// canonicalJSON gives the compact form of a JSON text: object keys sorted, no
// blanks, numbers as written, strings with as few escapes as JSON and YAML both
// read. Equal values have equal forms, except for numbers spelled differently.
func canonicalJSON(s string) (string, error) {
	v, err := parseJSONTree(s)
	if err != nil {
		return "", err
	}
	return string(v.append(nil, false)), nil
}

// maxYAMLKey is a bound of YAML 1.2 (section 8.2.2): a longer key needs "? ".
const maxYAMLKey = 900

// append writes v in its compact form; where yaml is set, with a blank after each
// comma and colon, as people write YAML, and with the mark that YAML wants before
// long keys, which JSON does not know.
func (v *jsonValue) append(b []byte, yaml bool) []byte {
	sep := ","
	if yaml {
		sep = ", "
	}
	switch v.kind {
	case jsonNull:
		return append(b, "null"...)
	case jsonBool, jsonNumber:
		return append(b, v.text...)
	case jsonString:
		return appendQuoted(b, v.text)
	case jsonArray:
		b = append(b, '[')
		for i := range v.vals {
			if i > 0 {
				b = append(b, sep...)
			}
			b = v.vals[i].append(b, yaml)
		}
		return append(b, ']')
	}
	order := make([]int, len(v.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return strings.Compare(v.keys[i], v.keys[j]) })
	b = append(b, '{')
	for n, i := range order {
		if n > 0 {
			b = append(b, sep...)
		}
		key := appendQuoted(nil, v.keys[i])
		if yaml && len(key) > maxYAMLKey {
			b = append(b, "? "...)
		}
		b = append(b, key...)
		b = append(b, ':')
		if yaml {
			b = append(b, ' ')
		}
		b = v.vals[i].append(b, yaml)
	}
	return append(b, '}')
}

// appendQuoted writes a string in double quotes, with escapes that both JSON and
// YAML read. A character is escaped where either would refuse it, fold it or take
// it for a line's end, and where it would act on a terminal or deceive a reader
// (see [Visible]), so that a clone shows what is there.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r < 0x10000 && hidden(r) || 0x7F <= r && r < 0xA0 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF:
			b = fmt.Appendf(b, "\\u%04X", r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
