package diff

import (
	"slices"
	"strings"
	"testing"
)

// realParagraphs gives paragraphs that people wrote, without repeats.
func realParagraphs(t *testing.T) []string {
	var list []string
	seen := map[string]bool{}
	for _, p := range realPairs(t) {
		for text := range strings.SplitSeq(p.Before, "\n\n") {
			text = strings.Trim(text, "\n")
			if len(text) >= 60 && len(text) < 900 && !seen[text] {
				seen[text] = true
				list = append(list, text)
			}
		}
	}
	if len(list) < 80 {
		t.Fatalf("%d paragraphs", len(list))
	}
	return list
}

// TestMovesFound moves one paragraph of a document over more text than it has itself,
// with up to 30 % of its words changed, and asks for that move and no other.
func TestMovesFound(t *testing.T) {
	paragraphs := realParagraphs(t)
	r := random(9)
	found, wrong, all := 0, 0, 0
	for range 1000 {
		doc := make([]string, 14)
		first := r.next(len(paragraphs))
		for k := range doc {
			doc[k] = paragraphs[(first+k*5)%len(paragraphs)]
		}
		from := r.next(len(doc))
		to := r.next(len(doc))
		moved := doc[from]
		over := 0
		for k := min(from, to); k <= max(from, to); k++ {
			over += len(doc[k])
		}
		if over-len(moved) < 2*len(moved) {
			continue
		}
		rest := slices.Delete(slices.Clone(doc), from, from+1)
		arrived := moved
		if edits := r.next(31); edits > 0 { // words in a hundred
			words := strings.Fields(moved)
			for range len(words) * edits / 100 {
				words[r.next(len(words))] = "changed"
			}
			arrived = strings.Join(words, " ")
		}
		rest = slices.Insert(rest, to, arrived)
		a, b := strings.Join(doc, "\n\n")+"\n", strings.Join(rest, "\n\n")+"\n"
		at := strings.Index(a, moved)
		inside := 0
		for _, s := range checkTexts(t, a, b, Options{}) {
			if s.Op == MoveFrom {
				if s.A0 >= at && s.A1 <= at+len(moved)+2 {
					inside += s.A1 - s.A0
				} else {
					wrong++
				}
			}
		}
		all++
		if inside*2 > len(moved) {
			found++
		}
	}
	t.Logf("%d of %d moves found, %d segments moved that had not", found, all, wrong)
	if all < 400 || found*100 < all*98 || wrong*100 > all*3 {
		t.Errorf("%d of %d moves found, %d segments moved that had not", found, all, wrong)
	}
}

// TestMovesNone has nothing moved: paragraphs rewritten in their place, or swapped
// by words alone, are no moves.
func TestMovesNone(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"The first paragraph says that nothing of any note has happened today.\n", "Nothing of any note happened, the first paragraph of today says at length.\n"},
		{"one two three four five six seven eight nine ten eleven twelve\n\nsame\n", "twelve eleven ten nine eight seven six five four three two one\n\nsame\n"},
	} {
		for _, s := range checkTexts(t, c.a, c.b, Options{}) {
			if s.Op == MoveFrom || s.Op == MoveTo {
				t.Errorf("%q → %q: %+v", c.a, c.b, s)
			}
		}
	}
}

// TestMovesLine finds an item of a list that went elsewhere in the list.
func TestMovesLine(t *testing.T) {
	items := []string{
		"* The first item of the list, about the weather in Spain.\n", "* Item number two tells what the parliament voted on.\n",
		"* A third one lists the winners of the prize this year.\n", "* Fourth comes the report on trains and their delays.\n",
		"* And the last says who was born and who had died.\n",
	}
	a := strings.Join(items, "")
	b := items[1] + items[2] + items[3] + items[4] + items[0]
	segs := checkTexts(t, a, b, Options{})
	if got, want := plain(a, b, segs), "[1<"+items[0]+"<]"+items[1]+items[2]+items[3]+items[4]+"{1>"+items[0]+">}"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestMovesTogether moves two items, which is one move.
func TestMovesTogether(t *testing.T) {
	two := "* The first item of the list, about the weather in Spain.\n* Item number two tells what the parliament voted on.\n"
	rest := "* A third one lists the winners of the prize this year.\n* Fourth comes the report on trains and their delays.\n" +
		"* And the last says who was born and who had died.\n"
	segs := checkTexts(t, two+rest, rest+two, Options{})
	if got, want := plain(two+rest, rest+two, segs), "[1<"+two+"<]"+rest+"{1>"+two+">}"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		min, max float64
	}{
		{"", "", 1, 1},
		{"", "a", 0, 0},
		{"one two\nthree", "three  two one", 1, 1},
		{"the parliament, the", "the parliament", 0.7, 0.9},
		{"parliament of Spain", "parliament of Italy", 0.7, 0.85},
		{"completely other", "nothing alike", 0, 0},
	} {
		got := Similarity(c.a, c.b)
		if got < c.min || got > c.max || got != Similarity(c.b, c.a) {
			t.Errorf("%q, %q: %.3f, not within %g and %g", c.a, c.b, got, c.min, c.max)
		}
	}
}
