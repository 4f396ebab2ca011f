package repo

import (
	"context"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

const (
	// segmentDrafts is the most drafts that an import makes durable together: so
	// many that the pack's and the index's costs of each round vanish, and so few
	// that a kill costs seconds of work.
	segmentDrafts = 1 << 17
	// segmentBytes bounds what an import holds while a segment isn't
	// durable: where plain git moves main meanwhile, they are recorded again.
	segmentBytes = 128 << 20
	// longBody counts many times over (longWeight): the history of a long article
	// comes as whole copies of it, of which a few are work enough for a segment.
	longBody   = 64 << 10
	longWeight = 16
	// draftOverhead is roughly what a draft and its result hold beyond the body.
	draftOverhead = 2 << 10
	// patience is how long an import keeps the store's lock while its source has
	// nothing to say.
	patience = 100 * time.Millisecond
	// importFilesKept bounds the states that an import keeps at hand, in bytes: the
	// next version of an article is compared with them.
	importFilesKept = 160 << 20
)

// Import records a stream of drafts in segments, each durable as a whole, and
// calls each with every result in order. A draft without a time of its own that
// repeats the article's versions from the first on adds nothing, so running an
// import twice, or again after it was interrupted, is harmless. An error of the
// stream that is a *schema.Problem refuses one state and the rest goes on.
//
// The stream is read, and its states are brought into their normal form, by a
// goroutine of their own, beside each. A segment ends early when another writer
// waits for the store, and when the stream has nothing to give for a moment.
func (s *Store) Import(ctx context.Context, drafts iter.Seq2[Draft, error], opt RecordOptions, each func(Result)) error {
	in := readAhead(ctx, drafts)
	defer in.stop()
	asked := make(chan comparison, 16)
	defer close(asked)
	go foresee(asked)
	g := &importer{s: s, in: in, opt: opt, replay: newReplay(), asked: asked, files: newFiles(nil, importFilesKept)}
	for g.in.wait() {
		results, err := g.segment(ctx)
		for _, page := range results {
			for _, r := range page {
				each(r)
			}
		}
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return in.err
}

// importer records a stream segment by segment.
type importer struct {
	s      *Store
	in     *incoming
	opt    RecordOptions
	replay *replay
	asked  chan<- comparison // kinds of change to work out
	files  *files            // states at hand, from one segment to the next
	pack   *git.Streamed     // where the last segment went
}

// segment records what comes until the segment is full, and makes it durable.
func (g *importer) segment(ctx context.Context) (results pages, err error) {
	var held []*prepared // all of the segment, should it have to be recorded again
	size := 0
	hurried := false
	err = g.s.writeAs(ctx, writeOptions{dry: g.opt.DryRun, beside: g.asked, importer: g}, func(w *writer) error {
		results = nil
		g.replay.begin()
		for i := 0; ; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if i == len(held) {
				hurried = len(held) >= batchSize && len(held)%256 == 0 && g.s.git.Awaited()
				if hurried || len(held) == segmentDrafts || size >= segmentBytes {
					return nil
				}
				p := g.in.next(patience)
				if p == nil {
					return nil
				}
				held, size = append(held, p), size+p.weight()
			}
			result, err := w.record(held[i], g.opt, g.replay)
			if err != nil {
				return err
			}
			results = results.add(result)
		}
	})
	if err != nil {
		return nil, err
	}
	if hurried {
		g.pack = nil // so that who waits need not wait for the copying of a large pack
	}
	g.replay.keep()
	return results, nil
}

// pages holds the results of a segment. One slice of them all would be copied time
// and again as it grows.
type pages [][]Result

const pageResults = 512

func (p pages) add(r Result) pages {
	if n := len(p); n > 0 && len(p[n-1]) < pageResults {
		p[n-1] = append(p[n-1], r)
		return p
	}
	return append(p, append(make([]Result, 0, pageResults), r))
}

// prepared is a draft whose state was brought into its normal form.
type prepared struct {
	draft   Draft
	in      schema.Input    // of the draft, normalized
	problem *schema.Problem // why it can't be recorded
}

func prepare(d *Draft) *prepared {
	p := &prepared{draft: *d}
	p.draft.Input.State = d.Input.State.Clone()
	unshare(&p.draft.Input)
	unsharePerson(&p.draft.Author)
	p.draft.Note = strings.Clone(p.draft.Note)
	p.in = p.draft.Input
	p.in.State = p.in.State.Clone()
	p.in.State.Normalize()
	if raw := p.draft.Input.Body; strings.HasPrefix(p.in.Body, raw) {
		p.draft.Input.Body = p.in.Body[:len(raw)] // the two differ by a line feed, and are kept as one
	}
	if p.problem = p.in.State.Validate(); p.problem != nil && p.problem.File == "" {
		p.problem.File = d.File
	}
	return p
}

// unshare gives an input's short texts memory of their own: a reader may have cut
// them from a line that holds the whole state, which they would keep.
func unshare(in *schema.Input) {
	for _, s := range []*string{
		&in.Category, &in.Headline, &in.Summary, &in.Byline, &in.Language, &in.Path, &in.Image.URL, &in.Image.Caption, &in.Image.Credit,
		&in.Note, &in.Key, (*string)(&in.Type), (*string)(&in.Date), (*string)(&in.Status),
	} {
		*s = strings.Clone(*s)
	}
	unsharePerson(&in.Author)
	for i := range in.Extra {
		in.Extra[i] = schema.Extra{Key: strings.Clone(in.Extra[i].Key), Value: strings.Clone(in.Extra[i].Value)}
	}
	for _, list := range [][]string{in.Contexts, in.Aliases} {
		for i := range list {
			list[i] = strings.Clone(list[i])
		}
	}
	for i := range in.Sources {
		in.Sources[i] = schema.Source{Name: strings.Clone(in.Sources[i].Name), URL: strings.Clone(in.Sources[i].URL)}
	}
}

func unsharePerson(p *schema.Person) {
	p.Name, p.Email = strings.Clone(p.Name), strings.Clone(p.Email)
}

func (p *prepared) weight() int {
	n := len(p.draft.Input.Body)
	if n >= longBody {
		n *= longWeight
	}
	return n + draftOverhead
}

// incoming is a stream of drafts that is being read ahead.
type incoming struct {
	ctx    context.Context
	cancel context.CancelFunc
	chunks chan []*prepared // closed at the end
	ready  []*prepared
	done   chan struct{} // closed when the reader has ended
	err    error         // why the stream broke off; to be read when it has ended
}

const (
	// chunkDrafts are handed on at once, unless they are large.
	chunkDrafts = 64
	chunkBytes  = 1 << 20
	// chunkWait is how long a draft may wait for more to make a chunk.
	chunkWait = 20 * time.Millisecond
)

// readAhead starts to read a stream.
func readAhead(ctx context.Context, drafts iter.Seq2[Draft, error]) *incoming {
	ctx, cancel := context.WithCancel(ctx)
	in := &incoming{ctx: ctx, cancel: cancel, chunks: make(chan []*prepared, 4), done: make(chan struct{})}
	go in.read(drafts)
	return in
}

// read reads the stream, prepares the drafts, and hands them on in chunks.
func (in *incoming) read(drafts iter.Seq2[Draft, error]) {
	defer close(in.done)
	defer close(in.chunks)
	var chunk []*prepared
	size, began := 0, time.Now()
	send := func() bool {
		if len(chunk) == 0 {
			return true
		}
		select {
		case in.chunks <- chunk:
			chunk, size, began = nil, 0, time.Now()
			return true
		case <-in.ctx.Done():
			return false
		}
	}
	for d, err := range drafts {
		var problem *schema.Problem
		switch {
		case errors.As(err, &problem):
			chunk = append(chunk, &prepared{problem: problem})
		case err != nil:
			in.err = err
			send()
			return
		default:
			p := prepare(&d)
			chunk, size = append(chunk, p), size+p.weight()
		}
		if len(chunk) == chunkDrafts || size >= chunkBytes || time.Since(began) > chunkWait {
			if !send() {
				return
			}
		}
	}
	send()
}

// wait waits for a draft and reports whether there is one.
func (in *incoming) wait() bool {
	if len(in.ready) > 0 {
		return true
	}
	chunk, ok := <-in.chunks
	in.ready = chunk
	return ok && in.ctx.Err() == nil
}

// next gives the next draft; nil where none comes within a time.
func (in *incoming) next(patience time.Duration) *prepared {
	if len(in.ready) == 0 {
		select {
		case in.ready = <-in.chunks:
		default:
			timer := time.NewTimer(patience)
			defer timer.Stop()
			select {
			case in.ready = <-in.chunks:
			case <-timer.C:
			case <-in.ctx.Done():
			}
		}
		if len(in.ready) == 0 {
			return nil
		}
	}
	p := in.ready[0]
	in.ready = in.ready[1:]
	return p
}

// stop ends the reading and waits until the stream is let go.
func (in *incoming) stop() {
	interrupted := in.ctx.Err() != nil
	in.cancel()
	if !interrupted { // else it may be waiting for input that never comes
		<-in.done
	}
}
