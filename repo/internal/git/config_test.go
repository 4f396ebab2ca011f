package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "store")
	if IsStore(dir) {
		t.Error("a folder that does not exist is a store")
	}
	if err := Init(dir, Config{UUID: "0d1f3d0c-5f44-4c3f-9a4e-111111111111", Levels: 2}); err != nil {
		t.Fatal(err)
	}
	if !IsStore(dir) || IsStore(filepath.Dir(dir)) {
		t.Error("IsStore")
	}
	r := open(t, dir)
	if c := r.Config(); c != (Config{FormatVersion, "0d1f3d0c-5f44-4c3f-9a4e-111111111111", 2}) {
		t.Errorf("config %+v", c)
	}
	for key, want := range map[string]string{
		"core.bare": "true", "core.fsync": "all", "gc.auto": "0", "gc.autoPackLimit": "0", "maintenance.auto": "false",
		"receive.autogc": "false", "receive.unpackLimit": "1", "receive.denyNonFastForwards": "true",
		"receive.denyDeletes": "true", "transfer.fsckObjects": "true", "stemma.formatversion": "1", "stemma.levels": "2",
	} {
		if got := runGit(t, dir, "config", "--local", key); got != want {
			t.Errorf("git reads %s = %q, want %q", key, got, want)
		}
	}
	if got := runGit(t, dir, "symbolic-ref", "HEAD"); got != mainRef {
		t.Errorf("HEAD is %s", got)
	}
	fsckEmpty := gitCmd(t, dir, "fsck", "--strict")
	if out, err := fsckEmpty.CombinedOutput(); err != nil {
		t.Errorf("git fsck: %v\n%s", err, out)
	}
	if err := Init(dir, Config{}); !errors.Is(err, ErrExists) {
		t.Errorf("a second Init: %v", err)
	}
	a, b := newStore(t), newStore(t)
	if a.Config().UUID == b.Config().UUID || len(a.Config().UUID) != 36 {
		t.Errorf("UUIDs %q, %q", a.Config().UUID, b.Config().UUID)
	}
}

func TestInitLeavesOthersAlone(t *testing.T) {
	used := t.TempDir()
	write(t, filepath.Join(used, "my novel.txt"), "chapter one")
	if err := Init(used, Config{}); !errors.Is(err, ErrExists) {
		t.Errorf("Init over files: %v", err)
	}
	if rows, _ := os.ReadDir(used); len(rows) != 1 {
		t.Errorf("Init left %v", rows)
	}
	bare := t.TempDir()
	runGit(t, bare, "init", "--quiet", "--bare")
	if err := Init(bare, Config{}); !errors.Is(err, ErrExists) {
		t.Errorf("Init over a repository: %v", err)
	}
	if _, err := Open(bare); !errors.Is(err, ErrNoStore) || IsStore(bare) {
		t.Errorf("a plain repository opened as a store: %v", err)
	}
	if _, err := Open(filepath.Join(bare, "nothing")); !errors.Is(err, ErrNoStore) {
		t.Errorf("Open of nothing: %v", err)
	}
	cut := t.TempDir() // what an Init that died leaves
	for _, d := range []string{"objects/pack", "refs/heads", "stemma"} {
		if err := os.MkdirAll(filepath.Join(cut, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(cut, "HEAD"), "")
	if err := Init(cut, Config{}); err != nil {
		t.Errorf("Init after an Init that died: %v", err)
	}
	mustRecord(t, open(t, cut), map[string]string{"a": "b"})
	for _, c := range []Config{{Levels: -1}, {Levels: 9}, {FormatVersion: 2}, {UUID: "a\nb"}} {
		if err := Init(filepath.Join(t.TempDir(), "x"), c); !errors.Is(err, ErrUnsupported) {
			t.Errorf("Init(%+v): %v", c, err)
		}
	}
}

func TestOpenRefusesByName(t *testing.T) {
	cases := []struct{ name, config, want string }{
		{"format", "[core]\n\trepositoryformatversion = 2\n", "format \"2\""},
		{"sha256", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n", "objectformat = sha256"},
		{"sha256 in format 0", "[extensions]\n\tobjectFormat = SHA256\n", "objectformat = sha256"},
		{"reftable", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n", "refstorage = reftable"},
		{"partial clone", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n", "partialclone = origin"},
		{"the future", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnewThing = 1\n", "newthing"},
		{"subsection", "[extensions \"x\"]\n\ty = 1\n", "\"x\""},
		{"own version", "[stemma]\n\tformatversion = 9\n", "version 9"},
		{"own objects", "[stemma]\n\tobjectformat = blake3\n", "blake3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "s")
			if err := Init(dir, Config{}); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(dir, "config"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "config"), string(data)+c.config)
			if _, err := Open(dir); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that names %q", err, c.want)
			}
		})
	}
	for _, good := range []string{
		"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha1\n\tnoop = 1\n",
		"[remote \"origin\"]\n\turl = https://example.org/x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
	} {
		dir := filepath.Join(t.TempDir(), "s")
		if err := Init(dir, Config{}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "config"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "config"), string(data)+good)
		if r, err := Open(dir); err != nil {
			t.Errorf("refused %q: %v", good, err)
		} else if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestClosed(t *testing.T) {
	r := newStore(t)
	tip := mustRecord(t, r, map[string]string{"a": "b"})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit(tip); !errors.Is(err, ErrClosed) {
		t.Errorf("reading after Close: %v", err)
	}
}
