package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// hurried is the name under which this binary is [serveHurried].
const hurried = "stemma-hurried"

// serveHurried is "stemma serve" on a free port for the store that its argument names,
// with less patience for connections that are idle, so that a test sees them end.
func serveHurried() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{world: world{out: os.Stdout, err: os.Stderr, environ: os.Environ(), getenv: os.Getenv}, out: newOutput(os.Stdout)}
	opt, err := a.configured(serveOptions{}, func(string) bool { return false })
	if err == nil {
		opt.listen, opt.patience.idle = "127.0.0.1:0", 2*time.Second
		var s *repo.Store
		if s, err = repo.Open(os.Args[1]); err == nil {
			err = errors.Join(a.serve(ctx, s, opt), s.Close())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What a server is started with has a limit for each way to be slow, and lets a minute
// of nothing pass at most.
func TestServePatience(t *testing.T) {
	t.Parallel()
	w, _, _ := testWorld(t)
	opt, err := (&app{world: w}).configured(serveOptions{}, func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(http.NotFoundHandler(), nil, slog.New(slog.DiscardHandler), opt.patience)
	for what, c := range map[string]struct{ got, most time.Duration }{
		"a header": {s.ReadHeaderTimeout, 10 * time.Second}, "a request": {s.ReadTimeout, time.Minute}, "an answer": {s.WriteTimeout, 2 * time.Minute},
		"the next request": {s.IdleTimeout, 2 * time.Minute}, "the end": {opt.patience.stop, 10 * time.Second},
	} {
		if c.got <= 0 || c.got > c.most {
			t.Errorf("for %s it waits %v", what, c.got)
		}
	}
	if s.MaxHeaderBytes <= 0 || s.MaxHeaderBytes > 64<<10 {
		t.Errorf("a header has at most %d bytes", s.MaxHeaderBytes)
	}
}

// drip says begin at once, then a byte each step, until the server ends the connection,
// and gives what it answered. It gives up where it is listened to for most bytes.
func drip(address, begin string, step time.Duration, most int) (answer string, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	ended := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(c) // ends with the connection, however that does
		ended <- string(b)
	}()
	if _, err := io.WriteString(c, begin); err != nil {
		return "", err
	}
	tick := time.NewTicker(step)
	defer tick.Stop()
	for range most {
		select {
		case answer := <-ended:
			return answer, nil
		case <-tick.C:
			_, _ = io.WriteString(c, "x") // fails where it was ended: that is told by the other side
		}
	}
	return "", fmt.Errorf("%d bytes, one every %v, were all listened to", most, step)
}

const (
	drippedHeader = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
	drippedForm   = "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nemail="
)

// Who sends a byte now and then is cut off by the server's clock, not by its own pauses:
// in the header, and in the body of every address that reads one.
func TestServeDrippingClients(t *testing.T) {
	t.Parallel()
	w, _, _ := testWorld(t)
	must(t, w, "init", "news")
	s, err := repo.Open(filepath.Join(w.dir, "news"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	users := accounts.In(s.Dir())
	if err := users.Add(accounts.User{Name: "Ada", Email: "ada@example.org", Role: accounts.Editor}, ""); err != nil {
		t.Fatal(err)
	}
	token, _, err := users.CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(web.Options{Store: s, Users: users, Git: repo.GitProgram{Environ: w.environ}})
	if err != nil {
		t.Fatal(err)
	}
	inTime := make(chan string, 100)
	address := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r)
		inTime <- r.URL.Path
	}), patience{header: 200 * time.Millisecond, read: 400 * time.Millisecond, write: 10 * time.Second, idle: time.Minute, stop: 10 * time.Second})
	const step, most = 5 * time.Millisecond, 12_000 // a minute of it
	if answer, err := drip(address, drippedHeader, step, most); err != nil || answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 408 ") {
		t.Errorf("in the header: %q, %v", answer, err)
	}
	authorized := "Authorization: Bearer " + token + "\r\nContent-Type: "
	for _, c := range []struct{ path, kind string }{
		{"/login", ""}, {"/logout", ""}, {"/new", ""}, {"/news/2020/05/1/nothing/edit", ""}, {"/api.php", ""},
		{"/api/v1/articles", "application/json"}, {"/git/git-upload-pack", "application/x-git-upload-pack-request"}, {"/git/git-receive-pack", "application/x-git-receive-pack-request"},
	} {
		begin := fmt.Sprintf(drippedForm, c.path)
		if c.kind != "" {
			begin = strings.Replace(strings.Replace(begin, "Content-Type: ", authorized, 1), "application/x-www-form-urlencoded", c.kind, 1)
		}
		answer, err := drip(address, begin, step, most)
		if err != nil || strings.HasPrefix(answer, "HTTP/1.1 2") || strings.HasPrefix(answer, "HTTP/1.1 3") || strings.HasPrefix(answer, "HTTP/1.1 500") {
			t.Errorf("in the body, %s: %.200q, %v", c.path, answer, err)
		}
		if path := <-inTime; path != c.path { // nothing of the server waits for it either
			t.Errorf("%s was let go, not %s", path, c.path)
		}
	}
}

// Who takes nothing of a long answer doesn't hold what gives it.
func TestServeClientsThatTakeNothing(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	address := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		part := make([]byte, 1<<20)
		for range 256 { // more than sockets keep
			if _, err := w.Write(part); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}), patience{header: 10 * time.Second, read: 10 * time.Second, write: 200 * time.Millisecond, idle: time.Minute, stop: 10 * time.Second})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("256 MiB were sent to somebody who took none")
	}
}
