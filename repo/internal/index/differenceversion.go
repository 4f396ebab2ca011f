package index

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// versionRow is a version as it stands in its table.
type versionRow struct {
	number  int
	columns [len(columnNames)]int64
	data    []byte
}

// columnNames names what stands beside a version's blob, in the order of the query of
// versionRows. Those from columnWords on are words.
var columnNames = [...]string{
	"place", "time of publication", "time of recording", "content",
	"number in the log", "time of recording in the log", "marks of notes and corrections", "commit", "author", "category", "kinds of change",
}

// columnWords is where the words begin.
const columnWords = 8

// versionRows gives the versions of an article by number.
func (s *side) versionRows(num int64) iter.Seq2[versionRow, error] {
	return func(yield func(versionRow, error) bool) {
		const query = `SELECT v.key, d.data, v.seq, v.published, v.recorded, v.content8, l.key & 16777215 | (l.key >> 24 != v.key >> 24) << 24,
			l.recorded, l.flags, l.commit8, l.author, l.category, l.kinds FROM versions v LEFT JOIN log l ON l.seq = v.seq LEFT JOIN data d ON d.seq = v.seq WHERE v.key BETWEEN ? AND ? ORDER BY v.key`
		for row, err := range s.rowsOf(query, span(num)...) {
			if err != nil {
				yield(versionRow{}, err)
				return
			}
			v := versionRow{number: numberOf(number(row[0])), data: blob(row[1])}
			for i := range v.columns {
				v.columns[i] = number(row[2+i])
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// versionsOf compares the versions of an article that both have.
func (d *comparison) versionsOf(have, want *articleRow) error {
	order := func(a, b *versionRow) int { return a.number - b.number }
	return merge(d.have.versionRows(have.num), d.want.versionRows(want.num), order, func(h, w *versionRow) error {
		if d.versions++; d.progress != nil {
			d.progress(d.versions)
		}
		switch {
		case w == nil:
			x := Difference{Part: PartVersion, Article: have.id, Number: h.number}
			if v, err := decode(have.id, h.number, h.data); err == nil {
				x.Commit = v.Commit
			}
			return d.found(x)
		case h == nil:
			v, err := decode(want.id, w.number, w.data)
			if err != nil {
				return err
			}
			return d.found(Difference{Part: PartVersion, Article: want.id, Number: w.number, Commit: v.Commit, Missing: true})
		}
		return d.version(have.id, h, w)
	})
}

// version compares one version: what its blob says, that the columns say the same,
// and the words, which each index numbers for itself.
func (d *comparison) version(id schema.ID, h, w *versionRow) error {
	want, err := decodeAll(id, w.number, w.data)
	if err != nil {
		return fmt.Errorf("the index that is right can't be read: %w", err)
	}
	about := Difference{Part: PartVersion, Article: id, Number: h.number, Commit: want.Commit}
	have := want
	if !bytes.Equal(h.data, w.data) {
		if have, err = decodeAll(id, h.number, h.data); err != nil {
			about.Field, about.Have, about.Want = "row", err.Error(), "readable"
			return d.found(about)
		}
	}
	haveContexts, err := d.have.allTexts(have.contexts)
	if err != nil {
		return err
	}
	wantContexts, err := d.want.allTexts(want.contexts)
	if err != nil {
		return err
	}
	if have.Row != want.Row || !slices.Equal(haveContexts, wantContexts) || !slices.Equal(have.aliases, want.aliases) {
		if err := d.values(about, have.values(haveContexts), want.values(wantContexts)); err != nil {
			return err
		}
	}
	return d.columns(about, h, w)
}

// columns compares what stands beside the blobs.
func (d *comparison) columns(about Difference, h, w *versionRow) error {
	for i, name := range columnNames {
		have, want := strconv.FormatInt(h.columns[i], 10), ""
		var err error
		if i >= columnWords {
			if have, err = d.have.text(h.columns[i]); err != nil {
				return err
			}
			if want, err = d.want.text(w.columns[i]); err != nil {
				return err
			}
		} else if h.columns[i] == w.columns[i] {
			continue
		} else {
			want = strconv.FormatInt(w.columns[i], 10)
		}
		if have == want {
			continue
		}
		about.Field, about.Have, about.Want = name+", by which it is found", have, want
		if err := d.found(about); err != nil {
			return err
		}
	}
	return d.ctx.Err()
}

// values gives a version's parts as text.
func (v *record) values(contexts []string) []value {
	published := fmt.Sprint(v.Published.T.Unix())
	if v.Published.DayOnly {
		published += " (the day)"
	}
	list := []value{
		{"place", fmt.Sprint(v.Seq)}, {"origin", v.Origin.String()}, {"commit", fmt.Sprintf("%x", v.Commit)}, {"file", fmt.Sprintf("%x", v.Blob)},
		{"seal", fmt.Sprintf("%x", v.Seal)}, {"content", fmt.Sprintf("%x", v.Content)}, {"fields known", fmt.Sprint(uint64(v.Known))},
		{"time of publication", published}, {"time of recording", fmt.Sprint(v.Recorded.Unix())}, {"version restored", fmt.Sprint(v.Restores)},
		{"versions followed", fmt.Sprintf("%x", v.After)}, {"open ends", fmt.Sprintf("%x", v.Open)},
		{"contexts", fmt.Sprintf("%q", contexts)},
	}
	names := [...]string{
		"author", "author's address", "kinds of change", "subject", "headline", "date", "category", "status", "path", "language", "note",
		"match", "type of the correction", "text of the correction",
	}
	for i, s := range v.texts() {
		list = append(list, value{names[i], *s})
	}
	var keys []string
	for _, a := range v.aliases {
		keys = append(keys, fmt.Sprint(int(a.kind), " ", a.key))
	}
	return append(list, value{"addresses", strings.Join(keys, "\n")})
}

// readProblem reads a row of problems.
func readProblem(row []driver.Value) Problem {
	p := Problem{Path: text(row[1]), Line: int(number(row[2])), Field: text(row[3]), Reason: text(row[4])}
	copy(p.Commit[:], blob(row[0]))
	return p
}
