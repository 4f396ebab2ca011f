package diff

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// hostileBlame is a field whose content and author mean no good.
func hostileBlame() ([]BlamedField, []BlamedVersion) {
	var b Blame
	b.Add(1, "Rain fell. <script>alert(1)</script> \x1b[31mred\x07 漢字漢字 and so on\n\nA long second line that has to be wrapped somewhere, \u202eand turned.\n")
	b.Add(2, "Rain & hail fell. <script>alert(1)</script> \x1b[31mred\x07 漢字漢字 and so on\n\nA long second line that has to be wrapped somewhere, \u202eand turned.\n")
	b.Add(12, "Rain & hail fell. <script>alert(1)</script> \x1b[31mred\x07 漢字漢字 and so on\n\nA long second line that had to be wrapped somewhere, \u202eand turned.\n")
	versions := []BlamedVersion{
		{1, "Ada \"<b>\" \x1b[2J", "2026-01-01"}, {2, "Someone with a name that is longer than any column", "2026-01-02 10:00:00"}, {12, "Ève", "2026-01-03"},
	}
	return []BlamedField{{Name: "body", Text: b.Text(), Runs: b.Runs()}}, versions
}

func written(t *testing.T, style Style, opt BlameOptions) string {
	t.Helper()
	fields, versions := hostileBlame()
	var out strings.Builder
	if err := WriteBlame(&out, style, fields, versions, opt); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestBlameIsSafe: no byte of the content reaches a terminal or a page as more than text.
func TestBlameIsSafe(t *testing.T) {
	for _, style := range BlameStyles() {
		out := written(t, style, BlameOptions{NoCSS: true, Width: 60})
		if strings.ContainsAny(out, "\x1b\x07\u202e") {
			t.Errorf("%s: a control character in\n%s", style, out)
		}
		if style == HTML && (strings.Contains(out, "<script") || strings.Contains(out, "<b>") || !strings.Contains(out, "&amp;")) {
			t.Errorf("not escaped:\n%s", out)
		}
	}
	if err := WriteBlame(new(strings.Builder), SVG, nil, nil, BlameOptions{}); err == nil {
		t.Error("a picture")
	}
	if err := WriteBlame(failing{}, Plain, []BlamedField{{Name: "x"}}, nil, BlameOptions{}); !errors.Is(err, errFailing) {
		t.Errorf("a failed write: %v", err)
	}
}

type failing struct{}

var errFailing = errors.New("no more room")

func (failing) Write([]byte) (int, error) { return 0, errFailing }

// TestBlameTerm: rows are no wider than they may be, colours that a line opens it closes,
// and without colours the same characters stand there.
func TestBlameTerm(t *testing.T) {
	colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, width := range []int{0, 30, 60, 80, 120} {
		plain := written(t, Term, BlameOptions{Width: width})
		colored := written(t, Term, BlameOptions{Width: width, Color: true})
		if colours.ReplaceAllString(colored, "") != plain {
			t.Errorf("width %d: colours change more than colours", width)
		}
		for _, l := range strings.Split(colored, "\n") {
			open := false
			for _, e := range colours.FindAllString(l, -1) {
				if open = e != noColor; open && strings.HasSuffix(l, e) {
					t.Errorf("width %d: a colour stays open in %q", width, l)
				}
			}
			if open {
				t.Errorf("width %d: a colour stays open in %q", width, l)
			}
		}
		text := strings.Split(plain, "\n\n")[0]
		for _, l := range strings.Split(plain, "\n") {
			if strings.Contains(l, "│") && width > 0 && columns(l) > width {
				t.Errorf("width %d: %d columns in %q", width, columns(l), l)
			}
		}
		if width > 0 && !strings.Contains(text, "²") {
			t.Errorf("width %d: no version stands before its run:\n%s", width, plain)
		}
	}
	wide := written(t, Term, BlameOptions{})
	for _, want := range []string{
		" 2 2026-01-02 Someone with a … │ ¹Rain ²& hail ¹fell. <script>",
		"12 2026-01-03 Ève              │ ¹A long second line that ¹²had ¹to be wrapped somewhere, ",
		"\n 2  2026-01-02 10:00:00  Someone with a name tha…  1 word\n",
	} {
		if !strings.Contains(wide, want) {
			t.Errorf("%q is not in\n%s", want, wide)
		}
	}
}

// TestBlameHTML: every run names its version in words and by a number, and the list of
// versions has them all.
func TestBlameHTML(t *testing.T) {
	out := written(t, HTML, BlameOptions{})
	for _, want := range []string{
		"<style>",
		`<span class="run age-2" data-version="2" title="version 2, Someone with a name that is longer than any column, 2026-01-02 10:00:00">&amp; hail</span>`,
		`<span class="run age-5" data-version="12" title="version 12, Ève, 2026-01-03">had</span>`,
		`id="blame-versions"`,
		`<tr><td><span class="run age-5">12</span></td><td class="when">2026-01-03</td><td dir="auto">Ève</td><td>1</td></tr>`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Count(out, "<span") != strings.Count(out, "</span>") || strings.Count(out, "<p ") != 2 {
		t.Errorf("tags don't match:\n%s", out)
	}
}
