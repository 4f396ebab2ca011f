package git

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// view is a file that never changes, open for reading at any offset from many
// goroutines. Small files are read at once; where the system can, larger ones
// are mapped into memory.
type view struct {
	path   string
	data   []byte // the whole file where it was read or mapped
	mapped bool
	file   *os.File // the open file where it was neither
	size   int64
}

// smallFile is the size in bytes up to which reading a file costs less than
// mapping it. The packs of single versions are smaller than that.
const smallFile = 16 << 10

func openView(path string) (*view, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	v := &view{path: path, size: info.Size()}
	if v.size <= smallFile {
		v.data = make([]byte, v.size)
		_, err = io.ReadFull(f, v.data)
		return v, errors.Join(err, f.Close())
	}
	if v.data, err = mapFile(f, v.size); err == nil && v.data != nil {
		v.mapped = true
		return v, f.Close()
	}
	v.file = f // no mapping to be had here: plain reads serve as well
	return v, nil
}

func (v *view) close() error {
	switch {
	case v.file != nil:
		return v.file.Close()
	case v.mapped:
		return unmapFile(v.data)
	}
	return nil
}

// window returns up to n bytes from off: fewer only at the end of the file.
// The bytes are valid until close and must not be changed.
func (v *view) window(off, n int64) ([]byte, error) {
	if off < 0 || off > v.size {
		return nil, fmt.Errorf("offset %d lies outside of the %d bytes", off, v.size)
	}
	n = min(n, v.size-off)
	if v.file == nil {
		return v.data[off : off+n : off+n], nil
	}
	buf := make([]byte, n)
	if _, err := v.file.ReadAt(buf, off); err != nil {
		return nil, err
	}
	return buf, nil
}

// done says that nobody will soon need the bytes from off to end, which were gone
// through once: a gigabyte that is copied need not stand in memory.
func (v *view) done(off, end int64) {
	if !v.mapped {
		return
	}
	page := int64(os.Getpagesize())
	if off, end = (off+page-1)/page*page, end/page*page; off < end {
		_ = letGo(v.data[off:end]) // what stays costs memory and nothing else
	}
}

// byteSource is what the inflater reads without a buffer of its own.
type byteSource interface {
	io.Reader
	io.ByteReader
}

// memory is a source whose bytes are at hand.
type memory struct {
	bytes.Reader
	rest []byte
}

// from returns a reader that begins at off.
func (v *view) from(off int64) byteSource {
	if v.file == nil {
		return &memory{*bytes.NewReader(v.data[off:]), v.data[off:]}
	}
	return bufio.NewReader(io.NewSectionReader(v.file, off, v.size-off))
}

// catchFaults makes an error of a mapped page that can't be read, because the
// disk fails or someone cut the file short; without it the process would die.
// It is used as: defer catchFaults(&err)().
func catchFaults(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		switch r := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr
		}:
			*err = fmt.Errorf("%w: a pack can't be read from disk: %w", ErrCorrupt, r)
		default:
			panic(r) // none of ours
		}
	}
}
