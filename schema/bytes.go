package schema

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxInput bounds what a reader looks at: a body, and the escapes around it.
const maxInput = MaxBody + MaxBody/2

// readBytes checks what every reader wants of its bytes: a bearable size, UTF-8
// without NUL. A byte order mark at the start is dropped. fieldAt tells which
// field stands at the end of a text that was good so far; nil where that can't be
// told.
func readBytes(data []byte, fieldAt func(before string) string) (string, *Problem) {
	if len(data) > maxInput {
		return "", &Problem{Reason: fmt.Sprintf("%d bytes are more than the %d allowed", len(data), maxInput)}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return "", &Problem{Line: 1, Reason: "the text is UTF-16, UTF-8 is wanted", Hint: "save it as UTF-8"}
	}
	s := strings.TrimPrefix(string(data), "\uFEFF")
	bad, reason := strings.IndexByte(s, 0), "a NUL character"
	if i := invalidAt(s); i >= 0 && (bad < 0 || i < bad) {
		bad, reason = i, fmt.Sprintf("the byte 0x%02X is no UTF-8", s[i])
	}
	if bad < 0 {
		return s, nil
	}
	p := &Problem{Line: lineOf(s, bad), Reason: reason, Hint: "save the text as UTF-8 and look at the place named"}
	start := strings.LastIndexByte(s[:bad], '\n') + 1
	p.Reason += fmt.Sprintf(" (character %d of the line)", utf8.RuneCountInString(s[start:bad])+1)
	if fieldAt != nil {
		p.Field = fieldAt(s[:bad])
	}
	return "", p
}

// lineOf gives the 1-based line of an offset.
func lineOf(s string, pos int) int {
	return strings.Count(s[:min(pos, len(s))], "\n") + 1
}
