package index

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// # Words
//
// For each version the index holds which words it brought and which it took, against
// the version published before it: in the table passages as they stand in print, and
// in phrases, a full-text table without content, as terms to be found by. A version's
// seq is its row in both. So they grow with what changed and not with the text, and a
// phrase is counted, version by version, without reading any.
//
// Of a passage's surroundings nearWords words on either side are terms, once with
// what was taken between them and once with what was brought. A phrase of up to
// nearWords+1 words that came or went is thus a phrase of the terms; of a longer one
// any so many words in a row are, and the passages tell the rest.
//
// The first version of an article brings everything: its terms are all its words, and
// its passage is none, marked so.

// nearWords is how many words on either side of what changed are terms.
const nearWords = 4

// markWhole begins the blob of passages of a version that brings its whole text;
// markChange that of one that changed another.
const (
	markChange = iota
	markWhole
)

// Passages is what a version brought and took, ready to be kept.
type Passages struct {
	terms string
	data  []byte // "" where no word came or went
}

// NewPassages makes those of a version that changed the one before it.
func NewPassages(list []diff.Passage) Passages {
	if len(list) == 0 {
		return Passages{}
	}
	var terms, data []byte
	var scratch [256]byte
	for i := range list {
		p := &list[i]
		before := lastTerms(diff.AppendFolded(scratch[:0], p.Before), nearWords)
		after := firstTerms(diff.AppendFolded(nil, p.After), nearWords)
		for _, changed := range [2]string{p.Took, p.Brought} {
			if changed == "" && (len(before) == 0 || len(after) == 0) {
				continue // nothing came to stand beside anything else
			}
			terms = appendTerms(terms, before)
			terms = appendTerms(terms, diff.AppendFolded(nil, changed))
			terms = appendTerms(terms, after)
		}
	}
	data = append(make([]byte, 0, passagesSize(list)), markChange)
	for i := range list {
		p := &list[i]
		for _, s := range [...]string{p.Field, p.Before, p.Took, p.Brought, p.After} {
			data = binary.AppendUvarint(data, uint64(len(s)))
			data = append(data, s...)
		}
	}
	return Passages{string(terms), data}
}

func passagesSize(list []diff.Passage) int {
	n := 1
	for i := range list {
		p := &list[i]
		n += len(p.Field) + len(p.Before) + len(p.Took) + len(p.Brought) + len(p.After) + 5*2
	}
	return n
}

// WholePassages makes those of an article's first version.
func WholePassages(fields []diff.ReadableField) Passages {
	var words []byte
	for _, f := range fields {
		for _, text := range f.Texts {
			words = diff.AppendFolded(words, text)
		}
	}
	return Passages{string(appendTerms(nil, words)), []byte{markWhole}}
}

// lastTerms gives the last n of folded words, each with its space.
func lastTerms(words []byte, n int) []byte {
	for i := len(words) - 1; i > 0; i-- {
		if words[i-1] == ' ' {
			if n--; n == 0 {
				return words[i:]
			}
		}
	}
	return words
}

// firstTerms gives the first n.
func firstTerms(words []byte, n int) []byte {
	for i, c := range words {
		if c == ' ' {
			if n--; n == 0 {
				return words[:i+1]
			}
		}
	}
	return words
}

