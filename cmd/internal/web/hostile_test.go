package web_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/schema"
)

// Nothing that another site can make a browser send writes anything.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada, good := s.editing()
	good.Set("headline", "Defaced")
	good.Set("do", "save")
	bad := func(form string) url.Values {
		v := url.Values{}
		for key, value := range good {
			v[key] = value
		}
		v.Set("form", form)
		return v
	}
	for what, c := range map[string]struct {
		form   url.Values
		header []string
		status int
	}{
		"another site's page":       {good, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"another host's, same site": {good, []string{"Sec-Fetch-Site", "same-site"}, 403},
		"an old browser's":          {good, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, 403},
		"no origin at all":          {good, []string{"Sec-Fetch-Site", "", "Origin", "null"}, 403},
		"without the form's token":  {bad(""), nil, 403},
		"with another token":        {bad(strings.Repeat("A", 43)), nil, 403},
	} {
		if answer, _ := ada.do("POST", nowPath+"/edit", c.form, c.header...); answer.StatusCode != c.status {
			t.Errorf("%s: %d", what, answer.StatusCode)
		}
	}
	// Each form by itself; and a cookie lets no page write as programs do.
	now := s.versions(stormID)
	for what, c := range map[string]struct {
		path   string
		form   url.Values
		header []string
		status int
	}{
		"a new article":        {"/new", url.Values{"headline": {"Defaced"}, "date": {"2020-05-01"}, "do": {"save"}, "id": {schema.DeriveID("defaced").String()}}, nil, 403},
		"an old version":       {nowPath + "/edit", url.Values{"restore": {"1"}}, nil, 403},
		"a correction":         {nowPath + "/correct", url.Values{"from": {"1"}, "to": {"3"}, "type": {"correction"}, "text": {"Defaced"}}, nil, 403},
		"a program's, by form": {"/api/v1/articles", url.Values{"headline": {"Defaced"}}, nil, 401},
		"a program's":          {"/api/v1/articles", url.Values{}, []string{"Content-Type", "application/json"}, 401},
		"a program's restore":  {"/api/v1/articles/" + stormID + "/restore?version=1", url.Values{}, []string{"Content-Type", "application/json", "If-Match", `"` + now[len(now)-1].Seal.String() + `"`}, 401},
	} {
		for _, token := range []string{"", strings.Repeat("A", 43)} {
			c.form.Set("form", token)
			if answer, page := ada.do("POST", c.path, c.form, c.header...); answer.StatusCode != c.status {
				t.Errorf("%s: %d %s", what, answer.StatusCode, page)
			}
		}
	}
	if c, err := s.store.Corrections(t.Context(), schema.DeriveID("storm")); err != nil || len(c) > 0 {
		t.Errorf("%v %v", c, err)
	}
	if answer, _ := ada.do("POST", "/logout", url.Values{"form": {"x"}}); answer.StatusCode != 403 {
		t.Errorf("signed out by a foreign form: %d", answer.StatusCode)
	}
	if answer, _ := ada.do("GET", nowPath+"/edit?do=save&headline=Defaced&form="+good.Get("form"), nil); answer.StatusCode != 200 {
		t.Error(answer.StatusCode)
	}
	// A sign-in that the browser's own page did not begin.
	eve := s.visitor()
	if answer, _ := eve.do("POST", "/login", url.Values{"email": {"ada@example.org"}, "password": {secret}}); answer.StatusCode != 403 {
		t.Errorf("signed in by a foreign form: %d", answer.StatusCode)
	}
	if list := s.versions(stormID); len(list) != 3 {
		t.Errorf("%d versions", len(list))
	}
	if answer, page := ada.do("POST", nowPath+"/edit", good, "Sec-Fetch-Site", "", "Origin", s.url); answer.StatusCode != 303 {
		t.Errorf("the site's own form: %d %s", answer.StatusCode, page)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(b *visitor) string {
		for _, c := range b.http.Jar.Cookies(at) {
			if c.Name == "stemma_session" {
				return c.Value
			}
		}
		return ""
	}
	// A session that somebody else planted is not the one that is signed in.
	ada := s.visitor()
	ada.http.Jar.SetCookies(at, []*http.Cookie{{Name: "stemma_session", Value: "planted", Path: "/"}})
	ada.signIn("ada@example.org")
	first := cookie(ada)
	if first == "planted" || len(first) < 40 {
		t.Fatalf("the session is %q", first)
	}
	eve := s.visitor()
	eve.http.Jar.SetCookies(at, []*http.Cookie{{Name: "stemma_session", Value: "planted", Path: "/"}})
	if answer, _ := eve.get("/new"); answer.StatusCode != 303 {
		t.Errorf("with the planted session: %d", answer.StatusCode)
	}
	// Signing in again ends what was before, as signing out does.
	if answer, _ := ada.get("/login?next=//evil.example"); answer.Header.Get("Location") != "/" || cookie(ada) != first {
		t.Errorf("%v", answer.Header)
	}
	answer, page := ada.get("/")
	if answer.Header.Get("ETag") != "" || !strings.Contains(answer.Header.Get("Cache-Control"), "private") || !strings.Contains(page, "Ada Reporter") {
		t.Errorf("%v", answer.Header)
	}
	form := url.Values{"form": {fields(page).Get("form")}}
	if answer, _ := ada.do("POST", "/logout", form); answer.StatusCode != 303 || cookie(ada) != "" {
		t.Errorf("%d %q", answer.StatusCode, cookie(ada))
	}
	eve.http.Jar.SetCookies(at, []*http.Cookie{{Name: "stemma_session", Value: first, Path: "/"}})
	if answer, _ := eve.get("/new"); answer.StatusCode != 303 {
		t.Errorf("with a session that was ended: %d", answer.StatusCode)
	}
	// A session of the planter's own, which is good, is over once another signs in with it.
	ada.signIn("ada@example.org")
	planted := cookie(ada)
	bo := s.visitor()
	_, page = bo.get("/login")
	bo.http.Jar.SetCookies(at, []*http.Cookie{{Name: "stemma_session", Value: planted, Path: "/"}})
	form = fields(page)
	form.Set("email", "bo@example.org")
	form.Set("password", secret)
	if answer, _ := bo.do("POST", "/login", form); answer.StatusCode != 303 || cookie(bo) == planted {
		t.Errorf("%d %q", answer.StatusCode, cookie(bo))
	}
	if _, page := bo.get("/"); !strings.Contains(page, ">Bo<") && !strings.Contains(page, "Bo ") {
		t.Error("Bo is not signed in")
	}
	if answer, _ := ada.get("/new"); answer.StatusCode != 303 {
		t.Errorf("with the session that was planted: %d", answer.StatusCode)
	}
	// Who is removed is out, wherever they are signed in; so is who got a new password.
	users := accounts.In(s.store.Dir())
	for email, end := range map[string]func() error{
		"ada@example.org": func() error { return users.SetPassword("ada@example.org", "something else now") },
		"bo@example.org":  func() error { return users.Remove("bo@example.org") },
	} {
		b := s.visitor()
		b.signIn(email)
		if _, page := b.get("/"); !strings.Contains(page, "Sign out") {
			t.Errorf("%s is not signed in", email)
		}
		if err := end(); err != nil {
			t.Fatal(err)
		}
		if answer, page := b.get("/"); answer.StatusCode != 200 || strings.Contains(page, "Sign out") {
			t.Errorf("%s is still signed in", email)
		}
	}
}

// Where readers know the site by https, its cookies are for https alone.
func TestHTTPSCookies(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Base = "https://news.example" })
	answer, page := s.visitor().get("/login")
	c := answer.Header.Get("Set-Cookie")
	for _, want := range []string{"__Host-stemma_enter=", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
		if !strings.Contains(c, want) {
			t.Errorf("the cookie %q lacks %s", c, want)
		}
	}
	if strings.Contains(c, "Domain") || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%v", answer.Header)
	}
	// The cookies of the test's browser don't come back over http: it is told by hand.
	name, _, _ := strings.Cut(c, ";")
	form := fields(page)
	form.Set("email", "ada@example.org")
	form.Set("password", secret)
	form.Set("next", "https://evil.example/")
	answer, _ = s.visitor().do("POST", "/login", form, "Cookie", name, "Sec-Fetch-Site", "", "Origin", "https://news.example")
	if got := answer.Header.Values("Set-Cookie"); answer.StatusCode != 303 || answer.Header.Get("Location") != "/" || !strings.HasPrefix(got[0], "__Host-stemma_session=") || !strings.Contains(got[0], "Secure") {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}

