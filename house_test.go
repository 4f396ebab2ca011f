// Package stemma_test guards the house: which package may import what.
package stemma_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stemma-project/stemma/"

// rooms lists the packages from the lowest floor up: one may import what stands
// on its own floor's left, never what stands above.
var rooms = []string{"schema", "diff", "repo", "cmd"}

// owners are the modules that one package alone may import, outside of tests.
var owners = map[string]string{
	"github.com/sergi/go-diff":  "diff",
	"github.com/go-git/go-git/": "repo/internal/git",
	"modernc.org/":              "repo/internal/index",
	"github.com/spf13/cobra":    "cmd/stemma",
	"github.com/coreos/go-oidc": "cmd/internal/web",
	"golang.org/x/oauth2":       "cmd/internal/web",
}

// guests are folders that may import another room's module: a program that measures
// the store against go-git must call it, and one that measures the word diff go-diff.
var guests = map[string]string{
	"repo/internal/benchmarks": "github.com/go-git/go-git/",
	"diff/internal/benchmarks": "github.com/sergi/go-diff",
}

func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			files++
			checkFile(t, filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d Go files were looked at: the test runs in the wrong folder", files)
	}
}

func checkFile(t *testing.T, path string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	dir := path[:max(strings.LastIndexByte(path, '/'), 0)]
	test := strings.HasSuffix(path, "_test.go")
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
		}
		if reason := forbidden(dir, name, test); reason != "" {
			t.Errorf("%s imports %s: %s", path, name, reason)
		}
	}
}

// forbidden says why a file in dir may not import name; "" where it may.
func forbidden(dir, name string, test bool) string {
	for prefix, owner := range owners {
		if strings.HasPrefix(name, prefix) && dir != owner && guests[dir] != prefix && !test {
			return "only " + owner + " may"
		}
	}
	if name == "testing" && !test {
		return "tests stay out of the program"
	}
	other, ours := strings.CutPrefix(name, module)
	if !ours {
		return ""
	}
	from, to := floor(dir), floor(other)
	if from >= 0 && to > from {
		return "imports go one way: " + strings.Join(rooms, " <- ")
	}
	if strings.HasPrefix(dir, "repo/ingest") && to >= 0 && !strings.HasPrefix(other, "schema") && !strings.HasPrefix(other, "repo/ingest") {
		return "readers of other formats know schema, not the store"
	}
	return ""
}

// floor gives the place of a package's room; -1 for the examples, which may
// import every public package.
func floor(dir string) int {
	room, _, _ := strings.Cut(dir, "/")
	return slices.Index(rooms, room)
}

// TestNames keeps out the rooms that would take in everything.
func TestNames(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{"util", "utils", "common", "helpers", "types"}, d.Name()) {
			t.Errorf("%s: a package wants a noun that a newsroom or a git user knows", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
