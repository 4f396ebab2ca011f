package git

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var kills = flag.Int("kills", 60, "how many times TestRandomKills kills a writer")

// childEnv holds the task of a test binary that was started as a writer.
const childEnv = "STEMMA_GIT_TEST_CHILD"

func TestMain(m *testing.M) {
	if task := os.Getenv(childEnv); task != "" {
		if err := child(strings.Split(task, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is a writer in a process of its own. Task: folder, name, number of
// records, and where and at which occurrence of a step to kill itself. Each
// commit is acknowledged on stdout when Publish has returned.
func child(task []string) error {
	dir, name, step := task[0], task[1], task[3]
	n, err := strconv.Atoi(task[2])
	if err != nil {
		return err
	}
	occurrence, err := strconv.Atoi(task[4])
	if err != nil {
		return err
	}
	r, err := Open(dir)
	if err != nil {
		return err
	}
	r.hook = func(s string) error {
		if s == step {
			if occurrence--; occurrence == 0 {
				return killSelf()
			}
		}
		return nil
	}
	write := record
	if strings.HasPrefix(name, "stream") {
		write = new(streamRecorder).record
	}
	for i := range n {
		h, err := write(r, map[string]string{
			fmt.Sprintf("%s/%d.md", name, i%7): fmt.Sprintf("%s writes %d\n", name, i),
			"hot.md":                           fmt.Sprintf("%s %d\n", name, i),
		}, fmt.Sprintf("Revise: %s %d", name, i))
		if err != nil {
			return err
		}
		fmt.Printf("ack %s\n", h)
	}
	return r.Close()
}

func killSelf() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	time.Sleep(time.Minute) // the signal is on its way
	return err
}

func startChild(t testing.TB, dir, name string, n int, step string, occurrence int) (*exec.Cmd, io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{dir, name, strconv.Itoa(n), step, strconv.Itoa(occurrence)}, "\n"))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// acks reads the commits that a writer acknowledges until it ends.
func acks(t testing.TB, out io.Reader, each func()) []Hash {
	t.Helper()
	var got []Hash
	for in := bufio.NewScanner(out); in.Scan(); {
		name, ok := strings.CutPrefix(in.Text(), "ack ")
		h, err := ParseHash(name)
		if !ok || err != nil {
			continue // a line cut short by the kill acknowledges nothing
		}
		got = append(got, h)
		if each != nil {
			each()
		}
	}
	return got
}

// wantAll fails unless main holds every acknowledged commit, once.
func wantAll(t testing.TB, r *Repo, acked []Hash) {
	t.Helper()
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	log, err := r.Log(tip, Hash{})
	if err != nil {
		t.Fatal(err)
	}
	at := map[Hash]bool{}
	for _, h := range log {
		at[h] = true
	}
	for _, h := range acked {
		if !at[h] {
			t.Fatalf("the acknowledged commit %s is lost", h)
		}
	}
}

func checkClean(t testing.TB, r *Repo) {
	t.Helper()
	if _, err := r.Check(context.Background(), func(p Problem) error { return p }); err != nil {
		t.Fatal(err)
	}
}

// steps are the places where writing can be cut, in order.
var steps = []string{
	"write ref", "write pack", "write index", "sync files", "keep pack", "place .pack", "place .idx", "sync packs",
	"lock main", "check main", "move main", "sync main", "clean up",
}

// TestKillAtEachStep kills a writer right before each step: main holds the
// version or does not, depending on the step alone, git finds no fault, and
// the next writer clears up.
func TestKillAtEachStep(t *testing.T) {
	for i, step := range steps {
		t.Run(step, func(t *testing.T) {
			commits := map[bool]int{false: 1, true: 2}[i > slices.Index(steps, "move main")]
			r := killedAt(t, "victim", step, 2, commits)
			if packs, want := packFiles(t, r), commits+2; len(packs) != want {
				t.Errorf("%d packs, want %d: a pack that was never recorded is to go", len(packs), want)
			}
			fsck(t, r.Dir())
		})
	}
}

// killedAt kills a child that records under a name right before a step, which it has
// met so many times by then, when one of its batches was acknowledged. It wants main
// to hold so many commits of the child's, and one more record to clear up behind it.
func killedAt(t *testing.T, child, step string, occurrence, commits int) *Repo {
	t.Helper()
	r := newStore(t)
	before := mustRecord(t, r, map[string]string{"hot.md": "before"})
	cmd, out := startChild(t, r.Dir(), child, 5, step, occurrence)
	acked := acks(t, out, nil)
	if err := cmd.Wait(); err == nil || len(acked) != 1 {
		t.Fatalf("the child ended with %v after %d batches", err, len(acked))
	}
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Log(tip, before); err != nil || len(got) != commits {
		t.Errorf("main holds %d new commits, want %d (%v)", len(got), commits, err)
	}
	wantAll(t, r, acked)
	fsck(t, r.Dir())
	checkClean(t, r)
	after := mustRecord(t, open(t, r.Dir()), map[string]string{"hot.md": "after"})
	wantAll(t, r, append(acked, before, after))
	noLeftovers(t, r.Dir())
	return r
}

// TestKillWhileConcatenating does the same for the upkeep of packs.
func TestKillWhileConcatenating(t *testing.T) {
	cases := []struct {
		step string
		at   int
	}{
		{"place merged .pack", 1}, {"place merged .idx", 1}, {"sync merged", 1}, {"delete pack", 1}, {"delete pack", 2}, {"delete pack", 17},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.step, c.at), func(t *testing.T) {
			r := newStore(t)
			cmd, out := startChild(t, r.Dir(), "victim", 40, c.step, c.at)
			acked := acks(t, out, nil)
			if err := cmd.Wait(); err == nil || len(acked) < tailPacks-1 || len(acked) > tailPacks {
				t.Fatalf("the writer ended with %v after %d records", err, len(acked))
			}
			wantAll(t, r, acked)
			fsck(t, r.Dir())
			checkClean(t, r)
			mustRecord(t, r, map[string]string{"a": "b"})
			noLeftovers(t, r.Dir())
			wantAll(t, r, acked)
			if _, err := r.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
			fsck(t, r.Dir())
			checkClean(t, r)
			compareAll(t, r)
		})
	}
}

