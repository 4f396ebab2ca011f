package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// Side says whose state becomes the merged one where an article was changed on both
// sides.
type Side string

// The ways to settle a conflict.
const (
	Ours   Side = "ours"   // this store's state
	Theirs Side = "theirs" // the remote's state
	Edited Side = "edit"   // the states in PullOptions.Edited
)

// PullOptions are the options of [Store.Pull] and [Clone].
type PullOptions struct {
	Git      GitProgram
	Remote   string        // its name; "" is the default one, or the only one
	Author   schema.Person // who merges, where something is to be merged
	Note     string        // on the versions by which conflicts are settled; "" says whose state was kept
	Resolve  Side          // "": a conflict ends the pull, and nothing is changed
	Edited   map[schema.ID]schema.State
	Progress func(done, total int)
}

// Arrival is what a pull or a clone brought.
type Arrival struct {
	Remote   string
	UpToDate bool      // the remote had nothing new
	Merged   bool      // both sides had something new: a merge commit joins them
	Commits  int       // that arrived
	Articles int       // that the arriving versions belong to
	Versions int       // that arrived
	Settled  []Version // by which conflicts were settled
	Findings []Finding // what doesn't hold of all that arrived: seals and claims
	Broken   []Finding // files that arrived and can't be read as articles
}

// MergeConflict is an article, or another file, that was changed on both sides.
type MergeConflict struct {
	Article      schema.ID     // zero where the file holds no article
	Path         string        // of the file, where it holds no article
	Ours, Theirs Version       // the current ones; the number of Theirs is not given yet
	OurState     *schema.State // nil where the file holds no article
	TheirState   *schema.State
	BaseState    *schema.State // what both sides began with; nil where they never shared one
}

// Text gives an article's file in which both sides are brought together, as git
// brings texts together: lines that both changed stand between marks, and clean is
// false. With the marks in it the text is no article, so they can't be overlooked.
// Without the git program all stands between marks but the beginning and the end.
func (c *MergeConflict) Text(ctx context.Context, g GitProgram) (text []byte, clean bool, err error) {
	if c.OurState == nil || c.TheirState == nil {
		return nil, false, fmt.Errorf("%s holds no article, so there is no text to edit: settle it with ours or theirs", c.Path)
	}
	var base []byte
	if c.BaseState != nil {
		base = encodeAs(c.BaseState, c.Article)
	}
	if g.absent() {
		return bothTexts(encodeAs(c.OurState, c.Article), encodeAs(c.TheirState, c.Article)), false, nil
	}
	dir, err := os.MkdirTemp("", "stemma-merge-")
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for name, data := range map[string][]byte{"ours": encodeAs(c.OurState, c.Article), "base": base, "theirs": encodeAs(c.TheirState, c.Article)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, false, err
		}
	}
	out, err := g.run(ctx, dir, "bring two texts together", "merge-file", "-p", "-q", "ours", "base", "theirs")
	var failed *TransportError
	if errors.As(err, &failed) && strings.Contains(out, "\n<<<<<<< ") {
		return []byte(out), false, nil // git's exit code counts the places
	}
	return []byte(out), err == nil, err
}

// bothTexts puts two texts between git's marks, without bringing them together but
// for the lines with which both begin and end.
func bothTexts(ours, theirs []byte) []byte {
	a, b := bytes.SplitAfter(ours, []byte("\n")), bytes.SplitAfter(theirs, []byte("\n"))
	n := 0
	for n < min(len(a), len(b)) && bytes.Equal(a[n], b[n]) {
		n++
	}
	m := 0
	for m < min(len(a), len(b))-n && bytes.Equal(a[len(a)-1-m], b[len(b)-1-m]) {
		m++
	}
	parts := slices.Concat(a[:n], [][]byte{[]byte("<<<<<<< ours\n")}, a[n:len(a)-m], [][]byte{[]byte("=======\n")},
		b[n:len(b)-m], [][]byte{[]byte(">>>>>>> theirs\n")}, a[len(a)-m:])
	return bytes.Join(parts, nil)
}

// encodeAs gives the file of a state as that of another article.
func encodeAs(s *schema.State, id schema.ID) []byte {
	as := s.Clone()
	as.ID = id
	as.Normalize()
	return schema.EncodeFile(&as)
}

// Diff tells how the state of the other side differs from ours.
func (c *MergeConflict) Diff(opt diff.Options) diff.Article {
	if c.OurState == nil || c.TheirState == nil {
		return diff.Article{}
	}
	return knownDiff(c.OurState, c.TheirState, c.Ours.Known&c.Theirs.Known, opt)
}

// MergeConflictError says that articles were changed on both sides and nobody said
// which state is to stand. Nothing was changed.
type MergeConflictError struct {
	Remote    string
	Conflicts []MergeConflict
}

func (e *MergeConflictError) Error() string {
	if len(e.Conflicts) == 1 {
		return fmt.Sprintf("one article was changed both here and at %s: nothing was pulled", e.Remote)
	}
	return fmt.Sprintf("%d articles were changed both here and at %s: nothing was pulled", len(e.Conflicts), e.Remote)
}

