package diff

import "strings"

// Most edits touch a few lines and leave the rest in order. Then the stretches can be
// walked through side by side: behind a changed line or some, the next ones are equal
// again, and as far as they are they cost a comparison of memory. No line needs a hash.
//
// What is found this way holds every anchor: where a line stands once on either side
// and is not in what the walk found equal, it stands among the changed lines of both
// sides. If any line does so, the walk counts for nothing. Beyond that the walk ties
// together lines that stand more than once, if they are in order on both sides.

const (
	// walkAhead is the number of lines of either side, blank ones behind them not
	// counted, among which the texts must come together again.
	walkAhead = 3
	// walkChanged is the greatest number of changed lines of a side.
	walkChanged = 64
)

// walk appends to the chain, in order, the runs of whole lines in which the stretches
// are equal. It says false, and leaves the chain as it was, where it lost its way.
func (e *engine) walk(a0, a1, b0, b1 int) bool {
	s := &e.anchor
	base := len(s.chain)
	s.gone, s.come = s.gone[:0], s.come[:0]
	for a0 < a1 || b0 < b1 {
		k, found := e.meet(a0, a1, b0, b1)
		var ok bool
		if s.gone, ok = appendLines(s.gone, e.a, a0, k.a); !ok {
			break
		}
		if s.come, ok = appendLines(s.come, e.b, b0, k.b); !ok {
			break
		}
		a0, b0 = k.a+k.length, k.b+k.length
		if found {
			s.chain = append(s.chain, k)
		}
	}
	if a0 == a1 && b0 == b1 && len(s.chain) > base && !e.crossing() {
		return true
	}
	s.chain = s.chain[:base]
	return false
}

// ahead lists how many lines of the old and the new side are tried as changed, the
// likelier first: one for one, one that came, one that went, and so on.
const ahead = "\x11\x01\x10\x12\x21\x22\x02\x20\x33\x03\x30\x13\x31\x23\x32"

// meet finds where two stretches that begin unlike are equal again, for how many bytes
// of whole lines. If they aren't, it gives their ends.
func (e *engine) meet(a0, a1, b0, b1 int) (k knot, found bool) {
	var starts, others [walkAhead + 1]int
	n := firstLines(&starts, e.a, a0, a1)
	m := firstLines(&others, e.b, b0, b1)
	for k := range len(ahead) {
		i, j := int(ahead[k]>>4), int(ahead[k]&15)
		if i >= n || j >= m {
			continue
		}
		if length := e.alike(starts[i], a1, others[j], b1); length > 0 {
			return knot{starts[i], others[j], length}, true
		}
	}
	return knot{a1, b1, 0}, false
}

// firstLines gives the start of s[i:end] and those of the lines that follow, less blank
// ones, as far as they fit.
func firstLines(starts *[walkAhead + 1]int, s string, i, end int) (n int) {
	for n < len(starts) && i < end {
		starts[n] = i
		n++
		next := strings.IndexByte(s[i:end], '\n')
		if next < 0 {
			break
		}
		for i += next; i < end && (s[i] == '\n' || s[i] == '\r'); {
			i++
		}
	}
	return n
}

// alike gives the length of the whole lines in which a[a0:a1] and b[b0:b1] begin alike,
// and 0 where none of them could anchor.
func (e *engine) alike(a0, a1, b0, b1 int) int {
	if min(a1-a0, b1-b0) < minLine || load64(e.a, a0) != load64(e.b, b0) {
		return 0
	}
	n := commonPrefix(e.a[a0:a1], e.b[b0:b1])
	n = 1 + strings.LastIndexByte(e.a[a0:a0+n], '\n')
	for i := a0; i < a0+n; {
		start, end, next := lineAt(e.a, i, a0+n)
		if anchors(e.a[start:end]) {
			return n
		}
		i = next
	}
	return 0
}

// appendLines appends where the lines of s[i:end] stand that could anchor, unless there
// come to be too many.
func appendLines(list [][2]int, s string, i, end int) ([][2]int, bool) {
	for i < end {
		start, stop, next := lineAt(s, i, end)
		if anchors(s[start:stop]) {
			if len(list) == walkChanged {
				return list, false
			}
			list = append(list, [2]int{start, stop})
		}
		i = next
	}
	return list, true
}

// crossing says whether a line that the walk took for gone is among those that came.
func (e *engine) crossing() bool {
	for _, gone := range e.anchor.gone {
		for _, come := range e.anchor.come {
			if gone[1]-gone[0] == come[1]-come[0] && e.a[gone[0]:gone[1]] == e.b[come[0]:come[1]] {
				return true
			}
		}
	}
	return false
}
