package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	format "github.com/go-git/go-git/v5/plumbing/format/config"
)

// openAny opens a store, or any repository of git's that this package can read and
// write whole. The latter has no lock, no folder and no settings of a store's.
func openAny(dir string) (*Repo, error) {
	at, err := gitDir(dir)
	if err != nil {
		return nil, err
	}
	if IsStore(at) {
		return Open(at)
	}
	data, err := os.ReadFile(filepath.Join(at, "config"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	file := format.New()
	if err := format.NewDecoder(bytes.NewReader(data)).Decode(file); err != nil {
		return nil, corruptFile(filepath.Join(at, "config"), err)
	}
	if err := checkRepository(file); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(at, "shallow")); err == nil {
		return nil, fmt.Errorf("%w: its history is cut short (a shallow clone): fetch all of it there first", ErrUnsupported)
	}
	objects, err := openObjects(filepath.Join(at, "objects"))
	if err != nil {
		return nil, err
	}
	if _, err := objects.rescan(); err != nil {
		return nil, err
	}
	return &Repo{dir: at, disk: SystemDisk{}, objects: objects, lock: newStoreLock(at)}, nil
}

func localHeads(dir string) (heads map[string]Hash, head string, err error) {
	r, err := openAny(dir)
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	refs, err := r.refs()
	if err != nil {
		return nil, "", err
	}
	heads = map[string]Hash{}
	for name, v := range refs {
		if len(name) > len("refs/heads/") && name[:len("refs/heads/")] == "refs/heads/" && v.target == "" {
			heads[name] = v.hash
		}
	}
	v, _, err := r.ref("HEAD")
	if _, ok := heads[v.target]; !ok {
		v.target = ""
	}
	return heads, v.target, err
}

// fetchLocal copies what lies behind a commit of another repository of this machine.
func (r *Repo) fetchLocal(dir string, want Hash, haves []Hash) error {
	from, err := openAny(dir)
	if err != nil {
		return err
	}
	defer from.Close()
	var until Hash
	for _, h := range haves {
		if _, _, err := from.links(h); err != nil || h.IsZero() {
			continue
		}
		if _, _, err := r.links(h); err == nil {
			until = h
			break
		}
	}
	list, err := from.newObjects(want, until)
	if err != nil {
		return err
	}
	return copyObjects(from, r, list)
}

// copyObjects copies objects from one repository to another, durably.
func copyObjects(from, to *Repo, list []named) error {
	if len(list) == 0 {
		return nil
	}
	in, err := to.newIncoming()
	if err != nil {
		return err
	}
	if err := from.sendPack(in, list); err != nil {
		return errors.Join(err, in.discard())
	}
	return in.Close()
}

// pushLocal does for a repository of this machine what a push does.
func (r *Repo) pushLocal(ctx context.Context, dir, branch string, old, tip Hash) error {
	to, err := openAny(dir)
	if err != nil {
		return err
	}
	defer to.Close()
	now, _, err := to.ref(branch)
	if err != nil {
		return err
	}
	if now.target != "" || now.hash != old {
		return ErrRemoteMoved
	}
	if err := to.mayMove(branch); err != nil {
		return err
	}
	list, err := r.newObjects(tip, old)
	if err != nil {
		return err
	}
	if err := copyObjects(r, to, list); err != nil {
		return err
	}
	if to.foreign() || branch != mainRef {
		err = to.setRef(branch, refValue{hash: tip}, &refValue{hash: old})
	} else {
		var unlock func()
		if unlock, err = to.Lock(ctx); err == nil {
			err = to.FastForward(old, tip)
			unlock()
		}
	}
	if errors.Is(err, ErrMoved) {
		return ErrRemoteMoved
	}
	return err
}

// mayMove refuses to move a branch under somebody's checked out files, as git does.
func (r *Repo) mayMove(branch string) error {
	if filepath.Base(r.dir) != ".git" {
		return nil
	}
	head, _, err := r.ref("HEAD")
	if err == nil && head.target == branch {
		err = fmt.Errorf("it has the branch %s checked out: push to a bare repository, or check out another branch there", branch)
	}
	return err
}
