package git

import (
	"bytes"
	stdflate "compress/flate"
	"encoding/binary"
	"encoding/hex"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
)

// packedAndBack checks that a text comes back through the standard library's reader and
// through ours, and gives it compressed.
func packedAndBack(t testing.TB, z *deflater, data []byte, search bool) []byte {
	t.Helper()
	packed := z.deflate([]byte("before"), data, search)
	if !bytes.HasPrefix(packed, []byte("before")) {
		t.Fatal("what stood before is gone")
	}
	packed = packed[len("before"):]
	in := bytes.NewReader(packed)
	back, err := io.ReadAll(stdflate.NewReader(in))
	if err != nil || !bytes.Equal(back, data) {
		t.Fatalf("search %t: %d bytes came back as %d, %v", search, len(data), len(back), err)
	}
	if in.Len() != 0 {
		t.Fatalf("search %t: %d bytes stand behind the end", search, in.Len())
	}
	framed := binary.BigEndian.AppendUint32(append([]byte{0x78, 0x01}, packed...), adler32.Checksum(data))
	out := make([]byte, len(data))
	if n, err := new(inflater).inflate(out, framed); err != nil || n != len(framed) || !bytes.Equal(out, data) {
		t.Fatalf("search %t: our own reader took %d of %d bytes: %v", search, n, len(framed), err)
	}
	return packed
}

func TestDeflaterHardCases(t *testing.T) {
	z := &deflater{}
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, maxDeflated)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	// Counts that grow as Fibonacci's numbers make Huffman's codes longest: longer
	// than deflate can say.
	var deep []byte
	for a, b, c := 1, 1, byte(0); len(deep)+a <= maxDeflated; a, b, c = b, a+b, c+1 {
		deep = append(deep, bytes.Repeat([]byte{c}, a)...)
	}
	random.Shuffle(len(deep), func(i, j int) { deep[i], deep[j] = deep[j], deep[i] })
	cases := map[string][]byte{
		"empty":          nil,
		"one byte":       []byte("x"),
		"two bytes":      []byte("xy"),
		"one repeated":   bytes.Repeat([]byte("x"), maxDeflated),
		"every byte":     noise[:256],
		"noise":          noise,
		"noise twice":    append(slices.Clone(noise[:maxDeflated/2]), noise[:maxDeflated/2]...),
		"deep codes":     deep,
		"hex":            []byte(hex.EncodeToString(noise[:2000])),
		"longest match":  append(bytes.Repeat([]byte("z"), 1+maxMatch), "end"...),
		"lengths to 300": nil,
	}
	var lengths []byte
	for n := range 300 { // each length of repetition, parted by what repeats nothing
		lengths = append(lengths, noise[:n%100]...)
		lengths = append(lengths, byte(n), byte(n>>8), 0xfe)
	}
	cases["lengths to 300"] = lengths[:min(len(lengths), maxDeflated)]
	for name, data := range cases {
		t.Run(name, func(t *testing.T) {
			for _, search := range []bool{false, true} {
				packedAndBack(t, z, data, search)
			}
		})
	}
	if n := len(packedAndBack(t, z, cases["one repeated"], true)); n > 100 {
		t.Errorf("32 kB of one byte take %d bytes", n)
	}
	if n := len(packedAndBack(t, z, cases["noise twice"], true)); n > maxDeflated*6/10 {
		t.Errorf("16 kB of noise, twice, take %d bytes: the repetition wasn't seen", n)
	}
}

// TestDeflaterSymbols goes through every length and distance against the tables of
// RFC 1951, section 3.2.5, as the reader has them.
func TestDeflaterSymbols(t *testing.T) {
	for length := 3; length <= maxMatch; length++ {
		symbol, extra, n := lengthSymbol(length)
		base, bits := 0, uint(0)
		switch i := symbol - 257; {
		case symbol == 285:
			base = 258
		case i < 8:
			base = 3 + i
		default:
			bits = uint(i/4 - 1)
			base = 3 + (4+i%4)<<bits
		}
		if base+int(extra) != length || n != bits || extra>>n != 0 {
			t.Fatalf("length %d: symbol %d, extra %d in %d bits", length, symbol, extra, n)
		}
	}
	for distance := 1; distance <= maxDeflated; distance++ {
		symbol, extra, n := distanceSymbol(distance)
		base, bits := 1+symbol, uint(0)
		if symbol >= 4 {
			bits = uint(symbol/2 - 1)
			base = 1 + (2+symbol%2)<<bits
		}
		if symbol >= maxDistCodes || base+int(extra) != distance || n != bits || extra>>n != 0 {
			t.Fatalf("distance %d: symbol %d, extra %d in %d bits", distance, symbol, extra, n)
		}
	}
}

