package git

import (
	"bytes"
	"fmt"
)

// FileChange is one file that two trees don't share. Path has slashes; a zero
// Old means that the file was added, a zero New that it was removed. A mode
// tells a file from a symbolic link; it is 0 where its Hash is zero.
type FileChange struct {
	Path             string
	Old, New         Hash
	OldMode, NewMode uint32
}

// maxDirDepth bounds how deep folders may lie in each other. The store's own
// are 8 at most; what comes by a push may be anything.
const maxDirDepth = 200

// Diff returns the files that differ between two trees, in the order of their
// paths in git's trees. Equal parts are not read. Changes of mode alone and
// submodules are left out. The zero Hash is the empty tree.
func (r *Repo) Diff(oldTree, newTree Hash) ([]FileChange, error) {
	d := treeDiff{tree: r.objects.tree}
	err := d.trees("", oldTree, newTree, 0)
	return d.changes, err
}

type treeDiff struct {
	tree    func(Hash) ([]byte, error)
	changes []FileChange
}

func (d *treeDiff) trees(prefix string, oldTree, newTree Hash, depth int) error {
	if oldTree == newTree {
		return nil
	}
	if depth > maxDirDepth {
		return fmt.Errorf("%w: folders lie more than %d deep in each other at %s", ErrCorrupt, maxDirDepth, clip(prefix))
	}
	before, err := d.tree(oldTree)
	if err != nil {
		return err
	}
	after, err := d.tree(newTree)
	if err != nil {
		return err
	}
	var a, b rawEntry
	before, after = skipSame(before, after)
	for len(before) > 0 || len(after) > 0 || a.name != nil || b.name != nil {
		if a.name == nil && len(before) > 0 {
			if a, before, err = nextEntry(before); err != nil {
				return corruptObject(oldTree, err)
			}
		}
		if b.name == nil && len(after) > 0 {
			if b, after, err = nextEntry(after); err != nil {
				return corruptObject(newTree, err)
			}
		}
		c := compareRaw(a, b)
		var left, right rawEntry
		if c <= 0 {
			left, a = a, rawEntry{}
		}
		if c >= 0 {
			right, b = b, rawEntry{}
		}
		if err := d.rows(prefix, left, right, depth); err != nil {
			return err
		}
		if a.name == nil && b.name == nil {
			before, after = skipSame(before, after)
		}
	}
	return nil
}

// skipSame cuts the rows off that both trees begin with: of two neighbours in a
// history, nearly all.
func skipSame(before, after []byte) (restBefore, restAfter []byte) {
	for {
		n := bytes.IndexByte(before, 0) + 1 + len(Hash{})
		if n <= len(Hash{}) || n > len(before) || n > len(after) || !bytes.Equal(before[:n], after[:n]) {
			return before, after
		}
		before, after = before[n:], after[n:]
	}
}

// compareRaw orders rows as git does, byte by byte, a tree's name as if it ended in
// a slash; a row without a name comes last.
func compareRaw(a, b rawEntry) int {
	switch {
	case a.name == nil:
		return 1
	case b.name == nil:
		return -1
	}
	n := min(len(a.name), len(b.name))
	if c := bytes.Compare(a.name[:n], b.name[:n]); c != 0 {
		return c
	}
	return int(a.byteAt(n)) - int(b.byteAt(n))
}

// byteAt gives a byte of the name as it counts for the order.
func (e rawEntry) byteAt(at int) byte {
	switch {
	case at < len(e.name):
		return e.name[at]
	case e.mode&modeKind == ModeTree:
		return '/'
	}
	return 0
}

// rows compares two rows of one name and sort, either of which may be absent.
func (d *treeDiff) rows(prefix string, a, b rawEntry, depth int) error {
	if a.hash == b.hash {
		return nil
	}
	name := a.name
	if name == nil {
		name = b.name
	}
	path := prefix + string(name)
	before, after := Entry{Mode: a.mode, Hash: a.hash}, Entry{Mode: b.mode, Hash: b.hash}
	if before.IsTree() || after.IsTree() {
		return d.trees(path+"/", before.Hash, after.Hash, depth+1)
	}
	change := FileChange{Path: path}
	if before.isBlob() {
		change.Old, change.OldMode = before.Hash, before.Mode
	}
	if after.isBlob() {
		change.New, change.NewMode = after.Hash, after.Mode
	}
	if change.Old != change.New {
		d.changes = append(d.changes, change)
	}
	return nil
}
