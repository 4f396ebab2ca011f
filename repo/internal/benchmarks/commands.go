package main

import (
	"context"
	"os"
)

// takeCommands measures what an editor types, each as a whole process, beside the
// least that a process of this program can take.
func takeCommands(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	dir, err := p.work("commands")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	run := func(args ...string) func(int) (usage, error) {
		return func(int) (usage, error) {
			cmd := p.tools.store(ctx, p.store(), args...)
			cmd.Stdout = discard()
			return take(cmd)
		}
	}
	times := p.often(31)
	var list []contender
	for _, c := range []contender{
		{sample{Key: "version", What: "`stemma --version`"}, times, run("--version")},
		{sample{Key: "changes", What: "`stemma changes` of the hot article"}, times, run("changes", p.known.Hot)},
		{sample{Key: "show", What: "`stemma show` of the hot article"}, times, run("show", p.known.Hot)},
		{sample{Key: "diff", What: "`stemma diff` of the hot article"}, times, run("diff", p.known.Hot)},
		{sample{Key: "record", What: "`stemma record`"}, times, p.recordCommand(ctx, dir)},
	} {
		c.sample.Ours = true
		list = append(list, c)
	}
	return contest(list)
}
