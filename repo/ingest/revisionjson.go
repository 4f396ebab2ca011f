package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// objectReader reads the keys and values of one JSON object that stands on a line.
// The standard decoder scans each value three times and takes what is no text for
// U+FFFD; a history of a million lines is mostly one long text a line, which is
// scanned once here. The line must be valid UTF-8.
type objectReader struct {
	line []byte
	pos  int
	buf  []byte // a text with escapes, while it is taken apart; kept for the next line
}

// jsonValue is a value of the object, with its place.
type jsonValue struct {
	raw  []byte // as it stands, for what is no text
	text string // of a text
	kind byte   // '"' a text, 'n' null, '0' a number, 'o' anything else
}

// notJSON makes the problem of the place at hand.
func (r *objectReader) notJSON(format string, args ...any) *schema.Problem {
	return &schema.Problem{Reason: fmt.Sprintf("this is no JSON: %s (byte %d)", fmt.Sprintf(format, args...), r.pos+1)}
}

// each calls take for each key with its value, and stops at the first problem,
// which it names for the key where it has no name yet.
func (r *objectReader) each(take func(key string, v jsonValue) *schema.Problem) *schema.Problem {
	if r.space(); r.peek() != '{' {
		return &schema.Problem{Reason: "this is no JSON object"}
	}
	r.pos++
	seen := map[string]bool{}
	for r.space(); r.peek() != '}'; r.space() {
		if len(seen) > 0 {
			if r.peek() != ',' {
				return r.notJSON("a comma or } is wanted")
			}
			r.pos++
			r.space()
		}
		key, problem := r.key()
		if problem != nil {
			return problem
		}
		if seen[key] {
			return &schema.Problem{Field: key, Reason: "the key stands twice"}
		}
		if seen[key] = true; len(seen) > schema.MaxItems {
			return r.notJSON("more than %d keys", schema.MaxItems)
		}
		v, problem := r.value()
		if problem == nil {
			problem = take(key, v)
		}
		if problem != nil {
			if problem.Field == "" {
				problem.Field = key
			}
			return problem
		}
	}
	r.pos++
	if r.space(); r.pos < len(r.line) {
		return &schema.Problem{Reason: "more text after the object"}
	}
	return nil
}

// key reads a key and the colon behind it.
func (r *objectReader) key() (string, *schema.Problem) {
	if r.peek() != '"' {
		return "", r.notJSON("a key in double quotes is wanted")
	}
	key, problem := r.text()
	if problem != nil {
		return "", problem
	}
	if r.space(); r.peek() != ':' {
		return "", r.notJSON("a colon is wanted after the key %.40q", key)
	}
	r.pos++
	r.space()
	return key, nil
}

func (r *objectReader) space() {
	for r.pos < len(r.line) && (r.line[r.pos] == ' ' || r.line[r.pos] == '\t' || r.line[r.pos] == '\r' || r.line[r.pos] == '\n') {
		r.pos++
	}
}

// peek gives the next byte, 0 at the end.
func (r *objectReader) peek() byte {
	if r.pos < len(r.line) {
		return r.line[r.pos]
	}
	return 0
}

// value reads a value.
func (r *objectReader) value() (v jsonValue, problem *schema.Problem) {
	if r.peek() == '"' {
		v.kind = '"'
		v.text, problem = r.text()
		return v, problem
	}
	start := r.pos
	if problem := r.skip(); problem != nil {
		return v, problem
	}
	v.raw = r.line[start:r.pos]
	if !json.Valid(v.raw) {
		r.pos = start
		return v, r.notJSON("%.20q is no value", v.raw)
	}
	switch c := v.raw[0]; {
	case c == 'n':
		v.kind = 'n'
	case c == '-' || '0' <= c && c <= '9':
		v.kind = '0'
	default:
		v.kind = 'o'
	}
	return v, nil
}

// skip passes over a value that is no text, up to the comma or brace behind it. It
// counts instead of calling itself: values may be nested without bound.
func (r *objectReader) skip() *schema.Problem {
	for depth := 0; r.pos < len(r.line); r.pos++ {
		switch c := r.line[r.pos]; {
		case c == '"':
			end := closingQuote(r.line[r.pos+1:])
			if end < 0 {
				return r.notJSON("a text does not end")
			}
			r.pos += end + 1
		case c == '{' || c == '[':
			if depth++; depth > schema.MaxDepth {
				return r.notJSON("nested deeper than %d", schema.MaxDepth)
			}
		case depth == 0 && (c == ',' || c == '}' || c == ']'):
			return nil
		case c == '}' || c == ']':
			depth--
		}
	}
	return r.notJSON("the line ends in the midst of a value")
}

// closingQuote finds the end of a text, whose first quote stands before b; -1 is none.
func closingQuote(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// text reads a text with its quotes.
func (r *objectReader) text() (string, *schema.Problem) {
	r.pos++
	start := r.pos
	end := start + plainRun(r.line[start:])
	if end < len(r.line) && r.line[end] == '"' {
		r.pos = end + 1
		return string(r.line[start:end]), nil
	}
	b := append(r.buf[:0], r.line[start:end]...)
	for r.pos = end; r.pos < len(r.line); {
		switch c := r.line[r.pos]; {
		case c == '"':
			r.pos++
			r.buf = b
			return string(b), nil
		case c == '\\':
			var problem *schema.Problem
			if b, problem = r.escape(b); problem != nil {
				return "", problem
			}
		case c < 0x20:
			return "", r.notJSON("a control character 0x%02X stands bare in a text", c)
		}
		n := plainRun(r.line[r.pos:])
		b = append(b, r.line[r.pos:r.pos+n]...)
		r.pos += n
	}
	r.pos = start
	return "", r.notJSON("a text does not end")
}

// plainRun counts the bytes before the first that means something in a text.
func plainRun(b []byte) int {
	for i, c := range b {
		if c == '"' || c == '\\' || c < 0x20 {
			return i
		}
	}
	return len(b)
}

// escape reads an escape, or two that are the halves of a surrogate pair.
func (r *objectReader) escape(b []byte) ([]byte, *schema.Problem) {
	if r.pos+1 >= len(r.line) {
		return nil, r.notJSON("an escape does not end")
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := r.line[r.pos+1]
	if i := bytes.IndexByte([]byte(from), c); i >= 0 {
		r.pos += 2
		return append(b, to[i]), nil
	}
	ch, ok := r.unit(r.pos)
	if !ok {
		return nil, r.notJSON("%q is no escape", r.line[r.pos:min(r.pos+6, len(r.line))])
	}
	if utf16.IsSurrogate(ch) {
		low, ok := r.unit(r.pos + 6)
		if ch = utf16.DecodeRune(ch, low); !ok || ch == utf8.RuneError {
			return nil, &schema.Problem{Reason: fmt.Sprintf("half a surrogate pair at byte %d", r.pos+1)}
		}
		r.pos += 6
	}
	r.pos += 6
	return utf8.AppendRune(b, ch), nil
}

// unit reads "\uXXXX" at i.
func (r *objectReader) unit(i int) (rune, bool) {
	if i+6 > len(r.line) || r.line[i] != '\\' || r.line[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(r.line[i+2:i+6]), 16, 16)
	return rune(n), err == nil
}
