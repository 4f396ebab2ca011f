package repo

import (
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// settle refuses conflicts that nobody settles.
func (m *merger) settle(p *plan) error {
	var open []MergeConflict
	for i := range p.conflicts {
		c := &p.conflicts[i]
		_, edited := m.opt.Edited[c.Article]
		if m.opt.Resolve == "" || m.opt.Resolve == Edited && !edited {
			open = append(open, c.MergeConflict)
		}
	}
	if len(open) > 0 {
		return &MergeConflictError{Remote: m.arrival.Remote, Conflicts: open}
	}
	return nil
}

// commitMerge makes the merge commit and takes it in. It is a commit of plain git's
// kind, without a seal: it says nothing that its parents don't.
func (m *merger) commitMerge(p *plan, their *git.Commit) error {
	who := Actor{Author: m.opt.Author}.person()
	stamp := git.Signature{Name: who.Name, Email: who.Email, When: m.now}
	e := &event{inherited: map[string]bool{}}
	e.commit = &git.Commit{Parents: []git.Hash{m.ours, m.theirs}, Author: stamp, Committer: stamp,
		Message: git.CleanMessage(fmt.Sprintf("Merge: %d commits from %s", m.arrival.Commits, m.arrival.Remote))}
	var err error
	if e.hash, err = m.batch.Merge(m.theirs, p.files, stamp, stamp, e.commit.Message); err != nil {
		return err
	}
	e.commit.Tree = m.batch.Tree()
	for _, d := range p.diffs {
		now := d.Old
		if row, changed := p.files[d.Path]; changed {
			now = row.Hash
		}
		if d.Old == d.New || d.OldMode == git.ModeSubmodule || d.NewMode == git.ModeSubmodule {
			continue // nothing that an article could stand in
		}
		c := git.FileChange{Path: d.Path, Old: d.Old, New: now}
		fromOurs, fromTheirs := now != d.Old, now != d.New
		if !fromOurs {
			c.Old = d.New
		}
		e.changes = append(e.changes, c)
		e.inherited[d.Path] = !(fromOurs && fromTheirs)
	}
	sortChanges(e.changes)
	if e.message, err = parseMessage(e.commit.Message); err != nil {
		return err
	}
	// The merge's objects are not in the store yet, and nothing needs them: what its
	// files hold is, and none of them is a copy beside an article's own file.
	tree := e.commit.Tree
	find := m.applier.find
	m.applier.find = func(t git.Hash, path string) (git.Hash, error) {
		if t != tree {
			return find(t, path)
		}
		if row, ok := p.files[path]; ok {
			if row.Hash.IsZero() {
				return row.Hash, git.ErrNotFound
			}
			return row.Hash, nil
		}
		return find(p.tree, path)
	}
	err = m.applier.apply(e)
	m.applier.find, m.applier.lineage = find, nil // all that was taken in lies behind what comes
	return err
}

// settled records the state by which a conflict is settled, unless it is what the
// article's current version says already.
func (m *merger) settled(c *conflict) error {
	if c.Article.IsZero() {
		return nil // its file stands in the merge
	}
	cur, ok, err := m.tx.Current(c.Article)
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("article %s has no version after the merge", c.Article))
	}
	var next schema.State
	msg := &message{op: opRestore, published: schema.At(m.now), known: schema.AllFields}
	switch m.opt.Resolve {
	case Ours:
		next, msg.note = c.OurState.Clone(), "Changed on both sides: the version of this store was kept."
	case Theirs:
		next, msg.note = c.TheirState.Clone(), "Changed on both sides: the version of "+m.arrival.Remote+" was kept."
	default:
		edited := m.opt.Edited[c.Article]
		next, msg.note, msg.op = edited.Clone(), "Changed on both sides: both were brought together.", opRevise
	}
	if m.opt.Note != "" {
		msg.note = cleanNote(m.opt.Note)
	}
	next.ID = c.Article
	next.Normalize()
	if problem := next.Validate(); problem != nil {
		return problem
	}
	// Of two versions published at one time, each store counts the one as current
	// that it recorded last: then it must be said which one stands.
	tied := c.Ours.Published.T.Equal(c.Theirs.Published.T)
	if cur.Content == contentDigest(&next) && cur.Origin == c.Article && !tied {
		return nil
	}
	if msg.published.Before(cur.Published) {
		msg.published = cur.Published
	}
	hash, err := m.version(msg, Actor{Author: m.opt.Author}.person(), &next)
	if err != nil {
		return err
	}
	rows, err := m.applier.made(hash)
	if err != nil {
		return err
	}
	for i := range rows {
		v, err := m.toVersion(&rows[i])
		if err != nil {
			return err
		}
		m.arrival.Settled = append(m.arrival.Settled, v)
	}
	return nil
}

// problemFinding tells of something broken that was met while indexing.
func problemFinding(p *index.Problem) Finding {
	reason := p.Reason
	if p.Line > 0 {
		reason = fmt.Sprintf("line %d: %s", p.Line, reason)
	}
	return Finding{Article: pathArticle(p.Path), Commit: git.Hash(p.Commit).String(), Path: p.Path, Field: p.Field, Reason: reason,
		Hint: "mend the file in a clone and push, or restore the version before it"}
}
