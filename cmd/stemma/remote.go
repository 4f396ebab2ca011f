package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

// gitProgram is how git is run to reach other stores: in the user's environment, so
// that ssh and credentials work; what it says goes to a terminal alone.
func (a *app) gitProgram(without bool) repo.GitProgram {
	g := repo.GitProgram{Environ: a.environ, Without: without}
	if a.errTerminal && !a.json {
		g.Progress = a.world.err
	}
	return g
}

// withoutGit adds the flag by which git is left out.
func withoutGit(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "without-git", false, "reach the other store without the git program, as where there is none")
}

// remoteFault tells of an error that concerns another store.
func remoteFault(err error, r *report) bool {
	var (
		behind    *repo.BehindError
		conflict  *repo.MergeConflictError
		unrelated *repo.UnrelatedError
		transport *repo.TransportError
		missing   *repo.NotFoundError
	)
	switch {
	case errors.As(err, &behind):
		r.code, r.Kind = exitConflict, "conflict"
		r.Hint = "take them in first with: stemma pull " + behind.Remote
	case errors.As(err, &conflict):
		r.code, r.Kind = exitConflict, "conflict"
		r.Hint = "say which state is to stand: stemma pull " + conflict.Remote + " --resolve ours|theirs|edit"
	case errors.As(err, &unrelated):
		r.Kind = "unrelated"
		r.Hint = "stemma import git takes in the articles of another history"
		if unrelated.Lost != "" {
			r.Hint = fmt.Sprintf("ask there what became of it; to trust the new history: stemma remote remove %s, then add it again", unrelated.Remote)
		}
	case errors.As(err, &transport):
		r.Kind, r.Hint = "transport", transport.Hint
	case errors.As(err, &missing) && missing.What == "remote":
		r.code, r.Kind = exitNotFound, "not-found"
		r.Hint = "list the remotes with: stemma remote; add one with: stemma remote add NAME URL"
	default:
		return false
	}
	return true
}

func (a *app) remoteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "remote",
		Short: "List the stores that this one pulls from and pushes to; add and remove them",
		Long: `List the remotes: other stores, or repositories at any git host, by name. They
stand in the store's git config, where plain git finds them too.

A URL is a path, [user@]host:path for ssh, or one of ssh://, https://, http://,
git:// and file://.`,
		Example: `  stemma remote add desk ssh://git@example.org/news.stemma
  stemma remote remove desk`,
		Args: unknownRemoteCommand,
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error {
			list, err := s.Remotes()
			if err != nil {
				return err
			}
			var t table
			for _, r := range list {
				if a.json {
					if err := a.printJSON(r); err != nil {
						return err
					}
					continue
				}
				t.add(line(r.Name), line(r.URL))
			}
			return t.write(a.out)
		}),
	}
	cmd.AddCommand(
		&cobra.Command{
			Use:   "add NAME URL",
			Short: "Give a name to another store",
			Long: `Give a NAME, of letters, digits, - and _, to the store at URL. Nothing is fetched
yet, and nobody checks that there is a store.`,
			Example: `  stemma remote add desk ssh://git@example.org/news.stemma`,
			Args:    argCount(2, 2, "a NAME and a URL"),
			RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
				url, err := repo.CleanURL(args[1], a.dir)
				if err != nil {
					return err
				}
				return s.AddRemote(args[0], url)
			}),
		},
		&cobra.Command{
			Use:   "remove NAME",
			Short: "Forget a remote; what came from it stays",
			Long: `Forget a remote, and what its history was when it was seen last. What came from it
stays.`,
			Example:           `  stemma remote remove desk`,
			Args:              argCount(1, 1, "the NAME of a remote"),
			ValidArgsFunction: a.completeRemote,
			RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
				return s.RemoveRemote(args[0])
			}),
		})
	return cmd
}

func unknownRemoteCommand(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("remote lists the remotes, or is followed by add or remove, but was given %q", args[0])
	}
	return nil
}

// completeRemote completes the name of a remote.
func (a *app) completeRemote(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	s, err := a.open()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer s.Close()
	var names []cobra.Completion
	list, err := s.Remotes()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, r := range list {
		if strings.HasPrefix(r.Name, prefix) {
			names = append(names, r.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// first gives the first argument, "" where there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// count says how many there are of something.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
