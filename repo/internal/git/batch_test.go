package git

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// begin starts a batch on the tip; the lock is let go at the end of the test.
func begin(t testing.TB, r *Repo) (*Batch, func()) {
	t.Helper()
	unlock, err := r.Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Begin(tip)
	if err != nil {
		t.Fatal(err)
	}
	return b, unlock
}

// TestTreesLikeAMap makes random changes in batches of random size and
// compares every commit with a plain map, and with what git lists.
func TestTreesLikeAMap(t *testing.T) {
	r := newStore(t)
	rng := rand.New(rand.NewPCG(3, 4))
	model := map[string]string{}
	commits := map[Hash]map[string]string{}
	// Names around '/' in byte order, where git's order differs from a plain one.
	parts := []string{"a", "a-b", "a.b", "a0", "ab", "b", "á", "B"}
	name := func() string {
		path := []string{}
		for range 1 + rng.IntN(3) {
			path = append(path, parts[rng.IntN(len(parts))])
		}
		return strings.Join(path, "/") + ".md"
	}
	for range 30 {
		b, unlock := begin(t, r)
		for range 1 + rng.IntN(4) {
			changes := map[string]Hash{}
			next := maps.Clone(model)
			for range rng.IntN(6) {
				path := name()
				if _, there := next[path]; there && rng.IntN(2) == 0 {
					delete(next, path)
					if _, before := model[path]; before {
						changes[path] = Hash{}
					} else {
						delete(changes, path)
					}
					continue
				}
				next[path] = fmt.Sprint(rng.IntN(50))
				changes[path] = b.Blob([]byte(next[path]))
			}
			h, err := b.Commit(changes, someone(1), someone(2), "random")
			if err != nil {
				t.Fatal(err)
			}
			model = next
			commits[h] = maps.Clone(model)
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	fsck(t, r.Dir())
	for h, want := range commits {
		c, err := r.Commit(h)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		changes, err := r.Diff(Hash{}, c.Tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, ch := range changes {
			data, err := r.Blob(ch.New)
			if err != nil || ch.NewMode != ModeFile {
				t.Fatal(ch, err)
			}
			got[ch.Path] = string(data)
		}
		if !maps.Equal(got, want) {
			t.Fatalf("%s: %v, want %v", h, got, want)
		}
		listed := strings.Fields(runGit(t, r.Dir(), "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", h.String()))
		slices.Sort(listed)
		if !slices.Equal(listed, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("%s: git lists %v, want %v", h, listed, want)
		}
	}
}

func TestBatchRefuses(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"dir/file.md": "x", "plain": "y"})
	cases := []struct {
		name, want string
		changes    func(b *Batch) map[string]Hash
	}{
		{"unknown content", "not found", func(*Batch) map[string]Hash { return map[string]Hash{"a": {1}} }},
		{"file over folder", "a folder has this name", func(b *Batch) map[string]Hash { return map[string]Hash{"dir": b.Blob(nil)} }},
		{"folder over file", "is a file", func(b *Batch) map[string]Hash { return map[string]Hash{"plain/x": b.Blob(nil)} }},
		{"remove nothing", "not found", func(*Batch) map[string]Hash { return map[string]Hash{"nothing": {}} }},
		{"remove a folder", "not found", func(*Batch) map[string]Hash { return map[string]Hash{"dir": {}} }},
	}
	for _, path := range []string{"", "/a", "a/", "a//b", ".", "..", "a/../b", ".git", ".GIT/x", ".git ", ".git.", ".g\u200cit", "git~1", ".gitmodules", `a\b`, "a:b", "a\x00b", strings.Repeat("n", 300)} {
		cases = append(cases, struct {
			name, want string
			changes    func(b *Batch) map[string]Hash
		}{"path " + path, "can't be stored", func(b *Batch) map[string]Hash { return map[string]Hash{path: b.Blob([]byte("x"))} }})
	}
	tip, _ := r.Tip()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b, unlock := begin(t, r)
			defer unlock()
			_, err := b.Commit(c.changes(b), someone(1), someone(1), "m")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if again := b.Publish(); again == nil {
				t.Error("a batch that failed can be published")
			}
			if now, _ := r.Tip(); now != tip {
				t.Error("main has moved")
			}
		})
	}
}

