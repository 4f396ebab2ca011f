package diff

import (
	"cmp"
	"slices"
	"strings"
)

// Moves: a paragraph that was deleted here and stands, much alike, inserted there
// was moved. First whole paragraphs are paired, then the lines of what is left,
// so that an item of a list is found as well. Only what crosses text that stayed
// has moved.

const (
	// minMoved is the least length of a moved paragraph.
	minMoved = 40
	// movedChanged is the share of a paragraph, in percent, that must have been
	// deleted or inserted for it to be looked at.
	movedChanged = 60
	// movedAlike is the least similarity of the two ends of a move.
	movedAlike = 0.5
	// movedKept is the share of the two ends, in percent, that must be the same words
	// in the same order.
	movedKept = 35
	// allPairs is the greatest number of pairs that are all compared.
	allPairs = 4096
	// rareUnits is the greatest number of paragraphs that a token may stand in to
	// suggest partners, where there are more pairs than that; triedPartners is how
	// many of those suggested are compared.
	rareUnits, triedPartners = 16, 4
	// crossed is the number of bytes that must have stayed between the two ends.
	crossed = 3
)

// move is a paragraph's place in the old and the new text, and how it changed on
// the way, relative to its two ends.
type move struct {
	a0, a1, b0, b1 int
	inner          []Segment
	pair           int // its number, from 1
}

// unit is a paragraph or line that may have moved.
type unit struct {
	start, end int
	stay0      int // bytes of the text before it that are equal
	stay1      int // and up to its end
	bag        bag
	taken      bool
}

// partners is a possible move.
type partners struct {
	from, to int
	alike    float64
}

// findMoves pairs deleted paragraphs with inserted ones, in old order.
func (e *engine) findMoves() []move {
	deleted, inserted := false, false
	for _, s := range e.spans {
		if !s.equal {
			deleted = deleted || (s.a1-s.a0)*100 > minMoved*movedChanged
			inserted = inserted || (s.b1-s.b0)*100 > minMoved*movedChanged
		}
	}
	// within one line nothing moves: what stayed can't stand beside it
	if !deleted || !inserted || strings.IndexByte(e.a, '\n') < 0 || strings.IndexByte(e.b, '\n') < 0 {
		return nil
	}
	var moves []move
	bags := map[string]bag{}
	ids := map[string]int32{}
	for _, byLine := range []bool{false, true} {
		from := units(sideOf(e.a, e.spans, false), byLine, moves, false)
		to := units(sideOf(e.b, e.spans, true), byLine, moves, true)
		from, to = mayCross(from, to), mayCross(to, from)
		for _, side := range []struct {
			text  string
			units []unit
		}{{e.a, from}, {e.b, to}} {
			for k := range side.units {
				u := &side.units[k]
				text := side.text[u.start:u.end]
				if _, ok := bags[text]; !ok {
					bags[text] = newBag(text, ids)
				}
				u.bag = bags[text]
			}
		}
		moves = append(moves, e.pairUnits(from, to)...)
	}
	slices.SortFunc(moves, func(x, y move) int { return cmp.Compare(x.a0, y.a0) })
	return joined(moves)
}

// joined makes one move of neighbours that went together.
func joined(moves []move) []move {
	list := moves[:0]
	for _, m := range moves {
		if last := len(list) - 1; last >= 0 && list[last].a1 == m.a0 && list[last].b1 == m.b0 {
			list[last].a1, list[last].b1 = m.a1, m.b1
			continue
		}
		list = append(list, m)
	}
	return list
}

// mayCross keeps the units that something which stayed parts from one of the others.
func mayCross(list, others []unit) []unit {
	first, last := -1, -1 // the least end and the greatest start of the others
	for _, u := range others {
		if first < 0 || u.stay1 < first {
			first = u.stay1
		}
		last = max(last, u.stay0)
	}
	var kept []unit
	for _, u := range list {
		if len(others) > 0 && (u.stay1+crossed <= last || first+crossed <= u.stay0) {
			kept = append(kept, u)
		}
	}
	return kept
}

