package schema

import (
	"bytes"
	"strings"
	"time"
)

// DayIndex is the page of a day, kept as printed: [DayIndex.Bytes] gives the
// bytes that [ParseDayIndex] read.
type DayIndex struct {
	Formats string // what is printed after "Formats: "
	Day     Link   // the date as printed and the day's own address
	Events  []DayEvent
	Other   []Link // links to other days, "Previous Day..."

	layout dayLayout
}

// DayEvent is one event on the page of a day.
type DayEvent struct {
	Category string
	Link     Link     // the headline with its blanks, and the path with ".md"
	Text     []string // the summary as printed
	Context  string   // the label as printed, where there is no summary

	head                   string
	gap, headGap, titleGap int
}

// dayLayout counts the empty lines of a day's page.
type dayLayout struct {
	text       *printed
	formatsGap [2]int
	dayGap     int
	otherGaps  []int
}

// ParseDayIndex reads the page of a day. What could not be written again byte for
// byte, and paths that climb, are refused.
func ParseDayIndex(data []byte) (*DayIndex, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return nil, p
	}
	r, p := readPrinted(s)
	if p != nil {
		return nil, p
	}
	d := &DayIndex{}
	l := &d.layout
	l.text = r
	l.formatsGap[0] = r.blanks()
	if formats, ok := strings.CutPrefix(r.peek(), "Formats: "); ok && formats != "" {
		d.Formats = formats
		r.at++
		l.formatsGap[1] = r.blanks()
	}
	var ok bool
	if d.Day, ok = dayHeading(r.peek()); !ok {
		return nil, r.refuse("date", "a day's page begins with ## [2018-02-4](/news/2018/02/4/index.md), not with %s", quoteForMessage(r.peek()))
	}
	if _, err := ParseDate(d.Day.Text); err != nil {
		return nil, r.refuse("date", "%s", err)
	}
	if reason := badPagePath(d.Day.URL); reason != "" {
		return nil, r.refuse("date", "%s", reason)
	}
	r.at++
	l.dayGap = r.blanks()
	for !r.done() {
		if p := d.readPart(r); p != nil {
			return nil, p
		}
	}
	if out := d.Bytes(); !bytes.Equal(out, []byte(s)) {
		line := 1 + bytes.Count(commonPrefix(out, []byte(s)), []byte("\n"))
		return nil, &Problem{Line: line, Reason: "this line is printed in a way that would not be written again"}
	}
	return d, nil
}

// dayHeading reads "## [TEXT](ADDRESS)".
func dayHeading(line string) (Link, bool) {
	rest, ok := strings.CutPrefix(line, "## ")
	if !ok {
		return Link{}, false
	}
	return readLink(rest)
}

// readPart reads one event, or one link to another day.
func (d *DayIndex) readPart(r *printed) *Problem {
	if link, ok := dayHeading(r.peek()); ok {
		if reason := badPagePath(link.URL); reason != "" {
			return r.refuse("", "%s", reason)
		}
		d.Other = append(d.Other, link)
		r.at++
		d.layout.otherGaps = append(d.layout.otherGaps, r.blanks())
		return nil
	}
	if len(d.Other) > 0 {
		return r.refuse("", "%s stands after the links to other days", quoteForMessage(r.peek()))
	}
	var ev DayEvent
	if rest, ok := strings.CutPrefix(r.peek(), "#####"); ok {
		ev.head = "#####"
		if strings.HasPrefix(rest, " ") {
			ev.head, rest = "##### ", rest[1:]
		}
		ev.Category = rest
		r.at++
		ev.headGap = r.blanks()
	}
	title, ok := strings.CutPrefix(r.peek(), "### ")
	if ok {
		ev.Link, ok = readLink(title)
	}
	if !ok {
		return r.refuse("headline", "### [HEADLINE ](PATH) is wanted, not %s", quoteForMessage(r.peek()))
	}
	if reason := badPagePath(ev.Link.URL); reason != "" {
		return r.refuse("path", "%s", reason)
	}
	r.at++
	ev.titleGap = r.blanks()
	// Whatever stands up to the next heading is the event's text, empty lines
	// between its lines too.
	for !r.done() && !strings.HasPrefix(r.peek(), "##") {
		ev.Text = append(ev.Text, r.peek())
		r.at++
		for range ev.gap {
			ev.Text = append(ev.Text[:len(ev.Text)-1], "", ev.Text[len(ev.Text)-1])
		}
		ev.gap = r.blanks()
	}
	if len(ev.Text) == 1 {
		if context, ok := strings.CutPrefix(ev.Text[0], "_Context: "); ok && strings.HasSuffix(context, "_") && context != "_" {
			ev.Context, ev.Text = strings.TrimSuffix(context, "_"), nil
		}
	}
	d.Events = append(d.Events, ev)
	return nil
}

// Bytes writes the page.
func (d *DayIndex) Bytes() []byte {
	l := &d.layout
	var lines lineList
	lines.gap(l.formatsGap[0])
	if d.Formats != "" {
		lines.add("Formats: "+d.Formats, l.formatsGap[1])
	}
	lines.add("## "+d.Day.String(), l.dayGap)
	for _, ev := range d.Events {
		if ev.head != "" {
			lines.add(ev.head+ev.Category, ev.headGap)
		}
		lines.add("### "+ev.Link.String(), ev.titleGap)
		if ev.Context != "" {
			lines = append(lines, "_Context: "+ev.Context+"_")
		}
		lines = append(lines, ev.Text...)
		lines.gap(ev.gap)
	}
	for i, link := range d.Other {
		lines.add("## "+link.String(), l.otherGaps[i])
	}
	return l.text.bytes(lines)
}

// NewDayEvent makes the entry of a state: its category, headline and path, then
// its summary or, where it has none, its contexts.
func NewDayEvent(s *State) DayEvent {
	c := s.Clone()
	c.Normalize()
	ev := DayEvent{Category: c.Category, Link: pageLink(c.Headline, c.EffectivePath()), gap: 1}
	if c.Category != "" {
		ev.head = "##### "
	}
	switch {
	case c.Summary != "":
		ev.Text = []string{c.Summary}
	case len(c.Contexts) > 0:
		ev.Context = strings.Join(c.Contexts, ", ")
	}
	return ev
}

// NewDayIndex makes the page of a day that has a valid date.
func NewDayIndex(date Date, events []DayEvent) *DayIndex {
	path := strings.TrimPrefix(DayPath(date), "/news/")
	d := &DayIndex{
		Formats: formatsLine(path + "/index"),
		Day:     Link{strings.ReplaceAll(path, "/", "-"), "/news/" + path + "/index.md"},
		Events:  events,
	}
	d.layout.formatsGap, d.layout.dayGap = [2]int{1, 1}, 1
	if t, err := time.Parse("2006-01-02", string(date)); err == nil && t.Year() > 1 {
		previous := Date(t.AddDate(0, 0, -1).Format("2006-01-02"))
		d.Other = []Link{{"Previous Day...", DayPath(previous) + "/index.md"}}
		d.layout.otherGaps = []int{1}
	}
	return d
}
