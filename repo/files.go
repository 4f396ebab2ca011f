package repo

import (
	"sync"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// file is an article's file, read. It is shared: nobody changes it.
type file struct {
	state   schema.State // normalized; its ID is zero where the file names none
	problem *schema.Problem
	written bool // it is what the state is written as, and was not read
	// canonical says that the bytes are known to be those that the state is written
	// as; where it is false, they may be.
	canonical bool
}

// files reads article files and keeps those read last, so that a state is not read
// from git and taken apart again for each thing that is asked of it: the version
// that follows it, the kinds of change, what it restores.
type files struct {
	blob func(git.Hash) ([]byte, error)

	mu         sync.Mutex
	limit      int
	young, old map[git.Hash]*file // the younger half, and the half that goes next
	size       int                // of young, in bytes
}

const (
	// filesKept bounds what a command or a rebuild keeps, in bytes.
	filesKept = 16 << 20
	// fileOverhead is roughly what a kept file costs beyond its text.
	fileOverhead = 700
)

func newFiles(blob func(git.Hash) ([]byte, error), limit int) *files {
	return &files{blob: blob, limit: limit, young: map[git.Hash]*file{}}
}

// read gives a file by the name of its blob.
func (f *files) read(h git.Hash) (*file, error) {
	if known := f.kept(h); known != nil {
		return known, nil
	}
	data, err := f.blob(h)
	if err != nil {
		return nil, err
	}
	return f.parse(h, data), nil
}

// parse reads a file whose bytes are at hand, and keeps it.
func (f *files) parse(h git.Hash, data []byte) *file {
	read := &file{}
	if read.state, read.canonical = schema.ParseCanonical(data); !read.canonical {
		in, problem := parseFile(data)
		read.state, read.problem = in.State, problem
	}
	f.keep(h, read, len(data))
	return read
}

func (f *files) kept(h git.Hash) *file {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known := f.young[h]; known != nil {
		return known
	}
	known := f.old[h]
	if known != nil {
		f.put(h, known, len(known.state.Body))
	}
	return known
}

// keep remembers a file whose blob has this many bytes.
func (f *files) keep(h git.Hash, read *file, size int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(h, read, size)
}

func (f *files) put(h git.Hash, read *file, size int) {
	if size >= longBody {
		size *= longWeight // a few of them are all that is asked for again
	}
	if f.size += size + fileOverhead; f.size > f.limit/2 {
		f.young, f.old, f.size = make(map[git.Hash]*file, len(f.young)), f.young, size+fileOverhead
	}
	f.young[h] = read
}
