package diff

import (
	"strconv"
	"strings"
)

// power writes digits times a power of ten: "3e6".
func power(digits string, exp int) string { return digits + "e" + strconv.Itoa(exp) }

// scale multiplies a value by a power of ten.
func scale(value string, zeros int) string {
	digits, e, found := strings.Cut(value, "e")
	exp, err := strconv.Atoi(e)
	if !found || err != nil { // letters follow the number: "20th million"
		return value + "e" + strconv.Itoa(zeros)
	}
	return power(digits, exp+zeros)
}

// numeral is what a number in English letters says: a value; a magnitude, which
// multiplies the number before it by a power of ten; or an ordinal.
type numeral struct {
	value string
	zeros int8 // of a magnitude
	weak  weakness
	tens  bool // a unit may follow: "twenty-five"
}

// numerals are the English words for numbers. "Hundreds" is another figure than
// "hundred".
var numerals = map[string]numeral{
	"zero": {value: "0e0"}, "one": {value: "1e0", weak: weakOne}, "two": {value: "2e0"}, "three": {value: "3e0"},
	"four": {value: "4e0"}, "five": {value: "5e0"}, "six": {value: "6e0"}, "seven": {value: "7e0"},
	"eight": {value: "8e0"}, "nine": {value: "9e0"}, "ten": {value: "1e1"}, "eleven": {value: "11e0"},
	"twelve": {value: "12e0"}, "thirteen": {value: "13e0"}, "fourteen": {value: "14e0"}, "fifteen": {value: "15e0"},
	"sixteen": {value: "16e0"}, "seventeen": {value: "17e0"}, "eighteen": {value: "18e0"}, "nineteen": {value: "19e0"},

	"twenty": {value: "2e1", tens: true}, "thirty": {value: "3e1", tens: true}, "forty": {value: "4e1", tens: true},
	"fifty": {value: "5e1", tens: true}, "sixty": {value: "6e1", tens: true}, "seventy": {value: "7e1", tens: true},
	"eighty": {value: "8e1", tens: true}, "ninety": {value: "9e1", tens: true},

	"hundred": {value: "hundred", zeros: 2}, "thousand": {value: "thousand", zeros: 3}, "million": {value: "million", zeros: 6},
	"billion": {value: "billion", zeros: 9}, "trillion": {value: "trillion", zeros: 12}, "dozen": {value: "dozen"},
	"hundreds": {value: "hundreds", zeros: 2}, "thousands": {value: "thousands", zeros: 3}, "millions": {value: "millions", zeros: 6},
	"billions": {value: "billions", zeros: 9}, "trillions": {value: "trillions", zeros: 12}, "dozens": {value: "dozens"},

	"first": {value: "1e0st", weak: weakOne}, "second": {value: "2e0nd", weak: weakOne}, "third": {value: "3e0rd", weak: weakOne},
	"fourth": {value: "4e0th", weak: weakOne}, "fifth": {value: "5e0th", weak: weakOne}, "sixth": {value: "6e0th", weak: weakOne},
	"seventh": {value: "7e0th", weak: weakOne}, "eighth": {value: "8e0th", weak: weakOne}, "ninth": {value: "9e0th", weak: weakOne},
	"tenth": {value: "1e1th", weak: weakOne},
}

// numeralLengths has, for each first letter from a on, the lengths of the words of
// numerals: bit n for n letters.
var numeralLengths = [26]uint16{
	'b' - 'a': 1<<7 | 1<<8,
	'd' - 'a': 1<<5 | 1<<6,
	'e' - 'a': 1<<5 | 1<<6 | 1<<8,
	'f' - 'a': 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8,
	'h' - 'a': 1<<7 | 1<<8,
	'm' - 'a': 1<<7 | 1<<8,
	'n' - 'a': 1<<4 | 1<<5 | 1<<6 | 1<<8,
	'o' - 'a': 1 << 3,
	's' - 'a': 1<<3 | 1<<5 | 1<<6 | 1<<7 | 1<<9,
	't' - 'a': 1<<3 | 1<<5 | 1<<6 | 1<<8 | 1<<9,
	'z' - 'a': 1 << 4,
}

// maybeNumber reports whether a word may be one of numerals, as nearly none is: by
// its first letter and its length.
func maybeNumber(w string) bool {
	c := w[0] | 0x20 - 'a'
	return c < 26 && len(w) < 16 && numeralLengths[c]>>len(w)&1 != 0
}
