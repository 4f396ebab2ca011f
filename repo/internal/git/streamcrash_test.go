package git

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

// streamRecorder records like record, by streams that go on in one pack.
type streamRecorder struct{ from *Streamed }

func (s *streamRecorder) record(r *Repo, files map[string]string, message string) (Hash, error) {
	unlock, err := r.Lock(context.Background())
	if err != nil {
		return Hash{}, err
	}
	defer unlock()
	tip, err := r.Tip()
	if err != nil {
		return Hash{}, err
	}
	b, err := r.BeginStream(tip, s.from)
	if err != nil {
		return Hash{}, err
	}
	defer b.Abandon()
	for path, content := range files {
		if tip, err = b.CommitFile(path, b.Blob([]byte(content)), someone(1), someone(2), message); err != nil {
			return Hash{}, err
		}
	}
	err = b.Publish()
	s.from = b.Streamed()
	return tip, err
}

// TestKillStreamAtEachStep kills an import right before each step of its second
// batch, which takes over the pack of the first.
func TestKillStreamAtEachStep(t *testing.T) {
	steps := append(slices.Clone(steps), "delete pack")
	for i, step := range steps {
		t.Run(step, func(t *testing.T) {
			occurrence := 2
			if step == "delete pack" {
				occurrence = 1 // the first batch takes nothing over
			}
			commits := map[bool]int{false: 2, true: 4}[i > slices.Index(steps, "move main")]
			r := killedAt(t, "stream", step, occurrence, commits)
			want := 3 // before, the import, after
			if i > slices.Index(steps, "place .pack") {
				want++ // what was to be taken over stands still, and is no harm
			}
			if packs := packFiles(t, r); len(packs) != want {
				t.Errorf("%d packs, want %d: a pack that was placed stays", len(packs), want)
			}
			fsck(t, r.Dir())
			if _, err := r.Maintain(t.Context()); err != nil || len(packFiles(t, r)) != 1 {
				t.Errorf("%d packs after Maintain, %v", len(packFiles(t, r)), err)
			}
			fsck(t, r.Dir())
			checkClean(t, r)
		})
	}
}

// TestOrderOfStreamSteps holds a stream to the order of every publication; the
// pack that it takes over goes last.
func TestOrderOfStreamSteps(t *testing.T) {
	r := newStore(t)
	if unlock, err := r.Lock(t.Context()); err != nil {
		t.Fatal(err)
	} else {
		unlock() // it has looked for what was left
	}
	var s streamRecorder
	for i := range 3 {
		var seen []string
		r.hook = func(s string) error { seen = append(seen, s); return nil }
		if _, err := s.record(r, map[string]string{"a": fmt.Sprint(i)}, "m"); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(steps)
		if i > 0 {
			want = append(want, "delete pack")
		}
		if !slices.Equal(seen, want) {
			t.Errorf("steps %q, want %q", seen, want)
		}
	}
	if packs := packFiles(t, r); len(packs) != 1 {
		t.Errorf("packs %v", packs)
	}
}

// TestNeverPublished tells a commit that main never held from one that it did,
// whatever lies between.
func TestNeverPublished(t *testing.T) {
	r := newStore(t)
	var line []Hash
	for i := range 12 {
		line = append(line, mustRecord(t, r, map[string]string{"a": fmt.Sprint(i)}))
	}
	for main, tip := range line {
		for _, other := range []int{0, 3, 11} {
			runGit(t, r.Dir(), "update-ref", mainRef, line[other].String())
			never, err := r.neverPublished(tip)
			if want := main > other; err != nil || never != want {
				t.Errorf("main at %d: commit %d was never there: %v, %v", other, main, never, err)
			}
		}
	}
	aside, err := ParseHash(runGit(t, r.Dir(), "commit-tree", "main^{tree}", "-m", "of no line"))
	if err != nil {
		t.Fatal(err)
	}
	if never, err := r.neverPublished(aside); err != nil || !never {
		t.Errorf("a commit of another line: %v, %v", never, err)
	}
}
