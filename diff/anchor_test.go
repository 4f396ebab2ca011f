package diff

import (
	"fmt"
	"strings"
	"testing"
)

// TestWalkHoldsEveryAnchor holds the walk to what it promises: where it finds its way,
// each line that stands once on either side is in what it found equal. The texts have
// lines that stand twice, lines that moved, and short and blank ones; they begin and
// end unlike, as stretches do that were trimmed.
func TestWalkHoldsEveryAnchor(t *testing.T) {
	r := random(17)
	walked, lost, anchors := 0, 0, 0
	for n := range 4000 {
		var old, now []string
		for k := range 4 + r.next(40) {
			line := fmt.Sprintf("line %d of the text %d says this", k, n)
			switch r.next(8) {
			case 0:
				line = "a line that stands more than once"
			case 1:
				line = []string{"", "-", "short"}[r.next(3)]
			}
			old = append(old, line)
			switch r.next(16) {
			case 0:
				now = append(now, line+" and more")
			case 1: // went
			case 2:
				now = append(now, fmt.Sprintf("line %d came to the text %d", k, n), line)
			default:
				now = append(now, line)
			}
		}
		if len(now) > 2 && r.next(4) == 0 {
			i, j := r.next(len(now)), r.next(len(now))
			now[i], now[j] = now[j], now[i]
		}
		e := &engine{a: "it began so\n" + strings.Join(old, "\n") + "\nand ended", b: "or so\n" + strings.Join(now, "\n") + "\nand went on"}
		e.collect(0, len(e.a), 0, len(e.b))
		want := e.anchor.chain
		e.anchor.chain = nil
		if !e.walk(0, len(e.a), 0, len(e.b)) {
			if lost++; len(e.anchor.chain) > 0 {
				t.Fatalf("lost its way and left %v", e.anchor.chain)
			}
			continue
		}
		walked++
		a, b := 0, 0
		for _, k := range e.anchor.chain {
			if k.a < a || k.b < b || k.length < minLine || e.a[k.a:k.a+k.length] != e.b[k.b:k.b+k.length] {
				t.Fatalf("run %v behind %d, %d in\n%s\n---\n%s", k, a, b, e.a, e.b)
			}
			a, b = k.a+k.length, k.b+k.length
		}
		for _, w := range want {
			anchors++
			if !within(e.anchor.chain, w) {
				t.Fatalf("%q stands once on either side and in none of %v of\n%s\n---\n%s", e.a[w.a:w.a+w.length], e.anchor.chain, e.a, e.b)
			}
		}
	}
	if walked < 1000 || lost < 500 || anchors < 10_000 {
		t.Errorf("%d walked, %d lost, %d anchors: the texts test too little", walked, lost, anchors)
	}
}

// within says whether a run of the chain ties the two places of a line.
func within(chain []knot, w knot) bool {
	for _, k := range chain {
		if k.a <= w.a && w.a+w.length <= k.a+k.length && w.a-k.a == w.b-k.b {
			return true
		}
	}
	return false
}

// TestTextsInside diffs a text with its own middle, which is found without a word told,
// and with what is no middle by words.
func TestTextsInside(t *testing.T) {
	middle := strings.Repeat("b a ", 24_000)
	for _, c := range []struct {
		name, a, b string
		inside     bool
	}{
		{"deleted around", "a " + middle + "b a b ", middle, true},
		{"inserted around", middle, "a " + middle + "b a b ", true},
		{"a word would be cut", "xb a " + middle[4:] + "end", middle, false},
	} {
		e := new(engine)
		out := e.diff(c.a, c.b, Options{})
		if err := tileProblem(c.a, c.b, out); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		kept := 0
		for _, s := range out {
			if s.Op == Equal {
				kept += len(AppendTokens(nil, c.a[s.A0:s.A1]))
			}
		}
		least := len(AppendTokens(nil, middle))
		if !c.inside {
			least--
		}
		if kept != least {
			t.Errorf("%s: %d words kept of %d", c.name, kept, least)
		}
		if c.inside && (len(out) != 3 || len(e.exact.tokA) > 0) {
			t.Errorf("%s: %d segments, %d words told", c.name, len(out), len(e.exact.tokA))
		}
	}
}
