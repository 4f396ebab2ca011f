package diff

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rule for figures.
//
// Figures changed if the numbers that went are not the numbers that came, each
// counted as often as it stands; or no word changed and the numbers changed places;
// or a currency, percent or minus sign changed. Numbers are those in digits of any
// script, with their decimals, ordinals ("20th") and years, those in Han numerals (see
// kind_han.go), and, in English, those in words ("seven", "twenty-five", "3 million",
// "dozens"). Another spelling of the same number ("2", "two"; "3 million", "3,000,000";
// "３", "٣", "三") is wording.
//
// "One" and the ordinals in words count only where another of them, or a number,
// stands against them ("one man" → "a man" changes no figure), and so do days and
// months by their names: "Friday" → "Saturday" is a change of figure, "on Friday"
// that went is not. A number that a hyphen ties to a name ("F-16") is a part of it,
// and in an address of the web there are neither numbers nor names.

// weakness says which figures are none by themselves.
type weakness uint8

const (
	firm      weakness = iota
	weakOne            // "one", "first"
	weakDay            // "Friday"
	weakMonth          // "March"
)

// figureRef is a figure or sign that went, or came.
type figureRef struct {
	value string
	is    wordClass
	weak  weakness
	came  bool
}

// figuresChanged applies the rule to all hunks; words says whether other words
// changed.
func (c *change) figuresChanged(words bool) bool {
	c.figures = c.figures[:0]
	for i := range c.hunks {
		if h := &c.hunks[i]; !h.same {
			c.figures = appendFigures(c.figures, c.old.words[h.i0:h.i1], false)
			c.figures = appendFigures(c.figures, c.new.words[h.j0:h.j1], true)
		}
	}
	if len(c.figures) == 0 {
		return false
	}
	moved := !words && figuresMoved(c.figures)
	slices.SortStableFunc(c.figures, func(a, b figureRef) int {
		return cmp.Or(cmp.Compare(a.is, b.is), strings.Compare(a.value, b.value))
	})
	var lost, won [weakMonth + 1]bool
	var strong, signLost, signWon, uneven bool
	for rest := c.figures; len(rest) > 0; {
		f, n, k, hard := rest[0], 0, 0, false
		for ; k < len(rest) && rest[k].is == f.is && rest[k].value == f.value; k++ {
			hard = hard || rest[k].weak == firm
			if rest[k].came {
				n--
			} else {
				n++
			}
		}
		rest = rest[k:]
		switch {
		case n == 0:
		case f.is == aSign:
			signLost, signWon = signLost || n > 0, signWon || n < 0
		default:
			uneven, strong = true, strong || hard
			lost[f.weak], won[f.weak] = lost[f.weak] || n > 0, won[f.weak] || n < 0
		}
	}
	for weak := range lost {
		strong = strong || lost[weak] && won[weak]
	}
	return strong || signLost && signWon || !words && (signLost || signWon) || !uneven && moved
}

// appendFigures adds the figures and signs among words.
func appendFigures(dst []figureRef, words []word, came bool) []figureRef {
	for i := range words {
		if w := &words[i]; w.is == aFigure || w.is == aSign {
			dst = append(dst, figureRef{w.value, w.is, w.weak, came})
		}
	}
	return dst
}

// figuresMoved reports whether the figures that went stand in another order than
// those that came.
func figuresMoved(figures []figureRef) bool {
	next := func(at int, came bool) int {
		for at < len(figures) && (figures[at].came != came || figures[at].is != aFigure) {
			at++
		}
		return at
	}
	i, j := next(0, false), next(0, true)
	for i < len(figures) && j < len(figures) && figures[i].value == figures[j].value {
		i, j = next(i+1, false), next(j+1, true)
	}
	return i < len(figures) || j < len(figures)
}

// joins reports whether what stands between two figures lets them be one number:
// "twenty-five", "3 million".
func joins(between string) bool {
	return between == "-" || between == " " || between == "\u00a0"
}

// joinNumber adds a number to the one before it, where the two are one: "twenty"
// "five", "3" "million".
func joinNumber(before, w *word) bool {
	switch {
	case before.is != aFigure:
		return false
	case before.tens && len(w.value) == 3 && strings.HasSuffix(w.value, "e0"):
		before.value = before.value[:1] + w.value // "2e1", "5e0": "25e0"
		before.tens = false
	case before.number && w.zeros > 0:
		before.value = scale(before.value, int(w.zeros))
		before.tens = false
	default:
		return false
	}
	before.spelled += " " + w.spelled
	before.weak, before.end = firm, w.end
	return true
}

// numberWord says whether a token is an English number in letters.
func (r *reader) numberWord(w *word) bool {
	lower := w.spelled
	if lower[0]-'A' < 26 {
		lower = strings.ToLower(lower)
	}
	n, found := numerals[lower]
	if !found {
		return false
	}
	w.is, w.value, w.weak, w.tens, w.zeros = aFigure, n.value, n.weak, n.tens, n.zeros
	w.number = n.zeros == 0 && n.value[0] <= '9' && (n.weak == firm || lower == "one")
	w.begins = len(lower) > 0 && w.spelled[0] != lower[0]
	return true
}

// calendar says whether a token is the name of a day or month. Those that are names
// and words as well must not begin a sentence or follow a name: "Theresa May".
func (r *reader) calendar(w *word) bool {
	switch w.spelled {
	case "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		w.weak = weakDay
	case "January", "February", "September", "October", "November", "December", "July", "June":
		w.weak = weakMonth
	case "March", "April", "May", "August":
		if w.begins || r.followsName(w.start) {
			return false
		}
		w.weak = weakMonth
	default:
		return false
	}
	w.is, w.value, w.begins = aFigure, w.spelled, false
	return true
}

// followsName reports whether the word before text[at], on the same line, has a
// capital and is no common word.
func (r *reader) followsName(at int) bool {
	if at < 2 || r.text[at-1] != ' ' {
		return false
	}
	from := at - 1
	for from > 0 && r.text[from-1] != ' ' && r.text[from-1] != '\n' {
		from--
	}
	c, _ := utf8.DecodeRuneInString(r.text[from:])
	return unicode.IsUpper(c) && !isCommon(r.text[from:at-1])
}

// sign says whether a mark belongs to a figure: a currency or percent sign, or a
// minus, which stands before a digit and after no word.
func (r *reader) sign(w *word) bool {
	s := r.text[w.start:w.end]
	if len(s) == 1 && s[0] != '$' && s[0] != '%' && s[0] != '-' {
		return false
	}
	c, _ := utf8.DecodeRuneInString(s)
	switch {
	case unicode.Is(unicode.Sc, c), strings.ContainsRune("%‰٪％", c):
		w.is, w.value = aSign, s
		return true
	case s == "-" || s == "−":
		next, _ := utf8.DecodeRuneInString(r.text[w.end:])
		last, _ := utf8.DecodeLastRuneInString(r.text[:w.start])
		if unicode.IsDigit(next) && (w.start == 0 || unicode.IsSpace(last) || unicode.Is(unicode.Sc, last) || last == '(') {
			w.is, w.value = aSign, "-"
			return true
		}
	}
	return false
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
