package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

// gcPercent gives the collector's percentage as it stands.
func gcPercent() uint64 {
	read := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(read)
	return read[0].Value.Uint64()
}

// TestCollectLate wants the first collection late, and what follows as ever.
func TestCollectLate(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	collectLate()
	if now := gcPercent(); now != shortHeap {
		t.Errorf("a command begins with a percentage of %d, want %d", now, shortHeap)
	}
	for deadline := time.Now().Add(time.Minute); gcPercent() != 100; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("after collecting the percentage is %d still", gcPercent())
		}
	}
	debug.SetGCPercent(50)
	collectLate()
	if now := gcPercent(); now != 50 {
		t.Errorf("a percentage of 50 that was asked for became %d", now)
	}
}
