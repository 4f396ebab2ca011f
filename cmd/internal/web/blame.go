package web

import (
	"bytes"
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type blameBody struct {
	Article repo.Version
	Shown   repo.Version
	HTML    template.HTML
	JSON    string

	Words  int          // of all fields
	Shares []blameShare // the authors with most words, the most first
	Others int          // how many more authors there are
}

// blameShare is how much of a text is somebody's.
type blameShare struct {
	Author  string
	Words   int
	Percent string
}

// blameAuthors is how many authors are named above the text; the legend has all.
const blameAuthors = 5

// share counts words by author.
func (b *blameBody) share(blame *repo.Blame) {
	authors := map[int]string{}
	for _, v := range blame.Origins {
		authors[v.Number] = v.Author.Name
	}
	for _, f := range blame.Fields {
		for _, r := range f.Runs {
			b.Words += r.Words
			at := slices.IndexFunc(b.Shares, func(s blameShare) bool { return s.Author == authors[r.Version] })
			if at < 0 {
				at = len(b.Shares)
				b.Shares = append(b.Shares, blameShare{Author: authors[r.Version]})
			}
			b.Shares[at].Words += r.Words
		}
	}
	slices.SortStableFunc(b.Shares, func(x, y blameShare) int { return cmp.Or(y.Words-x.Words, strings.Compare(x.Author, y.Author)) })
	b.Others = max(len(b.Shares)-blameAuthors, 0)
	b.Shares = b.Shares[:len(b.Shares)-b.Others]
	for i := range b.Shares {
		b.Shares[i].Percent = strconv.FormatFloat(100*float64(b.Shares[i].Words)/float64(max(b.Words, 1)), 'f', 0, 64) + " %"
	}
}

// blame is the text of a version with the origin of every word.
func (s *Server) blame(w http.ResponseWriter, r *http.Request, st *story) error {
	b, err := s.store.Blame(r.Context(), st.shown)
	if err != nil {
		return err
	}
	if st.format == "json" {
		return writeJSON(w, b)
	}
	versions := make([]diff.BlamedVersion, len(b.Origins))
	for i, v := range b.Origins {
		versions[i] = diff.BlamedVersion{Number: v.Number, Author: v.Author.Name, Published: stamp(v.Published)}
	}
	var html bytes.Buffer
	if err := diff.WriteBlame(&html, diff.HTML, b.Fields, versions, diff.BlameOptions{NoCSS: true, Link: func(version int, words string) string {
		return address(st.current().Path, viewArticle, "html") + "?version=" + strconv.Itoa(version) + wordsLink(words)
	}}); err != nil {
		return err
	}
	json := address(st.current().Path, viewBlame, "json")
	if st.shown.Number != st.current().Number {
		json += "?version=" + strconv.Itoa(st.shown.Number)
	}
	body := blameBody{Article: st.current(), Shown: st.shown, HTML: template.HTML(html.String()), JSON: json}
	body.share(b)
	return s.show(w, "blame", frame{Title: "Blame: " + st.shown.Headline, Canonical: address(st.current().Path, viewBlame, "html"), Body: body})
}

// stamp is a time as pages show it: UTC, to the minute, or the day alone where no more
// is known.
func stamp(t schema.Time) string {
	if t.DayOnly {
		return string(t.Day())
	}
	return t.T.UTC().Format("2006-01-02 15:04")
}

// blameCSS is the style sheet of blames, which the package that makes them keeps.
func (s *Server) blameCSS(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, err := w.Write([]byte(diff.BlameCSS()))
	return err
}
