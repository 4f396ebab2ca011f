package web

import (
	"net/url"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// editField is a field of the form in which an article is edited.
type editField struct {
	Name    string // of the element
	Label   string
	Hint    string
	Rows    int      // of a text area; 0 is one line
	Options []string // what may be chosen; nil: anything
	More    bool     // stands among those that are seldom changed
	field   schema.Field
}

// editFields are the fields that editors change, in the order of the form. Where an
// article stands, what else leads to it, and what this program doesn't know stay as
// they are.
func editFields() []editField {
	return []editField{
		{Name: "headline", Label: "Headline", Rows: 2, field: schema.FieldHeadline},
		{Name: "summary", Label: "Summary", Rows: 3, field: schema.FieldSummary},
		{Name: "body", Label: "Body", Hint: "Markdown", Rows: 16, field: schema.FieldBody},
		{Name: "category", Label: "Category", field: schema.FieldCategory},
		{Name: "date", Label: "Date", Hint: "the day it belongs to, YYYY-MM-DD", field: schema.FieldDate},
		{Name: "contexts", Label: "Contexts", Hint: "what it is about, one a line", Rows: 4, field: schema.FieldContexts},
		{Name: "sources", Label: "Sources", Hint: "one a line: name, then address", Rows: 4, field: schema.FieldSources},
		{Name: "byline", Label: "Byline", More: true, field: schema.FieldByline},
		{Name: "language", Label: "Language", Hint: "BCP 47: en, ar, zh-Hant", More: true, field: schema.FieldLanguage},
		{Name: "type", Label: "Type", Options: []string{string(schema.Event), string(schema.Article)}, More: true, field: schema.FieldType},
		{Name: "status", Label: "Status", Options: []string{string(schema.Usable), string(schema.Withheld), string(schema.Canceled)}, More: true, field: schema.FieldStatus},
		{Name: "translation_of", Label: "Translation of", Hint: "an article's id", More: true, field: schema.FieldTranslationOf},
		{Name: "image_url", Label: "Picture", Hint: "its address", More: true, field: schema.FieldImage},
		{Name: "image_caption", Label: "Caption", More: true, field: schema.FieldImage},
		{Name: "image_credit", Label: "Credit", More: true, field: schema.FieldImage},
	}
}

// formValues are what the elements of the form hold, by name.
type formValues map[string]string

// valuesOf gives what the form shows of a state.
func valuesOf(s *schema.State) formValues {
	sources := make([]string, len(s.Sources))
	for i, src := range s.Sources {
		sources[i] = sourceLine(src)
	}
	return formValues{
		"headline": s.Headline, "summary": s.Summary, "body": s.Body, "category": s.Category, "date": string(s.Date),
		"contexts": strings.Join(s.Contexts, "\n"), "sources": strings.Join(sources, "\n"),
		"byline": s.Byline, "language": s.Language, "type": string(s.Type), "status": string(s.Status),
		"translation_of": s.TranslationOf.String(), "image_url": s.Image.URL, "image_caption": s.Image.Caption, "image_credit": s.Image.Credit,
	}
}

func sourceLine(s schema.Source) string {
	if s.Name == "" || s.URL == "" {
		return s.Name + s.URL
	}
	return s.Name + " " + s.URL
}

// parseSource reads a line of the sources: the address is what begins last like one.
func parseSource(line string) schema.Source {
	at := max(strings.LastIndex(line, " http://"), strings.LastIndex(line, " https://"))
	switch {
	case at >= 0:
		return schema.Source{Name: strings.TrimSpace(line[:at]), URL: strings.TrimSpace(line[at:])}
	case strings.HasPrefix(line, "http://"), strings.HasPrefix(line, "https://"):
		return schema.Source{URL: strings.TrimSpace(line)}
	}
	return schema.Source{Name: strings.TrimSpace(line)}
}

// postedValues reads the form. Browsers send line ends as CRLF.
func postedValues(form url.Values) formValues {
	v := formValues{}
	for _, f := range editFields() {
		v[f.Name] = strings.ReplaceAll(strings.ReplaceAll(form.Get(f.Name), "\r\n", "\n"), "\r", "\n")
	}
	return v
}

// same reports whether an element holds the same in both: the end of a text is not
// what anybody sees.
func (v formValues) same(other formValues, name string) bool {
	return strings.TrimRight(v[name], " \t\n") == strings.TrimRight(other[name], " \t\n")
}

// input is the state that the form comes to on top of base: only what differs from what
// the form showed of base is carried, so that what a form can't show stays as it was.
func (v formValues) input(base *schema.State) (schema.Input, *schema.Problem) {
	in := schema.Input{State: *base}
	shown := valuesOf(base)
	for _, f := range editFields() {
		if v.same(shown, f.Name) {
			continue
		}
		in.Carries |= schema.Fields(f.field)
		if p := set(&in.State, base, f.Name, v[f.Name]); p != nil {
			return in, p
		}
	}
	next, _ := schema.Apply(base, &in)
	next.Normalize()
	return in, next.Validate()
}

// set puts what an element holds into a state.
func set(s, base *schema.State, name, value string) *schema.Problem {
	switch name {
	case "body":
		s.Body = value
		return nil
	case "contexts":
		s.Contexts = nonEmptyLines(value)
		return nil
	case "sources":
		s.Sources = nil
		for _, line := range nonEmptyLines(value) {
			// A line that stayed is the source that it was, however it reads.
			i := slices.IndexFunc(base.Sources, func(src schema.Source) bool { return sourceLine(src) == line })
			if i >= 0 {
				s.Sources = append(s.Sources, base.Sources[i])
			} else {
				s.Sources = append(s.Sources, parseSource(line))
			}
		}
		return nil
	}
	// The other fields are one line; what a text area has more are blanks to the reader.
	line := strings.TrimSpace(strings.ReplaceAll(value, "\n", " "))
	switch name {
	case "headline":
		s.Headline = line
	case "summary":
		s.Summary = line
	case "category":
		s.Category = line
	case "date":
		s.Date = schema.Date(line)
		if d, err := schema.ParseDate(line); err == nil {
			s.Date = d
		}
	case "byline":
		s.Byline = line
	case "language":
		s.Language = line
	case "type":
		s.Type = schema.Type(line)
	case "status":
		s.Status = schema.Status(line)
	case "image_url":
		s.Image.URL = line
	case "image_caption":
		s.Image.Caption = line
	case "image_credit":
		s.Image.Credit = line
	case "translation_of":
		if line == "" {
			s.TranslationOf = schema.ID{}
			return nil
		}
		id, err := schema.ParseID(line)
		if err != nil {
			return &schema.Problem{Field: name, Reason: err.Error()}
		}
		s.TranslationOf = id
	}
	return nil
}

func nonEmptyLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimRight(line, " \t"))
		}
	}
	return lines
}

// merged brings together what two sides made of the same base: of a field that one
// side alone changed, what it changed; of a field that both did, what the editor typed.
// both and taken name the fields that both changed otherwise, and those that are now
// the other side's.
func (v formValues) merged(base, theirs formValues) (out formValues, both, taken []string) {
	out = formValues{}
	for _, f := range editFields() {
		out[f.Name] = v[f.Name]
		switch {
		case v.same(base, f.Name) && !theirs.same(base, f.Name):
			out[f.Name] = theirs[f.Name]
			taken = append(taken, f.Label)
		case !v.same(base, f.Name) && !theirs.same(base, f.Name) && !v.same(theirs, f.Name):
			both = append(both, f.Label)
		}
	}
	return out, both, taken
}
