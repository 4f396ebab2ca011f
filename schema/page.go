package schema

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Page is an event page, kept as printed: [Page.Bytes] gives the bytes that
// [ParsePage] read. Paths are never computed anew, items keep their order and
// their numbers, headlines the blank that the template prints after them.
//
// The newer template begins with a line of Formats; the older one has none and
// heads its sources "Source" whatever their number.
type Page struct {
	Formats     string // what is printed after "Formats: "; "" in the older template
	Day         Link   // the date as printed ("2014-09-6") and the day's address
	Category    string
	Headline    string // with the blanks printed around it
	Summary     []string
	SourcesHead string // "Source" or "Sources"; "" where the page has no such part
	Sources     []PageSource
	HasChanges  bool // the heading is printed, with or without items
	Changes     []PageChange
	HasRelated  bool
	Related     []PageRelated

	layout pageLayout
}

// PageSource is a line of a page's sources.
type PageSource struct {
	Number int
	Link   Link
}

// PageChange is a line of a page's Changes.
type PageChange struct {
	Number int  // as printed; 0 lets FormatChanges number it
	Link   Link // the headline with its blanks, and the path with ".md"
	Stamp  string
	Label  string // FirstVersion, Update or CurrentVersion
}

// The labels of the versions in Changes.
const (
	FirstVersion   = "First version"
	Update         = "Update"
	CurrentVersion = "Current version"
)

// stampLayout is how Changes print a time, in UTC.
const stampLayout = "2006-01-02 15:04:05"

// PageRelated is a line of a page's Related.
type PageRelated struct {
	Number  int
	Link    Link
	Context string // the label as printed, "Iran, Iraq"; see [SplitContexts]
}

// pageLayout is what of a page says nothing, and is printed all the same.
type pageLayout struct {
	text         *printed
	lines        map[string]int // the line of each field
	formatsGap   [2]int         // empty lines before and after Formats
	dayGap       int
	categoryHead string // "##### " or what stands for it; "" where there is none
	categoryGap  int
	headlineGap  int
	summaryGap   int
	sources      sectionLayout
	changes      sectionLayout
	related      sectionLayout
}

// sectionLayout counts the empty lines after a part's heading and after its items.
type sectionLayout struct{ head, items int }

// ParsePage reads an event page of either template.
//
// A page that can't be written again byte for byte is refused, as is one with a
// path that climbs or a source that is no web address.
func ParsePage(data []byte) (*Page, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return nil, p
	}
	r, p := readPrinted(s)
	if p != nil {
		return nil, p
	}
	page := &Page{}
	page.layout.text, page.layout.lines = r, map[string]int{}
	for _, part := range []func(*printed) *Problem{page.readTop, page.readHeadline, page.readSummary, page.readSections} {
		if p := part(r); p != nil {
			return nil, p
		}
	}
	if out := page.Bytes(); !bytes.Equal(out, []byte(s)) {
		line := 1 + bytes.Count(commonPrefix(out, []byte(s)), []byte("\n"))
		return nil, &Problem{Line: line, Reason: "this line is printed in a way that would not be written again"}
	}
	return page, nil
}

func commonPrefix(a, b []byte) []byte {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return a[:i]
		}
	}
	return a[:n]
}

// readTop reads Formats and the day.
func (page *Page) readTop(r *printed) *Problem {
	l := &page.layout
	l.formatsGap[0] = r.blanks()
	if formats, ok := strings.CutPrefix(r.peek(), "Formats: "); ok && formats != "" {
		page.Formats = formats
		for _, link := range page.formatLinks() {
			if reason := badPagePath(link.URL); reason != "" {
				return r.refuse("formats", "%s", reason)
			}
		}
		r.at++
		l.formatsGap[1] = r.blanks()
	}
	day, ok := strings.CutPrefix(r.peek(), "### ")
	if !ok {
		return r.refuse("date", "an event page begins with its day, ### [2015-09-26](/news/2015/09/26/index.md), not with %s", quoteForMessage(r.peek()))
	}
	if page.Day, ok = readLink(day); !ok {
		return r.refuse("date", "%s is no link to a day", quoteForMessage(day))
	}
	if _, err := ParseDate(page.Day.Text); err != nil {
		return r.refuse("date", "%s", err)
	}
	if reason := badPagePath(page.Day.URL); reason != "" {
		return r.refuse("date", "%s", reason)
	}
	l.lines["date"], l.lines["path"] = r.at+1, r.at+1
	r.at++
	l.dayGap = r.blanks()
	return nil
}

