package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stemma-project/stemma/schema"
)

// The unknown keys that tell how a text was taken apart, so that [OriginalText]
// can put it together again.
const (
	keyFrontMatter  = "front_matter"  // the lines between the two fences, as they stood
	keyHeadlineFrom = "headline_from" // where the headline was found, if it was not cut off the body
)

// The values of keyHeadlineFrom.
const (
	fromFrontMatter = "front matter"
	fromText        = "text" // it stands in the body still
	fromName        = "name" // the text has none: the document's name
)

// maxTitleBlock bounds the front matter that is searched for a title, in bytes.
const maxTitleBlock = 64 << 10

// stateOfText makes an article of a Markdown or plain text that is no file of
// ours. The headline is the title or headline key of its front matter, else the
// Title line of a block of such lines at its start, else its first heading, else
// name without its extension. The body is the rest, as it stands:
//
//   - front matter is kept whole, under a key of its own;
//   - a first line "# HEADLINE" with an empty line after it is cut off;
//   - a headline from anywhere else stays in the text, and a key says so.
func stateOfText(text, name string) schema.State {
	s := schema.State{Type: schema.Article, Status: schema.Usable, Body: text}
	s.Normalize()
	front, rest, fenced := cutFence(s.Body)
	if fenced {
		s.Extra, s.Body = append(s.Extra, textExtra(keyFrontMatter, front)), rest
		if title := goodTitle(titleOfYAML(front)); title != "" {
			return from(s, title, fromFrontMatter)
		}
	}
	if title := goodTitle(titleLine(s.Body)); title != "" {
		return from(s, title, fromText)
	}
	if title, body, ok := cutHeading(s.Body, fenced); ok {
		s.Headline, s.Body = title, body
		return s
	}
	if title := goodTitle(firstHeading(s.Body)); title != "" {
		return from(s, title, fromText)
	}
	return from(s, titleOfName(name), fromName)
}

func from(s schema.State, headline, where string) schema.State {
	s.Headline = headline
	s.Extra = append(s.Extra, textExtra(keyHeadlineFrom, where))
	return s
}

// OriginalText gives the text of which [JSONL] or [Repository] made a state, as it
// was but for what normalization changes: line endings, blanks at the ends of
// lines, and LFs at the end of the text.
func OriginalText(s *schema.State) string {
	front, fenced := extraText(s, keyFrontMatter)
	var b strings.Builder
	if fenced {
		b.WriteString("---\n" + front + "---\n")
	}
	if _, inside := extraText(s, keyHeadlineFrom); !inside {
		if fenced {
			b.WriteByte('\n')
		}
		b.WriteString("# " + s.Headline + "\n")
		if s.Body != "" {
			b.WriteByte('\n')
		}
	}
	b.WriteString(s.Body)
	return b.String()
}

// cutFence takes front matter off a text: the lines between a first line "---"
// and the next. One that is too long to be kept as a value is left where it is.
func cutFence(text string) (front, rest string, ok bool) {
	after, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return "", text, false
	}
	if rest, ok = strings.CutPrefix(after, "---\n"); ok {
		return "", rest, true
	}
	i := strings.Index(after, "\n---\n")
	if i < 0 || i > schema.MaxExtra/8 { // no character is escaped by more than six
		return "", text, false
	}
	return after[:i+1], after[i+5:], true
}

// cutHeading takes a heading of the first level off the start of a text, where
// OriginalText can tell how it stood there.
func cutHeading(text string, fenced bool) (headline, body string, ok bool) {
	if fenced {
		if text, ok = strings.CutPrefix(text, "\n"); !ok {
			return "", "", false
		}
	}
	line, rest, _ := strings.Cut(text, "\n")
	headline, ok = strings.CutPrefix(line, "# ")
	if !ok || headline == "" || headline != goodTitle(headline) {
		return "", "", false
	}
	if rest == "" {
		return headline, "", true
	}
	body, ok = strings.CutPrefix(rest, "\n")
	return headline, body, ok && body != ""
}

