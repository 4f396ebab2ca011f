package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Problem is one thing that is wrong with a store.
type Problem struct {
	File   string // the damaged file, where the problem is one of a file
	Commit Hash   // the first commit that needs the object, in the order of Log
	Path   string // the file's path in that commit, where it is one's content
	Object Hash   // the object that is missing or damaged
	Err    error
}

func (p Problem) Error() string {
	where := p.File
	if where == "" {
		where = "commit " + p.Commit.String()
		if p.Path != "" {
			where += ", file " + clip(p.Path)
		}
	}
	return where + ": " + p.Err.Error()
}

// CheckStats says what Check has looked at. An object that two packs hold counts
// twice, since both copies are read.
type CheckStats struct{ Packs, Commits, Trees, Blobs int }

// CheckOptions are the options of [Repo.CheckWith].
type CheckOptions struct {
	// Report gets what is wrong, one call each, from one goroutine. An error from
	// it ends the check.
	Report func(Problem) error
	// Progress, which may be nil, is called now and then with the number of
	// objects done, from another goroutine than Report, but never after CheckWith.
	Progress func(done, total int)
}

// Check is CheckWith without progress.
func (r *Repo) Check(ctx context.Context, report func(Problem) error) (CheckStats, error) {
	return r.CheckWith(ctx, CheckOptions{Report: report})
}

// CheckWith reads every pack and every loose object whole, main's and all others,
// on all processors: checksums, each object's name against its bytes, and that
// every object which a commit or a tree names is there and of its kind. The error
// returned is one that kept the check from being done, such as a main that can't be
// read.
//
// Each object is taken apart once, however long the chains of deltas are: a pack
// is gone through from its whole objects to what builds on them, in the order in
// which it lies on disk. That costs some 25 bytes of memory an object. Only where
// something doesn't hold, history is walked as well, to tell which commits and
// files need it.
func (r *Repo) CheckWith(ctx context.Context, opt CheckOptions) (CheckStats, error) {
	report := opt.Report
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &checker{repo: r, ctx: ctx, broken: map[Hash]error{}}
	tips, err := c.tips()
	if err != nil {
		return c.stats, err
	}
	defer c.close()
	problems, err := c.open()
	if err != nil {
		return c.stats, err
	}
	if err := c.run(c.jobs(), opt.Progress); err != nil {
		return c.stats, err
	}
	for _, p := range c.packs {
		problems = append(problems, p.problems()...)
		p.count(&c.stats)
	}
	for _, p := range problems {
		if err := report(p); err != nil {
			return c.stats, err
		}
	}
	for _, tip := range tips {
		if err := c.named(nil, tip, kindCommit); err != nil {
			c.doubt()
		}
	}
	if c.doubtful.Load() {
		for _, p := range c.unindexed() {
			if err := report(p); err != nil {
				return c.stats, err
			}
		}
		return c.stats, c.walk(tips, report)
	}
	return c.stats, c.rest(nil, report)
}

// checker is one run of Check.
type checker struct {
	repo     *Repo
	ctx      context.Context
	packs    []*checkedPack
	reader   packReader // for what is too large to be kept on the way
	done     atomic.Int64
	total    int64
	doubtful atomic.Bool // something that is named is missing or damaged

	mu     sync.Mutex
	stats  CheckStats
	broken map[Hash]error // loose objects that can't be read
	err    error          // what ended the check
}

// doubt notes that something doesn't hold which history may need.
func (c *checker) doubt() { c.doubtful.Store(true) }

// tips gives the newest commits of main and of the store's own refs.
func (c *checker) tips() ([]Hash, error) {
	var tips []Hash
	tip, err := c.repo.Tip()
	if err != nil {
		return nil, err
	}
	if !tip.IsZero() {
		tips = append(tips, tip)
	}
	receipts, found, err := readRef(c.repo.dir, receiptsRef)
	if found && !receipts.IsZero() {
		tips = append(tips, receipts)
	}
	return tips, err
}

// open opens all packs through files of its own, so that writers beside it need
// not wait, and what is repacked meanwhile can be read to its end.
func (c *checker) open() (problems []Problem, err error) {
	o := c.repo.objects
	c.reader = packReader{bases: newCache[packOffset](baseCacheSize)}
	for try := 0; ; try++ {
		if _, err := o.rescan(); err != nil {
			return nil, err
		}
		o.mu.RLock()
		list := o.packs
		o.mu.RUnlock()
		problems, gone := problems[:0], false
		for _, p := range list {
			opened, err := openChecked(p)
			if vanished(err) {
				gone = true
				break
			}
			c.stats.Packs++
			if err != nil {
				problems = append(problems, Problem{File: p.path(), Err: err})
				c.doubt()
				continue
			}
			c.packs = append(c.packs, opened)
			c.total += int64(len(opened.entries))
		}
		if !gone {
			return problems, nil
		}
		if try == maxRescans {
			return nil, errors.New("packs come and go faster than they can be checked: try again when maintenance is done")
		}
		c.close() // repacked while it was listed
		c.packs, c.total, c.stats = nil, 0, CheckStats{}
	}
}

