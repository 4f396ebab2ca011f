package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

func TestNeed(t *testing.T) {
	t.Parallel()
	s := &Server{}
	reached := s.need(accounts.Editor, func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		return nil
	})
	for _, c := range []struct {
		role         accounts.Role
		method, path string
		accept       string
		status       int
		to           string
	}{
		{accounts.Nobody, "GET", "/new?a=1&b=2", "text/html", 303, "/login?next=%2Fnew%3Fa%3D1%26b%3D2"},
		{accounts.Nobody, "POST", "/new", "text/html", 401, ""},
		{accounts.Nobody, "GET", "/new", "*/*", 401, ""},
		{accounts.Nobody, "GET", "/api/v1/articles", "text/html", 401, ""},
		{accounts.Reader, "GET", "/new", "text/html", 403, ""},
		{accounts.Editor, "GET", "/new", "text/html", 418, ""},
		{accounts.Admin, "POST", "/api/v1/articles", "", 418, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		if c.role != accounts.Nobody {
			r = withVisit(r, &visit{user: accounts.User{Name: "Ada", Role: c.role}, known: true})
		}
		w := httptest.NewRecorder()
		status := http.StatusOK
		if err := reached(w, r); err != nil {
			var f *failure
			var to *seeOther
			switch {
			case errors.As(err, &f):
				status = f.status
			case errors.As(err, &to):
				status = http.StatusSeeOther
				w.Header().Set("Location", to.to)
			default:
				t.Fatal(err)
			}
		} else {
			status = w.Code
		}
		if status != c.status || w.Header().Get("Location") != c.to || (w.Header().Get("WWW-Authenticate") != "") != (status == 401 && c.method == "GET") {
			t.Errorf("%s %s as %s: %d %v, want %d", c.method, c.path, c.role, status, w.Header(), c.status)
		}
	}
}

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"":                           "/",
		"/":                          "/",
		"/new":                       "/new",
		"/news/2020/05/1/a/edit?x=1": "/news/2020/05/1/a/edit?x=1",
		"/search?q=a%20b&r=%2F":      "/search?q=a%20b&r=%2F",
		"/西班牙/edit":                  "/%E8%A5%BF%E7%8F%AD%E7%89%99/edit",
		"//evil.example":             "/",
		"///evil.example":            "/",
		"/\\evil.example":            "/",
		"/\t/evil.example":           "/",
		"/%09/evil.example":          "/",
		"/%2f/evil.example":          "/",
		"/%5cevil.example":           "/",
		"https://evil.example/":      "/",
		"https:evil.example":         "/",
		"javascript:alert(1)":        "/",
		"evil.example":               "/",
		"?x":                         "/",
		" /new":                      "/",
		"/new\r\nSet-Cookie: a=b":    "/",
	} {
		if got := ownPath(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

// An article's address that moved leads to a path of this site, whatever the store says
// it is now, with the query as it came.
func TestMoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, query, want string }{
		{"/news/2020/05/1/a.html", "", "/news/2020/05/1/a.html"},
		{"/news/2020/05/1/a.html", "at=2020&x=%0d%0a", "/news/2020/05/1/a.html?at=2020&x=%0d%0a"},
		{"/news/2020/05/1/a?b#c.html", "", "/news/2020/05/1/a%3Fb%23c.html"},
		{"/西班牙.html", "", "/%E8%A5%BF%E7%8F%AD%E7%89%99.html"},
		{"/\\evil.example", "", "/%5Cevil.example"},
		{"/\r\nX-Evil: 1", "", "/%0D%0AX-Evil:%201"},
		{"/\t/evil.example", "", "/%09/evil.example"},
		{"//evil.example/", "", ""},
		{"///evil.example/", "", ""},
		{"evil.example", "", ""},
		{"https://evil.example/", "", ""},
		{"javascript:alert(1)", "", ""},
		{"\\\\evil.example", "", ""},
		{"", "", ""},
	} {
		r := httptest.NewRequest("GET", "/?"+c.query, nil)
		r.Host = "evil.example"
		w := httptest.NewRecorder()
		err := (&Server{}).moved(w, r, c.path)
		if got := w.Header().Get("Location"); got != c.want || (err == nil) != (c.want != "") || err == nil && w.Code != http.StatusMovedPermanently {
			t.Errorf("%q leads to %q, %v; want %q", c.path, got, err, c.want)
		}
	}
}

