package schema

import "strings"

// Template is one of the two layouts in which event pages are printed.
type Template uint8

const (
	// Newer has a Formats line, "Source:" for one source line and "Sources:" for
	// more, and at most 5 related events.
	Newer Template = iota
	// Older has no Formats line, "Source:" always, and at most 10 related events.
	Older
)

// MaxRelated gives how many related events a page prints.
func (t Template) MaxRelated() int {
	if t == Older {
		return 10
	}
	return 5
}

// RelatedEvent is another event with the contexts that it shares with a page's.
type RelatedEvent struct {
	Headline string
	Path     string   // without extension
	Shared   []string // sorted by name
}

// NewPage makes the event page of a state: with the Changes given, where there is
// more than one version (see [NewPageChange]), and the related events in the order
// given, as many as the template prints.
func NewPage(s *State, changes []PageChange, related []RelatedEvent, template Template) *Page {
	c := s.Clone()
	c.Normalize()
	path := c.EffectivePath()
	day := strings.TrimPrefix(DayPath(c.Date), "/news/")
	page := &Page{
		Day:      Link{strings.ReplaceAll(day, "/", "-"), DayPath(c.Date) + "/index.md"},
		Category: c.Category, Headline: c.Headline + " ",
	}
	// A summary that is empty is printed as an empty line: hence four in a row.
	l := &page.layout
	l.dayGap, l.headlineGap, l.summaryGap = 1, 1, 2
	if template == Newer {
		page.Formats = formatsLine(path)
		l.formatsGap = [2]int{1, 1}
	}
	if c.Category != "" {
		l.categoryHead = "##### "
	}
	page.Summary = []string{c.Summary}
	page.addSources(&c, template)
	if len(changes) > 1 {
		page.HasChanges = true
		page.Changes = numbered(changes)
	}
	for i, rel := range related[:min(len(related), template.MaxRelated())] {
		page.HasRelated = true
		page.Related = append(page.Related, PageRelated{
			Number: i + 1, Link: pageLink(rel.Headline, rel.Path), Context: strings.Join(rel.Shared, ", "),
		})
	}
	page.spaceSections()
	return page
}

// spaceSections puts one empty line after each heading and between the parts.
func (page *Page) spaceSections() {
	l := &page.layout
	l.sources.head, l.changes.head, l.related.head = 1, 1, 1
	if page.HasChanges || page.HasRelated {
		l.sources.items = 1
	}
	if page.HasRelated {
		l.changes.items = 1
	}
	if page.SourcesHead == "" && !page.HasChanges && !page.HasRelated {
		l.summaryGap = 0
	}
}

// addSources prints sources and image; the image repeats the number before it.
func (page *Page) addSources(s *State, template Template) {
	for i, src := range s.Sources {
		page.Sources = append(page.Sources, PageSource{i + 1, Link{src.Name, src.URL}})
	}
	if s.Image.URL != "" {
		page.Sources = append(page.Sources, PageSource{max(len(s.Sources), 1), Link{coverImage, s.Image.URL}})
	}
	switch {
	case len(page.Sources) == 0:
	case template == Older || len(page.Sources) == 1:
		page.SourcesHead = "Source"
	default:
		page.SourcesHead = "Sources"
	}
}

// NewPageChange makes a line of Changes: headline and path (without extension) of
// a version, its label, and when it was published, which the current version does
// not print.
func NewPageChange(headline, path string, published Time, label string) PageChange {
	c := PageChange{Link: pageLink(headline, path), Label: label}
	if label != CurrentVersion && !published.IsZero() {
		c.Stamp = published.T.UTC().Format(stampLayout)
	}
	return c
}

// pageLink prints a headline and a path as pages do.
func pageLink(headline, path string) Link { return Link{headline + " ", path + ".md"} }

// formatsLine lists the formats in which a page stands beside its Markdown.
func formatsLine(path string) string {
	var b strings.Builder
	for _, format := range [...]string{"HTML", "JSON", "XML"} {
		b.WriteString(Link{format, path + "." + strings.ToLower(format)}.String() + "  ")
	}
	return b.String()
}
