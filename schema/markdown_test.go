package schema

import (
	"reflect"
	"strings"
	"testing"
)

func TestFileRefusals(t *testing.T) {
	deep := "---\nheadline: h\na: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n---\n"
	for name, c := range map[string]struct {
		text, field, reason string
		line                int
	}{
		"UTF-8 in the body":  {"---\nheadline: h\n---\n\nab\xffc\n", "body", "no UTF-8", 5},
		"UTF-8 in a field":   {"---\nheadline: h\nsummary: \xff\n---\n", "summary", "no UTF-8", 3},
		"NUL":                {"---\nheadline: a\x00b\n---\n", "headline", "NUL", 2},
		"UTF-16":             {"\xff\xfeh\x00", "", "UTF-16", 1},
		"1 MB":               {"---\nid: \"\"\nheadline: " + strings.Repeat("x", 1<<20-100) + "\n---\n", "headline", "more than", 3},
		"no YAML":            {"---\nheadline: h\n\tx: [\n---\n", "front matter", "no YAML", 3},
		"a list":             {"---\n- a\n---\n", "front matter", "keys", 2},
		"anchors":            {"---\na: &a [x]\nb: [*a,*a]\nheadline: h\n---\n", "front matter", "anchor", 2},
		"alias":              {"---\nheadline: h\nb: *a\n---\n", "front matter", "anchor", 0},
		"tags":               {"---\nheadline: !!binary aGk=\n---\n", "front matter", "tag", 2},
		"key twice":          {"---\nheadline: h\nheadline: i\n---\n", "front matter", "twice", 3},
		"deep":               {deep, "front matter", "deeper", 3},
		"huge":               {"---\nheadline: h\na: " + strings.Repeat("x", MaxFrontMatter) + "\n---\n", "front matter", "closed", 1},
		"not closed":         {"---\nheadline: h\nbody\n", "front matter", "not closed", 1},
		"TOML":               {"+++\nheadline = \"h\"\n+++\n", "front matter", "TOML", 1},
		"JSON":               {"{\"headline\":\"h\"}\n\nx\n", "front matter", "JSON", 1},
		"date":               {"---\nheadline: h\ndate: 2015-02-30\n---\n", "date", "2015-02-30", 3},
		"id":                 {"---\nid: nope\nheadline: h\n---\n", "id", "nope", 2},
		"path":               {"---\nheadline: h\npath: /news/../x\n---\n", "path", "climbs", 3},
		"scheme":             {"---\nheadline: h\nsources:\n  - name: a\n    url: http://a\n  - url: ftp://x/y\n---\n", "sources", "ftp", 6},
		"image":              {"---\nheadline: h\nimage:\n  url: file:///x\n---\n", "image", "file", 3},
		"key of a source":    {"---\nheadline: h\nsources:\n  - href: http://x\n---\n", "sources", "href", 4},
		"two lines":          {"---\nheadline: |\n  a\n  b\n---\n", "headline", "line break", 2},
		"list for a text":    {"---\nheadline: [a]\n---\n", "headline", "a list", 2},
		"missing":            {"---\ndate: 2015-09-26\n---\n\ntext\n", "headline", "missing", 1},
		"later version":      {"---\nstemma: 2\nheadline: h\n---\n", "stemma", "version", 2},
		"plain, no heading":  {"text\n", "headline", "missing", 1},
		"body in two places": {"---\nheadline: h\nbody: a\n---\n\nb\n", "body", "after", 3},
		"type":               {"---\nheadline: h\ntype: story\n---\n", "type", "story", 3},
		"published":          {"---\nheadline: h\npublished: soon\n---\n", "published", "soon", 3},
	} {
		_, p := ParseFile([]byte(c.text))
		if p == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		if c.reason == "anchor" && c.line == 0 { // the library itself knows no such anchor
			if p.Field != c.field {
				t.Errorf("%s: %+v", name, p)
			}
			continue
		}
		if p.Line != c.line || p.Field != c.field || !strings.Contains(p.Reason, c.reason) {
			t.Errorf("%s: got line %d, field %q, %s", name, p.Line, p.Field, p.Reason)
		}
	}
	if _, p := ParseFile([]byte("---\nTitle: t\n---\n")); p == nil || !strings.Contains(p.Hint, `"Title"`) {
		t.Errorf("no hint at the title: %+v", p)
	}
}

func TestFileByHand(t *testing.T) {
	in, p := ParseFile([]byte("\ufeff---\r\ndate: 2015-09-6\r\nheadline: >\r\n  A folded\r\n  headline\r\ncontexts: Iran\r\ntitle: kept\r\nn: 1.50\r\nyes: no # a remark\r\n...: x\r\n'extra': {b: [1, ~], a: 'x'}\r\nsources: [https://example.org/a]\r\nauthor: A <a@b>\r\npublished: 2018-02-06 13:49:27\r\n---\r\n\r\nBody\r\n"))
	if p != nil {
		t.Fatal(p)
	}
	in.State.Normalize()
	want := State{
		Type: Event, Status: Usable, Date: "2015-09-06", Headline: "A folded headline", Contexts: []string{"Iran"},
		Sources: []Source{{URL: "https://example.org/a"}}, Body: "Body\n",
		Extra: []Extra{{"...", `"x"`}, {"extra", `{"a":"x","b":[1,null]}`}, {"n", "1.50"}, {"title", `"kept"`}, {"yes", `"no"`}},
	}
	if !reflect.DeepEqual(in.State, want) {
		t.Errorf("got %+v\nwant %+v", in.State, want)
	}
	if in.Author != (Person{"A", "a@b"}) || in.Published.String() != "2018-02-06T13:49:27Z" {
		t.Errorf("%+v %s", in.Author, in.Published)
	}
	if in.Carries.Has(FieldStatus) || in.Carries.Has(FieldPath) || in.Carries.Has(FieldAliases) || in.Carries.Has(FieldType) || !in.Carries.Has(FieldSummary) {
		t.Errorf("carries %b", in.Carries)
	}
}

