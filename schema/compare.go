package schema

import (
	"slices"
	"strings"
)

// SameBytes is the reason that [Compare] and [Unchanged] give where nothing at
// all differs.
const SameBytes = "same bytes"

// ContextsOnly is the reason to print where [Apply] reports that nothing but
// contexts read off related pages would be added.
const ContextsOnly = "only contexts read off related pages are new"

// Compare reports whether two states are the same version: equal after
// normalization, with set fields compared without order. Where they are, the
// reason says what differs all the same: [SameBytes], "only the order of contexts
// differs", "only the order of contexts and sources differs". Where they are not,
// it is "". The id is no part of it.
func Compare(old, new *State) (same bool, reason string) {
	a, b := old.Clone(), new.Clone()
	a.Normalize()
	b.Normalize()
	if !sameState(&a, &b) {
		return false, ""
	}
	return true, reasonOf(nil, orders(&a, &b))
}

// Unchanged reports whether raw, a state as a format gave it and not normalized
// yet, says the same as current, and why no version comes of it: a reason of
// [Compare], or "only trailing white space differs", "only line endings differ",
// "only line endings and the order of sources differ".
func Unchanged(current, raw *State) (same bool, reason string) {
	a, b := current.Clone(), raw.Clone()
	a.Normalize()
	b.Normalize()
	if !sameState(&a, &b) {
		return false, ""
	}
	return true, reasonOf(rawNotes(raw, &b), orders(&a, &b))
}

// sameState compares normalized states.
func sameState(a, b *State) bool {
	return sameFields(a, b) &&
		slices.Equal(sorted(a.Contexts), sorted(b.Contexts)) &&
		slices.Equal(sorted(a.Aliases), sorted(b.Aliases)) &&
		slices.Equal(sortedSources(a.Sources), sortedSources(b.Sources))
}

// sameFields compares all of them but the sets.
func sameFields(a, b *State) bool {
	return a.Type == b.Type && a.Date == b.Date && a.Category == b.Category &&
		a.Headline == b.Headline && a.Summary == b.Summary && a.Byline == b.Byline &&
		a.Language == b.Language && a.Status == b.Status && a.TranslationOf == b.TranslationOf &&
		a.Image == b.Image && a.Path == b.Path && a.Body == b.Body &&
		slices.Equal(a.Extra, b.Extra)
}

// identical compares states to the last byte, sets in their order.
func identical(a, b *State) bool {
	return a.ID == b.ID && len(orders(a, b)) == 0 && sameFields(a, b)
}

// orders names the set fields of equal states that stand in another order.
func orders(a, b *State) []string {
	var names []string
	if !slices.Equal(a.Contexts, b.Contexts) {
		names = append(names, FieldContexts.String())
	}
	if !slices.Equal(a.Sources, b.Sources) {
		names = append(names, FieldSources.String())
	}
	if !slices.Equal(a.Aliases, b.Aliases) {
		names = append(names, FieldAliases.String())
	}
	return names
}

// rawNotes says what normalization took away from raw.
func rawNotes(raw, norm *State) []string {
	var notes []string
	cr, blanks := false, false
	look := func(rawText, normText string) {
		if rawText == normText {
			return
		}
		lf := endingsToLF(rawText)
		cr = cr || lf != rawText
		// The missing or doubled LF at the very end counts as white space, save
		// where it is one line's own ending.
		if end := strings.TrimSuffix(lf, "\n"); end != strings.TrimSuffix(normText, "\n") {
			blanks = true
		} else if lf == rawText {
			blanks = true
		}
	}
	rawFields, normFields := raw.lineFields(), norm.lineFields()
	for i, p := range rawFields {
		if p != &raw.Path {
			look(*p, *normFields[i])
		}
	}
	look(raw.Body, norm.Body)
	repeated := false
	for _, set := range [][2][]string{{raw.Contexts, norm.Contexts}, {raw.Aliases, norm.Aliases}} {
		for _, it := range set[0] {
			look(it, oneLine(it))
		}
		repeated = repeated || len(set[0]) != len(set[1])
	}
	for _, it := range raw.Sources {
		look(it.Name, oneLine(it.Name))
		look(it.URL, oneLine(it.URL))
	}
	repeated = repeated || len(raw.Sources) != len(norm.Sources)
	if cr {
		notes = append(notes, "line endings")
	}
	if blanks {
		notes = append(notes, "trailing white space")
	}
	if repeated {
		notes = append(notes, "repeated items")
	}
	return notes
}

