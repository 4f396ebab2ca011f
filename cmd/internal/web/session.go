package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

// How long a session lasts, and how many there may be: of everybody, and of one user.
const (
	sessionIdle = 12 * time.Hour      // without a request
	sessionLife = 14 * 24 * time.Hour // however much it is used
	sessionMost = 20_000
	sessionEach = 20
	// sessionStale is how much later than its file says a session may have been used: a
	// request that only reads doesn't write, and after a restart the session is idle for
	// as much longer.
	sessionStale = time.Hour
)

// session is a browser that somebody signed in with.
type session struct {
	email    string
	standing accounts.Standing // as it was when they signed in; zero where they came by OpenID Connect
	outside  accounts.User     // who they are where no file of users says it; zero for those who have a password here
	form     string            // what each form of theirs must bring along: it follows from the cookie, and is not kept
	began    time.Time
	used     time.Time
}

// sessions are the browsers that are signed in. What a cookie holds is kept as its
// hash: who reads the memory of a server that crashed, or the file that lasts over its
// restart, can't be anybody with it.
type sessions struct {
	now  func() time.Time
	file *accounts.Sessions // nil where sessions end with the server

	mu    sync.Mutex
	open  map[[sha256.Size]byte]*session
	saved time.Time
}

// newSessions takes over the sessions of a file.
func newSessions(now func() time.Time, file *accounts.Sessions) *sessions {
	all := &sessions{now: now, file: file, open: map[[sha256.Size]byte]*session{}, saved: now()}
	if file != nil {
		for _, s := range file.Kept() {
			all.open[s.Hash] = &session{email: s.Email, standing: s.Standing, outside: s.Outside, began: s.Began, used: s.Used}
		}
	}
	return all
}

// save makes durable which sessions there are.
func (all *sessions) save() error {
	if all.file == nil {
		return nil
	}
	list := make([]accounts.Session, 0, len(all.open))
	for hash, s := range all.open {
		list = append(list, accounts.Session{Hash: hash, Email: s.email, Standing: s.standing, Outside: s.outside, Began: s.began, Used: s.used})
	}
	all.saved = all.now()
	return all.file.Save(list)
}

