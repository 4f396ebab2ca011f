package index

import (
	"cmp"
	"database/sql/driver"
	"errors"
	"fmt"
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
	published int64 // of the current version
	day       int64 // of the current version
	first     int64 // smallest Seq
	tail      int64 // greatest Seq of the versions whose Origin it is, wherever they are
	redirect  int64
	added     []int64 // contexts without a version

	row      *Row            // the current version, where it was read or written
	contexts []int64         // its contexts
	about    []int64         // the contexts under which it stands in the table about,
	aboutDay int64           // with this day
	leads    map[alias]int64 // addresses written or seen in this transaction, with their day
	states   map[int64][]int // by content8, the numbers of the versions; nil until asked for
	dirty    bool
}

type word struct {
	kind int
	text string
}

// What a transaction remembers is dropped when it outgrows these.
const (
	maxArticles = 1 << 15
	maxWords    = 1 << 17
)

// forget drops everything remembered.
func (tx *Tx) forget() {
	tx.articles, tx.nums = make(map[int64]*article), make(map[string]int64)
	tx.words = make(map[word]int64)
	tx.dirty, tx.nextNum, tx.lastSeq = nil, 0, -1
}

// do runs f unless the transaction has ended or is broken, and marks it broken if
// f fails: what is remembered may then differ from what is written.
func (tx *Tx) do(what string, about []any, f func(c *conn) error) error {
	if tx.c == nil {
		return errEnded
	}
	if tx.broken != nil {
		return fmt.Errorf("the transaction can only be rolled back: %w", tx.broken)
	}
	if len(tx.articles) > maxArticles || len(tx.words) > maxWords {
		if err := tx.flush(); err != nil {
			return err
		}
		tx.forget()
	}
	err := wrap(f(tx.c), what, about...)
	tx.broken = err
	return err
}

