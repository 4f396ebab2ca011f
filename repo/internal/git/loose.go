package git

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// maxLooseHead is the longest head of a loose object: kind, size, NUL.
const maxLooseHead = 32

func loosePath(dir string, h Hash) string {
	s := h.String()
	return filepath.Join(dir, s[:2], s[2:])
}

// readLoose reads an object that lies in a file of its own.
func (r *packReader) readLoose(path string) (object, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return object{}, err
	}
	obj, err := r.parseLoose(raw)
	if err != nil {
		return object{}, corruptFile(path, err)
	}
	return obj, nil
}

func (r *packReader) parseLoose(raw []byte) (object, error) {
	z, err := r.inflaters.get(bytes.NewReader(raw))
	if err != nil {
		return object{}, fmt.Errorf("decompress: %w", err)
	}
	var head [maxLooseHead]byte
	n := 0
	for n < len(head) {
		got, err := z.Read(head[n:])
		n += got
		if err != nil || bytes.IndexByte(head[:n], 0) >= 0 {
			break
		}
	}
	r.inflaters.pool.Put(z)
	k, size, length, err := parseLooseHead(head[:n])
	if err != nil {
		return object{}, err
	}
	whole, err := r.inflaters.inflate(bytes.NewReader(raw), size+int64(length), int64(len(raw)))
	if err != nil {
		return object{}, err
	}
	return object{k, whole[length:]}, nil
}

// parseLooseHead reads "KIND SIZE\x00" and returns its length too.
func parseLooseHead(head []byte) (k kind, size int64, length int, err error) {
	end := bytes.IndexByte(head, 0)
	if end < 0 {
		return 0, 0, 0, fmt.Errorf("a loose object begins with %q: want kind and size", clip(string(head)))
	}
	name, number, _ := bytes.Cut(head[:end], []byte{' '})
	k, ok := kindNamed(string(name))
	if !ok {
		return 0, 0, 0, fmt.Errorf("a loose object is of the unknown kind %q", clip(string(name)))
	}
	size, err = strconv.ParseInt(string(number), 10, 63)
	if err != nil || size < 0 || size > maxObject || number[0] < '0' {
		return 0, 0, 0, fmt.Errorf("a loose object has the size %q", clip(string(number)))
	}
	return k, size, end + 1, nil
}