// TestFileTakesFoldersPlace lets a removal make room within one commit.
func TestFileTakesFoldersPlace(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"a/b/c.md": "1", "z": "2"})
	mustRecord(t, r, map[string]string{"a/b/c.md": "", "a": "file now"})
	mustRecord(t, r, map[string]string{"a": "", "a/b/c.md": "folder again", "z": ""})
	fsck(t, r.Dir())
	if got := runGit(t, r.Dir(), "ls-tree", "-r", "--name-only", "main"); got != "a/b/c.md" {
		t.Errorf("git lists %q", got)
	}
}

// TestEmptyChange keeps the tree, also in the very first commit.
func TestEmptyChange(t *testing.T) {
	r := newStore(t)
	for range 2 {
		mustRecord(t, r, nil)
	}
	mustRecord(t, r, map[string]string{"a/x": "1"})
	mustRecord(t, r, map[string]string{"a/x": ""})
	fsck(t, r.Dir())
	if n := runGit(t, r.Dir(), "rev-list", "--count", "main"); n != "4" {
		t.Errorf("%s commits", n)
	}
}

func TestBatchIsUsedOnceAndUnderLock(t *testing.T) {
	r := newStore(t)
	if _, err := r.Begin(Hash{}); err == nil {
		t.Error("Begin without Lock")
	}
	b, unlock := begin(t, r)
	if _, err := b.Commit(map[string]Hash{"x": b.Blob([]byte("x"))}, someone(1), someone(1), "m"); err != nil {
		t.Fatal(err)
	}
	unlock()
	unlock() // harmless
	if err := b.Publish(); err == nil {
		t.Error("Publish after unlock")
	}
	b, unlock = begin(t, r)
	defer unlock()
	if err := b.Publish(); err != nil {
		t.Errorf("Publish of nothing: %v", err)
	}
	if err := b.Publish(); err == nil {
		t.Error("Publish twice")
	}
}

func TestMovedMain(t *testing.T) {
	r := newStore(t)
	first := mustRecord(t, r, map[string]string{"a": "1"})
	other := runGit(t, r.Dir(), "commit-tree", first.String()+"^{tree}", "-p", first.String(), "-m", "plain")
	b, unlock := begin(t, r)
	defer unlock()
	if _, err := b.Commit(map[string]Hash{"b": b.Blob([]byte("2"))}, someone(1), someone(1), "m"); err != nil {
		t.Fatal(err)
	}
	runGit(t, r.Dir(), "update-ref", mainRef, other)
	if err := b.Publish(); !errors.Is(err, ErrMoved) {
		t.Fatalf("Publish: %v", err)
	}
	// The same, when git moves main after the first look at it.
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = r.Begin(tip); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(map[string]Hash{"b": b.Blob([]byte("2"))}, someone(1), someone(1), "m"); err != nil {
		t.Fatal(err)
	}
	r.hook = func(step string) error {
		if step == "lock main" {
			runGit(t, r.Dir(), "update-ref", mainRef, first.String())
		}
		return nil
	}
	if err := b.Publish(); !errors.Is(err, ErrMoved) {
		t.Fatalf("Publish: %v", err)
	}
	r.hook = nil
	if now, err := r.Tip(); err != nil || now != first {
		t.Errorf("tip %v, %v", now, err)
	}
	noLeftovers(t, r.Dir())
	fsck(t, r.Dir())
}

// noLeftovers fails where a finished or failed publication left files behind.
func noLeftovers(t *testing.T, dir string) {
	t.Helper()
	for _, pattern := range []string{"stemma/tmp/*", "refs/heads/*.lock", "objects/pack/*.keep", "objects/pack/tmp*"} {
		if found, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(found) > 0 {

			t.Errorf("left behind: %v, %v", found, err)
		}
	}
	idx, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
	pack, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if len(idx) != len(pack) {
		t.Errorf("%d packs, %d indexes", len(pack), len(idx))
	}
}

