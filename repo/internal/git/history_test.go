package git

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// graph makes commits with git itself: spec lists each commit's parents by
// number. Dates are random, so that nothing can lean on them.
func graph(t *testing.T, r *Repo, parents [][]int) []Hash {
	t.Helper()
	tree := runGit(t, r.Dir(), "mktree", "--missing")
	rng := rand.New(rand.NewPCG(7, uint64(len(parents))))
	var made []Hash
	for i, ps := range parents {
		args := []string{"commit-tree", tree, "-m", fmt.Sprint(i)}
		for _, p := range ps {
			args = append(args, "-p", made[p].String())
		}
		cmd := gitCmd(t, r.Dir(), args...)
		cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", 1e9+rng.IntN(1e6)))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		h, err := ParseHash(strings.TrimSpace(string(out)))
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, h)
	}
	return made
}

func TestLogOrder(t *testing.T) {
	r := newStore(t)
	// 0-1-2-----5-6   first parents
	//    \-3-4-/      a side branch; 7 another root, merged by 8
	g := graph(t, r, [][]int{{}, {0}, {1}, {1}, {3}, {2, 4}, {5}, {}, {6, 7}})
	cases := []struct {
		from, until int
		want        []int
	}{
		{0, -1, []int{0}},
		{2, -1, []int{0, 1, 2}},
		{2, 0, []int{1, 2}},
		{2, 2, nil},
		{5, -1, []int{0, 1, 2, 3, 4, 5}},
		{5, 2, []int{3, 4, 5}},
		{5, 4, []int{2, 5}},
		{6, 5, []int{6}},
		{6, 1, []int{2, 3, 4, 5, 6}},
		{8, 6, []int{7, 8}},
		{8, -1, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{2, 4, []int{2}}, // until lies on another branch
		{1, 6, nil},      // from lies behind until
		{7, 6, []int{7}}, // nothing in common
		{4, 7, []int{0, 1, 3, 4}},
	}
	for _, c := range cases {
		until := Hash{}
		if c.until >= 0 {
			until = g[c.until]
		}
		got, err := r.Log(g[c.from], until)
		if err != nil {
			t.Fatal(err)
		}
		var want []Hash
		for _, i := range c.want {
			want = append(want, g[i])
		}
		if !slices.Equal(got, want) {
			t.Errorf("Log(%d, %d) = %v, want %v", c.from, c.until, got, c.want)
		}
	}
	if got, err := r.Log(Hash{}, g[1]); err != nil || got != nil {
		t.Errorf("Log of nothing: %v, %v", got, err)
	}
	if _, err := r.Log(Hash{1}, Hash{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Log of an unknown commit: %v", err)
	}
}

// TestHistoryAgainstGit compares Log, IsAncestor and MergeBase on random
// graphs with git rev-list and merge-base.
func TestHistoryAgainstGit(t *testing.T) {
	r := newStore(t)
	rng := rand.New(rand.NewPCG(8, 9))
	var spec [][]int
	for i := range 40 {
		var ps []int
		if i > 0 && rng.IntN(12) > 0 {
			ps = append(ps, i-1-rng.IntN(min(i, 4)))
			for rng.IntN(4) == 0 && i > 4 {
				if p := rng.IntN(i); !slices.Contains(ps, p) {
					ps = append(ps, p)
				}
			}
		}
		spec = append(spec, ps)
	}
	g := graph(t, r, spec)
	parents := map[Hash][]Hash{}
	for i, ps := range spec {
		for _, p := range ps {
			parents[g[i]] = append(parents[g[i]], g[p])
		}
	}
	for range 25 {
		a, b := g[rng.IntN(len(g))], g[rng.IntN(len(g))]
		got, err := r.Log(a, b)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(runGit(t, r.Dir(), "rev-list", a.String(), "^"+b.String()))
		if len(want) != len(got) {
			t.Fatalf("Log has %d commits, git %d", len(got), len(want))
		}
		for i, h := range got {
			if !slices.Contains(want, h.String()) {
				t.Errorf("git has no %s", h)
			}
			for _, p := range parents[h] {
				if slices.Contains(got[i:], p) {
					t.Errorf("%s stands before its parent", h)
				}
			}
		}
		ours, err := r.IsAncestor(a, b)
		if err != nil {
			t.Fatal(err)
		}
		theirs := gitCmd(t, r.Dir(), "merge-base", "--is-ancestor", a.String(), b.String()).Run() == nil
		if ours != theirs {
			t.Errorf("IsAncestor(%s, %s) = %v, git says %v", a, b, ours, theirs)
		}
		base, err := r.MergeBase(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if !base.IsZero() {
			for _, h := range []Hash{a, b} {
				if ok, err := r.IsAncestor(base, h); err != nil || !ok {
					t.Errorf("MergeBase(%s, %s) = %s lies not behind both (%v)", a, b, base, err)
				}
			}
		}
	}
}

// TestDiffAgainstGit compares Diff with git diff-tree over random trees that
// git made, with symbolic links, executables and submodules in them.
func TestDiffAgainstGit(t *testing.T) {
	r := newStore(t)
	rng := rand.New(rand.NewPCG(10, 11))
	names := []string{"a", "a-b", "a/x", "a/y/z", "a.md", "b", "b/c", "b/c/d", "c", "d/e/f"}
	blob := make([]string, 5)
	for i := range blob {
		cmd := gitCmd(t, r.Dir(), "hash-object", "-w", "--stdin")
		cmd.Stdin = strings.NewReader(fmt.Sprint("content ", i))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		blob[i] = strings.TrimSpace(string(out))
	}
	var trees []Hash
	for n := range 12 {
		index := filepath.Join(t.TempDir(), fmt.Sprint("index", n))
		var lines strings.Builder
		var used []string
		for _, name := range names {
			clash := slices.ContainsFunc(used, func(u string) bool {
				return strings.HasPrefix(name, u+"/") || strings.HasPrefix(u, name+"/")
			})
			if clash || rng.IntN(3) == 0 {
				continue
			}
			used = append(used, name)
			mode := []string{"100644", "100644", "100755", "120000", "160000"}[rng.IntN(5)]
			fmt.Fprintf(&lines, "%s %s\t%s\n", mode, blob[rng.IntN(len(blob))], name)
		}
		for _, args := range [][]string{{"update-index", "--add", "--index-info"}, {"write-tree", "--missing-ok"}} {
			cmd := gitCmd(t, r.Dir(), args...)
			cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+index)
			cmd.Stdin = strings.NewReader(lines.String())
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(args, err)
			}
			if args[0] == "write-tree" {
				h, err := ParseHash(strings.TrimSpace(string(out)))
				if err != nil {
					t.Fatal(err)
				}
				trees = append(trees, h)
			}
		}
	}
	checked := 0
	for _, a := range trees {
		for _, b := range trees[:4] {
			got, err := r.Diff(a, b)
			if err != nil {
				t.Fatal(err)
			}
			want := gitDiff(t, r, a, b)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("Diff(%s, %s)\n got %v\nwant %v", a, b, got, want)
			}
			checked += len(want)
		}
	}
	if checked < 50 {
		t.Errorf("only %d changes compared", checked)
	}
}

