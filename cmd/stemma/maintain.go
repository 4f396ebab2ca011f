package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) maintainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "maintain",
		Short: "Make many small packs one, and put the index in order",
		Long: `Make many small packs one now, and put the index in order. It is harmless at any
time, beside readers and writers, and never needed: recording keeps the number of
packs small by itself.`,
		Args: argCount(0, 0, ""),
		RunE: a.withStore(func(ctx context.Context, s *repo.Store, _ []string) error {
			m, err := s.Maintain(ctx)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]int{"packs": m.Packs})
			}
			if m.Packs == 0 {
				fmt.Fprintln(a.out, "the packs are in order already; so is the index")
				return nil
			}
			_, err = fmt.Fprintf(a.out, "made one pack of %d; the index is in order\n", m.Packs)
			return err
		}),
	}
}
