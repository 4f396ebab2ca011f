package diff

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestLooksGermanByWords compares the one pass over a text with a search for each
// word.
func TestLooksGermanByWords(t *testing.T) {
	marks := []string{"der", "die", "und", "das", "den", "von", "mit", "ist", "nach", "für", "im", "auf", "nicht", "eine", "zu"}
	slow := func(text string) bool {
		head := text[:min(len(text), 1024)]
		n := 0
		for _, w := range marks {
			if strings.Contains(head, " "+w+" ") {
				n++
			}
		}
		return n >= 2 && !strings.Contains(head, " the ")
	}
	r := rand.New(rand.NewPCG(1, 2))
	words := append([]string{"the", "", "derb", "a", "Haus,", "zu,", "\n", "x\ny"}, marks...)
	german := 0
	for range 20000 {
		var b strings.Builder
		for range r.IntN(5) * r.IntN(120) {
			word := words[r.IntN(len(words))]
			if r.IntN(4) > 0 {
				word = "wort" // so that few of the others stand in a text
			}
			b.WriteString(word + " ")
		}
		text := strings.TrimRight(b.String(), strings.Repeat(" ", r.IntN(2)))
		if want := slow(text); looksGerman(text) != want {
			t.Fatalf("%q: want %v", text, want)
		} else if want {
			german++
		}
	}
	if german == 0 {
		t.Error("no text was German")
	}
}

// TestHasCommonFindsExactlyTheList looks for every word of the list and for others
// close to it.
func TestHasCommonFindsExactlyTheList(t *testing.T) {
	list := map[string]bool{}
	for w := range strings.SplitSeq(strings.TrimSuffix(commonWords, "\n"), "\n") {
		list[w] = true
	}
	for w := range list {
		for _, try := range []string{w, w + "q", w + "a", w[:len(w)-1], "a" + w, "z" + w, strings.ToUpper(w)} {
			if try != "" && hasCommon([]byte(try)) != list[try] {
				t.Errorf("%q: want %v", try, list[try])
			}
		}
	}
}
