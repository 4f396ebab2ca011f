package web_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/cmd/internal/web/load"
)

// memory is what the process used after so many requests, in bytes.
type memory struct {
	requests, heap, rss int
}

// The growth that is allowed between the third tenth of the requests, when everything
// that is kept has been filled, and the last: heap that is live after a collection,
// and what the system counts, of which Go gives back late.
const (
	heapMayGrow = 3 << 20
	rssMayGrow  = 64 << 20
)

// flat says where memory grew as it should not.
func flat(samples []memory) error {
	first, last := samples[2], samples[len(samples)-1]
	if last.heap-first.heap > heapMayGrow || last.rss-first.rss > rssMayGrow {
		return fmt.Errorf("between %d and %d requests the heap went from %d to %d kB, the resident memory from %d to %d kB",
			first.requests, last.requests, first.heap>>10, last.heap>>10, first.rss>>10, last.rss>>10)
	}
	return nil
}

// measured asks a handler so many requests over a mix of pages, and says after each
// tenth what memory there is.
func measured(t *testing.T, h http.Handler, targets []string, count int) []memory {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(listener) }() // ends when the server is closed
	defer server.Close()
	var samples []memory
	for tenth := range 10 {
		begin := tenth * len(targets) / 10 // a short run gets to all of them too
		_, err := load.Run(t.Context(), load.Job{Address: listener.Addr().String(), Targets: append(slices.Clone(targets[begin:]), targets[:begin]...), Clients: 4, Count: count / 10,
			Check: func(status int, target string) error {
				if status >= 500 {
					return fmt.Errorf("status %d of %s", status, target)
				}
				return nil
			}})
		if err != nil {
			t.Fatal(err)
		}
		var stats runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&stats)
		samples = append(samples, memory{(tenth + 1) * (count / 10), int(stats.HeapAlloc), resident(t)})
		t.Logf("%8d requests: heap %6d kB, resident %6d kB", samples[tenth].requests, samples[tenth].heap>>10, samples[tenth].rss>>10)
	}
	return samples
}

// resident is the memory that the system counts for this process; 0 where it doesn't
// tell as Linux does.
func resident(t *testing.T) int {
	text, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// The server's memory is flat however many requests it answers: kept ones, ones that
// are made anew, wrong ones, and ones whose addresses are never the same.
// STEMMA_REQUESTS says how many.
func TestMemoryIsFlat(t *testing.T) { // not in parallel: the heap is everybody's
	count := 20_000
	if text := os.Getenv("STEMMA_REQUESTS"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil || count < 1000 {
			t.Fatalf("STEMMA_REQUESTS=%s is no number from 1000 on", text)
		}
	}
	s := newSite(t, func(o *web.Options) { o.Keep = 1 << 20 })
	targets := []string{"/", "/news/2020/05/1/", "/feed.atom", "/nothing", nowPath + ".html?at=2020-05-01T11:30:00Z", "/api/v1/articles?limit=0", "/api/v1/articles", oldPath}
	for range 5 { // most are what readers ask for
		for _, of := range []string{".html", "/changes", "/diff/2..3.html", ".md", "/blame"} {
			targets = append(targets, nowPath+of)
		}
	}
	for i := range 1000 {
		targets = append(targets, fmt.Sprintf("%s/changes?kind=%d", nowPath, i), nowPath+".html")
	}
	if err := flat(measured(t, s.handler, targets, count)); err != nil {
		t.Error(err)
	}
}

// A handler that keeps a little of each request is found out.
func TestMemoryThatGrowsIsSeen(t *testing.T) {
	var kept [][]byte
	gate := make(chan struct{}, 1)
	leaks := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		gate <- struct{}{}
		kept = append(kept, make([]byte, 2000))
		<-gate
		fmt.Fprintln(w, "ok")
	})
	if err := flat(measured(t, leaks, []string{"/"}, 6000)); err == nil {
		t.Errorf("%d pieces were kept, and memory is called flat", len(kept))
	}
}
