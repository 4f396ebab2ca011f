package main

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// TestWorkload holds the history to what is said of it.
func TestWorkload(t *testing.T) {
	t.Parallel()
	const versions = 3000
	w := workload{Versions: versions, Seed: 1}
	hot, bytes := 0, 0
	last := map[int]string{}
	revisions := map[int]int{}
	times := time.Time{}
	err := w.tell().each(func(v *version) error {
		bytes += len(schema.EncodeFile(v.State))
		if problem := v.State.Validate(); problem != nil {
			return problem
		}
		if v.Article == 0 {
			hot++
		}
		if before, ok := last[v.Article]; ok {
			if n := changedParagraphs(before, v.State.Body); n != 1 {
				t.Errorf("version %d rewrites %d paragraphs", v.Number, n)
			}
			revisions[v.Article]++
		}
		if v.Revision != revisions[v.Article] {
			t.Errorf("version %d is revision %d of its article, not %d", v.Number, v.Revision, revisions[v.Article])
		}
		if !v.Published.After(times) {
			t.Errorf("version %d is published at %s, after %s", v.Number, v.Published, times)
		}
		last[v.Article], times = v.State.Body, v.Published
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(last) != versions/5 || hot != hotVersions {
		t.Errorf("%d articles, %d versions of the hot one", len(last), hot)
	}
	if mean := float64(bytes) / versions; math.Abs(mean-2250) > 60 {
		t.Errorf("a file has %.0f bytes on average, 2250 are promised", mean)
	}
}

func changedParagraphs(a, b string) int {
	x, y := strings.Split(a, "\n\n"), strings.Split(b, "\n\n")
	n := 0
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			n++
		}
	}
	return n + max(len(x), len(y)) - min(len(x), len(y))
}

// TestPrepareTwice prepares the same bytes twice, and other ones by another seed.
func TestPrepareTwice(t *testing.T) {
	t.Parallel()
	var states [3]string
	for i, seed := range []uint64{1, 1, 2} {
		dir := t.TempDir()
		p, err := prepare(dir, workload{Versions: 100, Seed: seed}, firstDay())
		if err != nil {
			t.Fatal(err)
		}
		states[i] = readText(dir+"/"+statesFile) + readText(dir+"/"+streamFile)
		if strings.Count(states[i], "\ncommit refs/heads/main\n") != 100 || strings.Count(states[i], "\ndone\n") != 1 {
			t.Error("the stream for fast-import does not hold 100 commits")
		}
		if len(p.Parts) != tailParts+1 || p.Parts[0] != 0 || p.Parts[tailParts] != int64(len(readText(dir+"/"+statesFile))) {
			t.Errorf("the parts are cut at %v", p.Parts)
		}
		if len(p.Blobs) != 100 || p.HotCount != 50 || len(p.Current) != 19 {
			t.Errorf("%d blobs, %d hot versions, %d current states", len(p.Blobs), p.HotCount, len(p.Current))
		}
	}
	if states[0] != states[1] || states[0] == states[2] {
		t.Error("the bytes do not follow from the seed")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	got, err := parseSizes("200, 1k,100k,1M")
	if err != nil || len(got) != 4 || got[0] != 200 || got[1] != 1000 || got[2] != 100_000 || got[3] != 1_000_000 {
		t.Error(got, err)
	}
	for _, n := range got {
		if back, err := parseSizes(sizeName(n)); err != nil || back[0] != n {
			t.Error(n, sizeName(n), back, err)
		}
	}
	for _, bad := range []string{"", "k", "5", "1G", "-1k", "99999999M", "9223372036854775807k", "1k,"} {
		if got, err := parseSizes(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, got)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{duration(0), "–"}, {duration(0.0000123), "12.3 µs"}, {duration(0.00123), "1.23 ms"}, {duration(0.123), "123 ms"},
		{duration(1.234), "1.23 s"}, {duration(1234), "1234 s"},
		{size(0), "–"}, {size(999), "999 B"}, {size(2250), "2.25 kB"}, {size(179e6), "179 MB"}, {size(18e8), "1.80 GB"},
		{count(9612.4), "9,612"}, {count(12), "12"}, {count(1e6), "1,000,000"}, {digits(math.Inf(1)), "–"},
	} {
		if c.got != c.want {
			t.Errorf("%q, and %q was wanted", c.got, c.want)
		}
	}
	if m := median([]float64{3, 1, 2}); m != 2 {
		t.Error(m)
	}
	if m := median([]float64{4, 1, 2, 3}); m != 2.5 {
		t.Error(m)
	}
	u := middle([]usage{{1, 10, 5, true}, {3, 30, 9, false}, {2, 20, 7, true}})
	if u != (usage{2, 20, 9, false}) {
		t.Errorf("%+v", u)
	}
}

// TestGoals judges made-up figures.
func TestGoals(t *testing.T) {
	t.Parallel()
	r := madeUp()
	text := goalsTable(r)
	for _, want := range []string{
		"| bytes of objects over fast-import's | ≤ 0.65 | 0.70 | 0.60 | met |",
		"| import, index included, over `git fast-import`: processor | ≤ 0.45 | 0.30 | 0.50 | **missed** |",
		"| record in an open store, largest size over smallest: wall | ≤ 1.5 | – | 1.20 | met |",
		"| verify over `git fsck --strict`: wall | ≤ 2 | – | – | not measured |",
		"| group commit, 1000 callers: durable versions a second | ≥ 5,000 | – | 4,000/s | **missed** |",
		"| the same callers: versions lost or doubled | 0 | – | 1 | **missed** |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %s:\n%s", want, text)
		}
	}
	if list := missed(r); len(list) != 3+2 { // also the rate, and wall over fast-import's
		t.Errorf("missed: %q", list)
	}
}

