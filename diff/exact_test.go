package diff

import "testing"

// sequences makes two rows of ids over an alphabet. Some are random, some are edits
// of each other.
func (r *random) sequences(n, m, alphabet int) (sequence, sequence) {
	make1 := func(n int) sequence {
		var s sequence
		for k := range n {
			s.id, s.at = append(s.id, int32(r.next(alphabet))), append(s.at, int32(k))
		}
		return s
	}
	p, q := make1(n), make1(m)
	if r.next(2) == 0 {
		shift := r.next(9)
		for k := range min(n-shift, m) {
			if k >= 0 && r.next(20) > 0 {
				q.id[k] = p.id[k+shift]
			}
		}
	}
	return p, q
}

func idsLCS(a, b []int32) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// TestEngines holds every engine of the exact core to the textbook's table, at sizes
// that reach its loops' unrolled parts, carries, and tiles of several rows and columns.
func TestEngines(t *testing.T) {
	const oneWord = "one word"
	engines := []struct {
		name string
		run  func(x *exactScratch, p, q sequence)
	}{
		{"Myers", func(x *exactScratch, p, q sequence) {
			if !x.myersLCS(p, q, 1<<40) {
				t.Fatal("Myers gave up without need")
			}
		}},
		{"bit rows", func(x *exactScratch, p, q sequence) {
			x.bits.prepare(p.id, q.id)
			x.bitLCS(p, q)
		}},
		{"tiles", func(x *exactScratch, p, q sequence) {
			x.bits.prepare(p.id, q.id)
			x.tiledLCS(p, q)
		}},
		{oneWord, func(x *exactScratch, p, q sequence) {
			x.wordLCS(p, q)
		}},
		{"go-diff", (*exactScratch).goDiff},
		{"the choice", func(x *exactScratch, p, q sequence) { x.solve(p, q, 0) }},
	}
	r := random(5)
	x := new(exactScratch)
	for round := range 160 {
		n, m, alphabet := 1+r.next(900), 1+r.next(900), 2+r.next(3)
		switch {
		case round%4 == 0: // one side fits a word
			n = 1 + r.next(wordBits)
		case round%20 == 1: // three columns of tiles, and more
			n, m = 2*64*tileWords+r.next(1500), 2*tileRows+r.next(600)
		}
		if round%8 == 0 {
			n, m = m, n
		}
		if round%3 == 0 {
			alphabet = 2 + r.next(1500)
		}
		p, q := r.sequences(n, m, alphabet)
		x.reps = make([]rep, alphabet) // drop asks how many ids there are
		want := idsLCS(p.id, q.id)
		for _, e := range engines {
			if (e.name == "go-diff" || e.name == "Myers") && n*m > 810_000 || e.name == oneWord && min(n, m) > wordBits {
				continue
			}
			x.begin()
			x.pairs = x.pairs[:0]
			e.run(x, p, q)
			if len(x.pairs) != want {
				t.Fatalf("%s: %d of %d pairs for %d × %d ids of %d", e.name, len(x.pairs), want, n, m, alphabet)
			}
			last := pair{-1, -1}
			for _, c := range x.pairs {
				if c.i <= last.i || c.j <= last.j || p.id[c.i] != q.id[c.j] {
					t.Fatalf("%s: pair %v after %v", e.name, c, last)
				}
				last = c
			}
		}
	}
}

// TestRunes holds the ids that go-diff gets to what survives its trip through
// strings, for all that a stretch may number.
func TestRunes(t *testing.T) {
	ids := []int32{0, 0xd7ff, 0xd800, 0xdfff, 0xe000, 0xfffd, maxRunes - 1}
	back := []rune(string(appendRunes(nil, ids)))
	seen := map[rune]bool{}
	for k, r := range back {
		if seen[r] || r != appendRunes(nil, ids[k:k+1])[0] {
			t.Errorf("id %#x comes back as %U", ids[k], r)
		}
		seen[r] = true
	}
}

// TestChosenWords meets a text whose words were chosen to fall on one place of the
// hash table: another salt must spread them, and the ids must stay the same.
func TestChosenWords(t *testing.T) {
	const words, mask = 1500, 4096 - 1
	var text []byte
	for k, n := 0, 0; n < words; k++ {
		word := "x" + string(appendNumber(nil, k))
		if _, hash := tokenKey(word, Token{0, len(word)}, 0); hash>>32&mask == 7 {
			text = append(append(text, word...), ' ')
			n++
		}
	}
	x := new(exactScratch)
	a, b := string(text), string(text)+"end"
	x.tokA, x.tokB = AppendTokens(nil, a), AppendTokens(nil, b)
	if len(x.tokA) != words || x.number(a, b, 0) {
		t.Fatalf("%d words are spread well: the test tests nothing", len(x.tokA))
	}
	x.intern(a, b)
	for k, id := range x.idA {
		if int(id) != k {
			t.Fatalf("word %d has id %d", k, id)
		}
	}
}

// appendNumber writes k in letters.
func appendNumber(dst []byte, k int) []byte {
	for ; k > 0; k /= 26 {
		dst = append(dst, byte('a'+k%26))
	}
	return dst
}
