package load

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Page is something to measure.
type Page struct {
	Name   string
	Target string   // its path and query
	More   []string // pages of about its size that are asked for in turn with it
}

// Row is what was measured of a page: ratios to a static file of the same size, each
// the median over the rounds.
type Row struct {
	Page
	Size      int64         // of the body, in bytes
	PerSecond float64       // requests a second, page to file: more is better
	P50, P99  float64       // the times within which half, and 99 of 100, were answered: less is better
	Typical   time.Duration // the page's own P50
}

// Comparison says how to measure.
type Comparison struct {
	Address string // of the server, host and port
	Clients int    // at a time
	Rounds  int    // of which the median counts
	Each    time.Duration
}

// Compare measures pages, in rounds in which a page and the file of its size are asked
// for in turn, so that whatever else the machine does meets both.
func Compare(ctx context.Context, how Comparison, pages []Page) ([]Row, error) {
	dir, err := os.MkdirTemp("", "stemma-load-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files, err := serveFiles(dir)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	rows := make([]Row, 0, len(pages))
	for _, page := range pages {
		row, err := how.row(ctx, dir, files.Addr, page)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", page.Name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// serveFiles serves a folder as net/http does, on a free port.
func serveFiles(dir string) (*http.Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Addr: listener.Addr().String(), Handler: http.FileServer(http.Dir(dir)), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends when the server is closed
	return server, nil
}

func (how *Comparison) row(ctx context.Context, dir, files string, page Page) (Row, error) {
	row := Row{Page: page}
	ask := func(address string, targets []string, bound Job) (*Result, error) {
		bound.Address, bound.Targets = address, targets
		return Run(ctx, bound)
	}
	pages := append([]string{page.Target}, page.More...)
	first, err := ask(how.Address, pages[:1], Job{Count: 1})
	if err != nil {
		return row, err
	}
	row.Size = first.Bytes
	name := fmt.Sprintf("%d.html", row.Size)
	if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte("x"), int(row.Size)), 0o600); err != nil {
		return row, err
	}
	var perSecond, p50, p99, own []float64
	for range max(how.Rounds, 1) {
		bound := Job{Clients: how.Clients, For: how.Each}
		static, err := ask(files, []string{"/" + name}, bound)
		if err != nil {
			return row, err
		}
		served, err := ask(how.Address, pages, bound)
		if err != nil {
			return row, err
		}
		perSecond = append(perSecond, served.PerSecond()/static.PerSecond())
		p50 = append(p50, ratio(served, static, 0.5))
		p99 = append(p99, ratio(served, static, 0.99))
		own = append(own, float64(served.Wait(0.5)))
	}
	row.PerSecond, row.P50, row.P99, row.Typical = median(perSecond), median(p50), median(p99), time.Duration(median(own))
	return row, nil
}

func ratio(a, b *Result, share float64) float64 {
	return float64(a.Wait(share)) / float64(max(b.Wait(share), 1))
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// Table writes rows for people, and as Markdown.
func Table(rows []Row) string {
	var b strings.Builder
	b.WriteString("| page | bytes | requests/s | p50 | p99 |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %d | %.2f | %.2f | %.2f |\n", r.Name, r.Size, r.PerSecond, r.P50, r.P99)
	}
	return b.String()
}
