package main

import "fmt"

// goal is a bound that the word diff was built to keep.
type goal struct {
	what, class, bound string
	value              func(c *takenClass) (v float64, ok bool)
	least, most        float64
	unit               string
}

func (g goal) met(v float64) bool {
	return (g.most == 0 || v <= g.most) && (g.least == 0 || v >= g.least)
}

// The values that goals ask for.

func median(engine string) func(*takenClass) (float64, bool) {
	return func(c *takenClass) (float64, bool) {
		s := c.sample(engine)
		if s == nil || s.Failed != "" {
			return 0, false
		}
		return s.median() * 1e6, true
	}
}

func millis(c *takenClass) (float64, bool) {
	v, ok := median(ours)(c)
	return v / 1e3, ok
}

// rate is in GB a second, over the whole class.
func rate(c *takenClass) (float64, bool) {
	s := c.sample(ours)
	if s == nil || s.total() == 0 {
		return 0, false
	}
	return float64(c.Bytes) / s.total() / 1e9, true
}

// ahead is the time of a rival over ours: the median over the pairs, or where a rival
// did all pairs at once, that of all.
func ahead(engine string) func(*takenClass) (float64, bool) {
	return func(c *takenClass) (float64, bool) {
		s, t := c.sample(ours), c.sample(engine)
		if s == nil || t == nil || s.Failed != "" || t.Failed != "" || s.total() == 0 {
			return 0, false
		}
		if t.Shared {
			return t.total() / s.total(), true
		}
		ratios := make([]float64, len(s.Seconds))
		for i := range ratios {
			ratios[i] = t.Seconds[i] / s.Seconds[i]
		}
		return middle(ratios), true
	}
}

// nearest is the time of the quickest rival over ours, of those that didn't give up.
func nearest(c *takenClass) (float64, bool) {
	least, any := 0.0, false
	for _, s := range c.Samples {
		if s.Engine == ours || s.Quality.gaveUp() {
			continue
		}
		if v, ok := ahead(s.Engine)(c); ok && (!any || v < least) {
			least, any = v, true
		}
	}
	return least, any
}

func allocs(c *takenClass) (float64, bool) {
	s := c.sample(ours)
	return s.Allocs, true
}

func memory(c *takenClass) (float64, bool) {
	s := c.sample(ours)
	return float64(s.Peak) / 1e6, s.Peak > 0
}

func shown(c *takenClass) (float64, bool) {
	s := c.sample(ours)
	if s.Quality.Least == 0 {
		return 0, false
	}
	return float64(s.Quality.Words) / float64(s.Quality.Least), true
}

func cut(c *takenClass) (float64, bool) {
	s := c.sample(ours)
	return float64(s.Quality.Cuts), s.Quality.Pairs > 0
}

func goals() []goal {
	list := []goal{
		{what: "a headline in a Latin script", class: "headline", bound: "≤ 1 µs", most: 1, unit: " µs", value: median(ours)},
		{what: "the same: allocations", class: "headline", bound: "≤ 3", most: 3, value: allocs},
		{what: "a headline in another script", class: "other script", bound: "≤ 4 µs", most: 4, unit: " µs", value: median(ours)},
		{what: "an article with small edits", class: "article", bound: "≤ 3.6 µs", most: 3.6, unit: " µs", value: median(ours)},
		{what: "the same, over the class", class: "article", bound: "≥ 1 GB/s", least: 1, unit: " GB/s", value: rate},
		{what: "1 MB, identical", class: "1 MB identical", bound: "≥ 10 GB/s", least: 10, unit: " GB/s", value: rate},
		{what: "1 MB, one edit", class: "1 MB one edit", bound: "≥ 10 GB/s", least: 10, unit: " GB/s", value: rate},
		{what: "1 MB, ten edits", class: "1 MB ten edits", bound: "≥ 0.7 GB/s", least: 0.7, unit: " GB/s", value: rate},
		{what: "a rewrite of 15 kB", class: "rewrite", bound: "≤ 0.3 ms", most: 0.3, unit: " ms", value: millis},
	}
	for _, c := range []string{"shuffled", "unrelated", "disjoint"} {
		list = append(list,
			goal{what: "100,000 words, " + c, class: "100,000 words " + c, bound: "≤ 300 ms", most: 300, unit: " ms", value: millis},
			goal{what: "the same: peak memory of the process, texts included", class: "100,000 words " + c, bound: "≤ 200 MB", most: 200, unit: " MB", value: memory})
	}
	list = append(list,
		goal{what: "W on articles", class: "article", bound: "≤ 1.12", most: 1.12, value: shown},
		goal{what: "W on rewrites", class: "rewrite", bound: "≤ 1.12", most: 1.12, value: shown},
		goal{what: "W on other scripts", class: "other script", bound: "≤ 1.10", most: 1.10, value: shown},
		goal{what: "over go-diff's usual mode, headlines", class: "headline", bound: "≥ 5 ×", least: 5, unit: " ×", value: ahead("go-diff")},
		goal{what: "over go-diff's usual mode, articles", class: "article", bound: "≥ 40 ×", least: 40, unit: " ×", value: ahead("go-diff")},
		goal{what: "over wikidiff2, articles", class: "article", bound: "≥ 100 ×", least: 100, unit: " ×", value: ahead("wikidiff2")},
		goal{what: "over git's word diff, articles", class: "article", bound: "≥ 100 ×", least: 100, unit: " ×", value: ahead("git")},
		goal{what: "over git's word diff, rewrites", class: "rewrite", bound: "≥ 2.5 ×", least: 2.5, unit: " ×", value: ahead("git")})
	for _, c := range classes() {
		list = append(list, goal{what: "over the quickest rival: " + c.name, class: c.name, bound: "> 1 ×", least: 1.0001, unit: " ×", value: nearest})
		if c.group == daily {
			list = append(list, goal{what: "edges that cut a word: " + c.name, class: c.name, bound: "0", most: 1e-9, value: cut})
		}
	}
	return list
}

func (g goal) show(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f%s", v, g.unit)
	}
	return fmt.Sprintf("%.3g%s", v, g.unit)
}
