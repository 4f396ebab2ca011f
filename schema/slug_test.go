package schema

import (
	"os"
	"strings"
	"testing"
)

func TestSlugOfRealHeadlines(t *testing.T) {
	data, err := os.ReadFile("testdata/title-slug-pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	// In these the original headline held ’ or –, three bytes each, where the page
	// prints one: the slug is cut earlier, or holds the "a" of a wrongly decoded â.
	exceptions := []string{"the-fbias-investigation", "50a130-feet", "about-the-groupa", "estonia-united-kingdom-relations", "iraqi-civil-war-2014-present"}
	checked := 0
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		title, want, ok := strings.Cut(strings.TrimSuffix(line, "\r"), "\t")
		if !ok {
			t.Fatalf("line %d has no tab", i+2)
		}
		odd := false
		for _, e := range exceptions {
			odd = odd || strings.Contains(want, e)
		}
		if got := Slug(oneLine(title)); odd == (got == want) {
			t.Errorf("Slug(%q)\n got %s\nwant %s", title, got, want)
		}
		checked++
	}
	if checked < 45 {
		t.Errorf("only %d pairs were read", checked)
	}
}

// A headline of ASCII takes another way than one with any other letter; both must
// agree on what they share.
func TestSlugIsTheSameWithAndWithoutOtherLetters(t *testing.T) {
	for _, h := range []string{"Two dead", "  7 -- dead!  ", "", "...", "A", "x_y.Z", "U.S. says: \"no\"", "tab\there", "\x00\x7f"} {
		plain := Slug(h)
		mixed := strings.TrimPrefix(strings.TrimPrefix(Slug("é "+h), "é"), "-")
		if mixed == "" {
			mixed = Untitled
		}
		if plain != mixed {
			t.Errorf("Slug(%q) = %q, and behind another letter %q", h, plain, mixed)
		}
	}
}
