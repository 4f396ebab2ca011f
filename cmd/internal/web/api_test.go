package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// apiDocument is the document that the API serves about itself, and what it was held
// against.
type apiDocument struct {
	t       testing.TB
	site    *site
	doc     map[string]any
	schemas *jsonschema.Compiler
	seen    map[string]bool // "GET /articles 200"
	tokens  map[accounts.Role]string
}

const documentURL = "https://stemma.example/api/v1/openapi.json"

func openDocument(s *site) *apiDocument {
	s.t.Helper()
	d := &apiDocument{t: s.t, site: s, schemas: jsonschema.NewCompiler(), seen: map[string]bool{}}
	d.schemas.DefaultDraft(jsonschema.Draft2020)
	for _, path := range []string{"openapi.json", "schemas/state.json", "schemas/diff.json"} {
		answer, body := s.get("/api/v1/" + path)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "application/json" {
			s.t.Fatalf("%s: %d %s", path, answer.StatusCode, answer.Header.Get("Content-Type"))
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err == nil {
			err = d.schemas.AddResource("https://stemma.example/api/v1/"+path, doc)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		if path == "openapi.json" {
			d.doc = doc.(map[string]any)
		}
	}
	return d
}

// operations lists the methods and paths that the document describes.
func (d *apiDocument) operations() map[string]bool {
	all := map[string]bool{}
	for path, item := range d.doc["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				all[strings.ToUpper(method)+" "+path] = true
			}
		}
	}
	return all
}

