package index

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"

	"github.com/stemma-project/stemma/schema"
)

// article is what a transaction knows of an article. Its row and its contexts are
// written late, once for many versions (see flush).
type article struct {
	num       int64
	id        schema.ID
	count     int
	high      int
	current   int
	seq       int64 // of the current version
	published int64 // of the current version
	day       int64 // of the current version
	first     int64 // smallest Seq
	tail      int64 // greatest Seq of the versions whose Origin it is, wherever they are
	redirect  int64
	added     learntList // contexts without a version

	fresh    []freshRow // versions that are not in their table yet; their numbers are the greatest
	blob     []byte     // of the current version
	contexts []int64    // its contexts
	about    []int64    // the contexts under which it stands in the table about,
	aboutDay int64      // with this day
	isNew    bool       // it has no row yet
	said     *digests   // what its versions say; nil where that was not looked up yet
	asked    int        // how often it was wanted
	dirty    bool
}

// learnt is a context that an article has without a version that says so, and the
// greatest Seq when it came.
type learnt struct{ word, seq int64 }

// learntList is sorted by word.
type learntList []learnt

func (l learntList) words() []int64 {
	list := make([]int64, len(l))
	for i, x := range l {
		list[i] = x.word
	}
	return list
}

// with adds the words that it lacks.
func (l learntList) with(words []int64, seq int64) learntList {
	all := slices.Clone(l)
	for _, w := range words {
		i, found := slices.BinarySearchFunc(all, w, func(x learnt, w int64) int { return cmp.Compare(x.word, w) })
		if !found {
			all = slices.Insert(all, i, learnt{w, seq})
		}
	}
	return all
}

// appendAdded appends the count, and the pairs.
func (l learntList) append(b []byte) []byte {
	flat := make([]int64, 0, 2*len(l))
	for _, x := range l {
		flat = append(flat, x.word, x.seq)
	}
	return appendInts(b, flat)
}

func decodeAdded(id schema.ID, b []byte) (learntList, error) {
	if len(b) == 0 {
		return nil, nil
	}
	c := cursor{b: b}
	flat := c.ints()
	if c.bad || len(flat)%2 != 0 {
		return nil, fmt.Errorf("the contexts added to %s: %w", id, ErrDamaged)
	}
	l := make(learntList, 0, len(flat)/2)
	for pair := range slices.Chunk(flat, 2) {
		l = append(l, learnt{pair[0], pair[1]})
	}
	return l, nil
}

type word struct {
	kind int
	text string
}

// How much a transaction remembers. An article's bytes are counted roughly; of the
// articles those asked for last stay, twice as many at most as one of the numbers
// says, since they are kept in two generations.
const (
	maxArticleBytes = 4 << 20
	maxBulkBytes    = 24 << 20
	maxLeads        = 1 << 15 // addresses held back
	maxWords        = 1 << 17
)

// size says roughly what an article takes of memory.
func (a *article) size() int {
	return 450 + len(a.blob) + 40*len(a.fresh) + 8*(len(a.contexts)+len(a.about)+2*len(a.added)) + a.said.size()
}

// memory is what a transaction remembers of articles: those asked for since the
// last turn, and those before.
type memory struct {
	young, old map[schema.ID]*article
	bytes      int // of young
}

func newMemory() memory { return memory{young: make(map[schema.ID]*article)} }

func (m *memory) get(id schema.ID) *article {
	if a := m.young[id]; a != nil {
		return a
	}
	a := m.old[id]
	if a != nil {
		delete(m.old, id)
		m.put(a)
	}
	return a
}

func (m *memory) put(a *article) {
	m.young[a.id] = a
	m.bytes += a.size()
}

// turn drops what was not asked for since the last turn.
func (m *memory) turn() {
	m.old, m.young, m.bytes = m.young, make(map[schema.ID]*article, len(m.young)), 0
}

// forget drops everything remembered.
func (tx *Tx) forget() {
	tx.memory, tx.words = newMemory(), make(map[word]int64)
	tx.held, tx.dated = nil, make(map[int64][]*article)
	tx.dirty, tx.seals, tx.recent, tx.nextNum, tx.lastSeq = nil, nil, nil, 0, -1
	tx.leads = make(map[string][]leadRow)
	tx.meta, tx.strays = nil, nil
	tx.recall()
}

// recall drops the version decoded last.
func (tx *Tx) recall() { tx.hot.article = nil }

// article gives what is known of an article, which is made where it is new.
func (tx *Tx) article(id schema.ID) (*article, error) {
	if id.IsZero() {
		return nil, fmt.Errorf("the article has no id")
	}
	a, err := tx.seek(id)
	if err == nil && a.num == 0 {
		err = tx.found(a)
	}
	return a, err
}

