package diff

import (
	"math/bits"
	"unicode/utf8"
)

// Token is one word, mark or cluster of a text: the bytes s[Start:End].
type Token struct{ Start, End int }

// AppendTokens appends the tokens of s to dst and returns the result.
//
// A token is a word by the default rules of UAX #29, except that
//   - a stretch of white space alone is no token at all: it lies between tokens;
//   - a boundary that would cut a grapheme cluster is none. Thai and Lao AM, Khmer
//     and Myanmar conjuncts, and marks after a prepended sign stay with what they
//     belong to, which the word rules by themselves don't see to.
//
// So a mark is a token, and scripts written without spaces (Han, Hiragana, Thai)
// give one token a cluster. A byte that is no UTF-8 is a token of its own. Tokens
// are in order and don't overlap; s may hold any bytes.
func AppendTokens(dst []Token, s string) []Token {
	return appendTokens(dst, s, 0, len(s))
}

// appendTokens appends the tokens of s[from:to] with offsets in s. Both ends must
// be token boundaries of s; what stands outside is not looked at.
func appendTokens(dst []Token, s string, from, to int) []Token {
	s = s[:to]
	for i := from; i < len(s); {
		switch byteKind(s[i]) {
		case kindWord:
			j := wordRun(s, i)
			for ; j+1 < len(s) && s[j] == ' ' && byteKinds[s[j+1]] == '1'; j = wordRun(s, i) {
				dst = append(dst, Token{i, j}) // most words stand between spaces
				i = j + 1
			}
			j = wordEnd(s, i, j)
			dst = append(dst, Token{i, j})
			i = j
			continue
		case kindBlank:
			j := i + 1
			for j < len(s) && s[j] == ' ' {
				j++
			}
			if j == len(s) || s[j] < utf8.RuneSelf {
				i = j
				continue
			}
		case kindNewline:
			i++
			continue
		case kindMark:
			if i+1 == len(s) || s[i+1] < utf8.RuneSelf {
				dst = append(dst, Token{i, i + 1})
				i++
				continue
			}
		}
		end, white := scanToken(s, i)
		if !white {
			dst = append(dst, Token{i, end})
		}
		i = end
	}
	return dst
}

// The kinds of bytes that the fast way through ASCII tells apart.
const (
	kindMark    = iota // stands alone, unless something combines with it
	kindWord           // letter, digit or underscore
	kindBlank          // space or tab
	kindNewline        // LF, CR, VT, FF: nothing combines with these
	kindHigh           // not ASCII
)

// byteKinds holds the kind of each byte, as a digit.
const byteKinds = "0000000002333300" + "0000000000000000" +
	"2000000000000000" + "1111111111000000" +
	"0111111111111111" + "1111111111100001" +
	"0111111111111111" + "1111111111100000" +
	"4444444444444444" + "4444444444444444" +
	"4444444444444444" + "4444444444444444" +
	"4444444444444444" + "4444444444444444" +
	"4444444444444444" + "4444444444444444"

func byteKind(b byte) int { return int(byteKinds[b] - '0') }

func isDigit(b byte) bool  { return b-'0' < 10 }
func isLetter(b byte) bool { return b|0x20-'a' < 26 }

// wordEnd finds the end of the word that starts with the letter, digit or
// underscore s[i] and runs on in such to j. It knows the rules as far as ASCII goes (WB5–WB13b) and leaves
// the word to scanToken as soon as another script may have a say.
func wordEnd(s string, i, j int) int {
	for ; ; j = wordRun(s, j) {
		if j == len(s) || s[j] == ' ' {
			return j
		}
		c := s[j]
		if c >= utf8.RuneSelf {
			end, _ := scanToken(s, i)
			return end
		}
		if c != '\'' && c != '.' && c != ':' && c != ',' && c != ';' || j+1 == len(s) {
			return j
		}
		before, after := s[j-1], s[j+1]
		if after >= utf8.RuneSelf {
			end, _ := scanToken(s, i)
			return end
		}
		switch {
		case c <= '.' && c != ',' && isLetter(before) && isLetter(after): // don't, e.g
		case c == ':' && isLetter(before) && isLetter(after): // WB6, WB7
		case c != ':' && isDigit(before) && isDigit(after): // 3.5, 1,000: WB11, WB12
		default:
			return j
		}
		j += 2
	}
}

// wordRun gives the end of the letters, digits and underscores from s[i] on, which it
// tells eight at a time: all bytes of a register at once are added up so that the
// highest bit of each says what it is.
func wordRun(s string, i int) int {
	const ones = 0x0101010101010101
	for i+8 <= len(s) {
		x := load64(s, i)
		low := x &^ (0x80 * ones)
		lower := low | 0x20*ones
		letter := (lower + (0x80-'a')*ones) &^ (lower + (0x7f-'z')*ones)
		digit := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones)
		underscore := 0x80*ones - (low ^ '_'*ones)
		if other := ^(letter | digit | underscore) | x; other&(0x80*ones) != 0 {
			return i + bits.TrailingZeros64(other&(0x80*ones))/8
		}
		i += 8
	}
	for i < len(s) && byteKinds[s[i]] == '1' {
		i++
	}
	return i
}

