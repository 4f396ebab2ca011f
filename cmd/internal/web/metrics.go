package web

import (
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stemma-project/stemma/repo"
)

// metrics counts what the server does, for GET /metrics in Prometheus' text format
// (version 0.0.4). Labels come from our own lists alone, never from what a client
// sends, so that their number is bounded.
type metrics struct {
	started time.Time

	mu       sync.Mutex
	requests map[requestKey]uint64
	seconds  map[string]*histogram // by route
	recorded map[repo.Outcome]uint64
	active   int
}

type requestKey struct {
	route, method string
	status        int
}

const bucketCount = 12

// bounds are the upper bounds of the histogram's buckets, in seconds.
func bounds() [bucketCount]float64 {
	return [...]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
}

type histogram struct {
	buckets [bucketCount]uint64
	count   uint64
	sum     float64
}

func newMetrics(now time.Time) *metrics {
	return &metrics{started: now, requests: map[requestKey]uint64{}, seconds: map[string]*histogram{}, recorded: map[repo.Outcome]uint64{}}
}

func (m *metrics) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active++
}

// end counts a request that is answered.
func (m *metrics) end(route, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active--
	m.requests[requestKey{route, method, status}]++
	h := m.seconds[route]
	if h == nil {
		h = &histogram{}
		m.seconds[route] = h
	}
	for i, bound := range bounds() {
		if took.Seconds() <= bound {
			h.buckets[i]++
		}
	}
	h.count++
	h.sum += took.Seconds()
}

func (m *metrics) record(o repo.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recorded[o]++
}

// text writes what was counted.
func (m *metrics) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	head := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }
	head("stemma_http_requests_total", "counter", "Requests answered.")
	var rows []string
	for k, n := range m.requests {
		rows = append(rows, fmt.Sprintf("stemma_http_requests_total{route=%s,method=%s,status=\"%d\"} %d\n", label(k.route), label(k.method), k.status, n))
	}
	slices.Sort(rows)
	b.WriteString(strings.Join(rows, ""))
	head("stemma_http_request_seconds", "histogram", "How long answers took.")
	routes := make([]string, 0, len(m.seconds))
	for route := range m.seconds {
		routes = append(routes, route)
	}
	slices.Sort(routes)
	for _, route := range routes {
		h, l := m.seconds[route], label(route)
		for i, bound := range bounds() {
			fmt.Fprintf(&b, "stemma_http_request_seconds_bucket{route=%s,le=\"%s\"} %d\n", l, strconv.FormatFloat(bound, 'g', -1, 64), h.buckets[i])
		}
		fmt.Fprintf(&b, "stemma_http_request_seconds_bucket{route=%s,le=\"+Inf\"} %d\nstemma_http_request_seconds_sum{route=%s} %g\nstemma_http_request_seconds_count{route=%s} %d\n", l, h.count, l, h.sum, l, h.count)
	}
	head("stemma_http_requests_active", "gauge", "Requests that are being answered.")
	fmt.Fprintf(&b, "stemma_http_requests_active %d\n", m.active)
	head("stemma_recorded_total", "counter", "Versions that came by this server.")
	for _, o := range []repo.Outcome{repo.Created, repo.Recorded} {
		fmt.Fprintf(&b, "stemma_recorded_total{outcome=%s} %d\n", label(string(o)), m.recorded[o])
	}
	head("stemma_start_time_seconds", "gauge", "When the server began, since the Unix epoch.")
	fmt.Fprintf(&b, "stemma_start_time_seconds %d\n", m.started.Unix())
	return b.String()
}

// label quotes the value of a label.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// metricsPage serves what was counted, and how large the store is.
func (s *Server) metricsPage(w http.ResponseWriter, _ *http.Request) error {
	var size int64
	err := filepath.WalkDir(s.store.Dir(), func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // files come and go while the store is written
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err = fmt.Fprintf(w, "%s# HELP stemma_store_bytes Size of the store with its index.\n# TYPE stemma_store_bytes gauge\nstemma_store_bytes %d\n"+
		"# HELP stemma_sessions Browsers that are signed in.\n# TYPE stemma_sessions gauge\nstemma_sessions %d\n", s.metrics.text(), size, s.sessions.count())
	return err
}

// countedResponse notes what an answer was.
type countedResponse struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (c *countedResponse) WriteHeader(status int) {
	if c.status == 0 && status >= 200 { // 1xx come before the answer
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *countedResponse) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets an http.ResponseController reach the connection.
func (c *countedResponse) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// answered counts a request and writes its line in the log: never what was asked for
// beside the path, nor what was sent, which may be secret.
func (s *Server) answered(w *countedResponse, r *http.Request, began time.Time) {
	took := time.Since(began)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	route := r.Pattern
	if _, path, ok := strings.Cut(route, " "); ok {
		route = path
	}
	v := visitOf(r)
	switch {
	case v.story != nil:
		route = "article " + string(v.story.view)
	case route == "":
		route = "other"
	}
	s.metrics.end(route, r.Method, w.status, took)
	attrs := []any{"method", r.Method, "path", r.URL.Path, "status", w.status, "bytes", w.bytes, "ms", float64(took.Microseconds()) / 1000, "client", s.client(r)}
	if v.known {
		attrs = append(attrs, "user", v.user.Email)
	}
	s.log.Info("request", attrs...)
}
