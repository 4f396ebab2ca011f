package index

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The blob of a version holds its Row, without Article and Number, which its key
// tells, the words of its contexts, and its addresses:
//
//	commit 20 · blob 20 · seal 32 · content 32
//	marks                        one byte
//	origin                       26 bytes where it differs from the article
//	after · open                 where either is not empty
//	seq · known · restores       unsigned varints
//	published · recorded         signed varints, Unix seconds
//	each of the strings of texts, in order: length as unsigned varint, bytes
//	contexts                     count, then each, unsigned varints
//	addresses                    count, then each: length<<2|kind, bytes; length 0
//	                             is the row's own Path

// marks
const (
	markDayOnly = 1 << iota // Published is a day alone
	markOrigin              // an origin follows
	markBeside              // After and Open follow, each like a string of texts
)

// texts lists the strings of a row in the order in which they are kept.
func (r *Row) texts() [14]*string {
	return [...]*string{
		&r.Author.Name, &r.Author.Email, &r.Kinds, &r.Op, &r.Headline, (*string)(&r.Date), &r.Category,
		(*string)(&r.Status), &r.Path, &r.Language, &r.Note, &r.Match, &r.CorrectionType, &r.CorrectionText,
	}
}

// record is a row with what else its blob holds.
type record struct {
	Row
	contexts []int64 // words
	aliases  []alias // sorted, each once
}

// alias is an address: a key and what sort it is of.
type alias struct {
	kind AliasKind
	key  string
}

// kindBits is the room for an AliasKind beside a length.
const kindBits = 2

// append appends the blob of r.
func (r *record) append(b []byte) []byte {
	b = append(b, r.Commit[:]...)
	b = append(b, r.Blob[:]...)
	b = append(b, r.Seal[:]...)
	b = append(b, r.Content[:]...)
	marks := byte(0)
	if r.Published.DayOnly {
		marks |= markDayOnly
	}
	if r.Origin != r.Article {
		marks |= markOrigin
	}
	if r.After != "" || r.Open != "" {
		marks |= markBeside
	}
	b = append(b, marks)
	if marks&markOrigin != 0 {
		b = append(b, r.Origin[:]...)
	}
	if marks&markBeside != 0 {
		for _, s := range [...]string{r.After, r.Open} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	b = binary.AppendUvarint(b, uint64(r.Seq))
	b = binary.AppendUvarint(b, uint64(r.Known))
	b = binary.AppendUvarint(b, uint64(r.Restores))
	b = binary.AppendVarint(b, r.Published.T.Unix())
	b = binary.AppendVarint(b, r.Recorded.Unix())
	for _, s := range r.texts() {
		b = binary.AppendUvarint(b, uint64(len(*s)))
		b = append(b, *s...)
	}
	b = appendInts(b, r.contexts)
	b = binary.AppendUvarint(b, uint64(len(r.aliases)))
	for _, a := range r.aliases {
		key := a.key
		if a.kind == AliasPath && key == r.Path {
			key = ""
		}
		b = binary.AppendUvarint(b, uint64(len(key))<<kindBits|uint64(a.kind))
		b = append(b, key...)
	}
	return b
}

// appendInts appends a count and the numbers, which are not negative.
func appendInts(b []byte, list []int64) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, n := range list {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// cursor reads a blob. Reading past its end gives zeros and sets bad.
type cursor struct {
	b   []byte
	s   string // the same bytes
	at  int
	bad bool
}

func (c *cursor) next(n uint64) (from int) {
	if n > uint64(len(c.b)-c.at) {
		c.bad, c.at = true, len(c.b)
		return -1
	}
	from = c.at
	c.at += int(n)
	return from
}

func (c *cursor) bytes(to []byte) {
	if i := c.next(uint64(len(to))); i >= 0 {
		copy(to, c.b[i:])
	}
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.bad, c.at = true, len(c.b)
		return 0
	}
	c.at += n
	return v
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b[c.at:])
	if n <= 0 {
		c.bad, c.at = true, len(c.b)
		return 0
	}
	c.at += n
	return v
}

// text gives a string that shares c.s.
func (c *cursor) text() string {
	n := c.uvarint()
	if i := c.next(n); i >= 0 {
		return c.s[i:c.at]
	}
	return ""
}

func (c *cursor) ints() []int64 {
	n := c.uvarint()
	if n == 0 || n > uint64(len(c.b)-c.at) { // each takes a byte at least
		c.bad = c.bad || n > 0
		return nil
	}
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(c.uvarint())
	}
	return list
}

