package ingest_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// dump is what the library's own decoder reads of an export: the oracle.
type dump struct {
	Pages []struct {
		Title     string `xml:"title"`
		ID        int64  `xml:"id"`
		Revisions []struct {
			ID          int64     `xml:"id"`
			Timestamp   string    `xml:"timestamp"`
			Comment     string    `xml:"comment"`
			Minor       *struct{} `xml:"minor"`
			Contributor struct {
				Username string `xml:"username"`
				IP       string `xml:"ip"`
			} `xml:"contributor"`
			Text struct {
				Body    string `xml:",chardata"`
				Deleted string `xml:"deleted,attr"`
				SHA1    string `xml:"sha1,attr"`
			} `xml:"text"`
		} `xml:"revision"`
	} `xml:"page"`
}

func oracle(t testing.TB, b []byte) dump {
	t.Helper()
	var d dump
	if err := xml.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestMediaWikiReadsRealDumps(t *testing.T) {
	for _, c := range []struct {
		name, site       string
		pages, revisions int
	}{
		{sampleOldDump, "mediawiki://en.wikipedia.org/wiki:", 1, 14},
		{sampleDump, "mediawiki://127.0.0.1:8931/index.php:", 6, 58},
	} {
		raw := sample(t, c.name)
		want := oracle(t, raw)
		items := collect(t, ingest.MediaWiki(bytes.NewReader(raw), c.name, map[string][]string{}))
		if len(want.Pages) != c.pages || len(items) != c.revisions {
			t.Errorf("%s: %d pages, %d revisions", c.name, len(want.Pages), len(items))
		}
		i := 0
		for _, p := range want.Pages {
			states := map[string]bool{}
			for n, r := range p.Revisions {
				item := items[i]
				i++
				in := item.Input
				if in.Headline != p.Title || in.Published.String() != r.Timestamp || in.Key != fmt.Sprint(c.site, p.ID) || in.Language != "en" || in.Type != schema.Article {
					t.Errorf("%s, revision %d: %+v", p.Title, r.ID, in)
				}
				if normal(in.Body) != normal(r.Text.Body) {
					t.Errorf("%s, revision %d: another text", p.Title, r.ID)
				}
				if who := strings.Replace(r.Contributor.Username+r.Contributor.IP, ">", ":", 1); in.Author.Name != who {
					t.Errorf("%s, revision %d: author %q, want %q", p.Title, r.ID, in.Author.Name, who)
				}
				if (n == len(p.Revisions)-1) != (len(in.Aliases) > 0) {
					t.Errorf("%s, revision %d: aliases %q", p.Title, r.ID, in.Aliases)
				}
				note, minor := strings.CutSuffix(in.Note, "(minor edit)")
				if minor != (r.Minor != nil) || strings.TrimSpace(note) != strings.TrimSpace(r.Comment) {
					t.Errorf("%s, revision %d: note %q", p.Title, r.ID, in.Note)
				}
				states[fmt.Sprint(normal(in.Body), in.Extra)] = true
			}
			if len(states) < 2 {
				t.Errorf("%s: %d states", p.Title, len(states))
			}
		}
	}
}

// What is written says the same when it is read again, and is what the format's
// own rules want.
func TestMediaWikiComesBack(t *testing.T) {
	for _, name := range []string{sampleOldDump, sampleDump} {
		first := collect(t, ingest.MediaWiki(bytes.NewReader(sample(t, name)), "first", map[string][]string{}))
		written := writeDump(t, first)
		second := collect(t, ingest.MediaWiki(bytes.NewReader(written), "second", map[string][]string{}))
		if len(first) != len(second) {
			t.Fatalf("%s: %d revisions came back as %d", name, len(first), len(second))
		}
		for i := range first {
			a, b := first[i].Input, second[i].Input
			a.State.Normalize()
			b.State.Normalize()
			if x, y := schema.EncodeStream(&a), schema.EncodeStream(&b); !bytes.Equal(x, y) {
				t.Errorf("%s, revision %d: %.300s came back as %.300s", name, i, x, y)
			}
		}
		for _, p := range oracle(t, written).Pages {
			for _, r := range p.Revisions {
				if len(r.Text.SHA1) != 31 {
					t.Errorf("revision %d: sha1 %q", r.ID, r.Text.SHA1)
				}
			}
		}
	}
}

// writeDump writes items as a dump, page by page.
func writeDump(t testing.TB, items []ingest.Item) []byte {
	t.Helper()
	pages := map[schema.ID][]ingest.Item{}
	var order []schema.ID
	for _, it := range items {
		if pages[it.Input.ID] == nil {
			order = append(order, it.Input.ID)
		}
		pages[it.Input.ID] = append(pages[it.Input.ID], it)
	}
	var first *schema.State
	if len(items) > 0 {
		first = &items[0].Input.State
	}
	var b bytes.Buffer
	w := ingest.NewMediaWikiWriter(&b, first)
	for _, id := range order {
		page := pages[id]
		w.Page(&page[len(page)-1].Input.State)
		for _, it := range page {
			it.Input.State.Normalize()
			w.Revision(&it.Input, it.Revision)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pageHead = `<mediawiki version="0.11" xml:lang="en"><siteinfo><base>https://w.example.org/wiki/Main</base></siteinfo><page><title>T</title><ns>0</ns><id>7</id>`

func rev(parts string) string {
	return `<revision><id>1</id><timestamp>2015-01-01T00:00:00Z</timestamp>` + parts + `</revision>`
}

func TestMediaWikiSaysWhatIsHidden(t *testing.T) {
	stream := pageHead + rev(`<contributor deleted="deleted"/><comment deleted="deleted"/><text deleted="deleted"/>`) +
		rev(`<contributor><ip>2001:db8::1</ip></contributor><minor/><text>b</text>`) +
		rev(`<contributor><username>en>Ada</username></contributor><text>b</text>`) + rev(`<text>b</text>`) + `</page></mediawiki>`
	items := collect(t, ingest.MediaWiki(strings.NewReader(stream), "s", map[string][]string{"T": {"Old T?", "Older"}}))
	got := items[0].Input
	if got.Author.Name != "(name removed)" || got.Body != "" || !slices.Contains(got.Extra, schema.Extra{Key: "suppressed", Value: `["comment","contributor","text"]`}) {
		t.Errorf("%+v", got)
	}
	var authors, repeats []string
	for _, it := range items {
		authors = append(authors, it.Input.Author.Name)
		repeats = append(repeats, it.Input.Extra[len(it.Input.Extra)-1].Value)
	}
	if want := []string{"(name removed)", "2001:db8::1", "en:Ada", "unknown"}; !slices.Equal(authors, want) {
		t.Errorf("authors %q", authors)
	}
	if strings.Contains(repeats[1], "repeat") || !strings.Contains(repeats[2], `"repeat":1`) || !strings.Contains(repeats[3], `"repeat":2`) {
		t.Errorf("%q", repeats)
	}
	if want := []string{"https://w.example.org/wiki/T", "https://w.example.org/wiki/Old_T%3F", "https://w.example.org/wiki/Older"}; !slices.Equal(items[3].Input.Aliases, want) {
		t.Errorf("aliases %q", items[3].Input.Aliases)
	}
	written := string(writeDump(t, items))
	for _, want := range []string{`<contributor deleted="deleted" />`, `<comment deleted="deleted" />`, `<text deleted="deleted" />`, `<ip>2001:db8::1</ip>`, `<minor />`, `<username>en&gt;Ada</username>`} {
		if !strings.Contains(written, want) {
			t.Errorf("%s is not in %s", want, written)
		}
	}
}

func TestMediaWikiRefuses(t *testing.T) {
	good := rev("<text>good</text>")
	deep := strings.Repeat("<a>", 100)
	for stream, want := range map[string][]string{
		"":                            {"s:1: the dump is cut off"},
		`<html/>`:                     {"s:1: <html> stands where <mediawiki> is wanted: this is no wiki's export"},
		`<mediawiki version="0.12"/>`: {`s:1: export version "0.12" is not known: 0.1 to 0.11 are read`},
		"<mediawiki/>\n<mediawiki/>":  {"s:2: a second root element"},
		`<!DOCTYPE m [<!ENTITY a "b">]><mediawiki/>`: {"s:1: the dump declares a document type or entities: none is read"},
		pageHead + rev("<text>&a;</text>"):           {"s:1: this is no XML: invalid character entity &a;"},
		pageHead + "\n" + rev("<text>\xff</text>"):   {"s:2: this is no XML: invalid UTF-8"},
		pageHead + good + "\n<revision><id>2</id":    {"T", "s:2: the dump is cut off"},
		pageHead + deep:                                                                        {"s:1: elements are nested deeper than 64"},
		pageHead + "\n" + rev("<text>x"+deep):                                                  {"s:2: elements are nested deeper than 64"},
		pageHead + "\n" + rev("") + good + "</page></mediawiki>":                               {"s:2: text: the revision has no text, not even an empty one", "T"},
		pageHead + rev(`<text bytes="9"/>`) + "</page></mediawiki>":                            {"s:1: text: its text of 9 bytes is not in the dump: one with texts is wanted"},
		pageHead + "<revision><text>x</text></revision></page></mediawiki>":                    {"s:1: timestamp: "},
		pageHead + rev("<text>&#0;</text>"):                                                    {"s:1: this is no XML: "},
		`<mediawiki><page><id>1</id>` + good + `</page></mediawiki>`:                           {"s:1: headline: missing headline"},
		pageHead + "<title>a</title><title>" + strings.Repeat("x", 17<<10) + "</title>" + good: {"s:1: a text of more than 16384 bytes where a short one is wanted"},
	} {
		got := []string{}
		for item, err := range ingest.MediaWiki(strings.NewReader(stream), "s", nil) {
			if err != nil {
				got = append(got, err.Error())
			} else {
				got = append(got, item.Input.Headline)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%.80q: %q, want %q", stream, got, want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%.80q: %q, want %q", stream, got[i], want[i])
			}
		}
	}
}

// Pages of two wikis that do not say who they are stay apart; what one of them
// wrote comes back as its own.
func TestMediaWikiKeepsWikisApart(t *testing.T) {
	stream := "<mediawiki><page><title>T</title><id>7</id>" + rev("<text>x</text>") + "</page></mediawiki>"
	one := collect(t, ingest.MediaWiki(strings.NewReader(stream), "dir/one.xml.gz", nil))
	two := collect(t, ingest.MediaWiki(strings.NewReader(stream), "two.xml", nil))
	if one[0].Input.Key != "mediawiki:one:7" || two[0].Input.Key != "mediawiki:two:7" {
		t.Errorf("%q, %q", one[0].Input.Key, two[0].Input.Key)
	}
	again := collect(t, ingest.MediaWiki(bytes.NewReader(writeDump(t, one)), "three.xml", nil))
	if again[0].Input.ID != one[0].Input.ID {
		t.Errorf("%q came back as %q", one[0].Input.Key, again[0].Input.Key)
	}
}

// A text without end is refused before it fills the memory.
func TestMediaWikiBoundsAText(t *testing.T) {
	r := io.MultiReader(strings.NewReader(pageHead+"<revision><text>"), io.LimitReader(repeat('x'), 100<<20))
	got := tell(ingest.MediaWiki(r, "s", nil))
	if len(got) != 1 || got[0] != "error: s:1: one tag or text takes more than 32 MiB" {
		t.Errorf("%q", got)
	}
	broken := errors.New("the cable is out")
	got = tell(ingest.MediaWiki(io.MultiReader(strings.NewReader(pageHead+"<revi"), iotest.ErrReader(broken)), "s", nil))
	if len(got) != 1 || got[0] != "error: reading s: the cable is out" {
		t.Errorf("%q", got)
	}
}

func TestMediaWikiRedirects(t *testing.T) {
	stream := `<mediawiki><page><title>Old &amp; new</title><redirect title="T &quot;x&quot;" /></page>` +
		`<page><title>Other</title><redirect title="T &quot;x&quot;"/><revision><text>&lt;redirect title="no"</text></revision></page>` +
		`<page><title>None</title></page><page><title>` + strings.Repeat("x", 300<<10) + `</title><redirect title="L"/></page></mediawiki>`
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream))} {
		got, err := ingest.MediaWikiRedirects(r, "s")
		if err != nil || len(got) != 1 || !slices.Equal(got[`T "x"`], []string{"Old & new", "Other"}) {
			t.Errorf("%s: %q, %v", name, slices.Collect(maps.Keys(got)), err)
		}
	}
}

