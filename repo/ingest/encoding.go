package ingest

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/encoding/ianaindex"

	"github.com/stemma-project/stemma/schema"
)

// keyEncoding is the unknown key that names the encoding in which a text stood
// that was no UTF-8, so that its very bytes can be made again.
const keyEncoding = "encoding"

// CheckEncoding says what is wrong with the name of an encoding, or nil. Names are
// those that IANA registers ("ISO-8859-1", "windows-1252", "Shift_JIS"), with their
// aliases ("latin1").
func CheckEncoding(name string) error {
	_, problem := encode(name, "x")
	if problem != nil {
		return problem
	}
	return nil
}

// encode gives a text in an encoding.
func encode(name, text string) ([]byte, *schema.Problem) {
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, &schema.Problem{Reason: fmt.Sprintf("%.40q is no encoding that is known", name),
			Hint: "a name that IANA registers is wanted, such as ISO-8859-1, windows-1252 or Shift_JIS"}
	}
	b, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return nil, &schema.Problem{Reason: fmt.Sprintf("the text can't be written in %s", name)}
	}
	return b, nil
}

// decodeText makes a text of bytes: of UTF-8, or else in the encoding named, which
// encoded reports. Bytes that would not come out the same again, since they are in
// another encoding, are refused: a guess would be kept for ever.
func decodeText(b []byte, name string) (text string, encoded bool, problem *schema.Problem) {
	if utf8.Valid(b) {
		return string(b), false, nil
	}
	if name == "" {
		i := invalidByte(string(b))
		return "", false, &schema.Problem{Reason: fmt.Sprintf("byte %d (0x%02X) is no UTF-8", i+1, b[i]),
			Hint: "name the encoding of such texts (import --encoding ISO-8859-1), or bring them to UTF-8 at their source"}
	}
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		_, problem := encode(name, "")
		return "", false, problem
	}
	plain, err := e.NewDecoder().Bytes(b)
	if err == nil {
		if again, problem := encode(name, string(plain)); problem == nil && bytes.Equal(again, b) {
			return string(plain), true, nil
		}
	}
	return "", false, &schema.Problem{Reason: fmt.Sprintf("the text is neither UTF-8 nor %s", name)}
}

func firstNamed(names ...string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}
