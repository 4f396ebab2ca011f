package repo

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo/internal/index"
)

// How many events are read at once: few for whoever wants the first ones only, then
// more, since what was read of an article serves all its events among them.
const (
	tellFirst = 64
	tellMost  = 1 << 14
)

// tell makes occurrences of events. The states of first versions, which cost most, are
// read on all processors while the rest is looked up.
func (s *Store) tell(ctx context.Context, events []*happening) (list []Occurrence, err error) {
	told := make([][]Occurrence, len(events))
	err = s.idx.View(func(idx index.Reader) error {
		rows := make([]index.Row, len(events))
		for i, e := range events {
			row, ok, err := idx.AtPlace(e.seq)
			if err != nil {
				return err
			}
			if rows[i] = row; ok && e.whole == nil {
				told[i] = []Occurrence{{Event: e.event, Field: e.field, Passage: e.passage}}
			}
		}
		versions := make([]Version, len(events))
		wait := s.tellWhole(ctx, events, rows, told)
		place, err := s.placer(idx), error(nil)
		for i := range rows {
			if rows[i].Seq > 0 && err == nil {
				err = ctx.Err()
			}
			if rows[i].Seq > 0 && err == nil {
				versions[i], err = place(&rows[i])
			}
		}
		err = cmp.Or(wait(), err)
		for i := range told {
			for k := range told[i] {
				told[i][k].Version = versions[i]
			}
			list = append(list, told[i]...)
		}
		return err
	})
	return list, err
}

// tellWhole reads the first versions among events, in which a phrase may stand, and
// fills in what was found there. wait returns when that is done.
func (s *Store) tellWhole(ctx context.Context, events []*happening, rows []index.Row, told [][]Occurrence) (wait func() error) {
	var whole []int
	for i, e := range events {
		if e.whole != nil && rows[i].Seq > 0 {
			whole = append(whole, i)
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(whole))
	var (
		working sync.WaitGroup
		next    atomic.Int64
		errs    = make([]error, workers)
		files   = newFiles(s.git.Blob, filesKept)
	)
	for w := range workers {
		working.Go(func() {
			for errs[w] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(whole) {
					return
				}
				i := whole[n]
				told[i], errs[w] = s.tellFields(files, &rows[i], events[i].whole)
				errs[w] = cmp.Or(errs[w], ctx.Err())
			}
		})
	}
	return func() error {
		working.Wait()
		return cmp.Or(errs...)
	}
}

// tellFields tells in which fields of a first version a phrase stands.
func (s *Store) tellFields(files *files, row *index.Row, phrase *diff.Phrase) (list []Occurrence, err error) {
	state, err := s.readable(files, row)
	if err != nil {
		return nil, err
	}
	for _, f := range diff.ReadableFields(state) {
		if x, ok := firstPlace(f, phrase.Find); ok {
			list = append(list, Occurrence{Event: Appeared, Field: f.Name, Passage: x})
		}
	}
	return list, nil
}
