package repo

import (
	"slices"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// conflict is one that has its place in the merge.
type conflict struct {
	MergeConflict
}

// plan is what a merge makes of the files on which its sides differ.
type plan struct {
	tree      git.Hash             // of our side
	diffs     []git.FileChange     // from ours to theirs
	files     map[string]git.Entry // what changes on our side; zero: the file is removed
	conflicts []conflict
}

// group is an article with the files that hold it on either side.
type group struct {
	article schema.ID
	diffs   []git.FileChange
	ids     []schema.ID // under which it stands there
}

// plan decides for each article, and for each other file, which side's files stand.
func (m *merger) plan(their *git.Commit) (*plan, error) {
	our, err := m.s.git.Commit(m.ours)
	if err != nil {
		return nil, err
	}
	p := &plan{tree: our.Tree, files: map[string]git.Entry{}}
	if p.diffs, err = m.s.git.DiffEntries(our.Tree, their.Tree); err != nil {
		return nil, err
	}
	var groups []*group
	at := map[schema.ID]*group{}
	for _, d := range p.diffs {
		id, found, err := m.holds(d)
		if err != nil {
			return nil, err
		}
		if !found {
			if err := m.planFile(p, d); err != nil {
				return nil, err
			}
			continue
		}
		home, err := m.applier.home(id)
		if err != nil {
			return nil, err
		}
		g := at[home]
		if g == nil {
			g = &group{article: home}
			at[home], groups = g, append(groups, g)
		}
		g.diffs, g.ids = append(g.diffs, d), append(g.ids, id)
	}
	for _, g := range groups {
		if err := m.planArticle(p, g); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// holds tells which article a file holds that differs between the sides.
func (m *merger) holds(d git.FileChange) (id schema.ID, found bool, err error) {
	if !articleFile(d.Path) {
		return id, false, nil
	}
	modes := []uint32{d.NewMode, d.OldMode}
	for i, h := range []git.Hash{d.New, d.Old} {
		if h.IsZero() || modes[i] == git.ModeSubmodule {
			continue
		}
		data, err := m.s.git.Blob(h)
		if err != nil {
			return id, false, err
		}
		in, problem := parseFile(data)
		if problem == nil && !in.ID.IsZero() {
			return in.ID, true, nil
		}
	}
	if id = pathArticle(d.Path); !id.IsZero() && m.applier.layout.path(id) == d.Path {
		return id, true, nil // its file, though nobody can read it
	}
	return m.tx.FileArticle(d.Path)
}

// planFile merges a file that holds no article, or none that can be read: who left
// it as it was gives way, in its content and in its mode.
func (m *merger) planFile(p *plan, d git.FileChange) error {
	c, err := m.s.git.Commit(m.base)
	if err != nil {
		return err
	}
	base, err := m.s.git.Entry(c.Tree, d.Path)
	if err != nil {
		return err
	}
	ours, theirs := git.Entry{Hash: d.Old, Mode: d.OldMode}, git.Entry{Hash: d.New, Mode: d.NewMode}
	base.Name = ""
	merged, agreed := mergeEntries(base, ours, theirs)
	if !agreed {
		p.conflicts = append(p.conflicts, conflict{MergeConflict{Path: d.Path}})
		if merged = ours; m.opt.Resolve == Theirs {
			merged = theirs
		}
	}
	if merged != ours {
		p.files[d.Path] = merged
	}
	return nil
}

// mergeEntries brings two sides of a file together. Where both are plain files,
// content and mode are: one may have changed the text and the other have made it
// executable.
func mergeEntries(base, ours, theirs git.Entry) (merged git.Entry, agreed bool) {
	switch {
	case theirs == base || theirs == ours:
		return ours, true
	case ours == base:
		return theirs, true
	case !plainFile(base) || !plainFile(ours) || !plainFile(theirs):
		return ours, false
	}
	merged = ours
	if ours.Hash == base.Hash {
		merged.Hash = theirs.Hash
	} else if theirs.Hash != base.Hash && theirs.Hash != ours.Hash {
		return ours, false
	}
	if ours.Mode == base.Mode {
		merged.Mode = theirs.Mode
	}
	return merged, true
}

func plainFile(e git.Entry) bool { return e.Mode == git.ModeFile || e.Mode == git.ModeExecutable }

// planArticle takes the files of the side whose state of an article is the later
// one. Where each side has one that the other doesn't know, they are in conflict.
func (m *merger) planArticle(p *plan, g *group) error {
	rows, err := m.tx.Versions(g.article)
	if err != nil {
		return err
	}
	sortRows(rows)
	ours, theirs := lastOf(rows, m.local, m.came), lastOf(rows, m.came, m.local)
	takeTheirs := false
	switch {
	case ours != nil && theirs != nil && ours.Seq == theirs.Seq:
		// Nobody has a newer state; a file was broken, mended or moved.
		for _, d := range g.diffs {
			if err := m.planFile(p, d); err != nil {
				return err
			}
		}
		return nil
	case theirs == nil || ours != nil && !m.came[theirs.Commit]: // we know what they have
	case ours == nil || !m.local[ours.Commit]: // they know what we have
		takeTheirs = true
	default:
		takeTheirs = rows[len(rows)-1].Number == theirs.Number
		if ours.Content == theirs.Content {
			break
		}
		c := conflict{MergeConflict{Article: g.article, Ours: fromRow(ours), Theirs: fromRow(theirs)}}
		c.Ours.Place, c.Theirs.Place, c.Theirs.Number = Current, Current, 0
		if c.OurState, err = m.applier.state(ours); err != nil {
			return err
		}
		if c.TheirState, err = m.applier.state(theirs); err != nil {
			return err
		}
		if base := lastShared(rows, m.came, m.local); base != nil {
			if c.BaseState, err = m.applier.state(base); err != nil {
				return err
			}
		}
		p.conflicts = append(p.conflicts, c)
	}
	for i, d := range g.diffs {
		ours := git.Entry{Hash: d.Old, Mode: d.OldMode}
		want := ours
		if takeTheirs {
			want = git.Entry{Hash: d.New, Mode: d.NewMode}
		}
		if g.ids[i] != g.article && d.Path == m.applier.layout.path(g.ids[i]) {
			want = git.Entry{} // it was linked into the article on one side
		}
		if want != ours {
			p.files[d.Path] = want
		}
	}
	slices.SortFunc(p.conflicts, func(a, b conflict) int { return slices.Compare(a.Article[:], b.Article[:]) })
	return nil
}

// lastOf gives the version that is current on one side: of those published last the
// one recorded last, but one that the other side doesn't know before one that it
// does. For the other side the two stand beside each other.
func lastOf(rows []index.Row, mine, others map[git.Hash]bool) *index.Row {
	var last *index.Row
	for i := len(rows) - 1; i >= 0; i-- {
		r := &rows[i]
		if others[r.Commit] {
			continue
		}
		if last == nil {
			last = r
		}
		if !r.Published.T.Equal(last.Published.T) {
			break
		}
		if mine[r.Commit] {
			return r
		}
	}
	return last
}

// lastShared gives the last version of an article that neither side made alone.
func lastShared(rows []index.Row, came, local map[git.Hash]bool) *index.Row {
	for i := len(rows) - 1; i >= 0; i-- {
		if !came[rows[i].Commit] && !local[rows[i].Commit] {
			return &rows[i]
		}
	}
	return nil
}
