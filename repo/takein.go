package repo

import (
	"context"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// takeIn applies a stretch of history.
func (s *Store) takeIn(ctx context.Context, a *applier, next sequence, progress func(done, total int)) error {
	a.lineage = next.lineage
	for i, h := range next.hashes {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := s.readEvent(h)
		if err == nil {
			e.arrived = next.arrived[h]
			if a.check != nil {
				a.check.begin(e)
			}
			err = a.apply(e)
		}
		if err != nil {
			return fmt.Errorf("taking commit %s into the index: %w", h, err)
		}
		if a.check != nil {
			a.check.end(e)
		}
		if progress != nil {
			progress(i+1, len(next.hashes))
		}
	}
	return nil
}

// readEvent reads a commit and what it changed. Of a merge that is every file that
// differs from any parent: on main, a merge may put back what a side branch
// changed, and a file that says what the article's current version does makes none.
func (s *Store) readEvent(h git.Hash) (*event, error) {
	c, err := s.git.Commit(h)
	if err != nil {
		return nil, err
	}
	e := &event{hash: h, commit: c}
	e.message, e.bad = parseMessage(c.Message)
	parents := c.Parents
	if len(parents) == 0 {
		parents = []git.Hash{{}}
	}
	differs := map[string]int{} // from how many parents
	for _, p := range parents {
		var tree git.Hash
		if p != (git.Hash{}) {
			pc, err := s.git.Commit(p)
			if err != nil {
				return nil, err
			}
			tree = pc.Tree
		}
		changes, err := s.git.Diff(tree, c.Tree)
		if err != nil {
			return nil, err
		}
		for _, ch := range changes {
			if differs[ch.Path]++; differs[ch.Path] == 1 {
				e.changes = append(e.changes, ch)
			}
		}
	}
	if len(parents) > 1 {
		sortChanges(e.changes)
		e.inherited = map[string]bool{}
		for p, n := range differs {
			e.inherited[p] = n < len(parents)
		}
	}
	return e, nil
}
