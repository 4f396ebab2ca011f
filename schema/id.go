package schema

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
)

// ID names an article for ever: 26 lower-case Crockford base32 characters. It is
// given once, at random or from a source's own key, and never derived from a
// headline, a date or a path, which change. The zero ID means "none yet".
type ID [26]byte

// Alphabet is Crockford's base32 in lower case: no i, l, o or u.
const Alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// NewID gives a random id of 128 bits.
func NewID() ID {
	var b [16]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	return encodeID(b)
}

// DeriveID gives the id that belongs to a source's own key: the first 128 bits
// of its SHA-256. The same key gives the same id, so that importing twice adds
// nothing.
func DeriveID(key string) ID {
	sum := sha256.Sum256([]byte("stemma article id\x00" + key))
	return encodeID([16]byte(sum[:16]))
}

// encodeID spells 128 bits from the left, five a character, so that the first
// characters, which name the folders, are evenly spread.
func encodeID(b [16]byte) ID {
	var id ID
	acc, bits, n := uint(0), 0, 0
	for _, c := range b {
		acc, bits = acc<<8|uint(c), bits+8
		for bits >= 5 {
			bits -= 5
			id[n] = Alphabet[acc>>bits&31]
			n++
		}
	}
	id[n] = Alphabet[acc<<(5-bits)&31]
	return id
}

// ParseID reads an id; the letters may be upper case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != len(id) {
		return ID{}, fmt.Errorf("%.40q is no article id: it has %d characters, an id has 26", s, len(s))
	}
	for i, c := range []byte(strings.ToLower(s)) {
		if strings.IndexByte(Alphabet, c) < 0 {
			return ID{}, fmt.Errorf("%q is no article id: character %d is not one of %s", s, i+1, Alphabet)
		}
		id[i] = c
	}
	return id, nil
}

// IsZero reports whether no id is given.
func (id ID) IsZero() bool { return id == ID{} }

// String gives the 26 characters, or "" for the zero id.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return string(id[:])
}
