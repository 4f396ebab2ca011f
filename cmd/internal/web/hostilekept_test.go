package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
)

// Whatever somebody sends beside an address, the answer that is kept for others is the
// one that they would have got: a server that keeps none says which that is.
func TestNobodyPoisonsKeptAnswers(t *testing.T) {
	t.Parallel()
	secret := []byte("a secret of the cookies")
	s := newSite(t, func(o *web.Options) { o.Secret = secret })
	plain, err := web.New(web.Options{Store: s.store, Base: s.url, Secret: secret, Keep: -1})
	if err != nil {
		t.Fatal(err)
	}
	looked := ask(plain, oldPath+".html", "").Header().Get("Location")
	cookie, _, _ := strings.Cut(ask(plain, looked, "").Header().Get("Set-Cookie"), ";")
	if cookie == "" {
		t.Fatal("a reader is not noted")
	}
	s.record("storm", "Nine die in storm", "The storm left.\n", at(14)) // since that look
	type trick struct {
		method, target string // "" are GET and the address itself; the target's %s is the address
		host           string
		header         []string
	}
	const evil = "evil.example"
	tricks := []trick{{method: "HEAD"}, {target: "http://" + evil + "%s"}, {target: "http://" + evil + ":80%s", host: evil}, {host: evil}, {host: evil + `"><script>`}, {host: ""}, {method: "POST"}, {method: "OPTIONS"}}
	for _, header := range []string{"X-Forwarded-Host: " + evil, "X-Forwarded-Proto: gopher", "X-Forwarded-Prefix: /" + evil, "X-Forwarded-For: 6.6.6.6", "Forwarded: host=" + evil + ";proto=gopher", "X-Host: " + evil, "X-Original-URL: /" + evil, "X-Rewrite-URL: /" + evil,
		"X-HTTP-Method-Override: POST", "X-Forwarded-Scheme: gopher", "X-Forwarded-Port: 6666", "Accept: application/json", "Accept: text/html;q=0, */*", "Accept: " + evil, "Accept-Language: fa, ar;q=0.5", "Accept-Encoding: gzip, br", "Accept-Charset: utf-7", "Accept-Datetime: Fri, 01 May 2020 10:30:00 GMT",
		"Range: bytes=0-10", "If-Range: x", "If-Match: x", "If-None-Match: *", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT", "Prefer: return=minimal", "Origin: https://" + evil, "Referer: https://" + evil + "/", "User-Agent: " + evil, "Purpose: prefetch", "Sec-Fetch-Site: cross-site",
		"Cookie: " + cookie, "Cookie: " + cookie + "; seen=x", "Cookie: seen=" + evil, "Cookie: stemma_session=" + evil, "Cookie: stemma_enter=" + strings.Repeat("e", 30), "Content-Type: text/" + evil, "Content-Length: 0", "Connection: close", "Via: 1.1 " + evil, "Git-Protocol: version=2", "TE: trailers", "Transfer-Encoding: identity", "Upgrade: h2c"} {
		name, value, _ := strings.Cut(header, ": ")
		tricks = append(tricks, trick{header: []string{name, value}})
	}
	targets := []string{"/", "/news/2020/05/1/", "/news/2020/05/1/index.md", "/news/2020/05/1/feed.atom", "/feed.atom", "/feed.json", nowPath + ".html", nowPath + ".html?version=2", nowPath + ".md", nowPath + ".json", nowPath + ".xml",
		nowPath + "/changes", nowPath + "/changes.atom", nowPath + "/diff/1..3.html", nowPath + "/diff/2..3.svg", nowPath + "/blame", nowPath + "/timeline.svg", "/api/v1/articles?limit=1", "/api/v1/log", "/api/v1/articles/" + stormID + "/versions"}
	same := func(what, target string) {
		t.Helper()
		want, got := ask(plain, target, ""), ask(s.handler, target, "")
		if got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
			t.Errorf("after %s, %s is\n%d %v\n%.500s\nand should be\n%d %v\n%.500s", what, target, got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
		}
		if all := fmt.Sprint(got.Header(), got.Body); strings.Contains(all, evil) || strings.Contains(all, "gopher") {
			t.Errorf("after %s, %s says what somebody sent", what, target)
		}
	}
	kept := 0
	for i, c := range tricks {
		// A version more and nothing is kept: whoever comes first makes the answer.
		s.record("storm", "Nine die in storm", fmt.Sprintf("The storm left %d times.\n", i), at(15).Add(oneSecond(i)))
		for _, target := range targets {
			method, sent := c.method, target
			if method == "" {
				method = http.MethodGet
			}
			if c.target != "" {
				sent = fmt.Sprintf(c.target, target)
			}
			r := httptest.NewRequest(method, sent, nil)
			if r.Host = c.host; c.host == "" && c.target == "" {
				r.Host = strings.TrimPrefix(s.url, "http://")
			}
			for j := 0; j < len(c.header); j += 2 {
				r.Header.Set(c.header[j], c.header[j+1])
			}
			s.handler.ServeHTTP(httptest.NewRecorder(), r)
			same(fmt.Sprintf("%+v", c), target)
		}
		n, _ := s.handler.KeptAnswers()
		kept = max(kept, n)
	}
	// Addresses that look alike are kept apart.
	for _, target := range []string{nowPath + ".html?version=2&version=1", nowPath + ".html?version=1&version=2", nowPath + ".html?%76ersion=1", nowPath + ".html?version=1;at=now", nowPath + ".html?version=%31", nowPath + ".html?", nowPath + ".html?&", nowPath + ".html?version",
		nowPath + ".html?VERSION=1", nowPath + ".html?version=1%00", nowPath + "/changes?kind=figure&kind=headline", nowPath + "/changes?kind=figure%26at=now", "/feed.atom?category=%ff", "/feed.atom?category=%FF", "/feed.atom?category=Disasters", "/feed.atom?category=disasters", "/?version=2",
		"/news/2020/05/1/?kind=%3Cscript%3E", nowPath + ".html?cursor=" + evil[:4], nowPath + ".html?view=side", nowPath + "/diff/1..3.html?view=side", nowPath + "/diff/1..3.html?view=SIDE", nowPath + "/diff/1..3.html?around=all"} {
		same("nothing", target)
		same("itself", target)
	}
	if kept < len(targets)-1 {
		t.Errorf("%d answers were kept, of %d addresses: nothing was tried", kept, len(targets))
	}
}

// Where an article's name leads is kept by no browser for ever: a headline may be
// restored, and two that lead to each other lead nowhere.
func TestRestoredHeadlineLeads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, _ := s.get(oldPath + ".html")
	s.record("storm", "Two die in storm", "The storm reached the coast.\n", at(14))
	then, _ := s.get(nowPath + ".html")
	for _, answer := range []*http.Response{first, then} {
		if answer.StatusCode != http.StatusMovedPermanently || answer.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%d %v", answer.StatusCode, answer.Header)
		}
	}
	if last, _ := s.get(then.Header.Get("Location")); last.StatusCode != http.StatusOK {
		t.Errorf("%s: %d", then.Header.Get("Location"), last.StatusCode)
	}
}

// at is an hour of the second day of the storm.
func at(hour int) time.Time { return time.Date(2020, 5, 2, hour, 0, 0, 0, time.UTC) }

func oneSecond(n int) time.Duration { return time.Duration(n) * time.Second }