// pairUnits takes the likeliest partners first.
func (e *engine) pairUnits(from, to []unit) []move {
	list := e.candidates(from, to)
	slices.SortFunc(list, func(x, y partners) int {
		return cmp.Or(cmp.Compare(y.alike, x.alike),
			cmp.Compare(from[y.from].bag.weight, from[x.from].bag.weight),
			cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
	var moves []move
	for _, p := range list {
		f, t := &from[p.from], &to[p.to]
		if f.taken || t.taken {
			continue
		}
		f.taken, t.taken = true, true
		moves = append(moves, move{a0: f.start, a1: f.end, b0: t.start, b1: t.end})
	}
	return moves
}

// candidates compares units of the two sides and keeps those that may be a move.
// Where there are too many pairs, only those that share a rare token are compared.
func (e *engine) candidates(from, to []unit) []partners {
	var list []partners
	try := func(f, t int) {
		if alike := from[f].mayBe(&to[t]); alike >= movedAlike {
			list = append(list, partners{f, t, alike})
		}
		e.exact.steps += int64(len(from[f].bag.tokens) + len(to[t].bag.tokens))
	}
	if len(from)*len(to) <= allPairs {
		for f := range from {
			for t := range to {
				try(f, t)
			}
		}
		return list
	}
	holders := map[int32][]int32{}
	for t := range to {
		for _, tok := range to[t].bag.tokens {
			if h := holders[tok.id]; len(h) <= rareUnits {
				holders[tok.id] = append(h, int32(t))
			}
		}
	}
	shared := make([]int, len(to))
	for f := range from {
		var seen []int32
		for _, tok := range from[f].bag.tokens {
			h := holders[tok.id]
			if len(h) > rareUnits {
				continue
			}
			for _, t := range h {
				if shared[t] == 0 {
					seen = append(seen, t)
				}
				shared[t] += int(tok.weight)
			}
		}
		slices.SortFunc(seen, func(x, y int32) int {
			return cmp.Or(cmp.Compare(shared[y], shared[x]), cmp.Compare(x, y))
		})
		for k, t := range seen {
			if k < triedPartners {
				try(f, int(t))
			}
			shared[t] = 0
		}
	}
	return list
}

// mayBe gives the similarity of two ends, or 0 where they can't be a move: nothing
// that stayed lies between them, or more of them stayed than they have in common.
func (u *unit) mayBe(v *unit) float64 {
	if u.stay1+crossed > v.stay0 && v.stay1+crossed > u.stay0 {
		return 0
	}
	x, y := u.bag.weight, v.bag.weight
	if x+y == 0 || 2*float64(min(x, y)) < movedAlike*float64(x+y) {
		return 0
	}
	alike := u.bag.dice(v.bag)
	stayed := u.stay1 - u.stay0 + v.stay1 - v.stay0
	if alike*float64(u.end-u.start+v.end-v.start) <= 2*float64(stayed) {
		return 0
	}
	return alike
}

// stretch is a span as one side sees it.
type stretch struct {
	start, end int
	equal      bool
	stay       int // equal bytes before it
}

// side is one of the two texts with its spans.
type side struct {
	text      string
	stretches []stretch
}

func sideOf(text string, spans []span, inserted bool) side {
	s := side{text, make([]stretch, 0, len(spans))}
	stay := 0
	for _, p := range spans {
		start, end := p.a0, p.a1
		if inserted {
			start, end = p.b0, p.b1
		}
		s.stretches = append(s.stretches, stretch{start, end, p.equal, stay})
		if p.equal {
			stay += end - start
		}
	}
	return s
}

// units lists the paragraphs, or lines, of a side that are mostly changed and in no
// move yet.
func units(s side, byLine bool, moves []move, inserted bool) []unit {
	var list []unit
	gone := taken(moves, inserted)
	done := 0
	for k, c := range s.stretches {
		if c.equal || isWhite(s.text[c.start:c.end]) {
			continue
		}
		for at := max(c.start, done); at < c.end; at = done {
			start, end := paragraphAt(s.text, at, done, byLine)
			done = end
			u := s.measure(k, start, end)
			done = max(u.end, at+1)
			if u.end-u.start >= minMoved && !overlaps(gone, u) &&
				(u.end-u.start-u.stay1+u.stay0)*100 > movedChanged*(u.end-u.start) {
				list = append(list, u)
			}
		}
	}
	return list
}

// measure makes the unit of s.text[start:end]. Stretch k is the first changed one
// that it meets. Line ends that follow the unit and changed with it belong to it.
func (s side) measure(k, start, end int) unit {
	for k > 0 && s.stretches[k].start > start {
		k--
	}
	u := unit{start: start, end: end, stay0: s.stretches[k].stay}
	if s.stretches[k].equal {
		u.stay0 += start - s.stretches[k].start
	}
	for k+1 < len(s.stretches) && s.stretches[k].end < end {
		k++
	}
	c := s.stretches[k]
	u.stay1 = c.stay
	if c.equal {
		u.stay1 += end - c.start
		return u
	}
	for at := end; at < c.end; {
		n := whiteAt(s.text, at)
		if n == 0 {
			break
		}
		at += n
		if s.text[at-1] == '\n' {
			u.end = at
		}
	}
	return u
}

// taken lists the stretches of a side that are part of a move, in order.
func taken(moves []move, inserted bool) [][2]int {
	list := make([][2]int, 0, len(moves))
	for _, m := range moves {
		if inserted {
			list = append(list, [2]int{m.b0, m.b1})
		} else {
			list = append(list, [2]int{m.a0, m.a1})
		}
	}
	slices.SortFunc(list, func(x, y [2]int) int { return cmp.Compare(x[0], y[0]) })
	return list
}

// overlaps says whether the unit meets one of the stretches.
func overlaps(list [][2]int, u unit) bool {
	k, _ := slices.BinarySearchFunc(list, u.end, func(x [2]int, end int) int { return cmp.Compare(x[0], end) })
	return k > 0 && list[k-1][1] > u.start
}

// paragraphAt gives the paragraph of s that holds the byte at, less its line end: the
// lines around it up to a blank one, or its line alone. It looks at nothing before
// floor. On white space between paragraphs it gives an empty one, behind it.
func paragraphAt(s string, at, floor int, byLine bool) (start, end int) {
	start = floor + strings.LastIndexByte(s[floor:at], '\n') + 1
	_, end, next := lineAt(s, start, len(s))
	if isWhite(s[start:end]) {
		return next, next
	}
	if byLine {
		return start, end
	}
	for start > floor {
		above := floor + strings.LastIndexByte(s[floor:start-1], '\n') + 1
		if isWhite(s[above:start]) {
			break
		}
		start = above
	}
	for next < len(s) {
		_, e, n := lineAt(s, next, len(s))
		if isWhite(s[next:e]) {
			break
		}
		end, next = e, n
	}
	return start, end
}
