package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// gitRun runs the real git and gives what it says on both streams.
func gitRun(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Env = append(append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func servedBy(program repo.GitProgram) func(*web.Options) {
	return func(opt *web.Options) { opt.Git = program }
}

func mustGit(t *testing.T, args ...string) string {
	t.Helper()
	out, err := gitRun(t, nil, args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// Whoever has git clones the store from its server, and fetches what comes later:
// with the git program beside the server and without.
func TestGitClone(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]repo.GitProgram{"git": {Environ: os.Environ()}, "built in": {Without: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, servedBy(program))
			dir := filepath.Join(t.TempDir(), "clone")
			mustGit(t, "clone", "-q", s.url+"/git", dir)
			mustGit(t, "-C", dir, "fsck", "--strict", "--full")
			want := mustGit(t, "--git-dir", s.store.Dir(), "rev-parse", "main")
			if got := mustGit(t, "-C", dir, "rev-parse", "origin/main"); got != want {
				t.Errorf("the clone is at %s, not at %s", got, want)
			}
			if n := mustGit(t, "-C", dir, "rev-list", "--count", "HEAD"); n != "3\n" {
				t.Errorf("%s commits, not 3", n)
			}
			s.record("storm", "Ten die in storm", "The storm is over.\n", time.Date(2020, 5, 1, 18, 0, 0, 0, time.UTC))
			mustGit(t, "-C", dir, "pull", "-q")
			mustGit(t, "-C", dir, "fsck", "--strict", "--full")
			if said := mustGit(t, "-C", dir, "grep", "-h", "headline: Ten", "HEAD"); !strings.Contains(said, "Ten die in storm") {
				t.Errorf("after the fetch: %s", said)
			}
			mustGit(t, "-C", dir, "fetch", "-q") // nothing new
			// What is the store's own, and what it saw elsewhere, is shown to nobody.
			mustGit(t, "--git-dir", s.store.Dir(), "update-ref", "refs/stemma/receipts", "main")
			mustGit(t, "--git-dir", s.store.Dir(), "update-ref", "refs/remotes/origin/main", "main")
			for _, version := range []string{"0", "1", "2"} {
				out := mustGit(t, "-c", "protocol.version="+version, "ls-remote", s.url+"/git")
				if !strings.Contains(out, "\tHEAD\n") || !strings.Contains(out, "\trefs/heads/main\n") || strings.Contains(out, "refs/stemma") || strings.Contains(out, "refs/remotes") {
					t.Errorf("protocol %s: %s", version, out)
				}
			}
			if out, err := gitRun(t, nil, "-C", dir, "push", s.url+"/git", "HEAD:main"); err == nil || !strings.Contains(out, "403") {
				t.Errorf("a push: %v %s", err, out)
			}
		})
	}
}

// With the git program beside the server, the second protocol and shallow clones work.
func TestGitProgramServes(t *testing.T) {
	t.Parallel()
	s := newSite(t, servedBy(repo.GitProgram{Environ: os.Environ()}))
	out, err := gitRun(t, []string{"GIT_TRACE_PACKET=1"}, "-c", "protocol.version=2", "ls-remote", s.url+"/git")
	if err != nil || !strings.Contains(out, "< version 2") || !strings.Contains(out, "command=ls-refs") {
		t.Errorf("protocol 2: %v %s", err, out)
	}
	dir := filepath.Join(t.TempDir(), "shallow")
	mustGit(t, "clone", "-q", "--depth=1", s.url+"/git", dir)
	if n := mustGit(t, "-C", dir, "rev-list", "--count", "HEAD"); n != "1\n" {
		t.Errorf("%s commits in a shallow clone", n)
	}
	mustGit(t, "-C", dir, "fetch", "-q", "--unshallow")
	if n := mustGit(t, "-C", dir, "rev-list", "--count", "HEAD"); n != "3\n" {
		t.Errorf("%s commits after it got the rest", n)
	}
	mustGit(t, "-C", dir, "fsck", "--strict", "--full")
}

// Where reading is closed, git sends a token as a password.
func TestGitCloneClosed(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Closed, o.Git = true, repo.GitProgram{Environ: os.Environ()} })
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "bo@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := gitRun(t, nil, "clone", "-q", s.url+"/git", filepath.Join(t.TempDir(), "none")); err == nil {
		t.Errorf("whoever comes may clone: %s", out)
	}
	mustGit(t, "clone", "-q", strings.Replace(s.url, "://", "://bo:"+token+"@", 1)+"/git", filepath.Join(t.TempDir(), "clone"))
	for _, path := range []string{"/api/v1/articles", "/api.php?action=query&list=allpages&format=json", "/git/info/refs?service=git-upload-pack"} {
		if answer, body := s.get(path); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, answer.StatusCode, body)
		}
	}
}

// An empty store is cloned too.
func TestGitCloneEmpty(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]repo.GitProgram{"git": {Environ: os.Environ()}, "built in": {Without: true}} {
		s := emptySite(t, servedBy(program))
		mustGit(t, "clone", "-q", s.url+"/git", filepath.Join(t.TempDir(), "clone"))
		if t.Failed() {
			t.Error(name)
		}
	}
}

