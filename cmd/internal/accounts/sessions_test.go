package accounts

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSessionsFile(t *testing.T) {
	t.Parallel()
	store := t.TempDir()
	if err := os.Mkdir(filepath.Join(store, "stemma"), 0o777); err != nil {
		t.Fatal(err)
	}
	first, err := OpenSessions(store)
	if err != nil || len(first.Key()) != 32 || len(first.Kept()) != 0 {
		t.Fatalf("%+v %v", first, err)
	}
	if _, err := OpenSessions(store); !errors.Is(err, ErrServed) {
		t.Errorf("two servers have it: %v", err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	list := []Session{
		{Hash: Hash{1}, Email: "ada@example.org", Standing: Standing{2}, Began: now, Used: now},
		{Hash: Hash{3}, Email: "bo@example.org", Outside: User{Name: "Bo", Email: "bo@example.org", Role: Reader}, Began: now, Used: now},
	}
	if err := first.Save(list); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenSessions(store)
	if err != nil || !reflect.DeepEqual(again.Kept(), list) || string(again.Key()) != string(first.Key()) {
		t.Fatalf("%+v %v", again, err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(store, "stemma", "sessions.json")
	info, err := os.Stat(name)
	if err != nil || worldReadableMatters && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "{}", string(whole) + "x", strings.Replace(string(whole), `"stemma_sessions":1`, `"stemma_sessions":2`, 1), strings.Replace(string(whole), `"email"`, `"e-mail"`, 1),
		strings.Replace(string(whole), `"role":"reader"`, `"role":"king"`, 1), strings.Replace(string(whole), `"bo@example.org"`, `""`, 1), string(whole[:len(whole)/2])} {
		if err := os.WriteFile(name, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := OpenSessions(store); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%q is taken: %+v %v", bad, s, err)
		}
	}
	if !worldReadableMatters {
		return
	}
	if err := errors.Join(os.WriteFile(name, whole, 0o600), os.Chmod(name, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSessions(store); err == nil || !strings.Contains(err.Error(), "may be read by others") {
		t.Errorf("a file that others may read: %v", err)
	}
}

// What is read is nothing but sessions that somebody has, and comes back as it was.
func FuzzSessions(f *testing.F) {
	f.Add(`{"stemma_sessions":1,"key":"` + strings.Repeat("01", 32) + `","sessions":[]}`)
	f.Add(`{"stemma_sessions":1,"key":"` + strings.Repeat("01", 32) + `","sessions":[{"sha256":"` + strings.Repeat("02", 32) + `","email":"a@b.c","standing":"` + strings.Repeat("03", 32) + `","began":"2026-01-02T03:04:05Z","used":"2026-01-02T03:04:05Z"}]}`)
	f.Add(`{"stemma_sessions":1,"key":"","sessions":[{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseSessions([]byte(text))
		if err != nil {
			return
		}
		for _, s := range c.Sessions {
			if s.Hash == (Hash{}) || s.Email == "" || s.Standing == (Standing{}) && s.Outside.Check() != nil {
				t.Errorf("%q: %+v", text, s)
			}
		}
	})
}
