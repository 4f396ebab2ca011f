package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// revision is one version of a made-up history.
type revision struct {
	path    string
	data    []byte
	before  []byte // what the file held
	message string
}

// was makes what the file held.
func (v *revision) was() func() []byte {
	if v.before == nil {
		return nil
	}
	return func() []byte { return bytes.Clone(v.before) }
}

// history makes n revisions of n/5 articles of about 2.25 kB, of which each
// changes one paragraph. A tenth of the changes goes to one article.
func history(n int) []revision {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	words := make([]string, 3000)
	for i := range words {
		b := make([]byte, 2+rng.IntN(9))
		for j := range b {
			b[j] = "etaoinshrdlucmfwypvbgk"[rng.IntN(22)]
		}
		words[i] = string(b)
	}
	paragraph := func() []byte {
		var b bytes.Buffer
		for b.Len() < 180 {
			// The product makes some words common, as they are in a language.
			b.WriteString(words[rng.IntN(1+rng.IntN(len(words)))] + " ")
		}
		b.WriteString(".\n\n")
		return b.Bytes()
	}
	articles := make([][][]byte, max(1, n/5))
	out := make([]revision, n)
	for i := range out {
		k := rng.IntN(len(articles))
		if rng.IntN(10) == 0 {
			k = 0
		}
		before := bytes.Join(articles[k], nil)
		if articles[k] == nil {
			for range 12 {
				articles[k] = append(articles[k], paragraph())
			}
			before = nil
		} else {
			articles[k][rng.IntN(12)] = paragraph()
		}
		out[i] = revision{
			path: articlePath(k), data: bytes.Join(articles[k], nil), before: before,
			message: fmt.Sprintf("Revise: %s\n\nStemma-Article: %026d\nStemma-Published: 2020-01-02T03:04:05Z\nStemma-Seal: %064x\nStemma-Salt: %032x\n",
				paragraph()[:60], k, sha(rng), sha(rng)),
		}
	}
	return out
}