// response finds the place in the document of what an operation answers with a status.
func (d *apiDocument) response(operation string, status int) (pointer string, response map[string]any) {
	d.t.Helper()
	method, path, _ := strings.Cut(operation, " ")
	op := d.doc["paths"].(map[string]any)[path].(map[string]any)[strings.ToLower(method)].(map[string]any)
	responses := op["responses"].(map[string]any)
	name := strconv.Itoa(status)
	if _, ok := responses[name]; !ok {
		d.t.Errorf("%s answers %d, which is not described", operation, status)
		name = "default"
	}
	response = responses[name].(map[string]any)
	if ref, ok := response["$ref"].(string); ok {
		component := strings.TrimPrefix(ref, "#/components/responses/")
		return ref, d.doc["components"].(map[string]any)["responses"].(map[string]any)[component].(map[string]any)
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1")
	return fmt.Sprintf("#/paths/%s/%s/responses/%s", escape.Replace(path), strings.ToLower(method), name), response
}

// call sends a request by a user and holds the answer against the document. It gives
// the answer and its body.
func (d *apiDocument) call(role accounts.Role, operation, path, body string, status int, header ...string) (*http.Response, string) {
	d.t.Helper()
	method, _, _ := strings.Cut(operation, " ")
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if token := d.tokens[role]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	d.site.handler.ServeHTTP(w, r)
	answer := w.Result()
	text := w.Body.String()
	if answer.StatusCode != status {
		d.t.Errorf("%s %s: %d, not %d: %.500s", method, path, answer.StatusCode, status, text)
		return answer, text
	}
	pointer, response := d.response(operation, status)
	d.seen[operation+" "+strconv.Itoa(status)] = true
	content, _ := response["content"].(map[string]any)
	if content == nil {
		if text != "" {
			d.t.Errorf("%s %s: no body is described, and %q came", method, path, text)
		}
		return answer, text
	}
	kind := answer.Header.Get("Content-Type")
	if _, ok := content[kind]; !ok {
		d.t.Errorf("%s %s: %s is not described", method, path, kind)
		return answer, text
	}
	s, err := d.schemas.Compile(documentURL + pointer + "/content/" + strings.ReplaceAll(kind, "/", "~1") + "/schema")
	if err != nil {
		d.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = s.Validate(value)
	}
	if err != nil {
		d.t.Errorf("%s %s: %v\n%.1000s", method, path, err, text)
	}
	return answer, text
}

// The document names every operation that there is, and nothing else; each answers
// as it says.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.Writes = 1000 })
	d := openDocument(s)
	d.tokens = map[accounts.Role]string{}
	for role, email := range map[accounts.Role]string{accounts.Editor: "ada@example.org", accounts.Reader: "bo@example.org"} {
		token, _, err := accounts.In(s.store.Dir()).CreateToken(accounts.Token{Email: email})
		if err != nil {
			t.Fatal(err)
		}
		d.tokens[role] = token
	}
	if got, want := slices.Sorted(maps.Keys(d.operations())), slices.Sorted(maps.Keys(s.handler.APIOperations())); !slices.Equal(got, want) {
		t.Fatalf("described are\n%q\nthere are\n%q", got, want)
	}
	if got := fmt.Sprint(d.doc["components"].(map[string]any)["schemas"].(map[string]any)["Kind"].(map[string]any)["enum"]); got != fmt.Sprint(diff.AllKinds()) {
		t.Errorf("the kinds of change described: %s", got)
	}
	id := schema.DeriveID("storm").String()
	a := "/articles/" + id
	for _, path := range []string{"/openapi.json", "/schemas/state.json", "/schemas/diff.json"} {
		d.call(accounts.Nobody, "GET "+path, path, "", 200)
	}
	d.call(accounts.Nobody, "GET /articles", "/articles?date=2020-05-01&category=Disasters&status=usable&limit=1", "", 200)
	d.call(accounts.Nobody, "GET /articles", "/articles?at=2020-05-01T10:30:00Z&clock=published", "", 200)
	for _, q := range []string{"date=yesterday", "status=x", "limit=0", "limit=501", "cursor=x", "at=x", "datum=2020-05-01", "limit=1&limit=2"} {
		d.call(accounts.Nobody, "GET /articles", "/articles?"+q, "", 400)
	}
	answer, _ := d.call(accounts.Nobody, "GET /articles/{article}", a, "", 200)
	tag := answer.Header.Get("ETag")
	d.call(accounts.Nobody, "GET /articles/{article}", a, "", 304, "If-None-Match", tag)
	d.call(accounts.Nobody, "GET /articles/{article}", "/articles/"+url.PathEscape(oldPath+".html"), "", 200)
	d.call(accounts.Nobody, "GET /articles/{article}", a+"?at=2020-05-01T10:30:00Z", "", 200)
	d.call(accounts.Nobody, "GET /articles/{article}", a+"?at=x", "", 400)
	d.call(accounts.Nobody, "GET /articles/{article}", "/articles/nothing", "", 404)
	d.call(accounts.Nobody, "GET /articles/{article}/versions", a+"/versions", "", 200)
	d.call(accounts.Nobody, "GET /articles/{article}/versions", "/articles/nothing/versions", "", 404)
	for _, v := range []string{"1", "first", "current", "-1", "2020-05-01T11:30:00Z"} {
		d.call(accounts.Nobody, "GET /articles/{article}/versions/{v}", a+"/versions/"+v, "", 200)
	}
	d.call(accounts.Nobody, "GET /articles/{article}/versions/{v}", a+"/versions/9", "", 404)
	for _, q := range []string{"", "?from=1", "?from=1&to=2", "?to=1"} {
		d.call(accounts.Nobody, "GET /articles/{article}/diff", a+"/diff"+q, "", 200)
	}
	d.call(accounts.Nobody, "GET /articles/{article}/diff", a+"/diff?from=9", "", 404)
	d.call(accounts.Nobody, "GET /articles/{article}/diff", a+"/diff?form=1", "", 400)
	d.call(accounts.Nobody, "GET /articles/{article}/blame", a+"/blame?version=2", "", 200)
	d.call(accounts.Nobody, "GET /articles/{article}/blame", a+"/blame?version=9", "", 404)
	d.call(accounts.Nobody, "GET /articles/{article}/related", a+"/related", "", 200)
	d.call(accounts.Nobody, "GET /articles/{article}/related", a+"/related?limit=x", "", 400)
	d.call(accounts.Nobody, "GET /log", "/log?since=2020-01-01&author=ed&kind=headline&kind=figure&category=Disasters&quiet-edits=true&limit=1", "", 200)
	d.call(accounts.Nobody, "GET /log", "/log?kind=nonsense", "", 400)
	d.call(accounts.Nobody, "GET /log", "/log?corrections=perhaps", "", 400)
	d.call(accounts.Nobody, "GET /days/{date}", "/days/2020-05-01", "", 200)
	d.call(accounts.Nobody, "GET /days/{date}", "/days/2020-05-32", "", 404)
	d.call(accounts.Nobody, "GET /days/{date}", "/days/2020-05-01?at=x", "", 400)
	d.call(accounts.Nobody, "GET /search", "/search?q=seven&category=Disasters&limit=5", "", 200)
	d.call(accounts.Nobody, "GET /search", "/search?q=nothingofthatkind", "", 200)
	for _, q := range []string{"", "?q=%22", "?q=x&kind=y", "?q=" + strings.Repeat("x", 600)} {
		d.call(accounts.Nobody, "GET /search", "/search"+q, "", 400)
	}
	for _, q := range []string{"?q=seven+die", "?q=Seven+die&match=exact&article=" + id, "?q=(Two|Nine)&match=regexp&limit=1", "?q=nothingofthatkind"} {
		d.call(accounts.Nobody, "GET /when", "/when"+q, "", 200)
	}
	for _, q := range []string{"", "?q=(&match=regexp", "?q=x&match=y"} {
		d.call(accounts.Nobody, "GET /when", "/when"+q, "", 400)
	}
	d.call(accounts.Nobody, "GET /when", "/when?q=x&article=nothing", "", 404)
	d.writes(a, tag)
	for operation := range d.operations() {
		method, path, _ := strings.Cut(operation, " ")
		for status := range d.doc["paths"].(map[string]any)[path].(map[string]any)[strings.ToLower(method)].(map[string]any)["responses"].(map[string]any) {
			// Of all operations the same code gives these: they are tried once.
			if !d.seen[operation+" "+status] && !slices.Contains([]string{"default", "404", "413", "415", "403", "422", "400", "429"}, status) {
				t.Errorf("%s: the %s that is described was not seen", operation, status)
			}
		}
	}
}