// seek gives what is known of an article. Its num is 0 where it has no row: that is
// remembered too, since of a new article several things are asked.
func (tx *Tx) seek(id schema.ID) (*article, error) {
	if a := tx.memory.get(id); a != nil {
		return a, nil
	}
	a, err := tx.load(id)
	if err == nil {
		tx.memory.put(a)
	}
	return a, err
}

// load reads an article.
func (tx *Tx) load(id schema.ID) (*article, error) {
	a := &article{id: id}
	err := tx.c.each("SELECT num, count, high, current, published, day, first, tail, redirect, seq, added FROM articles WHERE id = ?",
		[]driver.Value{id.String()}, func(row []driver.Value) (err error) {
			a.num, a.count, a.high, a.current = number(row[0]), int(number(row[1])), int(number(row[2])), int(number(row[3]))
			a.published, a.day, a.first, a.tail, a.redirect = number(row[4]), number(row[5]), number(row[6]), number(row[7]), number(row[8])
			a.seq = number(row[9])
			a.added, err = decodeAdded(id, blob(row[10]))
			return err
		})
	if err != nil {
		return nil, err
	}
	if a.count == 0 {
		a.said = &digests{}
		return a, nil
	}
	if a.blob, err = tx.data(a.seq); err != nil {
		return nil, err
	}
	v, err := tx.current(a)
	if err != nil {
		return nil, err
	}
	a.contexts = v.contexts
	a.about, a.aboutDay = union(a.contexts, a.added.words()), a.day
	return a, nil
}

// found begins a new article. Its row is written with the others, and before any that
// names it is asked for.
func (tx *Tx) found(a *article) error {
	if tx.nextNum == 0 {
		last, _, err := tx.c.int("SELECT max(num) FROM articles")
		if err != nil {
			return err
		}
		tx.nextNum = last + 1
	}
	a.num = tx.nextNum
	tx.nextNum++
	a.isNew = true
	tx.touch(a)
	return nil
}

// hot is the version decoded last: an import asks for an article's current version
// several times in a row.
type hot struct {
	article *article
	seq     int64
	record  record
}

// current gives an article's current version, which is the caller's only to read.
func (tx *Tx) current(a *article) (*record, error) {
	if tx.hot.article == a && tx.hot.seq == a.seq {
		return &tx.hot.record, nil
	}
	v, err := decodeAll(a.id, a.current, a.blob)
	if err != nil {
		return nil, err
	}
	tx.hot = hot{a, a.seq, v}
	return &tx.hot.record, nil
}

// sealRow is a row of seals that is still to be written; freshRow is one of versions.
type (
	sealRow  struct{ seal8, seq int64 }
	freshRow struct {
		number                             int
		seq, published, recorded, content8 int64
	}
)

// leadRow is a row of leads that is still to be written, but for its tail.
type leadRow struct {
	folder int64
	kind   AliasKind
	to     *article
	day    int64
}

func (r *leadRow) compare(s *leadRow) int {
	return cmp.Or(cmp.Compare(r.folder, s.folder), cmp.Compare(r.kind, s.kind), cmp.Compare(r.to.num, s.to.num))
}

// metaRow is the row of meta.
type metaRow struct {
	tip   []byte
	fixed int64 // the index can't be cut back to this place or one before it
	dirty bool
}

// flush writes what is held back: the rows of articles, their versions' and their
// contexts', addresses and seals.
// All go in the order in which their tables keep them: that is quicker, and gives
// the same file for the same history.
func (tx *Tx) flush() error {
	if tx.broken != nil {
		return fmt.Errorf("the transaction can only be rolled back: %w", tx.broken)
	}
	var err error
	for _, step := range [...]func() error{tx.flushHeld, tx.flushSeals, tx.flushArticles, tx.flushDated, tx.flushLeads} {
		if err == nil {
			err = step()
		}
	}
	if m := tx.meta; err == nil && m != nil && m.dirty {
		err = tx.c.exec("INSERT OR REPLACE INTO meta VALUES (1, ?, ?)", m.tip, m.fixed)
		m.dirty = false
	}
	tx.broken = err
	return err
}

func (tx *Tx) flushSeals() error {
	slices.SortFunc(tx.seals, func(a, b sealRow) int { return cmp.Or(cmp.Compare(a.seal8, b.seal8), cmp.Compare(a.seq, b.seq)) })
	rows, err := tx.inserter(&intoSeals), error(nil)
	for _, s := range tx.seals {
		if err == nil {
			err = rows.add(s.seal8, s.seq)
		}
	}
	tx.seals = tx.seals[:0]
	return rows.end(tx, err)
}

