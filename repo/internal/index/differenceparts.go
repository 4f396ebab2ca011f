package index

import (
	"database/sql/driver"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

func sortFacts(list []fact) {
	slices.SortFunc(list, func(a, b fact) int { return a.order(&b) })
}

// sortable gives a number as text that sorts as it does.
func sortable(n int64) string { return fmt.Sprintf("%016x", uint64(n)^1<<63) }

// file lets the engine look at every page of have: whether each can be read, and
// whether what it keeps sorted holds what the tables do.
func (d *comparison) file() error {
	// The check believes what the connection remembers of the full-text table; asking
	// that anything first makes it see what other connections wrote.
	if _, _, err := d.have.int("SELECT rowid FROM phrases WHERE phrases MATCH 'a' LIMIT 1"); err != nil {
		return err
	}
	list, err := d.have.texts(nil, "PRAGMA integrity_check(20)")
	if err != nil {
		return err
	}
	for _, s := range list {
		if s == "ok" {
			continue
		}
		if err := d.found(Difference{Part: PartFile, Key: s}); err != nil {
			return err
		}
	}
	for _, table := range []string{"log", "data", "seals"} {
		have, _, err := d.have.int("SELECT count(*) FROM " + table)
		if err != nil {
			return err
		}
		want, _, err := d.have.int("SELECT count(*) FROM versions")
		if err != nil {
			return err
		}
		if have != want {
			err = d.found(Difference{Part: PartFile, Key: fmt.Sprintf("the table %s has %d rows for %d versions", table, have, want)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *comparison) tip() error {
	read := func(s *side) (string, error) {
		tip := ""
		err := s.each("SELECT tip, fixed FROM meta", nil, func(row []driver.Value) error {
			tip = fmt.Sprintf("%x, which can't be undone to place %d", blob(row[0]), number(row[1]))
			return nil
		})
		return tip, err
	}
	have, err := read(d.have)
	if err != nil {
		return err
	}
	want, err := read(d.want)
	if err != nil || have == want {
		return err
	}
	return d.found(Difference{Part: PartTip, Field: "commit", Have: have, Want: want})
}

// addresses compares where addresses lead.
func (d *comparison) addresses() error {
	return d.facts("date", func(s *side) iter.Seq2[fact, error] {
		return s.grouped(`SELECT l.tail, w.text, l.kind, a.id, l.day, l.folder FROM leads l LEFT JOIN articles a ON a.num = l.article
			LEFT JOIN words w ON w.id = l.folder ORDER BY l.tail`, func(row []driver.Value) fact {
			tail, folder, kind, id, day := text(row[0]), text(row[1]), number(row[2]), idOf(row[3]), number(row[4])
			if row[1] == nil && number(row[5]) != 0 {
				folder = "\xff"
			}
			return fact{tail, fmt.Sprintf("%d %s %s", kind, id, folder), string(dateOf(day)),
				Difference{Part: PartAddress, Article: id, Key: folder + tail}}
		})
	})
}

// dates compares which articles have versions of a date.
func (d *comparison) dates() error {
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT d.day, a.id FROM dated d LEFT JOIN articles a ON a.num = d.article ORDER BY d.day", func(row []driver.Value) fact {
			day, id := number(row[0]), idOf(row[1])
			return fact{sortable(day), id.String(), "", Difference{Part: PartDate, Article: id, Key: string(dateOf(day))}}
		})
	})
}

// seals compares by which seals versions are found.
func (d *comparison) seals() error {
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT seal8, seq FROM seals ORDER BY seal8, seq", func(row []driver.Value) fact {
			seal, seq := number(row[0]), number(row[1])
			key := fmt.Sprintf("%016x", uint64(seal)^1<<63)
			return fact{key, sortable(seq), "", Difference{Part: PartSeal, Key: fmt.Sprintf("%s… of place %d", key, seq)}}
		})
	})
}

// moves compares what is known of earlier places of files.
func (d *comparison) moves() error {
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT m.id, m.seq, m.path, a.id FROM moved m LEFT JOIN articles a ON a.num = m.article ORDER BY m.seq", func(row []driver.Value) fact {
			path, id := text(row[2]), idOf(row[3])
			return fact{sortable(number(row[1])), path + "\x00" + id.String(), "", Difference{Part: PartPath, Article: id, Key: path}}
		})
	})
}

// contexts compares which articles have a context now, and under which day.
func (d *comparison) contexts() error {
	lost, _, err := d.have.int("SELECT count(*) FROM about WHERE context NOT IN (SELECT id FROM words WHERE kind = ?)", int64(wordContext))
	if err != nil {
		return err
	}
	if lost > 0 {
		if err := d.found(Difference{Part: PartContext, Key: fmt.Sprintf("%d contexts without a name", lost)}); err != nil {
			return err
		}
	}
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped(fmt.Sprintf(`SELECT w.text, b.day, a.id FROM words w CROSS JOIN about b ON b.context = w.id
			LEFT JOIN articles a ON a.num = b.article WHERE w.kind = %d ORDER BY w.text, b.day`, wordContext), func(row []driver.Value) fact {
			name, day, id := text(row[0]), number(row[1]), idOf(row[2])
			return fact{name + "\x00" + sortable(day), id.String(), "", Difference{Part: PartContext, Article: id, Key: name}}
		})
	})
}