// TestFailAtEachStep lets each step fail, as a full disk does: the error is
// reported, nothing is left, and the same Repo goes on.
func TestFailAtEachStep(t *testing.T) {
	full := errors.New("no space left")
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			r := newStore(t)
			before := mustRecord(t, r, map[string]string{"a": "1"})
			r.hook = func(s string) error {
				if s == step {
					return full
				}
				return nil
			}
			_, err := record(r, map[string]string{"a": "2"}, "m")
			tip, tipErr := r.Tip()
			if tipErr != nil {
				t.Fatal(tipErr)
			}
			switch step {
			case "clean up": // the version is recorded and durable by then
				if err != nil || tip == before {
					t.Errorf("error %v, tip %s", err, tip)
				}
			case "sync main": // main has moved, and may not be durable
				if !errors.Is(err, full) || tip == before || !strings.Contains(err.Error(), "durable") {
					t.Errorf("error %v, tip %s", err, tip)
				}
			default:
				if !errors.Is(err, full) || tip != before {
					t.Errorf("error %v, tip %s", err, tip)
				}
				noLeftovers(t, r.Dir())
			}
			r.hook = nil
			mustRecord(t, r, map[string]string{"a": "3"})
			noLeftovers(t, r.Dir())
			fsck(t, r.Dir())
			checkClean(t, r)
		})
	}
}

// TestOrderOfSteps holds Publish to the order that makes it safe.
func TestOrderOfSteps(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"a": "0"}) // and look for what was left once
	var seen []string
	r.hook = func(s string) error { seen = append(seen, s); return nil }
	mustRecord(t, r, map[string]string{"a": "1"})
	if !slices.Equal(seen, steps) {
		t.Errorf("steps %q, want %q", seen, steps)
	}
}

// TestForeignLock: a main.lock that is not provably our own is never removed.
func TestForeignLock(t *testing.T) {
	r := newStore(t)
	tip := mustRecord(t, r, map[string]string{"a": "1"})
	lock := filepath.Join(r.Dir(), "refs/heads/main.lock")
	write(t, lock, "")
	write(t, r.own("tmp/ref-0123"), strings.Repeat("1", 40)+"\n") // as if a writer had died
	done := make(chan error, 1)
	go func() {
		_, err := record(r, map[string]string{"a": "2"}, "m")
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	select {
	case err := <-done:
		t.Fatalf("recorded past git's lock: %v", err)
	default:
	}
	if now, _ := r.Tip(); now != tip {
		t.Fatal("main moved under git's lock")
	}
	if err := os.Remove(lock); err != nil {
		t.Fatalf("git's lock has gone: %v", err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	noLeftovers(t, r.Dir())
}

// TestLockOfDeadWriterWithoutLinks is the case of a file system that has no
// hard links: the lock is a copy.
func TestLockOfDeadWriterWithoutLinks(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"a": "1"})
	content := strings.Repeat("1", 40) + "\n"
	write(t, r.own("tmp/ref-0123"), content)
	if err := copyFile(SystemDisk{}, r.own("tmp/ref-0123"), filepath.Join(r.Dir(), "refs/heads/main.lock")); err != nil {
		t.Fatal(err)
	}
	mustRecord(t, r, map[string]string{"a": "2"})
	noLeftovers(t, r.Dir())
	if err := copyFile(SystemDisk{}, r.own("born"), r.own("store.lock")); !errors.Is(err, os.ErrExist) {
		t.Errorf("a lock was taken twice: %v", err)
	}
}

// TestRandomKills kills writers at random moments, two of them at work at
// once, and looks after each kill that nothing acknowledged is lost.
func TestRandomKills(t *testing.T) {
	r := newStore(t)
	rng := rand.New(rand.NewPCG(12, uint64(*kills)))
	acked := []Hash{mustRecord(t, r, map[string]string{"hot.md": "first"})}
	for round := range *kills {
		var mu sync.Mutex
		var wg sync.WaitGroup
		wait := time.Duration(rng.IntN(25_000)) * time.Microsecond
		// Every other round a second writer goes on after the first dies.
		for w := range 1 + round%2 {
			n := []int{1 << 20, 5}[w]
			cmd, out := startChild(t, r.Dir(), fmt.Sprintf("w%d-%d", round, w), n, "", 0)
			wg.Go(func() {
				first := sync.OnceFunc(func() {
					if w == 0 {
						time.AfterFunc(wait, func() { _ = cmd.Process.Kill() })
					}
				})
				got := acks(t, out, first)
				err := cmd.Wait()
				mu.Lock()
				defer mu.Unlock()
				acked = append(acked, got...)
				if w == 1 && err != nil {
					t.Errorf("the writer that was to live: %v", err)
				}
			})
		}
		wg.Wait()
		wantAll(t, r, acked)
		if round%10 == 9 || round == *kills-1 {
			fsck(t, r.Dir())
			checkClean(t, r)
		}
	}
	mustRecord(t, r, map[string]string{"hot.md": "last"})
	noLeftovers(t, r.Dir())
	t.Logf("%d kills, %d acknowledged commits", *kills, len(acked))
}
