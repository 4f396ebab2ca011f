package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

// userKey is where a request's context holds its user.
type userKey struct{}

// userOf gives who makes a request; ok is false where nobody is signed in and no
// token was sent.
func userOf(r *http.Request) (u accounts.User, ok bool) {
	u, ok = r.Context().Value(userKey{}).(accounts.User)
	return u, ok
}

// withUser is the request as a user makes it.
func withUser(r *http.Request, u accounts.User) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, u))
}

// need lets a request through to h where its user has the role, or one above it.
// Somebody who reads a page is led to /login and back; a program is answered 401. A
// user whose role does not suffice is answered 403.
func (s *Server) need(role accounts.Role, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		u, ok := userOf(r)
		switch {
		case ok && u.Role >= role:
			w.Header().Set("Cache-Control", "private, no-store")
			return h(w, r)
		case ok:
			return &failure{status: http.StatusForbidden, text: "your role does not allow this",
				hint: "you are " + article(u.Role) + "; this wants " + article(role)}
		case forProgram(r):
			challenge(w)
			return &failure{status: http.StatusUnauthorized, text: "this wants a user", hint: "send a token: Authorization: Bearer TOKEN"}
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			return &failure{status: http.StatusUnauthorized, text: "you are not signed in, or not any more", hint: "sign in, then send the form again"}
		}
		w.Header().Set("Location", "/login?"+url.Values{"next": {r.URL.RequestURI()}}.Encode())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
}

func article(r accounts.Role) string {
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
	for _, prefix := range []string{"/api/", "/api.php", "/git", "/metrics"} {
		if strings.HasPrefix(r.URL.Path, prefix) {
			return true
		}
	}
	return !strings.Contains(r.Header.Get("Accept"), "text/html")
}
