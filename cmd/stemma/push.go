package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) pushCommand() *cobra.Command {
	var without bool
	cmd := &cobra.Command{
		Use:   "push [REMOTE]",
		Short: "Bring another store up to what this one holds",
		Long: `Send to a remote what it doesn't have yet. REMOTE is the name of one; without it
the only one there is, or origin.

The other store's history only ever grows: where it holds versions that are not
here, nothing is sent and the exit code is 4. Pull first then.`,
		Example: `  stemma push
  stemma push desk`,
		Args:              argCount(0, 1, "one REMOTE at most"),
		ValidArgsFunction: a.completeRemote,
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			p, err := s.Push(ctx, a.gitProgram(without), first(args))
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(struct {
					Remote  string `json:"remote"`
					Tip     string `json:"tip,omitempty"`
					Commits int    `json:"commits"`
				}{p.Remote, p.Tip, p.Commits})
			}
			switch {
			case p.Tip == "":
				fmt.Fprintln(a.out, "nothing to push: the store is empty")
			case p.Commits == 0:
				fmt.Fprintf(a.out, "%s is up to date\n", line(p.Remote))
			default:
				fmt.Fprintf(a.out, "pushed %s to %s\n", count(p.Commits, "commit", "commits"), line(p.Remote))
			}
			return nil
		}),
	}
	withoutGit(cmd, &without)
	return cmd
}
