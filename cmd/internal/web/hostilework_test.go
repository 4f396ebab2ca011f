package web_test

import (
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
)

// hashWork is the memory that working out one password's hash takes, in bytes: that
// is what makes it costly (see accounts), and it can be counted where time can't.
const hashWork = 19 << 20

// hashesOf counts the hashes that were worked out meanwhile by the memory that they
// took. No other test may run beside it.
func hashesOf(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int((after.TotalAlloc - before.TotalAlloc + hashWork/2) / hashWork)
}

// The work for a wrong password is the same whoever is named, as the answer is: it
// tells nobody who has an account, or one with a password. A token that is wrong takes
// no such work at all, whoever is named beside it. This test runs alone, to count.
func TestWorkTellsNothing(t *testing.T) {
	s := newDesk(t, func(o *web.Options) { o.Limits.SignIns = -1 })
	users := accounts.In(s.store.Dir())
	for _, email := range []string{"outside@example.org", "gone@example.org"} {
		if err := users.Add(accounts.User{Name: "X", Email: email, Role: accounts.Editor}, map[bool]string{true: secret}[email == "gone@example.org"]); err != nil {
			t.Fatal(err)
		}
	}
	token := func(made accounts.Token) string {
		t.Helper()
		secret, _, err := users.CreateToken(made)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	ofGone, over := token(accounts.Token{Email: "gone@example.org"}), token(accounts.Token{Email: "ada@example.org", Expires: time.Now().Add(2 * time.Second)})
	revoked, made, err := users.CreateToken(accounts.Token{Email: "ada@example.org"})
	if err == nil {
		err = users.RevokeToken(made.ID)
	}
	if err == nil {
		err = users.Remove("gone@example.org")
	}
	if err != nil {
		t.Fatal(err)
	}
	b := s.visitor()
	_, page := b.get("/login")
	form := fields(page)
	answers := map[string]string{}
	for email, password := range map[string]string{
		"ada@example.org": "wrong password", "ADA@Example.org": "wrong password", "bo@example.org": "", "outside@example.org": "wrong password", "gone@example.org": secret,
		"eve@example.org": secret, "": secret, "x": strings.Repeat("long ", 10_000), "ada@example.org ": strings.Repeat("long ", 10_000),
		"\xff\x00": "\xff\x00", "ada@example.org\n": "\xff", "outside@example.org ": "", strings.Repeat("x", 60_000): "wrong password",
	} {
		form.Set("email", email)
		form.Set("password", password)
		var status int
		var page string
		n := hashesOf(func() {
			answer, text := b.do("POST", "/login", form)
			status, page = answer.StatusCode, text
		})
		if n != 1 || status != 422 {
			t.Errorf("%.40q: %d, with %d hashes", email, status, n)
		}
		if strings.HasSuffix(email, "@example.org") {
			answers[strings.ReplaceAll(page, email, "EMAIL")] = email
		}
	}
	if len(answers) != 1 {
		t.Errorf("they are answered in %d ways: %q", len(answers), answers)
	}
	if n := hashesOf(func() { b.signIn("ada@example.org") }); n != 1 {
		t.Errorf("the right password takes %d hashes", n)
	}
	for over := time.Now().Add(3 * time.Second); time.Now().Before(over); {
		time.Sleep(100 * time.Millisecond)
	}
	told := map[string]string{}
	for _, header := range []string{
		"Bearer x", "Bearer stemma_" + strings.Repeat("0", 32), "Bearer " + ofGone, "Bearer " + over, "Bearer " + revoked, "Bearer " + secret, "Bearer " + made.ID,
		"Basic " + basic("ada@example.org", secret), "Basic " + basic("ada@example.org", "wrong password"), "Basic " + basic("eve@example.org", "wrong password"),
		"Basic " + basic("ada@example.org", revoked), "Basic " + basic("eve@example.org", ofGone), "Basic " + basic("ada@example.org", ""),
	} {
		for _, path := range []string{"/api/v1/articles", "/git/info/refs?service=git-upload-pack", "/feed.atom"} {
			n := hashesOf(func() {
				answer, text := s.visitor().do("GET", path, nil, "Authorization", header, "Accept", "*/*")
				told[path+fmt.Sprint(answer.StatusCode, answer.Header.Values("WWW-Authenticate"), text)] = header
			})
			if n != 0 {
				t.Errorf("%s with %.30q takes %d hashes", path, header, n)
			}
		}
	}
	if len(told) != 3 {
		t.Errorf("wrong tokens are answered in %d ways at 3 addresses: %q", len(told), told)
	}
}

// Guessing at one address ends after as many tries, from however many machines,
// whether it is a user's or not.
func TestGuessingEndsForAll(t *testing.T) {
	t.Parallel()
	s := newDesk(t, func(o *web.Options) { o.Limits.SignIns, o.TrustProxy = 2, true })
	ended := map[string]int{}
	for k, email := range []string{"ada@example.org", "eve@example.org"} {
		b := s.visitor()
		_, page := b.get("/login")
		form := fields(page)
		form.Set("password", "guess")
		for i := range 12 {
			form.Set("email", map[bool]string{true: email, false: strings.ToUpper(email)}[i%2 == 0])
			answer, _ := b.do("POST", "/login", url.Values(form), "X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", k, i))
			if answer.StatusCode == 429 {
				ended[email] = i
				break
			}
		}
	}
	if ended["ada@example.org"] != 6 || ended["eve@example.org"] != 6 {
		t.Errorf("it ended after so many tries: %v", ended)
	}
}
