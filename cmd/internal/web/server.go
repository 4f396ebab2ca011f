package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/repo"
)

//go:embed static templates
var embedded embed.FS

// Options say how a store is served. Store is required; the rest has useful zero
// values.
type Options struct {
	Store *repo.Store
	Title string           // what the pages call the site; "" is "stemma"
	Base  string           // "https://news.example", with which absolute addresses begin; "" leaves them relative
	Log   *slog.Logger     // nil logs nothing
	Now   func() time.Time // nil is time.Now
	// Secret signs what readers keep for the server, at least 16 bytes; nil is that of
	// Sessions, or one that lasts as long as the server.
	Secret []byte
	Git    repo.GitProgram // by which clones are served

	Users      *accounts.File     // who may sign in and write; nil: nobody
	Sessions   *accounts.Sessions // where who is signed in is kept over a restart; nil: nowhere. The caller closes it
	Closed     bool               // only users may read
	TrustProxy bool               // the last X-Forwarded-For says who asks: only right behind a proxy that sets it
	Limits     Limits
	Outside    Outside // who signs in by OpenID Connect; wants Users
	Keep       int64   // bytes of memory for answers that are given again; 0 is 32 MiB, less than 0 keeps none, nor parts of any
}

// Server answers requests for the pages of one store. It may be used by many
// goroutines.
type Server struct {
	store  *repo.Store
	title  string
	base   string
	log    *slog.Logger
	now    func() time.Time
	secret []byte
	mux    *http.ServeMux
	pages  *pages
	api    *http.ServeMux

	answers *keptAnswers // nil where none are kept
	entries parts[change]
	briefs  parts[brief]

	git     repo.GitProgram
	uploads chan struct{} // room for the clones under way

	users       *accounts.File
	sessions    *sessions
	outside     *outside // OpenID Connect; nil where it is not used
	crossOrigin *http.CrossOriginProtection
	limiter     *limiter
	metrics     *metrics
	limits      Limits
	closed      bool
	trustProxy  bool
	sizes       sizes
}

// New makes a server.
func New(opt Options) (*Server, error) {
	s := &Server{store: opt.Store, title: opt.Title, log: opt.Log, now: opt.Now, git: opt.Git, uploads: uploads(),
		users: opt.Users, closed: opt.Closed, trustProxy: opt.TrustProxy, limits: opt.Limits.orUsual()}
	if s.title == "" {
		s.title = "stemma"
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.secret = opt.Secret
	if s.secret == nil && opt.Sessions != nil {
		s.secret = opt.Sessions.Key()
	}
	if s.secret == nil {
		s.secret = make([]byte, 32)
		rand.Read(s.secret) // never fails: see crypto/rand
	}
	if len(s.secret) < 16 {
		return nil, errors.New("the secret is shorter than 16 bytes")
	}
	if opt.Base != "" {
		u, err := url.Parse(opt.Base)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return nil, errors.New("the base address " + opt.Base + " is none: http:// or https:// and a host are wanted, without a path")
		}
		s.base = u.Scheme + "://" + u.Host
	}
	s.sessions = newSessions(s.now, opt.Sessions)
	s.limiter = newLimiter(s.now)
	s.metrics = newMetrics(s.now())
	bodies := 0
	if opt.Keep >= 0 {
		bodies, s.entries.most, s.briefs.most = bodyBytes, entryBytes, briefBytes
		s.answers = newKeptAnswers(cmp.Or(opt.Keep, keptBytes))
	}
	s.crossOrigin = http.NewCrossOriginProtection()
	var err error
	if s.base != "" {
		// Behind a proxy the Host may be another than readers know the site by.
		if err = s.crossOrigin.AddTrustedOrigin(s.base); err != nil {
			return nil, err
		}
	}
	if s.users != nil {
		if s.outside, err = newOutside(opt.Outside, s.base); err != nil {
			return nil, err
		}
	}
	if s.pages, err = parsePages(embedded, bodies); err != nil {
		return nil, err
	}
	s.api = s.apiRoutes()
	s.mux, err = s.routes()
	return s, err
}

