package git

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	gitindex "github.com/go-git/go-git/v5/plumbing/format/index"
	gitstorer "github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage"
	gomemory "github.com/go-git/go-git/v5/storage/memory"
)

// conformance is what go-git asks of every storage: one case for each that its own
// suite has (storage/test), under the same name, and said anew. lacks names an
// optional interface without which the case is that it is really not there.
type conformance struct {
	name  string
	wants string // the optional interface: pack, transaction, delta
	run   func(t *testing.T, s storage.Storer)
}

func conformances() []conformance {
	return []conformance{
		{"SetEncodedObjectAndEncodedObject", "", conformSetAndGet},
		{"SetEncodedObjectInvalid", "", conformInvalid},
		{"IterEncodedObjects", "", conformIter},
		{"PackfileWriter", "pack", conformPack},
		{"ObjectStorerTxSetEncodedObjectAndCommit", "transaction", conformCommit},
		{"ObjectStorerTxSetObjectAndGetObject", "transaction", conformTxGet},
		{"ObjectStorerTxGetObjectNotFound", "transaction", conformTxAbsent},
		{"ObjectStorerTxSetObjectAndRollback", "transaction", conformRollback},
		{"SetReferenceAndGetReference", "", conformReference},
		{"CheckAndSetReference", "", conformCompare},
		{"CheckAndSetReferenceNil", "", conformCompareNil},
		{"CheckAndSetReferenceError", "", conformCompareFails},
		{"RemoveReference", "", conformRemove},
		{"RemoveReferenceNonExistent", "", conformRemoveNone},
		{"GetReferenceNotFound", "", conformNoReference},
		{"IterReferences", "", conformIterReferences},
		{"SetShallowAndShallow", "", conformShallow},
		{"SetConfigAndConfig", "", conformConfig},
		{"Index", "", conformNoIndex},
		{"SetIndexAndIndex", "", conformIndex},
		{"SetConfigInvalid", "", conformBadConfig},
		{"Module", "", conformModule},
		{"DeltaObjectStorer", "delta", conformDelta},
	}
}

// has reports whether a storage has an optional interface.
func hasInterface(s storage.Storer, name string) bool {
	ok := true
	switch name {
	case "pack":
		_, ok = s.(gitstorer.PackfileWriter)
	case "transaction":
		_, ok = s.(gitstorer.Transactioner)
	case "delta":
		_, ok = s.(gitstorer.DeltaObjectStorer)
	}
	return ok
}

// TestStorerConformance runs the table over our storer, and over go-git's own
// storage in memory, which shows that the table asks for what go-git does.
func TestStorerConformance(t *testing.T) {
	for _, kind := range []struct {
		name  string
		open  func(t *testing.T) storage.Storer
		lacks []string
	}{
		{"store", func(t *testing.T) storage.Storer { return newStore(t).storer() }, []string{"delta"}},
		{"memory", func(*testing.T) storage.Storer { return gomemory.NewStorage() }, []string{"pack", "delta"}},
	} {
		ran := 0
		for _, c := range conformances() {
			t.Run(kind.name+"/"+c.name, func(t *testing.T) {
				s := kind.open(t)
				if has := hasInterface(s, c.wants); has == slices.Contains(kind.lacks, c.wants) {
					t.Fatalf("it has the interface for %q: %t", c.wants, has)
				} else if !has {
					return // that it has none is what is wanted here
				}
				c.run(t, s)
				ran++
			})
		}
		if want := len(conformances()) - len(kind.lacks); ran != want {
			t.Errorf("%s: %d cases ran, want %d", kind.name, ran, want)
		}
	}
}

// sample is an empty object of a type, with the name that git gives it.
type sample struct {
	kind plumbing.ObjectType
	name string
	obj  plumbing.EncodedObject
}

