package git

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
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
	return appendObjectHeader(make([]byte, 0, 32), k, size)
}

func appendObjectHeader(head []byte, k kind, size int) []byte {
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
	var x hasher
	return x.safe(k, data)
}

// hasher names new objects. It is used by one goroutine.
type hasher struct {
	guarded sha1cd.CollisionResistantHash
	plain   hash.Hash
	head    []byte
}

// safe is writeHash.
func (x *hasher) safe(k kind, data []byte) (Hash, error) {
	if x.guarded == nil {
		d, ok := sha1cd.New().(sha1cd.CollisionResistantHash)
		if !ok {
			return Hash{}, errors.New("the SHA-1 in use cannot detect collisions")
		}
		x.guarded = d
	}
	d := x.guarded
	d.Reset()
	x.head = appendObjectHeader(x.head[:0], k, len(data))
	d.Write(x.head)
	d.Write(data)
	var h Hash
	if _, collides := d.CollisionResistantSum(h[:0]); collides {
		return Hash{}, errCollision
	}
	return h, nil
}

// tree names a tree that was built here. Its bytes are modes, names that
// checkPath let pass and the names of other objects: an attack needs whole blocks
// of 64 bytes of its own making, and no hash can be chosen that far, so the fast
// SHA-1 will do.
func (x *hasher) tree(raw []byte) Hash {
	if x.plain == nil {
		x.plain = sha1.New()
	}
	x.plain.Reset()
	x.head = appendObjectHeader(x.head[:0], kindTree, len(raw))
	x.plain.Write(x.head)
	x.plain.Write(raw)
	var h Hash
	x.plain.Sum(h[:0])
	return h
}
