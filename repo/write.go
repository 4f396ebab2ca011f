package repo

import (
	"context"
	"errors"
	"fmt"
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
	pending map[git.Hash][]byte // blobs that aren't in git yet
	days    *match.Days         // what the identity rules ask of the index
	now     time.Time           // the time of recording, never before the tip's
	made    int
}

// write runs f as the one writer of this store, among all processes, and
// publishes what it made. Where plain git moved the branch meanwhile, everything
// is built again on the new tip. With dry set nothing is kept.
func (s *Store) write(ctx context.Context, dry bool, f func(*writer) error) error {
	unlock, err := s.git.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for {
		err := s.writeOnce(ctx, dry, f)
		if !errors.Is(err, git.ErrMoved) {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (s *Store) writeOnce(ctx context.Context, dry bool, f func(*writer) error) (err error) {
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
	if err := s.catchUpIn(ctx, tx, nil); err != nil {
		return err
	}
	w, err := s.newWriter(tx)
	if err != nil {
		return err
	}
	if err := f(w); err != nil {
		return err
	}
	if dry {
		return nil
	}
	if w.made > 0 {
		if err := ctx.Err(); err != nil {
			return err // the last moment at which nothing has happened
		}
		if err := w.batch.Publish(); err != nil {
			return err
		}
	}
	// From here on the versions are durable. The index can be rebuilt, so a
	// failure to write it is none of the record's.
	done = true
	tx.Commit()
	return nil
}

func (s *Store) newWriter(tx *index.Tx) (*writer, error) {
	covered, err := tx.Tip()
	if err != nil {
		return nil, err
	}
	tip := git.Hash(covered)
	batch, err := s.git.Begin(tip)
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, tx: tx, batch: batch, pending: map[git.Hash][]byte{}, now: s.now().UTC().Truncate(time.Second)}
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
	w.applier, err = s.newApplier(tx, newFiles(w.blob, filesKept))
	return w, err
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

// blob reads a blob of the batch or of git.
func (w *writer) blob(h git.Hash) ([]byte, error) {
	if data, ok := w.pending[h]; ok {
		return data, nil
	}
	return w.s.git.Blob(h)
}

// commit adds a commit that changes the given files, nil meaning that a file is
// removed, and takes it into the index.
func (w *writer) commit(m *message, author schema.Person, files map[string][]byte) (git.Hash, error) {
	changes := make(map[string]git.Hash, len(files))
	e := &event{}
	for p, data := range files {
		var h git.Hash
		if data != nil {
			h = w.batch.Blob(data)
			w.pending[h] = data
		}
		changes[p] = h
		e.changes = append(e.changes, git.FileChange{Path: p, New: h})
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
	e.hash, err = w.batch.Commit(changes, e.commit.Author, e.commit.Committer, e.commit.Message)
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
	return e.hash, w.tx.SetTip(e.hash)
}

// version seals a state and commits it as a version. extra names further files
// to write or remove in the same commit.
func (w *writer) version(m *message, author schema.Person, state *schema.State, extra map[string][]byte) (git.Hash, error) {
	chain, err := w.applier.link(state.ID)
	if err != nil {
		return git.Hash{}, err
	}
	m.article, m.headline, m.sealed, m.salt = state.ID, state.Headline, true, newSalt()
	m.seal = sealed{previous: chain.previous, article: state.ID, published: m.published, author: author, salt: m.salt}.seal(state)
	data := schema.EncodeFile(state)
	files := map[string][]byte{w.applier.layout.path(state.ID): data}
	for p, data := range extra {
		files[p] = data
	}
	// A file that plain git moved elsewhere goes back to its place.
	strays, err := w.tx.FilesOf(state.ID)
	if err != nil {
		return git.Hash{}, err
	}
	for _, p := range strays {
		files[p] = nil
	}
	w.days.Note(state.ID, state.Date, state.Headline)
	return w.commit(m, author, files)
}

// insert commits a version published before the current one, and then the
// current version's own file again, so that a clone always shows what is current.
func (w *writer) insert(m *message, author schema.Person, state *schema.State, cur *index.Row) (git.Hash, error) {
	current, err := w.applier.state(cur)
	if err != nil {
		return git.Hash{}, err
	}
	hash, err := w.version(m, author, state, nil)
	if err != nil {
		return hash, err
	}
	data := schema.EncodeFile(current)
	if cur.Blob != ([20]byte{}) {
		if data, err = w.blob(cur.Blob); err != nil {
			return hash, err
		}
	}
	again := &message{op: opReassert, headline: current.Headline, article: state.ID, published: cur.Published, reassert: Seal(cur.Seal)}
	_, err = w.commit(again, author, map[string][]byte{w.applier.layout.path(state.ID): data})
	return hash, err
}

// place commits a version where its time puts it: past says that it comes before
// the current one.
func (w *writer) place(m *message, author schema.Person, state *schema.State, cur *index.Row, past bool) (git.Hash, error) {
	if past {
		m.op = opInsert
		return w.insert(m, author, state, cur)
	}
	return w.version(m, author, state, nil)
}
