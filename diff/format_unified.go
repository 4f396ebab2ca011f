package diff

import (
	"fmt"
	"math"
	"strings"
)

// unified writes what patch and git apply read: of an article one file a field,
// "a/headline" and "b/headline"; of two bare texts one file. Lines are compared
// byte for byte, and written as they are. A line is unchanged where the word diff
// leaves the whole of it unchanged; nothing is compared a second time.
func (p *printer) unified(d document, opt ShowOptions) {
	context := opt.Around
	switch context {
	case AroundDefault:
		context = 3
	case AroundAll:
		context = math.MaxInt / 4
	}
	for _, f := range d.fields {
		if f.Old == f.New {
			continue
		}
		from, to := "a/"+fileName(f.Name), "b/"+fileName(f.Name)
		if d.bare {
			from, to = "a", "b"
			if opt.From != "" {
				from = opt.From
			}
			if opt.To != "" {
				to = opt.To
			}
		}
		p.print("--- ", patchName(from), "\n+++ ", patchName(to), "\n")
		p.unifiedField(f, context)
	}
}

// fileName makes a field's name fit for one component of a path.
func fileName(name string) string {
	name = strings.Map(func(c rune) rune {
		if c == '/' || c == '\\' {
			return '_'
		}
		return c
	}, name)
	if strings.Trim(name, ".") == "" {
		return "_" + name
	}
	return name
}

// patchName writes a file's name; a tab ends one that holds a blank, as diff and
// git write it.
func patchName(name string) string {
	name = oneLine(name)
	if strings.ContainsAny(name, " \t") {
		name = strings.ReplaceAll(name, "\t", " ") + "\t"
	}
	return name
}

// lineEdit is a run of lines: the old ones from a0 to a1 stand for the new ones
// from b0 to b1. Between runs the lines are the same.
type lineEdit struct {
	a0, a1, b0, b1 int
}

func (p *printer) unifiedField(f Field, context int) {
	old, new := splitLines(f.Old), splitLines(f.New)
	edits := lineEdits(f, old, new)
	for len(edits) > 0 {
		n := 1 // edits of this hunk: those whose context touches
		for n < len(edits) && edits[n].a0-edits[n-1].a1 <= 2*context {
			n++
		}
		p.unifiedHunk(old, new, edits[:n], context)
		edits = edits[n:]
	}
}

func (p *printer) unifiedHunk(old, new []string, edits []lineEdit, context int) {
	first, last := edits[0], edits[len(edits)-1]
	before := min(context, first.a0)
	after := min(context, len(old)-last.a1)
	a0, a1 := first.a0-before, last.a1+after
	b0, b1 := first.b0-before, last.b1+after
	p.print("@@ -", lineRange(a0, a1), " +", lineRange(b0, b1), " @@\n")
	at := a0
	for _, e := range edits {
		p.unifiedLines(" ", old[at:e.a0])
		p.unifiedLines("-", old[e.a0:e.a1])
		p.unifiedLines("+", new[e.b0:e.b1])
		at = e.a1
	}
	p.unifiedLines(" ", old[at:a1])
}

func (p *printer) unifiedLines(sign string, lines []string) {
	for _, l := range lines {
		p.print(sign, l)
		if !strings.HasSuffix(l, "\n") {
			p.print("\n\\ No newline at end of file\n")
		}
	}
}

// lineRange writes "start,count"; an empty range starts at the line before it.
func lineRange(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

// splitLines gives the lines with their LF.
func splitLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		out = append(out, l)
	}
	return out
}

// lineEdits turns the segments into runs of changed lines: a line stays where one
// unchanged stretch holds it from its start to its end on both sides.
func lineEdits(f Field, old, new []string) []lineEdit {
	starts := make(map[int]int, len(new)) // byte → number of a new line
	at := 0
	for i, l := range new {
		starts[at] = i
		at += len(l)
	}
	var out []lineEdit
	doneOld, doneNew := 0, 0 // lines accounted for
	at, seg := 0, 0
	segs := f.Segments
	for i, l := range old {
		from, to := at, at+len(l)
		at = to
		for seg < len(segs) && (segs[seg].Op != Equal || segs[seg].A1 < to) {
			seg++
		}
		if seg == len(segs) {
			break
		}
		s := segs[seg]
		j, found := starts[from-s.A0+s.B0]
		if from < s.A0 || !found || new[j] != l {
			continue
		}
		if i > doneOld || j > doneNew {
			out = append(out, lineEdit{doneOld, i, doneNew, j})
		}
		doneOld, doneNew = i+1, j+1
	}
	if doneOld < len(old) || doneNew < len(new) {
		out = append(out, lineEdit{doneOld, len(old), doneNew, len(new)})
	}
	return out
}
