package web_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
)

// ask asks a handler, with a cookie.
func ask(h http.Handler, target, cookie string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A server that keeps answers gives those that one that keeps none gives, to readers
// with and without cookies, while versions and corrections come by another handle.
func TestKeptAnswersEqualFresh(t *testing.T) {
	t.Parallel()
	secret := []byte("a secret of the cookies")
	s := newSite(t, func(o *web.Options) { o.Secret, o.Keep = secret, 300_000 })
	other, err := repo.Open(s.store.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	plain, err := web.New(web.Options{Store: other, Base: s.url, Secret: secret, Keep: -1})
	if err != nil {
		t.Fatal(err)
	}
	id := stormID
	targets := []string{"/", "/news/2020/05/1/", "/news/2020/05/1/index.md", "/news/2020/05/1/index.json", "/news/2020/05/1/feed.atom", "/feed.atom", "/feed.json",
		nowPath + ".html", nowPath + ".html?version=2", nowPath + ".html?at=2020-05-01T11:30:00Z", nowPath + ".md", nowPath + ".json", nowPath + ".xml",
		oldPath + ".html", nowPath + "/changes", nowPath + "/changes?kind=figure", nowPath + "/changes?author=Ed", nowPath + "/changes.atom", nowPath + "/diff",
		nowPath + "/diff/1..3.html", nowPath + "/diff/2..3.html?view=side", nowPath + "/diff/2..3.txt", nowPath + "/diff/9..10.html", nowPath + "/blame", nowPath + "/blame.json", nowPath + "/timeline", nowPath + "/nothing",
		"/api/v1/articles?limit=1", "/api/v1/log?kind=figure", "/api/v1/articles/" + id, "/api/v1/articles/" + id + "/versions", "/api/v1/articles/" + id + "/diff",
		"/api/v1/articles/" + id + "/blame", "/api/v1/articles/" + id + "/related", "/api/v1/articles/" + id + "/corrections", "/api/v1/days/2020-05-01", "/api/v1/articles?nonsense=1"}
	random := rand.New(rand.NewPCG(1, 2))
	cookies := []string{"", "", "", ""} // of four readers
	changes, kept, told := 0, 0, 0
	current, seen := 3, make([]int, len(cookies)) // the number of the version now, and that which each reader's cookie names
	for step := range 400 {
		if random.IntN(12) == 0 {
			changes++
			current++
			s.record("storm", "Nine die in storm", fmt.Sprintf("The storm reached the coast.\n\nIt was number %d.\n", step), time.Date(2020, 5, 2, 0, step, 0, 0, time.UTC))
			if step%3 == 0 {
				list := s.versions(id)
				n := len(list)
				if _, err := s.store.Correct(t.Context(), list[n-2], list[n-1], repo.Corrects, fmt.Sprint("correction ", step), repo.Actor{Author: list[0].Author}); err != nil {
					t.Fatal(err)
				}
			}
		}
		target, reader := targets[random.IntN(len(targets))], random.IntN(len(cookies))
		if random.IntN(4) == 0 {
			target = nowPath + ".html" // which tells what changed since the reader's last look
		}
		var header []string
		want := ask(plain, target, cookies[reader])
		if tag := want.Header().Get("ETag"); tag != "" && random.IntN(3) == 0 {
			header = []string{"If-None-Match", tag}
			want = ask(plain, target, cookies[reader], header...)
		}
		got := ask(s.handler, target, cookies[reader], header...)
		if got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
			t.Fatalf("step %d: %s with %q:\n%d %v\n%s\nwithout keeping:\n%d %v\n%s", step, target, cookies[reader], got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
		}
		// Both might forget a reader's last look: what it comes to is known here.
		if old := seen[reader]; target == nowPath+".html" && got.Code == http.StatusOK {
			since := fmt.Sprintf("%s/diff/%d..%d.html", nowPath, old, current)
			if changed := old > 0 && old != current; changed != strings.Contains(got.Body.String(), "Changed since you last looked") || changed && !strings.Contains(got.Body.String(), since) {
				t.Fatalf("step %d: a reader who saw version %d, with version %d current, is shown\n%s", step, old, current, got.Body)
			} else if changed {
				told++
			}
			if set := got.Header().Get("Set-Cookie"); (set == "") != (old == current) {
				t.Fatalf("step %d: a reader who saw version %d, with version %d current, is given the cookie %q", step, old, current, set)
			}
		}
		if set := got.Header().Get("Set-Cookie"); set != "" && reader > 0 { // the first takes no cookies
			cookies[reader], _, _ = strings.Cut(set, ";")
			seen[reader] = current
		}
		if n, bytes := s.handler.KeptAnswers(); n < 0 || bytes > 300_000 {
			t.Fatalf("step %d: %d answers in %d bytes are kept", step, n, bytes)
		} else {
			kept = max(kept, n)
		}
	}
	if changes < 20 || kept < 10 || told < 10 {
		t.Errorf("%d changes, at most %d answers kept, %d readers told of a change: nothing was seen", changes, kept, told)
	}
}

// What is answered to somebody who is known is given to nobody else, and the other way
// round: neither name nor the token of their forms.
func TestKeptAnswersAreNobodys(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada, bo := s.visitor(), s.visitor()
	ada.signIn("ada@example.org")
	bo.signIn("bo@example.org")
	_, page := ada.get("/")
	token := fields(page).Get("form")
	for _, path := range []string{"/", nowPath + ".html", nowPath + "/changes", nowPath + "/diff/1..2.html", nowPath + "/blame", "/news/2020/05/1/"} {
		for range 2 { // kept before one, and the other
			if answer, page := s.get(path, "Accept", "text/html"); strings.Contains(page, "Ada Reporter") || strings.Contains(page, token) || strings.Contains(page, "/logout") ||
				!strings.Contains(page, "Sign in") || answer.Header.Get("ETag") == "" || !strings.Contains(answer.Header.Get("Vary"), "Cookie") {
				t.Errorf("%s to nobody: %v\n%s", path, answer.Header, page)
			}
			if answer, page := ada.get(path); !strings.Contains(page, "Ada Reporter") || !strings.Contains(page, token) || answer.Header.Get("ETag") != "" ||
				!strings.Contains(answer.Header.Get("Cache-Control"), "private") {
				t.Errorf("%s to Ada: %v\n%s", path, answer.Header, page)
			}
			if _, page := bo.get(path); strings.Contains(page, "Ada Reporter") || strings.Contains(page, token) || !strings.Contains(page, "Bo") {
				t.Errorf("%s to Bo:\n%s", path, page)
			}
		}
	}
	// What a browser kept before signing in is not what it is shown afterwards.
	anonymous, _ := s.get("/")
	if answer, page := ada.do("GET", "/", nil, "If-None-Match", anonymous.Header.Get("ETag")); answer.StatusCode != 200 || !strings.Contains(page, "Ada Reporter") {
		t.Errorf("%d after signing in", answer.StatusCode)
	}
}

// Where reading is closed, what was made for a user is kept from everybody else.
func TestKeptAnswersOfAClosedSite(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Closed = true })
	bo := s.visitor()
	bo.signIn("bo@example.org")
	for range 2 {
		if answer, page := bo.get(nowPath + ".html"); answer.StatusCode != 200 || !strings.Contains(page, "Nine die") {
			t.Fatal(answer.StatusCode)
		}
		if answer, page := s.get(nowPath + ".html"); answer.StatusCode != 401 || strings.Contains(page, "Nine die") {
			t.Errorf("nobody is answered %d", answer.StatusCode)
		}
	}
	if n, _ := s.handler.KeptAnswers(); n != 0 {
		t.Errorf("%d answers are kept", n)
	}
}

