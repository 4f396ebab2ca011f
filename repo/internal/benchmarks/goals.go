package main

import "strconv"

// goal is a bound on what was measured. It is judged at the largest size.
type goal struct {
	Name   string
	Target string
	Most   float64 // the value must not be greater; 0 where Least counts
	Least  float64 // the value must not be less
	None   bool    // the value must be 0
	Unit   string  // "" for a ratio
	Across bool    // compares sizes: one value alone
	Value  func(r *results, size int) (float64, bool)
}

// met tells whether a value keeps the goal.
func (g *goal) met(v float64) bool {
	return (g.Most == 0 || v <= g.Most) && v >= g.Least && (!g.None || v == 0)
}

// What of a sample counts.
func cpu(s sample) float64      { return s.Usage.CPU }
func wall(s sample) float64     { return s.Usage.Wall }
func inner(s sample) float64    { return s.Inner }
func peakOf(s sample) float64   { return float64(s.Usage.RSS) }
func bytesOf(s sample) float64  { return float64(s.Bytes) }
func rate(s sample) float64     { return float64(s.Count) / s.Usage.Wall }
func millis(s sample) float64   { return s.Usage.Wall * 1e3 }
func megabyte(s sample) float64 { return peakOf(s) / 1e6 }

// ratio is one sample's value over another's, of one measure and size.
func ratio(measure, ours, theirs string, of func(sample) float64) func(*results, int) (float64, bool) {
	return func(r *results, size int) (float64, bool) {
		a, ok1 := r.sample(measure, ours, size)
		b, ok2 := r.sample(measure, theirs, size)
		if !ok1 || !ok2 || of(b) == 0 || of(a) == 0 {
			return 0, false
		}
		return of(a) / of(b), true
	}
}

// plain is one sample's value.
func plain(measure, key string, of func(sample) float64) func(*results, int) (float64, bool) {
	return func(r *results, size int) (float64, bool) {
		s, ok := r.sample(measure, key, size)
		return of(s), ok && of(s) > 0
	}
}

// growth is a value at the largest size over that at the smallest.
func growth(measure, key string, of func(sample) float64) func(*results, int) (float64, bool) {
	return func(r *results, _ int) (float64, bool) {
		sizes := r.sizes()
		if len(sizes) < 2 {
			return 0, false
		}
		a, ok1 := r.sample(measure, key, sizes[len(sizes)-1])
		b, ok2 := r.sample(measure, key, sizes[0])
		if !ok1 || !ok2 || of(b) == 0 {
			return 0, false
		}
		return of(a) / of(b), true
	}
}

// wrongs adds up what many callers were told and can't be found once.
func wrongs(r *results, _ int) (float64, bool) {
	t, ok := r.get("group", 0)
	sum := 0
	for _, s := range t.Samples {
		if s.Ours {
			sum += s.Wrong
		}
	}
	return float64(sum), ok
}

// once takes a value from a measure that is taken once.
func once(value func(*results, int) (float64, bool)) func(*results, int) (float64, bool) {
	return func(r *results, _ int) (float64, bool) { return value(r, 0) }
}

// goals lists the bounds that the store was built to keep.
func goals() []goal {
	list := []goal{
		{Name: "import, index included, over `git fast-import`: processor", Target: "≤ 0.45", Most: 0.45, Value: ratio("import", "stemma", "git", cpu)},
		{Name: "the same: wall", Target: "≤ 0.45", Most: 0.45, Value: ratio("import", "stemma", "git", wall)},
		{Name: "import without seals and index over `git fast-import`: processor", Target: "≤ 0.30", Most: 0.30, Value: ratio("import", "packs", "git", cpu)},
		{Name: "bytes of objects over fast-import's", Target: "≤ 0.65", Most: 0.65, Value: ratio("import", "stemma", "git", bytesOf)},
		{Name: "import with index: versions a second", Target: "≥ 12,000", Least: 12_000, Unit: "/s", Value: plain("import", "stemma", rate)},
		{Name: "import: peak memory", Target: "< 2 GB", Most: 2000, Unit: " MB", Value: plain("import", "stemma", megabyte)},
		{Name: "durable record, whole process, over git plumbing: wall", Target: "≤ 0.1", Most: 0.1, Value: ratio("record", "stemma", "plumbing", wall)},
		{Name: "durable record, whole process, over go-git bare: wall", Target: "≤ 0.01", Most: 0.01, Value: ratio("record", "stemma", "go-git", wall)},
		{Name: "record in an open store, largest size over smallest: wall", Target: "≤ 1.5", Most: 1.5, Across: true, Value: growth("record", "stemma open", inner)},
		{Name: "record as a process, largest size over smallest: wall", Target: "≤ 1.5", Most: 1.5, Across: true, Value: growth("record", "stemma", wall)},
		{Name: "`changes` of the hot article over `git log` with Bloom filters: processor", Target: "≤ 0.02", Most: 0.02, Value: ratio("history", "stemma", "log bloom", cpu)},
		{Name: "versions read at random over `git cat-file --batch`: processor", Target: "≤ 1.0", Most: 1, Value: ratio("blobs", "stemma", "git", cpu)},
		{Name: "index rebuild over building Bloom filters: processor", Target: "≤ 1.0", Most: 1, Value: ratio("index", "stemma", "bloom", cpu)},
		{Name: "tail merge over `git repack --geometric`: processor", Target: "≤ 0.05", Most: 0.05, Value: ratio("upkeep", "maintain", "geometric", cpu)},
		{Name: "verify over `git fsck --strict`: wall", Target: "≤ 2", Most: 2, Value: ratio("verify", "stemma", "fsck", wall)},
		{Name: "group commit, 1000 callers: durable versions a second", Target: "≥ 5,000", Least: 5000, Unit: "/s", Across: true, Value: once(plain("group", "stemma 1000", rate))},
		{Name: "the same callers: versions lost or doubled", Target: "0", None: true, Across: true, Value: wrongs},
	}
	for _, name := range []string{"changes", "show", "diff", "record"} {
		list = append(list,
			goal{Name: "`" + name + "`: peak memory", Target: "≤ 64 MB", Most: 64 * 1.048576, Unit: " MB", Value: plain("commands", name, megabyte)},
			goal{Name: "`" + name + "`: wall, over `--version`", Target: "≤ 4", Most: 4, Value: ratio("commands", name, "version", wall)},
			goal{Name: "`" + name + "`: wall", Target: "≤ 40 ms", Most: 40, Unit: " ms", Value: plain("commands", name, millis)},
		)
	}
	return list
}

// show writes a value of a goal.
func (g *goal) show(v float64) string {
	switch {
	case g.None:
		return count(v)
	case g.Unit == "/s":
		return count(v) + g.Unit
	case g.Unit == "" && v < 0.1:
		return strconv.FormatFloat(v, 'f', 4, 64)
	case g.Unit == "":
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return digits(v) + g.Unit
}
