package git

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func problems(t testing.TB, dir string) ([]Problem, error) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var found []Problem
	_, err = r.Check(t.Context(), func(p Problem) error {
		found = append(found, p)
		return nil
	})
	return found, err
}

// TestCheckFindsEachFlippedBit changes one bit anywhere in the packs and
// indexes of a store: Check finds every one, and no read gives wrong bytes.
func TestCheckFindsEachFlippedBit(t *testing.T) {
	r := filled(t, 12)
	if _, err := r.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, r, map[string]string{"tail.md": "in a pack of its own\n"})
	runGit(t, r.Dir(), "repack", "-d")
	want := map[Hash]string{}
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	log, err := r.Log(tip, Hash{})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range log {
		want[h] = runGit(t, r.Dir(), "cat-file", "-p", h.String())
	}
	rng := rand.New(rand.NewPCG(13, 14))
	for _, pattern := range []string{"*.pack", "*.idx"} {
		files, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack", pattern))
		if err != nil || len(files) < 2 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 150 {
				at := i
				if i > 40 {
					at = rng.IntN(len(whole))
				}
				flip(t, file, at)
				found, err := problems(t, r.Dir())
				if err == nil && len(found) == 0 {
					t.Fatalf("%s: bit at %d not found", filepath.Base(file), at)
				}
				for _, p := range found {
					if p.Error() == "" || strings.Contains(p.Error(), "%!") {
						t.Fatalf("a problem without words: %+v", p)
					}
				}
				write(t, file, string(whole))
			}
			for _, cut := range []int{0, 10, len(whole) / 2, len(whole) - 1} {
				write(t, file, string(whole[:cut]))
				if found, err := problems(t, r.Dir()); err == nil && len(found) == 0 {
					t.Fatalf("%s: cut at %d not found", filepath.Base(file), cut)
				}
			}
			write(t, file, string(whole))
		}
	}
	if found, err := problems(t, r.Dir()); err != nil || len(found) > 0 {
		t.Errorf("the mended store: %v, %v", found, err)
	}
}

// unpackAll turns every object of a store into a loose file.
func unpackAll(t testing.TB, r *Repo) {
	t.Helper()
	runGit(t, r.Dir(), "repack", "-ad")
	pack := packFiles(t, r)[0]
	moved := filepath.Join(t.TempDir(), "all.pack")
	data, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	write(t, moved, string(data))
	if err := removePack(SystemDisk{}, strings.TrimSuffix(pack, ".pack")); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(moved)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	unpack := gitCmd(t, r.Dir(), "unpack-objects", "-q")
	unpack.Stdin = in
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestCheckNamesWhatIsMissing takes objects away, one at a time.
func TestCheckNamesWhatIsMissing(t *testing.T) {
	r := newStore(t)
	commits := []Hash{
		mustRecord(t, r, map[string]string{"a/b/one.md": "one"}),
		mustRecord(t, r, map[string]string{"a/b/two.md": "two"}),
		mustRecord(t, r, map[string]string{"a/b/one.md": "one again"}),
	}
	unpackAll(t, r)
	if found, err := problems(t, r.Dir()); err != nil || len(found) > 0 {
		t.Fatalf("the loose store: %v, %v", found, err)
	}
	cases := []struct {
		spec   string
		commit int
		path   string
	}{
		{commits[0].String() + ":a/b/one.md", 0, "a/b/one.md"},
		{commits[1].String() + ":a/b/two.md", 1, "a/b/two.md"},
		{commits[2].String() + ":a/b", 2, "a/b"},
		{commits[1].String() + "^{tree}", 1, ""},
		{commits[1].String(), 2, ""}, // the commit after it needs it
	}
	for _, c := range cases {
		for _, damage := range []string{"missing", "emptied", "another object", "flipped"} {
			t.Run(fmt.Sprint(c.commit, c.path, damage), func(t *testing.T) {
				h, err := ParseHash(runGit(t, r.Dir(), "rev-parse", c.spec))
				if err != nil {
					t.Fatal(err)
				}
				path := loosePath(filepath.Join(r.Dir(), "objects"), h)
				whole, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				defer write(t, path, string(whole))
				switch damage {
				case "missing":
					err = os.Remove(path)
				case "emptied":
					write(t, path, "")
				case "another object":
					other, readErr := os.ReadFile(loosePath(filepath.Join(r.Dir(), "objects"), commits[0]))
					if readErr != nil {
						t.Fatal(readErr)
					}
					write(t, path, string(other))
				case "flipped":
					flip(t, path, len(whole)-1)
				}
				if err != nil {
					t.Fatal(err)
				}
				found, err := problems(t, r.Dir())
				if err != nil || len(found) != 1 {
					t.Fatalf("%v, %v", found, err)
				}
				p := found[0]
				if p.Object != h || p.Commit != commits[c.commit] || p.Path != c.path {
					t.Errorf("%+v", p)
				}
				if wantErr := map[bool]error{true: ErrNotFound, false: ErrCorrupt}[damage == "missing"]; !errors.Is(p.Err, wantErr) {
					t.Errorf("error %v", p.Err)
				}
			})
		}
	}
}

func TestCheckFindsTreesOutOfOrder(t *testing.T) {
	r := newStore(t)
	first := mustRecord(t, r, map[string]string{"a": "1"})
	blob, err := ParseHash(runGit(t, r.Dir(), "rev-parse", "main:a"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := gitCmd(t, r.Dir(), "hash-object", "-t", "tree", "-w", "--stdin", "--literally")
	cmd.Stdin = strings.NewReader(string(encodeTree([]Entry{{"b", ModeFile, blob}, {"a", ModeFile, blob}})))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	commit := runGit(t, r.Dir(), "commit-tree", strings.TrimSpace(string(out)), "-p", first.String(), "-m", "bad")
	runGit(t, r.Dir(), "update-ref", mainRef, commit)
	found, err := problems(t, r.Dir())
	if err != nil || len(found) != 1 || !strings.Contains(fmt.Sprint(found[0]), "out of order") {
		t.Errorf("%v, %v", found, err)
	}
}

// TestGoodCopyIsRead: where one of two copies of an object is damaged, reading
// goes on with the other, and Check still reports the damage.
func TestGoodCopyIsRead(t *testing.T) {
	r := filled(t, 6)
	saved := copyPack(t, packFiles(t, r)[0], t.TempDir())
	runGit(t, r.Dir(), "repack", "-adf")
	copyPack(t, saved, filepath.Join(r.Dir(), "objects", "pack"))
	for _, p := range packFiles(t, r) {
		if filepath.Base(p) == filepath.Base(saved) {
			flip(t, p, 60)
		}
	}
	fresh := open(t, r.Dir())
	tip, err := fresh.Tip()
	if err != nil {
		t.Fatal(err)
	}
	log, err := fresh.Log(tip, Hash{})
	if err != nil || len(log) != 6 {
		t.Fatalf("%d commits, %v", len(log), err)
	}
	for _, h := range log {
		c, err := fresh.Commit(h)
		if err != nil {
			t.Fatal(err)
		}
		changes, err := fresh.Diff(Hash{}, c.Tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range changes {
			if _, err := fresh.Blob(ch.New); err != nil {
				t.Error(err)
			}
		}
	}
	if found, err := problems(t, r.Dir()); err != nil || len(found) != 1 || found[0].File == "" {
		t.Errorf("%v, %v", found, err)
	}
}
