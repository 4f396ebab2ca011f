package web

import (
	"bytes"
	"context"
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
	About    string // what the pair spans: how many versions, by whom, and how much longer the text became
	Previous string // the pair of the change before, "" where there is none
	Next     string
	First    string // from the first version to the second of the pair, "" where that is the pair
	Now      string // from the first of the pair to the current version, likewise
	Turned   string // the pair with the older version first, where it is the other way round
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
			return s.unchanged(w, st)
		}
		pair := fmt.Sprintf("%d..%d", st.versions[n-2].Number, st.versions[n-1].Number)
		w.Header().Set("Location", diffAddress(st.current().Path, pair, st.format))
		w.WriteHeader(http.StatusFound)
		return nil
	}
	if open, err := st.openPair(); err != nil {
		return err
	} else if open != "" {
		w.Header().Set("Location", open)
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
	body.Step = j == i+1
	if body.About, err = s.spanned(r.Context(), st, i, j); err != nil {
		return err
	}
	body.around(st, i, j)
	if body.Step && !slices.ContainsFunc(opt.Corrections, func(c diff.Correction) bool { return c.Text == to.Note }) {
		body.Note = to.Note
	}
	return s.show(w, "diff", frame{Title: fmt.Sprintf("Diff %s: %s", st.pair, to.Headline), Canonical: diffAddress(path, st.pair, "html"), Body: body})
}

// unchanged answers for an article of one version, whose Changes say that nothing has
// changed yet; to programs there is no such diff.
func (s *Server) unchanged(w http.ResponseWriter, st *story) error {
	if st.format != "html" {
		return notFound("the article has one version: nothing has changed yet")
	}
	w.Header().Set("Location", address(st.current().Path, viewChanges, "html"))
	w.WriteHeader(http.StatusFound)
	return nil
}

// openPair gives the address that a pair with one end stands for: "..5" is what version
// 5 changed, "2.." what changed from version 2 until now. It is "" for a pair of two.
func (st *story) openPair() (string, error) {
	a, b, _ := strings.Cut(st.pair, "..")
	if (a == "") == (b == "") {
		return "", nil
	}
	n, err := strconv.Atoi(a + b)
	at := st.position(n)
	if err != nil || at < 0 {
		return "", notFound("the article has no such version as " + schema.VisibleLine(a+b))
	}
	path := st.current().Path
	switch {
	case a != "":
		return diffAddress(path, fmt.Sprintf("%d..%d", n, st.current().Number), st.format), nil
	case at == 0:
		return address(path, viewArticle, "html") + "?version=" + b, nil // all of it is new
	}
	return diffAddress(path, fmt.Sprintf("%d..%d", st.versions[at-1].Number, n), st.format), nil
}

// spanned says what lies between the versions at two places among the Changes: how many
// others, by how many authors, and how much longer the text became.
func (s *Server) spanned(ctx context.Context, st *story, i, j int) (string, error) {
	var parts []string
	if i > j {
		parts = append(parts, "The first of the two is the newer one")
	}
	if between := max(j-i, i-j) - 1; between > 0 {
		authors := map[string]bool{}
		for _, v := range st.versions[min(i, j)+1 : max(i, j)] {
			authors[v.Author.Name] = true
		}
		parts = append(parts, counted(between, "version")+" by "+counted(len(authors), "author")+" between the two")
	}
	before, err := s.sizeOf(ctx, st.versions[i])
	if err != nil {
		return "", err
	}
	after, err := s.sizeOf(ctx, st.versions[j])
	if err != nil {
		return "", err
	}
	switch {
	case before == unweighed || after == unweighed || before == after:
	case after > before:
		parts = append(parts, counted(after-before, "byte")+" longer")
	default:
		parts = append(parts, counted(before-after, "byte")+" shorter")
	}
	if len(parts) == 0 {
		return "", nil
	}
	text := strings.Join(parts, "; ") + "."
	return strings.ToUpper(text[:1]) + text[1:], nil
}

// counted is a number with what it counts.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// around adds where else a reader may want to go from the pair at two places among the
// Changes.
func (b *diffBody) around(st *story, i, j int) {
	path, last := st.current().Path, len(st.versions)-1
	pair := func(i, j int) string {
		return diffAddress(path, fmt.Sprintf("%d..%d", st.versions[i].Number, st.versions[j].Number), "html")
	}
	if i > 0 {
		b.Previous = pair(i-1, i)
	}
	if j < last {
		b.Next = pair(j, j+1)
	}
	if i > 0 && j > 0 {
		b.First = pair(0, j)
	}
	if j < last && i < last {
		b.Now = pair(i, last)
	}
	if i > j {
		b.Turned = pair(j, i)
	}
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
