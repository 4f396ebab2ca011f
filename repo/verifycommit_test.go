package repo

import (
	"slices"
	"strings"
	"testing"
)

// TestOtherBytesOfASealedState writes the file of a sealed version in other ways that
// say the same, which no seal can tell: only that a sealed file is canonical does.
func TestOtherBytesOfASealedState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, old, new string }{
		{"a value in quotes", "headline: Two dead in Springfield", `headline: "Two dead in Springfield"`},
		{"another order of keys", "", ""},
		{"a blank at the end of a line", "The road is closed.\n", "The road is closed. \n"},
		{"an empty line more", "", ""},
		{"a remark", "---\n\nTwo people", "# nothing\n---\n\nTwo people"},
	} {
		s, c1, a, _ := pair(t)
		path := s.layout().path(a)
		c1.git("checkout", "-q", "HEAD~1") // where the article was made
		text := c1.read(path)
		next := strings.Replace(text, c.old, c.new, 1)
		if c.about == "another order of keys" {
			head, rest, _ := strings.Cut(strings.TrimPrefix(text, "---\nstemma: 1\n"), "---\n")
			next = "---\n" + head + "stemma: 1\n---\n" + rest
		}
		if c.about == "an empty line more" {
			next = text + "\n"
		}
		if next == text {
			t.Fatalf("%s: nothing to change in %q", c.about, text)
		}
		c1.write(path, next)
		c1.git("commit", "-q", "-a", "--amend", "--no-edit")
		gitIn(t, s.Dir(), "", "config", "receive.denyNonFastForwards", "false")
		c1.git("push", "-q", "--force", "origin", "HEAD:main")
		found := findings(t, s)
		if !slices.ContainsFunc(found, func(f Finding) bool {
			return f.Article == a && f.Path == path && strings.Contains(f.Reason, "isn't in canonical form")
		}) {
			t.Errorf("%s: not told: %+v", c.about, found)
		}
	}
}
