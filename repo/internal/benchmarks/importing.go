package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func importMeasure() measure {
	return measure{Name: "import", Title: "Import of a prepared stream", Take: takeImport}
}

// takeImport fills both repositories from the prepared streams, and holds them
// against each other: the same files in the same tree, as many commits, the newest
// of them equally long.
func takeImport(ctx context.Context, p *place) ([]sample, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(filepath.Join(p.dir, filledFile)); err != nil {
		return nil, err
	}
	for _, name := range []string{statesFile, streamFile} {
		if err := warm(filepath.Join(p.dir, name)); err != nil {
			return nil, err
		}
	}
	times := p.runs(3, 1)
	ours, err := repeat(times, func(int) (usage, error) { return p.importStates(ctx) })
	if err != nil {
		return nil, err
	}
	git, err := repeat(times, func(int) (usage, error) { return p.fastImport(ctx) })
	if err != nil {
		return nil, err
	}
	if err := p.sameContent(ctx); err != nil {
		return nil, err
	}
	samples := []sample{
		{Key: "stemma", What: "`stemma import jsonl`, index included", Ours: true, Usage: middle(ours), Runs: times},
		{Key: "git", What: "`git fast-import`", Usage: middle(git), Runs: times},
	}
	for i, dir := range []string{p.store(), p.peer()} {
		if samples[i].Bytes, err = treeSize(filepath.Join(dir, "objects")); err != nil {
			return nil, err
		}
		samples[i].Count = p.size
	}
	index, err := treeSize(filepath.Join(p.store(), "stemma"))
	if err != nil {
		return nil, err
	}
	samples[0].Note = "and " + size(index) + " of index"
	bare, err := p.importPacks(ctx)
	if err != nil {
		return nil, err
	}
	samples = append(samples, bare)
	return samples, os.WriteFile(filepath.Join(p.dir, filledFile), nil, 0o666)
}

// importStates makes the store anew and imports the stream of states.
func (p *place) importStates(ctx context.Context) (usage, error) {
	if err := os.RemoveAll(p.store()); err != nil {
		return usage{}, err
	}
	if err := silent(p.command(ctx, p.dir, p.stemma, "init", p.store())); err != nil {
		return usage{}, err
	}
	return take(p.tools.store(ctx, p.store(), "import", "jsonl", statesFile))
}

// fastImport makes git's repository anew and lets git import the other stream.
func (p *place) fastImport(ctx context.Context) (usage, error) {
	if err := os.RemoveAll(p.peer()); err != nil {
		return usage{}, err
	}
	if err := silent(p.command(ctx, p.dir, "git", "init", "--quiet", "--bare", "--initial-branch=main", p.peer())); err != nil {
		return usage{}, err
	}
	in, err := os.Open(filepath.Join(p.dir, streamFile))
	if err != nil {
		return usage{}, err
	}
	defer in.Close()
	cmd := p.git(ctx, p.peer(), "fast-import", "--quiet", "--done")
	cmd.Stdin = in
	return take(cmd)
}

// sameContent holds the two repositories against each other.
func (p *place) sameContent(ctx context.Context) error {
	for _, question := range [][]string{
		{"rev-parse", "main^{tree}"},
		{"rev-list", "--count", "main"},
		{"cat-file", "-s", "main"},
		{"cat-file", "-s", "main~" + fmt.Sprint(p.size/2)},
	} {
		ours, _, err := answer(p.git(ctx, p.store(), question...))
		if err != nil {
			return err
		}
		git, _, err := answer(p.git(ctx, p.peer(), question...))
		if err != nil {
			return err
		}
		if ours != git {
			return fmt.Errorf("the two repositories don't hold the same: git %v gives %s for the store and %s for the peer", question, ours, git)
		}
	}
	return nil
}

// warm reads a file through, so that neither side waits for the disk.
func warm(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}
