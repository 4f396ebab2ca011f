package diff

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rule for quotations.
//
// A quotation changed if the words within quotation marks are others, or if marks
// came or went around words. Quotation marks are those of all languages: "…", “…”,
// „…“, ”…”, «…», »…«, ‹…›, 「…」, 『…』, ＂…＂, and single ones, ‘…’, ‚…‘ and '…',
// where they stand at the edges of words; an apostrophe is none. A quotation ends
// with its paragraph at the latest. One that isn't closed there is none, unless it
// opens the paragraph, as each paragraph of a long quotation does. Another style of
// the same marks is typography.

// quotationsChanged applies the rule to all hunks, and marks those where it fits.
func (c *change) quotationsChanged() bool {
	if !c.old.quotes.seen && !c.new.quotes.seen {
		return false
	}
	changed := false
	for i := range c.hunks {
		h := &c.hunks[i]
		if !sameWords(c.old.words[h.i0:h.i1], c.new.words[h.j0:h.j1], quotedAlone) {
			h.quoted, changed = true, true
		}
	}
	return changed
}

// quotes finds the quotations of a text, a paragraph at a time.
type quotes struct {
	text  string
	to    int // so far the text was looked through
	spans []Token
	next  int  // the first span that may hold what is asked for
	seen  bool // a quotation was found

	unclosed [2]int // so far no partner of a single mark was found, for each style
}

func (q *quotes) begin(text string) {
	q.text, q.to = text, 0
	q.spans, q.next, q.seen = q.spans[:0], 0, false
	q.unclosed = [2]int{}
}

// cover looks through the paragraphs that hold text[from:to]. Stretches are asked
// for in order; they may overlap.
func (q *quotes) cover(from, to int) {
	if to <= q.to {
		return
	}
	start := q.to
	if from > start {
		start += max(0, lastBlankLine(q.text[start:from]))
	}
	if q.to = to; mayQuote(q.text[start:to]) {
		q.to = q.find(start, to)
	}
	q.seen = q.seen || len(q.spans) > 0
}

// lastBlankLine gives the place after the last blank line, -1 if there is none. It
// goes back in blocks, as looking forward in one is ten times faster.
func lastBlankLine(s string) int {
	const block = 512
	for end := len(s); end > 0; end -= block {
		from := max(0, end-block)
		part, last := s[from:min(len(s), end+1)], -1
		for {
			at := strings.Index(part[last+1:], "\n\n")
			if at < 0 {
				break
			}
			last += 1 + at
		}
		if last >= 0 {
			return from + last + 2
		}
	}
	return -1
}

// mayQuote reports whether a text may hold quotation marks, as most paragraphs
// don't: by the bytes that those begin with.
func mayQuote(s string) bool {
	if strings.IndexByte(s, '"') >= 0 || strings.IndexByte(s, '\'') >= 0 {
		return true
	}
	for _, b := range [...]byte{0xe2, 0xc2, 0xe3, 0xef} {
		if strings.IndexByte(s, b) >= 0 {
			return true
		}
	}
	return false
}

// hold reports whether what stands at the offset is quoted. Offsets are asked for
// in order.
func (q *quotes) hold(at int) bool {
	for q.next < len(q.spans) && q.spans[q.next].End <= at {
		q.next++
	}
	return q.next < len(q.spans) && q.spans[q.next].Start <= at
}

// find looks through the text, from a place that is in no quotation, to the place
// that was asked for and on to the end of the quotation that is open there. It gives
// the place that it reached.
func (q *quotes) find(from, to int) int {
	open := rune(0) // the mark that began the quotation that is open
	start := 0      // where its words begin
	leads := false  // it began its paragraph
	first := from == 0 || q.text[from-1] == '\n'
	s := q.text
	i := from
	for i < len(s) && (i < to || open != 0) {
		c, size := rune(s[i]), 1
		if byteKinds[s[i]] == '1' || c == ' ' {
			first = first && c == ' '
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case c == '\n' && i+1 < len(s) && s[i+1] == '\n':
			if open != 0 && leads {
				q.spans = append(q.spans, Token{start, i})
			}
			open, first = 0, true
		case open != 0 && unquotes(open, c) && (!single(open) || atWordEnd(s, i, size)):
			q.spans = append(q.spans, Token{start, i})
			open = 0
		case open == 0 && q.opens(s, i, c, size):
			open, start, leads = c, i+size, first
		}
		i += size
	}
	if open != 0 && leads && !single(open) {
		q.spans = append(q.spans, Token{start, len(s)})
	}
	return i
}

func single(c rune) bool { return c == '\'' || c == '‘' || c == '‚' }

// unquotes reports whether a mark ends the quotation that another began.
func unquotes(open, c rune) bool {
	switch open {
	case '"', '“', '”', '＂':
		return c == '"' || c == '”' || c == '“' && open != '“' || c == '＂'
	case '„':
		return c == '“' || c == '”' || c == '"'
	case '«', '»':
		return c == '«' && open == '»' || c == '»' && open == '«'
	case '‹':
		return c == '›'
	case '「':
		return c == '」'
	case '『':
		return c == '』'
	case '‘', '\'':
		return c == '’' || c == '\''
	case '‚':
		return c == '‘' || c == '’'
	}
	return false
}

// longestSingle is the greatest length of a quotation in single marks.
const longestSingle = 300

// opens reports whether a mark begins a quotation. A straight or single one does so
// before a word and after none; a single one must end within its line.
func (q *quotes) opens(s string, i int, c rune, size int) bool {
	switch c {
	case '“', '”', '„', '«', '‹', '「', '『', '＂':
		return true
	case '"', '»':
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		return i == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before)
	case '\'', '‘', '‚':
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+size:])
		if i > 0 && !unicode.IsSpace(before) && !strings.ContainsRune("([{—–\"“", before) || !unicode.IsLetter(after) && !unicode.IsDigit(after) {
			return false
		}
		return q.closedSoon(s, i+size, c)
	}
	return false
}

// closedSoon reports whether a single mark's partner stands soon after s[at], on the
// same line.
func (q *quotes) closedSoon(s string, at int, open rune) bool {
	limit := min(len(s), at+longestSingle)
	style := 0
	if open == '‚' {
		style = 1
	}
	for at = max(at, q.unclosed[style]); at < limit; {
		c, size := utf8.DecodeRuneInString(s[at:])
		if c == '\n' || unquotes(open, c) && atWordEnd(s, at, size) {
			return c != '\n'
		}
		at += size
		q.unclosed[style] = at
	}
	return false
}

// atWordEnd reports whether a mark stands after something and before no letter.
func atWordEnd(s string, i, size int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i+size:])
	return i > 0 && !unicode.IsSpace(before) && !unicode.IsLetter(after) && !unicode.IsDigit(after)
}
