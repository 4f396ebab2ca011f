package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	gitstorer "github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage"
)

func goRef(name string, v refValue) *plumbing.Reference {
	if v.target != "" {
		return plumbing.NewSymbolicReference(plumbing.ReferenceName(name), plumbing.ReferenceName(v.target))
	}
	return plumbing.NewHashReference(plumbing.ReferenceName(name), plumbing.Hash(v.hash))
}

func refValueOf(ref *plumbing.Reference) (refValue, error) {
	switch ref.Type() {
	case plumbing.SymbolicReference:
		return refValue{target: ref.Target().String()}, checkRefName(ref.Target().String())
	case plumbing.HashReference:
		return refValue{hash: Hash(ref.Hash())}, nil
	}
	return refValue{}, fmt.Errorf("the ref %s says nothing", clip(ref.Name().String()))
}

// Reference gives one ref, or plumbing.ErrReferenceNotFound. A ref that is empty or
// malformed is damage, not a ref that isn't there.
func (s *storer) Reference(name plumbing.ReferenceName) (*plumbing.Reference, error) {
	v, found, err := s.repo.ref(name.String())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, plumbing.ErrReferenceNotFound
	}
	return goRef(name.String(), v), nil
}

// IterReferences goes through all refs below refs/, loose or packed, by name; HEAD
// is not among them, as in git for-each-ref.
func (s *storer) IterReferences() (gitstorer.ReferenceIter, error) {
	all, err := s.repo.refs()
	if err != nil {
		return nil, err
	}
	var list []*plumbing.Reference
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, goRef(name, all[name]))
	}
	return gitstorer.NewReferenceSliceIter(list), nil
}

// SetReference makes a ref say what it is told to, whatever it says now. Only main
// is held to what holds for a push: it moves forward, or not at all.
func (s *storer) SetReference(ref *plumbing.Reference) error { return s.CheckAndSetReference(ref, nil) }

// CheckAndSetReference moves a ref under git's lock of it, if it says still what old
// does; else the error is storage.ErrReferenceHasChanged and nothing happens. A nil
// old asks for no comparison, as everywhere in go-git; one with the zero hash asks
// that there be no such ref yet.
func (s *storer) CheckAndSetReference(ref, old *plumbing.Reference) error {
	if ref == nil {
		return nil
	}
	name := ref.Name().String()
	if err := checkRefName(name); err != nil {
		return err
	}
	next, err := refValueOf(ref)
	if err != nil {
		return err
	}
	var was *refValue
	if old != nil {
		v, err := refValueOf(old)
		if err != nil {
			return err
		}
		was = &v
	}
	if name == mainRef && !s.repo.foreign() {
		return s.repo.moveStoreMain(next, was)
	}
	err = s.repo.setRef(name, next, was)
	if errors.Is(err, ErrMoved) {
		return storage.ErrReferenceHasChanged
	}
	return err
}

// moveStoreMain moves a store's main as its own writers do: under the store's lock
// and git's, durable, and forward only.
func (r *Repo) moveStoreMain(next refValue, was *refValue) error {
	if next.target != "" {
		return fmt.Errorf("main can't point at another ref (%s): it is the store's history", clip(next.target))
	}
	unlock, err := r.Lock(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	for {
		tip, err := r.Tip()
		if err != nil {
			return err
		}
		if was != nil && (was.target != "" || was.hash != tip) {
			return storage.ErrReferenceHasChanged
		}
		if err := r.FastForward(tip, next.hash); !errors.Is(err, ErrMoved) {
			return err
		}
	}
}

// setRef moves any other ref. It fails with ErrMoved where it isn't what was says.
func (r *Repo) setRef(name string, next refValue, was *refValue) error {
	if next.target == "" && next.hash.IsZero() {
		return fmt.Errorf("the ref %s can't name the zero object", name)
	}
	if err := r.freeName(name); err != nil {
		return err
	}
	return r.withLock(r.refPath(name), func() ([]byte, error) {
		now, found, err := r.ref(name)
		if err != nil && was != nil {
			return nil, err
		}
		if was != nil && (now != *was || found == (*was == refValue{})) {
			return nil, fmt.Errorf("%w: %s", ErrMoved, name)
		}
		return next.bytes(), nil
	})
}

// freeName refuses a ref whose name is the beginning of another's, or the other
// way round: they can't both be files.
func (r *Repo) freeName(name string) error {
	all, err := r.packedRefs()
	if err != nil {
		return err
	}
	loose, err := r.looseRefs()
	if err != nil {
		return err
	}
	for _, other := range slices.AppendSeq(loose, maps.Keys(all)) {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return fmt.Errorf("the ref %s can't be beside %s: one's name is a folder of the other's", name, other)
		}
	}
	return nil
}

