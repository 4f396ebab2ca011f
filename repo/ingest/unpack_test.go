package ingest_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/stemma-project/stemma/repo/ingest"
)

// pack packs a text with the writer of a format.
func pack(t testing.TB, text string, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writers() map[string]func(io.Writer) (io.WriteCloser, error) {
	return map[string]func(io.Writer) (io.WriteCloser, error){
		"gzip": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
		"xz":   func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
		"zstd": func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
	}
}

func unpack(t testing.TB, b []byte, opt ingest.UnpackOptions) (string, error) {
	t.Helper()
	r, err := ingest.Open("s", bytes.NewReader(b), opt)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var out strings.Builder
	_, err = io.Copy(&out, r)
	return out.String(), err
}

func TestOpenUnpacks(t *testing.T) {
	text := strings.Repeat("a text that is packed\n", 1000)
	for name, open := range writers() {
		packed := pack(t, text, open)
		if got, err := unpack(t, packed, ingest.UnpackOptions{}); err != nil || got != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if got, err := unpack(t, append(packed, packed...), ingest.UnpackOptions{}); err != nil || got != text+text {
			t.Errorf("%s, two members: %d bytes, %v", name, len(got), err)
		}
		if _, err := unpack(t, packed[:len(packed)-5], ingest.UnpackOptions{}); err == nil || !strings.Contains(err.Error(), "unpacking s ("+name+")") {
			t.Errorf("%s, cut off: %v", name, err)
		}
	}
	for _, plain := range []string{"", "x", text, "\x1f", "BZ", "{\"headline\": \"x\"}"} {
		if got, err := unpack(t, []byte(plain), ingest.UnpackOptions{}); err != nil || got != plain {
			t.Errorf("plain %.10q: %.10q, %v", plain, got, err)
		}
	}
	if !bytes.HasPrefix(sample(t, sampleOldDump), []byte("<?xml")) { // bzip2, which has no writer here
		t.Error("bzip2 is not unpacked")
	}
}

func TestOpenRefuses(t *testing.T) {
	for head, want := range map[string]string{
		"7z\xbc\xaf\x27\x1c....": "s is packed with 7z, which is not read",
		"PK\x03\x04....":         "s is packed with zip, which is not read",
		"\x1f\x8b\xff\xff\xff":   "unpacking s (gzip): ",
	} {
		if _, err := unpack(t, []byte(head), ingest.UnpackOptions{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", head, err)
		}
	}
	if _, err := ingest.Open("s", iotest.ErrReader(io.ErrClosedPipe), ingest.UnpackOptions{}); err == nil {
		t.Error("an error of the reader is lost")
	}
}

// A stream that asks for gigabytes before it gives a byte is refused.
func TestOpenBoundsTheWindow(t *testing.T) {
	packed := pack(t, "a text", writers()["xz"])
	if packed[14] != 0x21 {
		t.Fatalf("the first filter is %#x, not LZMA2", packed[14])
	}
	packed[16] = 39 // 3 GiB
	if _, err := unpack(t, packed, ingest.UnpackOptions{}); err == nil || !strings.Contains(err.Error(), "s asks for 3072 MiB") {
		t.Errorf("%v", err)
	}
}

// A bomb is found after 64 MiB at the latest; a bound of one's own holds too.
func TestOpenFindsABomb(t *testing.T) {
	bomb := pack(t, strings.Repeat("\x00", 80<<20), writers()["zstd"])
	if _, err := unpack(t, bomb, ingest.UnpackOptions{}); err == nil || !strings.Contains(err.Error(), "this looks like a bomb") {
		t.Errorf("%v", err)
	}
	if got, err := unpack(t, bomb, ingest.UnpackOptions{MaxRatio: -1}); err != nil || len(got) != 80<<20 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, open := range writers() {
		f.Add(pack(f, "a text", open))
	}
	f.Add([]byte("BZh91AY&SY"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ingest.Open("s", bytes.NewReader(b), ingest.UnpackOptions{MaxRatio: 10})
		if err != nil {
			return
		}
		defer r.Close()
		if n, err := io.Copy(io.Discard, r); n > 80<<20 {
			t.Fatalf("%d bytes of %d, %v", n, len(b), err)
		}
	})
}
