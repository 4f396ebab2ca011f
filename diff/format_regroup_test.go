package diff

import (
	"strings"
	"testing"
)

// TestRegroupsAreTold: a paragraph that was split or merged looks unchanged, so a
// line above it says what became of it; without colour each side stays readable.
func TestRegroupsAreTold(t *testing.T) {
	first, second := "The ferry had left the town in the morning.", "Rescuers said that the boat struck a rock."
	apart, joined := "An old one.\n\n"+first+"\n\n"+second+"\n\nThe end.\n", "An old one.\n\n"+first+" "+second+"\n\nThe end.\n"
	for _, c := range []struct{ old, new, want string }{
		{joined, apart, "(one paragraph split into 2)"},
		{apart, joined, "(2 paragraphs merged into one)"},
		{strings.Replace(joined, "The ferry", "A ferry", 1), apart, "(one paragraph split into 2)"},
		{first + " " + second, first + "\n\n" + second, "(one paragraph split into 2)"},
	} {
		for _, style := range []Style{Term, HTML, SVG} {
			out := shown(t, style, c.old, c.new, ShowOptions{Around: AroundDefault, Color: true, NoCSS: true})
			at := strings.Index(out, c.want)
			if strings.Count(out, c.want) != 1 || at > strings.Index(out, "ferry") || strings.Contains(out[at:], "An old one") {
				t.Errorf("%s of %q → %q does not say %q above its paragraph:\n%s", style, c.old, c.new, c.want, out)
			}
		}
		if out := shown(t, Term, c.old, c.new, ShowOptions{Around: AroundAll}); strings.Contains(out, c.want) {
			t.Errorf("without colour: %s", out)
		}
	}
}