// RemoveReference removes a ref, loose and packed; none of that name is no error.
// A store's main stays.
func (s *storer) RemoveReference(ref plumbing.ReferenceName) error {
	name, r := ref.String(), s.repo
	if err := checkRefName(name); err != nil {
		return err
	}
	if name == mainRef && !r.foreign() {
		return errors.New("main is the store's history and can't be removed")
	}
	if _, found, err := r.ref(name); err == nil && !found {
		return nil
	}
	path := r.refPath(name)
	return r.withLock(path, func() ([]byte, error) {
		err := r.edit(filepath.Join(r.dir, "packed-refs"), func(old []byte) ([]byte, error) {
			refs, err := parsePackedRefs(old)
			if _, ok := refs[name]; err != nil || !ok {
				return nil, err
			}
			delete(refs, name)
			return encodePackedRefs(refs), nil
		})
		if err == nil {
			err = ignoreVanished(r.disk.Remove(path))
		}
		if err == nil {
			err = syncDir(r.disk, filepath.Dir(path))
		}
		return nil, err
	})
}

// RemoveRefs removes all refs whose names begin in one way.
func (r *Repo) RemoveRefs(prefix string) error {
	all, err := r.refs()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(name, prefix) {
			if err := r.storer().RemoveReference(plumbing.ReferenceName(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// CountLooseRefs counts the refs that have a file of their own.
func (s *storer) CountLooseRefs() (int, error) {
	names, err := s.repo.looseRefs()
	return len(names), err
}

// PackRefs puts refs that don't change much into one file, as git pack-refs --all
// does. Main stays a file of its own: it moves all the time.
func (s *storer) PackRefs() error {
	r := s.repo
	names, err := r.looseRefs()
	if err != nil {
		return err
	}
	packed := map[string]Hash{}
	err = r.edit(filepath.Join(r.dir, "packed-refs"), func(old []byte) ([]byte, error) {
		refs, err := parsePackedRefs(old)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			v, found, err := r.looseRef(name)
			if err != nil {
				return nil, err
			}
			if !found || v.target != "" || name == mainRef {
				continue
			}
			row := packedRef{hash: v.hash}
			if row.peeled, err = r.peel(v.hash); err != nil {
				return nil, err
			}
			refs[name], packed[name] = row, v.hash
		}
		if len(packed) == 0 {
			return nil, nil
		}
		return encodePackedRefs(refs), nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(packed)) {
		path := r.refPath(name)
		err := r.withLock(path, func() ([]byte, error) {
			if v, found, err := r.looseRef(name); err != nil || !found || v.hash != packed[name] {
				return nil, err // it moved on meanwhile: its file counts
			}
			return nil, r.disk.Remove(path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// peel gives what a tag leads to; zero where the object is none, or isn't there.
func (r *Repo) peel(h Hash) (Hash, error) {
	var out Hash
	for range maxDepth {
		obj, err := r.objects.read(h)
		if errors.Is(err, ErrNotFound) || err == nil && obj.kind != kindTag {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		line, _, _ := bytes.Cut(obj.data, []byte{'\n'})
		name, ok := bytes.CutPrefix(line, []byte("object "))
		if !ok {
			return out, corruptObject(h, os.ErrInvalid)
		}
		if h, err = ParseHash(string(name)); err != nil {
			return out, err
		}
		out = h
	}
	return out, corruptObject(h, errors.New("tags name tags without an end"))
}
