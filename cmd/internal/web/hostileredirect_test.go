package web_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/schema"
)

// raw sends a request whose target is taken as it is: a client of Go's would mend it.
func (s *site) raw(method, target string, header ...string) *http.Response {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	text := method + " " + target + " HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: text/html\r\nConnection: close\r\n"
	for i := 0; i < len(header); i += 2 {
		text += header[i] + ": " + header[i+1] + "\r\n"
	}
	if _, err := io.WriteString(c, text+"\r\n"); err != nil {
		s.t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		s.t.Fatalf("%s %q: %v", method, target, err)
	}
	answer.Body.Close() // its header is all that is looked at
	return answer
}

// leadsAway says where a browser would go that is led to by an answer to a request for
// a target, if that is off the site; "" where it stays.
func (s *site) leadsAway(target, location string) string {
	for _, r := range location {
		if r <= ' ' || r == 0x7f || r == '\\' { // browsers drop and swap some (URL Standard, section 4.4)
			return fmt.Sprintf("%q holds %q", location, r)
		}
	}
	base, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	at := *base
	if u, err := url.ParseRequestURI(target); err == nil {
		at.Path = u.Path
	}
	to, err := url.Parse(location)
	if err != nil {
		return fmt.Sprintf("%q: %v", location, err)
	}
	if went := at.ResolveReference(to); went.Host != base.Host || went.Scheme != base.Scheme || went.User != nil || strings.HasPrefix(location, "//") {
		return went.String()
	}
	return ""
}

