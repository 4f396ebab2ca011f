package diff

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

func TestAppendFolded(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Two dead, THREE injured.", "two dead three injured"},
		{"“Don’t!” _she_ said — it’s $5.3m, 7%", "don't she said it's $ 5.3m 7 %"},
		{"**Iran**–Iraq\r\n\r\nand  the\tU.S.", "iran iraq and the u.s"},
		{"§ 5 Abs. 1 BGB", "§ 5 abs 1 bgb"},
		{"西班牙，最高法院", "西 班 牙 最 高 法 院"},
		{"ＩＲＡＮ ２０１５", "iran 2015"},
		{"ΣΊΣΥΦΟΣ Σίσυφος", "σίσυφοσ σίσυφοσ"},
		{"K\u212Ak ſs Ss", "kkk ss ss"},
		{"co\u00adoperate", "cooperate"},
		{"snake_case _x_ __ *", "snake_case x"},
		{"a\x80b", "a \x80 b"},
		{"👩‍🚀 🇩🇪", "👩‍🚀 🇩🇪"},
	} {
		if got := strings.TrimSuffix(string(AppendFolded(nil, c.in)), " "); got != c.want {
			t.Errorf("the words of %q are %q, not %q", c.in, got, c.want)
		}
	}
}

func TestPhraseFind(t *testing.T) {
	for _, c := range []struct {
		phrase string
		prefix bool
		text   string
		want   []string
	}{
		{"dead three", false, "Two dead,\n\nTHREE injured; dead three", []string{"dead,\n\nTHREE", "dead three"}},
		{"a a", false, "a a a", []string{"a a", "a a"}},
		{"iran", false, "Iranian Iran’s iran", []string{"iran"}},
		{"iran", true, "Iranian Iran’s iran", []string{"Iranian", "Iran’s", "iran"}},
		{"the minist", true, "The Ministry, the prime minister", []string{"The Ministry"}},
		{"班牙", false, "西班牙最高法院", []string{"班牙"}},
		{"ไทย", false, "ภาษาไทย", []string{"ไทย"}},
		{"emphasis", false, "an _emphasis_ here", []string{"_emphasis_"}},
		{"$5", false, "$5 and 5 $ 5", []string{"$5", "$ 5"}},
		{"--", false, "a -- b", nil},
	} {
		var got []string
		for _, at := range ParsePhrase(c.phrase, c.prefix).Find(nil, c.text) {
			got = append(got, c.text[at.Start:at.End])
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q stands in %q as %q, not %q", c.phrase, c.text, got, c.want)
		}
	}
}

// countIn counts a phrase in what passages took and brought.
func countIn(p Phrase, list []Passage) int {
	n := 0
	for _, x := range list {
		n += p.Count(x.Before+x.Brought+x.After) - p.Count(x.Before+x.Took+x.After)
	}
	return n
}

// checkPassages asks for phrases of either text whether the passages know how many
// places came and went.
func checkPassages(t *testing.T, r *rand.Rand, old, new *schema.State) (asked int) {
	t.Helper()
	d := States(old, new, Options{})
	list := Passages(&d, old, new)
	for _, x := range list {
		if strings.Contains(x.Before+x.Took+x.After, "\x00") {
			t.Fatal("a text holds NUL")
		}
	}
	for _, text := range []string{old.Body, new.Body} {
		words := strings.Fields(string(AppendFolded(nil, text)))
		for range min(len(words), 16) {
			n := 1 + r.IntN(PassageContext+1)
			i := r.IntN(len(words))
			p := Phrase{words: words[i:min(i+n, len(words))]}
			asked++
			if got, want := countIn(p, list), p.Count(new.Body)-p.Count(old.Body); got != want {
				t.Fatalf("%q: the passages say %+d, the texts %+d\nold: %.300q\nnew: %.300q\n%+v", p.words, got, want, old.Body, new.Body, list)
			}
		}
	}
	return asked
}

func TestPassagesOfRealPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	asked := 0
	for _, p := range realPairs(t) {
		asked += checkPassages(t, r, &schema.State{Body: p.Before}, &schema.State{Body: p.After})
		asked += checkPassages(t, r, &schema.State{Body: p.After}, &schema.State{Body: p.Before})
	}
	if asked < 3_000 {
		t.Errorf("only %d phrases were asked for", asked)
	}
}

// scramble makes a text of few different words, marks and scripts, in which the same
// phrases stand again and again.
func scramble(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteString([]string{"a", "b", "The", "the", "of", "Iran", "don’t", "5.3", "西", "班", "牙", "ไทย", "مصر", "é"}[r.IntN(14)])
		b.WriteString([]string{" ", " ", " ", " ", ", ", ". ", "\n", "\n\n", "  ", "-", "", " \u0301"}[r.IntN(12)])
	}
	return b.String()
}

func TestPassagesOfScrambledTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 400 {
		old := scramble(r, r.IntN(120))
		new := old
		for range 1 + r.IntN(4) {
			i, j := r.IntN(len(new)+1), r.IntN(len(new)+1)
			new = strings.ToValidUTF8(new[:min(i, j)]+scramble(r, r.IntN(4))+new[max(i, min(j, i+9)):], "")
		}
		checkPassages(t, r, &schema.State{Body: old}, &schema.State{Body: new})
	}
}

func TestPassagesOfSetsAndFields(t *testing.T) {
	old := &schema.State{Headline: "Two dead", Contexts: []string{"Iran", "Iraq"}, Sources: []schema.Source{{Name: "Reuters", URL: "https://r.example/1"}}}
	new := &schema.State{Headline: "two DEAD", Contexts: []string{"Iraq", "Syria"}, Sources: []schema.Source{{Name: "Reuters", URL: "https://r.example/2"}, {Name: "AP", URL: "https://ap.example"}}}
	d := States(old, new, Options{})
	var got []string
	for _, p := range Passages(&d, old, new) {
		got = append(got, p.Field+":"+p.Took+">"+p.Brought)
	}
	if want := "contexts:Iran> contexts:>Syria sources:>AP"; strings.Join(got, " ") != want {
		t.Errorf("the passages are %q, not %q", got, want)
	}
}

func TestWordsAround(t *testing.T) {
	s := strings.Repeat("one two three. ", 200)
	if got := s[WordsBefore(s, 0, len(s), 2):]; got != "two three. " {
		t.Errorf("the last two words are %q", got)
	}
	if got := s[:WordsAfter(s, 0, len(s), 4)]; got != "one two three. one" {
		t.Errorf("the first four words are %q", got)
	}
	if WordsBefore(s, 0, len(s), 5000) != 0 || WordsAfter(s, 0, len(s), 5000) != len(s) {
		t.Error("more words than there are don't give all")
	}
}

// findSlowly is Find by taking the whole text apart.
func findSlowly(p Phrase, s string) (dst []Token) {
	words := keepWords(AppendTokens(nil, s), s)
	for i := 0; i+len(p.words) <= len(words) && len(p.words) > 0; i++ {
		if p.at(words[i:], s, nil) {
			dst = append(dst, Token{words[i].Start, words[i+len(p.words)-1].End})
		}
	}
	return dst
}

func TestPhraseFindsAsByTakingAllApart(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	found := 0
	for range 3000 {
		var b strings.Builder
		for range r.IntN(60) {
			b.WriteString([]string{"a", "A", "b", "ab", "K", "\u212a", "s", "ſ", "5", "_", "’", "'", ".", "é", "西", "\u00ad", "Ａ", "\u0301", "ไ"}[r.IntN(19)])
			b.WriteString([]string{"", "", " ", " ", "\n", ".", "-"}[r.IntN(7)])
		}
		text := b.String()
		if r.IntN(2) == 0 {
			text = strings.Map(func(c rune) rune {
				if c == '\u00ad' || c == 'Ａ' || c == '\u212a' || c == 'ſ' {
					return 'a'
				}
				return c
			}, text)
		}
		words := strings.Fields(string(AppendFolded(nil, text)))
		if len(words) == 0 {
			continue
		}
		i := r.IntN(len(words))
		p := Phrase{words[i:min(len(words), i+1+r.IntN(3))], r.IntN(3) == 0}
		got, want := p.Find(nil, text), findSlowly(p, text)
		found += len(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%q (prefix: %t) stands in %q at %v, but was found at %v", p.words, p.prefix, text, want, got)
		}
	}
	if found < 3000 {
		t.Errorf("only %d places were to be found", found)
	}
}

func FuzzPhrase(f *testing.F) {
	f.Add("Iran and Iraq", "the Iran-and Iraq’s war")
	f.Add("西班", "西班牙")
	f.Add("\x80", "a\x80\u0301")
	f.Fuzz(func(t *testing.T, phrase, text string) {
		p := ParsePhrase(phrase, false)
		for _, at := range p.Find(nil, text) {
			if got := string(AppendFolded(nil, text[at.Start:at.End])); got != strings.Join(p.Words(), " ")+" " {
				t.Errorf("%q was found at %q", p.Words(), text[at.Start:at.End])
			}
		}
		if got, want := p.Find(nil, text), findSlowly(p, text); !slices.Equal(got, want) {
			t.Errorf("%q stands in %q at %v, but was found at %v", p.Words(), text, want, got)
		}
		if len(p.Words()) > 0 && p.Count(phrase) == 0 {
			t.Errorf("%q does not stand in itself", phrase)
		}
	})
}

func BenchmarkPassages(b *testing.B) {
	type pair struct {
		d        Article
		old, new *schema.State
	}
	var pairs []pair
	for _, p := range realPairs(b) {
		old, new := &schema.State{Body: p.Before}, &schema.State{Body: p.After}
		pairs = append(pairs, pair{States(old, new, Options{}), old, new})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p := &pairs[i%len(pairs)]
		Passages(&p.d, p.old, p.new)
	}
}
