package repo

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// salt hides the fields under a seal: without it nobody can test a guess at a
// field that was taken away. It is zero for a version that plain git brought.
type salt [16]byte

func newSalt() (s salt) {
	rand.Read(s[:]) // never fails: see crypto/rand
	return s
}

// sealDomain keeps a seal from being mistaken for any other hash, and says by
// which rules it was made.
const sealDomain = "stemma seal 1\x00"

// sealed is what a seal stands for.
type sealed struct {
	previous  Seal // of the version before it in the same chain, or [join] of several; zero for the first
	article   schema.ID
	published schema.Time
	author    schema.Person
	salt      salt
}

// seal computes the seal of a state. FORMAT.md describes the bytes; a field can
// be taken away later while its leaf is kept, and the seal still holds.
func (s sealed) seal(state *schema.State) Seal { return s.over(new(sums).fieldRoot(state, s.salt)) }

// over computes the seal of the state of which the fields have this root.
func (s sealed) over(root [32]byte) Seal {
	h := sha256.New()
	h.Write([]byte(sealDomain))
	h.Write(s.previous[:])
	h.Write([]byte(s.article.String()))
	writeCounted(h, s.published.String())
	writeCounted(h, s.author.Name)
	writeCounted(h, s.author.Email)
	h.Write(root[:])
	return Seal(h.Sum(nil))
}

// joinDomain keeps a join from being mistaken for a seal.
const joinDomain = "stemma join 1\x00"

// join is what stands for the previous seal where a version follows several, each
// the end of one side that was merged: no one of them can be dropped then. The
// order of the sides is no part of it, since that is each store's own.
func join(ends [][32]byte) Seal {
	switch len(ends) {
	case 0:
		return Seal{}
	case 1:
		return ends[0]
	}
	h := sha256.New()
	h.Write([]byte(joinDomain))
	for _, s := range slices.SortedFunc(slices.Values(ends), compareSeals) {
		h.Write(s[:])
	}
	return Seal(h.Sum(nil))
}

// writeCounted writes a string behind its length, so that no two lists of
// strings give the same bytes.
func writeCounted(h hash.Hash, s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	h.Write(n[:])
	h.Write([]byte(s))
}

// sums computes what is hashed of states, in memory that it uses again: a version is
// hashed twice. It is used by one goroutine; the zero value is ready.
type sums struct{ room []byte }

// maxRoom is how many bytes of memory are kept for the next state.
const maxRoom = 256 << 10

// take gives empty room for n bytes, keep takes it back.
func (u *sums) take(n int) []byte {
	if cap(u.room) < n {
		return make([]byte, 0, n+n/4)
	}
	return u.room[:0]
}

func (u *sums) keep(room []byte) {
	if cap(room) <= maxRoom {
		u.room = room
	}
}

// fieldRoot is the root of the Merkle tree over a state's fields in table order.
func (u *sums) fieldRoot(state *schema.State, s salt) [32]byte {
	table := schema.Table()
	level := make([][32]byte, 0, len(table))
	leaf := u.take(64 + len(state.Body))
	for _, info := range table {
		name := s.of(info.Name)
		leaf = state.AppendFieldValue(append(leaf[:0], name[:]...), info.Field)
		level = append(level, sha256.Sum256(leaf))
	}
	u.keep(leaf)
	return merkleRoot(level)
}

// of is the HMAC-SHA-256 of a field's name under the salt (RFC 2104), written out:
// a version needs one for each field, and key and name fit into one block each.
func (s salt) of(name string) [sha256.Size]byte {
	var buf [2 * sha256.BlockSize]byte
	const inner, outer = 0x36, 0x5c
	pad := func(with byte) []byte {
		for i := range sha256.BlockSize {
			buf[i] = with
		}
		for i, b := range s {
			buf[i] ^= b
		}
		return buf[:sha256.BlockSize]
	}
	sum := sha256.Sum256(append(pad(inner), name...))
	return sha256.Sum256(append(pad(outer), sum[:]...))
}

// merkleRoot pairs neighbours level by level; a node without a neighbour rises
// as it is. The leading byte keeps a node from being read as a leaf.
func merkleRoot(level [][32]byte) [32]byte {
	for len(level) > 1 {
		next := level[:0]
		for i := 0; i < len(level); i += 2 {
			if i+1 == len(level) {
				next = append(next, level[i])
				break
			}
			var pair [65]byte
			pair[0] = 1
			copy(pair[1:], level[i][:])
			copy(pair[33:], level[i+1][:])
			next = append(next, sha256.Sum256(pair[:]))
		}
		level = next
	}
	return level[0]
}

// parseSeal reads 64 hex digits.
func parseSeal(s string) (Seal, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Seal{}) {
		return Seal{}, fmt.Errorf("%.80q is no seal: 64 hex digits are wanted", s)
	}
	return Seal(b), nil
}

// contentDigest is equal for two states exactly where they count as the same:
// sets are taken without order, and the id is left out, since a state keeps its
// content when its article is linked or split.
func contentDigest(state *schema.State) [32]byte { return new(sums).contentDigest(state) }

func (u *sums) contentDigest(state *schema.State) [32]byte {
	s := state.SortedSets()
	s.ID = schema.ID{}
	all := u.take(512 + len(s.Headline) + len(s.Body))
	for _, info := range schema.Table() {
		start := len(all)
		all = s.AppendFieldValue(append(all, make([]byte, 8)...), info.Field)
		binary.BigEndian.PutUint64(all[start:], uint64(len(all)-start-8))
	}
	u.keep(all)
	return sha256.Sum256(all)
}
