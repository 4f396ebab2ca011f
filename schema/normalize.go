package schema

import (
	"slices"
	"strings"
)

// Normalize brings s into the one form in which states are compared and stored:
//
//   - CRLF and CR become LF; blanks (space, tab) at line ends go;
//   - Body ends in exactly one LF where it is not empty, a one-line field in none;
//   - Type is [Event] and Status is [Usable] where nothing is said;
//   - a context, source or alias equal to an earlier one is kept once, an empty
//     one is dropped;
//   - Path loses its extension, and is empty where it is [DefaultPath];
//   - Extra is sorted by key, its values are compact JSON.
//
// Nothing else is changed: no Unicode normalization, no re-wrapping, no case.
// Normalizing twice gives what normalizing once gave.
func (s *State) Normalize() {
	if s.Type == "" {
		s.Type = Event
	}
	if s.Status == "" {
		s.Status = Usable
	}
	for _, p := range s.lineFields() {
		*p = oneLine(*p)
	}
	s.Date = Date(oneLine(string(s.Date)))
	s.Body = normalBody(s.Body)
	s.Contexts = normalSet(s.Contexts)
	s.Aliases = normalSet(s.Aliases)
	s.Sources = normalSources(s.Sources)
	s.Path = trimExtension(s.Path)
	if s.Path != "" && s.Path == DefaultPath(s.Date, s.Headline) {
		s.Path = ""
	}
	s.Extra = normalExtra(s.Extra)
}

// lineFields lists the one-line text fields that stand in s itself.
func (s *State) lineFields() []*string {
	return []*string{
		&s.Category, &s.Headline, &s.Summary, &s.Byline, &s.Language, &s.Path,
		&s.Image.URL, &s.Image.Caption, &s.Image.Credit,
	}
}

// Clone gives a copy that shares no memory with s that either could change.
func (s *State) Clone() State {
	c := *s
	c.Contexts = slices.Clone(s.Contexts)
	c.Sources = slices.Clone(s.Sources)
	c.Aliases = slices.Clone(s.Aliases)
	c.Extra = slices.Clone(s.Extra)
	return c
}

// endingsToLF turns CRLF and CR into LF.
func endingsToLF(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// trimLines takes the blanks at the ends of LF lines away.
func trimLines(s string) string {
	if !blankAtLineEnd(s) {
		return strings.TrimRight(s, " \t")
	}
	var b strings.Builder
	b.Grow(len(s))
	for line := range strings.SplitAfterSeq(s, "\n") {
		text, ended := strings.CutSuffix(line, "\n")
		b.WriteString(strings.TrimRight(text, " \t"))
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// blankAtLineEnd reports whether a blank stands before an LF. Lines are long: what
// looks for the blanks themselves stops at every word.
func blankAtLineEnd(s string) bool {
	for rest := s; ; {
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			return false
		}
		if i > 0 && (rest[i-1] == ' ' || rest[i-1] == '\t') {
			return true
		}
		rest = rest[i+1:]
	}
}

func oneLine(s string) string {
	return strings.TrimRight(trimLines(endingsToLF(s)), "\n")
}

func normalBody(s string) string {
	line := oneLine(s)
	switch {
	case line == "":
		return ""
	case len(s) == len(line)+1 && s[len(line)] == '\n' && s[:len(line)] == line:
		return s // as it is, most often
	}
	return line + "\n"
}

// normalSet keeps the order of first mention: order means nothing to equality,
// but it is what a reader wrote.
func normalSet(items []string) []string {
	if len(items) == 0 {
		return nil
	}
	out := make([]string, 0, len(items))
	var met seen[string]
	for _, it := range items {
		if it = oneLine(it); it != "" && !met.before(out, it) {
			out = append(out, it)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// seen finds what a list holds already: a short one is gone through, since to make a
// table of it takes longer.
type seen[T comparable] map[T]bool

// fewItems is how many are gone through.
const fewItems = 12

// before reports whether it stands in out; where it doesn't, it is the next to.
func (s *seen[T]) before(out []T, it T) bool {
	if len(out) < fewItems {
		return slices.Contains(out, it)
	}
	if *s == nil {
		*s = make(map[T]bool, 4*fewItems)
		for _, o := range out {
			(*s)[o] = true
		}
	}
	if (*s)[it] {
		return true
	}
	(*s)[it] = true
	return false
}

func normalSources(items []Source) []Source {
	if len(items) == 0 {
		return nil
	}
	out := make([]Source, 0, len(items))
	var met seen[Source]
	for _, it := range items {
		it.Name, it.URL = oneLine(it.Name), oneLine(it.URL)
		if it != (Source{}) && !met.before(out, it) {
			out = append(out, it)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func normalExtra(items []Extra) []Extra {
	if len(items) == 0 {
		return nil
	}
	out := slices.Clone(items)
	for i := range out {
		// A value that is no JSON stays: Validate names it.
		if v, err := canonicalJSON(out[i].Value); err == nil {
			out[i].Value = v
		}
	}
	slices.SortStableFunc(out, func(a, b Extra) int { return strings.Compare(a.Key, b.Key) })
	return out
}
