package diff

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is a stretch of a diff as people read it: the old and the new text merged.
type piece struct {
	op   Op
	pair int
	text string
	// loose: white space at its edges, and line breaks in it, may stand outside its
	// marks, since the other side has white space there too.
	loose bool
	space bool // white space that changed its form
	fold  bool // text stands for what is not shown
	// hidden is what a fold of whole lines stands for.
	hidden string
}

// pieces merges the two texts of a field. White space that merely changed its
// form is no change: it is shown unmarked, in its new form. Where one side has
// none at all it is marked, as a blank.
func pieces(f Field) []piece { return mergedPieces(f, nil) }

// notedPieces are pieces with a line above each paragraph that was split or merged,
// which would look unchanged: no word of it is.
func notedPieces(f Field) []piece {
	if f.Set || !f.multiline() {
		return pieces(f)
	}
	notes := map[int]string{}
	for _, r := range Regroups(f.Old, f.New, f.Segments) {
		if r.Split() {
			notes[r.B0] = fmt.Sprintf("(one paragraph split into %d)\n", r.New)
		} else {
			notes[r.B0] = fmt.Sprintf("(%d paragraphs merged into one)\n", r.Old)
		}
	}
	return mergedPieces(f, notes)
}

// mergedPieces is pieces with notes, by the byte of the new text that they stand
// above, which begins a line.
func mergedPieces(f Field, notes map[int]string) []piece {
	all := exactPieces(f)
	var out []piece
	for i, p := range all {
		if len(notes) > 0 && p.op != Delete && p.op != MoveFrom {
			out, p.text = addNotes(out, p, f.Segments[i].B0, notes)
		}
		switch {
		case !p.space:
		case !p.loose:
			p.text = " "
		case p.op == Delete && spaceStands(all, i):
			continue
		default:
			p.op = Equal
		}
		if replacesLines(f, i) {
			out = append(out, piece{text: "\n"})
		}
		out = append(out, p)
	}
	return out
}

// addNotes puts the notes that belong above or into a piece of the new text, which
// begins at byte at, and what stands before the last of them; it gives what is left
// of the piece's text. A note above words that replace others stands above those.
func addNotes(out []piece, p piece, at int, notes map[int]string) ([]piece, string) {
	if note, ok := notes[at]; ok {
		k := len(out)
		for k > 0 && (out[k-1].op == Delete || out[k-1].op == MoveFrom) && !strings.HasSuffix(out[k-1].text, "\n") {
			k--
		}
		if k == 0 || strings.HasSuffix(out[k-1].text, "\n") {
			out = slices.Insert(out, k, piece{text: note, fold: true})
		}
	}
	for i := 0; ; {
		next := strings.IndexByte(p.text[i:], '\n')
		if next < 0 {
			return out, p.text
		}
		i += next + 1
		if note, ok := notes[at+i]; ok && i < len(p.text) {
			head := p
			head.text = p.text[:i]
			out = append(out, head, piece{text: note, fold: true})
			p.text, at, i = p.text[i:], at+i, 0
		}
	}
}

// replacesLines reports whether segment i is the first of what came for whole lines
// that went: they are shown below each other. A field of one line is replaced in it.
func replacesLines(f Field, i int) bool {
	came := func(op Op) bool { return op == Insert || op == MoveTo }
	segs := f.Segments
	if i == 0 || !came(segs[i].Op) || segs[i-1].Op == Equal || came(segs[i-1].Op) {
		return false
	}
	start := i - 1
	for start > 0 && segs[start-1].Op != Equal {
		start--
	}
	s := segs[i]
	lineEnds := s.A0 == len(f.Old) || f.Old[s.A0] == '\n'
	return lineEnds && lineStarts(f.Old, segs[start].A0) && lineStarts(f.New, s.B0) && !lineStarts(f.Old, s.A0) && f.multiline()
}

func lineStarts(text string, i int) bool { return i == 0 || text[i-1] == '\n' }

