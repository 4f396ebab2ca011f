package faultdisk

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// Recorder is the system's disk, which writes down every change below one folder.
// The operations happen one after the other, in the order in which they stand in
// the log, whatever the number of goroutines.
type Recorder struct {
	root string

	mu     sync.Mutex
	before map[string][]byte // the files when recording began, by path
	dirs   []string          // the folders by then
	log    []entry
	nodes  int
}

type action int

const (
	doCreate   action = iota // path becomes a new, empty file: node
	doTruncate               // of node
	doWrite                  // data at off of node
	doSync                   // of node
	doSyncDir                // of path
	doRename                 // path to to
	doLink                   // path to to
	doRemove                 // path
	doMakeDir                // path
	doMark                   // mark: the caller was told that so much is durable
)

type entry struct {
	do       action
	path, to string // relative to the root
	node     int    // open files are told apart by number
	off      int64
	data     []byte
	mark     int
}

// NewRecorder begins to record what is done below root; what is there already is
// durable.
func NewRecorder(root string) (*Recorder, error) {
	r := &Recorder{root: root, before: map[string][]byte{}}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := r.name(path)
		if d.IsDir() {
			r.dirs = append(r.dirs, name)
			return nil
		}
		r.before[name], err = os.ReadFile(path)
		return err
	})
	return r, err
}

// name gives a path as the log has it.
func (r *Recorder) name(path string) string {
	name, err := filepath.Rel(r.root, path)
	if err != nil {
		return path
	}
	return name
}

// Mark notes that n things have been acknowledged by now.
func (r *Recorder) Mark(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, entry{do: doMark, mark: n})
}

// Len is the number of entries in the log.
func (r *Recorder) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.log)
}

// then does something and writes it down where it went well.
func (r *Recorder) then(e entry, do func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	r.log = append(r.log, e)
	return nil
}

// Open opens a file or a folder.
func (r *Recorder) Open(path string, flag int, mode os.FileMode) (git.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err := os.Lstat(path)
	exists := err == nil
	f, err := git.SystemDisk{}.Open(path, flag, mode)
	if err != nil {
		return nil, err
	}
	name := r.name(path)
	if flag&(os.O_WRONLY|os.O_RDWR) == 0 {
		return &recordedFile{r: r, file: f, name: name, node: -1}, nil
	}
	r.nodes++
	node := r.nodes
	switch {
	case !exists:
		r.log = append(r.log, entry{do: doCreate, path: name, node: node})
	case flag&os.O_TRUNC != 0:
		r.log = append(r.log, entry{do: doTruncate, path: name, node: node})
	}
	return &recordedFile{r: r, file: f, name: name, node: node}, nil
}

// MakeDir makes a folder and those above it.
func (r *Recorder) MakeDir(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var missing []string
	for p := path; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); err == nil || p == filepath.Dir(p) {
			break
		}
		missing = append(missing, p)
	}
	if err := (git.SystemDisk{}).MakeDir(path); err != nil {
		return err
	}
	for i := len(missing) - 1; i >= 0; i-- {
		r.log = append(r.log, entry{do: doMakeDir, path: r.name(missing[i])})
	}
	return nil
}

// Rename gives a file another name.
func (r *Recorder) Rename(from, to string) error {
	return r.then(entry{do: doRename, path: r.name(from), to: r.name(to)}, func() error { return git.SystemDisk{}.Rename(from, to) })
}

// Link gives a file a second name.
func (r *Recorder) Link(from, to string) error {
	return r.then(entry{do: doLink, path: r.name(from), to: r.name(to)}, func() error { return git.SystemDisk{}.Link(from, to) })
}

// Remove takes a name away.
func (r *Recorder) Remove(path string) error {
	return r.then(entry{do: doRemove, path: r.name(path)}, func() error { return git.SystemDisk{}.Remove(path) })
}

type recordedFile struct {
	r    *Recorder
	file git.File
	name string
	node int // -1 for a folder
	at   int64
}

func (f *recordedFile) Write(b []byte) (n int, err error) {
	e := entry{do: doWrite, path: f.name, node: f.node, off: f.at, data: append([]byte(nil), b...)}
	err = f.r.then(e, func() (err error) { n, err = f.file.Write(b); return err })
	f.at += int64(n)
	return n, err
}

func (f *recordedFile) WriteAt(b []byte, off int64) (n int, err error) {
	e := entry{do: doWrite, path: f.name, node: f.node, off: off, data: append([]byte(nil), b...)}
	err = f.r.then(e, func() (err error) { n, err = f.file.WriteAt(b, off); return err })
	return n, err
}

func (f *recordedFile) Sync() error {
	if f.node < 0 {
		return f.r.then(entry{do: doSyncDir, path: f.name}, f.file.Sync)
	}
	return f.r.then(entry{do: doSync, path: f.name, node: f.node}, f.file.Sync)
}

func (f *recordedFile) Close() error { return f.file.Close() }
