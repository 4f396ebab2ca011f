package repo

import (
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// objects reads every object that main leads to and hashes it again.
func (v *verifier) objects() error {
	stats, err := v.s.git.CheckWith(v.ctx, git.CheckOptions{Progress: v.progress, Report: func(p git.Problem) error {
		v.damaged = true
		v.found(Finding{Commit: hashText(p.Commit), Path: p.Path, Reason: p.Error(),
			Hint: "fetch the object from a clone, or restore objects/ from a backup"})
		return v.ctx.Err()
	}})
	v.report.Commits = stats.Commits
	v.report.Objects = stats.Commits + stats.Trees + stats.Blobs
	return err
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
				Path: v.s.layout().path(r.Origin), Reason: lost, Hint: "fetch the object from a clone, or restore objects/ from a backup"})
		}
	}
	return nil
}
