package diff

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"unicode"
)

// realPair is a text before and after one revision that people made.
type realPair struct{ Corpus, Doc, Before, After string }

func realPairs(tb testing.TB) []realPair {
	tb.Helper()
	return readPairs(tb, "testdata/pairs.jsonl")
}

// readPairs reads a file of pairs, an object a line.
func readPairs(tb testing.TB, name string) []realPair {
	tb.Helper()
	f, err := os.Open(name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var list []realPair
	for lines.Scan() {
		var p realPair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			tb.Fatal(err)
		}
		list = append(list, p)
	}
	if lines.Err() != nil || len(list) < 100 {
		tb.Fatalf("%d pairs, %v", len(list), lines.Err())
	}
	return list
}

// changedTokens counts the tokens that a diff shows as changed, on both sides.
func changedTokens(a, b string, segs []Segment) int {
	n := 0
	for _, s := range segs {
		if s.Op != Equal {
			n += len(AppendTokens(nil, a[s.A0:s.A1])) + len(AppendTokens(nil, b[s.B0:s.B1]))
		}
	}
	return n
}

// TestTextsReal diffs what people really wrote. Without islands the diff is minimal;
// with them it shows few words more than it must, and fewer changes.
func TestTextsReal(t *testing.T) {
	type sum struct{ shown, least, changes, bare int }
	sums := map[string]*sum{"all": {}, "other scripts": {}}
	for _, p := range realPairs(t) {
		a, b := p.Before, p.After
		bare := checkTexts(t, a, b, Options{NoMoves: true, Island: -1})
		least := len(AppendTokens(nil, a)) + len(AppendTokens(nil, b)) - 2*lcsLength(a, b)
		if n := changedTokens(a, b, bare); n != least {
			t.Errorf("%s: %d words shown as changed, %d did", p.Doc, n, least)
		}
		clean := checkTexts(t, a, b, Options{NoMoves: true})
		checkTexts(t, a, b, Options{})
		checkTexts(t, b, a, Options{})
		classes := []string{"all"}
		if otherScript(a) {
			classes = append(classes, "other scripts")
		}
		for _, c := range classes {
			s := sums[c]
			s.shown += changedTokens(a, b, clean)
			s.least += least
			s.changes += changes(clean)
			s.bare += changes(bare)
		}
	}
	for class, s := range sums {
		words, hunks := float64(s.shown)/float64(s.least), float64(s.changes)/float64(s.bare)
		t.Logf("%s: %.3f of the words that must be shown, %.3f of the changes", class, words, hunks)
		if words > 1.12 || words > 1.10 && class != "all" {
			t.Errorf("%s: shows %.3f times the words that it must", class, words)
		}
		if hunks > 0.95 {
			t.Errorf("%s: islands leave %.3f of the changes", class, hunks)
		}
	}
}

// changes counts the runs of segments that touch words.
func changes(segs []Segment) int {
	n, inside := 0, false
	for _, s := range segs {
		changed := s.Op != Equal && !s.Whitespace
		if changed && !inside {
			n++
		}
		inside = s.Op != Equal && (inside || changed)
	}
	return n
}

// otherScript says whether a fifth of the text or more is beyond Latin.
func otherScript(s string) bool {
	other, all := 0, 0
	for _, r := range s {
		all++
		if unicode.IsLetter(r) && r > 0x250 {
			other++
		}
	}
	return other*5 > all
}

// TestTextsPatch diffs the pairs that diff-match-patch tests itself with.
func TestTextsPatch(t *testing.T) {
	data, err := os.ReadFile("testdata/dmp.json")
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][2]string
	if err := json.Unmarshal(data, &pairs); err != nil || len(pairs) < 20 {
		t.Fatalf("%d pairs, %v", len(pairs), err)
	}
	for _, p := range pairs {
		checkTexts(t, p[0], p[1], Options{})
		segs := checkTexts(t, p[0], p[1], Options{NoMoves: true, Island: -1})
		if got, want := equalTokens(p[0], segs), lcsLength(p[0], p[1]); got != want {
			t.Errorf("%q → %q: %d tokens kept, %d can be", p[0], p[1], got, want)
		}
	}
}
