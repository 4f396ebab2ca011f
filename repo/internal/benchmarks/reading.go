package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

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
	names := p.known.Blobs
	sizes := map[int64]bool{} // every reader must have read as much
	read := func(task, dir string) ([]usage, float64, error) {
		var inner []float64
		runs, err := repeat(times, func(int) (usage, error) {
			var r readReply
			u, err := p.do(ctx, task, readArgs{Store: dir, Blobs: names}, &r)
			inner = append(inner, r.Seconds/float64(len(names)))
			sizes[r.Bytes] = true
			return u, err
		})
		return runs, median(inner), err
	}
	ours, inner, err := read("read", p.store())
	if err != nil {
		return nil, err
	}
	samples := []sample{{Key: "stemma", What: "a process that opens the store and reads them", Ours: true, Usage: middle(ours), Runs: times, Count: len(names), Inner: inner}}
	for _, peer := range []struct{ key, what, dir string }{
		{"git", "`git cat-file --batch` on fast-import's repository", p.peer()},
		{"git store", "`git cat-file --batch` on the store", p.store()},
	} {
		runs, err := repeat(times, func(int) (usage, error) {
			u, n, err := p.catFile(ctx, peer.dir)
			sizes[n] = true
			return u, err
		})
		if err != nil {
			return nil, err
		}
		samples = append(samples, sample{Key: peer.key, What: peer.what, Usage: middle(runs), Runs: times, Count: len(names)})
	}
	if p.size <= goGitReads {
		runs, inner, err := read("read-go-git", p.peer())
		if err != nil {
			return nil, err
		}
		samples = append(samples, sample{Key: "go-git", What: "a process of go-git's on fast-import's repository", Usage: middle(runs), Runs: times, Count: len(names), Inner: inner})
	}
	if len(sizes) != 1 {
		return nil, fmt.Errorf("the readers read different numbers of bytes: %v", sizes)
	}
	return samples, nil
}

// catFile lets git read the samples, and counts the bytes of the files.
func (p *place) catFile(ctx context.Context, dir string) (usage, int64, error) {
	cmd := p.git(ctx, dir, "cat-file", "--batch=%(objectname)")
	cmd.Stdin = strings.NewReader(strings.Join(p.known.Blobs, "\n") + "\n")
	var out counter
	cmd.Stdout = &out
	u, err := take(cmd)
	for _, name := range p.known.Blobs {
		out -= counter(len(name) + len("\n\n"))
	}
	return u, int64(out), err
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

type readReply struct {
	Seconds float64
	Bytes   int64
}

func readTask(_ context.Context, a readArgs) (r readReply, err error) {
	g, err := git.Open(a.Store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	start := time.Now()
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
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

// discard is where a process's output goes that nobody reads: through a pipe, as
// into a program, so that it is written at all.
func discard() io.Writer { return new(counter) }