// scanToken finds the end of the UAX #29 segment that starts at the boundary i, for
// any script, and says whether it holds white space alone.
func scanToken(s string, i int) (end int, white bool) {
	r, n := utf8.DecodeRuneInString(s[i:])
	var w wordState
	w.start(classOf(r))
	white = w.last.white()
	for i += n; i < len(s); i += n {
		r, n = utf8.DecodeRuneInString(s[i:])
		c := classOf(r)
		if !w.joins(c, s, i+n) {
			break
		}
		w.add(c)
		white = white && c.white()
	}
	return i, white
}

// wordState is what the rules need to know of the segment read so far.
type wordState struct {
	last      class // class of the last rune
	word      class // of the last rune that WB4 doesn't skip
	before    class // of the one before that
	flags     int   // regional indicators by the word rules, skipping marks
	flagsNow  int   // regional indicators that directly precede, for GB12
	conjuncts uint8 // GB9c: 1 after a consonant, 2 when a linker followed
}

func (w *wordState) start(c class) {
	*w = wordState{before: classOther, word: classOther}
	w.add(c)
}

// add takes a rune of class c into the segment.
func (w *wordState) add(c class) {
	w.last = c
	if c != classFlag {
		w.flagsNow = 0
	}
	switch c {
	case classExtend, classZWJ:
		return // keeps both the word rules and a conjunct waiting
	case classLinker:
		if w.conjuncts > 0 {
			w.conjuncts = 2
		}
		return
	case classSpacing, classFormat:
		w.conjuncts = 0
		return
	case classConsonant, classLetterConsonant:
		w.conjuncts = 1
	case classFlag:
		w.conjuncts = 0
		w.flags++
		w.flagsNow++
	default:
		w.conjuncts = 0
	}
	w.before, w.word = w.word, c.wordClass()
}

// joins says whether a rune of class c, whose bytes end at s[next], belongs to the
// segment: by the word rules or, failing those, by the grapheme rules.
func (w *wordState) joins(c class, s string, next int) bool {
	switch {
	case w.last == classCR: // WB3
		return c == classLF
	case w.last == classLF || w.last == classNewline: // WB3a
		return false
	case c == classCR || c == classLF || c == classNewline: // WB3b
		return false
	case c.skipped(): // WB4
		return true
	case w.last == classZWJ && (c == classPict || c == classLetterPict): // WB3c
		return true
	case w.last == classBlank && c == classBlank: // WB3d
		return true
	}
	return w.clusters(c) || w.spells(c.wordClass(), s, next)
}

// clusters applies the grapheme rules that join where the word rules part.
func (w *wordState) clusters(c class) bool {
	switch {
	case c == classAttach: // GB9a
		return w.last != classControl && w.last != classTab && w.last != classFormat
	case w.last == classPrependLetter || w.last == classPrependDigit: // GB9b
		return c != classControl && c != classTab
	case c == classConsonant || c == classLetterConsonant: // GB9c
		return w.conjuncts == 2
	case c == classFlag: // GB12, GB13
		return w.flagsNow%2 == 1
	}
	return false
}

// spells applies WB5 to WB16 for a rune of word class c.
func (w *wordState) spells(c class, s string, next int) bool {
	switch w.word {
	case classLetter, classHebrew:
		switch c {
		case classLetter, classHebrew, classDigit, classConnector: // WB5, WB9, WB13a
			return true
		case classApostrophe: // WB7a, WB6
			return w.word == classHebrew || classAfter(s, next).letter()
		case classMidLetter, classMidBoth: // WB6
			return classAfter(s, next).letter()
		case classQuote: // WB7b
			return w.word == classHebrew && classAfter(s, next) == classHebrew
		}
	case classDigit:
		switch c {
		case classDigit, classLetter, classHebrew, classConnector: // WB8, WB10, WB13a
			return true
		case classMidDigit, classMidBoth, classApostrophe: // WB12
			return classAfter(s, next) == classDigit
		}
	case classKatakana: // WB13, WB13a
		return c == classKatakana || c == classConnector
	case classConnector: // WB13a, WB13b
		return c.letter() || c == classDigit || c == classKatakana || c == classConnector
	case classMidLetter: // WB7
		return w.before.letter() && c.letter()
	case classMidDigit: // WB11
		return w.before == classDigit && c == classDigit
	case classMidBoth, classApostrophe: // WB7, WB11
		return w.before.letter() && c.letter() || w.before == classDigit && c == classDigit
	case classQuote: // WB7c
		return w.before == classHebrew && c == classHebrew
	case classFlag: // WB15, WB16
		return c == classFlag && w.flags%2 == 1
	}
	return false
}

// classAfter gives the word class of the first rune from s[i] on that WB4 doesn't
// skip, and classOther at the end of s.
func classAfter(s string, i int) class {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if c := classOf(r); !c.skipped() {
			return c.wordClass()
		}
		i += n
	}
	return classOther
}
