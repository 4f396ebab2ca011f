package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"runtime"
	"time"

	"github.com/stemma-project/stemma/repo"
)

// Git over HTTP (gitprotocol-http), to clone and to fetch. Nothing can be pushed: who
// writes has the API and the pages, which know users and check what they get.

const (
	// maxUploadRequest is how much a client may say in one request, unpacked: the
	// names of the commits that it has, as git http-backend bounds them.
	maxUploadRequest = 10 << 20
	// uploadWait is how long a clone waits for others to end.
	uploadWait = 20 * time.Second
	// uploadPatience is how long the server waits in all for a client to take bytes, and
	// a second more for each uploadRate bytes that it took: who is slower than that
	// would keep others from cloning.
	uploadPatience = 2 * time.Minute
	uploadRate     = 32 << 10
)

// uploads bounds how many clones are made at one time: each takes a processor.
func uploads() chan struct{} { return make(chan struct{}, max(2, runtime.GOMAXPROCS(0))) }

// gitRefs answers the first request of a client of git: what there is.
func (s *Server) gitRefs(w http.ResponseWriter, r *http.Request) error {
	switch service := r.URL.Query().Get("service"); service {
	case "git-upload-pack":
	case "git-receive-pack":
		return gitReadOnly()
	default:
		return &failure{status: http.StatusForbidden, text: "only git's smart protocol is spoken here", hint: "git clone does that by itself"}
	}
	return s.upload(r, repo.UploadRequest{Advertise: true}, s.gitStream(w, "application/x-git-upload-pack-advertisement"))
}

// gitUpload answers a client of git that asks for objects.
func (s *Server) gitUpload(w http.ResponseWriter, r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-git-upload-pack-request" {
		return &failure{status: http.StatusUnsupportedMediaType, text: "this is no request of git's"}
	}
	// Read before there is room for a clone: who sends slowly takes none from others.
	packed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUploadRequest))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge(maxUploadRequest)
	case err != nil:
		return badRequest("the request can't be read")
	}
	var in io.Reader = bytes.NewReader(packed)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			return badRequest("the request is no gzip: " + err.Error())
		}
		in = z
	default:
		return &failure{status: http.StatusUnsupportedMediaType, text: "a request may be packed by gzip alone"}
	}
	body := &unpacked{from: http.MaxBytesReader(w, io.NopCloser(in), maxUploadRequest)}
	err = s.upload(r, repo.UploadRequest{In: body}, s.gitStream(w, "application/x-git-upload-pack-result"))
	switch {
	case err == nil:
		return nil
	case errors.As(body.err, &large): // whoever was given a part of it found something else wrong with that
		return tooLarge(maxUploadRequest)
	case body.err != nil:
		return badRequest("the request can't be unpacked: " + body.err.Error())
	}
	return err
}

// unpacked is what a client says, and why it could not be read to its end, if so.
type unpacked struct {
	from io.Reader
	err  error
}

func (u *unpacked) Read(b []byte) (int, error) {
	n, err := u.from.Read(b)
	if err != nil && err != io.EOF {
		u.err = err
	}
	return n, err
}

// gitPush refuses what a push asks for.
func (s *Server) gitPush(http.ResponseWriter, *http.Request) error { return gitReadOnly() }

func gitReadOnly() error {
	return &failure{status: http.StatusForbidden, text: "nothing can be pushed here", hint: "record new versions on the pages or by the API"}
}

// gitFront says to people what the address is for.
func (s *Server) gitFront(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprintf(w, "git clone %s/git\n", s.base)
	return err
}

// upload runs one step of a clone, where there is room for it.
func (s *Server) upload(r *http.Request, req repo.UploadRequest, out *gitStream) error {
	ctx, cancel := context.WithTimeout(r.Context(), uploadWait)
	defer cancel()
	select {
	case s.uploads <- struct{}{}:
	case <-ctx.Done():
		return &failure{status: http.StatusServiceUnavailable, text: "too many clones are under way", hint: "try again in a minute"}
	}
	defer func() { <-s.uploads }()
	req.Protocol = r.Header.Get("Git-Protocol")
	err := s.store.UploadPack(r.Context(), s.git, req, out)
	var wrong *repo.UploadError
	switch {
	case err == nil:
		out.begin() // a client that wants nothing is answered by nothing
		return nil
	case out.begun && r.Context().Err() != nil:
		return nil
	case errors.As(err, &wrong):
		err = badRequest(wrong.Reason)
	}
	if out.begun {
		// The client sees that the answer is cut short: git checks what it gets.
		s.log.Warn("a clone ended early", "path", r.URL.Path, "error", err)
		return nil
	}
	return err
}

// tooLarge is a body that is longer than may be.
func tooLarge(limit int) error {
	return &failure{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the body is longer than %d MiB", limit>>20), hint: "send less at a time"}
}

// gitStream is an answer to a client of git, sent as it is made. Its header goes out
// with the first byte, so that whatever fails before can be answered otherwise.
type gitStream struct {
	to    http.ResponseWriter
	wait  *http.ResponseController
	kind  string // the media type
	begun bool

	now    func() time.Time
	sent   int64
	waited time.Duration // for the client; what making the answer took is not counted
}

func (s *Server) gitStream(w http.ResponseWriter, kind string) *gitStream {
	return &gitStream{to: w, wait: http.NewResponseController(w), kind: kind, now: time.Now}
}

func (g *gitStream) Write(b []byte) (int, error) {
	// A clone may take longer than a page: the server's patience begins anew.
	began := g.now()
	patience := uploadPatience + time.Duration(g.sent)*time.Second/uploadRate - g.waited
	if err := g.wait.SetWriteDeadline(began.Add(patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	g.begin()
	n, err := g.to.Write(b)
	g.sent += int64(n)
	g.waited += g.now().Sub(began)
	return n, err
}

// begin sets the header of an answer that goes well.
func (g *gitStream) begin() {
	if g.begun {
		return
	}
	g.begun = true
	h := g.to.Header()
	h.Set("Content-Type", g.kind)
	h.Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
}

// stream makes an http.Handler of one that writes its answer as it is made. Such a
// handler returns an error only as long as it has written nothing.
func (s *Server) stream(f handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.refuse(w, r, err)
		}
	})
}
