package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// picked leads from the form of the Changes page to the diff of the two versions.
func (s *Server) picked(w http.ResponseWriter, st *story, from, to string) error {
	a, b, err := st.pairOf(from + ".." + to)
	if err != nil {
		return err
	}
	if st.position(a.Number) > st.position(b.Number) {
		a, b = b, a
	}
	w.Header().Set("Location", diffAddress(st.current().Path, fmt.Sprintf("%d..%d", a.Number, b.Number), "html"))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// pairOf finds the two versions that "2..5" names.
func (st *story) pairOf(pair string) (from, to repo.Version, err error) {
	a, b, _ := strings.Cut(pair, "..")
	numbers := [2]int{}
	for i, text := range []string{a, b} {
		if numbers[i], err = strconv.Atoi(text); err != nil {
			return from, to, notFound("a diff is named by two version numbers, as in 2..5")
		}
	}
	from, ok := st.number(numbers[0])
	if ok {
		to, ok = st.number(numbers[1])
	}
	if !ok {
		return from, to, notFound("the article has no such versions as " + schema.VisibleLine(pair))
	}
	return from, to, nil
}

// position is where a version stands among the Changes, from 0.
func (st *story) position(number int) int {
	for i, v := range st.versions {
		if v.Number == number {
			return i
		}
	}
	return -1
}

// diffAround is how many unchanged paragraphs are shown on either side of a change.
const diffAround = 2

type diffBody struct {
	Article  repo.Version
	From, To repo.Version
	HTML     template.HTML
	Same     bool
	Side     bool
	All      bool
	Step     bool   // the second is the one published right after the first: its kinds are those of this diff
	Note     string // of the second, where that is no correction, which stands above the diff
	Between  int    // versions published between the two
	Previous string // the pair of the change before, "" where there is none
	Next     string
	Text     string
	JSON     string
}

// diff is the word diff of two versions, field by field.
func (s *Server) diff(w http.ResponseWriter, r *http.Request, st *story) error {
	if since := r.URL.Query().Get("since"); since != "" && st.pair == "" {
		return s.since(w, r, st, since)
	}
	if st.pair == "" {
		n := len(st.versions)
		if n < 2 {
			return notFound("the article has one version: nothing has changed yet")
		}
		pair := fmt.Sprintf("%d..%d", st.versions[n-2].Number, st.versions[n-1].Number)
		w.Header().Set("Location", diffAddress(st.current().Path, pair, st.format))
		w.WriteHeader(http.StatusFound)
		return nil
	}
	from, to, err := st.pairOf(st.pair)
	if err != nil {
		return err
	}
	d, err := s.store.Diff(r.Context(), from, to, diff.Options{})
	if err != nil {
		return err
	}
	opt := diff.ShowOptions{Around: diffAround, NoCSS: true, Unfold: true, Article: st.id.String(), FromVersion: from.Number, ToVersion: to.Number,
		From: fmt.Sprintf("version %d", from.Number), To: fmt.Sprintf("version %d", to.Number)}
	if opt.Corrections, err = s.store.ExplainedAmong(r.Context(), st.versions, from, to); err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Get("around") == "all" {
		opt.Around = diff.AroundAll
	}
	opt.SideBySide = q.Get("view") == "side"
	var b bytes.Buffer
	if err := diff.Write(&b, diffStyle(st.format), d, opt); err != nil {
		return err
	}
	if st.format != "html" {
		w.Header().Set("Content-Type", map[string]string{"txt": "text/plain; charset=utf-8", "json": "application/json", "svg": "image/svg+xml"}[st.format])
		_, err := w.Write(b.Bytes())
		return err
	}
	path := st.current().Path
	body := diffBody{Article: st.current(), From: from, To: to, HTML: template.HTML(b.String()), Same: len(d.Fields) == 0,
		Side: opt.SideBySide, All: opt.Around == diff.AroundAll, Text: diffAddress(path, st.pair, "txt"), JSON: diffAddress(path, st.pair, "json")}
	i, j := st.position(from.Number), st.position(to.Number)
	body.Between, body.Step = max(j-i, i-j)-1, j == i+1
	if body.Step && !slices.ContainsFunc(opt.Corrections, func(c diff.Correction) bool { return c.Text == to.Note }) {
		body.Note = to.Note
	}
	if i > 0 {
		body.Previous = diffAddress(path, fmt.Sprintf("%d..%d", st.versions[i-1].Number, from.Number), "html")
	}
	if j+1 < len(st.versions) {
		body.Next = diffAddress(path, fmt.Sprintf("%d..%d", to.Number, st.versions[j+1].Number), "html")
	}
	return s.show(w, "diff", frame{Title: fmt.Sprintf("Diff %s: %s", st.pair, to.Headline), Canonical: diffAddress(path, st.pair, "html"), Body: body})
}

func diffStyle(format string) diff.Style {
	switch format {
	case "txt":
		return diff.Plain
	case "json":
		return diff.JSON
	case "svg":
		return diff.SVG
	}
	return diff.HTML
}

// diffCSS is the style sheet of the diffs, which the package that makes them keeps.
func (s *Server) diffCSS(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := w.Write([]byte(diff.CSS()))
	return err
}
