//go:build !unix

package diff

import (
	"testing"
	"time"
)

// processorTime is not told here: cpu-ns/op reads 0.
func processorTime(*testing.B) time.Duration { return 0 }
