package schema

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// EncodeXML writes a state as one XML element <article> whose children bear the
// names of the fields, in the order of [Table]; items of lists are <context>,
// <source>, <alias>. A character that XML 1.0 can't carry (a control character,
// U+FFFE, U+FFFF) is written <char code="1B"/>, its code in hexadecimal, within
// the text; [ParseXML] puts it back. An unknown key is an <extra> with <key> and
// <value>, the value as JSON.
func EncodeXML(s *State) []byte {
	c := s.Clone()
	c.Normalize()
	w := &xmlWriter{}
	w.b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<article>\n")
	w.element("  ", "id", c.ID.String())
	w.element("  ", "type", string(c.Type))
	w.element("  ", "date", string(c.Date))
	w.element("  ", "category", c.Category)
	w.element("  ", "headline", c.Headline)
	w.element("  ", "summary", c.Summary)
	w.element("  ", "byline", c.Byline)
	w.element("  ", "language", c.Language)
	w.element("  ", "status", string(c.Status))
	w.element("  ", "translation_of", c.TranslationOf.String())
	if c.Image != (Image{}) {
		w.group("  ", "image", [][2]string{{"url", c.Image.URL}, {"caption", c.Image.Caption}, {"credit", c.Image.Credit}})
	}
	w.list("contexts", "context", c.Contexts)
	if len(c.Sources) > 0 {
		w.b.WriteString("  <sources>\n")
		for _, src := range c.Sources {
			w.group("    ", "source", [][2]string{{"name", src.Name}, {"url", src.URL}})
		}
		w.b.WriteString("  </sources>\n")
	}
	w.list("aliases", "alias", c.Aliases)
	w.element("  ", "path", c.Path)
	for _, e := range c.Extra {
		w.group("  ", "extra", [][2]string{{"key", e.Key}, {"value", e.Value}})
	}
	w.element("  ", "body", c.Body)
	w.b.WriteString("</article>\n")
	return []byte(w.b.String())
}

type xmlWriter struct{ b strings.Builder }

// element writes an element that is not empty.
func (w *xmlWriter) element(indent, name, text string) {
	if text == "" {
		return
	}
	w.b.WriteString(indent + "<" + name + ">")
	for _, r := range text {
		switch {
		case r == '&':
			w.b.WriteString("&amp;")
		case r == '<':
			w.b.WriteString("&lt;")
		case r == '>':
			w.b.WriteString("&gt;")
		case r < 0x20 && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			fmt.Fprintf(&w.b, `<char code="%X"/>`, r)
		case 0x7F <= r && r < 0xA0, r == 0x2028:
			fmt.Fprintf(&w.b, "&#x%X;", r)
		default:
			w.b.WriteRune(r)
		}
	}
	w.b.WriteString("</" + name + ">\n")
}

func (w *xmlWriter) group(indent, name string, parts [][2]string) {
	w.b.WriteString(indent + "<" + name + ">\n")
	for _, part := range parts {
		w.element(indent+"  ", part[0], part[1])
	}
	w.b.WriteString(indent + "</" + name + ">\n")
}

func (w *xmlWriter) list(name, item string, items []string) {
	if len(items) == 0 {
		return
	}
	w.b.WriteString("  <" + name + ">\n")
	for _, it := range items {
		w.element("    ", item, it)
	}
	w.b.WriteString("  </" + name + ">\n")
}

