package schema

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseTextStory(t *testing.T) {
	in, p := ParseText(readTestFile(t, "text/story.txt"))
	if p != nil {
		t.Fatal(p)
	}
	in.State.Normalize()
	if in.Category != "HARBOURS" || in.Headline != "Ferry operator agrees to reopen the northern route before winter" {
		t.Errorf("category %q, headline %q", in.Category, in.Headline)
	}
	const lead = "The operator of the island ferries said"
	if !strings.HasPrefix(in.Summary, lead) || strings.Contains(in.Body, lead) {
		t.Errorf("the lead stands in summary and body: %q", in.Body)
	}
	if n := strings.Count(in.Body, "The agreement, signed"); n != 1 {
		t.Errorf("the second paragraph stands %d times", n)
	}
	if strings.Contains(in.Body, "Search") || !strings.Contains(in.Body, "\n\n## Fuel and Berths\n\n") || !strings.HasSuffix(in.Body, "claimed back.\n") {
		t.Errorf("body:\n%s", in.Body)
	}
	if in.Type != Article || in.Carries.Has(FieldDate) || in.Carries.Has(FieldContexts) {
		t.Errorf("type %q, carries %b", in.Type, in.Carries)
	}
}

func TestParseTextShapes(t *testing.T) {
	for name, c := range map[string]struct{ text, category, headline, summary, body string }{
		"headline alone":       {"A headline\n", "", "A headline", "", ""},
		"no label":             {"Breaking News\n\nFirst paragraph of it.\n\nSecond paragraph of it.\n", "", "Breaking News", "First paragraph of it.", "Second paragraph of it.\n"},
		"label":                {"World\n\nA headline of some words\n\nThe first paragraph is longer than that.\n\nMore.\n", "World", "A headline of some words", "The first paragraph is longer than that.", "More.\n"},
		"chrome at the end":    {"A headline\n\nFirst.\n\nSecond.\n\nShare\nRead more\n", "", "A headline", "First.", "Second.\n"},
		"short end kept":       {"A headline\n\nFirst.\n\nFirst.\n", "", "A headline", "First.", "First.\n"},
		"advertisement within": {"A headline\n\nFirst.\n\nSecond.\n\nAdvertisement\n\nThird.\n", "", "A headline", "First.", "Second.\n\nThird.\n"},
	} {
		in, p := ParseText([]byte(c.text))
		if p != nil {
			t.Errorf("%s: %v", name, p)
			continue
		}
		in.State.Normalize()
		if in.Category != c.category || in.Headline != c.headline || in.Summary != c.summary || in.Body != c.body {
			t.Errorf("%s: got %q %q %q %q", name, in.Category, in.Headline, in.Summary, in.Body)
		}
	}
	if _, p := ParseText([]byte(" \n\n")); p == nil || p.Field != "headline" {
		t.Errorf("an empty text: %v", p)
	}
}

func TestParseWikitextArticle(t *testing.T) {
	in, p := ParseWikitext(readTestFile(t, "text/iraq-syria-relations.txt"))
	if p != nil {
		t.Fatal(p)
	}
	in.State.Normalize()
	if in.Headline != "Iraq–Syria relations" || in.Type != Article {
		t.Errorf("headline %q, type %q", in.Headline, in.Type)
	}
	for _, want := range []string{
		"Infobox\n- Flagvariant2: revolution\n", "\n\n## History\n\n### Medieval period\n\nIn the ninth",
		"\n\n### Post-Assad developments\n\nOn 26 December", "\n\n## See also\n\n- Mesopotamia\n- Fertile Crescent Plan\n",
		"\n\n## Bibliography\n\n- Rasheed, Amjed.",
	} {
		if !strings.Contains(in.Body, want) {
			t.Errorf("the body lacks %q", want)
		}
	}
	if strings.Contains(in.Body, "==") || !strings.HasPrefix(in.Body, "Infobox") {
		t.Errorf("body begins %.60q or holds a mark", in.Body)
	}
}

func TestWikiHeading(t *testing.T) {
	for line, want := range map[string]struct {
		text  string
		level int
	}{
		"= T =": {"T", 1}, "==S==": {"S", 2}, "=== a = b ===": {"a = b", 3}, "==": {"", 0}, "===": {"", 0}, "= =": {"", 0},
		"no": {"", 0}, "= open": {"", 0}, "====== six ======": {"six", 6},
	} {
		if text, level := wikiHeading(line); text != want.text || level != want.level {
			t.Errorf("%q: got %q, %d", line, text, level)
		}
	}
}

func TestXMLRoundTrip(t *testing.T) {
	validRandomStates(t, func(s State) {
		data := EncodeXML(&s)
		in, p := ParseXML(data)
		if p != nil {
			t.Fatalf("%v\n%s", p, cut(string(data)))
		}
		if !reflect.DeepEqual(in.State, s) {
			t.Errorf("read back differs\n got %s\nwant %s\n%s", cut(in.State), cut(s), cut(string(data)))
		}
	})
}

func TestXMLRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		text, field string
		line        int
	}{
		"entities":         {"<!DOCTYPE a [<!ENTITY x \"y\">]>\n<article><headline>&x;</headline></article>", "", 1},
		"unknown entity":   {"<article>\n<headline>&x;</headline></article>", "", 2},
		"other root":       {"<mediawiki/>", "", 1},
		"field twice":      {"<article><headline>a</headline>\n<headline>b</headline></article>", "headline", 2},
		"no headline":      {"<article><date>2015-09-26</date></article>", "headline", 1},
		"no date":          {"<article><headline>a</headline>\n<date>2015-02-30</date></article>", "date", 2},
		"char of a letter": {"<article>\n<headline>a<char code=\"41\"/></headline></article>", "", 2},
		"deep":             {"<article><a><a><a><a><a><a>", "", 1},
		"does not end":     {"<article><headline>a", "", 1},
		"latin-1":          {"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><article/>", "", 1},
	} {
		_, p := ParseXML([]byte(c.text))
		if p == nil || p.Line != c.line || p.Field != c.field {
			t.Errorf("%s: got %+v, want line %d, field %q", name, p, c.line, c.field)
		}
	}
}

func TestHTMLRoundTrip(t *testing.T) {
	s := State{
		Type: Article, Date: "2015-09-26", Category: "Talks", Headline: `</script><script>alert("x")</script> & more`,
		Summary: "A \u202esummary", Byline: "A. Writer", Language: "en", Image: Image{URL: "https://example.org/a.jpg?b=1&c=2"},
		Contexts: []string{"Iran", "Iraq"}, Sources: []Source{{Name: "R", URL: "https://example.org/'x'?a&b"}},
		Body: "First <b>paragraph</b>.\n\n## Head\n\n- one\n- two\n\n> said\n",
	}
	s.Normalize()
	page := string(EncodeHTML(&s))
	for _, never := range []string{`<script>alert`, "</script><script>", "<b>", "\u202e"} {
		if strings.Contains(page, never) {
			t.Errorf("the page holds %q:\n%s", never, page)
		}
	}
	in, p := ParseHTML([]byte(page))
	if p != nil {
		t.Fatal(p)
	}
	in.State.Normalize()
	if in.Headline != s.Headline || in.Date != s.Date || in.Category != s.Category || in.Byline != s.Byline || in.Image.URL != s.Image.URL ||
		!reflect.DeepEqual(in.Contexts, s.Contexts) || len(in.Sources) != 1 || in.Sources[0].URL != s.Sources[0].URL {
		t.Errorf("read back: %+v", in.State)
	}
	if !strings.HasPrefix(in.Body, "First <b>paragraph</b>.\n\n## Head\n\n- one\n- two\n\n> said\n") {
		t.Errorf("body: %q", in.Body)
	}
	if !in.Published.IsZero() {
		t.Errorf("the event's day became a time of publication: %s", in.Published)
	}
	if next, _ := Apply(&s, &in); !reflect.DeepEqual(next.Sources, s.Sources) {
		t.Errorf("the name of a source is lost: %v", next.Sources)
	}
}

func TestHTMLTimeOfPublication(t *testing.T) {
	const first, revised = `<meta property="article:published_time" content="2020-01-02T03:04:05Z">`, `<meta property="article:modified_time" content="%s">`
	const firstTime = "first 2020-01-02T03:04:05Z" // of its first version alone
	for page, want := range map[string]string{
		first: firstTime,
		first + fmt.Sprintf(revised, "2020-01-03T08:00:00Z"): "2020-01-03T08:00:00Z",
		first + fmt.Sprintf(revised, "2019-01-03T08:00:00Z"): firstTime, // it can't be
		`<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2020-01-02","dateModified":"2020-01-04T10:00:00Z"}</script>`: "2020-01-04T10:00:00Z",
		`<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2020-01-02"}</script>`:                                       "",
	} {
		in, p := ParseHTML([]byte("<h1>H</h1>" + page))
		got := in.Published.String()
		if in.Published.IsZero() && !in.First.IsZero() {
			got = "first " + in.First.String()
		}
		if p != nil || got != want || in.Date != "2020-01-02" {
			t.Errorf("%s: %v, published %q, date %s", page, p, got, in.Date)
		}
	}
}

