package ingest

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// UnpackOptions bound what [Open] unpacks.
type UnpackOptions struct {
	// MaxRatio is how many bytes one packed byte may unpack to, over the whole
	// stream and beyond the first 64 MiB; 0 means 1000, less than 0 no bound.
	// gzip reaches 1032 with nothing but zeros; real histories were seen at 250.
	MaxRatio int
}

const (
	defaultMaxRatio = 1000
	freeUnpacked    = 64 << 20  // bytes that may come of anything
	maxWindow       = 256 << 20 // bytes of history that a stream may ask a reader to keep
)

// packing is a way to pack a stream, known by its first bytes.
type packing struct {
	name  string
	magic string
	open  func(io.Reader) (io.ReadCloser, error) // nil where it is refused
}

// packings lists what is told apart.
func packings() []packing {
	return []packing{
		{"gzip", "\x1f\x8b", func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }},
		{"bzip2", "BZh", func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }},
		{"xz", "\xfd7zXZ\x00", openXZ},
		{"zstd", "\x28\xb5\x2f\xfd", openZstd},
		{"7z", "7z\xbc\xaf\x27\x1c", nil},
		{"zip", "PK\x03\x04", nil},
		{"compress", "\x1f\x9d", nil},
	}
}

func openXZ(r io.Reader) (io.ReadCloser, error) {
	x, err := xz.NewReader(r)
	return io.NopCloser(x), err
}

// xzWindow gives the memory that an xz stream's first block asks for, which the
// library would take without a bound; 0 where head does not say. A later block may
// ask for more: of that, no more is touched than comes out.
//
// The block's header follows the stream's of 12 bytes: its size, flags, two
// optional sizes, then the filters, of which LZMA2 (0x21) has one byte that gives
// the size as mantissa and exponent (the format's description, 5.3.1).
func xzWindow(head []byte) int64 {
	if len(head) < 24 || !bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")) {
		return 0
	}
	flags, rest := head[13], head[14:]
	for _, present := range []byte{0x40, 0x80} {
		if flags&present == 0 {
			continue
		}
		_, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0
		}
		rest = rest[n:]
	}
	if len(rest) < 3 || rest[0] != 0x21 || rest[1] != 1 || rest[2] > 40 {
		return 0
	}
	bits := rest[2]
	return int64(2|bits&1) << (bits/2 + 11)
}

func openZstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(maxWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// Open gives the bytes of a stream, unpacked where its first bytes say that it is
// packed with gzip, bzip2, xz or zstd. name is the stream's name in errors.
// Reading fails where more comes out than opt allows; whatever comes out, memory
// is bounded by the readers of the formats. Closing does not close r.
func Open(name string, r io.Reader, opt UnpackOptions) (io.ReadCloser, error) {
	packed := &countReader{r: r}
	buffered := bufio.NewReaderSize(packed, 64<<10)
	head, err := buffered.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	for _, p := range packings() {
		if !bytes.HasPrefix(head, []byte(p.magic)) {
			continue
		}
		if p.open == nil {
			return nil, fmt.Errorf("%s is packed with %s, which is not read: unpack it, or pack it with gzip, bzip2, xz or zstd", name, p.name)
		}
		if window := xzWindow(head); window > maxWindow {
			return nil, fmt.Errorf("%s asks for %d MiB of memory to be unpacked, more than the %d allowed: pack it with a smaller dictionary",
				name, window>>20, maxWindow>>20)
		}
		plain, err := p.open(buffered)
		if err != nil {
			return nil, fmt.Errorf("unpacking %s (%s): %w", name, p.name, err)
		}
		ratio := int64(opt.MaxRatio)
		if ratio == 0 {
			ratio = defaultMaxRatio
		}
		return &unpacked{plain: plain, packed: packed, ratio: ratio, what: fmt.Sprintf("unpacking %s (%s)", name, p.name)}, nil
	}
	return io.NopCloser(buffered), nil
}

// unpacked is a stream that is being unpacked, with its bound.
type unpacked struct {
	plain  io.ReadCloser
	packed *countReader
	ratio  int64
	n      int64 // bytes that came out
	what   string
}

// Read implements [io.Reader].
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.plain.Read(p)
	u.n += int64(n)
	switch {
	case u.ratio > 0 && u.n > freeUnpacked && u.n/u.ratio > u.packed.n:
		return 0, fmt.Errorf("%s: %d bytes have grown to more than %d: this looks like a bomb", u.what, u.packed.n, u.n)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, fmt.Errorf("%s: the stream is cut off after %d packed bytes", u.what, u.packed.n)
	case err != nil && !errors.Is(err, io.EOF):
		return n, fmt.Errorf("%s: %w", u.what, err)
	}
	return n, err
}

// Close lets the unpacker go.
func (u *unpacked) Close() error { return u.plain.Close() }

// countReader counts what was read.
type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
