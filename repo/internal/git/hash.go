package git

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/pjbgf/sha1cd"
)

// Hash names a git object: the SHA-1 of its kind, size and content.
// The zero Hash names nothing and stands for "no commit", "no file".
type Hash [20]byte

// IsZero reports whether h names nothing.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns the 40 lower-case hexadecimal digits that git prints.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 40 hexadecimal digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) {
		return Hash{}, fmt.Errorf("%q is no object name: want 40 hexadecimal digits", clip(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("%q is no object name: want 40 hexadecimal digits", clip(s))
	}
	return h, nil
}

// clip shortens a value that came from a file before it is put into an error.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// kind is the type of an object as a pack entry numbers it.
type kind uint8

const (
	kindCommit   kind = 1
	kindTree     kind = 2
	kindBlob     kind = 3
	kindTag      kind = 4
	kindOfsDelta kind = 6
	kindRefDelta kind = 7
)

func (k kind) String() string {
	switch k {
	case kindCommit:
		return "commit"
	case kindTree:
		return "tree"
	case kindBlob:
		return "blob"
	case kindTag:
		return "tag"
	}
	return "object of kind " + strconv.Itoa(int(k))
}

func kindNamed(name string) (kind, bool) {
	for _, k := range []kind{kindCommit, kindTree, kindBlob, kindTag} {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// objectHeader is what git hashes in front of the content.
func objectHeader(k kind, size int) []byte {
	head := make([]byte, 0, 32)
	head = append(head, k.String()...)
	head = append(head, ' ')
	head = strconv.AppendInt(head, int64(size), 10)
	return append(head, 0)
}

// readHash hashes an object that is being read. Stored objects were checked
// for collisions when they were written, so the fast SHA-1 will do.
func readHash(k kind, data []byte) Hash {
	d := sha1.New()
	d.Write(objectHeader(k, len(data)))
	d.Write(data)
	var h Hash
	d.Sum(h[:0])
	return h
}

var errCollision = errors.New("the content is built to collide in SHA-1 and is refused")

// writeHash hashes a new object and refuses content that carries the marks of
// a SHA-1 collision attack, as git does: two such texts would share one name.
func writeHash(k kind, data []byte) (Hash, error) {
	d, ok := sha1cd.New().(sha1cd.CollisionResistantHash)
	if !ok {
		return Hash{}, errors.New("the SHA-1 in use cannot detect collisions")
	}
	d.Write(objectHeader(k, len(data)))
	d.Write(data)
	var h Hash
	if _, collides := d.CollisionResistantSum(h[:0]); collides {
		return Hash{}, errCollision
	}
	return h, nil
}
