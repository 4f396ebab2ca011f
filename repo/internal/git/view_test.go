package git

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestViewDone reads a file again after it was done with: whole, and from offsets
// that lie inside of pages.
func TestViewDone(t *testing.T) {
	want := make([]byte, 5*os.Getpagesize()+123)
	for i := range want {
		want[i] = byte(i * i >> 7)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, want, 0o666); err != nil {
		t.Fatal(err)
	}
	v, err := openView(path)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	for _, r := range [][2]int64{{0, v.size}, {1, 2}, {4095, 4097}, {100, v.size - 1}, {v.size, v.size}, {4096, 8192}} {
		v.done(r[0], r[1])
		if got, err := v.window(0, v.size); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("after %v: %v, %d bytes", r, err, len(got))
		}
	}
}
