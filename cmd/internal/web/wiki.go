package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// The part of MediaWiki's api.php that clients read histories with, so that they can
// read a store's. In its words:
//
//	page       an article; its title is the address of its page, without the first
//	           slash ("news/2015/09/26/SLUG"); every address that it had, its id, and
//	           a headline that leads to one article find it too
//	pageid     the place in the order of recording of the article's first version
//	revision   a version; its timestamp is when it was published
//	revid      its place in the order of recording: these numbers never change
//	content    the article's canonical file, as git has it, of which sha1 and size tell
//
// Recent changes alone tell when the store learnt of a version.

const (
	wikiLimit   = 500     // the most items of one answer
	wikiMany    = 50      // the most titles or ids of one request
	maxWikiForm = 1 << 20 // bytes of a request that is sent as a form
)

// wikiError is an error as api.php gives it: with status 200, under a code.
type wikiError struct{ code, info string }

func (e *wikiError) Error() string { return e.info }

func wikiErrorf(code, format string, args ...any) error {
	return &wikiError{code, fmt.Sprintf(format, args...)}
}

// wikiRequest is one request of a client of MediaWiki's.
type wikiRequest struct {
	*http.Request
	site  *Server
	q     url.Values
	goOn  map[string]any   // what the client is to send with the next request
	query map[string]any   // what it asked for
	pages []map[string]any // of these

	stories map[schema.ID]*story // those that were read
}

// wiki answers api.php.
func (s *Server) wiki(w http.ResponseWriter, r *http.Request) error {
	// By itself, because the next says only that a form is of the other kind where half
	// of this one came.
	if err := parseForm(w, r, maxWikiForm); err != nil {
		return err
	}
	if err := r.ParseMultipartForm(maxWikiForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return badRequest("the form can't be read")
	}
	req := &wikiRequest{Request: r, site: s, q: r.Form, goOn: map[string]any{}, query: map[string]any{}}
	answer, err := req.answer()
	var wrong *wikiError
	if errors.As(err, &wrong) {
		w.Header().Set("MediaWiki-API-Error", wrong.code)
		answer, err = map[string]any{"error": map[string]any{"code": wrong.code, "info": wrong.info, "docref": "See " + s.base + "/api.php for API usage."}}, nil
	}
	if err != nil {
		return err
	}
	if !req.second() {
		answer = firstFormat(answer).(map[string]any)
	}
	w.Header().Set("Cache-Control", "private, must-revalidate, max-age=0")
	return writeJSONAs(w, "application/json; charset=utf-8", answer)
}

func writeJSONAs(w http.ResponseWriter, kind string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	_, err = w.Write(b)
	return err
}

// second reports whether the second format of answers is asked for.
func (r *wikiRequest) second() bool {
	return r.q.Get("formatversion") == "2" || r.q.Get("formatversion") == "latest"
}

func (r *wikiRequest) answer() (map[string]any, error) {
	if f := r.q.Get("format"); f != "" && f != "json" {
		return nil, wikiErrorf("badvalue", "Unrecognized value for parameter \"format\": %s.", f)
	}
	switch v := r.q.Get("formatversion"); v {
	case "", "1", "2", "latest":
	default:
		return nil, wikiErrorf("badvalue", "Unrecognized value for parameter \"formatversion\": %s.", v)
	}
	switch action := r.q.Get("action"); action {
	case "query":
		return r.runQuery()
	case "compare":
		return r.compare()
	case "":
		return nil, wikiErrorf("missingparam", "The \"action\" parameter must be set.")
	default:
		return nil, wikiErrorf("badvalue", "Unrecognized value for parameter \"action\": %s.", action)
	}
}

// firstFormat makes an answer of the first format of one of the second: what is true
// is there with an empty text, what is false is not there, the chief text of an object
// stands under "*", and pages stand under their ids.
func firstFormat(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			switch value := value.(type) {
			case bool:
				if value {
					out[key] = ""
				}
			case string:
				if key == "content" || key == "body" || key == "docref" {
					key = "*"
				}
				out[key] = value
			case []map[string]any:
				if key == "pages" {
					out[key] = firstFormat(byPageID(value))
					continue
				}
				list := make([]any, len(value))
				for i, item := range value {
					list[i] = firstFormat(item)
				}
				out[key] = list
			default:
				out[key] = firstFormat(value)
			}
		}
		return out
	}
	return v
}

// byPageID puts pages under their ids; those that are missing under -1, -2 …
func byPageID(pages []map[string]any) map[string]any {
	out := map[string]any{}
	none := 0
	for _, p := range pages {
		id, ok := p["pageid"].(int64)
		if !ok || p["missing"] == true {
			none--
			id = int64(none)
		}
		out[strconv.FormatInt(id, 10)] = p
	}
	return out
}

// list reads a parameter of several values.
func (r *wikiRequest) list(name string) []string {
	text := r.q.Get(name)
	if text == "" {
		return nil
	}
	if rest, ok := strings.CutPrefix(text, "\x1f"); ok { // so that a value may hold a bar
		return strings.Split(rest, "\x1f")
	}
	return strings.Split(text, "|")
}

