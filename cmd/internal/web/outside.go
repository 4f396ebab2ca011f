package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

// Outside says who may sign in through an OpenID Connect provider. The zero value is
// nobody.
type Outside struct {
	Issuer       string // its address, as its tokens name it
	ClientID     string
	ClientSecret string
	Name         string // what the button says; "" is "Sign in with OpenID Connect"
	Allow        []Allowed
}

// Allowed is one address, or all of a domain, that the provider may vouch for. Who is
// also in the file of users has the role that stands there.
type Allowed struct {
	Email  string
	Domain string // what stands behind the @, whole
	Role   accounts.Role
}

// outside signs in those whom an OpenID Connect provider knows.
type outside struct {
	Outside
	name     string // what the button says
	redirect string
	client   *http.Client

	mu       sync.Mutex
	provider *oidc.Provider // nil until the issuer was met
}

// issuerWait is how long the issuer may take for an answer.
const issuerWait = 10 * time.Second

func newOutside(o Outside, base string) (*outside, error) {
	if o.Issuer == "" {
		return nil, nil
	}
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("the issuer %q is none: https:// and a host are wanted", o.Issuer)
	}
	if base == "" {
		return nil, errors.New("signing in by OpenID Connect wants the site's own base address")
	}
	out := &outside{Outside: o, name: o.Name, redirect: base + "/login/oidc/callback", client: &http.Client{Timeout: issuerWait}}
	if out.name == "" {
		out.name = "Sign in with OpenID Connect"
	}
	return out, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// MeetIssuer asks the OpenID Connect issuer for its keys and addresses. It is done
// anyway when somebody signs in; before that, it tells whether the settings are right.
func (s *Server) MeetIssuer(ctx context.Context) error {
	if s.outside == nil {
		return nil
	}
	_, err := s.outside.meet(ctx)
	return err
}

func (o *outside) meet(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider != nil {
		return o.provider, nil
	}
	// The provider fetches keys later on with this context's client: it must not end
	// with the request.
	p, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), o.client), o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("cannot learn about the issuer %s: %w", o.Issuer, err)
	}
	o.provider = p
	return p, nil
}

func (o *outside) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: o.redirect,
		Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}
}

// journey is what a browser keeps while its user is at the provider.
type journey struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // PKCE (RFC 7636)
	Next     string    `json:"next"`
	Until    time.Time `json:"until"`
}

const (
	journeyCookie = "stemma_journey"
	journeyWait   = 15 * time.Minute
)

func (s *Server) signJourney(text string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("journey\x00" + text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// leave sends a browser to the provider.
func (s *Server) leave(w http.ResponseWriter, r *http.Request) error {
	if s.outside == nil {
		return notFound("nothing stands at this address")
	}
	if wait := s.limiter.take("sign-in "+s.client(r), s.limits.SignIns); wait > 0 {
		return tooMany(wait)
	}
	p, err := s.outside.meet(r.Context())
	if err != nil {
		s.log.Error("the OpenID Connect issuer can't be reached", "error", err)
		return &failure{status: http.StatusBadGateway, text: "who should vouch for you can't be reached", hint: "try again later, or sign in with a password"}
	}
	j := journey{State: randomText(24), Nonce: randomText(24), Verifier: oauth2.GenerateVerifier(), Next: ownPath(r.URL.Query().Get("next")), Until: s.now().Add(journeyWait)}
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	text := base64.RawURLEncoding.EncodeToString(b)
	c := s.cookie(journeyCookie, text+"."+s.signJourney(text))
	c.MaxAge = int(journeyWait / time.Second)
	http.SetCookie(w, c)
	w.Header().Set("Cache-Control", "no-store")
	return &seeOther{s.outside.oauth(p).AuthCodeURL(j.State, oidc.Nonce(j.Nonce), oauth2.S256ChallengeOption(j.Verifier))}
}

// journeyOf reads what a browser kept.
func (s *Server) journeyOf(r *http.Request) (j journey, ok bool) {
	text, sum, _ := strings.Cut(s.cookieOf(r, journeyCookie), ".")
	if text == "" || !hmac.Equal([]byte(sum), []byte(s.signJourney(text))) {
		return j, false
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	return j, err == nil && json.Unmarshal(b, &j) == nil && s.now().Before(j.Until)
}

// comeBack takes what the provider says of a user.
func (s *Server) comeBack(w http.ResponseWriter, r *http.Request) error {
	if s.outside == nil {
		return notFound("nothing stands at this address")
	}
	j, ok := s.journeyOf(r)
	s.dropCookie(w, journeyCookie) // it is good for once
	q := r.URL.Query()
	if !ok || !hmac.Equal([]byte(q.Get("state")), []byte(j.State)) {
		return &failure{status: http.StatusForbidden, text: "this sign-in was not begun in this browser, or too long ago", hint: "sign in again"}
	}
	u, err := s.vouchedFor(r.Context(), q.Get("code"), j)
	if err != nil {
		s.log.Warn("a sign-in by OpenID Connect was refused", "client", s.client(r), "error", err)
		return &failure{status: http.StatusForbidden, text: "nobody vouched for you", hint: "sign in again, or ask who runs this server"}
	}
	if u.Role == accounts.Nobody {
		s.log.Warn("a sign-in by OpenID Connect was refused", "client", s.client(r), "user", u.Email, "error", "not allowed here")
		return &failure{status: http.StatusForbidden, text: "you are known, but not allowed here", hint: "ask who runs this server"}
	}
	if err := s.beginSession(w, r, &session{email: u.Email, outside: u}); err != nil {
		return err
	}
	return &seeOther{j.Next}
}

// vouchedFor changes a code for the token of a user, and checks it.
func (s *Server) vouchedFor(ctx context.Context, code string, j journey) (accounts.User, error) {
	var u accounts.User
	o := s.outside
	p, err := o.meet(ctx)
	if err != nil {
		return u, err
	}
	ctx = oidc.ClientContext(ctx, o.client)
	token, err := o.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(j.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) { // its text holds the whole answer
			return u, fmt.Errorf("the code was refused with status %d: %s", refused.Response.StatusCode, refused.ErrorCode)
		}
		return u, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return u, errors.New("there is no id_token")
	}
	id, err := p.VerifierContext(ctx, &oidc.Config{ClientID: o.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return u, err
	}
	if !hmac.Equal([]byte(id.Nonce), []byte(j.Nonce)) {
		return u, errors.New("the token is for another sign-in")
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
	}
	if err := id.Claims(&claims); err != nil {
		return u, err
	}
	if !claims.Verified {
		return u, errors.New("the address is not verified")
	}
	u = accounts.User{Name: strings.TrimSpace(claims.Name), Email: claims.Email, Role: accounts.Reader}
	if u.Check() != nil {
		u.Name = claims.Email
	}
	if err := u.Check(); err != nil {
		return u, err
	}
	u.Role = o.role(u.Email)
	if known, ok, err := s.users.Still(u.Email, accounts.Standing{}); err != nil {
		return u, err
	} else if ok && u.Role == accounts.Nobody {
		u.Role = known.Role
	}
	return u, nil
}

// role is what an address may do; one that is named itself before its domain.
func (o *outside) role(email string) accounts.Role {
	_, domain, _ := strings.Cut(email, "@")
	byDomain := accounts.Nobody
	for _, a := range o.Allow {
		switch {
		case a.Email != "" && strings.EqualFold(a.Email, email):
			return a.Role
		case a.Domain != "" && strings.EqualFold(a.Domain, domain):
			byDomain = max(byDomain, a.Role)
		}
	}
	return byDomain
}
