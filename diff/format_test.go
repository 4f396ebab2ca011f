package diff

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stemma-project/stemma/schema"
)

// goldenDiff is an article's diff with something of everything.
func goldenDiff() Article {
	old, new := ferry()
	old.Summary = "عبّارة غرقت في النيجر يوم الجمعة، وقتل شخصان."
	new.Summary = "عبّارة غرقت في النيجر يوم الخميس، وقتل سبعة."
	old.Body = "The first paragraph stays as it is.\n\nSo does the second.\n\nAnd the third one too.\n\nThe captain said that {all} were safe.\n\nA fifth, with no news.\n\nThe last <b>paragraph</b>.\n"
	new.Body = "The first paragraph stays as it is.\n\nSo does the second.\n\nAnd the third one too.\n\nThe captain said that {all} were \u202esafe.\n\nAn investigation has begun.\n\nA fifth, with no news.\n\nThe last <b>paragraph</b>.\n"
	new.Image = schema.Image{URL: "https://i.example/f.png", Caption: "The ferry\x1b[31m"}
	new.Extra = []schema.Extra{{Key: "desk", Value: `{"name":"Africa"}`}}
	return States(old, new, Options{})
}

func TestGolden(t *testing.T) {
	d := goldenDiff()
	labels := ShowOptions{Around: AroundDefault, From: "7zz@1", To: "7zz@2", FromVersion: 1, ToVersion: 2, Article: "7zz",
		Corrections: []Correction{{Type: "correction", Text: "An earlier version misstated the {toll}.", From: 1, To: 2}, {Type: "retraction", Text: "What <we> said\nis gone.", To: 1}}}
	with := func(change func(*ShowOptions)) ShowOptions {
		o := labels
		change(&o)
		return o
	}
	for _, c := range []struct {
		file  string
		style Style
		opt   ShowOptions
	}{
		{"plain.txt", Plain, labels},
		{"plain-around-0.txt", Plain, with(func(o *ShowOptions) { o.Around = 0 })},
		{"plain-around-2.txt", Plain, with(func(o *ShowOptions) { o.Around = 2 })},
		{"term.txt", Term, with(func(o *ShowOptions) { o.Width = 48 })},
		{"term-colour.txt", Term, with(func(o *ShowOptions) { o.Width, o.Color = 48, true })},
		{"stat.txt", Term, with(func(o *ShowOptions) { o.Stat = true })},
		{"merged.html", HTML, with(func(o *ShowOptions) { o.NoCSS = true })},
		{"sides.html", HTML, with(func(o *ShowOptions) { o.NoCSS, o.SideBySide = true, true })},
		{"diff.json", JSON, labels},
		{"critic.md", Markdown, labels},
		{"unified.txt", Unified, labels},
		{"card.svg", SVG, labels},
		{"fields.txt", Plain, with(func(o *ShowOptions) { o.Fields = []string{"image", "headline"} })},
	} {
		t.Run(c.file, func(t *testing.T) {
			var got bytes.Buffer
			if err := Write(&got, c.style, d, c.opt); err != nil {
				t.Fatal(err)
			}
			golden(t, c.file, got.Bytes())
		})
	}
}

// movedTexts are a text and the same with a paragraph moved and mended.
func movedTexts() (old, new string) {
	first := "The ferry had left the town of Diré in the morning with more people on board than it may carry.\n"
	second := "Rescuers said that the boat struck a rock near the village of Koriomé and broke in two at once.\n"
	third := "The government announced three days of mourning.\n"
	return first + "\n" + second + "\n" + third + "\n" + "Nobody else was hurt, as far as is known.\n",
		third + "\n" + "Nobody else was hurt, as far as is known.\n\n" + second + "\n" + strings.Replace(first, "morning", "evening", 1)
}

