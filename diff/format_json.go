package diff

import (
	_ "embed" // for the schema
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

//go:embed diff.schema.json
var jsonSchema string

// JSONSchema gives the JSON Schema (draft 2020-12) of what [JSON] writes.
func JSONSchema() string { return jsonSchema }

// jsonDiff is the object that JSON writes. diff.schema.json describes it.
type jsonDiff struct {
	Article string `json:"article,omitempty"`
	From    any    `json:"from,omitempty"` // a version's number, or what the side is called
	To      any    `json:"to,omitempty"`

	Corrections []jsonCorrection `json:"corrections,omitempty"`
	Fields      []jsonField      `json:"fields"`
}

type jsonCorrection struct {
	Type string `json:"type"`
	Text string `json:"text"`
	From int    `json:"from,omitempty"`
	To   int    `json:"to"`
}

type jsonField struct {
	Field     string        `json:"field"`
	Kinds     []Kind        `json:"kinds"`
	OldText   *string       `json:"oldText,omitempty"`
	NewText   *string       `json:"newText,omitempty"`
	OldBase64 *string       `json:"oldBase64,omitempty"`
	NewBase64 *string       `json:"newBase64,omitempty"`
	Segments  []jsonSegment `json:"segments"`
	Stat      *jsonStat     `json:"stat,omitempty"`
}

type jsonSegment struct {
	Op   string `json:"op"`
	Old  [2]int `json:"old"`
	New  [2]int `json:"new"`
	Pair int    `json:"pair,omitempty"`
}

type jsonStat struct {
	Removed int `json:"removed"`
	Added   int `json:"added"`
	Moved   int `json:"moved"`
}

// json writes one object on one line.
func (p *printer) json(d document, opt ShowOptions) {
	out := jsonDiff{Article: opt.Article, From: sideName(opt.FromVersion, opt.From), To: sideName(opt.ToVersion, opt.To), Fields: []jsonField{}}
	for _, c := range opt.Corrections {
		out.Corrections = append(out.Corrections, jsonCorrection(c))
	}
	for _, f := range d.fields {
		j := jsonField{Field: f.Name, Kinds: append([]Kind{}, f.Kinds...), Segments: make([]jsonSegment, 0, len(f.Segments))}
		j.OldText, j.OldBase64 = jsonText(f.Old)
		j.NewText, j.NewBase64 = jsonText(f.New)
		for _, s := range f.Segments {
			j.Segments = append(j.Segments, jsonSegment{Op: s.Op.String(), Old: [2]int{s.A0, s.A1}, New: [2]int{s.B0, s.B1}, Pair: s.Pair})
		}
		if opt.Stat {
			c := countWords(f)
			j.Stat = &jsonStat{Removed: c.removed, Added: c.added, Moved: c.moved}
		}
		out.Fields = append(out.Fields, j)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if p.err = enc.Encode(out); p.err == nil {
		p.printEscaped(b.String())
	}
}

// sideName names a side: by its version number where it has one.
func sideName(version int, label string) any {
	switch {
	case version > 0:
		return version
	case label != "":
		return label
	}
	return nil
}

// jsonText carries a text as it is where JSON can; offsets count its bytes.
func jsonText(s string) (text, inBase64 *string) {
	if utf8.ValidString(s) {
		return &s, nil
	}
	e := base64.StdEncoding.EncodeToString([]byte(s))
	return nil, &e
}

// printEscaped writes encoded JSON with the characters escaped that encoding/json
// leaves as they are but that a terminal or a reader's eye can't be trusted with:
// DEL, C1 controls, bidi and other format characters. They stand within strings
// alone.
func (p *printer) printEscaped(encoded string) {
	from := 0
	for i, c := range encoded {
		if c < 0x7f || c > 0x9f && !unicode.Is(unicode.Cf, c) {
			continue
		}
		p.print(encoded[from:i])
		if hi, lo := utf16.EncodeRune(c); hi != unicode.ReplacementChar { // beyond the basic plane: RFC 8259, section 7
			fmt.Fprintf(p, `\u%04x\u%04x`, hi, lo)
		} else {
			fmt.Fprintf(p, `\u%04x`, c)
		}
		from = i + utf8.RuneLen(c)
	}
	p.print(encoded[from:])
}
