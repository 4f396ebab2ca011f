package git

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

const (
	// chunkItems and chunkBytes bound what is handed over at once.
	chunkItems = 256
	chunkBytes = 256 << 10
	// maxChunks is how many chunks may be on their way: beyond that the maker of
	// entries waits for those who compress and write them.
	maxChunks = 8
	// maxCompressors bounds the goroutines that compress; each has a megabyte.
	maxCompressors = 8
	// syncEach is after how many bytes the disk is set to work on what it has
	// got, so that the sync at the end finds little to do.
	syncEach = 64 << 20
)

// streamPack writes the entries of a pack to a file as they come. One goroutine
// or more compress them; another gives them their places, in their order, and
// writes. Whole chunks of entries go from one to the next.
type streamPack struct {
	file   File
	reader *os.File // the same file, for those who read what was written
	open   *chunk   // being filled by put
	count  int      // entries put so far, those of a continued pack among them

	work  chan *chunk // to those who compress
	order chan *chunk // the same chunks, to the one who writes
	free  chan *chunk
	ended chan struct{} // closed when all that was put is written

	syncs  sync.WaitGroup
	synced int64 // up to where a sync was begun; of the writing goroutine alone

	mu      sync.Mutex
	written sync.Cond // signalled when a chunk was written, or an error met
	layout  packLayout
	err     error
}

// chunk is a run of entries on their way.
type chunk struct {
	items   []packItem
	size    int
	out     []byte
	entries []encodedEntry
	done    chan error // from who compressed it
}

// newStreamPack begins to write entries at layout.at of a new file.
func newStreamPack(disk Disk, path string, layout packLayout, encoders *encoders) (*streamPack, error) {
	file, err := newFile(disk, path, packMode)
	if err != nil {
		return nil, err
	}
	reader, err := os.Open(path)
	if err != nil {
		return nil, errors.Join(err, file.Close(), disk.Remove(path))
	}
	s := &streamPack{
		file: file, reader: reader, layout: layout, count: len(layout.offsets),
		work: make(chan *chunk, maxChunks), order: make(chan *chunk, maxChunks),
		free: make(chan *chunk, 2*maxChunks+2), ended: make(chan struct{}),
	}
	s.written.L = &s.mu
	for range min(maxCompressors, max(1, runtime.GOMAXPROCS(0)-1)) {
		go compress(s.work, encoders)
	}
	go s.write()
	return s, nil
}

// put hands an entry over. It fails when an earlier one could not be written.
func (s *streamPack) put(it packItem) error {
	if s.open == nil {
		select {
		case s.open = <-s.free:
		default:
			s.open = &chunk{done: make(chan error, 1)}
		}
	}
	c := s.open
	c.items = append(c.items, it)
	c.size += it.bytes()
	s.count++
	if len(c.items) < chunkItems && c.size < chunkBytes {
		return nil
	}
	return s.send()
}

// send hands the open chunk over.
func (s *streamPack) send() error {
	if c := s.open; c != nil {
		s.open = nil
		s.order <- c
		s.work <- c
	}
	return s.failure()
}

func (s *streamPack) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func compress(work <-chan *chunk, encoders *encoders) {
	e := encoders.get()
	defer encoders.put(e)
	for c := range work {
		c.done <- c.encode(e)
	}
}

func (c *chunk) encode(e *entryEncoder) error {
	for i := range c.items {
		var entry encodedEntry
		var err error
		if c.out, entry, err = e.encode(c.out, &c.items[i]); err != nil {
			return err
		}
		c.entries = append(c.entries, entry)
	}
	return nil
}

// reset makes a chunk ready for others; what its items held is let go.
func (c *chunk) reset() {
	clear(c.items)
	c.items, c.entries, c.out, c.size = c.items[:0], c.entries[:0], c.out[:0], 0
}

// write gives the entries their places and writes them. After a failure it only
// takes chunks in, so that nobody waits for ever.
func (s *streamPack) write() {
	defer close(s.ended)
	var buf []byte
	for c := range s.order {
		err := <-c.done
		if err == nil && s.failure() == nil {
			buf, err = s.writeChunk(c, buf[:0])
		}
		if err != nil {
			s.fail(err)
		}
		s.mu.Lock()
		s.written.Broadcast()
		s.mu.Unlock()
		c.reset()
		select {
		case s.free <- c:
		default:
		}
	}
}

