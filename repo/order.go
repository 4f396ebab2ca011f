package repo

import (
	"slices"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// ordered gives the commits behind tip that covered does not have, in the order of
// recording. fits is false where that order doesn't begin with what covered
// covers: then it is the order of everything, and all must be taken in anew.
//
// Without a merge the order is that of the parents. A merge leaves it open which
// side came first, and its first parent doesn't tell: who pulls into a clone and
// pushes makes the store's own line the second one. But a sealed version was made
// on top of everything that main held, so what lies behind it comes before all
// else, and its number and its seal stay what they were.
func (s *Store) ordered(tip, covered git.Hash) (hashes []git.Hash, fits bool, err error) {
	line, ok, err := s.git.Line(tip, covered)
	if err != nil || ok {
		return line, true, err
	}
	all, err := s.orderOfAll(tip)
	if err != nil || covered.IsZero() {
		return all, true, err
	}
	behind, err := s.git.Log(covered, git.Hash{})
	if err != nil {
		return nil, false, err
	}
	if i := slices.Index(all, covered); i+1 == len(behind) {
		return all[i+1:], true, nil
	}
	return all, false, nil
}

// orderOfAll orders a whole history that has merges: for each sealed commit what
// lies behind it and is not listed yet, then the commit; at last the rest.
func (s *Store) orderOfAll(tip git.Hash) ([]git.Hash, error) {
	log, err := s.git.Log(tip, git.Hash{})
	if err != nil {
		return nil, err
	}
	parents := make(map[git.Hash][]git.Hash, len(log))
	var heads []git.Hash
	for _, h := range log {
		c, err := s.git.Commit(h)
		if err != nil {
			return nil, err
		}
		parents[h] = c.Parents
		if m, err := parseMessage(c.Message); err == nil && m.sealed {
			heads = append(heads, h)
		}
	}
	out := make([]git.Hash, 0, len(log))
	listed := make(map[git.Hash]bool, len(log))
	for _, h := range append(heads, tip) {
		for stack := []git.Hash{h}; len(stack) > 0; {
			top := stack[len(stack)-1]
			i := slices.IndexFunc(parents[top], func(p git.Hash) bool { return !listed[p] })
			if i >= 0 {
				stack = append(stack, parents[top][i])
				continue
			}
			stack = stack[:len(stack)-1]
			if !listed[top] {
				listed[top] = true
				out = append(out, top)
			}
		}
	}
	return out, nil
}
