package diff

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// blamed writes the last version with the number of the origin behind each word.
func blamed(versions ...string) string {
	var b Blame
	for i, v := range versions {
		b.Add(i+1, v)
	}
	var out []string
	for _, w := range b.Words() {
		out = append(out, b.Text()[w.Start:w.End]+string(rune('0'+w.Version)))
	}
	return strings.Join(out, " ")
}

func TestBlameRules(t *testing.T) {
	for _, c := range []struct {
		name, want string
		versions   []string
	}{
		{"first", "a1 b1", []string{"a b"}},
		{"inserted", "a1 x2 b1", []string{"a b", "a x b"}},
		{"deleted and back", "a1 b1 c1", []string{"a b c", "a c", "a b c"}},
		{"back in a changed sentence", "The1 quick1 brown1 fox1 leaps3 .1", []string{"The quick brown fox jumps.", "The quick fox jumps.", "The quick brown fox leaps."}},
		{"emptied and back", "a1 b1", []string{"a b", "", "a b"}},
		{"moved paragraph", "c1 d1 a1 b1", []string{"a b\n\nc d", "c d\n\na b"}},
		{"moved sentence", "Seven1 eight1 nine1 .1 One1 two1 three1 .1 Four1 five1 six1 .1", []string{"One two three. Four five six. Seven eight nine.", "Seven eight nine. One two three. Four five six."}},
		{"words changed places", "three1 one1 two1", []string{"one two three", "three one two"}},
		{"doubled", "a1 b1 c1 a2 b2 c2", []string{"a b c", "a b c\na b c"}},
		{"case counts", "a1 B2", []string{"a b", "a B"}},
		{"wrapped anew", "a1 b1 c1 d1", []string{"a b c d", "a b\nc d"}},
		{"new sentence before one that begins alike", "The2 cat2 slept2 .2 The1 dog1 barked1 loudly2 .1", []string{"The dog barked.", "The cat slept. The dog barked loudly."}},
		{"restored as it was", "P2 q2 x1 P1 q1", []string{"x\nP q", "P q\nx\nP q", "P q\nx", "P q\nx\nP q"}},
		{"revert keeps what stood", "P1 q1 r1 X1 y1 z1", []string{"P q r\nX y z", "spam", "P q r\nX y z"}},
	} {
		if got := blamed(c.versions...); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestBlameCommonPairs: a pair of words that 32 past sentences have leads to the one
// that the new sentence is like; one that 33 have leads nowhere.
func TestBlameCommonPairs(t *testing.T) {
	for _, c := range []struct{ others, back int }{{31, 1}, {32, 3}} {
		var lines []string
		for i := range c.others {
			lines = append(lines, fmt.Sprintf("of the n%d", i))
		}
		var b Blame
		b.Add(1, "of the king\n"+strings.Join(lines, "\n"))
		b.Add(2, strings.Join(lines, "\n"))
		b.Add(3, strings.Join(lines, "\n")+"\nof the queen")
		words := b.Words()
		if got := words[len(words)-3].Version; got != c.back {
			t.Errorf("with %d other sentences the words are of version %d, want %d", c.others, got, c.back)
		}
	}
}

// FuzzBlame: whatever the bytes, the words are the text's tokens, no origin is later than
// the version that was added, and a text that comes back brings nothing new.
func FuzzBlame(f *testing.F) {
	f.Add("a b. c d", "a b. x. c d", "")
	f.Add("one\ntwo\r\n\nthree", "three\n one", "one\ntwo")
	f.Add("漢字。ひらがな。", "ひらがな。漢字。", "\xff\xfe. a\u0301 \u0301")
	f.Add("\n\n", " ", "a\n")
	f.Fuzz(func(t *testing.T, one, two, three string) {
		var b Blame
		for v, text := range []string{one, two, three, one, two + one, three} {
			b.Add(v, text)
			want := AppendTokens(nil, text)
			got := b.Words()
			if len(got) != len(want) {
				t.Fatalf("%d words, want %d", len(got), len(want))
			}
			for k, w := range got {
				if (Token{w.Start, w.End}) != want[k] {
					t.Fatalf("word %d is %v, want %v", k, w, want[k])
				}
				if w.Version < 0 || w.Version > v || (v == 3 || v == 5) && w.Version > 2 {
					t.Fatalf("word %d of version %d has the origin %d", k, v, w.Version)
				}
			}
			last := 0
			for k, r := range b.Runs() {
				if r.Start < last || r.End <= r.Start || r.End > len(text) {
					t.Fatalf("run %d is %v", k, r)
				}
				last = r.End
			}
		}
	})
}

// TestAligner compares with the table of the textbook, also where rows take several
// machine words and are made again on the way back.
func TestAligner(t *testing.T) {
	r := random(5)
	var x aligner
	for round := range 600 {
		make := func() (numbers []int32, names []string) {
			for range r.next(1 + r.next(300)) {
				n := r.next(2 + round%40)
				numbers, names = append(numbers, int32(n)), append(names, fmt.Sprint(n))
			}
			return numbers, names
		}
		p, pNames := make()
		q, qNames := make()
		x.begin()
		var got [][2]int
		for _, k := range x.run(p, q) {
			got = append(got, [2]int{k.i, k.j})
		}
		if want := refLCS(pNames, qNames); !slices.Equal(got, want) {
			t.Fatalf("round %d: %v and %v\n got %v\nwant %v", round, p, q, got, want)
		}
	}
}

// TestBlameBounded: versions that say what others said make nothing grow.
func TestBlameBounded(t *testing.T) {
	texts := []string{"one two\nthree four. five six. seven", "three four. five six. seven\none two", "", "spam\n", "one  two\n\nthree four. five six. seven"}
	var b Blame
	size := func() int {
		n := len(b.origin) + len(b.words) + len(b.lines) + len(b.pairs)
		for _, p := range b.paragraphs {
			n += len(p.copies)
		}
		for _, s := range b.sentences {
			n += len(s.copies)
		}
		for _, v := range b.versions {
			n += len(v)
		}
		return n
	}
	var after [2]int
	for round := range 2000 {
		b.Add(round, texts[round*7%len(texts)])
		if round == 20 {
			after[0] = size()
		}
	}
	if after[1] = size(); after[1] != after[0] || len(b.origin) != 10 {
		t.Errorf("%d things after 20 versions, %d after 2000; %d words", after[0], after[1], len(b.origin))
	}
}

// TestBlameLarge: texts made to cost much end, with the right answer.
func TestBlameLarge(t *testing.T) {
	letters := strings.Join(numbered(50_000, "a"), " ")
	for _, c := range []struct {
		name     string
		versions []string
		fresh    int // words of the last version that are new
	}{
		{"one long line comes back with a word more", []string{letters, strings.Join(numbered(50_000, "b"), " "), letters + " more"}, 1},
		{"many equal lines come back with one more", []string{strings.Repeat("x y z\n", 20_000), "q", strings.Repeat("x y z\n", 20_001)}, 3},
		{"many equal lines change", []string{strings.Repeat("x y z\n", 20_000), strings.Repeat("x y w\n", 20_000)}, 20_000},
		{"one word many times", []string{strings.Repeat("x ", 40_000), "q", strings.Repeat("x ", 39_999)}, 0},
	} {
		var b Blame
		for v, text := range c.versions {
			b.Add(v, text)
		}
		fresh := 0
		for _, w := range b.Words() {
			if w.Version == len(c.versions)-1 {
				fresh++
			}
		}
		if fresh != c.fresh {
			t.Errorf("%s: %d new words, want %d", c.name, fresh, c.fresh)
		}
	}
}
