package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// objectList is every object that git finds in a store, with kind and size.
func objectList(t testing.TB, dir string) string {
	t.Helper()
	return runGit(t, dir, "cat-file", "--batch-all-objects", "--batch-check")
}

// varied makes a store whose history has what histories have: small packs of our
// own, a stream, a merge, a tag, what git packed with deltas, what nothing leads to.
func varied(t testing.TB) *Repo {
	t.Helper()
	r := filled(t, 40)
	runGit(t, r.Dir(), "-c", "repack.writeBitmaps=false", "repack", "-adfq", "--depth=20")
	streamAll(t, r, history(300), 170)
	for i, v := range history(120) {
		if i%20 == 0 {
			mustRecord(t, r, map[string]string{v.path: string(v.data) + "more\n", "executable/x.md": fmt.Sprint(i)})
		}
	}
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	side := runGit(t, r.Dir(), "commit-tree", "main~7^{tree}", "-p", "main~7", "-m", "a side branch")
	h, err := ParseHash(side)
	if err != nil {
		t.Fatal(err)
	}
	b, unlock := begin(t, r)
	if _, err := b.Merge(h, map[string]Entry{"merged.md": {Hash: b.Blob([]byte("both\n"))}}, someone(9), someone(9), "Merge\n"); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(); err != nil {
		t.Fatal(err)
	}
	unlock()
	runGit(t, r.Dir(), "tag", "-a", "-m", "a tag", "v1", tip.String())
	// A commit that is undone leads nowhere, and stays.
	mustRecord(t, r, map[string]string{"undone.md": "never mind\n"})
	runGit(t, r.Dir(), "update-ref", mainRef, "main~1")
	return r
}

