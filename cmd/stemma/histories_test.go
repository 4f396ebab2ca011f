package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ulikunitz/xz"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// TestHistories imports whole histories of documents and looks for everything that
// their lines say: in short form a sample, in long form every *.revs.jsonl.xz of
// the folder that STEMMA_HISTORIES names. What comes back is compared with a model
// that reads the lines by itself; where the store holds fewer versions than the
// source has lines, a rule of the model says why, and how often is counted.
func TestHistories(t *testing.T) {
	files := []string{filepath.Join("..", "..", "repo", "ingest", "testdata", "documents.revs.jsonl.xz")}
	if dir := os.Getenv("STEMMA_HISTORIES"); dir != "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(dir, "*.revs.jsonl.xz")); err != nil || len(files) == 0 {
			t.Fatalf("no *.revs.jsonl.xz in %s: %v", dir, err)
		}
	}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), ".")
		t.Run(name, func(t *testing.T) { checkHistory(t, name, file) })
	}
}

// historyCounts counts what a history gives, and why a line makes no version: the
// one that was published before it says the same byte for byte, or differs from it
// in blanks at the ends of lines alone. Every other line makes one.
type historyCounts struct {
	documents, lines int
	same, blanks     int // lines that make no version
	past             int // versions published before one that stands on an earlier line
	encoded          int // texts that are no UTF-8, read as ISO-8859-1
}

// countsOf gives the counts of the histories that were looked at; of others the
// model alone tells.
func countsOf(name string) (historyCounts, bool) {
	c, ok := map[string]historyCounts{
		"documents":          {12, 59, 8, 0, 0, 1},
		"arreact":            {131, 966, 0, 1, 0, 0},
		"eips":               {520, 4617, 1, 13, 0, 0},
		"fpb":                {180, 2528, 0, 9, 0, 0},
		"gesetze":            {2969, 11062, 13, 27, 0, 0},
		"ota":                {485, 20201, 79, 2, 12, 0},
		"peps":               {922, 9821, 0, 129, 3, 310},
		"tldr":               {6123, 13445, 0, 9, 0, 0},
		"twir":               {602, 4926, 0, 2, 34, 0},
		"wikipedia-versions": {228, 1285, 84, 7, 0, 0},
		"wpce_days":          {128, 379, 0, 0, 0, 0},
	}[name]
	return c, ok
}

// revisionLine is a line of a history, as the library reads it.
type revisionLine struct {
	Doc    string
	N      int
	Time   *string
	Author string
	Msg    string
	Text   json.RawMessage
	B64    *string
}

// modelVersion is a version that a history should give.
type modelVersion struct {
	at     time.Time // zero where the line names none
	text   string    // normalized
	raw    string
	gone   bool
	latin  bool
	author string
	note   string
}

// modelHistory follows the lines of a history by the rules of the model, and by no
// line of the program's.
func modelHistory(t *testing.T, file string) (map[string][]modelVersion, historyCounts) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := xz.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string][]modelVersion{}
	var count historyCounts
	in := bufio.NewScanner(x)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var l revisionLine
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		count.lines++
		modelLine(t, docs, &l, &count)
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	count.documents = len(docs)
	return docs, count
}

func modelLine(t *testing.T, docs map[string][]modelVersion, l *revisionLine, count *historyCounts) {
	t.Helper()
	v := modelVersion{author: l.Author, note: l.Msg}
	if l.Time != nil && *l.Time != "" {
		at, err := time.Parse(time.RFC3339, *l.Time)
		if err != nil {
			t.Fatal(err)
		}
		v.at = at.UTC().Truncate(time.Second)
	}
	v.raw, v.latin, v.gone = textOfLine(t, l)
	v.text = normalText(v.raw)
	if v.latin {
		count.encoded++
	}
	before, past := publishedBefore(docs[l.Doc], v.at)
	if v.gone && before != nil {
		v.text, v.raw, v.latin = before.text, before.raw, before.latin // only the status changes
	}
	switch {
	case before == nil || before.text != v.text || before.gone != v.gone || before.latin != v.latin:
		docs[l.Doc] = append(docs[l.Doc], v)
		if past {
			count.past++
		}
	case before.raw == v.raw:
		count.same++
	default:
		count.blanks++
	}
}

