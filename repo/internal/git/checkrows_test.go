package git

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRowsOfATreeBuiltOnAnother checks trees with and without the tree on which they
// are built: whatever was changed between the two, the same is found wrong, and each
// row that the base doesn't have is looked for.
func TestRowsOfATreeBuiltOnAnother(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	random := func() (h Hash) {
		for i := range h {
			h[i] = byte(r.Uint32() % 3) // NULs and repeated bytes, which may mislead
		}
		return h
	}
	repo := newStore(t)
	wrong, missed := 0, 0
	for range 4000 {
		var rows []Entry
		for i := range r.IntN(9) {
			rows = append(rows, Entry{Name: fmt.Sprintf("%c%d", 'a'+i, r.IntN(9)), Mode: ModeFile, Hash: random()})
		}
		base := encodeTree(rows)
		next := slices.Clone(rows)
		for range 1 + r.IntN(2) {
			at := r.IntN(len(next) + 1)
			switch kind := r.IntN(6); {
			case kind == 0 || at == len(next):
				next = slices.Insert(next, at, Entry{Name: fmt.Sprintf("%c%d", 'a'+r.IntN(9), r.IntN(9)), Mode: ModeFile, Hash: random()})
			case kind == 1:
				next = slices.Delete(next, at, at+1)
			case kind == 2:
				next[at].Hash = random()
			case kind == 3:
				next[at].Name = fmt.Sprintf("%c", 'a'+r.IntN(9))
			case kind == 4:
				next[at].Mode = ModeTree
			default:
				other := r.IntN(len(next))
				next[at], next[other] = next[other], next[at]
			}
		}
		data := encodeTree(next)
		if r.IntN(8) == 0 && len(data) > 0 {
			data = data[:len(data)-1-r.IntN(min(len(data), 30))] // cut short
		}
		check := func(base []byte) (string, bool) {
			c := &checker{repo: repo, ctx: t.Context(), broken: map[Hash]error{}}
			w := newCheckWorker(c)
			return fmt.Sprint(w.rows(nil, data, base)), c.doubtful.Load()
		}
		plain, _ := check(nil)
		built, doubt := check(base)
		if plain != built {
			t.Fatalf("%q built on %q: %s, and by itself: %s", data, base, built, plain)
		}
		if plain != fmt.Sprint(error(nil)) {
			wrong++
			continue
		}
		have, err := decodeTree(Hash{}, data)
		if err != nil {
			t.Fatal(err)
		}
		more := slices.ContainsFunc(have, func(e Entry) bool { return !slices.Contains(rows, e) })
		if more {
			missed++
		}
		if more && !doubt {
			t.Fatalf("%q built on %q: a row that is there alone was not looked for", data, base)
		}
	}
	if wrong < 200 || missed < 200 {
		t.Fatalf("only %d trees were wrong, and %d had rows of their own", wrong, missed)
	}
}
