//go:build unix

package diff

import (
	"syscall"
	"testing"
	"time"
)

// processorTime is what the process has used so far. On a busy machine it says more
// than a wall clock.
func processorTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