// publishedBefore gives the version that stood when one of that time was published:
// the last of those no later, and of several at one time the one recorded last. The
// time zero is now.
func publishedBefore(all []modelVersion, at time.Time) (before *modelVersion, past bool) {
	for i := range all {
		switch {
		case !at.IsZero() && all[i].at.After(at):
			past = true
		case before == nil || !all[i].at.Before(before.at):
			before = &all[i]
		}
	}
	return before, past
}

// textOfLine gives a line's text, from Latin-1 where it is no UTF-8.
func textOfLine(t *testing.T, l *revisionLine) (text string, latin, gone bool) {
	t.Helper()
	encoded := l.B64
	if encoded == nil {
		if string(l.Text) == "null" {
			return "", false, true
		}
		if err := json.Unmarshal(l.Text, &text); err == nil {
			return text, false, false
		}
		var object struct{ B64 *string }
		if err := json.Unmarshal(l.Text, &object); err != nil {
			t.Fatal(err)
		}
		encoded = object.B64
	}
	b, err := base64.StdEncoding.DecodeString(*encoded)
	if err != nil {
		t.Fatal(err)
	}
	if utf8.Valid(b) {
		return string(b), false, false
	}
	var runes []rune
	for _, c := range b {
		runes = append(runes, rune(c))
	}
	return string(runes), true, false
}

// normalText is the form in which texts are compared: LF at the ends of lines with
// no blanks before it, and one at the end of the text.
func normalText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		b.WriteString(strings.TrimRight(line, " \t") + "\n")
	}
	if s = strings.TrimRight(b.String(), "\n"); s != "" {
		s += "\n"
	}
	return s
}

// gitName is what git keeps of a name: no angle brackets, and single blanks between
// its words.
func gitName(name string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("<", "", ">", "").Replace(name)), " ")
}

func checkHistory(t *testing.T, name, file string) {
	want, count := modelHistory(t, file)
	if known, ok := countsOf(name); ok && count != known {
		t.Errorf("the lines give %+v, known is %+v", count, known)
	}
	w, _, _ := testWorld(t)
	must(t, w, "init", "s")
	said := importHistory(t, w, "s", file)
	versions := 0
	for _, all := range want {
		versions += len(all)
	}
	if want := fmt.Sprintf("%d created, %d recorded, %d unchanged, 0 refused", len(want), versions-len(want), count.lines-versions); !strings.Contains(said, want) {
		t.Errorf("the import says %q, want %q", said, want)
	}
	compareHistory(t, filepath.Join(w.dir, "s"), name, want)

	tip := gitOutput(t, w, "s", "rev-parse", "main")
	if said, want := importHistory(t, w, "s", file), fmt.Sprintf("0 created, 0 recorded, %d unchanged, 0 refused", count.lines); !strings.Contains(said, want) {
		t.Errorf("the second import says %q, want %q", said, want)
	}
	if again := gitOutput(t, w, "s", "rev-parse", "main"); again != tip {
		t.Errorf("the second import moved main from %s to %s", tip, again)
	}
	checkWithGit(t, w, tip)
	checkExport(t, w, name, want)
}

func importHistory(t *testing.T, w world, store, file string) string {
	t.Helper()
	var out, errs bytes.Buffer
	w.out, w.err = &out, &errs
	if code := run(context.Background(), []string{"-C", store, "import", "jsonl", "--encoding", "ISO-8859-1", absolute(t, file)}, w); code != 0 {
		t.Fatalf("exit %d\n%.2000s", code, errs.String())
	}
	return errs.String()
}

