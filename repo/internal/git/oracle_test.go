package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
)

// filled makes a store with a history of n commits over a few dozen files of
// growing text, as git would delta it.
func filled(t testing.TB, n int) *Repo {
	t.Helper()
	r := newStore(t)
	rng := rand.New(rand.NewPCG(1, 2))
	text := map[string]string{}
	for i := range n {
		path := fmt.Sprintf("%c/%c/f%02d.md", 'a'+rng.IntN(4), 'a'+rng.IntN(4), rng.IntN(5))
		text[path] += fmt.Sprintf("Paragraph %d of the file, with a number that differs: %d.\n", i, rng.Int64())
		if _, err := record(r, map[string]string{path: text[path]}, fmt.Sprintf("Revise: number %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// compareAll reads every object that git knows through r and through git, and
// compares kind and content.
func compareAll(t *testing.T, r *Repo) {
	t.Helper()
	cmd := gitCmd(t, r.Dir(), "cat-file", "--batch", "--batch-all-objects", "--unordered")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git cat-file: %v", err)
	}
	in := bufio.NewReader(bytes.NewReader(out))
	count := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break
		}
		f := strings.Fields(line)
		size, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatalf("git cat-file: %q", line)
		}
		content := in
		want := make([]byte, size+1)
		if _, err := readFull(content, want); err != nil {
			t.Fatal(err)
		}
		h, err := ParseHash(f[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.objects.read(h)
		if err != nil {
			t.Fatalf("%s: %v", h, err)
		}
		if got.kind.String() != f[1] || !bytes.Equal(got.data, want[:size]) {
			t.Fatalf("%s: a %s of %d bytes, git has a %s of %d", h, got.kind, len(got.data), f[1], size)
		}
		count++
	}
	if count < 100 {
		t.Fatalf("only %d objects compared: the test checks nothing", count)
	}
}

func readFull(r *bufio.Reader, b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := r.Read(b[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// TestReadWhatGitWrites repacks a store with git in every form that git has,
// and reads it back through a Repo that was open all along and a new one.
func TestReadWhatGitWrites(t *testing.T) {
	steps := []struct {
		name string
		args [][]string
	}{
		{"as written", nil},
		{"repack with offset deltas", [][]string{{"repack", "-adf", "--depth=50", "--window=20"}}},
		{"repack with named bases", [][]string{{"-c", "repack.useDeltaBaseOffset=false", "repack", "-adf", "--depth=50"}}},
		{"gc", [][]string{{"gc", "--quiet"}}},
		{"gc with prune", [][]string{{"gc", "--quiet", "--prune=now", "--aggressive"}}},
		{"refs packed", [][]string{{"pack-refs", "--all"}}},
		{"bitmaps and a multi-pack index", [][]string{{"repack", "-adb"}, {"multi-pack-index", "write"}, {"commit-graph", "write", "--reachable"}}},
		{"several packs", [][]string{{"repack", "-ad", "--max-pack-size=1m"}}},
	}
	r := filled(t, 60)
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			for _, args := range step.args {
				runGit(t, r.Dir(), args...)
			}
			for _, r := range []*Repo{r, open(t, r.Dir())} {
				if got, err := r.Tip(); err != nil || got != tip {
					t.Fatalf("tip = %v, %v, want %v", got, err, tip)
				}
				compareAll(t, r)
				stats, err := r.Check(t.Context(), func(p Problem) error { return p })
				if err != nil || stats.Commits < 60 {
					t.Fatalf("check: %+v, %v", stats, err)
				}
			}
			// Writing goes on from there.
			tip = mustRecord(t, r, map[string]string{"z/" + strings.ReplaceAll(step.name, " ", "") + ".md": step.name})
			fsck(t, r.Dir())
		})
	}
}

func TestLooseObjectsAndUnpackedPushes(t *testing.T) {
	r := filled(t, 40)
	work := filepath.Join(t.TempDir(), "work")
	runGit(t, r.Dir(), "clone", "--quiet", ".", work)
	if err := os.WriteFile(filepath.Join(work, "plain.md"), []byte("by hand\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	runGit(t, work, "add", ".")
	runGit(t, work, "commit", "--quiet", "-m", "a plain commit")
	runGit(t, work, "push", "--quiet", "origin", "main")
	if got, err := readFile(r, "plain.md"); err != nil || got != "by hand\n" {
		t.Errorf("after a push: %q, %v", got, err)
	}
	// A commit made in the store itself leaves loose objects.
	blob := runGit(t, r.Dir(), "hash-object", "-w", "--stdin", "--path=x")
	if _, err := ParseHash(blob); err != nil {
		t.Fatal(err)
	}
	tree := runGit(t, r.Dir(), "rev-parse", "main^{tree}")
	commit := runGit(t, r.Dir(), "commit-tree", tree, "-p", "main", "-m", "loose")
	runGit(t, r.Dir(), "update-ref", mainRef, commit)
	runGit(t, r.Dir(), "tag", "-a", "-m", "an annotated tag", "v1")
	compareAll(t, r)
	mustRecord(t, r, map[string]string{"own.md": "ours again\n"})
	runGit(t, work, "pull", "--quiet")
	if data, err := os.ReadFile(filepath.Join(work, "own.md")); err != nil || string(data) != "ours again\n" {
		t.Errorf("a clone reads %q, %v", data, err)
	}
	fsck(t, r.Dir())
}

func TestBorrowedObjects(t *testing.T) {
	r := filled(t, 40)
	dir := filepath.Join(t.TempDir(), "borrower")
	runGit(t, r.Dir(), "clone", "--quiet", "--bare", "--shared", ".", dir)
	config, err := os.ReadFile(filepath.Join(r.Dir(), "config"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config"), config, 0o666); err != nil {
		t.Fatal(err)
	}
	b := open(t, dir)
	compareAll(t, b)
	mustRecord(t, b, map[string]string{"new.md": "here only\n"})
	compareAll(t, b)
	fsck(t, dir)
	if _, err := b.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	compareAll(t, r)
}

func TestGoGitReadsWhatWeWrite(t *testing.T) {
	r := filled(t, 40)
	peer, err := gogit.PlainOpen(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	head, err := peer.Head()
	if err != nil {
		t.Fatal(err)
	}
	tip, err := r.Tip()
	if err != nil || Hash(head.Hash()) != tip {
		t.Fatalf("go-git reads %v, %v", head, err)
	}
	all, err := peer.CommitObjects()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for {
		c, err := all.Next()
		if err != nil {
			break
		}
		own, err := r.Commit(Hash(c.Hash))
		if err != nil {
			t.Fatal(err)
		}
		if own.Message != c.Message || plumbing.Hash(own.Tree) != c.TreeHash || !own.Author.When.Equal(c.Author.When) {
			t.Errorf("%s differs: %+v, go-git has %+v", c.Hash, own, c)
		}
		count++
	}
	if count != 40 {
		t.Errorf("go-git reads %d commits", count)
	}
}

// TestIndexWithLargeOffsets lets git write an index in which every offset
// beyond a few bytes stands in the 64-bit table.
func TestIndexWithLargeOffsets(t *testing.T) {
	r := filled(t, 40)
	runGit(t, r.Dir(), "repack", "-ad")
	packs, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack/*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("%v, %v", packs, err)
	}
	idx := strings.TrimSuffix(packs[0], ".pack") + ".idx"
	if err := os.Remove(idx); err != nil {
		t.Fatal(err)
	}
	runGit(t, r.Dir(), "index-pack", "--index-version=2,0x40", "-o", idx, packs[0])
	fresh := open(t, r.Dir())
	compareAll(t, fresh)
	x, err := openIndex(idx)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	if x.large < 100 || x.check() != nil {
		t.Errorf("%d offsets in the 64-bit table: the test checks nothing", x.large)
	}
	runGit(t, r.Dir(), "index-pack", "--index-version=1", "-o", filepath.Join(t.TempDir(), "v1.idx"), packs[0])
}

// TestIndexSameAsGits compares the indexes that we write with git's own for
// the same packs, byte by byte.
func TestIndexSameAsGits(t *testing.T) {
	r := filled(t, 10)
	if _, err := r.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, r, map[string]string{"one": "more"})
	packs, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack/*.pack"))
	if err != nil || len(packs) != 2 {
		t.Fatalf("%v, %v", packs, err)
	}
	for _, p := range packs {
		theirs := filepath.Join(t.TempDir(), "git.idx")
		runGit(t, r.Dir(), "index-pack", "--strict", "-o", theirs, p)
		want, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(strings.TrimSuffix(p, ".pack") + ".idx")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: our index differs from git's (%v)", filepath.Base(p), err)
		}
		if sum := runGit(t, r.Dir(), "verify-pack", p); sum != "" {
			t.Errorf("git verify-pack: %s", sum)
		}
	}
}

// TestLargeOffsetsRoundTrip covers packs beyond 2 GB without making one.
func TestLargeOffsetsRoundTrip(t *testing.T) {
	rows := []indexRow{}
	for i := range 300 {
		rows = append(rows, indexRow{hash: Hash{byte(i), byte(i >> 8), 7}, crc: uint32(i), offset: int64(i) << 25})
	}
	want := slices.Clone(rows)
	x, err := parseIndex(encodeIndex(rows, Hash{1}))
	if err != nil {
		t.Fatal(err)
	}
	if x.large == 0 || x.check() != nil || x.packSum() != (Hash{1}) {
		t.Fatalf("%d large offsets, %v", x.large, x.check())
	}
	for _, w := range want {
		at, ok := x.find(w.hash)
		off, err := x.offset(at)
		if !ok || err != nil || off != w.offset || x.crc(at) != w.crc || x.name(at) != w.hash {
			t.Errorf("%v: found %v at %d, offset %d, %v", w, ok, at, off, err)
		}
	}
	if _, ok := x.find(Hash{9, 9, 9}); ok {
		t.Error("found what is not there")
	}
}

func TestMissingObjects(t *testing.T) {
	r := filled(t, 3)
	for _, h := range []Hash{{1}, {0xff, 0xff}} {
		if _, err := r.Blob(h); !errors.Is(err, ErrNotFound) {
			t.Errorf("Blob(%s): %v", h, err)
		}
	}
	tip, _ := r.Tip()
	if _, err := r.Blob(tip); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a commit read as a file: %v", err)
	}
	c, err := r.Commit(tip)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "/", "a", "nothing.md", "a/nothing/x.md", "a/../a", "f00.md/x"} {
		if _, err := r.Find(c.Tree, path); !errors.Is(err, ErrNotFound) {
			t.Errorf("Find(%q): %v", path, err)
		}
	}
}

// TestBorrowersInACircle: git allows two stores to borrow from each other.
func TestBorrowersInACircle(t *testing.T) {
	a, b := newStore(t), newStore(t)
	tip := mustRecord(t, b, map[string]string{"x": "y"})
	write(t, filepath.Join(a.Dir(), "objects/info/alternates"), "# comment\n"+filepath.Join(b.Dir(), "objects")+"\n")
	write(t, filepath.Join(b.Dir(), "objects/info/alternates"), "\""+filepath.Join(a.Dir(), "objects")+"\"\n.\n")
	if _, err := open(t, a.Dir()).Commit(tip); err != nil {
		t.Error(err)
	}
	deep := a
	for range 7 {
		next := newStore(t)
		write(t, filepath.Join(next.Dir(), "objects/info/alternates"), filepath.Join(deep.Dir(), "objects")+"\n")
		deep = next
	}
	if _, err := Open(deep.Dir()); !errors.Is(err, ErrUnsupported) {
		t.Errorf("seven stores deep: %v", err)
	}
}