func TestParseHTMLPage(t *testing.T) {
	const page = `<!doctype html><html lang="de"><head><title>T | Site</title>
<meta property="og:title" content="Og &amp; title"><meta property="og:image" content="javascript:x">
<meta property="article:published_time" content="2020-01-02T03:04:05+01:00"><link rel="canonical" href="https://example.org/a">
<script type="application/ld+json">{broken</script><script>var a = "<p>no</p>"</script></head><body>
<nav><p>Home</p></nav><article><h1>The headline</h1><p>One
 two<br>three.</p><ul><li><p>item</p></li></ul><aside><p>ad</p></aside><p>Last &lt;p&gt;.</article><footer><p>foot</p></footer>`
	in, p := ParseHTML([]byte(page))
	if p != nil {
		t.Fatal(p)
	}
	if in.Headline != "Og & title" || in.Language != "de" || in.Date != "2020-01-02" || in.First.String() != "2020-01-02T02:04:05Z" || !in.Published.IsZero() {
		t.Errorf("%+v", in)
	}
	if in.Image.URL != "" || in.Carries.Has(FieldImage) {
		t.Errorf("a script became an image: %q", in.Image.URL)
	}
	if want := "The headline"; strings.Contains(in.Body, want) {
		t.Errorf("the body holds the headline")
	}
	if in.Body != "One two three.\n\n- item\n\nLast <p>.\n" {
		t.Errorf("body %q", in.Body)
	}
	if len(in.Sources) != 1 || in.Sources[0].URL != "https://example.org/a" {
		t.Errorf("sources %v", in.Sources)
	}
	if _, p := ParseHTML([]byte("<p></p>")); p == nil || p.Hint == "" {
		t.Errorf("a page without a headline: %v", p)
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, content string
		want          Format
	}{
		{"a.md", "---\nheadline: x\n---\n", FormatMarkdown}, {"a.md", "text", FormatMarkdown},
		{"a.md", "\nFormats: [HTML](/x.html)", FormatPage}, {"-", "### [2014-09-6](/news/2014/09/6/index.md)\n", FormatPage},
		{"a.md", "### [not a day](/x)\n", FormatMarkdown}, {"a.txt", "### Heading\n", FormatText},
		{"", "  {\"headline\":1}", FormatJSON}, {"a.json", "", FormatJSON}, {"", "<!DOCTYPE HTML><p>", FormatHTML},
		{"", "<?xml version=\"1.0\"?><article>", FormatXML}, {"", "<article><headline>", FormatXML},
		{"", "<article class=\"x\"><p>a", FormatHTML}, {"", "<rss version=\"2.0\">", FormatXML}, {"", "< 5 people", FormatText},
		{"", "= T =\n", FormatWikitext}, {"x.wiki", "", FormatWikitext}, {"", "# H\n", FormatMarkdown}, {"", "Words\n", FormatText},
		{"", "\uFEFF---\r\nheadline: x\r\n---\r\n", FormatMarkdown},
	} {
		if got := Detect(c.name, []byte(c.content)); got != c.want {
			t.Errorf("%q, %q: got %s, want %s", c.name, c.content, got, c.want)
		}
	}
	if got := Detect("seed.txt", readTestFile(t, "text/story.txt")); got != FormatText {
		t.Errorf("the story is %s", got)
	}
	if got := Detect("seed.txt", readTestFile(t, "pages/iraq-2.md")); got != FormatPage {
		t.Errorf("the page is %s", got)
	}
}

func TestEncodeAll(t *testing.T) {
	s := State{Headline: "H", Date: "2015-09-26", Body: "B\n"}
	for _, f := range Formats() {
		data, err := Encode(f, &s)
		if f == FormatWikitext {
			if err == nil {
				t.Errorf("wikitext is written")
			}
			continue
		}
		if err != nil || !strings.Contains(string(data), "H") {
			t.Errorf("%s: %v %q", f, err, data)
		}
		in, p := Parse(f, data)
		if p != nil || in.Headline == "" {
			t.Errorf("%s: %v", f, p)
		}
		if got, err := ParseFormat(string(f)); err != nil || got != f {
			t.Errorf("%s: %v", f, err)
		}
	}
	if _, err := ParseFormat("docx"); err == nil {
		t.Error("docx is a format")
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ünïcödé 漢字 👩‍👩‍👧": "plain text, ünïcödé 漢字 👩‍👩‍👧",
		"\x1b[31mred\x07":              "␛[31mred␇",
		"a\r\nb\tc":                    "a␍\nb\tc",
		"\x7f\u0085\u009b":             "␡<U+0085><U+009B>",
		"\u202eevil\u2066\u200f\u061c": "<U+202E>evil<U+2066><U+200F><U+061C>",
		"a\u2028b\u2029\u200b\ufeff":   "a<U+2028>b<U+2029><U+200B><U+FEFF>",
		"\U000e0041":                   "<U+E0041>",
		"bad \xff\xc3":                 "bad <0xFF><0xC3>",
		"\x00":                         "␀",
		"\ufffd":                       "\ufffd",
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := VisibleLine("a\nb\tc"); got != "a␊b␉c" {
		t.Errorf("%q", got)
	}
	s := strings.Repeat("nothing to hide ", 100)
	if n := testing.AllocsPerRun(10, func() { _ = Visible(s) }); n != 0 {
		t.Errorf("%v allocations where nothing is hidden", n)
	}
}
