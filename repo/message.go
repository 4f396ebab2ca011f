package repo

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// The words that begin a commit's subject.
const (
	opCreate   = "Create"
	opRevise   = "Revise"
	opRestore  = "Restore"
	opCorrect  = "Correct"
	opWithdraw = "Withdraw"
	opInsert   = "Insert"
	opReassert = "Reassert"
	opLink     = "Link"
	opSplit    = "Split"
	opContexts = "Contexts" // contexts read off related pages: no version
	opPlain    = "Plain"    // never written: a commit that plain git made
)

// The trailers. They carry what git can't hold; FORMAT.md lists them.
const (
	trailerArticle    = "Stemma-Article"
	trailerPublished  = "Stemma-Published"
	trailerSeal       = "Stemma-Seal"
	trailerSalt       = "Stemma-Salt"
	trailerMatch      = "Stemma-Match"
	trailerSource     = "Stemma-Source"
	trailerKnown      = "Stemma-Known"
	trailerCorrection = "Stemma-Correction"
	trailerFrom       = "Stemma-From"
	trailerTo         = "Stemma-To"
	trailerReassert   = "Stemma-Reassert"
	trailerLink       = "Stemma-Link"
	trailerSplit      = "Stemma-Split"
	trailerContexts   = "Stemma-Contexts"
	trailerTaken      = "Stemma-Taken"
)

// message is a commit's message, taken apart.
type message struct {
	op         string
	headline   string // for the subject; not read back
	note       string
	article    schema.ID
	published  schema.Time
	seal       Seal
	salt       salt
	sealed     bool // a seal stands in the trailers
	match      string
	source     string
	known      schema.FieldSet
	correction CorrectionType
	from, to   Seal
	reassert   Seal
	link       schema.ID // the article that was linked into this one
	split      schema.ID // the article that this one was split from
	taken      []Seal    // the versions that a split takes, where their order is the store's own
	contexts   []string  // contexts learnt without a version
}

// subjectLimit bounds a subject, in bytes of the headline.
const subjectLimit = 200

// messageRoom is what the trailers of a version take, as a rule, beside its source.
const messageRoom = 400

// String gives the message as the commit holds it: subject, note, trailers.
func (m *message) String() string {
	var b strings.Builder
	b.Grow(messageRoom + len(m.headline) + len(m.note) + len(m.source))
	b.WriteString(m.op + ": " + subject(m.headline) + "\n\n")
	if m.note != "" {
		b.WriteString(m.note + "\n\n")
	}
	line := func(key, value string) {
		if value != "" {
			for _, s := range [...]string{key, ": ", value, "\n"} {
				b.WriteString(s)
			}
		}
	}
	line(trailerArticle, m.article.String())
	line(trailerPublished, m.published.String())
	if m.sealed {
		line(trailerSeal, m.seal.String())
		line(trailerSalt, hex.EncodeToString(m.salt[:]))
	}
	line(trailerMatch, m.match)
	line(trailerSource, m.source)
	if m.known != 0 && m.known != schema.AllFields {
		line(trailerKnown, fieldNames(m.known))
	}
	line(trailerCorrection, string(m.correction))
	line(trailerFrom, sealOrNone(m.from))
	line(trailerTo, sealOrNone(m.to))
	line(trailerReassert, sealOrNone(m.reassert))
	line(trailerLink, m.link.String())
	line(trailerSplit, m.split.String())
	var taken []string
	for _, s := range m.taken {
		taken = append(taken, s.String())
	}
	line(trailerTaken, strings.Join(taken, " "))
	if len(m.contexts) > 0 {
		line(trailerContexts, encodeList(m.contexts))
	}
	return b.String()
}

func sealOrNone(s Seal) string {
	if s.IsZero() {
		return ""
	}
	return s.String()
}

