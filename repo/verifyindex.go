package repo

import (
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

const hintReindex = "run stemma reindex: git holds what is right"

// maxDifferences is how many differences of the index are told one by one: one
// reindex mends them all.
const maxDifferences = 100

// compareIndex reports where the store's index differs from a rebuild.
func (v *verifier) compareIndex(fresh *index.DB) error {
	_, total, err := fresh.Counts()
	if err != nil {
		return err
	}
	var compared func(int)
	if tell := v.progress(VerifyIndex); tell != nil {
		compared = func(versions int) { tell(versions, total) }
	}
	n := 0
	err = index.Diff(v.ctx, v.s.idx, fresh, compared, func(d index.Difference) bool {
		if d.Part == index.PartProblem && d.Problem.Field == historyField {
			return true // what the index alone can know: see index
		}
		f := Finding{Article: d.Article, Version: d.Number, Field: "index", Hint: hintReindex,
			Reason: "the index says something else than git: " + d.String()}
		if d.Commit != ([20]byte{}) {
			f.Commit = git.Hash(d.Commit).String()
		}
		if n++; n > maxDifferences {
			f = Finding{Field: "index", Reason: "the index differs from git in more places than are told", Hint: hintReindex}
		}
		v.found(f)
		return n <= maxDifferences
	})
	if errors.Is(err, index.ErrDamaged) {
		v.found(Finding{Field: "index", Reason: err.Error(), Hint: hintReindex})
		err = nil
	}
	return err
}

// index reports what the derived index knows of trouble.
func (v *verifier) index() error {
	problems, err := v.s.problems()
	if err != nil {
		return err
	}
	for _, p := range problems {
		if p.Field == historyField {
			p.Hint = "fetch the old history from a clone or a backup; if the rewrite was meant, stemma reindex forgets what was there"
		} else {
			p.Hint = "mend the file in a clone and push it, or restore the version before it"
		}
		v.found(p)
	}
	v.report.Articles, v.report.Versions, err = v.s.idx.Counts()
	return err
}

// mended reports whether main holds another file by now, or none, where a broken
// one was met.
func (s *Store) mended(f *Finding) (bool, error) {
	tip, err := s.git.Tip()
	if err != nil || f.Field == historyField {
		return false, err
	}
	var found [2]git.Hash
	met, err := git.ParseHash(f.Commit)
	if err != nil {
		return false, err
	}
	for i, h := range []git.Hash{met, tip} {
		c, err := s.git.Commit(h)
		if err != nil {
			return false, err
		}
		if found[i], err = s.git.Find(c.Tree, f.Path); err != nil && !errors.Is(err, git.ErrNotFound) {
			return false, err
		}
	}
	return found[0] != found[1], nil
}

// problems reads them from the index; what was mended since is history.
func (s *Store) problems() ([]Finding, error) {
	list, err := s.idx.Problems()
	if err != nil {
		return nil, err
	}
	var out []Finding
	for _, p := range list {
		reason := p.Reason
		if p.Line > 0 {
			reason = fmt.Sprintf("line %d: %s", p.Line, reason)
		}
		f := Finding{Article: pathArticle(p.Path), Commit: git.Hash(p.Commit).String(), Path: p.Path, Field: p.Field, Reason: reason}
		mended, err := s.mended(&f)
		if err != nil {
			return nil, err
		}
		if !mended {
			out = append(out, f)
		}
	}
	return out, nil
}
