package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

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
