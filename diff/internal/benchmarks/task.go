package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
)

// task is one engine over one class.
type task struct {
	Engine, Class string
	Quality       bool
	Seconds       int // of processor time that it may use
}

// sample is what one engine came to on one class.
type sample struct {
	Engine  string
	Failed  string    // why there are no figures
	Seconds []float64 // processor time a pair
	Shared  bool      // the time of a pair is that of all, divided
	Allocs  float64   // a pair
	Bytes   float64   // allocated a pair
	Peak    int64     // of the process, in bytes
	Quality quality
}

// better takes over what another round did quicker.
func (s *sample) better(t *sample) {
	if t.Failed != "" {
		return
	}
	for i := range s.Seconds {
		s.Seconds[i] = min(s.Seconds[i], t.Seconds[i])
	}
	s.Peak = min(s.Peak, t.Peak)
}

func (s *sample) median() float64 { return middle(s.Seconds) }

// middle is the median of some figures.
func middle(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

func (s *sample) total() float64 {
	sum := 0.0
	for _, t := range s.Seconds {
		sum += t
	}
	return sum
}

// startTask does a task in a process of its own.
func startTask(ctx context.Context, opt options, t task) (*sample, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	job, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, self, "-texts", opt.texts, "-jsdiff", opt.jsdiff, "-task", string(job))
	c.Env = append(os.Environ(), "TMPDIR="+opt.dir)
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	err = c.Run()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && (overLimit(c.ProcessState, t.Seconds) || bytes.Contains(problems.Bytes(), []byte("SIGXCPU"))):
		return &sample{Engine: t.Engine, Failed: fmt.Sprintf("over %d s", t.Seconds)}, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %.2000s", err, problems.String())
	}
	s := &sample{}
	if err := json.Unmarshal(out.Bytes(), s); err != nil {
		return nil, err
	}
	if peak := peakOf(c.ProcessState); s.Peak == 0 {
		s.Peak = peak
	}
	return s, nil
}

// do does the task in this process.
func (t task) do(ctx context.Context, opt options) (*sample, error) {
	var e *engine
	for _, known := range engines() {
		if known.name == t.Engine {
			e = &known
		}
	}
	var c *class
	for _, known := range classes() {
		if known.name == t.Class {
			c = &known
		}
	}
	if e == nil || c == nil {
		return nil, fmt.Errorf("no engine %q, or no class %q", t.Engine, t.Class)
	}
	if err := limitSelf(t.Seconds); err != nil {
		return nil, err
	}
	pairs, err := c.pairs(opt)
	if err != nil {
		return nil, err
	}
	s := &sample{Engine: e.name}
	var all [][]piece
	if e.diff != nil {
		all = measure(e, pairs, s)
	} else {
		all, err = e.batch(ctx, opt, pairs, s, t.Seconds)
		if err != nil || s.Failed != "" {
			return s, err
		}
	}
	if t.Quality {
		if s.Quality, err = judgeAll(pairs, all); err != nil {
			s.Quality = quality{Note: err.Error()}
		}
	}
	return s, nil
}

const (
	// aLoop is the least processor time, in seconds, that is measured at once; loops
	// is how often that is done for a pair.
	aLoop, loops = 2e-3, 3
	// long is the processor time from which a diff is done once.
	long = 0.5
)

// measure runs an engine in this process over each pair. What takes long is done once.
func measure(e *engine, pairs []pair, s *sample) [][]piece {
	run, pieces := e.diff()
	var all [][]piece
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	total := 0.0
	for _, p := range pairs {
		start := cpuTime()
		run(p.a, p.b)
		took := cpuTime() - start
		total += took
		s.Seconds = append(s.Seconds, took)
	}
	runtime.ReadMemStats(&after)
	for i, p := range pairs {
		if len(pairs) > 1 || s.Seconds[i] < long {
			run(p.a, p.b)
		}
		all = append(all, pieces(p.a, p.b))
		if s.Seconds[i] >= long {
			continue
		}
		times := 1 + int(aLoop/max(s.Seconds[i], 1e-7))
		for range loops {
			start := cpuTime()
			for range times {
				run(p.a, p.b)
			}
			s.Seconds[i] = min(s.Seconds[i], (cpuTime()-start)/float64(times))
		}
	}
	if total < long {
		runtime.ReadMemStats(&before)
		for _, p := range pairs {
			run(p.a, p.b)
		}
		runtime.ReadMemStats(&after)
	}
	s.Allocs = float64(after.Mallocs-before.Mallocs) / float64(len(pairs))
	s.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(len(pairs))
	return all
}
