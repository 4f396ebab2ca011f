package ingest

import (
	"bufio"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// firstFreePage is the id of the first page that has none of its own: above those
// of any wiki, so that no page that comes later wants it.
const firstFreePage = 1_000_000_000

// firstFreeRevision is the same for revisions.
const firstFreeRevision = 1_000_000_000_000

// MediaWikiWriter writes articles as an XML dump of a wiki, export-0.11, which
// Special:Import reads. Page by page: [MediaWikiWriter.Page], then
// [MediaWikiWriter.Revision] for each version; in the end [MediaWikiWriter.Close].
// Errors of the underlying writer are reported by Close.
//
// A page that came from a wiki has the same title, namespace, ids, authors, times,
// comments, minor flags and suppressions as there; only the ids of users are 0. Of
// another article, each revision holds its own headline, summary, body and sources
// as wikitext, and the page's title is the current headline, with the signs that no
// title may hold replaced. A wiki keeps one revision of those with the same time and
// text: where an article has two of them, the later ends with a comment that nobody
// sees rendered.
type MediaWikiWriter struct {
	w         *bufio.Writer
	site      wikiOrigin
	pages     map[int64]bool
	titles    map[string]bool
	free      int64
	revisions map[int64]bool // the ids taken
	last      int64          // the last id given to a revision that had none
	parent    int64
	inPage    bool
	own       bool           // the page at hand came from the wiki that the dump names
	said      map[string]int // how many revisions of the page at hand have this time and text
}

// NewMediaWikiWriter begins a dump. first is the current state of the first
// article: the wiki that it came from, if it did, is the one that the dump names.
func NewMediaWikiWriter(w io.Writer, first *schema.State) *MediaWikiWriter {
	m := &MediaWikiWriter{w: bufio.NewWriterSize(w, 64<<10), pages: map[int64]bool{}, titles: map[string]bool{}, free: firstFreePage,
		revisions: map[int64]bool{}, last: firstFreeRevision}
	language := "en"
	if first != nil {
		m.site, _ = wikiOriginOf(first)
		if first.Language != "" {
			language = first.Language
		}
	}
	if m.site.Sitename == "" {
		m.site.Sitename = "stemma"
	}
	const space = "http://www.mediawiki.org/xml/export-0.11/"
	fmt.Fprintf(m.w, "<mediawiki xmlns=%q xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=%q version=\"0.11\" xml:lang=\"%s\">\n",
		space, space+" http://www.mediawiki.org/xml/export-0.11.xsd", escapeXML(language))
	m.w.WriteString("  <siteinfo>\n")
	m.element("    ", "sitename", m.site.Sitename)
	m.element("    ", "dbname", m.site.DBName)
	m.element("    ", "base", m.site.Base)
	m.w.WriteString("    <generator>stemma</generator>\n    <case>first-letter</case>\n  </siteinfo>\n")
	return m
}

// element writes an element that is not empty.
func (m *MediaWikiWriter) element(indent, name, text string) {
	if text != "" {
		fmt.Fprintf(m.w, "%s<%s>%s</%s>\n", indent, name, escapeXML(text), name)
	}
}

// Page begins the page of an article, of which current is the current state.
func (m *MediaWikiWriter) Page(current *schema.State) {
	m.endPage()
	m.inPage, m.parent, m.said = true, 0, map[string]int{}
	origin, ok := wikiOriginOf(current)
	id := origin.Page
	m.own = ok && origin.siteKey() == m.site.siteKey()
	if !m.own || id <= 0 || m.pages[id] {
		m.free++
		id = m.free
	}
	m.pages[id] = true
	m.w.WriteString("  <page>\n")
	m.element("    ", "title", m.title(current, ok))
	fmt.Fprintf(m.w, "    <ns>%d</ns>\n    <id>%d</id>\n", max(origin.NS, 0), id)
	if origin.Redirect != "" {
		fmt.Fprintf(m.w, "    <redirect title=\"%s\" />\n", escapeXML(origin.Redirect))
	}
}

// Revision writes one version of the page at hand: in is its state with author,
// note and time of publication, and number what [RevisionOf] gives of where it came
// from; "" is none.
func (m *MediaWikiWriter) Revision(in *schema.Input, number string) {
	id := m.revisionID(number)
	suppressed := suppressedParts(&in.State)
	note, minor := strings.CutSuffix(in.Note, minorEdit)
	fmt.Fprintf(m.w, "    <revision>\n      <id>%d</id>\n", id)
	if m.parent > 0 {
		fmt.Fprintf(m.w, "      <parentid>%d</parentid>\n", m.parent)
	}
	m.parent = id
	at := in.Published.T.UTC().Format(time.RFC3339)
	fmt.Fprintf(m.w, "      <timestamp>%s</timestamp>\n", at)
	m.contributor(in.Author, slices.Contains(suppressed, "contributor"))
	if minor {
		m.w.WriteString("      <minor />\n")
	}
	if slices.Contains(suppressed, "comment") {
		m.w.WriteString("      <comment deleted=\"deleted\" />\n")
	} else {
		m.element("      ", "comment", strings.TrimSpace(note))
	}
	model := "wikitext"
	if format, ok := extraText(&in.State, keyFormat); ok && format != "" {
		model = format
	}
	fmt.Fprintf(m.w, "      <origin>%d</origin>\n", id)
	m.element("      ", "model", model)
	m.element("      ", "format", formatOfModel(model))
	text, fromWiki := wikiText(&in.State)
	if !fromWiki {
		text += m.apart(at, text)
	}
	sum := sha1Base36(text)
	if slices.Contains(suppressed, "text") {
		m.w.WriteString("      <text deleted=\"deleted\" />\n")
		text, sum = "", ""
	} else {
		fmt.Fprintf(m.w, "      <text bytes=\"%d\" sha1=\"%s\" xml:space=\"preserve\">%s</text>\n", len(text), sum, escapeXML(text))
	}
	m.slots(&in.State, id)
	fmt.Fprintf(m.w, "      <sha1>%s</sha1>\n    </revision>\n", sum)
}

// apart gives what sets a revision of the page at hand apart from those before it
// with the same time and text: a version whose address alone is new is one.
func (m *MediaWikiWriter) apart(at, text string) string {
	key := at + " " + sha1Base36(text)
	m.said[key]++
	if n := m.said[key]; n > 1 {
		return fmt.Sprintf("\n<!-- another version of this time and text: %d -->", n)
	}
	return ""
}

// revisionID gives a revision the id that it had, where no other has it, or one that
// no wiki has reached.
func (m *MediaWikiWriter) revisionID(number string) int64 {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 || id > firstFreeRevision || !m.own || m.revisions[id] {
		m.last++
		return m.last
	}
	m.revisions[id] = true
	return id
}

func (m *MediaWikiWriter) contributor(who schema.Person, suppressed bool) {
	if suppressed {
		m.w.WriteString("      <contributor deleted=\"deleted\" />\n")
		return
	}
	m.w.WriteString("      <contributor>\n")
	if _, err := netip.ParseAddr(who.Name); err == nil {
		m.element("        ", "ip", who.Name)
	} else {
		m.element("        ", "username", wikiUser(who.Name))
		m.w.WriteString("        <id>0</id>\n")
	}
	m.w.WriteString("      </contributor>\n")
}

// slots writes the contents beside the main one.
func (m *MediaWikiWriter) slots(s *schema.State, id int64) {
	var slots []wikiSlot
	i := slices.IndexFunc(s.Extra, func(e schema.Extra) bool { return e.Key == keySlots })
	if i < 0 || json.Unmarshal([]byte(s.Extra[i].Value), &slots) != nil {
		return
	}
	for _, slot := range slots {
		m.w.WriteString("      <content>\n")
		m.element("        ", "role", slot.Role)
		fmt.Fprintf(m.w, "        <origin>%d</origin>\n", id)
		m.element("        ", "model", slot.Model)
		m.element("        ", "format", slot.Format)
		fmt.Fprintf(m.w, "        <text bytes=\"%d\" sha1=\"%s\" xml:space=\"preserve\">%s</text>\n      </content>\n",
			len(slot.Text), sha1Base36(slot.Text), escapeXML(slot.Text))
	}
}

func suppressedParts(s *schema.State) []string {
	var parts []string
	i := slices.IndexFunc(s.Extra, func(e schema.Extra) bool { return e.Key == keySuppressed })
	if i < 0 || json.Unmarshal([]byte(s.Extra[i].Value), &parts) != nil {
		return nil
	}
	return parts
}

// formatOfModel gives the format in which a wiki writes a content model.
func formatOfModel(model string) string {
	switch model {
	case "wikitext":
		return "text/x-wiki"
	case "css", "sanitized-css":
		return "text/css"
	case "javascript":
		return "text/javascript"
	case "json":
		return "application/json"
	}
	if strings.Contains(model, "json") || strings.HasPrefix(model, "wikibase") || strings.HasSuffix(model, ".json") {
		return "application/json"
	}
	return "text/plain"
}

// wikiText gives what a page of a wiki holds of a state, and whether the page came
// from one: its body goes out as it came, but for the LF at its end, which a wiki
// never keeps. An article that is withdrawn has no text.
func wikiText(s *schema.State) (text string, fromWiki bool) {
	if _, ok := extraText(s, keyFormat); ok {
		return strings.TrimSuffix(s.Body, "\n"), true
	}
	if s.Status == schema.Canceled {
		return "", false
	}
	parts := []string{"'''" + wikiLiteral(s.Headline) + "'''"}
	for _, part := range []string{s.Summary, strings.TrimSpace(wikiHeadings(s.Body))} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(s.Sources) > 0 {
		list := "== Sources =="
		for _, src := range s.Sources {
			list += "\n* " + strings.TrimSpace(wikiLink(src))
		}
		parts = append(parts, list)
	}
	return strings.Join(parts, "\n\n"), false
}

// wikiLiteral keeps a wiki from reading marks of its own in a line.
func wikiLiteral(line string) string {
	if !strings.ContainsAny(line, "<>[]{}|~") && !strings.Contains(line, "''") && !strings.Contains(line, "__") {
		return line
	}
	return "<nowiki>" + strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(line) + "</nowiki>"
}

func wikiLink(src schema.Source) string {
	if src.URL == "" {
		return src.Name
	}
	return "[" + strings.NewReplacer(" ", "%20", "]", "%5D", "[", "%5B").Replace(src.URL) + " " + src.Name + "]"
}

// wikiHeadings turns Markdown's headings into a wiki's; the rest stays.
func wikiHeadings(body string) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(body, "\n") {
		text := strings.TrimRight(line, "\n")
		marks := len(text) - len(strings.TrimLeft(text, "#"))
		if title := strings.TrimSpace(strings.Trim(text, "#")); 1 <= marks && marks <= 6 && title != "" && text[marks] == ' ' {
			mark := strings.Repeat("=", marks)
			line = mark + " " + title + " " + mark + line[len(text):]
		}
		b.WriteString(line)
	}
	return b.String()
}