func sampleObjects() []sample {
	all := []sample{
		{plumbing.CommitObject, "dcf5b16e76cce7425d0beaef62d79a7d10fce1f5", nil},
		{plumbing.TreeObject, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", nil},
		{plumbing.BlobObject, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", nil},
		{plumbing.TagObject, "d994c6bb648123a17e8f70a966857c546b2a6f94", nil},
	}
	for i := range all {
		o := &plumbing.MemoryObject{}
		o.SetType(all[i].kind)
		all[i].obj = o
	}
	return all
}

func content(t *testing.T, o plumbing.EncodedObject) string {
	t.Helper()
	r, err := o.Reader()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func setAll(t *testing.T, set func(plumbing.EncodedObject) (plumbing.Hash, error)) {
	t.Helper()
	for _, o := range sampleObjects() {
		if h, err := set(o.obj); err != nil || h.String() != o.name {
			t.Fatalf("%s: %s, %v; want %s", o.kind, h, err, o.name)
		}
	}
}

// list goes through a storage's objects.
func listObjects(t *testing.T, s storage.Storer, kind plumbing.ObjectType) (names []string) {
	t.Helper()
	it, err := s.IterEncodedObjects(kind)
	if err != nil {
		t.Fatal(err)
	}
	err = it.ForEach(func(o plumbing.EncodedObject) error {
		names = append(names, o.Hash().String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func conformSetAndGet(t *testing.T, s storage.Storer) {
	setAll(t, s.SetEncodedObject)
	for _, o := range sampleObjects() {
		h := plumbing.NewHash(o.name)
		for _, kind := range []plumbing.ObjectType{o.kind, plumbing.AnyObject} {
			got, err := s.EncodedObject(kind, h)
			if err != nil || got.Hash() != h || got.Type() != o.kind || got.Size() != 0 || content(t, got) != "" {
				t.Errorf("%s asked for as %s: %v, %v", o.kind, kind, got, err)
			}
		}
		for _, other := range sampleObjects() {
			if other.kind == o.kind {
				continue
			}
			if got, err := s.EncodedObject(other.kind, h); got != nil || err != plumbing.ErrObjectNotFound {
				t.Errorf("%s asked for as %s: %v, %v", o.kind, other.kind, got, err)
			}
		}
	}
}

func conformInvalid(t *testing.T, s storage.Storer) {
	for _, kind := range []plumbing.ObjectType{plumbing.REFDeltaObject, plumbing.OFSDeltaObject} {
		o := s.NewEncodedObject()
		o.SetType(kind)
		if _, err := s.SetEncodedObject(o); err == nil {
			t.Errorf("a %s was stored", kind)
		}
	}
}

func conformIter(t *testing.T, s storage.Storer) {
	setAll(t, s.SetEncodedObject)
	var all []string
	for _, o := range sampleObjects() {
		all = append(all, o.name)
		it, err := s.IterEncodedObjects(o.kind)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := it.Next(); err != nil || got.Hash().String() != o.name {
			t.Errorf("first %s: %v, %v", o.kind, got, err)
		}
		if got, err := it.Next(); got != nil || err != io.EOF {
			t.Errorf("behind the last %s: %v, %v", o.kind, got, err)
		}
	}
	slices.Sort(all)
	if got := listObjects(t, s, plumbing.AnyObject); !slices.Equal(got, all) {
		t.Errorf("all: %v, want %v", got, all)
	}
}

// deltaPack makes, with the real git, a pack of some objects in which there are
// deltas, and gives the names of all and of the deltas.
func deltaPack(t testing.TB) (pack []byte, all, deltas []string) {
	t.Helper()
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "main", ".")
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "Line %d of a story that goes on and on.\n", i)
	}
	for i := range 8 {
		if err := os.WriteFile(filepath.Join(dir, "story.md"), []byte(text.String()+strings.Repeat("More.\n", i)), 0o666); err != nil {
			t.Fatal(err)
		}
		runGit(t, dir, "add", ".")
		runGit(t, dir, "commit", "-q", "-m", "Say "+strconv.Itoa(i))
	}
	runGit(t, dir, "repack", "-adfq", "--depth=50", "--window=50")
	found, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if pack, err = os.ReadFile(found[0]); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(runGit(t, dir, "verify-pack", "-v", found[0])) {
		words := strings.Fields(line)
		if len(words) < 5 || len(words[0]) != 40 {
			continue
		}
		if all = append(all, words[0]); len(words) > 5 {
			deltas = append(deltas, words[0])
		}
	}
	if len(all) != 24 || len(deltas) < 5 {
		t.Fatalf("%d objects, %d deltas", len(all), len(deltas))
	}
	slices.Sort(all)
	return pack, all, deltas
}

func writePack(s storage.Storer, pack []byte) error {
	w, err := s.(gitstorer.PackfileWriter).PackfileWriter()
	if err != nil {
		return err
	}
	_, err = io.Copy(w, bytes.NewReader(pack))
	return errors.Join(err, w.Close())
}

func conformPack(t *testing.T, s storage.Storer) {
	pack, all, _ := deltaPack(t)
	if err := writePack(s, pack); err != nil {
		t.Fatal(err)
	}
	if got := listObjects(t, s, plumbing.AnyObject); !slices.Equal(got, all) {
		t.Errorf("%d objects, want %d", len(got), len(all))
	}
}

func conformCommit(t *testing.T, s storage.Storer) {
	tx := s.(gitstorer.Transactioner).Begin()
	setAll(t, tx.SetEncodedObject)
	if got := listObjects(t, s, plumbing.AnyObject); len(got) != 0 {
		t.Errorf("%v are there before the end of the transaction", got)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := listObjects(t, s, plumbing.AnyObject); len(got) != len(sampleObjects()) {
		t.Errorf("%v", got)
	}
}

func conformTxGet(t *testing.T, s storage.Storer) {
	tx := s.(gitstorer.Transactioner).Begin()
	setAll(t, tx.SetEncodedObject)
	for _, o := range sampleObjects() {
		if got, err := tx.EncodedObject(o.kind, plumbing.NewHash(o.name)); err != nil || got.Hash().String() != o.name {
			t.Errorf("%s: %v, %v", o.kind, got, err)
		}
	}
}

func conformTxAbsent(t *testing.T, s storage.Storer) {
	if got, err := s.(gitstorer.Transactioner).Begin().EncodedObject(plumbing.AnyObject, plumbing.ZeroHash); got != nil || err != plumbing.ErrObjectNotFound {
		t.Errorf("%v, %v", got, err)
	}
}

func conformRollback(t *testing.T, s storage.Storer) {
	tx := s.(gitstorer.Transactioner).Begin()
	setAll(t, tx.SetEncodedObject)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := listObjects(t, s, plumbing.AnyObject); len(got) != 0 {
		t.Errorf("%v are there though they were taken back", got)
	}
}

const (
	someHash  = "bc9968d75e48de59f0870ffb71f5e160bbbdcf52"
	otherHash = "482e0eada5de4039e6f216b45b3c9b683b83bfa0"
	thirdHash = "c3f4688a08fd86f1bf8e055724c84b7a40a09733"
)

func set(t *testing.T, s storage.Storer, name, hash string) {
	t.Helper()
	if err := s.SetReference(plumbing.NewReferenceFromStrings(name, hash)); err != nil {
		t.Fatal(err)
	}
}

func wantReference(t *testing.T, s storage.Storer, name, hash string) {
	t.Helper()
	if got, err := s.Reference(plumbing.ReferenceName(name)); err != nil || got.Hash().String() != hash {
		t.Errorf("%s is %v, %v; want %s", name, got, err, hash)
	}
}

func compareAndSet(s storage.Storer, name, next string, old *plumbing.Reference) error {
	return s.CheckAndSetReference(plumbing.NewReferenceFromStrings(name, next), old)
}

func conformReference(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", someHash)
	set(t, s, "refs/bar", otherHash)
	wantReference(t, s, "refs/foo", someHash)
}

func conformCompare(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", otherHash)
	if err := compareAndSet(s, "refs/foo", someHash, plumbing.NewReferenceFromStrings("refs/foo", otherHash)); err != nil {
		t.Fatal(err)
	}
	wantReference(t, s, "refs/foo", someHash)
}

func conformCompareNil(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", otherHash)
	if err := compareAndSet(s, "refs/foo", someHash, nil); err != nil {
		t.Fatal(err)
	}
	wantReference(t, s, "refs/foo", someHash)
}

func conformCompareFails(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", thirdHash)
	if err := compareAndSet(s, "refs/foo", someHash, plumbing.NewReferenceFromStrings("refs/foo", otherHash)); err != storage.ErrReferenceHasChanged {
		t.Errorf("%v", err)
	}
	wantReference(t, s, "refs/foo", thirdHash)
}

func conformRemove(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", someHash)
	if err := s.RemoveReference("refs/foo"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Reference("refs/foo"); err != plumbing.ErrReferenceNotFound {
		t.Errorf("%v, %v", got, err)
	}
}

func conformRemoveNone(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", someHash)
	if err := s.RemoveReference("refs/nonexistent"); err != nil {
		t.Fatal(err)
	}
	wantReference(t, s, "refs/foo", someHash)
}

func conformNoReference(t *testing.T, s storage.Storer) {
	if got, err := s.Reference("refs/bar"); got != nil || err != plumbing.ErrReferenceNotFound {
		t.Errorf("%v, %v", got, err)
	}
}

func conformIterReferences(t *testing.T, s storage.Storer) {
	set(t, s, "refs/foo", someHash)
	it, err := s.IterReferences()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := it.Next(); err != nil || got.Name() != "refs/foo" || got.Hash().String() != someHash {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := it.Next(); got != nil || err != io.EOF {
		t.Errorf("%v, %v", got, err)
	}
}

func conformShallow(t *testing.T, s storage.Storer) {
	want := []plumbing.Hash{plumbing.NewHash(someHash), plumbing.NewHash(otherHash), plumbing.NewHash(thirdHash)}
	if err := s.SetShallow(want); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Shallow(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if err := s.SetShallow(nil); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Shallow(); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func conformConfig(t *testing.T, s storage.Storer) {
	want := config.NewConfig()
	want.Core.IsBare = true
	want.Remotes["foo"] = &config.RemoteConfig{Name: "foo", URLs: []string{"http://foo/bar.git"}}
	if err := s.SetConfig(want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Core.IsBare || !reflect.DeepEqual(got.Remotes, want.Remotes) {
		t.Errorf("bare %t, remotes %v", got.Core.IsBare, got.Remotes)
	}
}

func conformNoIndex(t *testing.T, s storage.Storer) {
	if got, err := s.Index(); err != nil || !reflect.DeepEqual(got, &gitindex.Index{Version: 2}) {
		t.Errorf("%v, %v", got, err)
	}
}

func conformIndex(t *testing.T, s storage.Storer) {
	if err := s.SetIndex(&gitindex.Index{Version: 2}); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Index(); err != nil || got.Version != 2 || got.ModTime.IsZero() {
		t.Errorf("%v, %v", got, err)
	}
}

func conformBadConfig(t *testing.T, s storage.Storer) {
	c := config.NewConfig()
	c.Remotes["foo"] = &config.RemoteConfig{}
	if err := s.SetConfig(c); err == nil {
		t.Error("a remote without an address was written")
	}
}

func conformModule(t *testing.T, s storage.Storer) {
	for range 2 {
		if m, err := s.Module("foo"); err != nil || m == nil {
			t.Errorf("%v, %v", m, err)
		}
	}
}

// conformDelta is for a storage that gives deltas as they are. Neither of the two
// here does.
func conformDelta(t *testing.T, s storage.Storer) {
	pack, _, deltas := deltaPack(t)
	if err := writePack(s, pack); err != nil {
		t.Fatal(err)
	}
	o, err := s.(gitstorer.DeltaObjectStorer).DeltaObject(plumbing.AnyObject, plumbing.NewHash(deltas[0]))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := o.(plumbing.DeltaObject); !ok {
		t.Errorf("%s is no delta", o.Type())
	}
}
