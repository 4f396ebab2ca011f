package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/repo/internal/match"
	"github.com/stemma-project/stemma/schema"
)

// writer makes commits in one batch. The index's transaction sees each of them
// at once, so that the next state of the batch is matched against it; both are
// published together or not at all.
type writer struct {
	s       *Store
	tx      *index.Tx
	batch   *git.Batch
	applier *applier
	days    *match.Days // what the identity rules ask of the index
	now     time.Time   // the time of recording, never before the tip's
	made    int
	asked   chan<- comparison // kinds of change to work out early, or nil
	began   git.Hash          // the tip on which the batch is built
}

// write runs f as the one writer of this store, among all processes, and
// publishes what it made. Where plain git moved the branch meanwhile, everything
// is built again on the new tip. With dry set nothing is kept.
func (s *Store) write(ctx context.Context, dry bool, f func(*writer) error) error {
	return s.writeAs(ctx, writeOptions{dry: dry}, f)
}

// writeOptions say how to write.
type writeOptions struct {
	dry bool
	// beside takes the kinds of change that are to be worked out beside the writing of
	// many versions: their pack is written as it grows, by goroutines of its own, and
	// the index holds its rows back. It is nil for a few.
	beside   chan<- comparison
	importer *importer // whose segment it is, or nil
	durable  func()    // called once what was written is durable, before the index shows it; or nil
}

func (s *Store) writeAs(ctx context.Context, opt writeOptions, f func(*writer) error) error {
	unlock, err := s.git.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.writeLocked(ctx, opt, f)
}

