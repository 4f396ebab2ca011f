package diff

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// TestUnifiedApplies gives what Unified writes to git apply, which must make the
// new text of the old one. It needs git, as the rest of the project does.
func TestUnifiedApplies(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a file")
	checked := 0
	for i, p := range texts(t) {
		if p[0] == p[1] || i%4 != 0 && i > 60 {
			continue
		}
		for _, around := range []int{AroundDefault, AroundAll, 0} {
			out := shown(t, Unified, p[0], p[1], ShowOptions{Around: around, From: "a/a file", To: "b/a file"})
			if err := os.WriteFile(file, []byte(p[0]), 0o644); err != nil {
				t.Fatal(err)
			}
			if msg, err := gitApply(dir, out); err != nil {
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
	}
	if checked < 300 {
		t.Errorf("only %d patches were tried", checked)
	}
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
