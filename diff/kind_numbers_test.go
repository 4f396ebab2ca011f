package diff

import (
	"strings"
	"testing"
)

// TestMaybeNumber holds the quick look at a word to the words themselves.
func TestMaybeNumber(t *testing.T) {
	var all []string
	for w := range numberWords {
		all = append(all, w)
	}
	for w := range magnitudes {
		all = append(all, w)
	}
	for w := range ordinalWords {
		all = append(all, w)
	}
	for _, w := range append(all, "dozen", "dozens") {
		for _, w := range []string{w, strings.ToUpper(w)} {
			if !maybeNumber(w) {
				t.Errorf("%q is passed over", w)
			}
		}
	}
	if maybeNumber("government") || maybeNumber("it") || maybeNumber("internationally") {
		t.Error("nothing is passed over")
	}
}
