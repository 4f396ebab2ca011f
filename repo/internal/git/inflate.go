package git

import (
	"compress/zlib"
	"fmt"
	"io"
	"sync"
)

// maxRatio is more than deflate can ever gain. A size beyond it is a lie, and
// is refused before memory is asked for.
const maxRatio = 1032

// maxObject is the size in bytes beyond which an object is refused. Articles
// have kilobytes; a gigabyte can only be an accident or an attack.
const maxObject = 1 << 30

// inflaters keeps decompressors for reuse: each holds some 40 kB.
type inflaters struct {
	pool sync.Pool // of streams
	fast sync.Pool // of *inflater, for what lies in memory
}

// resettable is what zlib.NewReader returns.
type resettable interface {
	io.ReadCloser
	zlib.Resetter
}

func (p *inflaters) get(src byteSource) (resettable, error) {
	if z, ok := p.pool.Get().(resettable); ok {
		if err := z.Reset(src, nil); err != nil {
			return nil, err
		}
		return z, nil
	}
	z, err := zlib.NewReader(src)
	if err != nil {
		return nil, err
	}
	return z.(resettable), nil
}

// inflate decompresses exactly size bytes from src, in front of which at most
// limit compressed bytes remain, and checks that the stream ends there.
func (p *inflaters) inflate(src byteSource, size, limit int64) ([]byte, error) {
	return p.inflateInto(nil, src, size, limit)
}

// inflateInto is inflate into the room that a slice has, where that is enough.
func (p *inflaters) inflateInto(room []byte, src byteSource, size, limit int64) ([]byte, error) {
	if size < 0 || size > maxObject || size/maxRatio > limit {
		return nil, fmt.Errorf("the size of %d bytes can't be true", size)
	}
	if m, ok := src.(*memory); ok {
		z, ok := p.fast.Get().(*inflater)
		if !ok {
			z = &inflater{}
		}
		defer p.fast.Put(z)
		out := grown(room, size)
		_, err := z.inflate(out, m.rest[:min(limit, int64(len(m.rest)))])
		return out, err
	}
	z, err := p.get(src)
	if err != nil {
		return nil, err
	}
	defer p.pool.Put(z)
	out := grown(room, size)
	if _, err := io.ReadFull(z, out); err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	var more [1]byte
	switch n, err := z.Read(more[:]); {
	case n != 0:
		return nil, fmt.Errorf("the object is longer than its %d bytes", size)
	case err != io.EOF:
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return out, nil
}

// grown gives size bytes, in the room that b has where that is enough.
func grown(b []byte, size int64) []byte {
	if int64(cap(b)) < size {
		return make([]byte, size)
	}
	return b[:size]
}
