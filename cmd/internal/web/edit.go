package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// maxEdit bounds a form of an edit, in bytes: a body may be longer, but nobody types
// that into a page.
const maxEdit = 16 << 20

// editing is an edit under way: one form that is shown again until it is recorded, with
// what is wrong, with what it would change, or beside what somebody else recorded
// meanwhile. Whatever comes of it, what was typed is in it.
type editing struct {
	story  *story // nil: a new article
	id     schema.ID
	base   repo.Version  // that the form was made of; zero for a new article
	state  *schema.State // what base says
	values formValues
	note   string
	notice repo.CorrectionType // "" where the note is no correction
}

type editBody struct {
	New        bool
	Article    repo.Version // the current one
	Address    string       // to which the form is sent
	Form       string       // what makes it the session's own
	ID         string
	Base       repo.Version
	Fields     []shownField
	Note       string
	Notice     string
	Notices    []repo.CorrectionType
	Problem    string
	Field      string // in which the problem is
	Checked    bool   // the diff below is that of what the form holds
	Same       bool   // nothing would change
	Diff       template.HTML
	Conflict   *conflictBody
	FieldsOpen bool // the seldom fields are shown at once
	Fragment   bool // a script asks for the preview alone
}

type shownField struct {
	editField
	Value string
	Wrong bool
}

// conflictBody is what two sides made of one version.
type conflictBody struct {
	Base, Current repo.Version
	Theirs, Yours template.HTML
	TheirText     string
	Both, Taken   []string
}

// editPage is the form for the current version of an article.
func (s *Server) editPage(w http.ResponseWriter, r *http.Request, st *story) error {
	e := &editing{story: st, id: st.id, base: st.current()}
	var err error
	if e.state, err = s.store.State(r.Context(), e.base); err != nil {
		return err
	}
	e.values = valuesOf(e.state)
	return s.showEdit(w, r, e, editBody{})
}

// newPage is the form for an article that is not there yet. Its id is given with the
// form, so that a form that is sent twice makes one article.
func (s *Server) newPage(w http.ResponseWriter, r *http.Request) error {
	e := &editing{id: schema.NewID(), state: &schema.State{}}
	e.values = formValues{"date": string(schema.At(s.now()).Day()), "type": string(schema.Event), "status": string(schema.Usable)}
	return s.showEdit(w, r, e, editBody{})
}

// postNew takes the form of newPage.
func (s *Server) postNew(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(w, r, maxEdit); err != nil {
		return err
	}
	e := &editing{state: &schema.State{}}
	id, err := schema.ParseID(r.PostForm.Get("id"))
	if err != nil {
		id = schema.NewID()
	}
	e.id = id
	e.take(r)
	if v, err := s.store.Version(r.Context(), id, ""); err == nil {
		// The form came a second time, or the id is another article's.
		return &seeOther{address(v.Path, viewArticle, "html")}
	}
	return s.postEditing(w, r, e)
}

// postArticle takes what is sent to an article's addresses: the form of editPage and
// the button that restores. An article that has moved meanwhile is found at its old
// address, without a detour on which the form would be lost.
func (s *Server) postArticle(w http.ResponseWriter, r *http.Request) error {
	p, ok := parsePlace(r.URL.Path)
	if !ok || p.view != viewEdit && p.view != viewCorrect {
		return &failure{status: http.StatusMethodNotAllowed, text: "nothing can be sent to this address", header: [2]string{"Allow", "GET, HEAD"}}
	}
	most := int64(maxEdit)
	if p.view == viewCorrect {
		most = maxCorrection
	}
	if err := parseForm(w, r, most); err != nil {
		return err
	}
	id, err := s.store.AtPath(r.Context(), p.path)
	if err != nil {
		return err
	}
	st := &story{place: p, id: id}
	if st.versions, err = s.store.Changes(r.Context(), id); err != nil {
		return err
	}
	st.shown = st.current()
	if p.view == viewCorrect {
		return s.postCorrection(w, r, st)
	}
	if n := r.PostForm.Get("restore"); n != "" {
		return s.restore(w, r, st, n)
	}
	e := &editing{story: st, id: id}
	e.take(r)
	if e.base, err = s.store.Version(r.Context(), id, r.PostForm.Get("base")); err != nil || len(r.PostForm.Get("base")) < 12 {
		e.base = st.current()
	}
	if e.state, err = s.store.State(r.Context(), e.base); err != nil {
		return err
	}
	return s.postEditing(w, r, e)
}

