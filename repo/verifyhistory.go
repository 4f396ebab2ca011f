package repo

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// history rebuilds the index from git in a place of its own, and checks every
// seal and every file on the way.
func (v *verifier) history() (err error) {
	dir, err := os.MkdirTemp("", "stemma-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fresh, err := index.Open(filepath.Join(dir, "index.sqlite"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.Close()) }()
	fresh.SumWords()
	if err := fresh.Fleeting(); err != nil {
		return err
	}
	v.check = &commitCheck{v: v}
	v.report.Commits = 0 // those on main are counted
	if err := v.settle(fresh); err != nil {
		return err
	}
	return v.files(fresh)
}

// settle takes history into fresh and compares the store's index with it, again
// where somebody recorded meanwhile; after a few times it keeps writers out.
func (v *verifier) settle(fresh *index.DB) error {
	for try := 1; ; try++ {
		if try == 4 {
			unlock, err := v.s.git.Lock(v.ctx)
			if err != nil {
				return err
			}
			defer unlock()
		}
		if err := v.rebuild(fresh); err != nil {
			return err
		}
		if err := v.s.view(v.ctx); err != nil {
			return err
		}
		before := len(v.report.Findings)
		same, err := v.sameTip(fresh)
		if err == nil && same {
			if err = v.compareIndex(fresh); err == nil {
				same, err = v.sameTip(fresh)
			}
		}
		if err != nil || same {
			return err
		}
		v.report.Findings = v.report.Findings[:before]
		if try == 10 {
			return errors.New("main moves faster than it can be verified: try again when fewer people push")
		}
	}
}

// sameTip reports whether the store's index covers what fresh does.
func (v *verifier) sameTip(fresh *index.DB) (bool, error) {
	want, err := fresh.Tip()
	if err != nil {
		return false, err
	}
	have, err := v.s.idx.Tip()
	return have == want, err
}

// rebuild takes into fresh what it does not cover yet, up to where the store's index
// stands: for a merge that came since, the store has noted what it held before.
func (v *verifier) rebuild(fresh *index.DB) error {
	if err := v.s.view(v.ctx); err != nil {
		return err
	}
	top, err := v.s.idx.Tip()
	tip := git.Hash(top)
	if err != nil || tip.IsZero() {
		return err
	}
	covered, err := fresh.Tip()
	if err != nil {
		return err
	}
	if kept, err := v.s.git.IsAncestor(covered, tip); err != nil || !kept {
		return errors.Join(err, errors.New("history was rewritten while it was being verified: verify again"))
	}
	next, fits, err := v.s.ordered(tip, covered)
	if err != nil {
		return err
	}
	if !fits {
		return errors.New("a merge was pushed while the store was being verified: verify again")
	}
	tx, err := fresh.Begin(v.ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if len(next.hashes) >= bulkFrom {
		if err := tx.Bulk(); err != nil {
			return err
		}
	}
	from, files := v.s.source(len(next.hashes))
	a, err := v.s.newApplier(tx, files)
	if err != nil {
		return err
	}
	a.check = v.check
	v.check.on(next.lineage)
	if err := takeInFrom(v.ctx, from, a, next, v.progress(VerifyHistory)); err != nil {
		return err
	}
	v.report.Commits += len(next.hashes)
	if err := tx.SetTip(tip); err != nil {
		return err
	}
	return tx.Commit()
}