// UnrelatedError says that a remote's history can't be one with the store's.
type UnrelatedError struct {
	Remote string
	Lost   string // the commit that the remote had once and has no more; "" where the two never shared any
}

func (e *UnrelatedError) Error() string {
	if e.Lost != "" {
		return fmt.Sprintf("the history of %s was rewritten: it has commit %.12s no more; nothing was pulled", e.Remote, e.Lost)
	}
	return fmt.Sprintf("the history of %s shares nothing with this store's: nothing was pulled", e.Remote)
}

// Pull takes in what a remote has and this store has not. Where only the remote has
// something new, main moves on to it. Where both have, a merge commit joins them,
// article by article: every version of both sides is kept, this store's keep their
// numbers and those that arrive get new ones, and main shows for each article what
// is current. An article that was changed on both sides, to different states, is a
// conflict: a *MergeConflictError, unless the options settle it; the state chosen
// then is current, as a version of its own where it isn't already.
//
// Everything that arrives is checked as [Store.Verify] checks it, and what is wrong
// is reported; what is wrong with it is no reason to refuse it, since it is part of
// the other store's history. Only a history that was rewritten is refused.
func (s *Store) Pull(ctx context.Context, opt PullOptions) (*Arrival, error) {
	r, err := s.remote(opt.Remote)
	if err != nil {
		return nil, err
	}
	theirs, found, err := s.fetch(ctx, opt.Git, r)
	if err != nil {
		return nil, err
	}
	seen, err := s.seen(r.Name)
	if err != nil {
		return nil, err
	}
	if !found {
		if !seen.IsZero() {
			return nil, &UnrelatedError{Remote: r.Name, Lost: seen.String()}
		}
		return &Arrival{Remote: r.Name, UpToDate: true}, nil
	}
	if kept, err := s.git.IsAncestor(seen, theirs); err != nil || !kept {
		return nil, errors.Join(err, &UnrelatedError{Remote: r.Name, Lost: seen.String()})
	}
	a, err := s.receive(ctx, r, theirs, opt)
	if err != nil {
		return nil, err
	}
	return a, s.saw(r.Name, theirs)
}

