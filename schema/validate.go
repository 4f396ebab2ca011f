package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of a valid state.
const (
	MaxHeadline = 16 << 10 // bytes of a headline
	MaxLine     = 1 << 20  // bytes of any other one-line field
	MaxBody     = 64 << 20 // bytes of a body
	MaxItems    = 10_000   // contexts, sources, aliases, unknown keys
	MaxPath     = 1024     // bytes of a path
	MaxAlias    = 2 << 10  // bytes of an alias
	MaxKey      = 512      // bytes of an unknown key
	MaxExtra    = 1 << 20  // bytes of the values of all unknown keys together
	MaxDepth    = 64       // how deep the value of an unknown key may nest
)

// Validate reports the first thing for which a normalized state is refused, or
// nil. Control characters other than NUL are kept: outputs make them visible (see
// [Visible]).
func (s *State) Validate() *Problem {
	if p := s.validateLines(); p != nil {
		return p
	}
	if p := s.validateWords(); p != nil {
		return p
	}
	if p := s.validateSets(); p != nil {
		return p
	}
	if s.Path != "" {
		if reason := badPath(s.Path); reason != "" {
			return refuse(FieldPath, "%s", reason)
		}
	}
	if p := s.validateExtra(); p != nil {
		return p
	}
	if p := s.validateSize(); p != nil {
		return p
	}
	if len(s.Body) > MaxBody {
		return refuse(FieldBody, "%d bytes are more than the %d allowed", len(s.Body), MaxBody)
	}
	return badText(FieldBody, s.Body)
}

// validateLines looks at the one-line text fields.
func (s *State) validateLines() *Problem {
	lines := []struct {
		field Field
		text  string
		limit int
	}{
		{FieldHeadline, s.Headline, MaxHeadline},
		{FieldCategory, s.Category, MaxLine},
		{FieldSummary, s.Summary, MaxLine},
		{FieldByline, s.Byline, MaxLine},
		{FieldLanguage, s.Language, MaxLine},
		{FieldImage, s.Image.URL, MaxLine},
		{FieldImage, s.Image.Caption, MaxLine},
		{FieldImage, s.Image.Credit, MaxLine},
	}
	for _, l := range lines {
		if p := badLine(l.field, l.text, l.limit); p != nil {
			return p
		}
	}
	if strings.TrimSpace(s.Headline) == "" {
		p := refuse(FieldHeadline, "missing headline")
		p.Hint = "every article needs a headline of one line"
		return p
	}
	return nil
}

// validateWords looks at the fields whose values follow a form.
func (s *State) validateWords() *Problem {
	switch s.Type {
	case "", Event, Article:
	default:
		return refuse(FieldType, "%.40q is no type: event or article is wanted", string(s.Type))
	}
	switch s.Status {
	case "", Usable, Withheld, Canceled:
	default:
		return refuse(FieldStatus, "%.40q is no status: usable, withheld or canceled is wanted", string(s.Status))
	}
	if s.Date != "" {
		d, err := ParseDate(string(s.Date))
		if err != nil {
			return refuse(FieldDate, "%s", err)
		}
		if d != s.Date {
			return refuse(FieldDate, "%q is not written as %s", string(s.Date), d)
		}
	}
	if !s.ID.IsZero() {
		if _, err := ParseID(s.ID.String()); err != nil {
			return &Problem{Field: "id", Reason: err.Error()}
		}
	}
	if !s.TranslationOf.IsZero() {
		if _, err := ParseID(s.TranslationOf.String()); err != nil {
			return refuse(FieldTranslationOf, "%s", err)
		}
	}
	if s.Language != "" && !languageTag(s.Language) {
		return refuse(FieldLanguage, "%.40q is no language tag: BCP 47 such as en or zh-Hant is wanted", s.Language)
	}
	if s.Image.URL != "" {
		if reason := badURL(s.Image.URL); reason != "" {
			return refuse(FieldImage, "%s", reason)
		}
	}
	return nil
}

// validateSets looks at contexts, sources and aliases.
func (s *State) validateSets() *Problem {
	for _, n := range []struct {
		field Field
		count int
	}{{FieldContexts, len(s.Contexts)}, {FieldSources, len(s.Sources)}, {FieldAliases, len(s.Aliases)}} {
		if n.count > MaxItems {
			return refuse(n.field, "%d items are more than the %d allowed", n.count, MaxItems)
		}
	}
	for _, c := range s.Contexts {
		if p := badLine(FieldContexts, c, MaxHeadline); p != nil {
			return p
		}
	}
	for _, src := range s.Sources {
		if p := badLine(FieldSources, src.Name, MaxHeadline); p != nil {
			return p
		}
		if src.URL == "" {
			continue
		}
		if p := badLine(FieldSources, src.URL, MaxHeadline); p != nil {
			return p
		}
		if reason := badURL(src.URL); reason != "" {
			return refuse(FieldSources, "%s", reason)
		}
	}
	for _, a := range s.Aliases {
		if p := badLine(FieldAliases, a, MaxAlias); p != nil {
			return p
		}
		if strings.HasPrefix(a, "/") && !strings.HasPrefix(a, "//") {
			if reason := badPath(a); reason != "" {
				return refuse(FieldAliases, "%s", reason)
			}
		}
	}
	return nil
}

