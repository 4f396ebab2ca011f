package git

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
)

// view is a file that never changes, open for reading at any offset from many
// goroutines. Where the system can, the file is mapped into memory.
type view struct {
	path string
	data []byte   // the whole file where it is mapped
	file *os.File // the open file where it is not
	size int64
}

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
	if v.data, err = mapFile(f, v.size); err == nil && v.data != nil {
		return v, f.Close()
	}
	v.file = f // no mapping to be had here: plain reads serve as well
	return v, nil
}

func (v *view) close() error {
	if v.file != nil {
		return v.file.Close()
	}
	return unmapFile(v.data)
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

// byteSource is what the inflater reads without a buffer of its own.
type byteSource interface {
	io.Reader
	io.ByteReader
}

// from returns a reader that begins at off.
func (v *view) from(off int64) byteSource {
	if v.file == nil {
		return bytes.NewReader(v.data[off:])
	}
	return bufio.NewReader(io.NewSectionReader(v.file, off, v.size-off))
}
