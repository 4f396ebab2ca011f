package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// testWorld is a world with nothing of the developer's in it: no environment, a
// clock that stands still, and a folder of its own.
func testWorld(t *testing.T) (world, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	var out, errs bytes.Buffer
	return world{
		in: strings.NewReader(""), out: &out, err: &errs,
		size:   func() (int, int) { return 80, 5 },
		dir:    t.TempDir(),
		getenv: func(string) string { return "" },
		environ: []string{
			"PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1", "HOME=" + t.TempDir(),
		},
		now:  func() time.Time { return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC) },
		user: func() schema.Person { return schema.Person{Name: "Ada", Email: "ada@desk"} },
	}, &out, &errs
}

// must runs a command that has to end with 0 and gives its stdout.
func must(t *testing.T, w world, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	w.out, w.err = &out, &errs
	if code := run(context.Background(), args, w); code != 0 {
		t.Fatalf("stemma %s: exit %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return out.String()
}

func TestInterruptedIsExit130(t *testing.T) {
	w, _, errs := testWorld(t)
	must(t, w, "init", "news")
	var stream strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&stream, `{"key": "k%d", "headline": "Story %d", "date": "2018-02-06"}`+"\n", i, i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.in = &cancelAfter{Reader: strings.NewReader(stream.String()), cancel: cancel, left: 2}
	if code := run(ctx, []string{"-C", "news", "import", "jsonl", "-"}, w); code != exitInterrupted {
		t.Fatalf("exit %d, want %d\n%s", code, exitInterrupted, errs)
	}
	if !strings.Contains(errs.String(), "stemma: interrupted\n  what was recorded stays") {
		t.Errorf("stderr: %s", errs)
	}
	// What was recorded before is whole, and the same command goes on from there.
	w.in = strings.NewReader(stream.String())
	must(t, w, "-C", "news", "import", "jsonl", "-")
	if n := strings.Count(must(t, w, "-C", "news", "list"), "\n"); n != 3000 {
		t.Errorf("%d articles, want 3000", n)
	}
}

// cancelAfter cancels a context at the end of so many reads.
type cancelAfter struct {
	*strings.Reader
	cancel context.CancelFunc
	left   int
}

func (r *cancelAfter) Read(p []byte) (int, error) {
	if r.left--; r.left == 0 {
		r.cancel()
	}
	return r.Reader.Read(p[:min(len(p), 100<<10)])
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		kind string
	}{
		{nil, 0, ""},
		{errors.New("x"), 1, "failed"},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, 1, "failed"},
		{&repo.BrokenError{}, 1, "broken"},
		{usagef("x"), 2, "usage"},
		{withHint(usagef("x"), "y"), 2, "usage"},
		{&repo.NotFoundError{Name: "x"}, 3, "not-found"},
		{&repo.NoStoreError{Dir: "x"}, 3, "no-store"},
		{&repo.ConflictError{Want: "1"}, 4, "conflict"},
		{&schema.Problem{Reason: "x"}, 5, "refused"},
		{fmt.Errorf("while reading: %w", &schema.Problem{Reason: "x"}), 5, "refused"},
		{context.Canceled, 130, "interrupted"},
		{fmt.Errorf("x: %w", context.Canceled), 130, "interrupted"},
	} {
		r := fault(c.err)
		if r.code != c.code || r.Kind != c.kind {
			t.Errorf("%v: exit %d, kind %q; want %d, %q", c.err, r.code, r.Kind, c.code, c.kind)
		}
		if strings.Contains(r.Message, "*") || strings.Contains(r.Message, "Error{") {
			t.Errorf("%T: a Go type name stands in %q", c.err, r.Message)
		}
	}
}

