package schema

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestNormalize(t *testing.T) {
	s := State{
		Headline: "H \t\r\n", Body: "a \r\nb\t\rc\n\n\n", Contexts: []string{"B", "A", "B ", ""},
		Sources: []Source{{"N", "http://x"}, {"N", "http://x "}}, Extra: []Extra{{"b", "{\"z\":1, \"a\":2}"}, {"a", "1"}},
		Date: "2015-09-26", Path: "/news/2015/09/26/h.md",
	}
	s.Normalize()
	want := State{
		Type: Event, Status: Usable, Headline: "H", Body: "a\nb\nc\n", Contexts: []string{"B", "A"},
		Sources: []Source{{"N", "http://x"}}, Extra: []Extra{{"a", "1"}, {"b", `{"a":2,"z":1}`}}, Date: "2015-09-26",
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
	for _, kept := range []string{"e\u0301", "é", " leading", "two  blanks", "a\u00a0"} {
		s := State{Headline: kept}
		if s.Normalize(); s.Headline != kept {
			t.Errorf("%q became %q", kept, s.Headline)
		}
	}
	for body, want := range map[string]string{"": "", "\n\n": "", " \n \n": "", "a": "a\n", "\n\na": "\n\na\n", "a\n \nb": "a\n\nb\n"} {
		s := State{Body: body}
		if s.Normalize(); s.Body != want {
			t.Errorf("body %q became %q", body, s.Body)
		}
	}
}

func TestNormalizeTwiceIsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		s := randomState(r)
		once := s.Clone()
		once.Normalize()
		if !reflect.DeepEqual(once, s) {
			t.Fatalf("got %s\nwant %s", cut(once), cut(s))
		}
	}
}

func TestUnchangedSaysWhy(t *testing.T) {
	cur := State{
		Headline: "H", Summary: "S", Body: "one\n\ntwo\n", Contexts: []string{"Iran", "Iraq"},
		Sources: []Source{{"A", "http://a"}, {"B", "http://b"}}, Aliases: []string{"x", "y"},
	}
	cur.Normalize()
	for name, c := range map[string]struct {
		change func(s *State)
		want   string
	}{
		"nothing":          {func(s *State) {}, "same bytes"},
		"defaults":         {func(s *State) { s.Type, s.Status = "", "" }, "same bytes"},
		"contexts":         {func(s *State) { s.Contexts = []string{"Iraq", "Iran"} }, "only the order of contexts differs"},
		"sources":          {func(s *State) { s.Sources = []Source{s.Sources[1], s.Sources[0]} }, "only the order of sources differs"},
		"aliases":          {func(s *State) { s.Aliases = []string{"y", "x"} }, "only the order of aliases differs"},
		"blanks":           {func(s *State) { s.Body = "one \n\ntwo\t\n" }, "only trailing white space differs"},
		"lines at the end": {func(s *State) { s.Body += "\n\n" }, "only trailing white space differs"},
		"no line end":      {func(s *State) { s.Body = strings.TrimSuffix(s.Body, "\n") }, "only trailing white space differs"},
		"headline":         {func(s *State) { s.Headline += " " }, "only trailing white space differs"},
		"CRLF":             {func(s *State) { s.Body = "one\r\n\r\ntwo\r\n" }, "only line endings differ"},
		"headline's CRLF":  {func(s *State) { s.Headline += "\r\n" }, "only line endings differ"},
		"CRLF, blanks":     {func(s *State) { s.Body = "one \r\n\r\ntwo\r\n" }, "only line endings and trailing white space differ"},
		"both orders": {func(s *State) {
			s.Contexts, s.Sources = []string{"Iraq", "Iran"}, []Source{s.Sources[1], s.Sources[0]}
		}, "only the order of contexts and sources differs"},
		"CRLF and order": {func(s *State) { s.Body, s.Contexts = "one\r\n\r\ntwo\r\n", []string{"Iraq", "Iran"} },
			"only line endings and the order of contexts differ"},
		"repeated":       {func(s *State) { s.Contexts = append(s.Contexts, "Iran") }, "only repeated items differ"},
		"path":           {func(s *State) { s.Path = "/news/h.html" }, "same bytes"},
		"a word":         {func(s *State) { s.Summary = "T" }, ""},
		"a source":       {func(s *State) { s.Sources = s.Sources[:1] }, ""},
		"an inner blank": {func(s *State) { s.Body = "one\n\n\ntwo\n" }, ""},
	} {
		raw := cur.Clone()
		c.change(&raw)
		same, why := Unchanged(&cur, &raw)
		if same != (c.want != "") || why != c.want {
			t.Errorf("%s: got %v, %q; want %q", name, same, why, c.want)
		}
		if same2, _ := Compare(&cur, &raw); same2 != same {
			t.Errorf("%s: Compare says %v, Unchanged %v", name, same2, same)
		}
	}
}

