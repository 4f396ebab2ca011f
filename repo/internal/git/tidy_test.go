package git

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// takeIn writes a pack of one commit to the store, as one that arrives.
func takeIn(t testing.TB, r *Repo, message string) Hash {
	t.Helper()
	other := newStore(t)
	h := mustRecord(t, other, map[string]string{"theirs.md": message})
	pack, err := os.ReadFile(packFiles(t, other)[0])
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.newIncoming()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, bytes.NewReader(pack)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return h
}

// TestListIsNoPictureOfAMoment: a list of a folder may hold an index and miss its
// pack, where git put both there while it was made. Neither may go.
func TestListIsNoPictureOfAMoment(t *testing.T) {
	r := newStore(t)
	first := mustRecord(t, r, map[string]string{"a": "1"})
	pack := packFiles(t, r)[0]
	if err := os.Rename(pack, pack+".away"); err != nil {
		t.Fatal(err)
	}
	fresh := open(t, r.Dir())
	listed := false
	fresh.hook = func(step string) error {
		if step == "packs listed" && !listed {
			listed = true
			return os.Rename(pack+".away", pack)
		}
		return nil
	}
	second := mustRecord(t, fresh, map[string]string{"a": "2"})
	if !listed {
		t.Fatal("the packs were not listed")
	}
	wantAll(t, open(t, r.Dir()), []Hash{first, second})
	fsck(t, r.Dir())
}

// TestLostIndexComesBack: a pack whose index went gets it anew from the next
// writer, or from Maintain. Until then Check and readers say where the matter lies.
func TestLostIndexComesBack(t *testing.T) {
	mend := map[string]func(r *Repo) error{
		"recording": func(r *Repo) error { _, err := record(r, map[string]string{"b": "1"}, "m"); return err },
		"Maintain":  func(r *Repo) error { _, err := r.Maintain(t.Context()); return err },
	}
	for name, mend := range mend {
		r := newStore(t)
		tip := mustRecord(t, r, map[string]string{"a": "1"})
		pack := packFiles(t, r)[0]
		if err := os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx"); err != nil {
			t.Fatal(err)
		}
		fresh := open(t, r.Dir())
		if _, err := readFile(fresh, "a"); err == nil || !strings.Contains(err.Error(), "lost its index") {
			t.Errorf("a reader says %v", err)
		}
		var problems []string
		if _, err := fresh.Check(t.Context(), func(p Problem) error { problems = append(problems, p.Error()); return nil }); err != nil {
			t.Error(err)
		}
		if len(problems) == 0 || !strings.Contains(problems[0], pack) {
			t.Errorf("Check says %q", problems)
		}
		if err := mend(fresh); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := readFile(open(t, r.Dir()), "a"); err != nil || got != "1" {
			t.Errorf("after %s: %q, %v", name, got, err)
		}
		wantAll(t, open(t, r.Dir()), []Hash{tip})
		fsck(t, r.Dir())
		checkClean(t, r)
	}
}

// TestPackThatCannotBeIndexedStays: what is damaged, and has no index, is nobody's
// to delete, and keeps nobody from recording.
func TestPackThatCannotBeIndexedStays(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"a": "1"})
	path := packFiles(t, r)[0]
	odd := strings.TrimSuffix(path, ".pack")[:len(path)-len(".pack")-3] + "000.pack"
	write(t, odd, "PACK, but no more")
	fresh := open(t, r.Dir())
	mustRecord(t, fresh, map[string]string{"a": "2"})
	if _, err := fresh.Maintain(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(odd); err != nil {
		t.Error(err)
	}
}

// TestUnfinishedPacksOfGitStay: what git repack has yet to give its name is neither
// read, nor concatenated, nor cleared away.
func TestUnfinishedPacksOfGitStay(t *testing.T) {
	r := filled(t, 5)
	pack := strings.TrimSuffix(packFiles(t, r)[2], ".pack")
	var unfinished []string
	for i, ext := range []string{".pack", ".idx", ".idx"} {
		data, err := os.ReadFile(pack + ext)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(filepath.Dir(pack), []string{".tmp-1-", ".tmp-1-", ".tmp-2-"}[i]+filepath.Base(pack)+ext)
		write(t, path, string(data))
		unfinished = append(unfinished, path)
	}
	fresh := open(t, r.Dir())
	mustRecord(t, fresh, map[string]string{"x": "2"})
	if n, err := fresh.Maintain(t.Context()); err != nil || n != 6 {
		t.Errorf("replaced %d, %v", n, err)
	}
	for _, path := range unfinished {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}
