package diff

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Numbers in Han numerals, as Chinese and Japanese write them.
//
// A numeral beside another one, or beside digits ("一千二百", "二〇二四", "3万"), is a part
// of their number. One that stands alone is a figure where another stands against it,
// as "one" is in English: "两人" → "七人" is a change of figure, "十分" ("very") that went
// is not. "一" alone, which is "a" and a part of many words, is a numeral only before
// what is counted in news: people, the dead, days, years of age. Numerals for use in
// contracts ("壹") are none: most are names and words as well.

// hanNumeral gives what a numeral is worth: a digit, or a unit, which multiplies what
// stands before it by a power of ten.
func hanNumeral(c rune) (digit, zeros int, ok bool) {
	switch c {
	case '〇', '零':
		return 0, 0, true
	case '一':
		return 1, 0, true
	case '二', '两', '兩':
		return 2, 0, true
	case '三':
		return 3, 0, true
	case '四':
		return 4, 0, true
	case '五':
		return 5, 0, true
	case '六':
		return 6, 0, true
	case '七':
		return 7, 0, true
	case '八':
		return 8, 0, true
	case '九':
		return 9, 0, true
	case '十':
		return 0, 1, true
	case '百':
		return 0, 2, true
	case '千':
		return 0, 3, true
	case '万', '萬':
		return 0, 4, true
	case '亿', '億':
		return 0, 8, true
	case '兆':
		return 0, 12, true
	}
	return 0, 0, false
}

// hanFigure says whether a token of one Han character is a number, or a part of one.
func (r *reader) hanFigure(w *word, c rune) bool {
	_, zeros, ok := hanNumeral(c)
	if !ok || w.end-w.start != utf8.RuneLen(c) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(r.text[:w.start])
	after, _ := utf8.DecodeRuneInString(r.text[w.end:])
	switch {
	case numeralRune(before) || numeralRune(after):
	case c != '一' || before == '第' || strings.ContainsRune("人名死伤傷岁歲月日号號天例枚架艘辆輛", after):
		w.weak = weakOne
	default:
		return false
	}
	w.is, w.han, w.zeros = aFigure, true, int8(zeros)
	w.value = hanValue(w.spelled)
	return true
}

// numeralRune reports whether a character is a digit or a Han numeral.
func numeralRune(c rune) bool {
	if _, ok := digitOf(c); ok {
		return true
	}
	_, _, ok := hanNumeral(c)
	return ok
}

// joinHan adds a Han numeral to the number that it stands right behind.
func joinHan(before, w *word) bool {
	switch {
	case before.is != aFigure || before.end != w.start || !w.han:
		return false
	case before.han:
		before.spelled += w.spelled
		before.value = hanValue(before.spelled)
	case before.number && w.zeros > 0:
		before.spelled += w.spelled
		before.value = scale(before.value, int(w.zeros))
	default:
		return false
	}
	before.weak, before.end = firm, w.end
	return true
}

// firstHan is the least of the numerals' code points.
const firstHan = '〇'

// maxHanNumerals is more numerals than a number that somebody means has.
const maxHanNumerals = 16

// hanValue gives a number in Han numerals the spelling that it has in digits. What is
// no number stands for itself.
func hanValue(s string) string {
	if utf8.RuneCountInString(s) > maxHanNumerals {
		return s
	}
	units := strings.ContainsFunc(s, func(c rune) bool { _, zeros, _ := hanNumeral(c); return zeros > 0 })
	if !units { // digit by digit, as years are written
		digits := make([]byte, 0, maxHanNumerals)
		for _, c := range s {
			d, _, _ := hanNumeral(c)
			digits = append(digits, byte('0'+d))
		}
		return figureValue(string(digits), true)
	}
	// Below 万, each unit multiplies the digit before it; 万, 亿 and 兆 what came since the
	// last of them.
	var sum, section, digit uint64
	for _, c := range s {
		d, zeros, _ := hanNumeral(c)
		switch {
		case zeros == 0:
			digit = digit*10 + uint64(d)
		case zeros < 4:
			section += max(digit, 1) * tenTo(zeros)
			digit = 0
		default:
			if section += digit; sum+section == 0 {
				section = 1
			}
			if section == 0 { // 万亿: the greater unit multiplies all
				section, sum = sum, 0
			}
			if section > 1e18/tenTo(zeros) || sum > 1e18 {
				return s
			}
			sum += section * tenTo(zeros)
			section, digit = 0, 0
		}
	}
	return figureValue(strconv.FormatUint(sum+section+digit, 10), true)
}

func tenTo(n int) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}
