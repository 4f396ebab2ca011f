package diff

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// htmlElements are all that HTML writes, with their attributes.
var htmlElements = map[string][]string{
	"div": {"class", "lang", "dir"}, "section": {"class", "data-field", "aria-label"}, "h3": nil, "small": {"class"},
	"p": {"class", "dir", "lang"}, "span": {"class", "dir"}, "aside": {"class", "aria-label"}, "strong": {"class", "dir"},
	"del": {"class", "id"}, "ins": {"class", "id"}, "a": {"class", "href", "dir", "lang", "aria-label"},
	"table": {"class", "role"}, "caption": nil, "thead": {"role"}, "tbody": {"role", "lang"}, "tr": {"class", "role"},
	"th": {"scope", "role", "dir"}, "td": {"class", "role", "colspan", "dir", "lang"},
}

// TestHTMLHoldsOnlyItsOwnElements reads the fragment as a browser does: whatever
// the texts and names hold, no element and no attribute comes of it, and links lead
// to the fragment's own passages. STEMMA_XSS names a file of payloads, one a line,
// to be tried beside those that the project carries.
func TestHTMLHoldsOnlyItsOwnElements(t *testing.T) {
	payloads := readStrings(t, "naughty-strings.json")
	if name := os.Getenv("STEMMA_XSS"); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		payloads = append(payloads, strings.Split(string(data), "\n")...)
	}
	for i, s := range payloads {
		old, new := "said "+s+" today", s+"\n\n"+payloads[(i+1)%len(payloads)]
		opt := ShowOptions{Around: AroundAll, NoCSS: true, SideBySide: i%2 == 0, From: s, To: s}
		d := Article{Language: s, Fields: []Field{{Name: s, Old: old, New: new, Segments: Texts(old, new, Options{})}}}
		opt.Corrections = []Correction{{Type: s, Text: s, From: 1, To: 2}}
		var b strings.Builder
		if err := Write(&b, HTML, d, opt); err != nil {
			t.Fatal(err)
		}
		doc, err := html.Parse(strings.NewReader(b.String()))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type == html.TextNode || n.Type == html.DocumentNode || n.Type == html.ElementNode && slices.Contains([]string{"html", "head", "body"}, n.Data) {
				continue
			}
			allowed, known := htmlElements[n.Data]
			if n.Type != html.ElementNode || !known {
				t.Fatalf("%q makes <%s>:\n%s", s, n.Data, b.String())
			}
			for _, a := range n.Attr {
				if !slices.Contains(allowed, a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "#move-") {
					t.Fatalf("%q makes <%s %s=%q>", s, n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// TestHTMLMovesAreLinked: each link leads to a passage that is there, once, and
// says so in words; the direction of a line is its own and not that of the link.
func TestHTMLMovesAreLinked(t *testing.T) {
	old, new := movedTexts()
	for _, sides := range []bool{false, true} {
		out := shown(t, HTML, old, new, ShowOptions{Around: AroundAll, NoCSS: true, SideBySide: sides, ID: "x-"})
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		ids, links := map[string]int{}, map[string]string{}
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				switch a.Key {
				case "id":
					ids[a.Val]++
				case "href":
					links[strings.TrimPrefix(a.Val, "#")] = n.FirstChild.Data
					if !slices.Contains(n.Attr, html.Attribute{Key: "dir", Val: "ltr"}) {
						t.Errorf("the link %q would decide the direction of its line", n.FirstChild.Data)
					}
				}
			}
		}
		if len(links) != 4 {
			t.Errorf("%d links, want 4: two moves with two ends each", len(links))
		}
		for to, words := range links {
			if ids[to] != 1 || !strings.Contains(words, "moved") || !strings.HasPrefix(to, "move-x-1-") {
				t.Errorf("the link %q leads to %q, which is there %d times", words, to, ids[to])
			}
		}
	}
}
