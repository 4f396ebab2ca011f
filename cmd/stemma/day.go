package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type dayOptions struct {
	format, at string
	recorded   bool
}

func (a *app) dayCommand() *cobra.Command {
	var opt dayOptions
	cmd := &cobra.Command{
		Use:   "day DATE",
		Short: "Print the index of a day",
		Long: `Print the index page of a day, in Markdown: the events of the day with category,
headline and summary, as they are now or as they stood at a time.`,
		Example: `  stemma day 2018-02-04
  stemma day yesterday --json
  stemma day 2018-02-04 --at "2018-02-04 18:00" --recorded`,
		Args: argCount(1, 1, "one DATE"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error { return a.dayIndex(ctx, s, args[0], opt) }),
	}
	cmd.Flags().StringVar(&opt.format, "format", "", "markdown or json (default markdown)")
	a.momentFlags(cmd, &opt.at, &opt.recorded)
	fixed(cmd, "format", "markdown", "json")
	return cmd
}

func (a *app) dayIndex(ctx context.Context, s *repo.Store, arg string, opt dayOptions) error {
	format, err := formatFlag("--format", opt.format, schema.FormatMarkdown, schema.FormatJSON)
	if err != nil {
		return err
	}
	if a.json && format == schema.FormatMarkdown {
		return usagef("--json and --format markdown exclude each other")
	}
	date, err := a.date(arg)
	if err != nil {
		return err
	}
	m, err := a.asOf(opt.at, opt.recorded)
	if err != nil {
		return err
	}
	index, versions, err := s.Day(ctx, date, m)
	if err != nil {
		return err
	}
	if a.json || format == schema.FormatJSON {
		events := make([]json.RawMessage, 0, len(versions))
		for _, v := range versions {
			b, err := versionJSON(v)
			if err != nil {
				return err
			}
			events = append(events, b)
		}
		return a.printJSON(struct {
			Date   schema.Date       `json:"date"`
			Events []json.RawMessage `json:"events"`
		}{date, events})
	}
	a.usePager()
	return a.printData(index.Bytes())
}
