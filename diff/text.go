package diff

import (
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Options say how a text diff is made. The zero value is what readers want.
type Options struct {
	// NoMoves shows a moved paragraph as deleted here and inserted there.
	NoMoves bool
	// Island is the greatest number of unchanged marks and short words between two
	// changes that are shown as changed too, to make one change of three scraps. 0
	// means 2; a negative number keeps every unchanged word.
	Island int
}

// defaultIsland is the number behind Options.Island == 0; beyond maxIsland there is
// no difference.
const defaultIsland, maxIsland = 2, 1 << 20

// Texts gives the word diff of two texts as segments that tile both, old before
// new where both changed. Equal texts give one segment, empty ones none.
//
// It is total and repeatable: any bytes are texts, equal arguments give equal
// results under any load, and the work is bounded (see doc.go). It is safe for
// concurrent use. The segments refer to the texts by offset; no text is copied.
func Texts(a, b string, opt Options) []Segment {
	if a == b {
		if a == "" {
			return nil
		}
		return []Segment{{Op: Equal, A1: len(a), B1: len(b)}}
	}
	e := engines.Get().(*engine)
	result := e.diff(a, b, opt)
	e.release()
	return result
}

// engines keeps the scratch memory of finished diffs for the next ones. It holds
// nothing that a result depends on.
var engines = sync.Pool{New: func() any { return new(engine) }}

// keepScratch is the greatest size of an engine that is kept, in entries of its
// larger lists: some megabytes.
const keepScratch = 1 << 19

// engine is one running diff: the texts, what was found so far, and memory that
// later diffs use again.
type engine struct {
	a, b  string
	spans []span    // what was found so far: tiles both texts from their start
	out   []Segment // the result

	exact  exactScratch
	anchor anchorScratch
	tokens []Token
}

// span is a stretch of both texts that either is equal or differs. Spans of a kind
// never follow each other.
type span struct {
	a0, a1, b0, b1 int
	equal          bool
}

func (e *engine) diff(a, b string, opt Options) []Segment {
	e.a, e.b = a, b
	e.spans, e.out = e.spans[:0], e.out[:0]
	e.exact.begin()
	e.region(0, len(a), 0, len(b), 0)
	e.slideAll()
	if island := opt.Island; island >= 0 {
		if island == 0 {
			island = defaultIsland
		}
		e.cleanUp(min(island, maxIsland))
	}
	var moves []move
	if !opt.NoMoves {
		moves = e.diffMoved(e.findMoves(), opt)
	}
	if len(moves) == 0 {
		return e.write()
	}
	e.writeMoved(moves)
	return slices.Clone(e.out)
}

// release gives the engine back, without the texts that it worked on, unless it has
// grown large.
func (e *engine) release() {
	e.a, e.b = "", ""
	size := cap(e.exact.tokA) + cap(e.exact.tokB) + cap(e.tokens) + cap(e.anchor.lines) + cap(e.spans) +
		cap(e.exact.bits.v) + cap(e.exact.bits.dense) + cap(e.exact.myers.trace) +
		cap(e.exact.tiles.rows) + cap(e.exact.tiles.masks) + cap(e.exact.rows)
	if size > keepScratch {
		return
	}
	engines.Put(e)
}

// region diffs a[a0:a1] against b[b0:b1], whose ends are token boundaries in both
// texts: it takes off what is equal at the ends, splits the rest at anchors, and
// leaves what can't be split to the token engine.
func (e *engine) region(a0, a1, b0, b1, depth int) {
	n := commonPrefix(e.a[a0:a1], e.b[b0:b1])
	for n > 0 && !(cutsClean(e.a, a0+n) && cutsClean(e.b, b0+n)) {
		n--
	}
	e.addEqual(a0, a0+n, b0, b0+n)
	a0, b0 = a0+n, b0+n
	n = commonSuffix(e.a[a0:a1], e.b[b0:b1])
	for n > 0 && !(cutsClean(e.a, a1-n) && cutsClean(e.b, b1-n)) {
		n--
	}
	ma, mb := a1-n, b1-n
	switch {
	case ma == a0 || mb == b0:
		e.addChange(a0, ma, b0, mb)
	case min(ma-a0, mb-b0) <= minAnchored || !e.anchored(a0, ma, b0, mb, depth):
		e.gap(a0, ma, b0, mb)
	}
	e.addEqual(ma, a1, mb, b1)
}

// addEqual appends an equal stretch, which may be empty.
func (e *engine) addEqual(a0, a1, b0, b1 int) {
	if a0 < a1 {
		e.add(span{a0, a1, b0, b1, true})
	}
}

// addChange appends a stretch that differs, less the white space that both sides
// begin or end with. Either side may be empty.
func (e *engine) addChange(a0, a1, b0, b1 int) {
	if a1-a0 > 2 && b1-b0 > 2 && spaced(e.a[a0:a1]) && spaced(e.b[b0:b1]) {
		e.addEqual(a0, a0+1, b0, b0+1)
		e.add(span{a0 + 1, a1 - 1, b0 + 1, b1 - 1, false})
		e.addEqual(a1-1, a1, b1-1, b1)
		return
	}
	head := 0
	for head < min(a1-a0, b1-b0) && e.a[a0+head] == e.b[b0+head] {
		n := whiteAt(e.a, a0+head)
		if n == 0 || head+n > min(a1-a0, b1-b0) || e.a[a0+head:a0+head+n] != e.b[b0+head:b0+head+n] {
			break
		}
		head += n
	}
	for head > 0 && !(cutsWhite(e.a, a0+head, a1) && cutsWhite(e.b, b0+head, b1)) {
		_, n := utf8.DecodeLastRuneInString(e.a[a0 : a0+head])
		head -= n
	}
	e.addEqual(a0, a0+head, b0, b0+head)
	a0, b0 = a0+head, b0+head
	tail := 0
	for tail < min(a1-a0, b1-b0) {
		r, n := utf8.DecodeLastRuneInString(e.a[a0 : a1-tail])
		if !unicode.IsSpace(r) || tail+n > b1-b0 || e.a[a1-tail-n:a1-tail] != e.b[b1-tail-n:b1-tail] {
			break
		}
		tail += n
	}
	for tail > 0 && !(cutsClean(e.a, a1-tail) && cutsClean(e.b, b1-tail)) {
		_, n := utf8.DecodeRuneInString(e.a[a1-tail : a1])
		tail -= n
	}
	if a0 < a1-tail || b0 < b1-tail {
		e.add(span{a0, a1 - tail, b0, b1 - tail, false})
	}
	e.addEqual(a1-tail, a1, b1-tail, b1)
}

// spaced says that s has one space at either end, and a letter, digit or underscore
// beside it: the common case, in which nothing can go together with the space.
func spaced(s string) bool {
	n := len(s)
	return s[0] == ' ' && s[n-1] == ' ' && byteKinds[s[1]] == '0'+kindWord && byteKinds[s[n-2]] == '0'+kindWord
}

// add appends a span, joined to the last where both are of a kind.
func (e *engine) add(s span) {
	if last := len(e.spans) - 1; last >= 0 && e.spans[last].equal == s.equal {
		e.spans[last].a1, e.spans[last].b1 = s.a1, s.b1
		return
	}
	e.spans = append(e.spans, s)
}

// write makes the result of the spans.
func (e *engine) write() []Segment {
	n := 0
	for k := range e.spans {
		if n++; !e.spans[k].equal && !e.spans[k].pure() {
			n++
		}
	}
	out := make([]Segment, n)
	n = 0
	for k := range e.spans {
		s := &e.spans[k]
		if s.equal {
			out[n] = Segment{Op: Equal, A0: s.a0, A1: s.a1, B0: s.b0, B1: s.b1}
			n++
			continue
		}
		if s.a0 < s.a1 {
			out[n] = Segment{Op: Delete, A0: s.a0, A1: s.a1, B0: s.b0, B1: s.b0, Whitespace: isWhite(e.a[s.a0:s.a1])}
			n++
		}
		if s.b0 < s.b1 {
			out[n] = Segment{Op: Insert, A0: s.a1, A1: s.a1, B0: s.b0, B1: s.b1, Whitespace: isWhite(e.b[s.b0:s.b1])}
			n++
		}
	}
	return out
}

func (e *engine) writeDelete(a0, a1, b int) {
	if a0 < a1 {
		e.out = append(e.out, Segment{Op: Delete, A0: a0, A1: a1, B0: b, B1: b, Whitespace: isWhite(e.a[a0:a1])})
	}
}

func (e *engine) writeInsert(a, b0, b1 int) {
	if b0 < b1 {
		e.out = append(e.out, Segment{Op: Insert, A0: a, A1: a, B0: b0, B1: b1, Whitespace: isWhite(e.b[b0:b1])})
	}
}
