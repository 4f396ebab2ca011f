package web

import (
	"net/http"
	"slices"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

type changesBody struct {
	Article  repo.Version // its current version
	Versions []repo.Version
	Before   map[int]int // the number of the version published before each
	Filter   changesFilter
	Hidden   int // versions that the filter leaves out
	Kinds    []diff.Kind
	Authors  []string
}

// changesFilter is what of the Changes list is shown.
type changesFilter struct {
	Kind   string
	Author string
	Quiet  bool // leave out versions that changed typography and white space alone
}

func (f changesFilter) lets(v *repo.Version) bool {
	return (f.Kind == "" || slices.Contains(v.Kinds, diff.Kind(f.Kind))) &&
		(f.Author == "" || v.Author.Name == f.Author) && !(f.Quiet && diff.Noise(v.Kinds))
}

// changes is the list of an article's versions. It is also the form in which two of
// them are picked: ?from=1&to=3 leads to their diff.
func (s *Server) changes(w http.ResponseWriter, r *http.Request, st *story) error {
	q := r.URL.Query()
	if q.Get("from") != "" && q.Get("to") != "" {
		return s.picked(w, st, q.Get("from"), q.Get("to"))
	}
	if st.format == "json" {
		return writeJSON(w, struct {
			Article  string         `json:"article"`
			Versions []repo.Version `json:"versions"`
		}{st.id.String(), st.versions})
	}
	if st.format == "atom" {
		return s.storyFeed(w, r, st)
	}
	body := changesBody{Article: st.current(), Before: map[int]int{},
		Filter: changesFilter{Kind: q.Get("kind"), Author: q.Get("author"), Quiet: q.Get("quiet") != ""}}
	for i := range st.versions {
		v := &st.versions[i]
		if i > 0 {
			body.Before[v.Number] = st.versions[i-1].Number
		}
		for _, k := range v.Kinds {
			if !slices.Contains(body.Kinds, k) {
				body.Kinds = append(body.Kinds, k)
			}
		}
		if !slices.Contains(body.Authors, v.Author.Name) {
			body.Authors = append(body.Authors, v.Author.Name)
		}
		if body.Filter.lets(v) {
			body.Versions = append(body.Versions, *v)
		} else {
			body.Hidden++
		}
	}
	slices.Sort(body.Authors)
	return s.show(w, "changes", frame{Title: "Changes: " + st.current().Headline, Canonical: address(st.current().Path, viewChanges, "html"),
		Feed: address(st.current().Path, viewChanges, "atom"), Body: body})
}