// kindsBesideName gives the kinds of change, less the one that a heading with the
// field's name says already.
func (f Field) kindsBesideName() []Kind {
	return slices.DeleteFunc(slices.Clone(f.Kinds), func(k Kind) bool { return string(k) == f.Name })
}

// multiline reports whether either text has more than one line.
func (f Field) multiline() bool {
	return strings.Contains(strings.TrimSpace(f.Old), "\n") || strings.Contains(strings.TrimSpace(f.New), "\n")
}

// spaceStands reports whether white space is shown beside a piece of it that went.
func spaceStands(all []piece, i int) bool {
	if i > 0 && all[i-1].op == Equal {
		if c, _ := utf8.DecodeLastRuneInString(all[i-1].text); unicode.IsSpace(c) {
			return true
		}
	}
	if i+1 == len(all) {
		return false
	}
	next := all[i+1]
	c, _ := utf8.DecodeRuneInString(next.text)
	return unicode.IsSpace(c) && (next.op == Equal || next.loose)
}

// exactPieces gives every segment as it is, white space too.
func exactPieces(f Field) []piece {
	out := make([]piece, 0, len(f.Segments))
	for _, s := range f.Segments {
		p := piece{op: s.Op, pair: s.Pair, space: s.Whitespace}
		if s.Op == Delete || s.Op == MoveFrom {
			p.text, p.loose = f.Old[s.A0:s.A1], spaceAt(f.New, s.B0)
		} else {
			p.text, p.loose = f.New[s.B0:s.B1], spaceAt(f.Old, s.A0)
		}
		out = append(out, p)
	}
	return out
}

// spaceAt reports whether white space, or an end of the text, touches byte i.
func spaceAt(text string, i int) bool {
	if i == 0 || i == len(text) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	return unicode.IsSpace(before) || unicode.IsSpace(after)
}

// folding is how much unchanged text is shown around a change; below 0 all of it.
type folding struct {
	paragraphs, words int
}

// foldingOf reads ShowOptions.Around for the styles that people read.
func foldingOf(style Style, around int) folding {
	switch {
	case around == AroundDefault && style == Term:
		return folding{paragraphs: 1, words: -1}
	case around == AroundDefault && style == SVG:
		return folding{paragraphs: 0, words: -1}
	case around < 0:
		return folding{-1, -1}
	}
	return folding{around, around}
}

// fold hides unchanged text that is far from a change.
func (k folding) fold(f Field, ps []piece) []piece {
	hide := k.hideWords
	unit := ""
	switch {
	case f.Set:
		hide, unit = folding{paragraphs: 0}.hideParagraphs, "item"
		if k.paragraphs < 0 {
			return ps
		}
	case f.multiline():
		hide, unit = k.hideParagraphs, "paragraph"
		if k.paragraphs < 0 {
			return ps
		}
	case k.words < 0:
		return ps
	}
	out := make([]piece, 0, len(ps)+2)
	for i, p := range ps {
		if p.op != Equal || p.fold {
			out = append(out, p)
			continue
		}
		e := edges{before: i > 0, after: i+1 < len(ps)}
		e.newLine = e.before && strings.HasSuffix(ps[i-1].text, "\n")
		from, to, n := hide(p.text, e)
		if n == 0 {
			out = append(out, p)
			continue
		}
		note, hidden := "…", ""
		if unit != "" {
			note, hidden = foldNote(n, unit), p.text[from:to]
			if strings.HasSuffix(p.text[from:to], "\n\n") {
				note += "\n"
			}
		}
		for _, x := range []piece{{text: p.text[:from]}, {text: note, fold: true, hidden: hidden}, {text: p.text[to:]}} {
			if x.text != "" {
				out = append(out, x)
			}
		}
	}
	return out
}

func foldNote(n int, unit string) string {
	if n > 1 {
		unit += "s"
	}
	return fmt.Sprintf("… %d %s unchanged …\n", n, unit)
}

// edges says what stands beside an equal text.
type edges struct {
	before, after bool // a change stands there
	newLine       bool // the change before it ends its line
}

