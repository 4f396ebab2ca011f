package diff

import (
	"strings"
	"testing"
)

// TestMaybeNumber holds the quick look at a word to the words themselves.
func TestMaybeNumber(t *testing.T) {
	for w := range numerals {
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