// paths compares which articles stand in files of other names than their own.
func (d *comparison) paths() error {
	return d.facts("article", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT f.path, a.id FROM files f LEFT JOIN articles a ON a.num = f.article ORDER BY f.path", func(row []driver.Value) fact {
			path, id := text(row[0]), idOf(row[1])
			return fact{path, "", id.String(), Difference{Part: PartPath, Article: id, Key: path}}
		})
	})
}

// corrections compares the notices.
func (d *comparison) corrections() error {
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped("SELECT c.seq, a.id, c.to8, c.data FROM corrections c LEFT JOIN articles a ON a.num = c.article ORDER BY c.seq", func(row []driver.Value) fact {
			id := idOf(row[1])
			about := Difference{Part: PartCorrection, Article: id}
			key := fmt.Sprintf("%s %x", id, blob(row[3]))
			if x, err := decodeCorrection(id, blob(row[3])); err != nil || eight(x.ToSeal[:]) != number(row[2]) || x.Seq != number(row[0]) {
				key += " contradicts itself"
			} else {
				about.Commit = x.Commit
			}
			return fact{sortable(number(row[0])), key, "", about}
		})
	})
}

// problems compares what was found broken, without order.
func (d *comparison) problems() error {
	return d.facts("", func(s *side) iter.Seq2[fact, error] {
		return s.grouped(`SELECT "commit", path, line, field, reason, seq FROM problems ORDER BY path`, func(row []driver.Value) fact {
			p := readProblem(row)
			return fact{p.Path, fmt.Sprintf("%x %d %q %d", p.Commit, p.Line, p.Field, number(row[5])), p.Reason,
				Difference{Part: PartProblem, Commit: p.Commit, Key: p.Path, Problem: &p}}
		})
	})
}

// articleRow is what an index says of an article as a whole.
type articleRow struct {
	id     schema.ID
	num    int64
	fields []value
}

// value is a named part of a row, as text.
type value struct{ name, text string }

// articles compares all articles and their versions.
func (d *comparison) articles() error {
	order := func(a, b *articleRow) int { return slices.Compare(a.id[:], b.id[:]) }
	return merge(d.have.articleRows(), d.want.articleRows(), order, func(h, w *articleRow) error {
		switch {
		case w == nil:
			return d.found(Difference{Part: PartArticle, Article: h.id})
		case h == nil:
			return d.found(Difference{Part: PartArticle, Article: w.id, Missing: true})
		}
		if err := d.values(Difference{Part: PartArticle, Article: h.id}, h.fields, w.fields); err != nil {
			return err
		}
		return d.versionsOf(h, w)
	})
}

// values reports the values that differ between two rows of the same make.
func (d *comparison) values(about Difference, have, want []value) error {
	for i, h := range have {
		if h.text == want[i].text {
			continue
		}
		about.Field, about.Have, about.Want = h.name, h.text, want[i].text
		if err := d.found(about); err != nil {
			return err
		}
	}
	return d.ctx.Err()
}

// articleRows gives the articles by id, without those of which nothing is known but
// the id: an article that was asked for leaves such a row.
func (s *side) articleRows() iter.Seq2[articleRow, error] {
	return func(yield func(articleRow, error) bool) {
		const query = `SELECT a.id, a.num, a.count, a.high, a.current, a.published, a.day, a.first, a.tail, a.seq, a.redirect, a.added,
			(SELECT id FROM articles WHERE num = a.redirect) FROM articles a ORDER BY a.id`
		names := [...]string{"number of versions", "highest number", "current version", "time of publication", "date", "first place", "last place of its chain", "current version's place"}
		for row, err := range s.rowsOf(query) {
			if err != nil {
				yield(articleRow{}, err)
				return
			}
			a := articleRow{id: idOf(row[0]), num: number(row[1])}
			some := number(row[10]) != 0 || row[11] != nil
			for i, name := range names {
				some = some || number(row[2+i]) != 0
				a.fields = append(a.fields, value{name, fmt.Sprint(number(row[2+i]))})
			}
			if !some {
				continue
			}
			to := ""
			if number(row[10]) != 0 {
				to = "to " + text(row[12])
			}
			added, err := s.added(blob(row[11]))
			a.fields = append(a.fields, value{"link", to}, value{"contexts without a version", added})
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// added renders the contexts that an article has without a version.
func (s *side) added(b []byte) (string, error) {
	list, err := decodeAdded(schema.ID{}, b)
	if err != nil {
		return "\xff unreadable", nil
	}
	var texts []string
	for _, x := range list {
		t, err := s.text(x.word)
		if err != nil {
			return "", err
		}
		texts = append(texts, fmt.Sprintf("%q after place %d", t, x.seq))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", "), nil
}

// allTexts gives the texts of words, sorted.
func (s *side) allTexts(ids []int64) (list []string, err error) {
	for _, id := range ids {
		t, err := s.text(id)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	slices.Sort(list)
	return list, nil
}
