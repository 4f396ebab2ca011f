package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

type correctOptions struct {
	actorOptions
	kind, text, from, to string
}

func (a *app) correctCommand() *cobra.Command {
	var opt correctOptions
	cmd := &cobra.Command{
		Use:   "correct ARTICLE --type TYPE --text TEXT",
		Short: "Add a correction, bound to the diff that it explains",
		Long: `Add a notice to what changed between two versions: to the last change if none are
named. It is no version: nothing that was published changes by it. It shows, with
what it explains, in changes and in every diff that holds it, and in
log --corrections; log --quiet-edits lists the changes that have none.`,
		Example: `  stemma correct amtrak-collides --type correction --text "An earlier version misstated the toll."
  stemma correct amtrak-collides --from 1 --to 2 --type clarification --text "The toll was not final."`,
		Args:              argCount(1, 1, "one ARTICLE"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			return a.correct(ctx, s, args[0], opt)
		}),
	}
	opt.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&opt.kind, "type", "", "correction, clarification or retraction")
	f.StringVar(&opt.text, "text", "", "what readers are told")
	f.StringVar(&opt.from, "from", "", "the version that was wrong (default the one before --to)")
	f.StringVar(&opt.to, "to", "", "the version that mends it (default the current one)")
	fixed(cmd, "type", "correction", "clarification", "retraction")
	return cmd
}

func (a *app) correct(ctx context.Context, s *repo.Store, article string, opt correctOptions) error {
	kind := repo.CorrectionType(opt.kind)
	if kind == "" {
		return usagef("correct wants --type correction, clarification or retraction")
	}
	if err := checkCorrection(kind); err != nil {
		return err
	}
	if strings.TrimSpace(opt.text) == "" {
		return usagef("correct wants --text, what readers are told")
	}
	by, err := a.actor(ctx, opt.actorOptions)
	if err != nil {
		return err
	}
	id, err := s.Resolve(ctx, article)
	if err != nil {
		return err
	}
	from, to, err := correctedVersions(ctx, s, id, opt)
	if err != nil {
		return err
	}
	c, err := s.Correct(ctx, from, to, kind, opt.text, by)
	if err != nil {
		return err
	}
	v, err := s.Version(ctx, id, fmt.Sprint(c.To))
	if err != nil {
		return err
	}
	if a.json {
		return a.printVersionJSON(v, pair{"result", "corrected"})
	}
	fmt.Fprintf(a.out, "corrected  %s  %s  %s\n", name(v), c.Type, line(v.Headline))
	return a.printCorrected(ctx, s, c, from, to)
}

// printCorrected shows what a new correction explains.
func (a *app) printCorrected(ctx context.Context, s *repo.Store, c repo.Correction, from, to repo.Version) error {
	x := corrected{Correction: c}
	if from.Number > 0 {
		var err error
		if x.diff, err = s.Diff(ctx, from, to, diff.Options{}); err != nil {
			return err
		}
	}
	width := 0
	if a.outTerminal {
		width, _ = a.size()
	}
	lines, err := x.lines(to.Article, a.color(), width)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, strings.Join(lines, "\n"))
	return err
}

func correctedVersions(ctx context.Context, s *repo.Store, id schema.ID, opt correctOptions) (from, to repo.Version, err error) {
	to, err = s.Version(ctx, id, or(strings.TrimPrefix(opt.to, "@"), "current"))
	if err != nil {
		return from, to, err
	}
	if opt.from == "" {
		from, _, err = s.Before(ctx, to)
		return from, to, err
	}
	from, err = s.Version(ctx, id, strings.TrimPrefix(opt.from, "@"))
	if err == nil && (from.Number == to.Number || to.Published.Before(from.Published)) {
		err = usagef("--from: version %d does not stand before version %d, which is to mend it", from.Number, to.Number)
	}
	return from, to, err
}
