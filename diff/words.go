package diff

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A word, for whoever looks for a phrase, is a token ([AppendTokens]) that a reader
// would read out: letters, digits and signs such as $ % + § and emoji, but no
// punctuation and none of Markdown's marks. Words are compared folded:
//
//   - case, by Unicode's simple folding, so that K, k and the Kelvin sign are one;
//   - full-width letters and digits are as the others;
//   - ’ is ', underscores around a word (Markdown's emphasis) and soft hyphens count
//     as nothing.
//
// White space between words counts nowhere, however much of it and whether it ends
// a line or a paragraph. Accents count, and there is no stemming.

// AppendFolded appends the words of s to dst, folded, with a space after each.
func AppendFolded(dst []byte, s string) []byte {
	var buf [64]Token
	for _, t := range AppendTokens(buf[:0], s) {
		n := len(dst)
		if dst = appendFold(dst, s[t.Start:t.End]); len(dst) > n {
			dst = append(dst, ' ')
		}
	}
	return dst
}

// appendFold appends a token as words are compared; nothing where it is no word.
func appendFold(dst []byte, token string) []byte {
	if !isWord(token) {
		return dst
	}
	token = strings.Trim(token, "_")
	for i := 0; i < len(token); {
		c := token[i]
		if c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(token[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, c) // a byte that is no text stays what it is
		} else if r = foldRune(r); r != 0 {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst
}

// foldRune gives the rune as which all that are the same to a reader are compared;
// 0 for one that counts as nothing.
func foldRune(r rune) rune {
	switch {
	case r == '\u00ad' || r == '\u200e' || r == '\u200f' || r == '\ufeff':
		return 0
	case r == '’' || r == 'ʼ':
		return '\''
	case 0xff01 <= r && r <= 0xff5e:
		r -= 0xff01 - '!'
	case r >= 0x2e80 && r < 0xa000: // Han, kana: no case
		return r
	}
	least := r
	for x := unicode.SimpleFold(r); x != r; x = unicode.SimpleFold(x) {
		least = min(least, x)
	}
	return unicode.ToLower(least)
}

// isWord says whether a token is a word.
func isWord(token string) bool {
	for i := 0; i < len(token); {
		c := token[i]
		if c < utf8.RuneSelf {
			if byteKinds[c] == '1' && c != '_' || c == '$' || c == '%' || c == '+' {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(token[i:])
		switch {
		case r == utf8.RuneError && n == 1, unicode.IsLetter(r), unicode.IsNumber(r):
			return true
		case r == '§' || r == '‰' || r == '％', unicode.In(r, unicode.Sc, unicode.Sm, unicode.So, unicode.Mn, unicode.Mc):
			return true
		}
		i += n
	}
	return false
}

// Phrase is one word or more to be found where they stand in a row.
type Phrase struct {
	words  []string // folded
	prefix bool     // the last one may go on
}

// ParsePhrase takes the words out of s. With prefix the last of them stands for all
// that begin with it. A phrase without words is found nowhere.
func ParsePhrase(s string, prefix bool) Phrase {
	return Phrase{strings.Fields(string(AppendFolded(nil, s))), prefix}
}

// Words gives the words, folded; they are the caller's only to read.
func (p Phrase) Words() []string { return p.words }

// Prefix says whether the last word stands for all that begin with it.
func (p Phrase) Prefix() bool { return p.prefix }

// Count tells how often the phrase stands in s; places may overlap.
func (p Phrase) Count(s string) int {
	n := 0
	p.each(s, func(int, int) { n++ })
	return n
}

// Find appends every place in s where the phrase stands, from its first word's first
// byte to its last word's last. Places may overlap.
func (p Phrase) Find(dst []Token, s string) []Token {
	p.each(s, func(start, end int) { dst = append(dst, Token{start, end}) })
	return dst
}

// each calls f with every place, in order. A text is not taken apart where its bytes
// tell that the first word is nowhere in it.
func (p Phrase) each(s string, f func(start, end int)) {
	if len(p.words) == 0 || len(s) < len(p.words) {
		return
	}
	if first := p.words[0]; isPlain(first) {
		if !foldsToPlain(s) && p.eachPlain(s, f) {
			return
		}
	} else if r, n := utf8.DecodeRuneInString(first); r >= 0x3000 && r < 0xa000 && !strings.Contains(s, first[:n]) {
		return // kana and Han, which are never written otherwise
	}
	var room [256]Token
	var scratch [64]byte
	words := keepWords(AppendTokens(room[:0], s), s)
	for i := 0; i+len(p.words) <= len(words); i++ {
		if p.at(words[i:], s, scratch[:0]) {
			f(words[i].Start, words[i+len(p.words)-1].End)
		}
	}
}

// keepWords drops the tokens that are no words.
func keepWords(tokens []Token, s string) []Token {
	return slices.DeleteFunc(tokens, func(t Token) bool {
		c := s[t.Start]
		return (c >= utf8.RuneSelf || byteKinds[c] != '1' || c == '_') && !isWord(s[t.Start:t.End])
	})
}

// at says whether the phrase stands where words begin.
func (p Phrase) at(words []Token, s string, scratch []byte) bool {
	for k, want := range p.words {
		token := s[words[k].Start:words[k].End]
		if c := token[0]; c < utf8.RuneSelf && c != '_' && want[0] < utf8.RuneSelf && c|0x20 != want[0]|0x20 {
			return false
		}
		got := appendFold(scratch, token)
		if string(got) == want || p.prefix && k == len(p.words)-1 && strings.HasPrefix(string(got), want) {
			continue
		}
		return false
	}
	return true
}
