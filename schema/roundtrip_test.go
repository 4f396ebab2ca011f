package schema

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// nasty are texts on which a format may trip.
var nasty = []string{
	"plain words", "11 people are killed", "2015-01-01", "2015-01-01 00:00:00 Z", "yes", "No", "null", "~", "true", "1", "1e5", "0x1F", "-1", "+5",
	".5", ".inf", "=", "<<", "1_000", "12:30:45", "a: b", "a:b", "ends in colon:", "a #b", "#b", " leading", "\ttab first", "in\tside",
	"'single'", `"double"`, `back\slash`, "- item", "-item", "? key", "!tag", "&anchor", "*alias", "%YAML", "@at", "`tick`", "|", ">", "[a]", "{b}", "a, b",
	"---", "--- x", "...", "+++", "\x1b[31mred", "\x7f", "\u0085next", "line\u2028sep\u2029par", "\ufeffbom", "\ufdd0\uffff\ufffe", "\ufffd",
	"emoji 👩‍👩‍👧‍👦🏳️‍🌈", "مرحبا world שלום", "\u202eevil", "西班牙最高法院", "e\u0301", "é", "{+x+}[-y-]", "]]>", "&lt;b&gt; &amp;amp;", "<script>alert(1)</script>",
	"a\u00a0b", "\u00a0", "\u200bzero", "x\u0080y\u009f", "\U000e0041tag", "<<<<<<< HEAD", "a|b|c", "key: [1, 2", "\u3000wide", "c: \"d", "\\u0041", "${x}", "{{7*7}}",
	strings.Repeat("long ", 400) + "end", "\U0001fffe\U0010ffff",
}

// pick gives a nasty text, at times two in one.
func pick(r *rand.Rand) string {
	s := nasty[r.IntN(len(nasty))]
	if r.IntN(3) == 0 {
		s += nasty[r.IntN(len(nasty))]
	}
	return s
}

// randomState gives a valid normalized state out of nasty texts.
func randomState(r *rand.Rand) State {
	maybe := func() string {
		if r.IntN(3) == 0 {
			return ""
		}
		return pick(r)
	}
	list := func() (out []string) {
		for range r.IntN(4) {
			out = append(out, pick(r))
		}
		return out
	}
	s := State{
		Type:     []Type{"", Event, Article}[r.IntN(3)],
		Date:     []Date{"", "2015-09-26", "0001-01-01"}[r.IntN(3)],
		Category: maybe(), Headline: "h" + pick(r), Summary: maybe(), Byline: maybe(),
		Language: []string{"", "en", "zh-Hant", "no"}[r.IntN(4)],
		Status:   []Status{"", Usable, Withheld, Canceled}[r.IntN(4)],
		Contexts: list(), Path: []string{"", "/news/2015/09/26/it-s", "/news/2015/09/26/’quoted’"}[r.IntN(3)],
	}
	if r.IntN(2) == 0 {
		s.ID, s.TranslationOf = NewID(), NewID()
	}
	if r.IntN(2) == 0 {
		s.Image = Image{URL: "https://example.org/a?b=c&amp;d#e", Caption: maybe(), Credit: maybe()}
	}
	for range r.IntN(3) {
		s.Sources = append(s.Sources, Source{Name: maybe(), URL: "http://example.org/" + strings.ReplaceAll(oneLine(pick(r)), "\x1b", "")})
	}
	for _, a := range list() {
		if !strings.HasPrefix(a, "/") {
			s.Aliases = append(s.Aliases, a[:min(len(a), 1000)])
		}
	}
	values := []string{"1", "1.0", "1e400", "-0", "true", "null", `"null"`, `{"b":[1,{"c":"\u2028"}],"a":{}}`, `[]`, `[[-1,"x: y"],{}]`, `"\u001b"`, `{"` + strings.Repeat("k", 2000) + `":1}`}
	for range r.IntN(4) {
		v := values[r.IntN(len(values))]
		if r.IntN(3) == 0 {
			b, _ := json.Marshal(pick(r))
			v = string(b)
		}
		key := "x" + pick(r)
		if r.IntN(3) == 0 {
			key = []string{"title", "yes", "1", "a b", "extra", "<<", "~", "{"}[r.IntN(8)]
		}
		key = key[:min(len(key), 500)]
		if !slices.ContainsFunc(s.Extra, func(e Extra) bool { return e.Key == key }) {
			s.Extra = append(s.Extra, Extra{key, v})
		}
	}
	for range r.IntN(5) {
		s.Body += pick(r) + "\n"
	}
	s.Normalize()
	return s
}

