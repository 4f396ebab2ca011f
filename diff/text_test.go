package diff

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"
)

// checkTexts diffs two texts and holds the result to everything that a diff
// promises whatever the texts are.
func checkTexts(t *testing.T, a, b string, opt Options) []Segment {
	t.Helper()
	segs := Texts(a, b, opt)
	if err := problem(a, b, segs); err != nil {
		t.Fatalf("%v\n a %.300q\n b %.300q\n%v", err, a, b, segs)
	}
	return segs
}

// problem says what is wrong with a diff of a and b.
func problem(a, b string, segs []Segment) error {
	if err := tileProblem(a, b, segs); err != nil {
		return err
	}
	return edgesProblem(a, b, segs)
}

// tileProblem says where the segments don't make up the two texts.
func tileProblem(a, b string, segs []Segment) error {
	atA, atB := 0, 0
	from, to := map[int]string{}, map[int]string{}
	for k, s := range segs {
		if s.A0 != atA || s.B0 != atB || s.A1 < s.A0 || s.B1 < s.B0 || s.A1 > len(a) || s.B1 > len(b) {
			return fmt.Errorf("segment %d doesn't tile: %+v after %d, %d", k, s, atA, atB)
		}
		atA, atB = s.A1, s.B1
		old, new := a[s.A0:s.A1], b[s.B0:s.B1]
		switch s.Op {
		case Equal:
			if old != new || old == "" {
				return fmt.Errorf("segment %d: equal %q, %q", k, old, new)
			}
		case Delete, MoveFrom:
			if old == "" || new != "" {
				return fmt.Errorf("segment %d: %v of %q, %q", k, s.Op, old, new)
			}
		case Insert, MoveTo:
			if old != "" || new == "" {
				return fmt.Errorf("segment %d: %v of %q, %q", k, s.Op, old, new)
			}
		}
		moved := s.Op == MoveFrom || s.Op == MoveTo
		if moved != (s.Pair > 0) || s.Pair < 0 {
			return fmt.Errorf("segment %d: %v with pair %d", k, s.Op, s.Pair)
		}
		if s.Op == MoveFrom {
			from[s.Pair] += old
		} else if s.Op == MoveTo {
			to[s.Pair] += new
		}
		white := (s.Op == Delete || s.Op == Insert) && strings.TrimFunc(old+new, unicode.IsSpace) == ""
		if s.Whitespace != white {
			return fmt.Errorf("segment %d: white space %v of %q, %q", k, s.Whitespace, old, new)
		}
	}
	if atA != len(a) || atB != len(b) {
		return fmt.Errorf("segments end at %d of %d, %d of %d", atA, len(a), atB, len(b))
	}
	for pair := range max(len(from), len(to)) {
		if from[pair+1] != to[pair+1] || from[pair+1] == "" {
			return fmt.Errorf("move %d: from %q to %q", pair+1, from[pair+1], to[pair+1])
		}
	}
	return nil
}

// edgesProblem says which edge cuts what it must not cut.
func edgesProblem(a, b string, segs []Segment) error {
	var cleanA, cleanB []bool // what the oracle says; it takes no bytes but UTF-8
	if utf8.ValidString(a) && utf8.ValidString(b) {
		cleanA, cleanB = boundaries(a), boundaries(b)
	}
	for k, s := range segs {
		if !runeStartsAt(a, s.A0) || !runeStartsAt(b, s.B0) {
			return fmt.Errorf("segment %d begins inside a rune: %+v", k, s)
		}
		if cleanA != nil && (!cleanA[s.A0] || !cleanB[s.B0]) {
			return fmt.Errorf("segment %d begins inside a word or cluster: %+v", k, s)
		}
	}
	return nil
}

// plain writes a diff with the marks of wdiff, moves with braces of their own.
func plain(a, b string, segs []Segment) string {
	var out strings.Builder
	for _, s := range segs {
		switch s.Op {
		case Equal:
			out.WriteString(a[s.A0:s.A1])
		case Delete:
			fmt.Fprintf(&out, "[-%s-]", a[s.A0:s.A1])
		case Insert:
			fmt.Fprintf(&out, "{+%s+}", b[s.B0:s.B1])
		case MoveFrom:
			fmt.Fprintf(&out, "[%d<%s<]", s.Pair, a[s.A0:s.A1])
		case MoveTo:
			fmt.Fprintf(&out, "{%d>%s>}", s.Pair, b[s.B0:s.B1])
		}
	}
	return out.String()
}