func absolute(t *testing.T, file string) string {
	t.Helper()
	abs, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// compareHistory compares a store with the model, version by version, in the order
// of recording.
func compareHistory(t *testing.T, dir, name string, want map[string][]modelVersion) {
	t.Helper()
	s, err := repo.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	wrong := 0
	for _, doc := range slices.Sorted(maps.Keys(want)) {
		got, err := s.Changes(ctx, schema.DeriveID(name+":"+doc))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		slices.SortFunc(got, func(a, b repo.Version) int { return cmp.Compare(a.Number, b.Number) })
		if len(got) != len(want[doc]) {
			t.Errorf("%s: %d versions, want %d", doc, len(got), len(want[doc]))
			wrong++
			continue
		}
		for i := range got {
			if problem := compareVersion(ctx, s, &got[i], &want[doc][i]); problem != "" {
				t.Errorf("%s, version %d: %s", doc, i+1, problem)
				wrong++
			}
		}
		if wrong > 20 {
			t.Fatal("and so on")
		}
	}
	list, err := s.List(ctx, repo.ListFilter{})
	if err != nil || len(list) != len(want) {
		t.Errorf("%d articles, want %d: %v", len(list), len(want), err)
	}
}

func compareVersion(ctx context.Context, s *repo.Store, got *repo.Version, want *modelVersion) string {
	if !want.at.IsZero() && !got.Published.T.Equal(want.at) {
		return fmt.Sprintf("published %s, want %s", got.Published, want.at)
	}
	if name := gitName(want.author); got.Author.Name != name && name != "" {
		return fmt.Sprintf("author %q, want %q", got.Author.Name, name)
	}
	if strings.Join(strings.Fields(got.Note), " ") != strings.Join(strings.Fields(want.note), " ") {
		return fmt.Sprintf("note %q, want %q", got.Note, want.note)
	}
	state, err := s.State(ctx, *got)
	if err != nil {
		return err.Error()
	}
	if gone := state.Status == schema.Canceled; gone != want.gone {
		return fmt.Sprintf("withdrawn %v, want %v", gone, want.gone)
	}
	if state.Body == "" && want.gone && want.text == "" {
		return "" // known by its end alone
	}
	if text := ingest.OriginalText(state); text != want.text {
		return fmt.Sprintf("the text of %d bytes came back as another of %d", len(want.text), len(text))
	}
	return ""
}

// gitOutput runs the real git in a folder of the test's and gives what it prints.
func gitOutput(t *testing.T, w world, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", filepath.Join(w.dir, dir)}, args...)...)
	cmd.Env = w.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%.2000s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// checkWithGit lets git itself look at the store: check it, clone it, and take it
// apart and together again.
func checkWithGit(t *testing.T, w world, tip string) {
	t.Helper()
	for line := range strings.Lines(gitOutput(t, w, "s", "fsck", "--strict", "--no-dangling", "--no-progress")) {
		t.Errorf("git fsck: %s", line)
	}
	gitOutput(t, w, ".", "clone", "-q", "--no-local", "s", "clone")
	if got := gitOutput(t, w, "clone", "rev-parse", "HEAD"); got != tip {
		t.Errorf("a clone's tip is %s, want %s", got, tip)
	}
	must(t, w, "clone", "clone", "verified")
	if said := must(t, w, "-C", "verified", "verify"); !strings.HasPrefix(said, "ok: ") {
		t.Errorf("verify of a clone: %s", said)
	}
	must(t, w, "-C", "s", "export", "git", "-o", "stream")
	gitOutput(t, w, ".", "init", "-q", "--bare", "again")
	cmd := exec.Command("git", "-C", filepath.Join(w.dir, "again"), "fast-import", "--quiet")
	stream, err := os.Open(filepath.Join(w.dir, "stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	cmd.Stdin, cmd.Env = stream, w.environ
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%.2000s", err, out)
	}
	if got := gitOutput(t, w, "again", "rev-parse", "main"); got != tip {
		t.Errorf("fast-import of fast-export gives %s, want %s", got, tip)
	}
	for _, dir := range []string{"clone", "verified", "again", "stream"} {
		if err := os.RemoveAll(filepath.Join(w.dir, dir)); err != nil {
			t.Fatal(err)
		}
	}
}

// checkExport takes the store out as JSON and into another, which must hold the
// same.
func checkExport(t *testing.T, w world, name string, want map[string][]modelVersion) {
	t.Helper()
	must(t, w, "-C", "s", "export", "jsonl", "-o", "all.jsonl")
	must(t, w, "init", "other")
	must(t, w, "-C", "other", "import", "jsonl", "all.jsonl")
	for _, all := range want { // a line's own time is the export's by now
		for i := range all {
			all[i].at = time.Time{}
		}
	}
	compareHistory(t, filepath.Join(w.dir, "other"), name, want)
	times := func(store string) map[string]string {
		out := map[string]string{}
		s, err := repo.Open(filepath.Join(w.dir, store))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for v, err := range s.Log(context.Background(), repo.LogFilter{}) {
			if err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprintf("%s@%d", v.Article, v.Number)] = fmt.Sprint(v.Published, v.Headline, v.Author, v.Note, v.Restores, v.Kinds)
		}
		return out
	}
	if a, b := times("s"), times("other"); !maps.Equal(a, b) {
		for k := range a {
			if a[k] != b[k] {
				t.Errorf("%s: %s became %s", k, a[k], b[k])
				break
			}
		}
		t.Errorf("the exported store holds other versions: %d, want %d", len(b), len(a))
	}
}
