package git

import (
	"fmt"
	"io"
)

// named is an object that is to be sent.
type named struct {
	hash Hash
	kind kind
}

// newObjects lists what a repository lacks that has everything behind until and is
// to get tip: the commits between, oldest first, and of each the folders and files
// that its first parent doesn't have. Every object listed is there; an error names
// the first that is missing (ErrNotFound). Submodules' commits are not the
// repository's own.
func (r *Repo) newObjects(tip, until Hash) ([]named, error) {
	l := &objectLister{repo: r, seen: map[Hash]bool{}}
	err := l.commits(tip, until)
	return l.out, err
}

// complete reports by nil that a commit and all that lies behind it is here, if all
// behind main is.
func (r *Repo) complete(want, main Hash) error {
	return (&objectLister{repo: r}).commits(want, main)
}

// objectLister goes through objects. With seen it lists each once; without it only
// looks whether they are there, and a folder that several commits have may be looked
// through more than once.
type objectLister struct {
	repo *Repo
	seen map[Hash]bool
	out  []named
}

func (l *objectLister) add(h Hash, k kind) {
	if l.seen != nil {
		l.seen[h] = true
		l.out = append(l.out, named{h, k})
	}
}

func (l *objectLister) commits(tip, until Hash) error {
	r := l.repo
	commits, err := r.Log(tip, until)
	if err != nil {
		return err
	}
	for _, h := range commits {
		tree, parents, err := r.links(h)
		if err != nil {
			return err
		}
		var before Hash
		if len(parents) > 0 {
			if before, _, err = r.links(parents[0]); err != nil {
				return err
			}
		}
		l.add(h, kindCommit)
		if err := l.tree(tree, before, 0); err != nil {
			return err
		}
	}
	return nil
}

// tree lists a folder and what is in it, save what stands in the folder before
// under the same name.
func (l *objectLister) tree(h, before Hash, depth int) error {
	if h == before || l.seen[h] {
		return nil
	}
	if depth > maxDirDepth {
		return corruptObject(h, fmt.Errorf("folders lie more than %d deep in each other", maxDirDepth))
	}
	raw, err := l.repo.objects.typed(h, kindTree)
	if err != nil {
		return err
	}
	l.add(h, kindTree)
	old, err := l.repo.objects.tree(before)
	if err != nil {
		return err
	}
	var was rawEntry // the row of before that may be of the same name
	for len(raw) > 0 {
		var e rawEntry
		if e, raw, err = nextEntry(raw); err != nil {
			return corruptObject(h, err)
		}
		for len(old) > 0 && (was.name == nil || compareRaw(was, e) < 0) {
			if was, old, err = nextEntry(old); err != nil {
				was, old, err = rawEntry{}, nil, nil // not to be read: what it held is sent
			}
		}
		var same rawEntry
		if was.name != nil && compareRaw(was, e) == 0 {
			same = was
		}
		row := e.entry()
		switch {
		case row.IsTree():
			err = l.tree(row.Hash, same.hash, depth+1)
		case row.isBlob() && row.Hash != same.hash && !l.seen[row.Hash]:
			if err = l.repo.storer().HasEncodedObject([20]byte(row.Hash)); err == nil {
				l.add(row.Hash, kindBlob)
			} else {
				_, err = l.repo.objects.typed(row.Hash, kindBlob) // to name it
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sendPack writes a pack of objects, whole ones, as they are read.
func (r *Repo) sendPack(to io.Writer, list []named) error {
	w, err := newPackStream(to, len(list))
	if err != nil {
		return err
	}
	for _, n := range list {
		data, err := r.objects.typed(n.hash, n.kind)
		if err != nil {
			return err
		}
		if err := w.add(object{n.kind, data}); err != nil {
			return err
		}
	}
	return w.end()
}