// An answer doesn't tell whether an address is a user's.
func TestNoEnumeration(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	b := s.visitor()
	answers := map[string]string{}
	for _, email := range []string{"ada@example.org", "eve@example.org"} {
		_, page := b.get("/login")
		form := fields(page)
		form.Set("email", email)
		form.Set("password", "wrong password")
		answer, page := b.do("POST", "/login", form)
		answers[email] = fmt.Sprint(answer.StatusCode, strings.ReplaceAll(page, email, "EMAIL"))
	}
	if answers["ada@example.org"] != answers["eve@example.org"] || !strings.HasPrefix(answers["eve@example.org"], "422") {
		t.Errorf("%s", answers)
	}
}

func TestSignInIsLimited(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.SignIns = 3; o.Limits.Writes = 2 })
	b := s.visitor()
	for i := range 5 {
		_, page := b.get("/login")
		form := fields(page)
		form.Set("email", "ada@example.org")
		form.Set("password", "guess")
		answer, _ := b.do("POST", "/login", form)
		if want := map[bool]int{true: 422, false: 429}[i < 3]; answer.StatusCode != want || (want == 429) != (answer.Header.Get("Retry-After") != "") {
			t.Errorf("guess %d: %d", i, answer.StatusCode)
		}
	}
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		answer, _ := b.do("POST", "/new", url.Values{"headline": {"x"}}, "Authorization", "Bearer "+token)
		if (answer.StatusCode == 429) != (i >= 2) {
			t.Errorf("write %d: %d", i, answer.StatusCode)
		}
	}
	for i := range 4 {
		answer, _ := b.do("GET", "/", nil, "Authorization", "Bearer stemma_wrong")
		if want := map[bool]int{true: 401, false: 429}[i < 3]; answer.StatusCode != want {
			t.Errorf("token %d: %d", i, answer.StatusCode)
		}
	}
}

