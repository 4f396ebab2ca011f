package git

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit changes data in a few places, as an editor does: words put in, taken out,
// moved from elsewhere.
func edit(rng *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	for range rng.IntN(5) {
		at := rng.IntN(len(out) + 1)
		n := rng.IntN(min(200, len(out)-at+1))
		var piece []byte
		switch from := rng.IntN(len(data) + 1); rng.IntN(4) {
		case 0:
			piece = data[from:min(len(data), from+rng.IntN(300))]
		case 1:
			piece = fmt.Append(nil, "a new sentence with the number ", rng.Int())
		case 2:
			piece = make([]byte, rng.IntN(70_000)*rng.IntN(2))
		}
		out = append(append(bytes.Clone(out[:at]), piece...), out[at+n:]...)
	}
	return out
}

// TestDeltasRebuild holds every delta to what it is for, over texts of all sizes.
func TestDeltasRebuild(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var m deltaMaker
	for i := range 3000 {
		base := article(i)[:rng.IntN(1200)]
		if i%50 == 0 {
			base = bytes.Repeat(base, rng.IntN(300))
		}
		target := edit(rng, base)
		delta, ok := m.appendDelta([]byte("kept"), base, target, 1<<30)
		if !ok || !bytes.HasPrefix(delta, []byte("kept")) {
			t.Fatalf("no delta between %d and %d bytes", len(base), len(target))
		}
		got, err := applyDelta(base, delta[4:])
		if err != nil || !bytes.Equal(got, target) {
			t.Fatalf("a delta from %d to %d bytes makes %d, %v", len(base), len(target), len(got), err)
		}
		limit := rng.IntN(len(delta))
		short, ok := m.appendDelta(nil, base, target, limit)
		if ok && len(short) > limit || !ok && (len(short) > 0 || 2*len(delta) < limit) {
			t.Fatalf("a delta of %d bytes, at most %d were allowed: %v, %d bytes", len(delta)-4, limit, ok, len(short))
		}
	}
}

// TestDeltasAreSmall holds the search to finding what is there.
func TestDeltasAreSmall(t *testing.T) {
	text := string(article(3))
	paragraphs := strings.SplitAfter(text, "\n\n")
	n := len(paragraphs)
	moved := strings.Join(paragraphs[n/2:], "") + strings.Join(paragraphs[:n/2], "")
	cases := []struct {
		name, base, target string
		most               int
	}{
		{"the same", text, text, 8},
		{"a word in the middle", text, strings.Replace(text, "Line 6", "Line six", 1), 25},
		{"two words far apart", text, strings.NewReplacer("Line 2 ", "Line two ", "Line 9 ", "Line nine ").Replace(text), 50},
		{"halves changed places", text, moved, 80},
		{"emptied", text, "", 5},
		{"all new", "", text, len(text) + len(text)/100 + 5},
		{"a long run", strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20) + "y", 120},
	}
	for _, c := range cases {
		var m deltaMaker
		delta, _ := m.appendDelta(nil, []byte(c.base), []byte(c.target), 1<<30)
		if len(delta) > c.most {
			t.Errorf("%s: a delta of %d bytes, want at most %d", c.name, len(delta), c.most)
		}
		if got, err := applyDelta([]byte(c.base), delta); err != nil || string(got) != c.target {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestGitReadsOurDeltas lets git rebuild objects from packs of one base and one
// delta, and say by their names whether it came to the same bytes.
func TestGitReadsOurDeltas(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	memory := newMemoryPack(&encoders{})
	p := packMaker{out: memory}
	for i := range 200 {
		base := bytes.Repeat(article(i), 1+i%40)
		target := edit(rng, base)
		for _, it := range []packItem{
			{hash: readHash(kindBlob, base), kind: kindBlob, data: base},
			{hash: readHash(kindBlob, target), kind: kindBlob, data: target, base: 2*i + 1, baseData: base},
		} {
			it.hash = readHash(kindBlob, append(it.data, byte(i), byte(i>>8), byte(it.base&1)))
			it.data = append(it.data, byte(i), byte(i>>8), byte(it.base&1))
			if it.base != 0 {
				it.baseData = append(bytes.Clone(base), byte(i), byte(i>>8), 0)
			}
			if err := p.put(it); err != nil {
				t.Fatal(err)
			}
		}
	}
	built := &builtPack{memoryPack: memory, names: p.entries.names}
	dir := t.TempDir()
	path := filepath.Join(dir, "x.pack")
	f, sum, err := built.write(SystemDisk{}, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	index, err := built.index()
	if err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, "index-pack", "--strict", "-o", filepath.Join(dir, "git.idx"), path)
	theirs, err := os.ReadFile(filepath.Join(dir, "git.idx"))
	if err != nil || !bytes.Equal(theirs, index) {
		t.Errorf("git comes to other objects in pack %s (%v)", sum, err)
	}
}

func FuzzMakeDelta(f *testing.F) {
	f.Add([]byte("one two three four five six seven"), []byte("one two 3 four five six seven"))
	f.Add([]byte{}, []byte("x"))
	f.Add(bytes.Repeat([]byte("ab"), 500), bytes.Repeat([]byte("ba"), 700))
	f.Add(article(1), article(2))
	f.Fuzz(func(t *testing.T, base, target []byte) {
		var m deltaMaker
		delta, ok := m.appendDelta(nil, base, target, 2*len(target)+32)
		if !ok {
			t.Fatalf("a delta of more than twice %d bytes", len(target))
		}
		if got, err := applyDelta(base, delta); err != nil || !bytes.Equal(got, target) {
			t.Fatalf("from %q to %q by %q: %q, %v", base, target, delta, got, err)
		}
		lo := commonPrefix(base, target)
		tail := commonSuffix(base[lo:], target[lo:])
		splice := appendSplice(nil, len(base), lo, len(base)-tail, target, len(target)-tail)
		if got, err := applyDelta(base, splice); err != nil || !bytes.Equal(got, target) {
			t.Fatalf("from %q to %q by the splice %q: %q, %v", base, target, splice, got, err)
		}
	})
}