// writes goes through what changes the store, of an article whose entity tag is tag.
func (d *apiDocument) writes(a, tag string) {
	d.t.Helper()
	const ed = accounts.Editor
	state := `{"type":"article","headline":"Ten die in storm","date":"2020-05-01","category":"Disasters","body":"The storm is over.\n"}`
	for operation, path := range map[string]string{"POST /articles": "/articles", "PUT /articles/{article}": a, "POST /articles/{article}/corrections": a + "/corrections", "POST /articles/{article}/restore": a + "/restore"} {
		d.call(accounts.Nobody, operation, path, state, 401)
		d.call(accounts.Reader, operation, path, state, 403)
		if operation != "PUT /articles/{article}" {
			d.call(ed, operation, path, "{", map[bool]int{true: 422, false: 400}[operation == "POST /articles"])
		}
		d.call(ed, operation, path, state, 415, "Content-Type", "text/plain", "If-Match", tag)
		d.call(ed, operation, path, state+strings.Repeat(" ", 8<<20), 413, "If-Match", tag)
	}
	d.call(ed, "POST /articles", "/articles", `{"headline":""}`, 422)
	d.call(ed, "POST /articles", "/articles?correction=x", state, 400)
	answer, text := d.call(ed, "POST /articles", "/articles?note=first", `{"headline":"A dam breaks","date":"2020-05-02","author":{"name":"Mallory","email":"m@example.org"}}`, 201)
	if !strings.Contains(text, `"result":"created"`) || !strings.Contains(text, `"name":"Ada Reporter"`) || strings.Contains(text, "Mallory") || answer.Header.Get("Location") == "" || answer.Header.Get("ETag") == "" {
		d.t.Errorf("a new article: %v %s", answer.Header, text)
	}
	d.call(ed, "POST /articles", "/articles", `{"headline":"A dam breaks","date":"2020-05-02"}`, 200)
	d.call(ed, "PUT /articles/{article}", "/articles/nothing", state, 404, "If-Match", "*")
	d.call(ed, "PUT /articles/{article}", a, state, 428)
	d.call(ed, "PUT /articles/{article}", a, `{"headline":1}`, 422, "If-Match", tag)
	d.call(ed, "PUT /articles/{article}", a+"?publishd=2020", state, 400, "If-Match", tag)
	d.call(ed, "PUT /articles/{article}", a, state, 412, "If-Match", "W/"+tag)
	answer, _ = d.call(ed, "PUT /articles/{article}", a, state, 201, "If-Match", tag)
	newer := answer.Header.Get("ETag")
	d.call(ed, "PUT /articles/{article}", a, state, 200, "If-Match", newer)
	_, text = d.call(ed, "PUT /articles/{article}", a, strings.Replace(state, "Ten", "Eleven", 1), 412, "If-Match", tag)
	for _, want := range []string{`"current":{`, `"theirs":{`, `"yours":{`, `"newText":"Eleven die in storm"`, `"newText":"Ten die in storm"`} {
		if !strings.Contains(text, want) {
			d.t.Errorf("a conflict without %s: %s", want, text)
		}
	}
	d.call(ed, "PUT /articles/{article}", a, state, 200, "If-Match", "*")
	d.call(ed, "POST /articles/{article}/corrections", a+"/corrections", `{"type":"correction","text":"It was ten.","from":1}`, 201)
	d.call(ed, "POST /articles/{article}/corrections", a+"/corrections", `{"type":"correction","text":"It was ten.","from":9}`, 404)
	d.call(ed, "POST /articles/{article}/corrections", a+"/corrections", `{"type":"correction","text":"It was ten.","from":3,"to":2}`, 400)
	d.call(ed, "POST /articles/{article}/corrections", a+"/corrections", `{"type":"correction"}`, 400)
	d.call(accounts.Nobody, "GET /articles/{article}/corrections", a+"/corrections", "", 200)
	d.call(accounts.Nobody, "GET /log", "/log?corrections=true", "", 200)
	if _, text = d.call(accounts.Nobody, "GET /articles/{article}", a, "", 200, "If-None-Match", newer); !strings.Contains(text, "It was ten.") {
		d.t.Errorf("whoever has the version is not told of its correction: %s", text)
	}
	d.call(ed, "POST /articles/{article}/restore", a+"/restore", `{"version":1}`, 428)
	d.call(ed, "POST /articles/{article}/restore", a+"/restore", `{"version":1}`, 412, "If-Match", tag)
	d.call(ed, "POST /articles/{article}/restore", a+"/restore", `{"version":9}`, 404, "If-Match", newer)
	_, text = d.call(ed, "POST /articles/{article}/restore", a+"/restore", `{"version":1,"note":"back"}`, 201, "If-Match", newer)
	if !strings.Contains(text, `"restores":1`) {
		d.t.Errorf("a restored version: %s", text)
	}
	d.call(ed, "POST /articles/{article}/restore", a+"/restore", `{"version":1}`, 200, "If-Match", "*")
}

