package web_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// oddRequests are what clients of git, and others, may say; TIP is the tip of main.
func oddRequests() []string {
	const none = "0123456789012345678901234567890123456789"
	list := []string{
		"", "0", "zzzz", "0000", "0001", "0002", "0003", "0004", "fff", "fff0", "fff5", "-001", "0x10", " 005", "\x00\x00\x00\x00", "00000000",
		"0032want " + none + "\n0000", "0032want " + none + "\n00000009done\n", "0009done\n", "0032want TIP\n00000009done\n", "0032want TIP\n0000", "0031want TIP00000009done\n", "0032want TIP\n0032want TIP\n00000009done\n",
		"003awant TIP foobar\n00000009done\n", "0048want TIP side-band-64k ofs-delta\n00000009done\n", "0032have TIP\n0000", "0032want TIP\n00000032have TIP\n0009done\n", "0032want TIP\n00000032have " + none + "\n0000", "0032want TIP\n00000032have zzz\n0000",
		"000ewant zzz\n0000", "0032WANT TIP\n0000", "0036want TIP\x00x\r\n0000", "0032want TIP\n000ddeepen 1\n0000", "0032want TIP\n000ddeepen x\n0000", "0032want TIP\n000edeepen -1\n0000", "0032want TIP\n0035shallow TIP\n0000", "0032want TIP\n0015deepen-since x\n0000",
		"0032want TIP\n0016filter blob:none\n0000", "0032want TIP\n000efilter x\n0000", "0014command=ls-refs\n0000", "0014command=nothing\n0000", "0014command=ls-refs\n0014command=ls-refs\n0000", "0012command=fetch\n0000",
		"0012command=fetch\n00010032want TIP\n0009done\n0000", "0012command=fetch\n00010008foo\n0000", "0008foo\n0000", "0012command=fetch\n00010032want " + none + "\n0009done\n0000", "0012command=fetch\n0001000ewant zzz\n0000", "0012command=fetch",
		"0012command=fetch\n00010032want TIP\n000ddeepen 1\n0009done\n0000", "0012command=fetch\n00010032want TIP\n000ddeepen x\n0009done\n0000", "0012command=fetch\n00010032want TIP\n0015filter blob:none0009done\n0000", "0018object-format=sha256\n0000", "0018command=object-info\n0000",
		"0014command=ls-refs\n0001001bref-prefix refs/stemma\n0000", "0014command=ls-refs\n00010008foo\n0000", "0012command=fetch\n0001001cwant-ref refs/heads/main\n0000", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("0000", 5000), strings.Repeat("0004", 5000),
		strings.Repeat("0032want TIP\n", 5000) + "00000009done\n", "0032want TIP\n0000" + strings.Repeat("0032have "+none+"\n", 5000) + "0009done\n",
	}
	// Real requests with a byte changed, taken away or put in.
	random := rand.New(rand.NewPCG(3, 5))
	for _, good := range []string{"0032want TIP\n00000009done\n", "0032want TIP\n00000032have TIP\n0009done\n", "0014command=ls-refs\n00010009peel\n000csymrefs\n0000", "0012command=fetch\n00010032want TIP\n0009done\n0000"} {
		for range 12 {
			b := []byte(good)
			at := random.IntN(len(b))
			switch random.IntN(3) {
			case 0:
				b[at] = "0159afzTIPw\n \x00\xff"[random.IntN(15)]
			case 1:
				b = append(b[:at], b[at+1:]...)
			default:
				b = append(b[:at], append([]byte("0"), b[at:]...)...)
			}
			list = append(list, string(b))
		}
	}
	return list
}

