package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
)

// run serves the store of a site as another process would, until stop.
func (s *site) run(change func(*web.Options)) (again *site, stop func()) {
	s.t.Helper()
	kept, err := accounts.OpenSessions(s.store.Dir())
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	again = &site{t: s.t, store: s.store, url: "http://" + server.Listener.Addr().String()}
	opt := web.Options{Store: s.store, Base: again.url, Users: accounts.In(s.store.Dir()), Sessions: kept, Limits: web.Limits{SignIns: -1}}
	if change != nil {
		change(&opt)
	}
	handler, err := web.New(opt)
	if err != nil {
		s.t.Fatal(err)
	}
	server.Config.Handler, again.handler = handler, handler
	server.Start()
	return again, func() {
		server.Close()
		if err := kept.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// Who is signed in stays so when the server is started anew, with the same forms; who
// signed out, or whose account changed meanwhile, doesn't come back by it.
func TestSessionsOverRestarts(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, nil)
	users := accounts.In(desk.store.Dir())
	names := []string{"stays", "leaves", "password", "removed", "reader"}
	visitors := map[string]*visitor{}
	one, stop := desk.run(nil)
	for _, name := range names {
		if err := users.Add(accounts.User{Name: name, Email: name + "@example.org", Role: accounts.Editor}, secret); err != nil {
			t.Fatal(err)
		}
		visitors[name] = one.visitor()
		visitors[name].signIn(name + "@example.org")
	}
	_, page := visitors["stays"].get(nowPath + "/edit")
	form := fields(page)
	form.Set("headline", "Ten die in storm")
	form.Set("do", "save")
	_, page = visitors["leaves"].get("/")
	left := visitors["leaves"].http.Jar.Cookies(mustParse(t, one.url))
	if answer, _ := visitors["leaves"].do("POST", "/logout", url.Values{"form": {fields(page).Get("form")}}); answer.StatusCode != http.StatusSeeOther {
		t.Fatal(answer.StatusCode)
	}
	stop()
	// What lies there lets nobody in.
	b, err := os.ReadFile(filepath.Join(desk.store.Dir(), "stemma", "sessions.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range visitors {
		for _, c := range v.http.Jar.Cookies(mustParse(t, one.url)) {
			if strings.Contains(string(b), c.Value) {
				t.Errorf("the file holds the cookie %s=%s", c.Name, c.Value)
			}
		}
	}
	for what, err := range map[string]error{
		"password": users.SetPassword("password@example.org", "something else now"), "removed": users.Remove("removed@example.org"), "role": users.SetRole("reader@example.org", accounts.Reader),
	} {
		if err != nil {
			t.Fatal(what, err)
		}
	}
	two, stop := desk.run(nil)
	visitors["leaves"].http.Jar.SetCookies(mustParse(t, two.url), left)
	check := func(s *site) {
		t.Helper()
		for name, want := range map[string]int{"stays": 200, "leaves": 303, "password": 303, "removed": 303, "reader": 403} {
			visitors[name].site = s
			if answer, _ := visitors[name].get("/new"); answer.StatusCode != want {
				t.Errorf("%s: %d, want %d", name, answer.StatusCode, want)
			}
		}
	}
	check(two)
	// A form that was open meanwhile is good, and another's is not.
	if answer, page := visitors["reader"].do("POST", "/logout", url.Values{"form": {form.Get("form")}}); answer.StatusCode != http.StatusForbidden {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
	if answer, page := visitors["stays"].do("POST", nowPath+"/edit", form); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
	// An address that is somebody's again is not theirs who had it.
	if err := users.Add(accounts.User{Name: "Another", Email: "removed@example.org", Role: accounts.Admin}, "another password"); err != nil {
		t.Fatal(err)
	}
	check(two)
	stop()
	three, stop := desk.run(nil)
	defer stop()
	check(three)
}

// Where somebody else vouches for users, the config as it is now says what they may do.
func TestOutsideSessionsOverRestarts(t *testing.T) {
	t.Parallel()
	desk := newDesk(t, nil)
	provider := newIssuer(t)
	allow := func(allowed ...web.Allowed) func(*web.Options) {
		return func(o *web.Options) {
			o.Outside = web.Outside{Issuer: provider.url, ClientID: "stemma", ClientSecret: "the secret", Allow: allowed}
		}
	}
	editor := web.Allowed{Domain: "elsewhere.example", Role: accounts.Editor}
	one, stop := desk.run(allow(editor))
	v := one.visitor()
	v.throughIssuer(provider, "bo@elsewhere.example")
	if answer, _ := v.get("/new"); answer.StatusCode != 200 {
		t.Fatal(answer.StatusCode)
	}
	stop()
	for _, c := range []struct {
		change func(*web.Options)
		want   int
	}{
		{allow(editor), 200},
		{allow(editor, web.Allowed{Email: "bo@elsewhere.example", Role: accounts.Reader}), 403},
		{allow(web.Allowed{Domain: "other.example", Role: accounts.Editor}), 303},
		{allow(editor), 303}, // what was ended stays so
	} {
		next, stop := desk.run(c.change)
		v.site = next
		if answer, _ := v.get("/new"); answer.StatusCode != c.want {
			t.Errorf("%d, want %d", answer.StatusCode, c.want)
		}
		stop()
	}
}

// throughIssuer signs a browser in by who vouches for an address.
func (b *visitor) throughIssuer(is *issuer, email string) {
	b.t.Helper()
	if answer, page := b.backFromIssuer(is, email, "/"); answer.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s can't sign in: %d %s", email, answer.StatusCode, page)
	}
}

// backFromIssuer goes to who vouches for an address, and comes back to go on to next.
func (b *visitor) backFromIssuer(is *issuer, email, next string) (*http.Response, string) {
	b.t.Helper()
	return b.get(b.atIssuer(is, email, next))
}

// atIssuer goes to who vouches for an address, and gives where they lead back to.
func (b *visitor) atIssuer(is *issuer, email, next string) (back string) {
	b.t.Helper()
	answer, _ := b.get("/login/oidc?next=" + url.QueryEscape(next))
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	q, now := to.Query(), time.Now()
	is.challenge = q.Get("code_challenge")
	is.claims = map[string]any{"iss": is.url, "aud": "stemma", "sub": "1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": q.Get("nonce"), "email": email, "email_verified": true, "name": "Bo"}
	return "/login/oidc/callback?" + url.Values{"state": {q.Get("state")}, "code": {"the code"}}.Encode()
}

// What a browser keeps of its way to who vouches for users is the server's own word,
// and is good for a while: nobody is signed in by a way that another site made up.
func TestJourneys(t *testing.T) {
	t.Parallel()
	desk, provider := newDesk(t, nil), newIssuer(t)
	var later atomic.Int64
	s, stop := desk.run(func(o *web.Options) {
		o.Outside = web.Outside{Issuer: provider.url, ClientID: "stemma", ClientSecret: "the secret", Allow: []web.Allowed{{Domain: "elsewhere.example", Role: accounts.Editor}}}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	defer stop()
	at := mustParse(t, s.url)
	at.Path = "/login/oidc/callback"
	for what, c := range map[string]struct {
		change func(kept string) string
		later  time.Duration
		status int
	}{
		"as it was":        {func(kept string) string { return kept }, 0, 303},
		"signed by nobody": {func(kept string) string { text, _, _ := strings.Cut(kept, "."); return text + "." }, 0, 403},
		"signed by another": {func(kept string) string {
			text, _, _ := strings.Cut(kept, ".")
			return text + "." + strings.Repeat("A", 43)
		}, 0, 403},
		"after a quarter":      {func(kept string) string { return kept }, 16 * time.Minute, 403},
		"another's, unchanged": {func(string) string { return "" }, 0, 403},
	} {
		later.Store(0)
		v := s.visitor()
		back := v.atIssuer(provider, "bo@elsewhere.example", "/")
		found := false
		for _, k := range v.http.Jar.Cookies(at) {
			if k.Name == "stemma_journey" {
				found = true
				v.http.Jar.SetCookies(at, []*http.Cookie{{Name: k.Name, Value: c.change(k.Value), Path: "/"}})
			}
		}
		later.Store(int64(c.later))
		if answer, page := v.get(back); !found || answer.StatusCode != c.status {
			t.Errorf("%s: %d, want %d: %s", what, answer.StatusCode, c.status, page)
		}
	}
}