func TestTextsByHand(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"a b", "a b", "a b"},
		{"", "new", "{+new+}"},
		{"old", "", "[-old-]"},
		{"2 dead in Iran", "7 dead in Iran", "[-2-]{+7+} dead in Iran"},
		{"The cat sat.", "The big cat sat.", "The {+big +}cat sat."},
		{"the cat", "the the cat", "{+the +}the cat"},
		{"One. Two.", "One. New. Two.", "One. {+New. +}Two."},
		{"Spain's court", "Spain's top court", "Spain's {+top +}court"},
		{"don't", "don’t", "[-don't-]{+don’t+}"},
		{"foo bar", "foo, bar", "foo{+,+} bar"},
		{"P1\n\nThe a\n", "P1\n\nThe b\n\nThe a\n", "P1\n\n{+The b\n\n+}The a\n"},
		{"one two\nthree", "one\ntwo three", "one[- -]{+\n+}two[-\n-]{+ +}three"},
		{"x\r\ny\r\n", "x\ny\n", "x[-\r\n-]{+\n+}y[-\r\n-]{+\n+}"},
		{"西班牙最高法院", "西班牙高等法院", "西班牙[-最高-]{+高等+}法院"},
		{"a\x80b", "a\x81b", "a[-\x80-]{+\x81+}b"},
		{"the old man of its house", "a new man of our house", "[-the old-]{+a new+} man of [-its-]{+our+} house"},
		{"the old man of its great house", "a new man of our little house", "[-the old-]{+a new+} man of [-its great-]{+our little+} house"},
		{"the old cat of its great house", "a new cat in our little house", "[-the old cat of its great-]{+a new cat in our little+} house"},
		{"two men at great risk here", "three women at no risk here", "[-two men at great-]{+three women at no+} risk here"},
		{"cafe\u0301 x", "cafe x", "[-cafe\u0301-]{+cafe+} x"},
		{"👩‍👩‍👧!", "👩‍👩!", "[-👩‍👩‍👧-]{+👩‍👩+}!"},
		{"น้ำ", "น้", "[-น้ำ-]{+น้+}"},
	} {
		segs := checkTexts(t, c.a, c.b, Options{})
		if got := plain(c.a, c.b, segs); got != c.want {
			t.Errorf("%q → %q\n got %q\nwant %q", c.a, c.b, got, c.want)
		}
	}
}

func TestTextsMoves(t *testing.T) {
	p := func(word string) string {
		return "The " + word + " paragraph speaks of " + word + " things, at some length, and of nothing else.\n"
	}
	a := p("first") + "\n" + p("second") + "\n" + p("third") + "\n" + p("fourth")
	b := p("second") + "\n" + p("third") + "\n" + p("fourth") + "\n" + strings.Replace(p("first"), "some", "great", 1)
	segs := checkTexts(t, a, b, Options{})
	moved := 0
	for _, s := range segs {
		if s.Op == MoveTo {
			moved += s.B1 - s.B0
		}
	}
	if moved < 70 || !strings.Contains(plain(a, b, segs), "[-some-]") || !strings.Contains(plain(a, b, segs), "{+great+}") {
		t.Errorf("moved %d bytes: %s", moved, plain(a, b, segs))
	}
	for _, s := range checkTexts(t, a, b, Options{NoMoves: true}) {
		if s.Op == MoveFrom || s.Op == MoveTo {
			t.Errorf("a move though NoMoves: %+v", s)
		}
	}
}

// TestTextsBreaks diffs the texts of Unicode's own tests of words and graphemes against
// each other and against themselves with a part gone.
func TestTextsBreaks(t *testing.T) {
	for _, file := range []string{"testdata/WordBreakTest.txt", "testdata/GraphemeBreakTest.txt"} {
		texts, _ := breakTests(t, file)
		for i, s := range texts {
			other := texts[(i*7+3)%len(texts)]
			checkTexts(t, s, other, Options{})
			checkTexts(t, s+" "+other, other+s, Options{})
			checkTexts(t, "x "+s+"y", "x "+s[:len(s)/2]+"y", Options{})
		}
	}
}