func (tx *Tx) flushLeads() error {
	rows, err := tx.inserter(&intoLeads), error(nil)
	for _, tail := range slices.Sorted(maps.Keys(tx.leads)) {
		same := tx.leads[tail]
		slices.SortFunc(same, func(a, b leadRow) int { return a.compare(&b) })
		for _, r := range same {
			if err == nil {
				err = rows.add(tail, r.folder, int64(r.kind), r.to.num, r.day)
			}
		}
	}
	clear(tx.leads)
	return rows.end(tx, err)
}

// aboutRow is a row of about.
type aboutRow struct{ context, day, article int64 }

func (r aboutRow) compare(s aboutRow) int {
	return cmp.Or(cmp.Compare(r.context, s.context), cmp.Compare(r.day, s.day), cmp.Compare(r.article, s.article))
}

func (tx *Tx) flushArticles() error {
	slices.SortFunc(tx.dirty, func(a, b *article) int { return cmp.Compare(a.num, b.num) })
	if err := cmp.Or(tx.writeArticles(), tx.writeVersions()); err != nil {
		return err
	}
	var gone, come []aboutRow
	for _, a := range tx.dirty {
		gone, come = a.aboutRows(gone, come)
		a.dirty = false
	}
	clear(tx.dirty)
	tx.dirty = tx.dirty[:0]
	slices.SortFunc(gone, aboutRow.compare)
	slices.SortFunc(come, aboutRow.compare)
	for _, r := range gone {
		if err := tx.c.exec("DELETE FROM about WHERE context = ? AND day = ? AND article = ?", r.context, r.day, r.article); err != nil {
			return err
		}
	}
	rows, err := tx.inserter(&intoAbout), error(nil)
	for _, r := range come {
		if err == nil {
			err = rows.add(r.context, r.day, r.article)
		}
	}
	return rows.end(tx, err)
}

// writeArticles writes the rows of the articles that changed: new ones many at a time.
func (tx *Tx) writeArticles() error {
	rows, err := tx.inserter(&intoArticles), error(nil)
	for _, a := range tx.dirty {
		var added driver.Value
		if len(a.added) > 0 {
			added = a.added.append(nil)
		}
		switch {
		case err != nil:
		case a.isNew:
			err = rows.add(a.num, a.id.String(), int64(a.count), int64(a.high), int64(a.current), a.seq, a.published, a.day, a.first, a.tail, a.redirect, added)
			a.isNew = false
		default:
			err = tx.c.exec(`UPDATE articles SET count = ?, high = ?, current = ?, seq = ?, published = ?, day = ?, first = ?, tail = ?, redirect = ?, added = ?
				WHERE num = ?`, int64(a.count), int64(a.high), int64(a.current), a.seq, a.published, a.day, a.first, a.tail, a.redirect, added, a.num)
		}
	}
	return wrap(rows.end(tx, err), "write articles")
}

// writeVersions writes the rows of their versions that are not in the table yet.
func (tx *Tx) writeVersions() error {
	rows, err := tx.inserter(&intoVersions), error(nil)
	for _, a := range tx.dirty {
		for _, v := range a.fresh {
			if err == nil {
				err = rows.add(keyOf(a.num, v.number), v.seq, v.published, v.recorded, v.content8)
			}
		}
		a.fresh = nil
	}
	return wrap(rows.end(tx, err), "write versions")
}

// aboutRows adds the rows of about that a has no more, and those that it has now.
func (a *article) aboutRows(gone, come []aboutRow) ([]aboutRow, []aboutRow) {
	var want []int64
	if a.count > 0 {
		want = union(a.contexts, a.added.words())
	}
	for _, w := range a.about {
		if a.aboutDay != a.day || !slices.Contains(want, w) {
			gone = append(gone, aboutRow{w, a.aboutDay, a.num})
		}
	}
	for _, w := range want {
		if a.aboutDay != a.day || !slices.Contains(a.about, w) {
			come = append(come, aboutRow{w, a.day, a.num})
		}
	}
	if slices.Equal(want, a.contexts) {
		want = a.contexts // one list is enough
	}
	a.about, a.aboutDay = want, a.day
	return gone, come
}

// loadMeta gives the row of meta, which is written with the rest.
func (tx *Tx) loadMeta() (*metaRow, error) {
	if tx.meta == nil {
		m := &metaRow{tip: []byte{}}
		err := tx.c.each("SELECT tip, fixed FROM meta", nil, func(row []driver.Value) error {
			m.tip, m.fixed = blob(row[0]), number(row[1])
			return nil
		})
		if err != nil {
			return nil, err
		}
		tx.meta = m
	}
	return tx.meta, nil
}

// touch notes that a's row, or its contexts, want writing.
func (tx *Tx) touch(a *article) {
	if !a.dirty {
		a.dirty = true
		tx.dirty = append(tx.dirty, a)
	}
}