// validateExtra looks at the keys that this package does not know.
func (s *State) validateExtra() *Problem {
	if len(s.Extra) > MaxItems {
		return refuse(FieldExtra, "%d unknown keys are more than the %d allowed", len(s.Extra), MaxItems)
	}
	size := 0
	for i, e := range s.Extra {
		size += len(e.Value)
		switch {
		case e.Key == "":
			return refuse(FieldExtra, "a key without a name")
		case len(e.Key) > MaxKey:
			return refuse(FieldExtra, "the key %.40q… has %d bytes, more than the %d allowed", e.Key, len(e.Key), MaxKey)
		case reservedKey(e.Key):
			return refuse(FieldExtra, "%q is a key of its own, no unknown one", e.Key)
		case i > 0 && s.Extra[i-1].Key == e.Key:
			return refuse(FieldExtra, "the key %.40q stands twice", e.Key)
		case size > MaxExtra:
			return refuse(FieldExtra, "the unknown keys hold more than the %d bytes allowed", MaxExtra)
		}
		if p := badText(FieldExtra, e.Key); p != nil {
			return p
		}
		if _, err := canonicalJSON(e.Value); err != nil {
			return refuse(FieldExtra, "the value of %.40q is no JSON: %s", e.Key, err)
		}
	}
	return nil
}

// validateSize makes sure that a file of the state could be read again. Only a
// state with much beside its body is looked at closely.
func (s *State) validateSize() *Problem {
	size := 0
	for _, p := range s.lineFields() {
		size += len(*p)
	}
	for _, set := range [][]string{s.Contexts, s.Aliases} {
		for _, it := range set {
			size += len(it) + 8
		}
	}
	for _, src := range s.Sources {
		size += len(src.Name) + len(src.URL) + 32
	}
	for _, e := range s.Extra {
		size += len(e.Key) + len(e.Value)
	}
	if size < MaxFrontMatter/8 { // no character is escaped by more than six
		return nil
	}
	if n := len(frontMatter(s)); n > MaxFrontMatter {
		return &Problem{Field: "front matter", Reason: fmt.Sprintf("all fields but the body take %d bytes, more than the %d allowed", n, MaxFrontMatter)}
	}
	return nil
}

// reservedKey reports whether a format gives the key a meaning, so that no
// unknown key can have that name.
func reservedKey(key string) bool {
	switch key {
	case "stemma", "id", "published", "author", "note", "key":
		return true
	case "extra":
		return false // the field is spelled as its keys, never under its own name
	}
	_, known := FieldNamed(key)
	return known
}

// refuse makes the problem of one field.
func refuse(f Field, format string, args ...any) *Problem {
	return &Problem{Field: f.String(), Reason: fmt.Sprintf(format, args...)}
}

// badLine refuses what no one-line field may hold.
func badLine(f Field, text string, limit int) *Problem {
	if len(text) > limit {
		return refuse(f, "%d bytes are more than the %d allowed", len(text), limit)
	}
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		return refuse(f, "a line break after %.40q: this field is one line", text[:i])
	}
	return badText(f, text)
}

// badText refuses NUL and what is no UTF-8.
func badText(f Field, text string) *Problem {
	if i := strings.IndexByte(text, 0); i >= 0 {
		return refuse(f, "a NUL character at byte %d", i+1)
	}
	if i := invalidAt(text); i >= 0 {
		return refuse(f, "byte %d (0x%02X) is no UTF-8", i+1, text[i])
	}
	return nil
}

// invalidAt gives the place of the first byte that is no UTF-8, or -1.
func invalidAt(text string) int {
	if utf8.ValidString(text) {
		return -1
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// languageTag reports whether s has the form of a BCP 47 tag: subtags of one to
// eight letters and digits, the first of letters.
func languageTag(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i, sub := range strings.Split(s, "-") {
		if len(sub) < 1 || len(sub) > 8 {
			return false
		}
		for _, c := range []byte(sub) {
			letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// badURL says why s is no web address that may be kept, or "". It does not ask
// for more than scheme and host: the addresses that news pages cite break every
// finer rule, and are kept as they were given.
func badURL(s string) string {
	rest, ok := cutScheme(s)
	if !ok || strings.HasPrefix(s, "//") {
		scheme, _, found := strings.Cut(s, ":")
		if found && len(scheme) < 20 && !strings.ContainsAny(scheme, "/ ") {
			return fmt.Sprintf("%.60q has the scheme %q: only http and https are kept", s, scheme)
		}
		return fmt.Sprintf("%.60q is no web address: http:// or https:// is wanted", s)
	}
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if host == "" || strings.HasPrefix(host, ":") {
		return fmt.Sprintf("%.60q names no host", s)
	}
	if strings.ContainsAny(host, " \t\\<>\"") {
		return fmt.Sprintf("%.60q has a host with a character that none can have", s)
	}
	for _, r := range s {
		if r < 0x20 || r == 0x7F {
			return fmt.Sprintf("%.60q holds a control character", s)
		}
	}
	return ""
}
