package schema

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pageFiles lists the pages among the test data, and those in the folder that
// STEMMA_PAGES names, where a larger collection lies at hand.
func pageFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/pages/*.md")
	if err != nil || len(files) < 8 {
		t.Fatalf("only %d pages in testdata: %v", len(files), err)
	}
	if dir := os.Getenv("STEMMA_PAGES"); dir != "" {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Base(path) != "index.md" && !strings.HasPrefix(filepath.Base(path), "README") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestPagesKeepTheirBytes(t *testing.T) {
	files := pageFiles(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page, p := ParsePage(data)
		if p != nil {
			t.Errorf("%s: %v", file, p)
			continue
		}
		if !bytes.Equal(page.Bytes(), data) {
			t.Errorf("%s is written in other bytes", file)
		}
		crlf := bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		if page, p := ParsePage(crlf); p != nil || !bytes.Equal(page.Bytes(), crlf) {
			t.Errorf("%s with CRLF is not kept: %v", file, p)
		}
		in := page.Input()
		if p := finish(&in, nil); p != nil {
			t.Errorf("%s: %v", file, p)
		}
	}
	t.Logf("%d pages", len(files))
}

// TestNewPageRebuildsRealPages makes every real page again out of what was read
// from it: the template's rules, not the bytes kept, must give the same page.
func TestNewPageRebuildsRealPages(t *testing.T) {
	files, err := filepath.Glob("testdata/pages/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		page, p := ParsePage(data)
		if p != nil {
			t.Fatal(p)
		}
		in := page.Input()
		state, _ := Apply(nil, &in)
		template := Newer
		if page.Formats == "" {
			template = Older
		}
		var changes []PageChange
		for _, e := range in.Earlier {
			label := Update
			if len(changes) == 0 {
				label = FirstVersion
			}
			changes = append(changes, NewPageChange(e.Headline, e.Path, At(e.Published), label))
		}
		if len(changes) > 0 {
			changes = append(changes, NewPageChange(state.Headline, state.EffectivePath(), Time{}, CurrentVersion))
		}
		var related []RelatedEvent
		for _, r := range page.Related {
			related = append(related, RelatedEvent{
				Headline: strings.TrimSuffix(r.Link.Text, " "), Path: trimExtension(r.Link.URL),
				Shared: SplitContexts(r.Context, nil),
			})
		}
		// One real headline stands in a Related list without the blank that the
		// template prints after it.
		want := bytes.ReplaceAll(data, []byte(".](/"), []byte(". ](/"))
		if got := NewPage(&state, changes, related, template).Bytes(); !bytes.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", file, cut(string(got)), cut(string(want)))
		}
		if list := FormatChanges(changes); !bytes.Contains(data, list) {
			t.Errorf("%s: the Changes list is not the page's:\n%s", file, list)
		}
	}
}

func TestDayIndex(t *testing.T) {
	data, err := os.ReadFile("testdata/day-2018-02-04.md")
	if err != nil {
		t.Fatal(err)
	}
	day, p := ParseDayIndex(data)
	if p != nil {
		t.Fatal(p)
	}
	if !bytes.Equal(day.Bytes(), data) {
		t.Errorf("the day is written in other bytes")
	}
	if len(day.Events) != 10 {
		t.Errorf("%d events, want 10", len(day.Events))
	}
	var events []DayEvent
	for _, ev := range day.Events {
		s := State{Date: "2018-02-04", Category: ev.Category, Headline: ev.Link.Text, Path: ev.Link.URL,
			Summary: strings.Join(ev.Text, " "), Contexts: SplitContexts(ev.Context, nil)}
		events = append(events, NewDayEvent(&s))
	}
	if got := NewDayIndex("2018-02-04", events).Bytes(); !bytes.Equal(got, data) {
		t.Errorf("the day made anew differs:\n%s", got)
	}
	bad := strings.Replace(string(data), "(/news/2018/02/4/costa", "(/news/../../costa", 1)
	if _, p := ParseDayIndex([]byte(bad)); p == nil || p.Line != 19 {
		t.Errorf("a path that climbs: %v", p)
	}
}

func TestPageRefusals(t *testing.T) {
	const top = "### [2015-09-26](/news/2015/09/26/index.md)\n\n# H \n\n\n\n\n"
	for name, c := range map[string]struct {
		page, field string
		line        int
	}{
		"climbing formats":   {"\nFormats: [HTML](../../x.html)  \n\n" + top, "formats", 2},
		"climbing change":    {top + "### Changes:\n\n1. [x](/news/../../../etc/passwd) _2018-02-06 13:49:27 (First version)_\n", "changes", 10},
		"hidden climb":       {top + "### Changes:\n\n1. [x](/news/%2e%2e/x.md) _(Current version)_\n", "changes", 10},
		"climbing related":   {top + "### Related:\n\n1. [r](/news/../../../x.md) _Context: <script>_\n", "related", 10},
		"script as source":   {top + "### Sources:\n\n1. [a](javascript:alert(1))\n", "sources", 10},
		"no item":            {top + "### Sources:\n\nnot really\n\n### Changes:\n\n1. fake\n", "sources", 10},
		"no day":             {"# One\n\n# Two\n\n### [2015-01-01](/x)\n", "date", 1},
		"a day that is none": {"### [2015-02-30](/news/2015/02/30/index.md)\n\n# H \n", "date", 1},
		"no headline":        {"### [2015-09-26](/news/2015/09/26/index.md)\n\n# \n", "headline", 3},
		"no such stamp":      {top + "### Changes:\n\n1. [x](/a.md) _2018-02-30 13:49:27 (First version)_\n", "changes", 10},
		"mixed line ends":    {"### [2015-09-26](/news/2015/09/26/index.md)\r\n\n# H \n", "", 2},
		"NUL":                {"### [2015-09-26](/news/2015/09/26/index.md)\n\n# H\x00 \n", "", 3},
		"own path":           {"Formats: [HTML](/news//x.html)\n\n" + top, "path", 3},
	} {
		_, p := Parse(FormatPage, []byte(c.page))
		if p == nil || p.Field != c.field || p.Line != c.line || p.Reason == "" {
			t.Errorf("%s: got %+v, want line %d, field %q", name, p, c.line, c.field)
		}
	}
}

func TestPagesKeptAsPrinted(t *testing.T) {
	const top = "### [2015-09-26](/news/2015/09/26/index.md)\n\n"
	for _, page := range []string{
		top + "##### T [a](b)\n# The \"deep inside the [occupied] West Bank\" (a) [b](c)\n\nB\n\n### Sources:\n\n1. [n [x] (y)](http://x/(a)_b)\n\n### Changes:\n\n1. [t [x]](/1.md) _(Current version)_\n\n### Related:\n\n1. [q \"[z]\"](/2.md) _Context: A, B_\n",
		top + "# Third\n\nB\n\n### Changes:\n\n1. [First](/1.md) _2018-02-28 04:04:37 (First version)_\n2. [Second](/2.md) _2018-02-06 13:49:31 (Update)_\n2. [Third](/3.md) _(Current version)_\n\n### Related:\n\n\n",
		top + "# Only a title",
		top + "##### \n# H \n\n\n\nTwo\n\nparagraphs\n\n\n### Source:\n\n1. [no address]()\n7. [n](http://x)\n",
	} {
		got, p := ParsePage([]byte(page))
		if p != nil {
			t.Errorf("%v\n%s", p, page)
		} else if string(got.Bytes()) != page {
			t.Errorf("got %s\nwant %s", got.Bytes(), page)
		}
	}
}

func TestSplitContexts(t *testing.T) {
	known := func(names ...string) func(string) bool {
		return func(c string) bool {
			for _, n := range names {
				if n == c {
					return true
				}
			}
			return false
		}
	}
	for _, c := range []struct {
		label string
		known func(string) bool
		want  string
	}{
		{"Iran, Iraq, Syria", nil, "Iran|Iraq|Syria"},
		{"Pakistan, Punjab, Pakistan", nil, "Pakistan|Punjab, Pakistan"},
		{"Pakistan, Punjab, Pakistan", known("Punjab, Pakistan"), "Pakistan|Punjab, Pakistan"},
		{"Cayce, South Carolina, United States", known("Cayce, South Carolina", "United States"), "Cayce, South Carolina|United States"},
		{"Cayce, South Carolina", nil, "Cayce|South Carolina"},
		{"A, B, C, D, E", known("A, B, C, D, E"), "A|B|C|D|E"}, // longer than any name seen
		{"", nil, ""},
		{"A, , B", nil, "A||B"},
	} {
		got := SplitContexts(c.label, c.known)
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q: got %q, want %q", c.label, got, c.want)
		}
		if strings.Join(got, ", ") != c.label {
			t.Errorf("%q is not written back: %q", c.label, got)
		}
	}
}

// Related names the contexts of a label in order: what seems out of order holds a comma.
// Where that can't be told for certain, nothing is joined.
func TestSplitSorted(t *testing.T) {
	known := func(c string) bool { return c == "Saudi Arabia" || c == "Georgia, United States" }
	for label, want := range map[string]string{
		"Ashrafiyah, Aleppo, January 2026 Aleppo clashes, SDF clashes":                                           "Ashrafiyah, Aleppo|January 2026 Aleppo clashes|SDF clashes",
		"Balochistan Liberation Army, Balochistan, Pakistan, Insurgency in Balochistan, Pakistan, Pakistan Army": "Balochistan Liberation Army|Balochistan, Pakistan|Insurgency in Balochistan|Pakistan|Pakistan Army",
		"2026 AFC Cup, Australia, Gold Coast, Queensland, Iran women's national football team, Queensland":       "2026 AFC Cup|Australia|Gold Coast, Queensland|Iran women's national football team|Queensland",
		"Insurgency in Khyber Pakhtunkhwa, Khyber Pakhtunkhwa, Pakistan, Wana, Pakistan":                         "Insurgency in Khyber Pakhtunkhwa|Khyber Pakhtunkhwa|Pakistan|Wana, Pakistan",
		"Pakistan, Punjab, Pakistan": "Pakistan|Punjab, Pakistan",
		"Iran, Iraq, Syria":          "Iran|Iraq|Syria",
		"Atlanta, Georgia, United States, Cobb County, Delta, Zoo": "Atlanta, Georgia, United States|Cobb County|Delta|Zoo",
		"Syria, Iran":       "Syria|Iran",      // somebody's own order, as likely as not
		"Syria, Iran, Iraq": "Syria|Iran|Iraq", // the same
		"c, b, a":           "c|b|a",           // no joins help
		"2025 offensive, Saudi-led intervention, Saudi Arabia, Southern Council, Yemen": "2025 offensive|Saudi-led intervention|Saudi Arabia|Southern Council|Yemen", // either of two may belong together
		"": "",
	} {
		got := splitSorted(label, known)
		if strings.Join(got, "|") != want || strings.Join(got, ", ") != label {
			t.Errorf("%q: got %q, want %q", label, got, want)
		}
	}
	// Contexts in order, some with commas, either come back or are left split.
	r := rand.New(rand.NewPCG(7, 7))
	whole := 0
	for range 2000 {
		names := map[string]bool{}
		for range 3 + r.IntN(6) {
			name := string(rune('a' + r.IntN(26)))
			for r.IntN(8) == 0 {
				name += ", " + string(rune('a'+r.IntN(26)))
			}
			names[name] = true
		}
		want := slices.Sorted(maps.Keys(names))
		label := strings.Join(want, ", ")
		got := mendOrder(strings.Split(label, ", "))
		if strings.Join(got, ", ") != label {
			t.Fatalf("%q is not written back: %q", label, got)
		}
		if slices.Equal(got, want) {
			whole++
		}
	}
	if whole < 1200 {
		t.Errorf("%d of 2000 labels are split as they were put together", whole)
	}
}

// TestPageRecordedAgain walks the page of one event through its own history, as
// recording it would: a page that says nothing new is no version, and says why.
func TestPageRecordedAgain(t *testing.T) {
	var cur State
	record := func(data []byte) (Input, State, bool, string) {
		in, p := Parse(FormatPage, data)
		if p != nil {
			t.Fatal(p)
		}
		next, only := Apply(&cur, &in)
		if only {
			return in, next, true, ContextsOnly
		}
		same, why := Unchanged(&cur, &next)
		next.Normalize()
		return in, next, same, why
	}
	first, second := readTestFile(t, "pages/iraq-1.md"), readTestFile(t, "pages/iraq-2.md")
	_, cur, _, _ = record(first)
	if _, _, same, why := record(first); !same || why != SameBytes {
		t.Errorf("the same page again: %v, %q", same, why)
	}
	if _, _, same, why := record(bytes.ReplaceAll(first, []byte("\n"), []byte("\r\n"))); !same || why != "only line endings differ" {
		t.Errorf("the same page with CRLF: %v, %q", same, why)
	}
	cur.Contexts = cur.Contexts[:2]
	if _, _, same, why := record(first); !same || why != ContextsOnly {
		t.Errorf("new contexts alone: %v, %q", same, why)
	}
	cur.Body = "kept\n"
	in, next, same, _ := record(second)
	if same || next.Category == "" || next.Image.URL == "" || next.Body != "kept\n" || len(in.Earlier) != 1 {
		t.Errorf("the later page: same %v, %+v, earlier %v", same, next, in.Earlier)
	}
	if next.Path != "" {
		t.Errorf("the path %q follows from date and headline and is kept all the same", next.Path)
	}
}
