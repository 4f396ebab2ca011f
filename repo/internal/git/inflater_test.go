package git

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// deflated compresses data at a level, in pieces of the given sizes, each of which
// makes blocks of its own.
func deflated(t testing.TB, data []byte, level int, pieces ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range pieces {
		n = min(n, len(data))
		z.Write(data[:n])
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples are contents of many sorts: empty, text, one letter, noise, rows of
// trees, letters whose numbers grow like Fibonacci's, which gives the longest codes.
func samples() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70000)
	for i := range noise {
		noise[i] = byte(r.UintN(256))
	}
	few := make([]byte, 5000)
	for i := range few {
		few[i] = "abc"[r.IntN(3)]
	}
	var grown []byte
	for a, b, letter := 1, 1, byte('a'); letter <= 'v'; a, b, letter = b, a+b, letter+1 {
		grown = append(grown, bytes.Repeat([]byte{letter}, a)...)
	}
	r.Shuffle(len(grown), func(i, j int) { grown[i], grown[j] = grown[j], grown[i] })
	var rows []byte
	for i := range 200 {
		rows = fmt.Appendf(rows, "100644 %d.md\x00%s", i, noise[20*i:20*i+20])
	}
	text := strings.Repeat("The parliament voted on Friday. ", 30) + strings.Repeat("A bridge was opened; it is long. ", 2000)
	return [][]byte{nil, {0}, []byte("a\n"), bytes.Repeat([]byte("x"), 100000), noise, few, grown, rows, []byte(text)}
}

// TestInflater takes streams apart that the standard library made, behind which
// other bytes follow.
func TestInflater(t *testing.T) {
	z := &inflater{}
	for i, want := range samples() {
		for _, level := range []int{zlib.HuffmanOnly, zlib.NoCompression, 1, 6, 9} {
			for _, pieces := range [][]int{nil, {1, 100}, {3000, 0, 5}} {
				stream := deflated(t, want, level, pieces...)
				got := make([]byte, len(want))
				used, err := z.inflate(got, append(bytes.Clone(stream), "and more"...))
				if err != nil || used != len(stream) || !bytes.Equal(got, want) {
					t.Fatalf("sample %d, level %d, pieces %v: %d of %d bytes used, %v", i, level, pieces, used, len(stream), err)
				}
				if _, err := z.inflate(make([]byte, len(want)+1), stream); err == nil {
					t.Errorf("sample %d is taken for one byte longer", i)
				}
				if len(want) > 0 {
					if _, err := z.inflate(make([]byte, len(want)-1), stream); err == nil {
						t.Errorf("sample %d is taken for one byte shorter", i)
					}
				}
				for cut := 0; cut < len(stream); cut += 1 + cut/10 {
					if _, err := z.inflate(got, stream[:cut:cut]); err == nil {
						t.Errorf("sample %d is whole after %d of %d bytes", i, cut, len(stream))
					}
				}
			}
		}
	}
}

// TestInflaterAgreesOnDamage flips bits: what the standard library refuses is
// refused, and what it takes gives the same bytes.
func TestInflaterAgreesOnDamage(t *testing.T) {
	z := &inflater{}
	r := rand.New(rand.NewPCG(3, 4))
	for i, data := range samples() {
		stream := deflated(t, data, 6)
		for range 300 {
			bad := bytes.Clone(stream)
			for range 1 + r.IntN(3) {
				at := r.IntN(min(len(bad), 300))
				bad[at] ^= 1 << r.IntN(8)
			}
			agree(t, z, bad, len(data))
			if t.Failed() {
				t.Fatalf("sample %d", i)
			}
		}
	}
}

// agree wants the same of a stream as the standard library gives.
func agree(t *testing.T, z *inflater, stream []byte, size int) {
	t.Helper()
	got := make([]byte, size)
	used, err := z.inflate(got, stream)
	in := bytes.NewReader(stream)
	var want []byte
	std, stdErr := zlib.NewReader(in)
	if stdErr == nil {
		want, stdErr = io.ReadAll(io.LimitReader(std, int64(size)+1))
		if stdErr == nil && len(want) != size {
			stdErr = io.ErrUnexpectedEOF
		}
	}
	if (err == nil) != (stdErr == nil) {
		t.Fatalf("%v, the standard library says %v", err, stdErr)
	}
	if err == nil && (!bytes.Equal(got, want) || used != len(stream)-in.Len()) {
		t.Fatalf("other bytes than the standard library's, or %d of %d used", used, len(stream)-in.Len())
	}
}

func FuzzInflater(f *testing.F) {
	for _, data := range samples() {
		data = data[:min(len(data), 2000)]
		for _, level := range []int{zlib.NoCompression, 1, 9} {
			f.Add(deflated(f, data, level), uint16(len(data)))
		}
	}
	f.Add([]byte{0x78, 1, 3, 0, 0, 0, 0, 1}, uint16(0))
	z := &inflater{}
	f.Fuzz(func(t *testing.T, stream []byte, size uint16) { agree(t, z, stream, int(size)) })
}

func BenchmarkInflate(b *testing.B) {
	var blob []byte
	r := rand.New(rand.NewPCG(5, 6))
	for len(blob) < 2250 {
		blob = fmt.Appendf(blob, "%x ", r.Uint64N(1<<30))
	}
	rows := samples()[7][:1000]
	for _, data := range [][]byte{blob, rows} {
		stream := deflated(b, data, 1)
		b.Run(fmt.Sprintf("by=inflater/bytes=%d", len(data)), func(b *testing.B) {
			z, out := &inflater{}, make([]byte, len(data))
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := z.inflate(out, stream); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("by=stream/bytes=%d", len(data)), func(b *testing.B) {
			var p inflaters
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := p.inflate(bytes.NewReader(stream), int64(len(data)), int64(len(stream))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
