package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

type logOptions struct {
	since, until, author, category, context string
	kinds                                   []string
	corrections, quietEdits                 bool
	limit                                   int
}

func (a *app) logCommand() *cobra.Command {
	var opt logOptions
	cmd := &cobra.Command{
		Use:   "log",
		Short: "List versions over the whole store, newest first",
		Long: `List the versions of all articles in the order of recording, newest first: time of
recording (UTC), ARTICLE@V, kinds of change, author, headline.

--quiet-edits lists changes of published text that came without a note and of
which no correction tells: a headline, summary or body that reads differently. New
topics, sources and pictures are no text, white space alone is no change of it, and
what is withheld is not published. A correction from 1 to 3 tells of 2 and 3.`,
		Example: `  stemma log --since yesterday
  stemma log --kind figure --category "Disasters and accidents"
  stemma log --quiet-edits --since 2018-02-01 --until 2018-02-28`,
		Args: argCount(0, 0, ""),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error { return a.log(ctx, s, opt) }),
	}
	a.filterFlags(cmd, &opt, 0, "versions")
	return cmd
}

// filterFlags adds the options that select versions; limit is what -n is by itself,
// and what names what it counts.
func (a *app) filterFlags(cmd *cobra.Command, opt *logOptions, limit int, what string) {
	f := cmd.Flags()
	f.StringVar(&opt.since, "since", "", "recorded at this time or after it")
	f.StringVar(&opt.until, "until", "", "recorded before this time; a day counts to its end")
	f.StringVar(&opt.author, "author", "", "part of the author's name or address")
	f.StringSliceVar(&opt.kinds, "kind", nil, "any of these kinds of change: headline, figure, ...")
	f.StringVar(&opt.category, "category", "", "articles of this category")
	f.StringVar(&opt.context, "context", "", "articles about this context")
	f.BoolVar(&opt.corrections, "corrections", false, "only versions with a correction")
	f.BoolVar(&opt.quietEdits, "quiet-edits", false, "only changes of published text without note or correction")
	f.IntVarP(&opt.limit, "limit", "n", limit, "at most so many "+what+"; 0 for all")
	var kinds []string
	for _, k := range diff.AllKinds() {
		kinds = append(kinds, string(k))
	}
	fixed(cmd, "kind", kinds...)
}

func (a *app) logFilter(opt logOptions) (repo.LogFilter, error) {
	f := repo.LogFilter{
		Author: opt.author, Category: opt.category, Context: opt.context,
		Corrections: opt.corrections, QuietEdits: opt.quietEdits, Limit: opt.limit,
	}
	if opt.limit < 0 {
		return f, usagef("--limit: %d is less than none", opt.limit)
	}
	var err error
	if f.Since, err = a.since(opt.since); err != nil {
		return f, err
	}
	if f.Until, err = a.until(opt.until); err != nil {
		return f, err
	}
	for _, word := range opt.kinds {
		k, err := diff.ParseKind(strings.TrimSpace(word))
		if err != nil {
			return f, usagef("--kind: %v", err)
		}
		f.Kinds = append(f.Kinds, k)
	}
	return f, nil
}

func (a *app) log(ctx context.Context, s *repo.Store, opt logOptions) error {
	f, err := a.logFilter(opt)
	if err != nil {
		return err
	}
	a.usePager()
	for v, err := range s.Log(ctx, f) {
		if err != nil {
			return err
		}
		if a.json {
			err = a.printVersionJSON(v)
		} else {
			err = a.printLogLine(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printLogLine prints one version. The columns have fixed widths, so that the
// list can be printed while it is read.
func (a *app) printLogLine(v repo.Version) error {
	what := describe(v)
	if v.Number == 1 && what == "" {
		what = "created"
	}
	if c := v.Correction; c != nil {
		what = strings.TrimPrefix(what+", ", ", ") + string(c.Type)
	}
	name := fmt.Sprintf("%s@%d", v.Article, v.Number)
	_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s  %s\n", stamp(v.Recorded), pad(name, 29), pad(what, 24), pad(line(v.Author.Name), 16), line(v.Headline))
	if err == nil && v.Note != "" {
		_, err = fmt.Fprintf(a.out, "%21s%s\n", "", line(v.Note))
	}
	return err
}

// pad fills a cell up to a width.
func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-cells(s))) }
