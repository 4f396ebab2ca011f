package web_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

const secret = "correct horse battery"

// stormID is the id of the article that newSite makes.
var stormID = schema.DeriveID("storm").String()

// newDesk serves a store to which Ada writes and which Bo reads.
func newDesk(t *testing.T, change func(*web.Options)) *site {
	t.Helper()
	return newSite(t, func(o *web.Options) {
		o.Users = accounts.In(o.Store.Dir())
		for _, u := range []accounts.User{{Name: "Ada Reporter", Email: "ada@example.org", Role: accounts.Editor}, {Name: "Bo", Email: "bo@example.org", Role: accounts.Reader}} {
			if err := o.Users.Add(u, secret); err != nil {
				t.Fatal(err)
			}
		}
		if change != nil {
			change(o)
		}
	})
}

// visitor is somebody's, with cookies.
type visitor struct {
	t    testing.TB
	site *site
	http http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{s.t, s, http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// editing signs Ada in and gives the form of the story as she is shown it.
func (s *site) editing() (ada *visitor, form url.Values) {
	s.t.Helper()
	ada = s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get(nowPath + "/edit")
	return ada, fields(page)
}

func (b *visitor) do(method, path string, form url.Values, header ...string) (*http.Response, string) {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.site.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer, string(text)
}

func (b *visitor) get(path string) (*http.Response, string) {
	b.t.Helper()
	return b.do("GET", path, nil)
}

// fields reads what a page's form holds, as a browser would send it.
func fields(page string) url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], unescape(m[2]))
	}
	for _, m := range regexp.MustCompile(`<input id="[^"]*" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], unescape(m[2]))
	}
	for _, m := range regexp.MustCompile(`(?s)<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], strings.ReplaceAll(unescape(m[2]), "\n", "\r\n"))
	}
	for _, m := range regexp.MustCompile(`(?s)<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>`).FindAllStringSubmatch(page, -1) {
		if chosen := regexp.MustCompile(`<option selected(?: value="([^"]*)")?>([^<]*)`).FindStringSubmatch(m[2]); chosen != nil {
			form.Set(m[1], unescape(chosen[1]+chosen[2]))
		}
	}
	return form
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&#43;", "+", "&amp;", "&").Replace(s)
}

func basic(name, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(name + ":" + password))
}

// signIn signs a browser in.
func (b *visitor) signIn(email string) {
	b.t.Helper()
	_, page := b.get("/login")
	form := fields(page)
	form.Set("email", email)
	form.Set("password", secret)
	if answer, page := b.do("POST", "/login", form); answer.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s can't sign in: %d %s", email, answer.StatusCode, page)
	}
}

