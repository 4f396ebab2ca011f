package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseText reads a news story as text scraped off a page:
//
//   - lines of site chrome before the headline ("Search", "Menu", a line printed
//     twice) and after the story ("Share", "Read more") are dropped;
//   - a short label between them and the headline is the category;
//   - the next line is the headline, the paragraph after it the summary, the rest
//     the body; a line that stands alone like a heading becomes "## …";
//   - a lead that is repeated at the end, whole or cut off with "…", is dropped.
//
// What can't be told from text (date, sources, contexts …) is not carried, nor
// is a category where no label stands.
func ParseText(data []byte) (Input, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return Input{}, p
	}
	story := &story{}
	for line := range strings.SplitAfterSeq(s, "\n") {
		story.lines = append(story.lines, line)
	}
	in := Input{Carries: Fields(FieldType, FieldHeadline, FieldSummary, FieldBody)}
	in.Type = Article
	story.skipChrome()
	if label, ok := story.label(); ok {
		in.Category = label
		in.Carries |= Fields(FieldCategory)
	}
	headline, line := story.next()
	in.Headline = headline
	story.skipChrome()
	summary, _ := story.next()
	in.Summary = summary
	rest := story.lines[story.at:]
	rest = dropChromeTail(rest)
	rest = dropRepeatedLead(rest, summary)
	in.Body = storyBody(rest)
	if p := finish(&in, map[string]int{"headline": line, "body": line + 1}); p != nil {
		return Input{}, p
	}
	return in, nil
}

// story is a text read line by line.
type story struct {
	lines []string // with their ends
	at    int
}

// peek gives the n-th line from here that is not empty, without blanks around it.
func (st *story) peek(n int) string {
	for _, line := range st.lines[st.at:] {
		if text := strings.TrimSpace(line); text != "" {
			if n == 0 {
				return text
			}
			n--
		}
	}
	return ""
}

// next takes the next line that is not empty and gives its 1-based place.
func (st *story) next() (text string, line int) {
	for st.at < len(st.lines) {
		text = strings.TrimSpace(st.lines[st.at])
		st.at++
		if text != "" {
			return text, st.at
		}
	}
	return "", st.at
}

// skipChrome passes lines that belong to the site.
func (st *story) skipChrome() {
	for {
		text := st.peek(0)
		if text == "" || !chrome(text) && !(text == st.peek(1) && shortLabel(text)) {
			return
		}
		st.next()
	}
}

// label takes the section label, if the next line is one: a few words, all in
// capitals, or followed by a line that reads like a headline before the text.
func (st *story) label() (string, bool) {
	text, after, then := st.peek(0), st.peek(1), st.peek(2)
	if !shortLabel(text) || after == "" || then == "" || sentence(after) && !allCapitals(text) {
		return "", false
	}
	if allCapitals(text) && !allCapitals(after) || len(strings.Fields(after)) > len(strings.Fields(text)) && utf8.RuneCountInString(then) > utf8.RuneCountInString(after) {
		st.next()
		return text, true
	}
	return "", false
}

// shortLabel reports a line of at most four words without a sentence's end.
func shortLabel(s string) bool {
	return len(s) <= 40 && len(strings.Fields(s)) <= 4 && !sentence(s)
}

// sentence reports whether a line ends as sentences do.
func sentence(s string) bool {
	s = strings.TrimRight(s, `"'”’)»`)
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?…:;,。！？،؟", r)
}

func allCapitals(s string) bool {
	letters := false
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		letters = letters || unicode.IsUpper(r)
	}
	return letters
}

// chrome lists what sites print around a story.
func chrome(line string) bool {
	switch strings.ToLower(strings.Trim(line, " \t:|>»›")) {
	case "search", "menu", "home", "close", "skip to content", "skip to main content", "sign in", "log in", "login",
		"register", "subscribe", "subscribe now", "newsletter", "newsletters", "sign up", "advertisement", "share",
		"share this", "share this article", "print", "email", "e-mail", "facebook", "twitter", "x", "whatsapp",
		"telegram", "linkedin", "copy link", "read more", "related", "related articles", "related topics", "more",
		"live", "watch", "listen", "follow us", "comments", "back to top", "save", "next", "previous", "en", "language":
		return true
	}
	return false
}

// dropChromeTail takes the site's lines off the end.
func dropChromeTail(lines []string) []string {
	for len(lines) > 0 {
		text := strings.TrimSpace(lines[len(lines)-1])
		if text != "" && !chrome(text) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}

// minRepeat is how many characters of a lead must be said again, blanks aside,
// before it is taken for a repetition.
const minRepeat = 40

// dropRepeatedLead takes the last paragraph off where it only says again how the
// story begins. Scrapers join paragraphs there without a blank and cut them off,
// so blanks are left out of the comparison.
func dropRepeatedLead(lines []string, summary string) []string {
	if len(lines) == 0 {
		return lines
	}
	last := len(lines) - 1
	tail := strings.TrimSpace(lines[last])
	tail = strings.TrimRight(tail, ".… ")
	tail = withoutBlanks(tail)
	if utf8.RuneCountInString(tail) < minRepeat {
		return lines
	}
	var lead strings.Builder
	lead.WriteString(withoutBlanks(summary))
	for _, line := range lines[:last] {
		if lead.Len() > len(tail) {
			break
		}
		lead.WriteString(withoutBlanks(line))
	}
	if !strings.HasPrefix(lead.String(), tail) {
		return lines
	}
	return dropChromeTail(lines[:last])
}

func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// storyBody joins the lines, with headings marked and chrome in between dropped.
func storyBody(lines []string) string {
	var b strings.Builder
	empty := true
	for i, line := range lines {
		text := strings.TrimSpace(line)
		switch {
		case text == "":
			if empty {
				continue
			}
			empty = true
		case strings.EqualFold(text, "advertisement"):
			continue
		case loneHeading(lines, i):
			b.WriteString("## ")
			empty = false
		default:
			empty = false
		}
		b.WriteString(line)
	}
	return b.String()
}

// loneHeading reports a line that stands between empty lines, is short, begins
// with a capital and does not end like a sentence, with more text to come.
func loneHeading(lines []string, i int) bool {
	text := strings.TrimSpace(lines[i])
	first, _ := utf8.DecodeRuneInString(text)
	if utf8.RuneCountInString(text) > 70 || len(strings.Fields(text)) > 10 || sentence(text) || !unicode.IsUpper(first) {
		return false
	}
	before := i == 0 || strings.TrimSpace(lines[i-1]) == ""
	after := i+2 < len(lines) && strings.TrimSpace(lines[i+1]) == "" && sentence(strings.TrimSpace(lines[i+2]))
	return before && after
}