// lcsLength is the length of the longest common subsequence of tokens, by the table.
func lcsLength(a, b string) int {
	x, y := AppendTokens(nil, a), AppendTokens(nil, b)
	row := make([]int, len(y)+1)
	for _, s := range x {
		diagonal := 0
		for j, t := range y {
			above := row[j+1]
			if a[s.Start:s.End] == b[t.Start:t.End] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(y)]
}

// equalTokens counts the tokens of a that a diff shows as unchanged.
func equalTokens(a string, segs []Segment) int {
	n := 0
	for _, s := range segs {
		if s.Op == Equal {
			n += len(AppendTokens(nil, a[s.A0:s.A1]))
		}
	}
	return n
}

// random is a small generator whose results are the same everywhere.
type random uint64

func (r *random) next(n int) int {
	*r = *r*6364136223846793005 + 1442695040888963407
	return int(uint64(*r)>>33) % n
}

// randomText makes a text of up to n parts out of a small stock.
func (r *random) text(stock []string, n int) string {
	var s strings.Builder
	for range r.next(n + 1) {
		s.WriteString(stock[r.next(len(stock))])
		if r.next(3) > 0 {
			s.WriteByte(' ')
		}
	}
	return s.String()
}

// TestTextsExact compares with the table of the textbook: without islands, moves
// and anchors a diff keeps as many tokens as can be kept.
func TestTextsExact(t *testing.T) {
	r := random(1)
	stocks := [][]string{
		{"a", "b", "c"}, {"a", "b", "\n", ",", "."}, {"one", "two", "three", "four", "five", "six", "\n"},
		{"漢", "字", "ひ", "a", "’", "\r\n"}, classSamples,
	}
	for round := range 4000 {
		stock := stocks[round%len(stocks)]
		size := 12
		if round%50 == 0 {
			size = 150
		}
		a, b := r.text(stock, size), r.text(stock, size)
		opt := Options{NoMoves: true, Island: -1}
		segs := checkTexts(t, a, b, opt)
		if got, want := equalTokens(a, segs), lcsLength(a, b); got != want {
			t.Fatalf("%q → %q: %d tokens kept, %d can be\n%s", a, b, got, want, plain(a, b, segs))
		}
		checkTexts(t, a, b, Options{})
		checkTexts(t, a, b, Options{Island: 5})
	}
}

// TestTextsRepeatable runs the same diffs in many goroutines.
func TestTextsRepeatable(t *testing.T) {
	r := random(7)
	var group sync.WaitGroup
	for range 40 {
		a, b := r.text([]string{"a", "b", "c", "d", "\n"}, 400), r.text([]string{"a", "b", "c", "d", "\n"}, 400)
		want := Texts(a, b, Options{})
		for range 8 {
			group.Go(func() {
				if got := Texts(a, b, Options{}); !slices.Equal(got, want) {
					t.Errorf("another diff of %q and %q", a, b)
				}
			})
		}
	}
	group.Wait()
}

func FuzzTexts(f *testing.F) {
	f.Add("The old man\n\nand the sea", "The new man\r\n\r\nand a sea", 0, false)
	f.Add("น้ำทำ 🇫🇷🇩🇪 \x80\xff", "น้ำ 🇫🇷 \xe2\x80", 2, true)
	f.Add("a b a b a b", "b a b a", -1, true)
	f.Add("one paragraph that is long enough. And another in it.", "one paragraph that is long enough.\n\nAnd another in it.", 0, false)
	f.Fuzz(func(t *testing.T, a, b string, island int, noMoves bool) {
		opt := Options{NoMoves: noMoves, Island: island % 8}
		segs := checkTexts(t, a, b, opt)
		for _, r := range Regroups(a, b, segs) {
			if min(r.Old, r.New) != 1 || r.Old == r.New || strings.TrimSpace(a[r.A0:r.A1]) == "" || strings.TrimSpace(b[r.B0:r.B1]) == "" {
				t.Fatalf("%q → %q: %+v", a, b, r)
			}
		}
	})
}
