package git

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packOf returns the bytes of one pack of a small store, with deltas, and of
// its index.
func packOf(t testing.TB) (pack, index []byte) {
	t.Helper()
	r := newStore(t)
	for _, text := range []string{"a\n", "a\nb\n", "a\nb\nc\n"} {
		mustRecord(t, r, map[string]string{"x/y.md": strings.Repeat(text, 40)})
	}
	runGit(t, r.Dir(), "repack", "-adf")
	files, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack/*.pack"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if pack, err = os.ReadFile(files[0]); err != nil {
		t.Fatal(err)
	}
	if index, err = os.ReadFile(strings.TrimSuffix(files[0], ".pack") + ".idx"); err != nil {
		t.Fatal(err)
	}
	return pack, index
}

func FuzzPackIndex(f *testing.F) {
	_, index := packOf(f)
	f.Add(index)
	f.Add(index[:1100])
	f.Add(encodeIndex([]indexRow{{Hash{1}, 2, 1 << 40}, {Hash{1}, 2, 3}}, Hash{}))
	f.Add([]byte("\xfftOc\x00\x00\x00\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := parseIndex(data)
		if err != nil {
			return
		}
		if err := x.check(); err != nil {
			t.Logf("unsound: %v", err) // and still read below, without a panic
		}
		for i := range x.n {
			if _, err := x.offset(i); err == nil {
				x.crc(i)
			}
			// A name may stand in the wrong bucket of the counts; then it is not
			// found, and nothing worse.
			x.find(x.name(i))
		}
		x.find(Hash{})
		x.find(Hash(bytes.Repeat([]byte{0xff}, 20)))
	})
}

// FuzzPack reads every offset of a pack that has an index to itself. Whatever
// comes out must have been asked for by its name.
func FuzzPack(f *testing.F) {
	file, index := packOf(f)
	f.Add(file[packHead:len(file)-packTail], uint16(0))
	f.Add(file[packHead:len(file)-packTail], uint16(300))
	f.Add(appendEntryHead(nil, kindOfsDelta, 10), uint16(0))
	f.Add(append(appendEntryHead(nil, kindRefDelta, 10), make([]byte, 40)...), uint16(0))
	if len(index) == 0 {
		f.Fatal("no index")
	}
	reader := &packReader{bases: newCache[packOffset](1 << 20)}
	f.Fuzz(func(t *testing.T, body []byte, at uint16) {
		whole := append(appendPackHead(nil, 2), body...)
		whole = append(whole, make([]byte, packTail)...)
		// Two names: the entry at the start, and the one asked for.
		off := int64(packHead) + int64(at)
		x, err := parseIndex(encodeIndex([]indexRow{{hash: Hash{}, offset: packHead}, {hash: Hash{1}, offset: off}}, Hash{}))
		if err != nil {
			t.Fatal(err)
		}
		v := &view{data: whole, size: int64(len(whole))}
		p := &pack{index: x, view: v}
		if err := checkPackEnds(v, x); err != nil {
			t.Fatal(err)
		}
		if obj, err := reader.read(p, off, 0); err == nil {
			switch obj.kind {
			case kindCommit, kindTree, kindBlob, kindTag:
			default:
				t.Errorf("read a %s", obj.kind)
			}
		}
	})
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("base"), []byte("\x04\x04\x90\x04"))
	f.Add([]byte("base"), []byte("\x04\x06\x90\x04\x02xy"))
	f.Add([]byte{}, []byte("\x00\x80\x80\x04\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte("base"), []byte("\x04\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x80"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		out, err := applyDelta(base, delta)
		if err != nil {
			return
		}
		_, rest, err := deltaSize(delta)
		if err != nil {
			t.Fatal(err)
		}
		if size, _, err := deltaSize(rest); err != nil || size != uint64(len(out)) {
			t.Errorf("%d bytes, announced %d, %v", len(out), size, err)
		}
	})
}

func FuzzLooseObject(f *testing.F) {
	deflate := func(s string) []byte {
		out, err := (&entryEncoder{}).appendZlib(nil, []byte(s), len(s)%2 == 1)
		if err != nil {
			f.Fatal(err)
		}
		return out
	}
	for _, s := range []string{"blob 3\x00abc", "tree 0\x00", "blob 99999999999\x00", "blob -1\x00", "blob +3\x00abc", "blob 3", "x 1\x00a", "blob 2\x00abc", "blob 3\x00ab", ""} {
		f.Add(deflate(s))
	}
	f.Add([]byte{})
	reader := &packReader{bases: newCache[packOffset](1 << 20)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		obj, err := reader.parseLoose(raw)
		if err == nil && len(obj.data) > maxRatio*len(raw) {
			t.Errorf("%d bytes out of %d", len(obj.data), len(raw))
		}
		// The same bytes without their compression are a head.
		_, _, _, _ = parseLooseHead(raw)
	})
}

func FuzzPackedRefs(f *testing.F) {
	f.Add([]byte("# pack-refs with: peeled fully-peeled sorted \n" + strings.Repeat("1", 40) + " refs/heads/main\n^" + strings.Repeat("2", 40) + "\n"))
	f.Add([]byte(strings.Repeat("1", 40) + " refs/heads/main\r\n"))
	f.Add([]byte(strings.Repeat("0", 40) + "\n"))
	f.Add([]byte("ref: refs/heads/main\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func() (Hash, bool, error){
			func() (Hash, bool, error) { return findPackedRef(data, mainRef) },
			func() (Hash, bool, error) { h, err := parseRef(data); return h, err == nil, err },
		} {
			h, found, err := read()
			if (found || err == nil && !h.IsZero()) && (h.IsZero() || err != nil || !bytes.Contains(bytes.ToLower(data), []byte(h.String()))) {
				t.Errorf("%s, %v, %v", h, found, err)
			}
		}
	})
}

func FuzzConfig(f *testing.F) {
	c, err := Config{}.withDefaults()
	if err != nil {
		f.Fatal(err)
	}
	good, err := encodeConfig(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(append(good, "[extensions]\n\tobjectformat = sha256\n"...))
	f.Add([]byte("[stemma]\nformatversion=1\nlevels=3\nuuid=x"))
	f.Add([]byte("[core]\n\trepositoryformatversion\n[stemma]\n"))
	f.Add([]byte("[stemma \"\\"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseConfig(data); err == nil && c.check() != nil {
			t.Errorf("%+v was let through", c)
		}
	})
}

func FuzzTree(f *testing.F) {
	f.Add(encodeTree([]Entry{{"a", ModeFile, Hash{1}}, {"b", ModeTree, Hash{2}}}))
	f.Add([]byte("100644 a\x00short"))
	f.Add([]byte("7777777 a/b\x00" + strings.Repeat("x", 20)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		entries, err := decodeTree(Hash{}, raw)
		if err != nil {
			return
		}
		again, err := decodeTree(Hash{}, encodeTree(entries))
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%d rows came back as %d: %v", len(entries), len(again), err)
		}
		for i := range again {
			if again[i] != entries[i] {
				t.Errorf("%+v came back as %+v", entries[i], again[i])
			}
		}
	})
}

func FuzzCommit(f *testing.F) {
	raw := encodeCommit(&Commit{Parents: []Hash{{1}, {2}}, Author: someone(1), Committer: someone(2), Message: "m"})
	f.Add(raw)
	f.Add(bytes.Replace(raw, []byte("\n\n"), []byte("\ngpgsig x\n y\nencoding latin1\n\n"), 1))
	f.Add([]byte("tree " + strings.Repeat("1", 40) + "\nauthor <> 99999999999999999999 +9999\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tree, parents, linksErr := commitLinks(Hash{}, raw)
		c, err := decodeCommit(Hash{}, raw)
		if err != nil || linksErr != nil {
			return
		}
		if c.Tree != tree || len(c.Parents) != len(parents) {
			t.Errorf("the two readers differ: %s %v, %s %v", c.Tree, c.Parents, tree, parents)
		}
		// What was read can be written again, in a form that holds.
		out := encodeCommit(c)
		again, err := decodeCommit(Hash{}, out)
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		if twice := encodeCommit(again); !bytes.Equal(out, twice) {
			t.Errorf("%q becomes %q", out, twice)
		}
	})
}

// FuzzPath: a path that passes can be stored, and git finds no fault in it.
func FuzzPath(f *testing.F) {
	for _, p := range []string{"a/b/c.md", ".git/x", "a\\b", "..", "á/ñ", "a//b", "CON", ".GIT", ".git\u200c"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if checkPath(path) != nil {
			return
		}
		for _, part := range strings.Split(path, "/") {
			if part == "" || part == "." || part == ".." || strings.EqualFold(part, ".git") || strings.ContainsAny(part, "\x00\\") {
				t.Errorf("%q passes", path)
			}
		}
	})
}

func FuzzAlternates(f *testing.F) {
	f.Add([]byte("/a/b\n# no\n\"/q\\tx\"\n../rel\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dirs, err := parseAlternates(data)
		if err == nil && len(dirs) > bytes.Count(data, []byte("\n"))+1 {
			t.Errorf("%d folders", len(dirs))
		}
	})
}

func FuzzEntryHead(f *testing.F) {
	f.Add(appendEntryHead(nil, kindBlob, 1<<40), int64(12))
	f.Add(appendOffset(appendEntryHead(nil, kindOfsDelta, 7), 300), int64(1000))
	f.Add(bytes.Repeat([]byte{0xff}, 32), int64(1<<40))
	f.Add(binary.BigEndian.AppendUint64([]byte{0x6f}, 1), int64(12))
	f.Fuzz(func(t *testing.T, b []byte, off int64) {
		e, err := parseEntryHead(b, off)
		if err != nil {
			return
		}
		out := appendEntryHead(nil, e.kind, e.size)
		switch e.kind {
		case kindOfsDelta:
			if e.baseOff < packHead || e.baseOff >= off {
				t.Fatalf("base at %d of an entry at %d", e.baseOff, off)
			}
			out = appendOffset(out, off-e.baseOff)
		case kindRefDelta:
			out = append(out, e.baseRef[:]...)
		}
		again, err := parseEntryHead(out, off)
		if e.length, again.length = 0, 0; err != nil || again != e {
			t.Errorf("%+v is written as %x and read as %+v, %v", e, out, again, err)
		}
	})
}
