package repo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/stemma-project/stemma/schema"
)

// ways are the two by which a store reaches others.
func ways(extra ...string) map[string]GitProgram {
	with := GitProgram{Environ: append(gitHere().Environ, extra...)}
	without := with
	without.Without = true
	return map[string]GitProgram{"git": with, "built in": without}
}

// serveHTTP serves the stores in a folder by git's own http-backend. Who doesn't
// come as ada with the password is turned away.
func serveHTTP(t *testing.T, root string) (host string) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	backend := &cgi.Handler{Path: git, Args: []string{"http-backend"}, Stderr: testLog{t}, Env: []string{
		"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=ada", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true", "GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*"}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != httpPassword {
			w.Header().Set("WWW-Authenticate", `Basic realm="stores"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://")
}

const httpPassword = "s3cret-t0ken"

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) { l.t.Logf("%s", b); return len(b), nil }

// serveSSH is an ssh server on this machine that runs what it is asked to, for whom
// comes with the key. It gives its port, and the command by which ssh comes with it.
func serveSSH(t *testing.T) (port int, command string) {
	t.Helper()
	dir := t.TempDir()
	newKey := func(name string) (ssh.Signer, ssh.PublicKey) {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		block, err := ssh.MarshalPrivateKey(private, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(private)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ssh.NewPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return signer, key
	}
	host, hostKey := newKey("host")
	_, userKey := newKey("user")
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if !bytes.Equal(key.Marshal(), userKey.Marshal()) {
			return nil, errors.New("not this key")
		}
		return nil, nil
	}}
	config.AddHostKey(host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go answerSSH(conn, config)
		}
	}()
	port = l.Addr().(*net.TCPAddr).Port
	known := filepath.Join(dir, "known_hosts")
	line := fmt.Sprintf("[127.0.0.1]:%d %s", port, ssh.MarshalAuthorizedKey(hostKey))
	if err := os.WriteFile(known, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Fatalf("these tests reach a server by the real ssh: %v", err)
	}
	return port, fmt.Sprintf("%s -F none -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=%s -i %s",
		program, known, filepath.Join(dir, "user"))
}

func answerSSH(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				var what struct{ Command string }
				if r.Type != "exec" || ssh.Unmarshal(r.Payload, &what) != nil {
					r.Reply(r.Type == "env", nil)
					continue
				}
				r.Reply(true, nil)
				go runSSH(channel, what.Command)
			}
		}()
	}
}

func runSSH(channel ssh.Channel, command string) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Env = append(gitHere().Environ, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		go func() {
			buf := make([]byte, 1<<15)
			for {
				n, err := channel.Read(buf)
				in.Write(buf[:n])
				if err != nil {
					in.Close()
					return
				}
			}
		}()
		err = cmd.Wait()
	}
	status := struct{ Code uint32 }{}
	if err != nil {
		status.Code = 1
	}
	channel.SendRequest("exit-status", false, ssh.Marshal(status))
	channel.Close()
}

// TestWires goes the whole way over each transport, by the git program and by what
// is built in: clone, push, pull, a push beside a remote that moved, and out of it.
func TestWires(t *testing.T) {
	port, sshCommand := serveSSH(t)
	stand := filepath.Join(t.TempDir(), "stand-in")
	if err := os.WriteFile(stand, []byte("#!/bin/sh\nshift\nexec sh -c \"$*\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		url     func(dir string) string
		environ string
	}{
		{"folder", func(dir string) string { return dir }, "X=1"},
		{"file URL", func(dir string) string { return "file://" + dir }, "X=1"},
		{"http", func(dir string) string {
			return "http://ada:" + httpPassword + "@" + serveHTTP(t, filepath.Dir(dir)) + "/" + filepath.Base(dir)
		}, "X=1"},
		{"ssh", func(dir string) string { return fmt.Sprintf("ssh://ada@127.0.0.1:%d%s", port, dir) }, "GIT_SSH_COMMAND=" + sshCommand},
		{"ssh stand-in", func(dir string) string { return "ada@host.invalid:" + dir }, "GIT_SSH_COMMAND=" + stand},
	} {
		for name, way := range ways(c.environ) {
			t.Run(c.name+" by "+name, func(t *testing.T) { wholeWay(t, c.url, way) })
		}
	}
}

func wholeWay(t *testing.T, url func(string) string, way GitProgram) {
	ctx := t.Context()
	hub := newStore(t)
	address := url(hub.Dir())
	clone := func(second int) *Store {
		t.Helper()
		s, _, err := Clone(ctx, address, filepath.Join(t.TempDir(), "clone"), PullOptions{Git: way})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		ticking(s, second)
		return s
	}
	a := clone(100) // of an empty store
	say(t, a, "x", "One dead")
	push := func(s *Store, commits int) {
		t.Helper()
		if p, err := s.Push(ctx, way, ""); err != nil || p.Commits != commits {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	pull := func(s *Store) *Arrival {
		t.Helper()
		got, err := s.Pull(ctx, PullOptions{Git: way, Author: schema.Person{Name: "Mel", Email: "mel@example.org"}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	push(a, 1)
	b := clone(300)
	wantHeadlines(t, b, "x", "One dead")
	say(t, a, "x", "Two dead")
	say(t, a, "new-a", "Made at A")
	push(a, 2)
	push(a, 0)
	say(t, b, "own", "Made at B")
	var behind *BehindError
	if _, err := b.Push(ctx, way, ""); !errors.As(err, &behind) || behind.Remote != DefaultRemote {
		t.Fatalf("a push beside a remote that moved: %v", err)
	}
	if got := pull(b); !got.Merged || got.Versions != 2 {
		t.Errorf("%+v", got)
	}
	push(b, 2)
	if got := pull(a); got.Versions != 1 || got.Merged {
		t.Errorf("%+v", got)
	}
	if got := pull(a); !got.UpToDate {
		t.Errorf("%+v", got)
	}
	if tipOf(t, a) != tipOf(t, b) || tipOf(t, a) != tipOf(t, hub) {
		t.Error("the three don't hold the same")
	}
	wantHeadlines(t, hub, "x", "One dead", "Two dead")
	whole(t, hub, a, b)
	list, err := a.Remotes()
	if err != nil || len(list) != 1 || strings.Contains(list[0].URL, httpPassword) {
		t.Errorf("%v, %v", list, err)
	}
}

// TestWireFaults shows that what goes wrong on the way is said with the host and a
// way out, never with a password, and leaves a store as it was.
func TestWireFaults(t *testing.T) {
	hub := newStore(t)
	say(t, hub, "x", "One dead")
	host := serveHTTP(t, filepath.Dir(hub.Dir()))
	port, sshCommand := serveSSH(t)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := free.Addr().String()
	free.Close()
	for _, c := range []struct{ name, url, host string }{
		{"wrong password", "http://ada:wr0ng-t0ken@" + host + "/" + filepath.Base(hub.Dir()), host},
		{"no password", "http://" + host + "/" + filepath.Base(hub.Dir()), host},
		{"no such store", "http://ada:" + httpPassword + "@" + host + "/none", host},
		{"nobody listens", "http://ada:" + httpPassword + "@" + dead + "/x", dead},
		{"no such store by ssh", fmt.Sprintf("ssh://ada@127.0.0.1:%d/nowhere", port), fmt.Sprint("127.0.0.1:", port)},
		{"no ssh server", "ssh://ada@" + dead + "/x", dead},
		{"no such folder", filepath.Join(t.TempDir(), "none"), "none"},
	} {
		for name, way := range ways("GIT_SSH_COMMAND="+sshCommand, "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=") {
			t.Run(c.name+" by "+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "clone")
				_, _, err := Clone(t.Context(), c.url, dir, PullOptions{Git: way})
				var fault *TransportError
				if !errors.As(err, &fault) {
					t.Fatalf("%v", err)
				}
				if !strings.Contains(err.Error(), c.host) || fault.Hint == "" {
					t.Errorf("the error names no host or no way out: %v (%q)", err, fault.Hint)
				}
				if text := err.Error() + fault.Hint; strings.Contains(text, "t0ken") || strings.Contains(text, "\n") {
					t.Errorf("the error says %q", text)
				}
				if _, err := os.Stat(dir); !os.IsNotExist(err) {
					t.Errorf("a clone that failed left %s: %v", dir, err)
				}
			})
		}
	}
	for name, way := range ways() {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := Clone(ctx, hub.Dir(), filepath.Join(t.TempDir(), "clone"), PullOptions{Git: way}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: an interrupted clone: %v", name, err)
		}
	}
}

// TestWithoutGitAnyway works where there is no git program at all.
func TestWithoutGitAnyway(t *testing.T) {
	hub := newStore(t)
	say(t, hub, "x", "One dead")
	path := os.Getenv("PATH")
	t.Setenv("PATH", t.TempDir())
	s, a, err := Clone(t.Context(), hub.Dir(), filepath.Join(t.TempDir(), "clone"), PullOptions{})
	if err != nil || a.Versions != 1 {
		t.Fatal(a, err)
	}
	defer s.Close()
	ticking(s, 100)
	say(t, s, "x", "Two dead")
	ticking(hub, 200)
	say(t, hub, "x", "Three dead")
	if _, err := s.Push(t.Context(), GitProgram{}, ""); err == nil {
		t.Error("a push over what the other store got")
	}
	var open *MergeConflictError
	if _, err := s.Pull(t.Context(), PullOptions{}); !errors.As(err, &open) {
		t.Fatal(err)
	}
	text, clean, err := open.Conflicts[0].Text(t.Context(), GitProgram{})
	if err != nil || clean || !strings.Contains(string(text), "<<<<<<< ours\nheadline: Two dead\n=======\nheadline: Three dead\n>>>>>>> theirs\n") {
		t.Errorf("%s\n%t, %v", text, clean, err)
	}
	if _, err := s.Pull(t.Context(), PullOptions{Resolve: Theirs}); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Push(t.Context(), GitProgram{}, ""); err != nil || p.Commits != 2 {
		t.Errorf("%+v, %v", p, err)
	}
	t.Setenv("PATH", path)
	whole(t, hub, s)
}

// TestPlainRemoteWithoutGit pushes to, and pulls from, a repository of plain git.
func TestPlainRemoteWithoutGit(t *testing.T) {
	way := ways()["built in"]
	work := filepath.Join(t.TempDir(), "work")
	if err := os.MkdirAll(work, 0o777); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		return git1(t, work, append([]string{"-c", "user.name=Bo", "-c", "user.email=bo@example.org"}, args...)...)
	}
	run("init", "-q", "-b", "master")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		run("add", "-A")
		run("commit", "-q", "-m", "Write "+name)
	}
	put("one.md", "---\nheadline: One\n---\n\nText.\n")
	put("two.md", "---\nheadline: Two\n---\n\nText.\n")
	run("gc", "-q")
	s, _, err := Clone(t.Context(), work, filepath.Join(t.TempDir(), "s"), PullOptions{Git: way})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put("one.md", "---\nheadline: One, and more\n---\n\nText.\n")
	say(t, s, "own", "Own")
	got, err := s.Pull(t.Context(), PullOptions{Git: way})
	if err != nil || !got.Merged {
		t.Fatal(got, err)
	}
	var fault *TransportError
	if _, err := s.Push(t.Context(), way, ""); !errors.As(err, &fault) || !strings.Contains(err.Error(), "checked out") {
		t.Errorf("a branch moved under somebody's files: %v", err)
	}
	run("checkout", "-q", "--detach")
	if _, err := s.Push(t.Context(), way, ""); err != nil {
		t.Fatal(err)
	}
	if out := run("log", "--format=%s", "-1", "master"); !strings.HasPrefix(out, "Merge: 1 commits from origin") {
		t.Error(out)
	}
	if out := run("fsck", "--strict"); strings.Contains(out, "error") || strings.Contains(out, "missing") {
		t.Error(out)
	}
	// A clone that was cut short is refused by name.
	shallow := filepath.Join(t.TempDir(), "shallow")
	git1(t, t.TempDir(), "clone", "-q", "--depth=1", "file://"+work, shallow)
	if _, _, err := Clone(t.Context(), shallow, filepath.Join(t.TempDir(), "s2"), PullOptions{Git: way}); err == nil || !strings.Contains(err.Error(), "shallow") {
		t.Errorf("%v", err)
	}
}
