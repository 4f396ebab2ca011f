package diff

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The rule for names.
//
// A word is taken for a proper name, or for a word of one, if it has a capital that
// the beginning of a sentence doesn't explain: "Kyiv", "Prime Minister", "NATO",
// "Palestinian", and what a hyphen ties to such a word, as in "F-16". Days, months,
// numbers, and capitals that stand for measures, offices and things ("GMT", "CEO",
// "AI") are none. At the beginning of a sentence an English word is a name if
// it is none of the common words of kind_common.txt and of their forms; in other
// languages if the next word has a capital too. In a title whose words all have
// capitals an English word is a name by the same list.
//
// Names changed if one came or went that the other text doesn't have; or if in one
// place a name stands for another, though both are named elsewhere ("Israel says" →
// "Iran says"); or if names changed places and nothing else did. No change of name
// are a name said once more or once less ("his" → "Biden's", where Biden is named
// before), another form of it ("Biden", "Biden's"; "Houthi", "Houthis"), and a title
// that only lost its capital ("President Biden", "president Biden"). "Sudan" and
// "Sudanese" are two names, and so are "US" and "United States".
//
// What can't be told: in scripts without capitals (Han, kana, Hangul, Arabic,
// Hebrew, Thai, Devanagari and most others) a name is a word like others, and its
// change is wording. So it is in German, where every noun has a capital, in texts
// all in capitals and in titles of other languages than English.

// nameRef is a name in a text.
type nameRef struct {
	key  uint64 // the same for forms of one name
	at   int    // its place among the reader's words
	hunk int
}

// namesChanged applies the rule to the names that went and those that came. It
// marks the hunks in which a name changed, and leaves in lost and won the names
// that one side's hunks have and the other's don't.
func (c *change) namesChanged() bool {
	c.lost, c.won = c.lost[:0], c.won[:0]
	c.moved, c.respelled, c.recased = false, false, false
	for i := range c.hunks {
		h := &c.hunks[i]
		if h.same {
			continue
		}
		c.lost = c.old.appendNames(c.lost, h.i0, h.i1, i)
		c.won = c.new.appendNames(c.won, h.j0, h.j1, i)
	}
	if len(c.lost)+len(c.won) == 0 {
		return false
	}
	ordered := slices.EqualFunc(c.lost, c.won, func(a, b nameRef) bool { return a.key == b.key })
	c.keepUnmatched()
	if len(c.lost)+len(c.won) == 0 {
		c.moved = !ordered
		return c.recased
	}
	c.lost, c.won = c.withoutSmall(c.lost, &c.old, &c.new), c.withoutSmall(c.won, &c.new, &c.old)
	budget := lackBudget
	changed := c.recased
	for _, side := range [...]struct {
		names, others []nameRef
		of, other     *reader
	}{{c.lost, c.won, &c.old, &c.new}, {c.won, c.lost, &c.new, &c.old}} {
		for _, n := range side.names {
			c.hunks[n.hunk].named = true
			changed = changed || side.other.lacks(side.of.name(n.at), &budget) || c.replaced(n, side.of, side.others, side.other)
		}
	}
	return changed
}

// appendNames adds the names among words[from:to].
func (r *reader) appendNames(dst []nameRef, from, to, hunk int) []nameRef {
	for i := from; i < to; i++ {
		if r.words[i].is == aName {
			dst = append(dst, nameRef{nameKey(r.name(i)), i, hunk})
		}
	}
	return dst
}

// name gives the text of a name without the 's of a possessive.
func (r *reader) name(at int) string {
	w := &r.words[at]
	s := r.text[w.start:w.end]
	s = strings.TrimSuffix(s, "'s")
	return strings.TrimSuffix(s, "’s")
}

// nameKey hashes a name: its letters and digits without case, and without the s of
// a plural (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/).
func nameKey(s string) uint64 {
	const prime = 1099511628211
	h, last := uint64(14695981039346656037), uint64(0)
	n := 0
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		switch {
		case c-'A' < 26 && c >= 'A':
			c |= 0x20
		case c >= utf8.RuneSelf:
			if c, size = utf8.DecodeRuneInString(s[i:]); !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) {
				i += size
				continue
			}
			c = unicode.ToLower(c)
		case !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'):
			i++
			continue
		}
		last = h
		h = (h ^ uint64(c)) * prime
		n++
		i += size
	}
	if n >= 6 && s[len(s)-1] == 's' {
		return last
	}
	return h
}

