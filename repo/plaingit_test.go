package repo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

func TestCloneIsReadable(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	goOn(t, s, a, "Seven dead in Springfield")
	c.pull()
	text := c.read(s.layout().path(a))
	for _, want := range []string{"---\nstemma: 1\nid: " + a.String() + "\n", "headline: Seven dead in Springfield\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the file of a clone lacks %q:\n%s", want, text)
		}
	}
	log := c.git("log", "--format=%s", "--", s.layout().path(a))
	if want := "Revise: Seven dead in Springfield\nCreate: Two dead in Springfield\n"; log != want {
		t.Errorf("git log of the file says\n%swant\n%s", log, want)
	}
}

func TestPlainEdit(t *testing.T) {
	t.Parallel()
	s, c, a, b := pair(t)
	path := s.layout().path(a)
	c.replace(path, "Two people died.", "Seven people died.")
	c.push("The toll has risen\n\nSays the police.")
	v := current(t, s, a)
	if v.Number != 2 || v.Author != (schema.Person{Name: "Ada", Email: "ada@example.org"}) || !strings.HasPrefix(v.Note, "The toll has risen") {
		t.Fatalf("%+v", v)
	}
	if len(v.Kinds) == 0 || v.Seal.IsZero() {
		t.Errorf("kinds %v, seal %s", v.Kinds, v.Seal)
	}
	// Two articles in one commit.
	c.replace(path, "Seven people died.", "Nine people died.")
	c.replace(s.layout().path(b), "on Friday", "on Monday")
	c.push("Two at once")
	if x, y := current(t, s, a), current(t, s, b); x.Number != 3 || y.Number != 2 || x.Commit != y.Commit {
		t.Fatalf("%+v\n%+v", x, y)
	}
	// The same file, written in another way: no version, and no trouble.
	c.replace(path, "headline: Two dead in Springfield", `headline: "Two dead in Springfield"`)
	c.push("Quotes")
	if v := current(t, s, a); v.Number != 3 {
		t.Fatalf("quotes made version %d", v.Number)
	}
	sameRebuilt(t, s)
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
	goOn(t, s, a, "Nine dead in Springfield")
	goOn(t, s, b, "Parliament has voted")
	c.pull()
}

// TestPlainRebase pushes a commit that was written before a version which this
// store recorded meanwhile.
func TestPlainRebase(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	c.replace(s.layout().path(a), "Two people died.", "Seven people died.")
	c.git("add", "-A")
	c.gitAt(time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "commit", "-q", "-m", "Written long ago")
	d := draft("2015-09-26", "Two killed in Springfield", "https://example.org/1")
	d.Article, d.Input.Carries = a.String(), schema.Fields(schema.FieldHeadline)
	record(t, s, d, Recorded)
	c.pull()
	c.git("push", "-q", "origin", "HEAD:main")
	v := current(t, s, a)
	if v.Author.Name != "Ada" || v.Number != 3 {
		t.Errorf("current is %d by %s: main shows what was pushed last", v.Number, v.Author.Name)
	}
	goOn(t, s, a, "Seven dead in Springfield")
}

func TestPlainRename(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	path := s.layout().path(a)
	c.git("mv", path, "moved.md")
	c.push("Moved")
	if v := current(t, s, a); v.Number != 1 || v.Status != schema.Usable {
		t.Fatalf("%+v", v)
	}
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
	c.replace("moved.md", "Two people", "Seven people")
	c.git("mv", "moved.md", "again.md")
	c.push("Moved and edited at once")
	if v := current(t, s, a); v.Number != 2 || v.Status != schema.Usable {
		t.Fatalf("%+v", v)
	}
	goOn(t, s, a, "Seven dead in Springfield")
	c.pull()
	if got := c.read(path); !strings.Contains(got, "Seven dead") {
		t.Errorf("the file isn't back in its place:\n%s", got)
	}
}

func TestPlainAddWithoutID(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c, _, _ := pair(t)
	c.write("notes/first.md", "# A bridge is opened\n\nIt is long.\n")
	c.push("A new article")
	id, err := s.Resolve(ctx, "a-bridge-is-opened")
	if err != nil {
		t.Fatal(err)
	}
	sameRebuilt(t, s)
	c.write("notes/first.md", "# A bridge is opened\n\nIt is very long.\n")
	c.push("Edited")
	c.git("mv", "notes/first.md", "notes/bridge.md")
	c.push("Renamed")
	if v := current(t, s, id); v.Number != 2 || v.Status != schema.Usable {
		t.Fatalf("%+v", v)
	}
	sameRebuilt(t, s)
	// The old name is free now: what comes to stand there is another article.
	c.write("notes/first.md", "# A tunnel is closed\n\nIt is wet.\n")
	c.push("Another one")
	tunnel, err := s.Resolve(ctx, "a-tunnel-is-closed")
	if err != nil || tunnel == id {
		t.Fatalf("the tunnel is %s, the bridge %s, %v", tunnel, id, err)
	}
	goOn(t, s, id, "The bridge is closed again")
	goOn(t, s, tunnel, "The tunnel is opened")
	c.pull()
	c.write("notes/first.md", "# A third thing\n\nIt is new.\n")
	c.push("A third one")
	if third, err := s.Resolve(ctx, "a-third-thing"); err != nil || third == tunnel {
		t.Fatalf("the third is %s, the tunnel %s, %v", third, tunnel, err)
	}
	sameRebuilt(t, s)
}