// reasonOf makes the sentence: "only X differs", "only X and Y differ".
func reasonOf(notes, orders []string) string {
	if len(orders) > 0 {
		notes = append(notes, "the order of "+listed(orders))
	}
	switch {
	case len(notes) == 0:
		return SameBytes
	case len(notes) == 1 && (notes[0] == "trailing white space" || len(orders) > 0):
		return "only " + notes[0] + " differs"
	}
	return "only " + listed(notes) + " differ"
}

// listed joins words as "a", "a and b", "a, b and c".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func sorted(items []string) []string {
	out := slices.Clone(items)
	slices.Sort(out)
	return out
}

func sortedSources(items []Source) []Source {
	out := slices.Clone(items)
	slices.SortFunc(out, func(a, b Source) int {
		if c := strings.Compare(a.URL, b.URL); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// Apply gives the state that recording in on top of current comes to: a field
// that the input carries replaces the current one, every other stays as it was.
// A nil current is an article without versions.
//
// Where the headline or the date changes and the input carries no path, Path is
// emptied, so that it follows from both again. The result is as raw as the input:
// [Unchanged] wants it so; call Normalize before recording it.
//
// With in.AddContexts the input's contexts are added to those known. Where
// nothing but such contexts would be new, contextsOnly is true: that is no
// version, and [ContextsOnly] is the reason to give.
func Apply(current *State, in *Input) (next State, contextsOnly bool) {
	if current == nil {
		current = &State{}
	}
	next = current.Clone()
	if !in.ID.IsZero() {
		next.ID = in.ID
	}
	given := in.State.Clone()
	for _, row := range table {
		if in.Carries.Has(row.Field) {
			take(&next, &given, row.Field)
		}
	}
	if in.Carries.Has(FieldImage) && in.ImageURLOnly && given.Image.URL == current.Image.URL {
		next.Image = current.Image
	}
	if in.SourceURLsOnly && in.Carries.Has(FieldSources) {
		for i, src := range next.Sources {
			known := slices.IndexFunc(current.Sources, func(s Source) bool { return s.URL == src.URL })
			if src.Name == "" && known >= 0 {
				next.Sources[i].Name = current.Sources[known].Name
			}
		}
	}
	if !in.Carries.Has(FieldPath) && moved(current, &next) {
		next.Path = ""
	}
	if !in.AddContexts {
		return next, false
	}
	next.Contexts = current.Contexts
	same, _ := Compare(current, &next)
	known := len(current.Contexts)
	next.Contexts = normalSet(slices.Concat(current.Contexts, given.Contexts))
	return next, same && len(next.Contexts) > known && current.Headline != ""
}

// moved reports whether the fields from which a path follows differ.
func moved(a, b *State) bool {
	return oneLine(a.Headline) != oneLine(b.Headline) || a.Date != b.Date
}

// take copies one field.
func take(dst, src *State, f Field) {
	switch f {
	case FieldType:
		dst.Type = src.Type
	case FieldDate:
		dst.Date = src.Date
	case FieldCategory:
		dst.Category = src.Category
	case FieldHeadline:
		dst.Headline = src.Headline
	case FieldSummary:
		dst.Summary = src.Summary
	case FieldByline:
		dst.Byline = src.Byline
	case FieldLanguage:
		dst.Language = src.Language
	case FieldStatus:
		dst.Status = src.Status
	case FieldTranslationOf:
		dst.TranslationOf = src.TranslationOf
	case FieldImage:
		dst.Image = src.Image
	case FieldContexts:
		dst.Contexts = src.Contexts
	case FieldSources:
		dst.Sources = src.Sources
	case FieldAliases:
		dst.Aliases = src.Aliases
	case FieldPath:
		dst.Path = src.Path
	case FieldExtra:
		dst.Extra = src.Extra
	case FieldBody:
		dst.Body = src.Body
	}
}