func TestApply(t *testing.T) {
	cur := State{
		ID: DeriveID("x"), Headline: "Old", Date: "2015-09-26", Body: "B\n", Contexts: []string{"Iran"}, Path: "/news/2015/09/26/odd",
		Image: Image{"http://x/a.jpg", "Caption", "Credit"}, Type: Article, Status: Withheld,
	}
	cur.Normalize()
	in := &Input{State: State{Headline: "New", Summary: ""}, Carries: Fields(FieldHeadline, FieldSummary)}
	next, only := Apply(&cur, in)
	if next.Headline != "New" || next.Path != "" || next.Body != "B\n" || next.ID != cur.ID || next.Status != Withheld || only {
		t.Errorf("%+v %v", next, only)
	}
	in = &Input{State: State{Headline: "Old"}, Carries: Fields(FieldHeadline)}
	if next, _ = Apply(&cur, in); next.Path != cur.Path {
		t.Errorf("the path went without a reason: %q", next.Path)
	}
	in = &Input{State: State{Headline: "New", Path: "/p"}, Carries: Fields(FieldHeadline, FieldPath)}
	if next, _ = Apply(&cur, in); next.Path != "/p" {
		t.Errorf("path %q", next.Path)
	}
	in = &Input{State: State{Headline: "Old", Contexts: []string{"Iraq"}}, Carries: Fields(FieldHeadline), AddContexts: true}
	if next, only = Apply(&cur, in); !only || !reflect.DeepEqual(next.Contexts, []string{"Iran", "Iraq"}) {
		t.Errorf("%q, %v", next.Contexts, only)
	}
	in.Headline = "New"
	if next, only = Apply(&cur, in); only || !reflect.DeepEqual(next.Contexts, []string{"Iran", "Iraq"}) {
		t.Errorf("%q, %v", next.Contexts, only)
	}
	in = &Input{State: State{Headline: "Old", Contexts: []string{"Iran"}}, Carries: Fields(FieldHeadline), AddContexts: true}
	if next, only = Apply(&cur, in); only {
		t.Error("a known context counts as a new one")
	}
	if same, why := Unchanged(&cur, &next); !same || why != SameBytes {
		t.Errorf("%v %q", same, why)
	}
	in = &Input{State: State{Headline: "Old", Image: Image{URL: "http://x/a.jpg"}}, Carries: Fields(FieldHeadline, FieldImage), ImageURLOnly: true}
	if next, _ = Apply(&cur, in); next.Image != cur.Image {
		t.Errorf("the caption is lost: %+v", next.Image)
	}
	in.Image.URL = "http://x/b.jpg"
	if next, _ = Apply(&cur, in); next.Image != (Image{URL: "http://x/b.jpg"}) {
		t.Errorf("another picture has the old caption: %+v", next.Image)
	}
	if next, only = Apply(nil, in); next.Headline != "Old" || only {
		t.Errorf("%+v", next)
	}
	if len(cur.Contexts) != 1 {
		t.Error("Apply changed the current state")
	}
}