// gitDiff is Diff as git diff-tree answers it: without submodules, changes of
// mode alone left out, and a change between a folder and a file as two.
func gitDiff(t *testing.T, r *Repo, a, b Hash) []FileChange {
	t.Helper()
	out := runGit(t, r.Dir(), "diff-tree", "-r", "--no-renames", "--no-abbrev", a.String(), b.String())
	var changes []FileChange
	for line := range strings.Lines(out) {
		var oldMode, newMode uint32
		var oldHash, newHash, status string
		path := line[strings.IndexByte(line, '\t')+1:]
		if _, err := fmt.Sscanf(line, ":%o %o %s %s %s", &oldMode, &newMode, &oldHash, &newHash, &status); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		c := FileChange{Path: strings.TrimSuffix(path, "\n")}
		if oldMode != ModeSubmodule && oldMode != 0 {
			c.Old, _ = ParseHash(oldHash)
			c.OldMode = oldMode
		}
		if newMode != ModeSubmodule && newMode != 0 {
			c.New, _ = ParseHash(newHash)
			c.NewMode = newMode
		}
		if c.Old != c.New && oldHash != newHash {
			changes = append(changes, c)
		}
	}
	return changes
}

func TestRefs(t *testing.T) {
	const good = "0123456789abcdef0123456789abcdef01234567"
	cases := []struct{ name, loose, packed, want string }{
		{"loose", good + "\n", "", good},
		{"loose without newline", good, "", good},
		{"loose wins", good + "\n", strings.Repeat("f", 40) + " refs/heads/main\n", good},
		{"packed", "", "# pack-refs with: peeled fully-peeled sorted \n" + strings.Repeat("e", 40) + " refs/heads/aaa\n" + good + " refs/heads/main\n", good},
		{"packed with a tag", "", strings.Repeat("e", 40) + " refs/tags/a\n^" + strings.Repeat("d", 40) + "\n" + good + " refs/heads/main\n", good},
		{"other names", "", good + " refs/heads/main2\n" + good + " refs/heads/mai\n", ""},
		{"nothing", "", "", ""},
		{"empty file", " ", "", "error"},
		{"newline alone", "\n", good + " refs/heads/main\n", "error"},
		{"short", good[:39] + "\n", "", "error"},
		{"long", good + "0\n", "", "error"},
		{"no hex", strings.Replace(good, "0", "g", 1), "", "error"},
		{"zeros", strings.Repeat("0", 40) + "\n", "", "error"},
		{"NUL bytes", strings.Repeat("\x00", 41), "", "error"},
		{"symbolic", "ref: refs/heads/other\n", "", "error"},
		{"packed, cut short", "", good + " refs/heads/ma", "error"},
		{"packed garbage", "", "what is this\n" + good + " refs/heads/main\n", "error"},
		{"packed zeros", "", strings.Repeat("0", 40) + " refs/heads/main\n", "error"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newStore(t)
			if c.loose != "" {
				write(t, filepath.Join(r.Dir(), "refs/heads/main"), c.loose)
			}
			if c.packed != "" {
				write(t, filepath.Join(r.Dir(), "packed-refs"), c.packed)
			}
			got, err := r.Tip()
			switch {
			case c.want == "error":
				if !errors.Is(err, ErrCorrupt) {
					t.Errorf("tip %s, %v, want ErrCorrupt", got, err)
				}
				if _, err := record(r, map[string]string{"a": "b"}, "m"); !errors.Is(err, ErrCorrupt) {
					t.Errorf("recording over a damaged ref: %v", err)
				}
			case err != nil || c.want == "" && !got.IsZero() || c.want != "" && got.String() != c.want:
				t.Errorf("tip %s, %v, want %q", got, err, c.want)
			}
		})
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	_ = os.Remove(path) // it may be read-only
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestLostBranch: a store that has had commits never looks empty.
func TestLostBranch(t *testing.T) {
	r := newStore(t)
	tip := mustRecord(t, r, map[string]string{"a": "b"})
	if err := os.Remove(filepath.Join(r.Dir(), "refs/heads/main")); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Repo{r, open(t, r.Dir())} {
		if got, err := r.Tip(); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "git update-ref") {
			t.Errorf("tip %s, %v", got, err)
		}
	}
	runGit(t, r.Dir(), "update-ref", mainRef, tip.String())
	mustRecord(t, r, map[string]string{"a": "c"})
	fsck(t, r.Dir())
}
