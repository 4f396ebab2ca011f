package diff

import (
	_ "embed" // for the list of words
	"strings"
)

// commonWords are English words that are no names, one a line, in byte order. Forms
// that [isCommon] finds by their endings are left out. SOURCES.md says whose they are.
//
//go:embed kind_common.txt
var commonWords string

// isCommon reports whether an English word, capitals aside, is one of commonWords
// or a form of one: "Protesters", "Killed", "Countries".
func isCommon(w string) bool {
	var room [24]byte
	if len(w)+1 > len(room) {
		return false
	}
	for i := range len(w) {
		if room[i] = w[i] | 0x20; room[i]-'a' >= 26 {
			return false
		}
	}
	b := room[:len(w)]
	if isNameLike(string(b)) {
		return false
	}
	if len(b) == 1 || hasCommon(b) {
		return true
	}
	for _, suffix := range [...]string{"s", "es", "ed", "d", "ing", "ly", "er", "ers", "ings"} {
		if n := len(b) - len(suffix); n >= 3 && string(b[n:]) == suffix {
			stem := b[:n]
			if hasCommon(stem) || suffix != "s" && suffix != "d" && hasStem(stem) {
				return true
			}
		}
	}
	return false
}

// isNameLike reports whether a word is also a common one, or looks like a form of
// one, but stands with a capital as a name more often: "United States", "Polish".
func isNameLike(w string) bool {
	switch w {
	case "united", "china", "turkey", "guinea", "chile", "wales", "jersey", "cork", "french", "polish", "scotch",
		"congress", "senate", "pentagon", "apple", "ford", "meta", "twitter", "shell", "oracle", "arsenal", "boeing",
		"trump", "bush", "carter", "pence", "musk", "swift", "walker", "parker", "turner", "fisher", "hunter", "baker",
		"miller", "porter", "brooks", "wade", "drew", "pat", "peter", "rob", "harry", "jack", "bob", "nick", "ray", "dean",
		"victor", "basil", "grant", "frank", "hastings", "phoenix", "buffalo", "providence", "bologna":
		return true
	}
	return false
}

// hasStem reports whether a common word lost its e ("seiz-ed"), gave up its y
// ("countri-es") or doubled its consonant ("bann-ed") to make the stem.
func hasStem(b []byte) bool {
	last := len(b) - 1
	var room [24]byte
	e := append(append(room[:0], b...), 'e')
	if hasCommon(e) {
		return true
	}
	if b[last] == 'i' {
		e[last] = 'y'
		return hasCommon(e[:len(b)])
	}
	return last >= 3 && b[last] == b[last-1] && hasCommon(b[:last])
}

// hasCommon reports whether a word is one of commonWords.
func hasCommon(w []byte) bool {
	from, to := 0, len(commonWords) // the line lies between, if there is one
	for from < to {
		start := from + (to-from)/2
		for start > from && commonWords[start-1] != '\n' {
			start--
		}
		end := start + strings.IndexByte(commonWords[start:], '\n')
		line, n := commonWords[start:end], 0
		for n < len(line) && n < len(w) && line[n] == w[n] {
			n++
		}
		switch {
		case n == len(line) && n == len(w):
			return true
		case n == len(line) || n < len(w) && line[n] < w[n]:
			from = end + 1
		default:
			to = start
		}
	}
	return false
}
