package diff

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"testing"
	"unicode"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/words"
)

// update makes the tests rewrite what they compare with: go test ./diff -update.
var update = flag.Bool("update", false, "rewrite token_table.go from the oracle")

// TestTokenTable asks the oracle about every rune there is, by putting it beside
// runes whose class is known, and compares the answers with token_table.go.
func TestTokenTable(t *testing.T) {
	const last = 0x10ffff
	classes := make([]byte, last+1)
	for r := range classes {
		classes[r] = byte(probeClass(rune(r)))
	}
	if *update {
		if err := os.WriteFile("token_table.go", tokenTable(t, classes), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Log("token_table.go rewritten: run the tests again")
		return
	}
	for r, want := range classes {
		if got := classOf(rune(r)); got != class(want) {
			t.Fatalf("class of %U is %c, the oracle says %c: run with -update", r, got, want)
		}
		if got, want := classOf(rune(r)).white(), unicode.IsSpace(rune(r)); got != want {
			t.Fatalf("%U: white space %v, unicode says %v", r, got, want)
		}
	}
}

// wordJoin and clusterJoin say that the oracle sees no boundary at s[i].
func wordJoin(s string, i int) bool {
	for it := words.FromString(s); it.Next(); {
		if it.End() == i {
			return false
		}
	}
	return true
}

func clusterJoin(s string, i int) bool {
	for it := graphemes.FromString(s); it.Next(); {
		if it.End() == i {
			return false
		}
	}
	return true
}

func probeClass(r rune) class {
	if r >= 0xd800 && r < 0xe000 {
		return classOther // surrogates never come out of a text
	}
	c := string(r)
	n := len(c)
	control := !clusterJoin(c+"\u0301", n)
	switch {
	case r == '\r':
		return classCR
	case r == '\n':
		return classLF
	case r == 0x200d:
		return classZWJ
	case !wordJoin(c+"\u0301", n):
		return classNewline
	case wordJoin("!"+c, 1):
		return probeExtend(c)
	case wordJoin(c+"\U0001F1E6", n):
		return classFlag
	case wordJoin("a"+c, 1) && wordJoin(c+"a", n):
		return probeWord(r)
	case wordJoin("ア"+c, len("ア")):
		return classKatakana
	case wordJoin(" "+c, 1):
		return classBlank
	case wordJoin("!\u200d"+c, 4):
		return classPict
	case unicode.IsSpace(r) && control:
		return classTab
	case unicode.IsSpace(r):
		return classNoBreak
	case control:
		return classControl
	case clusterJoin("!"+c, 1):
		return classAttach
	case clusterJoin(c+"\u094dक", n+3):
		return classConsonant
	}
	return probeMiddle(c)
}

func probeExtend(c string) class {
	extends := clusterJoin("\U0001F600"+c+"\u200d\U0001F600", 4+len(c)+3)
	switch {
	case extends && clusterJoin("क"+c+"क", 3+len(c)):
		return classLinker
	case extends:
		return classExtend
	case !clusterJoin(c+"\u0301", len(c)):
		return classFormat
	}
	return classSpacing
}

func probeWord(r rune) class {
	c := string(r)
	n := len(c)
	prepend := clusterJoin(c+"!", n)
	switch {
	case wordJoin("ア"+c, 3) && unicode.IsSpace(r):
		return classNarrowNoBreak
	case wordJoin("ア"+c, 3):
		return classConnector
	case wordJoin("1,"+c, 1) && prepend:
		return classPrependDigit
	case wordJoin("1,"+c, 1):
		return classDigit
	case wordJoin(c+"\"א", n):
		return classHebrew
	case prepend:
		return classPrependLetter
	case wordJoin("!\u200d"+c, 4):
		return classLetterPict
	case clusterJoin(c+"\u094dक", n+3):
		return classLetterConsonant
	}
	return classLetter
}

func probeMiddle(c string) class {
	letters := wordJoin("a"+c+"a", 1)
	digits := wordJoin("1"+c+"1", 1)
	switch {
	case letters && digits && wordJoin("א"+c, 2):
		return classApostrophe
	case letters && digits:
		return classMidBoth
	case letters:
		return classMidLetter
	case digits:
		return classMidDigit
	case wordJoin("א"+c+"א", 2):
		return classQuote
	}
	return classOther
}

// tokenTable writes the classes as two levels: blocks of 256 runes, equal ones
// once, and for each 256 runes the number of its block.
func tokenTable(t *testing.T, classes []byte) []byte {
	seen := map[string]int{}
	var blocks []string
	number := func(b int) int {
		text := string(classes[b<<8 : (b+1)<<8])
		if _, ok := seen[text]; !ok {
			seen[text] = len(blocks)
			blocks = append(blocks, text)
		}
		return seen[text]
	}
	const planes = 0x200 // blocks of the planes 0 and 1
	var index, tags []byte
	for b := range planes {
		index = append(index, byte(number(b)+indexBase))
	}
	for b := 0xe00; b < 0xe10; b++ {
		tags = append(tags, byte(number(b)+indexBase))
	}
	for b := planes; b < len(classes)>>8; b++ {
		if b>>4 != 0xe0 && blocks[number(b)] != blocks[number(0x34)] {
			t.Fatalf("block %x holds more than Other: classOf doesn't see that", b)
		}
	}
	if len(blocks)+indexBase > 255 {
		t.Fatalf("%d blocks are too many for a byte", len(blocks))
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, "// Written by go test -run TestTokenTable -update; do not edit.")
	fmt.Fprintln(&out, "// Word and grapheme properties of Unicode 17, as classes of token_class.go.")
	fmt.Fprintln(&out, "\npackage diff")
	fmt.Fprintln(&out, "\n// indexBase is the index byte of the first block.\nconst indexBase = ' '")
	fmt.Fprintf(&out, "\n// tokenIndex names the block of each 256 runes of the planes 0 and 1.\n")
	fmt.Fprintf(&out, "const tokenIndex = \"\" +\n")
	writeRows(&out, index, 64)
	fmt.Fprintf(&out, "\n// tokenIndexE is the same for U+E0000 to U+E0FFF.\n")
	fmt.Fprintf(&out, "const tokenIndexE = %s\n", quoteBytes(tags))
	fmt.Fprintf(&out, "\n// tokenBlocks holds the class of each rune, 256 to a block.\n")
	fmt.Fprintf(&out, "const tokenBlocks = \"\" +\n")
	writeRows(&out, []byte(joinStrings(blocks)), 128)
	text, err := format.Source(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func writeRows(out *bytes.Buffer, b []byte, width int) {
	for i := 0; i < len(b); i += width {
		end := " +\n"
		if i+width >= len(b) {
			end = "\n"
		}
		fmt.Fprintf(out, "\t%s%s", quoteBytes(b[i:min(i+width, len(b))]), end)
	}
}

// quoteBytes is a Go string of b with every byte that is not ASCII escaped.
func quoteBytes(b []byte) string {
	q := []byte{'"'}
	for _, c := range b {
		switch {
		case c == '"' || c == '\\':
			q = append(q, '\\', c)
		case c < ' ' || c > '~':
			q = fmt.Appendf(q, "\\x%02x", c)
		default:
			q = append(q, c)
		}
	}
	return string(append(q, '"'))
}

func joinStrings(parts []string) string {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return string(all)
}
