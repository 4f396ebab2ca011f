package schema

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodeText writes a state as plain text for people: headline, what is known of
// it, summary, body, sources. It is not made to be read back.
func EncodeText(s *State) []byte {
	c := s.Clone()
	c.Normalize()
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	if c.Category != "" {
		line(c.Category)
	}
	line(c.Headline)
	about := ""
	for _, part := range []string{string(c.Date), c.Byline} {
		if about != "" && part != "" {
			about += ", "
		}
		about += part
	}
	if about != "" {
		line(about)
	}
	if c.Status != Usable {
		line("(", string(c.Status), ")")
	}
	if c.Summary != "" {
		line()
		line(c.Summary)
	}
	if c.Body != "" {
		line()
		b.WriteString(c.Body)
	}
	if len(c.Contexts) > 0 {
		line()
		line("Contexts: ", strings.Join(c.Contexts, ", "))
	}
	if len(c.Sources) > 0 {
		line()
		line("Sources:")
	}
	for _, src := range c.Sources {
		line("- ", strings.TrimSpace(src.Name+" "+src.URL))
	}
	return []byte(b.String())
}

// EncodeHTML writes a state as one small page of its own, without scripts and
// styles from elsewhere. Everything is escaped, and each field stands in an
// element that isolates its writing direction, so that no text can act on the
// page around it. A schema.org NewsArticle in JSON-LD says the same to machines.
//
// The body's Markdown is laid out by blocks alone (headings, lists, quotes, code,
// paragraphs); marks within a line stay as they were typed.
func EncodeHTML(s *State) []byte {
	c := s.Clone()
	c.Normalize()
	var b strings.Builder
	lang := ""
	if c.Language != "" {
		lang = ` lang="` + html.EscapeString(c.Language) + `"`
	}
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html%s>\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n", lang)
	fmt.Fprintf(&b, "<title>%s</title>\n", htmlText(c.Headline))
	fmt.Fprintf(&b, "<script type=\"application/ld+json\">%s</script>\n</head>\n<body>\n<article>\n", jsonLD(&c))
	tag := func(name, attr, text string) {
		if text != "" {
			fmt.Fprintf(&b, "<%s%s dir=\"auto\">%s</%s>\n", name, attr, htmlText(text), name)
		}
	}
	tag("p", ` class="category"`, c.Category)
	tag("h1", "", c.Headline)
	if c.Date != "" {
		fmt.Fprintf(&b, "<p><time datetime=\"%s\">%[1]s</time></p>\n", html.EscapeString(string(c.Date)))
	}
	tag("p", ` class="byline"`, c.Byline)
	tag("p", ` class="summary"`, c.Summary)
	if c.Image.URL != "" {
		fmt.Fprintf(&b, "<figure><img src=\"%s\" alt=\"%s\">", htmlText(c.Image.URL), htmlText(c.Image.Caption))
		if about := strings.TrimSpace(c.Image.Caption + " " + c.Image.Credit); about != "" {
			fmt.Fprintf(&b, "<figcaption dir=\"auto\">%s</figcaption>", htmlText(about))
		}
		b.WriteString("</figure>\n")
	}
	writeBlocks(&b, c.Body)
	b.WriteString("<footer>\n")
	writeList(&b, "Contexts", len(c.Contexts), func(i int) string { return htmlText(c.Contexts[i]) })
	writeList(&b, "Sources", len(c.Sources), func(i int) string {
		src := c.Sources[i]
		if src.URL == "" {
			return htmlText(src.Name)
		}
		name := src.Name
		if name == "" {
			name = src.URL
		}
		return fmt.Sprintf("<a href=\"%s\" rel=\"nofollow noopener\">%s</a>", htmlText(src.URL), htmlText(name))
	})
	b.WriteString("</footer>\n</article>\n</body>\n</html>\n")
	return []byte(b.String())
}

func writeList(b *strings.Builder, title string, n int, item func(int) string) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "<section class=\"%s\">\n<h2>%s</h2>\n<ul>\n", strings.ToLower(title), title)
	for i := range n {
		fmt.Fprintf(b, "<li dir=\"auto\">%s</li>\n", item(i))
	}
	b.WriteString("</ul>\n</section>\n")
}

// htmlText escapes a text and shows what a page would hide or act on. Characters
// that HTML refuses altogether are among those that Visible shows.
func htmlText(s string) string { return html.EscapeString(Visible(s)) }