// ParseXML reads what [EncodeXML] writes, and what others write by its words, in
// any order. Elements that are not known are kept as unknown keys where they hold
// text alone, else refused. A document type or an entity of one's own is refused,
// so nothing expands.
func ParseXML(data []byte) (Input, *Problem) {
	s, p := readBytes(data, nil)
	if p != nil {
		return Input{}, p
	}
	r := &xmlReader{s: s, dec: xml.NewDecoder(strings.NewReader(s))}
	r.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(label, "utf-8") || strings.EqualFold(label, "us-ascii") {
			return in, nil
		}
		return nil, fmt.Errorf("the encoding %.40q is not read, UTF-8 is wanted", label)
	}
	root, p := r.document()
	if p != nil {
		return Input{}, p
	}
	if root.name != "article" {
		return Input{}, &Problem{Line: root.line, Reason: fmt.Sprintf("the root element is <%.40s>, <article> is wanted", root.name)}
	}
	v, p := root.state()
	if p != nil {
		return Input{}, p
	}
	t := &tree{lineAt: func(line int) int { return line }}
	if p := t.read(&v); p != nil {
		return Input{}, p
	}
	if p := finish(&t.in, t.lines); p != nil {
		return Input{}, p
	}
	return t.in, nil
}

// xmlElement is an element: its text, or the elements in it.
type xmlElement struct {
	name  string
	line  int
	text  string
	items []xmlElement
}

type xmlReader struct {
	s   string
	dec *xml.Decoder
	// Where the decoder last stood, so that lines are counted once.
	at, lines int
}

// line gives the line that the decoder has come to.
func (r *xmlReader) line() int {
	pos := min(int(r.dec.InputOffset()), len(r.s))
	r.lines += strings.Count(r.s[r.at:pos], "\n")
	r.at = pos
	return r.lines + 1
}

func (r *xmlReader) fail(format string, args ...any) *Problem {
	return &Problem{Line: r.line(), Reason: fmt.Sprintf(format, args...)}
}

// token gives the next token that means something.
func (r *xmlReader) token() (xml.Token, *Problem) {
	for {
		tok, err := r.dec.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return nil, nil
		case errors.As(err, &syntax):
			return nil, &Problem{Line: syntax.Line, Reason: "this is no XML: " + syntax.Msg}
		case err != nil:
			return nil, r.fail("this is no XML: %s", strings.TrimPrefix(err.Error(), "xml: "))
		}
		switch tok := tok.(type) {
		case xml.Directive:
			return nil, r.fail("a document type or entity declaration is not read")
		case xml.ProcInst, xml.Comment:
		default:
			return tok, nil
		}
	}
}

// document reads the one root element.
func (r *xmlReader) document() (xmlElement, *Problem) {
	var root *xmlElement
	for {
		tok, p := r.token()
		if p != nil {
			return xmlElement{}, p
		}
		switch tok := tok.(type) {
		case nil:
			if root == nil {
				return xmlElement{}, r.fail("no element")
			}
			return *root, nil
		case xml.StartElement:
			if root != nil {
				return xmlElement{}, r.fail("a second root element <%.40s>", tok.Name.Local)
			}
			e, p := r.element(tok, 0)
			if p != nil {
				return xmlElement{}, p
			}
			root = &e
		case xml.CharData:
			if strings.TrimSpace(string(tok)) != "" {
				return xmlElement{}, r.fail("text stands outside of the root element")
			}
		}
	}
}

// element reads up to the end of an element that has begun.
func (r *xmlReader) element(start xml.StartElement, depth int) (xmlElement, *Problem) {
	e := xmlElement{name: start.Name.Local, line: r.line()}
	if depth > 4 {
		return e, r.fail("<%.40s> is nested deeper than anything of an article is", e.name)
	}
	var text strings.Builder
	for {
		tok, p := r.token()
		if p != nil {
			return e, p
		}
		switch tok := tok.(type) {
		case nil:
			return e, r.fail("<%.40s> does not end", e.name)
		case xml.CharData:
			text.Write(tok)
		case xml.EndElement:
			e.text = text.String()
			return e, nil
		case xml.StartElement:
			if tok.Name.Local == "char" {
				if p := r.char(tok, &text); p != nil {
					return e, p
				}
				continue
			}
			item, p := r.element(tok, depth+1)
			if p != nil {
				return e, p
			}
			if len(e.items) > 4*MaxItems {
				return e, r.fail("<%.40s> holds too many elements", e.name)
			}
			e.items = append(e.items, item)
		}
	}
}

