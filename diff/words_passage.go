package diff

import (
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// PassageContext is how many words of its surroundings a [Passage] holds on either
// side, as far as there are so many.
const PassageContext = 8

// Passage is a stretch of a field in which words changed, with what stands around
// it: the old text held Before+Took+After there, the new one holds
// Before+Brought+After. The strings share the texts' memory.
//
// Whoever counts a phrase of up to PassageContext+1 words in the passages between
// two states, in what they brought less what they took, gets by how many places the
// states differ, exactly. Of a longer phrase that came or went, any PassageContext+1
// words in a row that touch what changed stand in a passage.
type Passage struct {
	Field                        string // as in [Field].Name
	Before, Took, Brought, After string
}

// ReadableField is a field that is read: the texts in which a phrase can stand. Of a
// set each item is a text, and none runs on into the next.
type ReadableField struct {
	Name  string
	Texts []string
}

// ReadableFields lists the fields of a state that hold words, in a fixed order:
// headline, summary, body, byline, category, the image's caption and credit,
// contexts, and the names of sources. Empty ones are left out.
func ReadableFields(s *schema.State) []ReadableField {
	fields := make([]ReadableField, 0, 6)
	add := func(name string, texts ...string) {
		texts = slices.DeleteFunc(texts, func(t string) bool { return t == "" })
		if len(texts) > 0 {
			fields = append(fields, ReadableField{name, texts})
		}
	}
	for _, f := range readableTexts {
		add(f.name, f.text(s))
	}
	add(schema.FieldContexts.String(), itemNames(plainItems(s.Contexts))...)
	add(schema.FieldSources.String(), itemNames(sourceItems(s.Sources))...)
	return fields
}

// readableTexts are the fields that hold one text, by the names of [Field].
var readableTexts = [...]struct {
	name string
	text func(*schema.State) string
}{
	{"headline", func(s *schema.State) string { return s.Headline }},
	{"summary", func(s *schema.State) string { return s.Summary }},
	{"body", func(s *schema.State) string { return s.Body }},
	{"byline", func(s *schema.State) string { return s.Byline }},
	{"category", func(s *schema.State) string { return s.Category }},
	{"image.caption", func(s *schema.State) string { return s.Image.Caption }},
	{"image.credit", func(s *schema.State) string { return s.Image.Credit }},
}

func isReadableText(name string) bool {
	for i := range readableTexts {
		if readableTexts[i].name == name {
			return true
		}
	}
	return false
}

// itemNames gives the names of a set's items, each item once, in byte order.
func itemNames(items []item) []string {
	names := make([]string, 0, len(items))
	for _, i := range uniqueItems(items) {
		names = append(names, i.name)
	}
	return names
}

// Passages gives the stretches in which words changed between two states, whose
// diff d is. What is no word, and case, is no change here.
func Passages(d *Article, old, new *schema.State) []Passage {
	var list []Passage
	for i := range d.Fields {
		f := &d.Fields[i]
		switch f.Name {
		case "contexts":
			list = appendItems(list, f.Name, itemNames(plainItems(old.Contexts)), itemNames(plainItems(new.Contexts)))
		case "sources":
			list = appendItems(list, f.Name, itemNames(sourceItems(old.Sources)), itemNames(sourceItems(new.Sources)))
		default:
			if isReadableText(f.Name) {
				list = f.appendPassages(list)
			}
		}
	}
	return list
}

// appendItems adds a passage for each item that only one of two sorted lists has.
func appendItems(list []Passage, field string, old, new []string) []Passage {
	for len(old) > 0 || len(new) > 0 {
		p := Passage{Field: field}
		switch {
		case len(new) == 0 || len(old) > 0 && old[0] < new[0]:
			p.Took, old = old[0], old[1:]
		case len(old) == 0 || new[0] < old[0]:
			p.Brought, new = new[0], new[1:]
		default:
			old, new = old[1:], new[1:]
			continue
		}
		if !readAlike(p.Took, p.Brought) {
			list = append(list, p)
		}
	}
	return list
}

// appendPassages adds those of one text: its changed segments, joined where what
// would be shown around them meets.
func (f *Field) appendPassages(list []Passage) []Passage {
	segs := f.Segments
	for i := 0; i < len(segs); {
		if segs[i].Op == Equal {
			i++
			continue
		}
		first := i
		for i < len(segs) && (segs[i].Op != Equal || i+1 < len(segs) && f.meets(&segs[i])) {
			i++
		}
		last := &segs[i-1]
		p := Passage{Field: f.Name, Took: f.Old[segs[first].A0:last.A1], Brought: f.New[segs[first].B0:last.B1]}
		if white(segs[first:i]) || readAlike(p.Took, p.Brought) {
			continue
		}
		if first > 0 {
			s := &segs[first-1]
			p.Before = f.New[WordsBefore(f.New, s.B0, s.B1, PassageContext):s.B1]
		}
		if i < len(segs) {
			s := &segs[i]
			p.After = f.New[s.B0:WordsAfter(f.New, s.B0, s.B1, PassageContext)]
		}
		list = append(list, p)
	}
	return list
}

// white says whether nothing but white space changed.
func white(segs []Segment) bool {
	for i := range segs {
		if segs[i].Op != Equal && !segs[i].Whitespace {
			return false
		}
	}
	return true
}

// meets says whether the surroundings of what changed before and after an equal
// segment meet in it.
func (f *Field) meets(s *Segment) bool {
	end := WordsAfter(f.New, s.B0, s.B1, PassageContext)
	return end == s.B1 || WordsBefore(f.New, s.B0, s.B1, PassageContext) <= end
}

// sameWords says whether two texts hold the same words.
func readAlike(a, b string) bool {
	if a == "" || b == "" {
		return len(AppendFolded(nil, a)) == len(AppendFolded(nil, b))
	}
	var roomA, roomB [128]byte
	return string(AppendFolded(roomA[:0], a)) == string(AppendFolded(roomB[:0], b))
}

// WordsAfter gives the end of the first n words of s[from:to], whose ends are token
// boundaries of s; to where there are no more.
func WordsAfter(s string, from, to, n int) int {
	var room [64]Token
	for size := 12 * n; ; size *= 4 {
		end := from + size
		for end < to && !cutsClean(s, end) {
			end++
		}
		end = min(end, to)
		words := keepWords(appendTokens(room[:0], s, from, end), s)
		if len(words) > n || len(words) == n && end < to {
			return words[n-1].End
		}
		if end == to {
			return to
		}
	}
}

// WordsBefore gives the start of the last n words of s[from:to], whose ends are token
// boundaries of s; from where there are no more.
func WordsBefore(s string, from, to, n int) int {
	var room [64]Token
	for size := 12 * n; ; size *= 4 {
		start := to - size
		for start > from && !cutsClean(s, start) {
			start--
		}
		start = max(start, from)
		words := keepWords(appendTokens(room[:0], s, start, to), s)
		if k := len(words); k > n || k == n && start > from {
			return words[k-n].Start
		}
		if start == from {
			return from
		}
	}
}