func TestPlainMarkdown(t *testing.T) {
	for text, want := range map[string][2]string{
		"# H\n\ntext\n":                  {"H", "text\n"},
		"\n\n# H \r\ntext":               {"H", "text\n"},
		"intro\n\n# H\n\ntext\n":         {"H", "intro\n\ntext\n"},
		"```\n# no\n```\n\n# H\n":        {"H", "```\n# no\n```\n"},
		"# H\n\n# Second\n":              {"H", "# Second\n"},
		"---\ntitle: t\n---\n\n# H\n\nx": {"H", "x\n"},
	} {
		in, p := ParseFile([]byte(text))
		if p != nil {
			t.Errorf("%q: %v", text, p)
			continue
		}
		in.State.Normalize()
		if in.Headline != want[0] || in.Body != want[1] {
			t.Errorf("%q: got %q, %q", text, in.Headline, in.Body)
		}
	}
}

// TestCanonicalFile pins the bytes: they are what stores hold for ever.
func TestCanonicalFile(t *testing.T) {
	in, p := ParseJSON(readTestFile(t, "json/whole.json"))
	if p != nil {
		t.Fatal(p)
	}
	const want = `---
stemma: 1
id: 0123456789abcdefghjkmnpqrs
type: article
date: 2015-09-06
category: Talks
headline: A headline
summary: A summary
byline: A. Writer
language: en
status: withheld
translation_of: sqpnmkjhgfedcba9876543210z
image:
  url: https://example.org/a.jpg
  caption: c
  credit: d
contexts:
  - Iran
  - Iraq
sources:
  - name: R
    url: https://example.org/a
  - url: https://example.org/b
aliases:
  - guid-1
  - /news/2015/09/6/old
path: /news/2015/09/6/other
desk: {"a": null, "b": [1, 2.50]}
---

One paragraph.

Another.
`
	if got := string(EncodeFile(&in.State)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if in.Key != "k1" || in.Note != "why" || in.Author.String() != "A <a@b>" {
		t.Errorf("%+v", in)
	}
}

func TestJSONRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		text, field string
		line        int
	}{
		"NaN":            {"{\"headline\":\"x\",\n\"n\":NaN}", "headline", 2},
		"twice":          {"{\"headline\":\"x\",\n\"headline\":\"y\"}", "headline", 2},
		"half surrogate": {"{\"headline\":\"\\ud83d\"}", "headline", 1},
		"deep":           {"{\"headline\":\"x\",\"a\":" + strings.Repeat("[", 100), "headline", 1},
		"tail":           {"{\"headline\":\"x\"}\n{}", "", 2},
		"list":           {"[]", "", 1},
		"number":         {"{\n\"headline\":1}", "headline", 2},
		"control":        {"{\"headline\":\"a\tb\"}", "headline", 1},
		"date":           {"{\"headline\":\"x\",\n\n\"date\":\"2015-02-30\"}", "date", 3},
		"source":         {"{\"headline\":\"x\",\n\"sources\":[{\"url\":\"http://a\"},\n{\"url\":\"data:x\"}]}", "sources", 3},
		"NUL escaped":    {"{\"headline\":\"x\",\n\"summary\":\"\\u0000\"}", "summary", 2},
		"many":           {"{\"headline\":\"x\",\n\"contexts\":[\"\"" + strings.Repeat(",\"\"", MaxItems) + "]}", "contexts", 2},
		"empty":          {"", "", 1},
		"01":             {"{\"headline\":\"x\",\"n\":01}", "headline", 1},
		"1e+-5":          {"{\"headline\":\"x\",\"n\":1e+-5}", "headline", 1},
	} {
		_, p := ParseJSON([]byte(c.text))
		if p == nil || p.Line != c.line || p.Field != c.field || p.Reason == "" {
			t.Errorf("%s: got %+v, want line %d, field %q", name, p, c.line, c.field)
		}
	}
}

func TestTableIsWhole(t *testing.T) {
	for i, row := range Table() {
		if row.Field != Field(i) || row.Name == "" || row.Field.String() != row.Name {
			t.Errorf("row %d: %+v", i, row)
		}
		if f, ok := FieldNamed(row.Name); !ok || f != row.Field {
			t.Errorf("%s is not found", row.Name)
		}
		if !reservedKey(row.Name) && row.Field != FieldExtra {
			t.Errorf("%s could be an unknown key", row.Name)
		}
	}
}
