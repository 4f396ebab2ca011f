package repo

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// step is one commit of a history that a test may rewrite: who, when, what it
// says, and the files that it sets (nil removes one).
type step struct {
	author, committer git.Signature
	message           string
	files             map[string][]byte
}

func (s step) clone() step {
	s.files = maps.Clone(s.files)
	return s
}

// forger writes git objects without any of the store's own code: what it makes is
// what somebody with a text editor and git's plumbing could make.
type forger struct {
	objects string
	wrote   map[git.Hash]bool
}

func (f *forger) put(kind string, data []byte) (git.Hash, error) {
	raw := append(fmt.Appendf(nil, "%s %d\x00", kind, len(data)), data...)
	h := git.Hash(sha1.Sum(raw))
	if f.wrote[h] {
		return h, nil
	}
	f.wrote[h] = true
	name := h.String()
	path := filepath.Join(f.objects, name[:2], name[2:])
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return h, err
	}
	return h, os.WriteFile(path, stored(raw), 0o666)
}

// stored wraps bytes as zlib does (RFC 1950) without compressing them: deflate's
// state costs more than these small objects do.
func stored(data []byte) []byte {
	sum := adler32.Checksum(data)
	out := []byte{0x78, 0x01}
	for last := false; !last; {
		n := min(len(data), 0xffff)
		last = n == len(data)
		final := byte(0)
		if last {
			final = 1
		}
		out = binary.LittleEndian.AppendUint16(append(out, final), uint16(n))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(n))
		out = append(out, data[:n]...)
		data = data[n:]
	}
	return binary.BigEndian.AppendUint32(out, sum)
}

// tree writes the tree of a set of files.
func (f *forger) tree(files map[string]git.Hash) (git.Hash, error) {
	type row struct {
		name, mode string
		hash       git.Hash
	}
	var rows []row
	below := map[string]map[string]git.Hash{}
	for path, h := range files {
		dir, rest, deeper := strings.Cut(path, "/")
		if !deeper {
			rows = append(rows, row{path, "100644", h})
			continue
		}
		if below[dir] == nil {
			below[dir] = map[string]git.Hash{}
		}
		below[dir][rest] = h
	}
	for dir, files := range below {
		h, err := f.tree(files)
		if err != nil {
			return h, err
		}
		rows = append(rows, row{dir, "40000", h})
	}
	key := func(r row) string {
		if r.mode == "40000" {
			return r.name + "/"
		}
		return r.name
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(key(a), key(b)) })
	var data []byte
	for _, r := range rows {
		data = append(fmt.Appendf(data, "%s %s\x00", r.mode, r.name), r.hash[:]...)
	}
	return f.put("tree", data)
}

func stamp(s git.Signature) string {
	return fmt.Sprintf("%s <%s> %d %s", s.Name, s.Email, max(s.When.Unix(), 0), s.When.Format("-0700"))
}

// write writes a whole history and gives its last commit.
func (f *forger) write(steps []step) (tip git.Hash, err error) {
	files := map[string]git.Hash{}
	for _, s := range steps {
		for path, data := range s.files {
			if data == nil {
				delete(files, path)
				continue
			}
			if files[path], err = f.put("blob", data); err != nil {
				return tip, err
			}
		}
		tree, err := f.tree(files)
		if err != nil {
			return tip, err
		}
		text := "tree " + tree.String() + "\n"
		if !tip.IsZero() {
			text += "parent " + tip.String() + "\n"
		}
		text += "author " + stamp(s.author) + "\ncommitter " + stamp(s.committer) + "\n\n" + s.message
		if tip, err = f.put("commit", []byte(text)); err != nil {
			return tip, err
		}
	}
	return tip, nil
}

// history reads a store's whole history, which must be without merges.
func history(t *testing.T, s *Store) []step {
	t.Helper()
	tip, err := s.git.Tip()
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := s.git.Log(tip, git.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	var tree git.Hash
	for _, h := range hashes {
		c, err := s.git.Commit(h)
		if err != nil || len(c.Parents) > 1 {
			t.Fatal(h, err, c.Parents)
		}
		changes, err := s.git.Diff(tree, c.Tree)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, ch := range changes {
			files[ch.Path] = nil
			if !ch.New.IsZero() {
				if files[ch.Path], err = s.git.Blob(ch.New); err != nil {
					t.Fatal(err)
				}
			}
		}
		steps = append(steps, step{c.Author, c.Committer, c.Message, files})
		tree = c.Tree
	}
	return steps
}

// copyStore copies a closed store. Packs are shared: nobody writes to them.
func copyStore(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o777)
		case strings.Contains(rel, "objects"):
			return os.Link(path, target)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o666)
	})
}

// setMain points main at a commit.
func setMain(dir string, tip git.Hash) error {
	return os.WriteFile(filepath.Join(dir, "refs", "heads", "main"), []byte(tip.String()+"\n"), 0o666)
}

// dropIndex deletes the derived index of a store that nobody has open.
func dropIndex(dir string) error {
	found, err := filepath.Glob(filepath.Join(dir, indexFile+"*"))
	for _, path := range found {
		if err == nil {
			err = os.Remove(path)
		}
	}
	return err
}
