package index

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// model answers every question of the index by looking at everything it was told.
// It is meant to be too simple to be wrong.
type model struct {
	tip         [20]byte
	versions    []*modelVersion
	added       map[schema.ID][]string
	high        map[schema.ID]int
	redirects   map[schema.ID]schema.ID
	files       map[string]schema.ID
	corrections []Correction
	problems    []Problem
}

type modelVersion struct {
	Row
	aliases  []Alias
	contexts []string
}

func newModel() *model {
	return &model{added: map[schema.ID][]string{}, high: map[schema.ID]int{}, redirects: map[schema.ID]schema.ID{}, files: map[string]schema.ID{}}
}

// clone lets a transaction be rolled back.
func (m *model) clone() *model {
	c := *m
	c.versions = nil
	for _, v := range m.versions {
		w := *v
		c.versions = append(c.versions, &w)
	}
	c.added, c.high, c.redirects, c.files = map[schema.ID][]string{}, map[schema.ID]int{}, map[schema.ID]schema.ID{}, map[string]schema.ID{}
	for k, v := range m.added {
		c.added[k] = slices.Clone(v)
	}
	for k, v := range m.high {
		c.high[k] = v
	}
	for k, v := range m.redirects {
		c.redirects[k] = v
	}
	for k, v := range m.files {
		c.files[k] = v
	}
	c.corrections, c.problems = slices.Clone(m.corrections), slices.Clone(m.problems)
	return &c
}

// ===== writing =====

func (m *model) add(r Row, aliases []Alias, contexts []string) {
	m.versions = append(m.versions, &modelVersion{r, aliases, contexts})
	m.high[r.Article] = max(m.high[r.Article], r.Number)
}

func (m *model) move(from schema.ID, numbers []int, to schema.ID, first int) {
	for i, n := range numbers {
		v := m.find(from, n)
		v.Article, v.Number = to, first+i
		m.high[to] = max(m.high[to], v.Number)
		for j := range m.corrections {
			if c := &m.corrections[j]; c.ToSeal == v.Seal && c.Article == from {
				c.Article = to
			}
		}
	}
}

// ===== reading =====

func (m *model) find(id schema.ID, number int) *modelVersion {
	for _, v := range m.versions {
		if v.Article == id && v.Number == number {
			return v
		}
	}
	return nil
}

// of gives an article's versions by Number.
func (m *model) of(id schema.ID) (list []*modelVersion) {
	for _, v := range m.versions {
		if v.Article == id {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *modelVersion) int { return a.Number - b.Number })
	return list
}

// articles gives the ids of articles with versions, by smallest Seq.
func (m *model) articles() (ids []schema.ID) {
	bySeq := slices.Clone(m.versions)
	slices.SortFunc(bySeq, func(a, b *modelVersion) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, v := range bySeq {
		if !slices.Contains(ids, v.Article) {
			ids = append(ids, v.Article)
		}
	}
	return ids
}

func (m *model) at(id schema.ID, t time.Time, byRecorded bool) (best *modelVersion) {
	for _, v := range m.of(id) {
		clock := v.Published.T
		if byRecorded {
			clock = v.Recorded
		}
		if !t.IsZero() && clock.After(t) {
			continue
		}
		if best == nil || !v.Published.T.Before(best.Published.T) {
			best = v
		}
	}
	return best
}

// beside gives the version next to a place in the order of publication, with content
// set the next one of that state.
func (m *model) beside(at *Row, down bool, content *[32]byte) (best *modelVersion) {
	before := func(a, b *Row) bool {
		return a.Published.T.Before(b.Published.T) || a.Published.T.Equal(b.Published.T) && a.Number < b.Number
	}
	for _, v := range m.of(at.Article) {
		if content != nil && v.Content != *content {
			continue
		}
		if down && before(&v.Row, at) && (best == nil || before(&best.Row, &v.Row)) ||
			!down && before(at, &v.Row) && (best == nil || before(&v.Row, &best.Row)) {
			best = v
		}
	}
	return best
}

func (m *model) current(id schema.ID) *modelVersion { return m.at(id, time.Time{}, false) }

func (m *model) contexts(id schema.ID) []string {
	v := m.current(id)
	if v == nil {
		return nil
	}
	return sorted(v.contexts, m.added[id])
}

// sorted gives the texts of all lists, sorted, each once.
func sorted(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

func rowsOf(list []*modelVersion) (rows []Row) {
	for _, v := range list {
		rows = append(rows, v.Row)
	}
	return rows
}

func (m *model) days(date schema.Date, t time.Time, byRecorded bool) (rows []Row) {
	for _, id := range m.articles() {
		if v := m.at(id, t, byRecorded); v != nil && v.Date == date {
			rows = append(rows, v.Row)
		}
	}
	return rows
}

func (m *model) onDate(date schema.Date) (rows []Row) {
	for _, id := range m.articles() {
		if slices.ContainsFunc(m.of(id), func(v *modelVersion) bool { return v.Date == date }) {
			rows = append(rows, m.current(id).Row)
		}
	}
	return rows
}

func (m *model) previousDay(date schema.Date) (best schema.Date) {
	for _, id := range m.articles() {
		if d := m.current(id).Date; d < date && d > best {
			best = d
		}
	}
	return best
}

func (m *model) list(f ListFilter) (rows []Row) {
	for _, id := range m.articles() {
		v := m.at(id, f.At, f.ByRecorded)
		if v == nil ||
			f.Date != "" && v.Date != f.Date ||
			f.Context != "" && !slices.Contains(sorted(v.contexts, m.added[id]), f.Context) ||
			f.Category != "" && v.Category != f.Category ||
			f.Status != "" && v.Status != f.Status && (f.Status != schema.Usable || v.Status != "") {
			continue
		}
		rows = append(rows, v.Row)
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Headline, b.Headline), cmp.Compare(a.Seq, b.Seq))
	})
	return rows
}