// formOf is what the forms of a session must bring along. It follows from what the
// browser's cookie holds, and leads to that by no way that is known.
func formOf(secret string) string {
	sum := sha256.Sum256([]byte("stemma form\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// begin opens a session and gives what its cookie holds, which is always new. The
// session is good, as long as the server runs, even where it can't be kept for longer.
func (all *sessions) begin(s *session) (secret string, err error) {
	secret = randomText(32)
	all.mu.Lock()
	defer all.mu.Unlock()
	s.began = all.now()
	s.used = s.began
	all.sweep(s.email)
	all.open[sha256.Sum256([]byte(secret))] = s
	return secret, all.save()
}

// sweep ends what is over, and the least used of a user's, or of all, where there are
// too many.
func (all *sessions) sweep(email string) {
	type row struct {
		key  [sha256.Size]byte
		used time.Time
	}
	var own, every []row
	for key, s := range all.open {
		if !all.lasts(s) {
			delete(all.open, key)
			continue
		}
		if strings.EqualFold(s.email, email) {
			own = append(own, row{key, s.used})
		}
		if len(all.open) >= sessionMost {
			every = append(every, row{key, s.used})
		}
	}
	for rows, most := range map[*[]row]int{&own: sessionEach, &every: sessionMost} {
		slices.SortFunc(*rows, func(a, b row) int { return a.used.Compare(b.used) })
		for i := 0; i <= len(*rows)-most; i++ {
			delete(all.open, (*rows)[i].key)
		}
	}
}

func (all *sessions) lasts(s *session) bool {
	now := all.now()
	return now.Sub(s.used) < sessionIdle && now.Sub(s.began) < sessionLife
}

// find gives the session of a cookie; nil where there is none.
func (all *sessions) find(secret string) *session {
	key := sha256.Sum256([]byte(secret))
	all.mu.Lock()
	defer all.mu.Unlock()
	s := all.open[key]
	if s == nil || !all.lasts(s) {
		delete(all.open, key)
		return nil
	}
	s.used = all.now()
	if s.used.Sub(all.saved) > sessionStale {
		_ = all.save() // tried again in an hour; until then a restart makes it idle earlier
	}
	found := *s
	found.form = formOf(secret)
	return &found
}

// end closes the session of a cookie. Once it returns without an error, nobody is
// signed in with it again, also after a restart.
func (all *sessions) end(secret string) error {
	key := sha256.Sum256([]byte(secret))
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.open[key] == nil {
		return nil
	}
	delete(all.open, key)
	return all.save()
}

// count gives how many sessions are open.
func (all *sessions) count() int {
	all.mu.Lock()
	defer all.mu.Unlock()
	maps.DeleteFunc(all.open, func(_ [sha256.Size]byte, s *session) bool { return !all.lasts(s) })
	return len(all.open)
}

// The cookies: of who is signed in, and of who is about to.
const (
	sessionCookie = "stemma_session"
	enterCookie   = "stemma_enter"
)

// cookie makes a cookie of this site, which no script reads and no other site's form
// sends. Where the site is reached by https alone, its name says so to the browser,
// which then takes it from nobody else (RFC 6265bis, section 4.1.3.2).
func (s *Server) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: s.cookieName(name), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.https()}
}

func (s *Server) https() bool { return strings.HasPrefix(s.base, "https://") }

func (s *Server) cookieName(name string) string {
	if s.https() {
		return "__Host-" + name
	}
	return name
}

func (s *Server) cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// signedIn gives who the session of a request's cookie belongs to, as they are now; no
// session where there is none, or what they signed in with is no longer good.
func (s *Server) signedIn(r *http.Request) (accounts.User, *session, error) {
	secret := s.cookieOf(r, sessionCookie)
	if secret == "" || s.users == nil {
		return accounts.User{}, nil, nil
	}
	sess := s.sessions.find(secret)
	if sess == nil {
		return accounts.User{}, nil, nil
	}
	u, ok, err := s.users.Still(sess.email, sess.standing)
	switch {
	case err != nil:
		return accounts.User{}, nil, err
	case ok:
		return u, sess, nil
	case sess.outside.Role != accounts.Nobody && s.outside != nil:
		// As the config says now: it may have changed with a restart, and the role may
		// have been that of a user who was removed.
		u = sess.outside
		if u.Role = s.outside.role(u.Email); u.Role != accounts.Nobody {
			return u, sess, nil
		}
	}
	return accounts.User{}, nil, s.sessions.end(secret)
}

// errForeignForm is a form that lacks what forms of the session have.
var errForeignForm = &failure{status: http.StatusForbidden, text: "this form is not from your present session", hint: "send it again from here"}

// errForm is a form that can't be read.
var errForm = errors.New("the form can't be read")

// parseForm reads a form of at most so many bytes.
func parseForm(w http.ResponseWriter, r *http.Request, most int64) error {
	r.Body = http.MaxBytesReader(w, r.Body, most)
	err := r.ParseForm()
	var long *http.MaxBytesError
	if err == nil || errors.As(err, &long) {
		return err
	}
	return errors.Join(errForm, err)
}

// checkForm says whether a form, which was read, is one that was made for the session
// that sends it.
func checkForm(r *http.Request) error {
	sess := visitOf(r).session
	if sess == nil {
		return errSignedOut
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("form")), []byte(sess.form)) != 1 {
		return errForeignForm
	}
	return nil
}

// maxLogin bounds a form that signs in or out, in bytes.
const maxLogin = 64 << 10

type loginBody struct {
	Email   string
	Next    string
	Form    string
	Problem string
	Outside string // what the button of OpenID Connect says; "" where there is none
	Nobody  bool   // there is nobody who could sign in
}

// login is the page on which one signs in.
func (s *Server) login(w http.ResponseWriter, r *http.Request) error {
	next := ownPath(r.URL.Query().Get("next"))
	if _, ok := userOf(r); ok {
		return &seeOther{next}
	}
	return s.showLogin(w, r, loginBody{Next: next})
}

