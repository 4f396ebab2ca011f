package ingest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
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
}

// isRevision tells a line of such a history from a state, without reading it all.
func isRevision(line []byte) bool {
	head := line[:min(len(line), 4096)]
	return bytes.Contains(head, []byte(`"doc"`)) && !bytes.Contains(head, []byte(`"headline"`))
}

// readRevision reads a line of a history of documents: an object with doc, time,
// author, msg, and text or b64. The state is an article; its key is the stream's
// name and the document's.
func readRevision(line []byte, name, stream string, number int) (Item, *schema.Problem) {
	r, problem := parseRevision(line)
	if problem != nil {
		return Item{}, problem
	}
	in := schema.Input{
		Carries: schema.Fields(schema.FieldStatus),
		Key:     stream + ":" + r.Doc, Author: nameOrPerson(r.Author), Note: r.Msg,
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
		return Item{}, &schema.Problem{Field: "text", Reason: fmt.Sprintf("the first line of %.60q withdraws it: there is nothing to withdraw", r.Doc)}
	default:
		// The headline is not carried: a state has to have one.
		in.State = schema.State{ID: in.ID, Headline: titleOfName(r.Doc), Status: schema.Canceled}
	}
	check := in.Clone()
	check.Normalize()
	if problem := check.Validate(); problem != nil {
		return Item{}, problem
	}
	item := newItem(in, line, schema.FormatJSON, name, number)
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

// parseRevision reads the object. Its texts are checked by hand, since the
// library puts U+FFFD for what is no text.
func parseRevision(line []byte) (revision, *schema.Problem) {
	var r revision
	if !utf8.Valid(line) {
		return r, &schema.Problem{Reason: "the line is no UTF-8", Hint: "a text that is none stands base64-encoded under b64"}
	}
	if i := loneSurrogate(line); i >= 0 {
		return r, &schema.Problem{Reason: fmt.Sprintf("half a surrogate pair at byte %d", i+1)}
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return r, &schema.Problem{Reason: "this is no JSON object"}
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return r, notJSON(err)
		}
		if seen[key] {
			return r, &schema.Problem{Field: key, Reason: "the key stands twice"}
		}
		seen[key] = true
		if problem := r.read(dec, key); problem != nil {
			return r, problem
		}
	}
	if _, err := dec.Token(); err != nil {
		return r, notJSON(err)
	}
	if len(bytes.TrimSpace(line[dec.InputOffset():])) > 0 {
		return r, &schema.Problem{Reason: "more text after the object"}
	}
	switch {
	case r.Doc == "":
		return r, &schema.Problem{Field: "doc", Reason: "missing name of the document"}
	case !seen["text"] && !seen["b64"]:
		return r, &schema.Problem{Field: "text", Reason: "missing text: null withdraws the document"}
	}
	return r, nil
}

func notJSON(err error) *schema.Problem {
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return &schema.Problem{Reason: "this is no JSON: " + strings.TrimPrefix(err.Error(), "json: ")}
}

// read reads the value of one key.
func (r *revision) read(dec *json.Decoder, key string) *schema.Problem {
	var dst any
	var encoded json.RawMessage
	switch key {
	case "doc":
		dst = &r.Doc
	case "n":
		dst = &r.N
	case "time":
		dst = &r.Time
	case "author":
		dst = &r.Author
	case "msg":
		dst = &r.Msg
	case "commit":
		dst = &r.Commit
	default:
		dst = &encoded
	}
	if err := dec.Decode(dst); err != nil {
		return &schema.Problem{Field: key, Reason: strings.TrimPrefix(err.Error(), "json: ")}
	}
	switch key {
	case "text":
		return r.readText(encoded)
	case "b64":
		return r.readBase64(encoded)
	case "doc", "n", "time", "author", "msg", "commit":
		return nil
	}
	r.Extra = append(r.Extra, schema.Extra{Key: key, Value: string(encoded)})
	return nil
}

// readText reads a text, null, or {"b64": …}.
func (r *revision) readText(raw json.RawMessage) *schema.Problem {
	if string(raw) == "null" {
		return nil
	}
	var encoded struct{ B64 json.RawMessage }
	if raw[0] == '{' && json.Unmarshal(raw, &encoded) == nil && encoded.B64 != nil {
		return r.readBase64(encoded.B64)
	}
	if err := json.Unmarshal(raw, &r.Text); err != nil {
		return &schema.Problem{Field: "text", Reason: "a text or null is wanted"}
	}
	return nil
}

// readBase64 reads the bytes of a text that may be no UTF-8.
func (r *revision) readBase64(raw json.RawMessage) *schema.Problem {
	var encoded string
	if err := json.Unmarshal(raw, &encoded); err != nil {
		return &schema.Problem{Field: "b64", Reason: "a text in base64 is wanted"}
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return &schema.Problem{Field: "b64", Reason: err.Error()}
	}
	text := string(b)
	if !utf8.ValidString(text) {
		i := invalidByte(text)
		return &schema.Problem{Field: "text", Reason: fmt.Sprintf("byte %d (0x%02X) is no UTF-8", i+1, text[i]),
			Hint: "bring the document to UTF-8 at its source: a state is text"}
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

// loneSurrogate finds an escape for half a surrogate pair without its other half,
// or gives -1.
func loneSurrogate(line []byte) int {
	for i := 0; ; {
		next := bytes.IndexByte(line[i:], '\\')
		if next < 0 || i+next+1 >= len(line) {
			return -1
		}
		i += next
		high, ok := surrogate(line[i:])
		if !ok {
			i += 2
			continue
		}
		if low, ok := surrogate(line[min(i+6, len(line)):]); !ok || high >= 0xDC00 || low < 0xDC00 {
			return i
		}
		i += 12
	}
}

// surrogate reads an escape for half a surrogate pair at the start of b.
func surrogate(b []byte) (int64, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	c, err := strconv.ParseInt(string(b[2:6]), 16, 32)
	return c, err == nil && 0xD800 <= c && c < 0xE000
}