func (c *cursor) aliases(path string) (list []alias) {
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		head := c.uvarint()
		a := alias{kind: AliasKind(head & (1<<kindBits - 1)), key: path}
		if n := head >> kindBits; n > 0 {
			if i := c.next(n); i >= 0 {
				a.key = c.s[i:c.at]
			}
		}
		list = append(list, a)
	}
	return list
}

// unixTime gives the UTC time of Unix seconds; the first second of year 1 is the
// zero time.
func unixTime(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// decode reads the blob of version number of article id, all but the lists.
func decode(id schema.ID, number int, data []byte) (Row, error) {
	var r Row
	_, err := r.decode(id, number, data)
	return r, err
}

// decodeAll reads the lists as well.
func decodeAll(id schema.ID, number int, data []byte) (record, error) {
	var r record
	c, err := r.Row.decode(id, number, data)
	if err != nil {
		return r, err
	}
	r.contexts, r.aliases = c.ints(), c.aliases(r.Path)
	if c.bad {
		return r, damagedRow(id, number)
	}
	return r, nil
}

func (r *Row) decode(id schema.ID, number int, data []byte) (cursor, error) {
	// One copy holds all the strings.
	c := cursor{b: data, s: string(data)}
	r.Article, r.Origin, r.Number = id, id, number
	c.bytes(r.Commit[:])
	c.bytes(r.Blob[:])
	c.bytes(r.Seal[:])
	c.bytes(r.Content[:])
	var marks [1]byte
	c.bytes(marks[:])
	if marks[0]&markOrigin != 0 {
		c.bytes(r.Origin[:])
	}
	if marks[0]&markBeside != 0 {
		r.After, r.Open = c.text(), c.text()
	}
	r.Seq = int64(c.uvarint())
	r.Known = schema.FieldSet(c.uvarint())
	r.Restores = int(c.uvarint())
	r.Published = schema.Time{T: unixTime(c.varint()), DayOnly: marks[0]&markDayOnly != 0}
	r.Recorded = unixTime(c.varint())
	for _, s := range r.texts() {
		*s = c.text()
	}
	if c.bad {
		return c, damagedRow(id, number)
	}
	return c, nil
}

func damagedRow(id schema.ID, number int) error {
	return fmt.Errorf("version %d of article %s ends too early: %w", number, id, ErrDamaged)
}

// appendCorrection appends the blob of a correction: all but its article.
func appendCorrection(b []byte, x *Correction) []byte {
	b = append(b, x.Commit[:]...)
	b = append(b, x.FromSeal[:]...)
	b = append(b, x.ToSeal[:]...)
	b = binary.AppendUvarint(b, uint64(x.Seq))
	b = binary.AppendVarint(b, x.Recorded.Unix())
	for _, s := range [...]string{x.Type, x.Text, x.Author.Name, x.Author.Email} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

func decodeCorrection(id schema.ID, data []byte) (Correction, error) {
	x := Correction{Article: id}
	c := cursor{b: data, s: string(data)}
	c.bytes(x.Commit[:])
	c.bytes(x.FromSeal[:])
	c.bytes(x.ToSeal[:])
	x.Seq = int64(c.uvarint())
	x.Recorded = unixTime(c.varint())
	for _, s := range [...]*string{&x.Type, &x.Text, &x.Author.Name, &x.Author.Email} {
		*s = c.text()
	}
	if c.bad {
		return x, fmt.Errorf("a correction of article %s ends too early: %w", id, ErrDamaged)
	}
	return x, nil
}

// dayOf gives a date as a number that sorts as it does: 20150926, or 0 for none.
// What is no date counts as none; the row keeps it as it is.
func dayOf(d schema.Date) int64 {
	if len(d) != len("2015-09-26") || d[4] != '-' || d[7] != '-' {
		return 0
	}
	n := int64(0)
	for i := range len(d) {
		if i == 4 || i == 7 {
			continue
		}
		if d[i] < '0' || d[i] > '9' {
			return 0
		}
		n = n*10 + int64(d[i]-'0')
	}
	return n
}

func dateOf(day int64) schema.Date {
	if day == 0 {
		return ""
	}
	return schema.Date(fmt.Sprintf("%04d-%02d-%02d", day/10000, day/100%100, day%100))
}

// eight gives the first eight bytes of a hash as a number that sorts as they do.
func eight(hash []byte) int64 { return int64(binary.BigEndian.Uint64(hash) ^ 1<<63) }
