package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// TestWikis imports whole dumps of wikis: in short form the samples, in long form
// every .xml below the folder that STEMMA_WIKIS names, packed or not. Pages and
// revisions are compared with those that the library's own decoder counts in the
// XML. In long form the exports are held against schema/export-0.11.xsd of that
// folder, with xmllint.
func TestWikis(t *testing.T) {
	dir := os.Getenv("STEMMA_WIKIS")
	xsd := ""
	if dir == "" {
		dir = filepath.Join("..", "..", "repo", "ingest", "testdata")
	} else {
		xsd = offlineSchema(t, filepath.Join(dir, "schema", "export-0.11.xsd"))
	}
	n := 0
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.Contains(filepath.Base(path), ".xml") {
			n++
			t.Run(filepath.Base(path), func(t *testing.T) { checkWiki(t, path, xsd) })
		}
		return err
	})
	if err != nil || n == 0 {
		t.Fatalf("%d dumps in %s: %v", n, dir, err)
	}
}

// offlineSchema copies the schema beside a stand-in for the one that it imports
// from the net: the two attributes that every XML document may have.
func offlineSchema(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, "xml.xsd", `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:language"/>
<xs:attribute name="space"><xs:simpleType><xs:restriction base="xs:NCName"><xs:enumeration value="default"/><xs:enumeration value="preserve"/></xs:restriction></xs:simpleType></xs:attribute>
</xs:schema>`)
	write(t, dir, "export.xsd", strings.ReplaceAll(string(b), "http://www.w3.org/2001/xml.xsd", "xml.xsd"))
	return filepath.Join(dir, "export.xsd")
}

// wikiDump is what the library's decoder reads of a dump.
type wikiDump struct {
	XMLName xml.Name `xml:"mediawiki"`
	Pages   []struct {
		Title    string `xml:"title"`
		ID       int64  `xml:"id"`
		Redirect *struct {
			Title string `xml:"title,attr"`
		} `xml:"redirect"`
		Revisions []wikiRevision `xml:"revision"`
	} `xml:"page"`
}

type wikiRevision struct {
	ID          int64     `xml:"id"`
	Timestamp   string    `xml:"timestamp"`
	Comment     wikiPart  `xml:"comment"`
	Minor       *struct{} `xml:"minor"`
	Contributor struct {
		wikiPart
		Username string `xml:"username"`
		IP       string `xml:"ip"`
	} `xml:"contributor"`
	Text *struct {
		wikiPart
		Bytes int64 `xml:"bytes,attr"`
	} `xml:"text"`
}

type wikiPart struct {
	Body    string `xml:",chardata"`
	Deleted string `xml:"deleted,attr"`
}

// expected gives what a revision says, as one text; refused is true where its text
// is not in the dump.
func (r *wikiRevision) expected(title string) (line string, refused bool) {
	if r.Text == nil || r.Text.Deleted == "" && r.Text.Body == "" && r.Text.Bytes > 0 {
		return "", true
	}
	who := strings.Replace(r.Contributor.Username+r.Contributor.IP, ">", ":", 1)
	if r.Contributor.Deleted != "" {
		who = "(name removed)"
	} else if who == "" {
		who = "unknown"
	}
	comment, body := r.Comment.Body, r.Text.Body
	if r.Comment.Deleted != "" {
		comment = ""
	}
	if r.Minor != nil {
		comment += "\n\n(minor edit)"
	}
	if r.Text.Deleted != "" {
		body = ""
	}
	return wikiLine(r.Timestamp, title, who, comment, body, []bool{r.Comment.Deleted != "", r.Contributor.Deleted != "", r.Text.Deleted != ""}), false
}

func wikiLine(at, title, who, comment, body string, hidden []bool) string {
	return fmt.Sprintf("%s %q %q %q %v %s", at, title, gitName(who), strings.Fields(comment), hidden, normalText(body))
}