// madeUp are figures of two sizes.
func madeUp() *results {
	imported := func(cpu float64, bytes int64) []sample {
		return []sample{
			{Key: "stemma", Ours: true, Usage: usage{CPU: cpu, Wall: cpu}, Count: 1, Bytes: bytes},
			{Key: "git", Usage: usage{CPU: 10, Wall: 10}, Count: 1, Bytes: 1000},
		}
	}
	open := func(each float64) []sample { return []sample{{Key: "stemma open", Inner: each}} }
	return &results{Taken: []taken{
		{Measure: "import", Size: 1000, Samples: imported(3, 700)}, {Measure: "import", Size: 1_000_000, Samples: imported(5, 600)},
		{Measure: "record", Size: 1000, Samples: open(0.001)}, {Measure: "record", Size: 1_000_000, Samples: open(0.0012)},
		{Measure: "group", Samples: []sample{{Key: "stemma 1000", Ours: true, Count: 4000, Wrong: 1, Usage: usage{Wall: 1}}}},
	}}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	one := &results{Taken: madeUp().Taken[:1]}
	for _, r := range []*results{{}, one, madeUp()} {
		wellFormed(t, drawGrowth(r))
	}
	text := drawGrowth(madeUp())
	for _, want := range []string{"<title", "<desc", `role="img"`, "prefers-color-scheme: dark", "<polyline", "1k", "1M", "record, store open: 1.00 ms → 1.20 ms"} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
}

// TestReportKeepsWhatOthersWrote writes into a file that says more.
func TestReportKeepsWhatOthersWrote(t *testing.T) {
	t.Parallel()
	first, err := between("", "one")
	if err != nil || !strings.HasPrefix(first, opening) {
		t.Fatal(first, err)
	}
	mine := "# My title\n\nA reason.\n\n" + strings.TrimPrefix(first, opening) + "\nAn end.\n"
	second, err := between(mine, "two")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(mine, "one", "two", 1); second != want {
		t.Errorf("%q, and %q was wanted", second, want)
	}
	added, err := between("# Other\n", "one")
	if err != nil || !strings.HasPrefix(added, "# Other\n\n"+beginMark) {
		t.Error(added, err)
	}
	if _, err := between("text "+beginMark+" more", "x"); err == nil {
		t.Error("a report without its end was overwritten")
	}
}

func TestFileSystem(t *testing.T) {
	t.Parallel()
	mounts := "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n" +
		"23 22 0:20 / /dev/shm rw shared:2 - tmpfs tmpfs rw\n" +
		"24 22 0:21 / /home rw - xfs /dev/x rw\nnonsense\n"
	for dir, want := range map[string]string{"/tmp/x": "ext4", "/dev/shm/a/b": "tmpfs", "/dev/shm": "tmpfs", "/homework": "ext4", "/home/a": "xfs"} {
		if got := fileSystem(mounts, dir); got != want {
			t.Errorf("%s stands on %q, not on %q", dir, got, want)
		}
	}
}

// TestContest lets two programs take turns.
func TestContest(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	say := func(name string, cpu float64) func(int) (usage, error) {
		return func(i int) (usage, error) {
			order.WriteString(name)
			return usage{CPU: cpu + float64(i)}, nil
		}
	}
	got, err := contest([]contender{{sample{Key: "a"}, 3, say("a", 1)}, {sample{Key: "b"}, 2, say("b", 10)}})
	if err != nil || order.String() != "ababa" {
		t.Fatal(order.String(), err)
	}
	if a, b := got[0], got[1]; a.Key != "a" || a.Usage.CPU != 2 || a.Runs != 3 || b.Usage.CPU != 10.5 || b.Runs != 2 {
		t.Errorf("%+v", got)
	}
	fail := func(int) (usage, error) { return usage{}, errors.New("broken") }
	if _, err := contest([]contender{{sample{Key: "a"}, 1, fail}}); err == nil {
		t.Error("a failure was passed over")
	}
}

// TestTreeRow puts a file's row into what git ls-tree prints.
func TestTreeRow(t *testing.T) {
	t.Parallel()
	rows := "100644 blob aa\tone.md\n040000 tree bb\ttwo"
	for file, want := range map[string]string{
		"one.md": "040000 tree bb\ttwo\n100644 blob cc\tone.md\n",
		"new.md": rows + "\n100644 blob cc\tnew.md\n",
	} {
		if got := withRow(rows, "100644 blob", "cc", file); got != want {
			t.Errorf("%q, and %q was wanted", got, want)
		}
	}
}
