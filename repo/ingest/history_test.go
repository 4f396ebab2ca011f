package ingest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// environ is an environment for git that holds nothing of the developer's.
func environ(t *testing.T, when string) []string {
	t.Helper()
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Bo", "GIT_AUTHOR_EMAIL=bo@example.org", "GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org",
		"GIT_AUTHOR_DATE=" + when, "GIT_COMMITTER_DATE=" + when,
	}
}

// history makes a git repository out of revisions of real pages.
func history(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git := func(when string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = environ(t, when)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	put := func(name, example string) {
		t.Helper()
		content := []byte(example)
		if strings.HasPrefix(example, "pages/") {
			var err error
			if content, err = examples.FS.ReadFile(example); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	git("2017-06-08T10:00:00Z", "init", "-q")
	put("news/2015/09/26/russia-and-estonia.md", "pages/russia-estonia-1.md")
	put("news/2015/09/26/index.md", "a list")
	put("README.md", "about")
	put(".github/x.md", "hidden")
	git("2017-06-08T10:00:00Z", "add", ".")
	git("2017-06-08T10:00:00Z", "commit", "-qm", "first pages\n\nwith a body")
	put("news/2015/09/26/russia-and-estonia.md", "pages/russia-estonia-3.md")
	put("news/broken.md", "no page")
	git("2017-08-13T10:00:00Z", "add", ".")
	git("2017-08-13T10:00:00Z", "commit", "-qm", "second")
	git("2017-08-14T10:00:00Z", "mv", "news/2015/09/26/russia-and-estonia.md", "news/2015/09/26/a\nb.md")
	git("2017-08-14T10:00:00Z", "commit", "-qm", "third")
	git("2018-02-14T10:00:00Z", "rm", "-q", "news/broken.md", "news/2015/09/26/index.md")
	git("2018-02-14T10:00:00Z", "commit", "-qm", "fourth")
	put("news/2017/11/15/salvator.md", "pages/salvator-mundi.md")
	git("2018-02-15T10:00:00Z", "add", ".")
	git("2018-02-15T10:00:00Z", "commit", "-qm", "fifth")
	return dir
}

func TestPageHistoryReadsEveryCommit(t *testing.T) {
	dir, env := history(t), environ(t, "")
	type row struct{ file, headline, published, note string }
	var got []row
	problems := 0
	for item, err := range ingest.PageHistory(context.Background(), dir, env, nil) {
		if err != nil {
			if p, ok := err.(*schema.Problem); !ok || !strings.HasSuffix(p.File, ":news/broken.md") || p.Line != 1 {
				t.Errorf("%v", err)
			}
			problems++
			continue
		}
		in := item.Input
		if in.Author != (schema.Person{Name: "Bo", Email: "bo@example.org"}) || len(in.Earlier) > 0 {
			t.Errorf("%+v", in)
		}
		_, file, _ := strings.Cut(item.File, ":")
		got = append(got, row{file, in.Headline, in.Published.String(), in.Note})
	}
	want := []row{
		{"news/2015/09/26/russia-and-estonia.md", "Russia and Estonia exchange two convicted spies.", "2017-06-08T10:00:00Z", "first pages\n\nwith a body"},
		{"news/2015/09/26/russia-and-estonia.md", "Russia-Estonia relations. Russia and Estonia exchange two convicted spies.", "2017-08-13T10:00:00Z", "second"},
		{"news/2015/09/26/a\nb.md", "Russia-Estonia relations. Russia and Estonia exchange two convicted spies.", "2017-08-14T10:00:00Z", "third"},
		{"news/2017/11/15/salvator.md", `"Salvator Mundi", a painting generally attributed to Leonardo da Vinci, is sold at auction Christie's in New York City for US$450.3 million; setting a new record for the sale of an original work of art.`, "2018-02-15T10:00:00Z", "fifth"},
	}
	if problems != 1 || len(got) != len(want) {
		t.Fatalf("%d problems, %d pages: %q", problems, len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %q\nwant %q", got[i], want[i])
		}
	}
}

func TestPageHistoryEndsEarly(t *testing.T) {
	dir, env := history(t), environ(t, "")
	for range ingest.PageHistory(context.Background(), dir, env, nil) {
		break
	}
	for _, err := range ingest.PageHistory(context.Background(), t.TempDir(), env, nil) {
		if err == nil || !strings.Contains(err.Error(), "not a git repository") {
			t.Errorf("a folder that is no repository: %v", err)
		}
	}
}

func TestIsRepository(t *testing.T) {
	dir, env, ctx := history(t), environ(t, ""), context.Background()
	if !ingest.IsRepository(ctx, dir, env) || ingest.IsRepository(ctx, filepath.Join(dir, "news"), env) || ingest.IsRepository(ctx, t.TempDir(), env) {
		t.Error("a repository's top is told from what is none")
	}
}