// validRandomStates calls test with many valid states.
func validRandomStates(t *testing.T, test func(s State)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	valid := 0
	for range 3000 {
		s := randomState(r)
		if p := s.Validate(); p != nil {
			continue // a source with DEL in its address and the like
		}
		valid++
		test(s)
		if t.Failed() {
			return
		}
	}
	if valid < 1500 {
		t.Fatalf("only %d of 3000 states are valid: the property is hardly tested", valid)
	}
}

// cut keeps what a failing test prints readable.
func cut(v any) string {
	s := fmt.Sprintf("%+v", v)
	return s[:min(len(s), 1500)]
}

func TestFileRoundTrip(t *testing.T) {
	validRandomStates(t, func(s State) {
		file := EncodeFile(&s)
		in, p := ParseFile(file)
		if p != nil {
			t.Fatalf("%v\n%s", p, cut(string(file)))
		}
		if !reflect.DeepEqual(in.State, s) {
			t.Errorf("read back differs\n got %s\nwant %s\n%s", cut(in.State), cut(s), cut(string(file)))
		}
		if slow, p := parseAnyFile(file); p != nil || !reflect.DeepEqual(slow, in) {
			t.Errorf("the YAML reader gives %s, %v\nwant %s", cut(slow), p, cut(in))
		}
		if in.Carries != AllFields {
			t.Errorf("the canonical file carries %b", in.Carries)
		}
		if again := EncodeFile(&in.State); string(again) != string(file) {
			t.Errorf("written again differs:\n%s\n%s", file, again)
		}
	})
}

// TestCanonicalIsQuick holds the quick reader to files as they are: it must take
// what real pages give, not only refuse what it should.
func TestCanonicalIsQuick(t *testing.T) {
	pages, err := filepath.Glob("testdata/pages/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, name := range pages {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		in, p := Parse(FormatPage, data)
		if p != nil {
			t.Fatal(p)
		}
		in.ID = DeriveID(name)
		if quick, ok := parseCanonical(EncodeFile(&in.State)); !ok || quick.Headline == "" {
			t.Errorf("%s is left to the YAML reader:\n%s", name, cut(string(EncodeFile(&in.State))))
		}
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(JSONSchema())))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestJSONRoundTripAndSchema(t *testing.T) {
	compiled := compiledSchema(t)
	validRandomStates(t, func(s State) {
		for _, data := range [][]byte{EncodeJSON(&s), EncodeStream(&Input{State: s, Note: "n", Key: "k", Author: Person{"A", "a@b"}})} {
			in, p := ParseJSON(data)
			if p != nil {
				t.Fatalf("%v\n%s", p, cut(string(data)))
			}
			if !reflect.DeepEqual(in.State, s) {
				t.Errorf("read back differs\n got %s\nwant %s\n%s", cut(in.State), cut(s), cut(string(data)))
			}
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
			if err != nil {
				t.Fatal(err)
			}
			if err := compiled.Validate(doc); err != nil {
				t.Errorf("%v\n%s", err, cut(string(data)))
			}
			if !json.Valid(data) {
				t.Errorf("no JSON:\n%s", data)
			}
		}
	})
	if data := EncodeStream(&Input{State: State{Headline: "a\nb"}}); strings.Count(string(data), "\n") != 1 {
		t.Errorf("a stream's line has a line break in it: %q", data)
	}
}

func TestJSONSchemaRefuses(t *testing.T) {
	compiled := compiledSchema(t)
	for _, bad := range []string{
		`{}`, `{"headline":""}`, `{"headline":1}`, `[]`, `{"headline":"x","type":"story"}`, `{"headline":"x","date":"26/09/2015"}`,
		`{"headline":"x","sources":[{"url":"javascript:alert(1)"}]}`, `{"headline":"x","id":"nope"}`, `{"headline":"x","contexts":"Iran"}`,
		`{"headline":"x","path":"news"}`, `{"headline":"x","image":{"uri":"http://x"}}`,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if compiled.Validate(doc) == nil {
			t.Errorf("the schema takes %s", bad)
		}
		if _, p := ParseJSON([]byte(bad)); p == nil {
			t.Errorf("ParseJSON takes %s", bad)
		}
	}
}
