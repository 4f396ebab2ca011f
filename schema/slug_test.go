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
	// These slugs were made of wrongly decoded UTF-8 (’ and – became â…, one
	// letter of which is left) or of two blanks: no rule gives them.
	exceptions := []string{"fbias-investigation", "50a130-feet"}
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
		if got := Slug(oneLine(title)); !odd && got != want {
			t.Errorf("Slug(%q)\n got %s\nwant %s", title, got, want)
		}
		checked++
	}
	if checked < 45 {
		t.Errorf("only %d pairs were read", checked)
	}
}
