package main

import (
	"slices"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		a, b   string
		pieces []piece
		want   quality
	}{
		{"the old cat", "the new cat", []piece{{kept, "the "}, {gone, "old"}, {come, "new"}, {kept, " cat"}}, quality{Words: 2, Changes: 1}},
		// a word of which a part stays is a changed word, and its edges are cut
		{"cats", "cats’", []piece{{kept, "cat"}, {gone, "s"}, {come, "s’"}}, quality{Words: 3, Changes: 1, Cuts: 2}},
		{"one two", "one\ntwo", []piece{{kept, "one two"}}, quality{}},
		{"one two", "one two", []piece{{kept, "one"}, {gone, " "}, {come, "\n"}, {kept, "two"}}, quality{}},
		{"a b c d", "a x c y", []piece{{kept, "a"}, {gone, "b"}, {come, "x"}, {kept, "c"}, {gone, "d"}, {come, "y"}}, quality{Words: 4, Changes: 2}},
		{"a b", "b a", []piece{{left, "a"}, {kept, "b"}, {arrived, "a"}}, quality{}},
	} {
		if got, err := judge(pair{c.a, c.b}, c.pieces); err != nil || got != c.want {
			t.Errorf("%q → %q: %+v, %v", c.a, c.b, got, err)
		}
	}
	for _, wrong := range [][]piece{{{kept, "other"}}, {{kept, "one two three"}}} {
		if _, err := judge(pair{"one two", "one two"}, wrong); err == nil {
			t.Errorf("%v passes", wrong)
		}
	}
}

// TestEngines holds every engine to the texts: what it says was kept, and what went,
// makes the old one.
func TestEngines(t *testing.T) {
	a, b := "The old cat sat.\n\nIt had 2 paws, “they” said.\n", "The new cat sat.\n\nIt had 4 paws, “they” say.\n"
	for _, e := range engines() {
		if e.diff == nil {
			continue
		}
		run, pieces := e.diff()
		run(a, b)
		var old, new strings.Builder
		for _, p := range pieces(a, b) {
			if p.sort != come && p.sort != arrived {
				old.WriteString(p.text)
			}
			if p.sort != gone && p.sort != left {
				new.WriteString(p.text)
			}
		}
		if old.String() != a || new.String() != b {
			t.Errorf("%s: %q, %q", e.name, old.String(), new.String())
		}
	}
}

func TestReadMarks(t *testing.T) {
	got := readMarks("a \x01b\x02\x03c\x04 d")
	if want := []piece{{kept, "a "}, {gone, "b"}, {kept, ""}, {come, "c"}, {kept, " d"}}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

func TestReadPorcelain(t *testing.T) {
	all := make([][]piece, 2)
	readPorcelain("diff --git a/old/00001 b/new/00001\nindex 1..2\n--- a/old/00001\n+++ b/new/00001\n@@ -1 +1 @@\n the \n-old\n+new\n  cat\n~\n", all)
	if want := []piece{{kept, "the \n"}, {gone, "old\n"}, {come, "new\n"}, {kept, " cat\n"}}; !slices.Equal(all[1], want) || all[0] != nil {
		t.Errorf("%v", all)
	}
}

func TestBetween(t *testing.T) {
	one, err := between("", "1")
	if err != nil {
		t.Fatal(err)
	}
	two, err := between(strings.Replace(one, beginMark, "mine\n\n"+beginMark, 1), "2")
	if err != nil || !strings.Contains(two, "mine\n\n"+beginMark+"\n\n2\n"+endMark) {
		t.Errorf("%q, %v", two, err)
	}
	if _, err := between(beginMark, "3"); err == nil {
		t.Error("a report without its end mark is written")
	}
}

func TestLeastWords(t *testing.T) {
	if n, ok := leastWords(pair{"a b c x d", "a c b y d"}); n != 4 || !ok {
		t.Errorf("%d, %v", n, ok)
	}
}

// TestClasses makes every class from what the repository carries.
func TestClasses(t *testing.T) {
	for _, c := range classes() {
		pairs, err := c.pairs(options{texts: "../../testdata"})
		if err != nil || len(pairs) == 0 {
			t.Errorf("%s: %d pairs, %v", c.name, len(pairs), err)
		}
		for _, p := range pairs {
			if c.name == "article" && (len(p.a) < 1000 || len(p.a) > 20_000) {
				t.Errorf("%s: %d bytes", c.name, len(p.a))
			}
		}
	}
}
