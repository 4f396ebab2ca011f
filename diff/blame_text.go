package diff

import (
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a text is made of, for blame: lines, which are its paragraphs, sentences and
// words. Each distinct one is kept once, however often it was written, with its copies:
// the words of the places where it stood.

// blameParagraph is a distinct line, apart from its white space.
type blameParagraph struct {
	number    int32
	sentences []*blameSentence
	copies    []*paragraphCopy
	free      latestFree
}

// blameSentence is a distinct row of words.
type blameSentence struct {
	number int32
	words  []int32
	copies []*sentenceCopy
	free   latestFree // of whole copies
	used   latestFree // of words of copies

	shared int32 // pairs, with the sentence that was asked about in
	round  int   // this round
}

// wordPair lists the sentences that have two words side by side.
type wordPair struct {
	sentences []*blameSentence // no more than commonPair + 1
	round     int              // when it was last looked at
}

// paragraphCopy is one way in which a paragraph's words came together.
type paragraphCopy struct {
	form      *blameParagraph
	sentences []*sentenceCopy
	seen      lastSeen
}

// sentenceCopy is the same for a sentence; words are places in Blame.origin.
type sentenceCopy struct {
	form  *blameSentence
	words []int32
	seen  lastSeen
}

// lastSeen is where a copy stood last: how many changes of the text ago, and the place
// in that version.
type lastSeen struct{ change, place int32 }

// later says that a version with the copy at s is met before one with that at t by who
// goes back through the past, and reads each version from its beginning.
func (s lastSeen) later(t lastSeen) bool {
	return s.change > t.change || s.change == t.change && s.place < t.place
}

// latestFree goes through copies while one version is looked at, those that stood last
// first. Within a version no copy that is taken becomes free again, so that nothing
// before next need be looked at twice, however many copies there are.
type latestFree struct {
	change int32 // the change of the text that copies are sorted for, from 1
	next   int
}

// begin says whether the copies are to be sorted first.
func (f *latestFree) begin(change int32) bool {
	if f.change == change+1 {
		return false
	}
	f.change, f.next = change+1, 0
	return true
}

// compare orders what was seen later before what was seen earlier.
func (s lastSeen) compare(t lastSeen) int {
	switch {
	case s.later(t):
		return -1
	case t.later(s):
		return 1
	}
	return 0
}

// minSentence is the least number of tokens of a sentence that does not fill its line:
// an initial, or the end of an abbreviation, is no sentence of its own.
const minSentence = 3

// readLines takes the next text apart. Head and tail are the numbers of paragraphs at
// either end that it has in common with the version before, which keep their words.
func (b *Blame) readLines(text string) (next []blameLine, head, tail int) {
	from := strings.LastIndexByte(text[:commonPrefix(b.text, text)], '\n') + 1
	for head < len(b.now) && b.now[head].end < from {
		head++
	}
	to := len(text)
	same := commonSuffix(b.text[from:], text[from:])
	if cut := strings.IndexByte(text[to-same:], '\n'); cut >= 0 {
		to -= same - cut - 1
		for tail < len(b.now)-head && b.now[len(b.now)-1-tail].start >= len(b.text)-(len(text)-to) {
			tail++
		}
	}
	next = append(make([]blameLine, 0, len(b.now)+8), b.now[:head]...)
	for start := from; start < to; {
		_, end, after := blameLineAt(text, start, to)
		if form := b.paragraph(text[start:end]); form != nil {
			next = append(next, blameLine{start: start, end: end, form: form})
		}
		start = after
	}
	for _, l := range b.now[len(b.now)-tail:] {
		by := len(text) - len(b.text)
		next = append(next, blameLine{start: l.start + by, end: l.end + by, form: l.form})
	}
	head, tail = sameEnds(b.now, next)
	for i := range head {
		next[i].copy = b.now[i].copy
	}
	for i := 1; i <= tail; i++ {
		next[len(next)-i].copy = b.now[len(b.now)-i].copy
	}
	return next, head, tail
}

// sameEnds counts the paragraphs with which both begin and, of the others, end.
func sameEnds(a, b []blameLine) (head, tail int) {
	n := min(len(a), len(b))
	for head < n && a[head].form == b[head].form {
		head++
	}
	for tail < n-head && a[len(a)-1-tail].form == b[len(b)-1-tail].form {
		tail++
	}
	return head, tail
}

// blameLineAt gives the line of text[:limit] that begins at i, and the start of the next.
func blameLineAt(text string, i, limit int) (start, end, next int) {
	if n := strings.IndexByte(text[i:limit], '\n'); n >= 0 {
		return i, i + n, i + n + 1
	}
	return i, limit, limit
}

// paragraph finds the distinct paragraph that a line is; nil where it has no words.
func (b *Blame) paragraph(line string) *blameParagraph {
	if p, ok := b.lines[line]; ok {
		return p
	}
	b.tokens = appendTokens(b.tokens[:0], line, 0, len(line))
	if len(b.tokens) == 0 {
		return nil
	}
	var sentences []*blameSentence
	for rest := b.tokens; len(rest) > 0; {
		n := sentenceLength(line, rest)
		sentences = append(sentences, b.sentence(line, rest[:n]))
		rest = rest[n:]
	}
	b.key = b.key[:0]
	for _, s := range sentences {
		b.key = binary.LittleEndian.AppendUint32(b.key, uint32(s.number))
	}
	p := b.paragraphs[string(b.key)]
	if p == nil {
		p = &blameParagraph{number: int32(len(b.paragraphs)), sentences: sentences}
		b.paragraphs[string(b.key)] = p
	}
	b.lines[strings.Clone(line)] = p
	return p
}

// sentence finds the distinct sentence that a row of tokens is.
func (b *Blame) sentence(line string, tokens []Token) *blameSentence {
	b.key = b.key[:0]
	for _, t := range tokens {
		word := line[t.Start:t.End]
		number, ok := b.words[word]
		if !ok {
			number = int32(len(b.words))
			b.words[strings.Clone(word)] = number
		}
		b.key = binary.LittleEndian.AppendUint32(b.key, uint32(number))
	}
	if s := b.sentences[string(b.key)]; s != nil {
		return s
	}
	s := &blameSentence{number: int32(len(b.sentences)), words: make([]int32, len(tokens))}
	for i := range tokens {
		s.words[i] = int32(binary.LittleEndian.Uint32(b.key[4*i:]))
	}
	b.sentences[string(b.key)] = s
	b.fresh = append(b.fresh, s)
	return s
}

// sentenceLength gives the number of tokens of the sentence with which a line's tokens
// begin: up to a full stop or its like and the closing marks after it, where white space
// follows or the mark is of a script that does without. What would be left of the line
// must be a sentence too.
func sentenceLength(line string, tokens []Token) int {
	for n := minSentence; n+minSentence <= len(tokens); n++ {
		k := n - 1
		for k > 0 && closes(line, tokens[k]) && tokens[k-1].End == tokens[k].Start {
			k--
		}
		mark, size := utf8.DecodeRuneInString(line[tokens[k].Start:tokens[k].End])
		if !endsSentence(mark) || size != tokens[k].End-tokens[k].Start {
			continue
		}
		if tokens[n-1].End < tokens[n].Start || mark > unicode.MaxASCII && !closes(line, tokens[n]) && !endsSentenceAt(line, tokens[n]) {
			return n
		}
	}
	return len(tokens)
}

// closes says that a token is a mark that closes what another one opened.
func closes(line string, t Token) bool {
	r, size := utf8.DecodeRuneInString(line[t.Start:t.End])
	return size == t.End-t.Start && (r == '"' || r == '\'' || unicode.In(r, unicode.Pe, unicode.Pf))
}

func endsSentenceAt(line string, t Token) bool {
	r, _ := utf8.DecodeRuneInString(line[t.Start:t.End])
	return endsSentence(r)
}

// commonPair is the number of sentences from which a pair of words says nothing.
const commonPair = 32

// listPairs lists the new sentences by their pairs of neighbouring words.
func (b *Blame) listPairs() {
	for _, s := range b.fresh {
		for i := 1; i < len(s.words); i++ {
			at := [2]int32{s.words[i-1], s.words[i]}
			pair := b.pairs[at]
			if pair == nil {
				pair = new(wordPair)
				b.pairs[at] = pair
			}
			if n := len(pair.sentences); n <= commonPair && (n == 0 || pair.sentences[n-1] != s) {
				pair.sentences = append(pair.sentences, s)
			}
		}
	}
	b.fresh = b.fresh[:0]
}
