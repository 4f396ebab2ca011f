package diff

import (
	"strings"
	"sync"
)

// nature says what kind of change the diff of a prose field shows: any of
// KindFigure, KindName, KindQuotation, KindWording, KindPunctuation,
// KindTypography and KindStructure, in this order; or, where nothing else changed,
// KindWhitespace. It looks at the changed stretches alone, each widened to the
// white space around it. [Kind] says in short what each of them means; the rules
// stand in kind_figure.go, kind_name.go, kind_quote.go and kind_marks.go, and here:
//
//   - wording: the words that are no figures, names or quoted words are others, or
//     stand in another order; or a figure or name is the same and spelled another
//     way. A capital alone counts, but for one that only begins a sentence; marks
//     within a word don't. Where a name came or went, the article, preposition or
//     "and" beside it ("in Kyiv", "the Kremlin", "A and B") is part of that change.
//   - structure: a paragraph moved, was split, or was merged with another.
//
// A text that is wholly new or wholly gone has wording that changed and no more.
func nature(old, new string, segs []Segment, lang language) []Kind {
	if old == "" || new == "" {
		return []Kind{KindWording}
	}
	c := changeScratch.Get().(*change)
	c.old.begin(old, lang)
	c.new.begin(new, lang)
	c.segs = segs
	kinds := c.kinds()
	c.release()
	return kinds
}

// changeScratch keeps the scratch memory of finished changes. It holds nothing that a
// result depends on.
var changeScratch = sync.Pool{New: func() any { return new(change) }}

// change is a diff of prose whose kinds are being told.
type change struct {
	old, new reader
	segs     []Segment
	hunks    []hunk

	figures   []figureRef // of both sides
	lost, won []nameRef   // names that the other side's hunks lack
	moved     bool        // the names are the same, in another order
	respelled bool        // a name is the same, in another form
	recased   bool        // a name is the same, with capitals in other places
}

// mostScratch is the greatest number of words for which scratch memory is kept.
const mostScratch = 1 << 15

func (c *change) release() {
	if cap(c.old.words)+cap(c.new.words) > mostScratch {
		return
	}
	c.old.end()
	c.new.end()
	clear(c.figures)
	c.segs = nil
	changeScratch.Put(c)
}

// kinds applies the rules.
func (c *change) kinds() []Kind {
	c.findHunks()
	name := c.namesChanged()
	words, spelling := c.wordsChanged()
	figure := c.figuresChanged(words)
	quotation := c.quotationsChanged()
	nothing := !figure && !name && !quotation && !words && !spelling
	if nothing && (c.moved || len(c.lost)+len(c.won) > 0) {
		name, nothing = true, false
	}
	marks := c.marksChanged()
	if nothing && marks&^marksSpace == 0 && c.changesMore() {
		words = true // capitals alone
	}
	kinds := make([]Kind, 0, 4)
	add := func(k Kind, found bool) {
		if found {
			kinds = append(kinds, k)
		}
	}
	add(KindFigure, figure)
	add(KindName, name)
	add(KindQuotation, quotation)
	add(KindWording, words || !figure && spelling || !name && c.respelled)
	add(KindPunctuation, marks&marksOther != 0)
	add(KindTypography, marks&marksStyle != 0)
	structure := c.regrouped()
	add(KindWhitespace, !structure && len(kinds) == 0)
	add(KindStructure, structure)
	return kinds
}

// changesMore reports whether more than white space changed.
func (c *change) changesMore() bool {
	for _, s := range c.segs {
		if (s.Op == Delete || s.Op == Insert) && !s.Whitespace {
			return true
		}
	}
	return false
}

// regrouped reports whether paragraphs moved, were split or were merged.
func (c *change) regrouped() bool {
	for _, s := range c.segs {
		if s.Op == MoveFrom {
			return true
		}
	}
	return len(Regroups(c.old.text, c.new.text, c.segs)) > 0
}

// hunk is a changed stretch: old[a0:a1] became new[b0:b1]. Its segments are
// segs[s0:s1], its words old.words[i0:i1] and new.words[j0:j1].
type hunk struct {
	a0, a1, b0, b1 int
	s0, s1         int
	i0, i1, j0, j1 int
	same           bool // no word and no figure changed: marks at most
	named          bool // a name came or went, or one more mention of it
	quoted         bool // quoted words changed
}

const (
	hunkGap   = 32 // hunks this near are one: "a, b" → "a b," changes no word, whichever of the two is held fixed
	hunkWiden = 48 // bytes looked through for white space around a hunk
)