func (m *model) corrected(v *modelVersion) bool {
	return v.CorrectionType != "" || slices.ContainsFunc(m.corrections, func(c Correction) bool { return c.ToSeal == v.Seal })
}

func (m *model) log(f Filter) (rows []Row) {
	anyOf := func(v *modelVersion, kinds []string) bool {
		return slices.ContainsFunc(strings.Split(v.Kinds, ","), func(k string) bool { return slices.Contains(kinds, k) })
	}
	for _, v := range m.versions {
		author := strings.ToLower(v.Author.Name + " <" + v.Author.Email + ">")
		quiet := v.Note == "" && !m.corrected(v) && anyOf(v, []string{"headline", "summary", "body", "figure", "wording"})
		if !f.Since.IsZero() && v.Recorded.Before(f.Since) || !f.Until.IsZero() && !v.Recorded.Before(f.Until) ||
			!strings.Contains(author, strings.ToLower(f.Author)) ||
			len(f.Kinds) > 0 && !anyOf(v, f.Kinds) ||
			f.Category != "" && v.Category != f.Category ||
			f.Context != "" && !slices.Contains(m.contexts(v.Article), f.Context) ||
			f.Corrections && !m.corrected(v) || f.QuietEdits && !quiet {
			continue
		}
		rows = append(rows, v.Row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(b.Seq, a.Seq) })
	if f.Limit > 0 && len(rows) > f.Limit {
		rows = rows[:f.Limit]
	}
	return rows
}

// aliases gives every address that leads anywhere, by key, kind and article.
func (m *model) aliases(fits func(Alias) bool) (list []Alias) {
	for _, id := range m.articles() {
		for _, v := range m.of(id) { // the newest version's date comes last
			for _, a := range v.aliases {
				a.Article, a.Date = id, v.Date
				if !fits(a) {
					continue
				}
				i := slices.IndexFunc(list, func(b Alias) bool { return b.Key == a.Key && b.Kind == a.Kind && b.Article == id })
				if i < 0 {
					list = append(list, a)
				} else {
					list[i] = a
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b Alias) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Kind, b.Kind), bytes.Compare(a.Article[:], b.Article[:]))
	})
	return list
}

func (m *model) redirect(id schema.ID) (schema.ID, bool) {
	seen := map[schema.ID]bool{}
	to, ok := m.redirects[id]
	for ok {
		if seen[to] {
			return schema.ID{}, false
		}
		seen[to] = true
		next, more := m.redirects[to]
		if !more {
			return to, true
		}
		to = next
	}
	return schema.ID{}, false
}

func (m *model) related(id schema.ID) (list []RelatedRow) {
	own := m.contexts(id)
	for _, other := range m.articles() {
		v := RelatedRow{Row: m.current(other).Row}
		for _, c := range m.contexts(other) {
			if slices.Contains(own, c) {
				v.Shared = append(v.Shared, c)
			}
		}
		if other != id && len(v.Shared) > 0 {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b RelatedRow) int {
		return cmp.Or(len(b.Shared)-len(a.Shared), cmp.Compare(b.Date, a.Date), cmp.Compare(a.Seq, b.Seq))
	})
	return list
}

func (m *model) seq() (n int64) {
	for _, v := range m.versions {
		n = max(n, v.Seq)
	}
	for _, c := range m.corrections {
		n = max(n, c.Seq)
	}
	return n
}

func (m *model) tail(origin schema.ID) (best *modelVersion) {
	for _, v := range m.versions {
		if v.Origin == origin && (best == nil || v.Seq > best.Seq) {
			best = v
		}
	}
	return best
}

func (m *model) bySeal(id schema.ID, prefix string) (rows []Row) {
	for _, v := range m.versions {
		if (id.IsZero() || v.Article == id) && strings.HasPrefix(hex.EncodeToString(v.Seal[:]), prefix) {
			rows = append(rows, v.Row)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Seq, b.Seq) })
	return rows
}

func (m *model) byCommit(commit [20]byte) (rows []Row) {
	for _, v := range m.versions {
		if v.Commit == commit {
			rows = append(rows, v.Row)
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Seq, b.Seq) })
	return rows
}

func (m *model) complete(prefix string) (list []string) {
	for _, a := range m.aliases(func(a Alias) bool { return a.Kind == AliasPath }) {
		list = append(list, a.Key[strings.LastIndexByte(a.Key, '/')+1:])
	}
	for _, id := range m.articles() {
		list = append(list, id.String())
	}
	return sorted(slices.DeleteFunc(list, func(s string) bool { return !strings.HasPrefix(s, prefix) }))
}

func (m *model) String() string {
	return fmt.Sprintf("%d versions of %d articles, %d corrections", len(m.versions), len(m.articles()), len(m.corrections))
}