// An article that never saw a wiki becomes a page that a wiki takes.
func TestMediaWikiWritesOtherArticles(t *testing.T) {
	one := schema.Input{State: schema.State{ID: schema.DeriveID("one"), Headline: "A [bracket] #1", Summary: "In short.", Date: "2018-02-06",
		Sources: []schema.Source{{Name: "AP", URL: "https://ap.example.org/a b"}}, Body: "## Part\n\nText \x01 & <more>\n"}}
	two := one
	two.ID = schema.DeriveID("two")
	gone := one
	gone.Status = schema.Canceled
	written := string(writeDump(t, []ingest.Item{{Input: one}, {Input: gone}, {Input: two}}))
	for _, want := range []string{"<title>A ［bracket］ ＃1</title>", "<title>A ［bracket］ ＃1 (2018-02-06)</title>",
		"In short.\n\n== Part ==\n\nText \ufffd &amp; &lt;more&gt;\n\n== Sources ==\n* [https://ap.example.org/a%20b AP]</text>", `<text bytes="0"`} {
		if !strings.Contains(written, want) {
			t.Errorf("%q is not in\n%s", want, written)
		}
	}
}

// Whatever the bytes, the reader ends with items and problems, and what it read
// comes back.
func FuzzMediaWiki(f *testing.F) {
	raw := sample(f, sampleOldDump)
	f.Add(raw[:2400])
	f.Add([]byte(pageHead + rev("<minor/><comment>c</comment><text>a &amp; b</text><content><role>r</role><text>s</text></content>") + "</page></mediawiki>"))
	f.Add([]byte(pageHead + rev(`<contributor deleted="x"/><text deleted="x"/>`) + rev("<text/>") + "</page></mediawiki>"))
	f.Add([]byte(`<!DOCTYPE a><mediawiki/>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		redirects, err := ingest.MediaWikiRedirects(bytes.NewReader(b), "s")
		if err != nil {
			t.Fatal(err)
		}
		var items []ingest.Item
		for item, err := range ingest.MediaWiki(bytes.NewReader(b), "s", redirects) {
			var p *schema.Problem
			switch {
			case err == nil:
				items = append(items, item)
			case !errors.As(err, &p) || p.File != "s" || p.Line < 1 || p.Reason == "":
				t.Fatalf("%v is no problem of this stream", err)
			}
		}
		n := 0
		for _, err := range ingest.MediaWiki(bytes.NewReader(writeDump(t, items)), "again", nil) {
			if err != nil {
				t.Fatalf("what was written is refused: %v", err)
			}
			n++
		}
		if n != len(items) {
			t.Fatalf("%d revisions came back as %d", len(items), n)
		}
	})
}
