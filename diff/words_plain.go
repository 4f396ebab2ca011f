package diff

import "strings"

// Looking for a word of ASCII letters and digits alone, which most are, needs no
// tokens but where its bytes stand: only there the text is taken apart.

// isPlain says whether a folded word is made of ASCII letters and digits alone.
func isPlain(word string) bool {
	for i := range len(word) {
		if byteKinds[word[i]] != '1' || word[i] == '_' {
			return false
		}
	}
	return true
}

// foldsToPlain says whether s holds a character other than an ASCII letter or digit
// that is compared as one, or as nothing (foldRune).
func foldsToPlain(s string) bool {
	return strings.IndexByte(s, 0xef) >= 0 || // full-width letters, U+FEFF
		strings.Contains(s, "\u00ad") || strings.Contains(s, "\u017f") || strings.Contains(s, "\u212a") ||
		strings.Contains(s, "\u200e") || strings.Contains(s, "\u200f")
}

// byRarity lists letters and digits, the rarest in texts first.
const byRarity = "qzxj0987654321kvbpygfwmucldrhsnioate"

// rarest gives the place of the character of a word that is rarest in texts.
func rarest(word string) int {
	best, at := len(byRarity), 0
	for i := range len(word) {
		if r := strings.IndexByte(byRarity, word[i]); r < best {
			best, at = r, i
		}
	}
	return at
}

// maxBack is how many bytes before a word are looked at for a place where the text
// can be cut.
const maxBack = 256

// eachPlain is each for a phrase whose first word is plain, in a text where that is
// written with ASCII letters and digits alone. It gives up, before it has called f,
// where the text can't be cut near a place.
func (p Phrase) eachPlain(s string, f func(start, end int)) bool {
	var room [64]Token
	found := room[:0]
	word := p.words[0]
	offset := rarest(word)
	low := word[offset]
	high := low
	if isLetter(low) {
		high = low - 0x20
	}
	nextLow, nextHigh := indexFrom(s, 0, low), indexFrom(s, 0, high)
	for {
		at := min(nextLow, nextHigh)
		if at == len(s) {
			break
		}
		if at == nextLow {
			nextLow = indexFrom(s, at+1, low)
		}
		if at == nextHigh {
			nextHigh = indexFrom(s, at+1, high)
		}
		if at -= offset; !p.mayBegin(s, at) {
			continue
		}
		place, ok, cut := p.beginsAt(s, at)
		if !cut {
			return false
		}
		if ok {
			found = append(found, place)
		}
	}
	for _, t := range found {
		f(t.Start, t.End)
	}
	return true
}

// indexFrom gives where a byte stands from s[from] on, and len(s) where it doesn't.
func indexFrom(s string, from int, c byte) int {
	if i := strings.IndexByte(s[from:], c); i >= 0 {
		return from + i
	}
	return len(s)
}

// mayBegin says whether the phrase's first word is written at s[at], and no longer
// word that everybody can see.
func (p Phrase) mayBegin(s string, at int) bool {
	word := p.words[0]
	if at < 0 || at+len(word) > len(s) {
		return false
	}
	for i := range len(word) {
		c := s[at+i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	plain := func(i int) bool { return i >= 0 && i < len(s) && byteKinds[s[i]] == '1' && s[i] != '_' }
	return !plain(at-1) && (!plain(at+len(word)) || p.prefix && len(p.words) == 1)
}

// beginsAt says whether the phrase stands where its first word is written at s[at];
// cut is false where the text can't be taken apart there.
func (p Phrase) beginsAt(s string, at int) (place Token, ok, cut bool) {
	from := at
	for !cutsClean(s, from) {
		if from--; at-from > maxBack {
			return place, false, false
		}
	}
	var room [64]Token
	var scratch [64]byte
	for size := 24 + 12*len(p.words); ; size *= 4 {
		end := at + size
		for end < len(s) && !cutsClean(s, end) {
			end++
		}
		end = min(end, len(s))
		words := keepWords(appendTokens(room[:0], s, from, end), s)
		for len(words) > 0 && words[0].End <= at {
			words = words[1:]
		}
		if len(words) < len(p.words) && end < len(s) {
			continue
		}
		if len(words) < len(p.words) || words[0].Start > at || strings.Trim(s[words[0].Start:at], "_") != "" || !p.at(words, s, scratch[:0]) {
			return place, false, true
		}
		return Token{words[0].Start, words[len(p.words)-1].End}, true, true
	}
}
