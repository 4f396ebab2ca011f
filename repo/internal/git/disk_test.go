package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/git/faultdisk"
)

// TestFolderGoesUnderReceipt: git's upkeep removes the empty folders of loose
// objects, also between the making of one and the file in it.
func TestFolderGoesUnderReceipt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	if err := git.Init(dir, git.Config{}); err != nil {
		t.Fatal(err)
	}
	removed := 0
	disk := faultdisk.NewAsking(func(op faultdisk.Op, path string) error {
		if op == faultdisk.Open && strings.HasPrefix(filepath.Base(path), "tmp_obj_") && removed < 3 {
			removed++
			return os.Remove(filepath.Dir(path))
		}
		return nil
	})
	r := openOn(t, disk, dir)
	tip := mustBatch(t, r, "a.md")
	x := git.Receipt{Old: tip, Arrived: tip, Count: 1, At: time.Unix(1600000000, 0)}
	if err := r.AddReceipt(t.Context(), x, signature(), "Receipt: a test"); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Receipts(); err != nil || len(got) != 1 || removed != 3 {
		t.Errorf("%d receipts, %v, after %d folders were removed", len(got), err, removed)
	}
	if err := wholeAfterCrash(r); err != nil {
		t.Error(err)
	}
}

func gitIn(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_NAME=Plain Git", "GIT_AUTHOR_EMAIL=git@example.org", "GIT_COMMITTER_NAME=Plain Git", "GIT_COMMITTER_EMAIL=git@example.org")
	return cmd
}

func plainGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := gitIn(dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}
