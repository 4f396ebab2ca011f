package repo

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// The index finds a page by its address, and lists articles by day; it has no list of
// all addresses in order, which would cost every import and which few ask for. Whoever
// asks for a part of it lets one be made in memory. It is brought up to date by what was
// touched, so that a later part costs what it holds, whatever was recorded meanwhile.

// pathList is where every article stands now, by path.
type pathList struct {
	mu    sync.Mutex
	stand Stand
	known bool
	list  []pathEntry
}

type pathEntry struct {
	path    string
	seq     int64 // of the article's current version
	article schema.ID
}

func (a pathEntry) compare(b pathEntry) int {
	return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.seq, b.seq))
}

// pathsMost is how many articles' paths are kept, about 120 bytes each. In a larger store
// each part of the list costs a look at all articles.
const pathsMost = 500_000

// byPath gives a part of the list that a filter by path alone asks for.
func (s *Store) byPath(ctx context.Context, f *ListFilter) (rows []index.Row, err error) {
	p := &s.paths
	p.mu.Lock()
	defer p.mu.Unlock()
	err = s.idx.View(func(idx index.Reader) error {
		if err := s.refreshPaths(idx); err != nil {
			return err
		}
		from := pathEntry{path: max(f.From.Path, f.Prefix), seq: 0}
		if f.From.Path == from.path {
			from.seq = f.From.Sequence
		}
		at, _ := slices.BinarySearchFunc(p.list, from, pathEntry.compare)
		for _, e := range p.list[at:] {
			if !strings.HasPrefix(e.path, f.Prefix) || f.Limit > 0 && len(rows) == f.Limit {
				break
			}
			row, ok, err := idx.Current(e.article)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, row)
			}
		}
		if len(p.list) > pathsMost {
			p.list, p.known = nil, false
		}
		return nil
	})
	return rows, err
}

// refreshPaths brings the list up to what the index holds. The caller holds the lock.
func (s *Store) refreshPaths(idx index.Reader) error {
	p := &s.paths
	now, err := standOf(idx)
	if err != nil || p.known && now == p.stand {
		return err
	}
	touched := Touched{All: true}
	if p.known {
		if touched, err = s.touched(idx, p.stand, now); err != nil {
			return err
		}
	}
	p.known = false // until it is whole
	if touched.All {
		rows, err := idx.List(index.ListFilter{})
		if err != nil {
			return err
		}
		p.list = make([]pathEntry, len(rows))
		for i := range rows {
			p.list[i] = entryOf(&rows[i])
		}
		slices.SortFunc(p.list, pathEntry.compare)
	} else {
		p.list = slices.DeleteFunc(p.list, func(e pathEntry) bool { return slices.Contains(touched.Articles, e.article) })
		for _, id := range touched.Articles {
			row, ok, err := idx.Current(id)
			if err != nil {
				return err
			}
			if ok {
				e := entryOf(&row)
				at, _ := slices.BinarySearchFunc(p.list, e, pathEntry.compare)
				p.list = slices.Insert(p.list, at, e)
			}
		}
	}
	p.stand, p.known = now, true
	return nil
}

func entryOf(r *index.Row) pathEntry { return pathEntry{strings.Clone(r.Path), r.Seq, r.Article} }