// What is wrong with a request is told as a problem, whatever it is.
func TestAPIProblems(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/nothing", 404}, {"GET", "/api/", 404}, {"GET", "/api/v2/log", 404}, {"DELETE", "/api/v1/articles", 405}, {"POST", "/api/v1/log", 405},
		{"PUT", "/api/v1/articles", 405}, {"POST", "/api/v1/articles", 401}, {"GET", "/api/v1/articles/%ff%00", 404},
	} {
		answer, body := s.send(c.method, c.path, "")
		var problem struct {
			Title, Detail, Kind string
			Status              int
		}
		if err := json.Unmarshal([]byte(body), &problem); err != nil || answer.StatusCode != c.status || problem.Status != c.status || problem.Title == "" || problem.Kind == "" ||
			answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %v %d %s %s", c.method, c.path, err, answer.StatusCode, answer.Header.Get("Content-Type"), body)
		}
		if c.status == 405 && answer.Header.Get("Allow") == "" || c.status == 401 && answer.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s %s: the headers are %v", c.method, c.path, answer.Header)
		}
	}
}

// A list read in parts is the whole list, each item once, though versions are
// recorded meanwhile.
func TestAPICursors(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	var want []string
	for i := range 7 {
		key := fmt.Sprint("story ", i)
		s.record(key, fmt.Sprintf("Story %d of the day", i/2), "Text.\n", time.Date(2020, 5, 1, i, 0, 0, 0, time.UTC))
		want = append(want, schema.DeriveID(key).String())
	}
	for _, list := range []string{"articles", "log"} {
		var got []string
		path := "/api/v1/" + list + "?limit=2"
		for path != "" {
			answer, body := s.get(path)
			var part struct {
				Articles, Versions []struct{ Article string }
				Next               string
			}
			if err := json.Unmarshal([]byte(body), &part); err != nil || answer.StatusCode != http.StatusOK {
				t.Fatal(err, body)
			}
			for _, v := range append(part.Articles, part.Versions...) {
				got = append(got, v.Article)
			}
			path = ""
			if part.Next != "" {
				link := answer.Header.Get("Link")
				to, ok := strings.CutSuffix(link, `>; rel="next"`)
				if !ok || !strings.Contains(to, url.QueryEscape(part.Next)) {
					t.Fatalf("the link is %s", link)
				}
				path = strings.TrimPrefix(to, "<"+s.url)
				if list == "log" {
					s.record("late", fmt.Sprintf("Late news %d", len(got)), "Text.\n", time.Date(2020, 5, 2, len(got), 0, 0, 0, time.UTC))
				}
			}
		}
		if list == "log" {
			slices.Reverse(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", list, got, want)
		}
	}
}

// FuzzAPI: no query and no cursor is answered by a failure of the server's own.
func FuzzAPI(f *testing.F) {
	for _, seed := range []string{"cursor=" + "eyJkYXRlIjoiMjAyMC0wNS0wMSJ9", "cursor=LTE", "cursor=MQ&limit=2", "cursor=bnVsbA", "at=2020&clock=recorded", "kind=figure&kind=x", "date=2020-05-01", "%zz", "from=1&to=9", "version=-1", "cursor=W10", "q=seven&match=regexp", "q=(&match=exact"} {
		f.Add(seed)
	}
	s := newSite(f).handler
	id := schema.DeriveID("storm").String()
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/articles", "/log", "/articles/" + id, "/articles/" + id + "/diff", "/articles/" + id + "/blame", "/days/2020-05-01", "/articles/" + id + "/related", "/search", "/when"} {
			r := httptest.NewRequest(http.MethodGet, "/api/v1"+path, nil)
			r.URL.RawQuery = query
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError || !json.Valid(w.Body.Bytes()) && w.Code != http.StatusNotModified {
				t.Errorf("%s?%s: %d %s", path, query, w.Code, w.Body)
			}
		}
	})
}
