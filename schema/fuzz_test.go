package schema

import (
	"bytes"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"os"
)

// seeds adds texts, test files and every nasty text within a frame.
func addSeeds(f *testing.F, glob, frame string, texts ...string) {
	f.Helper()
	files, err := filepath.Glob("testdata/" + glob)
	if err != nil || len(files) == 0 {
		f.Fatalf("no test data %s: %v", glob, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range texts {
		f.Add([]byte(text))
	}
	for _, n := range nasty {
		f.Add([]byte(strings.ReplaceAll(frame, "%", n)))
	}
}

// holds checks what every reader promises of an input: it is valid when it is
// normalized, and every format that carries whole states gives it back.
func holds(t *testing.T, in Input, p *Problem) {
	t.Helper()
	if p != nil {
		if p.Reason == "" || p.Line < 0 {
			t.Fatalf("a problem without a reason: %+v", p)
		}
		return
	}
	s := in.State.Clone()
	s.Normalize()
	if p := s.Validate(); p != nil {
		t.Fatalf("what was read is not valid: %v", p)
	}
	if same, _ := Unchanged(&s, &in.State); !same {
		t.Fatal("an input differs from its own normal form")
	}
	file := EncodeFile(&s)
	for name, parse := range map[string]func() (Input, *Problem){
		"file": func() (Input, *Problem) { return ParseFile(file) },
		"JSON": func() (Input, *Problem) { return ParseJSON(EncodeJSON(&s)) },
		"XML":  func() (Input, *Problem) { return ParseXML(EncodeXML(&s)) },
	} {
		back, p := parse()
		if p != nil {
			t.Fatalf("%s: what was written is refused: %v\n%q", name, p, file)
		}
		if !reflect.DeepEqual(back.State, s) {
			t.Fatalf("%s: read back differs\n got %#v\nwant %#v", name, back.State, s)
		}
	}
	for _, format := range []Format{FormatHTML, FormatText, FormatPage} {
		if data, err := Encode(format, &s); err != nil || !utf8.Valid(data) {
			t.Fatalf("%s: %v", format, err)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	addSeeds(f, "pages/*.md", "---\nheadline: %\ncontexts: [%]\n%: %\n---\n\n%\n",
		"---\na: &a [x]\nb: *a\n---\n", "---\n? x\n: y\nheadline: |\n  a\n---\nbody", "+++\n", "{\"a\":1}\n", "---\nheadline: x\nsources:\n  - url: http://x\n    name: y\n---\n", "\ufeff---\r\nheadline: x\r\n---\r\n\r\nbody\r\n", "# H\n\ntext\n", "```\n# no\n```\n# H\n",
		"---\nstemma: 1\nid: f1cj7d7vyy9dpzaw3n91as6s68\ntype: event\ndate: 2015-01-01\ncategory: World\nheadline: \"a: \\\"b\\\\c\"\nstatus: withheld\nimage:\n  url: http://x/i.png\n  credit: x\ncontexts:\n  - a\n  - \"yes\"\nsources:\n  - name: x\n    url: http://x\n  - url: http://y\naliases:\n  - /a/b\npath: /c/d\n---\n\nbody\n\nmore\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseFile(data)
		holds(t, in, p)
		if quick, ok := parseCanonical(data); ok {
			if slow, p := parseAnyFile(data); p != nil || !reflect.DeepEqual(quick, slow) {
				t.Fatalf("the quick reader gives\n%#v\nYAML gives\n%#v\n%v", quick, slow, p)
			}
			normal := quick.State.Clone()
			if normal.Normalize(); !reflect.DeepEqual(normal, quick.State) || normal.Validate() != nil || !bytes.Equal(EncodeFile(&quick.State), data) {
				t.Fatalf("%q is taken for canonical, but its state is written %q", data, EncodeFile(&quick.State))
			}
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	addSeeds(f, "json/*.json", "{\"headline\":\"%\",\"%\":\"%\"}",
		`{"headline":"x","a":{"b":[1,1.0,-0,1e400,null,true]},"published":"2018-02-06","author":"A <a@b>"}`, `{"headline":"\ud83d\ude00\ud83d"}`, `[[[[`, `{"a":NaN}`, `{"headline":"x","headline":"y"}`)
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseJSON(data)
		holds(t, in, p)
	})
}

func FuzzParseXML(f *testing.F) {
	addSeeds(f, "pages/*.md", "<article><headline>%</headline><x>%</x></article>",
		"<article><headline>a<char code=\"1B\"/></headline><sources><source><url>http://x</url></source></sources><extra><key>k</key><value>{}</value></extra></article>", "<!DOCTYPE a>", "<article><image>http://x</image>")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseXML(data)
		holds(t, in, p)
	})
}

func FuzzParsePage(f *testing.F) {
	addSeeds(f, "pages/*.md", "### [2015-09-26](/news/2015/09/26/index.md)\n\n##### %\n# % \n\n%\n\n\n### Source:\n\n1. [%](http://x/%)\n\n### Changes:\n\n1. [% ](/%.md) _2018-02-06 13:49:27 (First version)_\n\n### Related:\n\n1. [% ](/x.md) _Context: %, %_\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		page, p := ParsePage(data)
		if p != nil {
			holds(t, Input{}, p)
			return
		}
		if want := bytes.TrimPrefix(data, []byte("\ufeff")); !bytes.Equal(page.Bytes(), want) {
			t.Fatalf("written in other bytes: %q", page.Bytes())
		}
		in, p := Parse(FormatPage, data)
		holds(t, in, p)
	})
}

func FuzzParseDayIndex(f *testing.F) {
	addSeeds(f, "day-*.md", "## [2018-02-4](/news/2018/02/4/index.md)\n\n##### %\n### [% ](/%.md)\n%\n\n## [%](/x.md)\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		day, p := ParseDayIndex(data)
		if p != nil {
			holds(t, Input{}, p)
			return
		}
		if want := bytes.TrimPrefix(data, []byte("\ufeff")); !bytes.Equal(day.Bytes(), want) {
			t.Fatalf("written in other bytes: %q", day.Bytes())
		}
	})
}