// take reads what was typed.
func (e *editing) take(r *http.Request) {
	e.values = postedValues(r.PostForm)
	e.note = r.PostForm.Get("note")
	e.notice = repo.CorrectionType(r.PostForm.Get("notice"))
}

// postEditing previews or records an edit.
func (s *Server) postEditing(w http.ResponseWriter, r *http.Request, e *editing) error {
	allowed := s.lacks(w, r, accounts.Editor)
	if allowed == nil {
		allowed = checkForm(r)
	}
	if f, ok := allowed.(*failure); ok && (f == errSignedOut || f == errForeignForm) {
		editStatus(w, r, f.status)
		return s.showEdit(w, r, e, editBody{Problem: "Not recorded: " + f.text + ". " + signInHint(f)})
	}
	if allowed != nil {
		return allowed
	}
	if e.story != nil {
		visitOf(r).story = e.story
		if e.base.Number != e.story.current().Number {
			return s.showConflict(w, r, e)
		}
	}
	in, problem := e.values.input(e.state)
	if problem != nil {
		editStatus(w, r, http.StatusUnprocessableEntity)
		return s.showEdit(w, r, e, editBody{Problem: problem.Reason, Field: problem.Field})
	}
	if fragment(r) || r.PostForm.Get("do") != "save" {
		body, err := s.preview(e, &in, "now")
		if err != nil {
			return err
		}
		return s.showEdit(w, r, e, body)
	}
	return s.save(w, r, e, in)
}

func signInHint(f *failure) string {
	if f == errSignedOut {
		return "Sign in in another tab, then send this form again: what you typed is all here."
	}
	return "Send it again: what you typed is all here."
}

// preview says what an edit would change; name tells its diff from others on the page.
func (s *Server) preview(e *editing, in *schema.Input, name string) (editBody, error) {
	next, _ := schema.Apply(e.state, in)
	next.Normalize()
	d := diff.States(e.state, &next, diff.Options{})
	html, err := diffHTML(&d, name)
	return editBody{Checked: true, Same: len(d.Fields) == 0, Diff: html}, err
}

func diffHTML(d *diff.Article, name string) (template.HTML, error) {
	var b bytes.Buffer
	err := diff.Write(&b, diff.HTML, *d, diff.ShowOptions{Around: diffAround, Unfold: true, NoCSS: true, ID: name})
	return template.HTML(b.String()), err
}

// save records an edit, and leads to the article.
func (s *Server) save(w http.ResponseWriter, r *http.Request, e *editing, in schema.Input) error {
	u, _ := userOf(r)
	in.ID = e.id
	draft := repo.Draft{Input: in, Article: e.id.String(), Author: schema.Person{Name: u.Name, Email: u.Email}, Note: e.note, Correction: e.notice}
	if e.story != nil {
		draft.IfVersion = e.base.Seal.String()
	}
	results, err := s.store.Record(r.Context(), []repo.Draft{draft}, repo.RecordOptions{})
	if err != nil {
		return err
	}
	result := results[0]
	var conflict *repo.ConflictError
	var problem *schema.Problem
	switch {
	case errors.As(result.Err, &conflict) && e.story != nil:
		if e.story.versions, err = s.store.Changes(r.Context(), e.id); err != nil {
			return err
		}
		return s.showConflict(w, r, e)
	case errors.As(result.Err, &problem):
		editStatus(w, r, http.StatusUnprocessableEntity)
		return s.showEdit(w, r, e, editBody{Problem: problem.Reason, Field: problem.Field})
	case result.Err != nil:
		return result.Err
	case result.Outcome == repo.Unchanged:
		editStatus(w, r, http.StatusUnprocessableEntity)
		return s.showEdit(w, r, e, editBody{Problem: "Nothing was recorded: " + result.Reason})
	}
	s.recorded(r, result)
	return &seeOther{address(result.Version.Path, viewArticle, "html")}
}

// recorded notes that a request made a version.
func (s *Server) recorded(r *http.Request, result repo.Result) {
	u, _ := userOf(r)
	s.metrics.record(result.Outcome)
	s.log.Info("recorded", "user", u.Email, "article", result.Version.Article.String(), "version", result.Version.Number, "outcome", string(result.Outcome))
}