// writeLocked does so for a caller that holds the store's lock. Where the index
// shows itself damaged it is built anew, once: nothing was published, and it is only
// derived.
func (s *Store) writeLocked(ctx context.Context, opt writeOptions, f func(*writer) error) error {
	for mended := opt.importer != nil; ; {
		err := s.writeOnce(ctx, opt, f)
		switch {
		case errors.Is(err, index.ErrDamaged) && !mended:
			mended = true
			if err := s.Reindex(ctx, nil); err != nil {
				return err
			}
		case !errors.Is(err, git.ErrMoved):
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (s *Store) writeOnce(ctx context.Context, opt writeOptions, f func(*writer) error) (err error) {
	tx, err := s.idx.Begin(ctx)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if opt.beside != nil {
		if err := tx.Bulk(); err != nil {
			return err
		}
	}
	if err := s.catchUpIn(ctx, tx, nil); err != nil {
		return err
	}
	w, err := s.newWriter(tx, opt)
	if err != nil {
		return err
	}
	defer w.close()
	if err := f(w); err != nil {
		return err
	}
	if opt.dry {
		return nil
	}
	if w.made > 0 {
		if err := tx.SetTip(w.batch.Tip()); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err // the last moment at which nothing has happened
		}
		if err := w.batch.PublishTelling(opt.durable); err != nil {
			return err
		}
		if opt.importer != nil {
			opt.importer.pack = w.batch.Streamed()
		}
	}
	// From here on the versions are durable. The index can be rebuilt, so a
	// failure to write it is none of the record's.
	done = true
	tx.Commit()
	return nil
}

// newWriter begins a batch. Who is done with the writer closes it.
func (s *Store) newWriter(tx *index.Tx, opt writeOptions) (*writer, error) {
	covered, err := tx.Tip()
	if err != nil {
		return nil, err
	}
	tip := git.Hash(covered)
	var batch *git.Batch
	kept := s.recent
	switch g := opt.importer; {
	case g != nil:
		kept = g.files
		batch, err = s.git.BeginStream(tip, g.pack)
	case opt.beside != nil:
		batch, err = s.git.BeginStream(tip, nil)
	default:
		batch, err = s.git.Begin(tip)
	}
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, tx: tx, batch: batch, asked: opt.beside, began: tip, now: s.now().UTC().Truncate(time.Second)}
	if tip != (git.Hash{}) {
		last, err := s.lastTime(tip, w.now.Add(24*time.Hour))
		if err != nil {
			return nil, err
		}
		// A clock that was put back must not make a version older than the one
		// before it; one that ran years ahead must not bind everybody after.
		if last.After(w.now) {
			w.now = last.UTC()
		}
	}
	w.days = match.NewDays(&finder{w})
	kept.blob = batch.Read
	w.applier, err = s.newApplier(tx, kept)
	return w, err
}

// close lets go of the batch, be it published or not.
func (w *writer) close() {
	w.batch.Abandon()
	w.applier.files.blob = nil // what is kept must not keep the batch
}

// lastTime is when the tip was recorded, or a sealed commit that lies behind it with
// nothing but commits of plain git between: those have clocks of their own. Times
// from limit on are left out.
func (s *Store) lastTime(tip git.Hash, limit time.Time) (time.Time, error) {
	const most = 200 // a long history of plain git's is not gone through at every record
	var last time.Time
	seen := map[git.Hash]bool{tip: true}
	for queue := []git.Hash{tip}; len(queue) > 0 && len(seen) < most; queue = queue[1:] {
		c, err := s.git.Commit(queue[0])
		if err != nil {
			return last, err
		}
		if t := c.Committer.When; t.After(last) && t.Before(limit) {
			last = t
		}
		if m, err := parseMessage(c.Message); err == nil && m.sealed {
			continue
		}
		for _, p := range c.Parents {
			if !seen[p] {
				seen[p] = true
				queue = append(queue, p)
			}
		}
	}
	return last, nil
}

// content is what a commit puts into a file.
type content struct {
	path   string
	data   []byte        // nil: the file is removed
	before git.Hash      // what the file held, where that is known: versions are stored by their difference
	state  *schema.State // what data says, where that is known
}

// commit adds a commit that changes files and takes it into the index.
func (w *writer) commit(m *message, author schema.Person, files ...content) (git.Hash, error) {
	e := &event{changes: make([]git.FileChange, len(files))}
	for i, f := range files {
		var h git.Hash
		if f.data != nil {
			h = w.batch.BlobOver(f.data, f.before, w.again(f.before))
			if f.state != nil {
				w.applier.files.keep(h, &file{state: *f.state, written: true}, len(f.data))
				e.foreseen = w.foresee(m, &f, h)
			}
		}
		e.changes[i] = git.FileChange{Path: f.path, New: h}
	}
	sortChanges(e.changes)
	published := m.published.T
	if m.published.IsZero() {
		published = w.now
	}
	e.commit = &git.Commit{
		Author:    git.Signature{Name: author.Name, Email: author.Email, When: published},
		Committer: git.Signature{Name: author.Name, Email: author.Email, When: w.now},
		Message:   git.CleanMessage(m.String()),
	}
	var err error
	if len(e.changes) == 1 && !e.changes[0].New.IsZero() {
		e.hash, err = w.batch.CommitFile(e.changes[0].Path, e.changes[0].New, e.commit.Author, e.commit.Committer, e.commit.Message)
	} else {
		changes := make(map[string]git.Hash, len(files))
		for _, c := range e.changes {
			changes[c.Path] = c.New
		}
		e.hash, err = w.batch.Commit(changes, e.commit.Author, e.commit.Committer, e.commit.Message)
	}
	if err != nil {
		return git.Hash{}, err
	}
	if e.message, err = parseMessage(e.commit.Message); err != nil {
		return git.Hash{}, fmt.Errorf("the message of a new commit can't be read back: %w", err)
	}
	if err := w.applier.apply(e); err != nil {
		return git.Hash{}, err
	}
	w.made++
	return e.hash, nil
}

// again gives what writes a file anew whose state was recorded a while ago and is
// still at hand: that takes less than to gather it from the differences that the
// pack holds. It is nil for other files.
func (w *writer) again(h git.Hash) func() []byte {
	was := w.applier.files.kept(h)
	if was == nil || !was.written {
		return nil
	}
	return func() []byte { return schema.EncodeFile(&was.state) }
}

// foresee begins to work out the kinds of change of an import's next version, where
// the version before it is at hand.
func (w *writer) foresee(m *message, f *content, h git.Hash) *foreseen {
	if w.asked == nil || f.before.IsZero() {
		return nil
	}
	was := w.applier.files.kept(f.before)
	if was == nil || was.problem != nil {
		return nil
	}
	soon := &foreseen{f.before, h, m.known, make(chan compared, 1)}
	w.asked <- comparison{&was.state, f.state, soon}
	return soon
}

// version seals a normalized state and commits it as a version. gone names files
// to remove in the same commit.
func (w *writer) version(m *message, author schema.Person, state *schema.State, gone ...string) (git.Hash, error) {
	chain, err := w.applier.link(state.ID)
	if err != nil {
		return git.Hash{}, err
	}
	m.article, m.headline, m.sealed, m.salt = state.ID, state.Headline, true, newSalt()
	m.seal = sealed{previous: chain.previous, article: state.ID, published: m.published, author: author, salt: m.salt}.over(w.applier.sums.fieldRoot(state, m.salt))
	said := state.Clone()
	said.Normalize()
	files := []content{{path: w.applier.layout.path(state.ID), data: schema.EncodeFile(&said), state: &said}}
	if cur, ok, err := w.tx.Current(state.ID); err != nil {
		return git.Hash{}, err
	} else if ok {
		files[0].before = cur.Blob
	}
	// A file that plain git moved elsewhere goes back to its place.
	strays, err := w.tx.FilesOf(state.ID)
	if err != nil {
		return git.Hash{}, err
	}
	gone = append(strays, gone...)
	slices.Sort(gone)
	for _, p := range slices.Compact(gone) {
		files = append(files, content{path: p})
	}
	w.days.Note(state.ID, state.Date, state.Headline)
	return w.commit(m, author, files...)
}

// insert commits a version published before the current one, and then the
// current version's own file again, so that a clone always shows what is current.
func (w *writer) insert(m *message, author schema.Person, state *schema.State, cur *index.Row) (git.Hash, error) {
	current, err := w.applier.state(cur)
	if err != nil {
		return git.Hash{}, err
	}
	hash, err := w.version(m, author, state)
	if err != nil {
		return hash, err
	}
	data := schema.EncodeFile(current)
	if cur.Blob != ([20]byte{}) {
		if data, err = w.batch.Read(cur.Blob); err != nil {
			return hash, err
		}
	}
	again := &message{op: opReassert, headline: current.Headline, article: state.ID, published: cur.Published, reassert: Seal(cur.Seal)}
	_, err = w.commit(again, author, content{path: w.applier.layout.path(state.ID), data: data})
	return hash, err
}

// place commits a version where its time puts it: past says that it comes before
// the current one.
func (w *writer) place(m *message, author schema.Person, state *schema.State, cur *index.Row, past bool) (git.Hash, error) {
	if past {
		m.op = opInsert
		return w.insert(m, author, state, cur)
	}
	return w.version(m, author, state)
}
