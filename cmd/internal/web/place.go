package web

import (
	"net/url"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// view is what is looked at of an article.
type view string

// The views.
const (
	viewArticle  view = "article"
	viewChanges  view = "changes"
	viewDiff     view = "diff"
	viewBlame    view = "blame"
	viewTimeline view = "timeline"
	viewEdit     view = "edit"
	viewCorrect  view = "correct"
)

// place is an address below an article's, taken apart.
//
//	/news/2015/09/26/slug.md          the article in a format
//	/news/2015/09/26/slug/changes     a view of it
//	/news/2015/09/26/slug/diff/2..5.json
type place struct {
	path   string // the article's, without extension, as it was asked for
	view   view
	format string // "html", "md", "json", "xml", "txt", "svg", "atom"; "html" where none was named
	pair   string // of a diff: "2..5", or "" for the last change
}

// formats says in which formats each view is given, the usual one first.
var formats = map[view][]string{
	viewArticle:  {"html", "md", "json", "xml"},
	viewChanges:  {"html", "json", "atom"},
	viewDiff:     {"html", "txt", "json", "svg"},
	viewBlame:    {"html", "json"},
	viewTimeline: {"html", "svg"},
	viewEdit:     {"html"},
	viewCorrect:  {"html"},
}

// parsePlace takes a path apart. ok is false where it names no view and format that
// exist. A slug may end as a view's name does: then the article's own address is
// the one with an extension, as every page links it.
func parsePlace(path string) (p place, ok bool) {
	rest, format := cutFormat(path)
	p = place{path: rest, view: viewArticle, format: format}
	dir, last := splitLast(rest)
	switch {
	case strings.HasSuffix(dir, "/"+string(viewDiff)):
		if strings.Contains(last, "..") {
			p = place{path: strings.TrimSuffix(dir, "/"+string(viewDiff)), view: viewDiff, pair: last, format: format}
		}
	case last == string(viewDiff), last == string(viewChanges), last == string(viewBlame), last == string(viewTimeline), last == string(viewEdit), last == string(viewCorrect):
		if strings.Count(dir, "/") >= 2 { // below an article, not a day
			p = place{path: dir, view: view(last), format: format}
		}
	}
	if p.format == "" {
		p.format = formats[p.view][0]
	}
	for _, f := range formats[p.view] {
		if f == p.format {
			return p, p.path != "" && p.path != "/"
		}
	}
	return p, false
}

// cutFormat takes an extension that some view has off a path.
func cutFormat(path string) (rest, format string) {
	i := strings.LastIndexByte(path, '.')
	if i < 0 || strings.IndexByte(path[i:], '/') >= 0 {
		return path, ""
	}
	switch ext := path[i+1:]; ext {
	case "html", "md", "json", "xml", "txt", "svg", "atom":
		return path[:i], ext
	}
	return path, ""
}

func splitLast(path string) (dir, last string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// address gives the path of a view of the article that stands at path now, escaped
// for a link.
func address(path string, v view, format string) string {
	a := escapePath(path)
	if v != viewArticle {
		a += "/" + string(v)
		if format == "html" {
			return a
		}
	}
	return a + "." + format
}

// diffAddress gives the stable address of the diff between two versions.
func diffAddress(path, pair, format string) string {
	return escapePath(path) + "/" + string(viewDiff) + "/" + pair + "." + format
}

// escapePath makes a path safe in a link: schema's paths hold letters of all scripts.
func escapePath(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}

// dayAddress gives the address of a day's page.
func dayAddress(d schema.Date) string { return schema.DayPath(d) + "/" }
