package ingest

import "iter"

// How much is read ahead of the one who records: enough for both to be busy, in
// few enough steps that handing over costs nothing, and little enough that long
// articles do not fill the memory.
const (
	aheadItems = 64
	aheadBytes = 1 << 20 // of one step, beyond one item
	aheadSteps = 3       // that may wait
)

// read is one thing that a reader yielded.
type read struct {
	item Item
	err  error
}

// Ahead reads items in a goroutine of its own, in the same order, while the caller
// is busy with those before: unpacking and decoding then take the second core.
// Memory is bounded by a few megabytes and one item. What the reader itself looks
// at while it reads, it sees early: a reader that asks the store must not be read
// ahead.
func Ahead(items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		steps := make(chan []read, aheadSteps)
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			defer close(steps)
			readSteps(items, steps, stop)
		}()
		defer func() {
			close(stop)
			<-done // the reader's files are closed when this returns
		}()
		for step := range steps {
			for _, r := range step {
				if !yield(r.item, r.err) {
					return
				}
			}
		}
	}
}

// readSteps sends items by the step until they end or stop is closed.
func readSteps(items iter.Seq2[Item, error], steps chan<- []read, stop <-chan struct{}) {
	var step []read
	size := 0
	send := func() bool {
		select {
		case steps <- step:
			step, size = nil, 0
			return true
		case <-stop:
			return false
		}
	}
	for item, err := range items {
		step = append(step, read{item, err})
		size += len(item.Input.Body)
		if (len(step) >= aheadItems || size >= aheadBytes) && !send() {
			return
		}
	}
	if len(step) > 0 {
		send()
	}
}
