package diff

import (
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// item is a member of a set: a context or an alias, or a source with its two
// halves.
type item struct {
	name, url string
}

// String gives the item's line: "Reuters <https://…>", or whichever half there is.
func (i item) String() string {
	switch {
	case i.url == "":
		return i.name
	case i.name == "":
		return "<" + i.url + ">"
	}
	return i.name + " <" + i.url + ">"
}

func plainItems(names []string) []item {
	items := make([]item, len(names))
	for i, n := range names {
		items[i] = item{name: n}
	}
	return items
}

func sourceItems(sources []schema.Source) []item {
	items := make([]item, len(sources))
	for i, s := range sources {
		items[i] = item{name: s.Name, url: s.URL}
	}
	return items
}

// row is one line of a set's diff: an item that stayed, went, came or changed.
type row struct {
	old, new         item
	inOld, inNew     bool
	oldLine, newLine string // the items as text, with their LF
}

// pairItems matches the items of two sets: equal ones; then those that share an
// address; those whose addresses differ in how they are written alone; then those
// that share a name. The last three match only where the address or the name stands
// once on either side among what is left: of two Reuters stories replaced by two
// others nobody can say which replaced which.
// The rows are sorted by their text, so the order of the items counts nowhere.
func pairItems(old, new []item) []row {
	old, new = uniqueItems(old), uniqueItems(new)
	rows, old, new := equalItems(old, new)
	for _, key := range []func(item) string{
		func(i item) string { return i.url },
		func(i item) string { return sameAddress(i.url) },
		func(i item) string {
			if i.url == "" { // a bare name that changed is another item
				return ""
			}
			return i.name
		},
	} {
		if len(old) == 0 || len(new) == 0 {
			break
		}
		var both []row
		both, old, new = matchItems(old, new, key)
		rows = append(rows, both...)
	}
	for _, o := range old {
		rows = append(rows, row{old: o, inOld: true})
	}
	for _, n := range new {
		rows = append(rows, row{new: n, inNew: true})
	}
	sortRows(rows)
	return rows
}

// sameAddress gives what addresses of one page have in common, however they are
// written: scheme, "www.", an escaped "&" and a slash at the end don't count.
func sameAddress(url string) string {
	if _, rest, found := strings.Cut(url, "://"); found {
		url = rest
	}
	url = strings.TrimPrefix(url, "www.")
	url = strings.ReplaceAll(url, "&amp;", "&")
	return strings.TrimRight(url, "/")
}

// equalItems pairs the items that both sorted lists hold, and gives what is left.
func equalItems(old, new []item) (both []row, restOld, restNew []item) {
	both = make([]row, 0, max(len(old), len(new)))
	for len(old) > 0 && len(new) > 0 {
		switch c := compareItems(old[0], new[0]); {
		case c == 0:
			both = append(both, row{old: old[0], new: new[0], inOld: true, inNew: true})
			old, new = old[1:], new[1:]
		case c < 0:
			restOld, old = append(restOld, old[0]), old[1:]
		default:
			restNew, new = append(restNew, new[0]), new[1:]
		}
	}
	return both, append(restOld, old...), append(restNew, new...)
}

func compareItems(a, b item) int {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c
	}
	return strings.Compare(a.url, b.url)
}

// matchItems pairs the items whose key, where it isn't empty, stands once on
// either side, and gives what is left.
func matchItems(old, new []item, key func(item) string) (both []row, restOld, restNew []item) {
	type place struct{ n, at int }
	inOld, inNew := map[string]int{}, map[string]place{}
	for _, o := range old {
		inOld[key(o)]++
	}
	for at, n := range new {
		inNew[key(n)] = place{inNew[key(n)].n + 1, at}
	}
	taken := make([]bool, len(new))
	for _, o := range old {
		k := key(o)
		if p := inNew[k]; k != "" && inOld[k] == 1 && p.n == 1 {
			both = append(both, row{old: o, new: new[p.at], inOld: true, inNew: true})
			taken[p.at] = true
		} else {
			restOld = append(restOld, o)
		}
	}
	for at, n := range new {
		if !taken[at] {
			restNew = append(restNew, n)
		}
	}
	return both, restOld, restNew
}

// uniqueItems keeps each item once, in byte order.
func uniqueItems(items []item) []item {
	out := slices.Clone(items)
	slices.SortFunc(out, compareItems)
	return slices.Compact(out)
}

// sortRows writes the rows' lines and sorts by the newer one, or the older where
// there is no newer.
func sortRows(rows []row) {
	for i := range rows {
		r := &rows[i]
		if r.inOld {
			r.oldLine = r.old.String() + "\n"
		}
		switch {
		case !r.inNew:
		case r.inOld && r.old == r.new:
			r.newLine = r.oldLine
		default:
			r.newLine = r.new.String() + "\n"
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		if c := strings.Compare(a.place(), b.place()); c != 0 {
			return c
		}
		return strings.Compare(a.oldLine, b.oldLine)
	})
}

func (r row) place() string {
	if r.inNew {
		return r.newLine
	}
	return r.oldLine
}

// set adds the diff of a set field, where there is one.
func (c *comparison) set(name string, kind Kind, rows []row) {
	if !slices.ContainsFunc(rows, func(r row) bool { return !r.inOld || !r.inNew || r.old != r.new }) {
		return
	}
	f := Field{Name: name, Kinds: []Kind{kind}, Set: true}
	var old, new strings.Builder
	for _, r := range rows {
		a, b := old.Len(), new.Len()
		old.WriteString(r.oldLine)
		new.WriteString(r.newLine)
		switch {
		case !r.inNew:
			f.Removed = append(f.Removed, strings.TrimSuffix(r.oldLine, "\n"))
		case !r.inOld:
			f.Added = append(f.Added, strings.TrimSuffix(r.newLine, "\n"))
		case r.old != r.new:
			f.Changed = append(f.Changed, ItemChange{Old: r.old.String(), New: r.new.String()})
			f.Segments = c.appendChanged(f.Segments, r.old, r.new, a, b)
			continue
		}
		f.Segments = appendReplace(f.Segments, r.oldLine, r.newLine, a, b)
	}
	f.Old, f.New = old.String(), new.String()
	c.fields = append(c.fields, f)
}

// appendChanged compares the names word by word and the addresses as a whole.
func (c *comparison) appendChanged(segs []Segment, old, new item, a, b int) []Segment {
	if old.url == "" || new.url == "" || old.name == "" || new.name == "" {
		return appendReplace(segs, old.String()+"\n", new.String()+"\n", a, b)
	}
	if old.name == new.name {
		segs = appendReplace(segs, old.name, new.name, a, b)
	} else {
		for _, s := range Texts(old.name, new.name, c.opt) {
			s.A0, s.A1, s.B0, s.B1 = s.A0+a, s.A1+a, s.B0+b, s.B1+b
			segs = append(segs, s)
		}
	}
	a, b = a+len(old.name), b+len(new.name)
	segs = appendReplace(segs, " <", " <", a, b)
	segs = appendReplace(segs, old.url, new.url, a+2, b+2)
	return appendReplace(segs, ">\n", ">\n", a+2+len(old.url), b+2+len(new.url))
}
