package web

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// The API: the store's own words as JSON. What is answered is what the commands
// print with --json; openapi.json says all of it, and a test holds it to that.

const (
	apiPrefix = "/api/"
	apiRoot   = "/api/v1"
	// maxAPIBody is the longest state that may be sent.
	maxAPIBody = 8 << 20
	// apiPage and maxAPIPage are how many items a list gives at once, unless it is
	// asked for another number, and at most.
	apiPage, maxAPIPage = 50, 500
)

//go:embed openapi.json
var openAPI []byte

// apiTable is the list of what exists below apiRoot: for each path what answers each
// method. Paths have one wildcard a segment, as openapi.json has.
func (s *Server) apiTable() map[string]map[string]handler {
	read := func(h handler) map[string]handler { return map[string]handler{http.MethodGet: h} }
	write := func(h handler) handler { return s.need(accounts.Editor, h) }
	return map[string]map[string]handler{
		"/openapi.json":                    read(s.apiDocument),
		"/schemas/state.json":              read(jsonDocument(string(schema.JSONSchema()))),
		"/schemas/diff.json":               read(jsonDocument(diff.JSONSchema())),
		"/articles":                        {http.MethodGet: s.kept(s.apiArticles), http.MethodPost: write(s.apiRecord)},
		"/articles/{article}":              {http.MethodGet: s.apiArticle, http.MethodPut: write(s.apiReplace)},
		"/articles/{article}/versions":     read(s.kept(s.apiVersions)),
		"/articles/{article}/versions/{v}": read(s.apiVersion),
		"/articles/{article}/diff":         read(s.kept(s.apiDiff)),
		"/articles/{article}/blame":        read(s.kept(s.apiBlame)),
		"/articles/{article}/related":      read(s.kept(s.apiRelated)),
		"/articles/{article}/corrections":  {http.MethodGet: s.kept(s.apiCorrections), http.MethodPost: write(s.apiCorrect)},
		"/articles/{article}/restore":      {http.MethodPost: write(s.apiRestore)},
		"/search":                          read(s.apiSearch),
		"/when":                            read(s.apiWhen),
		"/log":                             read(s.kept(s.apiLog)),
		"/days/{date}":                     read(s.kept(s.apiDay)),
	}
}

// apiRoutes makes a mux of the table. Methods are told apart here, so that a wrong
// one is answered as every error of the API is.
func (s *Server) apiRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	for path, methods := range s.apiTable() {
		mux.Handle(apiRoot+path, s.handle(byMethod(methods)))
	}
	mux.Handle("/", s.handle(func(http.ResponseWriter, *http.Request) error {
		return &failure{status: http.StatusNotFound, text: "nothing stands at this address", hint: "see " + apiRoot + "/openapi.json"}
	}))
	return mux
}

// byMethod answers each method by its handler; HEAD as GET.
func byMethod(methods map[string]handler) handler {
	allow := slices.Sorted(maps.Keys(methods))
	if slices.Contains(allow, http.MethodGet) {
		allow = append(allow, http.MethodHead)
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		h, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", strings.Join(allow, ", "))
			return &failure{status: http.StatusMethodNotAllowed, text: fmt.Sprintf("%.20q is not done here", r.Method), hint: "allowed: " + strings.Join(allow, ", ")}
		}
		return h(w, r)
	}
}

func (s *Server) apiDocument(w http.ResponseWriter, r *http.Request) error {
	return jsonDocument(string(openAPI))(w, r)
}

// jsonDocument answers with a document that is part of the program.
func jsonDocument(text string) handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, err := io.WriteString(w, text)
		return err
	}
}

