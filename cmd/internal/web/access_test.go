package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

func TestNeed(t *testing.T) {
	t.Parallel()
	s := &Server{}
	reached := s.need(accounts.Editor, func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		return nil
	})
	for _, c := range []struct {
		role         accounts.Role
		method, path string
		accept       string
		status       int
		to           string
	}{
		{accounts.Nobody, "GET", "/new?a=1&b=2", "text/html", 303, "/login?next=%2Fnew%3Fa%3D1%26b%3D2"},
		{accounts.Nobody, "POST", "/new", "text/html", 401, ""},
		{accounts.Nobody, "GET", "/new", "*/*", 401, ""},
		{accounts.Nobody, "GET", "/api/v1/articles", "text/html", 401, ""},
		{accounts.Reader, "GET", "/new", "text/html", 403, ""},
		{accounts.Editor, "GET", "/new", "text/html", 418, ""},
		{accounts.Admin, "POST", "/api/v1/articles", "", 418, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, nil)
		r.Header.Set("Accept", c.accept)
		if c.role != accounts.Nobody {
			r = withUser(r, accounts.User{Name: "Ada", Role: c.role})
		}
		w := httptest.NewRecorder()
		status := http.StatusOK
		if err := reached(w, r); err != nil {
			var f *failure
			if !errors.As(err, &f) {
				t.Fatal(err)
			}
			status = f.status
		} else {
			status = w.Code
		}
		if status != c.status || w.Header().Get("Location") != c.to || (w.Header().Get("WWW-Authenticate") != "") != (status == 401 && c.method == "GET") {
			t.Errorf("%s %s as %s: %d %v, want %d", c.method, c.path, c.role, status, w.Header(), c.status)
		}
	}
}
