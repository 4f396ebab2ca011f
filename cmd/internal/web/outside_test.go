package web_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
)

// issuer is a small OpenID Connect provider: it says of everybody what claims hold.
type issuer struct {
	t         *testing.T
	key       *rsa.PrivateKey
	url       string
	claims    map[string]any
	challenge string // of the code it gave last
	mux       *http.ServeMux
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key}
	mux := http.NewServeMux()
	i.mux = mux
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": i.url, "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token", "jwks_uri": i.url + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		id, sent, _ := r.BasicAuth()
		secret, err := url.QueryUnescape(sent) // RFC 6749, section 2.3.1
		if err != nil {
			t.Error(err)
		}
		if r.PostFormValue("code") != "the code" || b64(sum[:]) != i.challenge || id != "stemma" || secret != "the secret" {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": i.sign()})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) sign() string {
	body, err := json.Marshal(i.claims)
	if err != nil {
		i.t.Error(err)
	}
	alg, key := "RS256", i.key
	switch i.claims["forged"] {
	case "none", "HS256":
		alg = i.claims["forged"].(string)
	case "key":
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			i.t.Error(err)
		}
	}
	text := b64([]byte(`{"alg":"`+alg+`","kid":"1"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		i.t.Error(err)
	}
	switch i.claims["forged"] {
	case "none":
		sig = nil
	case "HS256": // with the public key as the secret
		h := hmac.New(sha256.New, i.key.N.Bytes())
		h.Write([]byte(text))
		sig = h.Sum(nil)
	case "claims":
		return strings.Replace(text, "."+b64(body), "."+b64(append([]byte(" "), body...)), 1) + "." + b64(sig)
	}
	return text + "." + b64(sig)
}

func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	var log lockedBuffer
	s := newDesk(t, func(o *web.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
		o.Limits.SignIns = -1
		o.Outside = web.Outside{Issuer: is.url, ClientID: "stemma", ClientSecret: "the secret", Name: "Sign in with the desk's", Allow: []web.Allowed{
			{Domain: "news.example", Role: accounts.Editor}, {Email: "chief@news.example", Role: accounts.Admin}, {Email: "guest@other.example", Role: accounts.Reader}}}
	})
	now := time.Now()
	for what, c := range map[string]struct {
		change func(claims map[string]any, back url.Values)
		status int
		role   string // what the page lets them do
	}{
		"an address of the domain":        {func(m map[string]any, _ url.Values) { m["email"] = "dan@news.example" }, 303, "New article"},
		"a reader":                        {func(m map[string]any, _ url.Values) { m["email"] = "guest@other.example" }, 303, "Sign out"},
		"a user of the file":              {func(m map[string]any, _ url.Values) { m["email"] = "ada@example.org" }, 303, "New article"},
		"nobody's address":                {func(m map[string]any, _ url.Values) { m["email"] = "eve@other.example" }, 403, ""},
		"a domain that only ends like it": {func(m map[string]any, _ url.Values) { m["email"] = "eve@evilnews.example" }, 403, ""},
		"a subdomain":                     {func(m map[string]any, _ url.Values) { m["email"] = "eve@x.news.example" }, 403, ""},
		"an address that isn't verified":  {func(m map[string]any, _ url.Values) { m["email_verified"] = false }, 403, ""},
		"nobody who verified it":          {func(m map[string]any, _ url.Values) { delete(m, "email_verified") }, 403, ""},
		"an address that is a list":       {func(m map[string]any, _ url.Values) { m["email"] = []string{"dan@news.example"} }, 403, ""},
		"two addresses in one":            {func(m map[string]any, _ url.Values) { m["email"] = "eve@evil.example, dan@news.example" }, 403, ""},
		"an address with a name":          {func(m map[string]any, _ url.Values) { m["email"] = "dan <dan@news.example>" }, 403, ""},
		"an address with two marks":       {func(m map[string]any, _ url.Values) { m["email"] = "\"eve@evil.example\"@news.example@evil.example" }, 403, ""},
		"a token of tomorrow":             {func(m map[string]any, _ url.Values) { m["nbf"] = now.Add(24 * time.Hour).Unix() }, 403, ""},
		"no address":                      {func(m map[string]any, _ url.Values) { delete(m, "email") }, 403, ""},
		"an address with a line break":    {func(m map[string]any, _ url.Values) { m["email"] = "dan@news.example\nx" }, 403, ""},
		"another's client":                {func(m map[string]any, _ url.Values) { m["aud"] = "other" }, 403, ""},
		"another issuer":                  {func(m map[string]any, _ url.Values) { m["iss"] = "https://evil.example" }, 403, ""},
		"an old token":                    {func(m map[string]any, _ url.Values) { m["exp"] = now.Add(-time.Hour).Unix() }, 403, ""},
		"a token that nobody signed":      {func(m map[string]any, _ url.Values) { m["forged"] = "none" }, 403, ""},
		"a token of another key":          {func(m map[string]any, _ url.Values) { m["forged"] = "key" }, 403, ""},
		"a token signed by what all know": {func(m map[string]any, _ url.Values) { m["forged"] = "HS256" }, 403, ""},
		"a token that was changed":        {func(m map[string]any, _ url.Values) { m["forged"] = "claims" }, 403, ""},
		"another sign-in's token":         {func(m map[string]any, _ url.Values) { m["nonce"] = "x" }, 403, ""},
		"another state":                   {func(_ map[string]any, q url.Values) { q.Set("state", "x") }, 403, ""},
		"another code":                    {func(_ map[string]any, q url.Values) { q.Set("code", "x") }, 403, ""},
		"who refused":                     {func(_ map[string]any, q url.Values) { q.Del("code"); q.Set("error", "access_denied") }, 403, ""},
		"who says why, at length": {func(_ map[string]any, q url.Values) {
			q.Del("code")
			q.Set("error", "<script>alert(1)</script>")
			q.Set("error_description", "forged\nforged <script>alert(1)</script>")
		}, 403, ""},
	} {
		b := s.visitor()
		answer, page := b.get("/login?next=/new")
		if !strings.Contains(page, "Sign in with the desk&#39;s") {
			t.Fatalf("%d %s", answer.StatusCode, page)
		}
		answer, _ = b.get("/login/oidc?next=" + url.QueryEscape(nowPath+".html"))
		to := mustParse(t, answer.Header.Get("Location"))
		q := to.Query()
		if !strings.HasPrefix(to.String(), is.url+"/authorize?") || q.Get("redirect_uri") != s.url+"/login/oidc/callback" || q.Get("code_challenge_method") != "S256" {
			t.Fatalf("%s: led to %s", what, to)
		}
		is.challenge = q.Get("code_challenge")
		is.claims = map[string]any{"iss": is.url, "aud": "stemma", "sub": "1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": q.Get("nonce"),
			"email": "dan@news.example", "email_verified": true, "name": "Dan <b> Desk"}
		back := url.Values{"state": {q.Get("state")}, "code": {"the code"}}
		c.change(is.claims, back)
		answer, page = b.get("/login/oidc/callback?" + back.Encode())
		if answer.StatusCode != c.status || c.status == 303 && answer.Header.Get("Location") != nowPath+".html" {
			t.Errorf("%s: %d %v %s", what, answer.StatusCode, answer.Header, page)
		}
		if strings.Contains(page, "alert(1)") || strings.Contains(page, "forged") {
			t.Errorf("%s: the page says what came with the address: %s", what, page)
		}
		_, page = b.get("/")
		if strings.Contains(page, "Sign out") != (c.status == 303) || !strings.Contains(page, c.role) {
			t.Errorf("%s: %s", what, page)
		}
		// A second time, or in another browser, it is worth nothing.
		for _, other := range []*visitor{b, s.visitor()} {
			if answer, _ := other.get("/login/oidc/callback?" + back.Encode()); answer.StatusCode != 403 {
				t.Errorf("%s, once more: %d", what, answer.StatusCode)
			}
		}
	}
	// What the way there and back is made of is nowhere to be read afterwards.
	said := log.String()
	for _, no := range []string{"the+code", "the%20code", "the secret", "code=", "state=", is.challenge, is.claims["nonce"].(string), "eyJ", "forged", "<script>"} {
		if strings.Contains(said, no) {
			t.Errorf("%q stands in the log", no)
		}
	}
	if !strings.Contains(said, "path=/login/oidc/callback") || !strings.Contains(said, `msg="a sign-in by OpenID Connect was refused"`) {
		t.Errorf("the log lacks who came back:\n%s", said)
	}
	if _, err := web.New(web.Options{Store: s.store, Base: s.url, Users: accounts.In(s.store.Dir()), Outside: web.Outside{Issuer: "http://login.example"}}); err == nil {
		t.Error("an issuer without https")
	}
}

// Whoever an issuer vouches for writes under the name and the address that it tells; a
// name that git could not keep is the address.
func TestOutsideAuthors(t *testing.T) {
	t.Parallel()
	desk, is := newDesk(t, nil), newIssuer(t)
	s, stop := desk.run(func(o *web.Options) {
		o.Outside = web.Outside{Issuer: is.url, ClientID: "stemma", ClientSecret: "the secret", Allow: []web.Allowed{{Domain: "news.example", Role: accounts.Editor}}}
	})
	defer stop()
	for claimed, want := range map[string]string{"Dan Desk": "Dan Desk", " Dan ": "Dan", "\u963f\u8fbe": "\u963f\u8fbe", "": "dan@news.example", "Dan <b>": "dan@news.example", "Dan\nDesk": "dan@news.example", "\u202eDan": "dan@news.example",
		strings.Repeat("D", 300): "dan@news.example", "<script>alert(1)</script>": "dan@news.example", `"onmouseover="alert(1)`: `"onmouseover="alert(1)`} {
		v := s.visitor()
		back := v.atIssuer(is, "dan@news.example", "/new")
		is.claims["name"] = claimed
		if answer, page := v.get(back); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%q: %d %s", claimed, answer.StatusCode, page)
		}
		_, page := v.get("/new")
		form := fields(page)
		form.Set("headline", "By "+want)
		form.Set("do", "save")
		answer, page := v.do("POST", "/new", form)
		if answer.StatusCode != http.StatusSeeOther || strings.Contains(page, `<script>alert`) {
			t.Fatalf("%q: %d %s", claimed, answer.StatusCode, page)
		}
		list := s.versions(form.Get("id"))
		if got := list[len(list)-1].Author; got.Name != want || got.Email != "dan@news.example" {
			t.Errorf("%q writes as %q <%s>, not as %q", claimed, got.Name, got.Email, want)
		}
	}
}

// While the issuer is away nobody signs in by it, and everything else goes on; when it is
// back, so do they.
func TestIssuerAway(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	away := true
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away {
			http.Error(w, "<script>alert(1)</script>", http.StatusServiceUnavailable)
			return
		}
		is.mux.ServeHTTP(w, r)
	}))
	defer front.Close()
	is.url = front.URL
	s := newDesk(t, func(o *web.Options) {
		o.Outside = web.Outside{Issuer: is.url, ClientID: "stemma", ClientSecret: "the secret", Allow: []web.Allowed{{Domain: "news.example", Role: accounts.Editor}}}
	})
	v := s.visitor()
	if answer, page := v.get("/login/oidc"); answer.StatusCode != http.StatusBadGateway || strings.Contains(page, "alert") || strings.Contains(page, is.url) {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
	v.signIn("ada@example.org")
	away = false
	v = s.visitor()
	v.throughIssuer(is, "dan@news.example")
	if answer, _ := v.get("/new"); answer.StatusCode != http.StatusOK {
		t.Error(answer.StatusCode)
	}
}