func (page *Page) readHeadline(r *printed) *Problem {
	l := &page.layout
	if rest, ok := strings.CutPrefix(r.peek(), "#####"); ok {
		l.categoryHead = "#####"
		if strings.HasPrefix(rest, " ") {
			l.categoryHead, rest = "##### ", rest[1:]
		}
		page.Category = rest
		r.at++
		l.categoryGap = r.blanks()
	}
	headline, ok := strings.CutPrefix(r.peek(), "# ")
	if !ok {
		return r.refuse("headline", "a line \"# HEADLINE\" is wanted, not %s", quoteForMessage(r.peek()))
	}
	if strings.TrimSpace(headline) == "" {
		return r.refuse("headline", "missing headline")
	}
	if len(headline) > MaxHeadline {
		return r.refuse("headline", "%d bytes are more than the %d allowed", len(headline), MaxHeadline)
	}
	page.Headline = headline
	l.lines["headline"], l.lines["category"] = r.at+1, r.at
	r.at++
	l.lines["summary"] = r.at + 2
	l.headlineGap = r.blanks()
	return nil
}

// readSummary takes everything up to the first heading of a part.
func (page *Page) readSummary(r *printed) *Problem {
	gap := 0
	for !r.done() && !sectionHead(r.peek()) {
		for range gap {
			page.Summary = append(page.Summary, "")
		}
		page.Summary = append(page.Summary, r.peek())
		r.at++
		gap = r.blanks()
	}
	page.layout.summaryGap = gap
	return nil
}

func sectionHead(line string) bool {
	switch line {
	case "### Source:", "### Sources:", "### Changes:", "### Related:":
		return true
	}
	return false
}

func (page *Page) readSections(r *printed) *Problem {
	if head := r.peek(); head == "### Source:" || head == "### Sources:" {
		page.SourcesHead = strings.Trim(head, "# :")
		if p := r.section(&page.layout.sources, page.readSource); p != nil {
			return p
		}
	}
	if r.peek() == "### Changes:" {
		page.HasChanges = true
		if p := r.section(&page.layout.changes, page.readChange); p != nil {
			return p
		}
	}
	if r.peek() == "### Related:" {
		page.HasRelated = true
		if p := r.section(&page.layout.related, page.readRelated); p != nil {
			return p
		}
	}
	if !r.done() {
		return r.refuse("", "%s stands after the last part, or where it does not belong", quoteForMessage(r.peek()))
	}
	return nil
}

// section reads a heading and the items under it.
func (r *printed) section(l *sectionLayout, item func(line string, r *printed) *Problem) *Problem {
	r.at++
	l.head = r.blanks()
	for !r.done() && r.peek() != "" && !sectionHead(r.peek()) {
		if p := item(r.peek(), r); p != nil {
			return p
		}
		r.at++
	}
	l.items = r.blanks()
	return nil
}

func (page *Page) readSource(line string, r *printed) *Problem {
	n, rest, ok := readNumber(line)
	link, isLink := readLink(rest)
	if !ok || !isLink {
		return r.refuse("sources", "%s is no item such as 1. [NAME](URL)", quoteForMessage(line))
	}
	if link.URL != "" {
		if reason := badURL(link.URL); reason != "" {
			return r.refuse("sources", "%s", reason)
		}
	}
	page.Sources = append(page.Sources, PageSource{n, link})
	return nil
}

