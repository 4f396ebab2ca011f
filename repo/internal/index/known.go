package index

import (
	"cmp"
	"slices"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// The answers here are those of the Reader methods with the same names. A
// transaction that takes a history in asks them at every version, and knows most of
// them: it need not write what it holds back in order to read it again. What it does
// hold back are rows of articles, versions, leads, about, seals and meta; no other
// table lacks anything.

// known gives what is known of an article, nil where there is no such article.
func (tx *Tx) known(id schema.ID) (a *article, err error) {
	if tx.c == nil {
		return nil, errEnded
	}
	if a = tx.memory.get(id); a == nil {
		err = tx.do("read article %s", []any{id}, func(*conn) error {
			a, err = tx.seek(id)
			return err
		})
	}
	if err != nil || a.num == 0 {
		return nil, err
	}
	return a, nil
}

// Tip is [Reader.Tip].
func (tx *Tx) Tip() (tip [20]byte, err error) {
	if tx.c == nil {
		return tip, errEnded
	}
	m, err := tx.loadMeta()
	if err == nil {
		copy(tip[:], m.tip)
	}
	return tip, wrap(err, "read the commit covered")
}

// NextNumber is [Reader.NextNumber].
func (tx *Tx) NextNumber(id schema.ID) (int, error) {
	a, err := tx.known(id)
	if err != nil || a == nil {
		return 1, err
	}
	return a.high + 1, nil
}

// Exists is [Reader.Exists].
func (tx *Tx) Exists(id schema.ID) (bool, error) {
	a, err := tx.known(id)
	return a != nil && a.count > 0, err
}

// Current is [Reader.Current].
func (tx *Tx) Current(id schema.ID) (Row, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return Row{}, false, err
	}
	v, err := tx.current(a)
	if err != nil {
		return Row{}, false, err
	}
	return v.Row, true, nil
}

// AsOf is [Reader.AsOf].
func (tx *Tx) AsOf(id schema.ID, t time.Time, byRecorded bool) (Row, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return Row{}, false, err
	}
	if !byRecorded && a.published <= t.Unix() {
		return tx.Current(id)
	}
	return tx.Reader.AsOf(id, t, byRecorded)
}

// Tail is [Reader.Tail].
func (tx *Tx) Tail(origin schema.ID) (Row, bool, error) {
	a, err := tx.known(origin)
	if err != nil || a == nil || a.tail == 0 {
		return Row{}, false, err
	}
	if a.count > 0 && a.seq == a.tail {
		return tx.Current(origin)
	}
	return tx.Reader.Tail(origin)
}

// Redirect is [Reader.Redirect].
func (tx *Tx) Redirect(id schema.ID) (schema.ID, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.redirect == 0 {
		return schema.ID{}, false, err
	}
	return tx.Reader.Redirect(id)
}

// Versions is [Reader.Versions].
func (tx *Tx) Versions(id schema.ID) ([]Row, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return nil, err
	}
	if a.count == 1 {
		v, err := tx.current(a)
		return []Row{v.Row}, err
	}
	rows := make([]Row, 0, a.count)
	err = tx.blobs(a, func(number int, data []byte) error {
		v, err := decode(id, number, data)
		rows = append(rows, v)
		return err
	})
	return rows, wrap(err, "read the versions of %s", id)
}

// Version is [Reader.Version].
func (tx *Tx) Version(id schema.ID, number int) (Row, bool, error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 || number < 1 || number >= 1<<numberBits {
		return Row{}, false, err
	}
	if number == a.current {
		return tx.Current(id)
	}
	v, ok, err := tx.record(a, number)
	return v.Row, ok, wrap(err, "read version %d of %s", number, id)
}

// Headlines is [Reader.Headlines].
func (tx *Tx) Headlines(id schema.ID) ([]string, error) {
	rows, err := tx.Versions(id)
	return headlines(rows), err
}

// maxRecent is how many versions of one commit are remembered.
const maxRecent = 16

// added remembers a version that came last.
func (tx *Tx) added(r *Row) {
	if len(tx.recent) > 0 && tx.recent[0].Commit != r.Commit {
		tx.recent, tx.recentWhole = tx.recent[:0], true
	}
	if len(tx.recent) == maxRecent {
		tx.recentWhole = false
		return
	}
	tx.recent = append(tx.recent, *r)
}

// ByCommit is [Reader.ByCommit].
func (tx *Tx) ByCommit(commit [20]byte) ([]Row, error) {
	if tx.c != nil && tx.recentWhole && len(tx.recent) > 0 && tx.recent[0].Commit == commit {
		return slices.Clone(tx.recent), nil
	}
	return tx.Reader.ByCommit(commit)
}

