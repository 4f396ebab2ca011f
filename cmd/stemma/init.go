package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Make a store",
		Long: `Make an empty store in DIR, or in the folder that --store or $STEMMA_STORE
names, else here. The folder must be empty or not exist yet.

A store is an ordinary bare git repository: it can be cloned, pushed and read
with git at any time.`,
		Example: `  stemma init newsroom
  stemma -C newsroom record story.md`,
		Args: argCount(0, 1, "one folder at most"),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := or(a.store, a.getenv("STEMMA_STORE"))
			if len(args) > 0 {
				dir = args[0]
			}
			s, err := repo.Init(a.path(or(dir, ".")))
			if err != nil {
				return err
			}
			defer s.Close()
			if a.json {
				return a.printJSON(map[string]string{"store": s.Dir()})
			}
			fmt.Fprintf(a.out, "made a store in %s\n", line(s.Dir()))
			return nil
		},
	}
}