// TestDeflaterCodesAreWhole checks on random counts that the codes of an alphabet use
// all there is and no more, within the limit, and that no code is longer than that of
// a rarer symbol.
func TestDeflaterCodesAreWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	z := &deflater{}
	for round := range 3000 {
		counts := make([]uint32, 2+random.IntN(maxLitCodes-2))
		some := 0
		for i := range counts {
			if random.IntN(3) > 0 {
				counts[i] = 1 + random.Uint32()>>(17+random.IntN(15))
				some++
			}
		}
		limit := []int{lengthCodeBits, maxCodeBits}[round%2]
		if limit == lengthCodeBits {
			counts = counts[:min(len(counts), lengthCodes)]
			some = 0
			for _, n := range counts {
				some += min(1, int(n))
			}
		}
		codes := make([]huffmanCode, len(counts))
		z.makeCodes(codes, counts, limit)
		used := 0
		for i, c := range codes {
			if (c.bits > 0) != (counts[i] > 0) && some > 0 || int(c.bits) > limit {
				t.Fatalf("round %d: symbol %d of count %d has %d bits", round, i, counts[i], c.bits)
			}
			if c.bits > 0 {
				used += 1 << (limit - int(c.bits))
			}
			for j, d := range codes {
				if counts[i] > counts[j] && counts[j] > 0 && c.bits > d.bits {
					t.Fatalf("round %d: of counts %d and %d the codes have %d and %d bits", round, counts[i], counts[j], c.bits, d.bits)
				}
			}
		}
		if some >= 2 && used != 1<<limit {
			t.Fatalf("round %d: %d symbols use %d of %d", round, some, used, 1<<limit)
		}
	}
}

// realTexts gives texts that the repository carries: examples, in several scripts, and
// source.
func realTexts(t testing.TB) (texts [][]byte) {
	t.Helper()
	for _, pattern := range []string{"../../../examples/*/*.md", "../../../*.md", "../../../diff/testdata/*", "../../../schema/testdata/*", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			for part := range slices.Chunk(data, 3000) {
				texts = append(texts, part)
			}
		}
	}
	if len(texts) < 200 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	return texts
}

// TestDeflaterSizes holds what comes out against the encoder that larger objects go
// through.
func TestDeflaterSizes(t *testing.T) {
	z := &deflater{}
	for _, search := range []bool{false, true} {
		ours, theirs := 0, 0
		for _, text := range realTexts(t) {
			ours += len(packedAndBack(t, z, text, search))
			theirs += len(rival(t, text, search))
		}
		t.Logf("search %t: %d bytes, theirs %d", search, ours, theirs)
		if ours > theirs*102/100 {
			t.Errorf("search %t: %d bytes, and the other encoder takes %d", search, ours, theirs)
		}
	}
}

// rival compresses a text by the encoder of larger objects.
func rival(t testing.TB, data []byte, search bool) []byte {
	level := wholeLevel
	if !search {
		level = flate.HuffmanOnly
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzDeflater(f *testing.F) {
	f.Add([]byte(strings.Repeat("a story is told again, and again, ", 9)), true)
	f.Add([]byte("dcabcfc5c79c0ea221f5351162ff0131549348ee0365a767588e0c59fd704cf2"), false)
	f.Add([]byte("ab"), true)
	z := &deflater{} // one for all, as a pack has
	f.Fuzz(func(t *testing.T, data []byte, search bool) {
		packedAndBack(t, z, data[:min(len(data), maxDeflated)], search)
	})
}
