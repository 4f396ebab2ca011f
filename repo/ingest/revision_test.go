package ingest_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// Every text of real histories comes back, and beside it who, when and why.
func TestRevisionsComeBack(t *testing.T) {
	raw := sample(t, sampleDocuments)
	want := lines(t, raw)
	if len(want) != 59 {
		t.Fatalf("%d lines", len(want))
	}
	read, refused, withdrawn, headings := 0, 0, 0, 0
	for item, err := range ingest.JSONL(bytes.NewReader(raw), sampleDocuments) {
		var p *schema.Problem
		if errors.As(err, &p) {
			if l := want[p.Line-1]; l.B64 == nil || !strings.Contains(p.Reason, "is no UTF-8") {
				t.Errorf("refused: %v", p)
			}
			refused++
			continue
		}
		read++
		l, in := want[item.Line-1], &item.Input
		when, err := time.Parse(time.RFC3339, l.Time)
		if err != nil {
			t.Fatal(err)
		}
		if in.Key != "documents:"+l.Doc || in.ID != schema.DeriveID(in.Key) || !in.Published.T.Equal(when) || in.Author.Name != l.Author || in.Note != l.Msg {
			t.Errorf("line %d: %+v", item.Line, in)
		}
		if l.Text == nil {
			withdrawn++
			if in.Status != schema.Canceled || in.Carries != schema.Fields(schema.FieldStatus) {
				t.Errorf("line %d: %q carries %b", item.Line, in.Status, in.Carries)
			}
			continue
		}
		if got := ingest.OriginalText(&in.State); got != normal(*l.Text) {
			t.Errorf("line %d: %q came back as %q", item.Line, *l.Text, got)
		}
		if in.Type != schema.Article || in.Status != schema.Usable || !slices.Contains(in.Aliases, l.Doc) {
			t.Errorf("line %d: %+v", item.Line, in)
		}
		if len(in.Extra) == 0 {
			headings++
		}
	}
	if read != 58 || refused != 1 || withdrawn < 2 || headings < 5 {
		t.Errorf("%d read, %d refused, %d withdrawn, %d headings cut off", read, refused, withdrawn, headings)
	}
}

func TestHeadlineOfAText(t *testing.T) {
	for _, c := range []struct{ text, headline, from string }{
		{"# One\n\nbody\n", "One", ""},
		{"# One\n", "One", ""},
		{"# One\nbody\n", "One", "text"},
		{"\n\n# One\n\nbody\n", "One", "text"},
		{"intro\n\n# One #\n\nbody\n", "One", "text"},
		{"intro\n\n## Two\n\n# One\n", "One", "text"},
		{"intro\n\n## Two\n", "Two", "text"},
		{"```\n# no heading\n```\n\nOne\n===\n", "One", "text"},
		{"no heading at all", "dir/a name", "name"},
		{"", "dir/a name", "name"},
		{"---\ntitle: One\n---\n# Two\n", "One", "front matter"},
		{"---\nTitle: 'It''s one'\nheadline: |\n  the\n  other\n---\n", "the other", "front matter"},
		{"---\nTitle: Folded over\n  two lines\n---\nx\n", "Folded over two lines", "front matter"},
		{"---\ntitle: \"broken: yaml\n\t- x\n---\n", `broken: yaml`, "front matter"},
		{"---\ntitle: [a, list]\n---\n\n# Two\n\nx\n", "Two", ""},
		{"---\ntitle:\n---\n\n# Two\n", "Two", ""},
		{"---\nno: title\n---\n\n# Two\n\n\nx\n", "Two", ""},
		{"---\n---\n", "dir/a name", "name"},
		{"---\nnot closed\n", "dir/a name", "name"},
		{"PEP: 1\nTitle: One\nAuthor: x\n\nTwo\n===\n", "One", "text"},
		{"## Preamble\n\n    EIP: 1\n    Title: One\n    Author: x\n\n# Two\n", "One", "text"},
		{"Title: alone in prose\n\n# Two\n", "Two", "text"},
		{"# \n\nx\n", "dir/a name", "name"},
		{"# One \u00a0\n\nx\n", "One", "text"},
	} {
		stream := string(schema.EncodeStream(&schema.Input{State: schema.State{Headline: "h"}}))
		stream = `{"doc":"dir/a name.md","text":` + string(mustJSON(t, c.text)) + "}\n" + stream
		items := collect(t, ingest.JSONL(strings.NewReader(stream), "s.x"))
		s := items[0].Input.State
		from := ""
		for _, e := range s.Extra {
			if e.Key == "headline_from" {
				from = strings.Trim(e.Value, `"`)
			}
		}
		if s.Headline != c.headline || from != c.from {
			t.Errorf("%q: headline %q from %q, want %q from %q", c.text, s.Headline, from, c.headline, c.from)
		}
		if got := ingest.OriginalText(&s); got != normal(c.text) {
			t.Errorf("%q came back as %q", c.text, got)
		}
		if items[1].Input.Headline != "h" {
			t.Errorf("the state after it: %+v", items[1].Input)
		}
	}
}

