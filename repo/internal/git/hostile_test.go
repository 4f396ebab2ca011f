package git

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostileStores are small stores, and the files of each that are damaged, by
// patterns.
var hostileStores = []struct {
	name  string
	make  func(t *testing.T, r *Repo)
	files []string
}{
	{"packs of the store", func(*testing.T, *Repo) {}, []string{"objects/pack/*.pack", "objects/pack/*.idx", "refs/heads/main", "config"}},
	{"a pack of git's, with deltas", func(t *testing.T, r *Repo) {
		runGit(t, r.Dir(), "repack", "-adf", "--depth=50")
		runGit(t, r.Dir(), "pack-refs", "--all")
	}, []string{"objects/pack/*.pack", "objects/pack/*.idx", "packed-refs"}},
	{"loose objects", func(t *testing.T, r *Repo) { unpackAll(t, r) }, []string{"objects/??/*"}},
	{"multi-pack-index and bitmaps", func(t *testing.T, r *Repo) {
		runGit(t, r.Dir(), "repack", "-adb")
		runGit(t, r.Dir(), "multi-pack-index", "write")
		runGit(t, r.Dir(), "commit-graph", "write", "--reachable")
	}, []string{"objects/pack/multi-pack-index*", "objects/pack/*.bitmap", "objects/info/commit-graph"}},
	{"receipts", func(t *testing.T, r *Repo) {
		tip, err := r.Tip()
		if err != nil {
			t.Fatal(err)
		}
		if err := r.AddReceipt(t.Context(), Receipt{Old: tip, Arrived: tip, At: time.Unix(1600000000, 0)}, someone(1600000000), "Receipt: a test"); err != nil {
			t.Fatal(err)
		}
	}, []string{"refs/stemma/receipts", "objects/??/*"}},
	{"borrowed objects", func(t *testing.T, r *Repo) {
		other := filepath.Join(t.TempDir(), "lender")
		if err := os.CopyFS(other, os.DirFS(filepath.Join(r.Dir(), "objects"))); err != nil {
			t.Fatal(err)
		}
		for _, p := range packFiles(t, r) {
			if err := removePack(SystemDisk{}, strings.TrimSuffix(p, ".pack")); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(r.Dir(), "objects/info/alternates"), other+"\n")
	}, []string{"objects/info/alternates"}},
}

// hostileBytes bounds what reading such a store may allocate.
const hostileBytes = 64 << 20

// TestHostileBytes cuts each file of a small store short at every byte, and flips
// every bit of it; some by chance in the short form. The store gives the answers that it gave before, or an
// error that names the file or the object; it never panics, goes on for ever, or
// allocates what a damaged length asks for.
func TestHostileBytes(t *testing.T) {
	for i, h := range hostileStores {
		t.Run(h.name, func(t *testing.T) {
			r := newStore(t)
			for _, text := range []string{"a\n", "a\nb\n", "a\nb\nc\n"} {
				mustRecord(t, r, map[string]string{"x/y.md": strings.Repeat(text, 30), "z": text})
			}
			h.make(t, r)
			var files []string
			for _, pattern := range h.files {
				found, err := filepath.Glob(filepath.Join(r.Dir(), filepath.FromSlash(pattern)))
				if err != nil || len(found) == 0 {
					t.Fatalf("%s: %v, %v", pattern, found, err)
				}
				files = append(files, found...)
			}
			v := &vandal{t: t, dir: r.Dir(), rng: rand.New(rand.NewPCG(uint64(i), 19))}
			var err error
			if v.want, err = answers(v.dir); err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				v.damage(file)
			}
			if again, err := answers(v.dir); err != nil || again != v.want {
				t.Fatalf("the mended store: %v", err)
			}
			t.Logf("%d files, %d damages: %d refused, %d harmless", len(files), v.refused+v.harmless, v.refused, v.harmless)
		})
	}
}

