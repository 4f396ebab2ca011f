package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check everything: git objects, seals, and the index against git",
		Long: `Check every git object and that none is missing, every version's seal against the
fields it stands over and the version before it, the form of every file, the index
against what git holds, and that main shows the current versions. Prints what was
checked, or one line for each thing that is wrong with where and what to do, and
exits 1 then. What it reads is not changed.`,
		Args: argCount(0, 0, ""),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error { return a.verify(ctx, s) }),
	}
}

func (a *app) verify(ctx context.Context, s *repo.Store) error {
	var p *progress
	step := repo.VerifyStep("")
	report, err := s.Verify(ctx, repo.VerifyOptions{Progress: func(now repo.VerifyStep, done, total int) {
		if now != step { // each has a rate and a time left of its own
			if p != nil {
				p.clear()
			}
			p, step = a.progress(string(now)).everywhere(), now
		}
		p.of(done, total)
	}})
	if p != nil {
		p.clear()
	}
	if err != nil {
		return err
	}
	if a.json {
		err = a.printReportJSON(report)
	} else {
		err = a.printReport(report)
	}
	if err == nil && len(report.Findings) > 0 {
		err = &quietError{exitFailed}
	}
	return err
}

// of shows progress where the whole is known.
func (p *progress) of(done, total int) {
	share := 0.0
	if total > 0 {
		share = float64(done) / float64(total)
	}
	p.at(done, share)
}

func (a *app) printReport(r *repo.Report) error {
	for _, f := range r.Findings {
		if _, err := fmt.Fprintln(a.out, findingLine(f)); err != nil {
			return err
		}
	}
	if len(r.Findings) > 0 {
		a.hint("%d findings in %d objects, %d commits, %d articles, %d versions", len(r.Findings), r.Objects, r.Commits, r.Articles, r.Versions)
		return nil
	}
	_, err := fmt.Fprintf(a.out, "ok: %d objects, %d commits, %d articles, %d versions\n", r.Objects, r.Commits, r.Articles, r.Versions)
	return err
}

// findingLine says where something is wrong, what, and what to do.
func findingLine(f repo.Finding) string {
	var where []string
	if !f.Article.IsZero() {
		where = append(where, f.Article.String())
		if f.Version > 0 {
			where[0] += fmt.Sprintf("@%d", f.Version)
		}
	}
	if f.Commit != "" {
		where = append(where, "commit "+f.Commit[:min(12, len(f.Commit))])
	}
	if f.Path != "" {
		where = append(where, line(f.Path))
	}
	text := strings.Join(where, "  ")
	if text != "" {
		text += ": "
	}
	if f.Field != "" {
		text += f.Field + ": "
	}
	text += line(f.Reason)
	if f.Hint != "" {
		text += " (" + line(f.Hint) + ")"
	}
	return text
}

func (a *app) printReportJSON(r *repo.Report) error {
	return a.printJSON(struct {
		OK       bool          `json:"ok"`
		Objects  int           `json:"objects"`
		Commits  int           `json:"commits"`
		Articles int           `json:"articles"`
		Versions int           `json:"versions"`
		Findings []jsonFinding `json:"findings"`
	}{len(r.Findings) == 0, r.Objects, r.Commits, r.Articles, r.Versions, jsonFindings(r.Findings)})
}

// jsonFinding is a finding as --json prints it.
type jsonFinding struct {
	Article string `json:"article,omitempty"`
	Version int    `json:"version,omitempty"`
	Commit  string `json:"commit,omitempty"`
	Path    string `json:"path,omitempty"`
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason"`
	Hint    string `json:"hint,omitempty"`
}

func jsonFindings(list []repo.Finding) []jsonFinding {
	out := make([]jsonFinding, 0, len(list))
	for _, f := range list {
		out = append(out, jsonFinding{f.Article.String(), f.Version, f.Commit, f.Path, f.Field, f.Reason, f.Hint})
	}
	return out
}

func (a *app) reindexCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Rebuild the derived index from git",
		Long: `Rebuild the index from git. Nothing is lost if it is deleted: it is rebuilt then
too.`,
		Args: argCount(0, 0, ""),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error {
			p := a.progress("commits")
			err := s.Reindex(ctx, p.of)
			p.clear()
			if err != nil {
				return err
			}
			return a.reindexed(ctx, s)
		}),
	}
}

// reindexed says what the index holds now, and what of git it could not read.
func (a *app) reindexed(ctx context.Context, s *repo.Store) error {
	problems, err := s.Problems(ctx)
	if err != nil {
		return err
	}
	versions, err := s.List(ctx, repo.ListFilter{})
	if err != nil {
		return err
	}
	for _, f := range problems {
		a.hint("%s", findingLine(f))
	}
	if a.json {
		return a.printJSON(map[string]int{"articles": len(versions), "problems": len(problems)})
	}
	_, err = fmt.Fprintf(a.out, "the index is rebuilt: %d articles\n", len(versions))
	return err
}
