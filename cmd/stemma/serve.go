package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

type serveOptions struct {
	listen, base, title string
}

// The patience of the server with its clients.
const (
	headerWait = 10 * time.Second
	readWait   = 60 * time.Second
	writeWait  = 2 * time.Minute
	idleWait   = 2 * time.Minute
	stopWait   = 10 * time.Second // how long a stop waits for answers that are being given
)

// upkeep is how often a server looks whether the store wants maintenance: what a
// round of recording leaves is small, and a look costs little.
const upkeep = 5 * time.Minute

func (a *app) serveCommand() *cobra.Command {
	var opt serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the store as pages for readers, reviewers and auditors",
		Long: `Serve the store as pages: the latest changes, the index of a day, each article as it
is and as it was, its Changes, and the word diff of any two versions. Old addresses
lead to the current ones. The pages work without script.

It listens on this machine alone unless --listen says otherwise. Absolute addresses,
in feeds and canonical links, begin with --base-url. An interrupt ends it once the
answers under way are given.`,
		Example: `  stemma serve
  stemma serve --listen 127.0.0.1:0 --title "The Daily Stemma"`,
		Args: argCount(0, 0, "no arguments"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error { return a.serve(ctx, s, opt) }),
	}
	cmd.Flags().StringVar(&opt.listen, "listen", "127.0.0.1:8080", "the address to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&opt.base, "base-url", "", "the address by which readers know the site (default http:// and where it listens)")
	cmd.Flags().StringVar(&opt.title, "title", "stemma", "what the pages call the site")
	return cmd
}

func (a *app) serve(ctx context.Context, s *repo.Store, opt serveOptions) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", opt.listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", opt.listen, err)
	}
	defer listener.Close()
	if opt.base == "" {
		opt.base = "http://" + listener.Addr().String()
	}
	log := slog.New(slog.NewTextHandler(a.stderr(), nil))
	pages, err := web.New(web.Options{Store: s, Title: opt.title, Base: opt.base, Log: log, Git: repo.GitProgram{Environ: a.environ}, Users: accounts.In(s.Dir())})
	if err != nil {
		return usagef("%s", err)
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: headerWait, ReadTimeout: readWait, WriteTimeout: writeWait, IdleTimeout: idleWait,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	a.hint("serving on http://%s/", listener.Addr())
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
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
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
