package git

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// stepNames finds the names of steps in the source: those given to step, whole or
// by how they begin, and those of temporary files.
var stepNames = regexp.MustCompile(`(?:step|place)\("([^"]+)"|\{"(write [a-z]+)", `)

// TestEveryStepIsMet holds the names of the steps at which tests fail, kill and
// wait against those that the source has: each is met by recording, concatenating,
// merging, moving main ahead or writing receipts, so none can be misspelt, or stand
// where nothing comes by.
func TestEveryStepIsMet(t *testing.T) {
	met := map[string]bool{}
	r := newStore(t)
	r.hook = func(step string) error { met[step] = true; return nil }
	first := mustRecord(t, r, map[string]string{"a": "1"})
	for i := range tailPacks {
		mustRecord(t, r, map[string]string{"a": fmt.Sprint(i)})
	}
	if err := r.AddReceipt(t.Context(), Receipt{Old: first, Arrived: first, At: time.Unix(1600000000, 0)}, someone(1600000000), "Receipt: a test"); err != nil {
		t.Fatal(err)
	}
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := ParseHash(runGit(t, r.Dir(), "commit-tree", tip.String()+"^{tree}", "-p", tip.String(), "-m", "theirs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.FastForward(tip, ahead); err != nil {
		t.Fatal(err)
	}
	unlock()
	takeIn(t, r, "arrives")
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range sources {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range stepNames.FindAllStringSubmatch(string(text), -1) {
			found++
			if name := m[1] + m[2]; !metAs(met, name) {
				t.Errorf("%s has a step %q that nothing here comes by", path, name)
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d steps were found in the source", found)
	}
}

// metAs reports whether a step of this name was met, or one whose name begins so
// and goes on with a file's ending.
func metAs(met map[string]bool, name string) bool {
	if met[name] {
		return true
	}
	for step := range met {
		if rest, ok := strings.CutPrefix(step, name); ok && strings.HasPrefix(rest, ".") && strings.HasSuffix(name, " ") {
			return true
		}
	}
	return false
}
