package index

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// What versions brought and took is compared by sums: of the passages as they stand,
// and of the words by which a version is found one sum over all their places, in
// whatever order they come. So a word that is missing, made up, in another place or at
// another version shows at the very versions that it concerns.

// wordSum is what a comparison knows of a version's words.
type wordSum struct {
	passages uint64 // 0 where it has none
	terms    uint64
	count    uint32 // of terms
	stored   uint32 // how many the full-text table says that there are
}

// wordSums are those of an index, by place. Their secret is of one process, so that no
// file can be made to give the sum of another.
type wordSums struct {
	secret maphash.Seed
	list   []wordSum
	strays map[int64]wordSum // what stands at places that no version has
}

// mostStrays bounds how many of them are told apart.
const mostStrays = 1000

func newWordSums() *wordSums {
	return &wordSums{secret: maphash.MakeSeed(), strays: make(map[int64]wordSum)}
}

// at gives the sum of a place up to a limit.
func (w *wordSums) at(seq int64) wordSum {
	if seq > 0 && seq < int64(len(w.list)) {
		return w.list[seq]
	}
	return w.strays[seq]
}

// update changes it.
func (w *wordSums) update(seq int64, f func(*wordSum)) {
	if seq > 0 && seq < int64(len(w.list)) {
		f(&w.list[seq])
		return
	}
	if x, some := w.strays[seq]; some || len(w.strays) < mostStrays {
		f(&x)
		w.strays[seq] = x
	}
}

// place adds the place of a term to a sum.
func placeSum(sum, term, place uint64) uint64 {
	x := term ^ (place+1)*0x9e3779b97f4a7c15
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return sum + x
}

func (w *wordSums) ofBlob(data []byte) uint64 {
	if len(data) == 0 {
		return 0
	}
	return max(maphash.Bytes(w.secret, data), 1)
}

// maxTerm is how many bytes of a term the engine keeps (FTS5_MAX_TOKEN_SIZE).
const maxTerm = 32768

// of gives the sum of passages.
func (w *wordSums) of(p Passages) wordSum {
	x := wordSum{passages: w.ofBlob(p.data)}
	if x.passages == 0 {
		return x
	}
	for rest := p.terms; rest != ""; {
		term, after, _ := strings.Cut(rest, " ")
		if rest = after; term == "" {
			continue
		}
		x.terms = placeSum(x.terms, maphash.String(w.secret, term[:min(len(term), maxTerm)]), uint64(x.count))
		x.count++
	}
	x.stored = x.count
	return x
}

// set says what a version brought and took.
func (w *wordSums) set(seq int64, p Passages) {
	if n := seq + 1 - int64(len(w.list)); n > 0 {
		w.list = append(w.list, make([]wordSum, n)...)
	}
	w.list[seq] = w.of(p)
}

// cut forgets the versions after a place.
func (w *wordSums) cut(after int64) {
	w.list = w.list[:min(len(w.list), int(after)+1)]
}

// SumWords makes an index of which nothing is asked but what [Diff] compares it with
// keep a sum of each version's words instead of the words. It must be called before
// any are set. The sums are in memory and see no transaction rolled back.
func (db *DB) SumWords() { db.sums = newWordSums() }

