package git

import (
	"fmt"
	"strings"
)

// walker goes through history to tell which commits and files need what is missing
// or damaged: that costs several times what Check does while all is well.
type walker struct {
	*checker
	report func(Problem) error
	seen   map[Hash]bool
	told   map[Hash]bool
}

// walk reports every object that the tips lead to and that can't be read, with the
// commit that needs it first; then the other damage.
func (c *checker) walk(tips []Hash, report func(Problem) error) error {
	w := &walker{checker: c, seen: map[Hash]bool{}, told: map[Hash]bool{}}
	w.report = func(p Problem) error {
		w.told[p.Object] = true
		return report(p)
	}
	for _, tip := range tips {
		commits, err := w.commits(tip)
		if err != nil {
			return err
		}
		for _, h := range commits {
			if err := w.commit(h); err != nil {
				return err
			}
		}
	}
	return c.rest(w.told, report)
}

// commits lists what can be reached from tip, parents first, over the gaps
// that damaged commits leave.
func (w *walker) commits(tip Hash) ([]Hash, error) {
	if w.seen[tip] {
		return nil, nil
	}
	var out []Hash
	type frame struct {
		hash    Hash
		parents []Hash
	}
	var stack []frame
	push := func(h, child Hash) error {
		w.seen[h] = true
		_, parents, err := w.repo.links(h)
		if err != nil {
			return w.report(Problem{Commit: child, Object: h, Err: err})
		}
		stack = append(stack, frame{h, parents})
		return nil
	}
	if err := push(tip, tip); err != nil {
		return nil, err
	}
	for len(stack) > 0 {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		top := &stack[len(stack)-1]
		if len(top.parents) == 0 {
			out = append(out, top.hash)
			stack = stack[:len(stack)-1]
			continue
		}
		next := top.parents[0]
		top.parents = top.parents[1:]
		if !w.seen[next] {
			if err := push(next, top.hash); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (w *walker) commit(h Hash) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	commit, err := w.repo.Commit(h)
	if err != nil {
		return w.report(Problem{Commit: h, Object: h, Err: err})
	}
	return w.tree(h, "", commit.Tree, 0)
}

// tree checks a folder and all below it that was not seen before. It reads
// past the caches: what lies on disk is what counts.
func (w *walker) tree(commit Hash, path string, h Hash, depth int) error {
	if w.seen[h] {
		return nil
	}
	w.seen[h] = true
	problem := func(object Hash, path string, err error) error {
		return w.report(Problem{Commit: commit, Path: strings.TrimSuffix(path, "/"), Object: object, Err: err})
	}
	if depth > maxDirDepth {
		return problem(h, path, fmt.Errorf("%w: folders lie more than %d deep in each other", ErrCorrupt, maxDirDepth))
	}
	raw, err := w.repo.objects.typed(h, kindTree)
	if err != nil {
		return problem(h, path, err)
	}
	var last rawEntry
	for len(raw) > 0 {
		e, rest, err := nextEntry(raw)
		if err != nil {
			return problem(h, path, corruptObject(h, err))
		}
		if orderErr := checkNeighbours(last, e); orderErr != nil {
			err = problem(h, path, corruptObject(h, orderErr))
		}
		if err == nil {
			err = w.row(commit, path+string(e.name), e, depth)
		}
		if err != nil {
			return err
		}
		last, raw = e, rest
	}
	return nil
}

// row checks what a row of a tree names.
func (w *walker) row(commit Hash, path string, e rawEntry, depth int) error {
	switch row := (Entry{Mode: e.mode}); {
	case row.IsTree():
		return w.tree(commit, path+"/", e.hash, depth+1)
	case row.isBlob() && !w.seen[e.hash]:
		w.seen[e.hash] = true
		if _, err := w.repo.objects.typed(e.hash, kindBlob); err != nil {
			return w.report(Problem{Commit: commit, Path: path, Object: e.hash, Err: err})
		}
	}
	return nil
}