// hideParagraphs finds the lines of an equal text that are farther from a change
// than k.paragraphs: text[from:to], with n lines that aren't blank. A
// line that a change touches counts as changed.
func (k folding) hideParagraphs(text string, e edges) (from, to, n int) {
	if e.before {
		if !e.newLine {
			from = lineAfter(text, 0)
		}
		for range k.paragraphs {
			from = skipBlank(text, from)
			from = lineAfter(text, from)
		}
		from = skipBlank(text, from)
	}
	to = len(text)
	if e.after {
		to = strings.LastIndexByte(text, '\n') + 1
		for range k.paragraphs {
			to = lineBefore(text, to)
		}
	}
	if from >= to {
		return 0, 0, 0
	}
	for line := range strings.Lines(text[from:to]) {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return from, to, n
}

// lineAfter gives the start of the line after the one at byte i.
func lineAfter(text string, i int) int {
	if at := strings.IndexByte(text[i:], '\n'); at >= 0 {
		return i + at + 1
	}
	return len(text)
}

// skipBlank gives the start of the first line from i on that isn't blank.
func skipBlank(text string, i int) int {
	for i < len(text) {
		next := lineAfter(text, i)
		if strings.TrimSpace(text[i:next]) != "" {
			return i
		}
		i = next
	}
	return i
}

// lineBefore gives the start of the last line before byte i, itself the start of
// a line, that isn't blank.
func lineBefore(text string, i int) int {
	for i > 0 {
		start := strings.LastIndexByte(text[:i-1], '\n') + 1
		if strings.TrimSpace(text[start:i]) != "" {
			return start
		}
		i = start
	}
	return 0
}

// hideWords is hideParagraphs for a text of one line; n counts words.
func (k folding) hideWords(text string, e edges) (from, to, n int) {
	var words []Token
	for _, t := range AppendTokens(nil, text) {
		if letters(text[t.Start:t.End]) != "" {
			words = append(words, t)
		}
	}
	first, last := 0, len(words)
	to = len(text)
	if e.before {
		first = min(k.words, len(words))
		if first > 0 {
			from = words[first-1].End
		}
	}
	if e.after {
		last = max(len(words)-k.words, 0)
		if last < len(words) {
			to = words[last].Start
		}
	}
	if first >= last {
		return 0, 0, 0
	}
	// The blanks beside the ellipsis stay.
	for from < to && text[from] == ' ' {
		from++
	}
	for to > from && text[to-1] == ' ' {
		to--
	}
	return from, to, last - first
}

// part is a stretch of one line. It holds a line break only where it is a change
// whose other side has no white space there: the break is a part of the change.
type part struct {
	op     Op
	pair   int
	text   string
	fold   bool
	hidden string
}

// lines breaks pieces into lines, without their LF. A last line is there only if
// it holds something. The white space around a change stands outside of it, where
// the other side has some there too.
func lines(ps []piece) [][]part {
	var out [][]part
	var line []part
	emit := func(p piece, text string) {
		for more := true; more; {
			var s string
			s, text, more = strings.Cut(text, "\n")
			if s != "" {
				line = append(line, part{p.op, p.pair, s, p.fold, p.hidden})
			}
			if more {
				out = append(out, line)
				line = nil
			}
		}
	}
	for _, p := range ps {
		switch {
		case p.op == Equal:
			emit(p, p.text)
		case !p.loose:
			line = append(line, part{op: p.op, pair: p.pair, text: p.text})
		default:
			core := strings.TrimLeftFunc(p.text, unicode.IsSpace)
			emit(piece{}, p.text[:len(p.text)-len(core)])
			shorter := strings.TrimRightFunc(core, unicode.IsSpace)
			emit(p, shorter)
			emit(piece{}, core[len(shorter):])
		}
	}
	if len(line) > 0 {
		out = append(out, line)
	}
	return out
}

// breaks gives the number of line breaks that lines makes of a piece.
func (p piece) breaks() int {
	if p.op != Equal && !p.loose {
		return 0
	}
	return strings.Count(p.text, "\n")
}