// writeBlocks lays Markdown out by its blocks.
func writeBlocks(b *strings.Builder, body string) {
	if body == "" {
		return
	}
	b.WriteString("<div class=\"body\">\n")
	var block []string
	flush := func() {
		if len(block) > 0 {
			writeBlock(b, block)
			block = nil
		}
	}
	fence := ""
	for line := range strings.SplitSeq(strings.TrimSuffix(body, "\n"), "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) {
				fmt.Fprintf(b, "<pre dir=\"auto\">%s</pre>\n", htmlText(strings.Join(block, "\n")))
				block, fence = nil, ""
				continue
			}
			block = append(block, line)
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			flush()
			fence = trimmed[:3]
		case line == "":
			flush()
		case headingLevel(line) > 0:
			flush()
			writeBlock(b, []string{line})
		default:
			if len(block) > 0 && isListItem(line) != isListItem(block[0]) && isListItem(line) {
				flush()
			}
			block = append(block, line)
		}
	}
	flush()
	b.WriteString("</div>\n")
}

// writeBlock writes one heading, list, quotation or paragraph.
func writeBlock(b *strings.Builder, lines []string) {
	first := lines[0]
	if n := headingLevel(first); n > 0 {
		fmt.Fprintf(b, "<h%d dir=\"auto\">%s</h%[1]d>\n", max(n, 2), htmlText(strings.TrimSpace(first[n:])))
		return
	}
	if isListItem(first) {
		b.WriteString("<ul>\n")
		for i, line := range lines {
			if !isListItem(line) {
				fmt.Fprintf(b, " %s", htmlText(strings.TrimSpace(line)))
				continue
			}
			if i > 0 {
				b.WriteString("</li>\n")
			}
			fmt.Fprintf(b, "<li dir=\"auto\">%s", htmlText(line[2:]))
		}
		b.WriteString("</li>\n</ul>\n")
		return
	}
	tag := "p"
	if strings.HasPrefix(first, "> ") {
		tag = "blockquote"
		for i := range lines {
			lines[i] = strings.TrimPrefix(lines[i], "> ")
		}
	}
	fmt.Fprintf(b, "<%s dir=\"auto\">%s</%[1]s>\n", tag, htmlText(strings.Join(lines, "\n")))
}

func isListItem(line string) bool {
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ")
}

// headingLevel gives the level of an ATX heading, 0 for other lines.
func headingLevel(line string) int {
	n := len(line) - len(strings.TrimLeft(line, "#"))
	if n > 6 || n == len(line) || n > 0 && line[n] != ' ' {
		return 0
	}
	return n
}

// newsArticle is the part of schema.org's NewsArticle that a state can fill.
type newsArticle struct {
	Context       string   `json:"@context"`
	Type          string   `json:"@type"`
	Headline      string   `json:"headline"`
	Description   string   `json:"description,omitempty"`
	DatePublished string   `json:"datePublished,omitempty"`
	Section       string   `json:"articleSection,omitempty"`
	Language      string   `json:"inLanguage,omitempty"`
	Author        string   `json:"author,omitempty"`
	Image         string   `json:"image,omitempty"`
	Keywords      []string `json:"keywords,omitempty"`
	Citation      []string `json:"citation,omitempty"`
	Identifier    string   `json:"identifier,omitempty"`
	CreditText    string   `json:"creditText,omitempty"`
	ContentStatus string   `json:"creativeWorkStatus,omitempty"`
}

// jsonLD writes the metadata; "<", ">" and "&" are escaped, so that no text ends
// the element that it stands in, and so is what [Visible] would show.
func jsonLD(s *State) []byte {
	a := newsArticle{
		Context: "https://schema.org", Type: "NewsArticle", Headline: s.Headline, Description: s.Summary,
		DatePublished: string(s.Date), Section: s.Category, Language: s.Language, Author: s.Byline,
		Image: s.Image.URL, Keywords: s.Contexts, Identifier: s.ID.String(), CreditText: s.Image.Credit,
	}
	if s.Status != Usable {
		a.ContentStatus = string(s.Status)
	}
	for _, src := range s.Sources {
		if src.URL != "" {
			a.Citation = append(a.Citation, src.URL)
		}
	}
	b, err := json.Marshal(a)
	if err != nil {
		return []byte("{}") // structs of strings always encode
	}
	if firstHidden(string(b)) < 0 {
		return b
	}
	var out []byte
	for _, r := range string(b) {
		if hidden(r) {
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, "\\u%04x", unit)
			}
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
