package schema

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads front matter into values whose pos is their line in the file
// (the opening fence is line 1). The library is asked for nodes alone, so nothing
// is expanded: anchors, aliases and tags are refused by name, and scalars are
// told apart here, by the rules of JSON.
func parseYAML(front string) (jsonValue, *Problem) {
	refused := func(line int, format string, args ...any) *Problem {
		return &Problem{Line: line, Field: "front matter", Reason: fmt.Sprintf(format, args...)}
	}
	if len(front) > MaxFrontMatter {
		return jsonValue{}, refused(1, "%d bytes are more than the %d allowed", len(front), MaxFrontMatter)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(front), &doc); err != nil {
		line, reason := yamlReason(err)
		return jsonValue{}, refused(line+1, "this is no YAML: %s", reason)
	}
	if len(doc.Content) == 0 {
		return jsonValue{kind: jsonObject, pos: 1}, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return jsonValue{}, refused(top.Line+1, "keys with values are wanted, such as \"headline: …\"")
	}
	v, p := yamlValue(top, 0)
	if p != nil {
		p.Field = "front matter"
	}
	return v, p
}

// yamlLine finds the line in a message of the library, which has no other way to
// tell it.
var yamlLine = regexp.MustCompile(`line (\d+): `)

func yamlReason(err error) (line int, reason string) {
	reason = strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlLine.FindStringSubmatch(reason); m != nil {
		line, _ = strconv.Atoi(m[1])
		reason = strings.Replace(reason, m[0], "", 1)
	}
	return line, strings.Join(strings.Fields(reason), " ")
}

// yamlValue turns a node into a value.
func yamlValue(n *yaml.Node, depth int) (jsonValue, *Problem) {
	v := jsonValue{pos: n.Line + 1}
	refused := func(format string, args ...any) (jsonValue, *Problem) {
		return jsonValue{}, &Problem{Line: n.Line + 1, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case depth > MaxDepth:
		return refused("nested deeper than %d levels", MaxDepth)
	case n.Kind == yaml.AliasNode:
		return refused("the alias *%s: write the value out, aliases are not read", quoteForMessage(n.Value))
	case n.Anchor != "":
		return refused("the anchor &%s: anchors are not read", quoteForMessage(n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		return refused("the tag %s: tags are not read", quoteForMessage(n.Tag))
	}
	switch n.Kind {
	case yaml.ScalarNode:
		v.kind, v.text = jsonString, n.Value
		if n.Style == 0 {
			v.kind = bareKind(n.Value)
		}
	case yaml.SequenceNode:
		v.kind = jsonArray
		for _, item := range n.Content {
			val, p := yamlValue(item, depth+1)
			if p != nil {
				return v, p
			}
			v.vals = append(v.vals, val)
		}
	case yaml.MappingNode:
		return yamlMapping(n, v, depth)
	default:
		return refused("a value of a kind that is not read")
	}
	return v, nil
}

func yamlMapping(n *yaml.Node, v jsonValue, depth int) (jsonValue, *Problem) {
	v.kind = jsonObject
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, p := yamlValue(n.Content[i], depth+1)
		if p != nil {
			return v, p
		}
		if key.kind == jsonArray || key.kind == jsonObject {
			return v, &Problem{Line: key.pos, Reason: "a key that is no word"}
		}
		if first, twice := seen[key.text]; twice {
			return v, &Problem{Line: key.pos, Reason: fmt.Sprintf("the key %s stands twice, first in line %d", quoteForMessage(key.text), first)}
		}
		seen[key.text] = key.pos
		val, p := yamlValue(n.Content[i+1], depth+1)
		if p != nil {
			return v, p
		}
		v.keys, v.at, v.vals = append(v.keys, key.text), append(v.at, key.pos), append(v.vals, val)
	}
	return v, nil
}

// bareKind tells what an unquoted scalar is: what JSON writes the same way, else a
// text. So "yes", 0x10 and 2015-09-26 are texts, as a writer means them.
func bareKind(s string) jsonKind {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return jsonNull
	case "true", "false":
		return jsonBool
	}
	if isJSONNumber(s) {
		return jsonNumber
	}
	return jsonString
}
