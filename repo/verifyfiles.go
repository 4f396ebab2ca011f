package repo

import (
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// files checks that the branch shows every article's current version: the very
// file, or one that says the same in another way.
func (v *verifier) files(fresh *index.DB) error {
	tip, err := fresh.Tip()
	if err != nil || tip == (git.Hash{}) {
		return err
	}
	c, err := v.s.git.Commit(tip)
	if err != nil {
		return err
	}
	rows, err := fresh.List(index.ListFilter{})
	if err != nil {
		return err
	}
	tell := v.progress(VerifyFiles)
	for i, r := range rows {
		if tell != nil {
			tell(i+1, len(rows))
		}
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if r.Blob == [20]byte{} || r.Origin != r.Article {
			continue
		}
		shown, err := v.shows(c.Tree, v.s.layout().path(r.Article), &r)
		if err != nil {
			return err
		}
		if !shown {
			if shown, err = v.showsElsewhere(fresh, c.Tree, &r); err != nil {
				return err
			}
		}
		if !shown {
			v.found(Finding{Article: r.Article, Version: r.Number, Path: v.s.layout().path(r.Article),
				Reason: "the file on main doesn't show the current version", Hint: fmt.Sprintf("a commit put another file in its place: see git log -- %s, and put the version back with stemma restore %s@%d",
					v.s.layout().path(r.Article), r.Article, r.Number)})
		}
	}
	return nil
}

// showsElsewhere reports whether another file of an article, which plain git moved,
// says what a version does.
func (v *verifier) showsElsewhere(fresh *index.DB, tree git.Hash, r *index.Row) (bool, error) {
	paths, err := fresh.FilesOf(r.Article)
	for _, p := range paths {
		if err != nil {
			return false, err
		}
		same, err := v.shows(tree, p, r)
		if err != nil || same {
			return same, err
		}
	}
	return false, err
}

// shows reports whether a file of a tree says what a version does.
func (v *verifier) shows(tree git.Hash, path string, r *index.Row) (bool, error) {
	h, err := v.s.git.Find(tree, path)
	if errors.Is(err, git.ErrNotFound) {
		return false, nil
	}
	if err != nil || h == git.Hash(r.Blob) {
		return err == nil, err
	}
	data, err := v.s.git.Blob(h)
	if err != nil {
		return false, err
	}
	in, problem := parseFile(data)
	return problem == nil && contentDigest(&in.State) == r.Content, nil
}
