package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

type whenOptions struct{ exact, regex bool }

func (a *app) whenCommand() *cobra.Command {
	var opt whenOptions
	cmd := &cobra.Command{
		Use:   `when "PHRASE" [ARTICLE]`,
		Short: "Tell when a phrase appeared, went and came back",
		Long: `Tell in which versions a phrase appeared, went or came back, in one article or in
the whole store, in the order of publication: time of publication (UTC), event,
ARTICLE@V, author, headline; below that the field and the passage. Fields are the
headline, summary, body, byline, category, the image's caption and credit, contexts,
and the names of sources.

A phrase is words in a row: case, punctuation, and white space of any length, be it
the end of a paragraph, count nowhere; signs such as $ and % are words. --exact
compares the very characters, --regex takes a regular expression (Go's syntax, in
which ^ and $ are the ends of lines). Both are found within words too, and take
longer where no word is certain in them. Nothing is found across two fields. A
withdrawal takes no words away.`,
		Example: `  stemma when "according to police"
  stemma when "7 dead" bomb-blast-in-baghdad
  stemma when --exact "U.S.-led" --json
  stemma when --regex "[0-9]+ (dead|killed)"`,
		Args:              argCount(1, 2, `a "PHRASE", and an ARTICLE or none`),
		ValidArgsFunction: a.completeArticle(1),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.when(ctx, s, args, opt)
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&opt.exact, "exact", false, "compare the very characters, not words")
	f.BoolVar(&opt.regex, "regex", false, "take the phrase for a regular expression")
	cmd.MarkFlagsMutuallyExclusive("exact", "regex")
	return cmd
}

func (a *app) when(ctx context.Context, s *repo.Store, args []string, opt whenOptions) error {
	q := repo.WhenQuery{Text: args[0]}
	switch {
	case opt.exact:
		q.Match = repo.MatchExact
	case opt.regex:
		q.Match = repo.MatchRegexp
	}
	if len(args) > 1 {
		var err error
		if q.Article, err = s.Resolve(ctx, args[1]); err != nil {
			return err
		}
	}
	p, warned := a.progress("articles").everywhere(), false
	q.Scan = func(done, total int) {
		if !warned {
			a.hint("the index knows whole words alone, and none is certain here: every version is read")
			warned = true
		}
		p.at(done, float64(done)/float64(total))
	}
	a.usePager()
	found := false
	var last repo.Occurrence
	for o, err := range s.When(ctx, q) {
		if !found {
			p.clear()
		}
		if err != nil {
			return queryFault(err, "when")
		}
		found = true
		if a.json {
			err = a.printJSON(whenJSON{o.Event, o.Field, o.Passage, o.Version})
		} else {
			err = a.printOccurrence(last, o)
		}
		last = o
		if err != nil {
			return err
		}
	}
	if !found {
		p.clear()
		a.hint("no version holds it, nor ever did")
	}
	return nil
}

// whenJSON is what --json prints of each event.
type whenJSON struct {
	Event   repo.Event   `json:"event"`
	Field   string       `json:"field"`
	Passage repo.Excerpt `json:"passage"`
	Version repo.Version `json:"version"`
}

// printOccurrence prints an event: its version, unless that stands above already, and
// below it the field and the passage.
func (a *app) printOccurrence(last, o repo.Occurrence) error {
	v := o.Version
	if v.Seal != last.Version.Seal || o.Event != last.Event {
		_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s  %s\n", pad(publishedStamp(v.Published), 19), pad(string(o.Event), 9),
			pad(fmt.Sprintf("%s@%d", v.Article, v.Number), 29), pad(line(v.Author.Name), 16), line(v.Headline))
		if err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "%21s%s: %s\n", "", o.Field, a.marked(o.Passage))
	return err
}

// marked shows an excerpt on one line, what was found in bold or between asterisks.
func (a *app) marked(e repo.Excerpt) string {
	for i := range e.Pieces {
		e.Pieces[i].Text = line(e.Pieces[i].Text)
	}
	if a.color() {
		return e.Marked("\x1b[1m", "\x1b[m")
	}
	return e.Marked("**", "**")
}

// queryFault makes wrong usage of what is wrong with a query.
func queryFault(err error, command string) error {
	if q, ok := errors.AsType[*repo.QueryError](err); ok {
		return &usageError{message: q.Error(), command: command}
	}
	return err
}
