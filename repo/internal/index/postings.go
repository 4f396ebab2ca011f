package index

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
)

// The full-text table is asked for versions by their words. What words it holds of
// each version, all in one pass, nobody can ask it in less than half a microsecond a
// word: so its pages are read here. They are those of SQLite's FTS5, whose format
// stands at the head of its source file fts5_index.c and can't change without files
// becoming unreadable. In short:
//
// The table phrases_data holds blocks. Number 10 lists the segments; those of a
// segment are pages, in which its terms stand in order, each with the rows that hold
// it and, for each row, the places where. A list may go on from page to page. Rows
// that were deleted since a segment was written stand in a hash table of its own.

// Numbers of blocks, and how a segment's are made.
const (
	structureBlock = 10
	segmentShift   = 37      // a segment's number stands above that of the page
	tombstoneBit   = 1 << 16 // added to a segment's number: the rows deleted from it
	mostSegments   = 2000    // the engine's own limit
)

// segment is one of the sorted lists that the table is made of.
type segment struct {
	id, first, last int64 // pages
	graves          int64 // pages of its table of deleted rows
}

// varint reads one of SQLite's variable-length integers: seven bits a byte, the
// highest first, eight in a ninth. n is 0 where it is cut short.
func varint(b []byte) (v uint64, n int) {
	for i, c := range b {
		if i == 8 {
			return v<<8 | uint64(c), 9
		}
		v = v<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// varints reads n of them, each no more than 31 bits.
func varints(b []byte, into []int64) (rest []byte, ok bool) {
	for i := range into {
		v, n := varint(b)
		if n == 0 || v > 1<<31-1 {
			return nil, false
		}
		into[i], b = int64(v), b[n:]
	}
	return b, true
}

func damagedPostings(format string, args ...any) error {
	return fmt.Errorf("the words by which versions are found: "+format+": %w", append(args, ErrDamaged)...)
}

// parseStructure reads the list of segments.
func parseStructure(b []byte) (list []segment, err error) {
	wrong := damagedPostings("the list of their segments can't be read")
	if len(b) < 8 || string(b[4:8]) != "\xff\x00\x00\x01" {
		return nil, wrong
	}
	var head [2]int64 // levels, segments
	rest, ok := varints(b[8:], head[:])
	if !ok || head[0] > mostSegments || head[1] > mostSegments {
		return nil, wrong
	}
	_, n := varint(rest) // a counter of writes
	if rest = rest[n:]; n == 0 {
		return nil, wrong
	}
	for range head[0] {
		var level [2]int64 // segments being merged, segments
		if rest, ok = varints(rest, level[:]); !ok {
			return nil, wrong
		}
		for range level[1] {
			var pages [3]int64
			if rest, ok = varints(rest, pages[:]); !ok || len(list) == mostSegments {
				return nil, wrong
			}
			s := segment{id: pages[0], first: pages[1], last: pages[2]}
			for i := range 5 { // from and to which write, pages of graves, deleted rows, rows
				v, n := varint(rest)
				if n == 0 {
					return nil, wrong
				}
				if rest = rest[n:]; i == 2 {
					s.graves = int64(v & (1<<31 - 1))
				}
			}
			if s.first > 0 && s.id > 0 && s.id < tombstoneBit { // one that is wholly merged has no pages
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// parseGraves adds the rows of a page of deleted ones.
func parseGraves(b []byte, dead map[int64]bool) error {
	if len(b) < 8 || b[0] != 4 && b[0] != 8 {
		return damagedPostings("a page of deleted rows can't be read")
	}
	size := int(b[0])
	if b[1] != 0 {
		dead[0] = true
	}
	for b = b[8:]; len(b) >= size; b = b[size:] {
		row := int64(0)
		if size == 4 {
			row = int64(binary.BigEndian.Uint32(b))
		} else {
			row = int64(binary.BigEndian.Uint64(b))
		}
		if row != 0 {
			dead[row] = true
		}
	}
	return nil
}

// postings reads the pages of a segment, one after another.
type postings struct {
	dead  map[int64]bool
	term  func(term []byte) uint64                // told of each term, gives what to know it by
	place func(sum, term, place uint64) uint64    // adds a place where a term stands
	row   func(row int64, sum uint64, places int) // told of all places of a term in a row

	name   []byte // the term at hand
	id     uint64
	at     int64 // the row at hand
	left   int   // bytes of its places that are to come
	last   uint64
	sum    uint64
	places int
}

// page reads the next page.
func (p *postings) page(b []byte) error {
	wrong := damagedPostings("a page of them can't be read")
	if len(b) < 4 {
		return wrong
	}
	first, size := int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	if size < 4 || size > len(b) {
		return wrong
	}
	starts, at := b[size:], 4
	next := func(from int) (int, bool) { // where the next term begins
		if len(starts) == 0 {
			return size, true
		}
		v, n := varint(starts)
		if n == 0 || v == 0 || v > uint64(size-from) {
			return 0, false
		}
		starts = starts[n:]
		return from + int(v), true
	}
	end, ok := next(0)
	if !ok || end < at {
		return wrong
	}
	if p.left > 0 {
		n := min(p.left, end-at)
		if !p.take(b[at:at+n]) || p.left > 0 && end < size {
			return wrong
		}
		at += n
	}
	if at < end && (at != first || len(p.name) == 0 || !p.rows(b[at:end])) {
		return wrong
	}
	for begins := true; end < size; begins = false {
		if p.left > 0 {
			return wrong
		}
		at = end
		if end, ok = next(at); !ok {
			return wrong
		}
		rest, ok := p.readTerm(b[at:end], begins)
		if !ok || !p.rows(rest) {
			return wrong
		}
	}
	return nil
}

// readTerm reads a term; all but a page's first share their beginning with the one
// before.
func (p *postings) readTerm(b []byte, whole bool) (rest []byte, ok bool) {
	keep := uint64(0)
	if !whole {
		n := 0
		if keep, n = varint(b); n == 0 || keep > uint64(len(p.name)) {
			return nil, false
		}
		b = b[n:]
	}
	more, n := varint(b)
	if n == 0 || more > uint64(len(b)-n) {
		return nil, false
	}
	p.name = append(p.name[:keep], b[n:n+int(more)]...)
	if len(p.name) == 0 || p.name[0] != '0' { // which of several indexes; there is one
		return nil, false
	}
	p.id = p.term(p.name[1:])
	return b[n+int(more):], true
}

// rows reads rows of a term with their places. The first one's number is whole, those
// of the others count from the one before.
func (p *postings) rows(b []byte) bool {
	for first := true; len(b) > 0; first = false {
		v, n := varint(b)
		if n == 0 {
			return false
		}
		if b = b[n:]; first {
			p.at = int64(v)
		} else {
			p.at += int64(v)
		}
		v, n = varint(b)
		if n == 0 || v&1 != 0 || v > 1<<40 {
			return false
		}
		b = b[n:]
		p.left, p.last, p.sum, p.places = int(v>>1), 0, 0, 0
		n = min(p.left, len(b))
		if !p.take(b[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// take reads places.
func (p *postings) take(b []byte) bool {
	p.left -= len(b)
	for len(b) > 0 {
		v, n := uint64(b[0]), 1
		if v >= 0x80 {
			v, n = varint(b)
		}
		if n == 0 || v < 2 { // 1 would begin another column
			return false
		}
		p.last += v - 2
		p.sum = p.place(p.sum, p.id, p.last)
		p.places++
		b = b[n:]
	}
	if p.left == 0 && !p.dead[p.at] {
		p.row(p.at, p.sum, p.places)
	}
	return true
}

// segments gives the list of segments.
func (c *conn) segments() (list []segment, err error) {
	err = c.each("SELECT block FROM phrases_data WHERE id = ?", []driver.Value{int64(structureBlock)}, func(row []driver.Value) error {
		list, err = parseStructure(blob(row[0]))
		return err
	})
	return list, err
}

const blocks = "SELECT id, block FROM phrases_data WHERE id BETWEEN ? AND ? ORDER BY id"

// readPostings reads all that the full-text table holds of rows that were not
// deleted; p has the functions that are told.
func (c *conn) readPostings(ctx context.Context, p postings) error {
	list, err := c.segments()
	if err != nil {
		return err
	}
	for _, s := range list {
		of := p
		of.dead = make(map[int64]bool)
		from := (s.id | tombstoneBit) << segmentShift
		if s.graves > 0 {
			err := c.each(blocks, []driver.Value{from, from + s.graves - 1}, func(row []driver.Value) error {
				return parseGraves(blob(row[1]), of.dead)
			})
			if err != nil {
				return err
			}
		}
		next := s.id<<segmentShift + s.first
		err := c.each(blocks, []driver.Value{next, s.id<<segmentShift + s.last}, func(row []driver.Value) error {
			if number(row[0]) != next {
				return damagedPostings("a page of them is missing")
			}
			next++
			if err := ctx.Err(); err != nil {
				return err
			}
			return of.page(blob(row[1]))
		})
		if err == nil && (of.left > 0 || next != s.id<<segmentShift+s.last+1) {
			err = damagedPostings("the last pages of them are missing")
		}
		if err != nil {
			return err
		}
	}
	return nil
}
