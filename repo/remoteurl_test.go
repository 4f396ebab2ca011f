package repo

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCleanURL(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"../a", "/base/a"}, {"/a b", "/a b"}, {"./-a", "/base/x/-a"},
		{"https://example.org/a.git", "https://example.org/a.git"}, {"ssh://git@example.org/a", "ssh://git@example.org/a"},
		{"git@example.org:a/b.git", "git@example.org:a/b.git"}, {"file:///a", "file:///a"}, {"git://example.org/a", "git://example.org/a"},
	} {
		if got, err := CleanURL(c.in, "/base/x"); err != nil || got != c.want {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
	for _, in := range []string{"", "-x", "--upload-pack=touch /x", "ext::sh -c touch% /x", "fd::17", "ftp://example.org/a", "ssh://-oProxyCommand=x/a",
		"ssh://a@-oProxyCommand=x/a", "-oProxyCommand=x:a", "a@-x:b", "https://a\nb", "testgit::/a", "foo://a"} {
		if got, err := CleanURL(in, "/base"); err == nil {
			t.Errorf("%q is taken as %q", in, got)
		}
	}
}

func TestConfigAndHooksRunNothing(t *testing.T) {
	a := newStore(t)
	say(t, a, "x", "Zero")
	b := mustClone(t, a, 100)
	say(t, a, "x", "One")
	mark := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+mark+"\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hooks := filepath.Join(b.Dir(), "hooks")
	if err := os.MkdirAll(hooks, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, h := range []string{"reference-transaction", "post-merge", "pre-push", "post-checkout"} {
		if err := os.Symlink(script, filepath.Join(hooks, h)); err != nil {
			t.Fatal(err)
		}
	}
	global := filepath.Join(t.TempDir(), "gitconfig")
	text := "[core]\n\thooksPath = " + hooks + "\n\tfsmonitor = " + script + "\n[remote \"origin\"]\n\tuploadpack = " + script + "\n\treceivepack = " + script +
		"\n\tmirror = false\n\tpush = +refs/heads/*:refs/heads/*\n[push]\n\tdefault = matching\n[fetch]\n\tprune = true\n[pull]\n\trebase = true\n"
	if err := os.WriteFile(global, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	g := GitProgram{Environ: append(os.Environ(), "GIT_CONFIG_GLOBAL="+global, "GIT_DIR=/nowhere", "GIT_OBJECT_DIRECTORY=/nowhere", "GIT_ALLOW_PROTOCOL=ext")}
	if _, err := b.Pull(t.Context(), PullOptions{Git: g}); err != nil {
		t.Fatal(err)
	}
	say(t, b, "x", "Two")
	// On the other side of a push stands the other store's own config, which here is
	// the same user's.
	if err := os.WriteFile(global, []byte(strings.Replace(text, "hooksPath", "editor", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Push(t.Context(), g, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a hook or a program of the user's config was run")
	}
	// An address that plain git put into the config is no way around the rules.
	git1(t, b.Dir(), "config", "remote.bad.url", "ext::"+script)
	if _, err := b.Pull(t.Context(), PullOptions{Git: gitHere(), Remote: "bad"}); err == nil {
		t.Error("a transport helper was used")
	}
}

func TestRemotes(t *testing.T) {
	s := newStore(t)
	if list, err := s.Remotes(); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	for _, name := range []string{"-x", "a b", "a/b", "", "..", "a.lock"} {
		if err := s.AddRemote(name, "/a"); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
	for _, name := range []string{"b", "a"} {
		if err := s.AddRemote(name, "/"+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddRemote("a", "/z"); err == nil {
		t.Error("a remote was added twice")
	}
	if list, err := s.Remotes(); err != nil || !slices.Equal(list, []Remote{{"a", "/a"}, {"b", "/b"}}) {
		t.Error(list, err)
	}
	if err := s.RemoveRemote("b"); err != nil {
		t.Fatal(err)
	}
	var none *NotFoundError
	if err := s.RemoveRemote("b"); !errors.As(err, &none) {
		t.Errorf("%v", err)
	}
	if _, err := exec.Command("git", "--git-dir="+s.Dir(), "config", "remote.b.url").Output(); err == nil {
		t.Error("b is still there")
	}
}

// Whatever is taken for an address is one that git can't take for an option or for
// a program to run, and stays what it is when it is cleaned again.
func FuzzCleanURL(f *testing.F) {
	for _, s := range []string{"../a", "git@example.org:a", "ssh://-x/a", "ext::sh", "-x", "https://example.org/a", "a@-x:b", "c:\\a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := CleanURL(in, "/base")
		if err != nil {
			return
		}
		if strings.HasPrefix(got, "-") || strings.Contains(got, "::") && !strings.HasPrefix(got, "/") && !strings.Contains(got[:strings.Index(got, "::")], "/") &&
			urlScheme().FindString(got) == got[:strings.Index(got, "::")+2] {
			t.Errorf("%q is taken as %q", in, got)
		}
		if again, err := CleanURL(got, "/base"); err != nil || again != got {
			t.Errorf("%q is cleaned to %q, then to %q, %v", in, got, again, err)
		}
	})
}