// Where reading is closed, everything is but what signing in needs.
func TestClosed(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Closed = true })
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "bo@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	b := s.visitor()
	for path, status := range map[string]int{
		"/": 303, nowPath + ".html": 303, "/news/2020/05/1/": 303, "/nothing": 303, "/timemap/link/" + s.url + nowPath + ".html": 303,
		"/git/info/refs?service=git-upload-pack": 401, "/api/v1/articles": 401, "/healthz": 200, "/login": 200, "/static/style.css": 200,
	} {
		if answer, page := b.get(path); answer.StatusCode != status || strings.Contains(page, "storm") {
			t.Errorf("%s: %d, want %d", path, answer.StatusCode, status)
		}
	}
	for _, header := range []string{"Bearer " + token, "Basic " + basic("anything", token)} {
		if answer, page := b.do("GET", "/feed.atom", nil, "Accept", "*/*", "Authorization", header); answer.StatusCode != 200 || !strings.Contains(page, "storm") {
			t.Errorf("with %q: %d", header, answer.StatusCode)
		}
	}
	for _, header := range []string{"Bearer x", "Basic " + basic("bo@example.org", secret), "Basic !", "Digest x", "Bearer"} {
		if answer, _ := b.do("GET", "/feed.atom", nil, "Accept", "*/*", "Authorization", header); answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("with %q: %d", header, answer.StatusCode)
		}
	}
	b.signIn("bo@example.org")
	if answer, page := b.get("/"); answer.StatusCode != 200 || !strings.Contains(page, "storm") {
		t.Errorf("%d", answer.StatusCode)
	}
	if answer, _ := b.get("/new"); answer.StatusCode != 403 {
		t.Errorf("a reader writes: %d", answer.StatusCode)
	}
}

// Tricks with hosts, paths, encodings and sizes.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	for _, path := range []string{"/", nowPath + ".html", "/feed.atom", "/feed.json", "/login", nowPath + "/changes.atom", oldPath + ".html", nowPath + "/edit", "/timegate/" + s.url + nowPath + ".html",
		"/timemap/link/" + s.url + nowPath + ".html", "/timemap/json/" + s.url + nowPath + ".html", "/api/v1/log?limit=1", "/api/v1/search?q=die&limit=1", "/git", "/api.php?action=none&format=json", "/search?q=die", nowPath + "/changes", "/nothing"} {
		r, err := http.NewRequest("GET", s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		r.Header.Set("X-Forwarded-Proto", "gopher")
		r.Header.Set("Accept", "text/html")
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if all := fmt.Sprint(answer.Header, string(text)); err != nil || answer.StatusCode >= 500 || strings.Contains(all, "evil.example") || strings.Contains(all, "gopher:") {
			t.Errorf("%s: %d says the host that the client sent", path, answer.StatusCode)
		}
	}
	b := s.visitor()
	for _, path := range []string{
		"/%ff%fe", "/news/%c3%28.html", "/search?q=%ff", nowPath + ".html?at=%ff", nowPath + ".html?version=%ff", "/login?next=%ff", "/news/2020/05/1/%00.html",
		"/..%2f..%2fetc/passwd", "/static/..%2f..%2fserver.go", "/static/%ff", "/static/%00", "/static/%5c..%5cserver.go", "/static/C:%5cx", "/static/../server.go", "/static/%2e%2e/server.go", "/news/..%2f..%2fusers.json", "/stemma/users.json",
		"/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/git/..%2fstemma%2fusers.json", "/git/stemma/users.json", "/git/config", "/news/2020/05/1/" + strings.Repeat("a", 8000) + ".html",
		"/feed.atom?" + strings.Repeat("kind=figure&", 2000), "/timemap/link/%ff", "/timegate/http://[::1", nowPath + "/diff/%ff..%fe.html",
		"/search?q=storm%ff", "/search?when=1&q=storm%ff", "/search?q=storm&author=%ff", "/search?q=storm&category=%ff%00", "/feed.atom?category=%ff", "/feed.json?category=%ff", "/feed.atom?author=%ff%00", "/feed.json?q=storm&x=%ff", "/feed.atom?q=storm%ff", "/feed.atom?context=%ff&q=storm",
		"/api.php?action=query&titles=%ff&format=json", "/api.php?action=query&titles=%00&format=xml", "/api.php?action=%ff", "/api.php?action=query&prop=revisions&revids=%ff&format=json", "/api/v1/articles/%ff", "/api/v1/search?q=%ff", "/api/v1/%ff", "/api/v1/articles?category=%ff", "/api/v1/log?%ff=1", "/api/v1/days/%ff",
		"/metrics?%ff", "/timemap/json/%ff", nowPath + "/changes?kind=%ff&author=%ff", nowPath + "/blame?version=%ff", nowPath + "/changes?%ff=%fe&since=%ff", nowPath + ".json?%ff", "/git/%ff", "/git/info/refs?service=%ff", "/news/2020/05/1/?at=%ff", "/news/%ff/05/1/", "/feed.atom?article=%ff",
	} {
		answer, page := b.get(path)
		if answer.StatusCode >= 500 || answer.StatusCode == 200 && strings.Contains(page, "root:") || strings.Contains(page, "argon2id") || strings.Contains(page, "package web") {
			t.Errorf("%.80s: %d %.200s", path, answer.StatusCode, page)
		}
		_, plain := b.do("GET", path, nil, "Accept", "*/*")
		if page += plain; !utf8.ValidString(page) || strings.ContainsRune(page, 0) {
			t.Errorf("%.80s: the answer is no UTF-8 text: %q", path, page[max(0, strings.IndexFunc(page, func(r rune) bool { return r == utf8.RuneError || r == 0 })-60):])
		}
		for name, values := range answer.Header {
			if !utf8.ValidString(strings.Join(values, "")) {
				t.Errorf("%.80s: %s is no UTF-8 text: %q", path, name, values)
			}
		}
	}
}

