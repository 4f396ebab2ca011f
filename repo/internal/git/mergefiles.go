package git

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DiffEntries gives all that differs between two trees: as Diff does, and changes of
// mode alone (Old and New are equal then) and submodules too. A merge may lose none
// of these.
func (r *Repo) DiffEntries(oldTree, newTree Hash) ([]FileChange, error) {
	d := entryDiff{repo: r}
	err := d.trees("", oldTree, newTree, 0)
	return d.changes, err
}

type entryDiff struct {
	repo    *Repo
	changes []FileChange
}

func (d *entryDiff) trees(prefix string, oldTree, newTree Hash, depth int) error {
	if oldTree == newTree {
		return nil
	}
	if depth > maxDirDepth {
		return fmt.Errorf("%w: folders lie more than %d deep in each other at %s", ErrCorrupt, maxDirDepth, clip(prefix))
	}
	before, err := d.repo.Tree(oldTree)
	if err != nil {
		return err
	}
	after, err := d.repo.Tree(newTree)
	if err != nil {
		return err
	}
	rows := map[string][2]Entry{}
	for i, side := range [][]Entry{before, after} {
		for _, e := range side {
			pair := rows[e.Name]
			pair[i] = e
			rows[e.Name] = pair
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		if err := d.rows(prefix+name, rows[name][0], rows[name][1], depth); err != nil {
			return err
		}
	}
	return nil
}

// rows compares two rows of one name. Where one is a folder and the other a file,
// each of the folder's files came or went.
func (d *entryDiff) rows(path string, a, b Entry, depth int) error {
	var before, after Hash
	if a.IsTree() {
		before, a = a.Hash, Entry{}
	}
	if b.IsTree() {
		after, b = b.Hash, Entry{}
	}
	if a.Hash != b.Hash || a.Mode != b.Mode {
		d.changes = append(d.changes, FileChange{Path: path, Old: a.Hash, New: b.Hash, OldMode: a.Mode, NewMode: b.Mode})
	}
	return d.trees(path+"/", before, after, depth+1)
}

// Entry gives the row of a file, link or submodule at a path; the zero Entry where
// there is none, or a folder.
func (r *Repo) Entry(tree Hash, path string) (Entry, error) {
	for rest := path; ; {
		name, after, deeper := strings.Cut(rest, "/")
		raw, err := r.objects.tree(tree)
		if err != nil {
			return Entry{}, err
		}
		row, err := findRaw(tree, raw, name)
		if errors.Is(err, ErrNotFound) {
			return Entry{}, nil
		}
		if err != nil {
			return Entry{}, err
		}
		e := row.entry()
		switch {
		case deeper && e.IsTree():
			tree, rest = e.Hash, after
		case !deeper && !e.IsTree():
			return e, nil
		default:
			return Entry{}, nil
		}
	}
}

// put makes files, links and submodules what they are to be, each with its mode; a
// zero mode is that of a plain file, and a zero Entry removes.
func (b *Batch) put(entries map[string]Entry) error {
	gone := map[string]Hash{}
	for path, e := range entries {
		if e.Hash.IsZero() {
			gone[path] = Hash{}
		}
	}
	if err := b.apply(gone); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(entries)) {
		e := entries[path]
		if e.Hash.IsZero() {
			continue
		}
		e.Mode = cmp.Or(e.Mode, ModeFile)
		err := checkPath(path)
		if err == nil && e.Mode != ModeSubmodule { // whose commit lies elsewhere
			err = b.checkChange(path, e.Hash)
		}
		if err == nil {
			err = b.putRow(b.root, path, e)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", clip(path), err)
		}
	}
	return nil
}

func (b *Batch) putRow(n *node, path string, e Entry) error {
	name, rest, deeper := strings.Cut(path, "/")
	if deeper {
		_, kid, err := b.folder(n, name)
		if err != nil {
			return err
		}
		n.changed = true
		return b.putRow(kid, rest, e)
	}
	i, found := n.find(name, false)
	if found {
		if _, _, isTree := n.row(i); isTree {
			return errFolderInWay
		}
		n.remove(i)
	}
	n.insert(i, name, e.Mode, e.Hash, nil)
	return nil
}
