package web_test

import (
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
)

// wire sends bytes as they are and gives what comes back until the server hangs up.
func (s *site) wire(text string) string {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, text) // it may hang up before all is sent
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil && len(b) == 0 {
		return ""
	}
	return string(b)
}

// Requests that two programs might read in two ways are read as the standard says (RFC
// 9112), or refused; none is answered as if the bytes of a body were a request, and none
// makes the server a way to elsewhere.
func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	const host = "Host: evil.example\r\n"
	post := "POST /login HTTP/1.1\r\nConnection: close\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\n"
	const hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for what, c := range map[string]struct {
		text     string
		statuses string // of all answers, in order
	}{
		"a target with a host":         {"GET http://evil.example" + nowPath + ".html HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "200"},
		"another host in the target":   {"GET http://other.example/healthz HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "200"},
		"a way to elsewhere":           {"CONNECT evil.example:443 HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "405"},
		"a way to elsewhere, by path":  {"CONNECT /healthz HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "4.."},
		"the server itself":            {"OPTIONS * HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "200"},
		"a star that is no address":    {"GET * HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "4.."},
		"an echo":                      {"TRACE / HTTP/1.1\r\n" + host + "Cookie: secret\r\nConnection: close\r\n\r\n", "405"},
		"a method of many letters":     {strings.Repeat("A", 5000) + " / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "4.."},
		"no host":                      {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "400"},
		"two hosts":                    {"GET / HTTP/1.1\r\n" + host + "Host: b\r\nConnection: close\r\n\r\n", "400"},
		"a host that is none":          {"GET / HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n", "400"},
		"two lengths":                  {post + "Content-Length: 3\r\nContent-Length: 60\r\n\r\nabc" + hidden, "400"},
		"two lengths in one":           {post + "Content-Length: 3, 60\r\n\r\nabc" + hidden, "400"},
		"a length with a sign":         {post + "Content-Length: +3\r\n\r\nabc" + hidden, "400"},
		"less than nothing":            {post + "Content-Length: -1\r\n\r\n" + hidden, "400"},
		"a length and pieces":          {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "4.."},
		"pieces and a length":          {post + "Transfer-Encoding: chunked\r\nContent-Length: " + fmt.Sprint(len(hidden)+5) + "\r\n\r\n0\r\n\r\n" + hidden, "4.."},
		"an unknown way of pieces":     {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"pieces twice":                 {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "[45].."},
		"pieces and more":              {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden, "[45].."},
		"a blank before the colon":     {post + "Content-Length : 3\r\n\r\nabc" + hidden, "400"},
		"a folded line":                {"GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\nConnection: close\r\n\r\n", "[24].."},
		"a NUL in a value":             {"GET / HTTP/1.1\r\n" + host + "X: a\x00b\r\nConnection: close\r\n\r\n", "400"},
		"a return in a value":          {"GET / HTTP/1.1\r\n" + host + "X: a\rb\r\nConnection: close\r\n\r\n", "400"},
		"a name with a blank":          {"GET / HTTP/1.1\r\n" + host + "X Y: a\r\nConnection: close\r\n\r\n", "400"},
		"a piece of bad length":        {post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", "4.."},
		"a piece with a negative one":  {post + "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", "4.."},
		"a body that GET has":          {"GET /healthz HTTP/1.1\r\n" + host + "Content-Length: " + fmt.Sprint(len(hidden)) + "\r\nConnection: close\r\n\r\n" + hidden, "200"},
		"the beginning of HTTP/2":      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "(505|400)?"},
		"an old version":               {"GET /healthz HTTP/0.9\r\n\r\n", "(505|400)"},
		"a version of the future":      {"GET /healthz HTTP/3.0\r\n" + host + "\r\n", "505"},
		"no request":                   {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 300) + "\r\n\r\n", "400"},
		"a target with a blank":        {"GET /a b HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "400"},
		"a target with a control mark": {"GET /a\x01b HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "400"},
		"a header of a megabyte":       {"GET / HTTP/1.1\r\n" + host + "X: " + strings.Repeat("a", 1<<20+8192) + "\r\nConnection: close\r\n\r\n", "(431)?"}, // it may hang up before all is sent
		"many cookies":                 {"GET /healthz HTTP/1.1\r\n" + host + strings.Repeat("Cookie: a=b; c=d; stemma_session=x\r\n", 2000) + "Connection: close\r\n\r\n", "200"},
		"a cookie that is none":        {"GET / HTTP/1.1\r\n" + host + "Cookie: ;;;=;\x80\xff=\xfe;stemma_session=\"\\\"; seen=.;\r\nConnection: close\r\n\r\n", "200"},
		"a foreign upgrade":            {"GET /healthz HTTP/1.1\r\n" + host + "Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", "200"},
	} {
		answers := s.wire(c.text)
		var statuses []string
		for _, m := range regexp.MustCompile(`(?m)^HTTP/1\.[01] (\d{3})`).FindAllStringSubmatch(answers, -1) {
			statuses = append(statuses, m[1])
		}
		if got := strings.Join(statuses, " "); !regexp.MustCompile("^(" + c.statuses + ")$").MatchString(got) {
			t.Errorf("%s: answered %q, not %s: %.300q", what, got, c.statuses, answers)
		}
		if strings.Contains(answers, "evil.example") || strings.Contains(answers, "other.example") || strings.Contains(answers, "Cookie: secret") {
			t.Errorf("%s: the answer says what was sent: %.2000q", what, answers)
		}
	}
}

// Each answer says what it is, and what a browser may do with it: no browser takes a
// picture or a text for a page, shows a page inside another, or tells elsewhere where it
// was. Beside what is usual also what is refused.
func TestAnswersSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	open := newDesk(t, nil)
	closed := newDesk(t, func(o *web.Options) { o.Closed = true })
	ada := open.visitor()
	ada.signIn("ada@example.org")
	kinds := map[string]string{
		"/": "text/html", "/healthz": "text/plain", "/login": "", "/metrics": "text/plain", "/git": "text/plain", "/nothing": "text/html", "/nothing.svg": "text/html", "/static/style.css": "text/css", "/static/nothing": "text/html", "/static/diff.css": "text/css",
		"/search?q=die": "text/html", "/search?q=%22": "text/html", "/feed.atom": "application/atom+xml", "/feed.json": "application/feed+json", "/news/2020/05/1/index.md": "text/markdown", "/news/2020/05/1/index.xml": "application/xml", "/news/2020/05/1/index.json": "application/json", "/news/2020/05/1/feed.atom": "application/atom+xml",
		nowPath + ".html": "text/html", nowPath + ".md": "text/markdown", nowPath + ".json": "application/json", nowPath + ".xml": "application/xml", nowPath + "/changes": "text/html", nowPath + "/changes.json": "application/json", nowPath + "/changes.atom": "application/atom+xml",
		nowPath + "/diff/1..3.html": "text/html", nowPath + "/diff/1..3.txt": "text/plain", nowPath + "/diff/1..3.json": "application/json", nowPath + "/diff/1..3.svg": "image/svg+xml", nowPath + "/diff/8..9.svg": "text/html", nowPath + "/blame": "text/html", nowPath + "/blame.json": "application/json", nowPath + "/timeline": "text/html", nowPath + "/timeline.svg": "image/svg+xml",
		nowPath + "/edit": "text/html", "/new": "text/html", oldPath + ".html": "", nowPath + "/diff": "", "/timegate/" + nowPath + ".html": "", "/timemap/link/" + nowPath + ".html": "application/link-format", "/timemap/json/" + nowPath + ".html": "application/json", "/timemap/json/none": "text/html",
		"/api/v1/articles": "application/json", "/api/v1/nothing": "application/problem+json", "/api/v1/openapi.json": "application/json", "/api/v1/schemas/state.json": "application/json", "/api/v1/articles/" + stormID: "application/json", "/api/v1/search?q=%22": "application/problem+json", "/api.php?action=query&list=allpages&format=json": "application/json", "/api.php?action=query&format=xml": "application/json", "/api.php?action=nothing": "application/json",
		"/git/info/refs?service=git-upload-pack": "application/x-git-upload-pack-advertisement", "/git/info/refs": "text/html", "/login/oidc": "text/html",
	}
	check := func(what string, answer *http.Response, kind string) {
		t.Helper()
		h := answer.Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none';", "script-src 'self';", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %d under %q, which lacks %s", what, answer.StatusCode, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "data:") || len(h.Values("Content-Security-Policy")) != 1 {
			t.Errorf("%s: under %q", what, h.Values("Content-Security-Policy"))
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Access-Control-Allow-Origin": ""} {
			if h.Get(name) != want {
				t.Errorf("%s: %d with %s: %q", what, answer.StatusCode, name, h.Get(name))
			}
		}
		if cache := h.Get("Cache-Control"); answer.StatusCode >= 400 && answer.StatusCode != 405 && !strings.Contains(cache, "private") && cache != "no-store" && (cache != "no-cache" || !strings.Contains(h.Get("Vary"), "Accept")) {
			t.Errorf("%s: %d may be kept: %q, %q", what, answer.StatusCode, cache, h.Get("Vary"))
		}
		got, params, err := mime.ParseMediaType(h.Get("Content-Type"))
		if kind != "" && (err != nil || got != kind) {
			t.Errorf("%s: %d is %q, not %s", what, answer.StatusCode, h.Get("Content-Type"), kind)
		}
		if strings.HasPrefix(got, "text/") && !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("%s: %q says nothing of its letters", what, h.Get("Content-Type"))
		}
	}
	for path, kind := range kinds {
		for _, method := range []string{"GET", "HEAD"} {
			answer, _ := ada.do(method, path, nil)
			check(method+" "+path, answer, kind)
			answer, _ = closed.send(method, path, "", "Accept", "text/html")
			check("closed, "+method+" "+path, answer, "")
		}
	}
	for _, c := range []struct{ method, path, body string }{{"POST", "/login", "x"}, {"POST", "/new", ""}, {"POST", "/nothing", ""}, {"PUT", "/", ""}, {"DELETE", "/static/style.css", ""}, {"POST", "/api/v1/articles", "{}"}, {"PATCH", "/api/v1/articles", ""}, {"POST", "/git/git-upload-pack", "x"}, {"POST", "/api.php", "a=%zz"}, {"POST", "/logout", strings.Repeat("x", 100_000)}} {
		for _, header := range [][]string{nil, {"Sec-Fetch-Site", "cross-site"}, {"Authorization", "Bearer x"}} {
			answer, _ := open.send(c.method, c.path, c.body, append(header, "Content-Type", "application/x-www-form-urlencoded")...)
			check(fmt.Sprint(c.method, " ", c.path, header), answer, "")
		}
	}
}

// No request writes lines of its own into the log, or moves a terminal's cursor; and
// what must stay secret is not in it.
func TestLogLines(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	s := newDesk(t, func(o *web.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	b := s.visitor()
	requests := 0
	for _, path := range []string{"/%0atime=2020 level=ERROR msg=forged", "/%0d%0aforged", "/%1b[2J%1b]0;forged%07", "/%e2%80%ae%e2%80%a8forged", "/%00%ff%c2%85forged", "/\"forged", "/a=b%20msg=forged", "/news/2020/05/1/%0aforged.html", "/api/v1/%0aforged", "/git/%0aforged", "/timegate/%0aforged", "/static/%0aforged"} {
		b.get(strings.ReplaceAll(path, " ", "%20"))
		requests++
	}
	_, page := b.get("/login")
	form := fields(page)
	form.Set("email", "ada@example.org\nforged\x1b[2J")
	form.Set("password", "forged\n"+secret)
	b.do("POST", "/login", form)
	b.do("GET", "/", nil, "Authorization", "Bearer forged", "X-Forwarded-For", "forged\tforged", "User-Agent", "forged")
	b.get("/search?q=" + url.QueryEscape(secret) + "&token=" + url.QueryEscape(secret))
	s.wire("FORGED\x1b / HTTP/1.1\r\nHost: x\r\n\r\n")
	s.wire("forged=msg / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	requests += 4
	for range 10_000 { // a line comes right after the answer
		if strings.Count(log.String(), "msg=request ") >= requests {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n := strings.Count(log.String(), "msg=request "); n != requests {
		t.Errorf("%d lines of %d requests:\n%s", n, requests, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if !regexp.MustCompile(`^time=\S+ level=(INFO|WARN) msg=("[a-z -]+"|request) [ -~\n]+$`).MatchString(line) {
			t.Errorf("a line of the log: %q", line)
		}
	}
	if said := log.String(); strings.Contains(said, secret) || strings.Contains(said, url.QueryEscape(secret)) || strings.Contains(said, "?") || strings.Contains(said, form.Get("form")) {
		t.Errorf("a secret stands in the log:\n%s", said)
	}
}

// Whatever is asked for, and by whatever method, counts under a name of our own: those
// who ask can't fill the memory of who watches the server.
func TestMetricsAreBounded(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.SignIns, o.Limits.Writes, o.Limits.Searches = -1, -1, -1 })
	series := func() int {
		_, text := s.get("/metrics")
		if strings.Contains(text, "made-up") || strings.Contains(text, "MADEUP") {
			t.Errorf("a label is what somebody sent:\n%s", text)
		}
		return len(samples(t, text))
	}
	round := func(n int) {
		for i := range n {
			made := fmt.Sprintf("made-up-%d", i)
			for _, path := range []string{"/" + made, "/news/2020/05/1/" + made + ".html", nowPath + "/" + made, nowPath + ".html?version=" + made, "/api/v1/" + made, "/api/v1/articles/" + made, "/git/" + made, "/static/" + made, "/timemap/link/" + made, "/search?q=" + made, "/" + made + "/" + made + "/changes", "/login/" + made} {
				s.get(path)
				s.do(fmt.Sprintf("MADEUP%d", i), path, "")
			}
			s.get("/", "Authorization", "Bearer "+made)
			s.get("/", "X-Forwarded-For", made)
		}
	}
	round(3)
	series() // which is a route too
	after := series()
	round(12)
	if now := series(); now > after {
		_, text := s.get("/metrics")
		t.Errorf("%d series after few requests, %d after more of the same:\n%s", after, now, text)
	}
}

// What is no text, or no form, is refused by programs' addresses and by forms; nothing
// of it is recorded.
func TestHostileForms(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.Writes = -1 })
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	ada, form := s.editing()
	before := s.stand()
	const article = "/api/v1/articles"
	for _, c := range []struct{ path, kind, body string }{
		{article, "application/json", "{\"headline\":\"a\xffb\"}"}, {article, "application/json", "\xff\xfe{\x00}\x00"}, {article, "application/json", "{\"head\xffline\":\"a\"}"}, {article, "application/json", `{"headline":"a\u0000b"}`}, {article, "application/json", `{"headline":"a","headline":"b"}`},
		{article, "application/json", `{"headline":["a"]}`}, {article, "application/json", `{"headline":{}}`}, {article, "application/json", "[]"}, {article, "application/json", "null"}, {article, "application/json", ""}, {article, "application/json", `{"headline":"a"}{"headline":"b"}`},
		{article, "application/json", strings.Repeat("[", 100_000)}, {article, "application/json", `{"x":` + strings.Repeat(`{"x":`, 100_000)}, {article, "application/json", `{"headline":"` + strings.Repeat("x", 20<<10) + `"}`}, {article, "application/json", `{"headline":"a","date":"2020-02-30"}`}, {article, "application/json", `{"headline":"a","id":"../../x"}`},
		{article, "application/json", `{"headline":"a","path":"/../../etc/passwd"}`}, {article, "application/json", `{"headline":"a","sources":[{"url":"javascript:alert(1)"}]}`}, {article, "application/json", `{"headline":1e999}`}, {article, "application/json; charset=utf-16", `{"headline":"a"}`}, {article, "text/plain", `{"headline":"a"}`}, {article, "", `{"headline":"a"}`},
		{article, "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=headline\r\n\r\na\r\n--x--\r\n"}, {article + "/" + stormID + "/corrections", "application/json", `{"type":"x","text":"a"}`}, {article + "/" + stormID + "/corrections", "application/json", `{"type":"correction","text":"a","more":1}`},
	} {
		answer, page := s.send("POST", c.path, c.body, "Content-Type", c.kind, "Authorization", "Bearer "+token)
		if answer.StatusCode < 400 || answer.StatusCode >= 500 || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %.80q: %d %.300s", c.path, c.kind, c.body, answer.StatusCode, page)
		}
	}
	boundary := "multipart/form-data; boundary=x"
	for _, path := range []string{"/login", "/new", nowPath + "/edit", nowPath + "/correct", "/logout", "/api.php"} {
		for kind, body := range map[string]string{
			boundary:              "--x\r\nContent-Disposition: form-data; name=form\r\n\r\n" + form.Get("form") + "\r\n--x\r\nContent-Disposition: form-data; name=f; filename=\"../../x\"\r\n\r\n" + strings.Repeat("a", 1<<20) + "\r\n--x--\r\n",
			"multipart/form-data": "--x", "text/plain": "form=" + form.Get("form"), "application/x-www-form-urlencoded; charset=utf-16": "\xfe\xff\x00f", "application/x-www-form-urlencoded": strings.Repeat("a&", 400_000), "%": "x", "": "form=x",
		} {
			r, err := http.NewRequest("POST", s.url+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			answer, err := ada.http.Do(r)
			if err != nil {
				t.Fatalf("%s %s: %v", path, kind, err)
			}
			answer.Body.Close()
			if answer.StatusCode >= 500 || answer.StatusCode < 400 && path != "/api.php" {
				t.Errorf("%s as %q, %.30q: %d", path, kind, body, answer.StatusCode)
			}
		}
	}
	if s.stand() != before {
		t.Error("something was recorded")
	}
}
