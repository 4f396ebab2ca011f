package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// revision is one line of a history of documents: a text as it stood at a time,
// under the document's name.
type revision struct {
	Doc    string
	N      int
	Time   string
	Author string
	Msg    string
	Commit string
	Text   *string // nil withdraws the document
	Extra  []schema.Extra

	Encoding string // of bytes that are no UTF-8
	bytes    []byte // of a text that stood in base64
	told     bool   // whether there was a text at all, be it null
}

// revisionReader reads the lines of one stream.
type revisionReader struct {
	name string // of the stream, in items
	opt  JSONLOptions
	json objectReader
}

// isRevision tells a line of such a history from a state, without reading it all.
func isRevision(line []byte) bool {
	head := line[:min(len(line), 4096)]
	return bytes.Contains(head, []byte(`"doc"`)) && !bytes.Contains(head, []byte(`"headline"`))
}

// read reads a line of a history of documents: an object with doc, time,
// author, msg, and text or b64. The state is an article; its key is the stream's
// name and the document's.
func (d *revisionReader) read(line []byte, number int) (Item, *schema.Problem) {
	r, problem := d.parse(line)
	if problem != nil {
		return Item{}, problem
	}
	in := schema.Input{
		Carries: schema.Fields(schema.FieldStatus),
		Key:     d.opt.Stream + ":" + r.Doc, Author: nameOrPerson(r.Author), Note: r.Msg,
	}
	in.ID = schema.DeriveID(in.Key)
	if r.Time != "" {
		var err error
		if in.Published, err = schema.ParseTime(r.Time); err != nil {
			return Item{}, &schema.Problem{Field: "time", Reason: err.Error()}
		}
	}
	switch {
	case r.Text != nil:
		in.State = stateOfText(*r.Text, r.Doc)
		in.ID = schema.DeriveID(in.Key)
		in.Extra = append(in.Extra, r.Extra...)
		in.Carries = schema.Fields(schema.FieldType, schema.FieldHeadline, schema.FieldStatus, schema.FieldExtra, schema.FieldBody)
		if alias := aliasOf(r.Doc); alias != "" {
			in.Aliases = []string{alias}
			in.Carries |= schema.Fields(schema.FieldAliases)
		}
	case r.N == 1:
		// The stream knows the document only by its end, which is a fact all the same.
		in.State = schema.State{ID: in.ID, Type: schema.Article, Headline: titleOfName(r.Doc), Status: schema.Canceled,
			Extra: []schema.Extra{textExtra(keyHeadlineFrom, fromName)}}
		in.Carries |= schema.Fields(schema.FieldType, schema.FieldHeadline, schema.FieldExtra)
	default:
		// The headline is not carried: a state has to have one.
		in.State = schema.State{ID: in.ID, Headline: titleOfName(r.Doc), Status: schema.Canceled}
	}
	check := in.Clone()
	check.Normalize()
	if problem := check.Validate(); problem != nil {
		return Item{}, problem
	}
	item := newItem(in, line, schema.FormatJSON, d.name, number)
	if r.Commit != "" {
		item.Address = fmt.Sprintf("%.64s:%s", r.Commit, r.Doc)
	}
	return item, nil
}

// nameOrPerson reads "Name <address>"; anything else is a name, though it look like
// an address.
func nameOrPerson(s string) schema.Person {
	if strings.Contains(s, "<") {
		return schema.ParsePerson(s)
	}
	return schema.Person{Name: s}
}

// StreamName gives the name by which a stream tells its documents from those of
// others: its file's name up to the first dot.
func StreamName(file string) string {
	base, _, _ := strings.Cut(path.Base(strings.ReplaceAll(file, `\`, "/")), ".")
	return base
}

// aliasOf gives a document's name as an address of its article; "" where it can't
// be one.
func aliasOf(doc string) string {
	s := schema.State{Headline: "x", Aliases: []string{doc}}
	if strings.HasPrefix(doc, "/") || s.Validate() != nil {
		return ""
	}
	return doc
}

// parse reads the object.
func (d *revisionReader) parse(line []byte) (revision, *schema.Problem) {
	if !utf8.Valid(line) {
		return revision{}, &schema.Problem{Reason: "the line is no UTF-8", Hint: "a text that is none stands base64-encoded under b64"}
	}
	d.json.line, d.json.pos = line, 0
	var r revision
	if problem := d.json.each(r.read); problem != nil {
		return r, problem
	}
	switch {
	case r.Doc == "":
		return r, &schema.Problem{Field: "doc", Reason: "missing name of the document"}
	case !r.told:
		return r, &schema.Problem{Field: "text", Reason: "missing text: null withdraws the document"}
	case r.bytes != nil:
		return r, d.decode(&r)
	}
	return r, nil
}

// read takes the value of one key.
func (r *revision) read(key string, v jsonValue) *schema.Problem {
	switch key {
	case "doc":
		return v.into(&r.Doc)
	case "time":
		return v.into(&r.Time)
	case "author":
		return v.into(&r.Author)
	case "msg":
		return v.into(&r.Msg)
	case "commit":
		return v.into(&r.Commit)
	case "encoding":
		return v.into(&r.Encoding)
	case "n":
		return r.readNumber(v)
	case "text":
		return r.readText(v)
	case "b64":
		r.told = true
		return r.readBase64(v)
	}
	if v.kind == '"' {
		r.Extra = append(r.Extra, textExtra(key, v.text))
		return nil
	}
	r.Extra = append(r.Extra, schema.Extra{Key: key, Value: string(v.raw)})
	return nil
}

// into takes a text; null is the empty one.
func (v *jsonValue) into(dst *string) *schema.Problem {
	if v.kind != '"' && v.kind != 'n' {
		return &schema.Problem{Reason: fmt.Sprintf("%.20s stands where a text is wanted", v.raw)}
	}
	*dst = v.text
	return nil
}

func (r *revision) readNumber(v jsonValue) *schema.Problem {
	if v.kind == 'n' {
		return nil
	}
	n, err := strconv.Atoi(string(v.raw))
	if err != nil {
		return &schema.Problem{Reason: "a whole number is wanted"}
	}
	r.N = n
	return nil
}

// readText reads a text, null, or {"b64": …}.
func (r *revision) readText(v jsonValue) *schema.Problem {
	r.told = true
	switch v.kind {
	case 'n':
		return nil
	case '"':
		r.Text = &v.text
		return nil
	}
	var encoded struct{ B64 *string }
	if json.Unmarshal(v.raw, &encoded) == nil && encoded.B64 != nil {
		return r.readBase64(jsonValue{kind: '"', text: *encoded.B64})
	}
	return &schema.Problem{Reason: "a text or null is wanted"}
}

// readBase64 reads the bytes of a text that may be no UTF-8.
func (r *revision) readBase64(v jsonValue) (problem *schema.Problem) {
	var encoded string
	if problem := v.into(&encoded); problem != nil {
		return problem
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return &schema.Problem{Reason: err.Error()}
	}
	r.bytes = append([]byte{}, b...)
	return nil
}

// decode makes the text of bytes: as UTF-8, else in the encoding that the line
// names, else in the one that the caller does.
func (d *revisionReader) decode(r *revision) *schema.Problem {
	name := firstNamed(r.Encoding, d.opt.Encoding)
	text, encoded, problem := decodeText(r.bytes, name)
	if problem != nil {
		problem.Field = "text"
		return problem
	}
	if encoded {
		r.Extra = append(r.Extra, textExtra(keyEncoding, name))
	}
	r.Text = &text
	return nil
}

// invalidByte gives the place of the first byte that is no UTF-8.
func invalidByte(text string) int {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return 0
}
