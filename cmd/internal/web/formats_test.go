package web_test

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// seedPages are event pages of the seed site: those that the repository carries or,
// in the long form, all files of a folder that can be read as such.
func seedPages(t *testing.T) []string {
	t.Helper()
	if dir := os.Getenv("STEMMA_PAGES"); dir != "" {
		var files []string
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	var files []string
	for _, pattern := range []string{"../../../schema/testdata/pages/*.md", "../../../examples/pages/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d pages, %v", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

// A page of the seed site that was imported, beside the events that it calls related,
// is served as the very bytes that it was. Where it is not, the difference has a name
// and is one that a store can't know.
func TestSeedPagesAreServedAsTheyWere(t *testing.T) {
	t.Parallel()
	equal, pages := 0, 0
	reasons := map[string]int{}
	for _, name := range seedPages(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page, problem := schema.ParsePage(content)
		if problem != nil {
			continue // the index of a day, or what is no page of this site
		}
		pages++
		served := servedPage(t, page)
		if served == string(content) {
			equal++
			continue
		}
		why := unknowable(string(content), served)
		if len(why) == 0 {
			t.Errorf("%s is served as\n%s\nand was\n%s", name, served, content)
		}
		for _, reason := range why {
			reasons[reason]++
			t.Logf("%s: %s", filepath.Base(name), reason)
		}
	}
	t.Logf("%d of %d pages are served byte for byte; of the others: %v", equal, pages, reasons)
	if os.Getenv("STEMMA_PAGES") == "" && (pages < 15 || equal < 10) {
		t.Errorf("only %d of %d pages are served byte for byte", equal, pages)
	}
}

// servedPage imports a page and what it tells of others, and gives what the server
// makes of it.
func servedPage(t *testing.T, page *schema.Page) string {
	t.Helper()
	s := emptySite(t)
	in := page.Input()
	isKnown := func(c string) bool { return slices.Contains(in.Contexts, c) } // as an import of both would
	var drafts []repo.Draft
	for _, rel := range page.Related {
		path := strings.TrimSuffix(rel.Link.URL, ".md")
		parts := strings.Split(path, "/")
		date, err := schema.ParseDate(strings.Join(parts[2:5], "-"))
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, repo.Draft{Input: schema.Input{
			State:   schema.State{ID: schema.DeriveID(path), Headline: strings.TrimSuffix(rel.Link.Text, " "), Path: path, Date: date, Contexts: schema.SplitContexts(rel.Context, isKnown)},
			Carries: schema.Fields(schema.FieldHeadline, schema.FieldPath, schema.FieldDate, schema.FieldContexts)}})
	}
	in.ID = schema.DeriveID("page")
	drafts = append(drafts, repo.Draft{Input: in})
	results, err := s.store.Record(t.Context(), drafts, repo.RecordOptions{Earlier: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	path := (&url.URL{Path: results[len(results)-1].Version.Path}).EscapedPath()
	if page.Formats == "" {
		path += ".md?template=older"
	} else {
		path += ".md"
	}
	answer, body := s.get(path)
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, answer.StatusCode, body)
	}
	return body
}

// unknowable names how a page differs from what is served, where that is something
// that a store can't know or, rightly, does otherwise; nothing where there is more.
func unknowable(want, got string) []string {
	wanted, items := related(want)
	served, others := related(got)
	var why []string
	if lines := strings.Replace(served, "\n\n\n\n\n", "\n\n\n\n", 1); wanted == lines && wanted != served {
		why, served = append(why, "three empty lines for a summary that is none: most pages have four"), lines
	}
	if wanted != served || len(items) != len(others) {
		return nil
	}
	if !slices.Equal(items, others) {
		before, printed := slices.Clone(items), slices.Clone(others)
		tidy := regexp.MustCompile(` *\]\(`)
		for i := range items {
			items[i], others[i] = tidy.ReplaceAllString(items[i], " ]("), tidy.ReplaceAllString(others[i], " ](")
		}
		if !slices.Equal(items, others) {
			why = append(why, "another order of Related: the site sorts 2017/06/8 above 2017/06/20, as text")
		}
		a, b := slices.Sorted(slices.Values(items)), slices.Sorted(slices.Values(others))
		if !slices.Equal(a, b) {
			return nil
		}
		if !slices.Equal(slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(printed))) {
			why = append(why, "blanks behind a headline in Related: a headline is kept without them")
		}
	}
	return why
}

// related takes the items of Related, without their numbers, off a page.
func related(page string) (rest string, items []string) {
	rest, list, _ := strings.Cut(page, "### Related:\n\n")
	for line := range strings.Lines(list) {
		_, item, _ := strings.Cut(line, ". ")
		items = append(items, item)
	}
	return rest, items
}

// Each page stands in four formats, now and at a time, with the parts that the seeds
// have; what was published after that time is in none of them.
func TestFormatsAtATime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, key := range []string{"early", "late"} {
		s.related(key, map[string]int{"early": 9, "late": 13}[key])
	}
	const then = "?at=2020-05-01T11:30:00Z"
	for _, c := range []struct {
		path         string
		has, hasnt   []string
		kind, parsed string
	}{
		{nowPath + ".md", []string{"_(Current version)_", "Nine die", "### Related:", "Event late"}, nil, "text/markdown; charset=utf-8", ""},
		{nowPath + ".md" + then, []string{"Seven die in storm ](" + "/news/2020/05/1/seven-die-in-storm.md) _(Current version)_", "Event early"}, []string{"Nine die", "Event late", "Update"}, "text/markdown; charset=utf-8", ""},
		{nowPath + ".json" + then, []string{`"state":"current"`, `was number 1`, "Event early"}, []string{"Nine die", "Event late"}, "application/json", "json"},
		{nowPath + ".xml", []string{`label="Update"`, "<headline>Nine die", `<context>Storms</context>`, "<kind>figure</kind>"}, nil, "application/xml; charset=utf-8", "xml"},
		{nowPath + ".xml" + then, []string{`<change version="2" label="Current version"`, "Event early"}, []string{"Nine die", "Event late"}, "application/xml; charset=utf-8", "xml"},
		{nowPath + ".html" + then, []string{"<h1>Seven die", "Event early", nowPath + ".xml" + then}, []string{">Nine die", "Event late"}, "text/html; charset=utf-8", ""},
		{"/news/2020/05/1/index.xml", []string{`<day date="2020-05-01">`, "<headline>Nine die", "<previous>/news/2020/04/30/index.xml", "<context>Storms</context>"}, nil, "application/xml; charset=utf-8", "xml"},
		{"/news/2020/05/1/index.xml" + then, []string{"<headline>Seven die", "Event early"}, []string{"Nine die", "Event late"}, "application/xml; charset=utf-8", "xml"},
		{"/news/2020/05/1/index.json" + then, []string{`"headline":"Seven die`, `"previous":"/news/2020/04/30/index.json"`}, []string{"Nine die", "Event late"}, "application/json", "json"},
		{"/news/2020/05/1/index.md" + then, []string{"Seven die"}, []string{"Nine die", "Event late"}, "text/markdown; charset=utf-8", ""},
		{"/news/2020/05/1/index.html" + then, []string{"Seven die", "/news/2020/05/1/index.xml" + then}, []string{"Nine die", "Event late"}, "text/html; charset=utf-8", ""},
	} {
		answer, body := s.get(c.path, "Accept", "text/html")
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s", c.path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		for _, want := range c.has {
			if !strings.Contains(html.UnescapeString(body), want) {
				t.Errorf("%s lacks %q:\n%s", c.path, want, body)
			}
		}
		for _, no := range c.hasnt {
			if strings.Contains(body, no) {
				t.Errorf("%s knows %q already:\n%s", c.path, no, body)
			}
		}
		var tree struct {
			Article struct {
				Text string `xml:",innerxml"`
			} `xml:"article"`
		}
		switch c.parsed {
		case "json":
			if !json.Valid([]byte(body)) {
				t.Errorf("%s is no JSON", c.path)
			}
		case "xml":
			if err := xml.Unmarshal([]byte(body), &tree); err != nil {
				t.Errorf("%s is no XML: %v", c.path, err)
			}
			if text := tree.Article.Text; text != "" { // what schema writes, schema reads
				if in, problem := schema.ParseXML([]byte("<article>" + text + "</article>")); problem != nil || in.Headline == "" || in.Body == "" {
					t.Errorf("%s: %v", c.path, problem)
				}
			}
		}
	}
	// What a page lists is part of it: a new neighbour is a new page to who has the old one.
	before, _ := s.get(nowPath + ".md")
	s.related("later", 14)
	if after, body := s.get(nowPath+".md", "If-None-Match", before.Header.Get("ETag")); after.StatusCode != http.StatusOK || !strings.Contains(body, "Event later") {
		t.Errorf("with a new neighbour: %d %s", after.StatusCode, body)
	}
	if answer, _ := s.get(nowPath + ".md?template=newest"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a template that is none: %d", answer.StatusCode)
	}
}

// related records an article that shares the context "Storms" with that of newSite.
func (s *site) related(key string, hour int) {
	s.t.Helper()
	for _, in := range []schema.Input{
		{State: schema.State{ID: schema.DeriveID("storm"), Headline: "Nine die in storm", Contexts: []string{"Storms"}}, Carries: schema.Fields(schema.FieldHeadline), AddContexts: true},
		{State: schema.State{ID: schema.DeriveID(key), Headline: "Event " + key, Date: "2020-05-01", Contexts: []string{"Storms"}},
			Carries: schema.Fields(schema.FieldHeadline, schema.FieldDate, schema.FieldContexts), Published: schema.At(time.Date(2020, 5, 1, hour, 0, 0, 0, time.UTC))},
	} {
		results, err := s.store.Record(s.t.Context(), []repo.Draft{{Input: in, Published: in.Published}}, repo.RecordOptions{})
		if err == nil {
			err = results[0].Err
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}
