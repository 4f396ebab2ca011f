package git

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	gitobject "github.com/go-git/go-git/v5/plumbing/object"
	"github.com/ulikunitz/xz"
)

// realRevision is one line of the sample of real histories.
type realRevision struct {
	Doc    string
	Time   time.Time
	Author string
	Msg    string
	Text   *string // nil: the file was removed
}

func realRevisions(t testing.TB) []realRevision {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "ingest", "testdata", "documents.revs.jsonl.xz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := xz.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []realRevision
	for d := json.NewDecoder(r); ; {
		var rev realRevision
		if err := d.Decode(&rev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, rev)
	}
	if len(out) < 50 {
		t.Fatalf("only %d revisions", len(out))
	}
	slices.SortStableFunc(out, func(a, b realRevision) int { return a.Time.Compare(b.Time) })
	return out
}

// realStore records real revisions, a commit each.
func realStore(t testing.TB) *Repo {
	t.Helper()
	r := newStore(t)
	addRevisions(t, r, realRevisions(t))
	return r
}

func addRevisions(t testing.TB, r *Repo, revisions []realRevision) {
	t.Helper()
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	there := map[string]bool{}
	for _, rev := range revisions {
		if rev.Text == nil && !there[rev.Doc] {
			continue // the sample has the end of this one's history alone
		}
		there[rev.Doc] = rev.Text != nil
		tip, err := r.Tip()
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Begin(tip)
		if err != nil {
			t.Fatal(err)
		}
		blob := Hash{}
		if rev.Text != nil {
			blob = b.Blob([]byte(*rev.Text))
		}
		sig := Signature{rev.Author, "someone@example.org", rev.Time}
		if _, err := b.Commit(map[string]Hash{rev.Doc: blob}, sig, sig, rev.Msg); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOpenGoGit lets go-git's own algorithms work on a store with a real history,
// as the store wrote it and as git repacked it into deltas, and compares with git.
func TestOpenGoGit(t *testing.T) {
	r := realStore(t)
	for _, packed := range []bool{false, true} {
		if packed {
			runGit(t, r.Dir(), "repack", "-adfq", "--depth=50")
			runGit(t, r.Dir(), "tag", "-a", "-m", "A tag", "v1", "main~3")
			runGit(t, r.Dir(), "pack-refs", "--all")
		}
		g, err := gogit.Open(r.storer(), nil)
		if err != nil {
			t.Fatal(err)
		}
		head, err := g.Head()
		if err != nil || head.Name() != mainRef {
			t.Fatal(head, err)
		}
		compareLog(t, r, g, head.Hash())
		tip, err := g.CommitObject(head.Hash())
		if err != nil {
			t.Fatal(err)
		}
		compareTree(t, r, tip)
		blamed := 0
		for _, at := range strings.Fields(runGit(t, r.Dir(), "log", "--format=%H", "main~20", "-4")) {
			c, err := g.CommitObject(plumbing.NewHash(at))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range strings.Fields(runGit(t, r.Dir(), "ls-tree", "-r", "--name-only", at)) {
				blamed += compareBlame(t, r, c, f)
			}
		}
		if blamed < 1000 {
			t.Errorf("only %d lines were blamed", blamed)
		}
	}
	g, err := gogit.Open(r.storer(), nil)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := g.Tag("v1")
	if err != nil {
		t.Fatal(err)
	}
	if o, err := g.TagObject(tag.Hash()); err != nil || o.Target.String() != runGit(t, r.Dir(), "rev-parse", "main~3") {
		t.Errorf("%v, %v", o, err)
	}
}

func compareLog(t *testing.T, r *Repo, g *gogit.Repository, from plumbing.Hash) {
	t.Helper()
	it, err := g.Log(&gogit.LogOptions{From: from})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = it.ForEach(func(c *gitobject.Commit) error {
		got = append(got, fmt.Sprintf("%s %s %d %s", c.Hash, c.Author.Name, c.Author.When.Unix(), strings.SplitN(c.Message, "\n", 2)[0]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := runGit(t, r.Dir(), "log", "--format=%H %an %at %s", "main"); strings.Join(got, "\n") != want {
		t.Errorf("go-git's log says\n%s\nand git's\n%s", strings.Join(got, "\n"), want)
	}
}

func compareTree(t *testing.T, r *Repo, tip *gitobject.Commit) {
	t.Helper()
	tree, err := tip.Tree()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = tree.Files().ForEach(func(f *gitobject.File) error {
		text, err := f.Contents()
		got = append(got, fmt.Sprintf("%06o blob %s %7d\t%s", uint32(f.Mode), f.Hash, len(text), f.Name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := runGit(t, r.Dir(), "ls-tree", "-r", "-l", "main"); strings.Join(got, "\n") != want {
		t.Errorf("go-git's walk gives\n%s\nand git's\n%s", strings.Join(got, "\n"), want)
	}
}

// compareBlame compares line by line, and counts the lines.
func compareBlame(t *testing.T, r *Repo, tip *gitobject.Commit, file string) int {
	t.Helper()
	got, err := gogit.Blame(tip, file)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(runGit(t, r.Dir(), "blame", "--line-porcelain", tip.Hash.String(), "--", file)) {
		if words := strings.Fields(line); len(words) >= 3 && len(words[0]) == 40 && !strings.HasPrefix(line, "\t") {
			want = append(want, words[0])
		}
	}
	if len(got.Lines) != len(want) {
		t.Fatalf("%s: %d lines, git has %d", file, len(got.Lines), len(want))
	}
	for i, l := range got.Lines {
		if strings.TrimSpace(l.Text) == "" {
			continue // which of two blank lines was added is any diff's choice
		}
		if l.Hash.String() != want[i] {
			t.Errorf("%s:%d (%q): %s, git says %s", file, i+1, l.Text, l.Hash, want[i])
		}
	}
	return len(want)
}

// TestStorerReadsWhatGitStores reads every object of a store that git repacked with
// deltas, in loose files, and in a store that it borrows from.
func TestStorerReadsWhatGitStores(t *testing.T) {
	lender := realStore(t)
	runGit(t, lender.Dir(), "repack", "-adfq", "--depth=50")
	r := newStore(t)
	s := r.storer()
	if err := s.AddAlternate(lender.Dir()); err != nil {
		t.Fatal(err)
	}
	if err := s.AddAlternate(filepath.Join(t.TempDir(), "nobody")); err == nil {
		t.Error("what isn't there was borrowed from")
	}
	loose := runGit(t, r.Dir(), "hash-object", "-w", "--stdin", "-t", "blob")
	want := runGit(t, r.Dir(), "cat-file", "--batch-all-objects", "--batch-check")
	var got []string
	it, err := s.IterEncodedObjects(plumbing.AnyObject)
	if err != nil {
		t.Fatal(err)
	}
	err = it.ForEach(func(o plumbing.EncodedObject) error {
		size, err := s.EncodedObjectSize(o.Hash())
		got = append(got, fmt.Sprintf("%s %s %d", o.Hash(), o.Type(), size))
		if size != o.Size() || int(size) != len(content(t, o)) {
			t.Errorf("%s: size %d, %d, %d", o.Hash(), size, o.Size(), len(content(t, o)))
		}
		return errors.Join(err, s.HasEncodedObject(o.Hash()))
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(got, "\n") != want || !strings.Contains(want, loose) {
		t.Errorf("%d objects, git has %d", len(got), strings.Count(want, "\n")+1)
	}
	kinds := 0
	for _, k := range []plumbing.ObjectType{plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject} {
		kinds += len(listObjects(t, s, k))
	}
	if kinds != len(got) {
		t.Errorf("%d objects by kind, %d in all", kinds, len(got))
	}
	// A fresh reader knows of the lender too.
	if _, err := open(t, r.Dir()).storer().EncodedObject(plumbing.CommitObject, plumbing.NewHash(runGit(t, lender.Dir(), "rev-parse", "main"))); err != nil {
		t.Error(err)
	}
}

// TestStorerAbsent asks for what isn't there.
func TestStorerAbsent(t *testing.T) {
	s := realStore(t).storer()
	for _, h := range []plumbing.Hash{plumbing.ZeroHash, plumbing.NewHash(someHash)} {
		if _, err := s.EncodedObject(plumbing.AnyObject, h); err != plumbing.ErrObjectNotFound {
			t.Errorf("%s: %v", h, err)
		}
		if err := s.HasEncodedObject(h); err != plumbing.ErrObjectNotFound {
			t.Errorf("%s: %v", h, err)
		}
		if _, err := s.EncodedObjectSize(h); err != plumbing.ErrObjectNotFound {
			t.Errorf("%s: %v", h, err)
		}
	}
	if _, err := s.IterEncodedObjects(plumbing.OFSDeltaObject); err == nil {
		t.Error("deltas can be listed")
	}
	for _, name := range []plumbing.ReferenceName{"refs/heads/../../config", "config", "refs/heads/", "refs//a", "../x", "refs/heads", "FETCH_HEAD"} {
		if ref, err := s.Reference(name); err != plumbing.ErrReferenceNotFound {
			t.Errorf("%s: %v, %v", name, ref, err)
		}
	}
}

// TestStorerManyReaders reads from many goroutines while git repacks.
func TestStorerManyReaders(t *testing.T) {
	r := realStore(t)
	s := r.storer()
	names := listObjects(t, s, plumbing.AnyObject)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for worker := range 8 {
		readers.Go(func() {
			for i := worker; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				h := plumbing.NewHash(names[i*7%len(names)])
				o, err := s.EncodedObject(plumbing.AnyObject, h)
				if err != nil {
					t.Errorf("%s: %v", h, err)
					return
				}
				if _, err := s.EncodedObjectSize(h); err != nil || o.Hash() != h {
					t.Errorf("%s: %v", h, err)
					return
				}
			}
		})
	}
	for i := range 4 {
		runGit(t, r.Dir(), "repack", "-adfq", "--depth="+strconv.Itoa(10+i))
		if got := listObjects(t, s, plumbing.AnyObject); !slices.Equal(got, names) {
			t.Errorf("%d objects, want %d", len(got), len(names))
		}
	}
	close(stop)
	readers.Wait()
}

// TestStorerKeepsStore shows that no config that go-git writes makes a store cease
// to be one.
func TestStorerKeepsStore(t *testing.T) {
	r := newStore(t)
	c, err := r.storer().Config()
	if err != nil {
		t.Fatal(err)
	}
	c.Remotes["origin"] = &config.RemoteConfig{Name: "origin", URLs: []string{"/elsewhere"}}
	for _, c := range []*config.Config{c, config.NewConfig()} {
		if err := r.storer().SetConfig(c); err != nil {
			t.Fatal(err)
		}
		if got := open(t, r.Dir()).Config(); got != r.Config() {
			t.Errorf("the store is %+v, was %+v", got, r.Config())
		}
		for _, s := range settings(r.Config()) {
			if got := runGit(t, r.Dir(), "config", "--get-all", s[0]+"."+s[1]); got != s[2] {
				t.Errorf("%s.%s is %q, want %q", s[0], s[1], got, s[2])
			}
		}
	}
}

// TestPackIsChecked gives the storer packs that are damaged in every way: none
// becomes part of the store, and nothing of it is left.
func TestPackIsChecked(t *testing.T) {
	pack, all, deltas := deltaPack(t)
	r := newStore(t)
	s := r.storer()
	bad := map[string][]byte{"cut short": pack[:len(pack)-30], "no pack": []byte("PACK"), "text": bytes.Repeat([]byte("no pack "), 20),
		"more behind": append(slices.Clone(pack), 0)}
	for i := 4; i < len(pack); i += 41 {
		b := slices.Clone(pack)
		b[i] ^= 0x20
		bad[fmt.Sprintf("bit of byte %d", i)] = b
	}
	for name, b := range bad {
		if err := writePack(s, b); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	// Damage under a true checksum must be found as well, but for what makes another
	// pack, whole in itself, by chance: then git takes it too.
	dir := t.TempDir()
	for i := 12; i < len(pack)-20; i += 23 {
		b := resum(slices.Concat(pack[:i], []byte{pack[i] ^ 0x11}, pack[i+1:len(pack)-20]))
		fresh := newStore(t)
		if err := writePack(fresh.storer(), b); err != nil {
			continue
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.pack", i))
		write(t, path, string(b))
		if out, err := gitCmd(t, dir, "index-pack", "--strict", path).CombinedOutput(); err != nil {
			t.Errorf("byte %d was changed, and the pack was taken, which git refuses: %s", i, out)
		}
		checkClean(t, fresh)
	}
	left, err := filepath.Glob(filepath.Join(r.Dir(), "stemma", "incoming", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
	if packs, err := filepath.Glob(filepath.Join(r.Dir(), "objects", "pack", "*")); err != nil || len(packs) > 0 {
		t.Errorf("%v are left, %v", packs, err)
	}
	// What a dead writer left goes with the next that comes.
	dead, err := r.newIncoming()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dead.Write(pack[:100]); err != nil {
		t.Fatal(err)
	}
	alive, err := r.newIncoming()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(dead.file.Close(), dead.lock.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := alive.Write(pack); err != nil {
		t.Fatal(err)
	}
	if err := writePack(s, pack); err != nil { // the same, meanwhile
		t.Fatal(err)
	}
	if _, err := os.Stat(dead.dir); err == nil {
		t.Error("a dead writer's files are left")
	}
	if err := alive.Close(); err != nil {
		t.Fatal(err)
	}
	if got := listObjects(t, s, plumbing.AnyObject); !slices.Equal(got, all) {
		t.Errorf("%d objects, want %d", len(got), len(all))
	}
	for _, h := range deltas {
		if o, err := s.EncodedObject(plumbing.AnyObject, plumbing.NewHash(h)); err != nil || fmt.Sprint(o.Size()) != runGit(t, r.Dir(), "cat-file", "-s", h) {
			t.Errorf("%s: %v, %v", h, o, err)
		}
	}
	if out := runGit(t, r.Dir(), "verify-pack", "-v", filepath.Join(r.Dir(), "objects", "pack", "pack-"+fmt.Sprintf("%x", pack[len(pack)-20:])+".idx")); !strings.Contains(out, "ok") {
		t.Error(out)
	}
}