// What is too long is refused before it is read, and what can't be read or kept at all.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	b, shown := s.editing()
	form := maps.Clone(shown)
	form.Set("body", strings.Repeat("x", 17<<20))
	if answer, _ := b.do("POST", nowPath+"/edit", form); answer.StatusCode != 413 {
		t.Errorf("17 MiB: %d", answer.StatusCode)
	}
	if answer, _ := b.do("POST", "/login", url.Values{"email": {strings.Repeat("x", 1<<20)}}); answer.StatusCode != 413 {
		t.Errorf("a long name: %d", answer.StatusCode)
	}
	token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: "ada@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ path, kind, body string }{
		"a new article":      {"/new", "application/x-www-form-urlencoded", "body=" + strings.Repeat("x", 17<<20)},
		"a correction":       {nowPath + "/correct", "application/x-www-form-urlencoded", "text=" + strings.Repeat("x", 65<<10)},
		"signing out":        {"/logout", "application/x-www-form-urlencoded", "form=" + strings.Repeat("x", 65<<10)},
		"an article of JSON": {"/api/v1/articles", "application/json", `{"headline":"` + strings.Repeat("x", 9<<20) + `"}`},
		"a clone":            {"/git/git-upload-pack", "application/x-git-upload-pack-request", strings.Repeat("x", 11<<20)},
	} {
		r := httptest.NewRequest("POST", c.path, strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if s.handler.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.300s", what, w.Code, w.Body)
		}
	}
	for _, path := range []string{"/search?q=", "/search?when=1&q=", "/api/v1/search?q=", "/api/v1/when?q="} {
		_, page := b.get(path + strings.Repeat("x", 513))
		if !strings.Contains(page, "longer than 512 bytes") {
			t.Errorf("%s is looked for: %.300s", path, page)
		}
	}
	if answer, _ := b.do("POST", "/api.php", url.Values{"action": {"query"}, "titles": {strings.Repeat("x", 2<<20)}}); answer.StatusCode != 413 {
		t.Errorf("a long question: %d", answer.StatusCode)
	}
	// What can't be kept is refused, and kept in the form.
	for _, text := range []string{"a\x00b", "a\xffb"} {
		form := maps.Clone(shown)
		form.Set("do", "save")
		form.Set("headline", text)
		if answer, _ := b.do("POST", nowPath+"/edit", form); answer.StatusCode != 422 {
			t.Errorf("%q: %d", text, answer.StatusCode)
		}
	}
	for _, body := range []string{"a=%zz", "%", "a;b", ""} {
		r, err := http.NewRequest("POST", s.url+"/login", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := b.http.Do(r)
		if err != nil || answer.StatusCode < 400 || answer.StatusCode >= 500 {
			t.Errorf("%q: %v %v", body, answer, err)
		}
		if err == nil {
			answer.Body.Close()
		}
	}
}
