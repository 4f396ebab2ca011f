package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

const (
	groupSeconds = 3.0 // how long callers record
	goGitCallers = 16
)

// callers are the numbers of goroutines that record at once.
func callers() []int { return []int{1, 16, 64, 256, 1000} }

// takeGroup lets many callers record at once into one open store. What each of
// them was told is durable is counted, and must be there afterwards, once.
func takeGroup(ctx context.Context, p *place) ([]sample, error) {
	if err := p.filled(ctx); err != nil {
		return nil, err
	}
	dir, err := p.work("group")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	seconds, numbers := groupSeconds, callers()
	if p.trial() {
		seconds, numbers = 0.1, []int{1, 1000}
	}
	var samples []sample
	for i := range len(numbers) + 1 {
		a := groupArgs{Store: filepath.Join(dir, "store"), Callers: numbers[min(i, len(numbers)-1)], Seconds: seconds, Whole: i == len(numbers)}
		s, err := p.groupStore(ctx, a)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	s, err := p.groupGoGit(ctx, filepath.Join(dir, "peer.git"), seconds)
	return append(samples, s), err
}

type groupArgs struct {
	Store   string
	Current []json.RawMessage // for go-git: the articles that are recorded
	Callers int
	Seconds float64
	Whole   bool // each version rewrites the whole text, where else it is one paragraph
}

type groupReply struct {
	Acknowledged int
	Seconds      float64
	Middle       float64 // median wall seconds of a call
	Failed       string  // what a rival failed with, "" where it didn't
}

func (p *place) groupStore(ctx context.Context, a groupArgs) (sample, error) {
	dir := a.Store
	if err := copyTree(dir, p.store()); err != nil {
		return sample{}, err
	}
	before, err := p.commits(ctx, dir)
	if err != nil {
		return sample{}, err
	}
	var r groupReply
	u, err := p.do(ctx, "group", a, &r)
	if err != nil {
		return sample{}, err
	}
	after, err := p.commits(ctx, dir)
	if err != nil {
		return sample{}, err
	}
	u.Wall = r.Seconds
	wrong := max(r.Acknowledged-(after-before), after-before-r.Acknowledged)
	key, what := "stemma "+strconv.Itoa(a.Callers), fmt.Sprintf("`Store.Record`, %d callers", a.Callers)
	if a.Whole {
		key, what = key+" whole", what+", each version a new text as a whole"
	}
	return sample{Key: key, What: what, Ours: true, Usage: u, Runs: 1,
		Count: r.Acknowledged, Inner: r.Middle, Wrong: wrong, Note: fmt.Sprintf("%d acknowledged, %d there", r.Acknowledged, after-before)}, os.RemoveAll(dir)
}

func (p *place) groupGoGit(ctx context.Context, dir string, seconds float64) (sample, error) {
	if err := copyTree(dir, p.peer()); err != nil {
		return sample{}, err
	}
	before, err := p.commits(ctx, dir)
	if err != nil {
		return sample{}, err
	}
	var r groupReply
	u, err := p.do(ctx, "group-go-git", groupArgs{Store: dir, Current: p.known.Current, Callers: goGitCallers, Seconds: seconds}, &r)
	if err != nil {
		return sample{}, err
	}
	u.Wall = r.Seconds
	s := sample{Key: "go-git", What: fmt.Sprintf("go-git's compare and swap, not synced, %d callers", goGitCallers), Usage: u, Runs: 1, Count: r.Acknowledged}
	if after, err := p.commits(ctx, dir); err != nil {
		s.Note = "the branch can't be read any more"
	} else {
		s.Note = fmt.Sprintf("%d acknowledged, %d there", r.Acknowledged, after-before)
	}
	if r.Failed != "" {
		s.Note += "; a caller gave up: " + strings.ReplaceAll(r.Failed, dir, "the repository")
	}
	return s, os.RemoveAll(dir)
}

// commits counts the commits of main.
func (p *place) commits(ctx context.Context, dir string) (int, error) {
	out, _, err := answer(p.git(ctx, dir, "rev-list", "--count", "main"))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(out)
}

func groupTask(ctx context.Context, a groupArgs) (r groupReply, err error) {
	s, err := repo.Open(a.Store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var wg sync.WaitGroup
	var done atomic.Int64
	prose := newProse()
	errs, times := make([]error, a.Callers), make([][]float64, a.Callers)
	start := time.Now()
	end := start.Add(time.Duration(a.Seconds * float64(time.Second)))
	for caller := range a.Callers {
		wg.Go(func() {
			times[caller], errs[caller] = storeCaller(ctx, s, &writerOf{prose: prose, caller: caller, whole: a.Whole}, end, &done)
		})
	}
	wg.Wait()
	r = groupReply{Acknowledged: int(done.Load()), Seconds: time.Since(start).Seconds()}
	var all []float64
	for _, t := range times {
		all = append(all, t...)
	}
	r.Middle = median(all)
	return r, errors.Join(errs...)
}

// writerOf writes what one caller records.
type writerOf struct {
	prose  *prose
	caller int
	whole  bool
	texts  []string
}

// next gives the next text: one paragraph of it is new, as in the rest of the
// workload, or all of them are.
func (w *writerOf) next(i int) string {
	if w.whole || w.texts == nil {
		w.texts = make([]string, paragraphs)
		for n := range w.texts {
			w.texts[n] = w.paragraph(i, n)
		}
	} else {
		n := i % paragraphs
		w.texts[n] = w.paragraph(i, n)
	}
	return strings.Join(w.texts, "\n\n")
}

func (w *writerOf) paragraph(i, n int) string {
	return w.prose.text(mix(uint64(w.caller), uint64(i), uint64(n), 11), paragraphSize)
}

// storeCaller records versions of an article of its own, one after the other.
func storeCaller(ctx context.Context, s *repo.Store, w *writerOf, end time.Time, done *atomic.Int64) (times []float64, err error) {
	st := schema.State{ID: schema.DeriveID(fmt.Sprintf("caller %d", w.caller)), Type: schema.Article, Date: "2020-01-01", Headline: fmt.Sprintf("What caller %d has to say", w.caller)}
	for i := 0; time.Now().Before(end); i++ {
		st.Body = w.next(i)
		d := repo.Draft{Input: schema.Input{State: st, Carries: schema.AllFields}}
		start := time.Now()
		results, err := s.Record(ctx, []repo.Draft{d}, repo.RecordOptions{})
		if err != nil {
			return times, err
		}
		if o := results[0].Outcome; o != repo.Created && o != repo.Recorded {
			return times, fmt.Errorf("caller %d: recording gave %+v", w.caller, results[0])
		}
		times = append(times, time.Since(start).Seconds())
		done.Add(1)
	}
	return times, nil
}