// keepUnmatched takes away what both sides name equally often, and notes whether a
// name took another form.
func (c *change) keepUnmatched() {
	sortNames(c.lost, &c.old)
	sortNames(c.won, &c.new)
	a, b := c.lost, c.won
	lost, won := a[:0], b[:0]
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0].key, b[0].key) {
		case -1:
			lost, a = append(lost, a[0]), a[1:]
		case 1:
			won, b = append(won, b[0]), b[1:]
		default:
			if c.old.words[a[0].at].spelled != c.new.words[b[0].at].spelled {
				c.respelled = true
				x, y := c.old.name(a[0].at), c.new.name(b[0].at)
				c.recased = c.recased || x != y && len(x) == len(y) && strings.EqualFold(x, y)
			}
			a, b = a[1:], b[1:]
		}
	}
	c.lost, c.won = append(lost, a...), append(won, b...)
}

func sortNames(names []nameRef, r *reader) {
	slices.SortFunc(names, func(a, b nameRef) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return strings.Compare(r.words[a.at].spelled, r.words[b.at].spelled)
	})
}

// withoutSmall takes away the names that the other side's hunks have without their
// capital: "Prime Minister" → "prime minister". The names are sorted. Where a hyphen
// ties the word to a name, it is one with or without: "Kim Jong-un".
func (c *change) withoutSmall(names []nameRef, of, other *reader) []nameRef {
	for i := 0; i < len(other.words) && len(names) > 0; i++ {
		w := &other.words[i]
		if w.is != aWord || w.link {
			continue
		}
		at, found := slices.BinarySearchFunc(names, nameKey(w.spelled), func(n nameRef, key uint64) int { return cmp.Compare(n.key, key) })
		if found {
			if other.tied(i) && of.tied(names[at].at) {
				w.is, c.recased = aName, true
			}
			names = slices.Delete(names, at, at+1)
		}
	}
	return names
}

// tied reports whether a hyphen ties a word to the name before it.
func (r *reader) tied(at int) bool {
	w := &r.words[at]
	return at > 0 && r.words[at-1].is == aName && r.words[at-1].end+1 == w.start && r.text[w.start-1] == '-'
}

// lackBudget is the number of bytes that are looked through for names; beyond it a
// name is taken to stand nowhere else.
const lackBudget = 4 << 20

// lacks reports whether a name stands nowhere in the text.
func (r *reader) lacks(name string, budget *int) bool {
	for at := 0; *budget > 0; {
		i := strings.Index(r.text[at:], name)
		if i < 0 {
			*budget -= len(r.text) - at
			return true
		}
		*budget -= i
		start := at + i
		at = start + len(name)
		before, _ := utf8.DecodeLastRuneInString(r.text[:start])
		rest := strings.TrimPrefix(r.text[at:], "s")
		after, _ := utf8.DecodeRuneInString(rest)
		if !unicode.IsLetter(before) && !unicode.IsLetter(after) {
			return false
		}
	}
	return true
}

// replaced reports whether one of the other side's names stands in the place of a
// name: in the same run of changed text.
func (c *change) replaced(n nameRef, of *reader, others []nameRef, other *reader) bool {
	run := -1
	for _, o := range others {
		if o.hunk != n.hunk {
			continue
		}
		if run < 0 {
			run = c.run(n, of)
		}
		if c.run(o, other) == run {
			return true
		}
	}
	return false
}

// run gives the first segment of the run of changed text that holds a name.
func (c *change) run(n nameRef, r *reader) int {
	at, first := r.words[n.at].start, -1
	for i := c.hunks[n.hunk].s0; i < c.hunks[n.hunk].s1; i++ {
		s := c.segs[i]
		if s.Op == Equal {
			first = -1
			continue
		}
		if first < 0 {
			first = i
		}
		if r == &c.old && s.A0 <= at && at < s.A1 || r == &c.new && s.B0 <= at && at < s.B1 {
			return first
		}
	}
	return -1
}

// partOfName reports whether what begins at text[at] is tied to a name by a hyphen:
// the digits of "F-16" and "COVID-19".
func (r *reader) partOfName(at int) bool {
	before := r.text[:at]
	c, n := utf8.DecodeLastRuneInString(before)
	if c != '-' && c != '\u2010' && c != '\u2011' && c != '–' {
		return false
	}
	before = before[:len(before)-n]
	start := len(before)
	for start > 0 {
		c, n := utf8.DecodeLastRuneInString(before[:start])
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			break
		}
		start -= n
	}
	c, _ = utf8.DecodeRuneInString(before[start:])
	return unicode.IsUpper(c)
}
