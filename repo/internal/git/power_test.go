package git_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/git/faultdisk"
)

// powerStates is how many states TestPowerFailure looks at in a scene, as
// STEMMA_POWER says; 0 is all that it makes.
func powerStates(t *testing.T) int {
	text := os.Getenv("STEMMA_POWER")
	switch text {
	case "":
		return 25
	case "all":
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// powerPlay is a store on a recorder, with the tips that main has had.
type powerPlay struct {
	t    *testing.T
	disk *faultdisk.Recorder
	repo *git.Repo
	tips []git.Hash
}

func signature() git.Signature {
	return git.Signature{Name: "Ada Editor", Email: "ada@example.org", When: time.Unix(1600000000, 0).UTC()}
}

// batch makes one batch of commits durable, each with one file.
func batch(r *git.Repo, names ...string) (git.Hash, error) {
	unlock, err := r.Lock(context.Background())
	if err != nil {
		return git.Hash{}, err
	}
	defer unlock()
	tip, err := r.Tip()
	if err != nil {
		return git.Hash{}, err
	}
	b, err := r.Begin(tip)
	if err != nil {
		return git.Hash{}, err
	}
	for _, n := range names {
		if _, err := b.Commit(map[string]git.Hash{n: b.Blob([]byte(n + "\n"))}, signature(), signature(), "Create: "+n); err != nil {
			return git.Hash{}, err
		}
	}
	return b.Tip(), b.Publish()
}

// record publishes one batch and notes that it was acknowledged.
func (p *powerPlay) record(names ...string) {
	p.t.Helper()
	tip, err := batch(p.repo, names...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.acknowledged(tip)
}

func (p *powerPlay) acknowledged(tip git.Hash) {
	p.tips = append(p.tips, tip)
	p.disk.Mark(len(p.tips) - 1)
}

// powerScenes are what goes on when the power fails. What prepare does is durable.
var powerScenes = []struct {
	name    string
	prepare func(t *testing.T, r *git.Repo)
	act     func(p *powerPlay)
}{
	{"the first record", nil, func(p *powerPlay) { p.record("a/1.md") }},
	{"three records", func(t *testing.T, r *git.Repo) { mustBatch(t, r, "a/1.md") }, func(p *powerPlay) {
		p.record("a/2.md")
		p.record("b/3.md", "b/4.md")
		p.record("a/2.md", "c/5.md")
	}},
	{"concatenation", func(t *testing.T, r *git.Repo) {
		for i := range 4 {
			mustBatch(t, r, fmt.Sprintf("a/%d.md", i))
		}
	}, func(p *powerPlay) {
		if _, err := p.repo.Maintain(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		p.record("b/1.md")
	}},
	{"receipts", func(t *testing.T, r *git.Repo) { mustBatch(t, r, "a/1.md") }, func(p *powerPlay) {
		for i := range 2 {
			x := git.Receipt{Old: p.tips[0], Arrived: p.tips[0], Count: i, At: time.Unix(1600000000+int64(i), 0)}
			if err := p.repo.AddReceipt(p.t.Context(), x, signature(), "Receipt: a test"); err != nil {
				p.t.Fatal(err)
			}
		}
		p.record("a/2.md")
	}},
	{"a merge", sideBranch, func(p *powerPlay) {
		p.record("ours.md")
		p.merge()
		p.record("after.md")
	}},
	{"moving ahead", sideBranch, func(p *powerPlay) { p.forward() }},
}

func mustBatch(t *testing.T, r *git.Repo, names ...string) git.Hash {
	t.Helper()
	tip, err := batch(r, names...)
	if err != nil {
		t.Fatal(err)
	}
	return tip
}

// sideBranch lets plain git make a commit beside main.
func sideBranch(t *testing.T, r *git.Repo) {
	first := mustBatch(t, r, "a/1.md")
	side := plainGit(t, r.Dir(), "commit-tree", first.String()+"^{tree}", "-p", first.String(), "-m", "theirs")
	plainGit(t, r.Dir(), "update-ref", "refs/heads/side", side)
}

func (p *powerPlay) side() git.Hash {
	p.t.Helper()
	h, err := git.ParseHash(plainGit(p.t, p.repo.Dir(), "rev-parse", "refs/heads/side"))
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

func (p *powerPlay) merge() {
	p.t.Helper()
	err := p.locked(func(tip git.Hash) error {
		b, err := p.repo.Begin(tip)
		if err != nil {
			return err
		}
		blob := b.Blob([]byte("theirs\n"))
		if _, err := b.Merge(p.side(), map[string]git.Entry{"theirs.md": {Hash: blob}}, signature(), signature(), "Merge: theirs"); err != nil {
			return err
		}
		return b.Publish()
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *powerPlay) forward() {
	p.t.Helper()
	if err := p.locked(func(tip git.Hash) error { return p.repo.FastForward(tip, p.side()) }); err != nil {
		p.t.Fatal(err)
	}
}

// locked does something to main under the store's lock, and notes where it stands
// afterwards.
func (p *powerPlay) locked(do func(tip git.Hash) error) error {
	unlock, err := p.repo.Lock(p.t.Context())
	if err != nil {
		return err
	}
	defer unlock()
	tip, err := p.repo.Tip()
	if err != nil {
		return err
	}
	if err := do(tip); err != nil {
		return err
	}
	if tip, err = p.repo.Tip(); err == nil {
		p.acknowledged(tip)
	}
	return err
}

// TestPowerFailure records what a disk is asked for, and at each point makes the
// states that a loss of power may leave: bytes that were not synced dropped or
// torn, changes of names dropped or kept in any order. The store is whole in each:
// main is what it was, or what it was to be, nothing acknowledged is lost, and the
// next writer goes on.
func TestPowerFailure(t *testing.T) {
	for i, scene := range powerScenes {
		for _, rules := range []faultdisk.Rules{{}, {Strict: true}} {
			t.Run(fmt.Sprintf("%s, strict %v", scene.name, rules.Strict), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "store")
				if err := git.Init(dir, git.Config{}); err != nil {
					t.Fatal(err)
				}
				prepared := openOn(t, git.SystemDisk{}, dir)
				if scene.prepare != nil {
					scene.prepare(t, prepared)
				}
				tip, err := prepared.Tip()
				if err != nil {
					t.Fatal(err)
				}
				disk, err := faultdisk.NewRecorder(dir)
				if err != nil {
					t.Fatal(err)
				}
				p := &powerPlay{t: t, disk: disk, repo: openOn(t, disk, dir), tips: []git.Hash{tip}}
				scene.act(p)
				crashEverywhere(t, p, rules, rand.New(rand.NewPCG(uint64(i), 7)))
			})
		}
	}
}

// crashEverywhere makes the states of every moment, those alike once, and looks at
// them, or at some by chance.
func crashEverywhere(t *testing.T, p *powerPlay, rules faultdisk.Rules, r *rand.Rand) {
	t.Helper()
	type crash struct {
		state  *faultdisk.State
		marked int
		at     int
	}
	most, each := powerStates(t), 400
	if most == 0 {
		each = 2048
	}
	var list []crash
	seen := map[[32]byte]bool{}
	for at := range p.disk.Len() + 1 {
		m := p.disk.At(at, rules)
		for _, c := range m.Choices(each, r) {
			s := m.After(c)
			sum := s.Sum()
			key := sha256.Sum256(append(sum[:], byte(m.Marked)))
			if !seen[key] {
				seen[key] = true
				list = append(list, crash{s, m.Marked, at})
			}
		}
	}
	made := len(list)
	if made < p.disk.Len()/2 {
		t.Fatalf("only %d states out of %d operations", made, p.disk.Len())
	}
	if most > 0 {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		list = list[:min(len(list), most)]
	}
	root := t.TempDir()
	byHand := 0
	for i, c := range list {
		dir := filepath.Join(root, strconv.Itoa(i))
		if err := c.state.Write(dir); err != nil {
			t.Fatal(err)
		}
		hand, err := lookAfterCrash(dir, p.tips, c.marked)
		if err != nil {
			t.Fatalf("power lost after %d of %d operations, %d acknowledged: %v\n%s", c.at, p.disk.Len(), c.marked, err, c.state)
		}
		if hand {
			byHand++
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if byHand > 0 && !rules.Strict {
		t.Errorf("%d states have a main.lock that nobody can prove to be the store's", byHand)
	}
	t.Logf("%d operations, %d states, %d of them looked at, %d with a lock that only a person can remove", p.disk.Len(), made, len(list), byHand)
}

// lookAfterCrash opens what a crash has left. byHand says that a lock had to be
// removed by hand.
func lookAfterCrash(dir string, tips []git.Hash, acked int) (byHand bool, err error) {
	r, err := git.Open(dir)
	if err != nil {
		return false, err
	}
	defer r.Close()
	tip, err := r.Tip()
	if err != nil {
		return false, err
	}
	// The same tip may stand twice in the list: a concatenation moves nothing.
	last := 0
	for i, h := range tips {
		if h == tip {
			last = i
		}
	}
	if !slices.Contains(tips, tip) || last < acked {
		return false, fmt.Errorf("main is %s, number %d, of %v; %d were acknowledged", tip, last, tips, acked)
	}
	if err := wholeAfterCrash(r); err != nil {
		return false, err
	}
	for ref, rests := range map[string]string{"heads/main": "tmp/ref-*", "stemma/receipts": "receipt-*"} {
		hand, err := removeForeignLock(filepath.Join(dir, "refs", filepath.FromSlash(ref)+".lock"), filepath.Join(dir, "stemma", filepath.FromSlash(rests)))
		if err != nil {
			return byHand, err
		}
		byHand = byHand || hand
	}
	if rests, _ := filepath.Glob(filepath.Join(dir, "stemma", "receipt-*")); len(rests) > 0 {
		// The next writer of receipts clears these away.
		x := git.Receipt{Old: tip, Arrived: tip, At: time.Unix(1600000009, 0)}
		if err := r.AddReceipt(context.Background(), x, signature(), "Receipt: the next"); err != nil {
			return byHand, fmt.Errorf("the next receipt: %w", err)
		}
	}
	if _, err := batch(r, "next.md"); err != nil {
		return byHand, fmt.Errorf("the next record: %w", err)
	}
	if err := noRests(dir); err != nil {
		return byHand, err
	}
	if now, err := r.Tip(); err != nil || now == tip {
		return byHand, fmt.Errorf("the next record left main at %s: %v", now, err)
	}
	return byHand, wholeAfterCrash(r)
}

// wholeAfterCrash lets the store and git check everything.
func wholeAfterCrash(r *git.Repo) error {
	if _, err := r.Check(context.Background(), func(p git.Problem) error { return p }); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if _, err := r.Receipts(); err != nil {
		return fmt.Errorf("receipts: %w", err)
	}
	if tip, err := r.Tip(); err != nil || tip.IsZero() {
		return err // git's own check has nothing to look at
	}
	out, err := gitIn(r.Dir(), "fsck", "--strict", "--full", "--no-progress", "--no-dangling").CombinedOutput()
	if out = bytes.TrimSpace(out); err != nil || len(out) > 0 {
		return fmt.Errorf("git fsck: %v: %s", err, out)
	}
	return nil
}

// removeForeignLock removes a lock that is no second name of a file of ours, as a
// person would after a look at the error.
func removeForeignLock(lock, twins string) (bool, error) {
	info, err := os.Stat(lock)
	if err != nil {
		return false, nil
	}
	refs, err := filepath.Glob(twins)
	if err != nil {
		return false, err
	}
	for _, ref := range refs {
		if other, err := os.Stat(ref); err == nil && os.SameFile(info, other) {
			return false, nil
		}
	}
	return true, os.Remove(lock)
}

// noRests wants no temporary file anywhere in a store.
func noRests(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in := filepath.Base(filepath.Dir(path))
		// A tmp_obj_ file in a folder of loose objects is git's to clear, by its name.
		if in == "tmp" || strings.HasSuffix(path, ".keep") || strings.HasPrefix(d.Name(), "receipt-") ||
			strings.HasSuffix(path, ".lock") && in != "stemma" {
			return fmt.Errorf("%s is left", path)
		}
		if base, ok := strings.CutSuffix(path, ".idx"); ok {
			if _, err := os.Stat(base + ".pack"); err != nil {
				return fmt.Errorf("%s is left without its pack", path)
			}
		}
		return nil
	})
}

// TestPowerFailureOfInit loses power while a store is made: afterwards it is a
// store, or can be made again, after a look at the lock that the error names.
func TestPowerFailureOfInit(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "made", "store")
	if err := os.Mkdir(filepath.Dir(dir), 0o777); err != nil {
		t.Fatal(err)
	}
	disk, err := faultdisk.NewRecorder(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := git.InitOn(disk, dir, git.Config{}); err != nil {
		t.Fatal(err)
	}
	disk.Mark(1)
	r := rand.New(rand.NewPCG(1, 7))
	seen := map[[32]byte]bool{}
	for _, rules := range []faultdisk.Rules{{}, {Strict: true}} {
		for at := range disk.Len() + 1 {
			m := disk.At(at, rules)
			for _, c := range m.Choices(200, r) {
				s := m.After(c)
				if seen[s.Sum()] {
					continue
				}
				seen[s.Sum()] = true
				where := filepath.Join(root, strconv.Itoa(len(seen)))
				if err := s.Write(where); err != nil {
					t.Fatal(err)
				}
				if err := initAgain(filepath.Join(where, "store"), m.Marked > 0); err != nil {
					t.Fatalf("power lost after %d of %d operations: %v\n%s", at, disk.Len(), err, s)
				}
				if err := os.RemoveAll(where); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	t.Logf("%d states", len(seen))
}

func initAgain(dir string, acked bool) error {
	if git.IsStore(dir) {
		r, err := git.Open(dir)
		if err != nil {
			return err
		}
		defer r.Close()
		if out, err := gitIn(dir, "rev-parse", "--git-dir").CombinedOutput(); err != nil {
			return fmt.Errorf("git: %w: %s", err, out)
		}
		_, err = batch(r, "a.md")
		return err
	}
	if acked {
		return errors.New("the store is lost")
	}
	err := git.Init(dir, git.Config{})
	lock := filepath.Join(dir, "config.lock")
	if errors.Is(err, git.ErrExists) && strings.Contains(err.Error(), lock) {
		if err := os.Remove(lock); err != nil {
			return err
		}
		err = git.Init(dir, git.Config{})
	}
	return err
}

func openOn(t *testing.T, disk git.Disk, dir string) *git.Repo {
	t.Helper()
	r, err := git.OpenOn(disk, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}
