package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// searchLimit is how many articles search lists where nothing else is said.
const searchLimit = 20

func (a *app) searchCommand() *cobra.Command {
	var opt logOptions
	cmd := &cobra.Command{
		Use:   "search QUERY",
		Short: "Search every version that ever was",
		Long: `List the articles of which any version, not only the current one, holds all words
of QUERY, the best first: the version from which on it does, when it was published
(UTC), author and headline; then the versions that did, and the passage.

  word            stands in it (as when compares words: case counts nowhere)
  "several words" stand in a row
  -word           does not stand in it, nor -"several words"
  word*           whatever begins so

Put a QUERY that holds quotation marks or -word into quotation marks of the shell.
The options of log choose by the version that brought what is found.`,
		Example: `  stemma search 'earthquake -turkey'
  stemma search '"death toll" rise*' --since 2018-01-01
  stemma search 最高法院 --json`,
		Args: argCount(1, -1, "a QUERY"),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.search(ctx, s, strings.Join(args, " "), opt)
		}),
	}
	a.filterFlags(cmd, &opt, searchLimit, "articles")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return &usageError{message: err.Error(), command: "search",
			hint: "put the whole query into quotation marks: stemma search 'word -other'; before one that begins with - write --"}
	})
	return cmd
}

func (a *app) search(ctx context.Context, s *repo.Store, query string, opt logOptions) error {
	f, err := a.logFilter(opt)
	if err != nil {
		return err
	}
	hits, err := s.Search(ctx, repo.SearchQuery{Text: query, Filter: f})
	if err != nil {
		return queryFault(err, "search")
	}
	a.usePager()
	for _, h := range hits {
		if a.json {
			err = a.printJSON(h)
		} else {
			err = a.printHit(ctx, s, h)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case len(hits) == 0:
		a.hint("no version holds that, nor ever did")
	case len(hits) == f.Limit && !a.json:
		a.hint("these are the best %d; -n 0 lists all", f.Limit)
	}
	return nil
}

// shownSpans is how many of the times are named at which an article satisfied a query.
const shownSpans = 3

func (a *app) printHit(ctx context.Context, s *repo.Store, h repo.Hit) error {
	v := h.Version
	_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s\n", pad(publishedStamp(v.Published), 19), pad(fmt.Sprintf("%s@%d", v.Article, v.Number), 29),
		pad(line(v.Author.Name), 16), line(v.Headline))
	if err != nil {
		return err
	}
	var spans []string
	for i, x := range h.Stood {
		if i == shownSpans-1 && len(h.Stood) > shownSpans {
			spans = append(spans, fmt.Sprintf("%d more", len(h.Stood)-i))
			break
		}
		text := fmt.Sprintf("since @%d", x.From.Number)
		if x.Until != nil {
			text = fmt.Sprintf("@%d until @%d (%s)", x.From.Number, x.Until.Number, publishedStamp(x.Until.Published))
		}
		spans = append(spans, text)
	}
	if h.Stands() {
		cur, err := s.Version(ctx, v.Article, "current")
		if err != nil {
			return err
		}
		if cur.Status == schema.Canceled {
			spans = append(spans, fmt.Sprintf("withdrawn %s", publishedStamp(cur.Published)))
		}
	}
	_, err = fmt.Fprintf(a.out, "%21s%s\n%21s%s: %s\n", "", strings.Join(spans, ", "), "", h.Field, a.marked(h.Passage))
	return err
}
