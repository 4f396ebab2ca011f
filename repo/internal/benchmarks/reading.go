package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// goGitReads is the largest size at which go-git reads: above it holds so much of
// the index on the heap that the figure would be about that alone.
const goGitReads = 100_000

// takeBlobs reads the files of versions drawn at random.
func takeBlobs(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	times := p.often(5)
	sizes := map[int64]bool{} // every reader must have read as much
	list := []contender{
		{sample{Key: "stemma", What: "a process that opens the store and reads them", Ours: true}, times, p.readBy(ctx, "read", p.store(), sizes)},
		{sample{Key: "git", What: "`git cat-file --batch` on fast-import's repository"}, times, p.catFile(ctx, p.peer(), sizes)},
		{sample{Key: "git store", What: "`git cat-file --batch` on the store"}, times, p.catFile(ctx, p.store(), sizes)},
	}
	if p.size <= goGitReads {
		list = append(list, contender{sample{Key: "go-git", What: "a process of go-git's on fast-import's repository"}, times, p.readBy(ctx, "read-go-git", p.peer(), sizes)})
	}
	samples, err := contest(list)
	if err == nil && len(sizes) != 1 {
		err = fmt.Errorf("the readers read different numbers of bytes: %v", sizes)
	}
	for i := range samples {
		samples[i].Count = len(p.known.Blobs)
	}
	return samples, err
}

// readBy gives what lets a task read the samples, and notes how many bytes it read.
func (p *place) readBy(ctx context.Context, task, dir string, sizes map[int64]bool) func(int) (usage, error) {
	return func(int) (usage, error) {
		var r readReply
		u, err := p.do(ctx, task, readArgs{Store: dir, Blobs: p.known.Blobs}, &r)
		sizes[r.Bytes] = true
		return u, err
	}
}

// catFile gives what lets git read the samples, and notes the bytes of the files.
func (p *place) catFile(ctx context.Context, dir string, sizes map[int64]bool) func(int) (usage, error) {
	return func(int) (usage, error) {
		cmd := p.git(ctx, dir, "cat-file", "--batch=%(objectname)")
		cmd.Stdin = strings.NewReader(strings.Join(p.known.Blobs, "\n") + "\n")
		var out counter
		cmd.Stdout = &out
		u, err := take(cmd)
		for _, name := range p.known.Blobs {
			out -= counter(len(name) + len("\n\n"))
		}
		sizes[int64(out)] = true
		return u, err
	}
}

// counter counts bytes.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

type readArgs struct {
	Store string
	Blobs []string
}

type readReply struct{ Bytes int64 }

func readTask(_ context.Context, a readArgs) (r readReply, err error) {
	g, err := git.Open(a.Store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	for _, name := range a.Blobs {
		h, err := git.ParseHash(name)
		if err != nil {
			return r, err
		}
		data, err := g.Blob(h)
		if err != nil {
			return r, err
		}
		r.Bytes += int64(len(data))
	}
	return r, nil
}

// discard is where a process's output goes that nobody reads: through a pipe, as
// into a program, so that it is written at all.
func discard() io.Writer { return new(counter) }
