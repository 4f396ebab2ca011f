package repo

import (
	"context"
	"iter"
	"path/filepath"
	"sync"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// LogFilter selects versions of the whole store; zero fields select all.
type LogFilter struct {
	Since, Until time.Time   // recorded in [Since, Until)
	Author       string      // part of name or address, case folded
	Kinds        []diff.Kind // any of these
	Category     string
	Context      string
	Corrections  bool // only versions with a correction
	QuietEdits   bool // only changes of published text without note or correction: see quiet.go
	// Before lets only what was recorded before this place through ([Version.Sequence]),
	// so that a long log can be read in parts; 0 for all.
	Before int64
	Limit  int // 0 for all
}

// ListFilter selects articles; zero fields select all.
type ListFilter struct {
	Date     schema.Date
	Context  string
	Category string
	Status   schema.Status
	Moment   Moment

	Prefix string    // of the address of its page
	ByPath bool      // ordered by the address of the page alone
	From   ListPlace // the first that is listed; zero for the very first
	Limit  int       // 0 for all
}

// Related is an article that shares contexts with another.
type Related struct {
	Version  Version  // its current version
	Contexts []string // the shared ones, sorted
}

// Log lists versions over the whole store, the one recorded last first.
func (s *Store) Log(ctx context.Context, f LogFilter) iter.Seq2[Version, error] {
	return func(yield func(Version, error) bool) {
		if err := s.view(ctx); err != nil {
			yield(Version{}, err)
			return
		}
		filter := index.Filter{Since: f.Since, Until: f.Until, Author: f.Author, Category: f.Category,
			Context: f.Context, Corrections: f.Corrections, QuietEdits: f.QuietEdits, Before: f.Before, Limit: f.Limit}
		for _, k := range f.Kinds {
			filter.Kinds = append(filter.Kinds, string(k))
		}
		quiet, left := s.quiet(), f.Limit
		if f.QuietEdits {
			filter.Limit = 0 // what only looks like one doesn't count
		}
		stopped := false
		err := s.idx.View(func(idx index.Reader) error {
			place := s.placer(idx)
			for r, err := range idx.Log(filter) {
				if err == nil {
					err = ctx.Err()
				}
				if err == nil && f.QuietEdits {
					var listed bool
					if listed, err = quiet(&r); err == nil && !listed {
						continue
					}
				}
				if err != nil {
					return err
				}
				v, err := place(&r)
				if err != nil {
					return err
				}
				if left--; !yield(v, nil) || left == 0 {
					stopped = true
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(Version{}, err)
		}
	}
}

// maxPlaced bounds the articles whose lists a placer keeps.
const maxPlaced = 1 << 12

// placer is placed for many rows: of an article that comes up again its list is
// read once, so that a long history costs its length and not the square of it.
func (s *Store) placer(idx index.Reader) func(*index.Row) (Version, error) {
	lists := map[schema.ID]map[int]Version{} // nil: seen once
	noticed := sync.OnceValues(idx.Noticed)
	return func(r *index.Row) (Version, error) {
		list, again := lists[r.Article]
		if again && list == nil {
			rows, err := idx.Versions(r.Article)
			if err != nil {
				return Version{}, err
			}
			all, err := versionsOf(idx, r.Article, rows)
			if err != nil {
				return Version{}, err
			}
			list = make(map[int]Version, len(all))
			for _, v := range all {
				list[v.Number] = v
			}
		}
		if len(lists) >= maxPlaced {
			clear(lists)
		}
		lists[r.Article] = list
		if v, ok := list[r.Number]; ok && v.Seal == Seal(r.Seal) {
			return v, nil
		}
		v, err := toVersion(idx, r) // the first of its article, or moved since
		if err != nil {
			return v, err
		}
		if some, err := noticed(); err != nil || !some {
			return v, err
		}
		return withNotices(idx, v)
	}
}

// placed makes a version of a row, with its place and its correction.
func (s *Store) placed(idx index.Reader, r *index.Row) (Version, error) {
	v, err := toVersion(idx, r)
	if err != nil {
		return v, err
	}
	return withNotices(idx, v)
}

// withNotices is the version as Changes has it, where corrections were bound to its
// article.
func withNotices(idx index.Reader, v Version) (Version, error) {
	corrections, err := idx.Corrections(v.Article)
	if err != nil || len(corrections) == 0 {
		return v, err
	}
	rows, err := idx.Versions(v.Article)
	if err != nil {
		return v, err
	}
	all, err := versionsOf(idx, v.Article, rows)
	for _, found := range all {
		if found.Number == v.Number {
			v = found
		}
	}
	return v, err
}

// List lists articles by their current version, or the one that was current at
// f.Moment, ordered by date, then headline.
func (s *Store) List(ctx context.Context, f ListFilter) ([]Version, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	if only := (ListFilter{ByPath: true, Prefix: f.Prefix, From: f.From, Limit: f.Limit}); f == only && f.Limit > 0 {
		rows, err := s.byPath(ctx, &f)
		if err != nil {
			return nil, err
		}
		return s.placedAll(rows, true)
	}
	ask := index.ListFilter{Date: f.Date, Context: f.Context, Category: f.Category, Status: f.Status,
		At: f.Moment.At, ByRecorded: f.Moment.Clock == ByRecorded}
	if !f.ByPath && f.Prefix == "" {
		ask.From, ask.Enough = f.From.Date, f.Limit
	}
	rows, err := s.idx.List(ask)
	if err != nil {
		return nil, err
	}
	return s.placedAll(f.part(rows), f.Moment.At.IsZero())
}

// placedAll is placed for the rows of a list; current says that each is the current
// one of its article, of which then nothing needs to be asked.
func (s *Store) placedAll(rows []index.Row, current bool) (out []Version, err error) {
	out = make([]Version, 0, len(rows))
	err = s.idx.View(func(idx index.Reader) error {
		some, err := idx.Noticed()
		if err != nil {
			return err
		}
		for i := range rows {
			var v Version
			if own := rows[i].CorrectionType != "" && rows[i].Number > 1; current && !own {
				v = fromRow(&rows[i])
				v.Place = Current
			} else if v, err = toVersion(idx, &rows[i]); err != nil {
				return err
			}
			if some {
				if v, err = withNotices(idx, v); err != nil {
					return err
				}
			}
			out = append(out, v)
		}
		return nil
	})
	return out, err
}

// AsOf gives the version that was current at a time: by the first clock the one
// published last until then, by the other the one that this store, as it stood
// then, would have called current. ok is false where there was none yet.
func (s *Store) AsOf(ctx context.Context, id schema.ID, m Moment) (v Version, ok bool, err error) {
	if err := s.view(ctx); err != nil {
		return Version{}, false, err
	}
	at := m.At
	if at.IsZero() {
		at = time.Unix(1<<40, 0)
	}
	row, ok, err := s.idx.AsOf(id, at, m.Clock == ByRecorded)
	if err != nil || !ok {
		return Version{}, false, err
	}
	v, err = s.placed(s.idx.Reader, &row)
	return v, err == nil, err
}

// Related lists the articles that share contexts with an article: more shared
// contexts first, then the newer date. A limit of 0 gives all.
func (s *Store) Related(ctx context.Context, id schema.ID, limit int) ([]Related, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	rows, err := s.idx.Related(id, limit)
	if err != nil {
		return nil, err
	}
	plain := make([]index.Row, len(rows))
	for i := range rows {
		plain[i] = rows[i].Row
	}
	versions, err := s.placedAll(plain, true)
	if err != nil {
		return nil, err
	}
	out := make([]Related, len(rows))
	for i := range rows {
		out[i] = Related{Version: versions[i], Contexts: rows[i].Shared}
	}
	return out, nil
}

// Reindex throws the derived index away and builds it from git.
func (s *Store) Reindex(ctx context.Context, progress func(done, total int)) error {
	if err := index.Empty(filepath.Join(s.Dir(), indexFile)); err != nil {
		return err
	}
	return s.catchUp(ctx, progress)
}

// Problems lists the broken files that were met in git, and what of history was
// rewritten.
func (s *Store) Problems(ctx context.Context) ([]Finding, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	return s.problems()
}