// Whatever address is asked for, by whatever host's name, an answer that leads on leads
// to this site.
func TestRedirectsStay(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, func(o *web.Options) { o.Limits = web.Limits{SignIns: -1, Writes: -1, Searches: -1} })
	// Addresses that there were, made of texts that would lead away.
	for i, headline := range []string{`//evil.example/`, `/\evil.example`, "https://evil.example/", "javascript:alert(1)", `@evil.example`, "%0d%0aX-Evil: 1", "..", "/../../evil.example"} {
		key, at := fmt.Sprint("evil ", i), time.Date(2020, 5, 1, 12, i, 0, 0, time.UTC)
		desk.record(key, headline, "Text.\n", at)
		desk.record(key, fmt.Sprint("Good ", i), "Text.\n", at.Add(time.Hour))
	}
	var targets []string
	for _, list := range desk.versionPaths("evil ", 8) {
		targets = append(targets, list+".html", list, list+"/changes", list+".md", list+"/diff/1..2.html")
	}
	const evil = "/evil.example"
	for _, at := range []string{"", oldPath, oldPath + ".html", nowPath, nowPath + "/diff", "/static", "/git", "/news/2020/05/1", "/login", "/timegate", "/api/v1"} {
		for _, trick := range []string{"/" + evil + "/", `/\evil.example`, `\evil.example`, "/%2F%2Fevil.example", "/%5Cevil.example", "/%5c%5cevil.example/", "//" + evil, "/." + evil, "/..//" + evil, "/%2e%2e/" + evil, "/;@evil.example", "/@evil.example",
			"/%0d%0aX-Evil:%201", "/%0D%0ALocation:%20https:/" + evil, "%0d%0aX-Evil:1", "/%09/evil.example", "/%E3%80%82evil.example", "/http:/" + evil, "/https%3A%2F%2Fevil.example", "?/" + evil, "?next=//evil.example", "?%0d%0aX-Evil:1",
			"?next=https:/" + evil + "&since=2020&at=%0d%0a", "/index.html", "//index.html", "/" + evil + "/..", "/" + evil + "/%2e%2e/index.html", "/javascript:alert(1)", "/\xff\xfe"} {
			targets = append(targets, at+trick)
		}
	}
	targets = append(targets, oldPath, oldPath+".html", oldPath+"/changes", oldPath+"/diff", nowPath+"/diff", nowPath+"/diff?since=2020-05-01", "/timegate/"+nowPath+".html", "http://evil.example/", "http://evil.example"+oldPath+".html", "//evil.example"+oldPath+".html", "*", "/new", nowPath+"/edit?next=//evil.example")
	closed, stop := desk.run(func(o *web.Options) { o.Closed, o.Sessions = true, nil })
	defer stop()
	led, refused := map[*site]int{}, 0
	for _, s := range []*site{desk, closed} {
		for _, target := range targets {
			if strings.HasPrefix(target, `\`) || strings.HasPrefix(target, "%") || strings.HasPrefix(target, "?") {
				target = "/" + target
			}
			for _, method := range []string{"GET", "HEAD", "POST"} {
				answer := s.raw(method, target)
				if answer.Header.Get("X-Evil") != "" || len(answer.Header.Values("Location")) > 1 {
					t.Errorf("%s %q puts a line into the header: %v", method, target, answer.Header)
				}
				location := answer.Header.Get("Location")
				switch code := answer.StatusCode; {
				case code >= 500:
					t.Errorf("%s %q: %d", method, target, code)
				case (code >= 300 && code < 400) != (location != ""):
					t.Errorf("%s %q: %d leads to %q", method, target, code, location)
				case location != "":
					led[s]++
					if away := s.leadsAway(target, location); away != "" {
						t.Errorf("%s %q: %d leads to %s", method, target, code, away)
					}
				default:
					refused++
				}
			}
		}
	}
	if led[desk] < 200 || led[closed] < 600 || refused < 300 {
		t.Errorf("%d and %d answers led on, %d did not: too few were tried", led[desk], led[closed], refused)
	}
	t.Logf("%d addresses, %d and %d answers led on", len(targets), led[desk], led[closed])
}

// versionPaths gives every address that the articles of some keys ever had.
func (s *site) versionPaths(key string, n int) (paths []string) {
	s.t.Helper()
	for i := range n {
		for _, v := range s.versions(schema.DeriveID(fmt.Sprint(key, i)).String()) {
			paths = append(paths, (&url.URL{Path: v.Path}).EscapedPath())
		}
	}
	return paths
}

// Where a form says to go on to another site, signing in, in and out again, leads to
// this one.
func TestNextStays(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.SignIns = -1 })
	for _, next := range []string{"//evil.example/", `/\evil.example`, `\\evil.example`, "https://evil.example/", "https:evil.example", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", " //evil.example", "/%0d%0aX-Evil: 1", "/a\r\nX-Evil: 1",
		"javascript:alert(1)", "//evil.example@" + strings.TrimPrefix(s.url, "http://"), "/%2F%2Fevil.example", "/%5Cevil.example", "/.//evil.example", "/..//evil.example", "///evil.example", "", "?", "#", "/new"} {
		b := s.visitor()
		_, page := b.get("/login?next=" + url.QueryEscape(next))
		form := fields(page)
		stays := func(how string, answer *http.Response) {
			t.Helper()
			to := answer.Header.Get("Location")
			if away := s.leadsAway("/login", to); answer.StatusCode != http.StatusSeeOther || away != "" || answer.Header.Get("X-Evil") != "" || next == "/new" && to != next {
				t.Errorf("next=%q, %s: %d leads to %q, which is %q", next, how, answer.StatusCode, to, away)
			}
		}
		form.Set("email", "ada@example.org")
		form.Set("password", secret)
		if away := s.leadsAway("/login", form.Get("next")); away != "" {
			t.Errorf("next=%q, in the form: %s", next, away)
		}
		form.Set("next", next) // as a form of another site's would
		answer, _ := b.do("POST", "/login", form)
		stays("signing in", answer)
		answer, _ = b.get("/login?next=" + url.QueryEscape(next))
		stays("signed in already", answer)
		_, page = b.get("/")
		answer, _ = b.do("POST", "/logout?next="+url.QueryEscape(next), url.Values{"form": {fields(page).Get("form")}, "next": {next}})
		if answer.Header.Get("Location") != "/" {
			t.Errorf("next=%q, signing out leads to %q", next, answer.Header.Get("Location"))
		}
	}
	// What the API made stands at an address of the site's, not of the Host's.
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("POST", s.url+"/api/v1/articles", strings.NewReader(`{"headline": "//evil.example", "date": "2020-05-02"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusCreated || !strings.HasPrefix(to, s.url+"/api/v1/articles/") {
		t.Errorf("%d %q", answer.StatusCode, to)
	}
}

// Nor does coming back from who vouches for users lead anywhere else.
func TestNextStaysOverIssuer(t *testing.T) {
	t.Parallel()
	desk, provider := newDesk(t, nil), newIssuer(t)
	s, stop := desk.run(func(o *web.Options) {
		o.Outside = web.Outside{Issuer: provider.url, ClientID: "stemma", ClientSecret: "the secret", Allow: []web.Allowed{{Domain: "elsewhere.example", Role: accounts.Editor}}}
	})
	defer stop()
	for _, next := range []string{"//evil.example/", `/\evil.example`, "https://evil.example/", "/\t/evil.example", "/a\r\nX-Evil: 1", "javascript:alert(1)", "/new"} {
		answer, page := s.visitor().backFromIssuer(provider, "bo@elsewhere.example", next)
		if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || s.leadsAway("/login", to) != "" || next == "/new" && to != next {
			t.Errorf("next=%q: %d leads to %q %s", next, answer.StatusCode, to, page)
		}
	}
}
