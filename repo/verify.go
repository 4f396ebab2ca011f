package repo

import (
	"context"

	"github.com/stemma-project/stemma/schema"
)

// VerifyOptions are the options of [Store.Verify].
type VerifyOptions struct {
	// Progress, which may be nil, is called now and then: how much of a step is
	// done, of how much. It is never called by two goroutines at once.
	Progress func(step VerifyStep, done, total int)
}

// VerifyStep is one of the things that Verify does, one after another.
type VerifyStep string

const (
	VerifyObjects VerifyStep = "objects"  // each object against its name, and what it names
	VerifyHistory VerifyStep = "commits"  // seals, canonical form, ids, messages
	VerifyIndex   VerifyStep = "versions" // the index against what git gives
	VerifyFiles   VerifyStep = "articles" // the files on main against the current versions
)

// Finding is one thing that Verify found wrong.
type Finding struct {
	Article schema.ID // zero where no article is concerned
	Version int       // 0 where no version is concerned
	Commit  string
	Path    string // of the file in git
	Field   string
	Reason  string // what is wrong
	Hint    string // what to do
}

// Report is what Verify looked at and what it found.
type Report struct {
	Objects, Commits, Articles, Versions int
	Findings                             []Finding
}

// Verify checks the whole store from git alone and reports everything that does
// not hold: damaged or missing objects, versions whose seal doesn't recompute,
// files that aren't in canonical form or can't be read, history that was
// rewritten, and an index that differs from a rebuild. An error means that the
// check itself could not be finished. Where objects are damaged or missing, the
// versions that are lost with them are named and the rest is left for the next time.
func (s *Store) Verify(ctx context.Context, opt VerifyOptions) (*Report, error) {
	v := &verifier{s: s, ctx: ctx, told: opt.Progress, report: &Report{}}
	for _, step := range []func() error{v.objects, v.history, v.index} {
		if err := step(); err != nil {
			return v.report, err
		}
		if v.damaged {
			return v.report, v.unreadable() // the rest can't be checked without it
		}
	}
	return v.report, nil
}

type verifier struct {
	s       *Store
	ctx     context.Context
	told    func(step VerifyStep, done, total int)
	report  *Report
	damaged bool
	check   *commitCheck
}

func (v *verifier) found(f Finding) { v.report.Findings = append(v.report.Findings, f) }

// progress gives what to call with how much of a step is done; nil where nobody asks.
func (v *verifier) progress(step VerifyStep) func(done, total int) {
	if v.told == nil {
		return nil
	}
	return func(done, total int) { v.told(step, done, total) }
}
