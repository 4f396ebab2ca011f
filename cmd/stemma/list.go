package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type listOptions struct {
	date, context, category, status, at string
	recorded                            bool
}

func (a *app) listCommand() *cobra.Command {
	var opt listOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List articles",
		Long: `List the articles by date: ARTICLE@V of the current version, or of the one that
was current at TIME, date, category, headline.`,
		Example: `  stemma list --date 2015-09-26
  stemma list --context Iran --at 2018-02-06`,
		Args: argCount(0, 0, ""),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error { return a.list(ctx, s, opt) }),
	}
	f := cmd.Flags()
	f.StringVar(&opt.date, "date", "", "articles of this day")
	f.StringVar(&opt.context, "context", "", "articles about this context")
	f.StringVar(&opt.category, "category", "", "articles of this category")
	f.StringVar(&opt.status, "status", "", "usable, withheld or canceled")
	a.momentFlags(cmd, &opt.at, &opt.recorded)
	fixed(cmd, "status", "usable", "withheld", "canceled")
	return cmd
}

// momentFlags adds --at and --recorded.
func (a *app) momentFlags(cmd *cobra.Command, at *string, recorded *bool) {
	cmd.Flags().StringVar(at, "at", "", "how things stood at this time; a day means its end")
	cmd.Flags().BoolVar(recorded, "recorded", false, "--at is meant by the time of recording, not of publication")
}

func (a *app) list(ctx context.Context, s *repo.Store, opt listOptions) error {
	f := repo.ListFilter{Context: opt.context, Category: opt.category, Status: schema.Status(opt.status)}
	switch f.Status {
	case "", schema.Usable, schema.Withheld, schema.Canceled:
	default:
		return usagef("--status: no status %q: usable, withheld or canceled is wanted", opt.status)
	}
	var err error
	if opt.date != "" {
		if f.Date, err = a.date(opt.date); err != nil {
			return err
		}
	}
	if f.Moment, err = a.asOf(opt.at, opt.recorded); err != nil {
		return err
	}
	versions, err := s.List(ctx, f)
	if err != nil {
		return err
	}
	if a.json {
		return a.printVersions(versions)
	}
	a.usePager()
	var t table
	for _, v := range versions {
		headline := line(v.Headline)
		if v.Status != schema.Usable && v.Status != "" {
			headline += " (" + string(v.Status) + ")"
		}
		t.add(name(v), string(v.Date), line(v.Category), headline)
	}
	return t.write(a.out)
}

// printVersions prints one version object a line.
func (a *app) printVersions(versions []repo.Version) error {
	for _, v := range versions {
		if err := a.printVersionJSON(v); err != nil {
			return err
		}
	}
	return nil
}
