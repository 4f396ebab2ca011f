package schema

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestOthersReadTheSameTexts lets a YAML reader with its own rules for bare
// scalars (yes, 0x10, dates …) read the front matter: every text must be a text
// to it too, and the same one.
func TestOthersReadTheSameTexts(t *testing.T) {
	validRandomStates(t, func(s State) {
		front, _, ok := cutFrontMatter(strings.TrimPrefix(string(EncodeFile(&s)), "---\n"))
		if !ok {
			t.Fatal("no front matter")
		}
		var got struct {
			Headline, Category, Summary, Byline, Path any
			Contexts, Aliases                         []any
			Sources                                   []map[string]any
			Image                                     map[string]any
		}
		if err := yaml.Unmarshal([]byte(front), &got); err != nil {
			t.Fatalf("%v\n%s", err, cut(front))
		}
		same := func(what string, got any, want string) {
			if text, isText := got.(string); got == nil && want == "" || isText && text == want {
				return
			}
			t.Errorf("%s: %q is read as %T %v", what, want, got, got)
		}
		same("headline", got.Headline, s.Headline)
		same("category", got.Category, s.Category)
		same("summary", got.Summary, s.Summary)
		same("byline", got.Byline, s.Byline)
		same("path", got.Path, s.Path)
		same("caption", got.Image["caption"], s.Image.Caption)
		for i, c := range s.Contexts {
			same("context", got.Contexts[i], c)
		}
		for i, a := range s.Aliases {
			same("alias", got.Aliases[i], a)
		}
		for i, src := range s.Sources {
			same("source", got.Sources[i]["name"], src.Name)
			same("address", got.Sources[i]["url"], src.URL)
		}
	})
}
