package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// takeHistory lists the hot article's versions: by the store, and by git log with
// ever more help.
func takeHistory(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	times := p.often(31)
	list, _, err := answer(p.tools.store(ctx, p.store(), "changes", p.known.Hot))
	if err != nil {
		return nil, err
	}
	if n := strings.Count(list, "\n") + 1; n != p.known.HotCount {
		return nil, fmt.Errorf("stemma changes lists %d versions, and there are %d", n, p.known.HotCount)
	}
	runs, err := repeat(times, func(int) (usage, error) {
		cmd := p.tools.store(ctx, p.store(), "changes", p.known.Hot)
		cmd.Stdout = discard()
		return take(cmd)
	})
	if err != nil {
		return nil, err
	}
	samples := []sample{{Key: "stemma", What: fmt.Sprintf("`stemma changes` of %d versions", p.known.HotCount), Ours: true, Usage: middle(runs), Runs: times}}
	for _, help := range []struct {
		key, what string
		graph     []string
	}{
		{"log", "`git log -- PATH`", nil},
		{"log graph", "`git log -- PATH`, commit-graph", []string{"commit-graph", "write", "--reachable"}},
		{"log bloom", "`git log -- PATH`, commit-graph with Bloom filters", []string{"commit-graph", "write", "--reachable", "--changed-paths"}},
	} {
		if err := dropGraph(p.peer()); err != nil {
			return nil, err
		}
		if help.graph != nil {
			if err := silent(p.git(ctx, p.peer(), help.graph...)); err != nil {
				return nil, err
			}
		}
		s, err := p.gitLog(ctx)
		if err != nil {
			return nil, err
		}
		s.Key, s.What = help.key, help.what
		samples = append(samples, s)
	}
	return samples, dropGraph(p.peer())
}

// gitLog measures git log of the hot article's file.
func (p *place) gitLog(ctx context.Context) (sample, error) {
	times := p.runs(11, 3)
	runs, err := repeat(times, func(int) (usage, error) {
		out, u, err := answer(p.git(ctx, p.peer(), "log", "--format=%H %at %an %s", "main", "--", p.known.HotPath))
		if n := strings.Count(out, "\n") + 1; err == nil && n != p.known.HotCount {
			err = fmt.Errorf("git log lists %d versions, and there are %d", n, p.known.HotCount)
		}
		return u, err
	})
	return sample{Usage: middle(runs), Runs: times}, err
}

// dropGraph removes a repository's commit-graph.
func dropGraph(dir string) error {
	info := filepath.Join(dir, "objects", "info")
	return errors.Join(os.RemoveAll(filepath.Join(info, "commit-graph")), os.RemoveAll(filepath.Join(info, "commit-graphs")))
}

// takeIndex builds what is derived: the store's index, and git's Bloom filters,
// which answer a part of what the index does.
func takeIndex(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	times := p.runs(3, 1)
	ours, err := repeat(times, func(int) (usage, error) { return take(p.tools.store(ctx, p.store(), "reindex")) })
	if err != nil {
		return nil, err
	}
	git, err := repeat(times, func(int) (usage, error) {
		if err := dropGraph(p.peer()); err != nil {
			return usage{}, err
		}
		return take(p.git(ctx, p.peer(), "commit-graph", "write", "--reachable", "--changed-paths"))
	})
	if err != nil {
		return nil, err
	}
	index, err := treeSize(filepath.Join(p.store(), "stemma"))
	if err != nil {
		return nil, err
	}
	graph, err := treeSize(filepath.Join(p.peer(), "objects", "info"))
	if err != nil {
		return nil, err
	}
	return []sample{
		{Key: "stemma", What: "`stemma reindex`", Ours: true, Usage: middle(ours), Runs: times, Count: p.size, Bytes: index},
		{Key: "bloom", What: "`git commit-graph write --changed-paths`", Usage: middle(git), Runs: times, Count: p.size, Bytes: graph},
	}, dropGraph(p.peer())
}

// takeVerify checks the store by its own means, and its objects by git's.
func takeVerify(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	times := p.runs(3, 1)
	ours, err := repeat(times, func(int) (usage, error) { return take(p.tools.store(ctx, p.store(), "verify")) })
	if err != nil {
		return nil, err
	}
	git, err := repeat(times, func(int) (usage, error) {
		return take(p.git(ctx, p.store(), "fsck", "--strict", "--no-progress"))
	})
	return []sample{
		{Key: "stemma", What: "`stemma verify`: objects, seals, canonical files, index", Ours: true, Usage: middle(ours), Runs: times, Count: p.size},
		{Key: "fsck", What: "`git fsck --strict` on the store: objects", Usage: middle(git), Runs: times, Count: p.size},
	}, err
}
