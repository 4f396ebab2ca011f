package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// sample is one row: what one program took for one thing.
type sample struct {
	Key   string  `json:"key"`             // what the goals name it, unique within its measure
	What  string  `json:"what"`            // for people
	Ours  bool    `json:"ours,omitempty"`  // a store, and no rival
	Usage usage   `json:"usage"`           // medians of the runs
	Runs  int     `json:"runs"`            // how often it was measured
	Count int     `json:"count,omitempty"` // versions, reads or the like in one run; 0 for one
	Bytes int64   `json:"bytes,omitempty"` // on disk or written, as What says
	Inner float64 `json:"inner,omitempty"` // median wall seconds of one operation, measured from the inside
	First float64 `json:"first,omitempty"` // the same of the first operation in a process
	Wrong int     `json:"wrong,omitempty"` // acknowledged and not there, or there twice
	Note  string  `json:"note,omitempty"`
}

// taken is one measure of one size.
type taken struct {
	Measure string    `json:"measure"`
	Size    int       `json:"size"` // versions; 0 for a measure that is taken once
	When    time.Time `json:"when"`
	Samples []sample  `json:"samples"`
}

// results are all that was measured, kept in a file.
type results struct {
	Machine machine `json:"machine"`
	Command string  `json:"command"`
	Taken   []taken `json:"taken"`

	file string // "" keeps them in memory alone
}

// readResults reads what an earlier run kept; a missing file is no error.
func readResults(file string) (*results, error) {
	r := &results{file: file}
	if file == "" {
		return r, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s holds no results of this program (remove it, or name another with -results): %w", file, err)
	}
	return r, nil
}

// put keeps a measure in place of the one taken before.
func (r *results) put(t taken) error {
	i := slices.IndexFunc(r.Taken, func(o taken) bool { return o.Measure == t.Measure && o.Size == t.Size })
	if i < 0 {
		r.Taken = append(r.Taken, t)
	} else {
		r.Taken[i] = t
	}
	if r.file == "" {
		return nil
	}
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(r.file, append(data, '\n'))
}

// replaceFile writes a file that is there whole or as it was.
func replaceFile(name string, data []byte) error {
	half := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".part")
	if err := os.WriteFile(half, data, 0o666); err != nil {
		return err
	}
	return os.Rename(half, name)
}

// get gives a measure that was taken.
func (r *results) get(measure string, size int) (taken, bool) {
	for _, t := range r.Taken {
		if t.Measure == measure && t.Size == size {
			return t, true
		}
	}
	return taken{}, false
}

// sample gives a sample that was taken.
func (r *results) sample(measure, key string, size int) (sample, bool) {
	t, _ := r.get(measure, size)
	for _, s := range t.Samples {
		if s.Key == key {
			return s, true
		}
	}
	return sample{}, false
}

// sizes gives the sizes measured, smallest first.
func (r *results) sizes() []int {
	var sizes []int
	for _, t := range r.Taken {
		if t.Size > 0 && !slices.Contains(sizes, t.Size) {
			sizes = append(sizes, t.Size)
		}
	}
	slices.Sort(sizes)
	return sizes
}

// span gives the times of the first and the last measure.
func (r *results) span() (first, last time.Time) {
	for _, t := range r.Taken {
		if first.IsZero() || t.When.Before(first) {
			first = t.When
		}
		if t.When.After(last) {
			last = t.When
		}
	}
	return first, last
}
