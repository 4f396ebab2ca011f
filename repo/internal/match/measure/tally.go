package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/match"
)

// The targets: at most this share of all versions falsely merged, at least this
// share of later versions found.
const (
	mostFalse   = 0.001
	leastRecall = 0.90
)

// counts is what became of the versions of some dates.
type counts struct {
	versions, events, later, found, falseMerges int
	rules                                       map[match.Rule]int
	twins, twinsRight                           int // of the missed: with a twin reported, with the right one
	alarms                                      int // of the new events: with a twin reported
}

// table holds the counts of all dates and of either half of them.
type table struct {
	all, first, second counts
}

func tally(outcomes []outcome) table {
	var dates []string
	for _, o := range outcomes {
		dates = append(dates, string(o.event.Date))
	}
	slices.Sort(dates)
	dates = slices.Compact(dates)
	middle := ""
	if len(dates) > 0 {
		middle = dates[len(dates)/2]
	}
	var t table
	for _, o := range outcomes {
		t.all.add(o)
		if string(o.event.Date) < middle {
			t.first.add(o)
		} else {
			t.second.add(o)
		}
	}
	return t
}

func (c *counts) add(o outcome) {
	if c.rules == nil {
		c.rules = map[match.Rule]int{}
	}
	c.versions++
	if o.version == 0 {
		c.events++
	} else {
		c.later++
	}
	c.rules[o.decision.Rule]++
	twin := o.decision.Rule == match.RuleNew && !o.decision.Twin.IsZero()
	switch {
	case o.kind == falseMerge:
		c.falseMerges++
	case o.kind == found:
		c.found++
	case o.kind == missed && twin:
		c.twins++
		if o.other == o.event {
			c.twinsRight++
		}
	case o.kind == created && twin:
		c.alarms++
	}
}

func (c counts) falseShare() float64 { return share(c.falseMerges, c.versions) }
func (c counts) recall() float64     { return share(c.found, c.later) }

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// met says whether all dates together meet the targets; no versions meet none.
func (t table) met() bool {
	return t.all.later > 0 && t.all.falseShare() <= mostFalse && t.all.recall() >= leastRecall
}

// String prints the table, a column for all dates and for either half.
func (t table) String() string {
	var b strings.Builder
	row := func(name string, cell func(counts) string) {
		fmt.Fprintf(&b, "%-34s %12s %12s %12s\n", name, cell(t.all), cell(t.first), cell(t.second))
	}
	number := func(n func(counts) int) func(counts) string {
		return func(c counts) string { return fmt.Sprint(n(c)) }
	}
	fmt.Fprintf(&b, "%-34s %12s %12s %12s\n", "", "all dates", "first half", "second half")
	row("versions", number(func(c counts) int { return c.versions }))
	row("events", number(func(c counts) int { return c.events }))
	row("versions after an event's first", number(func(c counts) int { return c.later }))
	row("false merges", number(func(c counts) int { return c.falseMerges }))
	row("  of all versions (at most 0.1 %)", func(c counts) string { return fmt.Sprintf("%.3f %%", 100*c.falseShare()) })
	row("found again", number(func(c counts) int { return c.found }))
	row("  recall (at least 90 %)", func(c counts) string { return fmt.Sprintf("%.1f %%", 100*c.recall()) })
	row("missed, right twin reported", number(func(c counts) int { return c.twinsRight }))
	row("missed, another twin reported", number(func(c counts) int { return c.twins - c.twinsRight }))
	row("new events with a twin reported", number(func(c counts) int { return c.alarms }))
	for _, rule := range []match.Rule{match.RulePath, match.RuleAlias, match.RuleSource, match.RuleLikeness, match.RuleNew} {
		row("decided by "+string(rule), number(func(c counts) int { return c.rules[rule] }))
	}
	return b.String()
}
