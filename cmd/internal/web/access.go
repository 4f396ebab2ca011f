package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/repo"
)

// visit is what the server knows of a request beside the request itself.
type visit struct {
	user    accounts.User
	known   bool          // somebody is signed in, or sent a token
	session *session      // nil where a token was sent, or nobody is known
	story   *story        // the article that the answer is about; nil where it is about none
	shows   *repo.Version // the version that a reader is noted to have seen; nil where none is
	rests   rests         // what the answer rests on, where it may be kept; else nil
}

type visitKey struct{}

// visitOf gives the visit that a request is.
func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// withVisit is a request whose visit is v.
func withVisit(r *http.Request, v *visit) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// userOf gives who makes a request; ok is false where nobody is signed in and no
// token was sent.
func userOf(r *http.Request) (u accounts.User, ok bool) {
	v := visitOf(r)
	return v.user, v.known
}

// need lets a request through to h where its user has the role, or one above it.
// Somebody who reads a page is led to /login and back; a program is answered 401. A
// user whose role does not suffice is answered 403.
func (s *Server) need(role accounts.Role, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.lacks(w, r, role); err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "private, no-cache")
		return h(w, r)
	}
}

// lacks says what a request lacks to be one of a user with a role; nil where it lacks
// nothing.
func (s *Server) lacks(w http.ResponseWriter, r *http.Request, role accounts.Role) error {
	u, ok := userOf(r)
	switch {
	case ok && u.Role >= role:
		return nil
	case ok:
		return &failure{status: http.StatusForbidden, text: "your role does not allow this",
			hint: "you are " + roleWithArticle(u.Role) + "; this wants " + roleWithArticle(role)}
	case forProgram(r):
		challenge(w)
		return &failure{status: http.StatusUnauthorized, text: "this wants a user", hint: "send a token: Authorization: Bearer TOKEN"}
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return errSignedOut
	}
	return &seeOther{"/login?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()}
}

// errSignedOut is a form that comes from nobody.
var errSignedOut = &failure{status: http.StatusUnauthorized, text: "you are not signed in, or not any more", hint: "sign in, then send the form again"}

// seeOther leads elsewhere: on this site, or to who vouches for users.
type seeOther struct{ to string }

func (e *seeOther) Error() string { return "see " + e.to }

func roleWithArticle(r accounts.Role) string {
	if r == accounts.Reader {
		return "a reader"
	}
	return "an " + r.String()
}

// challenge names the ways in which a program says who it is (RFC 6750, RFC 7617):
// git and feed readers know only the second, with a token as the password.
func challenge(w http.ResponseWriter) {
	w.Header().Add("WWW-Authenticate", `Bearer realm="stemma"`)
	w.Header().Add("WWW-Authenticate", `Basic realm="stemma", charset="UTF-8"`)
}

// forProgram reports whether a request comes from a program rather than from a
// browser that shows a page: its address is one for programs, or it doesn't ask for
// HTML.
func forProgram(r *http.Request) bool {
	return ofPrograms(r.URL.Path) || !strings.Contains(r.Header.Get("Accept"), "text/html")
}

// ofPrograms reports whether an address is for programs alone.
func ofPrograms(path string) bool {
	for _, prefix := range []string{"/api/", "/api.php", "/git/", "/metrics"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return path == "/git"
}

// admit finds out who makes a request and says why it must not be answered, if so: it
// was made by another site's page, by nobody where reading is closed, or comes too
// often. Nothing before it looks at what a request asks for.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) error {
	if err := s.crossOrigin.Check(r); err != nil {
		return &failure{status: http.StatusForbidden, text: "a page of another site sent this", hint: "only pages of this site may: open it here and try again"}
	}
	if err := s.identify(r); err != nil {
		challenge(w)
		return err
	}
	if s.closed && !beforeSigningIn(r.URL.Path) {
		if err := s.lacks(w, r, accounts.Reader); err != nil {
			return err
		}
	}
	return s.slowDown(w, r)
}

// beforeSigningIn reports whether an address must be there for those who are not
// signed in yet, whatever is closed to them.
func beforeSigningIn(path string) bool {
	return path == "/login" || path == "/logout" || path == "/healthz" ||
		strings.HasPrefix(path, "/login/") || strings.HasPrefix(path, "/static/")
}

// identify finds who makes a request: by a token, else by the session that a cookie
// names. A cookie says nothing where a program writes: it is sent without asking, by
// whatever page makes the request.
func (s *Server) identify(r *http.Request) error {
	v := visitOf(r)
	if secret, ok := tokenOf(r); ok {
		if s.users == nil {
			return errBadToken
		}
		u, err := s.users.ByToken(secret, s.now())
		if errors.Is(err, accounts.ErrRefused) {
			return s.badToken(r)
		}
		v.user, v.known = u, err == nil
		return err
	}
	if ofPrograms(r.URL.Path) && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	u, sess, err := s.signedIn(r)
	v.user, v.session, v.known = u, sess, sess != nil
	return err
}

var errBadToken = &failure{status: http.StatusUnauthorized, text: "the token is none that is known here, or none any more"}

// badToken answers a wrong token, as often as one may sign in wrongly.
func (s *Server) badToken(r *http.Request) error {
	if wait := s.limiter.take("token "+s.client(r), s.limits.SignIns); wait > 0 {
		return tooMany(wait)
	}
	return errBadToken
}

// tokenOf gives the token that a request sends: as a bearer's, or as the password of
// programs that know names and passwords alone.
func tokenOf(r *http.Request) (secret string, ok bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	if _, password, ok := r.BasicAuth(); ok {
		return password, true
	}
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(secret), true
}

// client names the machine that a request comes from, for limits and logs: of IPv6 the
// /64 that one household has. What a proxy says of it counts only where the server
// stands behind one, and then its last word: the others are the client's own.
func (s *Server) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.trustProxy {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if last := strings.TrimSpace(hops[len(hops)-1]); last != "" {
			host = last
		}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
