package repo

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// applyFiles takes each article file that the commit changed as a version.
func (a *applier) applyFiles(e *event) error {
	moved := map[schema.ID]bool{} // articles that stand in an added or changed file
	type changed struct {
		change git.FileChange
		state  *schema.State
		id     schema.ID
	}
	var files []changed
	removed := map[git.Hash]string{}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) {
			removed[c.Old] = c.Path
		}
	}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) || !articleFile(c.Path) {
			continue
		}
		read, err := a.files.read(c.New)
		if err != nil {
			return err
		}
		if problem := read.problem; problem != nil {
			if e.inherited[c.Path] {
				continue // noted where it was made
			}
			if err := a.tx.AddProblem(index.Problem{Commit: e.hash, Path: c.Path, Line: problem.Line, Field: problem.Field, Reason: problem.Reason}); err != nil {
				return err
			}
			continue
		}
		id, err := a.fileID(&read.state, c, removed)
		if err != nil {
			return err
		}
		if moved[id] {
			if err := a.problem(e, c.Path, "id", fmt.Sprintf("article %s stands in another file of the same commit", id)); err != nil {
				return err
			}
			continue
		}
		if doubled, err := a.doubled(e, c.Path, id); err != nil || doubled {
			if err != nil {
				return err
			}
			continue
		}
		if a.check != nil {
			if err := a.check.file(e, c, id, &read.state, a.files.blob); err != nil {
				return err
			}
		}
		moved[id] = true
		files = append(files, changed{c, &read.state, id})
	}
	for _, f := range files {
		if err := a.applyFile(e, f.change, f.state, f.id); err != nil {
			return err
		}
	}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) && articleFile(c.Path) {
			if err := a.applyRemoval(e, c, moved); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseFile reads an article's file.
func parseFile(data []byte) (schema.Input, *schema.Problem) {
	in, problem := schema.ParseFile(data)
	if problem == nil {
		in.Normalize()
		problem = in.Validate()
	}
	return in, problem
}

// fileID tells which article a file holds. A file that names none keeps the
// article that stood at its path before, or at the path it was renamed from; else
// its id is derived from the path, so that every rebuild gives the same.
func (a *applier) fileID(in *schema.State, c git.FileChange, removed map[git.Hash]string) (schema.ID, error) {
	if !in.ID.IsZero() {
		return in.ID, nil
	}
	for _, p := range []string{c.Path, removed[c.New]} {
		if p == "" {
			continue
		}
		id, ok, err := a.tx.FileArticle(p)
		if err != nil || ok {
			return id, err
		}
	}
	// Who stood here once and was moved away keeps the id that this path gave.
	for key := "file:" + c.Path; ; key += "+" {
		id := schema.DeriveID(key)
		article, err := a.home(id)
		if err != nil {
			return id, err
		}
		cur, ok, err := a.tx.Current(article)
		if err != nil || !ok || cur.Blob == ([20]byte{}) {
			return id, err
		}
	}
}

// doubled reports whether a file names an article whose own file stands beside
// it: a copy that kept the id is no version, and is noted.
func (a *applier) doubled(e *event, path string, id schema.ID) (bool, error) {
	if path == a.layout.path(id) || e.commit.Tree.IsZero() {
		return false, nil
	}
	_, err := a.find(e.commit.Tree, a.layout.path(id))
	if errors.Is(err, git.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, a.problem(e, path, "id", fmt.Sprintf("article %s stands in %s too: a copy wants an id of its own, or none", id, a.layout.path(id)))
}

// applyFile takes a file's new content as a version, unless it says nothing new.
func (a *applier) applyFile(e *event, c git.FileChange, said *schema.State, id schema.ID) error {
	if c.Path != a.layout.path(id) {
		if err := a.tx.SetFile(c.Path, id); err != nil {
			return err
		}
	}
	article, err := a.home(id)
	if err != nil {
		return err
	}
	state := *said
	state.ID = id
	return a.add(e, article, id, &state, c.New)
}

// home gives the article to which an id belongs now.
func (a *applier) home(id schema.ID) (schema.ID, error) {
	to, ok, err := a.tx.Redirect(id)
	if err != nil || !ok {
		return id, err
	}
	return to, nil
}

// applyRemoval takes a file that plain git removed as a withdrawal: an article
// is never dropped.
func (a *applier) applyRemoval(e *event, c git.FileChange, moved map[schema.ID]bool) error {
	id, ok, err := a.tx.FileArticle(c.Path)
	if err != nil {
		return err
	}
	if ok {
		if err := a.tx.DropFile(c.Path); err != nil {
			return err
		}
	} else if id, err = schema.ParseID(strings.TrimSuffix(path.Base(c.Path), ".md")); err != nil || a.layout.path(id) != c.Path {
		return nil // it never was an article's
	}
	if moved[id] {
		return nil
	}
	article, err := a.home(id)
	if err != nil {
		return err
	}
	if article != id && len(e.commit.Parents) > 1 {
		return nil // it was linked on one side of the merge: its file goes, the article stays
	}
	cur, ok, err := a.current(id)
	if err != nil || !ok {
		return err
	}
	state, err := a.state(&cur)
	if err != nil {
		return err
	}
	state.Status = schema.Canceled
	return a.add(e, article, id, state, git.Hash{})
}

// state reads a version's state. Where plain git removed the file, it is the
// state before with the status that says so.
func (a *applier) state(r *index.Row) (*schema.State, error) {
	return rowState(r, a.files, func(article schema.ID, number int) (index.Row, bool, error) {
		return a.tx.Version(article, number)
	})
}

// rowState reads the state of an index row through its blob.
func rowState(r *index.Row, files *files, version func(schema.ID, int) (index.Row, bool, error)) (*schema.State, error) {
	if r.Blob == [20]byte{} {
		for n := r.Number - 1; n > 0; n-- {
			before, ok, err := version(r.Article, n)
			if err != nil {
				return nil, err
			}
			if ok && before.Blob != [20]byte{} {
				state, err := rowState(&before, files, version)
				if err != nil {
					return nil, err
				}
				state.Status = schema.Canceled
				return state, nil
			}
		}
		return nil, fmt.Errorf("version %d of article %s has no file", r.Number, r.Article)
	}
	read, err := files.read(r.Blob)
	if err != nil {
		return nil, err
	}
	if read.problem != nil {
		return nil, &BrokenError{Finding{Article: r.Article, Version: r.Number, Commit: git.Hash(r.Commit).String(), Reason: read.problem.Error()}}
	}
	state := read.state.Clone()
	if state.ID.IsZero() {
		state.ID = r.Origin
	}
	return &state, nil
}