func (s *site) versions(id string) []repo.Version {
	s.t.Helper()
	a, err := s.store.Resolve(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	list, err := s.store.Changes(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func TestEdit(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	if answer, _ := ada.get(nowPath + "/edit"); answer.StatusCode != 303 || answer.Header.Get("Location") != "/login?next="+url.QueryEscape(nowPath+"/edit") {
		t.Fatalf("%d %v", answer.StatusCode, answer.Header)
	}
	ada.signIn("ada@example.org")
	// The form as it is says nothing new.
	answer, page := ada.get(nowPath + "/edit")
	if answer.StatusCode != 200 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form := fields(page)
	form.Set("do", "preview")
	if answer, page := ada.do("POST", nowPath+"/edit", form); answer.StatusCode != 200 || !strings.Contains(page, "Nothing: the form says") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form.Set("do", "save")
	if answer, page := ada.do("POST", nowPath+"/edit", form); answer.StatusCode != 422 || !strings.Contains(page, "Nothing was recorded") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	form.Set("headline", "Ten die in storm")
	form.Set("sources", "The Agency https://agency.example/storm\r\nhttps://other.example/\r\n")
	form.Set("contexts", "Storms\r\nPunjab, Pakistan\r\n")
	form.Set("note", "the count was wrong")
	form.Set("notice", "correction")
	form.Set("do", "preview")
	if _, page := ada.do("POST", nowPath+"/edit", form); !strings.Contains(page, "<del>Nine</del><ins>Ten</ins>") || len(s.versions(stormID)) != 3 {
		t.Fatalf("the preview: %s", page)
	}
	if _, page := ada.do("POST", nowPath+"/edit?preview=1", form); !strings.Contains(page, "<ins>Ten</ins>") || strings.Contains(page, "<html") {
		t.Fatalf("the preview that a script asks for: %s", page)
	}
	form.Set("do", "save")
	answer, page = ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 303 || answer.Header.Get("Location") != "/news/2020/05/1/ten-die-in-storm.html" {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	list := s.versions(stormID)
	last := list[len(list)-1]
	if len(list) != 4 || last.Author.Name != "Ada Reporter" || last.Author.Email != "ada@example.org" || last.Correction == nil || last.Correction.Text != "the count was wrong" {
		t.Fatalf("%+v", last)
	}
	st, err := s.store.State(t.Context(), last)
	if err != nil || len(st.Sources) != 2 || st.Sources[0].Name != "The Agency" || st.Sources[0].URL != "https://agency.example/storm" || st.Sources[1].Name != "" ||
		len(st.Contexts) != 2 || st.Contexts[1] != "Punjab, Pakistan" || st.Category != "Disasters" {
		t.Fatalf("%+v %v", st, err)
	}
	// An old version, restored by its button.
	_, page = ada.get("/news/2020/05/1/ten-die-in-storm.html?version=1")
	form = url.Values{"form": {fields(page).Get("form")}, "base": {fields(page).Get("base")}, "restore": {"1"}}
	if answer, page := ada.do("POST", "/news/2020/05/1/ten-die-in-storm/edit", form); answer.StatusCode != 303 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	if list := s.versions(stormID); list[len(list)-1].Restores != 1 {
		t.Errorf("%+v", list[len(list)-1])
	}
	if answer, _ := ada.do("POST", "/news/2020/05/1/ten-die-in-storm/edit", form); answer.StatusCode != 409 {
		t.Errorf("restored on top of what nobody saw: %d", answer.StatusCode)
	}
}

func TestNewArticle(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada := s.visitor()
	ada.signIn("ada@example.org")
	_, page := ada.get("/new")
	form := fields(page)
	form.Set("do", "save")
	if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 422 || !strings.Contains(page, `id="headline" name="headline" rows="2" dir="auto" aria-invalid="true"`) {
		t.Fatalf("without a headline: %d %s", answer.StatusCode, page)
	}
	form.Set("headline", "Zoo opens")
	form.Set("body", "At last.\r\n\r\nIt did.")
	form.Set("date", "2026-02-30")
	if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 422 || !strings.Contains(page, "It did.") {
		t.Fatalf("on no day: %d %s", answer.StatusCode, page)
	}
	form.Set("date", "2026-02-03")
	for range 2 { // sent twice, it is one
		if answer, page := ada.do("POST", "/new", form); answer.StatusCode != 303 || answer.Header.Get("Location") != "/news/2026/02/3/zoo-opens.html" {
			t.Fatalf("%d %v %s", answer.StatusCode, answer.Header, page)
		}
	}
	list := s.versions("zoo-opens")
	st, err := s.store.State(t.Context(), list[0])
	if err != nil || len(list) != 1 || st.Body != "At last.\n\nIt did.\n" {
		t.Errorf("%+v %v", st, err)
	}
}

// Two editors of one version: the second sees both sides, and loses nothing.
func TestConflict(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada, mine := s.editing()
	s.record("storm", "Eleven die in great storm", "The storm reached the coast.\n\nIt was number 2.\n", time.Date(2020, 5, 1, 14, 0, 0, 0, time.UTC))
	mine.Set("headline", "Ten die in storm")
	mine.Set("summary", "Something that took me an hour.")
	mine.Set("note", "my reasons")
	for _, do := range []string{"preview", "save"} {
		mine.Set("do", do)
		answer, page := ada.do("POST", nowPath+"/edit", mine)
		if answer.StatusCode != 409 || len(s.versions(stormID)) != 4 {
			t.Fatalf("%s: %d %s", do, answer.StatusCode, page)
		}
		for _, want := range []string{"<del>Nine</del><ins>Eleven</ins>", "<del>Nine</del><ins>Ten</ins>", "Something that took me an hour.", "my reasons", "You both changed: <strong>Headline</strong>", "Eleven die in great storm"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page lacks %q:\n%s", do, want, page)
			}
		}
		again := fields(page)
		if again.Get("headline") != "Ten die in storm" || again.Get("summary") != "Something that took me an hour." || again.Get("base") == mine.Get("base") {
			t.Errorf("%s: the form: %v", do, again)
		}
		if do == "save" {
			again.Set("do", "save")
			if answer, page := ada.do("POST", nowPath+"/edit", again); answer.StatusCode != 303 {
				t.Fatalf("%d %s", answer.StatusCode, page)
			}
		}
	}
	if list := s.versions(stormID); len(list) != 5 || list[4].Headline != "Ten die in storm" {
		t.Errorf("%d versions", len(list))
	}
}

// A session that ended costs nobody what they typed.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	s := newDesk(t, nil)
	ada, form := s.editing()
	form.Set("summary", "An hour's work.")
	form.Set("do", "save")
	if answer, _ := ada.do("POST", "/logout", url.Values{"form": {form.Get("form")}}); answer.StatusCode != 303 {
		t.Fatal(answer.StatusCode)
	}
	answer, page := ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 401 || !strings.Contains(page, "An hour&#39;s work.") || !strings.Contains(page, "Sign in in another tab") {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	ada.signIn("ada@example.org")
	answer, page = ada.do("POST", nowPath+"/edit", form)
	if answer.StatusCode != 403 || !strings.Contains(page, "An hour&#39;s work.") || len(s.versions(stormID)) != 3 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	again := fields(page)
	again.Set("do", "save")
	if answer, page := ada.do("POST", nowPath+"/edit", again); answer.StatusCode != 303 {
		t.Fatalf("%d %s", answer.StatusCode, page)
	}
	// A reader may not edit, whatever they send.
	bo := s.visitor()
	bo.signIn("bo@example.org")
	if answer, page := bo.do("POST", nowPath+"/edit", again); answer.StatusCode != 403 || len(s.versions(stormID)) != 4 {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
}

// What is read while four editors record is always whole, and every version that was
// acknowledged is there afterwards.
func TestReadWhileWriting(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.Writes = -1 })
	const writers, each = 4, 5
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		reading.Go(func() {
			b := s.visitor()
			for {
				for _, path := range []string{"/", "/feed.atom", nowPath + ".html", nowPath + "/changes", "/news/2020/05/1/"} {
					if answer, _ := b.get(path); answer.StatusCode >= 500 {
						t.Errorf("%s: %d", path, answer.StatusCode)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	wrote := make(chan string, writers*each)
	for i := range writers {
		writing.Go(func() {
			b := s.visitor()
			b.signIn("ada@example.org")
			for j := range each {
				_, page := b.get("/new")
				form := fields(page)
				headline := fmt.Sprintf("Story %c%c", 'a'+i, 'a'+j)
				form.Set("headline", headline)
				form.Set("do", "save")
				answer, page := b.do("POST", "/new", form)
				if answer.StatusCode != 303 {
					t.Errorf("%s: %d %s", headline, answer.StatusCode, page)
					continue
				}
				wrote <- answer.Header.Get("Location")
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(wrote)
	n := 0
	b := s.visitor()
	for path := range wrote {
		n++
		if answer, _ := b.get(path); answer.StatusCode != 200 {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if n != writers*each {
		t.Errorf("%d were recorded", n)
	}
}
