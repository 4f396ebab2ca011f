package ingest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo/ingest"
)

// tree writes files and gives their folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPageFilesInOrder(t *testing.T) {
	root := tree(t, map[string]string{
		"news/2015/09/26/b.md": "", "news/2015/09/6/a.md": "", "news/2015/09/26/a.md": "",
		"news/2015/09/26/index.md": "", "news/2015/09/README.md": "", "news/2014/12/31/z.md": "",
		".git/x.md": "", "news/.hidden/x.md": "", "news/2015/09/26/a.html": "",
		"e/v10.md": "", "e/v2.md": "", "e/v1.md": "", "e-2/v1.md": "", "index.md": "",
	})
	got, err := ingest.PageFiles([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i] = filepath.ToSlash(strings.TrimPrefix(got[i], root+string(filepath.Separator)))
	}
	want := []string{
		"e/v1.md", "e/v2.md", "e/v10.md", "e-2/v1.md",
		"news/2014/12/31/z.md", "news/2015/09/6/a.md", "news/2015/09/26/a.md", "news/2015/09/26/b.md",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}

	// A file is taken as it is named, whatever its name; the order is the caller's.
	index, page := filepath.Join(root, "index.md"), filepath.Join(root, "e", "v2.md")
	if got, err := ingest.PageFiles([]string{page, index}); err != nil || !slices.Equal(got, []string{page, index}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ingest.PageFiles([]string{filepath.Join(root, "nowhere")}); err == nil {
		t.Error("a path that leads nowhere is taken")
	}
}

func TestPagesYieldEarlierVersionsAndGoOn(t *testing.T) {
	salvator, err := examples.FS.ReadFile("pages/salvator-mundi.md")
	if err != nil {
		t.Fatal(err)
	}
	root := tree(t, map[string]string{"1.md": "no page\n", "2.md": string(salvator)})
	files := []string{filepath.Join(root, "1.md"), filepath.Join(root, "2.md"), filepath.Join(root, "3.md"), filepath.Join(root, "2.md")}
	got := tell(ingest.Pages(files, nil))
	if len(got) != 3 {
		t.Fatalf("%q", got)
	}
	if !strings.HasPrefix(got[0], "error: "+files[0]+":1: ") {
		t.Errorf("a file that is no page: %q", got[0])
	}
	if !strings.HasPrefix(got[1], files[1]+`:1 "Salvator Mundi", a painting`) {
		t.Errorf("a page: %q", got[1])
	}
	if !strings.Contains(got[2], "3.md") {
		t.Errorf("a file that can't be read ends the stream with its name: %q", got[2])
	}
	for item, err := range ingest.Pages(files[1:2], nil) {
		if err != nil || len(item.Input.Earlier) != 2 {
			t.Errorf("%d earlier versions, want 2 (%v)", len(item.Input.Earlier), err)
		}
	}
}
