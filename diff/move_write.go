package diff

import (
	"cmp"
	"slices"
)

// diffMoved diffs the two ends of each move, and drops the moves whose ends turn out
// to have little in common that stands in the same order.
func (e *engine) diffMoved(moves []move, opt Options) []move {
	opt.NoMoves = true
	real := moves[:0]
	for _, m := range moves {
		m.inner = Texts(e.a[m.a0:m.a1], e.b[m.b0:m.b1], opt)
		alike := 0
		for _, s := range m.inner {
			if s.Op == Equal && !isWhite(e.a[m.a0+s.A0:m.a0+s.A1]) {
				alike += s.A1 - s.A0
			}
		}
		if 2*alike*100 >= movedKept*(m.a1-m.a0+m.b1-m.b0) {
			real = append(real, m)
		}
	}
	return real
}

// writeMoved makes the result of the spans and the moves. What had been equal inside
// a moved paragraph is no longer: the paragraph left as a whole.
func (e *engine) writeMoved(moves []move) {
	byNew := make([]move, len(moves)) // the moves in new order
	for k := range moves {
		moves[k].pair = k + 1
		byNew[k] = moves[k]
	}
	slices.SortFunc(byNew, func(x, y move) int { return cmp.Compare(x.b0, y.b0) })
	kept := e.withoutMoved(moves, byNew)
	a, b, from, to := 0, 0, 0, 0
	for _, s := range append(kept, span{a0: len(e.a), a1: len(e.a), b0: len(e.b), b1: len(e.b), equal: true}) {
		for ; from < len(moves) && moves[from].a0 < s.a0; from++ {
			e.writeDelete(a, moves[from].a0, b)
			e.writeFrom(moves[from], b)
			a = moves[from].a1
		}
		e.writeDelete(a, s.a0, b)
		for ; to < len(moves) && byNew[to].b0 < s.b0; to++ {
			e.writeInsert(s.a0, b, byNew[to].b0)
			e.writeTo(byNew[to], s.a0)
			b = byNew[to].b1
		}
		e.writeInsert(s.a0, b, s.b0)
		if s.a0 < s.a1 {
			e.out = append(e.out, Segment{Op: Equal, A0: s.a0, A1: s.a1, B0: s.b0, B1: s.b1})
		}
		a, b = s.a1, s.b1
	}
}

// withoutMoved gives the equal spans less what stands in a moved paragraph of either
// side. It takes the moves in old order and in new order.
func (e *engine) withoutMoved(byOld, byNew []move) []span {
	var kept []span
	for _, s := range e.spans {
		if !s.equal {
			continue
		}
		for len(byOld) > 0 && byOld[0].a1 <= s.a0 {
			byOld = byOld[1:]
		}
		for len(byNew) > 0 && byNew[0].b1 <= s.b0 {
			byNew = byNew[1:]
		}
		parts := []span{s}
		for _, m := range byOld {
			if m.a0 >= s.a1 {
				break
			}
			parts = cutOut(parts, m.a0-s.a0, m.a1-s.a0, s)
		}
		for _, m := range byNew {
			if m.b0 >= s.b1 {
				break
			}
			parts = cutOut(parts, m.b0-s.b0, m.b1-s.b0, s)
		}
		kept = append(kept, parts...)
	}
	return kept
}

// cutOut takes the bytes from..to of the equal span s out of its parts.
func cutOut(parts []span, from, to int, s span) []span {
	var left []span
	for _, p := range parts {
		p0, p1 := p.a0-s.a0, p.a1-s.a0
		if from >= p1 || to <= p0 {
			left = append(left, p)
			continue
		}
		if p0 < from {
			left = append(left, span{p.a0, s.a0 + from, p.b0, s.b0 + from, true})
		}
		if to < p1 {
			left = append(left, span{s.a0 + to, p.a1, s.b0 + to, p.b1, true})
		}
	}
	return left
}

// writeFrom writes the old end of a move, whose place in the new text is b.
func (e *engine) writeFrom(m move, b int) {
	for _, s := range m.inner {
		if s.A0 == s.A1 {
			continue
		}
		s.A0, s.A1, s.B0, s.B1 = m.a0+s.A0, m.a0+s.A1, b, b
		if s.Op == Equal {
			s.Op, s.Pair = MoveFrom, m.pair
		}
		e.out = append(e.out, s)
	}
}

// writeTo writes the new end of a move, whose place in the old text is a.
func (e *engine) writeTo(m move, a int) {
	for _, s := range m.inner {
		if s.B0 == s.B1 {
			continue
		}
		s.A0, s.A1, s.B0, s.B1 = a, a, m.b0+s.B0, m.b0+s.B1
		if s.Op == Equal {
			s.Op, s.Pair = MoveTo, m.pair
		}
		e.out = append(e.out, s)
	}
}
