package diff

// Op says what became of a stretch of text.
type Op uint8

const (
	Equal    Op = iota // stands in both texts, byte for byte
	Delete             // stands in the old text alone; B0 == B1 is its place in the new one
	Insert             // stands in the new text alone; A0 == A1 is its place in the old one
	MoveFrom           // left this place of the old text for the segment Pair names
	MoveTo             // came to this place of the new text from the segment Pair names
)

// String gives the word that stands in the JSON of a diff.
func (o Op) String() string {
	return [...]string{"equal", "delete", "insert", "move-from", "move-to"}[o]
}

// Segment is one stretch of a diff. A[A0:A1] is its part of the old text,
// B[B0:B1] of the new; offsets are bytes. The segments of a diff tile both texts
// in order, an Equal segment holds the same bytes on both sides, and no edge cuts
// a rune, a grapheme cluster, a word or the two halves of a CR LF.
//
// A paragraph that moved and was edited on its way shows as several segments at each
// end: MoveFrom or MoveTo for the words that it kept, all with the number of the
// move, Delete or Insert between them for those that it lost or gained. The MoveFrom
// segments of a number hold, one after the other, the same bytes as its MoveTo
// segments. Numbers go up in the order of the old text.
type Segment struct {
	Op             Op
	Whitespace     bool // a Delete or Insert of white space alone: no word changed
	A0, A1, B0, B1 int
	Pair           int // for moves: 1, 2, …, the same on both sides; else 0
}
