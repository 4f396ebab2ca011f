package match

import (
	"slices"
	"strconv"
)

// spelled gives the value of an English number word below 100 that is one word.
func spelled(s string) (int, bool) {
	small := [...]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
		"ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	if i := slices.Index(small[:], s); i >= 0 {
		return i, true
	}
	tens := [...]string{"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	if i := slices.Index(tens[:], s); i >= 0 {
		return 20 + 10*i, true
	}
	return 0, false
}

// multiple gives what "hundred", "thousand" and the like multiply by, else 0.
func multiple(s string) int {
	switch s {
	case "hundred":
		return 100
	case "thousand":
		return 1000
	case "million":
		return 1000000
	case "billion":
		return 1000000000
	}
	return 0
}

// ordinal gives the figure of an English ordinal word, else "".
func ordinal(s string) string {
	words := [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"}
	figures := [...]string{"1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th", "11th", "12th"}
	if i := slices.Index(words[:], s); i >= 0 {
		return figures[i]
	}
	return ""
}

// spellFigures turns number words into figures, so that "seven dead" and "7 dead"
// say the same: "twenty-four" is 24, "two hundred" 200, "first" 1st. Only English
// is spelled out; a number word of another language is a word like any other, and
// the rules treat a word put for another word with the same care.
func spellFigures(tokens []token) []token {
	out := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if ord := ordinal(t.text); ord != "" {
			t.text, t.figure = ord, true
		} else if n, ok := spelled(t.text); ok {
			if n >= 20 && i+1 < len(tokens) {
				if unit, ok := spelled(tokens[i+1].text); ok && 0 < unit && unit < 10 {
					n += unit
					i++
				}
			}
			t.text, t.figure = strconv.Itoa(n), true
		}
		for t.figure && i+1 < len(tokens) && multiple(tokens[i+1].text) > 0 {
			value, err := strconv.Atoi(t.text)
			if err != nil || value > 1000000 {
				break
			}
			t.text = strconv.Itoa(value * multiple(tokens[i+1].text))
			i++
		}
		out = append(out, t)
	}
	return out
}
