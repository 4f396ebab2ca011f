package diff

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/schema"
)

// language is what the rules must know of the language of a text.
type language uint8

const (
	english    language = iota // or not said: numbers are read in words, too
	capitalise                 // another language; capitals tell names where its script has them
	nouns                      // German and its neighbours: every noun has a capital
)

// languageOf gives the language of the newer state, or of the older where the
// newer doesn't say.
func languageOf(old, new *schema.State) language {
	tag := new.Language
	if tag == "" {
		tag = old.Language
	}
	tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
	switch tag {
	case "", "en":
		return english
	case "de", "lb", "nds", "gsw":
		return nouns
	}
	return capitalise
}

type wordClass uint8

const (
	aWord   wordClass = iota
	aFigure           // a number, in digits or spelled out
	aSign             // a currency, percent or minus sign
	aName             // a proper name, or a word of one
)

// word is a token as the kinds see it. Other marks are no words.
type word struct {
	is         wordClass
	weak       weakness
	link       bool   // an article, a preposition or "and": it comes and goes with a name
	begins     bool   // its capital tells nothing: a sentence or a title may have given it
	quoted     bool   // it stands within quotation marks
	tens       bool   // "twenty": a unit may follow
	number     bool   // a number that "million" may follow
	han        bool   // a number in Han numerals
	zeros      int8   // of a magnitude, as "million"
	start, end int    // the token's bytes in the text
	spelled    string // the token without the marks in it
	value      string // a figure in one spelling: "3e6"; a sign itself
}

// reader reads the words of one side of a change.
type reader struct {
	text   string
	lang   language
	title  titleCase
	quotes quotes
	words  []word
	tokens []Token
}

func (r *reader) begin(text string, lang language) {
	r.text, r.lang, r.title = text, lang, titleUnknown
	r.words = r.words[:0]
	r.quotes.begin(text)
	if lang == english && looksGerman(text) {
		r.lang = nouns
	}
}

// end forgets the text.
func (r *reader) end() {
	clear(r.words)
	r.text, r.quotes.text = "", ""
}

// read adds the words of text[from:to], figures in one spelling.
func (r *reader) read(from, to int) {
	if from == to {
		return
	}
	r.tokens = appendTokens(r.tokens[:0], r.text, from, to)
	if len(r.tokens) > 0 {
		r.quotes.cover(from, to)
	}
	first := len(r.words)
	for _, t := range r.tokens {
		r.words = append(r.words, word{start: t.Start, end: t.End})
		k := len(r.words) - 1
		w := &r.words[k]
		if !r.class(w) {
			r.words = r.words[:k]
			continue
		}
		w.quoted = r.quotes.hold(t.Start)
		if k > first && w.is == aFigure && (joinHan(&r.words[k-1], w) || joins(r.text[r.words[k-1].end:t.Start]) && joinNumber(&r.words[k-1], w)) {
			r.words = r.words[:k]
		}
	}
}

// class reads one token; it gives false for a mark.
func (r *reader) class(w *word) bool {
	s := r.text[w.start:w.end]
	w.spelled = letters(s)
	if w.spelled == "" {
		return r.sign(w)
	}
	c := rune(w.spelled[0])
	if c >= utf8.RuneSelf {
		c, _ = utf8.DecodeRuneInString(w.spelled)
	}
	switch {
	case 'a' <= c && c <= 'z':
		if r.lang != english || !maybeNumber(w.spelled) || !r.numberWord(w) {
			w.link = isLink(w.spelled)
		}
	case '0' <= c && c <= '9' || c >= utf8.RuneSelf && unicode.IsDigit(c):
		switch {
		case r.inAddress(w.start):
		case r.partOfName(w.start):
			w.is = aName
		default:
			w.is, w.number, w.value = aFigure, true, figureValue(s, r.lang == english)
		}
	case 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf && (unicode.IsUpper(c) || unicode.IsTitle(c)):
		if r.lang != english || !maybeNumber(w.spelled) || !r.numberWord(w) {
			if !r.inAddress(w.start) {
				r.capital(w)
			}
		}
	case c >= firstHan && r.hanFigure(w, c):
	case c >= utf8.RuneSelf:
		w.link = isLink(w.spelled)
	}
	return true
}

// addressBytes is how far back the beginning of an address is looked for.
const addressBytes = 256

// inAddress reports whether text[at] stands in an address of the web, whose digits
// and capitals say nothing to a reader.
func (r *reader) inAddress(at int) bool {
	from := at
	for from > max(0, at-addressBytes) && r.text[from-1] > ' ' {
		from--
	}
	return at-from >= 2 && (strings.Contains(r.text[from:at], "://") || strings.Contains(r.text[from:at], "]("))
}

// letters keeps what makes a word a word: letters with their accents, digits and
// symbols such as emoji.
func letters(s string) string {
	plain := 0
	for plain < len(s) && byteKinds[s[plain]] == '1' && s[plain] != '_' {
		plain++
	}
	if plain == len(s) {
		return s
	}
	keep := func(c rune) bool {
		return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) && c != '\ufe0f' || unicode.Is(unicode.So, c) || unicode.Is(unicode.N, c)
	}
	for i, c := range s {
		if !keep(c) {
			var b strings.Builder
			b.WriteString(s[:i])
			for _, c := range s[i:] {
				if keep(c) {
					b.WriteRune(c)
				}
			}
			return b.String()
		}
	}
	return s
}

// isLink reports whether a small word is an article, a preposition or an "and" of
// those that stand beside names and within them: "the Bank of England", "Ursula von
// der Leyen", "in Kyiv". They are few on purpose: "near" and "with" say more.
func isLink(w string) bool {
	if len(w) > 5 {
		return false
	}
	switch w {
	case "a", "an", "the", "of", "in", "on", "at", "for", "from", "to", "by", "and", "v", "vs",
		"al", "el", "de", "del", "della", "di", "da", "do", "dos", "das", "des", "du", "la", "le", "les", "los", "las",
		"van", "von", "der", "den", "het", "ter", "bin", "ibn", "und", "et", "y", "e", "i", "og", "och", "à",
		"в", "на", "из", "и", "του", "της", "και":
		return true
	}
	return false
}

// looksGerman reports whether the head of a text, whose language is not said, is
// German.
func looksGerman(text string) bool {
	head := text[:min(len(text), 1024)]
	found := uint(0) // a bit for each word that stands between blanks
	for at := strings.IndexByte(head, ' '); at >= 0; {
		rest := head[at+1:]
		end := strings.IndexByte(rest, ' ')
		if end < 0 {
			break
		}
		switch rest[:end] {
		case "the":
			return false
		case "der":
			found |= 1 << 0
		case "die":
			found |= 1 << 1
		case "und":
			found |= 1 << 2
		case "das":
			found |= 1 << 3
		case "den":
			found |= 1 << 4
		case "von":
			found |= 1 << 5
		case "mit":
			found |= 1 << 6
		case "ist":
			found |= 1 << 7
		case "nach":
			found |= 1 << 8
		case "für":
			found |= 1 << 9
		case "im":
			found |= 1 << 10
		case "auf":
			found |= 1 << 11
		case "nicht":
			found |= 1 << 12
		case "eine":
			found |= 1 << 13
		case "zu":
			found |= 1 << 14
		}
		at += 1 + end
	}
	return bits.OnesCount(found) >= 2
}
