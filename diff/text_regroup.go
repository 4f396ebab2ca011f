package diff

import (
	"cmp"
	"slices"
	"strings"
)

// Regroup is a paragraph that was split, or paragraphs that were merged: Old
// paragraphs of the old text, the first beginning at A0 and the last ending at A1,
// became New paragraphs of the new text, from B0 to B1. One of the two numbers is 1.
// Offsets are bytes, without the line ends behind a paragraph.
type Regroup struct {
	Old, New       int
	A0, A1, B0, B1 int
}

// Split says whether one paragraph became several; else several became one.
func (r Regroup) Split() bool { return r.New > 1 }

// minRegrouped is the least number of bytes that a paragraph must have kept to count
// as a part of another.
const minRegrouped = 12

// Regroups finds in the diff of a and b the paragraphs that were split and those that
// were merged, in the order of the old text. Paragraphs are parted by blank lines.
//
// A new paragraph comes of an old one if more than half of its bytes stand, by the
// Equal segments, in that one; an old paragraph of which two or more come was split.
// The same seen from the other side is a merge. So a part may have been edited, and
// something new may stand between the parts. What moved is no part of anything:
// [Texts] shows it as a move.
//
// It costs next to nothing where no line end changed.
func Regroups(a, b string, segs []Segment) []Regroup {
	if !breaksLine(a, b, segs) {
		return nil
	}
	old, new := paragraphsOf(a), paragraphsOf(b)
	shareParagraphs(old, new, segs)
	var list []Regroup
	for k := 0; k < len(new); {
		last, n := sameHome(new, k)
		if n > 1 {
			from := old[new[k].home]
			list = append(list, Regroup{1, n, from.start, from.end, new[k].start, new[last].end})
		}
		k = last + 1
	}
	for k := 0; k < len(old); {
		last, n := sameHome(old, k)
		if n > 1 {
			to := new[old[k].home]
			list = append(list, Regroup{n, 1, old[k].start, old[last].end, to.start, to.end})
		}
		k = last + 1
	}
	slices.SortFunc(list, func(x, y Regroup) int { return cmp.Or(cmp.Compare(x.A0, y.A0), cmp.Compare(x.B0, y.B0)) })
	return list
}

// breaksLine says whether a line end is among what changed.
func breaksLine(a, b string, segs []Segment) bool {
	for _, s := range segs {
		if s.Op == Delete && strings.IndexByte(a[s.A0:s.A1], '\n') >= 0 || s.Op == Insert && strings.IndexByte(b[s.B0:s.B1], '\n') >= 0 {
			return true
		}
	}
	return false
}

// paragraph is a stretch between blank lines, and the paragraph of the other text
// that holds most of it, -1 for none.
type paragraph struct{ start, end, home int }

func paragraphsOf(s string) []paragraph {
	var list []paragraph
	for at := 0; at < len(s); {
		start, end := paragraphAt(s, at, at, false)
		if end > start {
			list = append(list, paragraph{start, end, -1})
		}
		at = max(end, at+1)
	}
	return list
}

// shareParagraphs finds the home of each paragraph.
func shareParagraphs(old, new []paragraph, segs []Segment) {
	i, j := 0, 0                    // the paragraphs that are looked at together
	here, kept := [2]int{-1, -1}, 0 // the last two that shared something, and how much
	settle := func() {
		if kept < minRegrouped {
			return
		}
		if p := &old[here[0]]; 2*kept > p.end-p.start {
			p.home = here[1]
		}
		if p := &new[here[1]]; 2*kept > p.end-p.start {
			p.home = here[0]
		}
	}
	for _, s := range segs {
		if s.Op != Equal {
			continue
		}
		shift := s.B0 - s.A0
		for at := s.A0; at < s.A1; {
			for i < len(old) && old[i].end <= at {
				i++
			}
			for j < len(new) && new[j].end <= at+shift {
				j++
			}
			if i == len(old) || j == len(new) {
				break
			}
			from := max(at, old[i].start, new[j].start-shift)
			to := min(s.A1, old[i].end, new[j].end-shift)
			if to > from {
				if here != [2]int{i, j} {
					settle()
					here, kept = [2]int{i, j}, 0
				}
				kept += to - from
			}
			at = max(to, at+1)
		}
	}
	settle()
}

// sameHome gives the last of the paragraphs from side[k] on that have the home of
// that one, those without a home between them passed over, and how many they are.
func sameHome(side []paragraph, k int) (last, n int) {
	last, n = k, 1
	if side[k].home < 0 {
		return k, 0
	}
	for next := k + 1; next < len(side); next++ {
		switch side[next].home {
		case side[k].home:
			last, n = next, n+1
		case -1:
		default:
			return last, n
		}
	}
	return last, n
}