// findHunks finds the changed stretches of the diff and reads their words. Each is
// widened to the next white space within the equal text beside it, so that "-5" →
// "5" is seen with its number; in scripts without white space it stays as it is.
// What moved is read nowhere: its words are the same.
func (c *change) findHunks() {
	c.hunks = c.hunks[:0]
	open := false
	for i, s := range c.segs {
		if s.Op == Delete || s.Op == Insert {
			if !open {
				left := 0
				if i > 0 && c.segs[i-1].Op == Equal {
					left = widenLeft(c.old.text[c.segs[i-1].A0:c.segs[i-1].A1])
				}
				c.hunks = append(c.hunks, hunk{a0: s.A0 - left, b0: s.B0 - left, s0: i})
				open = true
			}
			h := &c.hunks[len(c.hunks)-1]
			h.a1, h.b1, h.s1 = s.A1, s.B1, i+1
			continue
		}
		if !open || s.Op == Equal && s.A1-s.A0 <= hunkGap && i+1 < len(c.segs) {
			continue
		}
		if s.Op == Equal {
			right := widenRight(c.old.text[s.A0:s.A1])
			h := &c.hunks[len(c.hunks)-1]
			h.a1, h.b1 = s.A0+right, s.B0+right
		}
		open = false
	}
	for i := range c.hunks {
		h := &c.hunks[i]
		h.i0, h.j0 = len(c.old.words), len(c.new.words)
		c.old.read(h.a0, h.a1)
		c.new.read(h.b0, h.b1)
		h.i1, h.j1 = len(c.old.words), len(c.new.words)
		h.same = sameWords(c.old.words[h.i0:h.i1], c.new.words[h.j0:h.j1], 0)
	}
}

// widenLeft gives the number of bytes at the end of an equal text that belong to
// the word that a hunk after it changes.
func widenLeft(equal string) int {
	least := max(0, len(equal)-hunkWiden)
	for i := len(equal); i > least; i-- {
		if c := equal[i-1]; c == ' ' || c == '\n' || c == '\t' {
			return len(equal) - i
		}
	}
	if least == 0 {
		return len(equal)
	}
	return 0
}

// widenRight is widenLeft for the text after a hunk.
func widenRight(equal string) int {
	if at := strings.IndexAny(equal[:min(len(equal), hunkWiden)], " \n\t"); at >= 0 {
		return at
	}
	if len(equal) < hunkWiden {
		return len(equal)
	}
	return 0
}

// wordsChanged tells of all hunks whether words changed that are no figures, names
// or quoted words, and whether any did if figures count as they are spelled.
func (c *change) wordsChanged() (words, spelling bool) {
	for i := range c.hunks {
		h := &c.hunks[i]
		if h.same {
			continue
		}
		a, b := c.old.words[h.i0:h.i1], c.new.words[h.j0:h.j1]
		without := withoutNames
		if h.named {
			without |= withoutLinks
		}
		differ := func(s selection) bool {
			return !sameWords(a, b, s) && !sameWords(a, b, s|withoutQuoted)
		}
		words = words || differ(without|withoutFigures)
		spelling = spelling || differ(without)
	}
	return words, spelling
}

// selection says which words are compared.
type selection uint8

const (
	withoutFigures selection = 1 << iota
	withoutNames
	withoutLinks
	withoutQuoted
	quotedAlone
)

// sameWords reports whether two stretches have the same words in the same order,
// marks aside.
func sameWords(a, b []word, sel selection) bool {
	i, j := 0, 0
	for {
		for i < len(a) && !a[i].selected(sel) {
			i++
		}
		for j < len(b) && !b[j].selected(sel) {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if !a[i].same(&b[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}

func (w *word) selected(sel selection) bool {
	switch w.is {
	case aSign:
		return sel == 0
	case aFigure:
		if sel&withoutFigures != 0 {
			return false
		}
	case aName:
		if sel&withoutNames != 0 {
			return false
		}
	}
	return !(w.link && sel&withoutLinks != 0) && !(w.quoted && sel&withoutQuoted != 0) && (w.quoted || sel&quotedAlone == 0)
}

// same reports whether two words are spelled alike; a capital that only begins a
// sentence doesn't count.
func (w *word) same(v *word) bool {
	if w.spelled == v.spelled {
		return w.is != aSign || v.is == aSign && w.value == v.value
	}
	return len(w.spelled) == len(v.spelled) && w.begins != v.begins && strings.EqualFold(w.spelled, v.spelled)
}