func TestValidate(t *testing.T) {
	many := make([]string, MaxItems+1)
	for i := range many {
		many[i] = fmt.Sprint("context ", i)
	}
	for name, c := range map[string]struct {
		change func(s *State)
		field  string
	}{
		"none":           {func(s *State) { s.Headline = "" }, "headline"},
		"blank":          {func(s *State) { s.Headline = "\u00a0" }, "headline"},
		"1 MB":           {func(s *State) { s.Headline = strings.Repeat("x", 1<<20) }, "headline"},
		"two lines":      {func(s *State) { s.Headline = "a\nb" }, "headline"},
		"summary":        {func(s *State) { s.Summary = "a\r\nb" }, "summary"},
		"NUL":            {func(s *State) { s.Category = "a\x00" }, "category"},
		"UTF-8":          {func(s *State) { s.Body = "a\xff" }, "body"},
		"date":           {func(s *State) { s.Date = "2015-02-30" }, "date"},
		"date's form":    {func(s *State) { s.Date = "2015-09-6" }, "date"},
		"type":           {func(s *State) { s.Type = "story" }, "type"},
		"status":         {func(s *State) { s.Status = "gone" }, "status"},
		"id":             {func(s *State) { s.ID = ID{'x'} }, "id"},
		"language":       {func(s *State) { s.Language = "en_US" }, "language"},
		"script":         {func(s *State) { s.Sources = []Source{{"a", "javascript:alert(1)"}} }, "sources"},
		"file":           {func(s *State) { s.Image.URL = "file:///etc/passwd" }, "image"},
		"no host":        {func(s *State) { s.Image.URL = "https:///x" }, "image"},
		"relative":       {func(s *State) { s.Sources = []Source{{"a", "//x/y"}} }, "sources"},
		"climb":          {func(s *State) { s.Path = "/news/../x" }, "path"},
		"alias climbs":   {func(s *State) { s.Aliases = []string{"/a/../../b"} }, "aliases"},
		"long alias":     {func(s *State) { s.Aliases = []string{strings.Repeat("x", 3000)} }, "aliases"},
		"many":           {func(s *State) { s.Contexts = many }, "contexts"},
		"known key":      {func(s *State) { s.Extra = []Extra{{"headline", "1"}} }, "extra"},
		"stream's key":   {func(s *State) { s.Extra = []Extra{{"author", "1"}} }, "extra"},
		"no JSON":        {func(s *State) { s.Extra = []Extra{{"x", "{"}} }, "extra"},
		"key twice":      {func(s *State) { s.Extra = []Extra{{"x", "1"}, {"x", "2"}} }, "extra"},
		"key of a metre": {func(s *State) { s.Extra = []Extra{{strings.Repeat("k", 600), "1"}} }, "extra"},
		"front matter": {func(s *State) {
			for range 100 {
				s.Aliases = append(s.Aliases, fmt.Sprint(len(s.Aliases), strings.Repeat("\x01", 1900)))
			}
		}, "front matter"},
	} {
		s := State{Headline: "H"}
		c.change(&s)
		if p := s.Validate(); p == nil || p.Field != c.field || p.Reason == "" {
			t.Errorf("%s: got %v, want field %s", name, p, c.field)
		}
	}
	ok := State{
		Headline: "\x1b[31m\u202ered", Summary: "\u2028", Language: "zh-Hant-TW", Path: "/news/2015/09/26/ok", Aliases: []string{"tag:x,2015:1", "/news/a"},
		Sources: []Source{{"no address", ""}, {"", "HTTPS://user@Example.org:8080/ü ?%zz"}}, Date: "0001-01-01",
	}
	if p := ok.Validate(); p != nil {
		t.Error(p)
	}
}