// article gives what is known of an article, which is made where it is new.
func (tx *Tx) article(id schema.ID) (*article, error) {
	if id.IsZero() {
		return nil, fmt.Errorf("the article has no id")
	}
	key := id.String()
	if num, ok := tx.nums[key]; ok {
		return tx.articles[num], nil
	}
	a := &article{id: id, leads: make(map[alias]int64)}
	err := tx.c.each("SELECT num, count, high, current, published, day, first, tail, redirect, added FROM articles WHERE id = ?",
		[]driver.Value{key}, func(row []driver.Value) error {
			a.num, a.count, a.high, a.current = number(row[0]), int(number(row[1])), int(number(row[2])), int(number(row[3]))
			a.published, a.day, a.first, a.tail, a.redirect = number(row[4]), number(row[5]), number(row[6]), number(row[7]), number(row[8])
			var bad bool
			if a.added, bad = intsOf(blob(row[9])); bad {
				return ErrDamaged
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	if a.num == 0 {
		if tx.nextNum == 0 {
			last, _, err := tx.c.int("SELECT max(num) FROM articles")
			if err != nil {
				return nil, err
			}
			tx.nextNum = last + 1
		}
		a.num = tx.nextNum
		tx.nextNum++
		tx.touch(a)
	} else if a.count > 0 {
		if err := tx.loadCurrent(a); err != nil {
			return nil, err
		}
	}
	tx.articles[a.num], tx.nums[key] = a, a.num
	return a, nil
}

// loadCurrent reads a's current version.
func (tx *Tx) loadCurrent(a *article) error {
	v, ok, err := tx.record(a, a.current)
	if err == nil && !ok {
		err = fmt.Errorf("version %d of %s is not there: %w", a.current, a.id, ErrDamaged)
	}
	a.row, a.contexts = &v.Row, v.contexts
	a.about, a.aboutDay = union(a.contexts, a.added), a.day
	return err
}

// flush writes what is held back: the rows of articles, and their contexts.
func (tx *Tx) flush() error {
	if tx.broken != nil {
		return fmt.Errorf("the transaction can only be rolled back: %w", tx.broken)
	}
	// In the order of their rows, which is quicker, and gives the same file for the
	// same history.
	slices.SortFunc(tx.dirty, func(a, b *article) int { return cmp.Compare(a.num, b.num) })
	for _, a := range tx.dirty {
		if err := tx.write(a); err != nil {
			tx.broken = wrap(err, "write article %s", a.id)
			return tx.broken
		}
		a.dirty = false
	}
	tx.dirty = tx.dirty[:0]
	return nil
}

// touch notes that a's row, or its contexts, want writing.
func (tx *Tx) touch(a *article) {
	if !a.dirty {
		a.dirty = true
		tx.dirty = append(tx.dirty, a)
	}
}

func (tx *Tx) write(a *article) error {
	var added driver.Value
	if len(a.added) > 0 {
		added = appendInts(nil, a.added)
	}
	err := tx.c.exec(`INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (num) DO UPDATE SET count = excluded.count, high = excluded.high, current = excluded.current,
		published = excluded.published, day = excluded.day, first = excluded.first, tail = excluded.tail, redirect = excluded.redirect, added = excluded.added`,
		a.num, a.id.String(), int64(a.count), int64(a.high), int64(a.current), a.published, a.day, a.first, a.tail, a.redirect, added)
	if err != nil {
		return err
	}
	var want []int64
	if a.count > 0 {
		want = union(a.contexts, a.added)
	}
	for _, w := range a.about {
		if a.aboutDay == a.day && slices.Contains(want, w) {
			continue
		}
		if err := tx.c.exec("DELETE FROM about WHERE context = ? AND day = ? AND article = ?", w, a.aboutDay, a.num); err != nil {
			return err
		}
	}
	for _, w := range want {
		if a.aboutDay == a.day && slices.Contains(a.about, w) {
			continue
		}
		if err := tx.c.exec("INSERT INTO about VALUES (?, ?, ?)", w, a.day, a.num); err != nil {
			return err
		}
	}
	a.about, a.aboutDay = want, a.day
	return nil
}

// word gives the integer of a word, which is made where it is new; 0 for "".
func (tx *Tx) word(kind int, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	w := word{kind, text}
	if id, ok := tx.words[w]; ok {
		return id, nil
	}
	id, ok, err := tx.c.word(kind, text)
	if err == nil && !ok {
		id, _, err = tx.c.int("INSERT INTO words (kind, text) VALUES (?, ?) RETURNING id", int64(kind), text)
	}
	if err != nil {
		return 0, err
	}
	tx.words[w] = id
	return id, nil
}

// wordList gives the words of the texts, sorted, each once.
func (tx *Tx) wordList(kind int, texts []string) ([]int64, error) {
	var list []int64
	for _, t := range texts {
		id, err := tx.word(kind, t)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			list = append(list, id)
		}
	}
	return union(list, nil), nil
}

// lead notes that an address leads to a.
func (tx *Tx) lead(a *article, to alias, day int64) error {
	if had, ok := a.leads[to]; ok && had == day {
		return nil
	}
	a.leads[to] = day
	tail, folder, err := tx.split(to)
	if err != nil {
		return err
	}
	return tx.c.exec("INSERT INTO leads VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET day = excluded.day",
		tail, folder, int64(to.kind), a.num, day)
}

// split gives an address as it stands in leads.
func (tx *Tx) split(a alias) (tail string, folder int64, err error) {
	if a.kind != AliasPath {
		return a.key, 0, nil
	}
	head, tail := splitPath(a.key)
	folder, err = tx.word(wordFolder, head)
	return tail, folder, err
}

// AddVersion adds a version. Its Number must be free in its article, and its Seq
// in the store; from 1 to 16,777,215. Every address in aliases leads to the
// article from now on (their Article and Date are not looked at: the row's
// count). contexts are all contexts that the article has while this version is
// current, beside those of [Tx.AddContexts].
func (tx *Tx) AddVersion(r Row, aliases []Alias, contexts []string) error {
	return tx.do("add version %d of %s", []any{r.Number, r.Article}, func(c *conn) error {
		if r.Number < 1 || r.Number >= 1<<numberBits {
			return fmt.Errorf("%d is no version number", r.Number)
		}
		if r.Seq < 1 {
			return fmt.Errorf("%d is no place in the order of recording", r.Seq)
		}
		if r.Origin.IsZero() {
			r.Origin = r.Article
		}
		// To the second and in UTC, as they are read back.
		r.Published.T, r.Recorded = unixTime(r.Published.T.Unix()), unixTime(r.Recorded.Unix())
		a, err := tx.article(r.Article)
		if err != nil {
			return err
		}
		origin, err := tx.article(r.Origin)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(aliases, func(a Alias) bool { return a.Kind < 0 || a.Kind >= 1<<kindBits }); i >= 0 {
			return fmt.Errorf("address %q is of unknown kind %d", aliases[i].Key, aliases[i].Kind)
		}
		v := record{Row: r}
		if v.contexts, err = tx.wordList(wordContext, contexts); err != nil {
			return err
		}
		v.aliases = aliasList(aliases)
		if err := tx.insert(a.num, &v); err != nil {
			return err
		}
		if r.Seq > origin.tail {
			origin.tail = r.Seq
			tx.touch(origin)
		}
		if r.Number <= a.high {
			return tx.recompute(a, nil)
		}
		a.add(&v)
		tx.touch(a)
		for _, k := range v.aliases {
			if err := tx.lead(a, k, dayOf(r.Date)); err != nil {
				return err
			}
		}
		return nil
	})
}

// aliasList sorts addresses and leaves out what is empty or doubled.
func aliasList(aliases []Alias) []alias {
	list := make([]alias, 0, len(aliases))
	for _, a := range aliases {
		if a.Key != "" {
			list = append(list, alias{a.Kind, a.Key})
		}
	}
	slices.SortFunc(list, alias.compare)
	return slices.Compact(list)
}

func (a alias) compare(b alias) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
}

// add takes a version into account whose number is the greatest yet.
func (a *article) add(v *record) {
	published := v.Published.T.Unix()
	if a.count == 0 || v.Seq < a.first {
		a.first = v.Seq
	}
	if a.count == 0 || published >= a.published {
		row := v.Row
		a.current, a.published, a.day, a.row, a.contexts = v.Number, published, dayOf(v.Date), &row, v.contexts
	}
	if a.states != nil {
		n := eight(v.Content[:])
		a.states[n] = append(a.states[n], v.Number)
	}
	a.count++
	a.high = max(a.high, v.Number)
}

// claim sees that a place in the order of recording is free. An index that made
// sure of it would hold seq alone, beside the covering one.
func (tx *Tx) claim(seq int64) error {
	if tx.lastSeq < 0 {
		last, _, err := tx.c.int("SELECT max(seq) FROM versions")
		if err != nil {
			return err
		}
		tx.lastSeq = last
	}
	if seq > tx.lastSeq {
		tx.lastSeq = seq
		return nil
	}
	_, taken, err := tx.c.int("SELECT seq FROM versions WHERE seq = ?", seq)
	if err == nil && taken {
		err = fmt.Errorf("place %d in the order of recording is taken", seq)
	}
	return err
}

// insert writes a version's row.
func (tx *Tx) insert(num int64, v *record) error {
	if err := tx.claim(v.Seq); err != nil {
		return err
	}
	author, err := tx.word(wordAuthor, v.Author.Name+"\x00"+v.Author.Email)
	if err != nil {
		return err
	}
	category, err := tx.word(wordCategory, v.Category)
	if err != nil {
		return err
	}
	kinds, err := tx.word(wordKinds, v.Kinds)
	if err != nil {
		return err
	}
	flags := int64(0)
	if v.Note != "" {
		flags |= flagNote
	}
	corrected, err := tx.corrected(&v.Row)
	if err != nil {
		return err
	}
	if corrected {
		flags |= flagCorrected
	}
	err = tx.c.exec("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		keyOf(num, v.Number), v.Seq, v.Published.T.Unix(), v.Recorded.Unix(), dayOf(v.Date), author, category, kinds, flags,
		eight(v.Seal[:]), eight(v.Commit[:]), eight(v.Content[:]), v.append(make([]byte, 0, 512)))
	if isTaken(err) {
		return errors.New("the number is taken")
	}
	return err
}

// corrected reports whether a notice leads to the version.
func (tx *Tx) corrected(v *Row) (bool, error) {
	if v.CorrectionType != "" {
		return true, nil
	}
	if tx.notices == nil {
		_, some, err := tx.c.int("SELECT 1 FROM corrections")
		if err != nil {
			return false, err
		}
		tx.notices = &some
	}
	found := false
	if !*tx.notices {
		return false, nil
	}
	err := tx.c.each("SELECT data FROM corrections WHERE to8 = ?", []driver.Value{eight(v.Seal[:])}, func(row []driver.Value) error {
		x, err := decodeCorrection(v.Article, blob(row[0]))
		found = found || x.ToSeal == v.Seal
		return err
	})
	return found, err
}

// AddContexts adds contexts that an article is known to have although no version
// says so.
func (tx *Tx) AddContexts(id schema.ID, contexts []string) error {
	return tx.do("add contexts to %s", []any{id}, func(*conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		words, err := tx.wordList(wordContext, contexts)
		if err != nil {
			return err
		}
		if all := union(a.added, words); len(all) > len(a.added) {
			a.added = all
			tx.touch(a)
		}
		return nil
	})
}

// SetKinds says anew how a version differs from the one published before it, as
// it must be when a version is inserted between the two.
func (tx *Tx) SetKinds(id schema.ID, number int, kinds string, restores int) error {
	return tx.do("set the kinds of change of version %d of %s", []any{number, id}, func(c *conn) error {
		a, err := tx.article(id)
		if err != nil {
			return err
		}
		v, ok, err := tx.record(a, number)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("there is no such version")
		}
		v.Kinds, v.Restores = kinds, restores
		if a.row != nil && number == a.current {
			a.row.Kinds, a.row.Restores = kinds, restores
		}
		w, err := tx.word(wordKinds, kinds)
		if err != nil {
			return err
		}
		return c.exec("UPDATE versions SET kinds = ?, data = ? WHERE key = ?", w, v.append(nil), keyOf(a.num, number))
	})
}

// record reads one version.
func (tx *Tx) record(a *article, number int) (v record, ok bool, err error) {
	err = tx.c.each("SELECT data FROM versions WHERE key = ?", []driver.Value{keyOf(a.num, number)}, func(row []driver.Value) error {
		ok = true
		v, err = decodeAll(a.id, number, blob(row[0]))
		return err
	})
	return v, ok, err
}
