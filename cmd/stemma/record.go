package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// recordOptions are the options of record.
type recordOptions struct {
	as, article, author, published, note, correction, ifVersion string
	dryRun                                                      bool
}

func (a *app) recordCommand() *cobra.Command {
	var opt recordOptions
	cmd := &cobra.Command{
		Use:   "record [FILE...|-]",
		Short: "Record a new version of each article read",
		Long: `Record what each FILE says as a new version of its article, or as a new article.

The format is told from the file's name and content, or by --as. Which article a
state belongs to is told by the id in the file, else by its path, guid or source
address, or by --id; what is not certain becomes a new article, and the likely
twin is named.

One line is printed for each file:
  created    ID@1  HEADLINE
  recorded   ID@3  KINDS OF CHANGE  HEADLINE
  unchanged  ID@3  WHY NOTHING WAS RECORDED
A file that is refused is told on stderr with its line, field and reason; the
others are recorded, and the exit code is 5.`,
		Example: `  stemma record story.md
  stemma record --published "2018-02-06 13:49" --note "toll confirmed" story.md
  stemma record --correction correction --note "An earlier version misspelled the name." story.md
  curl -s https://example.org/story.json | stemma record --as json -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if a.inTerminal {
					return usagef("record wants a FILE, or - to read standard input")
				}
				args = []string{"-"}
			}
			if opt.article != "" && len(args) > 1 {
				return usagef("--id names one article, and %d files were given", len(args))
			}
			common := make(chan commonDraft, 1)
			go func() { common <- a.commonDraft(cmd.Context(), opt) }() // git is asked for a name while the store is opened
			return a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
				return a.record(ctx, s, args, opt, <-common)
			})(cmd, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.as, "as", "", "the files' format: markdown, json, xml, page, html, wikitext or text")
	f.StringVar(&opt.article, "id", "", "the ARTICLE that this is a version of, or a new article's id")
	f.StringVar(&opt.author, "author", "", `who wrote it: "Name <address>" (default $STEMMA_AUTHOR, else git's user)`)
	f.StringVar(&opt.published, "published", "", "when it was made public (default: what the file says, else now)")
	f.StringVar(&opt.note, "note", "", "why it changed")
	f.StringVar(&opt.correction, "correction", "", "the change is a correction, clarification or retraction; --note is its text")
	f.StringVar(&opt.ifVersion, "if-version", "", "record only if this is the current version (number or seal), else exit 4")
	f.BoolVar(&opt.dryRun, "dry-run", false, "say what would be recorded, record nothing")
	fixed(cmd, "as", inputFormatNames()...)
	fixed(cmd, "correction", "correction", "clarification", "retraction")
	completeFlag(cmd, "id", a.completeArticle())
	return cmd
}

// inputFormats are the formats that a state is read from.
func inputFormats() []schema.Format {
	return []schema.Format{schema.FormatMarkdown, schema.FormatJSON, schema.FormatXML, schema.FormatPage, schema.FormatHTML, schema.FormatWikitext, schema.FormatText}
}

func inputFormatNames() []string {
	var names []string
	for _, f := range inputFormats() {
		names = append(names, string(f))
	}
	return names
}

// record records the files and prints a line for each, in their order.
func (a *app) record(ctx context.Context, s *repo.Store, names []string, opt recordOptions, common commonDraft) error {
	if common.err != nil {
		return common.err
	}
	results := make([]repo.Result, len(names))
	var drafts []repo.Draft
	var places []int
	var failed error
	for i, name := range names {
		d, err := a.draft(name, common.format, common.draft, opt.author != "")
		if err != nil {
			results[i] = repo.Result{Outcome: repo.Refused, Reason: err.Error(), Err: err}
			continue
		}
		drafts, places = append(drafts, d), append(places, i)
	}
	if len(drafts) > 0 {
		made, err := s.Record(ctx, drafts, repo.RecordOptions{DryRun: opt.dryRun})
		if err != nil && len(made) < len(drafts) {
			return err
		}
		for i, r := range made {
			results[places[i]] = r
		}
		failed = err
	}
	for i, r := range results {
		if r.Err == nil && r.Outcome == "" {
			continue
		}
		failed = worse(failed, a.printResult(r, names[i]))
		if r.Outcome == repo.Unchanged && opt.correction != "" {
			a.hint("  nothing changed, so no correction was recorded: stemma correct %s binds one to the last change", r.Version.Article)
		}
	}
	return failed
}

// commonDraft is what all drafts of one command line share.
type commonDraft struct {
	draft  repo.Draft
	format schema.Format
	err    error // why the command line can't be followed
}

func (a *app) commonDraft(ctx context.Context, opt recordOptions) (c commonDraft) {
	d := &c.draft
	*d = repo.Draft{Article: opt.article, Note: opt.note, IfVersion: strings.TrimPrefix(opt.ifVersion, "@"), Correction: repo.CorrectionType(opt.correction)}
	if c.format, c.err = formatFlag("--as", opt.as, inputFormats()...); c.err != nil {
		return c
	}
	if d.Published, c.err = a.published(opt.published); c.err != nil {
		return c
	}
	if c.err = checkCorrection(d.Correction); c.err != nil {
		return c
	}
	if d.Correction != "" && d.Note == "" {
		c.err = usagef("--correction wants its text: give --note TEXT too")
		return c
	}
	d.Author, c.err = a.author(ctx, opt.author)
	return c
}

func checkCorrection(t repo.CorrectionType) error {
	switch t {
	case "", repo.Corrects, repo.Clarifies, repo.Retracts:
		return nil
	}
	return usagef("%q is no type of correction: correction, clarification or retraction is wanted", string(t))
}

// draft reads one file into a draft. The author that the file names goes before
// the default one, but not before one named on the command line.
func (a *app) draft(name string, format schema.Format, common repo.Draft, named bool) (repo.Draft, error) {
	f, err := a.read(name)
	if err != nil {
		return repo.Draft{}, err
	}
	in, format, err := f.parse(format)
	if err != nil {
		return repo.Draft{}, err
	}
	d := common
	if in.Author != (schema.Person{}) && !named {
		d.Author = in.Author
	}
	d.Input, d.File = in, f.name
	d.Source = repo.SourceOf{SHA256: f.sum(), Reader: string(format), Address: f.name}
	return d, nil
}

// printResult tells what became of one draft, and gives the error by which the
// command ends where it was refused.
func (a *app) printResult(r repo.Result, name string) error {
	if r.Err != nil {
		a.printRefused(r, name)
		return &quietError{exitCode(r.Err)}
	}
	for _, v := range r.Earlier {
		if err := a.printOutcome(earlierOutcome(v), v, ""); err != nil {
			return err
		}
	}
	if t := r.Twin; t != nil && a.json {
		return a.printOutcome(r.Outcome, r.Version, r.Reason, pair{"twin", t.Article.String()})
	}
	if err := a.printOutcome(r.Outcome, r.Version, r.Reason); err != nil {
		return err
	}
	if t := r.Twin; t != nil {
		a.hint("  it looks much like %s  %s", t.Article, line(t.Headline))
		a.hint("  if it is the same: stemma link %s %s", t.Article, r.Version.Article)
	}
	return nil
}

// earlierOutcome tells what a version from a page's Changes list came to.
func earlierOutcome(v repo.Version) repo.Outcome {
	if v.Number == 1 {
		return repo.Created
	}
	return repo.Recorded
}

// printOutcome prints a version with what was done, as the line that scripts
// rely on or as a version object with "result" and "reason", and more.
func (a *app) printOutcome(what repo.Outcome, v repo.Version, reason string, more ...pair) error {
	if a.json {
		return a.printVersionJSON(v, append([]pair{{"result", what}, {"reason", reason}}, more...)...)
	}
	cells := []string{string(what), fmt.Sprintf("%s@%d", v.Article, v.Number)}
	switch {
	case what == repo.Unchanged:
		cells = append(cells, or(line(reason), "same bytes"))
	case what == repo.Created:
		cells = append(cells, line(v.Headline))
	case v.Place == repo.First: // it was published before all that are known
		cells = append(cells, "first version", line(v.Headline))
	default:
		cells = append(cells, or(describe(v), "same state"), line(v.Headline))
	}
	_, err := fmt.Fprintln(a.out, strings.Join(cells, "  "))
	return err
}

// describe gives the kinds of change, and the version that is restored.
func describe(v repo.Version) string {
	kinds := diff.Summarize(v.Kinds)
	if v.Restores > 0 {
		kinds = strings.TrimPrefix(kinds+", ", ", ") + fmt.Sprintf("restores %d", v.Restores)
	}
	return kinds
}

// printRefused tells on stderr why one draft was not recorded; with --json also
// as an object on stdout, where the others of the list stand.
func (a *app) printRefused(r repo.Result, name string) {
	f := fault(r.Err)
	if a.json {
		a.printRefusedJSON(r, f, name)
		a.tellJSON(f)
		return
	}
	word := "refused"
	switch f.code {
	case exitConflict:
		word = "conflict"
	case exitFailed:
		word = "failed"
	}
	message := f.Message
	if f.code == exitRefused && f.File == "" && name != "" {
		message = name + ": " + message
	}
	fmt.Fprintf(a.stderr(), "%s  %s\n", word, line(strings.TrimPrefix(message, "conflict: ")))
	if f.Hint != "" {
		fmt.Fprintf(a.stderr(), "  %s\n", line(f.Hint))
	}
}

func (a *app) printRefusedJSON(r repo.Result, f report, name string) {
	o := struct {
		Result repo.Outcome `json:"result"`
		Reason string       `json:"reason"`
		File   string       `json:"file,omitempty"`
		Line   int          `json:"line,omitempty"`
		Field  string       `json:"field,omitempty"`
	}{repo.Refused, f.Message, or(f.File, name), f.Line, f.Field}
	var p *schema.Problem
	if errors.As(r.Err, &p) {
		o.Reason = p.Reason
	}
	if err := a.printJSON(o); err != nil {
		a.tell(err)
	}
}

// pair is one more key of a version object.
type pair struct {
	key   string
	value any
}

// printVersionJSON prints a version object with more keys before its own; those
// with an empty string are left out.
func (a *app) printVersionJSON(v repo.Version, more ...pair) error {
	b, err := versionJSON(v, more...)
	if err != nil {
		return err
	}
	_, err = a.out.Write(append(b, '\n'))
	return err
}

func versionJSON(v repo.Version, more ...pair) ([]byte, error) {
	own, err := marshal(v)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteByte('{')
	for _, p := range more {
		if p.value == "" {
			continue
		}
		value, err := marshal(p.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s,", p.key, value)
	}
	b.Write(own[1:])
	return []byte(b.String()), nil
}

// fixed completes a flag from a fixed list.
func fixed(cmd *cobra.Command, flag string, words ...string) {
	completeFlag(cmd, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeFlag sets how a flag's value is completed. The error can only say that
// there is no such flag, which TestCompletedFlagsExist would find.
func completeFlag(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	_ = cmd.RegisterFlagCompletionFunc(flag, f)
}
