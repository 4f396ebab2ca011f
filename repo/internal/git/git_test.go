package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gitCmd prepares a run of the real git, whose answers are the measure here.
// Settings of the machine's user are kept out.
func gitCmd(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatalf("these tests compare with the real git: %v", err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull,
		"GIT_AUTHOR_NAME=Plain Git", "GIT_AUTHOR_EMAIL=git@example.org",
		"GIT_COMMITTER_NAME=Plain Git", "GIT_COMMITTER_EMAIL=git@example.org", "LC_ALL=C")
	return cmd
}

func runGit(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := gitCmd(t, dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

// fsck fails the test unless git finds the repository without fault.
func fsck(t testing.TB, dir string) {
	t.Helper()
	out, err := gitCmd(t, dir, "fsck", "--strict", "--full", "--no-progress", "--no-dangling").CombinedOutput()
	if err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Fatalf("git fsck --strict: %v\n%s", err, out)
	}
}

func newStore(t testing.TB) *Repo {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := Init(dir, Config{}); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

func open(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func someone(unix int64) Signature {
	return Signature{"Ada Editor", "ada@example.org", time.Unix(unix, 0).UTC()}
}

// record makes one commit durable that sets the files given; an empty content
// removes the file. It begins again when main moves.
func record(r *Repo, files map[string]string, message string) (Hash, error) {
	for {
		h, err := tryRecord(r, files, message)
		if err == nil || !errors.Is(err, ErrMoved) {
			return h, err
		}
	}
}

func tryRecord(r *Repo, files map[string]string, message string) (Hash, error) {
	unlock, err := r.Lock(context.Background())
	if err != nil {
		return Hash{}, err
	}
	defer unlock()
	tip, err := r.Tip()
	if err != nil {
		return Hash{}, err
	}
	b, err := r.Begin(tip)
	if err != nil {
		return Hash{}, err
	}
	changes := map[string]Hash{}
	for path, content := range files {
		changes[path] = Hash{}
		if content != "" {
			changes[path] = b.Blob([]byte(content))
		}
	}
	h, err := b.Commit(changes, someone(1500000000), someone(1600000000), message)
	if err != nil {
		return Hash{}, err
	}
	return h, b.Publish()
}

func mustRecord(t testing.TB, r *Repo, files map[string]string) Hash {
	t.Helper()
	h, err := record(r, files, fmt.Sprintf("Create: %d files", len(files)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// readFile returns a file of main's tip.
func readFile(r *Repo, path string) (string, error) {
	tip, err := r.Tip()
	if err != nil {
		return "", err
	}
	c, err := r.Commit(tip)
	if err != nil {
		return "", err
	}
	blob, err := r.Find(c.Tree, path)
	if err != nil {
		return "", err
	}
	data, err := r.Blob(blob)
	return string(data), err
}

func TestRecordAndRead(t *testing.T) {
	r := newStore(t)
	if tip, err := r.Tip(); err != nil || !tip.IsZero() {
		t.Fatalf("tip of a new store: %v, %v", tip, err)
	}
	first := mustRecord(t, r, map[string]string{"a/b/c/abc1.md": "one\n", "x/y/z/xyz1.md": "two\n"})
	second := mustRecord(t, r, map[string]string{"a/b/c/abc1.md": "one, changed\n", "a/b/d/abd1.md": "three\n"})
	third := mustRecord(t, r, map[string]string{"x/y/z/xyz1.md": ""})
	fsck(t, r.Dir())

	want := []Hash{first, second, third}
	log, err := r.Log(third, Hash{})
	if err != nil || fmt.Sprint(log) != fmt.Sprint(want) {
		t.Errorf("Log = %v, %v, want %v", log, err, want)
	}
	if got := runGit(t, r.Dir(), "log", "--reverse", "--format=%H", "main"); got != fmt.Sprintf("%v\n%v\n%v", first, second, third) {
		t.Errorf("git log = %s", got)
	}
	if got := runGit(t, r.Dir(), "ls-tree", "-r", "--name-only", "main"); got != "a/b/c/abc1.md\na/b/d/abd1.md" {
		t.Errorf("git ls-tree = %q", got)
	}
	if got, err := readFile(r, "a/b/c/abc1.md"); err != nil || got != "one, changed\n" {
		t.Errorf("read %q, %v", got, err)
	}
	if got := runGit(t, r.Dir(), "log", "-1", "--format=%an|%ae|%at|%cn|%ct|%s", "main"); got != "Ada Editor|ada@example.org|1500000000|Ada Editor|1600000000|Create: 1 files" {
		t.Errorf("git shows %q", got)
	}
}
