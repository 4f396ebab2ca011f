package ingest

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// keyRecordedAs is the key under which a line of an export says what its store
// knows of the version beside the state: a [RecordedAs].
const keyRecordedAs = "recorded_as"

// RecordedAs is what a store says of a version that it gives away in a stream.
type RecordedAs struct {
	Version    int         `json:"version,omitempty"`  // its number there
	Seal       string      `json:"seal,omitempty"`     //
	Recorded   string      `json:"recorded,omitempty"` // when that store learnt of it, RFC 3339
	Known      []string    `json:"known,omitempty"`    // the fields that are known, where others are not
	Correction *Correction `json:"correction,omitempty"`
}

// Correction is a correction bound to the diff that leads to a version.
type Correction struct {
	Type     string           `json:"type"`
	Text     string           `json:"text"`
	Author   CorrectionAuthor `json:"author,omitzero"`
	Recorded string           `json:"recorded,omitempty"`
}

// CorrectionAuthor is who wrote a correction.
type CorrectionAuthor struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
}

// EncodeVersion writes a state as [schema.EncodeStream] does, with what the store
// says of it as its last key. A state that has a key of that name itself goes out
// without.
func EncodeVersion(in *schema.Input, as *RecordedAs) []byte {
	line := schema.EncodeStream(in)
	taken := slices.ContainsFunc(in.Extra, func(e schema.Extra) bool { return e.Key == keyRecordedAs })
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if taken || enc.Encode(as) != nil { // texts and numbers always encode
		return line
	}
	line = append(bytes.TrimSuffix(line, []byte("}\n")), `,"`+keyRecordedAs+`":`...)
	line = append(line, bytes.TrimSpace(b.Bytes())...)
	return append(line, "}\n"...)
}

// takeRecordedAs takes what a store said of a version off the keys that are kept.
// What only looks like it stays a key like any other.
func takeRecordedAs(in *schema.Input) *RecordedAs {
	i := slices.IndexFunc(in.Extra, func(e schema.Extra) bool { return e.Key == keyRecordedAs })
	if i < 0 {
		return nil
	}
	var as RecordedAs
	dec := json.NewDecoder(bytes.NewReader([]byte(in.Extra[i].Value)))
	dec.DisallowUnknownFields()
	if dec.Decode(&as) != nil || as.Recorded == "" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, as.Recorded); err != nil {
		return nil
	}
	known := schema.FieldSet(0)
	for _, name := range as.Known {
		f, ok := schema.FieldNamed(name)
		if !ok {
			return nil
		}
		known |= schema.Fields(f)
	}
	if known != 0 {
		in.Carries &= known
	}
	in.Extra = slices.Delete(in.Extra, i, i+1)
	return &as
}
