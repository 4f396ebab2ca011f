package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// VerifyOptions are the options of [Store.Verify].
type VerifyOptions struct {
	Progress func(done, total int)
}

// Finding is one thing that Verify found wrong.
type Finding struct {
	Article schema.ID // zero where no article is concerned
	Version int       // 0 where no version is concerned
	Commit  string
	Path    string // of the file in git
	Field   string
	Reason  string // what is wrong
	Hint    string // what to do
}

// Report is what Verify looked at and what it found.
type Report struct {
	Objects, Commits, Articles, Versions int
	Findings                             []Finding
}

// Verify checks the whole store from git alone and reports everything that does
// not hold: damaged or missing objects, versions whose seal doesn't recompute,
// files that aren't in canonical form or can't be read, history that was
// rewritten, and an index that differs from a rebuild. An error means that the
// check itself could not be finished.
func (s *Store) Verify(ctx context.Context, opt VerifyOptions) (*Report, error) {
	v := &verifier{s: s, ctx: ctx, progress: opt.Progress, report: &Report{}}
	for _, step := range []func() error{v.objects, v.history, v.index} {
		if err := step(); err != nil {
			return v.report, err
		}
		if v.damaged {
			return v.report, v.unreadable() // the rest can't be checked without it
		}
	}
	return v.report, nil
}

type verifier struct {
	s        *Store
	ctx      context.Context
	progress func(done, total int)
	report   *Report
	damaged  bool
	check    *commitCheck
}

func (v *verifier) found(f Finding) { v.report.Findings = append(v.report.Findings, f) }

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
	v.check = &commitCheck{v: v}
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
	a, err := v.s.newApplier(tx, newFiles(v.s.git.Blob, filesKept))
	if err != nil {
		return err
	}
	a.check = v.check
	v.check.on(next.lineage)
	if err := v.s.takeIn(v.ctx, a, next, v.progress); err != nil {
		return err
	}
	v.report.Commits += len(next.hashes)
	if err := tx.SetTip(tip); err != nil {
		return err
	}
	return tx.Commit()
}

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
		f.Hint = "compare it with the version before: somebody changed the text under a false name"
	case m.sealed && m.article != row.Origin:
		f.Reason = "a commit sealed for another article changed this one too"
		f.Hint = "the change was smuggled in; restore the version before it"
	case m.sealed:
		c.made++
		if !m.split.IsZero() && (before == nil || before.Content != row.Content) {
			f.Reason = fmt.Sprintf("the commit says that it splits article %s, but its text is not that of the versions which it takes", m.split)
			c.v.found(f)
		}
		if m.seal == computed {
			return
		}
		f.Field = "seal"
		f.Reason = fmt.Sprintf("the seal %s doesn't hold: fields, time, author or salt were changed, or the version before it was dropped, moved or forged (it recomputes to %s)", m.seal.Short(), computed.Short())
		f.Hint = "compare with a clone or a backup from before"
	default:
		return
	}
	c.v.found(f)
}

// file is told of each article file that the applier reads.
func (c *commitCheck) file(e *event, path string, id schema.ID, data []byte, state *schema.State) {
	if !e.message.sealed || e.message.article != id {
		return
	}
	// A link names the other article in its own text, so that the seal covers it.
	if m := &e.message; !m.link.IsZero() && !slices.Contains(state.Aliases, m.link.String()) {
		c.v.found(Finding{Article: id, Commit: e.hash.String(), Path: path,
			Reason: fmt.Sprintf("the commit says that it links article %s, but its text doesn't name that", m.link)})
	}
	if !bytes.Equal(schema.EncodeFile(state), data) {
		c.v.found(Finding{Article: id, Commit: e.hash.String(), Path: path,
			Reason: "the file of a sealed version isn't in canonical form: its bytes were changed",
			Hint:   "compare with a clone or a backup from before"})
	}
}

// end closes a commit: a seal without a version is a claim without a body, other
// trailers without a seal are a claim without proof, and a sealed commit never
// comes before the one on which it was built.
func (c *commitCheck) end(e *event) {
	m := &e.message
	const hint = "compare with a clone or a backup from before"
	found := func(field, format string, args ...any) {
		c.v.found(Finding{Article: m.article, Commit: e.hash.String(), Path: c.v.s.layout().path(m.article), Field: field,
			Reason: fmt.Sprintf(format, args...), Hint: hint})
	}
	switch {
	case e.bad != nil:
		f := Finding{Commit: e.hash.String(), Field: "trailers", Hint: hint,
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

// index reports what the derived index knows of trouble.
func (v *verifier) index() error {
	problems, err := v.s.problems()
	if err != nil {
		return err
	}
	for _, p := range problems {
		if p.Field == historyField {
			p.Hint = "fetch the old history from a clone or a backup; if the rewrite was meant, reindex forgets it"
		} else {
			p.Hint = "mend the file in a clone and push, or restore the version before it"
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

// compareIndex reports where the store's index differs from a rebuild.
func (v *verifier) compareIndex(fresh *index.DB) error {
	next, stop := pullRows(fresh)
	defer stop()
	bad := func(r *index.Row, reason string) {
		v.found(Finding{Article: r.Article, Version: r.Number, Commit: git.Hash(r.Commit).String(), Reason: "the index " + reason + " git", Hint: "run stemma reindex"})
	}
	for have, err := range v.s.idx.Log(index.Filter{}) {
		if err != nil {
			return err
		}
		want, ok, err := next()
		if err != nil {
			return err
		}
		if !ok {
			bad(&have, "holds a version that is not in")
			return nil
		}
		if !sameRow(&have, &want) {
			bad(&want, "says something else of this version than")
			return nil
		}
	}
	if want, ok, err := next(); err != nil || ok {
		bad(&want, "lacks a version that is in")
		return err
	}
	return nil
}

// pullRows reads an index's rows one by one, the newest first.
func pullRows(db *index.DB) (next func() (index.Row, bool, error), stop func()) {
	pull, stop := iter.Pull2(db.Log(index.Filter{}))
	return func() (index.Row, bool, error) {
		r, err, ok := pull()
		return r, ok && err == nil, err
	}, stop
}

// sameRow compares two rows; times are compared as instants.
func sameRow(a, b *index.Row) bool {
	x, y := *a, *b
	if !x.Recorded.Equal(y.Recorded) || !x.Published.T.Equal(y.Published.T) || x.Published.DayOnly != y.Published.DayOnly {
		return false
	}
	x.Recorded, x.Published = y.Recorded, y.Published
	return x == y
}

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
	for _, r := range rows {
		if r.Blob == [20]byte{} || r.Origin != r.Article {
			continue
		}
		paths, err := fresh.FilesOf(r.Article)
		if err != nil {
			return err
		}
		shown := false
		for _, p := range append(paths, v.s.layout().path(r.Article)) {
			same, err := v.shows(c.Tree, p, &r)
			if err != nil {
				return err
			}
			shown = shown || same
		}
		if !shown {
			v.found(Finding{Article: r.Article, Version: r.Number, Path: v.s.layout().path(r.Article),
				Reason: "the file on main doesn't show the current version", Hint: "restore the current version: a commit put another file in its place"})
		}
	}
	return nil
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
