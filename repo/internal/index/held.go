package index

import (
	"cmp"
	"database/sql/driver"
	"maps"
	"slices"
	"strings"
)

// Rows are written many at a time: the engine takes a statement of sixteen rows in
// less than half the time that it takes sixteen statements in.

// rowsAtOnce is how many rows one statement inserts.
const rowsAtOnce = 16

// insertion is a statement that inserts a row, and one that inserts many.
type insertion struct {
	columns   int
	one, many string
}

// inserting makes an insertion into a table; after stands behind the values.
func inserting(into string, columns int, after string) insertion {
	row := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return insertion{columns, into + " VALUES " + row + after, into + " VALUES " + row + strings.Repeat(", "+row, rowsAtOnce-1) + after}
}

// The insertions of what a transaction holds back.
var (
	intoArticles = inserting("INSERT INTO articles", 12, "")
	intoData     = inserting("INSERT INTO data", 2, "")
	intoLog      = inserting("INSERT INTO log", 8, "")
	intoVersions = inserting("INSERT INTO versions", 5, "")
	intoSeals    = inserting("INSERT INTO seals", 2, "")
	intoDated    = inserting("INSERT OR IGNORE INTO dated", 2, "")
	intoAbout    = inserting("INSERT INTO about", 3, "")
	intoLeads    = inserting("INSERT INTO leads", 5, " ON CONFLICT DO UPDATE SET day = excluded.day")
)

// inserter gathers rows of one table and inserts them.
type inserter struct {
	c    *conn
	into *insertion
	held []driver.Value
}

func (tx *Tx) inserter(into *insertion) *inserter {
	return &inserter{c: tx.c, into: into, held: tx.values[:0]}
}

// add adds the values of a row.
func (i *inserter) add(values ...driver.Value) error {
	i.held = append(i.held, values...)
	if len(i.held) < rowsAtOnce*i.into.columns {
		return nil
	}
	err := i.c.exec(i.into.many, i.held...)
	i.held = i.held[:0]
	return err
}

// end inserts the rest; err is what went wrong before.
func (i *inserter) end(tx *Tx, err error) error {
	for row := range slices.Chunk(i.held, i.into.columns) {
		if err == nil {
			err = i.c.exec(i.into.one, row...)
		}
	}
	tx.values = i.held[:0] // the room for the next
	return err
}

// heldVersion is what a version has in data and log.
type heldVersion struct {
	seq, key, commit8, recorded, author, category, kinds, flags int64
	data                                                        []byte
}

// maxHeld is how many of them a transaction holds back.
const maxHeld = 16 * rowsAtOnce

// hold takes a version's rows to be written.
func (tx *Tx) hold(v heldVersion) error {
	tx.held = append(tx.held, v)
	if len(tx.held) < maxHeld {
		return nil
	}
	return tx.flushHeld()
}

// heldData gives the blob of a version that is held back; nil where none is.
func (tx *Tx) heldData(seq int64) []byte {
	for i := len(tx.held) - 1; i >= 0; i-- { // mostly one of the last is wanted
		if tx.held[i].seq == seq {
			return tx.held[i].data
		}
	}
	return nil
}

// flushHeld writes them, before anything is asked of their tables or changed there.
func (tx *Tx) flushHeld() error {
	if len(tx.held) == 0 {
		return nil
	}
	slices.SortFunc(tx.held, func(a, b heldVersion) int { return cmp.Compare(a.seq, b.seq) })
	rows, err := tx.inserter(&intoLog), error(nil)
	for i := range tx.held {
		v := &tx.held[i]
		if err == nil {
			err = rows.add(v.seq, v.key, v.commit8, v.recorded, v.author, v.category, v.kinds, v.flags)
		}
	}
	err = rows.end(tx, err)
	rows = tx.inserter(&intoData)
	for i := range tx.held {
		if err == nil {
			err = rows.add(tx.held[i].seq, tx.held[i].data)
		}
	}
	err = rows.end(tx, err)
	clear(tx.held) // what it points to may be forgotten
	tx.held = tx.held[:0]
	return err
}

// date notes that a version of a has a date.
func (tx *Tx) date(a *article, day int64) {
	tx.dated[day] = append(tx.dated[day], a)
}

func (tx *Tx) flushDated() error {
	rows, err := tx.inserter(&intoDated), error(nil)
	for _, day := range slices.Sorted(maps.Keys(tx.dated)) {
		same := tx.dated[day]
		slices.SortFunc(same, func(a, b *article) int { return cmp.Compare(a.num, b.num) })
		for _, a := range same {
			if err == nil {
				err = rows.add(day, a.num)
			}
		}
	}
	clear(tx.dated)
	return rows.end(tx, err)
}
