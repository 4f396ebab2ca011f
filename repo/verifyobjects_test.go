package repo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gitIn runs git in a repository, with something on its input, and gives what it
// prints.
func gitIn(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, errs.String())
	}
	return strings.TrimSpace(string(out))
}

// leaveOut makes a copy of a store that lacks one object: all others stand in one
// sound pack.
func leaveOut(t *testing.T, from, object string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "store")
	if err := copyStore(from, dir); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, line := range strings.Split(gitIn(t, from, "", "rev-list", "--objects", "--all"), "\n") {
		if name, _, _ := strings.Cut(line, " "); name != object {
			kept = append(kept, name)
		}
	}
	packs := filepath.Join(dir, "objects", "pack")
	if err := os.RemoveAll(packs); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(packs, 0o777); err != nil {
		t.Fatal(err)
	}
	gitIn(t, from, strings.Join(kept, "\n")+"\n", "pack-objects", "-q", filepath.Join(packs, "pack"))
	return dir
}

// verifyDir verifies the store in a folder.
func verifyDir(t *testing.T, dir string) *Report {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	report, err := s.Verify(t.Context(), VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestMissingObject takes one object away that an old version alone needs. It is
// named with the first commit that needs it, the versions lost with it are named,
// and what the hint says mends the store.
func TestMissingObject(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	x := v.versions[2] // a second version, which others follow
	commits := strings.Fields(gitIn(t, v.dir, "", "rev-list", "--reverse", "main"))
	commit := commits[x.at]
	for _, c := range []struct{ what, spec, commit, path string }{
		{"a file that only an old version uses", commit + ":" + x.path, commit, x.path},
		{"a commit's tree", commit + "^{tree}", commit, ""},
		{"a folder", commit + ":" + x.path[:1], commit, x.path[:1]},
		{"a commit", commit, commits[x.at+1], ""},
	} {
		object := gitIn(t, v.dir, "", "rev-parse", c.spec)
		dir := leaveOut(t, v.dir, object)
		report := verifyDir(t, dir)
		i := slices.IndexFunc(report.Findings, func(f Finding) bool {
			return f.Commit == c.commit && f.Path == c.path && strings.Contains(f.Reason, object)
		})
		if i < 0 {
			t.Errorf("%s: not told: %+v", c.what, report.Findings)
			continue
		}
		lost := slices.ContainsFunc(report.Findings, func(f Finding) bool { return f.Article == x.article && f.Version > 0 })
		if file := c.path == x.path || c.spec == commit; file != lost {
			t.Errorf("%s: that version %d of %s is lost is told: %v", c.what, 2, x.article, lost)
		}
		hint := report.Findings[i].Hint
		if !strings.Contains(hint, "echo "+object+" | git -C CLONE pack-objects -q --stdout | git -C "+dir+" unpack-objects -q") {
			t.Errorf("%s: the hint is %q", c.what, hint)
			continue
		}
		pack := exec.Command("sh", "-c", strings.Replace(hint[strings.Index(hint, "echo "):], "CLONE", v.dir, 1))
		if out, err := pack.CombinedOutput(); err != nil {
			t.Fatalf("%s: the hint does not work: %v: %s", c.what, err, out)
		}
		if report := verifyDir(t, dir); len(report.Findings) > 0 {
			t.Errorf("%s: after the hint: %+v", c.what, report.Findings)
		}
	}
}

// TestVerifyProgress: every step tells how far it is, in order, up to its end.
func TestVerifyProgress(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	s, err := Open(v.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var steps []VerifyStep
	last := map[VerifyStep][2]int{}
	report, err := s.Verify(t.Context(), VerifyOptions{Progress: func(step VerifyStep, done, total int) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
		if done < last[step][0] || done > total {
			t.Errorf("%s: %d of %d after %v", step, done, total, last[step])
		}
		last[step] = [2]int{done, total}
	}})
	if err != nil || len(report.Findings) > 0 {
		t.Fatal(report, err)
	}
	if want := []VerifyStep{VerifyObjects, VerifyHistory, VerifyIndex, VerifyFiles}; !slices.Equal(steps, want) {
		t.Errorf("the steps told are %q", steps)
	}
	for step, want := range map[VerifyStep]int{VerifyObjects: report.Objects, VerifyHistory: report.Commits, VerifyIndex: report.Versions, VerifyFiles: report.Articles} {
		if last[step] != [2]int{want, want} {
			t.Errorf("%s ends with %v, %d are reported", step, last[step], want)
		}
	}
	if report.Commits != len(v.steps) {
		t.Errorf("%d commits are reported of %d", report.Commits, len(v.steps))
	}
}
