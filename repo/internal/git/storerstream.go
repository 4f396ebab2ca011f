package git

import (
	"compress/zlib"
	"crypto/sha1"
	"hash"
	"io"
)

// packStream writes a pack of whole objects to someone who reads it in one go, such
// as another host. How many they are must be known before the first.
type packStream struct {
	to   io.Writer
	sum  hash.Hash
	zlib *zlib.Writer
}

func newPackStream(to io.Writer, objects int) (*packStream, error) {
	w := &packStream{to: to, sum: sha1.New()}
	w.zlib = zlib.NewWriter(w)
	_, err := w.Write(appendPackHead(nil, objects))
	return w, err
}

func (w *packStream) Write(b []byte) (int, error) {
	w.sum.Write(b)
	return w.to.Write(b)
}

func (w *packStream) add(obj object) error {
	if _, err := w.Write(appendEntryHead(nil, obj.kind, int64(len(obj.data)))); err != nil {
		return err
	}
	w.zlib.Reset(w)
	if _, err := w.zlib.Write(obj.data); err != nil {
		return err
	}
	return w.zlib.Close()
}

// end writes the checksum.
func (w *packStream) end() error {
	_, err := w.to.Write(w.sum.Sum(nil))
	return err
}