func (s *Server) showLogin(w http.ResponseWriter, r *http.Request, body loginBody) error {
	secret := s.cookieOf(r, enterCookie)
	if len(secret) < 20 {
		secret = randomText(16)
		http.SetCookie(w, s.cookie(enterCookie, secret))
	}
	body.Form, body.Nobody = s.enterForm(secret), s.users == nil
	if s.outside != nil {
		body.Outside = s.outside.name
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.show(w, "login", frame{Title: "Sign in", Body: body})
}

// enterForm is what the form of a browser that holds a cookie must bring along, though
// nobody is signed in yet: else another site could sign a reader in as somebody else.
func (s *Server) enterForm(secret string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("enter\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// signIn takes the form of login.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r, maxLogin); err != nil {
		return err
	}
	email, password := strings.TrimSpace(r.PostForm.Get("email")), r.PostForm.Get("password")
	body := loginBody{Email: email, Next: ownPath(r.PostForm.Get("next"))}
	secret := s.cookieOf(r, enterCookie)
	if secret == "" || !hmac.Equal([]byte(r.PostForm.Get("form")), []byte(s.enterForm(secret))) {
		body.Problem = "This form has lost its session: your browser must take cookies. Try again."
		w.WriteHeader(http.StatusForbidden)
		return s.showLogin(w, r, body)
	}
	if s.users == nil {
		return s.showLogin(w, r, body)
	}
	// By machine, and more of them by address: many machines may try one.
	wait := s.limiter.take("sign-in "+s.client(r), s.limits.SignIns)
	if wait == 0 {
		wait = s.limiter.take("sign-in as "+strings.ToLower(email), 3*s.limits.SignIns)
	}
	if wait > 0 {
		return tooMany(wait)
	}
	u, standing, err := s.users.SignIn(r.Context(), email, password)
	if errors.Is(err, accounts.ErrRefused) {
		s.log.Warn("a sign-in was refused", "client", s.client(r))
		body.Problem = "The address or the password is wrong."
		w.WriteHeader(http.StatusUnprocessableEntity)
		return s.showLogin(w, r, body)
	}
	if err != nil {
		return err
	}
	if err := s.beginSession(w, r, &session{email: u.Email, standing: standing}); err != nil {
		return err
	}
	return &seeOther{body.Next}
}

// beginSession signs a browser in: what it had before is over, so that nobody who knew
// that is signed in with it.
func (s *Server) beginSession(w http.ResponseWriter, r *http.Request, sess *session) error {
	if old := s.cookieOf(r, sessionCookie); old != "" {
		if err := s.sessions.end(old); err != nil {
			return err
		}
	}
	secret, err := s.sessions.begin(sess)
	if err != nil {
		s.log.Error("a session will not last over a restart", "error", err)
	}
	http.SetCookie(w, s.cookie(sessionCookie, secret))
	s.dropCookie(w, enterCookie)
	s.log.Info("signed in", "user", sess.email, "client", s.client(r))
	return nil
}

func (s *Server) dropCookie(w http.ResponseWriter, name string) {
	c := s.cookie(name, "")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// logout ends a session.
func (s *Server) logout(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r, maxLogin); err != nil {
		return err
	}
	if err := checkForm(r); err != nil && !errors.Is(err, errSignedOut) {
		return err
	}
	s.dropCookie(w, sessionCookie)
	if err := s.sessions.end(s.cookieOf(r, sessionCookie)); err != nil {
		return err
	}
	return &seeOther{"/"}
}

// ownPath gives an address to go on to if it is one of this site, else "/". A browser
// reads "//x", "/\x" and, without them, a line break or tab between as another host.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") || strings.ContainsFunc(u.Path, unprintable) ||
		strings.ContainsFunc(u.RawQuery, func(r rune) bool { return unprintable(r) || r > 0x7f || r == '\\' }) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

func unprintable(r rune) bool { return r <= ' ' || r == 0x7f }
