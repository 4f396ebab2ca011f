package schema

import (
	"strings"
)

// ParseWikitext reads an encyclopedia article as extracted text: "= Title =" is
// the headline, "== Section ==" becomes the Markdown heading "## Section" (and so
// on, each with an empty line around it), everything else is the body as it
// stands: infobox, paragraphs, lists. A text without a title is refused.
func ParseWikitext(data []byte) (Input, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return Input{}, p
	}
	in := Input{Carries: Fields(FieldType, FieldHeadline, FieldBody)}
	in.Type = Article
	rest := strings.TrimLeft(s, " \t\r\n")
	line := lineOf(s, len(s)-len(rest))
	first, body := cutLine(rest)
	title, level := wikiHeading(first)
	if level != 1 {
		return Input{}, &Problem{Line: line, Field: "headline", Reason: "missing headline: the first line is no title",
			Hint: "begin the text with a line \"= Title =\""}
	}
	in.Headline = title
	in.Body = WikitextBody(body)
	if p := finish(&in, map[string]int{"headline": line, "body": line + 1}); p != nil {
		return Input{}, p
	}
	return in, nil
}

// WikitextBody turns the section marks of a wikitext into Markdown headings, with
// an empty line around each; the other lines stay as they are. Headings inside
// <nowiki>, <pre> and the like are not told apart.
func WikitextBody(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 64)
	blank, afterHeading, begun := true, false, false
	for line := range strings.SplitAfterSeq(s, "\n") {
		text := strings.TrimRight(line, " \t\r\n")
		heading, level := wikiHeading(text)
		switch {
		case level > 0:
			if !blank {
				b.WriteByte('\n')
			}
			b.WriteString(strings.Repeat("#", level) + " " + heading + "\n")
			blank, afterHeading, begun = false, true, true
		case text == "":
			if begun && !(blank && afterHeading) {
				b.WriteString(line)
			}
			blank = true
		default:
			if afterHeading && !blank {
				b.WriteByte('\n')
			}
			b.WriteString(line)
			blank, afterHeading, begun = false, false, true
		}
	}
	return b.String()
}

// wikiHeading reads "== Section ==" and gives its level, 0 where the line is none.
func wikiHeading(line string) (text string, level int) {
	line = strings.TrimSpace(line)
	for level < 6 && len(line) >= 2*level+3 && line[level] == '=' && line[len(line)-1-level] == '=' {
		level++
	}
	if level == 0 {
		return "", 0
	}
	text = strings.TrimSpace(line[level : len(line)-level])
	if strings.Trim(text, "=") == "" || strings.Contains(text, "\n") {
		return "", 0
	}
	return text, level
}
