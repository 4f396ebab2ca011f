package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// author is who a request writes as; need has let it through.
func author(r *http.Request) schema.Person {
	u, _ := userOf(r)
	return schema.Person{Name: u.Name, Email: u.Email}
}

// apiDraft reads the state of a request and what is to be noted with it. The author
// is the user, whatever the state says.
func (s *Server) apiDraft(w http.ResponseWriter, r *http.Request) (repo.Draft, error) {
	q := r.URL.Query()
	if err := known(q, "note", "correction", "published"); err != nil {
		return repo.Draft{}, err
	}
	b, err := apiBody(w, r)
	if err != nil {
		return repo.Draft{}, err
	}
	in, problem := schema.ParseJSON(b)
	if problem != nil {
		return repo.Draft{}, problem
	}
	d := repo.Draft{Input: in, Author: author(r), Note: q.Get("note"), Correction: repo.CorrectionType(q.Get("correction")), Source: repo.SourceOf{Reader: "api"}}
	if d.Correction != "" {
		if err := checkCorrection(d.Correction, d.Note, "note"); err != nil {
			return d, err
		}
	}
	d.Published, err = s.publishedOf(q)
	return d, err
}

// publishedOf reads when a version was made public; zero where that is not said.
func (s *Server) publishedOf(q url.Values) (schema.Time, error) {
	if !q.Has("published") {
		return schema.Time{}, nil
	}
	t, err := schema.ParseTime(q.Get("published"))
	if err != nil {
		return t, badRequest("published: " + err.Error())
	}
	return t, nil
}

func checkCorrection(t repo.CorrectionType, text, where string) error {
	switch t {
	case repo.Corrects, repo.Clarifies, repo.Retracts:
	default:
		return badRequest(fmt.Sprintf("%.80q is no type of correction: correction, clarification or retraction is wanted", string(t)))
	}
	if strings.TrimSpace(text) == "" {
		return badRequest("a correction wants its text, in " + where)
	}
	return nil
}

// apiRecord records a state as a new version of the article that it belongs to: the
// one that it names, else what the rules of identity find, else a new one.
func (s *Server) apiRecord(w http.ResponseWriter, r *http.Request) error {
	d, err := s.apiDraft(w, r)
	if err != nil {
		return err
	}
	return s.apiRecordDraft(r.Context(), w, d)
}

func (s *Server) apiRecordDraft(ctx context.Context, w http.ResponseWriter, d repo.Draft) error {
	results, err := s.store.Record(ctx, []repo.Draft{d}, repo.RecordOptions{})
	if err != nil {
		return err
	}
	return s.outcome(w, results[0])
}

// outcome answers with what a write came to, as record --json prints it.
func (s *Server) outcome(w http.ResponseWriter, res repo.Result) error {
	if res.Err != nil {
		return res.Err
	}
	s.metrics.record(res.Outcome)
	more := []any{"result", res.Outcome}
	if res.Reason != "" {
		more = append(more, "reason", res.Reason)
	}
	if res.Twin != nil {
		more = append(more, "twin", res.Twin.Article.String())
	}
	b, err := versionWith(res.Version, more...)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Location", fmt.Sprintf("%s%s/articles/%s/versions/%d", s.base, apiRoot, res.Version.Article, res.Version.Number))
	if res.Version.Place == repo.Current { // not an earlier one that was put in
		h.Set("ETag", apiTag(res.Version))
	}
	h.Set("Content-Type", "application/json")
	if res.Outcome != repo.Unchanged {
		w.WriteHeader(http.StatusCreated)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// apiReplace records a state as the next version of an article, if nobody else has
// recorded since the version that If-Match names.
func (s *Server) apiReplace(w http.ResponseWriter, r *http.Request) error {
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	base, named, err := st.basis(r)
	if err != nil {
		return err
	}
	d, err := s.apiDraft(w, r)
	if err != nil {
		return err
	}
	d.Article = st.id.String()
	if !d.Input.ID.IsZero() && d.Input.ID != st.id {
		return badRequest("the state names another article: " + d.Input.ID.String())
	}
	if named == "" { // If-Match: *
		return s.apiRecordDraft(r.Context(), w, d)
	}
	d.IfVersion = named
	results, err := s.store.Record(r.Context(), []repo.Draft{d}, repo.RecordOptions{})
	if err != nil {
		return err
	}
	var conflict *repo.ConflictError
	var missing *repo.NotFoundError
	if errors.As(results[0].Err, &conflict) || errors.As(results[0].Err, &missing) {
		return s.conflict(r.Context(), st, base, &d.Input)
	}
	return s.outcome(w, results[0])
}

// basis reads from If-Match which version a write was made from. named is its seal,
// or "" for any; base is that version, zero where the article has none of that seal.
func (st *story) basis(r *http.Request) (base repo.Version, named string, err error) {
	list := strings.Join(r.Header.Values("If-Match"), ",")
	if list == "" {
		return base, "", &failure{status: http.StatusPreconditionRequired, text: "this wants If-Match", hint: "send the ETag of the version that you changed"}
	}
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			return base, "", nil
		}
		seal, ok := strings.CutPrefix(tag, `"`) // a weak tag is equal to none (RFC 9110, 13.1.1)
		seal, closed := strings.CutSuffix(seal, `"`)
		if !ok || !closed {
			continue
		}
		for _, v := range st.versions {
			if v.Seal.String() == seal && (base.Number == 0 || v.Place == repo.Current) {
				base, named = v, seal
			}
		}
	}
	if named == "" {
		named = strings.Repeat("0", 2*len(repo.Seal{})) // no version's: somebody recorded since, or it was made up
	}
	return base, named, nil
}

