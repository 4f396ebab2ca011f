package diff

import (
	"fmt"
	"strings"
	"testing"
)

// regrouping writes what Regroups finds, each as "1→2 OLD ⇒ NEW".
func regrouping(a, b string) string {
	var list []string
	for _, r := range Regroups(a, b, Texts(a, b, Options{})) {
		list = append(list, fmt.Sprintf("%d→%d %q ⇒ %q", r.Old, r.New, a[r.A0:r.A1], b[r.B0:r.B1]))
	}
	return strings.Join(list, "; ")
}

func TestRegroups(t *testing.T) {
	const (
		one   = "The parliament voted on the law last night."
		two   = "It comes into force in March, the speaker said."
		three = "Nobody had expected so great a majority."
	)
	for _, c := range []struct{ a, b, want string }{
		{one + " " + two, one + "\n\n" + two, fmt.Sprintf("1→2 %q ⇒ %q", one+" "+two, one+"\n\n"+two)},
		{one + "\n\n" + two, one + " " + two, fmt.Sprintf("2→1 %q ⇒ %q", one+"\n\n"+two, one+" "+two)},
		{one + "\n" + two, one + "\n\n" + two, fmt.Sprintf("1→2 %q ⇒ %q", one+"\n"+two, one+"\n\n"+two)},
		{one + "\r\n\r\n" + two, one + "\r\n" + two, fmt.Sprintf("2→1 %q ⇒ %q", one+"\r\n\r\n"+two, one+"\r\n"+two)},
		// edited on both sides of the break
		{one + " " + two, strings.Replace(one, "last night", "yesterday", 1) + "\n\n" + strings.Replace(two, "March", "May", 1),
			fmt.Sprintf("1→2 %q ⇒ %q", one+" "+two, "The parliament voted on the law yesterday.\n\nIt comes into force in May, the speaker said.")},
		// something new between the parts
		{one + " " + two, one + "\n\n" + three + "\n\n" + two, fmt.Sprintf("1→2 %q ⇒ %q", one+" "+two, one+"\n\n"+three+"\n\n"+two)},
		// three parts, and a merge behind a split
		{one + " " + two + " " + three, one + "\n\n" + two + "\n\n" + three,
			fmt.Sprintf("1→3 %q ⇒ %q", one+" "+two+" "+three, one+"\n\n"+two+"\n\n"+three)},
		{one + " " + two + "\n\n" + three + "\n\nNo more is known so far.", one + "\n\n" + two + "\n\n" + three + " No more is known so far.",
			fmt.Sprintf("1→2 %q ⇒ %q; 2→1 %q ⇒ %q", one+" "+two, one+"\n\n"+two, three+"\n\nNo more is known so far.", three+" No more is known so far.")},
		// none of these regroups anything
		{one + "\n\n" + two, one + "\n\n" + three + "\n\n" + two, ""},
		{one + "\n\n" + two, one, ""},
		{one + "\n" + two, one + " " + two, ""},
		{one, one + "\n\n", ""},
		{"", one + "\n\n" + two, ""},
		{one + "\n\n" + two, strings.Replace(one, "law", "bill", 1) + "\n\n" + two, ""},
		{one + " " + two, one + "\n\n" + three, ""},
		{"Yes. " + one, "Yes.\n\n" + one, ""}, // four bytes tell nothing
	} {
		if got := regrouping(c.a, c.b); got != c.want {
			t.Errorf("%q → %q\n got %s\nwant %s", c.a, c.b, got, c.want)
		}
		if c.want == "" && regrouping(c.b, c.a) != "" {
			t.Errorf("%q → %q: %s", c.b, c.a, regrouping(c.b, c.a))
		}
	}
}

// TestRegroupsFound splits paragraphs of real texts at the end of a sentence, with and
// without edits, asks for each of them and no other, and for the merge on the way back.
func TestRegroupsFound(t *testing.T) {
	list := realParagraphs(t)
	r := random(21)
	all, found := 0, 0
	for range 900 {
		doc := make([]string, 8)
		first := r.next(len(list))
		for k := range doc {
			doc[k] = list[(first+k*7)%len(list)]
		}
		k := r.next(len(doc))
		at := strings.Index(doc[k][len(doc[k])/4:], ". ") + len(doc[k])/4
		if at < len(doc[k])/4 || at < 40 || len(doc[k])-at < 40 {
			continue
		}
		parts := doc[k][:at+1] + "\n\n" + doc[k][at+2:]
		for word := range 3 * (all % 2) { // half of them are edited, too
			fields := strings.Split(parts, " ")
			fields[r.next(len(fields))] = fmt.Sprint("edited", word)
			if edited := strings.Join(fields, " "); strings.Count(edited, "\n\n") == 1 {
				parts = edited
			}
		}
		a := strings.Join(doc, "\n\n")
		from := len(strings.Join(doc[:k], "\n\n"))
		if k > 0 {
			from += 2
		}
		whole := doc[k]
		doc[k] = parts
		b := strings.Join(doc, "\n\n")
		all++
		split := Regroups(a, b, Texts(a, b, Options{}))
		merge := Regroups(b, a, Texts(b, a, Options{}))
		if len(split) > 1 || len(merge) > 1 {
			t.Errorf("%q: %v, %v", parts, split, merge)
		}
		if len(split) == 1 && split[0] == (Regroup{1, 2, from, from + len(whole), from, from + len(parts)}) &&
			len(merge) == 1 && merge[0] == (Regroup{2, 1, from, from + len(parts), from, from + len(whole)}) {
			found++
		}
	}
	t.Logf("%d of %d splits and merges found", found, all)
	if all < 100 || found*100 < all*98 {
		t.Errorf("%d of %d splits and merges found", found, all)
	}
}
