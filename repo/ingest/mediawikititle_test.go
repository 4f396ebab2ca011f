package ingest

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

func TestWikiTitles(t *testing.T) {
	for _, c := range [][2]string{
		{"Plain: two words", "Plain： two words"},
		{"Talk: is cheap", "Talk： is cheap"},
		{"User talk: what now", "User talk： what now"},
		{"The minister said: no", "The minister said: no"},
		{": starts", "： starts"},
		{"C# [draft] {x} <b> a|b a_b", "C＃ ［draft］ ｛x｝ ＜b＞ a｜b a b"},
		{"100%41 and 5% off", "100％41 and 5% off"},
		{"R&amp;D, R&D; and AT&T", "R＆amp;D, R＆D; and AT&T"},
		{"a\u00a0 b\u3000c\u202e d\u200f", "a b c d"},
		{"~~~~ signed", "～～～~ signed"},
		{"..", "．．"},
		{"../x/./y", ".．/x/．/y"},
		{"\u202e", "Untitled"},
		{"القدس: خبر", "القدس： خبر"},
	} {
		if got := wikiTitle(c[0]); got != c[1] {
			t.Errorf("%q becomes %q, want %q", c[0], got, c[1])
		}
	}
}

// TestWikiTitlesDiffer: a wiki knows no difference between small and capital first
// letters and cuts at 255 bytes, where two titles may become one.
func TestWikiTitlesDiffer(t *testing.T) {
	m := NewMediaWikiWriter(new(bytes.Buffer), nil)
	seen := map[string]bool{}
	for _, headline := range []string{"iPhone sold", "IPhone sold", "éclair", "Éclair", "a#b", "a＃b",
		strings.Repeat("日", 90), strings.Repeat("日", 91), strings.Repeat("日", 92)} {
		title := m.title(&schema.State{Headline: headline, Date: "2026-11-01"}, false)
		if key := upperFirst(title); seen[key] || len(title) > 255 || !utf8.ValidString(title) {
			t.Errorf("%q becomes %q, which another has, or which is too long", headline, title)
		} else {
			seen[key] = true
		}
	}
}

// TestWikiKeepsEveryVersion: versions that differ by their headline, by their
// category alone, or are withdrawn, all differ in what a wiki goes by.
func TestWikiKeepsEveryVersion(t *testing.T) {
	in := func(headline string, change func(*schema.Input)) *schema.Input {
		at, err := schema.ParseTime("2018-02-06T13:49:31Z")
		if err != nil {
			t.Fatal(err)
		}
		i := &schema.Input{State: schema.State{Headline: headline}, Author: schema.Person{Name: "Ada"}, Published: at}
		if change != nil {
			change(i)
		}
		return i
	}
	var b bytes.Buffer
	current := in("Four '''held''' [[at]] once", nil)
	m := NewMediaWikiWriter(&b, &current.State)
	m.Page(&current.State)
	for _, i := range []*schema.Input{in("One", nil), in("One", func(i *schema.Input) { i.Category = "Sport" }), in("Two", nil),
		in("Two", func(i *schema.Input) { i.Status = schema.Canceled }), in("One", nil), current} {
		m.Revision(i, "")
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	var dump struct {
		Revisions []struct {
			Time string `xml:"timestamp"`
			Text string `xml:"text"`
		} `xml:"page>revision"`
	}
	if err := xml.Unmarshal(b.Bytes(), &dump); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, r := range dump.Revisions {
		texts[r.Time+r.Text] = true
	}
	if len(texts) != 6 || len(dump.Revisions) != 6 {
		t.Errorf("%d texts in %d revisions:\n%s", len(texts), len(dump.Revisions), b.String())
	}
	if last := dump.Revisions[len(dump.Revisions)-1].Text; last != "'''<nowiki>Four '''held''' [[at]] once</nowiki>'''" {
		t.Errorf("the last says %q", last)
	}
}

func TestWikiUsers(t *testing.T) {
	for _, c := range [][2]string{
		{"Ada Lovelace", "Ada Lovelace"}, {"Jörg", "Jörg"}, {"me@example.org", "me@example.org"}, {"en:Someone", "en>Someone"},
		{"github-actions[bot]", "stemma>github-actions[bot]"}, {"a/b", "stemma>a/b"}, {"C# fan", "stemma>C# fan"}, {"10.0.0.xxx", "stemma>10.0.0.xxx"},
		{"(name removed)", "(name removed)"},
	} {
		got := wikiUser(c[0])
		if got != c[1] {
			t.Errorf("%q is written %q, want %q", c[0], got, c[1])
		}
		r := wikiRevision{Username: got}
		if back := r.author().Name; back != c[0] {
			t.Errorf("%q comes back as %q", c[0], back)
		}
	}
}
