package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// takeUpkeep makes one pack of many, and one pack of everything, against git's own
// ways, each on a copy of the same store: the first versions of the workload, as
// so many imports left them.
func takeUpkeep(ctx context.Context, p *place) ([]sample, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	dir, err := p.work("upkeep")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	tail := filepath.Join(dir, "tail")
	if err := p.fillTail(ctx, tail); err != nil {
		return nil, err
	}
	before := packs(tail)
	var samples []sample
	for _, way := range p.upkeepWays(ctx) {
		s, err := p.upkeep(way, tail, filepath.Join(dir, "copy"))
		if err != nil {
			return nil, err
		}
		if err := p.sameTip(ctx, filepath.Join(dir, "copy"), tail); err != nil {
			return nil, err
		}
		s.Note = fmt.Sprintf("%d packs before, %s", before, s.Note)
		samples = append(samples, s)
	}
	return samples, nil
}

// upkeep measures one way on a fresh copy.
func (p *place) upkeep(way upkeepWay, tail, copied string) (s sample, err error) {
	if err := errors.Join(os.RemoveAll(copied), copyTree(copied, tail)); err != nil {
		return s, err
	}
	s = sample{Key: way.key, What: way.what, Ours: way.ours, Runs: 1, Count: p.known.PartsOf}
	if s.Usage, err = way.run(copied); err != nil {
		return s, err
	}
	s.Note = fmt.Sprintf("%d after", packs(copied))
	s.Bytes, err = treeSize(filepath.Join(copied, "objects"))
	return s, err
}

type upkeepWay struct {
	key, what string
	ours      bool
	run       func(dir string) (usage, error)
}

// upkeepWays lists what is compared.
func (p *place) upkeepWays(ctx context.Context) []upkeepWay {
	git := func(args ...string) func(string) (usage, error) {
		return func(dir string) (usage, error) { return take(p.git(ctx, dir, args...)) }
	}
	return []upkeepWay{
		{"maintain", "tail merge: `stemma maintain`", true, func(dir string) (usage, error) { return take(p.tools.store(ctx, dir, "maintain")) }},
		{"geometric", "`git repack --geometric=2 -d` on the same store", false, git("repack", "--geometric=2", "-d", "--quiet")},
		{"replay", "replay of everything, as upkeep does at 64,000 versions", true, func(dir string) (usage, error) {
			var replaced int
			return p.do(ctx, "replay", dir, &replaced)
		}},
		{"gc", "`git gc` on the same store", false, git("gc", "--quiet")},
	}
}

// replayTask replays a store's packs, and gives their number.
func replayTask(ctx context.Context, dir string) (replaced int, err error) {
	g, err := git.Open(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	return g.Replay(ctx)
}

// fillTail imports the first versions part by part.
func (p *place) fillTail(ctx context.Context, tail string) error {
	if err := silent(p.command(ctx, p.dir, p.stemma, "init", tail)); err != nil {
		return err
	}
	states, err := os.Open(filepath.Join(p.dir, statesFile))
	if err != nil {
		return err
	}
	defer states.Close()
	for i := range len(p.known.Parts) - 1 {
		from, to := p.known.Parts[i], p.known.Parts[i+1]
		cmd := p.tools.store(ctx, tail, "import", "jsonl", "-")
		cmd.Stdin = io.NewSectionReader(states, from, to-from)
		if err := silent(cmd); err != nil {
			return err
		}
	}
	return nil
}

// sameTip sees that upkeep left the history where it was, and whole.
func (p *place) sameTip(ctx context.Context, a, b string) error {
	var tips [2]string
	for i, dir := range []string{a, b} {
		tip, _, err := answer(p.git(ctx, dir, "rev-parse", "main"))
		if err != nil {
			return err
		}
		n, _, err := answer(p.git(ctx, dir, "rev-list", "--count", "main"))
		if err != nil {
			return err
		}
		tips[i] = tip + " " + n
	}
	if tips[0] != tips[1] {
		return fmt.Errorf("after upkeep main is %s commits, it was %s", tips[0], tips[1])
	}
	return nil
}
