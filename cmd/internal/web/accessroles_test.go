package web_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/schema"
)

// write is a way to change something, and how each role is answered: nobody, a reader,
// an editor, an admin, and an editor's token that is a reader's.
type write struct {
	method, path string
	program      bool // it is sent JSON and a token; else a form and a cookie
	body         map[string]string
	answers      [5]int
}

// Who may do what, at every address that changes something; and what the API says that
// it writes stands in the table.
func TestRolesAtEveryWrite(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits = web.Limits{SignIns: -1, Writes: -1, Previews: -1} })
	users := accounts.In(s.store.Dir())
	if err := users.Add(accounts.User{Name: "Chief", Email: "chief@example.org", Role: accounts.Admin}, secret); err != nil {
		t.Fatal(err)
	}
	emails := []string{"", "bo@example.org", "ada@example.org", "chief@example.org"}
	tokens := []string{""}
	visitors := []*visitor{s.visitor()}
	for _, email := range emails[1:] {
		token, _, err := users.CreateToken(accounts.Token{Email: email})
		if err != nil {
			t.Fatal(err)
		}
		v := s.visitor()
		v.signIn(email)
		visitors, tokens = append(visitors, v), append(tokens, token)
	}
	less, _, err := users.CreateToken(accounts.Token{Email: "ada@example.org", Role: accounts.Reader})
	if err != nil {
		t.Fatal(err)
	}
	tokens = append(tokens, less)
	form := func(do string) map[string]string {
		return map[string]string{"headline": "Eleven die in storm", "date": "2020-05-01", "do": do, "body": "NEW"}
	}
	api := "/api/v1/articles/" + stormID
	table := []write{
		{"POST", "/new", false, form("save"), [5]int{401, 403, 303, 303}},
		{"POST", "/new", false, form("preview"), [5]int{401, 403, 200, 200}},
		{"POST", "/new?preview=1", false, form("preview"), [5]int{200, 403, 200, 200}},
		{"POST", nowPath + "/edit", false, form("save"), [5]int{401, 403, 303, 303}},
		{"POST", nowPath + "/edit", false, form("preview"), [5]int{401, 403, 200, 200}},
		{"POST", nowPath + "/edit", false, map[string]string{"restore": "ROLE"}, [5]int{401, 403, 303, 303}},
		{"POST", nowPath + "/correct", false, map[string]string{"from": "1", "to": "2", "type": "correction", "text": "NEW"}, [5]int{401, 403, 303, 303}},
		{"POST", "/logout", false, nil, [5]int{303, 303, 303, 303}},
		{"POST", "/api/v1/articles", true, map[string]string{"headline": "NEW"}, [5]int{401, 403, 201, 201, 403}},
		{"PUT", api, true, map[string]string{"headline": "Nine die in storm", "body": "NEW"}, [5]int{401, 403, 201, 201, 403}},
		{"POST", api + "/restore", true, map[string]string{"version": "ROLE"}, [5]int{401, 403, 201, 201, 403}},
		{"POST", api + "/corrections", true, map[string]string{"type": "correction", "text": "NEW"}, [5]int{401, 403, 201, 201, 403}},
		{"POST", "/git/git-receive-pack", true, nil, [5]int{403, 403, 403, 403, 403}},
		{"POST", nowPath + ".html", false, form("save"), [5]int{405, 405, 405, 405}},
		{"PUT", nowPath + ".html", false, form("save"), [5]int{405, 405, 405, 405}},
		{"DELETE", nowPath + ".html", false, nil, [5]int{405, 405, 405, 405}},
		{"DELETE", api, true, nil, [5]int{405, 405, 405, 405, 405}},
		{"PATCH", api, true, map[string]string{"headline": "NEW"}, [5]int{405, 405, 405, 405, 405}},
	}
	held := map[string]bool{}
	for i, c := range table {
		if path, ok := strings.CutPrefix(c.path, "/api/v1"); ok {
			path, _, _ = strings.Cut(strings.Replace(path, stormID, "{article}", 1), "?")
			held[c.method+" "+path] = true
		}
		for role, want := range c.answers {
			if want == 0 {
				continue
			}
			before := s.stand()
			got, page := s.write(c, fmt.Sprint("Text ", i, " by ", role, "\n"), visitors, tokens, role)
			changed := s.stand() != before
			if got != want {
				t.Errorf("%s %s %v by %d: %d, want %d: %.300s", c.method, c.path, c.body, role, got, want, page)
			}
			if changed && (want >= 400 || c.body["do"] == "preview" || c.path == "/logout") {
				t.Errorf("%s %s %v by %d changed the store, answered %d", c.method, c.path, c.body, role, got)
			}
			if c.path == "/logout" && role > 0 {
				visitors[role].signIn(emails[role])
			}
		}
	}
	for _, op := range slices.Sorted(maps.Keys(s.handler.APIOperations())) {
		if !strings.HasPrefix(op, "GET ") && !held[op] {
			t.Errorf("%s stands in no row of this table", op)
		}
	}
	// What a form may do by GET is to be shown.
	before := s.stand()
	for _, path := range []string{"/new?do=save&headline=x&date=2020-05-01", nowPath + "/edit?restore=1&do=save", nowPath + "/correct?from=1&to=2&type=correction&text=x", "/logout"} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			if visitors[3].do(method, path, nil); s.stand() != before {
				t.Errorf("%s %s changed the store", method, path)
			}
		}
	}
}

// write sends c as somebody of a role and gives the status and the answer.
func (s *site) write(c write, text string, visitors []*visitor, tokens []string, role int) (int, string) {
	s.t.Helper()
	if !c.program {
		v, form := visitors[role], url.Values{}
		_, page := v.get("/")
		form.Set("form", fields(page).Get("form"))
		for name, value := range c.body {
			form.Set(name, strings.NewReplacer("NEW", text, "ROLE", fmt.Sprint(role-1)).Replace(value))
		}
		list := s.versions(stormID)
		form.Set("base", list[len(list)-1].Seal.String())
		if c.path == "/new" {
			form.Set("id", schema.DeriveID(text).String())
			form.Set("headline", text)
		}
		path := strings.Replace(c.path, nowPath, list[len(list)-1].Path, 1)
		answer, page := v.do(c.method, path, form)
		return answer.StatusCode, page
	}
	body := map[string]string{}
	for name, value := range c.body {
		body[name] = strings.NewReplacer("NEW", strings.TrimSpace(text), "ROLE", fmt.Sprint(role-1)).Replace(value)
	}
	header := []string{"Content-Type", "application/json"}
	if strings.HasPrefix(c.path, "/git/") {
		header[1] = "application/x-git-receive-pack-request"
	}
	if tokens[role] != "" {
		header = append(header, "Authorization", "Bearer "+tokens[role])
	}
	if c.method == "PUT" || strings.Contains(c.path, "/restore") {
		list := s.versions(stormID)
		header = append(header, "If-Match", `"`+list[len(list)-1].Seal.String()+`"`)
	}
	sent := jsonText(s.t, body)
	if c.body == nil {
		sent = ""
	}
	answer, page := s.send(c.method, c.path, sent, header...)
	return answer.StatusCode, page
}

// stand is what the store holds.
func (s *site) stand() string {
	s.t.Helper()
	tip, err := s.store.Tip()
	if err != nil {
		s.t.Fatal(err)
	}
	return tip
}
