package diff

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// FuzzWriteText shows any two texts in every style: what is exact rebuilds both,
// and nothing that people look at holds a control character.
func FuzzWriteText(f *testing.F) {
	f.Add("At least 2 dead", "At least 7 dead", 1)
	f.Add("a (x\n y)\n\nb", "a (y)\n\n\nb c", 0)
	f.Add("{++x++}\\", "\\{--x--}", -2)
	f.Add("a\x1b[31m\u202e\x80", "\r\n\tb\u200f", 3)
	f.Fuzz(func(t *testing.T, old, new string, around int) {
		if around < AroundDefault || around > 1000 {
			around = AroundAll
		}
		segs := Texts(old, new, Options{})
		write := func(style Style, opt ShowOptions) string {
			var b strings.Builder
			if err := WriteText(&b, style, old, new, segs, opt); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		if a, b, err := uncritic(write(Markdown, ShowOptions{Around: AroundAll})); err != nil || a != old || b != new {
			t.Errorf("markdown reads %q → %q (%v)", a, b, err)
		}
		if a, b := unplain(t, write(Plain, ShowOptions{Around: AroundAll})); squeeze(a) != squeeze(old) || squeeze(b) != squeeze(new) {
			t.Errorf("plain reads %q → %q", a, b)
		}
		if !json.Valid([]byte(write(JSON, ShowOptions{}))) {
			t.Error("JSON is not valid")
		}
		write(Unified, ShowOptions{Around: around})
		for _, style := range []Style{Term, HTML, SVG, Plain, Markdown} {
			out := write(style, ShowOptions{Around: around, Width: 20, Visible: true, SideBySide: around > 0})
			if i := strings.IndexFunc(out, dangerous); i >= 0 || !utf8.ValidString(out) {
				t.Errorf("%s passes %q", style, out)
			}
		}
	})
}

// FuzzPlain reads both sides back out of Plain, of texts made of the characters
// that its marks and escapes are made of: the harder they are to tell apart, the
// sooner the fuzzer finds where that fails.
func FuzzPlain(f *testing.F) {
	f.Add("[-gone-] {+came+}", "[-gone-]{+came+} too")
	f.Add("a [-", "a -] b {+ \\[\\]")
	f.Add("[](x)", "[+-](x)")
	f.Add("{\\}", "{+\\}")
	f.Fuzz(func(t *testing.T, old, new string) {
		letters := []rune("[]{}+-\\ab \n")
		fold := func(s string) string {
			return strings.Map(func(c rune) rune { return letters[int(c)%len(letters)] }, s)
		}
		for _, p := range [][2]string{{old, new}, {fold(old), fold(new)}} {
			a, b := unplain(t, shown(t, Plain, p[0], p[1], ShowOptions{Around: AroundAll}))
			if squeeze(a) != squeeze(p[0]) || squeeze(b) != squeeze(p[1]) {
				t.Errorf("%q → %q reads %q → %q", p[0], p[1], a, b)
			}
		}
	})
}

// FuzzStates compares two states made of the words of two texts: whatever they
// hold, the fields tile, and the way back has the kinds of the way there.
func FuzzStates(f *testing.F) {
	f.Add("2 dead|Iran,Iraq|Reuters https://a/1|body\n\ntext", "7 dead|Iraq,Syria|Reuters UK https://a/1|body text")
	f.Fuzz(func(t *testing.T, a, b string) {
		old, new := stateOf(a), stateOf(b)
		d := States(old, new, Options{})
		for _, field := range d.Fields {
			checkTiles(t, field)
			if len(field.Kinds) == 0 {
				t.Errorf("%s has no kind", field.Name)
			}
		}
		back := States(new, old, Options{})
		if len(back.Fields) != len(d.Fields) {
			t.Errorf("%d fields differ there, %d back", len(d.Fields), len(back.Fields))
		}
	})
}

// stateOf reads "headline|context,context|source url,source url|body".
func stateOf(s string) *schema.State {
	parts := append(strings.SplitN(s, "|", 4), "", "", "", "")
	st := &schema.State{Headline: parts[0], Contexts: strings.Split(parts[1], ","), Body: parts[3]}
	for _, src := range strings.Split(parts[2], ",") {
		name, url, _ := strings.Cut(src, " ")
		st.Sources = append(st.Sources, schema.Source{Name: name, URL: url})
	}
	return st
}
