package schema

import (
	"fmt"
	"strings"
)

// Problem says why an input is refused: where it stands, which field is wrong,
// and for what reason. It is the one error type for bad content.
type Problem struct {
	File   string // as the caller named it; "" where the caller has not said yet
	Line   int    // 1-based; 0 where the format has no lines or the line is not known
	Field  string // the field's name, or a format's own word ("front matter"); "" for the whole
	Reason string // lower case, with the value that was wrong
	Hint   string // what to do about it; "" where it is plain
}

// Error gives "FILE:LINE: FIELD: REASON".
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File + ":")
	}
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:", p.Line)
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Reason)
	return b.String()
}
