package main

import (
	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/schema"
)

func (a *app) convertCommand() *cobra.Command {
	var to, as string
	cmd := &cobra.Command{
		Use:   "convert FILE --to FORMAT",
		Short: "Turn one state from one format into another, without a store",
		Long: `Read one state from FILE, or from standard input for -, and print it in another
format. An event page that is converted into a page comes out byte for byte.`,
		Example: `  stemma convert page.md --as page --to json
  stemma convert article.txt --as wikitext --to markdown`,
		Args: argCount(1, 1, "one FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if to == "" && !a.json {
				return usagef("convert wants --to FORMAT")
			}
			format, err := a.outputFormat("--to", to)
			if err != nil {
				return err
			}
			from, err := formatFlag("--as", as, inputFormats()...)
			if err != nil {
				return err
			}
			return a.convert(args[0], from, format)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the format to write: markdown, json, xml, html, text or page")
	cmd.Flags().StringVar(&as, "as", "", "the format to read: markdown, json, xml, page, html, wikitext or text")
	fixed(cmd, "to", outputFormatNames()...)
	fixed(cmd, "as", inputFormatNames()...)
	return cmd
}

func (a *app) convert(name string, from, to schema.Format) error {
	f, err := a.read(name)
	if err != nil {
		return err
	}
	in, from, err := f.parse(from)
	if err != nil {
		return err
	}
	if from == schema.FormatPage && to == schema.FormatPage {
		page, p := schema.ParsePage(f.content)
		if p != nil {
			p.File = f.name
			return p
		}
		return a.printData(page.Bytes())
	}
	in.Normalize()
	if to == schema.FormatPage && in.Date == "" {
		return &schema.Problem{File: f.name, Field: "date", Reason: "an event page begins with its day, and this text names none"}
	}
	b, err := schema.Encode(to, &in.State)
	if err != nil {
		return err
	}
	return a.printState(to, b)
}
