package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// gitScript records versions with git's own commands, as a careful script would:
// the trees of one path are made anew, whatever else the tree holds, every object
// is synced, and the branch moves only from where it was.
type gitScript struct {
	*place
	ctx context.Context
	dir string
	u   usage
	err error
}

func (g *gitScript) run(stdin string, args ...string) string {
	if g.err != nil {
		return ""
	}
	cmd := g.git(g.ctx, g.dir, append([]string{"-c", "core.fsync=all"}, args...)...)
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	out, u, err := answer(cmd)
	g.u, g.err = g.u.add(u), err
	return out
}

// record makes one version of a file and moves main to it.
func (g *gitScript) record(path string, data []byte) (usage, error) {
	g.u, g.err = usage{}, nil
	tip := g.run("", "rev-parse", "refs/heads/main")
	made, kind := g.run(string(data), "hash-object", "-w", "--stdin"), "100644 blob"
	parts := strings.Split(path, "/")
	for i := len(parts) - 1; i >= 0; i-- {
		rows := g.run("", "ls-tree", tip+":"+strings.Join(parts[:i], "/"))
		made, kind = g.run(withRow(rows, kind, made, parts[i]), "mktree"), "040000 tree"
	}
	commit := g.run("", "commit-tree", made, "-p", tip, "-m", "Revise")
	g.run("", "update-ref", "refs/heads/main", commit, tip)
	return g.u, g.err
}

// withRow puts an entry into a tree as git ls-tree prints it.
func withRow(rows, kind, name, file string) string {
	var b strings.Builder
	for row := range strings.Lines(rows) {
		if !strings.HasSuffix(strings.TrimSuffix(row, "\n"), "\t"+file) {
			b.WriteString(strings.TrimSuffix(row, "\n") + "\n")
		}
	}
	fmt.Fprintf(&b, "%s %s\t%s\n", kind, name, file)
	return b.String()
}

// recordPlumbing gives what records by plumbing in a repository.
func (p *place) recordPlumbing(ctx context.Context, dir string) func(int) (usage, error) {
	prose := newProse()
	g := &gitScript{place: p, ctx: ctx, dir: dir}
	return func(i int) (usage, error) {
		st, err := p.edit(prose, i)
		if err != nil {
			return usage{}, err
		}
		return g.record(articlePath(st.ID), schema.EncodeFile(st))
	}
}

// recordFastImport gives what records by git fast-import of a single commit.
func (p *place) recordFastImport(ctx context.Context, dir string) func(int) (usage, error) {
	prose := newProse()
	return func(i int) (usage, error) {
		st, err := p.edit(prose, i)
		if err != nil {
			return usage{}, err
		}
		data := schema.EncodeFile(st)
		cmd := p.git(ctx, dir, "-c", "core.fsync=all", "fast-import", "--quiet")
		cmd.Stdin = strings.NewReader(fmt.Sprintf("commit refs/heads/main\ncommitter Editor <editor@example.org> %d +0000\ndata 7\nRevise\nfrom refs/heads/main^0\nM 100644 inline %s\ndata %d\n%s\n",
			firstDay().Unix(), articlePath(st.ID), len(data), data))
		return take(cmd)
	}
}

// recordGoGit gives what records by go-git as a whole process.
func (p *place) recordGoGit(ctx context.Context, dir string) func(int) (usage, error) {
	return func(i int) (usage, error) {
		var r recordReply
		return p.do(ctx, "record-go-git", recordArgs{Store: dir, Current: p.known.Current[i%len(p.known.Current):], Count: 1}, &r)
	}
}

// recordGoGitInside measures go-git in a process that stays.
func (p *place) recordGoGitInside(ctx context.Context, dir string) (sample, error) {
	times := p.often(recordRuns)
	var r recordReply
	u, err := p.do(ctx, "record-go-git", recordArgs{Store: dir, Current: p.known.Current, Count: times}, &r)
	return sample{Key: "go-git open", What: "go-git, the same, a repository that stays open", Usage: u, Runs: 1, Count: times, Inner: r.Middle, First: r.First}, err
}