func FuzzParseText(f *testing.F) {
	addSeeds(f, "text/*.txt", "Search\nWORLD\n\n%\n\n%\n\n%\n%")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseText(data)
		holds(t, in, p)
	})
}

func FuzzParseWikitext(f *testing.F) {
	addSeeds(f, "text/*.txt", "= % =\n%\n== % ==\n%\n")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseWikitext(data)
		holds(t, in, p)
	})
}

func FuzzParseHTML(f *testing.F) {
	addSeeds(f, "pages/*.md", "<title>%</title><script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",\"headline\":\"%\",\"keywords\":[\"%\"]}</script><article><p>%<li>%<h2>%</article>")
	f.Fuzz(func(t *testing.T, data []byte) {
		in, p := ParseHTML(data)
		holds(t, in, p)
	})
}

func FuzzVisible(f *testing.F) {
	addSeeds(f, "pages/*.md", "%")
	f.Fuzz(func(t *testing.T, data []byte) {
		s := Visible(string(data))
		if !utf8.ValidString(s) || firstHidden(s) >= 0 {
			t.Fatalf("%q shows something hidden: %q", data, s)
		}
		if Visible(s) != s {
			t.Fatalf("%q is shown differently twice", data)
		}
	})
}

func FuzzAliasKey(f *testing.F) {
	addSeeds(f, "title-*.tsv", "https://x.org/%?%", "/news/%25%E2%80%99.md", "http://x/?&amp;utm_source=1&amp;amp;b", "//x:80:443/%2f%2541")
	f.Fuzz(func(t *testing.T, data []byte) {
		key := AliasKey(string(data))
		if again := AliasKey(key); again != key {
			t.Fatalf("the key of %q is %q, its own key %q", data, key, again)
		}
		Slug(string(data))
		SplitContexts(string(data), nil)
	})
}