// What is no request of git's is answered with a status, and the server goes on.
func TestGitWrongRequests(t *testing.T) {
	t.Parallel()
	const kind = "application/x-git-upload-pack-request"
	for name, program := range map[string]repo.GitProgram{"git": {Environ: os.Environ()}, "built in": {Without: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, servedBy(program))
			for _, c := range []struct {
				name, method, path, kind, encoding, body string
				status                                   int
			}{
				{"no service", "GET", "/git/info/refs", "", "", "", 403},
				{"push", "GET", "/git/info/refs?service=git-receive-pack", "", "", "", 403},
				{"push", "POST", "/git/git-receive-pack", "application/x-git-receive-pack-request", "", "0000", 403},
				{"another kind", "POST", "/git/git-upload-pack", "text/plain", "", "0000", 415},
				{"another packing", "POST", "/git/git-upload-pack", kind, "br", "0000", 415},
				{"no gzip", "POST", "/git/git-upload-pack", kind, "gzip", "0000", 400},
				{"no file of it", "GET", "/git/HEAD", "", "", "", 404},
				{"other method", "PUT", "/git/git-upload-pack", kind, "", "", 405},
				{"for people", "GET", "/git", "", "", "", 200},
			} {
				if got := s.do(c.method, c.path, c.body, "Content-Type", c.kind, "Content-Encoding", c.encoding); got.StatusCode != c.status {
					t.Errorf("%s: %d, not %d", c.name, got.StatusCode, c.status)
				}
			}
			// Too long is what is so once it is unpacked, whatever a part of it comes to.
			tip := strings.TrimSpace(mustGit(t, "--git-dir", s.store.Dir(), "rev-parse", "main"))
			bomb := zipped(t, "0032want "+tip+"\n", 250_000)
			for body, want := range map[string]int{bomb: 413, bomb[:len(bomb)/2]: 400, zipped(t, "0032want "+tip+"\n", 200_000) + "junk": 400} {
				for _, version := range []string{"", "version=2"} {
					if got := s.do("POST", "/git/git-upload-pack", body, "Content-Type", kind, "Content-Encoding", "gzip", "Git-Protocol", version); got.StatusCode != want && (version == "" || got.StatusCode != 400) {
						t.Errorf("%d bytes of gzip, %s: %d, want %d", len(body), version, got.StatusCode, want)
					}
				}
			}
			if answer, _ := s.get("/healthz"); answer.StatusCode != http.StatusOK {
				t.Errorf("afterwards: %d", answer.StatusCode)
			}
		})
	}
}

// zipped packs a text that is said n times.
func zipped(t *testing.T, text string, n int) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, strings.Repeat(text, n))
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// do sends a request and gives the answer, whose body was read.
func (s *site) do(method, path, body string, header ...string) *http.Response {
	s.t.Helper()
	answer, _ := s.send(method, path, body, header...)
	return answer
}

// send sends a request and gives the answer with its body. Headers without a value
// are left out.
func (s *site) send(method, path, body string, header ...string) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(b)
}

// Who begins a request and doesn't end it takes no clone's room.
func TestGitUploadsNotHeldBySlowClients(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	address := strings.TrimPrefix(s.url, "http://")
	for range 2*runtime.GOMAXPROCS(0) + 2 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "POST /git/git-upload-pack HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-git-upload-pack-request\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n00"); err != nil {
			t.Fatal(err)
		}
		// The server says to go on when it begins to read.
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
			t.Fatalf("%q %v", line, err)
		}
	}
	if answer, body := s.get("/git/info/refs?service=git-upload-pack"); answer.StatusCode != http.StatusOK {
		t.Errorf("beside them a clone gets %d %s", answer.StatusCode, body)
	}
}

// slowClient takes bytes at a rate, by its own clock, until the server's patience ends.
type slowClient struct {
	http.ResponseWriter
	perSecond       int
	clock, deadline time.Time
}

func (c *slowClient) SetWriteDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *slowClient) Write(b []byte) (int, error) {
	c.clock = c.clock.Add(time.Duration(len(b)) * time.Second / time.Duration(c.perSecond))
	if c.clock.After(c.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	return len(b), nil
}

// Who takes a clone a little at a time, always in time for the next, holds the room for
// clones no longer than its size allows; who takes it at a fair rate gets all of it, also
// where the server itself was slow.
func TestDrippingClonesEnd(t *testing.T) {
	t.Parallel()
	const size, piece = 64 << 20, 32 << 10
	for perSecond, whole := range map[int]bool{1 << 10: false, 16 << 10: false, 30 << 10: false, 32 << 10: true, 1 << 20: true} {
		c := &slowClient{ResponseWriter: httptest.NewRecorder(), perSecond: perSecond, clock: time.Unix(0, 0)}
		out := web.GitStream(c, func() time.Time { return c.clock })
		sent := 0
		var err error
		for sent < size && err == nil {
			c.clock = c.clock.Add(time.Second) // in which the server makes the next piece
			if _, err = out.Write(make([]byte, piece)); err == nil {
				sent += piece
			}
		}
		waited := c.clock.Sub(time.Unix(0, 0)) - time.Duration(sent/piece+1)*time.Second
		if whole != (err == nil) || !whole && waited > 3*time.Minute+time.Duration(sent>>15)*time.Second {
			t.Errorf("at %d bytes a second: %d of %d bytes, %v after waiting %v", perSecond, sent, size, err, waited)
		}
	}
}