func TestGoldenMoves(t *testing.T) {
	old, new := movedTexts()
	d := States(&schema.State{Body: old}, &schema.State{Body: new}, Options{})
	moved := 0
	for _, s := range d.Fields[0].Segments {
		if s.Op == MoveTo {
			moved++
		}
	}
	if moved == 0 {
		t.Fatalf("no move was found: %+v", d.Fields[0].Segments)
	}
	if got, want := Summarize(d.Kinds), "body, wording, structure"; got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
	for _, c := range []struct {
		file  string
		style Style
		opt   ShowOptions
	}{
		{"moves.txt", Plain, ShowOptions{Around: AroundDefault}},
		{"moves-colour.txt", Term, ShowOptions{Around: AroundDefault, Color: true, Width: 72}},
		{"moves.html", HTML, ShowOptions{Around: AroundDefault, NoCSS: true}},
		{"moves-sides.html", HTML, ShowOptions{Around: AroundDefault, NoCSS: true, SideBySide: true}},
		{"moves.svg", SVG, ShowOptions{Around: AroundDefault}},
		{"moves.md", Markdown, ShowOptions{Around: AroundDefault}},
		{"moves.json", JSON, ShowOptions{Stat: true}},
		{"moves-stat.txt", Plain, ShowOptions{Stat: true}},
	} {
		var got bytes.Buffer
		if err := Write(&got, c.style, d, c.opt); err != nil {
			t.Fatal(err)
		}
		golden(t, c.file, got.Bytes())
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "format", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s (go test -update writes it anew):\n%s", path, got)
	}
}

// texts are pairs to show, the hostile ones on both sides.
func texts(t *testing.T) [][2]string {
	t.Helper()
	pairs := [][2]string{
		{"", ""}, {"", "a"}, {"a", ""}, {"a b c", "a c"}, {"a c.", "a b c."}, {"(b\nc) d", "() d"}, {"a (x y)", "a (z)"},
		{"one\n\ntwo three\n\nfour", "four\n\none\n\ntwo 3\n"}, {"foo bar", "foo-bar"}, {"foo , bar", "foo, bar"}, {"a\r\nb\r\n", "a\nb\n"},
		{"中文字很好。", "中文很好!"}, {"شكرا لكم\nجزيلا", "شكرا لكما جزيلا"}, {"{++x++} {--y--} a\\", "{++x++} z {--y--} a\\ \\{b"},
		{"[-x-] and {+y+}", "[-x-] or {+z+}"}, {"see [1]", "see [1-]"}, {"a [b] {c}", "a [-b] {c+}"}, {"\\[x\\] [\\", "[x] \\["}, {"[]", "[-]"}, {"x [", "x [-y-]"},
		{"\x80\xff a", "\x80 b"}, {"a\x1b[31m b", "a\x1b]0;x\x07 c"}, {"👩‍👩‍👧 x", "👩‍👩‍👦 x"},
	}
	naughty := readStrings(t, "naughty-strings.json")
	for i, s := range naughty {
		next := naughty[(i+1)%len(naughty)]
		pairs = append(pairs, [2]string{s, next}, [2]string{"said " + s + " today", "said today " + next}, [2]string{s + "\n\n" + next, next + "\n\n" + s})
	}
	for _, p := range headlineChanges(t) {
		pairs = append(pairs, [2]string{p.Before, p.After})
	}
	return pairs
}

