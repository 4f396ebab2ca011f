package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// outputFormats are the formats that a state is written in.
func outputFormats() []schema.Format {
	return []schema.Format{schema.FormatMarkdown, schema.FormatJSON, schema.FormatXML, schema.FormatHTML, schema.FormatText, schema.FormatPage}
}

func outputFormatNames() []string {
	var names []string
	for _, f := range outputFormats() {
		names = append(names, string(f))
	}
	return names
}

func (a *app) showCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "show ARTICLE[@V]",
		Short: "Print one version",
		Long: `Print one version of an article, the current one if none is named. The format
page is the event page, with Sources, Changes and Related.

What is printed in the formats markdown, json and xml can be recorded again. Into a
pipe or a file these formats, html and page go byte for byte; on a terminal, and
in the format text everywhere, invisible and control characters are made visible.`,
		Example: `  stemma show russia-and-estonia@first
  stemma show "russia-and-estonia@{3 days ago}" --format text
  stemma show russia-and-estonia --format page`,
		Args:              argCount(1, 1, "one ARTICLE or ARTICLE@V"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			format, err := a.outputFormat("--format", name)
			if err != nil {
				return err
			}
			return a.show(ctx, s, args[0], format)
		}),
	}
	cmd.Flags().StringVar(&name, "format", "", "markdown, json, xml, html, text or page (default markdown)")
	fixed(cmd, "format", outputFormatNames()...)
	return cmd
}

// outputFormat reads --format or --to, together with --json; "" is "not said".
func (a *app) outputFormat(flag, name string) (schema.Format, error) {
	format, err := formatFlag(flag, name, outputFormats()...)
	switch {
	case err != nil:
		return "", err
	case a.json && format != "" && format != schema.FormatJSON:
		return "", usagef("--json and %s %s exclude each other", flag, format)
	case a.json:
		return schema.FormatJSON, nil
	}
	return format, nil
}

func (a *app) show(ctx context.Context, s *repo.Store, name string, format schema.Format) error {
	v, err := s.ResolveVersion(ctx, name)
	if err != nil {
		return err
	}
	if v.Place == repo.Current {
		if err := a.warnOfBroken(ctx, s, v.Article); err != nil {
			return err
		}
	}
	if v.Known != schema.AllFields && v.Known != 0 {
		a.hint("of this version only the headline and the path are known: a page's Changes list told of it")
	}
	if format != schema.FormatJSON {
		a.usePager()
	}
	if format == schema.FormatPage {
		b, err := s.Page(ctx, v)
		if err != nil {
			return err
		}
		return a.printData(b)
	}
	st, err := s.State(ctx, v)
	if err != nil {
		return err
	}
	if format == "" {
		format = schema.FormatMarkdown
	}
	b, err := schema.Encode(format, st)
	if err != nil {
		return err
	}
	return a.printState(format, b)
}

// printState prints an encoded state: text with everything visible, JSON with
// escapes, the other formats as data.
func (a *app) printState(format schema.Format, b []byte) error {
	switch format {
	case schema.FormatJSON:
		b = escapeJSON(b)
	case schema.FormatText:
		b = []byte(schema.Visible(string(b)))
	default:
		return a.printData(b)
	}
	_, err := a.out.Write(b)
	return err
}
