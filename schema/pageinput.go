package schema

import (
	"slices"
	"strings"
	"time"
)

// coverImage is the name under which a page's last source is its image.
const coverImage = "Cover Image"

// Input gives what a page says of its article: date, category, headline, summary,
// sources and the image's address; its path, where Formats or the current item of
// Changes print it; the contexts that Related's labels name, to be added to those
// known; and the versions that Changes list before the current one. Of everything
// else (body, aliases, type …) a page says nothing.
func (page *Page) Input() Input { return page.InputKnowing(nil) }

// InputKnowing is Input with a way to tell known contexts, by which a label such
// as "Pakistan, Punjab, Pakistan" is split; known may be nil.
func (page *Page) InputKnowing(known func(context string) bool) Input {
	in := Input{
		Carries:      Fields(FieldDate, FieldCategory, FieldHeadline, FieldSummary, FieldSources, FieldImage),
		AddContexts:  true,
		ImageURLOnly: true,
	}
	in.Date = readDate(page.Day.Text)
	in.Category = page.Category
	in.Headline = strings.TrimSuffix(page.Headline, " ")
	if page.layout.text != nil && page.layout.text.crlf {
		in.Headline += "\r\n" // so that Unchanged can say that line endings differ
	}
	in.Summary = strings.Join(strings.Fields(strings.Join(page.Summary, "\n")), " ")
	if len(page.Summary) == 1 {
		in.Summary = page.Summary[0]
	}
	for i, src := range page.Sources {
		if i == len(page.Sources)-1 && src.Link.Text == coverImage {
			in.Image.URL = src.Link.URL
			continue
		}
		in.Sources = append(in.Sources, Source{Name: src.Link.Text, URL: src.Link.URL})
	}
	if path := page.path(); path != "" {
		in.Path = path
		in.Carries |= Fields(FieldPath)
	}
	in.Contexts = page.contexts(known)
	for _, c := range page.Changes {
		if c.Label == CurrentVersion {
			continue
		}
		stamp, _ := time.Parse(stampLayout, c.Stamp)
		in.Earlier = append(in.Earlier, Earlier{
			Headline: oneLine(c.Link.Text), Path: trimExtension(c.Link.URL), Published: stamp,
		})
	}
	return in
}

// path gives the page's own path as it prints it, or "".
func (page *Page) path() string {
	for _, c := range page.Changes {
		if c.Label == CurrentVersion && strings.HasPrefix(c.Link.URL, "/") {
			return trimExtension(c.Link.URL)
		}
	}
	for _, link := range page.formatLinks() {
		if strings.HasPrefix(link.URL, "/") && trimExtension(link.URL) != link.URL {
			return trimExtension(link.URL)
		}
	}
	return ""
}

// formatLinks reads the links of the Formats line.
func (page *Page) formatLinks() []Link {
	var links []Link
	for part := range strings.SplitSeq(page.Formats, "  ") {
		if link, ok := readLink(strings.TrimSpace(part)); ok {
			links = append(links, link)
		}
	}
	return links
}

// contexts gives the union of Related's labels, in the order of first mention.
func (page *Page) contexts(known func(string) bool) []string {
	// A label without a comma is one context for certain: it helps to split others.
	single := map[string]bool{page.Category: true}
	for _, rel := range page.Related {
		if !strings.Contains(rel.Context, ", ") {
			single[rel.Context] = true
		}
	}
	var out []string
	for _, rel := range page.Related {
		out = append(out, splitSorted(rel.Context, func(c string) bool {
			return single[c] || known != nil && known(c)
		})...)
	}
	return normalSet(out)
}

// maxContextParts is how many pieces of a label one context may span: no context
// seen holds more than two commas.
const maxContextParts = 4

// SplitContexts splits a label at ", ", where a context may itself hold a comma
// ("Punjab, Pakistan"). Of all ways to split, the one with the fewest contexts
// that are not known is taken; pieces that are not known stay single. A context
// that would then stand twice in one label is the tail of the one before it:
// labels name nothing twice. known may be nil.
func SplitContexts(label string, known func(context string) bool) []string {
	return mendTwice(splitKnown(label, known))
}

