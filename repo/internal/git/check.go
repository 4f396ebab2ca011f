package git

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Problem is one thing that is wrong with a store.
type Problem struct {
	File   string // the damaged file, where the problem is one of a file
	Commit Hash   // the first commit that needs the object, in the order of Log
	Path   string // the file's path in that commit, where it is one's content
	Object Hash   // the object that is missing or damaged
	Err    error
}

func (p Problem) Error() string {
	where := p.File
	if where == "" {
		where = "commit " + p.Commit.String()
		if p.Path != "" {
			where += ", file " + clip(p.Path)
		}
	}
	return where + ": " + p.Err.Error()
}

// CheckStats says what Check has looked at.
type CheckStats struct{ Packs, Commits, Trees, Blobs int }

// Check reads every pack whole and every object that main leads to, and hashes
// each again. What is wrong goes to report, one call each; an error from
// report ends the check. The error returned is one that kept the check from
// being done, such as a main that can't be read.
func (r *Repo) Check(ctx context.Context, report func(Problem) error) (CheckStats, error) {
	c := &checker{repo: r, ctx: ctx, report: report, seen: map[Hash]bool{}}
	if err := c.packs(); err != nil {
		return c.stats, err
	}
	tip, err := r.Tip()
	if err != nil {
		return c.stats, err
	}
	commits, err := c.commits(tip)
	if err != nil {
		return c.stats, err
	}
	for _, h := range commits {
		if err := c.commit(h); err != nil {
			return c.stats, err
		}
	}
	return c.stats, nil
}

type checker struct {
	repo   *Repo
	ctx    context.Context
	report func(Problem) error
	seen   map[Hash]bool
	stats  CheckStats
}

// packs checks the checksums of all packs and indexes: damage to an object
// that has a second, good copy shows only here.
func (c *checker) packs() error {
	o := c.repo.objects
	if _, err := o.rescan(); err != nil {
		return err
	}
	o.mu.RLock()
	list := o.packs
	o.mu.RUnlock()
	for _, p := range list {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		err := c.pack(p)
		if vanished(err) {
			continue // repacked meanwhile
		}
		c.stats.Packs++
		if err != nil {
			if err := c.report(Problem{File: p.path(), Err: err}); err != nil {
				return err
			}
		}
	}
	return nil
}

// pack reads a pack through files of its own, so that writers beside it need
// not wait.
func (c *checker) pack(p *pack) (err error) {
	defer catchFaults(&err)()
	x, err := openIndex(p.base + ".idx")
	if err != nil {
		return err
	}
	defer x.close()
	if err := x.check(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrCorrupt, filepath.Base(p.base)+".idx", err)
	}
	v, err := openView(p.path())
	if err != nil {
		return err
	}
	defer v.close()
	if err := checkPackEnds(v, x); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	d := sha1.New()
	if _, err := io.CopyN(d, v.from(0), v.size-packTail); err != nil {
		return err
	}
	if Hash(d.Sum(nil)) != x.packSum() {
		return fmt.Errorf("%w: the pack does not match its checksum", ErrCorrupt)
	}
	return nil
}

// commits lists what can be reached from tip, parents first, over the gaps
// that damaged commits leave.
func (c *checker) commits(tip Hash) ([]Hash, error) {
	if tip.IsZero() {
		return nil, nil
	}
	var out []Hash
	type frame struct {
		hash    Hash
		parents []Hash
	}
	var stack []frame
	push := func(h, child Hash) error {
		c.seen[h] = true
		_, parents, err := c.repo.links(h)
		if err != nil {
			return c.report(Problem{Commit: child, Object: h, Err: err})
		}
		stack = append(stack, frame{h, parents})
		return nil
	}
	if err := push(tip, tip); err != nil {
		return nil, err
	}
	for len(stack) > 0 {
		if err := c.ctx.Err(); err != nil {
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
		if !c.seen[next] {
			if err := push(next, top.hash); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (c *checker) commit(h Hash) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	commit, err := c.repo.Commit(h)
	if err != nil {
		return c.report(Problem{Commit: h, Object: h, Err: err})
	}
	c.stats.Commits++
	return c.tree(h, "", commit.Tree, 0)
}

// tree checks a folder and all below it that was not seen before. It reads
// past the caches: what lies on disk is what counts.
func (c *checker) tree(commit Hash, path string, h Hash, depth int) error {
	if c.seen[h] {
		return nil
	}
	c.seen[h] = true
	problem := func(object Hash, path string, err error) error {
		return c.report(Problem{Commit: commit, Path: strings.TrimSuffix(path, "/"), Object: object, Err: err})
	}
	if depth > maxDirDepth {
		return problem(h, path, fmt.Errorf("%w: folders lie more than %d deep in each other", ErrCorrupt, maxDirDepth))
	}
	raw, err := c.repo.objects.typed(h, kindTree)
	if err != nil {
		return problem(h, path, err)
	}
	c.stats.Trees++
	entries, err := decodeTree(h, raw)
	if err != nil {
		return problem(h, path, err)
	}
	if err := checkOrder(entries); err != nil {
		if err := problem(h, path, corruptObject(h, err)); err != nil {
			return err
		}
	}
	for _, e := range entries {
		switch {
		case e.IsTree():
			err = c.tree(commit, path+e.Name+"/", e.Hash, depth+1)
		case e.isBlob() && !c.seen[e.Hash]:
			c.seen[e.Hash] = true
			c.stats.Blobs++
			if _, readErr := c.repo.objects.typed(e.Hash, kindBlob); readErr != nil {
				err = problem(e.Hash, path+e.Name, readErr)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkOrder refuses rows out of git's order: look-ups and comparisons of
// trees would miss files.
func checkOrder(entries []Entry) error {
	for i := 1; i < len(entries); i++ {
		a, b := entries[i-1], entries[i]
		if compareRows(a.Name, a.IsTree(), b.Name, b.IsTree()) >= 0 || a.Name == b.Name {
			return errors.New("the rows of the tree are out of order at " + clip(b.Name))
		}
	}
	return nil
}