// Contexts is [Reader.Contexts].
func (tx *Tx) Contexts(id schema.ID) (list []string, err error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return nil, err
	}
	for _, w := range union(a.contexts, a.added.words()) {
		if list, err = tx.c.texts(list, "SELECT text FROM words WHERE id = ?", w); err != nil {
			return nil, wrap(err, "read the contexts of %s", id)
		}
	}
	slices.Sort(list)
	return list, nil
}

// SourceKeys is [Reader.SourceKeys].
func (tx *Tx) SourceKeys(id schema.ID) (current, all []string, err error) {
	a, err := tx.known(id)
	if err != nil || a == nil || a.count == 0 {
		return nil, nil, err
	}
	k := sourceKeys{now: a.current}
	err = tx.blobs(a, func(number int, data []byte) error {
		v, err := decodeAll(id, number, data)
		k.add(&v)
		return err
	})
	current, all = k.sorted()
	return current, all, wrap(err, "read the sources of %s", id)
}

// Aliases is [Reader.Aliases].
func (tx *Tx) Aliases(key string) (list []Alias, err error) {
	if tx.c == nil {
		return nil, errEnded
	}
	head, tail := splitPath(key)
	folder, err := tx.knownWord(wordFolder, head)
	if err == nil {
		list, err = tx.c.aliasesIn(folder, key)
	}
	if err != nil || len(tx.leads) == 0 {
		return list, wrap(err, "look for the address %q", key)
	}
	held := func(r *leadRow) {
		a := Alias{Key: key, Kind: r.kind, Article: r.to.id, Date: dateOf(r.day)}
		if i := slices.IndexFunc(list, func(b Alias) bool { return b.Kind == a.Kind && b.Article == a.Article }); i >= 0 {
			list[i] = a
		} else {
			list = append(list, a)
		}
	}
	for _, r := range tx.leads[tail] {
		if r.kind == AliasPath && r.folder == folder && (folder != 0 || head == "") {
			held(&r)
		}
	}
	for _, r := range tx.leads[key] {
		if r.kind != AliasPath {
			held(&r)
		}
	}
	slices.SortFunc(list, func(a, b Alias) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), compareIDs(a.Article, b.Article)) })
	return list, nil
}

// OnDate is [Reader.OnDate].
func (tx *Tx) OnDate(date schema.Date) ([]Row, error) {
	if tx.c == nil {
		return nil, errEnded
	}
	ids, err := tx.c.texts(nil, "SELECT a.id FROM dated d CROSS JOIN articles a ON a.num = d.article WHERE d.day = ?", dayOf(date))
	if err != nil {
		return nil, wrap(err, "look for articles of %s", date)
	}
	for _, a := range tx.dated[dayOf(date)] {
		ids = append(ids, a.id.String())
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	type found struct {
		row   Row
		first int64
	}
	var list []found
	for _, s := range ids {
		a, err := tx.known(idOf(s))
		if err != nil || a == nil || a.count == 0 {
			return nil, wrap(cmp.Or(err, ErrDamaged), "look for articles of %s", date)
		}
		v, err := tx.current(a)
		if err != nil {
			return nil, err
		}
		list = append(list, found{v.Row, a.first})
	}
	slices.SortFunc(list, func(a, b found) int { return cmp.Compare(a.first, b.first) })
	rows := make([]Row, len(list))
	for i, f := range list {
		rows[i] = f.row
	}
	return rows, nil
}

// noStrays reports whether no file stands elsewhere than at its article's own path.
func (tx *Tx) noStrays() (bool, error) {
	if tx.c == nil {
		return false, errEnded
	}
	if tx.strays == nil {
		_, some, err := tx.c.int("SELECT 1 FROM files LIMIT 1")
		if err != nil {
			return false, wrap(err, "look for files")
		}
		tx.strays = &some
	}
	return !*tx.strays, nil
}

// FilesOf is [Reader.FilesOf].
func (tx *Tx) FilesOf(id schema.ID) ([]string, error) {
	if none, err := tx.noStrays(); err != nil || none {
		return nil, err
	}
	paths, err := tx.c.filesOf(id)
	return paths, wrap(err, "look for the files of %s", id)
}

// FileArticle is [Reader.FileArticle].
func (tx *Tx) FileArticle(path string) (schema.ID, bool, error) {
	if none, err := tx.noStrays(); err != nil || none {
		return schema.ID{}, false, err
	}
	id, ok, err := tx.c.fileArticle(path)
	return id, ok, wrap(err, "see which article stands in %s", path)
}