// splitSorted is SplitContexts for a label of Related, which names its contexts in
// order, so that one that seems out of order holds a comma: of "Ashrafiyah, Aleppo,
// January clashes, Syria", the first two pieces are one. The labels of a day's index
// have no order.
func splitSorted(label string, known func(context string) bool) []string {
	return mendTwice(mendOrder(splitKnown(label, known)))
}

func splitKnown(label string, known func(context string) bool) []string {
	if label == "" {
		return nil
	}
	pieces := strings.Split(label, ", ")
	if len(pieces) > MaxItems {
		return pieces // no label of contexts: there is nothing to be clever about
	}
	type cell struct{ unknown, groups, from int }
	best := make([]cell, len(pieces)+1)
	for end := 1; end <= len(pieces); end++ {
		best[end] = cell{unknown: len(pieces) + 1}
		for size := 1; size <= min(end, maxContextParts); size++ {
			prev := best[end-size]
			isKnown := known != nil && known(strings.Join(pieces[end-size:end], ", "))
			if size > 1 && !isKnown {
				continue
			}
			c := cell{prev.unknown, prev.groups + 1, end - size}
			if !isKnown {
				c.unknown++
			}
			if c.unknown < best[end].unknown || c.unknown == best[end].unknown && c.groups < best[end].groups {
				best[end] = c
			}
		}
	}
	var out []string
	for end := len(pieces); end > 0; end = best[end].from {
		out = append(out, strings.Join(pieces[best[end].from:end], ", "))
	}
	slices.Reverse(out)
	return out
}

// minSorted is how many contexts a label must name in order, at the least, to be taken
// for one that names all in order: of two, one order is as likely as the other.
const minSorted = 3

// mendOrder joins neighbours so that all stand in the order of their bytes and none
// twice, with as few joins as can be. Where nothing is out of order, where no joins help
// or several would as well, the items stay as they are.
func mendOrder(items []string) []string {
	if len(items) > MaxItems || ascending(items) {
		return items
	}
	// ends[e][size] is the best way to split the items before e, the last size of which
	// are one context.
	type way struct {
		joins, count, before int // count is 0 where there is none, 2 where there are several
		text                 string
	}
	ends := make([][maxContextParts + 1]way, len(items)+1)
	ends[0][0] = way{count: 1}
	for end := 1; end <= len(items); end++ {
		for size := 1; size <= min(end, maxContextParts); size++ {
			w := way{text: strings.Join(items[end-size:end], ", ")}
			for before, prev := range ends[end-size] {
				joins := prev.joins + size - 1
				switch {
				case prev.count == 0 || end > size && prev.text >= w.text:
				case w.count == 0 || joins < w.joins:
					w.joins, w.count, w.before = joins, prev.count, before
				case joins == w.joins:
					w.count = 2
				}
			}
			ends[end][size] = w
		}
	}
	best, size := way{}, 0
	for s, w := range ends[len(items)] {
		switch {
		case w.count == 0 || best.count > 0 && w.joins > best.joins:
		case best.count > 0 && w.joins == best.joins:
			best.count = 2
		default:
			best, size = w, s
		}
	}
	if best.count != 1 || len(items)-best.joins < minSorted {
		return items
	}
	var out []string
	for end := len(items); end > 0; {
		w := ends[end][size]
		out = append(out, w.text)
		end, size = end-size, w.before
	}
	slices.Reverse(out)
	return out
}

// ascending reports whether items stand in the order of their bytes, none twice.
func ascending(items []string) bool {
	for i := 1; i < len(items); i++ {
		if items[i-1] >= items[i] {
			return false
		}
	}
	return true
}

// mendTwice joins a context that stands twice to the one before it.
func mendTwice(items []string) []string {
	seen := make(map[string]bool, len(items))
	var out []string
	for _, it := range items {
		if last := len(out) - 1; seen[it] && last >= 0 && out[last] != it {
			out[last] += ", " + it
			seen[out[last]] = true
			continue
		}
		seen[it] = true
		out = append(out, it)
	}
	return out
}