// wordSums reads the sums of what a side's tables hold.
func (s *side) wordSums(ctx context.Context, like *wordSums) (*wordSums, error) {
	w := &wordSums{secret: like.secret, list: make([]wordSum, len(like.list)), strays: make(map[int64]wordSum)}
	err := s.each("SELECT seq, data FROM passages", nil, func(row []driver.Value) error {
		w.update(number(row[0]), func(x *wordSum) { x.passages = max(w.ofBlob(blob(row[1])), 1) })
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	err = s.each("SELECT id, sz FROM phrases_docsize", nil, func(row []driver.Value) error {
		n, _ := varint(blob(row[1]))
		w.update(number(row[0]), func(x *wordSum) { x.stored = uint32(n) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return w, s.readPostings(ctx, postings{
		term:  func(term []byte) uint64 { return maphash.Bytes(w.secret, term) },
		place: placeSum,
		row: func(row int64, sum uint64, places int) {
			w.update(row, func(x *wordSum) { x.terms, x.count = x.terms+sum, x.count+uint32(places) })
		},
	})
}

// wordsBrought compares what versions brought and took, and the words by which they
// are found. That the full-text table's own pages fit together the engine tells (see
// file).
func (d *comparison) wordsBrought() error {
	want := d.wantSums
	if want == nil {
		like := newWordSums()
		last, _, err := d.want.int("SELECT max(seq) FROM log")
		if err != nil {
			return err
		}
		like.list = make([]wordSum, last+1)
		if want, err = d.want.wordSums(d.ctx, like); err != nil {
			return err
		}
	}
	have, err := d.have.wordSums(d.ctx, want)
	if errors.Is(err, ErrDamaged) {
		return d.found(Difference{Part: PartFile, Key: err.Error()})
	}
	if err != nil {
		return err
	}
	strays := maps.Clone(want.strays)
	maps.Copy(strays, have.strays)
	for _, seq := range slices.Sorted(maps.Keys(strays)) {
		if err := d.wordsAt(seq, have.at(seq), want.at(seq)); err != nil {
			return err
		}
	}
	for seq := range want.list {
		if err := d.wordsAt(int64(seq), have.list[seq], want.list[seq]); err != nil {
			return err
		}
	}
	return d.ctx.Err()
}

// wordsAt compares the version at a place.
func (d *comparison) wordsAt(seq int64, have, want wordSum) error {
	if have == want {
		return nil
	}
	about := Difference{Part: PartWords}
	version := fmt.Sprintf("the version at place %d", seq)
	err := d.want.each("SELECT l.key, a.id FROM log l JOIN articles a ON a.num = l.key >> 24 WHERE l.seq = ?", []driver.Value{seq}, func(row []driver.Value) error {
		about.Number, about.Article = numberOf(number(row[0])), idOf(row[1])
		version = fmt.Sprintf("version %d of article %s", about.Number, about.Article)
		return nil
	})
	if err == nil && have.passages != want.passages {
		about.Key = "what " + version + " brought and took"
		err = d.passagesAt(seq, about, have, want)
	}
	have.passages = want.passages
	if err != nil || have == want {
		return err
	}
	about.Key = "what " + version + " is found by"
	switch {
	case want.count == 0:
	case have.count == 0:
		about.Missing = true
	default:
		about.Field = "words"
		if about.Have, err = d.have.termsAt(d.ctx, seq); err != nil {
			return err
		}
		if about.Want, err = d.want.termsAt(d.ctx, seq); err != nil {
			return err
		}
	}
	return d.found(about)
}

// passagesAt tells of the passages of a version, which differ.
func (d *comparison) passagesAt(seq int64, about Difference, have, want wordSum) error {
	switch {
	case have.passages == 0:
		about.Missing = true
		return d.found(about)
	case want.passages == 0:
		return d.found(about)
	}
	about.Field = "passages"
	for _, side := range []struct {
		of   *side
		text *string
	}{{d.have, &about.Have}, {d.want, &about.Want}} {
		err := side.of.each("SELECT data FROM passages WHERE seq = ?", []driver.Value{seq}, func(row []driver.Value) error {
			*side.text = printPassages(blob(row[0]))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return d.found(about)
}

// termsAt gives the words by which a version is found, in their order; "" where the
// table holds sums instead.
func (s *side) termsAt(ctx context.Context, seq int64) (string, error) {
	type placed struct {
		place uint64
		term  string
	}
	var list, at []placed
	term := ""
	err := s.readPostings(ctx, postings{
		term:  func(b []byte) uint64 { term = string(b); at = at[:0]; return 0 },
		place: func(sum, _, place uint64) uint64 { at = append(at, placed{place, term}); return sum },
		row: func(row int64, _ uint64, places int) {
			if row == seq {
				list = append(list, at[len(at)-places:]...)
			}
			at = at[:0]
		},
	})
	slices.SortFunc(list, func(a, b placed) int { return int(a.place) - int(b.place) })
	var b bytes.Buffer
	for i, x := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(x.term)
	}
	return b.String(), err
}

// printPassages tells the blob of passages as text that differs where the blobs do.
func printPassages(data []byte) string {
	list, whole, err := decodePassages(data)
	if err != nil {
		return fmt.Sprintf("unreadable: %x", data)
	}
	if whole {
		return "all"
	}
	var b strings.Builder
	for _, p := range list {
		fmt.Fprintf(&b, "%s: %q [-%q-]{+%q+} %q; ", p.Field, p.Before, p.Took, p.Brought, p.After)
	}
	return b.String()
}
