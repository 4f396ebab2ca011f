package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// titleCase says whether a text capitalises its words as English titles do.
type titleCase uint8

const (
	titleUnknown titleCase = iota
	titleNot
	titleYes
)

// capital says whether a token that begins with a capital is a name, by the first
// part of the rule in kind_name.go.
func (r *reader) capital(w *word) {
	s := r.text[w.start:w.end]
	if len(w.spelled) == 1 && s == "I" && r.lang == english || r.lang == nouns {
		return
	}
	w.begins = sentenceStart(r.text, w.start)
	if r.lang == english && r.calendar(w) {
		return
	}
	if !w.begins && r.titled() {
		w.begins = true
	}
	switch {
	case isTerm(w.spelled): // no name
	case len(w.spelled) <= 5 && isLink(strings.ToLower(w.spelled)):
		w.link, w.begins = true, true
	case !w.begins:
		w.is = aName
	case innerCapital(s) && !r.shouts():
		w.is, w.begins = aName, false
	case r.lang == english && !isCommon(w.spelled), r.lang != english && r.title != titleYes && capitalAfter(r.text, w.end):
		w.is, w.begins = aName, false
	}
}

// isTerm reports whether capitals stand for a measure, a time zone, an office or a
// thing that has no name of its own.
func isTerm(w string) bool {
	if len(w) > 4 {
		return false
	}
	switch w {
	case "AM", "PM", "GMT", "UTC", "ET", "EST", "EDT", "PT", "PST", "PDT", "CET", "CEST", "BST", "BC", "BCE", "AD", "CE",
		"Mw", "MW", "GW", "TW", "KW", "MWh", "GWh", "TWh", "KB", "MB", "GB", "TB", "Hz", "GHz", "MHz", "Mbps", "Gbps",
		"CEO", "CFO", "CTO", "COO", "MP", "MPs", "MEP", "MEPs", "VIP", "VIPs", "TV", "TVs", "AI", "DNA", "RNA", "HIV", "AIDS", "GDP",
		"SOS", "SUV", "SUVs", "NGO", "NGOs", "LNG", "LPG", "IT", "ID", "IDs", "PhD", "UFO", "CCTV", "IED", "IEDs", "POW", "POWs", "No":
		return true
	}
	return false
}

// innerCapital reports whether a token has a second capital: "US", "McDonald".
func innerCapital(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i]-'A' < 26 {
			return true
		}
	}
	return false
}

// shouts reports whether the head of the text is all in capitals.
func (r *reader) shouts() bool {
	for _, c := range r.text[:min(len(r.text), 64)] {
		if unicode.IsLower(c) {
			return false
		}
	}
	return true
}

// capitalAfter reports whether the next word begins with a capital.
func capitalAfter(s string, at int) bool {
	if at+1 >= len(s) || s[at] != ' ' && s[at] != '-' {
		return false
	}
	c, _ := utf8.DecodeRuneInString(s[at+1:])
	return unicode.IsUpper(c)
}

// sentenceStart reports whether a sentence may begin at s[at]: at the start of a
// line and after a mark that ends a sentence or announces one, quotation marks,
// brackets and the marks of lists and headings aside. After an abbreviation it may,
// too: who can tell.
func sentenceStart(s string, at int) bool {
	for n := 0; at > 0 && n < 16; n++ {
		c, size := utf8.DecodeLastRuneInString(s[:at])
		switch c {
		case '\n', '.', '!', '?', ':', '…', '·', ';':
			return true
		case ' ', '\t', '\u00a0', '\u200b', '\ufeff', '"', '\'', '“', '”', '„', '«', '»', '‹', '›', '‘', '’', '(', '[', '*', '_', '#', '>', '=', '¿', '¡', '•':
			at -= size
		case '-', '–', '—', '+':
			if at == len(s) || s[at] != ' ' || at > size && s[at-size-1] != '\n' {
				return false
			}
			at -= size
		default:
			return false
		}
	}
	return at == 0
}

// titled reports whether the text is a title whose words have capitals.
func (r *reader) titled() bool {
	if r.title == titleUnknown {
		r.title = titleNot
		if looksTitled(r.text) {
			r.title = titleYes
		}
	}
	return r.title == titleYes
}

// titleBytes is the greatest length of a title.
const titleBytes = 240

// looksTitled reports whether a single line has capitals on at least four words,
// and on every word of four letters and more but for some prepositions.
func looksTitled(s string) bool {
	if len(s) > titleBytes {
		return false
	}
	capitals := 0
	for at := 0; at < len(s); {
		end := at
		for end < len(s) && s[end] != ' ' && s[end] != '\n' {
			end++
		}
		w := s[at:end]
		if at = end + 1; end < len(s) && s[end] == '\n' {
			return false
		}
		switch first := strings.TrimLeft(w, "\"'([“‘"); {
		case first == "":
		case first[0]-'A' < 26:
			capitals++
		case first[0]-'a' < 26 && len(first) >= 4 && !smallInTitle(strings.TrimRight(first, ".,:;!?)]'\"”’")):
			return false
		}
	}
	return capitals >= 4
}

// smallInTitle reports whether a word may be small in a title.
func smallInTitle(w string) bool {
	switch w {
	case "with", "from", "over", "into", "after", "amid", "about", "than", "that", "upon", "near", "under",
		"against", "during", "before", "between", "through", "versus", "onto", "without", "among":
		return true
	}
	return len(w) < 4
}
