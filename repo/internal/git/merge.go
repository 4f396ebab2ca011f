package git

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Merge adds a commit whose first parent is the batch's tip and whose second is
// other, which must be in the store. Its tree is the tip's with the changes made: each
// file gets the content and the mode named, a zero Entry removes it. Every object that git's own programs brought for other
// must be durable already; Publish syncs the folder of packs.
func (b *Batch) Merge(other Hash, changes map[string]Entry, author, committer Signature, message string) (Hash, error) {
	h, err := b.merge(other, changes, author, committer, message)
	if err != nil && b.err == nil {
		b.err = err
	}
	return h, err
}

func (b *Batch) merge(other Hash, changes map[string]Entry, author, committer Signature, message string) (Hash, error) {
	if err := b.usable(); err != nil {
		return Hash{}, err
	}
	if b.tip.IsZero() || other.IsZero() || b.tip == other {
		return Hash{}, errors.New("a merge wants two commits")
	}
	if _, _, err := b.repo.links(other); err != nil {
		return Hash{}, fmt.Errorf("the commit to merge: %w", err)
	}
	if err := b.put(changes); err != nil {
		return Hash{}, err
	}
	if _, err := b.store(b.root); err != nil {
		return Hash{}, err
	}
	return b.addCommit(author, committer, message, other)
}

// FastForward moves main from one commit to another that lies ahead of it, and
// whose objects are in the store: git's own programs brought them. Main moves as
// by Publish: under git's lock, durable when it returns, ErrMoved where it is not
// what from says. The zero from begins an empty store. The caller holds Lock.
func (r *Repo) FastForward(from, to Hash) error {
	if !r.lock.held.Load() {
		return errors.New("moving main needs the store's lock: call Lock first")
	}
	if from == to {
		return nil
	}
	if _, err := r.objects.rescan(); err != nil {
		return err
	}
	if _, _, err := r.links(to); err != nil {
		return fmt.Errorf("the commit that main would move to: %w", err)
	}
	if ahead, err := r.IsAncestor(from, to); err != nil || !ahead {
		return errors.Join(err, fmt.Errorf("main can't move from %s to %s: the one does not lie behind the other", from, to))
	}
	name, err := nonce()
	if err != nil {
		return err
	}
	p := &publication{
		repo: r, base: from, tip: to,
		tmp: r.own(filepath.Join("tmp", name)),
		ref: r.own(filepath.Join("tmp", refPrefix+name)),
	}
	p.pack = p.tmp // there is none; what clears up after a publication finds nothing
	if err := p.advance(); err != nil {
		return err
	}
	r.warm.Store(nil)
	return nil
}

// advance moves main to a commit whose objects lie in the store.
func (p *publication) advance() error {
	if err := p.mainIsBase(); err != nil {
		return err
	}
	err := p.writeAll([]tmpFile{p.refFile()})
	if err == nil {
		err = p.repo.step("sync packs")
	}
	if err == nil {
		err = syncDir(p.repo.disk, filepath.Join(p.repo.dir, "objects", "pack"))
	}
	if err == nil {
		err = p.moveMain()
	}
	if err != nil {
		return p.undo(err)
	}
	if err := p.repo.step("sync main"); err != nil {
		return fmt.Errorf("main has moved to %s, but may not be durable: %w", p.tip, err)
	}
	if err := syncDir(p.repo.disk, filepath.Dir(p.mainPath())); err != nil {
		return fmt.Errorf("main has moved to %s, but may not be durable: %w", p.tip, err)
	}
	p.finish()
	return nil
}
