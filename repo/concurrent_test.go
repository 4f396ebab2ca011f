package repo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The test binary runs itself as the processes that these tests need: what a
// process is to do stands in its environment.
const (
	envRole  = "STEMMA_TEST_ROLE" // "record": record versions and acknowledge each on a line; "scene": see dieInScene; "hold": see holdLock
	envStore = "STEMMA_TEST_STORE"
	envName  = "STEMMA_TEST_NAME"
	envCount = "STEMMA_TEST_COUNT"
)

func TestMain(m *testing.M) {
	role, store := os.Getenv(envRole), os.Getenv(envStore)
	var err error
	switch role {
	case "record":
		err = recordMany(store, os.Getenv(envName), os.Getenv(envCount))
	case "scene":
		err = dieInScene(store, os.Getenv(envScene), os.Getenv(envOperation))
	case "hold":
		err = holdLock(store)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// sharedArticle is recorded by every process, beside one of its own.
var sharedArticle = schema.DeriveID("shared")

// recordMany records count versions, every second one of the article that all
// share. Each is told on a line only when it is acknowledged.
func recordMany(dir, name, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	s, err := Open(dir)
	if err != nil {
		return err
	}
	defer s.Close()
	own := schema.DeriveID(name)
	for i := range n {
		id := own
		if i%2 == 1 {
			id = sharedArticle
		}
		d := draft("2015-09-26", fmt.Sprintf("%s says %d", name, i))
		d.Article = id.String()
		results, err := s.Record(context.Background(), []Draft{d}, RecordOptions{})
		if err != nil {
			return err
		}
		r := results[0]
		if r.Outcome != Recorded && r.Outcome != Created {
			return fmt.Errorf("%s: %s (%s)", d.Input.Headline, r.Outcome, r.Reason)
		}
		fmt.Println(r.Version.Article, r.Version.Number, r.Version.Seal, r.Version.Headline)
	}
	return nil
}

// recorder runs a process that records.
func recorder(t *testing.T, dir, name string, count int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envRole+"=record", envStore+"="+dir, envName+"="+name, envCount+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	return cmd
}

// acknowledged collects the lines that recorders print, by headline.
type acknowledged struct {
	mu    sync.Mutex
	lines map[string]string // headline: article, number, seal
}

func (a *acknowledged) read(t *testing.T, lines string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for line := range strings.Lines(lines) {
		if !strings.HasSuffix(line, "\n") {
			continue // cut off: it never came to be said
		}
		f := strings.SplitN(strings.TrimSpace(line), " ", 4)
		if len(f) != 4 {
			t.Errorf("a recorder said %q", line)
			continue
		}
		if a.lines[f[3]] != "" {
			t.Errorf("%q was acknowledged twice", f[3])
		}
		a.lines[f[3]] = strings.Join(f[:3], " ")
	}
}

// check wants every acknowledged version in the store, as it was told, once; the
// numbers of each article without a gap; and, where others can't have been made,
// no other.
func (a *acknowledged) check(t *testing.T, s *Store, exactly bool) {
	t.Helper()
	have := map[string]string{}
	numbers := map[schema.ID]map[int]bool{}
	for v, err := range s.Log(context.Background(), LogFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if have[v.Headline] != "" {
			t.Errorf("%q is there twice", v.Headline)
		}
		have[v.Headline] = fmt.Sprint(v.Article, " ", v.Number, " ", v.Seal)
		if numbers[v.Article] == nil {
			numbers[v.Article] = map[int]bool{}
		}
		numbers[v.Article][v.Number] = true
	}
	for headline, want := range a.lines {
		if have[headline] != want {
			t.Errorf("%q was acknowledged as %s, the store has %q", headline, want, have[headline])
		}
	}
	if exactly && len(have) != len(a.lines) {
		t.Errorf("%d versions were acknowledged, the store has %d", len(a.lines), len(have))
	}
	for id, seen := range numbers {
		for n := 1; n <= len(seen); n++ {
			if !seen[n] {
				t.Errorf("article %s has %d versions, but no number %d", id, len(seen), n)
			}
		}
	}
}

// reopen opens the store with the real clock.
func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func emptyStore(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	s, err := Init(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestProcesses lets eight processes record 200 versions each at once, while a
// ninth, plain git, commits beside them and a reader verifies.
func TestProcesses(t *testing.T) {
	t.Parallel()
	dir := emptyStore(t)
	a := &acknowledged{lines: map[string]string{}}
	var wg sync.WaitGroup
	for i := range 8 {
		cmd := recorder(t, dir, fmt.Sprintf("process-%d", i), 200)
		wg.Go(func() {
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("recorder: %v", err)
			}
			a.read(t, string(out))
		})
	}
	wg.Wait()
	if len(a.lines) != 1600 {
		t.Fatalf("%d versions were acknowledged, want 1600", len(a.lines))
	}
	s := reopen(t, dir)
	a.check(t, s, true)
	sound(t, s)
	sameRebuilt(t, s)
	a.check(t, s, true)
}

// TestBesideGit records while plain git commits to the same branch: git's plumbing
// moves main by compare-and-swap, and neither side loses anything.
func TestBesideGit(t *testing.T) {
	t.Parallel()
	dir := emptyStore(t)
	a := &acknowledged{lines: map[string]string{}}
	first, err := recorder(t, dir, "first", 1).Output()
	if err != nil {
		t.Fatal(err)
	}
	a.read(t, string(first))
	var wg sync.WaitGroup
	for i := range 2 {
		cmd := recorder(t, dir, fmt.Sprintf("process-%d", i), 60)
		wg.Go(func() {
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("recorder: %v", err)
			}
			a.read(t, string(out))
		})
	}
	made := 0
	wg.Go(func() {
		for try := 0; made < 12 && try < 400; try++ {
			if plumb(t, dir, made) {
				made++
			}
		}
	})
	verified := make(chan error, 1)
	s := reopen(t, dir)
	wg.Go(func() {
		for range 3 {
			report, err := s.Verify(context.Background(), VerifyOptions{})
			if err == nil && len(report.Findings) > 0 {
				err = fmt.Errorf("verify beside writers: %+v", report.Findings)
			}
			if err != nil {
				verified <- err
				return
			}
		}
		verified <- nil
	})
	wg.Wait()
	if err := <-verified; err != nil {
		t.Error(err)
	}
	if made < 12 {
		t.Errorf("git came through %d times only", made)
	}
	for n := range made {
		if id, err := s.Resolve(context.Background(), fmt.Sprintf("by-git-%d", n)); err != nil {
			t.Errorf("git's article %d: %s, %v", n, id, err)
		}
	}
	a.check(t, s, false)
	sound(t, s)
	sameRebuilt(t, s)
}

// plumb commits one new file with git's plumbing, and reports whether main was
// still where it had been.
func plumb(t *testing.T, dir string, n int) bool {
	run := func(stdin string, env []string, args ...string) (string, error) {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(append(os.Environ(), "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=a@example.org",
			"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=a@example.org"), env...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	must := func(out string, err error) string {
		if err != nil {
			t.Errorf("git: %v", err)
		}
		return out
	}
	tip := must(run("", nil, "rev-parse", "refs/heads/main"))
	scratch := []string{"GIT_INDEX_FILE=" + filepath.Join(t.TempDir(), "index")}
	must(run("", scratch, "read-tree", tip))
	blob := must(run(fmt.Sprintf("# By git %d\n\nText.\n", n), nil, "hash-object", "-w", "--stdin"))
	must(run("", scratch, "update-index", "--add", "--cacheinfo", fmt.Sprintf("100644,%s,git/%d.md", blob, n)))
	tree := must(run("", scratch, "write-tree"))
	commit := must(run("By hand\n", nil, "commit-tree", tree, "-p", tip))
	_, err := run("", nil, "update-ref", "refs/heads/main", commit, tip)
	return err == nil
}

// TestGoroutines records from many goroutines of one process.
func TestGoroutines(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := reopen(t, emptyStore(t))
	a := &acknowledged{lines: map[string]string{}}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 25 {
				id := schema.DeriveID(strconv.Itoa(g))
				if i%2 == 1 {
					id = sharedArticle
				}
				d := draft("2015-09-26", fmt.Sprintf("goroutine %d says %d", g, i))
				d.Article = id.String()
				results, err := s.Record(ctx, []Draft{d}, RecordOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				v := results[0].Version
				a.read(t, fmt.Sprintln(v.Article, v.Number, v.Seal, v.Headline))
				if _, err := s.Changes(ctx, id); err != nil {
					t.Error(err)
				}
				if _, err := s.State(ctx, v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	a.check(t, s, true)
	sound(t, s)
}

// TestIfVersionRace lets many build on the same version: one of them wins, all
// others are told of the winner.
func TestIfVersionRace(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := emptyStore(t)
	s := reopen(t, dir)
	d := draft("2015-09-26", "Round 0")
	id := record(t, s, d, Created).Version.Article
	for round := 1; round <= 5; round++ {
		results := make([]Result, 8)
		var wg sync.WaitGroup
		for g := range results {
			store := s
			if g%2 == 1 { // as another process would, by a store of its own
				store = reopen(t, dir)
			}
			wg.Go(func() {
				d := draft("2015-09-26", fmt.Sprintf("Round %d, number %d", round, g))
				d.Article, d.IfVersion = id.String(), strconv.Itoa(round)
				all, err := store.Record(ctx, []Draft{d}, RecordOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				results[g] = all[0]
			})
		}
		wg.Wait()
		won := 0
		for _, r := range results {
			var conflict *ConflictError
			switch {
			case r.Outcome == Recorded:
				won++
			case r.Outcome == Refused && errors.As(r.Err, &conflict) && conflict.Current.Number == round+1:
			default:
				t.Errorf("round %d: %s (%v)", round, r.Outcome, r.Err)
			}
		}
		if won != 1 {
			t.Fatalf("round %d has %d winners", round, won)
		}
	}
	sound(t, s)
}

// TestKill kills a recorder at random instants: what it had acknowledged is there,
// and the store is whole. STEMMA_KILLS says how often; 200 times by default.
func TestKill(t *testing.T) {
	t.Parallel()
	kills := 200
	if text := os.Getenv("STEMMA_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	dir := emptyStore(t)
	a := &acknowledged{lines: map[string]string{}}
	died := 0
	for n := range kills {
		cmd := recorder(t, dir, fmt.Sprintf("victim-%d", n), 1000)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The time runs from the first version or from the start: both the
		// opening of a store and the midst of the work are hit.
		var text strings.Builder
		reader := bufio.NewReader(out)
		if n%4 != 0 {
			line, err := reader.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			text.WriteString(line)
		}
		time.AfterFunc(rand.N(60*time.Millisecond), func() { cmd.Process.Kill() })
		for {
			line, err := reader.ReadString('\n')
			text.WriteString(line)
			if err != nil {
				break
			}
		}
		if err := cmd.Wait(); err != nil {
			died++
		}
		a.read(t, text.String())
		if n%40 == 39 {
			s := reopen(t, dir)
			a.check(t, s, false)
			report, err := s.Verify(context.Background(), VerifyOptions{})
			if err != nil || len(report.Findings) > 0 {
				t.Fatalf("after %d kills: %+v, %v", n+1, report.Findings, err)
			}
			s.Close()
		}
	}
	if died < kills*9/10 {
		t.Errorf("only %d of %d were killed at work", died, kills)
	}
	s := reopen(t, dir)
	a.check(t, s, false)
	sound(t, s)
	sameRebuilt(t, s)
	a.check(t, s, false)
	t.Logf("%d kills, %d acknowledged versions", died, len(a.lines))
}
