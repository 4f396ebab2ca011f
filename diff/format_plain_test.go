package diff

import (
	"os"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// TestPlainRebuildsBothSides: Plain without the insertions is the old text, and
// without the deletions the new one, up to white space, whatever marks the texts
// hold themselves.
func TestPlainRebuildsBothSides(t *testing.T) {
	for _, p := range texts(t) {
		checkPlain(t, p[0], p[1])
	}
}

// TestPlainRebuildsRealPairs does so for revisions that people made: those that
// the project carries, or all of the file that STEMMA_PAIRS names, an object with
// "before" and "after" a line.
func TestPlainRebuildsRealPairs(t *testing.T) {
	name := os.Getenv("STEMMA_PAIRS")
	if name == "" {
		name = "testdata/pairs.jsonl"
	}
	pairs := readPairs(t, name)
	marks := 0
	for _, p := range pairs {
		checkPlain(t, p.Before, p.After)
		checkPlain(t, p.After, p.Before)
		if strings.ContainsAny(p.Before, "[]{}") {
			marks++
		}
	}
	t.Logf("%d pairs, %d of them with brackets", len(pairs), marks)
}

func checkPlain(t *testing.T, before, after string) {
	t.Helper()
	out := shown(t, Plain, before, after, ShowOptions{Around: AroundAll})
	old, new := unplain(t, out)
	if squeeze(old) != squeeze(before) || squeeze(new) != squeeze(after) {
		t.Errorf("%q → %q is shown as %q, which reads %q → %q", before, after, out, old, new)
	}
}

// TestPlainEscapes says what the escapes look like: only what could be taken for a
// mark has one.
func TestPlainEscapes(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"[link](x) {a} a[0]", "[link](x) {a} a[0] b", "[link](x) {a} a[0] {+b+}"},
		{"[-gone-]", "[-gone-] x", `[\-gone-\] {+x+}`},
		{"{+came+} -] +}", "{+came+} -] +} x", `{\+came+\} -\] +\} {+x+}`},
		{`\[ \] [\ ]\`, `\[ \] [\ ]\ x`, `\[ \\] [\\ ]\ {+x+}`},
		{"a", "[", `[-a-]{+[+}`},
		{"a", "{", `[-a-]{+{\+}`},
		{"[", "a", `[-[\-]{+a+}`},
	} {
		if got := strings.TrimSuffix(shown(t, Plain, c.old, c.new, ShowOptions{Around: AroundAll}), "\n"); got != c.want {
			t.Errorf("%q → %q is shown as %q, want %q", c.old, c.new, got, c.want)
		}
	}
}

// TestTermWithoutColourRebuildsToo holds for texts whose characters are all
// visible; wrapping adds line breaks within long words alone.
func TestTermWithoutColourRebuildsToo(t *testing.T) {
	for _, p := range texts(t) {
		if schema.Visible(p[0]+p[1]) != p[0]+p[1] {
			continue
		}
		old, new := unplain(t, shown(t, Term, p[0], p[1], ShowOptions{Around: AroundAll}))
		if squeeze(old) != squeeze(p[0]) || squeeze(new) != squeeze(p[1]) {
			t.Errorf("%q → %q reads %q → %q", p[0], p[1], old, new)
		}
	}
}