// appendTerms appends folded words as terms. The engine's ascii tokenizer parts text
// at every ASCII byte but letters and digits; such a byte inside a word becomes two
// that it takes for a letter, and that no text holds side by side.
func appendTerms(dst, words []byte) []byte {
	for _, c := range words {
		if c != ' ' && c < 0x80 && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			dst = append(dst, 0xff, c|0x80)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// decodePassages reads the blob of passages.
func decodePassages(data []byte) (list []diff.Passage, whole bool, err error) {
	if len(data) == 0 {
		return nil, false, fmt.Errorf("a list of passages is empty: %w", ErrDamaged)
	}
	if data[0] == markWhole && len(data) == 1 {
		return nil, true, nil
	}
	c := cursor{b: data, s: string(data), at: 1}
	for c.at < len(data) && !c.bad {
		var p diff.Passage
		for _, s := range [...]*string{&p.Field, &p.Before, &p.Took, &p.Brought, &p.After} {
			*s = c.text()
		}
		list = append(list, p)
	}
	if c.bad || data[0] != markChange {
		return nil, false, fmt.Errorf("a list of passages can't be read: %w", ErrDamaged)
	}
	return list, false, nil
}

// heldPassages are those that a transaction has not written yet: it writes them in
// the order of seq, in which the full-text table takes them fastest.
type heldPassages struct {
	bySeq map[int64]Passages
	bytes int
	last  int64 // greatest seq that the tables may hold; -1 where that was not asked yet
}

// maxHeldPassages is how many bytes of them are held back.
const maxHeldPassages = 4 << 20

// SetPassages says what the version at a place brought and took, whatever was known
// of it before. It must be said again when another version comes to stand before it.
func (tx *Tx) SetPassages(seq int64, p Passages) error {
	return tx.do("keep the passages of the version at place %d", []any{seq}, func(*conn) error {
		if tx.db.sums != nil {
			tx.db.sums.set(seq, p)
			return nil
		}
		h := &tx.passages
		if h.bySeq == nil {
			h.bySeq = make(map[int64]Passages)
		}
		h.bySeq[seq] = p
		if h.bytes += len(p.terms) + len(p.data) + 100; h.bytes < maxHeldPassages {
			return nil
		}
		return tx.flushPassages()
	})
}

// flushPassages writes those that are held back.
func (tx *Tx) flushPassages() error {
	h := &tx.passages
	if len(h.bySeq) == 0 {
		return nil
	}
	if h.last < 0 {
		last, _, err := tx.c.int("SELECT max(seq) FROM passages")
		if err != nil {
			return err
		}
		h.last = last
	}
	for _, seq := range slices.Sorted(maps.Keys(h.bySeq)) {
		if err := tx.writePassages(seq, h.bySeq[seq]); err != nil {
			return err
		}
	}
	clear(h.bySeq)
	h.bytes = 0
	return nil
}

func (tx *Tx) writePassages(seq int64, p Passages) error {
	if seq <= tx.passages.last {
		err := tx.c.exec("DELETE FROM phrases WHERE rowid = ?", seq)
		if err == nil {
			err = tx.c.exec("DELETE FROM passages WHERE seq = ?", seq)
		}
		if err != nil {
			return err
		}
	}
	if len(p.data) == 0 {
		return nil
	}
	tx.passages.last = max(tx.passages.last, seq)
	if err := tx.c.exec("INSERT INTO passages VALUES (?, ?)", seq, p.data); err != nil {
		return err
	}
	return tx.c.exec("INSERT INTO phrases (rowid, terms) VALUES (?, ?)", seq, p.terms)
}

// cutPassages drops those of the versions after a place.
func (tx *Tx) cutPassages(after int64) error {
	if err := tx.flushPassages(); err != nil {
		return err
	}
	if tx.db.sums != nil {
		tx.db.sums.cut(after)
	}
	tx.passages.last = -1
	return cmp.Or(tx.c.exec("DELETE FROM phrases WHERE rowid > ?", after), tx.c.exec("DELETE FROM passages WHERE seq > ?", after))
}

// emptyPassages drops all.
func (tx *Tx) emptyPassages() error {
	tx.passages = heldPassages{last: -1}
	if tx.db.sums != nil {
		tx.db.sums.cut(-1)
	}
	return cmp.Or(tx.c.exec("DELETE FROM passages"), tx.c.exec("INSERT INTO phrases (phrases) VALUES ('delete-all')"))
}

// match is the full-text query for the versions that may have brought or taken a
// phrase; "" where it has no words.
func match(p diff.Phrase) string {
	words := p.Words()
	var b bytes.Buffer
	for i := 0; i == 0 && len(words) > 0 || i+nearWords+1 <= len(words); i++ {
		if i > 0 {
			b.WriteString(" OR ")
		}
		end := min(i+nearWords+1, len(words))
		b.WriteByte('"')
		b.Write(appendTerms(nil, []byte(strings.Join(words[i:end], " "))))
		b.WriteByte('"')
		if p.Prefix() && end == len(words) {
			b.WriteByte('*')
		}
	}
	return b.String()
}

// Touched is a version that may have brought or taken a phrase.
type Touched struct {
	Seq       int64
	Num       int64 // its article's, as [Reader.ArticleOf] knows it
	Number    int
	Published int64 // Unix seconds; with Number the place in Changes
	Whole     bool  // it is its article's first and brings all it says
	Passages  []diff.Passage
}

const touchedRows = `SELECT p.seq, v.key, v.published, p.data FROM `

// Touched gives the versions that may have brought or taken any of the phrases, of
// one article or, where it is zero, of all, in no order that means anything.
func (r Reader) Touched(article schema.ID, phrases ...diff.Phrase) (list []Touched, err error) {
	err = r.src.view(func(c *conn) error {
		query, args := touchedRows+`phrases f CROSS JOIN log l ON l.seq = f.rowid CROSS JOIN versions v ON v.key = l.key
			CROSS JOIN passages p ON p.seq = f.rowid WHERE phrases MATCH ?`, []driver.Value{nil}
		if !article.IsZero() {
			num, _, err := c.find(article)
			if err != nil || num == 0 {
				return err
			}
			query, args = touchedRows+"versions v CROSS JOIN passages p ON p.seq = v.seq WHERE v.key BETWEEN ? AND ?", span(num)
		} else if args[0] = matchAny(phrases); args[0] == "" {
			return nil
		}
		return c.each(query, args, func(row []driver.Value) error {
			t, err := readTouched(row)
			list = append(list, t)
			return err
		})
	})
	return list, wrap(err, "look for a phrase")
}

// matchAny is the query for any of several phrases.
func matchAny(phrases []diff.Phrase) string {
	var parts []string
	for _, p := range phrases {
		if q := match(p); q != "" {
			parts = append(parts, q)
		}
	}
	return strings.Join(parts, " OR ")
}

// Holders gives the articles of which some version may have brought or taken a
// phrase, by their nums, and the places of those versions in the order of recording.
func (r Reader) Holders(p diff.Phrase) (nums map[int64][]int64, err error) {
	nums = make(map[int64][]int64)
	q := match(p)
	if q == "" {
		return nums, nil
	}
	err = r.src.view(func(c *conn) error {
		return c.holders(q, nums)
	})
	return nums, wrap(err, "look for a phrase")
}

func (c *conn) holders(match string, nums map[int64][]int64) error {
	return c.each("SELECT l.key >> 24, l.seq FROM phrases f CROSS JOIN log l ON l.seq = f.rowid WHERE phrases MATCH ?", []driver.Value{match}, func(row []driver.Value) error {
		nums[number(row[0])] = append(nums[number(row[0])], number(row[1]))
		return nil
	})
}

// TouchedAt gives what the versions at places in the order of recording brought and
// took; those that neither brought nor took a word are left out.
func (r Reader) TouchedAt(seqs []int64) (list []Touched, err error) {
	err = r.src.view(func(c *conn) error {
		for _, seq := range seqs {
			err := c.each(touchedRows+"log l CROSS JOIN versions v ON v.key = l.key CROSS JOIN passages p ON p.seq = l.seq WHERE l.seq = ?", []driver.Value{seq}, func(row []driver.Value) error {
				t, err := readTouched(row)
				list = append(list, t)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, wrap(err, "read the passages of versions")
}

// readTouched reads a row of touchedRows.
func readTouched(row []driver.Value) (Touched, error) {
	key := number(row[1])
	t := Touched{Seq: number(row[0]), Num: numOf(key), Number: numberOf(key), Published: number(row[2])}
	var err error
	t.Passages, t.Whole, err = decodePassages(blob(row[3]))
	return t, err
}

// ArticleOf gives the id of an article by its num.
func (r Reader) ArticleOf(num int64) (id schema.ID, err error) {
	err = r.src.view(func(c *conn) error {
		return c.each("SELECT id FROM articles WHERE num = ?", []driver.Value{num}, func(row []driver.Value) error {
			id = idOf(row[0])
			return nil
		})
	})
	return id, wrap(err, "look up an article")
}

// AtPlace gives the version at a place in the order of recording, and whether there
// is one.
func (r Reader) AtPlace(seq int64) (Row, bool, error) {
	return r.one("read the version at place %d", []any{seq}, `
		SELECT l.key, d.data, a.id FROM log l JOIN data d ON d.seq = l.seq JOIN articles a ON a.num = l.key >> 24 WHERE l.seq = ?`, seq)
}

// Passing gives those of the places whose versions a filter lets through; its Limit
// counts for nothing.
func (r Reader) Passing(f Filter, seqs []int64) (passing map[int64]bool, err error) {
	passing = make(map[int64]bool, len(seqs))
	f.Limit = 0
	err = r.src.view(func(c *conn) error {
		query, args, err := c.logQuery(&f)
		if err != nil || query == "" {
			return err
		}
		where := strings.Index(query, "WHERE")
		order := strings.LastIndex(query, " ORDER BY")
		query = "SELECT v.seq FROM log v " + query[where:order] + " AND v.seq IN (SELECT value FROM json_each(?))"
		args[len(args)-1] = jsonInts(seqs) // in place of the limit
		list, err := c.ints(nil, query, args...)
		for _, seq := range list {
			passing[seq] = true
		}
		return err
	})
	return passing, wrap(err, "filter versions")
}

// maxTerms is of how many words HoldersWith looks for the versions.
const maxTerms = 400

// HoldersWith is Holders for a word in which letters stand, which are folded; few is
// false where there are too many such words to look for.
func (r Reader) HoldersWith(letters string) (nums map[int64][]int64, few bool, err error) {
	nums = make(map[int64][]int64)
	err = r.src.view(func(c *conn) error {
		if err := c.exec(vocabulary); err != nil {
			return err
		}
		terms, err := c.texts(nil, "SELECT term FROM temp.terms WHERE instr(term, ?) > 0 LIMIT ?", letters, int64(maxTerms+1))
		if err != nil || len(terms) > maxTerms {
			return err
		}
		few = true
		if len(terms) == 0 {
			return nil
		}
		return c.holders(`"`+strings.Join(terms, `" OR "`)+`"`, nums)
	})
	return nums, few, wrap(err, "look for words with %q", letters)
}

// vocabulary lists the terms.
const vocabulary = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab (main, phrases, row)"

// Empty reports whether the filter lets every version through, but for its Limit.
func (f *Filter) Empty() bool {
	return f.Before <= 0 && f.Since.IsZero() && f.Until.IsZero() && f.Author == "" && len(f.Kinds) == 0 && f.Category == "" && f.Context == "" && !f.Corrections && !f.QuietEdits
}
