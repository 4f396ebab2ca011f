package diff

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// commonPrefix gives the number of bytes that a and b begin with alike.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	i, step := 0, 64
	for i+step <= n && a[i:i+step] == b[i:i+step] {
		i += step
		if step < 1<<13 {
			step *= 2
		}
	}
	for step /= 2; step >= 64; step /= 2 { // the block that differs, by halves
		if i+step <= n && a[i:i+step] == b[i:i+step] {
			i += step
		}
	}
	for ; i+8 <= n; i += 8 {
		if x := load64(a, i) ^ load64(b, i); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// commonSuffix gives the number of bytes that a and b end with alike.
func commonSuffix(a, b string) int {
	n := min(len(a), len(b))
	a, b = a[len(a)-n:], b[len(b)-n:]
	i, step := n, 64
	for i >= step && a[i-step:i] == b[i-step:i] {
		i -= step
		if step < 1<<13 {
			step *= 2
		}
	}
	for step /= 2; step >= 64; step /= 2 {
		if i >= step && a[i-step:i] == b[i-step:i] {
			i -= step
		}
	}
	for ; i >= 8; i -= 8 {
		if x := load64(a, i-8) ^ load64(b, i-8); x != 0 {
			return n - i + bits.LeadingZeros64(x)/8
		}
	}
	for i > 0 && a[i-1] == b[i-1] {
		i--
	}
	return n - i
}

// load64 reads the eight bytes from s[i] on, low byte first.
func load64(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// cutsClean says that i is a token boundary of s, from the few bytes around it. It
// may say no to a boundary whose proof stands further away, never yes to a place
// that isn't one. Ends of s are boundaries.
func cutsClean(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return true
	}
	left, right := s[i-1], s[i]
	if left < utf8.RuneSelf && right < utf8.RuneSelf {
		return cutsASCII(s, i, left, right)
	}
	if left == '\n' {
		return right&0xc0 != 0x80 || runeStartsAt(s, i)
	}
	return runeStartsAt(s, i) && cutsClasses(s, i)
}

// cutsASCII is cutsClean between two ASCII bytes.
func cutsASCII(s string, i int, left, right byte) bool {
	l, r := byteKind(left), byteKind(right)
	switch {
	case l == kindNewline || r == kindNewline:
		return left != '\r' || right != '\n'
	case l == kindBlank || r == kindBlank:
		return left != ' ' || right != ' '
	case l == kindWord && r == kindWord:
		return false
	case l == kindWord: // a mark may join two letters or digits
		return !joinsASCII(right) || i+1 == len(s) || s[i+1] < utf8.RuneSelf && byteKind(s[i+1]) != kindWord
	case r == kindWord:
		return !joinsASCII(left) || i == 1 || s[i-2] < utf8.RuneSelf && byteKind(s[i-2]) != kindWord
	}
	return true // marks
}

// joinsASCII names the marks that can stand inside a word or a figure.
func joinsASCII(b byte) bool {
	return b == '\'' || b == '.' || b == ':' || b == ',' || b == ';' || b == '"'
}

// runeStartsAt says whether a decoder that runs through s from its start comes by i.
func runeStartsAt(s string, i int) bool {
	if i >= len(s) || utf8.RuneStart(s[i]) {
		return true
	}
	for k := 1; k < utf8.UTFMax && k <= i; k++ {
		if utf8.RuneStart(s[i-k]) {
			_, n := utf8.DecodeRuneInString(s[i-k:])
			return n <= k
		}
	}
	return true
}

// cutsClasses is cutsClean for any script; i must be the start of a rune.
func cutsClasses(s string, i int) bool {
	l, _ := utf8.DecodeLastRuneInString(s[:i])
	r, size := utf8.DecodeRuneInString(s[i:])
	left, right := classOf(l), classOf(r)
	switch {
	case left == classLF || left == classNewline || left == classCR:
		return left != classCR || right != classLF
	case right == classLF || right == classNewline || right == classCR:
		return true
	case right.skipped() || right == classAttach:
		return false
	case left == classPrependLetter || left == classPrependDigit:
		return false
	case left == classBlank && right == classBlank:
		return false
	case right.alone():
		return true
	case left.skipped():
		return false
	case left.alone():
		return true
	}
	// a mark that joins two letters joins nothing to white space; only Hebrew keeps
	// its apostrophe (WB7a)
	if !left.wordClass().letter() || left == classHebrew || !joinsLetters(right) || i+size == len(s) {
		return false
	}
	after := byteKind(s[i+size])
	return after == kindBlank || after == kindNewline
}

// joinsLetters names the classes of marks that can stand inside a word.
func joinsLetters(c class) bool {
	return c == classMidLetter || c == classMidBoth || c == classApostrophe
}

// alone says that a rune of the class joins its neighbours only by rules that
// cutsClasses has looked at before.
func (c class) alone() bool {
	switch c {
	case classOther, classControl, classBlank, classTab, classNoBreak:
		return true
	}
	return false
}

// cutsWhite is cutsClean for a place behind white space where a token or more white
// space starts at s[i], or the stretch looked at ends.
func cutsWhite(s string, i, end int) bool {
	return i == end || cutsClean(s, i)
}

// whiteAt gives the length of the white-space rune at s[i], and 0 if there is none.
func whiteAt(s string, i int) int {
	if c := s[i]; c < utf8.RuneSelf {
		if k := byteKind(c); k == kindBlank || k == kindNewline {
			return 1
		}
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s[i:]); unicode.IsSpace(r) {
		return n
	}
	return 0
}

// isWhite says whether s is white space alone.
func isWhite(s string) bool {
	if s != "" && s[0] < utf8.RuneSelf && byteKinds[s[0]] < '0'+kindBlank {
		return false
	}
	return strings.TrimLeftFunc(s, unicode.IsSpace) == ""
}
