package repo

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// hintForged is what to do where history itself no longer proves what it says.
const hintForged = "compare with a clone or a backup from before (git fetch it and git log main...FETCH_HEAD): the first commit that only this store has is where it was changed"

// commitCheck looks at what the applier makes of one commit.
type commitCheck struct {
	v          *verifier
	made       int // versions made under the seal that the commit claims
	lastSealed time.Time
	// sealed is the same for each commit, where history has sides: on each a clock
	// of its own went on. A commit that isn't in it puts no bound.
	sealed map[git.Hash]time.Time
}

func (c *commitCheck) begin(e *event) { c.made = 0 }

// on says which history the commits to come belong to.
func (c *commitCheck) on(l *lineage) {
	if l == nil {
		c.sealed = nil
	} else if c.sealed == nil {
		c.sealed = map[git.Hash]time.Time{l.last: c.lastSealed}
	}
}

// since gives the time of the newest sealed commit behind one.
func (c *commitCheck) since(e *event) time.Time {
	if c.sealed == nil {
		return c.lastSealed
	}
	var last time.Time
	for _, p := range e.commit.Parents {
		if t := c.sealed[p]; t.After(last) {
			last = t
		}
	}
	return last
}

// version is told of each version that the applier makes, with the seal that its
// content recomputes to, and the version published before it.
func (c *commitCheck) version(e *event, row *index.Row, computed Seal, before *index.Row) {
	f := Finding{Article: row.Article, Version: row.Number, Commit: e.hash.String(), Path: c.v.s.layout().path(row.Origin)}
	switch m := &e.message; {
	case m.op == opReassert && !m.reassert.IsZero():
		f.Reason = "the commit says that it only puts the current version's file back, but the file is another one"
		f.Hint = fmt.Sprintf("somebody changed the text under a false name: stemma diff %s@%d shows what, stemma restore puts the version before it back", row.Article, row.Number)
	case m.sealed && m.article != row.Origin:
		f.Reason = "a commit sealed for another article changed this one too"
		f.Hint = fmt.Sprintf("the change was smuggled in: stemma diff %s@%d shows it, stemma restore puts the version before it back", row.Article, row.Number)
	case m.sealed:
		c.made++
		if !m.split.IsZero() && (before == nil || before.Content != row.Content) {
			f.Reason = fmt.Sprintf("the commit says that it splits article %s, but its text is not that of the versions which it takes", m.split)
			f.Hint = hintForged
			c.v.found(f)
		}
		if m.seal == computed {
			return
		}
		f.Field = "seal"
		f.Reason = fmt.Sprintf("the seal %s doesn't hold: fields, time, author or salt were changed, or the version before it was dropped, moved or forged (it recomputes to %s)", m.seal.Short(), computed.Short())
		f.Hint = hintForged
	default:
		return
	}
	c.v.found(f)
}

// file is told of each article file that the applier reads.
func (c *commitCheck) file(e *event, change git.FileChange, id schema.ID, state *schema.State, blob func(git.Hash) ([]byte, error)) error {
	if !e.message.sealed || e.message.article != id {
		return nil
	}
	f := Finding{Article: id, Commit: e.hash.String(), Path: change.Path}
	// A link names the other article in its own text, so that the seal covers it.
	if m := &e.message; !m.link.IsZero() && !slices.Contains(state.Aliases, m.link.String()) {
		f.Reason = fmt.Sprintf("the commit says that it links article %s, but its text doesn't name that", m.link)
		f.Hint = hintForged
		c.v.found(f)
	}
	canonical := false
	if known := e.at(change.New); known != nil && known.sealed {
		canonical = known.canonical
	} else {
		data, err := blob(change.New)
		if err != nil {
			return err
		}
		canonical = bytes.Equal(schema.EncodeFile(state), data)
	}
	if !canonical {
		f.Reason = "the file of a sealed version isn't in canonical form: its bytes were changed"
		f.Hint = hintForged
		c.v.found(f)
	}
	return nil
}

// end closes a commit: a seal without a version is a claim without a body, other
// trailers without a seal are a claim without proof, and a sealed commit never
// comes before the one on which it was built.
func (c *commitCheck) end(e *event) {
	m := &e.message
	found := func(field, format string, args ...any) {
		c.v.found(Finding{Article: m.article, Commit: e.hash.String(), Path: c.v.s.layout().path(m.article), Field: field,
			Reason: fmt.Sprintf(format, args...), Hint: hintForged})
	}
	switch {
	case e.bad != nil:
		f := Finding{Commit: e.hash.String(), Field: "trailers", Hint: hintForged,
			Reason: fmt.Sprintf("the commit looks like one of this program's, but its trailers can't be read: %s", e.bad)}
		for _, ch := range e.changes {
			f.Path, f.Article = ch.Path, pathArticle(ch.Path)
		}
		c.v.found(f)
	case m.op != opPlain && !m.sealed && m.reassert.IsZero() && !e.isNotice() && !e.isContexts():
		found("seal", "the commit has trailers of this program, but no seal: the seal was taken away, or somebody else wrote them")
	}
	last := c.since(e)
	when := e.commit.Committer.When
	if m.sealed && c.made == 0 {
		found("seal", "the commit claims a version that it doesn't bring")
	}
	if m.sealed && when.Before(last) {
		found("recorded", "it was recorded at %s, before the version that precedes it (%s): history was reordered, or a clock was put back",
			when.UTC().Format(time.RFC3339), last.UTC().Format(time.RFC3339))
	}
	if m.sealed {
		last = when
	}
	c.lastSealed = last
	if c.sealed != nil {
		c.sealed[e.hash] = last
	}
}

// pathArticle gives the article whose own file has that name; zero where it is
// another file.
func pathArticle(p string) schema.ID {
	id, err := schema.ParseID(strings.TrimSuffix(path.Base(p), ".md"))
	if err != nil {
		return schema.ID{}
	}
	return id
}
