package repo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// TestDamage flips single bytes in what git keeps on disk: packs, their indexes,
// loose objects. Each is reported as damage, and nothing panics.
func TestDamage(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	r := rand.New(rand.NewPCG(1, 2))
	for _, sort := range []string{"pack/*.pack", "pack/*.idx", "??/*"} {
		for n := range 40 {
			dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
			if err := copyStore(v.dir, dir); err != nil {
				t.Fatal(err)
			}
			objects := filepath.Join(dir, "objects")
			if sort == "??/*" {
				if err := os.RemoveAll(filepath.Join(objects, "pack")); err != nil {
					t.Fatal(err)
				}
				f := &forger{objects, map[git.Hash]bool{}}
				if _, err := f.write(v.steps); err != nil {
					t.Fatal(err)
				}
				if err := os.MkdirAll(filepath.Join(objects, "pack"), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			files, err := filepath.Glob(filepath.Join(objects, sort))
			if err != nil || len(files) == 0 {
				t.Fatal(sort, files, err)
			}
			path := files[r.IntN(len(files))]
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at, bit := r.IntN(len(data)), byte(1)<<r.IntN(8)
			if sort == "??/*" && at == 2 {
				bit &= 7 // the other bits of this byte mean nothing to deflate
				bit = max(bit, 1)
			}
			data[at] ^= bit
			if err := os.Remove(path); err != nil { // shared with the victim
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if n%2 == 0 {
				if err := dropIndex(dir); err != nil {
					t.Fatal(err)
				}
			}
			if err := verifyDamaged(dir); err != nil {
				t.Errorf("byte %d of %s ^ %#x: %v", at, path, bit, err)
			}
		}
	}
}

// verifyDamaged wants that the damage is told, by a finding or by an error.
func verifyDamaged(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return nil // it says so
	}
	defer s.Close()
	report, err := s.Verify(context.Background(), VerifyOptions{})
	switch {
	case err != nil:
		return nil
	case len(report.Findings) == 0:
		return fmt.Errorf("verify found nothing wrong in %d objects", report.Objects)
	}
	return nil
}
