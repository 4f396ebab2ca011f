package main

import (
	"fmt"
	"slices"

	"github.com/stemma-project/stemma/repo/internal/match"
	"github.com/stemma-project/stemma/schema"
)

// kind is what became of one version.
type kind int

const (
	created    kind = iota // an event's first version began an article
	found                  // a later one came back to that article
	missed                 // a later one did not
	falseMerge             // it went into another event's article
)

// outcome is the decision over one version.
type outcome struct {
	kind     kind
	event    *event
	version  int // from 0
	decision match.Decision
	other    *event // whose article it went into, or whose is the twin reported
}

// String tells a false merge or a miss with the headlines concerned.
func (o outcome) String() string {
	s := fmt.Sprintf("%s: version %d of %s\n  decided  %s\n  headline %s\n",
		[]string{"created", "found", "missed", "false merge"}[o.kind], o.version+1, o.event.ID, o.decision, o.event.Versions[o.version].Text)
	if o.version > 0 {
		s += "  before   " + o.event.Versions[o.version-1].Text + "\n"
	}
	if o.other != nil && o.other != o.event {
		s += "  other    " + o.other.ID + " " + o.other.Versions[0].Text + "\n"
	}
	return s
}

// replay has the versions attributed one by one, in the order in which they were
// observed; where two were observed at once, in the order of the file.
func replay(events []event) ([]outcome, error) {
	type at struct{ event, version int }
	var stream []at
	for i, e := range events {
		for j := range e.Versions {
			stream = append(stream, at{i, j})
		}
	}
	slices.SortStableFunc(stream, func(a, b at) int {
		return events[a.event].Versions[a.version].Observed.Compare(events[b.event].Versions[b.version].Observed)
	})
	memory := match.NewMemory()
	owner := map[schema.ID]int{} // the event whose version began an article
	home := map[int]schema.ID{}  // the article of an event's first version
	outcomes := make([]outcome, len(stream))
	for n, p := range stream {
		e := &events[p.event]
		in := &schema.Input{State: state(e, p.version)}
		d, err := match.Decide(in, false, memory)
		if err != nil {
			return nil, err
		}
		o := outcome{event: e, version: p.version, decision: d}
		first := home[p.event].IsZero()
		id := d.ID
		switch {
		case !id.IsZero() && owner[id] != p.event:
			o.kind, o.other = falseMerge, &events[owner[id]]
		case id.IsZero():
			id = articleID(e, p.version)
			owner[id] = p.event
			if !first {
				o.kind = missed
			}
			if !d.Twin.IsZero() {
				o.other = &events[owner[d.Twin]]
			}
		case id != home[p.event]:
			o.kind = missed
		default:
			o.kind = found
		}
		if first {
			home[p.event] = id
		}
		memory.Put(id, &in.State, d.Path)
		outcomes[n] = o
	}
	return outcomes, nil
}

// articleID gives the id of an article that a version begins.
func articleID(e *event, version int) schema.ID {
	return schema.DeriveID(fmt.Sprintf("%s/%d", e.ID, version))
}

// state is what a version says, without the id.
func state(e *event, version int) schema.State {
	v := e.Versions[version]
	return schema.State{
		Type:     schema.Event,
		Date:     e.Date,
		Category: v.Category,
		Headline: v.Text,
		Contexts: append(slices.Clone(v.Topics), v.Links...),
		Sources:  v.Sources,
	}
}