// expectedWiki gives the pages of a dump as their revisions in the order of time. A
// page or a revision that stands in it twice is one.
func expectedWiki(t *testing.T, path string) (pages map[string][]string, redirects map[string]string, refused int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := ingest.Open(path, f, ingest.UnpackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var d wikiDump
	if err := xml.NewDecoder(plain).Decode(&d); err != nil && err != io.EOF {
		return nil, nil, 0 // no dump of a wiki: it must be refused
	}
	type dated struct{ at, line string }
	pages, redirects = map[string][]string{}, map[string]string{}
	all, seen := map[string][]dated{}, map[string]bool{}
	for _, p := range d.Pages {
		key := fmt.Sprint(p.ID, " ")
		if p.ID == 0 {
			key += p.Title
		}
		if p.Redirect != nil {
			redirects[p.Title] = p.Redirect.Title
		}
		for _, r := range p.Revisions {
			line, wrong := r.expected(p.Title)
			switch id := fmt.Sprint(key, r.ID); {
			case wrong:
				refused++
			case r.ID == 0 || !seen[id]:
				seen[id] = true
				all[key] = append(all[key], dated{r.Timestamp, line})
			}
		}
	}
	for key, list := range all {
		slices.SortStableFunc(list, func(a, b dated) int { return cmp.Compare(a.at, b.at) })
		for _, d := range list {
			pages[key] = append(pages[key], d.line)
		}
	}
	return pages, redirects, refused
}

func checkWiki(t *testing.T, path, xsd string) {
	want, redirects, refused := expectedWiki(t, path)
	w, _, _ := testWorld(t)
	must(t, w, "init", "s")
	code, said := runCode(w, "-C", "s", "import", "mediawiki", absolute(t, path))
	versions := 0
	for _, page := range want {
		versions += len(page)
	}
	if (refused == 0 && want != nil) != (code == 0) || code != 0 && code != exitRefused {
		t.Errorf("exit %d with %d revisions to be refused\n%.1000s", code, refused, said)
	}
	if want == nil {
		return
	}
	if want := fmt.Sprintf("%d created, %d recorded, ", len(want), versions-len(want)); !strings.Contains(said, want) || !strings.Contains(said, fmt.Sprintf("%d refused", refused)) {
		t.Errorf("the import says %.500q, want %q and %d refused", said, want, refused)
	}
	compareWiki(t, filepath.Join(w.dir, "s"), want, redirects)
	if _, said := runCode(w, "-C", "s", "import", "mediawiki", absolute(t, path)); !strings.Contains(said, "0 created, 0 recorded, ") {
		t.Errorf("the second import says %.300q", said)
	}
	if len(want) == 0 {
		return
	}
	must(t, w, "-C", "s", "export", "mediawiki", "-o", "out.xml")
	if xsd != "" {
		cmd := exec.Command("xmllint", "--noout", "--nonet", "--huge", "--schema", xsd, filepath.Join(w.dir, "out.xml"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the export is not valid: %v\n%.1000s", err, out)
		}
	}
	must(t, w, "init", "other")
	must(t, w, "-C", "other", "import", "mediawiki", "out.xml")
	compareWiki(t, filepath.Join(w.dir, "other"), renamedTwins(want), nil)
	must(t, w, "-C", "other", "export", "mediawiki", "-o", "again.xml")
	a, err := os.ReadFile(filepath.Join(w.dir, "out.xml"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(w.dir, "again.xml"))
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("exported again it has %d bytes, and had %d: %v", len(b), len(a), err)
	}
}

// renamedTwins gives the pages of a dump as a wiki has to keep them: of two of one
// title, which no wiki has, the export calls the later one "Title (DATE)". Which of
// the two that is, the dump's order doesn't say; the pages here have one revision.
func renamedTwins(pages map[string][]string) map[string][]string {
	byTitle := map[string][]string{}
	title := func(line string) string { return strings.SplitN(line, `"`, 3)[1] }
	for key, page := range pages {
		byTitle[title(page[0])] = append(byTitle[title(page[0])], key)
	}
	out := maps.Clone(pages)
	for name, keys := range byTitle {
		slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(out[a][0], out[b][0]) })
		for _, key := range keys[1:] {
			renamed := fmt.Sprintf("%s (%s)", name, out[key][0][:len("2006-01-02")])
			out[key] = slices.Clone(out[key])
			for i, line := range out[key] {
				out[key][i] = strings.Replace(line, `"`+name+`"`, `"`+renamed+`"`, 1)
			}
		}
	}
	return out
}

// runCode runs a command and gives its exit code and stderr.
func runCode(w world, args ...string) (int, string) {
	var out, errs bytes.Buffer
	w.out, w.err = &out, &errs
	code := run(context.Background(), args, w)
	return code, errs.String()
}

// compareWiki compares a store with the pages of a dump, whichever article holds
// which, and looks for redirects by their titles.
func compareWiki(t *testing.T, dir string, want map[string][]string, redirects map[string]string) {
	t.Helper()
	s, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	list, err := s.List(ctx, repo.ListFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got, wanted []string
	titles := map[string]schema.ID{}
	for _, article := range list {
		titles[article.Headline] = article.Article
		got = append(got, strings.Join(wikiLines(t, s, article.Article), "\n"))
	}
	for _, page := range want {
		wanted = append(wanted, strings.Join(page, "\n"))
	}
	slices.Sort(got)
	slices.Sort(wanted)
	for i := range max(len(got), len(wanted)) {
		switch {
		case i >= len(got) || i >= len(wanted):
			t.Fatalf("%d pages, want %d", len(got), len(wanted))
		case got[i] != wanted[i]:
			t.Fatalf("got  %.600s\nwant %.600s", got[i], wanted[i])
		}
	}
	for from, to := range redirects {
		target, ok := titles[to]
		if !ok {
			continue // it leads out of the dump
		}
		aliases := currentState(ctx, t, s, target).Aliases
		name := strings.ReplaceAll(from, " ", "_")
		if !slices.ContainsFunc(aliases, func(a string) bool { return strings.HasSuffix(a, name) || strings.HasSuffix(a, from) }) {
			t.Errorf("%q redirects to %q, which has the aliases %q", from, to, aliases)
		}
	}
}

func currentState(ctx context.Context, t *testing.T, s *repo.Store, id schema.ID) *schema.State {
	t.Helper()
	v, err := s.Version(ctx, id, "current")
	if err != nil {
		t.Fatal(err)
	}
	state, err := s.State(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// wikiLines gives what an article's versions say, as wikiRevision.expected does.
func wikiLines(t *testing.T, s *repo.Store, id schema.ID) []string {
	t.Helper()
	ctx := context.Background()
	changes, err := s.Changes(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, v := range changes {
		state, err := s.State(ctx, v)
		if err != nil {
			t.Fatal(err)
		}
		hidden := ""
		for _, e := range state.Extra {
			if e.Key == "suppressed" {
				hidden = e.Value
			}
		}
		lines = append(lines, wikiLine(v.Published.T.Format(time.RFC3339), v.Headline, v.Author.Name, v.Note, state.Body,
			[]bool{strings.Contains(hidden, "comment"), strings.Contains(hidden, "contributor"), strings.Contains(hidden, "text")}))
	}
	return lines
}