// conflict says that somebody recorded first, with what stands there now and the word
// diff of both sides against what they began with.
func (s *Server) conflict(ctx context.Context, st *story, base repo.Version, sent *schema.Input) error {
	current, err := s.store.Version(ctx, st.id, "current")
	if err != nil {
		return err
	}
	from := base
	if base.Number == 0 {
		from = current
	}
	before, err := s.store.State(ctx, from)
	if err != nil {
		return err
	}
	mine, _ := schema.Apply(before, sent)
	yours, err := articleJSON(diff.States(before, &mine, diff.Options{}), diff.ShowOptions{Around: diff.AroundAll, Article: st.id.String(), FromVersion: from.Number, To: "what was sent"})
	if err != nil {
		return err
	}
	more := map[string]any{"current": current, "yours": yours}
	if base.Number > 0 {
		theirs, err := s.diffJSON(ctx, base, current)
		if err != nil {
			return err
		}
		more["theirs"] = theirs
	}
	return &failure{status: http.StatusPreconditionFailed, kind: "conflict", more: more,
		text: fmt.Sprintf("somebody recorded first: the current version is %d", current.Number), hint: "bring both sides together and send that with the ETag of the current version"}
}

// apiCorrect binds a notice to the diff that it explains.
func (s *Server) apiCorrect(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Type repo.CorrectionType `json:"type"`
		Text string              `json:"text"`
		From json.Number         `json:"from"`
		To   json.Number         `json:"to"`
	}
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	if err := apiForm(w, r, &form); err != nil {
		return err
	}
	if err := checkCorrection(form.Type, form.Text, "text"); err != nil {
		return err
	}
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	to := st.current()
	if form.To != "" {
		if to, err = st.versionOf("to", form.To); err != nil {
			return err
		}
	}
	at := st.position(to.Number)
	var from repo.Version
	if at > 0 {
		from = st.versions[at-1]
	}
	if form.From != "" {
		if from, err = st.versionOf("from", form.From); err != nil {
			return err
		}
		if st.position(from.Number) >= at {
			return badRequest("from does not stand before to in the article's Changes")
		}
	}
	c, err := s.store.Correct(r.Context(), from, to, form.Type, form.Text, repo.Actor{Author: author(r)})
	if err != nil {
		return err
	}
	b, err := json.Marshal(correctionJSON(c))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, err = w.Write(append(b, '\n'))
	return err
}

// versionOf finds the version that a member of a form names by its number.
func (st *story) versionOf(member string, n json.Number) (repo.Version, error) {
	number, err := strconv.Atoi(n.String())
	v, ok := st.number(number)
	if err != nil || !ok {
		return v, notFound(fmt.Sprintf("%s: the article has no version %.20q", member, n.String()))
	}
	return v, nil
}

// apiRestore records an old state as the new current version.
func (s *Server) apiRestore(w http.ResponseWriter, r *http.Request) error {
	var form struct {
		Version json.Number `json:"version"`
		Note    string      `json:"note"`
	}
	if err := known(r.URL.Query()); err != nil {
		return err
	}
	if err := apiForm(w, r, &form); err != nil {
		return err
	}
	st, err := s.apiStory(r)
	if err != nil {
		return err
	}
	v, err := st.versionOf("version", form.Version)
	if err != nil {
		return err
	}
	_, named, err := st.basis(r)
	if err != nil {
		return err
	}
	res, err := s.store.Restore(r.Context(), v, repo.Actor{Author: author(r), Note: form.Note, IfVersion: named})
	if err == nil {
		err = res.Err
	}
	var conflict *repo.ConflictError
	var missing *repo.NotFoundError
	if errors.As(err, &conflict) || errors.As(err, &missing) {
		current, cerr := s.store.Version(r.Context(), st.id, "current")
		if cerr != nil {
			return cerr
		}
		return &failure{status: http.StatusPreconditionFailed, kind: "conflict", more: map[string]any{"current": current},
			text: fmt.Sprintf("somebody recorded first: the current version is %d", current.Number), hint: "look at it, and send its ETag"}
	}
	if err != nil {
		return err
	}
	return s.outcome(w, res)
}
