package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/stemma-project/stemma/schema"
)

// sample is a part of the events that the rules were made with; testdata/SOURCES.md
// says where they come from.
//
//go:embed testdata/events.jsonl.xz
var sample []byte

// event is one line of the file: an event with every version that was observed.
type event struct {
	ID       string
	Date     schema.Date
	Versions []observed
}

// observed is one state of an event, as it was seen at a time.
type observed struct {
	Observed time.Time
	Category string
	Topics   []string
	Links    []string
	Text     string // the headline
	Sources  []schema.Source
}

// change is the other kind of line: one change of an event's headline.
type change struct {
	Before, After  string
	BeforeObserved time.Time       `json:"before_observed"`
	AfterObserved  time.Time       `json:"after_observed"`
	SourcesBefore  []schema.Source `json:"sources_before"`
	SourcesAfter   []schema.Source `json:"sources_after"`
	Category       string
	Topics         []string
}

// load reads a file, or the sample where no name is given.
func load(name string) ([]event, error) {
	if name == "" {
		r, err := xz.NewReader(bytes.NewReader(sample))
		if err != nil {
			return nil, err
		}
		return read(r)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(name, ".xz") {
		if r, err = xz.NewReader(r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	events, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return events, nil
}

// read reads events, one a line. Lines with one event's id, as changes of headlines
// have them, are one event.
func read(r io.Reader) ([]event, error) {
	var events []event
	place := map[string]int{}
	d := json.NewDecoder(r)
	for {
		var e struct {
			event
			change
		}
		if err := d.Decode(&e); err == io.EOF {
			return events, nil
		} else if err != nil {
			return nil, fmt.Errorf("event %d: %w", len(events)+1, err)
		}
		if e.Before != "" {
			e.Versions = []observed{
				{e.BeforeObserved, e.Category, e.Topics, nil, e.Before, e.SourcesBefore},
				{e.AfterObserved, e.Category, e.Topics, nil, e.After, e.SourcesAfter},
			}
		}
		if i, ok := place[e.ID]; ok {
			events[i].Versions = append(events[i].Versions, e.Versions...)
			continue
		}
		place[e.ID] = len(events)
		events = append(events, e.event)
	}
}
