package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// patience is how long the server waits for its clients.
type patience struct {
	header, read, write, idle time.Duration
	stop                      time.Duration // for answers that are being given when it stops
}

func usualPatience() patience {
	return patience{header: 10 * time.Second, read: time.Minute, write: 2 * time.Minute, idle: 2 * time.Minute, stop: 10 * time.Second}
}

// upkeep is how often a server looks whether the store wants maintenance: what a
// round of recording leaves is small, and a look costs little.
const upkeep = 5 * time.Minute

func (a *app) serveCommand() *cobra.Command {
	var typed serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the store as pages for readers, reviewers and auditors",
		Long: `Serve the store as pages: the latest changes, the index of a day, each article as it
is and as it was, its Changes, and the word diff of any two versions. Old addresses
lead to the current ones. The pages work without script. Users, whom "stemma user"
adds, sign in and edit. They stay signed in when it is started anew: the file
stemma/sessions.json in the store holds hashes of what their browsers have, and the
key that signs the rest. Remove it while nothing serves the store, and everybody
signs in anew.

It listens on this machine alone unless --listen says otherwise. Absolute addresses,
in feeds and canonical links, begin with --base-url. An interrupt or SIGTERM ends it
once the answers under way are given. /healthz and /metrics are for who watches it.

An option given here beats the config file, and that beats the default; of the
environment, $STEMMA_STORE alone counts. The file is YAML, with these keys:

  listen: 127.0.0.1:8080
  base-url: https://news.example       # with which absolute addresses begin
  title: The Daily Stemma
  tls-cert: /etc/stemma/cert.pem       # read anew when they change
  tls-key: /etc/stemma/key.pem
  trust-proxy: true                    # a proxy says who asks, in X-Forwarded-For
  read: closed                         # users alone may read; usually open
  log: json                            # usually text; one line a request, to stderr
  limits:                              # a minute, by user or machine; -1: no limit
    sign-ins: 10
    writes: 120
    searches: 120
    previews: 300
  oidc:                                # sign in by OpenID Connect too
    issuer: https://login.example
    client-id: stemma
    client-secret-file: /etc/stemma/oidc-secret
    name: Sign in with Example         # what the button says
    allow:
      - domain: news.example           # of addresses that the issuer has verified
        role: editor
      - email: chief@example.org
        role: admin`,
		Example: `  stemma serve
  stemma serve --listen 127.0.0.1:0 --title "The Daily Stemma"
  stemma serve --config /etc/stemma/serve.yaml`,
		Args: argCount(0, 0, "no arguments"),
	}
	cmd.RunE = func(c *cobra.Command, args []string) error {
		opt, err := a.configured(typed, c.Flags().Changed)
		if err != nil {
			return err
		}
		return a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error { return a.serve(ctx, s, opt) })(c, args)
	}
	f := cmd.Flags()
	f.StringVar(&typed.listen, "listen", "127.0.0.1:8080", "the address to listen on; port 0 takes a free one")
	f.StringVar(&typed.base, "base-url", "", "the address by which readers know the site (default http:// and where it listens)")
	f.StringVar(&typed.title, "title", "stemma", "what the pages call the site")
	f.StringVar(&typed.config, "config", "", "a file of settings")
	f.StringVar(&typed.cert, "tls-cert", "", "a certificate with its chain, in PEM: serve https")
	f.StringVar(&typed.key, "tls-key", "", "the certificate's key, in PEM")
	f.BoolVar(&typed.closed, "closed", false, "users alone may read")
	f.BoolVar(&typed.trustProxy, "trust-proxy", false, "believe the last X-Forwarded-For: only right behind a proxy of yours")
	f.BoolVar(&typed.jsonLog, "log-json", false, "write the log as JSON")
	return cmd
}

