package repo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// holdLock is a process that takes a store's lock, says so, and holds it until its
// standard input ends.
func holdLock(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	unlock, err := s.git.Lock(context.Background())
	if err != nil {
		return err
	}
	fmt.Println("held")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	unlock()
	return s.Close()
}

// holder starts a process and waits for it to say something.
func holder(t *testing.T, cmd *exec.Cmd, says string) io.WriteCloser {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if !strings.Contains(says, "\n") {
		waitFor(t, out, says)
		return in
	}
	if _, err := io.WriteString(in, says); err != nil {
		t.Fatal(err)
	}
	waitFor(t, out, "prepare: ok")
	return in
}

func waitFor(t *testing.T, out io.Reader, line string) {
	t.Helper()
	for in := bufio.NewScanner(out); in.Scan(); {
		if in.Text() == line {
			return
		}
	}
	t.Fatalf("the process did not say %q", line)
}

// TestStoreLockOfAnotherProcess: while a living process holds the store's lock,
// reading goes on, a record waits and gives up when its context does; when the
// process lets go, or is killed, the record goes through.
func TestStoreLockOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := emptyStore(t)
	s := reopen(t, dir)
	say(t, s, "known", "Before")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"lets go", "is killed"} {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), envRole+"=hold", envStore+"="+dir)
		in := holder(t, cmd, "held")
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		if _, err := recordOne(ctx, s, sceneDraft("known", "Too early")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a record beside a holder: %v", err)
		}
		cancel()
		if got := headlines(t, s, "known"); got[0] != "Before" {
			t.Errorf("reading beside a holder: %q", got)
		}
		done := make(chan error, 1)
		go func() {
			_, err := recordOne(context.Background(), s, sceneDraft("known", "After it "+end))
			done <- err
		}()
		select {
		case err := <-done:
			t.Fatalf("recorded past the lock: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		if end == "is killed" {
			err = cmd.Process.Kill()
		} else {
			err = in.Close()
		}
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	wantHeadlines(t, s, "known", "Before", "After it lets go", "After it is killed")
	sound(t, s)
}

// TestMainLockOfGit: git's own lock of main is waited for while git is alive, and
// never removed: a record that has waited long enough fails, and names the file.
func TestMainLockOfGit(t *testing.T) {
	t.Parallel()
	dir := emptyStore(t)
	s := reopen(t, dir)
	say(t, s, "known", "Before")
	lock := filepath.Join(s.Dir(), "refs", "heads", "main.lock")
	transaction := fmt.Sprintf("start\nverify refs/heads/main %s\nprepare\n", tipOf(t, s))
	take := func() (*exec.Cmd, io.WriteCloser) {
		cmd := exec.Command("git", "-C", dir, "update-ref", "--stdin")
		return cmd, holder(t, cmd, transaction)
	}
	record := func(headline string) chan error {
		done := make(chan error, 1)
		go func() {
			_, err := recordOne(context.Background(), s, sceneDraft("known", headline))
			done <- err
		}()
		return done
	}
	cmd, in := take()
	done := record("When git has ended")
	select {
	case err := <-done:
		t.Fatalf("recorded past git's lock: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := io.WriteString(in, "abort\n"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(in.Close(), cmd.Wait(), <-done); err != nil {
		t.Fatal(err)
	}

	transaction = fmt.Sprintf("start\nverify refs/heads/main %s\nprepare\n", tipOf(t, s))
	for _, alive := range []bool{true, false} {
		cmd, _ := take()
		if !alive {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
		}
		err := <-record("Never")
		if !errors.Is(err, git.ErrLocked) || !strings.Contains(err.Error(), lock) {
			t.Errorf("a record beside git's lock, git alive %v: %v", alive, err)
		}
		if _, err := os.Stat(lock); err != nil {
			t.Errorf("git's lock, git alive %v: %v", alive, err)
		}
		if alive {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		// Git locks HEAD beside the branch that it names; that lock is in nobody's way.
		if err := errors.Join(os.Remove(lock), os.Remove(filepath.Join(s.Dir(), "HEAD.lock"))); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-record("When the lock was removed"); err != nil {
		t.Fatal(err)
	}
	wantHeadlines(t, s, "known", "Before", "When git has ended", "When the lock was removed")
	if err := noRests(dir); err != nil {
		t.Error(err)
	}
	sound(t, s)
}

// TestLeftovers puts into a store what writers of all sorts may leave that died,
// and worse: the next record clears it away, and harms nothing.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir := emptyStore(t)
	s := reopen(t, dir)
	for i := range 3 {
		say(t, s, "known", fmt.Sprint("Version ", i))
	}
	tmp := filepath.Join(dir, "stemma", "tmp")
	tip := tipOf(t, s).String() + "\n"
	if err := os.MkdirAll(filepath.Join(tmp, "folder", "deeper"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"ref-0001": tip, "ref-0002": strings.Repeat("1", 40) + "\n", "ref-0003": "", "ref-0004": "no commit\n", "ref-0005": strings.Repeat("\x00", 41),
		"0001.pack": "PACK", "0001.idx": "", "merge-0001": "", "merge-0001.pack": strings.Repeat("x", 5000), "folder/deeper/file": "x", "something else": "y",
	} {
		if err := os.WriteFile(filepath.Join(tmp, filepath.FromSlash(name)), []byte(text), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	packs := filepath.Join(dir, "objects", "pack")
	for name, from := range map[string]string{
		"pack-" + strings.Repeat("a", 40) + ".idx": "0001.idx", "pack-" + strings.Repeat("b", 40) + ".keep": "ref-0002",
	} {
		if err := os.Link(filepath.Join(tmp, from), filepath.Join(packs, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(tmp, "ref-0001"), filepath.Join(dir, "refs", "heads", "main.lock")); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(packs, "pack-"+strings.Repeat("c", 40)+".keep")
	if err := os.WriteFile(kept, []byte("fetch-pack 123 on elsewhere\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	say(t, s, "known", "Version 3")
	if err := os.Remove(kept); err != nil {
		t.Errorf("git's own mark: %v", err)
	}
	if err := noRests(dir); err != nil {
		t.Error(err)
	}
	rows, err := os.ReadDir(tmp)
	if err != nil || len(rows) > 0 {
		t.Errorf("left in %s: %v, %v", tmp, rows, err)
	}
	wantHeadlines(t, s, "known", "Version 0", "Version 1", "Version 2", "Version 3")
	sound(t, s)
}
