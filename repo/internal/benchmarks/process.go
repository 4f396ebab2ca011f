package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// usage is what a process took, those that it waited for included.
type usage struct {
	CPU  float64 `json:"cpu"`            // seconds, user and system
	Wall float64 `json:"wall"`           // seconds
	RSS  int64   `json:"rss,omitempty"`  // peak memory in bytes, of the largest process among them; 0 where the system doesn't tell
	Less bool    `json:"less,omitempty"` // RSS is a bound: the process held that or less (see [peak])
}

// add puts processes that run one after the other together.
func (u usage) add(v usage) usage {
	return usage{u.CPU + v.CPU, u.Wall + v.Wall, max(u.RSS, v.RSS), u.Less && v.Less || u.RSS == 0 && v.Less}
}

// middle gives the medians of several runs, and the most memory of any.
func middle(runs []usage) usage {
	var cpu, wall []float64
	var most usage
	for _, u := range runs {
		cpu, wall, most = append(cpu, u.CPU), append(wall, u.Wall), most.add(u)
	}
	return usage{median(cpu), median(wall), most.RSS, most.Less}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Clone(values)
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// tools are the programs that are measured, and how they are run.
type tools struct {
	self   string   // this program
	stemma string   // built from the source at hand
	env    []string // of every process: nobody's own git settings
}

// environment makes the processes' environment of ours: git reads no settings but
// the repository's, and everybody has a name.
func environment(environ []string) []string {
	own := []string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Editor", "GIT_AUTHOR_EMAIL=editor@example.org", "GIT_COMMITTER_NAME=Editor", "GIT_COMMITTER_EMAIL=editor@example.org",
		"STEMMA_AUTHOR=Editor <editor@example.org>", "LC_ALL=C",
	}
	kept := slices.DeleteFunc(slices.Clone(environ), func(s string) bool {
		return strings.HasPrefix(s, "GIT_") || strings.HasPrefix(s, "STEMMA_")
	})
	return append(kept, own...)
}

func (t *tools) command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, t.env
	return cmd
}

// store makes a command on the store of a folder.
func (t *tools) store(ctx context.Context, dir string, args ...string) *exec.Cmd {
	return t.command(ctx, filepath.Dir(dir), t.stemma, append([]string{"--store", filepath.Base(dir)}, args...)...)
}

// git makes a git command in a repository.
func (t *tools) git(ctx context.Context, dir string, args ...string) *exec.Cmd {
	return t.command(ctx, dir, "git", args...)
}

// take runs a process to its end and tells what it took.
func take(cmd *exec.Cmd) (usage, error) {
	var errs bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &errs
	}
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start).Seconds()
	if err != nil {
		text := strings.TrimSpace(errs.String())
		return usage{}, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text[max(0, len(text)-400):])
	}
	s := cmd.ProcessState
	rss := peak(s)
	return usage{(s.UserTime() + s.SystemTime()).Seconds(), wall, rss, rss <= ownPeak()*101/100}, nil
}

// answer runs a process and gives what it printed, without blanks around it.
func answer(cmd *exec.Cmd) (string, usage, error) {
	var out bytes.Buffer
	cmd.Stdout = &out
	u, err := take(cmd)
	return strings.TrimSpace(out.String()), u, err
}

// silent runs a process whose costs nobody asks for.
func silent(cmd *exec.Cmd) error {
	_, err := take(cmd)
	return err
}

// repeat takes a process several times.
func repeat(times int, run func(i int) (usage, error)) ([]usage, error) {
	var all []usage
	for i := range times {
		u, err := run(i)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	return all, nil
}

// task is work inside a library, done by this program started again, so that its
// processor time and memory are its own. It answers with something that JSON holds.
type task func(ctx context.Context, args json.RawMessage) (any, error)

// taskWord is the first argument of this program started again.
const taskWord = "task"

// do lets this program, started again, do a task, and reads its answer.
func (t *tools) do(ctx context.Context, name string, args, reply any) (usage, error) {
	data, err := json.Marshal(args)
	if err != nil {
		return usage{}, err
	}
	cmd := t.command(ctx, "", t.self, taskWord, name)
	cmd.Stdin = bytes.NewReader(data)
	out, u, err := answer(cmd)
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal([]byte(out), reply); err != nil {
		return u, fmt.Errorf("the answer of the task %s can't be read: %w", name, err)
	}
	return u, nil
}

// typed makes a task of a function whose arguments have a type.
func typed[A, R any](f func(context.Context, A) (R, error)) task {
	return func(ctx context.Context, raw json.RawMessage) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, err
		}
		return f(ctx, args)
	}
}