// char reads <char code="1B"/>.
func (r *xmlReader) char(start xml.StartElement, text *strings.Builder) *Problem {
	code := ""
	for _, a := range start.Attr {
		if a.Name.Local == "code" {
			code = a.Value
		}
	}
	n, err := strconv.ParseUint(code, 16, 32)
	if err != nil || n == 0 || n >= 0x20 && n != 0xFFFE && n != 0xFFFF {
		return r.fail("<char code=%.20q/> names no character that XML can't carry", code)
	}
	text.WriteRune(rune(n))
	if tok, p := r.token(); p != nil {
		return p
	} else if _, ended := tok.(xml.EndElement); !ended {
		return r.fail("<char> holds something")
	}
	return nil
}

// state turns the root element into the object that JSON has in its place.
func (e *xmlElement) state() (jsonValue, *Problem) {
	v := jsonValue{kind: jsonObject, pos: e.line}
	seen := map[string]bool{}
	for i := range e.items {
		item := &e.items[i]
		key, val, p := item.value()
		if p != nil {
			return v, p
		}
		if seen[key] {
			return v, &Problem{Line: item.line, Field: key, Reason: fmt.Sprintf("<%.40s> stands twice", key)}
		}
		seen[key] = true
		v.keys, v.at, v.vals = append(v.keys, key), append(v.at, item.line), append(v.vals, val)
	}
	return v, nil
}

// value gives the key and value of a child of the root.
func (e *xmlElement) value() (string, jsonValue, *Problem) {
	v := jsonValue{pos: e.line}
	bad := func(format string, args ...any) (string, jsonValue, *Problem) {
		return "", v, &Problem{Line: e.line, Field: e.name, Reason: fmt.Sprintf(format, args...)}
	}
	itemNames := map[string]string{"contexts": "context", "aliases": "alias", "sources": "source"}
	switch e.name {
	case "contexts", "aliases", "sources":
		v.kind = jsonArray
		for _, it := range e.items {
			if it.name != itemNames[e.name] {
				return bad("<%.40s> stands where <%s> is wanted", it.name, itemNames[e.name])
			}
			v.vals = append(v.vals, it.parts())
		}
	case "image", "author":
		v = e.parts()
	case "extra":
		fields := e.parts()
		key, hasKey := fields.get("key")
		val, hasValue := fields.get("value")
		if !hasKey || !hasValue || len(fields.keys) != 2 || reservedKey(key.text) {
			return bad("<extra> wants a <key> that no field has and a <value>")
		}
		parsed, err := parseJSONTree(val.text)
		if err != nil {
			return bad("the value of %.40q is no JSON: %s", key.text, err)
		}
		return key.text, atLine(parsed, e.line), nil
	default:
		if len(e.items) > 0 {
			return bad("<%.40s> stands where a text is wanted", e.items[0].name)
		}
		v.kind, v.text = jsonString, e.text
	}
	return e.name, v, nil
}

// parts gives an element's children as an object of texts, or its own text.
func (e *xmlElement) parts() jsonValue {
	if len(e.items) == 0 {
		return jsonValue{kind: jsonString, pos: e.line, text: e.text}
	}
	v := jsonValue{kind: jsonObject, pos: e.line}
	for _, it := range e.items {
		v.keys, v.at = append(v.keys, it.name), append(v.at, it.line)
		v.vals = append(v.vals, jsonValue{kind: jsonString, pos: it.line, text: it.text})
	}
	return v
}

// atLine gives v the line as its place: offsets within it mean nothing outside.
func atLine(v jsonValue, line int) jsonValue {
	v.pos = line
	v.at = append([]int(nil), v.at...)
	for i := range v.at {
		v.at[i] = line
	}
	for i := range v.vals {
		v.vals[i] = atLine(v.vals[i], line)
	}
	return v
}
