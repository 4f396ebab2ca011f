package git

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSending compares what is sent with what git finds to be new, over real
// histories: from nothing, from a commit on the way, with a merge.
func TestSending(t *testing.T) {
	r := realStore(t)
	line := strings.Fields(runGit(t, r.Dir(), "rev-list", "--reverse", "main"))
	side := runGit(t, r.Dir(), "commit-tree", "-p", line[5], "-m", "Beside", line[5]+"^{tree}")
	merge := runGit(t, r.Dir(), "commit-tree", "-p", "main", "-p", side, "-m", "Both", "main^{tree}")
	for _, c := range [][2]string{{line[len(line)-1], ""}, {line[20], line[10]}, {merge, line[len(line)-3]}, {merge, ""}, {side, line[5]}} {
		var until Hash
		args := []string{"rev-list", "--objects", c[0]}
		if c[1] != "" {
			until = mustHash(t, c[1])
			args = append(args, "^"+c[1])
		}
		list, err := r.newObjects(mustHash(t, c[0]), until)
		if err != nil {
			t.Fatal(err)
		}
		sent := map[string]bool{}
		for _, n := range list {
			if sent[n.hash.String()] {
				t.Errorf("%s is sent twice", n.hash)
			}
			sent[n.hash.String()] = true
		}
		for row := range strings.Lines(runGit(t, r.Dir(), args...)) {
			if h, _, _ := strings.Cut(strings.TrimSpace(row), " "); !sent[h] {
				t.Errorf("%s..%s lacks %s", c[1], c[0], h)
			}
		}
		if err := r.complete(mustHash(t, c[0]), until); err != nil {
			t.Error(err)
		}
	}
	if err := r.complete(Hash{1}, Hash{}); err == nil {
		t.Error("what isn't there is complete")
	}
}

func mustHash(t *testing.T, s string) Hash {
	t.Helper()
	h, err := ParseHash(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPushSteps(t *testing.T) {
	r := realStore(t)
	var line []Hash
	for _, s := range strings.Fields(runGit(t, r.Dir(), "rev-list", "--reverse", "main")) {
		line = append(line, mustHash(t, s))
	}
	tip := line[len(line)-1]
	for part := 1; part < len(line)+2; part++ {
		steps, err := r.pushSteps(line[3], tip, part)
		if err != nil || steps[len(steps)-1] != tip {
			t.Fatal(steps, err)
		}
		before := 3
		for _, s := range steps {
			at := slices.Index(line, s)
			if at <= before || at-before > part {
				t.Errorf("part %d: from %d to %d", part, before, at)
			}
			before = at
		}
	}
}

// TestGitProtocol goes to a daemon of git's by git's own protocol.
func TestGitProtocol(t *testing.T) {
	hub := realStore(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	root := filepath.Dir(hub.Dir())
	daemon := gitCmd(t, root, "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1",
		fmt.Sprint("--port=", addr.Port), "--base-path="+root)
	daemon.Env = append(daemon.Env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // git, asked to stop, stops its daemon
		if daemon.Process.Signal(os.Interrupt) != nil {
			daemon.Process.Kill()
		}
		daemon.Wait()
	})
	for range 200 {
		c, err := net.Dial("tcp", addr.String())
		if err == nil {
			c.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	url := fmt.Sprintf("git://%s/%s", addr, filepath.Base(hub.Dir()))
	heads, head, err := Wire{}.Heads(t.Context(), url)
	if err != nil || head != mainRef {
		t.Fatal(heads, head, err)
	}
	r := newStore(t)
	if err := r.FetchFrom(t.Context(), Wire{}, url, heads[mainRef]); err != nil {
		t.Fatal(err)
	}
	next := mustHash(t, runGit(t, r.Dir(), "commit-tree", "-p", heads[mainRef].String(), "-m", "Next", heads[mainRef].String()+"^{tree}"))
	if err := r.PushTo(t.Context(), Wire{}, url, mainRef, heads[mainRef], next); err != nil {
		t.Fatal(err)
	}
	if now, err := hub.Tip(); err != nil || now != next {
		t.Errorf("main is %s, %v", now, err)
	}
	if err := r.PushTo(t.Context(), Wire{}, url, mainRef, heads[mainRef], next); !errors.Is(err, ErrRemoteMoved) {
		t.Errorf("%v, want ErrRemoteMoved", err)
	}
	fsck(t, hub.Dir())
}

func TestWithoutCredentials(t *testing.T) {
	for in, want := range map[string]string{
		"unable to access 'https://ada:s3cret@example.org/x'": "unable to access 'https://example.org/x'",
		"https://t0ken@example.org":                           "https://example.org",
		"HTTPS://a:b@c@example.org/x":                         "HTTPS://example.org/x",
		"ssh://git@example.org/a and ssh://git:pw@b/c":        "ssh://git@example.org/a and ssh://git@b/c",
		"git@example.org:a":                                   "git@example.org:a",
		"https://example.org/a@b":                             "https://example.org/a@b",
	} {
		if got := WithoutCredentials(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
