package accounts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func testFile(t *testing.T) *File {
	t.Helper()
	return At(filepath.Join(t.TempDir(), "users.json"))
}

var ada = User{Name: "Ada Reporter", Email: "ada@example.org", Role: Editor}

const secret = "correct horse battery"

func TestSignIn(t *testing.T) {
	t.Parallel()
	f := testFile(t)
	if err := f.Add(ada, secret); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(User{Name: "Bo", Email: "bo@example.org", Role: Reader}, ""); err != nil {
		t.Fatal(err)
	}
	// Another process sees it.
	other := At(f.Path())
	u, standing, err := other.SignIn(t.Context(), "ADA@example.org", secret)
	if err != nil || u != ada {
		t.Fatalf("%+v, %v", u, err)
	}
	for email, password := range map[string]string{
		"ada@example.org":  secret + "!",
		"bo@example.org":   "",
		"eve@example.org":  secret,
		"":                 "",
		"ada@example.org ": secret,
	} {
		if u, _, err := f.SignIn(t.Context(), email, password); !errors.Is(err, ErrRefused) || u != (User{}) {
			t.Errorf("%q with %q: %+v, %v", email, password, u, err)
		}
	}
	if u, ok, err := f.Still(ada.Email, standing); !ok || err != nil || u != ada {
		t.Errorf("still: %+v %t %v", u, ok, err)
	}
	if err := other.SetRole(ada.Email, Admin); err != nil {
		t.Fatal(err)
	}
	if u, ok, _ := f.Still(ada.Email, standing); !ok || u.Role != Admin {
		t.Errorf("the new role is not seen: %+v %t", u, ok)
	}
	if err := other.SetPassword(ada.Email, "another long password"); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := f.Still(ada.Email, standing); ok {
		t.Error("the old password still counts")
	}
	if err := f.Remove(ada.Email); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.SignIn(t.Context(), ada.Email, "another long password"); !errors.Is(err, ErrRefused) {
		t.Errorf("a removed user: %v", err)
	}
}

// A hash that was made when they cost less is replaced when its user signs in, and by
// nothing else.
func TestSignInStrengthens(t *testing.T) {
	t.Parallel()
	f := testFile(t)
	if err := f.Add(ada, secret); err != nil {
		t.Fatal(err)
	}
	strong := hashKept(t, f)
	if _, _, err := f.SignIn(t.Context(), ada.Email, secret); err != nil || hashKept(t, f) != strong {
		t.Fatalf("a hash of today's costs is replaced: %v", err)
	}
	for what, weak := range map[string]phc{
		"less memory":  {memory: 8 << 10, passes: hashPasses, lanes: 1, salt: make([]byte, saltBytes)},
		"fewer passes": {memory: hashMemory, passes: 1, lanes: 1, salt: make([]byte, saltBytes)},
		"short salt":   {memory: hashMemory, passes: hashPasses, lanes: 1, salt: make([]byte, 8)},
	} {
		weak.sum = weak.of(secret)
		if err := f.change(func(c *content) error { c.user(ada.Email).Password = weak.String(); return nil }); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.SignIn(t.Context(), ada.Email, secret+"!"); !errors.Is(err, ErrRefused) || hashKept(t, f) != weak.String() {
			t.Errorf("%s: a wrong password: %v", what, err)
		}
		other := At(f.Path()) // of another process, which knows the old one
		if _, err := other.Users(); err != nil {
			t.Fatal(err)
		}
		u, standing, err := f.SignIn(t.Context(), ada.Email, secret)
		h, herr := parsePHC(hashKept(t, f))
		if err != nil || herr != nil || u != ada || h.weak() || h.String() == strong {
			t.Errorf("%s: %+v %v, kept as %s %v", what, u, err, h, herr)
		}
		if _, ok, err := other.Still(ada.Email, standing); !ok || err != nil {
			t.Errorf("%s: who just signed in is out: %v", what, err)
		}
		if _, _, err := other.SignIn(t.Context(), ada.Email, secret); err != nil || hashKept(t, f) != h.String() {
			t.Errorf("%s: once more: %v", what, err)
		}
	}
}

func hashKept(t *testing.T, f *File) string {
	t.Helper()
	c, err := f.read()
	if err != nil || len(c.Users) == 0 {
		t.Fatalf("%+v %v", c, err)
	}
	return c.Users[0].Password
}

// The letters count, not how a keyboard put them together.
func TestPasswordIsNormalized(t *testing.T) {
	t.Parallel()
	h, err := parsePHC(hashPassword("caf\u00e9 au lait"))
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := make(turns, 1).matches(t.Context(), h, "cafe\u0301 au lait"); !ok || err != nil {
		t.Errorf("%t %v", ok, err)
	}
}

