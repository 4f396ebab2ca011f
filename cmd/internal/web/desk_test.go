package web_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

const secret = "correct horse battery"

// stormID is the id of the article that newSite makes.
var stormID = schema.DeriveID("storm").String()

// newDesk serves a store to which Ada writes and which Bo reads.
func newDesk(t *testing.T, change func(*web.Options)) *site {
	t.Helper()
	return newSite(t, func(o *web.Options) {
		o.Users = accounts.In(o.Store.Dir())
		for _, u := range []accounts.User{{Name: "Ada Reporter", Email: "ada@example.org", Role: accounts.Editor}, {Name: "Bo", Email: "bo@example.org", Role: accounts.Reader}} {
			if err := o.Users.Add(u, secret); err != nil {
				t.Fatal(err)
			}
		}
		if change != nil {
			change(o)
		}
	})
}

// visitor is somebody's, with cookies.
type visitor struct {
	t    testing.TB
	site *site
	http http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s.t, s, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *visitor) do(method, path string, form url.Values, header ...string) (*http.Response, string) {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.site.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(text)
}

func (b *visitor) get(path string) (*http.Response, string) {
	b.t.Helper()
	return b.do("GET", path, nil)
}

// fields reads what a page's form holds, as a browser would send it.
func fields(page string) url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], unescape(m[2]))
	}
	for _, m := range regexp.MustCompile(`<input id="[^"]*" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], unescape(m[2]))
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], strings.ReplaceAll(unescape(m[2]), "\n", "\r\n"))
	}
	for _, m := range regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(page, -1) {
		if chosen := regexp.MustCompile(`<option selected(?: value="([^"]*)")?>([^<]*)`).FindStringSubmatch(m[2]); chosen != nil {
			form.Set(m[1], unescape(chosen[1]+chosen[2]))
		}
	}
	return form
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&amp;", "&").Replace(s)
}

func basic(name, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
}

// signIn signs a browser in.
func (b *visitor) signIn(email string) {
	b.t.Helper()
	_, page := b.get("/login")
	form := fields(page)
	form.Set("email", email)
	form.Set("password", secret)
	if answer, page := b.do("POST", "/login", form); answer.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s can't sign in: %d %s", email, answer.StatusCode, page)
	}
}

