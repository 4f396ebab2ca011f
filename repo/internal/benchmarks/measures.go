package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// measure is one comparison.
type measure struct {
	Name  string // as -only names it
	Title string // of its table
	Once  bool   // for one size only: it does not depend on the history
	Take  func(ctx context.Context, p *place) ([]sample, error)
}

// measures lists them in the order in which they are taken and shown.
func measures() []measure {
	return []measure{
		importMeasure(),
		{Name: "record", Title: "Recording one version, durably", Take: takeRecord},
		{Name: "commands", Title: "Whole commands", Take: takeCommands},
		{Name: "history", Title: "The history of one article", Take: takeHistory},
		{Name: "blobs", Title: "Reading versions at random", Take: takeBlobs},
		{Name: "index", Title: "Building what is derived", Take: takeIndex},
		{Name: "verify", Title: "Checking everything", Take: takeVerify},
		{Name: "upkeep", Title: "Upkeep", Take: takeUpkeep},
		{Name: "group", Title: "Many callers of one open store", Once: true, Take: takeGroup},
	}
}

// tasks lists what this program does when it is started again.
func tasks() map[string]task {
	return map[string]task{
		"prepare":       typed(prepareTask),
		"packs":         typed(packsTask),
		"record":        typed(recordTask),
		"record-go-git": typed(recordGoGitTask),
		"replay":        typed(replayTask),
		"read":          typed(readTask),
		"read-go-git":   typed(readGoGitTask),
		"group":         typed(groupTask),
		"group-go-git":  typed(groupGoGitTask),
	}
}

// chosen gives the measures that names lists, parted by commas; all for "".
func chosen(names string) ([]measure, error) {
	all := measures()
	if names == "" {
		return all, nil
	}
	var out []measure
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(m measure) bool { return m.Name == name })
		if i < 0 {
			var known []string
			for _, m := range all {
				known = append(known, m.Name)
			}
			return nil, fmt.Errorf("no measure %q: there are %s", name, strings.Join(known, ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// takeMeasure takes a measure and keeps its samples.
func takeMeasure(ctx context.Context, p *place, m measure) error {
	p.say("%s: %s", m.Name, m.Title)
	start := time.Now()
	samples, err := m.Take(ctx, p)
	if err != nil {
		return fmt.Errorf("measuring %s at %d versions: %w", m.Name, p.size, err)
	}
	for _, s := range samples {
		p.say("%s: %s", m.Name, s.line())
	}
	p.say("%s: done in %s", m.Name, time.Since(start).Round(100*time.Millisecond))
	size := p.size
	if m.Once {
		size = 0
	}
	return p.results.put(taken{Measure: m.Name, Size: size, When: time.Now().UTC().Truncate(time.Second), Samples: samples})
}

// line is a sample for the log.
func (s *sample) line() string {
	text := fmt.Sprintf("%s: cpu %s, wall %s, peak %s", s.What, duration(s.Usage.CPU), duration(s.Usage.Wall), memory(s.Usage))
	if s.Inner > 0 {
		text += ", each " + duration(s.Inner)
	}
	if s.Count > 0 && s.Usage.Wall > 0 {
		text += fmt.Sprintf(", %s/s", count(float64(s.Count)/s.Usage.Wall))
	}
	if s.Bytes > 0 {
		text += ", " + size(s.Bytes)
	}
	if s.Note != "" {
		text += " (" + s.Note + ")"
	}
	return text
}
