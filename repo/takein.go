package repo

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// takeIn applies a stretch of history. What can be done without knowing what comes
// before it is done ahead, on all processors: reading each commit, what it changed,
// and its files, and working out what [ahead] holds. It is applied in order, by this
// goroutine alone.
func (s *Store) takeIn(ctx context.Context, a *applier, next sequence, progress func(done, total int)) error {
	return takeInFrom(ctx, s.git, a, next, progress)
}

// source is where history is read.
type source interface {
	Commit(git.Hash) (*git.Commit, error)
	Diff(oldTree, newTree git.Hash) ([]git.FileChange, error)
	Blob(git.Hash) ([]byte, error) // which nobody changes
}

// source gives where a stretch of history is read that has so many commits, and keeps
// the files read there: of a long one more is kept at hand.
func (s *Store) source(commits int) (source, *files) {
	if commits < bulkFrom {
		return s.git, newFiles(s.git.Blob, filesKept)
	}
	sweep := s.git.Sweep()
	return sweep, newFiles(sweep.Blob, bulkFilesKept)
}

// takeInFrom is takeIn where history is read from another source.
func takeInFrom(ctx context.Context, from source, a *applier, next sequence, progress func(done, total int)) error {
	a.lineage = next.lineage
	ctx, cancel := context.WithCancel(ctx)
	r := readHistory(ctx, from, a.files, next.hashes, a.check != nil)
	defer r.wait()
	defer cancel()
	for i, h := range next.hashes {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := r.next()
		if err == nil {
			e.arrived = next.arrived[h]
			if a.check != nil {
				a.check.begin(e)
			}
			err = a.apply(e)
		}
		if err != nil {
			return fmt.Errorf("taking commit %s into the index: %w", h, err)
		}
		if a.check != nil {
			a.check.end(e)
		}
		if progress != nil {
			progress(i+1, len(next.hashes))
		}
	}
	return nil
}

// ahead is what was worked out of one file of a commit before its turn came.
type ahead struct {
	blob   git.Hash
	digest [32]byte // as contentDigest gives it

	// While a store is verified:
	sealed    bool     // what follows is there
	root      [32]byte // as fieldRoot gives it, for the commit's salt
	canonical bool     // the bytes are those that the state is written as
}

// at gives what was worked out ahead of a file; nil where nothing was.
func (e *event) at(blob git.Hash) *ahead {
	for i := range e.ahead {
		if e.ahead[i].blob == blob {
			return &e.ahead[i]
		}
	}
	return nil
}

// digest is contentDigest of the state in a file of the commit.
func (e *event) digest(blob git.Hash, state *schema.State, u *sums) [32]byte {
	if known := e.at(blob); known != nil {
		return known.digest
	}
	return u.contentDigest(state)
}

// root is fieldRoot of the state in a file of the commit, for the commit's salt.
func (e *event) root(blob git.Hash, state *schema.State, u *sums) [32]byte {
	if known := e.at(blob); known != nil && known.sealed {
		return known.root
	}
	return u.fieldRoot(state, e.message.salt)
}

const (
	// readStretch is how many commits one goroutine reads in a row: each one's
	// parent is the one that it has just read, but for the first.
	readStretch = 64
	// readFiles is how many files of one commit are read ahead. They go to where the
	// applier keeps those read last, which must not overflow before their turn.
	readFiles = 16
)

// reader reads a stretch of history ahead, on several goroutines.
type reader struct {
	from    source
	files   *files
	seals   bool              // what proves a seal is worked out too
	pieces  chan chan []early // in order
	piece   []early           // what is left of the piece at hand
	working sync.WaitGroup
}

// early is a commit that was read ahead, or why it can't be read.
type early struct {
	event *event
	err   error
}

// readHistory begins to read commits, which next gives one after another. Whoever
// takes fewer than all of them must end ctx and call wait. With seals, what proves
// seals is worked out too.
func readHistory(ctx context.Context, from source, files *files, hashes []git.Hash, seals bool) *reader {
	workers := runtime.GOMAXPROCS(0)
	r := &reader{from: from, files: files, seals: seals, pieces: make(chan chan []early, workers+1)}
	free := make(chan struct{}, workers)
	r.working.Go(func() {
		defer close(r.pieces)
		for len(hashes) > 0 {
			n := min(readStretch, len(hashes))
			stretch, piece := hashes[:n], make(chan []early, 1)
			hashes = hashes[n:]
			select {
			case <-ctx.Done():
				return
			case r.pieces <- piece:
			}
			free <- struct{}{}
			r.working.Go(func() {
				piece <- r.read(ctx, stretch)
				<-free
			})
		}
	})
	return r
}

