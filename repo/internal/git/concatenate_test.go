package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func packFiles(t testing.TB, r *Repo) []string {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack/*.pack"))
	if err != nil {
		t.Fatal(err)
	}
	return packs
}

func TestTailPacksAreConcatenated(t *testing.T) {
	r := newStore(t)
	for i := range 3*tailPacks + 3 {
		mustRecord(t, r, map[string]string{fmt.Sprintf("%d/%d.md", i%5, i%11): fmt.Sprint(i)})
		if n := len(packFiles(t, r)); n > tailPacks+3 {
			t.Fatalf("%d packs after %d records", n, i+1)
		}
	}
	if n := len(packFiles(t, r)); n != 3+3 {
		t.Errorf("%d packs", n)
	}
	fsck(t, r.Dir())
	checkClean(t, r)
	compareAll(t, r)
	if n, err := r.Maintain(t.Context()); err != nil || n != 6 {
		t.Errorf("Maintain replaced %d, %v", n, err)
	}
	if n, err := r.Maintain(t.Context()); err != nil || n != 0 || len(packFiles(t, r)) != 1 {
		t.Errorf("a second Maintain replaced %d, %v", n, err)
	}
	noLeftovers(t, r.Dir())
	fsck(t, r.Dir())
	compareAll(t, open(t, r.Dir()))
}

// TestConcatenateDeltasAndDoubles merges packs that git filled with deltas and
// that share objects: the copies left out shift the deltas' bases.
func TestConcatenateDeltasAndDoubles(t *testing.T) {
	for _, form := range []string{"repack.useDeltaBaseOffset=true", "repack.useDeltaBaseOffset=false"} {
		t.Run(form, func(t *testing.T) {
			r := filled(t, 50)
			runGit(t, r.Dir(), "-c", form, "-c", "repack.writeBitmaps=false", "repack", "-adf", "--depth=30")
			old := packFiles(t, r)
			if len(old) != 1 {
				t.Fatal(old)
			}
			// Half of the history once more, in an older pack with deltas of
			// its own: what the first pack builds on it is left out there.
			listed := runGit(t, r.Dir(), "rev-list", "--objects", "main~25")
			half := gitCmd(t, r.Dir(), "-c", form, "pack-objects", "--quiet", "--depth=5", filepath.Join(t.TempDir(), "half"))
			half.Stdin = strings.NewReader(listed + "\n")
			name, err := half.Output()
			if err != nil {
				t.Fatal(err)
			}
			prefix := half.Args[len(half.Args)-1]
			older := copyPack(t, prefix+"-"+strings.TrimSpace(string(name))+".pack", filepath.Join(r.Dir(), "objects", "pack"))
			past := time.Now().Add(-time.Hour)
			if err := os.Chtimes(older, past, past); err != nil {
				t.Fatal(err)
			}
			mustRecord(t, r, map[string]string{"c/new.md": "more"})
			runGit(t, r.Dir(), "multi-pack-index", "write")
			before := len(packFiles(t, r))
			n, err := r.Maintain(t.Context())
			if err != nil || n != before || before != 3 || len(packFiles(t, r)) != 1 {
				t.Fatalf("replaced %d of %d packs, %v", n, before, err)
			}
			fsck(t, r.Dir())
			checkClean(t, r)
			compareAll(t, r)
			// Not one object stands twice, and git's own index is the same.
			theirs := filepath.Join(t.TempDir(), "x.idx")
			runGit(t, r.Dir(), "index-pack", "--strict", "-o", theirs, packFiles(t, r)[0])
			want, err := os.ReadFile(theirs)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(strings.TrimSuffix(packFiles(t, r)[0], ".pack") + ".idx")
			if err != nil || string(got) != string(want) {
				t.Errorf("our index differs from git's (%v)", err)
			}
			stats := runGit(t, r.Dir(), "count-objects", "-v")
			if !strings.Contains(stats, "garbage: 0") || !strings.Contains(stats, "packs: 1") {
				t.Errorf("git counts %s", stats)
			}
		})
	}
}

// copyPack copies a pack and its index into a folder.
func copyPack(t testing.TB, pack, dir string) string {
	t.Helper()
	for _, ext := range []string{".idx", ".pack"} {
		data, err := os.ReadFile(strings.TrimSuffix(pack, ".pack") + ext)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, strings.TrimSuffix(filepath.Base(pack), ".pack")+ext), string(data))
	}
	return filepath.Join(dir, filepath.Base(pack))
}

func TestKeptPacksStay(t *testing.T) {
	r := filled(t, 5)
	kept := packFiles(t, r)[2]
	write(t, strings.TrimSuffix(kept, ".pack")+".keep", "kept by hand\n")
	mustRecord(t, r, map[string]string{"x": "y"})
	if n, err := r.Maintain(t.Context()); err != nil || n != 5 {
		t.Errorf("replaced %d, %v", n, err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	write(t, r.own("tmp/leftover"), "x") // so that tidy looks at everything
	mustRecord(t, r, map[string]string{"x": "z"})
	if _, err := os.Stat(strings.TrimSuffix(kept, ".pack") + ".keep"); err != nil {
		t.Error(err)
	}
	fsck(t, r.Dir())
}

// TestDamageIsNotCopied: a pack with a bad byte is left as it is, and the
// others too, so that what can be saved by hand stays there.
func TestDamageIsNotCopied(t *testing.T) {
	r := filled(t, 5)
	victim := packFiles(t, r)[2]
	flip(t, victim, 40)
	fresh := open(t, r.Dir())
	before := packFiles(t, fresh)
	if _, err := fresh.Maintain(t.Context()); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), filepath.Base(victim)) {
		t.Errorf("Maintain over damage: %v", err)
	}
	if after := packFiles(t, fresh); strings.Join(after, " ") != strings.Join(before, " ") {
		t.Errorf("packs changed: %v", after)
	}
	noLeftovers(t, r.Dir())
	// Recording goes on.
	for range tailPacks {
		mustRecord(t, fresh, map[string]string{"x": "y"})
	}
}

// flip changes one bit of a file, replacing the file, as damage on disk that
// is met by a new reader.
func flip(t testing.TB, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at%len(data)] ^= 1
	write(t, path, string(data))
}
