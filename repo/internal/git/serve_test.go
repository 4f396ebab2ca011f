package git

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzUpload: whatever a client sends is answered or refused, and is never taken for
// an error of the store's own.
func FuzzUpload(f *testing.F) {
	dir := f.TempDir()
	if err := Init(dir, Config{}); err != nil {
		f.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := r.Close(); err != nil {
			f.Error(err)
		}
	})
	unlock, err := r.Lock(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	batch, err := r.Begin(Hash{})
	if err != nil {
		f.Fatal(err)
	}
	tip, err := batch.Commit(map[string]Hash{"a.md": batch.Blob([]byte("a\n"))}, someone(1), someone(1), "a")
	if err == nil {
		err = batch.Publish()
	}
	unlock()
	if err != nil {
		f.Fatal(err)
	}
	want := "0032want " + tip.String() + "\n"
	for _, seed := range []string{
		want + "00000009done\n",
		want + "00000032have " + tip.String() + "\n0000",
		want + "00000032have " + strings.Repeat("0", 40) + "\n0009done\n",
		"0032want " + strings.Repeat("1", 40) + "\n0000",
		want[:8] + "no name", "0000", "", "0001", "zzzz", "ffff", want + "000cdeepen 10000",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		err := r.Upload(t.Context(), bytes.NewReader(data), &out)
		var wrong *RequestError
		if err != nil && !errors.As(err, &wrong) {
			t.Errorf("%q: %v", data, err)
		}
		if err != nil && out.Len() > 0 {
			t.Errorf("%q was refused after an answer of %q", data, out.Bytes())
		}
	})
}