func (s *site) versions(id string) []repo.Version {
	s.t.Helper()
	a, err := s.store.Resolve(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := s.store.Changes(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	if answer, _ := ada.get(nowPath + "/edit"); answer.StatusCode != 303 || answer.Header.Get("Location") != "/login?next="+url.QueryEscape(nowPath+"/edit") {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	ada.signIn("ada@example.org")
	// The form as it is says nothing new.
	answer, page := ada.get(nowPath + "/edit")
	if answer.StatusCode != 200 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form := fields(page)
	form.Set("do", "preview")
	if answer, page := ada.do("POST", nowPath+"/edit", form); answer.StatusCode != 200 || !strings.Contains(page, "Nothing: the form says") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form.Set("do", "save")
	if answer, page := ada.do("POST", nowPath+"/edit", form); answer.StatusCode != 422 || !strings.Contains(page, "Nothing was recorded") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form.Set("headline", "Ten die in storm")
	form.Set("sources", "The Agency https://agency.example/storm\r\nhttps://other.example/\r\n")
	form.Set("contexts", "Storms\r\nPunjab, Pakistan\r\n")
	form.Set("note", "the count was wrong")
	form.Set("notice", "correction")
	form.Set("do", "preview")
	if _, page := ada.do("POST", nowPath+"/edit", form); !strings.Contains(page, "<del>Nine</del><ins>Ten</ins>") || len(s.versions(stormID)) != 3 {
		t.Fatalf("the preview: %s", page)
	}
	if _, page := ada.do("POST", nowPath+"/edit?preview=1", form); !strings.Contains(page, "<ins>Ten</ins>") || strings.Contains(page, "<html") {
		t.Fatalf("the preview that a script asks for: %s", page)
	}
	form.Set("do", "save")
	answer, page = ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 303 || answer.Header.Get("Location") != "/news/2020/05/1/ten-die-in-storm.html" {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	list := s.versions(stormID)
	last := list[len(list)-1]
	if len(list) != 4 || last.Author.Name != "Ada Reporter" || last.Author.Email != "ada@example.org" || last.Correction == nil || last.Correction.Text != "the count was wrong" {
		t.Fatalf("%+v", last)
	}
	st, err := s.store.State(t.Context(), last)
	if err != nil || len(st.Sources) != 2 || st.Sources[0].Name != "The Agency" || st.Sources[0].URL != "https://agency.example/storm" || st.Sources[1].Name != "" ||
		len(st.Contexts) != 2 || st.Contexts[1] != "Punjab, Pakistan" || st.Category != "Disasters" {
		t.Fatalf("%+v %v", st, err)
	}
	// An old version, restored by its button.
	_, page = ada.get("/news/2020/05/1/ten-die-in-storm.html?version=1")
	form = url.Values{"form": {fields(page).Get("form")}, "base": {fields(page).Get("base")}, "restore": {"1"}}
	if answer, page := ada.do("POST", "/news/2020/05/1/ten-die-in-storm/edit", form); answer.StatusCode != 303 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	if list := s.versions(stormID); list[len(list)-1].Restores != 1 {
		t.Errorf("%+v", list[len(list)-1])
	}
	if answer, _ := ada.do("POST", "/news/2020/05/1/ten-die-in-storm/edit", form); answer.StatusCode != 409 {
		t.Errorf("restored on top of what nobody saw: %d", answer.StatusCode)
	}
}

func TestNewArticle(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get("/new")
	form := fields(page)
	form.Set("do", "save")
	if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 422 || !strings.Contains(page, `id="headline" name="headline" rows="2" dir="auto" aria-invalid="true"`) {
		t.Fatalf("without a headline: %d %s", answer.StatusCode, page)
	}
	form.Set("headline", "Zoo opens")
	form.Set("body", "At last.\r\n\r\nIt did.")
	form.Set("date", "2026-02-30")
	if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 422 || !strings.Contains(page, "It did.") {
		t.Fatalf("on no day: %d %s", answer.StatusCode, page)
	}
	form.Set("date", "2026-02-03")
	for range 2 { // sent twice, it is one
		if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 303 || answer.Header.Get("Location") != "/news/2026/02/3/zoo-opens.html" {
			t.Fatalf("%d %v %s", answer.StatusCode, answer.Header, page)
		}
	}
	list := s.versions("zoo-opens")
	st, err := s.store.State(t.Context(), list[0])
	if err != nil || len(list) != 1 || st.Body != "At last.\n\nIt did.\n" {
		t.Errorf("%+v %v", st, err)
	}
}

// Two editors of one version: the second sees both sides, and loses nothing.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get(nowPath + "/edit")
	mine := fields(page)
	s.record("storm", "Eleven die in great storm", "The storm reached the coast.\n\nIt was number 2.\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	mine.Set("headline", "Ten die in storm")
	mine.Set("summary", "Something that took me an hour.")
	mine.Set("note", "my reasons")
	for _, do := range []string{"preview", "save"} {
		mine.Set("do", do)
		answer, page := ada.do("POST", nowPath+"/edit", mine)
		if answer.StatusCode != 409 || len(s.versions(stormID)) != 4 {
			t.Fatalf("%s: %d %s", do, answer.StatusCode, page)
		}
		for _, want := range []string{"<del>Nine</del><ins>Eleven</ins>", "<del>Nine</del><ins>Ten</ins>", "Something that took me an hour.", "my reasons", "You both changed: <strong>Headline</strong>", "Eleven die in great storm"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q:\n%s", do, want, page)
			}
		}
		again := fields(page)
		if again.Get("headline") != "Ten die in storm" || again.Get("summary") != "Something that took me an hour." || again.Get("base") == mine.Get("base") {
			t.Errorf("%s: the form: %v", do, again)
		}
		if do == "save" {
			again.Set("do", "save")
			if answer, page := ada.do("POST", nowPath+"/edit", again); answer.StatusCode != 303 {
				t.Fatalf("%d %s", answer.StatusCode, page)
			}
		}
	}
	if list := s.versions(stormID); len(list) != 5 || list[4].Headline != "Ten die in storm" {
		t.Errorf("%d versions", len(list))
	}
}

// A session that ended costs nobody what they typed.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get(nowPath + "/edit")
	form := fields(page)
	form.Set("summary", "An hour's work.")
	form.Set("do", "save")
	if answer, _ := ada.do("POST", "/logout", url.Values{"form": {form.Get("form")}}); answer.StatusCode != 303 {
		t.Fatal(answer.StatusCode)
	}
	answer, page := ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 401 || !strings.Contains(page, "An hour&#39;s work.") || !strings.Contains(page, "Sign in in another tab") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	ada.signIn("ada@example.org")
	answer, page = ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 403 || !strings.Contains(page, "An hour&#39;s work.") || len(s.versions(stormID)) != 3 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	again := fields(page)
	again.Set("do", "save")
	if answer, page := ada.do("POST", nowPath+"/edit", again); answer.StatusCode != 303 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	// A reader may not edit, whatever they send.
	bo := s.visitor()
	bo.signIn("bo@example.org")
	if answer, page := bo.do("POST", nowPath+"/edit", again); answer.StatusCode != 403 || len(s.versions(stormID)) != 4 {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
}

// Nothing that another site can make a browser send writes anything.
func TestForeignForms(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get(nowPath + "/edit")
	good := fields(page)
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
	for _, path := range []string{"/", nowPath + ".html", "/feed.atom", "/feed.json", "/login", nowPath + "/changes.atom", oldPath + ".html", nowPath + "/edit", "/timegate/" + s.url + nowPath + ".html"} {
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
		"/..%2f..%2fetc/passwd", "/static/..%2f..%2fserver.go", "/static/../server.go", "/static/%2e%2e/server.go", "/news/..%2f..%2fusers.json", "/stemma/users.json",
		"/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/git/..%2fstemma%2fusers.json", "/git/stemma/users.json", "/git/config", "/news/2020/05/1/" + strings.Repeat("a", 8000) + ".html",
		"/feed.atom?" + strings.Repeat("kind=figure&", 2000), "/timemap/link/%ff", "/timegate/http://[::1", nowPath + "/diff/%ff..%fe.html",
	} {
		answer, page := b.get(path)
		if answer.StatusCode >= 500 || answer.StatusCode == 200 && strings.Contains(page, "root:") || strings.Contains(page, "argon2id") || strings.Contains(page, "package web") {
			t.Errorf("%.80s: %d %.200s", path, answer.StatusCode, page)
		}
	}
	// What is too long is refused before it is read.
	b.signIn("ada@example.org")
	_, page := b.get(nowPath + "/edit")
	form := fields(page)
	form.Set("body", strings.Repeat("x", 17<<20))
	if answer, _ := b.do("POST", nowPath+"/edit", form); answer.StatusCode != 413 {
		t.Errorf("17 MiB: %d", answer.StatusCode)
	}
	if answer, _ := b.do("POST", "/login", url.Values{"email": {strings.Repeat("x", 1<<20)}}); answer.StatusCode != 413 {
		t.Errorf("a long name: %d", answer.StatusCode)
	}
	// What can't be kept is refused, and kept in the form.
	for _, text := range []string{"a\x00b", "a\xffb"} {
		form := fields(page)
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

// What is read while four editors record is always whole, and every version that was
// acknowledged is there afterwards.
func TestReadWhileWriting(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.Writes = -1 })
	const writers, each = 4, 5
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		reading.Go(func() {
			b := s.visitor()
			for {
				for _, path := range []string{"/", "/feed.atom", nowPath + ".html", nowPath + "/changes", "/news/2020/05/1/"} {
					if answer, _ := b.get(path); answer.StatusCode >= 500 {
						t.Errorf("%s: %d", path, answer.StatusCode)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	wrote := make(chan string, writers*each)
	for i := range writers {
		writing.Go(func() {
			b := s.visitor()
			b.signIn("ada@example.org")
			for j := range each {
				_, page := b.get("/new")
				form := fields(page)
				headline := fmt.Sprintf("Story %c%c", 'a'+i, 'a'+j)
				form.Set("headline", headline)
				form.Set("do", "save")
				answer, page := b.do("POST", "/new", form)
				if answer.StatusCode != 303 {
					t.Errorf("%s: %d %s", headline, answer.StatusCode, page)
					continue
				}
				wrote <- answer.Header.Get("Location")
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(wrote)
	n := 0
	b := s.visitor()
	for path := range wrote {
		n++
		if answer, _ := b.get(path); answer.StatusCode != 200 {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if n != writers*each {
		t.Errorf("%d were recorded", n)
	}
}
