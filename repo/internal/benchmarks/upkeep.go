package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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
	ways, err := p.upkeepWays(ctx, tail)
	if err != nil {
		return nil, err
	}
	before := packs(tail)
	var samples []sample
	for _, way := range ways {
		copied := filepath.Join(dir, "copy")
		if err := copyTree(copied, tail); err != nil {
			return nil, err
		}
		cmd := p.git(ctx, copied, way.args...)
		if way.ours {
			cmd = p.tools.store(ctx, copied, way.args...)
		}
		u, err := take(cmd)
		if err != nil {
			return nil, err
		}
		bytes, err := treeSize(filepath.Join(copied, "objects"))
		if err != nil {
			return nil, err
		}
		samples = append(samples, sample{Key: way.key, What: way.what, Ours: way.ours, Usage: u, Runs: 1, Count: p.known.PartsOf, Bytes: bytes,
			Note: fmt.Sprintf("%d packs before, %d after", before, packs(copied))})
		if err := errors.Join(p.sameTip(ctx, copied, tail), os.RemoveAll(copied)); err != nil {
			return nil, err
		}
	}
	return samples, nil
}

type upkeepWay struct {
	key, what string
	args      []string
	ours      bool
}

// upkeepWays lists what is compared. A store whose maintain has no --replay can't be
// replayed on request.
func (p *place) upkeepWays(ctx context.Context, tail string) ([]upkeepWay, error) {
	ways := []upkeepWay{
		{"maintain", "tail merge: `stemma maintain`", []string{"maintain"}, true},
		{"geometric", "`git repack --geometric=2 -d` on the same store", []string{"repack", "--geometric=2", "-d", "--quiet"}, false},
	}
	help, _, err := answer(p.tools.store(ctx, tail, "maintain", "--help"))
	if err != nil {
		return nil, err
	}
	if strings.Contains(help, "--replay") {
		ways = append(ways, upkeepWay{"replay", "replay: `stemma maintain --replay`", []string{"maintain", "--replay"}, true})
	}
	return append(ways, upkeepWay{"gc", "`git gc` on the same store", []string{"gc", "--quiet"}, false}), nil
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
