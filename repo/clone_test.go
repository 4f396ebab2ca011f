package repo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// clone is a working copy that plain git made of a store, in the hands of
// somebody who never heard of this program.
type clone struct {
	t    *testing.T
	dir  string
	when time.Time
}

func newClone(t *testing.T, s *Store) *clone {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	git1(t, t.TempDir(), "clone", "-q", s.Dir(), dir)
	return &clone{t, dir, time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)}
}

// git runs git in the clone as Ada, a minute later at each call.
func (c *clone) git(args ...string) string {
	c.t.Helper()
	c.when = c.when.Add(time.Minute)
	return c.gitAt(c.when, args...)
}

func (c *clone) gitAt(when time.Time, args ...string) string {
	c.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", c.dir}, args...)...)
	stamp := fmt.Sprintf("%d +0000", when.Unix())
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_AUTHOR_DATE="+stamp,
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org", "GIT_COMMITTER_DATE="+stamp,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_EDITOR=true")
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (c *clone) write(path, text string) {
	c.t.Helper()
	full := filepath.Join(c.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o777); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clone) read(path string) string {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(c.dir, path))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

// replace changes a text in a file.
func (c *clone) replace(path, old, new string) {
	c.t.Helper()
	text := c.read(path)
	if !strings.Contains(text, old) {
		c.t.Fatalf("%s does not hold %q:\n%s", path, old, text)
	}
	c.write(path, strings.ReplaceAll(text, old, new))
}

// push commits everything and pushes it.
func (c *clone) push(message string) {
	c.t.Helper()
	c.git("add", "-A")
	c.git("commit", "-q", "-m", message)
	c.git("push", "-q", "origin", "HEAD:main")
}

func (c *clone) pull() {
	c.t.Helper()
	c.git("pull", "-q", "--rebase", "origin", "main")
}

// snapshot is everything that a store says of its articles.
type snapshot struct {
	Log      []Version
	Changes  map[schema.ID][]Version
	States   map[string]schema.State
	Homes    map[schema.ID]schema.ID
	Problems []Finding
}

func snap(t *testing.T, s *Store) *snapshot {
	t.Helper()
	ctx := context.Background()
	got := &snapshot{Changes: map[schema.ID][]Version{}, States: map[string]schema.State{}, Homes: map[schema.ID]schema.ID{}}
	for v, err := range s.Log(ctx, LogFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		got.Log = append(got.Log, v)
		state, err := s.State(ctx, v)
		if err != nil {
			t.Fatalf("%s@%d: %v", v.Article, v.Number, err)
		}
		got.States[fmt.Sprint(v.Article, v.Number)] = *state
		if got.Homes[v.origin], err = s.Resolve(ctx, v.origin.String()); err != nil {
			t.Fatal(err)
		}
		if got.Changes[v.Article] != nil {
			continue
		}
		if got.Changes[v.Article], err = s.Changes(ctx, v.Article); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range got.Log {
		if all := got.Changes[v.Article]; !slices.ContainsFunc(all, func(w Version) bool { return reflect.DeepEqual(v, w) }) {
			t.Fatalf("the log says %+v, and Changes %+v", v, all)
		}
	}
	var err error
	if got.Problems, err = s.Problems(ctx); err != nil {
		t.Fatal(err)
	}
	return got
}

// sameRebuilt wants that a rebuild of the index changes no answer.
func sameRebuilt(t *testing.T, s *Store) *snapshot {
	t.Helper()
	before := snap(t, s)
	if err := s.Reindex(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	after := snap(t, s)
	if reflect.DeepEqual(before, after) {
		return before
	}
	for i := range max(len(before.Log), len(after.Log)) {
		var a, b Version
		if i < len(before.Log) {
			a = before.Log[i]
		}
		if i < len(after.Log) {
			b = after.Log[i]
		}
		if !reflect.DeepEqual(a, b) {
			t.Errorf("before the rebuild: %+v\nafter it:           %+v", a, b)
		}
	}
	if !reflect.DeepEqual(before.Homes, after.Homes) {
		t.Errorf("ids led to %v, and lead to %v after the rebuild", before.Homes, after.Homes)
	}
	if !reflect.DeepEqual(before.Problems, after.Problems) {
		t.Errorf("problems were %v, and are %v after the rebuild", before.Problems, after.Problems)
	}
	t.Fatal("a rebuild of the index gives other answers")
	return nil
}

// findings verifies the store and gives what was found; git's own check must pass.
func findings(t *testing.T, s *Store) []Finding {
	t.Helper()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	git1(t, s.Dir(), "fsck", "--strict", "--no-dangling")
	return report.Findings
}

// numbers lists the numbers of an article's versions in the order of Changes.
func numbers(t *testing.T, s *Store, id schema.ID) (list []int) {
	t.Helper()
	all, err := s.Changes(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		list = append(list, v.Number)
	}
	return list
}

func current(t *testing.T, s *Store, id schema.ID) Version {
	t.Helper()
	v, err := s.Version(context.Background(), id, "current")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pair makes a store of two articles and a clone of it.
func pair(t *testing.T) (s *Store, c *clone, a, b schema.ID) {
	t.Helper()
	s = newStore(t)
	one := draft("2015-09-26", "Two dead in Springfield", "https://example.org/1")
	one.Input.Body = "Two people died.\n\nThe road is closed.\n"
	a = record(t, s, one, Created).Version.Article
	two := draft("2015-09-26", "Parliament votes on the budget", "https://example.org/2")
	two.Input.Body = "The vote is on Friday.\n"
	b = record(t, s, two, Created).Version.Article
	return s, newClone(t, s), a, b
}

// goOn records one more version of an article, as this program does, and checks
// everything.
func goOn(t *testing.T, s *Store, id schema.ID, headline string) {
	t.Helper()
	n := current(t, s, id).Number
	d := draft("2015-09-26", headline, "https://example.org/on")
	d.Article = id.String()
	r := record(t, s, d, Recorded)
	if r.Version.Number != n+1 || r.Version.Place != Current {
		t.Fatalf("the version after %d is %d, %s", n, r.Version.Number, r.Version.Place)
	}
	sameRebuilt(t, s)
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
}
