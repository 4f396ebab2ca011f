package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// isEnglish reports whether spelled-out English numbers are to be read: where the
// newer state says no language, or English.
func isEnglish(old, new *schema.State) bool {
	tag := new.Language
	if tag == "" {
		tag = old.Language
	}
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	return tag == "" || tag == "en"
}

type wordClass uint8

const (
	aWord   wordClass = iota
	aFigure           // a number, in digits or spelled out
	aSign             // a currency, percent or minus sign
)

// word is a token as the kinds see it. Other marks are no words.
type word struct {
	is      wordClass
	spelled string // the token without the marks in it
	value   string // a figure in one spelling: "3e6"; a sign itself
	weak    bool   // "one", "first", …: a figure only where another stands against it
	tens    bool   // "twenty": a unit may follow
	number  bool   // a number that "million" may follow
}

// reader reads words; its scratch is reused.
type reader struct {
	english bool
	tokens  []Token
}

// words gives the words of s[from:to], figures in one spelling.
func (r *reader) words(s string, from, to int) []word {
	text := s[from:to]
	r.tokens = AppendTokens(r.tokens[:0], text)
	out := make([]word, 0, len(r.tokens))
	end := 0 // of the last word
	for _, t := range r.tokens {
		w, ok := r.read(text, t)
		if !ok {
			continue
		}
		if k := len(out) - 1; k >= 0 && w.is == aFigure && r.joins(text[end:t.Start]) && joinNumber(&out[k], w) {
			end = t.End
			continue
		}
		out, end = append(out, w), t.End
	}
	return out
}

// joins reports whether what stands between two figures lets them be one number:
// "twenty-five", "3 million".
func (r *reader) joins(between string) bool {
	return between == "-" || between == " " || between == "\u00a0"
}

// joinNumber adds w to the number before it, where the two are one: "twenty" "five",
// "3" "million".
func joinNumber(before *word, w word) bool {
	zeros, isMagnitude := magnitudes[w.spelledLower()]
	switch {
	case before.is != aFigure:
		return false
	case before.tens && len(w.value) == 3 && strings.HasSuffix(w.value, "e0"):
		before.value = before.value[:1] + w.value // "2e1", "5e0": "25e0"
		before.tens = false
	case before.number && isMagnitude:
		before.value = scale(before.value, zeros)
		before.tens = false
	default:
		return false
	}
	before.spelled += " " + w.spelled
	before.weak = false
	return true
}

func (w word) spelledLower() string { return strings.ToLower(w.spelled) }

// read reads one token; ok is false for a mark.
func (r *reader) read(text string, t Token) (w word, ok bool) {
	s := text[t.Start:t.End]
	w.spelled = letters(s)
	if w.spelled == "" {
		return sign(text, t)
	}
	first, _ := utf8.DecodeRuneInString(w.spelled)
	if unicode.IsDigit(first) {
		if !partOfName(text[:t.Start]) {
			w.is, w.number, w.value = aFigure, true, figureValue(s, r.english)
		}
		return w, true
	}
	if r.english && maybeNumber(w.spelled) {
		lower := w.spelledLower()
		if n, found := numberWords[lower]; found {
			w.is, w.number, w.value = aFigure, true, n
			w.tens, w.weak = strings.HasSuffix(n, "e1") && len(n) == 3 && n != "1e1", n == "1e0"
		} else if _, found := magnitudes[lower]; found || lower == "dozen" || lower == "dozens" {
			w.is, w.value = aFigure, strings.TrimSuffix(lower, "s")
			if w.value != lower {
				w.value += "s" // "hundreds" is another figure than "hundred"
			}
		} else if n, found := ordinalWords[lower]; found {
			w.is, w.value, w.weak = aFigure, n, true
		}
	}
	return w, true
}

