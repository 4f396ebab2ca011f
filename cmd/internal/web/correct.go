package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// maxCorrection bounds the form of a correction, in bytes.
const maxCorrection = 64 << 10

// correctBody is the form in which a correction is bound to what changed between two
// versions. It makes no version: nothing that was published changes by it.
type correctBody struct {
	Article  repo.Version
	Versions []repo.Version
	From, To int // the versions; From is 0 where To is the first
	Types    []repo.CorrectionType
	Type     repo.CorrectionType
	Text     string
	Form     string // what makes it the session's own
	Address  string
	Problem  string
	Diff     template.HTML // what would be explained
}

// correctAddress leads to the form, for the way between two versions.
func correctAddress(path string, from, to int) string {
	return address(path, viewCorrect, "html") + "?" + url.Values{"from": {strconv.Itoa(from)}, "to": {strconv.Itoa(to)}}.Encode()
}

// correctPage shows the form: for the last change, unless ?from= and ?to= name versions.
func (s *Server) correctPage(w http.ResponseWriter, r *http.Request, st *story) error {
	return s.showCorrect(w, r, st, r.URL.Query(), "")
}

// showCorrect writes the form with what it holds, and what is wrong with that.
func (s *Server) showCorrect(w http.ResponseWriter, r *http.Request, st *story, form url.Values, problem string) error {
	from, to, err := st.corrected(form)
	if err != nil && problem == "" {
		problem = err.Error()
	}
	path := st.current().Path
	body := correctBody{Article: st.current(), Versions: st.versions, From: from.Number, To: to.Number, Problem: problem,
		Types: []repo.CorrectionType{repo.Corrects, repo.Clarifies, repo.Retracts}, Type: repo.CorrectionType(form.Get("type")), Text: form.Get("text"),
		Address: address(path, viewCorrect, "html")}
	if sess := visitOf(r).session; sess != nil {
		body.Form = sess.form
	}
	if err == nil && from.Number != 0 {
		d, err := s.store.Diff(r.Context(), from, to, diff.Options{})
		if err != nil {
			return err
		}
		if body.Diff, err = diffHTML(&d, "corrected"); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	return s.show(w, "correct", frame{Title: "Add a correction: " + st.current().Headline, Body: body})
}

// corrected finds the versions that a form names: to is the current one and from the
// one before it where it names none.
func (st *story) corrected(form url.Values) (from, to repo.Version, err error) {
	find := func(name string, otherwise int) (v repo.Version, err error) {
		number := otherwise
		if text := form.Get(name); text != "" {
			if number, err = strconv.Atoi(text); err != nil {
				return v, errors.New(name + " is the number of a version, not " + schema.VisibleLine(text))
			}
		}
		v, ok := st.number(number)
		if !ok && number != 0 {
			return v, errors.New("the article has no version " + strconv.Itoa(number))
		}
		return v, nil
	}
	if to, err = find("to", st.current().Number); err != nil {
		return from, to, err
	}
	before := 0
	if i := st.position(to.Number); i > 0 {
		before = st.versions[i-1].Number
	}
	if from, err = find("from", before); err != nil {
		return from, to, err
	}
	if to.Number == 0 || st.position(from.Number) >= st.position(to.Number) {
		return from, to, errors.New("the version that was wrong stands before the one that mends it")
	}
	return from, to, nil
}

// postCorrection takes the form, and leads to the diff that it now explains.
func (s *Server) postCorrection(w http.ResponseWriter, r *http.Request, st *story) error {
	allowed := s.lacks(w, r, accounts.Editor)
	if allowed == nil {
		allowed = checkForm(r)
	}
	visitOf(r).story = st
	refuse := func(status int, problem string) error {
		w.WriteHeader(status)
		return s.showCorrect(w, r, st, r.PostForm, problem)
	}
	if f, ok := allowed.(*failure); ok && (f == errSignedOut || f == errForeignForm) {
		return refuse(f.status, "Not recorded: "+f.text+". "+signInHint(f))
	}
	if allowed != nil {
		return allowed
	}
	from, to, err := st.corrected(r.PostForm)
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, err.Error())
	}
	if strings.TrimSpace(r.PostForm.Get("text")) == "" {
		return refuse(http.StatusUnprocessableEntity, "A correction wants a text: what readers are told.")
	}
	u, _ := userOf(r)
	c, err := s.store.Correct(r.Context(), from, to, repo.CorrectionType(r.PostForm.Get("type")), r.PostForm.Get("text"), repo.Actor{Author: schema.Person{Name: u.Name, Email: u.Email}})
	var problem *schema.Problem
	if errors.As(err, &problem) {
		return refuse(http.StatusUnprocessableEntity, problem.Reason)
	}
	if err != nil {
		return err
	}
	s.log.Info("corrected", "user", u.Email, "article", st.id.String(), "from", c.From, "to", c.To, "type", string(c.Type))
	path := st.current().Path
	if from.Number == 0 {
		return &seeOther{address(path, viewChanges, "html")}
	}
	return &seeOther{diffAddress(path, strconv.Itoa(from.Number)+".."+strconv.Itoa(to.Number), "html")}
}
