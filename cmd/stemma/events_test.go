package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// TestEventPages imports event pages as they stood at several times and wants the
// Changes list of each event back as its last page prints it, byte for byte: in
// short form the examples, in long form the pages below the folder that
// STEMMA_EVENTS names.
func TestEventPages(t *testing.T) {
	w, _, _ := testWorld(t)
	dir := os.Getenv("STEMMA_EVENTS")
	least := 200
	if dir == "" {
		dir, least = examplePages(t), 2
	}
	must(t, w, "init", "s")
	code, said := runCode(w, "-C", "s", "import", "pages", absolute(t, dir))
	if code != 0 {
		t.Fatalf("exit %d\n%.2000s", code, said)
	}
	s, err := repo.Open(filepath.Join(w.dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	last := lastLists(t, s, dir)
	if len(last) < least {
		t.Fatalf("%d events with Changes, want %d and more", len(last), least)
	}
	for id, want := range last {
		if got := must(t, w, "-C", "s", "changes", "--markdown", id.String()); got != want {
			t.Errorf("%s: got\n%swant\n%s", id, got, want)
		}
	}
	t.Logf("%d events", len(last))
	before := gitOutput(t, w, "s", "rev-parse", "main")
	if code, said := runCode(w, "-C", "s", "import", "pages", absolute(t, dir)); code != 0 || !strings.Contains(said, "0 created, 0 recorded, ") {
		t.Errorf("the second import: exit %d, %.300s", code, said)
	}
	if after := gitOutput(t, w, "s", "rev-parse", "main"); after != before {
		t.Error("the second import moved main")
	}
}

// examplePages copies the pages of the examples to a folder: but for day indexes,
// and for one whose sources changed later, which the site's own list doesn't name.
func examplePages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	names, err := fs.Glob(examples.FS, "pages/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := fs.ReadFile(examples.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if base := filepath.Base(name); !strings.HasPrefix(base, "day-") && base != "iraq-1-2017.md" {
			write(t, dir, base, string(b))
		}
	}
	return dir
}

// lastLists gives, by article, the longest Changes list that a page of it prints.
// Lists are found by their heading and their lines alone.
func lastLists(t *testing.T, s *repo.Store, dir string) map[schema.ID]string {
	t.Helper()
	last := map[schema.ID]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		list := changesOf(string(b))
		if list == "" {
			return nil
		}
		current := strings.TrimSpace(list)
		current = current[strings.LastIndexByte(current, '\n')+1:]
		_, link, _ := strings.Cut(current, " ](")
		link, _, _ = strings.Cut(link, ") _")
		id, err := s.Resolve(context.Background(), link)
		if err != nil {
			t.Errorf("%s: %q leads nowhere: %v", path, link, err)
			return nil
		}
		if strings.Count(list, "\n") > strings.Count(last[id], "\n") {
			last[id] = list
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return last
}

// changesOf gives the lines of a page's Changes list, or "".
func changesOf(page string) string {
	_, rest, ok := strings.Cut(page, "### Changes:\n\n")
	if !ok {
		return ""
	}
	var list strings.Builder
	for line := range strings.Lines(rest) {
		if strings.TrimSpace(line) == "" {
			break
		}
		list.WriteString(line)
	}
	return list.String()
}
