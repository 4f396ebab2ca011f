package web_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
)

// samples reads Prometheus' text format, strictly: each family has its HELP and TYPE
// before its samples, and stands once.
func samples(t *testing.T, text string) map[string]float64 {
	t.Helper()
	line := regexp.MustCompile(`^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\]|\\.)*",?)*\})? (\S+)$`)
	types, out := map[string]string{}, map[string]float64{}
	family := ""
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		words := strings.SplitN(l, " ", 4)
		switch {
		case strings.HasPrefix(l, "# HELP "):
			family = words[2]
		case strings.HasPrefix(l, "# TYPE "):
			if words[2] != family || types[family] != "" {
				t.Errorf("out of place: %s", l)
			}
			types[family] = words[3]
		default:
			m := line.FindStringSubmatch(l)
			if m == nil {
				t.Errorf("no sample: %q", l)
				continue
			}
			name := m[1]
			if types[family] == "histogram" {
				name = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
			}
			v, err := strconv.ParseFloat(m[3], 64)
			if _, twice := out[m[1]+m[2]]; name != family || err != nil || twice {
				t.Errorf("out of place: %s", l)
			}
			out[m[1]+m[2]] = v
		}
	}
	return out
}

// lockedBuffer is written by the server while the test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	s := newDesk(t, func(o *web.Options) { o.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get("/new")
	form := fields(page)
	form.Set("headline", "Counted")
	form.Set("do", "save")
	ada.do("POST", "/new", form)
	for range 3 {
		ada.get(nowPath + ".html")
	}
	ada.get("/" + url.PathEscape("no\"th\\ing\n\x01"))
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "bo@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for strings.Count(log.String(), `"msg":"request"`) < 8 {
		time.Sleep(time.Millisecond) // what was answered is counted right after
	}
	answer, text := ada.do("GET", "/metrics", nil, "Authorization", "Bearer "+token)
	if answer.StatusCode != 200 || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	got := samples(t, text)
	for name, want := range map[string]float64{
		`stemma_http_requests_total{route="article article",method="GET",status="200"}`: 3,
		`stemma_http_requests_total{route="/new",method="POST",status="303"}`:           1,
		`stemma_http_requests_total{route="/login",method="POST",status="303"}`:         1,
		`stemma_http_requests_total{route="/{path...}",method="GET",status="404"}`:      1,
		`stemma_http_request_seconds_count{route="article article"}`:                    3,
		`stemma_http_request_seconds_bucket{route="article article",le="+Inf"}`:         3,
		`stemma_recorded_total{outcome="created"}`:                                      1,
		`stemma_http_requests_active`:                                                   1,
		`stemma_sessions`:                                                               1,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	if got["stemma_store_bytes"] < 1000 {
		t.Errorf("the store has %v bytes", got["stemma_store_bytes"])
	}
	for i, name := range []string{"bucket{route=\"article article\",le=\"0.001\"}", "bucket{route=\"article article\",le=\"10\"}", "bucket{route=\"article article\",le=\"+Inf\"}"} {
		if v, ok := got["stemma_http_request_seconds_"+name]; !ok || v > 3 || i > 0 && v < got["stemma_http_request_seconds_bucket{route=\"article article\",le=\"0.001\"}"] {
			t.Errorf("%s: %v", name, v)
		}
	}
	// A line a request, with who made it, and no secret. It comes after the answer.
	for !strings.Contains(log.String(), `"path":"/metrics"`) {
		time.Sleep(time.Millisecond)
	}
	said := log.String()
	if n := strings.Count(said, `"msg":"request"`); n < 8 {
		t.Errorf("%d lines of requests:\n%s", n, said)
	}
	for _, want := range []string{`"path":"` + nowPath + `.html","status":200`, `"user":"ada@example.org"`, `"user":"bo@example.org"`, `"msg":"recorded"`} {
		if !strings.Contains(said, want) {
			t.Errorf("the log lacks %s:\n%s", want, said)
		}
	}
	for _, c := range ada.http.Jar.Cookies(mustParse(t, s.url)) {
		if c.Name == "stemma_session" && strings.Contains(said, c.Value) {
			t.Error("a session stands in the log")
		}
	}
	for _, no := range []string{secret, token, form.Get("form")} {
		if strings.Contains(fmt.Sprint(said, text), no) {
			t.Errorf("%q stands in the log or the metrics", no)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
