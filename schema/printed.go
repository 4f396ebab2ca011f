package schema

import (
	"fmt"
	"strings"
)

// printed is a page's text, line by line, with all that is needed to write the
// same bytes again.
type printed struct {
	lines []string // without their ends
	crlf  bool     // lines end in CRLF
	noEnd bool     // the last line has no end
	at    int      // the line to be read next
}

// readPrinted splits a text whose lines all end alike.
func readPrinted(s string) (*printed, *Problem) {
	r := &printed{crlf: strings.Contains(s, "\r\n")}
	end := "\n"
	if r.crlf {
		end = "\r\n"
	}
	r.noEnd = s != "" && !strings.HasSuffix(s, end)
	r.lines = strings.Split(s, end)
	if !r.noEnd {
		r.lines = r.lines[:len(r.lines)-1]
	}
	for i, line := range r.lines {
		if strings.ContainsAny(line, "\r\n") {
			return nil, &Problem{Line: i + 1, Reason: "lines end in LF here and in CRLF there", Hint: "save the page with one kind of line ends"}
		}
	}
	return r, nil
}

// bytes writes lines as r's were ended; nil stands for LF.
func (r *printed) bytes(lines []string) []byte {
	if r == nil {
		r = &printed{}
	}
	end := "\n"
	if r.crlf {
		end = "\r\n"
	}
	s := strings.Join(lines, end)
	if !r.noEnd && len(lines) > 0 {
		s += end
	}
	return []byte(s)
}

// blanks counts the empty lines from here on and passes them.
func (r *printed) blanks() int {
	n := 0
	for r.at < len(r.lines) && r.lines[r.at] == "" {
		r.at++
		n++
	}
	return n
}

// peek gives the next line, "" at the end.
func (r *printed) peek() string {
	if r.at < len(r.lines) {
		return r.lines[r.at]
	}
	return ""
}

func (r *printed) done() bool { return r.at >= len(r.lines) }

// refuse makes a problem of the line to be read next.
func (r *printed) refuse(field, format string, args ...any) *Problem {
	return &Problem{Line: r.at + 1, Field: field, Reason: fmt.Sprintf(format, args...)}
}

// Link is a printed link: its text and its address, as they are printed.
type Link struct {
	Text, URL string
}

func (l Link) String() string { return "[" + l.Text + "](" + l.URL + ")" }

// readLink reads "[TEXT](ADDRESS)". Texts hold brackets at times, and addresses
// parentheses: the last "](" is the border.
func readLink(s string) (Link, bool) {
	if !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, ")") {
		return Link{}, false
	}
	i := strings.LastIndex(s, "](")
	if i < 1 {
		return Link{}, false
	}
	return Link{s[1:i], s[i+2 : len(s)-1]}, true
}

// readNumber reads the "N. " of an item.
func readNumber(s string) (n int, rest string, ok bool) {
	digits, rest, ok := strings.Cut(s, ". ")
	if !ok || digits == "" || len(digits) > 9 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' && len(digits) > 1 {
		return 0, "", false
	}
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n, rest, true
}

// badPagePath says why an address that a page gives of another page is refused.
// Such addresses are kept as printed, relative ones and odd ones too, as long as
// they climb nowhere; a page's own path is held to the stricter rules of a state.
func badPagePath(s string) string {
	form := s
	for range 3 {
		path := form
		if rest, ok := cutScheme(form); ok {
			_, path, _ = strings.Cut(rest, "/")
		}
		path, _, _ = strings.Cut(path, "?")
		for component := range strings.SplitSeq(path, "/") {
			if component == ".." || component == "." || strings.HasPrefix(component, "..;") || gitName(foldName(component)) {
				return fmt.Sprintf("%.80q: the part %.40q climbs or names what is not a page", s, component)
			}
		}
		for _, r := range form {
			if r < 0x20 || r == 0x7F || r == '\\' {
				return fmt.Sprintf("%.80q holds a control character or a backslash", s)
			}
		}
		form = unescapeAll(form)
	}
	return ""
}

// lineList gathers the lines of a page that is written.
type lineList []string

// add adds a line, and empty ones after it.
func (l *lineList) add(line string, gap int) {
	*l = append(*l, line)
	l.gap(gap)
}

// gap adds empty lines.
func (l *lineList) gap(n int) {
	for range n {
		*l = append(*l, "")
	}
}
