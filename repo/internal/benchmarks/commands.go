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
	var samples []sample
	for _, c := range []struct {
		key, what string
		run       func(int) (usage, error)
	}{
		{"version", "`stemma --version`", run("--version")},
		{"changes", "`stemma changes` of the hot article", run("changes", p.known.Hot)},
		{"show", "`stemma show` of the hot article", run("show", p.known.Hot)},
		{"diff", "`stemma diff` of the hot article", run("diff", p.known.Hot)},
		{"record", "`stemma record`", p.recordCommand(ctx, dir)},
	} {
		all, err := repeat(times, c.run)
		if err != nil {
			return nil, err
		}
		samples = append(samples, sample{Key: c.key, What: c.what, Ours: true, Usage: middle(all), Runs: times})
	}
	return samples, nil
}
