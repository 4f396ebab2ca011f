package diff

import (
	"strings"
	"testing"
)

// TestCutsClean holds the quick answer to the oracle: it may miss a boundary, but
// what it calls one is one. It must not miss those that trimming lives on.
func TestCutsClean(t *testing.T) {
	r := random(2)
	clean, all := 0, 0
	for range 40000 {
		var b strings.Builder
		for range 2 + r.next(6) {
			b.WriteString(classSamples[r.next(len(classSamples))])
		}
		s := b.String()
		for i, edge := range boundaries(s) {
			got := cutsClean(s, i)
			if got && !edge {
				t.Fatalf("%+q: %d is no boundary", s, i)
			}
			if edge {
				all++
				if got {
					clean++
				}
			}
		}
	}
	if clean*2 < all {
		t.Errorf("%d of %d boundaries seen", clean, all)
	}
	for _, c := range []string{"word |next", "line\n|next", "end.| Next", "end. |Next", "漢|字", "字|。", "a|\r\n", "a\r\n|b", "“|Quote", "ก|ข", "\x80|\x81", "5| %", "(|see"} {
		before, after, _ := strings.Cut(c, "|")
		if !cutsClean(before+after, len(before)) {
			t.Errorf("%q: no boundary seen", c)
		}
	}
	for _, c := range []string{"\xe2\x80|\x99", "a|\u0301", "\r|\n", " | ", "don|'t", "3.|5", "น|ำ", "👩\u200d|👩"} {
		before, after, _ := strings.Cut(c, "|")
		if cutsClean(before+after, len(before)) {
			t.Errorf("%q: a boundary", c)
		}
	}
}

func TestCommonEnds(t *testing.T) {
	r := random(6)
	for range 3000 {
		n := r.next(20_000)
		if r.next(4) > 0 {
			n = r.next(200)
		}
		same := strings.Repeat("abcdefghijklm", n/13+1)[:n]
		x, y := strings.Repeat("x", r.next(20)), strings.Repeat("y", r.next(20))
		if got := commonPrefix(same+x, same+y); got != n {
			t.Fatalf("prefix of %d bytes: %d", n, got)
		}
		if got := commonSuffix(x+same, y+same); got != n {
			t.Fatalf("suffix of %d bytes: %d", n, got)
		}
	}
}
