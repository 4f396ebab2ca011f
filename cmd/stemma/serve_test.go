package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// lockedBuffer is a stream that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A server says where it listens, answers there, and ends with 0 when it is told to.
func TestServe(t *testing.T) {
	t.Parallel()
	w, _, _ := testWorld(t)
	must(t, w, "init", "news")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var says lockedBuffer
	ended := make(chan int, 1)
	go func() {
		w.err = &says
		ended <- run(ctx, []string{"serve", "-C", "news", "--listen", "127.0.0.1:0", "--title", "Daily"}, w)
	}()
	where := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`)
	for where.FindString(says.String()) == "" {
		select {
		case code := <-ended:
			t.Fatalf("it ended with %d: %s", code, says.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	answer, err := http.Get(where.FindString(says.String()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(answer.Body)
	if cerr := answer.Body.Close(); err != nil || cerr != nil || !strings.Contains(string(b), "Daily</title>") {
		t.Errorf("%v %v: %s", err, cerr, b)
	}
	// Who is signed in is kept where nobody else reads it.
	if info, err := os.Stat(filepath.Join(w.dir, "news", "stemma", "sessions.json")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d: %s", code, says.String())
	}
}

// A store that is served keeps its packs few without being asked.
func TestServeMaintains(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "news")
	s, err := repo.Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 40 {
		d := repo.Draft{Input: schema.Input{State: schema.State{ID: schema.DeriveID("a"), Headline: fmt.Sprint("Story ", i)}, Carries: schema.Fields(schema.FieldHeadline)}}
		if _, err := s.Record(t.Context(), []repo.Draft{d}, repo.RecordOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	packs := func() int {
		names, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before := packs()
	if before < 2 {
		t.Fatalf("%d packs: nothing to do", before)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		keepUp(ctx, s, slog.New(slog.DiscardHandler), time.Millisecond)
		close(ended)
	}()
	for packs() != 1 {
		time.Sleep(time.Millisecond)
	}
	stop()
	<-ended
}

// served answers on a free port until the test ends.
func served(t *testing.T, h http.Handler, p patience) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- answer(ctx, l, nil, h, slog.New(slog.DiscardHandler), p) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// Clients that never finish what they say are let go; they keep nobody else waiting.
func TestServeSlowClients(t *testing.T) {
	t.Parallel()
	p := patience{header: 50 * time.Millisecond, read: 100 * time.Millisecond, write: 100 * time.Millisecond, idle: 50 * time.Millisecond, stop: 10 * time.Second}
	read := make(chan error, 1)
	address := served(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if r.Method == http.MethodPost {
			read <- err
		}
	}), p)
	for _, said := range []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, said); err != nil {
			t.Fatal(err)
		}
		// Its end is the server's doing: this side waits without limit.
		if _, err := io.ReadAll(c); err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%q: %v", said, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-read; err == nil {
		t.Error("half a body was read as a whole one")
	}
}

func TestServeConfig(t *testing.T) {
	t.Parallel()
	w, _, errs := testWorld(t)
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("secret", "s3cret\n")
	write("good.yaml", `# of the newsroom
listen: 127.0.0.1:9999
base-url: https://news.example
title: "The Daily: Stemma"
trust-proxy: true
read: closed
log: json
limits: {sign-ins: 5, writes: -1}
oidc:
  issuer: https://login.example
  client-id: stemma
  client-secret-file: secret
  allow:
    - {domain: news.example, role: editor}
`)
	a := &app{world: w}
	o, err := a.configured(serveOptions{config: "good.yaml", title: "Typed"}, func(flag string) bool { return flag == "title" })
	if err != nil {
		t.Fatal(err)
	}
	if o.listen != "127.0.0.1:9999" || o.title != "Typed" || !o.closed || !o.trustProxy || !o.jsonLog || o.limits.SignIns != 5 || o.limits.Writes != -1 ||
		o.outside.ClientSecret != "s3cret" || len(o.outside.Allow) != 1 || o.outside.Allow[0].Role != accounts.Editor {
		t.Errorf("%+v", o)
	}
	if o, err := a.configured(serveOptions{}, func(string) bool { return false }); err != nil || o.listen != "127.0.0.1:8080" || o.closed {
		t.Errorf("%+v %v", o, err)
	}
	must(t, w, "init", "news")
	for content, want := range map[string]string{
		"listen: a\nlisen: b\n":                     `bad.yaml:2: no setting "lisen": there are listen, base-url`,
		"title: a\ntitle: b\n":                      "bad.yaml:2: title is set twice",
		"- listen\n":                                "bad.yaml:1: keys with values are wanted",
		"read: sometimes\n":                         `bad.yaml:1: read: "open" is wanted, or "closed"`,
		"limits:\n  writes: many\n":                 "bad.yaml:2: writes: a number of times a minute",
		"\n\noidc:\n  allow:\n    - {domain: x}\n":  `bad.yaml:5: allow: no role ""`,
		"title: [a\n":                               "bad.yaml: line 1",
		"title: a\n---\ntitle: b\n":                 "one document is wanted",
		"title:\n":                                  "bad.yaml:1: title: a text is wanted",
		"tls-cert: x\n":                             "a certificate wants its key",
		"base-url: ftp://x\nlisten: 127.0.0.1:0\n":  "http:// or https://",
		"oidc: {issuer: https://x}\n":               "oidc wants issuer, client-id",
		"title: &a b\nbase-url: *a\nread: closed\n": "bad.yaml:2: base-url: a text is wanted",
	} {
		write("bad.yaml", content)
		errs.Reset()
		if code := run(t.Context(), []string{"serve", "-C", "news", "--config", "bad.yaml"}, w); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%q: %d %s, want %s", content, code, errs, want)
		}
	}
}

// https with a certificate that is renewed while it is served.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	var pool *x509.CertPool
	renew := func(serial int64) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
		if err != nil {
			t.Fatal(err)
		}
		bits, err := x509.MarshalECPrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		pool = x509.NewCertPool()
		pool.AddCert(made)
		for name, block := range map[string]*pem.Block{key: {Type: "EC PRIVATE KEY", Bytes: bits}, cert: {Type: "CERTIFICATE", Bytes: der}} {
			if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
			when := time.Unix(serial*1000, 0)
			if err := os.Chtimes(name, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	renew(1)
	config, err := certificates(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- answer(ctx, l, config, http.NotFoundHandler(), slog.New(slog.DiscardHandler), usualPatience())
	}()
	for serial := range int64(2) {
		if serial > 0 {
			renew(serial + 1)
		}
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
		answer, err := client.Get("https://" + l.Addr().String())
		if err != nil {
			t.Fatalf("certificate %d: %v", serial, err)
		}
		if got := answer.TLS.PeerCertificates[0].SerialNumber.Int64(); got != serial+1 || answer.ProtoMajor != 2 || answer.TLS.Version < tls.VersionTLS12 {
			t.Errorf("certificate %d, %s", got, answer.Proto)
		}
		answer.Body.Close()
		client.CloseIdleConnections()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := certificates(filepath.Join(dir, "none"), key); err == nil {
		t.Error("a certificate that is not there")
	}
}

// The config of the example, and the one that the help shows, are understood.
func TestServeConfigsShown(t *testing.T) {
	t.Parallel()
	w, _, _ := testWorld(t)
	example, err := os.ReadFile(filepath.Join("..", "..", "examples", "systemd", "serve.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	help := must(t, w, "help", "serve")
	_, shown, _ := strings.Cut(help, "with these keys:\n")
	shown, _, _ = strings.Cut(shown, "\nUsage:")
	for name, content := range map[string]string{"the example": string(example), "the help": shown} {
		var o serveOptions
		if err := o.readConfig([]byte(content)); err != nil || o.listen != "127.0.0.1:8080" || !o.trustProxy || !o.jsonLog {
			t.Errorf("%s: %+v %v\n%s", name, o, err, content)
		}
	}
	var o serveOptions
	if err := o.readConfig([]byte(shown)); err != nil || len(o.outside.Allow) != 2 || o.limits.Previews != 300 {
		t.Errorf("%+v %v", o, err)
	}
}

func FuzzServeConfig(f *testing.F) {
	f.Add("listen: 127.0.0.1:1\nlimits: {writes: -1}\n")
	f.Add("oidc:\n  allow:\n    - {email: a@b, role: admin}\n")
	f.Add("? [a]\n: b\n")
	f.Add("a: &x [*x]\n")
	f.Fuzz(func(t *testing.T, content string) {
		var o serveOptions
		err := o.readConfig([]byte(content))
		var p *schema.Problem
		if err != nil && (!errors.As(err, &p) || p.Reason == "") {
			t.Errorf("%q: %v", content, err)
		}
		for _, a := range o.outside.Allow {
			if a.Role == accounts.Nobody || a.Role > accounts.Admin || (a.Email == "") == (a.Domain == "") {
				t.Errorf("%q allows %+v", content, a)
			}
		}
	})
}
