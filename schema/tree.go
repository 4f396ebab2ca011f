package schema

import (
	"fmt"
	"slices"
	"strings"
)

// tree reads a state from the values that JSON and front matter have in common.
type tree struct {
	in     Input
	lineAt func(pos int) int // the 1-based line of a value
	// bare says that scalars may stand without quotes, as in YAML: then 2015 and
	// true are texts where a text is wanted, and one item may stand for a list.
	bare  bool
	lines map[string]int // the line of each field, for problems found later
}

// keysAlwaysCarried are the fields that an object without the key empties. What
// is missing from here (type, status, path, aliases) is carried only where it is
// written: a source that never heard of them must not make a withdrawn article
// usable or take its addresses away.
var keysAlwaysCarried = AllFields &^ Fields(FieldType, FieldStatus, FieldPath, FieldAliases)

// read takes the state out of an object.
func (t *tree) read(v *jsonValue) *Problem {
	t.lines = map[string]int{}
	t.in.Carries = keysAlwaysCarried
	if v.kind != jsonObject {
		return &Problem{Line: t.lineAt(v.pos), Reason: fmt.Sprintf("%s stands where an object with a headline is wanted", v.kind)}
	}
	if len(v.keys) > MaxItems {
		return &Problem{Line: t.lineAt(v.pos), Reason: fmt.Sprintf("%d keys are more than the %d allowed", len(v.keys), MaxItems)}
	}
	for i, key := range v.keys {
		t.lines[key] = t.lineAt(v.at[i])
		if f, known := FieldNamed(key); known && f != FieldExtra {
			t.in.Carries |= Fields(f)
		}
		if p := t.key(key, &v.vals[i]); p != nil {
			if p.Line == 0 {
				p.Line = t.lineAt(v.at[i])
			}
			if p.Field == "" {
				p.Field = key
			}
			return p
		}
	}
	return nil
}

// key reads the value of one key.
func (t *tree) key(key string, v *jsonValue) *Problem {
	s := &t.in.State
	var text string
	switch key {
	case "type", "date", "category", "headline", "summary", "byline", "language", "status", "path",
		"id", "translation_of", "published", "note", "key", "body":
		var p *Problem
		if text, p = t.text(v); p != nil {
			return p
		}
	}
	switch key {
	case "stemma":
		return formatVersion(v)
	case "id":
		return readAs(&s.ID, text, ParseID)
	case "translation_of":
		return readAs(&s.TranslationOf, text, ParseID)
	case "type":
		s.Type = Type(text)
	case "status":
		s.Status = Status(text)
	case "date":
		s.Date = readDate(text)
	case "category":
		s.Category = text
	case "headline":
		s.Headline = text
	case "summary":
		s.Summary = text
	case "byline":
		s.Byline = text
	case "language":
		s.Language = text
	case "path":
		s.Path = text
	case "body":
		s.Body = text
	case "image":
		return t.image(v)
	case "contexts":
		return t.texts(&s.Contexts, v)
	case "aliases":
		return t.aliases(v)
	case "sources":
		return t.sources(v)
	case "published":
		return readAs(&t.in.Published, text, ParseTime)
	case "note":
		t.in.Note = text
	case "key":
		t.in.Key = text
	case "author":
		return t.author(v)
	default:
		s.Extra = append(s.Extra, Extra{Key: key, Value: string(v.append(nil, false))})
	}
	return nil
}

// formatVersion refuses files that a later program wrote.
func formatVersion(v *jsonValue) *Problem {
	if v.text != "1" {
		return &Problem{
			Field:  "stemma",
			Reason: fmt.Sprintf("format version %.20q is not known: this program reads version 1", v.text),
			Hint:   "a newer stemma wrote this: update",
		}
	}
	return nil
}

// wanted says that v is of the wrong kind.
func (t *tree) wanted(v *jsonValue, what string) *Problem {
	return &Problem{Line: t.lineAt(v.pos), Reason: fmt.Sprintf("%s stands where %s is wanted", v.kind, what)}
}

// text reads a text; null is the empty one.
func (t *tree) text(v *jsonValue) (string, *Problem) {
	switch {
	case v.kind == jsonNull:
		return "", nil
	case v.kind == jsonString, t.bare && (v.kind == jsonNumber || v.kind == jsonBool):
		return v.text, nil
	}
	return "", t.wanted(v, "a text")
}

// items gives the items of a list; null is the empty one.
func (t *tree) items(v *jsonValue) ([]jsonValue, *Problem) {
	switch {
	case len(v.vals) > MaxItems:
		return nil, &Problem{Line: t.lineAt(v.pos), Reason: fmt.Sprintf("%d items are more than the %d allowed", len(v.vals), MaxItems)}
	case v.kind == jsonArray:
		return v.vals, nil
	case v.kind == jsonNull:
		return nil, nil
	case t.bare:
		return []jsonValue{*v}, nil
	}
	return nil, t.wanted(v, "a list")
}

