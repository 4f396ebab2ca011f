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

// numberWords are the English numbers that stand alone, as values.
var numberWords = map[string]string{
	"zero": "0e0", "one": "1e0", "two": "2e0", "three": "3e0", "four": "4e0", "five": "5e0", "six": "6e0",
	"seven": "7e0", "eight": "8e0", "nine": "9e0", "ten": "1e1", "eleven": "11e0", "twelve": "12e0",
	"thirteen": "13e0", "fourteen": "14e0", "fifteen": "15e0", "sixteen": "16e0", "seventeen": "17e0",
	"eighteen": "18e0", "nineteen": "19e0", "twenty": "2e1", "thirty": "3e1", "forty": "4e1", "fifty": "5e1",
	"sixty": "6e1", "seventy": "7e1", "eighty": "8e1", "ninety": "9e1",
}

// magnitudes are the words that multiply the number before them, as powers of ten.
var magnitudes = map[string]int{
	"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
	"hundreds": 2, "thousands": 3, "millions": 6, "billions": 9, "trillions": 12,
}

// maybeNumber reports whether a word may be one of those in this file, as nearly
// none is: by its length and its first letter.
func maybeNumber(w string) bool {
	return len(w) >= 3 && len(w) <= len("seventeenth") && strings.IndexByte("bdefhmnostzBDEFHMNOSTZ", w[0]) >= 0
}

// ordinalWords are the English ordinals, as figures with their letters.
var ordinalWords = map[string]string{
	"first": "1e0st", "second": "2e0nd", "third": "3e0rd", "fourth": "4e0th", "fifth": "5e0th", "sixth": "6e0th",
	"seventh": "7e0th", "eighth": "8e0th", "ninth": "9e0th", "tenth": "1e1th",
}
