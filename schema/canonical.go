package schema

import (
	"bytes"
	"strings"
)

// ParseCanonical is [ParseFile] for a file in canonical form. The state is normalized
// and valid, and EncodeFile gives it these very bytes: whoever knows that need not
// find it out again. ok is false for any other file, and for those few in that form
// which hold what is rare (unknown keys, escaped characters): ParseFile reads them.
func ParseCanonical(data []byte) (s State, ok bool) {
	in, ok := parseCanonical(data)
	return in.State, ok
}

// parseCanonical reads a file that is in the very form that [EncodeFile] gives its
// state, without a YAML reader, which takes ten times as long. It guesses: it takes
// each line apart as simply as it can, and then writes the file again. Only where
// that gives the same bytes is the guess right, since EncodeFile and ParseFile are
// each other's inverse; any other file is left to the YAML reader.
//
// So where it can read a file, the state is normalized and valid, and the bytes are
// those that EncodeFile gives it.
func parseCanonical(data []byte) (Input, bool) {
	text := string(data)
	rest, ok := strings.CutPrefix(text, "---\nstemma: 1\n")
	if !ok {
		return Input{}, false
	}
	s := State{Status: Usable}
	g := guess{s: &s, list: ""}
	for {
		line, after, found := strings.Cut(rest, "\n")
		if !found {
			return Input{}, false
		}
		rest = after
		if line == "---" {
			break
		}
		if !g.line(line) {
			return Input{}, false
		}
	}
	front := len(text) - len(rest)
	body, blank := strings.CutPrefix(rest, "\n")
	if blank == (body == "") && rest != "" {
		return Input{}, false
	}
	s.Body = body
	if front > MaxFrontMatter || !bytes.Equal(frontMatter(&s), data[:front]) || s.Validate() != nil {
		return Input{}, false
	}
	n := s.Clone()
	if n.Normalize(); !identical(&n, &s) {
		return Input{}, false
	}
	return Input{State: s, Carries: AllFields}, true
}

// guess takes the lines of canonical front matter.
type guess struct {
	s    *State
	list string // the key whose items or parts stand on the lines to come
}

// line takes one line and reports whether it could.
func (g *guess) line(line string) bool {
	s := g.s
	if strings.HasPrefix(line, "  ") {
		return g.part(line[2:])
	}
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return false
	}
	if g.list = ""; value == "" {
		g.list = key
		return key == "contexts" || key == "sources" || key == "aliases" || key == "image"
	}
	if value, ok = plainScalar(value); !ok {
		return false
	}
	switch key {
	case "id":
		id, err := ParseID(value)
		s.ID = id
		return err == nil
	case "translation_of":
		id, err := ParseID(value)
		s.TranslationOf = id
		return err == nil
	case "type":
		s.Type = Type(value)
	case "date":
		s.Date = Date(value)
	case "status":
		s.Status = Status(value)
	case "category":
		s.Category = value
	case "headline":
		s.Headline = value
	case "summary":
		s.Summary = value
	case "byline":
		s.Byline = value
	case "language":
		s.Language = value
	case "path":
		s.Path = value
	default:
		return false // an unknown key, or one that is written in another way
	}
	return true
}

// part takes an indented line: an item of a list, or a key of a group.
func (g *guess) part(line string) bool {
	s := g.s
	item, first := strings.CutPrefix(line, "-")
	switch g.list {
	case "contexts", "aliases":
		value, ok := plainScalar(item)
		if g.list == "contexts" {
			s.Contexts = append(s.Contexts, value)
		} else {
			s.Aliases = append(s.Aliases, value)
		}
		return ok && first
	case "image":
		key, value, _ := strings.Cut(line, ":")
		value, ok := plainScalar(value)
		switch key {
		case "url":
			s.Image.URL = value
		case "caption":
			s.Image.Caption = value
		case "credit":
			s.Image.Credit = value
		default:
			return false
		}
		return ok
	case "sources":
		if first {
			s.Sources = append(s.Sources, Source{})
		}
		key, value, _ := strings.Cut(strings.TrimLeft(item, " "), ":")
		value, ok := plainScalar(value)
		if len(s.Sources) == 0 {
			return false
		}
		switch src := &s.Sources[len(s.Sources)-1]; key {
		case "name":
			src.Name = value
		case "url":
			src.URL = value
		default:
			return false
		}
		return ok
	}
	return false
}

// plainScalar takes the value behind a colon or dash and a blank: bare, or quoted
// with nothing escaped but quotes and backslashes.
func plainScalar(s string) (string, bool) {
	s, ok := strings.CutPrefix(s, " ")
	if !ok || s == "" {
		return "", false
	}
	if s[0] != '"' {
		return s, true
	}
	if len(s) < 2 || s[len(s)-1] != '"' {
		return "", false
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}
