package repo

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// AtSequence finds the version at a place in the order of recording
// ([Version.Sequence]). The error is a *NotFoundError.
func (s *Store) AtSequence(ctx context.Context, n int64) (Version, error) {
	if err := s.view(ctx); err != nil {
		return Version{}, err
	}
	row, ok, err := s.idx.AtPlace(n)
	if err != nil {
		return Version{}, err
	}
	if !ok {
		return Version{}, &NotFoundError{Name: strconv.FormatInt(n, 10), What: "version"}
	}
	return s.placed(s.idx.Reader, &row)
}

// ListPlace is where an article stands in a list, so that the list can be read in
// parts: it begins with the first article at this place or behind it.
type ListPlace struct {
	Date     schema.Date `json:"date,omitempty"`
	Headline string      `json:"headline,omitempty"`
	Path     string      `json:"path,omitempty"` // where the list is ordered by that
	Sequence int64       `json:"sequence,omitempty"`
}

// PlaceOf gives the place of an article in the list that the filter gives.
func (f *ListFilter) PlaceOf(v Version) ListPlace { return f.place(v.Date, v.Headline, v.Path, v.seq) }

func (f *ListFilter) place(date schema.Date, headline, path string, seq int64) ListPlace {
	if f.ByPath {
		return ListPlace{Path: path, Sequence: seq}
	}
	return ListPlace{Date: date, Headline: headline, Sequence: seq}
}

func comparePlaces(a, b ListPlace) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Date, b.Date), cmp.Compare(a.Headline, b.Headline), cmp.Compare(a.Sequence, b.Sequence))
}

// part orders rows and gives those that were asked for.
func (f *ListFilter) part(rows []index.Row) []index.Row {
	at := func(r *index.Row) ListPlace { return f.place(r.Date, r.Headline, r.Path, r.Seq) }
	rows = slices.DeleteFunc(rows, func(r index.Row) bool {
		return f.Prefix != "" && !strings.HasPrefix(r.Path, f.Prefix) || f.From != ListPlace{} && comparePlaces(at(&r), f.From) < 0
	})
	slices.SortFunc(rows, func(a, b index.Row) int { return comparePlaces(at(&a), at(&b)) })
	if f.Limit > 0 {
		rows = rows[:min(len(rows), f.Limit)]
	}
	return rows
}