func (a *app) serve(ctx context.Context, s *repo.Store, opt serveOptions) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opt.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", opt.listen, err)
	}
	defer listener.Close()
	scheme := "http"
	var certificate *tls.Config
	if opt.cert != "" {
		scheme = "https"
		if certificate, err = certificates(a.path(opt.cert), a.path(opt.key)); err != nil {
			return err
		}
	}
	if opt.base == "" {
		opt.base = scheme + "://" + listener.Addr().String()
	}
	log := slog.New(slog.NewTextHandler(a.stderr(), nil))
	if opt.jsonLog {
		log = slog.New(slog.NewJSONHandler(a.stderr(), nil))
	}
	sessions, err := accounts.OpenSessions(s.Dir())
	switch {
	case errors.Is(err, accounts.ErrServed), errors.Is(err, fs.ErrPermission):
		log.Warn("who signs in here is signed out when this server ends", "error", err)
	case err != nil:
		return err
	default:
		defer sessions.Close()
	}
	pages, err := web.New(web.Options{Sessions: sessions, Store: s, Title: opt.title, Base: opt.base, Log: log, Git: repo.GitProgram{Environ: a.environ},
		Users: accounts.In(s.Dir()), Closed: opt.closed, TrustProxy: opt.trustProxy, Limits: opt.limits, Outside: opt.outside})
	if err != nil {
		return usagef("%s", err)
	}
	if opt.outside.Issuer != "" {
		// The issuer may be away for a moment: it is asked again when somebody signs in.
		if err := pages.MeetIssuer(ctx); err != nil {
			log.Warn("the OpenID Connect issuer can't be reached yet", "error", err)
		}
	}
	a.hint("serving on %s://%s/", scheme, listener.Addr())
	keeping, stopKeeping := context.WithCancel(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		keepUp(keeping, s, log, upkeep)
	}()
	defer func() {
		stopKeeping()
		<-kept
	}()
	return answer(ctx, listener, certificate, pages, log, opt.patience)
}

// newServer is the server as it meets clients: none may hold it by saying or taking
// little at a time.
func newServer(pages http.Handler, certificate *tls.Config, log *slog.Logger, p patience) *http.Server {
	return &http.Server{Handler: pages, ReadHeaderTimeout: p.header, ReadTimeout: p.read, WriteTimeout: p.write, IdleTimeout: p.idle,
		MaxHeaderBytes: 64 << 10, TLSConfig: certificate, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
}

// answer answers what comes to a listener, by https where there is a certificate, until
// ctx ends, and then what is under way.
func answer(ctx context.Context, listener net.Listener, certificate *tls.Config, pages http.Handler, log *slog.Logger, p patience) error {
	server := newServer(pages, certificate, log, p)
	ended := make(chan error, 1)
	go func() {
		if certificate != nil {
			ended <- server.ServeTLS(listener, "", "")
			return
		}
		ended <- server.Serve(listener)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.stop)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// certificates reads a certificate and its key, and reads them again when they were
// renewed: a server needn't stop for that.
func certificates(cert, key string) (*tls.Config, error) {
	var mu sync.Mutex
	var kept *tls.Certificate
	var changed time.Time
	current := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		info, err := os.Stat(cert)
		if err == nil && kept != nil && info.ModTime().Equal(changed) {
			return kept, nil
		}
		if err == nil {
			var pair tls.Certificate
			if pair, err = tls.LoadX509KeyPair(cert, key); err == nil {
				kept, changed = &pair, info.ModTime()
			}
		}
		if err != nil && kept != nil {
			return kept, nil // half of them is written yet
		}
		return kept, err
	}
	if _, err := current(nil); err != nil {
		return nil, fmt.Errorf("cannot use the certificate: %w", err)
	}
	return &tls.Config{GetCertificate: current, MinVersion: tls.VersionTLS12}, nil
}

// keepUp maintains the store from time to time until ctx ends. What goes wrong is
// logged and tried again: nothing depends on it but speed.
func keepUp(ctx context.Context, s *repo.Store, log *slog.Logger, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		done, err := s.Maintain(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Warn("maintenance failed", "error", err)
		case done.Packs > 0:
			log.Info("made one pack of many", "packs", done.Packs)
		}
	}
}
