package repo

import (
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// objects reads every object that main leads to and hashes it again.
func (v *verifier) objects() error {
	stats, err := v.s.git.CheckWith(v.ctx, git.CheckOptions{Progress: v.progress(VerifyObjects), Report: func(p git.Problem) error {
		v.damaged = true
		v.found(Finding{Commit: hashText(p.Commit), Path: p.Path, Reason: p.Error(), Hint: v.objectHint(p)})
		return v.ctx.Err()
	}})
	v.report.Commits = stats.Commits
	v.report.Objects = stats.Commits + stats.Trees + stats.Blobs
	return err
}

// objectHint says how to mend what is wrong with an object, or with a file of them.
func (v *verifier) objectHint(p git.Problem) string {
	dir := v.s.Dir()
	switch {
	case p.Object.IsZero():
		return fmt.Sprintf("put the file back from a backup; or move the pack and its index out of objects/pack, save what is whole in it with git -C %s unpack-objects -r < PACK, verify again, and get from a clone what is missing then", dir)
	case errors.Is(p.Err, git.ErrNotFound):
		return fmt.Sprintf("put it back from a clone or a backup: echo %s | git -C CLONE pack-objects -q --stdout | git -C %s unpack-objects -q", p.Object, dir)
	case p.File != "":
		return fmt.Sprintf("nothing on main needs this copy: remove the file %s", p.File)
	}
	return fmt.Sprintf("move the damaged file away (objects/%s/%s, or the pack named above), then put the object back from a clone or a backup: echo %s | git -C CLONE pack-objects -q --stdout | git -C %s unpack-objects -q",
		p.Object.String()[:2], p.Object.String()[2:], p.Object, dir)
}

func hashText(h git.Hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

// unreadable names every version whose commit or file can't be read any more. The
// objects around them may be lost too, so it goes by what the index remembers,
// which here is the only witness left.
func (v *verifier) unreadable() error {
	var err error
	if v.report.Articles, v.report.Versions, err = v.s.idx.Counts(); err != nil {
		return err
	}
	for r, err := range v.s.idx.Log(index.Filter{}) {
		if err == nil {
			err = v.ctx.Err()
		}
		if err != nil {
			return err
		}
		lost := ""
		if _, err := v.s.git.Commit(git.Hash(r.Commit)); err != nil {
			lost = "its commit can't be read: " + err.Error()
		} else if r.Blob != ([20]byte{}) {
			if _, err := v.s.git.Blob(git.Hash(r.Blob)); err != nil {
				lost = "its file can't be read: " + err.Error()
			}
		}
		if lost != "" {
			v.found(Finding{Article: r.Article, Version: r.Number, Commit: git.Hash(r.Commit).String(),
				Path: v.s.layout().path(r.Origin), Reason: lost, Hint: "put the object back as said above, then verify again"})
		}
	}
	return nil
}
