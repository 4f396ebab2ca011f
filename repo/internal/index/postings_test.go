package index

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/diff"
)

// someLongWords makes texts of which some fill pages, with words that all hold.
func someLongWords(r *rand.Rand) string {
	n := 1 + r.IntN(30)
	if r.IntN(40) == 0 {
		n = 4000
	}
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("w", int(r.ExpFloat64()*12))
		if r.IntN(200) == 0 {
			list[i] = strings.Repeat("long", 10+r.IntN(400))
		}
	}
	return strings.Join(list, " ")
}

// TestPostingsEqualVocabulary reads the full-text table's pages, of many segments,
// some of them merged in part, with rows deleted and written anew; and asks the engine
// itself for the same.
func TestPostingsEqualVocabulary(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	db := open(t, filepath.Join(t.TempDir(), "index.sqlite"))
	whole := func(text string) Passages {
		return WholePassages([]diff.ReadableField{{Name: "body", Texts: []string{text}}})
	}
	last, compared := int64(0), 0
	for round := range 60 {
		write(t, db, func(tx *Tx) {
			for range 40 {
				last++
				must(t, tx.SetPassages(last, whole(someLongWords(r))))
			}
			for range r.IntN(12) {
				must(t, tx.SetPassages(1+r.Int64N(last), whole(someLongWords(r))))
				must(t, tx.SetPassages(1+r.Int64N(last), Passages{}))
			}
			if round == 40 {
				must(t, tx.cutPassages(last-100))
				last -= 100
			}
		})
		if round%10 == 9 {
			compared += comparePostings(t, db)
		}
	}
	if compared < 100_000 {
		t.Errorf("only %d places were compared", compared)
	}
}

func comparePostings(t *testing.T, db *DB) int {
	t.Helper()
	var want, have, at []string
	must(t, db.view(func(c *conn) error {
		must(t, c.exec("CREATE VIRTUAL TABLE IF NOT EXISTS temp.places USING fts5vocab (main, phrases, instance)"))
		must(t, c.each("SELECT term, doc, offset FROM temp.places", nil, func(row []driver.Value) error {
			want = append(want, fmt.Sprint(text(row[0]), " ", number(row[1]), " ", number(row[2])))
			return nil
		}))
		term := ""
		return c.readPostings(context.Background(), postings{
			term:  func(b []byte) uint64 { term = string(b); at = at[:0]; return 0 },
			place: func(sum, _, place uint64) uint64 { at = append(at, fmt.Sprint(place)); return sum },
			row: func(row int64, _ uint64, places int) {
				for _, place := range at[len(at)-places:] {
					have = append(have, fmt.Sprint(term, " ", row, " ", place))
				}
				at = at[:0]
			},
		})
	}))
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Fatalf("%d places were read, of %d", len(have), len(want))
	}
	return len(have)
}

// FuzzPostings: whatever stands in the pages, reading them ends, with an error or not.
func FuzzPostings(f *testing.F) {
	db, err := Open(filepath.Join(f.TempDir(), "index.sqlite"))
	must(f, err)
	defer db.Close()
	r := rand.New(rand.NewPCG(1, 1))
	write(f, db, func(tx *Tx) {
		for seq := range int64(200) {
			must(f, tx.SetPassages(seq+1, Passages{someLongWords(r) + " ", []byte{markWhole}}))
		}
	})
	write(f, db, func(tx *Tx) { must(f, tx.SetPassages(7, Passages{})) })
	must(f, db.view(func(c *conn) error {
		return c.each("SELECT block FROM phrases_data", nil, func(row []driver.Value) error {
			f.Add(blob(row[0]), blob(row[0]))
			return nil
		})
	}))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		if list, err := parseStructure(one); err == nil && len(list) > len(one) {
			t.Errorf("%d bytes list %d segments", len(one), len(list))
		}
		dead := map[int64]bool{}
		_ = parseGraves(one, dead)
		read := 0
		p := postings{dead: dead, term: func([]byte) uint64 { return 1 }, place: placeSum, row: func(_ int64, _ uint64, places int) { read += places }}
		if p.page(one) == nil {
			_ = p.page(two)
		}
		if read > len(one)+len(two) {
			t.Errorf("%d bytes gave %d places", len(one)+len(two), read)
		}
	})
}