func TestPlainBrokenFile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c, a, b := pair(t)
	path := s.layout().path(a)
	good := c.read(path)
	c.write(path, "---\nstemma: 1\nheadline: [\n---\n")
	c.replace(s.layout().path(b), "on Friday", "on Monday")
	c.push("Broken")
	if v := current(t, s, b); v.Number != 2 {
		t.Errorf("the other article of the commit has version %d", v.Number)
	}
	if v := current(t, s, a); v.Number != 1 {
		t.Errorf("the broken file made version %d", v.Number)
	}
	problems, err := s.Problems(ctx)
	if err != nil || len(problems) != 1 || problems[0].Path != path || problems[0].Article != a {
		t.Fatalf("%+v, %v", problems, err)
	}
	if found := findings(t, s); !slices.ContainsFunc(found, func(f Finding) bool { return f.Path == path && f.Article == a }) {
		t.Errorf("verify: %+v", found)
	}
	sameRebuilt(t, s)
	d := draft("2016-01-01", "Something else")
	record(t, s, d, Created)
	// Mended, it is forgotten.
	c.pull()
	c.write(path, good)
	c.push("Mended")
	if found := findings(t, s); len(found) > 0 {
		t.Errorf("verify after the file was mended: %+v", found)
	}
	if problems, err := s.Problems(ctx); err != nil || len(problems) != 0 {
		t.Errorf("%+v, %v", problems, err)
	}
	goOn(t, s, a, "Seven dead in Springfield")
}

func TestPlainRemove(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	c.git("rm", "-q", s.layout().path(a))
	c.push("Gone")
	v := current(t, s, a)
	if v.Number != 2 || v.Status != schema.Canceled {
		t.Fatalf("%+v", v)
	}
	sameRebuilt(t, s)
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
	goOn(t, s, a, "Two dead in Springfield after all")
}

// TestPlainMerge merges in every direction: what main shows is what is current,
// and no version loses its number by a rebuild.
func TestPlainMerge(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"theirs onto main", "main into a clone", "put back"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s, c, a, b := pair(t)
			path := s.layout().path(a)
			c.git("checkout", "-q", "-b", "side")
			c.replace(path, "The road is closed.", "The road is open.")
			c.replace(s.layout().path(b), "on Friday", "on Monday")
			c.git("commit", "-q", "-a", "-m", "On a branch")
			d := draft("2015-09-26", "Two killed in Springfield", "https://example.org/1")
			d.Article, d.Input.Carries = a.String(), schema.Fields(schema.FieldHeadline)
			ours := record(t, s, d, Recorded)
			c.git("fetch", "-q", "origin")
			want := 2 + 1 // by us; on the branch; the merge of both
			switch way {
			case "theirs onto main":
				c.git("checkout", "-q", "-B", "main", "origin/main")
				c.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
				want++
			case "main into a clone":
				c.git("merge", "-q", "-m", "Merge main", "origin/main")
				want++
			case "put back":
				c.git("checkout", "-q", "-B", "main", "origin/main")
				c.git("merge", "-q", "-s", "ours", "-m", "Merge side, keep ours", "side")
				want++
			}
			c.git("push", "-q", "origin", "HEAD:main")
			if got := numbers(t, s, a); len(got) != want {
				t.Errorf("versions %v, want %d", got, want)
			}
			got, err := s.Version(context.Background(), a, "2")
			if err != nil || got.Seal != ours.Version.Seal {
				t.Errorf("version 2 is %s (%v), it was %s when it was acknowledged", got.Seal.Short(), err, ours.Version.Seal.Short())
			}
			sameRebuilt(t, s)
			if found := findings(t, s); len(found) > 0 {
				t.Fatalf("verify: %+v", found)
			}
			goOn(t, s, a, "Seven dead in Springfield")
			goOn(t, s, b, "The vote is over")
		})
	}
}

