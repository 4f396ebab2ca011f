//go:build unix

package repo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// pullAndDie is what the process does that is killed.
func pullAndDie(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	_, err = s.Pull(context.Background(), PullOptions{Git: GitProgram{Environ: os.Environ()}, Resolve: Theirs})
	return errors.Join(err, s.Close())
}

// A pull that is killed at any moment leaves a store that verifies, holds all that
// it held, and can be pulled into again.
func TestKilledPull(t *testing.T) {
	if dir := os.Getenv("STEMMA_TEST_PULL"); dir != "" {
		if err := pullAndDie(dir); err != nil {
			t.Fatal(err)
		}
		return
	}
	hub := newStore(t)
	for i := range 30 {
		say(t, hub, fmt.Sprint("k", i%7), fmt.Sprint("Begin ", i))
	}
	b := mustClone(t, hub, 300)
	ticking(hub, 600)
	for i := range 40 {
		say(t, hub, fmt.Sprint("k", i%7), fmt.Sprint("Hub ", i))
	}
	say(t, b, "k0", "Mine")
	say(t, b, "own", "Mine")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 9))
	done, tries := 0, 10
	if n, err := strconv.Atoi(os.Getenv("STEMMA_TEST_KILLS")); err == nil {
		tries = n // the long form
	}
	for try := range tries {
		dir := filepath.Join(t.TempDir(), fmt.Sprint("s", try))
		if err := copyStore(b.Dir(), dir); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run=^TestKilledPull$")
		cmd.Env = append(gitHere().Environ, "STEMMA_TEST_PULL="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(r.IntN(250)) * time.Millisecond)
		killed := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		err := cmd.Wait()
		if killed != nil || err == nil {
			done++
		}
		s, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		ticking(s, 3000)
		wantNumber(t, s, "own", 1)
		sound(t, s)
		got := mustPull(t, s, PullOptions{Resolve: Theirs})
		if !got.UpToDate && !got.Merged {
			t.Errorf("%+v", got)
		}
		if n, err := countVersions(s); err != nil || n < 72 || n > 73 {
			t.Errorf("%d versions, %v", n, err)
		}
		sound(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d pulls were done before they could be killed", done, tries)
}

func wantNumber(t *testing.T, s *Store, key string, n int) {
	t.Helper()
	if got := headlines(t, s, key); len(got) != n {
		t.Errorf("%s has %d versions, want %d", key, len(got), n)
	}
}