// subject makes one visible line of a headline, cut where it is long.
func subject(headline string) string {
	s := strings.TrimSpace(schema.Visible(strings.ReplaceAll(headline, "\n", " ")))
	if len(s) <= subjectLimit {
		return s
	}
	cut := subjectLimit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// cleanNote brings a note into the form in which it comes back from a commit.
func cleanNote(note string) string {
	note = strings.ToValidUTF8(strings.ReplaceAll(note, "\x00", ""), "\uFFFD") // as git wants it
	note = strings.ReplaceAll(strings.ReplaceAll(note, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(note, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// parseMessage takes a commit's message apart. Only the last paragraph holds
// trailers, so nothing in a note can pass for one. A message that isn't ours
// gives op [opPlain] with the whole message as note.
func parseMessage(text string) (message, error) {
	text = strings.TrimRight(text, "\n")
	head, last := "", text
	if i := strings.LastIndex(text, "\n\n"); i >= 0 {
		head, last = text[:i], text[i+2:]
	}
	plain := func() message { return message{op: opPlain, note: cleanNote(text), known: schema.AllFields} }
	if !strings.HasPrefix(last, trailerArticle+": ") {
		return plain(), nil
	}
	m := message{known: schema.AllFields}
	subject, note, _ := strings.Cut(head, "\n\n")
	m.op, m.headline, _ = strings.Cut(subject, ": ")
	m.note = note
	for line := range strings.SplitSeq(last, "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return plain(), fmt.Errorf("the line %.80q among the trailers is none", line)
		}
		if err := m.setTrailer(key, value); err != nil {
			return plain(), fmt.Errorf("trailer %s: %w", key, err)
		}
	}
	return m, nil
}

func (m *message) setTrailer(key, value string) (err error) {
	switch key {
	case trailerArticle:
		m.article, err = schema.ParseID(value)
	case trailerPublished:
		m.published, err = schema.ParseTime(value)
	case trailerSeal:
		m.seal, err = parseSeal(value)
		m.sealed = true
	case trailerSalt:
		err = parseSalt(value, &m.salt)
	case trailerMatch:
		m.match = value
	case trailerSource:
		m.source = value
	case trailerKnown:
		m.known, err = parseFieldNames(value)
	case trailerCorrection:
		m.correction = CorrectionType(value)
	case trailerFrom:
		m.from, err = parseSeal(value)
	case trailerTo:
		m.to, err = parseSeal(value)
	case trailerReassert:
		m.reassert, err = parseSeal(value)
	case trailerLink:
		m.link, err = schema.ParseID(value)
	case trailerSplit:
		m.split, err = schema.ParseID(value)
	case trailerTaken:
		for _, word := range strings.Fields(value) {
			s, serr := parseSeal(word)
			err = errors.Join(err, serr)
			m.taken = append(m.taken, s)
		}
	case trailerContexts:
		err = json.Unmarshal([]byte(value), &m.contexts)
	}
	return err // a trailer of somebody else's is no error
}

// encodeList writes strings as a JSON array on one line.
func encodeList(items []string) string {
	data, err := json.Marshal(items)
	if err != nil {
		return "[]" // a slice of strings always encodes
	}
	return string(data)
}

func parseSalt(value string, s *salt) error {
	b, err := hex.DecodeString(value)
	if err != nil || len(b) != len(s) {
		return fmt.Errorf("%.80q is no salt: %d hex digits are wanted", value, 2*len(s))
	}
	*s = salt(b)
	return nil
}

func fieldNames(set schema.FieldSet) string {
	var names []string
	for _, info := range schema.Table() {
		if set.Has(info.Field) {
			names = append(names, info.Name)
		}
	}
	return strings.Join(names, ", ")
}

func parseFieldNames(s string) (schema.FieldSet, error) {
	var set schema.FieldSet
	for _, name := range strings.Split(s, ", ") {
		found := false
		for _, info := range schema.Table() {
			if info.Name == name {
				set |= schema.Fields(info.Field)
				found = true
			}
		}
		if !found {
			return 0, fmt.Errorf("%.40q is no field", name)
		}
	}
	return set, nil
}

// sourceTrailer tells where a version's bytes came from.
func sourceTrailer(s SourceOf) string {
	if s.SHA256 == ([32]byte{}) {
		return ""
	}
	t := "sha256=" + hex.EncodeToString(s.SHA256[:])
	if s.Reader != "" {
		t += " reader=" + s.Reader + "/" + strconv.Itoa(readerVersion)
	}
	if s.Address != "" {
		t += " address=" + subject(s.Address)
	}
	return t
}

// readerVersion changes when a reader gives another state for the same bytes.
const readerVersion = 1