// Whatever is asked for, nobody is led off the site: as a browser reads it.
func FuzzOwnPath(f *testing.F) {
	f.Add("/news?x=1")
	f.Add("//evil.example")
	f.Add("/\\evil.example/%09")
	f.Add("/%2e%2e//evil")
	f.Add("/?\xb5")
	f.Add("/?\\")
	f.Fuzz(func(t *testing.T, next string) {
		got := ownPath(next)
		clean := strings.Map(func(r rune) rune { // what browsers drop and swap (URL Standard, section 4.4)
			switch r {
			case '\t', '\n', '\r':
				return -1
			case '\\':
				return '/'
			}
			return r
		}, got)
		if !strings.HasPrefix(clean, "/") || strings.HasPrefix(clean, "//") || clean != got {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}

func TestClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		remote, forwarded string
		trust             bool
		want              string
	}{
		{"192.0.2.1:99", "", false, "192.0.2.1"},
		{"192.0.2.1:99", "198.51.100.7", false, "192.0.2.1"},
		{"127.0.0.1:99", "10.0.0.1, 198.51.100.7", true, "198.51.100.7"},
		{"[2001:db8:1:2:3::4]:99", "", false, "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.1]:99", "", false, "192.0.2.1"},
		{"127.0.0.1:99", "nonsense", true, "unknown"},
		{"127.0.0.1:99", "", true, "127.0.0.1"},
	} {
		s := &Server{trustProxy: c.trust}
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.client(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLimiter(func() time.Time { return now })
	taken := func(key string, perMinute, tries int) (n int) {
		for range tries {
			if l.take(key, perMinute) == 0 {
				n++
			}
		}
		return n
	}
	if n := taken("a", 10, 50); n != 10 {
		t.Errorf("%d at once of 10 a minute", n)
	}
	if n := taken("b", 10, 5); n != 5 {
		t.Errorf("another's: %d", n)
	}
	if wait := l.take("a", 10); wait <= 0 || wait > 6*time.Second {
		t.Errorf("to wait: %v", wait)
	}
	now = now.Add(13 * time.Second)
	if n := taken("a", 10, 50); n != 2 {
		t.Errorf("%d after 13 seconds", n)
	}
	if n := taken("c", -1, 1000); n != 1000 {
		t.Errorf("without a limit: %d", n)
	}
	for i := range limiterMost + 1000 {
		l.take(strconv.Itoa(i), 10)
	}
	if len(l.until) > limiterMost {
		t.Errorf("%d keys are held", len(l.until))
	}
	// Nor does a long name take more than a short one.
	if size := unsafe.Sizeof(limitKey{}); size > 64 {
		t.Errorf("a key takes %d bytes", size)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	all := newSessions(func() time.Time { return now }, nil)
	begin := func(email string) string {
		secret, err := all.begin(&session{email: email})
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	first := begin("ada@example.org")
	second := begin("ada@example.org")
	if first == second || all.find(first) == nil || all.find("") != nil || all.find(first+"x") != nil {
		t.Error("a session is not found by its secret alone")
	}
	for range 40 {
		now = now.Add(10 * time.Hour)
		if all.find(second) == nil {
			break
		}
	}
	if since := now.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); since < sessionLife || since > sessionLife+11*time.Hour {
		t.Errorf("a session that is used ends after %v", since)
	}
	if all.find(first) != nil || all.count() != 0 {
		t.Error("an idle session goes on")
	}
	var secrets []string
	for range sessionEach + 5 {
		now = now.Add(time.Second)
		secrets = append(secrets, begin("ada@example.org"))
	}
	if all.count() != sessionEach || all.find(secrets[0]) != nil || all.find(secrets[len(secrets)-1]) == nil {
		t.Errorf("%d sessions of one user", all.count())
	}
	for i := range sessionMost {
		all.open[[32]byte{1, byte(i), byte(i >> 8), byte(i >> 16)}] = &session{email: strconv.Itoa(i), began: now, used: now}
	}
	begin("bo@example.org")
	if n := all.count(); n != sessionMost {
		t.Errorf("%d sessions in all", n)
	}
}

// An answer that sets a cookie is one reader's: nobody else is given it.
func TestAnswersWithCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	for cookie, kept := range map[string]bool{"": true, "stemma_enter=x": false, "made-up=x": false} {
		h := &heldResponse{ResponseWriter: headerOnly{}}
		if cookie != "" {
			h.Header().Set("Set-Cookie", cookie)
		}
		if a := h.keep("/", &visit{}); (a != nil) != kept {
			t.Errorf("%q: %+v", cookie, a)
		}
	}
	for _, status := range []int{301, 302, 303, 304, 400, 401, 404, 429, 500} {
		h := &heldResponse{ResponseWriter: headerOnly{}, status: status}
		if h.keep("/", &visit{}) != nil {
			t.Errorf("an answer of status %d is kept", status)
		}
	}
}

// A session that nobody uses ends long before one that is used.
func TestIdleSessionsEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	all := newSessions(func() time.Time { return now }, nil)
	secret, err := all.begin(&session{email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		there bool
	}{{sessionIdle - time.Minute, true}, {sessionIdle - time.Minute, true}, {sessionIdle, false}, {0, false}} {
		now = now.Add(c.after)
		if all.find(secret) != nil != c.there {
			t.Errorf("%v after it was used last: there is %t, want %t", c.after, !c.there, c.there)
		}
	}
}

// What went wrong inside is told to nobody outside.
func TestFailuresTellNothing(t *testing.T) {
	t.Parallel()
	f := statusOf(errors.New("open /srv/store/users.json: permission denied"))
	if told := fmt.Sprint(f.text, f.hint, f.header, f.kind, f.more); f.status != http.StatusInternalServerError || strings.Contains(told, "users.json") || strings.Contains(told, "denied") {
		t.Errorf("%d %s", f.status, told)
	}
}
