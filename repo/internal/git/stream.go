package git

import (
	"errors"
	"path/filepath"
	"strings"
)

const (
	// recentSize is how many bytes of content a stream keeps for Read.
	recentSize = 32 << 20
	// An import may copy copyFactor times what it writes anew, and copyAllowance
	// bytes beyond, from pack to pack. Copying a version takes about 2 µs; a
	// file's first version in a new pack is stored whole, which takes a kilobyte.
	copyFactor    = 6
	copyAllowance = 256 << 20
)

// stream is the disk's side of a batch that streams: the pack that is being
// written, and the one that it goes on from, if any.
type stream struct {
	*streamPack
	repo    *Repo
	name    string // of the temporary files
	path    string // of the temporary pack
	recent  *cache[Hash]
	entries *entryTable
	start   int64 // where the new entries begin

	old     *view // the pack that is continued
	oldBase string
	copied  int64 // bytes that this import has copied from pack to pack
	written int64 // bytes that it has written anew, before this batch

	sum    Hash
	base   string // the pack that was published, without extension
	tables chan []byte
}

// Streamed is what a published stream leaves for the next batch of the same
// import: that one may then build on its objects, and takes its pack over.
type Streamed struct {
	base            string
	entries         entryTable
	layout          packLayout
	copied, written int64
}

// BeginStream is Begin for a batch of any size: its pack is written to disk as
// it grows, by goroutines of its own, and memory holds some 40 bytes an object.
// A batch that is not published must be given up by Abandon.
//
// from is what Streamed returned for the import's last batch, or nil; it can be
// used once. Where that batch's pack still stands, the new batch goes on in it:
// Publish makes one pack of both, copying the old entries. Copying would outgrow
// writing if batches were many and small, so a pack is left alone when it has
// come to its full size, or when six times more was copied than written. Who
// lets each batch grow by a quarter of what Size gave at its beginning, or more,
// never comes to that.
func (r *Repo) BeginStream(tip Hash, from *Streamed) (*Batch, error) {
	if !r.lock.held.Load() {
		return nil, errors.New("a batch needs the store's lock: call Lock first")
	}
	if _, err := r.objects.rescan(); err != nil {
		return nil, err
	}
	name, err := nonce()
	if err != nil {
		return nil, err
	}
	b := &Batch{repo: r, base: tip, tip: tip}
	s := &stream{
		repo: r, name: name, path: r.own(filepath.Join("tmp", name+".pack")),
		recent: newCache[Hash](recentSize), entries: &b.pack.entries,
	}
	layout := packLayout{at: packHead}
	if s.goOn(from) {
		layout, b.pack.entries = from.layout, from.entries
		b.pack.continued, b.pack.published = len(layout.offsets), r.objects.read
	}
	s.start = layout.at
	if s.streamPack, err = newStreamPack(r.disk, s.path, layout, &r.encoders); err != nil {
		return nil, errors.Join(err, s.closeOld())
	}
	b.stream, b.pack.out = s, s
	if err := b.takeRoot(); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// goOn opens the pack that the last batch published, and reports whether the
// next one is to go on in it.
func (s *stream) goOn(from *Streamed) bool {
	if from == nil || from.base == "" {
		return false
	}
	base, size := from.base, from.layout.at
	from.base = "" // spent
	s.copied, s.written = from.copied, from.written
	if size > maxPack || s.copied+size > copyFactor*s.written+copyAllowance {
		s.copied, s.written = 0, 0
		return false
	}
	old, err := openView(base + ".pack")
	if err != nil {
		return false // repacked meanwhile
	}
	// It is held open from here on, so that git may delete it beside us.
	tail, err := old.window(size, packTail)
	if err != nil || old.size != size+packTail || !strings.HasSuffix(base, Hash(tail).String()) {
		_ = old.close()
		return false
	}
	s.old, s.oldBase = old, base
	return true
}

// write brings the temporary pack to its end: its head, the entries that are
// taken over, its checksum.
func (s *stream) write(disk Disk, path string) (File, Hash, error) {
	f, sum, err := s.finish()
	if err != nil {
		return nil, Hash{}, errors.Join(err, s.close())
	}
	s.sum, s.base = sum, filepath.Join(s.repo.dir, "objects", "pack", "pack-"+sum.String())
	s.file = nil // the caller's from here on
	return f, sum, nil
}

func (s *stream) finish() (f File, sum Hash, err error) {
	if err := s.flush(); err != nil {
		return nil, sum, err
	}
	names, layout, tables := s.entries.names, s.layout, make(chan []byte, 1)
	s.tables = tables
	go func() { tables <- indexTables(names, &layout) }() // takes as long as what follows
	sum, err = s.seal(len(names), s.old, s.start)
	// A file that is open can't be renamed everywhere.
	return s.file, sum, errors.Join(err, s.reader.Close(), s.closeOld())
}

func (s *stream) index() ([]byte, error) { return sealIndex(<-s.tables, s.sum), nil }

func (s *stream) replaces() string { return s.oldBase }

func (s *stream) closeOld() error {
	old := s.old
	if s.old = nil; old == nil {
		return nil
	}
	return old.close()
}

// close ends the goroutines and lets the files go. The temporary pack is removed
// unless it was published.
func (s *stream) close() error {
	_ = s.flush() // what failed is of no interest any more
	_ = s.reader.Close()
	err := s.closeOld()
	if s.file != nil {
		err = errors.Join(err, s.file.Close(), ignoreVanished(s.repo.disk.Remove(s.path)))
		s.file = nil
	}
	return err
}

// Abandon gives a batch up: its goroutines end, and its temporary files go. It
// does nothing after Publish, and a batch that Begin made needs no Abandon.
func (b *Batch) Abandon() {
	b.done = true
	_ = b.close() // what can't be removed now, the next writer removes
}

func (b *Batch) close() error {
	if b.stream == nil {
		return nil
	}
	return b.stream.close()
}

// Size is how many bytes the batch's pack has by now, about, with what it takes
// over from the one before.
func (b *Batch) Size() int64 {
	if b.stream != nil {
		return b.stream.size()
	}
	return b.memory.layout.at
}

// Streamed returns, once the batch was published, what lets the next one go on in
// the same pack; nil for a batch that was not published, or did not stream.
func (b *Batch) Streamed() *Streamed {
	s := b.stream
	if s == nil || !b.published {
		return nil
	}
	out := &Streamed{base: s.base, entries: b.pack.entries, layout: s.layout, written: s.written + s.layout.at - s.start, copied: s.copied}
	if s.oldBase != "" {
		out.copied += s.start
	}
	return out
}

// Awaited reports whether another process or goroutine waits for the store's
// lock, which the caller holds. A long batch is well advised to publish then. It
// asks the file system: some microseconds.
func (r *Repo) Awaited() bool {
	if r.lock.waiting.Load() > 0 {
		return true
	}
	ok, err := r.lock.queue.TryLock() // who waits holds it
	if err != nil || !ok {
		return err == nil
	}
	return r.lock.queue.Unlock() != nil
}
