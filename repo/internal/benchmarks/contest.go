package main

import "slices"

// contender is one of several programs that do the same work.
type contender struct {
	sample sample // what to call it; contest fills in the rest
	times  int    // how often it runs
	run    func(i int) (usage, error)
}

// contest lets contenders take turns, so that what else the machine does meets all
// of them alike, and gives the medians.
func contest(list []contender) ([]sample, error) {
	most := slices.MaxFunc(list, func(a, b contender) int { return a.times - b.times }).times
	runs := make([][]usage, len(list))
	for turn := range most {
		for i, c := range list {
			if turn >= c.times {
				continue
			}
			u, err := c.run(turn)
			if err != nil {
				return nil, err
			}
			runs[i] = append(runs[i], u)
		}
	}
	var out []sample
	for i, c := range list {
		c.sample.Usage, c.sample.Runs = middle(runs[i]), c.times
		out = append(out, c.sample)
	}
	return out, nil
}
