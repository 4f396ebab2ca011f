package diff

// class is what UAX #29 needs to know of a rune: its Word_Break property, and its
// Grapheme_Cluster_Break and Indic_Conjunct_Break where these join what the word
// rules would part. The values are printable, so that token_table.go can be read.
type class byte

const (
	classOther           class = 'A' + iota
	classLetter                // WB ALetter
	classLetterConsonant       // ALetter that is an InCB consonant
	classLetterPict            // ALetter that is Extended_Pictographic
	classPrependLetter         // ALetter that is GCB Prepend
	classHebrew                // WB Hebrew_Letter
	classDigit                 // WB Numeric
	classPrependDigit          // Numeric that is GCB Prepend
	classKatakana              // WB Katakana
	classConnector             // WB ExtendNumLet
	classMidLetter             // WB MidLetter
	classMidDigit              // WB MidNum
	classMidBoth               // WB MidNumLet
	classApostrophe            // WB Single_Quote
	classQuote                 // WB Double_Quote
	classExtend                // WB Extend that is GCB Extend
	classLinker                // the same that is an InCB linker
	classSpacing               // WB Extend that is neither GCB Extend nor Control
	classFormat                // the same that is GCB Control
	classZWJ                   // U+200D
	classAttach                // GCB SpacingMark that the word rules know nothing of
	classFlag                  // Regional_Indicator
	classPict                  // Extended_Pictographic
	classConsonant             // InCB consonant that is no ALetter
	classControl               // GCB Control
	classCR
	classLF
	classNewline       // WB Newline
	classBlank         // WB WSegSpace
	classTab           // white space that is GCB Control: U+0009
	classNoBreak       // white space that no word rule names: U+00A0, U+2007
	classNarrowNoBreak // U+202F: white space, and ExtendNumLet
)

// classOf gives the class of a rune. What is no UTF-8 decodes to U+FFFD, an Other.
func classOf(r rune) class {
	block := int(r >> 8)
	switch {
	case block < len(tokenIndex):
		return class(tokenBlocks[int(tokenIndex[block]-indexBase)<<8|int(r&0xff)])
	case block>>4 == 0xe0: // tags and variation selectors
		return class(tokenBlocks[int(tokenIndexE[block&0xf]-indexBase)<<8|int(r&0xff)])
	}
	return classOther
}

// wordClass strips what only the grapheme rules care for.
func (c class) wordClass() class {
	switch c {
	case classLetterConsonant, classLetterPict, classPrependLetter:
		return classLetter
	case classPrependDigit:
		return classDigit
	case classNarrowNoBreak:
		return classConnector
	}
	return c
}

// letter is the AHLetter of the rules; c must be a word class.
func (c class) letter() bool { return c == classLetter || c == classHebrew }

// skipped says whether rule WB4 looks through the rune.
func (c class) skipped() bool { return c >= classExtend && c <= classZWJ }

// white says whether the rune has the property White_Space.
func (c class) white() bool { return c >= classCR }