// An unknown user costs what a known one does: the parameters are the same, and the
// hash is worked out.
func TestStrangerCostsTheSame(t *testing.T) {
	t.Parallel()
	known, err := parsePHC(hashPassword(secret))
	if err != nil {
		t.Fatal(err)
	}
	s := stranger()
	if s.memory != known.memory || s.passes != known.passes || s.lanes != known.lanes || len(s.salt) != len(known.salt) {
		t.Errorf("%v, %v", s, known)
	}
	// Whoever waits for a turn and goes away is let go.
	f := testFile(t)
	for range hashesAtOnce {
		f.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.SignIn(ctx, "nobody@example.org", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("no hash was worked out for an unknown user: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	f := testFile(t)
	if err := f.Add(ada, ""); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	whole, made, err := f.CreateToken(Token{Email: ada.Email, Note: "nightly"})
	if err != nil || made.Role != Editor || len(whole) != len(tokenPrefix)+32 {
		t.Fatalf("%q %+v %v", whole, made, err)
	}
	less, _, err := f.CreateToken(Token{Email: ada.Email, Role: Reader, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.CreateToken(Token{Email: ada.Email, Role: Admin}); err == nil {
		t.Error("an editor's token is an admin's")
	}
	if _, _, err := f.CreateToken(Token{Email: "eve@example.org"}); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	for _, c := range []struct {
		secret string
		at     time.Time
		role   Role
	}{
		{whole, now, Editor}, {less, now, Reader}, {less, now.Add(2 * time.Hour), Nobody},
		{whole + "x", now, Nobody}, {made.ID, now, Nobody}, {"", now, Nobody}, {strings.ToUpper(whole), now, Nobody},
	} {
		if u, err := f.ByToken(c.secret, c.at); u.Role != c.role || (err == nil) != (c.role != Nobody) {
			t.Errorf("%q: %+v %v", c.secret, u, err)
		}
	}
	// What a user loses, their tokens lose.
	if err := f.SetRole(ada.Email, Reader); err != nil {
		t.Fatal(err)
	}
	if u, err := f.ByToken(whole, now); u.Role != Reader || err != nil {
		t.Errorf("%+v %v", u, err)
	}
	if err := f.RevokeToken(made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ByToken(whole, now); !errors.Is(err, ErrRefused) {
		t.Errorf("a revoked token: %v", err)
	}
	if err := f.Remove(ada.Email); err != nil {
		t.Fatal(err)
	}
	if list, err := f.Tokens(); len(list) != 0 || err != nil {
		t.Errorf("a removed user's tokens: %v %v", list, err)
	}
}

// What is kept is no secret that could be used, and only its owner may read it.
func TestFileHoldsNoSecret(t *testing.T) {
	t.Parallel()
	f := testFile(t)
	if err := f.Add(ada, secret); err != nil {
		t.Fatal(err)
	}
	token, _, err := f.CreateToken(Token{Email: ada.Email})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Path())
	if err != nil || strings.Contains(string(b), secret) || strings.Contains(string(b), token) || strings.Contains(string(b), token[len(tokenPrefix):]) {
		t.Errorf("%v: %s", err, b)
	}
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(f.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(f.Path(), 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := At(f.Path()).Users(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
}

// Processes that write at once lose nothing of each other's.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	path := testFile(t).Path()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			name := string(rune('a' + i))
			if err := At(path).Add(User{Name: name, Email: name + "@example.org", Role: Reader}, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if users, err := At(path).Users(); len(users) != 16 || err != nil {
		t.Errorf("%d users, %v", len(users), err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".users-*"))
	if len(left) != 0 || err != nil {
		t.Errorf("left over: %v %v", left, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, u := range []User{
		{"", "a@example.org", Reader}, {"A", "", Reader}, {"A", "a", Reader}, {"A", "a@example.org", Nobody}, {"A", "a@example.org", Admin + 1},
		{"A\nB", "a@example.org", Reader}, {"A <x>", "a@example.org", Reader}, {" A", "a@example.org", Reader}, {"A\u202e", "a@example.org", Reader},
		{"A\xff", "a@example.org", Reader}, {"A", "A <a@example.org>", Reader}, {"A", "a@example.org\n", Reader}, {"A", `"a b"@example.org`, Reader},
		{strings.Repeat("A", 201), "a@example.org", Reader}, {"A", strings.Repeat("a", 250) + "@example.org", Reader},
	} {
		if u.Check() == nil {
			t.Errorf("%+v is let through", u)
		}
	}
	for _, u := range []User{ada, {"阿达", "a.b+c@mail.example.org", Admin}, {"O’Neil, Ada", "ada@example.org", Reader}} {
		if err := u.Check(); err != nil {
			t.Errorf("%+v: %v", u, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"stemma_users":1,"users":[{"name":"Ada","email":"ada@example.org","role":"editor","created":"2026-01-01T00:00:00Z"}],"tokens":[]}`))
	f.Add([]byte(`{"stemma_users":1,"users":[{"name":"Ada","email":"ada@example.org","role":"admin","password":"` + hashPassword("x") + `","created":"2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"stemma_users":2}`))
	f.Add([]byte(`{"stemma_users":1,"users":[{"name":"Ada","email":"ada@example.org","role":"root"}]} {}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse(b)
		if err != nil {
			return
		}
		for _, u := range c.Users {
			if err := u.Check(); err != nil {
				t.Errorf("%+v was read: %v", u, err)
			}
		}
	})
}

func FuzzPHC(f *testing.F) {
	f.Add(hashPassword("x"))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err == nil && (h.String() != s || h.memory > 1<<20 || h.passes > 64) {
			t.Errorf("%q is read as %+v", s, h)
		}
	})
}