// showConflict shows what two sides made of one version, and the form as it is on top
// of what is current now: of what the editor did not touch, the other side's.
func (s *Server) showConflict(w http.ResponseWriter, r *http.Request, e *editing) error {
	current := e.story.current()
	theirs, err := s.store.State(r.Context(), current)
	if err != nil {
		return err
	}
	c := &conflictBody{Base: e.base, Current: current, TheirText: string(schema.EncodeText(theirs))}
	d := diff.States(e.state, theirs, diff.Options{})
	if c.Theirs, err = diffHTML(&d, "theirs"); err != nil {
		return err
	}
	body := editBody{Conflict: c}
	if in, problem := e.values.input(e.state); problem == nil {
		yours, err := s.preview(e, &in, "yours")
		if err != nil {
			return err
		}
		c.Yours = yours.Diff
	} else {
		body.Problem, body.Field = problem.Reason, problem.Field
	}
	now := *e
	now.base, now.state = current, theirs
	now.values, c.Both, c.Taken = e.values.merged(valuesOf(e.state), valuesOf(theirs))
	if in, problem := now.values.input(theirs); problem == nil {
		after, err := s.preview(&now, &in, "now")
		if err != nil {
			return err
		}
		body.Checked, body.Same, body.Diff = true, after.Same, after.Diff
	}
	editStatus(w, r, http.StatusConflict)
	return s.showEdit(w, r, &now, body)
}

// editStatus says what became of a form. A script that asks for a preview gets that in
// the preview's words alone: that something can't be recorded yet is no failure.
func editStatus(w http.ResponseWriter, r *http.Request, status int) {
	if !fragment(r) {
		w.WriteHeader(status)
	}
}

func fragment(r *http.Request) bool { return r.URL.Query().Get("preview") != "" }

// showEdit writes the form; where a script asks, only what goes into its preview.
func (s *Server) showEdit(w http.ResponseWriter, r *http.Request, e *editing, body editBody) error {
	body.ID, body.Base, body.Note, body.Notice = e.id.String(), e.base, e.note, string(e.notice)
	body.Notices = []repo.CorrectionType{repo.Corrects, repo.Clarifies, repo.Retracts}
	body.New, body.Address = e.story == nil, "/new"
	title := "New article"
	if e.story != nil {
		body.Article = e.story.current()
		body.Address = address(body.Article.Path, viewEdit, "html")
		title = "Edit: " + body.Article.Headline
	}
	if sess := visitOf(r).session; sess != nil {
		body.Form = sess.form
	}
	shown := valuesOf(e.state)
	for _, f := range editFields() {
		wrong := body.Field != "" && f.field.String() == body.Field
		body.Fields = append(body.Fields, shownField{f, e.values[f.Name], wrong})
		if f.More && (wrong || !body.New && !e.values.same(shown, f.Name)) {
			body.FieldsOpen = true
		}
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	if body.Fragment = fragment(r); body.Fragment {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		return s.pages.sets["edit"].ExecuteTemplate(w, "preview", body)
	}
	return s.show(w, "edit", frame{Title: title, Body: body})
}

// restore records an old version's state as the new current one.
func (s *Server) restore(w http.ResponseWriter, r *http.Request, st *story, number string) error {
	if err := s.lacks(w, r, accounts.Editor); err != nil {
		return err
	}
	if err := checkForm(r); err != nil {
		return err
	}
	n, err := strconv.Atoi(number)
	v, ok := st.number(n)
	if err != nil || !ok {
		return notFound("the article has no such version")
	}
	u, _ := userOf(r)
	result, err := s.store.Restore(r.Context(), v, repo.Actor{Author: schema.Person{Name: u.Name, Email: u.Email}, Note: r.PostForm.Get("note"), IfVersion: r.PostForm.Get("base")})
	if err == nil {
		err = result.Err
	}
	var conflict *repo.ConflictError
	if errors.As(err, &conflict) {
		return &failure{status: http.StatusConflict, text: fmt.Sprintf("version %d was recorded meanwhile: nothing was restored", conflict.Current.Number), hint: "look at it, then restore again"}
	}
	if err != nil {
		return err
	}
	if result.Outcome == repo.Unchanged {
		return &failure{status: http.StatusUnprocessableEntity, text: "nothing was restored: " + result.Reason}
	}
	s.recorded(r, result)
	return &seeOther{address(result.Version.Path, viewArticle, "html")}
}