// receive makes a commit that was fetched part of main, as the store's one writer.
func (s *Store) receive(ctx context.Context, r Remote, theirs git.Hash, opt PullOptions) (*Arrival, error) {
	unlock, err := s.git.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for {
		a, err := s.receiveOnce(ctx, r, theirs, opt)
		if !errors.Is(err, git.ErrMoved) {
			return a, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func (s *Store) receiveOnce(ctx context.Context, r Remote, theirs git.Hash, opt PullOptions) (a *Arrival, err error) {
	tx, err := s.idx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if err := s.catchUpIn(ctx, tx, nil); err != nil {
		return nil, err
	}
	w, err := s.newWriter(tx, writeOptions{})
	if err != nil {
		return nil, err
	}
	defer w.close()
	m := &merger{writer: w, ctx: ctx, opt: opt, theirs: theirs, arrival: &Arrival{Remote: r.Name}}
	m.ours, m.at = w.batch.Tip(), w.now
	if m.arrival.UpToDate, err = s.git.IsAncestor(theirs, m.ours); err != nil || m.arrival.UpToDate {
		return m.arrival, err
	}
	ahead, err := s.git.IsAncestor(m.ours, theirs)
	if err != nil {
		return nil, err
	}
	if !ahead {
		m.base, err = s.git.MergeBase(m.ours, theirs)
		if err == nil && m.base.IsZero() {
			err = &UnrelatedError{Remote: r.Name}
		}
		if err != nil {
			return nil, err
		}
	}
	if err := m.takeIn(); err != nil {
		return nil, err
	}
	if ahead {
		err = m.forward()
	} else {
		err = m.merge()
	}
	if err != nil {
		return nil, err
	}
	// From here on what arrived is durable; the index can be rebuilt.
	done = true
	tx.Commit()
	return m.arrival, nil
}

// merger makes what a remote has part of main.
type merger struct {
	*writer
	ctx          context.Context
	opt          PullOptions
	ours, theirs git.Hash
	base         git.Hash          // of the files that hold no article
	came         map[git.Hash]bool // the commits that arrive
	local        map[git.Hash]bool // those that the remote doesn't have
	at           time.Time         // when they arrive
	tried        bool              // and that was noted before, by a pull that came no further
	forked       bool              // what arrives has merges
	arrival      *Arrival
}

// takeIn brings the arriving commits into the index, behind all that is there, and
// checks them on the way.
func (m *merger) takeIn() error {
	s := m.s
	o, err := s.besideOrderer(m.ours, m.theirs)
	if err != nil {
		return err
	}
	next := sequence{hashes: o.out, lineage: o.lineage}
	m.came = make(map[git.Hash]bool, len(o.out))
	for _, h := range o.out {
		m.came[h] = true
		m.forked = m.forked || len(o.lineage.parents[h]) > 1
	}
	if next.arrived, err = m.arrivalOf(o.out); err != nil {
		return err
	}
	before, err := m.tx.Problems()
	if err != nil {
		return err
	}
	last, err := m.tx.Seq()
	if err != nil {
		return err
	}
	check := &commitCheck{v: &verifier{s: s, report: &Report{}}}
	check.on(next.lineage)
	m.applier.check = check
	err = s.takeIn(m.ctx, m.applier, next, m.opt.Progress)
	m.applier.check = nil
	if err != nil {
		return err
	}
	a := m.arrival
	a.Commits, a.Findings = len(o.out), check.v.report.Findings
	problems, err := m.tx.Problems()
	if err != nil {
		return err
	}
	for _, p := range problems[len(before):] {
		a.Broken = append(a.Broken, problemFinding(&p))
	}
	return m.count(last)
}

// count tells how many versions arrived, of how many articles.
func (m *merger) count(last int64) error {
	articles := map[schema.ID]bool{}
	for r, err := range m.tx.Log(index.Filter{}) {
		if err != nil {
			return err
		}
		if r.Seq <= last {
			break
		}
		m.arrival.Versions++
		articles[r.Article] = true
	}
	m.arrival.Articles = len(articles)
	return nil
}

// besideOrderer lists what theirs has and ours has not, in the order in which it is
// recorded behind ours.
func (s *Store) besideOrderer(ours, theirs git.Hash) (*orderer, error) {
	log, err := s.git.Log(ours, git.Hash{})
	if err != nil {
		return nil, err
	}
	more, err := s.git.Log(theirs, ours)
	if err != nil {
		return nil, err
	}
	o := &orderer{s: s, lineage: newLineage(s.git, append(log, more...)), listed: make(map[git.Hash]bool, len(log))}
	for _, h := range log {
		o.listed[h] = true
	}
	if err := o.upTo(theirs); err != nil {
		return nil, err
	}
	o.lineage.begin(ours)
	return o, nil
}

// arrivalOf tells when these commits arrive, as who reads history anew will be told
// by the receipts. A pull that was ended after it had written its own, and before main
// could move, counts: what it brought arrived then.
func (m *merger) arrivalOf(hashes []git.Hash) (map[git.Hash]time.Time, error) {
	if m.ours.IsZero() {
		return nil, nil
	}
	receipts, err := m.s.git.Receipts()
	if err != nil {
		return nil, err
	}
	own := git.Receipt{Old: m.ours, Arrived: m.theirs, Count: len(hashes), At: m.at}
	m.tried = slices.ContainsFunc(receipts, func(r git.Receipt) bool {
		return r.Old == own.Old && r.Arrived == own.Arrived && r.Count == own.Count
	})
	return arrivals(append(receipts, own), m.ours, hashes), nil
}

// receipt notes where main stood and what came, before main moves.
func (m *merger) receipt() error {
	if m.tried {
		return nil
	}
	who := git.Signature{Name: nobody.Name, Email: nobody.Email}
	if m.ours.IsZero() {
		// A clone's history is its own past. Where that has merges, the order in which
		// it is listed is this store's own from now on.
		if !m.forked {
			return nil
		}
		return m.s.git.AddReceipt(m.ctx, git.Receipt{Old: m.theirs, Arrived: m.theirs, At: m.at}, who, "Receipt: a clone of "+m.arrival.Remote)
	}
	return m.s.git.AddReceipt(m.ctx, git.Receipt{Old: m.ours, Arrived: m.theirs, Count: m.arrival.Commits, At: m.at}, who,
		fmt.Sprintf("Receipt: %d commits from %s", m.arrival.Commits, m.arrival.Remote))
}

// forward moves main on to what the remote has.
func (m *merger) forward() error {
	if err := m.tx.SetTip(m.theirs); err != nil {
		return err
	}
	if err := m.receipt(); err != nil {
		return err
	}
	if err := m.ctx.Err(); err != nil {
		return err // the last moment at which nothing has happened
	}
	return m.s.git.FastForward(m.ours, m.theirs)
}

// merge joins both sides.
func (m *merger) merge() error {
	local, err := m.s.git.Log(m.ours, m.theirs)
	if err != nil {
		return err
	}
	m.local = make(map[git.Hash]bool, len(local))
	for _, h := range local {
		m.local[h] = true
	}
	their, err := m.s.git.Commit(m.theirs)
	if err != nil {
		return err
	}
	if t := their.Committer.When; t.After(m.now) && t.Sub(m.now) < 24*time.Hour {
		m.now = t.UTC() // as newWriter does for the clock of our own tip
	}
	p, err := m.plan(their)
	if err != nil {
		return err
	}
	if err := m.settle(p); err != nil {
		return err
	}
	if err := m.commitMerge(p, their); err != nil {
		return err
	}
	for i := range p.conflicts {
		if err := m.settled(&p.conflicts[i]); err != nil {
			return err
		}
	}
	if err := m.receipt(); err != nil {
		return err
	}
	if err := m.ctx.Err(); err != nil {
		return err // the last moment at which nothing has happened
	}
	if err := m.tx.SetTip(m.batch.Tip()); err != nil {
		return err
	}
	m.arrival.Merged = true
	return m.batch.Publish()
}
