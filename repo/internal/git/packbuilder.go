package git

import (
	"bytes"
	"crypto/sha1"
	"os"
)

// memoryPack collects the entries of a pack in memory: what a batch of a few
// versions adds is some kilobytes.
type memoryPack struct {
	layout   packLayout
	body     bytes.Buffer // the entries, without the pack's head
	buf      []byte
	encoders *encoders
}

func newMemoryPack(e *encoders) *memoryPack {
	return &memoryPack{encoders: e, layout: packLayout{at: packHead}}
}

// packMode is git's own for packs and their indexes: they never change.
const packMode os.FileMode = 0o444

func (p *memoryPack) put(it packItem) error {
	e := p.encoders.get()
	defer p.encoders.put(e)
	body, entry, err := e.encode(p.buf[:0], &it)
	if err != nil {
		return err
	}
	p.buf = body
	p.body.Write(p.layout.place(&it, entry, body))
	p.body.Write(body)
	return nil
}

func (p *memoryPack) entry(n int) ([]byte, int64, error) {
	off, end := p.layout.bounds(n)
	return p.body.Bytes()[off-packHead : end-packHead], off, nil
}

func (p *memoryPack) numberAt(off int64) (int, bool) {
	return p.layout.numberAt(off)
}

// builtPack is a pack in memory that is to be published.
type builtPack struct {
	*memoryPack
	names []Hash
	sum   Hash
}

func (p *builtPack) write(disk Disk, path string) (File, Hash, error) {
	head := appendPackHead(nil, len(p.names))
	d := sha1.New()
	d.Write(head)
	d.Write(p.body.Bytes())
	d.Sum(p.sum[:0])
	f, err := newFile(disk, path, packMode, head, p.body.Bytes(), p.sum[:])
	return f, p.sum, err
}

func (p *builtPack) index() ([]byte, error) {
	return sealIndex(indexTables(p.names, &p.layout), p.sum), nil
}

func (p *builtPack) replaces() string { return "" }