// handler answers a request, or says why it can't.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes is the list of what exists.
func (s *Server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	static, err := fs.Sub(embedded, "static")
	if err != nil {
		return nil, err
	}
	mux.Handle("GET /static/", s.static(static))
	for pattern, h := range map[string]handler{
		"GET /{$}":                                  s.kept(s.front),
		"GET /static/diff.css":                      s.diffCSS,
		"GET /static/blame.css":                     s.blameCSS,
		"GET /healthz":                              s.health,
		"GET /news/{year}/{month}/{day}/{$}":        s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/index.html": s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/index.md":   s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/index.json": s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/index.xml":  s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/feed.atom":  s.kept(s.dayPage),
		"GET /news/{year}/{month}/{day}/feed.json":  s.kept(s.dayPage),
		"GET /api.php":                              s.wiki,
		"POST /api.php":                             s.wiki,
		"GET /feed.atom":                            s.kept(s.feedPage),
		"GET /search":                               s.search,
		"GET /feed.json":                            s.kept(s.feedPage),
		"GET /metrics":                              s.metricsPage,
		"GET /login":                                s.login,
		"GET /login/oidc":                           s.leave,
		"GET /login/oidc/callback":                  s.comeBack,
		"POST /login":                               s.signIn,
		"POST /logout":                              s.logout,
		"GET /new":                                  s.need(accounts.Editor, s.newPage),
		"POST /new":                                 s.postNew,
		"GET /{path...}":                            s.kept(s.article),
		"POST /{path...}":                           s.postArticle,
	} {
		mux.Handle(pattern, s.handle(h))
	}
	for pattern, h := range map[string]handler{
		"GET /git":                   s.gitFront,
		"GET /git/info/refs":         s.gitRefs,
		"POST /git/git-upload-pack":  s.gitUpload,
		"POST /git/git-receive-pack": s.gitPush,
	} {
		mux.Handle(pattern, s.stream(h))
	}
	return mux, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.https() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	r = withVisit(r, &visit{})
	began, counted := time.Now(), &countedResponse{ResponseWriter: w}
	w = counted
	s.metrics.begin()
	defer func() { s.answered(counted, r, began) }()
	if err := s.admit(w, r); err != nil {
		s.handle(func(http.ResponseWriter, *http.Request) error { return err }).ServeHTTP(w, r)
		return
	}
	if m := s.memento(r.URL.Path); m != nil {
		s.handle(m).ServeHTTP(w, r)
		return
	}
	if strings.HasPrefix(r.URL.Path, apiPrefix) {
		s.api.ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// handle makes an http.Handler of one that returns errors. What it writes is held
// until it is whole, so that an error never comes after half a page.
func (s *Server) handle(f handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		held := &heldResponse{ResponseWriter: w, visit: visitOf(r)}
		err := f(held, r)
		var elsewhere *seeOther
		if errors.As(err, &elsewhere) {
			w.Header().Set("Location", elsewhere.to)
			held.status, err = http.StatusSeeOther, nil
			held.body.Reset()
		}
		if err == nil {
			held.send(r)
			return
		}
		s.refuse(w, r, err)
	})
}

// refuse answers with what an error comes to. Nothing may have been written before.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	failed := statusOf(err)
	if failed.status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		s.log.Error("a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	s.fail(w, r, failed)
}

// heldResponse keeps an answer until it is whole.
type heldResponse struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	whole  []byte // the body where it was made before: it is not written to
	visit  *visit
}

// WriteHeader implements http.ResponseWriter.
func (h *heldResponse) WriteHeader(status int) { h.status = status }

// Write implements http.ResponseWriter.
func (h *heldResponse) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *heldResponse) send(r *http.Request) {
	if h.status == 0 {
		h.status = http.StatusOK
	}
	w := h.ResponseWriter
	if h.visit != nil && h.visit.session != nil {
		// The page says who is signed in: no other browser is shown it, nor this one later.
		w.Header().Del("ETag")
		w.Header().Del("Last-Modified")
		w.Header().Set("Cache-Control", "private, no-cache")
	}
	if h.status == http.StatusOK && has(r, w.Header()) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := h.whole
	if body == nil {
		body = h.body.Bytes()
	}
	if bodyAllowed(h.status) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(h.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may be gone
	}
}

// has reports whether a client says that it has the answer with these headers, by
// If-None-Match and, only where there is none, by If-Modified-Since (RFC 9110, section
// 13.2.2).
func has(r *http.Request, answer http.Header) bool {
	if list := r.Header.Get("If-None-Match"); list != "" {
		return answer.Get("ETag") != "" && matches(list, answer.Get("ETag"))
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	if err != nil {
		return false
	}
	changed, err := http.ParseTime(answer.Get("Last-Modified"))
	return err == nil && !changed.After(since)
}

// bodyAllowed reports whether an answer of a status has a body (RFC 9110, section 6.4.1).
func bodyAllowed(status int) bool {
	return status >= http.StatusOK && status != http.StatusNoContent && status != http.StatusNotModified
}

// matches reports whether a list of entity tags, as If-None-Match has it, names one
// (RFC 9110, section 13.1.2: compared weakly).
func matches(list, tag string) bool {
	for t := range strings.SplitSeq(list, ",") {
		t = strings.TrimSpace(t)
		if t == "*" || t != "" && strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// static gives the files that are part of the program, by their names alone: no list of
// a folder, and nothing at names that no file can have.
func (s *Server) static(files fs.FS) http.Handler {
	give := http.StripPrefix("/static/", cached(http.FileServerFS(files)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, err := fs.Stat(files, strings.TrimPrefix(r.URL.Path, "/static/"))
		if err != nil || !info.Mode().IsRegular() {
			s.refuse(w, r, notFound("nothing stands at this address"))
			return
		}
		give.ServeHTTP(w, r)
	})
}

// cached lets what never changes within one build be kept for an hour.
func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600")
		h.ServeHTTP(w, r)
	})
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}
