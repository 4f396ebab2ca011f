package repo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// TestMergeKeepsModes merges sides that plain git changed in files that hold no
// article: what each did to modes, links and submodules stands in the merge, as in
// git's own.
func TestMergeKeepsModes(t *testing.T) {
	for name, way := range ways() {
		t.Run(name, func(t *testing.T) { mergeModes(t, way) })
	}
}

func mergeModes(t *testing.T, way GitProgram) {
	s := newStore(t)
	say(t, s, "x", "Zero")
	start := newClone(t, s)
	start.write("run.sh", "#!/bin/sh\n")
	start.write("tool.sh", "#!/bin/sh\n")
	start.write("both.sh", "#!/bin/sh\none\ntwo\n")
	start.write("old.txt", "old\n")
	start.git("add", "-A")
	start.git("commit", "-q", "-m", "Tools")
	start.git("push", "-q")
	say(t, s, "y", "Met") // the store takes it in
	other := mustClone(t, s, 400)

	mine := newClone(t, s)
	for _, args := range [][]string{{"update-index", "--chmod=+x", "run.sh", "both.sh"}, {"commit", "-q", "-m", "Run"}, {"push", "-q"}} {
		mine.git(args...)
	}
	theirs := newClone(t, other)
	theirs.write("both.sh", "#!/bin/sh\none\ntwo\nthree\n")
	if err := os.Symlink("tool.sh", filepath.Join(theirs.dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(theirs.dir, "old.txt")); err != nil {
		t.Fatal(err)
	}
	theirs.git("add", "-A")
	theirs.git("update-index", "--chmod=+x", "tool.sh")
	theirs.git("update-index", "--add", "--cacheinfo", "160000,"+tipOf(t, s).String()+",lib")
	theirs.git("commit", "-q", "-m", "Link")
	theirs.git("push", "-q")
	say(t, other, "x", "One")
	if err := s.AddRemote("other", other.Dir()); err != nil {
		t.Fatal(err)
	}
	say(t, s, "z", "Mine")
	got, err := s.Pull(t.Context(), PullOptions{Git: way, Remote: "other"})
	if err != nil || !got.Merged {
		t.Fatal(got, err)
	}
	list := git1(t, s.Dir(), "ls-tree", "-r", "--format=%(objectmode) %(path)", "main")
	var files []string
	for l := range strings.Lines(list) {
		if l = strings.TrimSpace(l); !strings.HasSuffix(l, ".md") {
			files = append(files, l)
		}
	}
	if want := "100755 both.sh,160000 lib,120000 link,100755 run.sh,100755 tool.sh"; strings.Join(files, ",") != want {
		t.Errorf("%s, want %s", strings.Join(files, ","), want)
	}
	if text := git1(t, s.Dir(), "cat-file", "-p", "main:both.sh"); !strings.HasSuffix(text, "three\n") {
		t.Errorf("both.sh is %q", text)
	}
	whole(t, s, other)
}

// TestMergeEntries goes through what two sides can do to one file.
func TestMergeEntries(t *testing.T) {
	a, b, c := git.Hash{1}, git.Hash{2}, git.Hash{3}
	file := func(h git.Hash) git.Entry { return git.Entry{Hash: h, Mode: git.ModeFile} }
	run := func(h git.Hash) git.Entry { return git.Entry{Hash: h, Mode: git.ModeExecutable} }
	link := func(h git.Hash) git.Entry { return git.Entry{Hash: h, Mode: git.ModeSymlink} }
	none := git.Entry{}
	for _, x := range []struct {
		base, ours, theirs, want git.Entry
		agreed                   bool
	}{
		{file(a), file(a), file(b), file(b), true},
		{file(a), file(b), file(a), file(b), true},
		{file(a), file(b), file(b), file(b), true},
		{file(a), file(b), file(c), file(b), false},
		{file(a), run(a), file(b), run(b), true},
		{file(a), file(b), run(a), run(b), true},
		{file(a), run(b), run(c), run(b), false},
		{run(a), file(a), run(b), file(b), true},
		{file(a), link(b), file(b), link(b), false},
		{file(a), file(a), link(b), link(b), true},
		{file(a), none, file(b), none, false},
		{file(a), file(a), none, none, true},
		{none, file(a), none, file(a), true},
		{none, none, run(a), run(a), true},
		{none, file(a), file(b), file(a), false},
	} {
		if got, agreed := mergeEntries(x.base, x.ours, x.theirs); got != x.want || agreed != x.agreed {
			t.Errorf("%+v: %+v, %t", x, got, agreed)
		}
	}
}
