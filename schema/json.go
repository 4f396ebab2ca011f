package schema

import (
	_ "embed" // the published schema
	"encoding/json"
	"strings"
)

//go:embed schema.json
var jsonSchema string

// JSONSchema gives the published JSON Schema (draft 2020-12) of a state. What
// [EncodeJSON] and [EncodeStream] write is valid under it.
func JSONSchema() []byte { return []byte(jsonSchema) }

// stateJSON is the order of the keys on output: that of [Table].
type stateJSON struct {
	ID            string       `json:"id,omitempty"`
	Type          Type         `json:"type,omitempty"`
	Date          Date         `json:"date,omitempty"`
	Category      string       `json:"category,omitempty"`
	Headline      string       `json:"headline"`
	Summary       string       `json:"summary,omitempty"`
	Byline        string       `json:"byline,omitempty"`
	Language      string       `json:"language,omitempty"`
	Status        Status       `json:"status,omitempty"`
	TranslationOf string       `json:"translation_of,omitempty"`
	Image         *imageJSON   `json:"image,omitempty"`
	Contexts      []string     `json:"contexts,omitempty"`
	Sources       []sourceJSON `json:"sources,omitempty"`
	Aliases       []string     `json:"aliases,omitempty"`
	Path          string       `json:"path,omitempty"`
	Body          string       `json:"body,omitempty"`
	Published     string       `json:"published,omitempty"`
	Author        *personJSON  `json:"author,omitempty"`
	Note          string       `json:"note,omitempty"`
	Key           string       `json:"key,omitempty"`
}

type imageJSON struct {
	URL     string `json:"url,omitempty"`
	Caption string `json:"caption,omitempty"`
	Credit  string `json:"credit,omitempty"`
}

type sourceJSON struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

type personJSON struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// EncodeJSON writes a state as one JSON object, indented, with an LF at the end.
// Empty fields are left out (type and status never are), unknown keys stand last
// under their names.
func EncodeJSON(s *State) []byte {
	return append(encodeJSON(&Input{State: *s}, "  "), '\n')
}

// EncodeStream writes a state with what a stream says beside it (published,
// author, note, key) as one JSON object on one line that ends in an LF.
func EncodeStream(in *Input) []byte {
	return append(encodeJSON(in, ""), '\n')
}

func encodeJSON(in *Input, indent string) []byte {
	s := in.State.Clone()
	s.Normalize()
	out := stateJSON{
		ID: s.ID.String(), Type: s.Type, Date: s.Date, Category: s.Category, Headline: s.Headline,
		Summary: s.Summary, Byline: s.Byline, Language: s.Language, Status: s.Status,
		TranslationOf: s.TranslationOf.String(), Contexts: s.Contexts, Aliases: s.Aliases,
		Path: s.Path, Body: s.Body, Published: in.Published.String(), Note: in.Note, Key: in.Key,
	}
	if s.Image != (Image{}) {
		out.Image = &imageJSON{s.Image.URL, s.Image.Caption, s.Image.Credit}
	}
	for _, src := range s.Sources {
		out.Sources = append(out.Sources, sourceJSON(src))
	}
	if in.Author != (Person{}) {
		out.Author = &personJSON{in.Author.Name, in.Author.Email}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return []byte("{}") // structs of strings always encode
	}
	text := strings.TrimSuffix(b.String(), "}\n")
	for _, e := range s.Extra {
		if v, err := canonicalJSON(e.Value); err == nil {
			text += "," + string(appendQuoted(nil, e.Key)) + ":" + v
		}
	}
	text += "}"
	if indent == "" {
		return []byte(text)
	}
	return indentJSON(text, indent)
}

// indentJSON lays compact JSON out, one key or item a line. The library's Indent
// would do, but that it has no bound on depth that fits ours.
func indentJSON(text, indent string) []byte {
	var b strings.Builder
	depth, inString := 0, false
	newline := func() {
		b.WriteByte('\n')
		b.WriteString(strings.Repeat(indent, depth))
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString:
			b.WriteByte(c)
			if c == '\\' {
				i++
				b.WriteByte(text[i])
			}
			inString = c != '"'
		case c == '"':
			inString = true
			b.WriteByte(c)
		case (c == '{' || c == '[') && i+1 < len(text) && text[i+1] == c+2:
			i++
			b.WriteString(text[i-1 : i+1])
		case c == '{' || c == '[':
			b.WriteByte(c)
			depth++
			newline()
		case c == '}' || c == ']':
			depth--
			newline()
			b.WriteByte(c)
		case c == ',':
			b.WriteByte(c)
			newline()
		case c == ':':
			b.WriteString(": ")
		default:
			b.WriteByte(c)
		}
	}
	return []byte(b.String())
}

// ParseJSON reads one state from one JSON object, of a file or of one line of a
// stream (with published, author, note and key beside the fields). Unknown keys
// are kept under their names. A key that is missing empties its field, but for
// type, status, path and aliases: see [ParseFile].
//
// Refused are, with their line: what is no JSON (RFC 8259, so NaN too), a key that
// stands twice, half a surrogate pair, values of the wrong kind, and nesting
// deeper than [MaxDepth].
func ParseJSON(data []byte) (Input, *Problem) {
	s, p := readBytes(data, jsonFieldAt)
	if p != nil {
		return Input{}, p
	}
	v, err := parseJSONTree(s)
	if err != nil && err.reason == somethingFollows { // no field's fault: often a stream
		return Input{}, &Problem{Line: lineOf(s, err.pos), Reason: err.reason, Hint: "one object is read here; a file of one a line is for: import jsonl"}
	}
	if err != nil {
		return Input{}, &Problem{Line: lineOf(s, err.pos), Field: jsonFieldAt(s[:min(err.pos, len(s))]), Reason: err.reason}
	}
	// Places come in rising order, nearly: count lines from the last one.
	at, line := 0, 1
	t := &tree{lineAt: func(pos int) int {
		if pos < at {
			at, line = 0, 1
		}
		line += strings.Count(s[at:pos], "\n")
		at = pos
		return line
	}}
	if p := t.read(&v); p != nil {
		return Input{}, p
	}
	if p := finish(&t.in, t.lines); p != nil {
		return Input{}, p
	}
	return t.in, nil
}

// jsonFieldAt tells the last key of a state's own before a place, "" if none is.
func jsonFieldAt(before string) string {
	name, at := "", -1
	for _, row := range table {
		if i := strings.LastIndex(before, `"`+row.Name+`"`); i > at && row.Field != FieldExtra {
			name, at = row.Name, i
		}
	}
	return name
}