// TestPlainMergeOfPlain lets somebody pull before he pushes: the side that main had
// is the second parent then, and no sealed version says which came first.
func TestPlainMergeOfPlain(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	other := newClone(t, s)
	path := s.layout().path(a)
	c.replace(path, "Two people", "Seven people")
	c.push("First")
	other.replace(path, "The road is closed.", "The road is open.")
	other.git("commit", "-q", "-a", "-m", "Second")
	snap(t, s)
	other.git("fetch", "-q", "origin")
	other.git("merge", "-q", "-m", "Merge", "origin/main")
	other.git("push", "-q", "origin", "HEAD:main")
	if got := numbers(t, s, a); len(got) != 4 {
		t.Errorf("versions %v, want four", got)
	}
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
	sameRebuilt(t, s)
	goOn(t, s, a, "Seven dead in Springfield")
}

// TestPlainLink links and splits articles whose files plain git has moved.
func TestPlainLink(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, c, a, b := pair(t)
	c.git("mv", s.layout().path(b), "moved.md")
	c.push("Moved")
	if _, err := s.Link(ctx, a, b, Actor{}); err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, s, a); len(got) != 3 {
		t.Errorf("versions %v, want three: one of each, and the link", got)
	}
	sameRebuilt(t, s)
	if found := findings(t, s); len(found) > 0 {
		t.Fatalf("verify: %+v", found)
	}
	goOn(t, s, a, "Seven dead in Springfield")
	c.pull()
	if _, err := os.Stat(filepath.Join(c.dir, "moved.md")); err == nil {
		t.Error("the file of the linked article still stands in its new place")
	}
}

// TestHostileTrailers pushes commits that claim to be this program's: the store
// goes on, and a rebuild says the same.
func TestHostileTrailers(t *testing.T) {
	t.Parallel()
	s, c, a, b := pair(t)
	seal := strings.Repeat("ab", 32)
	head := "X: y\n\nStemma-Article: " + a.String() + "\n"
	for i, message := range []string{
		head + "Stemma-Link: " + a.String(),
		head + "Stemma-Link: " + b.String(),
		head + "Stemma-Split: " + a.String(),
		head + "Stemma-Split: " + a.String() + "\nStemma-From: " + seal,
		head + "Stemma-Seal: " + seal + "\nStemma-Salt: " + seal[:32] + "\nStemma-Link: " + a.String(),
		head + "Stemma-Seal: " + seal + "\nStemma-Salt: " + seal[:32] + "\nStemma-Split: " + a.String() + "\nStemma-From: " + seal,
		head + "Stemma-Seal: " + seal + "\nStemma-Salt: " + seal[:32] + "\nStemma-Split: " + b.String() + "\nStemma-From: " + seal,
		head + "Stemma-Reassert: " + seal,
		head + "Stemma-Published: 9999-01-01",
		head + "Stemma-Known: nothing",
		head + "Stemma-Contexts: [\"a\"",
		"Correct: x\n\nno\n\nStemma-Article: " + strings.Repeat("z", 26) + "\nStemma-Correction: \x1b[31mred\nStemma-To: " + seal,
		"Contexts: x\n\nStemma-Article: " + strings.Repeat("y", 26) + "\nStemma-Contexts: [\"Iran\"]",
		"Plain: x\n\nStemma-Article: " + a.String() + "\nStemma-Seal: " + seal,
	} {
		c.replace(s.layout().path(a), "Two people", fmt.Sprintf("%d times two people", i))
		c.write(s.layout().path(a), strings.Replace(c.read(s.layout().path(a)), fmt.Sprintf("%d times two people", i), "Two people", 1)+fmt.Sprintf("%d\n", i))
		c.push(message)
		sameRebuilt(t, s)
		c.git("commit", "-q", "--allow-empty", "-m", message)
		c.git("push", "-q", "origin", "HEAD:main")
		sameRebuilt(t, s)
		// Everything that claims something is found, or claims nothing.
		for _, v := range snap(t, s).Changes[b] {
			if v.Article != b {
				t.Fatalf("%q moved an article without a seal", message)
			}
		}
	}
	if found := findings(t, s); len(found) < 10 {
		t.Errorf("only %d findings: %+v", len(found), found)
	}
	d := draft("2015-09-26", "On we go")
	d.Article = b.String()
	record(t, s, d, Recorded)
	sameRebuilt(t, s)
}

// TestIndexRowsMatch holds the index file itself to a rebuild, row by row.
func TestIndexRowsMatch(t *testing.T) {
	t.Parallel()
	s, c, a, _ := pair(t)
	c.replace(s.layout().path(a), "Two people", "Seven people")
	c.push("An edit")
	goOn(t, s, a, "Seven dead")
	fresh, err := index.Open(filepath.Join(t.TempDir(), "index.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	v := &verifier{s: s, ctx: context.Background(), report: &Report{}}
	v.check = &commitCheck{v: v}
	if err := v.settle(fresh); err != nil || len(v.report.Findings) > 0 {
		t.Fatal(err, v.report.Findings)
	}
}
