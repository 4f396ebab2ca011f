package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// failure is an error that a handler answers with: a status and what the reader may
// know. What went wrong inside is logged and not shown.
type failure struct {
	status int
	text   string
	hint   string
	header [2]string      // a header field of the answer, with its value; none where it is empty
	kind   string         // of programs' interest: "conflict"; "" follows from the status
	more   map[string]any // what programs are told besides
}

func (f *failure) Error() string { return f.text }

// notFound is what stands at no address.
func notFound(text string) error { return &failure{status: http.StatusNotFound, text: text} }

// badRequest is an address or a form that can't be understood.
func badRequest(text string) error { return &failure{status: http.StatusBadRequest, text: text} }

// errorBody is what the page of an error says.
type errorBody struct {
	Title, Text, Hint string
	Link              string // the Changes of the article that was asked for, "" where there is none
}

// errorPage gives what the page of an error says to whom the request comes from.
func errorPage(r *http.Request, f *failure) errorBody {
	body := errorBody{Title: statusTitle(f.status), Text: f.text, Hint: f.hint}
	if st := visitOf(r).story; st != nil && len(st.versions) > 0 {
		body.Link = address(st.current().Path, viewChanges, "html")
	}
	return body
}

// statusTitle heads the page of an error: what happened, as a reader would say it.
func statusTitle(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		return "That can't be understood"
	case http.StatusUnauthorized:
		return "Sign in first"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Not possible here"
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		return "Somebody was first"
	case http.StatusRequestEntityTooLarge:
		return "Too long"
	case http.StatusTooManyRequests:
		return "Too many requests"
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return "Not available now"
	}
	if status >= http.StatusInternalServerError {
		return "Something went wrong"
	}
	return http.StatusText(status)
}

// statusOf is the one table from errors to statuses, in the order in which it is
// asked.
func statusOf(err error) *failure {
	var f *failure
	var missing *repo.NotFoundError
	var conflict *repo.ConflictError
	var problem *schema.Problem
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &missing):
		f = &failure{status: http.StatusNotFound, text: err.Error()}
		if len(missing.Candidates) > 0 {
			f.more = map[string]any{"candidates": missing.Candidates}
		}
		return f
	case errors.As(err, &conflict):
		return &failure{status: http.StatusConflict, text: err.Error(), hint: "read the current version, then change that", kind: "conflict",
			more: map[string]any{"current": conflict.Current}}
	case errors.As(err, &problem):
		return &failure{status: http.StatusUnprocessableEntity, text: err.Error(), hint: problem.Hint, kind: "refused", more: problemMembers(problem)}
	case errors.As(err, &long):
		return &failure{status: http.StatusRequestEntityTooLarge, text: "what was sent is too long", hint: fmt.Sprintf("at most %d bytes are taken here", long.Limit)}
	case errors.Is(err, errForm):
		return &failure{status: http.StatusBadRequest, text: "the form can't be read"}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &failure{status: http.StatusServiceUnavailable, text: "the answer took too long", hint: "ask for less, or again later"}
	}
	return &failure{status: http.StatusInternalServerError, text: "something went wrong here", hint: "it was noted; try again later"}
}

// queryProblem tells an error of what a reader typed from one of the store.
func queryProblem(err error) (text string, ok bool) {
	var bad *repo.QueryError
	if errors.As(err, &bad) {
		return bad.Error(), true
	}
	return "", false
}
