package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// book is a git repository that a test writes.
type book struct {
	t   *testing.T
	dir string
}

func newBook(t *testing.T) *book {
	t.Helper()
	b := &book{t, t.TempDir()}
	b.git("", "init", "-q", "-b", "main")
	return b
}

// git runs git at a time, which is the author's and the committer's.
func (b *book) git(when string, args ...string) string {
	b.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", b.dir}, args...)...)
	cmd.Env = environ(b.t, when)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit writes files, an empty one being taken away, and commits them.
func (b *book) commit(when, message string, files ...string) {
	b.t.Helper()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(b.dir, filepath.FromSlash(files[i]))
		if files[i+1] == "" {
			if err := os.Remove(name); err != nil {
				b.t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			b.t.Fatal(err)
		}
	}
	b.git(when, "add", "-A")
	b.git(when, "commit", "-qm", message)
}

// read tells what a repository's history holds, one line a state.
func (b *book) read(dir string) []string {
	b.t.Helper()
	var out []string
	for item, err := range ingest.Repository(context.Background(), filepath.Join(b.dir, dir), environ(b.t, ""), ingest.RepositoryOptions{}) {
		if err != nil {
			out = append(out, "error: "+strings.TrimPrefix(err.Error(), "reading the history of "+b.dir))
			continue
		}
		in := item.Input
		_, path, _ := strings.Cut(item.File, ":")
		_, first, _ := strings.Cut(strings.TrimPrefix(in.Key, "git:"), ":")
		body := strings.TrimSpace(in.Body)
		if in.Status == schema.Canceled {
			body = "(withdrawn)"
		}
		out = append(out, fmt.Sprintf("%.20s %s %s %s %s: %s", in.Published, in.Author.Name, first, path, in.Note, body))
	}
	return out
}

func (b *book) wants(got []string, want ...string) {
	b.t.Helper()
	if !slices.Equal(got, want) {
		b.t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// long is a text long enough for git to find it under another name.
const long = "a line\nand another one\nand a third\nand more of them\nup to the fifth\n"

func TestRepositoryFollowsAFile(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", long, "code.go", "package x", "pic.md.png", "x")
	b.commit("2020-01-02T10:00:00Z", "move", "a.md", "", "dir/ß \"b\".md", long+"and a sixth\n")
	b.commit("2020-01-03T10:00:00Z", "another", "a.md", "quite another text\n")
	b.commit("2020-01-04T10:00:00Z", "gone", "a.md", "", "dir/ß \"b\".md", "")
	b.commit("2020-01-05T10:00:00Z", "back", "a.md", "once more\n")
	second := b.git("", "rev-parse", "HEAD~2")
	body, six := strings.TrimSpace(long), strings.TrimSpace(long)+"\nand a sixth"
	b.wants(b.read(""),
		"2020-01-01T10:00:00Z Bo a.md a.md begin: "+body,
		"2020-01-02T10:00:00Z Bo a.md dir/ß \"b\".md move: "+six,
		"2020-01-03T10:00:00Z Bo a.md@"+second+" a.md another: quite another text",
		"2020-01-04T10:00:00Z Bo a.md@"+second+" a.md gone: (withdrawn)",
		"2020-01-04T10:00:00Z Bo a.md dir/ß \"b\".md gone: (withdrawn)",
		"2020-01-05T10:00:00Z Bo a.md@"+second+" a.md back: once more")
	b.wants(b.read("dir"), // its history, though nothing is in it now
		"2020-01-02T10:00:00Z Bo a.md dir/ß \"b\".md move: "+six,
		"2020-01-04T10:00:00Z Bo a.md dir/ß \"b\".md gone: (withdrawn)")
	if n, err := ingest.CommitCount(context.Background(), b.dir, environ(t, "")); err != nil || n != 5 {
		t.Errorf("%d commits, %v", n, err)
	}
}

// A folder gives the files below it, as the same articles.
func TestRepositoryOfAFolder(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", "one\n", "dir/b.md", "two\n", "dirt/c.md", "three\n")
	b.wants(b.read("dir"), "2020-01-01T10:00:00Z Bo dir/b.md dir/b.md begin: two")
}

// Branches that are merged keep their authors; what a merge decides is the end.
func TestRepositoryWithMerges(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", "one\n", "b.md", "b\n")
	b.git("", "checkout", "-qb", "side")
	b.commit("2020-01-02T10:00:00Z", "side", "a.md", "side\n")
	b.commit("2020-01-05T10:00:00Z", "side b", "b.md", "side b\n")
	b.git("", "checkout", "-q", "main")
	b.commit("2020-01-03T10:00:00Z", "main", "a.md", "main\n")
	b.git("2020-01-06T10:00:00Z", "merge", "-q", "-s", "ours", "-m", "ours", "side")
	b.wants(b.read(""),
		"2020-01-01T10:00:00Z Bo a.md a.md begin: one",
		"2020-01-01T10:00:00Z Bo b.md b.md begin: b",
		"2020-01-02T10:00:00Z Bo a.md a.md side: side",
		"2020-01-03T10:00:00Z Bo a.md a.md main: main",
		"2020-01-05T10:00:00Z Bo b.md b.md side b: side b",
		"2020-01-06T10:00:00Z Bo b.md b.md ours: b")
}

// A clock that goes back does not turn the history over.
func TestRepositoryKeepsTheOrder(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-05T10:00:00Z", "begin", "a.md", "one\n")
	b.commit("2020-01-02T10:00:00Z", "earlier", "a.md", "two\n")
	b.commit("2020-01-06T10:00:00Z", "later", "a.md", "three\n")
	b.wants(b.read(""),
		"2020-01-05T10:00:00Z Bo a.md a.md begin: one",
		"2020-01-05T10:00:00Z Bo a.md a.md earlier: two",
		"2020-01-06T10:00:00Z Bo a.md a.md later: three")
}

// A file that is no UTF-8 is read in the encoding that is named, and says so, so
// that its bytes can be made again; one that is UTF-8 stays as it is.
func TestRepositoryInAnotherEncoding(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", "# Caf\xe9\n\nd\xe9j\xe0 vu\n", "b.md", "# Café\n")
	var got []string
	for item, err := range ingest.Repository(context.Background(), b.dir, environ(t, ""), ingest.RepositoryOptions{Encoding: "ISO-8859-1"}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(item.Input.Headline, "|", item.Input.Body, "|", item.Input.Extra))
	}
	b.wants(got, "Café|déjà vu\n|[{encoding \"ISO-8859-1\"}]", "Café||[]")
}

func TestRepositoryRefuses(t *testing.T) {
	b := newBook(t)
	if got := b.read(""); len(got) != 1 || !strings.HasPrefix(got[0], "error: ") {
		t.Errorf("no commit: %q", got)
	}
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", "ok\nnot \xff ok\n", "b.md", "fine\n", "c.md", "x\x00\n")
	if err := os.Symlink("b.md", filepath.Join(b.dir, "link.md")); err != nil {
		t.Fatal(err)
	}
	b.commit("2020-01-02T10:00:00Z", "link")
	got := b.read("")
	if len(got) != 3 || !strings.Contains(got[0], ":a.md:2: byte 8 (0xFF) is no UTF-8") || !strings.HasSuffix(got[1], "fine") || !strings.Contains(got[2], "c.md: body: a NUL character") {
		t.Errorf("%q", got)
	}
	shallow := t.TempDir()
	b.git("", "clone", "-q", "--depth=1", "file://"+b.dir, shallow)
	if got := (&book{t, shallow}).read(""); len(got) != 1 || !strings.Contains(got[0], "is a shallow clone") {
		t.Errorf("%q", got)
	}
	if got := (&book{t, t.TempDir()}).read(""); len(got) != 1 || !strings.Contains(got[0], "not a git repository") {
		t.Errorf("%q", got)
	}
	for _, err := range ingest.Repository(context.Background(), b.dir, nil, ingest.RepositoryOptions{}) {
		if err == nil {
			break // nothing is left running: see the end of the test binary
		}
	}
	t.Setenv("PATH", t.TempDir())
	for _, err := range ingest.Repository(context.Background(), b.dir, nil, ingest.RepositoryOptions{}) {
		if err == nil || !strings.Contains(err.Error(), "needs the git program") {
			t.Errorf("without git: %v", err)
		}
	}
}

// Against git itself: what the articles say in the end is what stands at the tip.
func TestRepositoryEndsAtTheTip(t *testing.T) {
	b := newBook(t)
	raw := lines(t, sample(t, sampleDocuments))
	for i, l := range raw {
		if l.Text == nil || l.B64 != nil {
			continue
		}
		b.commit(fmt.Sprintf("2020-01-01T10:%02d:00Z", i), l.Msg+"x", l.Doc+".md", *l.Text, fmt.Sprintf("nth/%d.md", i%7), fmt.Sprintf("# %d\n\n%s", i, *l.Text))
		if i%9 == 5 {
			b.git(fmt.Sprintf("2020-01-01T10:%02d:30Z", i), "mv", fmt.Sprintf("nth/%d.md", i%7), fmt.Sprintf("nth/%d-%d.md", i%7, i))
			b.git(fmt.Sprintf("2020-01-01T10:%02d:30Z", i), "commit", "-qm", "move")
		}
	}
	end := map[string]string{}
	for item, err := range ingest.Repository(context.Background(), b.dir, environ(t, ""), ingest.RepositoryOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		in := item.Input
		in.Normalize()
		_, path, _ := strings.Cut(item.File, ":")
		if in.Status == schema.Canceled {
			delete(end, in.Key)
			continue
		}
		end[in.Key] = path + "\n" + ingest.OriginalText(&in.State)
	}
	want := map[string]bool{}
	for _, name := range strings.Split(b.git("", "-c", "core.quotePath=false", "ls-files"), "\n") {
		content, err := os.ReadFile(filepath.Join(b.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want[name+"\n"+normal(string(content))] = true
	}
	for key, text := range end {
		if !want[text] {
			t.Errorf("%s ends at %.80q, which is not at the tip", key, text)
		}
		delete(want, text)
	}
	if len(want) > 0 || len(end) < 20 {
		t.Errorf("%d files of the tip belong to no article, %d articles", len(want), len(end))
	}
}

func TestWriteGit(t *testing.T) {
	b := newBook(t)
	b.commit("2020-01-01T10:00:00Z", "begin", "a.md", "one\n")
	var stream bytes.Buffer
	if err := ingest.WriteGit(context.Background(), &stream, b.dir, environ(t, "")); err != nil {
		t.Fatal(err)
	}
	other := newBook(t)
	cmd := exec.Command("git", "-C", other.dir, "fast-import", "--quiet", "--force")
	cmd.Env, cmd.Stdin = environ(t, ""), &stream
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if x, y := b.git("", "rev-parse", "main"), other.git("", "rev-parse", "main"); x != y {
		t.Errorf("%s came back as %s", x, y)
	}
	if err := ingest.WriteGit(context.Background(), &stream, t.TempDir(), environ(t, "")); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("%v", err)
	}
}
