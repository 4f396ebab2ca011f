package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) relatedCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "related ARTICLE",
		Short: "List the articles that share contexts with one",
		Long: `List the articles that share contexts with ARTICLE: those that share more come
first, then the newer ones.`,
		Example:           `  stemma related russia-and-estonia --limit 5`,
		Args:              argCount(1, 1, "one ARTICLE"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			if limit < 0 {
				return usagef("--limit: %d is less than none", limit)
			}
			return a.related(ctx, s, args[0], limit)
		}),
	}
	cmd.Flags().IntVarP(&limit, "limit", "n", 10, "at most so many articles; 0 for all")
	return cmd
}

func (a *app) related(ctx context.Context, s *repo.Store, article string, limit int) error {
	id, err := s.Resolve(ctx, article)
	if err != nil {
		return err
	}
	related, err := s.Related(ctx, id, limit)
	if err != nil {
		return err
	}
	a.usePager()
	var t table
	for _, r := range related {
		if a.json {
			if err := a.printVersionJSON(r.Version, pair{"contexts", r.Contexts}); err != nil {
				return err
			}
			continue
		}
		t.add(name(r.Version), string(r.Version.Date), line(r.Version.Headline))
		t.note("     Context: " + line(strings.Join(r.Contexts, ", ")))
	}
	return t.write(a.out)
}