func readStrings(t *testing.T, name string) (out []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "format", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// shown is what WriteText writes.
func shown(t *testing.T, style Style, old, new string, opt ShowOptions) string {
	t.Helper()
	var b strings.Builder
	if err := WriteText(&b, style, old, new, Texts(old, new, Options{}), opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMarkdownRebuildsBothSidesToTheByte(t *testing.T) {
	for _, p := range texts(t) {
		out := shown(t, Markdown, p[0], p[1], ShowOptions{Around: AroundAll})
		old, new, err := uncritic(out)
		if err != nil || old != p[0] || new != p[1] {
			t.Errorf("%q → %q is shown as %q, which reads %q → %q (%v)", p[0], p[1], out, old, new, err)
		}
	}
}

// sgr are the colours that Term may write.
var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestNoControlCharacterReachesTerminalOrPage shows hostile content in every
// style that people look at.
func TestNoControlCharacterReachesTerminalOrPage(t *testing.T) {
	for _, p := range texts(t) {
		for _, style := range []Style{Term, HTML, SVG, JSON, Plain, Markdown} {
			for _, colour := range []bool{false, true} {
				out := shown(t, style, p[0], p[1], ShowOptions{Around: AroundDefault, Color: colour, Visible: true, Width: 40, From: p[0], To: p[1], SideBySide: colour})
				if style == Term && colour {
					out = sgr.ReplaceAllString(out, "")
				}
				if i := strings.IndexFunc(out, dangerous); i >= 0 {
					t.Errorf("%s of %q → %q passes %q", style, p[0], p[1], out[i:min(i+12, len(out))])
				}
				if !utf8.ValidString(out) {
					t.Errorf("%s of %q → %q is not UTF-8", style, p[0], p[1])
				}
			}
		}
	}
}

// dangerous reports characters that act on a terminal or reorder a line.
func dangerous(c rune) bool {
	return c < ' ' && c != '\n' && c != '\t' || c >= 0x7f && c <= 0x9f ||
		c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}

// TestNamesAreHarmlessToo: the names of fields are content as well.
func TestNamesAreHarmlessToo(t *testing.T) {
	for _, name := range readStrings(t, "naughty-strings.json") {
		d := States(&schema.State{}, &schema.State{Extra: []schema.Extra{{Key: name, Value: `"x"`}}}, Options{})
		for _, style := range Styles() {
			var b strings.Builder
			if err := Write(&b, style, d, ShowOptions{From: name, To: name, Article: name}); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(b.String(), dangerous); i >= 0 {
				t.Errorf("%s of a field named %q passes %q", style, name, b.String()[i:])
			}
			if style == HTML && strings.Contains(strings.ToLower(b.String()), "<script") {
				t.Errorf("HTML of a field named %q holds a script", name)
			}
		}
	}
}

var foldLine = regexp.MustCompile(`<p class="fold"[^>]*>.*?</p>`)

var tags = regexp.MustCompile(`<(/?)(del|ins|p)\b[^>]*>|<a [^>]*>[^<]*</a> |<[^>]*>`)

// TestHTMLHoldsBothSides takes the tags away again: what is left, less <ins>, is
// the old text, and less <del> the new one.
func TestHTMLHoldsBothSides(t *testing.T) {
	for _, p := range texts(t) {
		if strings.ContainsAny(p[0]+p[1], "\r\u2028\u2029") {
			continue
		}
		out := shown(t, HTML, p[0], p[1], ShowOptions{Around: AroundAll, NoCSS: true})
		old, new := untag(foldLine.ReplaceAllString(out, ""))
		if squeeze(old) != squeeze(schema.Visible(p[0])) || squeeze(new) != squeeze(schema.Visible(p[1])) {
			t.Errorf("%q → %q is shown as %q, which reads %q → %q", p[0], p[1], out, old, new)
		}
	}
}

// TestHTMLUnfolds: what is folded stands in the page all the same, behind a summary
// that says how much it is; inline and beside each other.
func TestHTMLUnfolds(t *testing.T) {
	summary := regexp.MustCompile(`<summary[^>]*>[^<]*</summary>`)
	folds := 0
	for _, p := range texts(t) {
		multi := strings.Contains(strings.TrimSpace(p[0]), "\n") || strings.Contains(strings.TrimSpace(p[1]), "\n")
		if !multi || strings.ContainsAny(p[0]+p[1], "\r\u2028\u2029") {
			continue
		}
		out := shown(t, HTML, p[0], p[1], ShowOptions{Around: 0, NoCSS: true, Unfold: true})
		folds += len(summary.FindAllString(out, -1))
		old, new := untag(foldLine.ReplaceAllString(summary.ReplaceAllString(out, ""), ""))
		if squeeze(old) != squeeze(schema.Visible(p[0])) || squeeze(new) != squeeze(schema.Visible(p[1])) {
			t.Errorf("%q → %q is shown as %q, which reads %q → %q", p[0], p[1], out, old, new)
		}
		side := shown(t, HTML, p[0], p[1], ShowOptions{Around: 0, NoCSS: true, Unfold: true, SideBySide: true})
		if a, b := strings.Count(side, "<details"), strings.Count(side, "</details></td></tr>"); a != b {
			t.Errorf("%d folds begin and %d end in %q", a, b, side)
		}
	}
	if folds < 2 {
		t.Errorf("only %d folds were seen", folds)
	}
}

func untag(out string) (old, new string) {
	var a, b strings.Builder
	inDel, inIns := false, false
	at := 0
	for _, m := range tags.FindAllStringSubmatchIndex(out, -1) {
		text := html.UnescapeString(out[at:m[0]])
		if !inIns {
			a.WriteString(text)
		}
		if !inDel {
			b.WriteString(text)
		}
		at = m[1]
		if m[4] >= 0 {
			closing := m[2] != m[3]
			switch out[m[4]:m[5]] {
			case "del":
				inDel = !closing
			case "ins":
				inIns = !closing
			}
		}
	}
	return a.String(), b.String()
}

var cells = regexp.MustCompile(`(?s)<td class="(old|new)[^"]*"[^>]*>(.*?)</td>`)

// TestSidesHoldOneTextEach: the left cells are the old text, the right ones the new.
func TestSidesHoldOneTextEach(t *testing.T) {
	for _, p := range texts(t) {
		if strings.ContainsAny(p[0]+p[1], "\r\u2028\u2029") {
			continue
		}
		out := shown(t, HTML, p[0], p[1], ShowOptions{Around: AroundAll, NoCSS: true, SideBySide: true})
		side := map[string]string{}
		for _, m := range cells.FindAllStringSubmatch(out, -1) {
			side[m[1]] += html.UnescapeString(tags.ReplaceAllString(m[2], "")) + "\n"
		}
		if squeeze(side["old"]) != squeeze(schema.Visible(p[0])) || squeeze(side["new"]) != squeeze(schema.Visible(p[1])) {
			t.Errorf("%q → %q is shown as %q, which reads %q → %q", p[0], p[1], out, side["old"], side["new"])
		}
		if strings.Count(out, `class="old`) != strings.Count(out, `class="new`) {
			t.Errorf("%q → %q: the rows don't match: %s", p[0], p[1], out)
		}
	}
}

// TestMarkupIsWellFormed reads the HTML fragment and the picture as XML.
func TestMarkupIsWellFormed(t *testing.T) {
	for _, p := range texts(t) {
		for _, style := range []Style{HTML, SVG} {
			for _, sides := range []bool{false, true} {
				out := shown(t, style, p[0], p[1], ShowOptions{Around: AroundDefault, SideBySide: sides, From: p[1]})
				dec := xml.NewDecoder(strings.NewReader(out))
				for {
					if _, err := dec.Token(); err == io.EOF {
						break
					} else if err != nil {
						t.Fatalf("%s of %q → %q: %v\n%s", style, p[0], p[1], err, out)
					}
				}
			}
		}
	}
}

// TestJSONSchemaKnowsEveryKind: a kind that is new here is in the schema too.
func TestJSONSchemaKnowsEveryKind(t *testing.T) {
	var doc struct {
		Defs struct {
			Field struct {
				Properties struct {
					Kinds struct{ Items struct{ Enum []Kind } }
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal([]byte(JSONSchema()), &doc); err != nil {
		t.Fatal(err)
	}
	if got := doc.Defs.Field.Properties.Kinds.Items.Enum; !slices.Equal(got, AllKinds()) {
		t.Errorf("the schema's kinds are %v, want %v", got, AllKinds())
	}
}

func TestJSONKeepsItsSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("diff.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s := c.MustCompile("diff.schema.json")
	check := func(out string) {
		t.Helper()
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	var b strings.Builder
	if err := Write(&b, JSON, goldenDiff(), ShowOptions{Article: "7zz", FromVersion: 1, ToVersion: 2, Stat: true, Corrections: []Correction{{Type: "correction", Text: "x", To: 1}}}); err != nil {
		t.Fatal(err)
	}
	check(b.String())
	for _, p := range texts(t) {
		check(shown(t, JSON, p[0], p[1], ShowOptions{From: "a.txt"}))
	}
	// The schema must be able to refuse.
	for _, bad := range []string{
		`{"fields":[],"corrections":[{"type":"apology","text":"x","to":1}]}`,
		`{}`, `{"fields":[{"field":"headline","kinds":["headlines"],"oldText":"","newText":"","segments":[]}]}`,
		`{"fields":[{"field":"headline","kinds":[],"oldText":"","segments":[]}]}`,
		`{"fields":[{"field":"x","kinds":[],"oldText":"","newText":"","segments":[{"op":"move-to","old":[0,0],"new":[0,1]}]}]}`,
		`{"fields":[{"field":"x","kinds":[],"oldText":"","newText":"","segments":[{"op":"equal","old":[0],"new":[0,1]}]}]}`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if s.Validate(v) == nil {
			t.Errorf("the schema lets %s pass", bad)
		}
	}
}

// TestJSONHoldsBothTexts reads the object back: its offsets cut its own texts.
func TestJSONHoldsBothTexts(t *testing.T) {
	for _, p := range texts(t) {
		var got jsonDiff
		out := shown(t, JSON, p[0], p[1], ShowOptions{})
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err)
		}
		f := got.Fields[0]
		old, new := unjson(t, f.OldText, f.OldBase64), unjson(t, f.NewText, f.NewBase64)
		if old != p[0] || new != p[1] {
			t.Fatalf("%q → %q reads %q → %q", p[0], p[1], old, new)
		}
		a, b := 0, 0
		for _, s := range f.Segments {
			if s.Old[0] != a || s.New[0] != b || s.Op == "equal" && old[s.Old[0]:s.Old[1]] != new[s.New[0]:s.New[1]] {
				t.Fatalf("%q → %q: segment %+v", old, new, s)
			}
			a, b = s.Old[1], s.New[1]
		}
		if a != len(old) || b != len(new) {
			t.Fatalf("%q → %q: segments end at %d, %d", old, new, a, b)
		}
	}
}

func unjson(t *testing.T, text, inBase64 *string) string {
	t.Helper()
	if text != nil {
		return *text
	}
	b, err := base64.StdEncoding.DecodeString(*inBase64)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestTermWraps: no line is wider than asked for, no cluster is cut, and nothing
// but blanks is lost.
func TestTermWraps(t *testing.T) {
	for _, p := range texts(t) {
		for _, width := range []int{10, 37} {
			out := shown(t, Term, p[0], p[1], ShowOptions{Around: AroundAll, Width: width})
			whole := shown(t, Term, p[0], p[1], ShowOptions{Around: AroundAll})
			if a, b := strings.Join(strings.Fields(out), ""), strings.Join(strings.Fields(whole), ""); a != b {
				t.Errorf("wrapped at %d, %q reads %q", width, whole, out)
			}
			for line := range strings.Lines(out) {
				line = strings.TrimRight(line, " \t\n")
				if n := columns(line); n > width && !strings.Contains(line, "\t") {
					t.Errorf("line %q takes %d columns of %d", line, n, width)
				}
			}
		}
	}
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"abc", 3}, {"é", 1}, {"e\u0301", 1}, {"中文", 4}, {"👩‍👩‍👧", 2}, {"🇩🇪", 2}, {"☺\ufe0f", 2}, {"ｱ", 1}, {"ａ", 2}, {"สวัสดี", 4}, {"", 0}} {
		if got := columns(c.text); got != c.want {
			t.Errorf("%q takes %d columns, want %d", c.text, got, c.want)
		}
	}
	for g := graphemes.FromString("a中\u200d"); g.Next(); {
		if n := clusterColumns(g.Value()); n < 0 || n > 2 {
			t.Errorf("%q takes %d columns", g.Value(), n)
		}
	}
}

// brokenWriter fails, as a closed pipe does.
type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }

func TestWriteRefuses(t *testing.T) {
	d := goldenDiff()
	if err := Write(brokenWriter{}, Plain, d, ShowOptions{}); err == nil || err.Error() != "the pipe is closed" {
		t.Errorf("a broken writer gives %v", err)
	}
	if err := Write(io.Discard, "ansi", d, ShowOptions{}); err == nil || !strings.Contains(err.Error(), `"ansi"`) {
		t.Errorf("an unknown style gives %v", err)
	}
	if err := Write(io.Discard, HTML, d, ShowOptions{Stat: true}); err == nil {
		t.Error("a count of words as HTML is not refused")
	}
	if err := Write(io.Discard, Plain, d, ShowOptions{Around: -3}); err == nil {
		t.Error("around -3 is not refused")
	}
}