// TestCountCommits counts commits that are whole and those that are stored as what
// differs from one, in packs of all sorts: by their number a replay begins.
func TestCountCommits(t *testing.T) {
	r := varied(t)
	if _, err := r.objects.rescan(); err != nil {
		t.Fatal(err)
	}
	got, err := countCommits(r.objects.packs, 1)
	if err != nil {
		t.Fatal(err)
	}
	if about, err := countCommits(r.objects.packs, 3); err != nil || about < got*3/4 || about > got*5/4 {
		t.Errorf("of every third object it is told that there are %d commits, of all %d; %v", about, got, err)
	}
	want := strings.Count(runGit(t, r.Dir(), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"), "commit")
	want-- // that of the side branch lies loose, as git wrote it
	if got != want || want < 300 {
		t.Errorf("%d commits are counted, git knows %d", got, want)
	}
}

func TestReplay(t *testing.T) {
	r := varied(t)
	before, was := objectList(t, r.Dir()), packFiles(t, r)
	n, err := r.Replay(t.Context())
	if err != nil || n != len(was) || n < 5 {
		t.Fatalf("replaced %d of %d packs, %v", n, len(was), err)
	}
	packs := packFiles(t, r)
	if len(packs) != 1 || slices.Contains(was, packs[0]) {
		t.Fatalf("packs %v", packs)
	}
	noLeftovers(t, r.Dir())
	fsck(t, r.Dir())
	checkClean(t, r)
	compareAll(t, r)
	if after := objectList(t, r.Dir()); after != before {
		t.Error("the objects are not the same")
	}
	idx := filepath.Join(t.TempDir(), "git.idx")
	runGit(t, r.Dir(), "index-pack", "-o", idx, packs[0])
	if !sameContent(idx, strings.TrimSuffix(packs[0], ".pack")+".idx") {
		t.Error("our index differs from git's")
	}
	// What is newest is stored whole, and no chain is longer than said.
	deepest, current := 0, runGit(t, r.Dir(), "rev-parse", "main^{tree}")
	for line := range strings.Lines(runGit(t, r.Dir(), "verify-pack", "-v", packs[0])) {
		var depth int
		if f := strings.Fields(line); len(f) == 7 {
			if _, err := fmt.Sscan(f[5], &depth); err != nil {
				t.Fatal(line)
			}
			deepest = max(deepest, depth)
			// Nothing but what was undone is newer than the current tree.
			if f[0] == current && depth > 1 {
				t.Errorf("the current tree is a delta of a delta: %s", line)
			}
		}
	}
	if deepest < 10 || deepest > maxChain {
		t.Errorf("the longest chain has %d deltas", deepest)
	}
	// Again, there is nothing to do; with new packs there is.
	if n, err := r.Replay(t.Context()); err != nil || n != 0 {
		t.Errorf("a second replay replaced %d, %v", n, err)
	}
	if n, err := r.Maintain(t.Context()); err != nil || n != 0 {
		t.Errorf("Maintain after it replaced %d, %v", n, err)
	}
	mustRecord(t, r, map[string]string{"new.md": "new\n"})
	if n, err := r.Replay(t.Context()); err != nil || n != 2 {
		t.Errorf("a third replay replaced %d, %v", n, err)
	}
	fsck(t, r.Dir())
	compareAll(t, open(t, r.Dir()))
}

// TestReplayIsSmall holds what a replay is for: single versions, whole in packs of
// their own, come to less than git's own repacking needs.
func TestReplayIsSmall(t *testing.T) {
	r := newStore(t)
	for i, v := range history(150) {
		if i%3 == 0 {
			mustRecord(t, r, map[string]string{v.path: string(v.data)})
		}
		mustRecord(t, r, map[string]string{"hot.md": string(v.data[:1000]) + string(article(3))})
	}
	before := bytesOf(t, r.Dir())
	if _, err := r.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := bytesOf(t, r.Dir())
	runGit(t, r.Dir(), "repack", "-adfq")
	git := bytesOf(t, r.Dir())
	t.Logf("%d bytes as recorded, %d replayed, %d by git repack", before, after, git)
	if after > before*2/3 || after > git*4/3 {
		t.Errorf("%d bytes as recorded, %d replayed, %d by git repack", before, after, git)
	}
}

// TestReplayCancelled leaves everything as it was.
func TestReplayCancelled(t *testing.T) {
	r := varied(t)
	was := packFiles(t, r)
	for _, after := range []int{0, 10, 500, 2000} {
		ctx := &countedContext{Context: t.Context(), left: after}
		if _, err := r.Replay(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("after %d looks: %v", after, err)
		}
		if now := packFiles(t, r); !slices.Equal(now, was) {
			t.Errorf("packs %v, before %v", now, was)
		}
		if left, _ := os.ReadDir(r.own(replayDir)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	noLeftovers(t, r.Dir())
}

// countedContext is cancelled after it was looked at so many times.
type countedContext struct {
	context.Context
	left int
}

func (c *countedContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestReplayOfDamage refuses to copy it, and leaves the packs alone.
func TestReplayOfDamage(t *testing.T) {
	r := varied(t)
	was := packFiles(t, r)
	sizes := func(p string) int64 {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	victim := slices.MaxFunc(was, func(a, b string) int { return int(sizes(a) - sizes(b)) })
	for _, at := range []int{2000, 20_000, 60_000} {
		intact, err := os.ReadFile(victim)
		if err != nil {
			t.Fatal(err)
		}
		flip(t, victim, at)
		fresh := open(t, r.Dir())
		if _, err := fresh.Replay(t.Context()); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a bit flipped at %d: %v", at, err)
		}
		if now := packFiles(t, r); !slices.Equal(now, was) {
			t.Errorf("packs %v, before %v", now, was)
		}
		write(t, victim, string(intact))
	}
	noLeftovers(t, r.Dir())
}

// TestReplayBesideOthers replays again and again beside writers, readers, and
// git's own upkeep.
func TestReplayBesideOthers(t *testing.T) {
	r := varied(t)
	mustRecord(t, r, map[string]string{"hot.md": "first"})
	const each = 40
	var writers, others sync.WaitGroup
	var stop atomic.Bool
	var mu sync.Mutex
	acked := []Hash{}
	for w := range 2 {
		writers.Go(func() {
			for i := range each {
				h, err := record(r, map[string]string{fmt.Sprintf("w%d/%d.md", w, i): "x", "hot.md": fmt.Sprint(w, i)}, "m")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				acked = append(acked, h)
				mu.Unlock()
			}
		})
	}
	cmd, out := startChild(t, r.Dir(), "process", each, "", 0)
	writers.Go(func() {
		got := acks(t, out, nil)
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		acked = append(acked, got...)
	})
	others.Go(func() { readUntil(t, r, &stop) })
	others.Go(func() {
		for i := 0; !stop.Load(); i++ {
			// Git gives up, without harm, when a pack goes that it was about to
			// read; what it had begun to write it leaves to its next upkeep.
			args := [][]string{{"pack-refs", "--all"}, {"repack", "-d", "--quiet"}, {"gc", "--quiet"}}[i%3]
			if out, err := gitCmd(t, r.Dir(), args...).CombinedOutput(); err != nil {
				t.Logf("git %v: %v\n%s", args, err, out)
			}
		}
	})
	replays := 0
	others.Go(func() {
		own := open(t, r.Dir())
		for !stop.Load() {
			if _, err := own.Replay(t.Context()); err != nil {
				t.Error(err)
				return
			}
			replays++
		}
	})
	writers.Wait()
	time.Sleep(100 * time.Millisecond)
	stop.Store(true)
	others.Wait()
	if len(acked) != 3*each || replays < 2 {
		t.Errorf("%d acknowledged, %d replays", len(acked), replays)
	}
	wantAll(t, r, acked)
	fsck(t, r.Dir())
	checkClean(t, r)
}

// TestReplayWithoutDisk lets each operation of the disk fail in turn: the error is
// reported, all objects stay, and the next replay succeeds.
func TestReplayWithoutDisk(t *testing.T) {
	r := filled(t, 25)
	before := objectList(t, r.Dir())
	real := r.disk
	for n := 0; ; n++ {
		disk := &nthFails{Disk: real, left: n}
		r.disk = disk
		_, err := r.Replay(t.Context())
		r.disk = real
		if after := objectList(t, r.Dir()); after != before {
			t.Fatalf("operation %d failed (%v), and objects are gone", n, err)
		}
		if n%4 == 0 {
			fsck(t, r.Dir())
		}
		if disk.left >= 0 {
			if err != nil || n < 6 {
				t.Errorf("%d operations, %v", n, err)
			}
			break
		}
		if n%4 == 3 {
			mustRecord(t, r, map[string]string{"x.md": fmt.Sprint("again something to do ", n)})
			before = objectList(t, r.Dir())
		}
	}
	noLeftovers(t, r.Dir())
	checkClean(t, r)
}

// nthFails fails one operation that changes names on disk.
type nthFails struct {
	Disk
	left int
}

var errNth = errors.New("the disk fails")

func (d *nthFails) fails() bool {
	d.left--
	return d.left == -1
}

func (d *nthFails) Open(path string, flag int, mode os.FileMode) (File, error) {
	if d.fails() {
		return nil, errNth
	}
	return d.Disk.Open(path, flag, mode)
}

func (d *nthFails) Rename(from, to string) error {
	if d.fails() {
		return errNth
	}
	return d.Disk.Rename(from, to)
}

func (d *nthFails) Remove(path string) error {
	if d.fails() {
		return errNth
	}
	return d.Disk.Remove(path)
}

// TestSameReplay: the same packs always give the same pack.
func TestSameReplay(t *testing.T) {
	r := varied(t)
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(r.Dir())); err != nil {
		t.Fatal(err)
	}
	for _, p := range packFiles(t, r) { // which of two copies counts follows from the sizes
		past := time.Unix(1e9, 0)
		if err := os.Chtimes(p, past, past); err != nil {
			t.Fatal(err)
		}
	}
	twin := open(t, copied)
	for _, r := range []*Repo{r, twin} {
		if _, err := r.Replay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	a, errA := os.ReadFile(packFiles(t, r)[0])
	b, errB := os.ReadFile(packFiles(t, twin)[0])
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("%d and %d bytes, %v, %v", len(a), len(b), errA, errB)
	}
}