// A page says what stands beside its versions; a browser that has it is told when that
// changed. The same answer has the same tag, and HEAD the header of GET.
func TestTagsOfPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	paths := []string{nowPath + "/diff/2..3.html", nowPath + ".md", nowPath + "/blame", nowPath + ".html", nowPath + "/changes", "/", "/feed.atom", "/api/v1/articles"}
	tags := map[string]string{}
	for _, path := range paths {
		answer, page := s.get(path)
		tags[path] = answer.Header.Get("ETag")
		if again, _ := s.get(path, "If-None-Match", tags[path]); again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != tags[path] || again.Header.Get("Vary") != answer.Header.Get("Vary") {
			t.Errorf("%s with %s again: %d %v", path, tags[path], again.StatusCode, again.Header)
		}
		head, body := s.send(http.MethodHead, path, "")
		if head.Header.Get("ETag") != tags[path] || head.ContentLength != int64(len(page)) || body != "" || answer.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("HEAD %s: %v, %d bytes of %d", path, head.Header, head.ContentLength, len(page))
		}
	}
	s.record("storm", "Nine die in storm", "The storm left.\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	for _, path := range paths {
		if answer, _ := s.get(path, "If-None-Match", tags[path]); answer.StatusCode != 200 || answer.Header.Get("ETag") == tags[path] {
			t.Errorf("%s has another version beside it and is answered %d", path, answer.StatusCode)
		}
	}
}

// Addresses that somebody makes up fill no memory.
func TestKeptAnswersAreBounded(t *testing.T) {
	t.Parallel()
	const most = 100_000
	s := newSite(t, func(o *web.Options) { o.Keep = most })
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			for i := range 100 {
				ask(s.handler, fmt.Sprintf("%s/changes?kind=%d-%d", nowPath, worker, i), "")
				ask(s.handler, fmt.Sprintf("%s/changes?made-up=%d-%d", nowPath, worker, i), "")
				ask(s.handler, nowPath+".html?at=now", "")
			}
		})
	}
	wait.Wait()
	n, bytes := s.handler.KeptAnswers()
	if n < 5 || bytes > most {
		t.Errorf("%d answers in %d bytes", n, bytes)
	}
	for _, target := range []string{nowPath + "/changes?made-up=1", nowPath + ".html?at=now", nowPath + "/changes?kind=" + strings.Repeat("x", 700)} {
		if ask(s.handler, target, ""); s.handler.Keeps(target) {
			t.Errorf("%.60s is kept", target)
		}
	}
	if target := nowPath + "/changes"; ask(s.handler, target, "").Code != 200 || !s.handler.Keeps(target) {
		t.Errorf("%s is not kept", target)
	}
}
