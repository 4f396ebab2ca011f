package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// pages are the templates, one set for each page: the layout and what fills it.
type pages struct {
	sets map[string]*template.Template
}

// parsePages reads the templates.
func parsePages(files fs.FS, bodies int) (*pages, error) {
	layout, err := template.New("layout.tmpl").Funcs(functions(bodies)).ParseFS(files, "templates/layout.tmpl")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	p := &pages{sets: map[string]*template.Template{}}
	for _, name := range names {
		base := strings.TrimSuffix(path.Base(name), ".tmpl")
		if base == "layout" {
			continue
		}
		set, err := layout.Clone()
		if err == nil {
			set, err = set.ParseFS(files, name)
		}
		if err != nil {
			return nil, err
		}
		p.sets[base] = set
	}
	return p, nil
}

// functions are what templates may call; of the HTML of bodies so many bytes are remembered.
func functions(bodies int) template.FuncMap {
	return template.FuncMap{
		"address": func(v repo.Version, what view) string { return address(v.Path, what, "html") },
		"pair": func(v repo.Version, from, to int) string {
			return diffAddress(v.Path, fmt.Sprintf("%d..%d", from, to), "html")
		},
		"day":      dayAddress,
		"clock":    stamp,
		"machine":  schema.Time.String,
		"sentence": sentence,
		"standing": standing,
		"last":     func(v []repo.Version) []repo.Version { return v[max(len(v)-articleVersions, 0):] },
		"kinds":    func(k []diff.Kind) []string { return kindNames(k) },
		"quiet":    diff.Noise,
		"visible":  schema.VisibleLine,
		"dir":      textDirection,
		"shift":    func(a float64, by int) float64 { return a + float64(by) },
		"less":     func(a, b int) int { return a - b },
		"tab":      func(v repo.Version, what view) tab { return tab{v, what} },
		"passage":  passageAddress,
		"markdown": markdownRenderer(bodies),
	}
}

// articleVersions is how many versions the page of an article lists. Its other formats
// list all, and so does the view of Changes.
const articleVersions = 25

// sentence is a message as people read it: with a capital, and with a full stop.
func sentence(text string) string {
	c, n := utf8.DecodeRuneInString(text)
	if n == 0 || text == "" {
		return text
	}
	text = string(unicode.ToUpper(c)) + text[n:]
	if last := text[len(text)-1]; last != '.' && last != '?' && last != '!' {
		text += "."
	}
	return text
}

// standing is a status as readers call it; "" for a version that stands.
func standing(s schema.Status) string {
	switch s {
	case "", schema.Usable:
		return ""
	case schema.Canceled:
		return "withdrawn"
	}
	return string(s)
}

func kindNames(kinds []diff.Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

// tab says which view of an article a page is.
type tab struct {
	Version repo.Version
	View    view
}

// frame is what every page has.
type frame struct {
	Site      string
	Title     string
	Canonical string // absolute, or "" where the site's address is not known
	Feed      string // the Atom feed that fits the page
	Viewer    viewer
	Body      any
}

// viewer is who looks at a page, and what they may do there.
type viewer struct {
	Name    string // "" where nobody is signed in
	Editor  bool
	Form    string // what each of their forms must bring along
	Edit    string // the address at which the page's article is edited; "" where it is about none
	Correct string // the address at which the change that is shown, or the last one, is given a correction
	Restore int    // the number of the old version that is shown; 0 where it is the current one
	Base    string // the seal of the current version
	SignIn  bool   // there is somebody who could sign in
}

func (s *Server) viewer(v *visit) viewer {
	out := viewer{SignIn: s.users != nil}
	if v == nil || v.session == nil {
		return out
	}
	out.Name, out.Editor, out.Form = v.user.Name, v.user.Role >= accounts.Editor, v.session.form
	if v.story != nil && out.Editor {
		current := v.story.current()
		out.Edit, out.Base = address(current.Path, viewEdit, "html"), current.Seal.String()
		out.Correct = address(current.Path, viewCorrect, "html")
		if from, to, err := v.story.pairOf(v.story.pair); err == nil && v.story.position(from.Number) < v.story.position(to.Number) {
			out.Correct = correctAddress(current.Path, from.Number, to.Number)
		}
		if n := v.story.shown.Number; n != 0 && n != current.Number {
			out.Restore = n
		}
	}
	return out
}

// show writes a page.
func (s *Server) show(w http.ResponseWriter, name string, f frame) error {
	f.Site = s.title
	held, ok := w.(*heldResponse)
	if ok {
		f.Viewer = s.viewer(held.visit)
	}
	if f.Canonical != "" {
		f.Canonical = s.absolute(f.Canonical)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	err := s.pages.sets[name].ExecuteTemplate(w, "layout.tmpl", f)
	if ok && !utf8.Valid(held.body.Bytes()) {
		// What was asked for is shown as it came, and may be no text at all.
		text := bytes.ToValidUTF8(held.body.Bytes(), []byte("\ufffd"))
		held.body.Reset()
		held.body.Write(text)
	}
	return err
}

// absolute makes an address of this site absolute where its base is known.
func (s *Server) absolute(address string) string {
	if s.base == "" {
		return ""
	}
	return s.base + address
}

// fail answers with an error's status: a page for people, a line for programs.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f *failure) {
	h := w.Header()
	for _, name := range []string{"ETag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-cache") // what is not there may come
	h.Set("Vary", "Accept, Cookie")
	if f.header[0] != "" {
		h.Set(f.header[0], f.header[1])
	}
	if strings.HasPrefix(r.URL.Path, apiPrefix) {
		s.problem(w, r, f)
		return
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(f.status)
		fmt.Fprintln(w, f.text)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	held := &heldResponse{ResponseWriter: w, status: f.status, visit: visitOf(r)}
	if err := s.show(held, "error", frame{Title: http.StatusText(f.status), Body: errorPage(r, f)}); err != nil {
		s.log.Error("the page of an error can't be made", "error", err)
	}
	held.send(r)
}

// textDirection gives the direction of a language's script, "rtl" or "ltr"; "auto"
// where the language is unknown.
func textDirection(lang string) string {
	tag, err := language.Parse(lang)
	if lang == "" || err != nil {
		return "auto"
	}
	script, _ := tag.Script()
	switch script.String() {
	case "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Mand", "Samr":
		return "rtl"
	}
	return "ltr"
}
