package repo

import (
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/schema"
)

// ErrClosed is what a call on a closed store gives.
var ErrClosed = errors.New("the store is closed")

// NoStoreError says that there is no store where one was looked for.
type NoStoreError struct {
	Dir    string
	Reason string // why a folder that looks like a store can't be used; "" where there is none
}

func (e *NoStoreError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("%s is no store that can be used: %s", e.Dir, e.Reason)
	}
	return fmt.Sprintf("no store at %s or above it", e.Dir)
}

// NotFoundError says that a name leads to no article or version, or to several.
type NotFoundError struct {
	Name       string
	What       string    // "article", "version" or "remote"
	Candidates []Version // the current versions of the articles that fit, where several do
}

func (e *NotFoundError) Error() string {
	switch {
	case len(e.Candidates) > 0:
		more := ""
		if len(e.Candidates) >= maxCandidates {
			more = " or more"
		}
		return fmt.Sprintf("%q fits %d articles%s: say more of the name", e.Name, len(e.Candidates), more)
	case e.What == "version":
		return fmt.Sprintf("no version %s", e.Name)
	case e.What == "remote":
		return fmt.Sprintf("no remote %q", e.Name)
	}
	return fmt.Sprintf("no article %q", e.Name)
}

// ConflictError says that somebody recorded first: the article's current version
// isn't the one that the caller built on.
type ConflictError struct {
	Want    string  // as the caller named it
	Current Version // zero where the article has no version yet
}

func (e *ConflictError) Error() string {
	if e.Current.Number == 0 {
		return fmt.Sprintf("conflict: version %s was asked for, but the article has no version yet", e.Want)
	}
	return fmt.Sprintf("conflict: version %s was asked for, but the current one is %d (%s)", e.Want, e.Current.Number, e.Current.Seal.Short())
}

// BrokenError says that something in git can't be read as an article.
type BrokenError struct {
	Finding Finding
}

func (e *BrokenError) Error() string {
	f := e.Finding
	if f.Path == "" {
		return f.Reason
	}
	return fmt.Sprintf("%s in commit %.12s: %s", f.Path, f.Commit, f.Reason)
}

// refusal makes a problem of a reason.
func refusal(field, format string, args ...any) *schema.Problem {
	return &schema.Problem{Field: field, Reason: fmt.Sprintf(format, args...)}
}
