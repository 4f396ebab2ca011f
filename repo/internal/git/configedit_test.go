package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSettings changes a config that a person wrote, beside git, which must read
// what was meant, and nothing else may change.
func TestSettings(t *testing.T) {
	r := newStore(t)
	path := filepath.Join(r.Dir(), "config")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	own := "# Written by hand.\n[Remote \"desk\"] ; the desk\n\turl = /desk\n\turl = /desk/2\n\n[alias]\n\tlong = one \\\n\t\ttwo\n[remote \"a\\\"b\"]\n\turl = /ab\n"
	if err := os.WriteFile(path, []byte(string(before)+own), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][4]string{
		{"remote", "desk", "url", "ssh://git@example.org/desk"}, {"remote", "new", "url", `/with "quotes", # and \ and ; too `},
		{"remote", `a"b`, "fetch", "+refs/heads/*:refs/remotes/ab/*"}, {"alias", "", "short", "three"}, {"stemma", "", "levels", "3"},
	} {
		if err := r.SetSetting(c[0], c[1], c[2], c[3]); err != nil {
			t.Fatal(err)
		}
		name := c[0] + "." + c[2]
		if c[1] != "" {
			name = c[0] + "." + c[1] + "." + c[2]
		}
		if got := runGit(t, r.Dir(), "config", "--local", "--get-all", name); got != c[3] {
			t.Errorf("%s is %q, want %q", name, got, c[3])
		}
		s, err := r.Settings()
		if err != nil || s.Get(c[0], c[1], c[2]) != c[3] {
			t.Errorf("%s is read as %q, %v", name, s.Get(c[0], c[1], c[2]), err)
		}
	}
	if got := runGit(t, r.Dir(), "config", "--local", "alias.long"); got != "one   two" {
		t.Errorf("a value over two lines is %q", got)
	}
	if err := r.RemoveSettings("remote", "desk"); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(after), string(before)) || !strings.Contains(string(after), "# Written by hand.") || strings.Contains(string(after), "desk") {
		t.Errorf("the config is now\n%s", after)
	}
	if err := r.SetSetting("remote", "x", "url", "a\nb"); err == nil {
		t.Error("a value of two lines was written")
	}
	if s, err := r.Settings(); err != nil || strings.Join(s.Subs("remote"), " ") != `a"b new` {
		t.Errorf("%v, %v", s.Subs("remote"), err)
	}
	if err := os.WriteFile(path, append(after, "[core] bare = true\n"...), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := r.SetSetting("core", "", "logallrefupdates", "true"); err == nil {
		t.Error("a setting on a header's line was passed over")
	}
}

// Whatever a config holds, a setting that is written is read back, and what else it
// says stays.
func FuzzSetSetting(f *testing.F) {
	f.Add("[core]\n\tbare = true\n", "/x")
	f.Add("[a \"b\"] c = d\n[a]\n", "x#y")
	f.Add("[remote \"origin\"]\n\turl = a\\\n b\n", " \"\\ ")
	f.Fuzz(func(t *testing.T, text, value string) {
		before, err := parseSettings([]byte(text))
		if err != nil || strings.ContainsAny(value, "\n\r\x00") {
			return
		}
		data, err := setSetting([]byte(text), "remote", "origin", "url", value)
		if err != nil {
			return
		}
		after, err := parseSettings(data)
		if err != nil {
			return // SetSetting refuses it
		}
		if after.Get("remote", "origin", "url") != value {
			return // as well
		}
		for _, s := range before.file.Sections {
			for _, o := range s.Options {
				if after.Get(s.Name, "", o.Key) != before.Get(s.Name, "", o.Key) {
					t.Errorf("%s.%s was %q and is %q", s.Name, o.Key, before.Get(s.Name, "", o.Key), after.Get(s.Name, "", o.Key))
				}
			}
		}
	})
}