func TestParsePerson(t *testing.T) {
	for in, want := range map[string]schema.Person{
		"Ada <ada@example.org>":      {Name: "Ada", Email: "ada@example.org"},
		" Ada B.  <ada@example.org>": {Name: "Ada B.", Email: "ada@example.org"},
		"Ada":                        {Name: "Ada"},
		"ada@example.org":            {Name: "ada", Email: "ada@example.org"},
		"Ada <>":                     {Name: "Ada"},
	} {
		if got, err := parsePerson(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "<a@b>", "Ada <a", "A>da", "Ada\n <a@b>", "Ada <a\x00@b>", "A <b> <c>"} {
		if p, err := parsePerson(in); exitCode(err) != exitUsage {
			t.Errorf("%q is taken for %+v, %v", in, p, err)
		}
	}
}

func TestProtectVersions(t *testing.T) {
	for in, want := range map[string]string{
		"diff story -1":           "diff story @-1",
		"diff story -2 -1":        "diff story @-2 @-1",
		"diff story -- -1":        "diff story -- -1",
		"diff story --around -1":  "diff story --around -1",
		"log -n -1":               "log -n -1",
		"log -1":                  "log -1",
		"record diff.md -1":       "record diff.md -1",
		"diff story -1a":          "diff story -1a",
		"diff --stat story 1 -12": "diff --stat story 1 @-12",
	} {
		if got := strings.Join(protectVersions(strings.Fields(in)), " "); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestPublished(t *testing.T) {
	w, _, _ := testWorld(t)
	a := &app{world: w}
	for in, want := range map[string]string{
		"":                          "",
		"2018-02-06":                "2018-02-06",
		"yesterday":                 "2026-07-31",
		"2018-02-06 13:49":          "2018-02-06T13:49:00Z",
		"2018-02-06 13:49:27":       "2018-02-06T13:49:27Z",
		"2018-02-06T13:49:27+01:00": "2018-02-06T12:49:27Z",
		"2 hours ago":               "2026-08-01T10:00:00Z",
		"now":                       "2026-08-01T12:00:00Z",
	} {
		if got, err := a.published(in); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v; want %s", in, got, err, want)
		}
	}
	if _, err := a.published("soon"); exitCode(err) != exitUsage {
		t.Errorf("soon: %v", err)
	}
	until, err := a.until("2018-02-06")
	if err != nil || !until.Equal(time.Date(2018, 2, 7, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until a day: %v, %v", until, err)
	}
	m, err := a.asOf("2018-02-06", true)
	if err != nil || !m.At.Equal(time.Date(2018, 2, 6, 23, 59, 59, 0, time.UTC)) || m.Clock != repo.ByRecorded {
		t.Errorf("at a day: %+v, %v", m, err)
	}
}

func TestTableAlignsWideAndCombiningCharacters(t *testing.T) {
	var tab table
	tab.add("1", "ab", "x")
	tab.add("1", "新聞", "y")
	tab.add("1", "e\u0301e\u0301", "z")
	tab.note("a note that is longer than any column")
	tab.add("10", "", "v")
	var b strings.Builder
	if err := tab.write(&b); err != nil {
		t.Fatal(err)
	}
	want := "1   ab    x\n1   新聞  y\n1   e\u0301e\u0301    z\na note that is longer than any column\n10        v\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{"", "plain", "a\u202eb", "\u0085", "\x7f", "tag \U000e0041", "\u2028", "\ufeff", "é 新 😀", "\xff", "\x1b[31m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := marshal(map[string]string{"k": s})
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back["k"] != want {
			t.Fatalf("%q came back as %q", s, back["k"])
		}
		if visible := schema.Visible(string(b)); visible != string(b) {
			t.Fatalf("%q holds invisible characters", b)
		}
	})
}

func TestPager(t *testing.T) {
	short, long := strings.Repeat("line\n", 4), strings.Repeat("line\n", 400)
	for _, c := range []struct{ name, pager, text, want string }{
		{"short text is not paged", "sed s/line/paged/", short, short},
		{"long text is", "sed s/line/paged/", long, strings.ReplaceAll(long, "line", "paged")},
		{"a reader that leaves early", "head -n 1", long, "line\n"},
		{"no such pager", "no-such-pager-anywhere", long, long},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			o := newOutput(&b)
			o.page(strings.Fields(c.pager), []string{"PATH=" + os.Getenv("PATH")}, 5)
			for l := range strings.Lines(c.text) {
				if _, err := o.Write([]byte(l)); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.close(); err != nil {
				t.Fatal(err)
			}
			if b.String() != c.want {
				t.Errorf("got %d bytes, want %d: %.60q", b.Len(), len(c.want), b.String())
			}
		})
	}
}

// On a terminal: colour unless NO_COLOR says otherwise, and nothing raw.
func TestTerminal(t *testing.T) {
	w, out, _ := testWorld(t)
	write(t, w.dir, "a.md", "---\nheadline: one \u202e two\n---\n\nx \x1b[31m y\n")
	write(t, w.dir, "b.md", "---\nheadline: one \u202e three\n---\n\nx \x1b[31m z\n")
	w.outTerminal = true
	w.getenv = func(name string) string { return map[string]string{"TERM": "xterm", "PAGER": "cat"}[name] }
	if code := run(context.Background(), []string{"diff", "a.md", "b.md"}, w); code != 0 {
		t.Fatal(code)
	}
	if !strings.Contains(out.String(), "\x1b[") {
		t.Errorf("no colour on a terminal: %q", out)
	}
	if strings.Contains(out.String(), "\x1b[31m y") || strings.Contains(out.String(), "\u202e") {
		t.Errorf("raw characters of the content: %q", out)
	}
	out.Reset()
	w.getenv = func(name string) string { return map[string]string{"NO_COLOR": "1", "PAGER": "cat"}[name] }
	if code := run(context.Background(), []string{"diff", "a.md", "b.md"}, w); code != 0 {
		t.Fatal(code)
	}
	if strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "{+three+}") {
		t.Errorf("with NO_COLOR: %q", out)
	}
	out.Reset()
	if code := run(context.Background(), []string{"convert", "a.md", "--to", "markdown"}, w); code != 0 {
		t.Fatal(code)
	}
	if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), "\u202e") {
		t.Errorf("data on a terminal: %q", out)
	}
}