// firstHeading finds a text's first heading of the first level outside of fenced
// code, or where there is none, of any level.
func firstHeading(text string) string {
	fence, second, before := "", "", ""
	for line := range strings.SplitSeq(text, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fence = ""
			}
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
		case strings.HasPrefix(line, "# "):
			return strings.Trim(line, "# ")
		case len(line) >= 3 && strings.Trim(line, "=") == "" && before != "":
			return strings.TrimSpace(before)
		case second == "" && strings.HasPrefix(line, "##"):
			second = strings.Trim(line, "# ")
		}
		before = line
	}
	return second
}

// titleLine finds the line "Title: …" in a block of at least two such lines among
// the first of a text, as proposals and some site generators begin.
func titleLine(text string) string {
	title, inBlock, before := "", 0, ""
	for n := 0; n < 40 && text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		key, value, ok := strings.Cut(strings.TrimLeft(line, " "), ":")
		if !ok || key == "" || strings.ContainsAny(key, " \t#*[<") {
			if inBlock > 1 && title != "" {
				return title
			}
			title, inBlock = "", 0
			if strings.HasPrefix(line, "    ") && before != "" { // a folded value
				inBlock = 1
			}
			before = ""
			continue
		}
		inBlock++
		before = key
		if strings.EqualFold(key, "title") {
			title = strings.TrimSpace(value)
		}
	}
	if inBlock < 2 {
		return ""
	}
	return title
}

// titleOfYAML reads the title or headline out of front matter. What is no YAML is
// searched for a line of that key. Only nodes are asked for, so that nothing in it
// is expanded.
func titleOfYAML(front string) string {
	if len(front) > maxTitleBlock {
		return ""
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(front), &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return titleOfLines(front)
	}
	found := ""
	nodes := doc.Content[0].Content
	for i := 0; i+1 < len(nodes); i += 2 {
		key, value := nodes[i].Value, nodes[i+1]
		if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
			continue
		}
		if strings.EqualFold(key, "headline") || strings.EqualFold(key, "title") && found == "" {
			found = value.Value
		}
	}
	return found
}

func titleOfLines(front string) string {
	for line := range strings.SplitSeq(front, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if ok && (strings.EqualFold(key, "title") || strings.EqualFold(key, "headline")) {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// goodTitle brings a title to one line; "" is one that can't be a headline.
func goodTitle(title string) string {
	if strings.ContainsAny(title, "\n\t") {
		title = strings.Join(strings.Fields(title), " ")
	}
	title = strings.TrimSpace(title)
	if len(title) > schema.MaxHeadline || strings.ContainsRune(title, 0) || !utf8.ValidString(title) {
		return ""
	}
	return title
}

// titleOfName makes a headline of a document's name.
func titleOfName(name string) string {
	short := name
	for _, extension := range []string{".md", ".markdown", ".mdown", ".txt", ".rst", ".html"} {
		if cut := len(name) - len(extension); cut > 0 && strings.EqualFold(name[cut:], extension) && name[cut-1] != '/' {
			short = name[:cut]
		}
	}
	if title := goodTitle(short); title != "" {
		return title
	}
	return fmt.Sprintf("document %.40q", name)
}

// textExtra makes an unknown key with a text as its value.
func textExtra(key, text string) schema.Extra {
	b, err := json.Marshal(text)
	if err != nil {
		b = []byte(`""`) // a string always encodes
	}
	return schema.Extra{Key: key, Value: string(b)}
}

// extraText reads the text under an unknown key.
func extraText(s *schema.State, key string) (string, bool) {
	i := slices.IndexFunc(s.Extra, func(e schema.Extra) bool { return e.Key == key })
	if i < 0 {
		return "", false
	}
	var text string
	if err := json.Unmarshal([]byte(s.Extra[i].Value), &text); err != nil {
		return "", false
	}
	return text, true
}