func TestRevisionsRefused(t *testing.T) {
	for line, want := range map[string]string{
		`{"doc":"a","text":"\ud800"}`:                       "s:1: text: half a surrogate pair at byte 20",
		`{"doc":"a","text":"\udc00\ud800"}`:                 "s:1: text: half a surrogate pair",
		"{\"doc\":\"a\",\"text\":\"\xff\"}":                 "s:1: the line is no UTF-8",
		`{"doc":"a","text":"x\u0000"}`:                      "s:1: body: a NUL character",
		`{"doc":"a","text":"x","text":"y"}`:                 "s:1: text: the key stands twice",
		`{"doc":"a"}`:                                       "s:1: text: missing text",
		`{"doc":"","text":"x"}`:                             "s:1: doc: missing name",
		`{"doc":7,"text":"x"}`:                              "s:1: doc: ",
		`{"doc":"a","text":7}`:                              "s:1: text: a text or null is wanted",
		`{"doc":"a","b64":"%"}`:                             "s:1: b64: ",
		`{"doc":"a","text":{"b64":"/w=="}}`:                 "s:1: text: byte 1 (0xFF) is no UTF-8",
		`{"doc":"a","time":"2015-02-30","text":"x"}`:        "s:1: time: ",
		`{"doc":"a","text":"x"} x`:                          "s:1: more text after the object",
		`{"doc":"a","text":"x"`:                             "s:1: this is no JSON: ",
		`{"doc":"a","text":"x","headlines":` + "\x01" + `}`: "s:1: headlines: ",
		`["doc"]`: "s:1: this is no JSON object",
	} {
		got := tell(ingest.JSONL(strings.NewReader(line+"\n"), "s"))
		if len(got) != 1 || !strings.HasPrefix(got[0], "error: "+want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestRevisionKeepsWhatItDoesNotKnow(t *testing.T) {
	stream := `{"doc":"a","text":{"b64":"eA=="},"licence":{"b":1,"a":"CC0"},"author":"a@b.example","time":null}` + "\n"
	in := collect(t, ingest.JSONLWith(strings.NewReader(stream), "file.name", ingest.JSONLOptions{Stream: "other"}))[0].Input
	if in.Body != "x\n" || in.Author != (schema.Person{Name: "a@b.example"}) || in.Key != "other:a" || !in.Published.IsZero() {
		t.Errorf("%+v", in)
	}
	if !slices.ContainsFunc(in.Extra, func(e schema.Extra) bool { return e.Key == "licence" }) {
		t.Errorf("%+v", in.Extra)
	}
}

// Whatever text stands in a line, it comes back.
func FuzzText(f *testing.F) {
	for _, l := range lines(f, sample(f, sampleDocuments)) {
		if l.Text != nil && len(*l.Text) < 1000 {
			f.Add(*l.Text, l.Doc)
		}
	}
	for _, s := range []string{"", "---\n---\n\n# x\n", "---\ntitle: &a [*a]\n---\n", "# x\n\n\n", "# x\r\n\r\ny", "Title: x\nA: b", "---\n" + strings.Repeat("a: b\n", 50) + "---", "x\n=\n=="} {
		f.Add(s, "doc")
	}
	f.Fuzz(func(t *testing.T, text, doc string) {
		if doc == "" || !utf8.ValidString(text) || !utf8.ValidString(doc) {
			return // a line of JSON can't hold it
		}
		stream := `{"doc":` + string(mustJSON(t, doc)) + `,"text":` + string(mustJSON(t, text)) + `}`
		for item, err := range ingest.JSONL(strings.NewReader(stream), "s") {
			if err != nil {
				var p *schema.Problem
				if !errors.As(err, &p) || p.Line != 1 {
					t.Fatal(err)
				}
				continue
			}
			if got := ingest.OriginalText(&item.Input.State); got != normal(text) {
				t.Fatalf("%q came back as %q", text, got)
			}
			s := item.Input.Clone()
			s.Normalize()
			if got := ingest.OriginalText(&s); got != normal(text) {
				t.Fatalf("%q came back as %q after normalization", text, got)
			}
		}
	})
}
