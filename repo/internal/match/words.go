package match

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// stemRunes is how much of a word counts in a comparison: "killed", "killing" and
// "kills" are one word, and so are "Iran" and "Iranian" but for their length. Five
// letters are a stemmer that needs no language.
const stemRunes = 5

// shortRunes is the length up to which a word written small counts half: in most
// languages these are articles, prepositions and conjunctions.
const shortRunes = 3

// word is one word of a headline.
type word struct {
	stem   string // what is compared
	full   string // folded, whole
	weight float64
	figure bool // a number, in digits or spelled out
	name   bool // written with a capital where nothing but a name has one
}

// headline is what is compared of a headline.
type headline struct {
	text     []word    // in the order of the text
	words    []word    // the distinct ones, sorted by stem
	weight   float64   // of words
	capitals []capital // in the order of the text
	acronyms []acronym
}

// Words gives the distinct words of a headline as they are compared, for an index
// that implements [WordFinder].
func Words(text string) []string {
	h := read(text)
	out := make([]string, len(h.words))
	for i, w := range h.words {
		out[i] = w.stem
	}
	return out
}

// read splits a headline into its words.
func read(text string) headline {
	tokens := spellFigures(split(text))
	// Where nearly every word has a capital, capitals say nothing: then each may be
	// a name, and the rules that must not cross a name stay on the safe side.
	raised, letters := 0, 0
	for _, t := range tokens {
		if t.lower > shortRunes {
			letters++
			if t.capital {
				raised++
			}
		}
	}
	shout := letters > 3 && raised*5 > letters*4
	words := make([]word, 0, len(tokens))
	for _, t := range tokens {
		w := word{stem: t.text, full: t.text, weight: 1, figure: t.figure}
		if t.figure {
			w.weight = 0.5 // tolls climb
		} else {
			w.stem = firstRunes(t.text, stemRunes)
			w.name = t.capital && (shout && t.lower > shortRunes || !shout && !t.first)
			if t.lower <= shortRunes && !t.capital && t.cased {
				w.weight = 0.5
			}
		}
		words = append(words, w)
	}
	h := settle(words)
	h.capitals, h.acronyms = capitals(tokens)
	return h
}

// settle makes a headline of its words in order.
func settle(text []word) headline {
	h := headline{text: text, words: distinct(slices.Clone(text))}
	for _, w := range h.words {
		h.weight += w.weight
	}
	return h
}

// distinct sorts words and keeps each once; a name stays a name.
func distinct(words []word) []word {
	slices.SortFunc(words, func(a, b word) int {
		if c := strings.Compare(a.stem, b.stem); c != 0 {
			return c
		}
		return strings.Compare(a.full, b.full)
	})
	out := words[:0]
	for _, w := range words {
		if n := len(out); n > 0 && out[n-1].stem == w.stem {
			out[n-1].name = out[n-1].name || w.name
			out[n-1].weight = max(out[n-1].weight, w.weight)
			continue
		}
		out = append(out, w)
	}
	return out
}

// token is a word as it stands in a text.
type token struct {
	text    string // folded to lower case, without accents
	lower   int    // its length in runes
	capital bool   // begins with a capital letter
	allCaps bool   // is nothing but capital letters
	cased   bool   // of a script that has capitals
	first   bool   // begins a sentence, where a capital says nothing
	figure  bool
}

// split finds the words of a text: runs of letters, marks and digits. Scripts that
// write no blanks between words give pairs of neighbouring characters. A dot or
// comma between digits stays ("5.6", "1,400" is 1400), dots between initials go
// ("U.S." is "us"), and so does an English or French apostrophe with what is
// left of it or right of it, where that is one letter ("Russia's", "l'Iran").
func split(text string) []token {
	rs := []rune(text)
	var out []token
	first := true
	for i := 0; i < len(rs); {
		r := rs[i]
		switch {
		case unbroken(r):
			j := i
			for j < len(rs) && unbroken(rs[j]) {
				j++
			}
			out = appendPairs(out, rs[i:j])
			first, i = false, j
		case unicode.IsDigit(r):
			j := endOfNumber(rs, i)
			out = append(out, token{text: number(rs[i:j]), lower: j - i, figure: true})
			first, i = false, j
		case wordRune(r):
			text, j := takeWord(rs, i)
			folded := fold(text)
			if n := utf8.RuneCountInString(folded); n > 1 || !apostropheBeside(rs, i, j) {
				out = append(out, token{text: folded, lower: n, first: first, capital: unicode.IsUpper(r),
					allCaps: allUpper(text), cased: unicode.IsUpper(r) || unicode.IsLower(r)})
				first = false
			}
			i = j
		default:
			if strings.ContainsRune(".!?:", r) {
				first = true
			}
			i++
		}
	}
	return out
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// unbroken says whether r's script writes words without blanks between them.
func unbroken(r rune) bool {
	const firstThai = 0x0E01 // no such script stands before it
	return r >= firstThai && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func appendPairs(out []token, rs []rune) []token {
	if len(rs) == 1 {
		return append(out, token{text: string(rs), lower: 1})
	}
	for i := range len(rs) - 1 {
		out = append(out, token{text: string(rs[i : i+2]), lower: 2})
	}
	return out
}

// takeWord gives the word that begins at i, and its end.
func takeWord(rs []rune, i int) (string, int) {
	if text, j := takeInitials(rs, i); j > i {
		return text, j
	}
	j := i
	for j < len(rs) && wordRune(rs[j]) && !unbroken(rs[j]) {
		j++
	}
	return string(rs[i:j]), j
}

// takeInitials gives "US" for "U.S." and "U.S", and the end of it; the end is i
// where no initials stand.
func takeInitials(rs []rune, i int) (string, int) {
	j := i
	var text []rune
	for j+1 < len(rs) && unicode.IsUpper(rs[j]) && rs[j+1] == '.' {
		text = append(text, rs[j])
		j += 2
	}
	if j > i && j < len(rs) && unicode.IsUpper(rs[j]) && (j+1 == len(rs) || !wordRune(rs[j+1])) {
		text = append(text, rs[j])
		j++
	}
	if len(text) < 2 {
		return "", i
	}
	return string(text), j
}

func endOfNumber(rs []rune, i int) int {
	j := i
	for j < len(rs) && (wordRune(rs[j]) && !unbroken(rs[j]) ||
		(rs[j] == ',' || rs[j] == '.') && j+1 < len(rs) && unicode.IsDigit(rs[j+1]) && unicode.IsDigit(rs[j-1])) {
		j++
	}
	return j
}

// number spells a number without marks between thousands.
func number(rs []rune) string {
	var b strings.Builder
	for i, r := range rs {
		if r == ',' && i+3 < len(rs) && (i+4 == len(rs) || !unicode.IsDigit(rs[i+4])) {
			continue
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func allUpper(s string) bool {
	for _, r := range s {
		if !unicode.IsUpper(r) {
			return false
		}
	}
	return true
}

func apostropheBeside(rs []rune, i, j int) bool {
	return i > 0 && strings.ContainsRune("'’ʼ", rs[i-1]) || j < len(rs) && strings.ContainsRune("'’ʼ", rs[j])
}

// fold brings a word to lower case and takes accents off letters of scripts where
// they are accents; in the scripts of India, say, marks are vowels.
func fold(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(s)
	}
	var b strings.Builder
	accented := false
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		if unicode.Is(unicode.Mn, r) && accented {
			continue
		}
		accented = unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
		if r == 'đ' {
			r = 'd'
		}
		b.WriteRune(r)
	}
	return b.String()
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