// wait returns when nothing is being read any more.
func (r *reader) wait() { r.working.Wait() }

// next gives the next commit.
func (r *reader) next() (*event, error) {
	if len(r.piece) == 0 {
		piece, ok := <-r.pieces
		if !ok {
			return nil, context.Canceled
		}
		r.piece = <-piece
	}
	e := r.piece[0]
	r.piece = r.piece[1:]
	return e.event, e.err
}

// read reads a few commits that follow one another.
func (r *reader) read(ctx context.Context, hashes []git.Hash) []early {
	out := make([]early, len(hashes))
	var last *git.Commit
	var u sums
	for i, h := range hashes {
		e := &out[i]
		if e.err = ctx.Err(); e.err != nil {
			continue
		}
		if e.event, e.err = r.event(h, last); e.err == nil {
			last = e.event.commit
			r.foresee(e.event, &u)
		}
	}
	return out
}

// foresee reads the files that a commit changed, and works out what can be known of
// them by now. What can't be read fails again, and is told, when it is asked for.
func (r *reader) foresee(e *event, u *sums) {
	m := &e.message
	n := 0
	for _, c := range e.changes {
		if c.New.IsZero() || !articleFile(c.Path) {
			continue
		}
		if n++; n > readFiles {
			return
		}
		read, data, err := r.file(c.New)
		if err != nil || read.problem != nil {
			continue
		}
		state := &read.state
		known := ahead{blob: c.New, digest: u.contentDigest(state)}
		if r.seals && m.sealed && m.article == state.ID {
			known.sealed, known.root = true, u.fieldRoot(state, m.salt)
			known.canonical = read.canonical || bytes.Equal(schema.EncodeFile(state), data)
		}
		e.ahead = append(e.ahead, known)
		if c.Old.IsZero() || c.Old == c.New {
			continue
		}
		before, err := r.files.read(c.Old)
		if err != nil || before.problem != nil || len(e.changes) > 1 || !m.sealed || !m.link.IsZero() || !m.split.IsZero() {
			continue
		}
		// As a rule the file replaced the version before, of which as much is known.
		f := &foreseen{c.Old, c.New, m.known, make(chan compared, 1)}
		f.compared <- compareStates(&before.state, state, m.known)
		e.foreseen = f
	}
}

// file reads a file, and its bytes too where seals are to be proved: they come from
// git then, whether the file is kept or not.
func (r *reader) file(h git.Hash) (read *file, data []byte, err error) {
	if !r.seals {
		read, err = r.files.read(h)
		return read, nil, err
	}
	if data, err = r.files.blob(h); err != nil {
		return nil, nil, err
	}
	if read = r.files.kept(h); read == nil {
		read = r.files.parse(h, data)
	}
	return read, data, nil
}

// event reads a commit and what it changed; last is one read before, which may be
// its parent, or nil. Of a merge that is every file that differs from any parent:
// on main, a merge may put back what a side branch changed, and a file that says
// what the article's current version does makes none.
func (r *reader) event(h git.Hash, last *git.Commit) (*event, error) {
	c, err := r.from.Commit(h)
	if err != nil {
		return nil, err
	}
	e := &event{hash: h, commit: c}
	e.message, e.bad = parseMessage(c.Message)
	parents := c.Parents
	if len(parents) == 0 {
		parents = []git.Hash{{}}
	}
	if len(parents) == 1 {
		tree, err := r.tree(parents[0], last)
		if err == nil {
			e.changes, err = r.from.Diff(tree, c.Tree)
		}
		return e, err
	}
	differs := map[string]int{} // from how many parents
	for _, p := range parents {
		tree, err := r.tree(p, last)
		if err != nil {
			return nil, err
		}
		changes, err := r.from.Diff(tree, c.Tree)
		if err != nil {
			return nil, err
		}
		for _, ch := range changes {
			if differs[ch.Path]++; differs[ch.Path] == 1 {
				e.changes = append(e.changes, ch)
			}
		}
	}
	sortChanges(e.changes)
	e.inherited = map[string]bool{}
	for p, n := range differs {
		e.inherited[p] = n < len(parents)
	}
	return e, nil
}

// tree gives the tree of a commit, which may be the one read last; the zero Hash,
// of no commit, has none.
func (r *reader) tree(h git.Hash, last *git.Commit) (git.Hash, error) {
	if h.IsZero() {
		return git.Hash{}, nil
	}
	if last != nil && last.Hash == h {
		return last.Tree, nil
	}
	c, err := r.from.Commit(h)
	if err != nil {
		return git.Hash{}, err
	}
	return c.Tree, nil
}