// letters keeps what makes a word a word: letters with their accents, digits and
// symbols such as emoji.
func letters(s string) string {
	plain := 0
	for plain < len(s) && ('a' <= s[plain] && s[plain] <= 'z' || 'A' <= s[plain] && s[plain] <= 'Z' || '0' <= s[plain] && s[plain] <= '9') {
		plain++
	}
	if plain == len(s) {
		return s
	}
	keep := func(c rune) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) && c != '\ufe0f' || unicode.Is(unicode.So, c) || unicode.Is(unicode.N, c)
	}
	for i, c := range s {
		if !keep(c) {
			var b strings.Builder
			b.WriteString(s[:i])
			for _, c := range s[i:] {
				if keep(c) {
					b.WriteRune(c)
				}
			}
			return b.String()
		}
	}
	return s
}

// sign reads a mark that belongs to a figure: a currency or percent sign, or a
// minus, which stands before a digit and after no word.
func sign(text string, t Token) (word, bool) {
	s := text[t.Start:t.End]
	c, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.Is(unicode.Sc, c), strings.ContainsRune("%‰٪％", c):
		return word{is: aSign, value: s}, true
	case s == "-" || s == "−":
		next, _ := utf8.DecodeRuneInString(text[t.End:])
		last, _ := utf8.DecodeLastRuneInString(text[:t.Start])
		if unicode.IsDigit(next) && (t.Start == 0 || unicode.IsSpace(last) || unicode.Is(unicode.Sc, last) || last == '(') {
			return word{is: aSign, value: "-"}, true
		}
	}
	return word{}, false
}

// partOfName reports whether the digits after the text belong to a name: "F-16",
// "COVID-19".
func partOfName(before string) bool {
	c, n := utf8.DecodeLastRuneInString(before)
	if c != '-' && c != '\u2010' && c != '\u2011' && c != '–' {
		return false
	}
	c, _ = utf8.DecodeLastRuneInString(before[:len(before)-n])
	return unicode.IsLetter(c)
}

// figureValue gives a number one spelling: its digits without zeros at the ends,
// the power of ten, and what letters follow ("20th"). Digits of every script
// count. A comma, a space or an apostrophe before three digits groups them; a
// full stop does so outside English alone.
func figureValue(s string, english bool) string {
	var digits strings.Builder
	exp, point := 0, false
	rest := ""
	runes := []rune(s)
	for i, c := range runes {
		if d, ok := digitOf(c); ok {
			digits.WriteByte(byte('0' + d))
			if point {
				exp--
			}
			continue
		}
		if i+1 < len(runes) && unicode.IsDigit(runes[i+1]) {
			groups := c == ',' || c == '\'' || c == '’' || c == '٬' || c == '.' && !english
			if groups && threeDigits(runes[i+1:]) && !point {
				continue
			}
			point = true
			continue
		}
		rest = letters(string(runes[i:]))
		break
	}
	v := digits.String()
	trimmed := strings.TrimRight(v, "0")
	exp += len(v) - len(trimmed)
	if trimmed = strings.TrimLeft(trimmed, "0"); trimmed == "" {
		trimmed, exp = "0", 0
	}
	return power(trimmed, exp) + rest
}

// threeDigits reports whether s begins with three digits and no fourth.
func threeDigits(s []rune) bool {
	n := 0
	for n < len(s) && unicode.IsDigit(s[n]) {
		n++
	}
	return n == 3
}

// digitOf gives a decimal digit's value. The ranges of category Nd each begin at
// a zero and hold whole tens (Unicode Standard, section 4.6).
func digitOf(c rune) (int, bool) {
	if c >= '0' && c <= '9' {
		return int(c - '0'), true
	}
	for _, r := range unicode.Nd.R16 {
		if uint32(c) >= uint32(r.Lo) && uint32(c) <= uint32(r.Hi) {
			return int(uint32(c)-uint32(r.Lo)) % 10, true
		}
	}
	for _, r := range unicode.Nd.R32 {
		if uint32(c) >= r.Lo && uint32(c) <= r.Hi {
			return int(uint32(c)-r.Lo) % 10, true
		}
	}
	return 0, false
}
