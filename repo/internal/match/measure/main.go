// Command measure says how well the identity rules find real events again. It
// takes every observed version of every event, in the order in which they were
// observed, takes the ids away, and has each attributed by the rules alone.
//
//	go run ./repo/internal/match/measure [-v] [FILE.jsonl[.xz]]
//
// Without a file it reads the sample in testdata, which is compiled in. It prints
// false merges (versions attributed to another event's article) and recall (the
// share of versions after an event's first that come back to the first article of
// their event), for all dates and for either half of them, and how often each rule
// decided. -v lists every false merge and every miss. It exits 1 where a target is
// missed.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	flags.SetOutput(stderr)
	verbose := flags.Bool("v", false, "list every false merge and every miss")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 1 {
		fmt.Fprintf(stderr, "measure: one file at most is wanted, not %d\n", flags.NArg())
		return 2
	}
	events, err := load(flags.Arg(0))
	if err != nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 1
	}
	outcomes, err := replay(events)
	if err != nil {
		fmt.Fprintln(stderr, "measure:", err)
		return 1
	}
	if *verbose {
		for _, o := range outcomes {
			if o.kind == falseMerge || o.kind == missed {
				fmt.Fprint(stdout, o)
			}
		}
	}
	table := tally(outcomes)
	fmt.Fprint(stdout, table)
	if !table.met() {
		return 1
	}
	return 0
}
