package git

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"os"
)

// packBuilder collects new objects as the entries of one pack. All are stored
// whole: what a version adds is a few kilobytes, and a search for deltas would
// cost more than it saves here.
type packBuilder struct {
	deflaters *deflaters
	body      bytes.Buffer // the entries, without the pack's head
	rows      []indexRow
	known     map[Hash]bool
}

func (b *packBuilder) add(h Hash, k kind, data []byte) error {
	start := b.body.Len()
	b.body.Write(appendEntryHead(nil, k, int64(len(data))))
	if err := b.deflaters.append(&b.body, data); err != nil {
		return err
	}
	crc := crc32.ChecksumIEEE(b.body.Bytes()[start:])
	b.rows = append(b.rows, indexRow{h, crc, int64(packHead + start)})
	b.known[h] = true
	return nil
}

// appendEntryHead writes an entry's kind and size: 4 bits of the size beside
// the kind, then 7 bits a byte, lowest first.
func appendEntryHead(out []byte, k kind, size int64) []byte {
	b := byte(k)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		out = append(out, b|0x80)
		b = byte(size & 0x7f)
	}
	return append(out, b)
}

// appendOffset writes how far back the base of a delta lies: 7 bits a byte,
// highest first, each further byte adding one so that no number has two forms.
func appendOffset(out []byte, back int64) []byte {
	var buf [10]byte
	i := len(buf) - 1
	buf[i] = byte(back & 0x7f)
	for back >>= 7; back > 0; back >>= 7 {
		back--
		i--
		buf[i] = 0x80 | byte(back&0x7f)
	}
	return append(out, buf[i:]...)
}

func appendPackHead(out []byte, objects int) []byte {
	out = append(out, "PACK\x00\x00\x00\x02"...)
	return binary.BigEndian.AppendUint32(out, uint32(objects))
}

// bytes returns the pack in three parts (head, entries, checksum) and the
// index for it. The pack is named by its checksum.
func (b *packBuilder) bytes() (parts [3][]byte, sum Hash, index []byte) {
	parts[0] = appendPackHead(nil, len(b.rows))
	parts[1] = b.body.Bytes()
	d := sha1.New()
	d.Write(parts[0])
	d.Write(parts[1])
	d.Sum(sum[:0])
	parts[2] = sum[:]
	return parts, sum, encodeIndex(b.rows, sum)
}

// packMode is git's own for packs and their indexes: they never change.
const packMode os.FileMode = 0o444