// A hint stands below the line that it is about, also where that is in a buffer.
func TestHintsFollowTheirLines(t *testing.T) {
	w, out, _ := testWorld(t)
	must(t, w, "init", "news")
	w.dir, w.err = filepath.Join(w.dir, "news"), out
	write(t, w.dir, "a.md", "---\nheadline: Two dead in a Springfield fire\ndate: 2018-02-06\n---\n")
	write(t, w.dir, "b.md", "---\nheadline: Three dead in a Springfield fire\ndate: 2018-02-06\n---\n")
	write(t, w.dir, "c.md", "---\nheadline: Snow\ndate: 2018-02-30\n---\n")
	if code := run(context.Background(), []string{"record", "a.md", "b.md", "c.md", "a.md"}, w); code != 5 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	var got []string
	for l := range strings.Lines(out.String()) {
		got = append(got, strings.Fields(l)[0])
	}
	if want := "created created it if refused unchanged"; strings.Join(got, " ") != want {
		t.Errorf("lines begin with %v, want %s", got, want)
	}
}

func TestBlankPager(t *testing.T) {
	w, out, _ := testWorld(t)
	must(t, w, "init", "news")
	w.dir, w.outTerminal = filepath.Join(w.dir, "news"), true
	w.getenv = func(name string) string { return map[string]string{"PAGER": " "}[name] }
	if code := run(context.Background(), []string{"log"}, w); code != 0 {
		t.Errorf("exit %d: %s", code, out)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// Every command says what it does, in the forms that help needs.
func TestCommandsAreDocumented(t *testing.T) {
	w, _, _ := testWorld(t)
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || c.Long == "" {
			t.Errorf("%s has no Short or no Long", c.CommandPath())
		}
		for l := range strings.Lines(c.Long) {
			if len([]rune(strings.TrimRight(l, "\n"))) > 84 {
				t.Errorf("%s: the line %q of its help is too long", c.CommandPath(), l)
			}
		}
		if c.Runnable() && !c.HasSubCommands() && c.HasParent() && c.Example == "" && c.Args != nil && strings.Contains(c.Use, " ") {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{world: w, out: newOutput(w.out)}).rootCommand())
}

// completeFlag passes over an error; this is where it would show.
func TestCompletedFlagsExist(t *testing.T) {
	w, _, _ := testWorld(t)
	root := (&app{world: w, out: newOutput(w.out)}).rootCommand()
	for path, flags := range map[string][]string{
		"record": {"as", "correction", "id"}, "diff": {"format"}, "show": {"format"}, "convert": {"to", "as"},
		"log": {"kind"}, "list": {"status"}, "day": {"format"}, "correct": {"type"},
	} {
		cmd, _, err := root.Find([]string{path})
		if err != nil {
			t.Fatal(err)
		}
		for _, flag := range flags {
			if _, ok := cmd.GetFlagCompletionFunc(flag); !ok {
				t.Errorf("%s --%s is not completed", path, flag)
			}
		}
	}
}
