package repo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/git/faultdisk"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// What a process is told that plays a scene and dies at an operation.
const (
	envScene     = "STEMMA_TEST_SCENE"
	envOperation = "STEMMA_TEST_OPERATION"
)

// dieInScene is the process: it plays a scene, says what is acknowledged, and kills
// itself right before an operation of its disk.
func dieInScene(dir, name, operation string) error {
	nth, err := strconv.Atoi(operation)
	if err != nil {
		return err
	}
	at := 0
	s, err := openScene(faultdisk.NewAsking(func(faultdisk.Op, string) error {
		if at++; at == nth {
			return killSelf()
		}
		return nil
	}), dir, 0)
	if err != nil {
		return err
	}
	for _, sc := range scenes {
		if sc.name == name {
			err = sc.act(context.Background(), s, func(n int) { fmt.Println("acked", n) })
		}
	}
	if err != nil {
		return err
	}
	fmt.Println("done")
	return s.Close()
}

func killSelf() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	time.Sleep(time.Minute) // the signal is on its way
	return err
}

// TestKillAtEachOperation kills a process right before each operation of its disk,
// while it records, imports, corrects, links, maintains and merges.
func TestKillAtEachOperation(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for i := range scenes {
		t.Run(scenes[i].name, func(t *testing.T) {
			t.Parallel()
			st := scenes[i].set(t)
			n := st.counted(t)
			for _, nth := range someOf(n, 3, rand.New(rand.NewPCG(uint64(i), 13))) {
				t.Run(fmt.Sprintf("operation %d of %d", nth, n), func(t *testing.T) {
					dir := st.copy(t)
					cmd := exec.Command(self)
					cmd.Env = append(os.Environ(), envRole+"=scene", envStore+"="+dir, envScene+"="+st.name, envOperation+"="+strconv.Itoa(nth))
					cmd.Stderr = os.Stderr
					out, err := cmd.Output()
					if err == nil {
						t.Fatalf("the process was not killed, and said:\n%s", out)
					}
					acked, done := 0, false
					for line := range strings.Lines(string(out)) {
						if _, err := fmt.Sscanf(line, "acked %d\n", &acked); err != nil && line != "done\n" {
							t.Fatalf("the process said %q", line)
						}
						done = done || line == "done\n"
					}
					st.aftermath(t, nil, dir, acked, done)
				})
			}
		})
	}
}

// TestPowerFailure makes of what a scene asked of its disk the states that a loss of
// power may leave, with an index that is as it was, cut short, damaged or gone. In
// each the store shows the old state or the new one, with all that was acknowledged.
func TestPowerFailure(t *testing.T) {
	t.Parallel()
	for i := range scenes {
		if scenes[i].name == "merge" {
			continue // what git's own program brings goes past this disk
		}
		t.Run(scenes[i].name, func(t *testing.T) {
			t.Parallel()
			st := scenes[i].set(t)
			dir := st.copy(t)
			disk, err := faultdisk.NewRecorder(dir)
			if err != nil {
				t.Fatal(err)
			}
			s, err := openScene(disk, dir, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := st.act(t.Context(), s, disk.Mark); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(uint64(i), 17))
			seen := map[[32]byte]bool{}
			for _, n := range someOf(disk.Len()+1, 6, r) {
				m := disk.At(n-1, faultdisk.Rules{})
				choices := m.Choices(64, r)
				each := 1
				if long() {
					each = 5
				}
				for range each {
					state := m.After(choices[r.IntN(len(choices))])
					if seen[state.Sum()] {
						continue
					}
					seen[state.Sum()] = true
					st.comeBack(t, state, m.Marked, r)
				}
			}
			if len(seen) < 3 {
				t.Errorf("only %d states", len(seen))
			}
		})
	}
}

// comeBack opens a store after a loss of power.
func (st *playable) comeBack(t *testing.T, state *faultdisk.State, acked int, r *rand.Rand) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := state.Write(dir); err != nil {
		t.Fatal(err)
	}
	damage := indexDamages[r.IntN(len(indexDamages))]
	if err := damage.do(dir, r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d acknowledged, the index is %s", acked, damage.name)
	if damage.late {
		st.foundDamaged(t, dir, acked)
	}
	st.aftermath(t, nil, dir, acked, false)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

// foundDamaged wants of an index that is damaged in its midst that it gives right
// answers, or says what to do, and that doing so mends it.
func (st *playable) foundDamaged(t *testing.T, dir string, acked int) {
	t.Helper()
	s, err := openScene(git.SystemDisk{}, dir, 4000)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pictureOf(s)
	if err == nil {
		err = st.allowed(t, lines, acked, false)
	} else if errors.Is(err, index.ErrDamaged) && strings.Contains(err.Error(), "reindex") {
		err = nil
	}
	if err = errors.Join(err, s.Reindex(t.Context(), nil)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.allowed(t, picture(t, s), acked, false), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestRecordOnDamagedIndex: a record that meets a damaged part of the index builds
// the index anew and goes on.
func TestRecordOnDamagedIndex(t *testing.T) {
	t.Parallel()
	base := emptyStore(t)
	s := reopen(t, base)
	var drafts []Draft
	for i := range 200 {
		drafts = append(drafts, sceneDraft(fmt.Sprint("k", i%50), fmt.Sprintf("Headline %d of %d", i, i%7)))
	}
	if _, err := s.Record(t.Context(), drafts, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(23, 29))
	for i := range 12 {
		dir := filepath.Join(t.TempDir(), "store")
		if err := copyStore(base, dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, indexFile)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		const page = 4096
		for range 1 + i {
			at := (1 + r.IntN(len(data)/page-1)) * page // not the first: that is met when it is opened
			clear(data[at : at+page])
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		s := reopen(t, dir)
		result, err := recordOne(t.Context(), s, sceneDraft("k7", "After the damage"))
		if err != nil || result.Outcome != Recorded {
			t.Errorf("%d pages of zeros: %+v, %v", 1+i, result, err)
		}
	}
}

// indexDamages are the ways in which an index may come out of a crash.
var indexDamages = []struct {
	name string
	late bool // it may be found out only when the damaged part is read
	do   func(dir string, r *rand.Rand) error
}{
	{"as it was before", false, func(string, *rand.Rand) error { return nil }},
	{"gone", false, func(dir string, _ *rand.Rand) error { return dropIndex(dir) }},
	{"cut short", false, func(dir string, r *rand.Rand) error {
		info, err := os.Stat(filepath.Join(dir, indexFile))
		if err != nil {
			return err
		}
		return os.Truncate(filepath.Join(dir, indexFile), r.Int64N(info.Size()))
	}},
	{"torn: pages of zeros in it", true, func(dir string, r *rand.Rand) error {
		path := filepath.Join(dir, indexFile)
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		const page = 4096
		for range 3 {
			at := r.IntN(len(data)/page) * page
			clear(data[at : at+page])
		}
		return os.WriteFile(path, data, 0o666)
	}},
	{"emptied", false, func(dir string, _ *rand.Rand) error { return os.Truncate(filepath.Join(dir, indexFile), 0) }},
}

var _ git.Disk = (*faultdisk.Recorder)(nil)