// unindexed tells of packs that have no index. They may hold what is missing; where
// nothing is, they are what a killed writer left, and no harm.
func (c *checker) unindexed() (problems []Problem) {
	o := c.repo.objects
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, path := range o.bare {
		problems = append(problems, Problem{File: path, Err: fmt.Errorf("%w: it has lost its index: stemma maintain makes it anew", ErrCorrupt)})
	}
	return problems
}

// close lets the packs go.
func (c *checker) close() {
	for _, p := range c.packs {
		p.close()
	}
}

// job is a piece of work that one goroutine does.
type job func(w *checkWorker) error

// jobs parts the work. The heads of all packs come first, since they tell what kind
// every object is of.
func (c *checker) jobs() [][]job {
	var heads, bodies []job
	for _, p := range c.packs {
		heads = append(heads, func(*checkWorker) error { return p.readHeads() })
		bodies = append(bodies, func(*checkWorker) error { return p.sums() })
		for from := 0; from < len(p.entries); from += checkStretch {
			bodies = append(bodies, func(w *checkWorker) error {
				return w.stretch(p, from, min(from+checkStretch, len(p.entries)))
			})
		}
	}
	for _, dir := range c.repo.objects.dirs {
		rows, err := os.ReadDir(dir)
		if err != nil {
			bodies = append(bodies, func(*checkWorker) error { return ignoreVanished(err) })
		}
		for _, row := range rows {
			if name := row.Name(); len(name) == 2 {
				bodies = append(bodies, func(w *checkWorker) error { return w.looseFolder(dir, name) })
			}
		}
	}
	return [][]job{heads, bodies}
}

// checkStretch is how many entries of a pack one job goes through.
const checkStretch = 4096

// run does the jobs, one phase after the other, on all processors.
func (c *checker) run(phases [][]job, progress func(done, total int)) error {
	finished := make(chan struct{})
	var telling sync.WaitGroup
	if progress != nil {
		telling.Go(func() { c.tell(progress, finished) })
	}
	for _, jobs := range phases {
		var next atomic.Int64
		var working sync.WaitGroup
		for range min(runtime.GOMAXPROCS(0), len(jobs)) {
			working.Go(func() { c.work(jobs, &next) })
		}
		working.Wait()
		if c.err != nil {
			break
		}
	}
	close(finished)
	telling.Wait()
	if progress != nil && c.err == nil {
		progress(int(c.done.Load()), int(max(c.total, c.done.Load())))
	}
	return c.err
}

// work does jobs until there are no more.
func (c *checker) work(jobs []job, next *atomic.Int64) {
	w := newCheckWorker(c)
	for {
		i := int(next.Add(1)) - 1
		if i >= len(jobs) {
			return
		}
		err := c.ctx.Err()
		if err == nil {
			err = w.do(jobs[i])
		}
		if err != nil {
			c.mu.Lock()
			if c.err == nil {
				c.err = err
			}
			c.mu.Unlock()
			next.Store(int64(len(jobs)))
			return
		}
	}
}

// tell reports how far the work is, until it is finished.
func (c *checker) tell(progress func(done, total int), finished <-chan struct{}) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-finished:
			return
		case <-tick.C:
			done := c.done.Load()
			progress(int(done), int(max(c.total, done)))
		}
	}
}

// rest reports the loose objects that can't be read and were not told of yet.
func (c *checker) rest(told map[Hash]bool, report func(Problem) error) error {
	for h, err := range c.broken {
		if told[h] {
			continue
		}
		if err := report(Problem{File: c.loosePath(h), Object: h, Err: err}); err != nil {
			return err
		}
	}
	return nil
}

// loosePath gives the file in which a loose object was met.
func (c *checker) loosePath(h Hash) string {
	for _, dir := range c.repo.objects.dirs {
		if path := loosePath(dir, h); exists(path) {
			return path
		}
	}
	return loosePath(c.repo.objects.dirs[0], h)
}

// errKind says that an object is not what it is named as.
func errKind(h Hash, have, want kind) error {
	return corruptObject(h, fmt.Errorf("it is a %s where a %s is named", have, want))
}
