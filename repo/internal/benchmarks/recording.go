package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

const (
	recordRuns  = 31  // whole processes
	recordInner = 200 // versions recorded one by one in an open store
)

// takeRecord records one version a time: as a whole process, in a store that is
// open, and as git and go-git would do it.
func takeRecord(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	dir, err := p.work("recording")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	times, slow := p.often(recordRuns), p.runs(recordRuns, 5)
	list := []contender{{sample{Key: "stemma", What: "`stemma record`", Ours: true}, times, p.recordCommand(ctx, dir)}}
	rivals := []contender{
		{sample{Key: "plumbing", What: "git plumbing (`hash-object`, `ls-tree`, `mktree`, `commit-tree`, `update-ref`), all synced"}, times, nil},
		{sample{Key: "fast-import", What: "`git fast-import` of one commit, synced"}, times, nil},
		{sample{Key: "go-git", What: "go-git, bare, compare and swap, not synced: a process"}, slow, nil},
	}
	var copies []string
	for i, run := range []func(context.Context, string) func(int) (usage, error){p.recordPlumbing, p.recordFastImport, p.recordGoGit} {
		copied := filepath.Join(dir, rivals[i].sample.Key+".git")
		if err := copyTree(copied, p.peer()); err != nil {
			return nil, err
		}
		copies = append(copies, copied)
		rivals[i].run = run(ctx, copied)
	}
	samples, err := contest(append(list, rivals...))
	if err != nil {
		return nil, err
	}
	for i, copied := range copies {
		n, err := p.commits(ctx, copied)
		if want := p.size + rivals[i].times; err == nil && n != want {
			err = fmt.Errorf("%s left %d commits, and %d were to be there", rivals[i].sample.Key, n, want)
		}
		if err != nil {
			return nil, err
		}
	}
	inner, err := p.recordInside(ctx)
	if err != nil {
		return nil, err
	}
	open, err := p.recordGoGitInside(ctx, copies[2])
	return append(append(samples, inner...), open), err
}

// recordCommand gives what records one version by a whole process.
func (p *place) recordCommand(ctx context.Context, dir string) func(i int) (usage, error) {
	prose := newProse()
	return func(i int) (usage, error) {
		st, err := p.edit(prose, i)
		if err != nil {
			return usage{}, err
		}
		file := filepath.Join(dir, "story.md")
		if err := os.WriteFile(file, schema.EncodeFile(st), 0o666); err != nil {
			return usage{}, err
		}
		out, u, err := answer(p.tools.store(ctx, p.store(), "record", file))
		if err == nil && !hasOutcome(out, "recorded") {
			err = fmt.Errorf("stemma record said %q", out)
		}
		return u, err
	}
}

// hasOutcome tells whether a line of record begins with an outcome.
func hasOutcome(line, outcome string) bool {
	return len(line) > len(outcome) && line[:len(outcome)] == outcome
}

// recordInside records in one process that stays open.
func (p *place) recordInside(ctx context.Context) ([]sample, error) {
	times := recordInner
	if p.trial() {
		times = 5
	}
	args := recordArgs{Store: p.store(), Current: p.known.Current, Count: times}
	var r recordReply
	u, err := p.do(ctx, "record", args, &r)
	if err != nil {
		return nil, err
	}
	one := sample{Key: "stemma open", What: "a store that stays open", Ours: true, Usage: u, Runs: 1, Count: times, Inner: r.Middle, First: r.First}
	if r.Written > 0 {
		one.Bytes = r.Written / int64(times)
		one.Note = "bytes: what a version makes the process write"
	}
	grown := sample{Key: "stemma growth", What: "what a version adds to `objects`", Ours: true, Runs: 1, Bytes: r.Grown / int64(times)}
	return []sample{one, grown}, nil
}

type recordArgs struct {
	Store   string
	Current []json.RawMessage
	Count   int
}

type recordReply struct {
	First, Middle float64 // wall seconds of a call
	Written       int64   // bytes that the process gave to the system to write; 0 where that isn't told
	Grown         int64   // bytes by which objects grew
}

func recordTask(ctx context.Context, a recordArgs) (r recordReply, err error) {
	s, err := repo.Open(a.Store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	prose := newProse()
	p := &place{known: &prepared{Current: a.Current}}
	objects := filepath.Join(a.Store, "objects")
	size, err := treeSize(objects)
	if err != nil {
		return r, err
	}
	written := bytesWritten()
	var all []float64
	for i := range a.Count {
		st, err := p.edit(prose, i)
		if err != nil {
			return r, err
		}
		start := time.Now()
		if err := recordOne(ctx, s, st); err != nil {
			return r, err
		}
		all = append(all, time.Since(start).Seconds())
	}
	after, err := treeSize(objects)
	r = recordReply{First: all[0], Middle: median(all), Grown: after - size}
	if now := bytesWritten(); now > 0 {
		r.Written = now - written
	}
	return r, err
}

// recordOne records a state that must become a version.
func recordOne(ctx context.Context, s *repo.Store, st *schema.State) error {
	d := repo.Draft{Input: schema.Input{State: *st, Carries: schema.AllFields}, Article: st.ID.String()}
	results, err := s.Record(ctx, []repo.Draft{d}, repo.RecordOptions{})
	if err == nil && (len(results) != 1 || results[0].Outcome != repo.Recorded) {
		err = fmt.Errorf("recording gave %+v", results)
	}
	return err
}

// bytesWritten is how much this process gave to the system to write; 0 where the
// system doesn't tell.
func bytesWritten() int64 {
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0
	}
	var read, written int64
	if _, err := fmt.Sscanf(string(data), "rchar: %d\nwchar: %d\n", &read, &written); err != nil {
		return 0
	}
	return written
}