// choice reads a parameter of several values, of which only some exist.
func (r *wikiRequest) choice(name, usual string, of ...string) ([]string, error) {
	values := r.list(name)
	if values == nil {
		values = strings.Split(usual, "|")
	}
	for _, v := range values {
		if !slices.Contains(of, v) {
			return nil, wikiErrorf("badvalue", "Unrecognized value for parameter %q: %s.", name, v)
		}
	}
	return values, nil
}

// limit reads how many items are asked for.
func (r *wikiRequest) limit(name string, usual int) (int, error) {
	switch text := r.q.Get(name); text {
	case "":
		return usual, nil
	case "max":
		return wikiLimit, nil
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, wikiErrorf("badinteger", "Invalid value %q for integer parameter %q.", text, name)
		}
		return min(max(n, 1), wikiLimit), nil
	}
}

// number reads a parameter that is a revid or a pageid; 0 where it is not given.
func (r *wikiRequest) number(name string) (int64, error) {
	text := r.q.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, wikiErrorf("badinteger", "Invalid value %q for integer parameter %q.", text, name)
	}
	return n, nil
}

// moment reads a time, in the forms that MediaWiki's clients send.
func (r *wikiRequest) moment(name string) (t time.Time, given bool, err error) {
	text := r.q.Get(name)
	if text == "" {
		return t, false, nil
	}
	if text == "now" {
		return r.site.now(), true, nil
	}
	for _, form := range []string{time.RFC3339, wikiStamp, "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.DateOnly} {
		if t, err = time.Parse(form, text); err == nil {
			return t, true, nil
		}
	}
	if n, nerr := strconv.ParseInt(text, 10, 64); nerr == nil && len(text) <= 11 {
		return time.Unix(n, 0), true, nil
	}
	return t, false, wikiErrorf("badtimestamp", "Invalid value %q for timestamp parameter %q.", text, name)
}

// wikiStamp is a time as it stands in what a client is to send again.
const wikiStamp = "20060102150405"

func wikiTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// goOnWith reads "STAMP|NUMBER" as the server gave it before; 0 where nothing is
// given.
func (r *wikiRequest) goOnWith(name string) (int64, error) {
	text := r.q.Get(name)
	if text == "" {
		return 0, nil
	}
	stamp, number, ok := strings.Cut(text, "|")
	n, err := strconv.ParseInt(number, 10, 64)
	if _, terr := time.Parse(wikiStamp, stamp); !ok || err != nil || terr != nil || n < 1 {
		return 0, wikiErrorf("badcontinue", "Invalid continue param. You should pass the original value returned by the previous query.")
	}
	return n, nil
}

// wikiTitle is the title of the page of an article.
func wikiTitle(v *repo.Version) string {
	if v.Path == "" {
		return v.Article.String()
	}
	return strings.ReplaceAll(strings.TrimPrefix(v.Path, "/"), "_", " ")
}

// pageID is the number of an article: that of the version that was recorded first in
// it.
func (st *story) pageID() int64 {
	first := st.versions[0]
	for _, v := range st.versions {
		if v.Number < first.Number {
			first = v
		}
	}
	return first.Sequence()
}

// titled finds the article that a title names.
func (r *wikiRequest) titled(title string) (schema.ID, error) {
	ctx := r.Context()
	name := strings.Trim(strings.TrimPrefix(strings.TrimSpace(title), ":"), " _")
	underlined := strings.ReplaceAll(name, " ", "_")
	paths := []string{"/" + underlined, "/" + strings.ReplaceAll(name, "_", " ")}
	if first, size := utf8.DecodeRuneInString(underlined); unicode.IsUpper(first) { // some clients write the first letter large
		paths = append(paths, "/"+string(unicode.ToLower(first))+underlined[size:])
	}
	var missing *repo.NotFoundError
	for _, p := range paths {
		id, err := r.site.store.AtPath(ctx, p)
		if err == nil || !errors.As(err, &missing) {
			return id, err
		}
	}
	if id, err := schema.ParseID(strings.ToLower(name)); err == nil {
		return r.site.store.Resolve(ctx, id.String())
	}
	slug := schema.Slug(strings.ReplaceAll(name, "_", " "))
	id, err := r.site.store.Resolve(ctx, slug)
	if err != nil {
		return id, err
	}
	versions, err := r.site.store.Changes(ctx, id)
	for _, v := range versions {
		if _, last := splitLast(v.Path); last == slug { // not the beginning of one alone
			return id, err
		}
	}
	if err == nil {
		err = &repo.NotFoundError{Name: title, What: "article"}
	}
	return id, err
}

// storyOf reads the versions of an article, once in a request: a list may name it many
// times.
func (r *wikiRequest) storyOf(id schema.ID) (*story, error) {
	if st := r.stories[id]; st != nil {
		return st, nil
	}
	st := &story{id: id}
	var err error
	if st.versions, err = r.site.store.Changes(r.Context(), id); err != nil {
		return st, err
	}
	if r.stories == nil {
		r.stories = map[schema.ID]*story{}
	}
	r.stories[id] = st
	return st, nil
}