func sha(rng *rand.Rand) []byte {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// streamAll records a history in batches of so many versions.
func streamAll(t testing.TB, r *Repo, revisions []revision, each int) {
	t.Helper()
	unlock, err := r.Lock(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	var from *Streamed
	current := map[string]Hash{}
	for i := 0; i < len(revisions); {
		b, err := r.BeginStream(tip, from)
		if err != nil {
			t.Fatal(err)
		}
		for end := min(i+each, len(revisions)); i < end; i++ {
			v := &revisions[i]
			h := b.BlobOver(v.data, current[v.path], v.was())
			if tip, err = b.CommitFile(v.path, h, someone(int64(i)), someone(int64(i)), v.message); err != nil {
				t.Fatal(err)
			}
			current[v.path] = h
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		from = b.Streamed()
	}
}

// bytesOf is what a store's objects take on disk.
func bytesOf(t testing.TB, dir string) (total int64) {
	t.Helper()
	for _, pattern := range []string{"objects/pack/*", "objects/??/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
		}
	}
	return total
}

// writeFastImport writes a history as git fast-import reads it.
func writeFastImport(t testing.TB, out io.Writer, revisions []revision) {
	for i := range revisions {
		v := &revisions[i]
		if _, err := fmt.Fprintf(out, "commit refs/heads/main\nauthor Ada Editor <ada@example.org> %d +0000\ncommitter Ada Editor <ada@example.org> %d +0000\ndata %d\n%s\nM 100644 inline %s\ndata %d\n%s\n",
			i, i, len(v.message), v.message, v.path, len(v.data), v.data); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStreamSameAsFastImport records one history by git fast-import and by
// streams of several lengths: the same tip is proof of every byte below it.
func TestStreamSameAsFastImport(t *testing.T) {
	revisions := history(600)
	theirs := newStore(t)
	var in bytes.Buffer
	writeFastImport(t, &in, revisions)
	cmd := gitCmd(t, theirs.Dir(), "fast-import", "--quiet")
	cmd.Stdin = &in
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	want, err := theirs.Tip()
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range []int{600, 250, 77} {
		t.Run(fmt.Sprint("each=", each), func(t *testing.T) {
			r := newStore(t)
			streamAll(t, r, revisions, each)
			if tip, err := r.Tip(); err != nil || tip != want {
				t.Fatalf("the tip is %s, %v: git fast-import comes to %s", tip, err, want)
			}
			packs := packFiles(t, r)
			if len(packs) != 1 {
				t.Errorf("%d packs of one import", len(packs))
			}
			fsck(t, r.Dir())
			checkClean(t, r)
			noLeftovers(t, r.Dir())
			compareAll(t, open(t, r.Dir()))
			idx := filepath.Join(t.TempDir(), "git.idx")
			runGit(t, r.Dir(), "index-pack", "--strict", "-o", idx, packs[0])
			if !sameContent(idx, strings.TrimSuffix(packs[0], ".pack")+".idx") {
				t.Error("our index differs from git's")
			}
			if ours, git := bytesOf(t, r.Dir()), bytesOf(t, theirs.Dir()); float64(ours) > 0.75*float64(git) {
				t.Errorf("%d bytes, git fast-import takes %d", ours, git)
			}
		})
	}
}

// TestSmallBatchesSameAsStream holds the two sorts of batch to one outcome.
func TestSmallBatchesSameAsStream(t *testing.T) {
	revisions := history(300)
	streamed, small := newStore(t), newStore(t)
	streamAll(t, streamed, revisions, 300)
	for i := 0; i < len(revisions); {
		b, unlock := begin(t, small)
		for end := min(i+100, len(revisions)); i < end; i++ {
			v := &revisions[i]
			h := b.BlobOver(v.data, Hash{}, nil)
			if got, err := b.Read(h); err != nil || !bytes.Equal(got, v.data) {
				t.Fatalf("version %d reads back with %d bytes, %v", i, len(got), err)
			}
			if _, err := b.Commit(map[string]Hash{v.path: h}, someone(int64(i)), someone(int64(i)), v.message); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		unlock()
	}
	a, errA := streamed.Tip()
	b, errB := small.Tip()
	if a != b || errA != nil || errB != nil {
		t.Errorf("a stream comes to %s, batches to %s (%v, %v)", a, b, errA, errB)
	}
	fsck(t, small.Dir())
}

// TestStreamReadsBack reads content of a stream that is not published yet, from
// memory and from the pack on disk, through chains of deltas, and content of the
// batch before.
func TestStreamReadsBack(t *testing.T) {
	r := newStore(t)
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	revisions := history(800)
	var tip Hash
	var from *Streamed
	known := map[Hash][]byte{}
	current := map[string]Hash{}
	for round := range 2 {
		b, err := r.BeginStream(tip, from)
		if err != nil {
			t.Fatal(err)
		}
		b.stream.recent = newCache[Hash](64 << 10)
		half := len(revisions) / 2
		for i, v := range revisions[round*half : (round+1)*half] {
			var before func() []byte
			switch i % 4 {
			case 0, 2:
				before = v.was()
			case 1: // what is made wrongly is no base
				before = func() []byte { return append([]byte("no longer so: "), v.before...) }
			}
			h := b.BlobOver(v.data, current[v.path], before)
			known[h], current[v.path] = v.data, h
			if tip, err = b.CommitFile(v.path, h, someone(1), someone(1), "m"); err != nil {
				t.Fatal(err)
			}
			if i%100 == 99 {
				for h, want := range known {
					if got, err := b.Read(h); err != nil || !bytes.Equal(got, want) {
						t.Fatalf("%s reads back with %d bytes, %v", h, len(got), err)
					}
				}
			}
		}
		if _, err := b.Read(b.Tree()); !errors.Is(err, ErrCorrupt) {
			t.Errorf("a folder read as a file: %v", err)
		}
		if _, err := b.Read(Hash{1}); !errors.Is(err, ErrNotFound) {
			t.Errorf("what is nowhere was read: %v", err)
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		from = b.Streamed()
	}
	fsck(t, r.Dir())
	checkClean(t, r)
}

// TestStreamLetsFoldersGo loads them again, from the pack that is being written.
func TestStreamLetsFoldersGo(t *testing.T) {
	revisions := history(300)
	var tips [2]Hash
	for k := range tips {
		r := newStore(t)
		unlock, err := r.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.BeginStream(Hash{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range revisions {
			if k == 1 && i%50 == 49 {
				b.size = maxNodes + 1
			}
			if tips[k], err = b.CommitFile(v.path, b.Blob(v.data), someone(1), someone(1), "m"); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(); err != nil {
			t.Fatal(err)
		}
		unlock()
		fsck(t, r.Dir())
	}
	if tips[0] != tips[1] {
		t.Errorf("%s with all folders at hand, %s without", tips[0], tips[1])
	}
}

// TestAbandonedStream leaves nothing, also after many entries.
func TestAbandonedStream(t *testing.T) {
	r := newStore(t)
	before := mustRecord(t, r, map[string]string{"x.md": "b"})
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.BeginStream(before, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range history(2000) {
		if _, err := b.CommitFile(v.path, b.Blob(v.data), someone(1), someone(1), "m"); err != nil {
			t.Fatal(err)
		}
	}
	b.Abandon()
	b.Abandon()
	if err := b.Publish(); err == nil {
		t.Error("a batch that was given up can be published")
	}
	if b.Streamed() != nil {
		t.Error("it left something to go on from")
	}
	noLeftovers(t, r.Dir())
	// One that is dropped is cleared away by the next writer.
	if _, err := r.BeginStream(before, nil); err != nil {
		t.Fatal(err)
	}
	unlock()
	mustRecord(t, r, map[string]string{"a": "c"})
	noLeftovers(t, r.Dir())
}

// TestStreamGoesOnWithoutItsPack lets git repack everything between two batches,
// and while the second is at work.
func TestStreamGoesOnWithoutItsPack(t *testing.T) {
	for _, during := range []bool{false, true} {
		t.Run(fmt.Sprint("during=", during), func(t *testing.T) {
			r := newStore(t)
			revisions := history(600)
			unlock, err := r.Lock(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			var tip Hash
			var from *Streamed
			current := map[string]Hash{}
			for half := range 2 {
				if half == 1 && !during {
					runGit(t, r.Dir(), "repack", "-adfq")
				}
				b, err := r.BeginStream(tip, from)
				if err != nil {
					t.Fatal(err)
				}
				if half == 1 && during {
					runGit(t, r.Dir(), "repack", "-adfq")
				}
				for _, v := range revisions[half*300 : half*300+300] {
					h := b.BlobOver(v.data, current[v.path], v.was())
					current[v.path] = h
					if tip, err = b.CommitFile(v.path, h, someone(1), someone(1), "m"); err != nil {
						t.Fatal(err)
					}
				}
				if err := b.Publish(); err != nil {
					t.Fatal(err)
				}
				from = b.Streamed()
			}
			fsck(t, r.Dir())
			checkClean(t, r)
			noLeftovers(t, r.Dir())
			compareAll(t, r)
		})
	}
}

// TestStreamLeavesItsPack begins a new pack where too much was copied, and where
// the old one is full.
func TestStreamLeavesItsPack(t *testing.T) {
	for _, change := range []func(*Streamed){
		func(s *Streamed) { s.copied = copyFactor*s.written + copyAllowance },
		func(s *Streamed) { s.layout.at = maxPack + 1 },
		func(s *Streamed) { s.base += "0" },
	} {
		r := newStore(t)
		var s streamRecorder
		for i := range 3 {
			if _, err := s.record(r, map[string]string{"a": fmt.Sprint(i)}, "m"); err != nil {
				t.Fatal(err)
			}
			if i == 1 {
				change(s.from)
			}
		}
		if packs := packFiles(t, r); len(packs) != 2 {
			t.Errorf("packs %v", packs)
		}
		fsck(t, r.Dir())
	}
}

// TestStreamWithoutRoom lets the disk fail under a stream: it says so, no
// goroutine waits for ever, and nothing stays.
func TestStreamWithoutRoom(t *testing.T) {
	full := errors.New("no space left")
	for _, after := range []int{0, 1, 3} {
		r := newStore(t)
		r.disk = &fullDisk{Disk: r.disk, left: after, err: full}
		unlock, err := r.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.BeginStream(Hash{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range history(3000) {
			if _, err = b.CommitFile(v.path, b.Blob(v.data), someone(1), someone(1), "m"); err != nil {
				break
			}
		}
		if !errors.Is(err, full) {
			t.Errorf("after %d writes: %v", after, err)
		}
		if err := b.Publish(); !errors.Is(err, full) {
			t.Errorf("published: %v", err)
		}
		b.Abandon()
		noLeftovers(t, r.Dir())
		unlock()
	}
}

// fullDisk fails every write into a temporary pack after the first so many.
type fullDisk struct {
	Disk
	left int
	err  error
}

type fullFile struct {
	File
	disk *fullDisk
}

func (d *fullDisk) Open(path string, flag int, mode os.FileMode) (File, error) {
	f, err := d.Disk.Open(path, flag, mode)
	if err == nil && strings.HasSuffix(path, ".pack") {
		f = &fullFile{f, d}
	}
	return f, err
}

func (f *fullFile) WriteAt(b []byte, off int64) (int, error) {
	if f.disk.left--; f.disk.left < 0 {
		return 0, f.disk.err
	}
	return f.File.WriteAt(b, off)
}

// TestAwaited sees who waits for the lock: goroutines and processes.
func TestAwaited(t *testing.T) {
	r := newStore(t)
	mustRecord(t, r, map[string]string{"a": "b"})
	unlock, err := r.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Awaited() {
		t.Error("nobody waits")
	}
	done := make(chan error, 1)
	go func() {
		again, err := r.Lock(context.Background())
		if err == nil {
			again()
		}
		done <- err
	}()
	waitUntil(t, r.Awaited)
	unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if unlock, err = r.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.Awaited() {
		t.Error("nobody waits any more")
	}
	cmd, out := startChild(t, r.Dir(), "other", 1, "", 0)
	waitUntil(t, r.Awaited)
	unlock()
	acked := acks(t, out, nil)
	if err := cmd.Wait(); err != nil || len(acked) != 1 {
		t.Errorf("the other process: %v, %d records", err, len(acked))
	}
}

// waitUntil waits for something that comes of itself.
func waitUntil(t *testing.T, ok func() bool) {
	t.Helper()
	for range 5000 {
		if ok() {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("it never came")
}