func (page *Page) readChange(line string, r *printed) *Problem {
	bad := func() *Problem {
		return r.refuse("changes", "%s is no item such as 1. [HEADLINE ](PATH) _2018-02-06 13:49:27 (First version)_", quoteForMessage(line))
	}
	n, rest, ok := readNumber(line)
	i := strings.LastIndex(rest, ") _")
	mark, closed := strings.CutSuffix(rest, ")_")
	if !ok || i < 0 || !closed || i+3 > len(mark) {
		return bad()
	}
	link, ok := readLink(rest[:i+1])
	stamp, label, found := strings.Cut(mark[i+3:], "(")
	if !ok || !found || label != FirstVersion && label != Update && label != CurrentVersion {
		return bad()
	}
	stamp = strings.TrimSuffix(stamp, " ")
	if stamp != "" {
		if _, err := time.Parse(stampLayout, stamp); err != nil {
			return r.refuse("changes", "%s is no time such as 2018-02-06 13:49:27", quoteForMessage(stamp))
		}
	}
	if reason := badPagePath(link.URL); reason != "" {
		return r.refuse("changes", "%s", reason)
	}
	page.Changes = append(page.Changes, PageChange{n, link, stamp, label})
	return nil
}

func (page *Page) readRelated(line string, r *printed) *Problem {
	const mark = ") _Context: "
	n, rest, ok := readNumber(line)
	i := strings.LastIndex(rest, mark)
	context, closed := "", true
	end := len(rest)
	if i >= 0 {
		end = i + 1
		context, closed = strings.CutSuffix(rest[i+len(mark):], "_")
	}
	link, isLink := readLink(rest[:end])
	if !ok || !closed || !isLink || i >= 0 && context == "" {
		return r.refuse("related", "%s is no item such as 1. [HEADLINE ](PATH) _Context: Iran, Iraq_", quoteForMessage(line))
	}
	if reason := badPagePath(link.URL); reason != "" {
		return r.refuse("related", "%s", reason)
	}
	page.Related = append(page.Related, PageRelated{n, link, context})
	return nil
}

// Bytes writes the page.
func (page *Page) Bytes() []byte {
	l := &page.layout
	var lines lineList
	lines.gap(l.formatsGap[0])
	if page.Formats != "" {
		lines.add("Formats: "+page.Formats, l.formatsGap[1])
	}
	lines.add("### "+page.Day.String(), l.dayGap)
	if l.categoryHead != "" {
		lines.add(l.categoryHead+page.Category, l.categoryGap)
	}
	lines.add("# "+page.Headline, l.headlineGap)
	lines = append(lines, page.Summary...)
	lines.gap(l.summaryGap)
	if page.SourcesHead != "" {
		lines.add("### "+page.SourcesHead+":", l.sources.head)
		for _, src := range page.Sources {
			lines.add(fmt.Sprintf("%d. %s", src.Number, src.Link), 0)
		}
		lines.gap(l.sources.items)
	}
	if page.HasChanges {
		lines.add("### Changes:", l.changes.head)
		for _, c := range page.Changes {
			lines.add(c.String(), 0)
		}
		lines.gap(l.changes.items)
	}
	if page.HasRelated {
		lines.add("### Related:", l.related.head)
		for _, rel := range page.Related {
			line := fmt.Sprintf("%d. %s", rel.Number, rel.Link)
			if rel.Context != "" {
				line += " _Context: " + rel.Context + "_"
			}
			lines.add(line, 0)
		}
		lines.gap(l.related.items)
	}
	return l.text.bytes(lines)
}

// String gives the line as Changes print it.
func (c PageChange) String() string {
	stamp := c.Stamp
	if stamp != "" {
		stamp += " "
	}
	return fmt.Sprintf("%d. %s _%s(%s)_", c.Number, c.Link, stamp, c.Label)
}

// FormatChanges writes the items of a Changes list, one a line, as event pages
// print them. An item with Number 0 is numbered by its place, but for the current
// version, which repeats the number before it.
func FormatChanges(changes []PageChange) []byte {
	var b bytes.Buffer
	for _, c := range numbered(changes) {
		b.WriteString(c.String())
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// numbered gives the items with their numbers.
func numbered(changes []PageChange) []PageChange {
	out := append([]PageChange(nil), changes...)
	for i := range out {
		if out[i].Number != 0 {
			continue
		}
		out[i].Number = i + 1
		if out[i].Label == CurrentVersion && i > 0 {
			out[i].Number = out[i-1].Number
		}
	}
	return out
}
