package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// name is how a version is named on a command line: ID@3.
func name(v repo.Version) string { return fmt.Sprintf("%s@%d", v.Article, v.Number) }

// actorOptions are the options of every command that makes a version without a
// file: who does it, when, and why.
type actorOptions struct{ author, published, note, ifVersion string }

func (o *actorOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.author, "author", "", `who does it: "Name <address>" (default $STEMMA_AUTHOR, else git's user)`)
	f.StringVar(&o.published, "published", "", "when it was made public (default now)")
	f.StringVar(&o.note, "note", "", "why")
	f.StringVar(&o.ifVersion, "if-version", "", "only if this is the current version (number or seal), else exit 4")
}

func (a *app) actor(ctx context.Context, o actorOptions) (repo.Actor, error) {
	by := repo.Actor{Note: o.note, IfVersion: strings.TrimPrefix(o.ifVersion, "@")}
	var err error
	if by.Published, err = a.published(o.published); err == nil {
		by.Author, err = a.author(ctx, o.author)
	}
	return by, err
}

func (a *app) restoreCommand() *cobra.Command {
	var opt actorOptions
	cmd := &cobra.Command{
		Use:   "restore ARTICLE@V",
		Short: "Record an old state as the new current version",
		Long: `Record the state of an old version as a new, current one. Nothing is taken back:
the versions between stay where they are.`,
		Example:           `  stemma restore russia-and-estonia@1 --note "the relabelled headline was wrong"`,
		Args:              argCount(1, 1, "one ARTICLE@V"),
		ValidArgsFunction: a.completeArticle(0),
		RunE:              a.onVersion(&opt, "restore wants to know which version", (*repo.Store).Restore),
	}
	opt.flags(cmd)
	return cmd
}

func (a *app) withdrawCommand() *cobra.Command {
	var opt actorOptions
	cmd := &cobra.Command{
		Use:   "withdraw ARTICLE",
		Short: "Record that an article is withdrawn",
		Long: `Record a version with the status canceled. The article and all its versions stay;
restore brings it back.`,
		Example:           `  stemma withdraw russia-and-estonia --note "published by mistake"`,
		Args:              argCount(1, 1, "one ARTICLE"),
		ValidArgsFunction: a.completeArticle(0),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			by, err := a.actor(ctx, opt)
			if err != nil {
				return err
			}
			id, err := s.Resolve(ctx, args[0])
			if err != nil {
				return err
			}
			return a.acted(s.Withdraw(ctx, id, by))
		}),
	}
	opt.flags(cmd)
	return cmd
}

func (a *app) linkCommand() *cobra.Command {
	var opt actorOptions
	cmd := &cobra.Command{
		Use:   "link A B",
		Short: "Say that two articles are one: B's versions join A",
		Long: `Say that two articles are one. The versions of B become versions of A, B's id and
addresses lead to A from then on, and no version is lost; split takes them apart.`,
		Example:           `  stemma link amtrak-collides-at-cayce amtrak-collides-in-cayce`,
		Args:              argCount(2, 2, "two articles"),
		ValidArgsFunction: a.completeArticle(0, 1),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
			by, err := a.actor(ctx, opt)
			if err != nil {
				return err
			}
			var ids [2]schema.ID
			for i := range ids {
				if ids[i], err = s.Resolve(ctx, args[i]); err != nil {
					return err
				}
			}
			if ids[0] == ids[1] {
				return usagef("%s and %s are one article already", args[0], args[1])
			}
			return a.acted(s.Link(ctx, ids[0], ids[1], by))
		}),
	}
	opt.flags(cmd)
	return cmd
}

func (a *app) splitCommand() *cobra.Command {
	var opt actorOptions
	cmd := &cobra.Command{
		Use:   "split ARTICLE@V",
		Short: "Make a version, and what was recorded after it, an article of its own",
		Long: `Make ARTICLE@V and the versions recorded after it an article of their own, with a
new id. No version is lost; link puts them together.`,
		Example:           `  stemma split amtrak-collides@3`,
		Args:              argCount(1, 1, "one ARTICLE@V"),
		ValidArgsFunction: a.completeArticle(0),
		RunE:              a.onVersion(&opt, "split wants to know from which version on", (*repo.Store).Split),
	}
	opt.flags(cmd)
	return cmd
}

// onVersion runs a command that acts on one version; missing is what to say where
// only an article is named.
func (a *app) onVersion(opt *actorOptions, missing string, act func(*repo.Store, context.Context, repo.Version, repo.Actor) (repo.Result, error)) func(*cobra.Command, []string) error {
	return a.withStore(func(ctx context.Context, s *repo.Store, args []string) error {
		by, err := a.actor(ctx, *opt)
		if err != nil {
			return err
		}
		if !strings.Contains(args[0], "@") {
			return usagef("%s: %s@V", missing, args[0])
		}
		v, err := s.ResolveVersion(ctx, args[0])
		if err != nil {
			return err
		}
		return a.acted(act(s, ctx, v, by))
	})
}

// acted prints what such a command came to.
func (a *app) acted(r repo.Result, err error) error {
	if err == nil {
		err = r.Err
	}
	if err != nil {
		return err
	}
	return a.printResult(r, "")
}
