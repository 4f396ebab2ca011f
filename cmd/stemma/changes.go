package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type changesOptions struct{ recorded, markdown bool }

func (a *app) changesCommand() *cobra.Command {
	var opt changesOptions
	cmd := &cobra.Command{
		Use:   "changes ARTICLE",
		Short: "List an article's versions, first to current",
		Long: `List the versions of an article, first to current: number, time of publication
(UTC), author, kinds of change, headline, and what the version is among them.
The order is that of publication; numbers are given in the order of recording,
so a version that was inserted in the past keeps its later number.

Below a version stand the corrections that lead to it, each with what it explains.`,
		Example: `  stemma changes russia-and-estonia
  stemma changes /news/2015/09/26/russia-and-estonia-exchange-two-convicted-spies.md --recorded`,
		Args:              argCount(1, 1, "one ARTICLE"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.changes(ctx, s, args[0], opt)
		}),
	}
	cmd.Flags().BoolVar(&opt.recorded, "recorded", false, "show too when this store learnt of each version")
	cmd.Flags().BoolVar(&opt.markdown, "markdown", false, "print the list as it stands on event pages")
	return cmd
}

func (a *app) changes(ctx context.Context, s *repo.Store, name string, opt changesOptions) error {
	id, err := s.Resolve(ctx, name)
	if err != nil {
		return err
	}
	versions, err := s.Changes(ctx, id)
	if err != nil {
		return err
	}
	if err := a.warnOfBroken(ctx, s, id); err != nil {
		return err
	}
	if opt.markdown {
		return a.printData(schema.FormatChanges(pageChanges(versions)))
	}
	notices, err := corrections(ctx, s, id, versions)
	if err != nil {
		return err
	}
	if a.json {
		return a.printChangesJSON(id, versions, notices)
	}
	a.usePager()
	return a.printChanges(versions, notices, opt.recorded)
}

func (a *app) printChangesJSON(id schema.ID, versions []repo.Version, notices map[int][]corrected) error {
	objects := make([]json.RawMessage, len(versions))
	for i, v := range versions {
		var err error
		if objects[i], err = withCorrections(v, notices[v.Number]); err != nil {
			return err
		}
	}
	return a.printJSON(struct {
		Article  string            `json:"article"`
		Versions []json.RawMessage `json:"versions"`
	}{id.String(), objects})
}

// pageChanges gives the rows of an event page's Changes list.
func pageChanges(versions []repo.Version) []schema.PageChange {
	rows := make([]schema.PageChange, len(versions))
	for i, v := range versions {
		rows[i] = schema.NewPageChange(v.Headline, v.Path, v.Published, placeWord(v))
	}
	return rows
}

func (a *app) printChanges(versions []repo.Version, notices map[int][]corrected, recorded bool) error {
	var t table
	width := 0
	if a.outTerminal {
		width, _ = a.size()
	}
	for _, v := range versions {
		row := []string{fmt.Sprintf("%3s", strconv.Itoa(v.Number)), publishedStamp(v.Published)}
		if recorded {
			row = append(row, stamp(v.Recorded))
		}
		row = append(row, line(v.Author.Name), describe(v), fmt.Sprintf("%s (%s)", line(v.Headline), placeWord(v)))
		t.add(row...)
		for _, c := range notices[v.Number] {
			lines, err := c.lines(v.Article, a.color(), width)
			if err != nil {
				return err
			}
			for _, l := range lines {
				t.note(l)
			}
		}
	}
	return t.write(a.out)
}

// placeWord says what a version is among its article's, in the words that event
// pages use.
func placeWord(v repo.Version) string {
	switch v.Place {
	case repo.First:
		return "First version"
	case repo.Current:
		return "Current version"
	}
	return "Update"
}
