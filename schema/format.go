package schema

import (
	"fmt"
	"path"
	"strings"
)

// Format is a way to write a state as bytes.
type Format string

// The formats. A page is an event page in thecontext.net's Markdown; wikitext and
// text are read but not written as such: encoding a text gives one for people.
const (
	FormatMarkdown Format = "markdown"
	FormatJSON     Format = "json"
	FormatXML      Format = "xml"
	FormatHTML     Format = "html"
	FormatText     Format = "text"
	FormatPage     Format = "page"
	FormatWikitext Format = "wikitext"
)

// Formats lists every format, in the order in which help texts name them.
func Formats() []Format {
	return []Format{FormatMarkdown, FormatJSON, FormatXML, FormatHTML, FormatText, FormatPage, FormatWikitext}
}

// ParseFormat reads the name of a format; a few common ones are understood too.
func ParseFormat(name string) (Format, error) {
	switch f := strings.ToLower(name); f {
	case "md":
		return FormatMarkdown, nil
	case "txt", "plain":
		return FormatText, nil
	case "htm":
		return FormatHTML, nil
	case "wiki", "mediawiki":
		return FormatWikitext, nil
	default:
		for _, known := range Formats() {
			if string(known) == f {
				return known, nil
			}
		}
	}
	return "", fmt.Errorf("%.40q is no format: one of markdown, json, xml, html, text, page or wikitext is wanted", name)
}

// Detect tells a format from a file's name (its extension; "" or "-" says nothing)
// and from how the content begins. What looks like nothing in particular is text.
func Detect(name string, content []byte) Format {
	head := string(content[:min(len(content), 4096)])
	head = strings.TrimPrefix(head, "\uFEFF")
	switch strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/"))) {
	case ".json", ".jsonl", ".ndjson":
		return FormatJSON
	case ".xml":
		return FormatXML
	case ".html", ".htm", ".xhtml":
		return FormatHTML
	case ".wiki", ".wikitext", ".mediawiki":
		return FormatWikitext
	case ".md", ".markdown":
		if looksLikePage(head) {
			return FormatPage
		}
		return FormatMarkdown
	}
	return sniff(head)
}

// sniff tells a format from the beginning of a content alone.
func sniff(head string) Format {
	trimmed := strings.TrimLeft(head, " \t\r\n")
	first, _ := cutLine(trimmed)
	first = strings.TrimRight(first, " \t\r\n")
	lower := strings.ToLower(trimmed[:min(len(trimmed), 100)])
	switch {
	case looksLikePage(head):
		return FormatPage
	case strings.HasPrefix(head, "---\n"), strings.HasPrefix(head, "---\r\n"):
		return FormatMarkdown
	case strings.HasPrefix(trimmed, "{"):
		return FormatJSON
	case looksLikeTag(lower):
		return markup(lower, strings.ToLower(head))
	case strings.HasPrefix(first, "# "):
		return FormatMarkdown
	}
	if _, level := wikiHeading(first); level == 1 {
		return FormatWikitext
	}
	return FormatText
}

// looksLikeTag reports a text that begins like an element or a declaration.
func looksLikeTag(s string) bool {
	return len(s) > 2 && s[0] == '<' && (s[1] == '?' || s[1] == '!' || 'a' <= s[1] && s[1] <= 'z')
}

// markup tells HTML from XML. What is neither ours nor HTML is called XML, whose
// reader then says by name what stands there.
func markup(start, head string) Format {
	for _, tag := range [...]string{"<article>", "<rss", "<feed", "<mediawiki"} {
		if strings.HasPrefix(start, tag) {
			return FormatXML
		}
	}
	for _, tag := range [...]string{"<!doctype html", "<html", "<head>", "<head ", "<body", "<meta ", "<h1", "<p>", "<p ", "<div"} {
		if strings.Contains(head, tag) {
			return FormatHTML
		}
	}
	return FormatXML
}

// looksLikePage looks for an event page's first line.
func looksLikePage(head string) bool {
	head = strings.TrimLeft(head, "\r\n")
	first, _ := cutLine(head)
	first = strings.TrimRight(first, "\r\n")
	if strings.HasPrefix(first, "Formats: [") {
		return true
	}
	day, ok := strings.CutPrefix(first, "### ")
	if !ok {
		return false
	}
	link, ok := readLink(day)
	if !ok {
		return false
	}
	_, err := ParseDate(link.Text)
	return err == nil
}

// Parse reads one state from bytes in a format. The input is as raw as it was
// read, but what it comes to after [State.Normalize] is valid; else the problem
// says what is refused, in which line and field.
func Parse(format Format, content []byte) (Input, *Problem) {
	switch format {
	case FormatMarkdown:
		return ParseFile(content)
	case FormatJSON:
		return ParseJSON(content)
	case FormatXML:
		return ParseXML(content)
	case FormatHTML:
		return ParseHTML(content)
	case FormatText:
		return ParseText(content)
	case FormatWikitext:
		return ParseWikitext(content)
	case FormatPage:
		page, p := ParsePage(content)
		if p != nil {
			return Input{}, p
		}
		in := page.Input()
		if p := finish(&in, page.layout.lines); p != nil {
			return Input{}, p
		}
		return in, nil
	}
	return Input{}, &Problem{Reason: fmt.Sprintf("%.40q is no format", string(format))}
}

// Encode writes a state in a format. A page is of the newer template and without
// Changes and Related, which a state does not know: see [NewPage]. There is no
// writer of wikitext.
func Encode(format Format, s *State) ([]byte, error) {
	switch format {
	case FormatMarkdown:
		return EncodeFile(s), nil
	case FormatJSON:
		return EncodeJSON(s), nil
	case FormatXML:
		return EncodeXML(s), nil
	case FormatHTML:
		return EncodeHTML(s), nil
	case FormatText:
		return EncodeText(s), nil
	case FormatPage:
		return NewPage(s, nil, nil, Newer).Bytes(), nil
	case FormatWikitext:
		return nil, fmt.Errorf("wikitext is read only: write markdown, json, xml, html, text or page")
	}
	return nil, fmt.Errorf("%.40q is no format", string(format))
}
