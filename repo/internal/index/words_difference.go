package index

import (
	"database/sql/driver"
	"fmt"
	"iter"
	"strings"
)

// passages compares what versions brought and took.
func (d *comparison) passages() error {
	return d.facts("passages", func(s *side) iter.Seq2[fact, error] {
		return s.grouped(`SELECT p.seq, p.data, a.id, l.key FROM passages p LEFT JOIN log l ON l.seq = p.seq
			LEFT JOIN articles a ON a.num = l.key >> 24 ORDER BY p.seq`, func(row []driver.Value) fact {
			about := Difference{Part: PartWords, Article: idOf(row[2]), Number: numberOf(number(row[3]))}
			about.Key = fmt.Sprintf("what version %d of article %s brought and took", about.Number, about.Article)
			return fact{sortable(number(row[0])), "", printPassages(blob(row[1])), about}
		})
	})
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

// phrases compares the full-text tables: of each term in how many versions and how
// often it stands, and of each version how many terms it has. That the table's own
// pages fit together, the engine tells (see file).
func (d *comparison) phrases() error {
	for _, s := range []*side{d.have, d.want} {
		if err := s.exec(vocabulary); err != nil {
			return err
		}
	}
	err := d.facts("how often", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT term, doc, cnt FROM temp.terms ORDER BY term", func(row []driver.Value) fact {
			term := text(row[0])
			return fact{term, "", fmt.Sprintf("%d times in %d versions", number(row[2]), number(row[1])),
				Difference{Part: PartWords, Key: fmt.Sprintf("the word %q", term)}}
		})
	})
	if err != nil {
		return err
	}
	return d.facts("words", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT id, sz FROM phrases_docsize ORDER BY id", func(row []driver.Value) fact {
			seq := number(row[0])
			return fact{sortable(seq), "", fmt.Sprintf("%x", blob(row[1])), Difference{Part: PartWords, Key: fmt.Sprintf("what the version at place %d is found by", seq)}}
		})
	})
}
