package diff

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/words"
)

// boundaries marks the places of s that are both a word and a grapheme boundary
// in the eyes of the oracle.
func boundaries(s string) []bool {
	word := make([]bool, len(s)+1)
	for it := words.FromString(s); it.Next(); {
		word[it.End()] = true
	}
	both := make([]bool, len(s)+1)
	both[0], both[len(s)] = true, true
	for it := graphemes.FromString(s); it.Next(); {
		both[it.End()] = word[it.End()]
	}
	return both
}

// oracleTokens is AppendTokens made of uax29 alone.
func oracleTokens(s string) []Token {
	var list []Token
	start := 0
	for i, edge := range boundaries(s) {
		if i == 0 || !edge {
			continue
		}
		if strings.TrimFunc(s[start:i], unicode.IsSpace) != "" {
			list = append(list, Token{start, i})
		}
		start = i
	}
	return list
}

func checkTokens(t *testing.T, s string) {
	t.Helper()
	got, want := AppendTokens(nil, s), oracleTokens(s)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("tokens of %q (%+q)\n got %v\nwant %v", s, s, got[min(i, len(got)):min(i+4, len(got))], want[min(i, len(want)):min(i+4, len(want))])
		}
	}
}

// breakTests reads a break test file of the Unicode Character Database: the text
// of each line and the byte offsets of its boundaries.
func breakTests(t *testing.T, name string) (texts []string, edges [][]int) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		var text []byte
		var cuts []int
		for _, part := range strings.Fields(line) {
			switch part {
			case "÷":
				cuts = append(cuts, len(text))
			case "×":
			default:
				r, err := strconv.ParseUint(part, 16, 32)
				if err != nil {
					t.Fatal(err)
				}
				text = utf8.AppendRune(text, rune(r))
			}
		}
		if len(text) > 0 {
			texts, edges = append(texts, string(text)), append(edges, cuts)
		}
	}
	if lines.Err() != nil || len(texts) < 300 {
		t.Fatalf("%s: %d tests, %v", name, len(texts), lines.Err())
	}
	return texts, edges
}

// TestTokensUnicode holds the tokens to Unicode's own tests: an edge of a token
// is a word boundary and a grapheme boundary, and every word boundary that cuts
// no grapheme is an edge.
func TestTokensUnicode(t *testing.T) {
	texts, wordEdges := breakTests(t, "testdata/WordBreakTest.txt")
	for i, s := range texts {
		checkTokens(t, s)
		isEdge := map[int]bool{}
		for _, e := range wordEdges[i] {
			isEdge[e] = true
		}
		for _, tok := range AppendTokens(nil, s) {
			if !isEdge[tok.Start] || !isEdge[tok.End] {
				t.Errorf("%+q: token %v, boundaries %v", s, tok, wordEdges[i])
			}
		}
	}
	texts, clusterEdges := breakTests(t, "testdata/GraphemeBreakTest.txt")
	for i, s := range texts {
		checkTokens(t, s)
		if s == "\u2701\u200d\u2701" {
			continue // pictographic until Unicode 16, but no longer in 17, the table's version
		}
		isEdge := map[int]bool{}
		for _, e := range clusterEdges[i] {
			isEdge[e] = true
		}
		for _, tok := range AppendTokens(nil, s) {
			if !isEdge[tok.Start] || !isEdge[tok.End] {
				t.Errorf("%+q: token %v, boundaries %v", s, tok, clusterEdges[i])
			}
		}
	}
}

// classSamples has one rune or more of each class.
var classSamples = []string{"!", "a", "\u0915", "\u2139", "\u070f", "\u05d0", "1", "\u0600",
	"ア", "_", ":", ",", ".", "’", "'", "\"", "\u0301", "\u094d", "\u1039", "\u0903", "\u00ad", "\u200d", "\u0e33",
	"\U0001F1E6", "\U0001F600", "\u1000", "\u200b", "\r", "\n", "\u2028", " ", "\u3000", "\t", "\u00a0", "\u202f", "漢", "ひ", "ก"}

// TestTokensClasses tries every row of three classes, and many of more.
func TestTokensClasses(t *testing.T) {
	for _, a := range classSamples {
		for _, b := range classSamples {
			for _, c := range classSamples {
				checkTokens(t, a+b+c)
			}
		}
	}
	state := uint32(1)
	for range 60000 {
		var s strings.Builder
		for range 4 + state>>8%9 {
			state = state*1664525 + 1013904223
			s.WriteString(classSamples[state>>10%uint32(len(classSamples))])
		}
		checkTokens(t, s.String())
	}
}

func TestTokensByHand(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" \t\r\n\u00a0\u3000", ""},
		{"Don't stop: 3.5% of 1,000 e.g. a_b", "Don't|stop|:|3.5|%|of|1,000|e.g|.|a_b"},
		{"don’t “quote”—dash", "don’t|“|quote|”|—|dash"},
		{"12:30 a:b c;d 1;2 3'4", "12|:|30|a:b|c|;|d|1;2|3'4"},
		{"中文文本。", "中|文|文|本|。"},
		{"น้ำทำ", "น้ำ|ทำ"},
		{"🇫🇷🇩🇪 👩‍👩‍👧 👍🏽", "🇫🇷|🇩🇪|👩‍👩‍👧|👍🏽"},
		{"a\x80\x81b \xe2\x80", "a|\x80|\x81|b|\xe2|\x80"},
		{"x\r\ny", "x|y"},
		{"naïve café", "naïve|café"},
	} {
		var parts []string
		for _, tok := range AppendTokens(nil, c.text) {
			parts = append(parts, c.text[tok.Start:tok.End])
		}
		if got := strings.Join(parts, "|"); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("Don't stop: 3.5% น้ำ 🇫🇷 \x80\xff\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, tok := range AppendTokens(nil, s) {
			if tok.Start < last || tok.End <= tok.Start || tok.End > len(s) {
				t.Fatalf("%q: token %v after %d", s, tok, last)
			}
			if strings.TrimFunc(s[last:tok.Start], unicode.IsSpace) != "" {
				t.Fatalf("%q: %q stands in no token", s, s[last:tok.Start])
			}
			last = tok.End
		}
		if strings.TrimFunc(s[last:], unicode.IsSpace) != "" {
			t.Fatalf("%q: %q stands in no token", s, s[last:])
		}
		if utf8.ValidString(s) {
			checkTokens(t, s)
		}
	})
}
