package diff

import (
	"slices"
	"strings"
	"testing"
)

// FuzzNature: any two texts have kinds, in their order, each once, the same every
// time, whatever scratch memory was used before, and in every language.
func FuzzNature(f *testing.F) {
	for _, l := range labelledHeadlines(f, "headlines.jsonl")[:40] {
		f.Add(l.Before, l.After)
	}
	f.Add("\"", "“a b„ «c‹ d'e 'f")
	f.Add("\xff-5 %\u200b\n\n'", "Al-\xff Qaeda 5")
	f.Add("One\n\nTwo three four five six.\n\nSeven", "One Two three four five six.\n\nSeven\n\n\"")
	f.Add("a\""+strings.Repeat("-", 40)+"\"b", "c\""+strings.Repeat("-", 40)+"\"d")
	f.Fuzz(func(t *testing.T, a, b string) {
		if a == b {
			return
		}
		segs := Texts(a, b, Options{})
		for _, lang := range []language{english, capitalise, nouns} {
			kinds := nature(a, b, segs, lang)
			if len(kinds) == 0 {
				t.Fatalf("%q → %q: no kind", a, b)
			}
			last := -1
			for _, k := range kinds {
				at := slices.Index(kindOrder[:], k)
				if at <= last {
					t.Fatalf("%q → %q: %s is out of order", a, b, Summarize(kinds))
				}
				last = at
			}
			if slices.Contains(kinds, KindWhitespace) && (len(kinds) > 1 || !equalButSpace(segs)) {
				t.Fatalf("%q → %q: %s", a, b, Summarize(kinds))
			}
			nature(b, a, segs[:0], lang)
			if again := nature(a, b, segs, lang); !slices.Equal(again, kinds) {
				t.Fatalf("%q → %q: %s, then %s", a, b, Summarize(kinds), Summarize(again))
			}
		}
	})
}

// equalButSpace reports whether a diff changes white space alone.
func equalButSpace(segs []Segment) bool {
	return !slices.ContainsFunc(segs, func(s Segment) bool { return s.Op != Equal && !s.Whitespace })
}