// problem answers with the details of a problem (RFC 9457). Its members beside those
// of the standard: kind, hint, and what the failure tells programs.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, f *failure) {
	members := map[string]any{"type": "about:blank", "title": http.StatusText(f.status), "status": f.status, "detail": f.text, "kind": f.kind}
	if f.kind == "" {
		members["kind"] = kindOfStatus(f.status)
	}
	if f.hint != "" {
		members["hint"] = f.hint
	}
	maps.Copy(members, f.more)
	b, err := json.Marshal(members)
	if err != nil { // a version or a diff in it can't be told
		s.log.Error("the details of a problem can't be told", "error", err)
		b = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"kind":"failed"}`)
		f = &failure{status: http.StatusInternalServerError}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(f.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(append(b, '\n')) // the client may be gone
	}
}

// kindOfStatus gives the word for an error that the commands use too.
func kindOfStatus(status int) string {
	switch {
	case status == http.StatusNotFound:
		return "not found"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "not allowed"
	case status >= http.StatusInternalServerError:
		return "failed"
	}
	return "usage"
}

// problemMembers is what a refused input tells programs.
func problemMembers(p *schema.Problem) map[string]any {
	m := map[string]any{"reason": p.Reason}
	if p.Line > 0 {
		m["line"] = p.Line
	}
	if p.Field != "" {
		m["field"] = p.Field
	}
	return m
}

// apiBody reads the body of a write, which must be JSON.
func apiBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return nil, &failure{status: http.StatusUnsupportedMediaType, text: fmt.Sprintf("%.80q is not read here", r.Header.Get("Content-Type")), hint: "send application/json"}
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, &failure{status: http.StatusUnsupportedMediaType, text: "packed bodies are not read here", hint: "leave Content-Encoding out"}
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAPIBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge(maxAPIBody)
	case err != nil:
		return nil, badRequest("the body can't be read")
	}
	return b, nil
}

// apiForm reads a small object with known members alone.
func apiForm(w http.ResponseWriter, r *http.Request, to any) error {
	b, err := apiBody(w, r)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err = d.Decode(to); err == nil {
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("something follows the object")
		}
	}
	if err != nil {
		return badRequest("the body is not as it should be: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// known refuses parameters that nobody reads: a filter that is misspelt would give
// everything.
func known(q url.Values, names ...string) error {
	for name, values := range q {
		if !slices.Contains(names, name) {
			return &failure{status: http.StatusBadRequest, text: fmt.Sprintf("no parameter %.80q", name), hint: "known here: " + strings.Join(names, ", ")}
		}
		if len(values) > 1 && name != "kind" {
			return badRequest(fmt.Sprintf("%q stands there more than once", name))
		}
	}
	return nil
}

// flagged reads a parameter that is true or false.
func flagged(q url.Values, name string) (bool, error) {
	if !q.Has(name) {
		return false, nil
	}
	on, err := strconv.ParseBool(q.Get(name))
	if err != nil {
		return false, badRequest(name + " is true or false")
	}
	return on, nil
}

// pageSize reads how many items are asked for.
func pageSize(q url.Values) (int, error) {
	if !q.Has("limit") {
		return apiPage, nil
	}
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n < 1 || n > maxAPIPage {
		return 0, badRequest(fmt.Sprintf("limit is a number from 1 to %d", maxAPIPage))
	}
	return n, nil
}

// A cursor says where the next part of a list begins. Clients get it from the part
// before and look no further into it.
func writeCursor(place any) (string, error) {
	b, err := json.Marshal(place)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// readCursor is writeCursor backwards. One that was made up is refused, or leads to
// some place of the list.
func readCursor(q url.Values, place any) error {
	text := q.Get("cursor")
	if text == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		err = d.Decode(place)
	}
	if err != nil {
		return &failure{status: http.StatusBadRequest, text: "the cursor is none that was given here", hint: "begin without one"}
	}
	return nil
}

// nextLink tells by a header too where the next part of a list is (RFC 8288).
func (s *Server) nextLink(w http.ResponseWriter, r *http.Request, cursor string) {
	q := r.URL.Query()
	q.Set("cursor", cursor)
	w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, s.base, r.URL.EscapedPath(), q.Encode()))
}

// versionWith is the object of a version with more members, as the commands print
// it: names and values in turn.
func versionWith(v repo.Version, more ...any) (json.RawMessage, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(more); i += 2 {
		value, err := json.Marshal(more[i+1])
		if err != nil {
			return nil, err
		}
		b = append(b[:len(b)-1], fmt.Sprintf(",%q:%s}", more[i], value)...)
	}
	return b, nil
}