func (t *tree) texts(dst *[]string, v *jsonValue) *Problem {
	items, p := t.items(v)
	if p != nil {
		return p
	}
	for i := range items {
		text, p := t.text(&items[i])
		if p != nil {
			return p
		}
		*dst = append(*dst, text)
	}
	return nil
}

func (t *tree) aliases(v *jsonValue) *Problem {
	if p := t.texts(&t.in.Aliases, v); p != nil {
		return p
	}
	items, _ := t.items(v)
	for i := range items {
		one := State{Headline: "x", Aliases: []string{oneLine(items[i].text)}}
		if p := one.validateSets(); p != nil {
			p.Line = t.lineAt(items[i].pos)
			return p
		}
	}
	return nil
}

func (t *tree) sources(v *jsonValue) *Problem {
	items, p := t.items(v)
	if p != nil {
		return p
	}
	for i := range items {
		var src Source
		if it := &items[i]; it.kind == jsonObject {
			p = t.object(it, map[string]*string{"name": &src.Name, "url": &src.URL})
		} else {
			src.URL, p = t.text(it)
		}
		if p != nil {
			return p
		}
		one := State{Sources: normalSources([]Source{src})}
		if p := one.validateSets(); p != nil {
			p.Line = t.lineAt(items[i].pos)
			return p
		}
		t.in.Sources = append(t.in.Sources, src)
	}
	return nil
}

func (t *tree) image(v *jsonValue) *Problem {
	img := &t.in.Image
	if v.kind == jsonObject {
		return t.object(v, map[string]*string{"url": &img.URL, "caption": &img.Caption, "credit": &img.Credit})
	}
	text, p := t.text(v)
	img.URL = text
	return p
}

func (t *tree) author(v *jsonValue) *Problem {
	who := &t.in.Author
	if v.kind == jsonObject {
		return t.object(v, map[string]*string{"name": &who.Name, "email": &who.Email})
	}
	text, p := t.text(v)
	if p == nil {
		*who = ParsePerson(text)
	}
	return p
}

// object reads an object of texts whose keys are all known: there is no place to
// keep others.
func (t *tree) object(v *jsonValue, fields map[string]*string) *Problem {
	for i, key := range v.keys {
		dst, ok := fields[key]
		if !ok {
			return &Problem{Line: t.lineAt(v.at[i]), Reason: fmt.Sprintf("the key %.40q is not known here", key)}
		}
		if slices.Contains(v.keys[:i], key) {
			return &Problem{Line: t.lineAt(v.at[i]), Reason: fmt.Sprintf("the key %.40q stands twice", key)}
		}
		text, p := t.text(&v.vals[i])
		if p != nil {
			return p
		}
		*dst = text
	}
	return nil
}

// ParsePerson reads "Name <address>", a name alone or an address alone.
func ParsePerson(s string) Person {
	s = strings.TrimSpace(s)
	if name, rest, ok := strings.Cut(s, "<"); ok {
		return Person{Name: strings.TrimSpace(name), Email: strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), ">"))}
	}
	if strings.Contains(s, "@") && !strings.Contains(s, " ") {
		return Person{Email: s}
	}
	return Person{Name: s}
}

// String gives "Name <address>", or the one of them that is known.
func (p Person) String() string {
	switch {
	case p.Email == "":
		return p.Name
	case p.Name == "":
		return "<" + p.Email + ">"
	}
	return p.Name + " <" + p.Email + ">"
}

// readAs reads a value that stands as a text; an empty text is no value.
func readAs[T any](dst *T, text string, parse func(string) (T, error)) *Problem {
	if text == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		return &Problem{Reason: err.Error()}
	}
	*dst = v
	return nil
}

// readDate brings a date to its form; what is none stays for Validate to name.
func readDate(text string) Date {
	if d, err := ParseDate(strings.TrimSpace(text)); err == nil {
		return d
	}
	return Date(text)
}

// finish validates what a reader gives, as it will be after normalization. The
// input itself stays as it was read, so that [Unchanged] can say what differs.
func finish(in *Input, lines map[string]int) *Problem {
	s := in.State.Clone()
	if body := s.Body; len(body) < MaxBody { // the LF that is added is always good: no copy for it
		s.Body = ""
		s.Normalize()
		s.Body = oneLine(body)
	} else {
		s.Normalize()
	}
	p := s.Validate()
	if p == nil {
		return nil
	}
	if p.Line == 0 {
		p.Line = lines[p.Field]
	}
	if p.Field == FieldHeadline.String() && s.Headline == "" {
		p.Line = max(p.Line, 1) // what is not there has no line: the text begins in the first
		for _, e := range s.Extra {
			if strings.EqualFold(e.Key, "title") {
				p.Hint = fmt.Sprintf("%q is kept as a key of its own: name it headline", e.Key)
			}
		}
	}
	return p
}