// A request is answered as git itself answers it; what makes git give up is the
// client's fault and told so, in git's own words. What is built in understands less, and
// never takes that for a fault of its own.
func TestGitOddRequests(t *testing.T) {
	t.Parallel()
	const kind = "application/x-git-upload-pack-request"
	limits := web.Limits{Searches: -1}
	s := newSite(t, servedBy(repo.GitProgram{Environ: os.Environ()}), func(o *web.Options) { o.Limits = limits })
	within, err := web.New(web.Options{Store: s.store, Git: repo.GitProgram{Without: true}, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	tip := strings.TrimSpace(mustGit(t, "--git-dir", s.store.Dir(), "rev-parse", "main"))
	statuses := map[int]int{}
	for i, body := range oddRequests() {
		body = strings.ReplaceAll(body, "TIP", tip)
		for _, version := range []string{"", "version=2", "version=1", "version=9"}[:2+i%9/4] {
			cmd := exec.Command("git", "upload-pack", "--strict", "--stateless-rpc", s.store.Dir())
			cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "GIT_PROTOCOL="+version)
			cmd.Stdin = strings.NewReader(body)
			want, ends := cmd.Output()
			status := http.StatusOK
			if ends != nil && len(want) == 0 {
				status = http.StatusBadRequest
			}
			statuses[status]++
			answer, got := s.send("POST", "/git/git-upload-pack", body, "Content-Type", kind, "Git-Protocol", version)
			same := got == string(want) || strings.Contains(got, "PACK") && bytes.Contains(want, []byte("PACK"))
			if answer.StatusCode != status || status == http.StatusOK && (!same || answer.Header.Get("Content-Type") != "application/x-git-upload-pack-result") {
				t.Errorf("%.200q, %s: %d %s %.200q, and git: %v %.200q", body, version, answer.StatusCode, answer.Header.Get("Content-Type"), got, ends, want)
			}
			if status != http.StatusOK && (len(got) < 12 || strings.Contains(got, "went wrong") || strings.Contains(got, s.store.Dir())) {
				t.Errorf("%.200q, %s: is refused because %q", body, version, got)
			}
			r, err := http.NewRequest("POST", "/git/git-upload-pack", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Git-Protocol", version)
			w := httptest.NewRecorder()
			if within.ServeHTTP(w, r); w.Code != http.StatusOK && w.Code != http.StatusBadRequest || w.Code == http.StatusOK && version != "version=2" && bytes.Contains(want, []byte("PACK")) != strings.Contains(w.Body.String(), "PACK") {
				t.Errorf("%.200q, %s, built in: %d %.200q", body, version, w.Code, w.Body)
			}
		}
	}
	if statuses[200] < 40 || statuses[400] < 100 {
		t.Errorf("statuses of git's own answers: %v", statuses)
	}
	t.Logf("git's own answers: %v", statuses)
}

// What is wrong with the store is no fault of the client's, and it is told nothing of
// where that lies.
func TestGitBrokenStore(t *testing.T) {
	t.Parallel()
	s := newSite(t, servedBy(repo.GitProgram{Environ: os.Environ()}))
	refused := func(what string) {
		t.Helper()
		for _, body := range []string{"zzzz", "0000", ""} {
			answer, page := s.send("POST", "/git/git-upload-pack", body, "Content-Type", "application/x-git-upload-pack-request")
			if answer.StatusCode != http.StatusInternalServerError || page != "something went wrong here\n" {
				t.Errorf("%s, %q: %d %s", what, body, answer.StatusCode, page)
			}
		}
	}
	config := filepath.Join(s.store.Dir(), "config")
	good, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"of a later version": "[core]\n\trepositoryformatversion = 99\n\tbare = true\n", "unreadable": "[core"} {
		if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		refused(what)
	}
	err = os.WriteFile(config, good, 0o666)
	if err == nil {
		err = os.Rename(filepath.Join(s.store.Dir(), "HEAD"), filepath.Join(s.store.Dir(), "HEAD.away"))
	}
	if err != nil {
		t.Fatal(err)
	}
	refused("without HEAD")
}

// Whatever way of cloning a client takes, it gets what is there, and what comes later.
func TestGitWaysToClone(t *testing.T) {
	t.Parallel()
	s := newSite(t, servedBy(repo.GitProgram{Environ: os.Environ()}))
	ways := map[string][]string{
		"oldest protocol": {"-c", "protocol.version=0", "clone", "-q"}, "first protocol": {"-c", "protocol.version=1", "clone", "-q"}, "second protocol": {"-c", "protocol.version=2", "clone", "-q"},
		"shallow": {"clone", "-q", "--depth=1"}, "shallow by time": {"clone", "-q", "--shallow-since=2000-01-01"}, "one branch": {"clone", "-q", "--single-branch", "--no-tags"},
		"shallow, oldest protocol": {"-c", "protocol.version=0", "clone", "-q", "--depth=2"}, "without blobs": {"clone", "-q", "--filter=blob:none"}, "bare": {"clone", "-q", "--mirror"},
		"packed requests": {"-c", "http.postBuffer=65600", "clone", "-q"},
	}
	dirs := map[string]string{}
	for name, args := range ways {
		dirs[name] = filepath.Join(t.TempDir(), "clone")
		mustGit(t, append(args, s.url+"/git", dirs[name])...)
	}
	for i := range 30 { // more than a fetch names at once
		s.record("storm", "Ten die in storm", strings.Repeat("It rained. ", i+1)+"\n", time.Date(2020, 5, 2, 0, i, 0, 0, time.UTC))
	}
	want := mustGit(t, "--git-dir", s.store.Dir(), "rev-parse", "main")
	for name, dir := range dirs {
		mustGit(t, "-C", dir, "fetch", "-q", "origin", "main")
		if got := mustGit(t, "-C", dir, "rev-parse", "FETCH_HEAD"); got != want {
			t.Errorf("%s: fetched %s, not %s", name, got, want)
		}
		mustGit(t, "-C", dir, "fsck", "--strict")
		if n := mustGit(t, "-C", dir, "rev-list", "--count", "FETCH_HEAD"); n != "33\n" && !strings.HasPrefix(name, "shallow") {
			t.Errorf("%s: %s commits", name, n)
		}
	}
}
