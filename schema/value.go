package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

// FieldValue gives the canonical bytes of one field: the text itself, or for a
// field of several parts compact JSON, in which the items of a set keep their
// order. Seals are computed over these bytes, so they never change.
func (s *State) FieldValue(f Field) []byte { return s.AppendFieldValue(nil, f) }

// AppendFieldValue appends what [State.FieldValue] gives.
func (s *State) AppendFieldValue(b []byte, f Field) []byte {
	switch f {
	case FieldType:
		return append(b, s.Type...)
	case FieldDate:
		return append(b, s.Date...)
	case FieldCategory:
		return append(b, s.Category...)
	case FieldHeadline:
		return append(b, s.Headline...)
	case FieldSummary:
		return append(b, s.Summary...)
	case FieldByline:
		return append(b, s.Byline...)
	case FieldLanguage:
		return append(b, s.Language...)
	case FieldStatus:
		return append(b, s.Status...)
	case FieldTranslationOf:
		return append(b, s.TranslationOf.String()...)
	case FieldImage:
		return appendList(b, s.Image.URL, s.Image.Caption, s.Image.Credit)
	case FieldContexts:
		return appendList(b, s.Contexts...)
	case FieldSources:
		return appendList(b, pairs(s.Sources, func(c Source) (string, string) { return c.Name, c.URL })...)
	case FieldAliases:
		return appendList(b, s.Aliases...)
	case FieldPath:
		return append(b, s.Path...)
	case FieldExtra:
		return appendList(b, pairs(s.Extra, func(e Extra) (string, string) { return e.Key, e.Value })...)
	case FieldBody:
		return append(b, s.Body...)
	}
	return b
}

// pairs flattens items of two strings each.
func pairs[T any](items []T, two func(T) (string, string)) []string {
	flat := make([]string, 0, 2*len(items))
	for _, item := range items {
		a, b := two(item)
		flat = append(flat, a, b)
	}
	return flat
}

// appendList appends a JSON array of strings without HTML escapes; nothing at all
// where every string is empty.
func appendList(out []byte, items ...string) []byte {
	if !slices.ContainsFunc(items, func(s string) bool { return s != "" }) {
		return out
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(items); err != nil {
		return out // a slice of strings always encodes
	}
	return append(out, strings.TrimSuffix(b.String(), "\n")...)
}

// SortedSets gives a copy in which the items of every set field are sorted, so
// that two states that differ in their order alone become equal.
func (s *State) SortedSets() State {
	c := *s
	c.Contexts = slices.Sorted(slices.Values(s.Contexts))
	c.Aliases = slices.Sorted(slices.Values(s.Aliases))
	c.Sources = slices.SortedFunc(slices.Values(s.Sources), func(a, b Source) int {
		return strings.Compare(a.URL+"\x00"+a.Name, b.URL+"\x00"+b.Name)
	})
	return c
}
