package diff

// Blame tells, for every word of a text, which of its versions put it there first. It
// takes the versions one after the other and looks at the whole past of the text, not
// at neighbours alone: a word that was deleted and comes back keeps its first origin,
// and so does text that moved.
//
// The approach is that of Flöck and Acosta, "WikiWho: Precise and Efficient Attribution
// of Authorship of Revisioned Content" (WWW 2014): whole paragraphs are looked for in
// all of the past, then sentences, and only words of the rest are compared. Unlike
// there, case counts and no version is left out as vandalism. Each word that was ever
// written is one of a kind, and stands at most in one place of a version: of a paragraph
// that was doubled, one copy is new.
//
// The rules, the larger unit always first; what one has decided, the next leave alone. A
// version with the very paragraphs of an earlier one, in their order, has its words: what
// is restored is as it was. Else:
//
//  1. Paragraphs (a paragraph is a line) that the version before has in the same order
//     stay: the longest common subsequence of the two.
//  2. Any other paragraph takes its words from the latest version that has it, word for
//     word, and there from the first whose words stand nowhere else in the new version.
//  3. Sentences of the remaining paragraphs, between two paragraphs that stay, stay
//     likewise.
//  4. Any other sentence takes its words from the past, as in rule 2.
//  5. What remains between two places that stay is compared word by word: the longest
//     common subsequence stays. Where half of a new sentence's words or more stand among
//     those that went there, in whatever order, words that only changed places stay too.
//  6. A sentence that has new words yet is compared with the past sentences that are
//     most like it, at most four, by the number of pairs of neighbouring words that they
//     share; pairs that more than 32 sentences have say nothing. Where they have half of
//     the shorter one's words in the same order, words that stand nowhere else come back.
//  7. Every other word is new.
//
// So a short paragraph or sentence that was deleted, as "Yes." or "== Notes ==", is
// taken to come back whenever it is written again, by mere coincidence perhaps; a single
// word alone is not. White space is no word: a text wrapped anew keeps all its words.
//
// Adding a version costs about as much as its diff from the version before, and memory
// grows with the distinct paragraphs and sentences that the text ever had, not with the
// number of versions. All is kept by its bytes: hashes only find it.
//
// The zero value is ready for use. A Blame is for one goroutine at a time.
type Blame struct {
	version int
	text    string
	now     []blameLine // the paragraphs of text
	adds    int32       // how often the text changed

	at       *blameVersion // the version at hand
	versions map[uint64][]*blameVersion

	words      map[string]int32 // a word's bytes → its number
	lines      map[string]*blameParagraph
	paragraphs map[string]*blameParagraph // by the numbers of their sentences
	sentences  map[string]*blameSentence  // by the numbers of their words
	pairs      map[[2]int32]*wordPair
	fresh      []*blameSentence // whose pairs are not listed yet

	origin []int32 // per word ever written: the version
	live   []bool  // and whether it stands in the version at hand

	tokens []Token // scratch, from here on
	key    []byte
	align  aligner
	rounds int // of looking for sentences that are alike
}

// Origin says which version put the bytes Start to End of a text there first.
type Origin struct {
	Start, End int
	Version    int
	Words      int // how many words they hold; marks and signs of punctuation are none
}

// BlamedField is a field of an article with the origins of its words. Runs are in order
// and don't overlap; white space between words of two origins belongs to none.
type BlamedField struct {
	Name string // as in Field
	Text string // of a set, one item a line
	Runs []Origin
}

// AddRun adds what follows all runs, to the last one where that has the same origin.
func (f *BlamedField) AddRun(o Origin) { f.Runs = appendOrigin(f.Runs, o) }

func appendOrigin(runs []Origin, o Origin) []Origin {
	if last := len(runs) - 1; last >= 0 && runs[last].Version == o.Version {
		runs[last].End = o.End
		runs[last].Words += o.Words
		return runs
	}
	return append(runs, o)
}

// blameLine is a paragraph of the version at hand: text[start:end].
type blameLine struct {
	start, end int
	form       *blameParagraph
	copy       *paragraphCopy // its words; nil while they are not known
}

// Add takes the next version of the text. What is new in it gets the number version,
// from 0 to 2³¹-1; numbers may be given in any order and more than once.
func (b *Blame) Add(version int, text string) {
	b.version = version
	if text == b.text {
		return
	}
	b.begin()
	old := b.now
	next, head, tail := b.readLines(text)
	b.text, b.now = text, next
	if head == len(old) && head == len(next) {
		return // its white space alone is new
	}
	key := linesKey(next)
	if known := b.knownVersion(key, next); known != nil {
		b.release(old)
		b.restore(known)
	} else {
		b.release(old[head : len(old)-tail])
		m := blameMatch{b: b, old: old[head : len(old)-tail], new: next[head : len(next)-tail]}
		m.run()
		b.keepVersion(key, head, tail)
	}
	b.listPairs()
	b.adds++
}

func (b *Blame) begin() {
	if b.words == nil {
		b.words = map[string]int32{}
		b.lines = map[string]*blameParagraph{}
		b.paragraphs = map[string]*blameParagraph{}
		b.sentences = map[string]*blameSentence{}
		b.pairs = map[[2]int32]*wordPair{}
		b.versions = map[uint64][]*blameVersion{}
	}
}

// Text gives the version that was added last.
func (b *Blame) Text() string { return b.text }

// Words gives the tokens (see [AppendTokens]) of the version that was added last, in
// order, each with its origin.
func (b *Blame) Words() []Origin {
	var out []Origin
	for _, l := range b.now {
		b.tokens = appendTokens(b.tokens[:0], b.text, l.start, l.end)
		k := 0
		for _, s := range l.copy.sentences {
			for _, w := range s.words {
				o := Origin{Start: b.tokens[k].Start, End: b.tokens[k].End, Version: int(b.origin[w])}
				if isWord(b.text[o.Start:o.End]) {
					o.Words = 1
				}
				out = append(out, o)
				k++
			}
		}
	}
	return out
}

// Runs gives the stretches of the version that was added last that have one origin: from
// the first byte of a word to the last of another one, and no word of another origin
// between. White space at their edges belongs to none.
func (b *Blame) Runs() []Origin {
	var out []Origin
	for _, w := range b.Words() {
		out = appendOrigin(out, w)
	}
	return out
}
