package git

import (
	"bytes"
	"crypto/sha1"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// resum puts the true checksum behind the bytes of a pack.
func resum(body []byte) []byte {
	sum := sha1.Sum(body)
	return append(slices.Clone(body), sum[:]...)
}

// FuzzIndexPack reads packs from anywhere. Of one that it takes, git takes the same
// view: the index that follows leads to objects that have their names.
func FuzzIndexPack(f *testing.F) {
	whole, _, _ := deltaPack(f)
	f.Add(whole[:len(whole)-20])
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00"))
	f.Add([]byte("PACK\x00\x00\x00\x02\xff\xff\xff\xff"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, body []byte) {
		path := filepath.Join(dir, "x.pack")
		if err := os.WriteFile(path, resum(body), 0o666); err != nil {
			t.Fatal(err)
		}
		o, err := openObjects(filepath.Join(dir, "objects"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := openView(path)
		if err != nil {
			t.Fatal(err)
		}
		defer v.close()
		rows, sum, err := o.indexPack(v, true)
		if err != nil {
			return
		}
		if err := os.WriteFile(filepath.Join(dir, "x.idx"), encodeIndex(rows, sum), 0o666); err != nil {
			t.Fatal(err)
		}
		p := &pack{base: filepath.Join(dir, "x")}
		defer p.close()
		for _, row := range rows {
			off, ok, err := p.find(row.hash)
			if err != nil || !ok {
				t.Fatalf("%s: %t, %v", row.hash, ok, err)
			}
			obj, err := o.reader.read(p, off, 0)
			if err != nil || readHash(obj.kind, obj.data) != row.hash {
				t.Fatalf("%s: %v", row.hash, err)
			}
		}
	})
}

// FuzzPackedRefsAll reads packed-refs from anywhere; what is read is written the same.
func FuzzPackedRefsAll(f *testing.F) {
	f.Add([]byte("# pack-refs with: peeled fully-peeled sorted \n" + someHash + " refs/heads/main\n" + otherHash + " refs/tags/v1\n^" + someHash + "\n"))
	f.Add([]byte("^" + someHash + "\n"))
	f.Add([]byte(someHash + " \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		refs, err := parsePackedRefs(data)
		if err != nil {
			return
		}
		again, err := parsePackedRefs(encodePackedRefs(refs))
		if err != nil || len(again) != len(refs) {
			t.Fatalf("%v, %v", again, err)
		}
		for name, r := range refs {
			if again[name] != r {
				t.Errorf("%s: %v, %v", name, r, again[name])
			}
		}
	})
}

// FuzzRefValue reads the files of refs.
func FuzzRefValue(f *testing.F) {
	f.Add([]byte("ref: refs/heads/main\n"))
	f.Add([]byte(someHash + "\n"))
	f.Add([]byte("ref: ../../etc/passwd\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parseRefValue(data)
		if err != nil {
			return
		}
		if v.target != "" && checkRefName(v.target) != nil || v.target == "" && v.hash.IsZero() {
			t.Errorf("%q is taken as %+v", data, v)
		}
		if again, err := parseRefValue(v.bytes()); err != nil || again != v {
			t.Errorf("%q: %+v, %+v, %v", data, v, again, err)
		}
		if bytes.ContainsRune([]byte(v.target), '\n') {
			t.Errorf("%q", v.target)
		}
	})
}