// vandal damages the files of a store, and mends them.
type vandal struct {
	t                 *testing.T
	dir               string
	want              [32]byte // the answers of the store while it was whole
	rng               *rand.Rand
	refused, harmless int
}

func (v *vandal) damage(file string) {
	v.t.Helper()
	whole, err := os.ReadFile(file)
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		v.t.Fatal(err)
	}
	for cut := range len(whole) {
		if v.passes(cut) {
			continue
		}
		v.try(file, fmt.Sprintf("cut at %d", cut), whole[:cut])
	}
	for at := range whole {
		if v.passes(at) {
			continue
		}
		for bit := range 8 {
			if everyByte() || bit == v.rng.IntN(8) {
				bad := slices.Clone(whole)
				bad[at] ^= 1 << bit
				v.try(file, fmt.Sprintf("bit %d of byte %d", bit, at), bad)
			}
		}
	}
	v.try(file, "much more than it was", append(slices.Clone(whole), bytes.Repeat([]byte{0xff}, 1<<16)...))
	if err := os.WriteFile(file, whole, 0o666); err != nil {
		v.t.Fatal(err)
	}
}

// passes reports whether the short form leaves a byte out.
func (v *vandal) passes(at int) bool {
	return !everyByte() && (at > 32 || v.rng.IntN(3) > 0) && v.rng.IntN(30) > 0
}

// everyByte reports whether the long form is asked for.
func everyByte() bool { return os.Getenv("STEMMA_FAULTS") == "all" }

// placed is what an error says of where the damage is, beside the file's name.
var placed = regexp.MustCompile(`[0-9a-f]{40}|config|refs/heads/main|alternates`)

func (v *vandal) try(file, how string, bad []byte) {
	v.t.Helper()
	if err := os.WriteFile(file, bad, 0o666); err != nil {
		v.t.Fatal(err)
	}
	what := filepath.Base(file) + ", " + how
	watch := time.AfterFunc(2*time.Minute, func() { panic(what + ": still being read after two minutes") })
	defer watch.Stop()
	before := allocated()
	got, err := answers(v.dir)
	found, checkErr := problems(v.t, v.dir)
	if took := allocated() - before; took > hostileBytes {
		v.t.Errorf("%s: %d bytes were allocated", what, took)
	}
	switch {
	case err == nil && got != v.want:
		v.t.Errorf("%s: other answers, and no error", what)
	case err == nil:
		v.harmless++
	case checkErr == nil && len(found) == 0:
		v.t.Errorf("%s: reading says %v, and Check finds nothing", what, err)
	case !strings.Contains(err.Error(), filepath.Base(file)) && !placed.MatchString(err.Error()):
		v.t.Errorf("%s: the error names no file and no object: %v", what, err)
	default:
		v.refused++
	}
	for _, p := range found {
		if text := p.Error(); text == "" || strings.Contains(text, "%!") {
			v.t.Errorf("%s: a problem without words: %+v", what, p)
		}
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// answers is a sum over everything that a store says.
func answers(dir string) (sum [32]byte, err error) {
	r, err := Open(dir)
	if err != nil {
		return sum, err
	}
	defer r.Close()
	out := sha256.New()
	tip, err := r.Tip()
	if err != nil {
		return sum, err
	}
	log, err := r.Log(tip, Hash{})
	if err != nil {
		return sum, err
	}
	for _, h := range log {
		c, err := r.Commit(h)
		if err != nil {
			return sum, err
		}
		changes, err := r.Diff(Hash{}, c.Tree)
		if err != nil {
			return sum, err
		}
		fmt.Fprintf(out, "%s %+v\n", h, c)
		for _, ch := range changes {
			data, err := r.Blob(ch.New)
			if err != nil {
				return sum, err
			}
			fmt.Fprintf(out, "%q %q\n", ch.Path, data)
		}
	}
	receipts, err := r.Receipts()
	if err != nil {
		return sum, err
	}
	fmt.Fprintf(out, "%+v", receipts)
	return [32]byte(out.Sum(nil)), nil
}
