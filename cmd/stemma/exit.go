package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// The exit codes, as `stemma help exit-codes` explains them.
const (
	exitDone        = 0
	exitFailed      = 1 // also: diff --exit-code where there is a difference, verify where something is wrong
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitRefused     = 5
	exitInterrupted = 130
)

// usageError is a command line that can't be meant.
type usageError struct {
	message string
	hint    string // what to type instead; "" for the command's --help
	command string // the command that was typed, for the hint
}

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

// quietError ends the command with a code; everything has been said already.
type quietError struct{ code int }

func (e *quietError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

func withHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// exitCode is the one switch from errors to exit codes.
func exitCode(err error) int { return fault(err).code }

// report is an error as it is told: in words, or as the JSON of CLI errors.
type report struct {
	code       int
	candidates []repo.Version
	Kind       string `json:"kind"`
	Message    string `json:"message"`
	File       string `json:"file,omitempty"`
	Line       int    `json:"line,omitempty"`
	Field      string `json:"field,omitempty"`
	Hint       string `json:"hint,omitempty"`
}

// notThere is a *repo.NoStoreError about a folder that was named: nobody looked
// above it.
type notThere struct{ *repo.NoStoreError }

func (e *notThere) Error() string { return "no store at " + e.Dir }

func (e *notThere) Unwrap() error { return e.NoStoreError }

// fault says what an error comes to.
func fault(err error) report {
	var (
		quiet    *quietError
		usage    *usageError
		notFound *repo.NotFoundError
		noStore  *repo.NoStoreError
		conflict *repo.ConflictError
		broken   *repo.BrokenError
		problem  *schema.Problem
		hint     *hinted
		path     *fs.PathError
	)
	if err == nil {
		return report{code: exitDone}
	}
	r := report{code: exitFailed, Kind: "failed", Message: err.Error()}
	switch {
	case errors.As(err, &quiet):
		r.code = quiet.code
	case errors.Is(err, context.Canceled):
		r.code, r.Kind, r.Message = exitInterrupted, "interrupted", "interrupted"
		r.Hint = "what was recorded stays; run the same command again to go on"
	case errors.As(err, &usage):
		r.code, r.Kind, r.Hint = exitUsage, "usage", usage.hint
		if r.Hint == "" {
			r.Hint = "see " + strings.TrimSpace("stemma "+usage.command) + " --help"
		}
	case remoteFault(err, &r), accountFault(err, &r):
	case errors.As(err, &noStore):
		r.code, r.Kind = exitNotFound, "no-store"
		r.Hint = "make one with: stemma init; or name one with --store DIR or $STEMMA_STORE"
	case errors.As(err, &notFound):
		r.code, r.Kind, r.candidates = exitNotFound, "not-found", notFound.Candidates
		article, _, _ := strings.Cut(notFound.Name, "@")
		switch {
		case len(notFound.Candidates) > 0:
		case notFound.What == "article" && namesVersion(notFound.Name):
			r.Hint = "an article is wanted here, not one version of it: leave the @ and what follows away"
		case notFound.What == "version" && article != "":
			r.Hint = "list its versions with: stemma changes " + article
		default:
			r.Hint = "stemma help articles says how articles and versions are named"
		}
	case errors.As(err, &conflict):
		r.code, r.Kind = exitConflict, "conflict"
		if conflict.Current.Number > 0 {
			r.Hint = "look at what was recorded meanwhile with: stemma diff " + conflict.Current.Article.String()
		}
	case errors.As(err, &problem):
		r.code, r.Kind, r.Hint = exitRefused, "refused", problem.Hint
		r.File, r.Line, r.Field = problem.File, problem.Line, problem.Field
	case errors.As(err, &broken):
		r.Kind, r.Hint = "broken", broken.Finding.Hint
	case errors.As(err, &path):
		r.Message = fmt.Sprintf("cannot %s %s: %v", path.Op, path.Path, path.Err)
	}
	if errors.As(err, &hint) {
		r.Hint = hint.hint
	}
	return r
}

func namesVersion(name string) bool {
	_, v := repo.SplitName(name)
	return v != ""
}

// tell says on stderr what went wrong, on one line or two.
func (a *app) tell(err error) {
	var quiet *quietError
	if err == nil || errors.As(err, &quiet) {
		return
	}
	r := fault(err)
	if a.json {
		a.tellJSON(r)
		return
	}
	fmt.Fprintf(a.stderr(), "stemma: %s\n", line(r.Message))
	for _, v := range r.candidates {
		fmt.Fprintf(a.stderr(), "  %s  %s  %s\n", v.Article, v.Date, line(v.Headline))
	}
	if r.Hint != "" {
		fmt.Fprintf(a.stderr(), "  %s\n", line(r.Hint))
	}
}

func (a *app) tellJSON(r report) {
	b, err := json.Marshal(struct {
		Error      report         `json:"error"`
		Candidates []repo.Version `json:"candidates,omitempty"`
	}{r, r.candidates})
	if err != nil {
		fmt.Fprintf(a.stderr(), "stemma: %s\n", line(r.Message))
		return
	}
	fmt.Fprintf(a.stderr(), "%s\n", escapeJSON(b))
}

// worse gives the error that decides the exit of a command that went on after
// errors: a refusal before a conflict, a conflict before what was not found.
func worse(a, b error) error {
	if exitCode(b) > exitCode(a) {
		return b
	}
	return a
}
