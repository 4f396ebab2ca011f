package diff

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// patcher is a program that makes the new file of the old one and a patch.
type patcher struct {
	name  string
	apply func(dir, patch string) (string, error)
}

// patchers are git, which the rest of the project needs too, and POSIX patch as GNU
// has it.
func patchers() []patcher {
	return []patcher{{"git", gitApply}, {"patch", func(dir, patch string) (string, error) {
		cmd := exec.Command("patch", "--binary", "--force", "--fuzz=0", "--remove-empty-files", "-p1")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}}}
}

// lineTexts are pairs whose line ends are what a patch may trip over.
func lineTexts() [][2]string {
	var out [][2]string
	for _, end := range []string{"\n", "\r\n"} {
		lines := strings.Repeat("same"+end, 9)
		for _, p := range [][2]string{
			{"a" + end + "b", "a" + end + "b" + end}, {"a" + end + "b" + end, "a" + end + "b"}, {"a", "b"}, {"a" + end, "a" + end + end},
			{lines + "x" + lines, lines + "y" + lines}, {lines + "last", lines + "last" + end}, {"", lines}, {lines, ""}, {lines, "first" + end + lines},
			{"x" + end + lines + "y", "z" + end + lines + "y" + end}, {"a b" + end + "c d" + end, "a" + end + "b c d" + end},
		} {
			out = append(out, p, [2]string{p[0], strings.ReplaceAll(p[1], "\r\n", "\n")})
		}
	}
	return append(out, [2]string{"--- a\n+++ b\n@@ -1 +1 @@\n", "--- a\n+++ c\n@@ -1 +1 @@\n"}, [2]string{"\\ No newline\n", "\\ No newline"}, [2]string{"\f\v x\ny\n", "\f\v z\ny\n"})
}

// TestUnifiedApplies gives what Unified writes to git apply and to patch, which must
// make the new text of the old one. STEMMA_PAIRS names a file of further pairs. patch
// is a check of its own that says where it can't be made.
func TestUnifiedApplies(t *testing.T) {
	pairs := lineTexts()
	for i, p := range texts(t) {
		if i < 60 || i%8 == 0 {
			pairs = append(pairs, p)
		}
	}
	if name := os.Getenv("STEMMA_PAIRS"); name != "" {
		for _, p := range readPairs(t, name) {
			pairs = append(pairs, [2]string{p.Before, p.After})
		}
	}
	for _, by := range patchers() {
		t.Run(by.name, func(t *testing.T) {
			if _, err := exec.LookPath(by.name); err != nil {
				t.Skipf("not checked with %s, which isn't on this machine", by.name)
			}
			checkPatches(t, by, pairs)
		})
	}
}

func checkPatches(t *testing.T, by patcher, pairs [][2]string) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a file")
	checked := 0
	for i, p := range pairs {
		if p[0] == p[1] {
			continue
		}
		around := []int{AroundDefault, AroundAll, 0}[i%3]
		out := shown(t, Unified, p[0], p[1], ShowOptions{Around: around, From: "a/a file", To: "b/a file"})
		if err := os.WriteFile(file, []byte(p[0]), 0o644); err != nil {
			t.Fatal(err)
		}
		if msg, err := by.apply(dir, out); err != nil {
			t.Fatalf("%q → %q: %v: %s\n%s", p[0], p[1], err, msg, out)
		}
		got, err := os.ReadFile(file)
		if err != nil && !(os.IsNotExist(err) && p[1] == "") {
			t.Fatal(err)
		}
		if string(got) != p[1] {
			t.Fatalf("%q → %q: the patch makes %q\n%s", p[0], p[1], got, out)
		}
		checked++
	}
	if checked < 150 {
		t.Errorf("only %d patches were tried", checked)
	}
	t.Logf("%d patches", checked)
}

// TestUnifiedOfAnArticle applies a patch of several files, one a field.
func TestUnifiedOfAnArticle(t *testing.T) {
	dir := t.TempDir()
	d := goldenDiff()
	for _, f := range d.Fields {
		if f.Old != "" {
			if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(f.Old), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b strings.Builder
	if err := Write(&b, Unified, d, ShowOptions{Around: AroundDefault, From: "x", To: "y"}); err != nil {
		t.Fatal(err)
	}
	if msg, err := gitApply(dir, b.String()); err != nil {
		t.Fatalf("%v: %s\n%s", err, msg, b.String())
	}
	for _, f := range d.Fields {
		got, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil || string(got) != f.New {
			t.Errorf("%s: %q, %v, want %q", f.Name, got, err, f.New)
		}
	}
}

// gitApply applies a patch in a folder that is no repository.
func gitApply(dir, patch string) (string, error) {
	cmd := exec.Command("git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-p1", "-")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = strings.NewReader(patch)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestUnifiedNamesStayInTheFolder: a field's name can't lead elsewhere.
func TestUnifiedNamesStayInTheFolder(t *testing.T) {
	for name, want := range map[string]string{"..": "a/_..", "../../x": "a/.._.._x", `a\b`: "a/a_b", ".": "a/_.", "desk\n+++ b/x": "a/desk +++ b_x\t"} {
		d := States(&schema.State{Extra: []schema.Extra{{Key: name, Value: "1"}}}, &schema.State{Extra: []schema.Extra{{Key: name, Value: "2"}}}, Options{})
		var b strings.Builder
		if err := Write(&b, Unified, d, ShowOptions{}); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(b.String(), "\n"); got != "--- "+want {
			t.Errorf("a field %q is the file %q, want %q", name, got, want)
		}
	}
}
