package git

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"
)

// storeLock admits one writer at a time: first among the goroutines that share
// a Repo, in the order in which they asked, then among processes.
//
// Between processes there are two file locks. Who wants to write takes the
// queue first, and keeps it until it has the store; only the one in the queue
// tries for the store. So a writer that lets go and asks again at once finds
// the queue taken by someone who has waited, and nobody starves.
type storeLock struct {
	turn  chan struct{}
	queue *flock.Flock
	store *flock.Flock
	held  atomic.Bool
	// waiting counts the goroutines that wait for their turn.
	waiting atomic.Int32
}

const (
	firstPoll = 200 * time.Microsecond
	lastPoll  = 4 * time.Millisecond
)

func newStoreLock(dir string) storeLock {
	return storeLock{
		turn:  make(chan struct{}, 1),
		queue: flock.New(filepath.Join(dir, ownDir, "queue.lock"), flock.SetPermissions(0o666)),
		store: flock.New(filepath.Join(dir, ownDir, "store.lock"), flock.SetPermissions(0o666)),
	}
}

func (l *storeLock) close() error {
	if l.held.Load() {
		return errors.New("the store is closed while a writer holds its lock")
	}
	return nil
}

// Lock waits until the caller is the store's only writer among all goroutines
// and processes, or until ctx ends. It also clears away what a writer that
// died has left. Reading needs no lock, and plain git takes none: it is met at
// git's own lock of main when a batch is published.
func (r *Repo) Lock(ctx context.Context) (unlock func(), err error) {
	l := &r.lock
	l.waiting.Add(1)
	select {
	case l.turn <- struct{}{}:
		l.waiting.Add(-1)
	case <-ctx.Done():
		l.waiting.Add(-1)
		return nil, ctx.Err()
	}
	if err := r.disk.MakeDir(r.own("tmp")); err != nil {
		<-l.turn
		return nil, err
	}
	if err := l.enter(ctx); err != nil {
		<-l.turn
		return nil, err
	}
	l.held.Store(true)
	leave := sync.OnceFunc(func() {
		l.held.Store(false)
		// The lock ends with its file in any case; there is nothing to do
		// about a failure, and nothing depends on it.
		_ = l.store.Unlock()
		<-l.turn
	})
	r.keepPublished()
	if err := r.tidy(); err != nil {
		leave()
		return nil, fmt.Errorf("clear away what an interrupted writer left: %w", err)
	}
	return leave, nil
}

func (l *storeLock) enter(ctx context.Context) error {
	if err := poll(ctx, l.queue); err != nil {
		return err
	}
	return errors.Join(poll(ctx, l.store), l.queue.Unlock())
}

// poll tries for a file lock until it has it. The waits are random so that
// all who wait have the same chance.
func poll(ctx context.Context, f *flock.Flock) error {
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		ok, err := f.TryLock()
		if err != nil {
			return fmt.Errorf("lock the store: %w", err)
		}
		if ok {
			return nil
		}
		t := time.NewTimer(wait/2 + rand.N(wait))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}