// sha1Base36 is the sum that a wiki keeps of a text: 31 digits to the base 36.
func sha1Base36(text string) string {
	sum := sha1.Sum([]byte(text))
	digits := new(big.Int).SetBytes(sum[:]).Text(36)
	return strings.Repeat("0", max(0, 31-len(digits))) + digits
}

func (m *MediaWikiWriter) endPage() {
	if m.inPage {
		m.w.WriteString("  </page>\n")
	}
	m.inPage = false
}

// Close ends the dump and reports what went wrong in writing it. The underlying
// writer stays open.
func (m *MediaWikiWriter) Close() error {
	m.endPage()
	m.w.WriteString("</mediawiki>\n")
	return m.w.Flush()
}

// escapeXML makes a text part of an XML 1.0 document. A character that none can
// hold (a control character other than tab, LF and CR) becomes U+FFFD.
func escapeXML(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return strings.ContainsRune(`&<>"`, r) || r != '\n' && r != '\t' && !plainXML(r) }) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len(s)/16)
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\r':
			b.WriteString("&#" + strconv.Itoa('\r') + ";")
		case r == '\n', r == '\t', plainXML(r):
			b.WriteRune(r)
		default:
			b.WriteRune(utf8.RuneError)
		}
	}
	return b.String()
}

// plainXML reports the characters from the blank up that XML 1.0 allows.
func plainXML(r rune) bool {
	return r >= 0x20 && r != 0xFFFE && r != 0xFFFF
}
