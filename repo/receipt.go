package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// noteArrivals writes the receipt for what plain git brought since this program
// last looked: by a push, from a clock that is somebody else's, or by a commit made
// in the store itself, which looks the same. The first process that meets it says
// when that was, and that is when it was recorded, also when the index is built
// anew. It says as well where main stood before, so that what was recorded here
// goes on to come first, and keeps its numbers.
//
// What this store published itself, and all that lay behind that, was met before:
// a store remembers its last publication. A history that was pushed into an empty
// store is its own past, as a clone's is, and has no receipt.
func (s *Store) noteArrivals(ctx context.Context, tip, covered git.Hash) error {
	if s.scratch != "" {
		return nil // a store that may only be read
	}
	receipts, err := s.git.Receipts()
	if err != nil {
		return err
	}
	base, count, err := s.metBefore(tip, covered, receipts)
	if err != nil || base.IsZero() || count == 0 {
		return err
	}
	at := s.now().UTC().Truncate(time.Second)
	last, err := s.git.Commit(base)
	if err != nil {
		return err
	}
	if t := last.Committer.When; t.After(at) && t.Sub(at) < 24*time.Hour {
		at = t.UTC() // as newWriter does for a clock that was put back
	}
	who := git.Signature{Name: nobody.Name, Email: nobody.Email}
	err = s.git.AddReceipt(ctx, git.Receipt{Old: base, Arrived: tip, Count: count, At: at}, who,
		fmt.Sprintf("Receipt: %d commits by plain git", count))
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return nil // who may only read leaves it to the first that may write
	}
	return err
}

// metBefore finds the last commit behind tip that this program has met, and counts
// those that came since; zero where nothing is known of any.
func (s *Store) metBefore(tip, covered git.Hash, receipts []git.Receipt) (base git.Hash, count int, err error) {
	own, known, err := s.git.Published()
	if err != nil || !known {
		// A store from before publications were remembered: what it made itself can't
		// be told from what came.
		return s.mergedBefore(tip, covered, receipts, err)
	}
	met := map[git.Hash]bool{covered: true}
	for _, h := range own {
		met[h] = true
	}
	for _, r := range receipts {
		met[r.Old], met[r.Arrived] = true, met[r.Arrived] || r.Count > 0
	}
	delete(met, git.Hash{})
	if base, count, found, err := s.git.Behind(tip, met); err != nil || found {
		return base, count, err
	}
	// There is a merge on the way.
	for _, h := range slices.Concat([]git.Hash{covered}, own) {
		if h.IsZero() {
			continue
		}
		ahead, err := s.git.IsAncestor(base, h)
		if err == nil && ahead {
			ahead, err = s.git.IsAncestor(h, tip)
		}
		if err != nil {
			return base, 0, err
		}
		if ahead {
			base = h
		}
	}
	if base.IsZero() {
		return base, 0, nil
	}
	log, err := s.git.Log(tip, base)
	return base, len(log), err
}

// mergedBefore is metBefore for such a store: only where a merge came must be known
// what main was before.
func (s *Store) mergedBefore(tip, covered git.Hash, receipts []git.Receipt, err error) (git.Hash, int, error) {
	if err != nil || covered.IsZero() || slices.ContainsFunc(receipts, func(r git.Receipt) bool { return r.Old == covered }) {
		return git.Hash{}, 0, err
	}
	if _, straight, err := s.git.Line(tip, covered); err != nil || straight {
		return git.Hash{}, 0, err
	}
	log, err := s.git.Log(tip, covered)
	return covered, len(log), err
}