// writeChunk writes one chunk at once. The places become known to readers only
// when the bytes are there.
func (s *streamPack) writeChunk(c *chunk, buf []byte) ([]byte, error) {
	s.mu.Lock()
	l := s.layout // its tables only grow, and only here
	s.mu.Unlock()
	start, from := l.at, 0
	for i, e := range c.entries {
		body := c.out[from:e.end]
		buf = append(append(buf, l.place(&c.items[i], e, body)...), body...)
		from = e.end
	}
	if _, err := s.file.WriteAt(buf, start); err != nil {
		return buf, err
	}
	s.mu.Lock()
	s.layout = l
	s.mu.Unlock()
	s.syncSome(start, l.at)
	return buf, nil
}

// syncSome begins a sync beside the writing when enough has been written.
func (s *streamPack) syncSome(from, to int64) {
	if s.synced == 0 {
		s.synced = from
	}
	if to-s.synced < syncEach {
		return
	}
	s.synced = to
	s.syncs.Wait() // one at a time
	s.syncs.Go(func() {
		if err := s.file.Sync(); err != nil {
			s.fail(err)
		}
	})
}

// fail notes the first failure.
func (s *streamPack) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = fmt.Errorf("write the pack: %w", err)
	}
	s.written.Broadcast()
}

// entry waits until the entry is written, and reads it back.
func (s *streamPack) entry(n int) ([]byte, int64, error) {
	if s.open != nil && n > s.count-len(s.open.items) {
		if err := s.send(); err != nil {
			return nil, 0, err
		}
	}
	s.mu.Lock()
	for len(s.layout.offsets) < n && s.err == nil {
		s.written.Wait()
	}
	if s.err != nil {
		s.mu.Unlock()
		return nil, 0, s.err
	}
	off, end := s.layout.bounds(n)
	s.mu.Unlock()
	raw := make([]byte, end-off)
	if _, err := s.reader.ReadAt(raw, off); err != nil {
		return nil, 0, fmt.Errorf("read the pack that is being written: %w", err)
	}
	return raw, off, nil
}

func (s *streamPack) numberAt(off int64) (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layout.numberAt(off)
}

// size is how many bytes are written.
func (s *streamPack) size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.layout.at
}

// flush waits until all that was put is written, and ends the goroutines. No
// entry can be put after it.
func (s *streamPack) flush() error {
	if s.work == nil {
		return s.failure()
	}
	_ = s.send() // fails as what follows does
	close(s.work)
	close(s.order)
	s.work = nil
	<-s.ended
	s.syncs.Wait()
	return s.failure()
}

// seal brings the file to its end when all was put: its head, the entries up to
// start, which are taken over from old, and its checksum, which it returns. The
// checksum begins with the number of entries, so everything is read once more.
func (s *streamPack) seal(entries int, old *view, start int64) (sum Hash, err error) {
	if err := s.flush(); err != nil {
		return sum, err
	}
	defer catchFaults(&err)()
	d := sha1.New()
	head := appendPackHead(nil, entries)
	d.Write(head)
	if _, err := s.file.WriteAt(head, 0); err != nil {
		return sum, err
	}
	const piece = 1 << 20
	for at := int64(packHead); at < start; {
		raw, err := old.window(at, min(piece, start-at))
		if err != nil {
			return sum, err
		}
		d.Write(raw)
		if _, err := s.file.WriteAt(raw, at); err != nil {
			return sum, err
		}
		old.done(at, at+int64(len(raw)))
		at += int64(len(raw))
	}
	buf := make([]byte, piece)
	for at := start; at < s.layout.at; {
		n, err := s.reader.ReadAt(buf[:min(piece, s.layout.at-at)], at)
		if err != nil {
			return sum, fmt.Errorf("read the pack that is being written: %w", err)
		}
		d.Write(buf[:n])
		at += int64(n)
	}
	d.Sum(sum[:0])
	_, err = s.file.WriteAt(sum[:], s.layout.at)
	return sum, err
}

// close ends the goroutines and lets the files go.
func (s *streamPack) close() error {
	_ = s.flush() // what failed is of no interest any more
	return errors.Join(s.reader.Close(), s.file.Close())
}
