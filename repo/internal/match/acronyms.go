package match

import (
	"slices"
	"unicode/utf8"
)

// capital is a word with a capital letter as it follows on others in a headline.
type capital struct {
	place  int // in the headline's text
	letter rune
	follow bool // nothing but small short words stands between it and the one before
}

// acronym is a word of two to five capitals.
type acronym struct {
	stem    string
	letters []rune // folded
}

// capitals lists the words of a headline that begin with a capital, and those that
// are nothing but capitals.
func capitals(tokens []token) (caps []capital, short []acronym) {
	follow := false
	for i, t := range tokens {
		switch {
		case t.figure || !t.capital && t.lower > shortRunes:
			follow = false
		case t.capital && t.allCaps && t.lower >= 2 && t.lower <= 5:
			short = append(short, acronym{firstRunes(t.text, stemRunes), []rune(t.text)})
			follow = false
		case t.capital:
			letter, _ := utf8.DecodeRuneInString(t.text)
			caps = append(caps, capital{i, letter, follow})
			follow = true
		}
	}
	return caps, short
}

// contract gives h with the names written out that other has as an acronym put as
// that acronym: beside "UAE", "United Arab Emirates" is one word, the same.
func (h headline) contract(other headline) headline {
	var text []word // a copy, once something is put in; dropped words have no stem
	for _, a := range other.acronyms {
		if slices.ContainsFunc(h.words, func(w word) bool { return w.stem == a.stem }) {
			continue
		}
		for i := range h.capitals {
			if !h.spelledOut(a, i) {
				continue
			}
			if text == nil {
				text = slices.Clone(h.text)
			}
			from, to := h.capitals[i].place, h.capitals[i+len(a.letters)-1].place
			for j := from; j <= to; j++ {
				text[j] = word{}
			}
			text[from] = word{stem: a.stem, full: string(a.letters), weight: 1, name: true}
		}
	}
	if text == nil {
		return h
	}
	return settle(slices.DeleteFunc(text, func(w word) bool { return w.stem == "" }))
}

// spelledOut says whether the acronym's letters begin the words from h.capitals[i]
// on.
func (h headline) spelledOut(a acronym, i int) bool {
	if i+len(a.letters) > len(h.capitals) {
		return false
	}
	for j, c := range h.capitals[i : i+len(a.letters)] {
		if c.letter != a.letters[j] || j > 0 && !c.follow {
			return false
		}
	}
	return true
}