func TestBadPath(t *testing.T) {
	for _, bad := range []string{
		"", "news", "/", "//", "/a//b", "/a/", "/..", "/a/../b", "/a/./b", "/...", "/a.", "/a ", "/a/b. ", "/a\\b", "/..\\x", "/a\tb", "/a\x00", "/a\x7f", "/\u0085",
		"/.git", "/.GIT/x", "/.git.", "/.git ", "/git~1", "/GIT~2", "/.git::$INDEX_ALLOCATION", "/.gitmodules", "/.g\u200dit", "/\ufeff.git", "/.g\u2060it", "/.gİt",
		"/．git", "/gitmod~1", "/gi7eba~10", "/CON", "/aux.md", "/x/prn", "/lpt1", "/conin$", "/COM¹", "/clock$", "/C:x", "/..;/x", "/%2e%2e/x", "/..%252f..%252fx",
		"/%c0%ae%c0%ae/x", "/a%5cb", "/a%00", "/" + strings.Repeat("a", MaxPath), "file:///etc/passwd", "/\xff", "/%2egit/x", "/nul .txt",
	} {
		if badPath(bad) == "" {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, good := range []string{
		"/news/2015/09/26/slug", "/x", "/news/2018/02/4/西班牙最高法院以", "/news/’quoted’", "/a/git-hub", "/github", "/.gitter-less-1"[1:2] + "news", "/com10", "/console", "/a..b",
		"/100%", "/a%20b", "/git~x", "/comet", "/lpt", "/nullable",
	} {
		if reason := badPath(good); reason != "" && good[0] == '/' {
			t.Errorf("%q is refused: %s", good, reason)
		}
	}
}

func TestAliasKey(t *testing.T) {
	same := [][]string{
		{"http://Example.org/a", "https://example.org/a/", "HTTPS://EXAMPLE.ORG:443/a#top", "http://example.org:80/a?utm_source=x&fbclid=1", "//example.org/a", " https://example.org/a?gclid=2 "},
		{"https://x.org/it’s", "https://x.org/it's", "https://x.org/it%E2%80%99s", "https://x.org/it%27s", "http://x.org/itʼs"},
		{"https://x.org/a?b=1&amp;c=2", "https://x.org/a?b=1&c=2", "https://x.org/a?b=1&amp;amp;c=2&utm_medium=m"},
		{"https://x.org/%c3%bc%2f%7e", "https://x.org/ü%2F~"},
		{"https://x.org/“a”", `https://x.org/"a"`, "https://x.org/%22a%22"},
		{"/news/2015/09/26/slug", "/news/2015/09/26/slug.md", "/news/2015/09/26/slug.html", "/news/2015/09/26/slug/", "/news/2015/09/26/slug?at=1#x"},
		{"/news/it’s.json", "/news/it%27s"},
	}
	seen := map[string]int{}
	for i, group := range same {
		for _, s := range group {
			if AliasKey(s) != AliasKey(group[0]) {
				t.Errorf("%q has the key %q, %q has %q", s, AliasKey(s), group[0], AliasKey(group[0]))
			}
			if j, ok := seen[AliasKey(s)]; ok && j != i {
				t.Errorf("%q has the key of another group", s)
			}
			seen[AliasKey(s)] = i
			if again := AliasKey(AliasKey(s)); again != AliasKey(s) {
				t.Errorf("the key of %q changes: %q", AliasKey(s), again)
			}
		}
	}
	for _, pair := range [][2]string{
		{"https://x.org/a", "https://www.x.org/a"}, {"https://x.org/a", "https://x.org/A"}, {"https://x.org/a?b=1", "https://x.org/a?b=2"},
		{"https://x.org/a%2Fb", "https://x.org/a/b"}, {"https://x.org/a%26b?c", "https://x.org/a&b?c"}, {"https://x.org:8080/a", "https://x.org/a"}, {"guid-1", "Guid-1"},
	} {
		if AliasKey(pair[0]) == AliasKey(pair[1]) {
			t.Errorf("%q and %q have one key", pair[0], pair[1])
		}
	}
	if got := NormalizePath("https://www.thecontext.net/news/2015/09/26/slug.html?x#y"); got != "/news/2015/09/26/slug" {
		t.Error(got)
	}
}

func TestSlugForms(t *testing.T) {
	for headline, want := range map[string]string{
		"Hello, World! 2.5": "hello-world-2-5", "  -- ": Untitled, "": Untitled, "👍️ ❤️!": Untitled, "ÄÖ Straße": "äö-straße", "西班牙最高法院以": "西班牙最高法院以",
		"हिन्दी में": "हिन्दी-में", "a\xffb": "a-b", strings.Repeat("é", 100): strings.Repeat("é", 70), "x" + strings.Repeat("é", 100): "x" + strings.Repeat("é", 69),
	} {
		if got := Slug(headline); got != want {
			t.Errorf("%q: got %q, want %q", headline, got, want)
		}
	}
	if got := DefaultPath("2014-09-06", "Hé!"); got != "/news/2014/09/6/hé" {
		t.Error(got)
	}
	if got := DefaultPath("", "H"); got != "/news/h" {
		t.Error(got)
	}
	a, b := strings.Repeat("x", 140)+" one", strings.Repeat("x", 140)+" two"
	if Slug(a) != Slug(b) {
		t.Error("headlines that differ past byte 140 have different slugs")
	}
}

// TestParseDate compares the short way for plain dates with the calendar.
func TestParseDate(t *testing.T) {
	for day := time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2005; day = day.AddDate(0, 0, 1) {
		s := day.Format("2006-01-02")
		if d, err := ParseDate(s); err != nil || string(d) != s {
			t.Fatalf("%s: %q, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "0000-01-01", "2015-00-10", "2015-13-10", "2015-02-00", "2015-02-29", "2015-02-30", "2015-04-31", "2015-1-010",
		"2015/01/01", "2015-01-1x", "2015-0a-10", "20 5-01-01", "2015-01-01 ", "+015-01-01"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("%q is taken as %q", s, d)
		}
	}
	if d, err := ParseDate("2015-09-6"); err != nil || d != "2015-09-06" {
		t.Errorf("%q, %v", d, err)
	}
}