func TestIdentitiesAndTimes(t *testing.T) {
	cases := []struct{ name, email, wantName, wantEmail string }{
		{"Ada", "ada@example.org", "Ada", "ada@example.org"},
		{" A\nB <x> \x00\x7f\t", "<a b@c>\n", "A B x", "ab@c"},
		{"", "", "unknown", ""},
		{"", "who@where", "who", "who@where"},
		{"<>\n", "\r\n", "unknown", ""},
		{"Jürgen Ω 王", "j@ü.de", "Jürgen Ω 王", "j@ü.de"},
		{"bad \xff\xfe utf8", "x\xff", "bad \ufffd utf8", "x\ufffd"},
		{"line\u2028sep", "a@b", "line sep", "a@b"},
	}
	r := newStore(t)
	for _, c := range cases {
		if n, e := CleanIdentity(c.name, c.email); n != c.wantName || e != c.wantEmail {
			t.Errorf("CleanIdentity(%q, %q) = %q, %q", c.name, c.email, n, e)
		}
		if n, e := CleanIdentity(c.wantName, c.wantEmail); n != c.wantName || e != c.wantEmail {
			t.Errorf("CleanIdentity is not stable: %q, %q", n, e)
		}
	}
	times := []time.Time{
		{}, time.Unix(0, 0), time.Unix(-1, 0), time.Date(1923, 9, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(maxStamp, 999), time.Unix(maxStamp+1, 0), time.Unix(1<<62, 0),
		time.Date(2020, 2, 29, 12, 0, 0, 5, time.FixedZone("odd", 3*3600+28)),
		time.Date(2020, 2, 29, 12, 0, 0, 0, time.FixedZone("", -(9*3600+1800))),
		time.Date(2020, 2, 29, 12, 0, 0, 0, time.FixedZone("far", 30*3600)),
	}
	messages := []string{"", "\n\n", "subject", "a\x00b\n\nbody\n\n\n", "\xff\xfe", "gpgsig x\n y\n", "  \n lead"}
	b, unlock := begin(t, r)
	made := map[Hash][2]Signature{}
	for i, c := range cases {
		for j, at := range times {
			by := Signature{c.name, c.email, at}
			h, err := b.Commit(nil, by, by, messages[(i+j)%len(messages)])
			if err != nil {
				t.Fatal(err)
			}
			made[h] = [2]Signature{by, {c.wantName, c.wantEmail, ClampTime(at)}}
		}
	}
	if err := b.Publish(); err != nil {
		t.Fatal(err)
	}
	unlock()
	fsck(t, r.Dir())
	for h, s := range made {
		c, err := r.Commit(h)
		if err != nil {
			t.Fatal(err)
		}
		if c.Author.Name != s[1].Name || c.Author.Email != s[1].Email || !c.Author.When.Equal(s[1].When) {
			t.Errorf("%+v reads back as %+v", s[0], c.Author)
		}
		git := runGit(t, r.Dir(), "log", "-1", "--format=%an|%ae|%at", h.String())
		if want := fmt.Sprintf("%s|%s|%d", s[1].Name, s[1].Email, s[1].When.Unix()); git != want {
			t.Errorf("git reads %q, want %q", git, want)
		}
	}
}

// TestSameBytesOneObject: content that the store has is not stored again, in
// one batch or a later one.
func TestSameBytesOneObject(t *testing.T) {
	r := newStore(t)
	rng := rand.New(rand.NewPCG(5, 6))
	long := make([]byte, 100_000)
	for i := range long {
		long[i] = byte('a' + rng.IntN(26))
	}
	size := func() (total int64) {
		packs, err := filepath.Glob(filepath.Join(r.Dir(), "objects/pack/*.pack"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packs {
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
		}
		return total
	}
	mustRecord(t, r, map[string]string{"a": string(long), "b": string(long)})
	before := size()
	if before < 50_000 || before > 110_000 {
		t.Fatalf("the first pack has %d bytes", before)
	}
	mustRecord(t, r, map[string]string{"c": string(long)})
	if grown := size() - before; grown > 2000 {
		t.Errorf("the store grew by %d bytes", grown)
	}
	fsck(t, r.Dir())
}
