//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// cpuTime is the processor time that this process has used, in seconds: that of its
// garbage collector included.
func cpuTime() float64 {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
}

// limitSelf lets this process and what it starts use so many seconds each. Where the
// system doesn't hold this process to it, the process ends itself.
func limitSelf(seconds int) error {
	go func() {
		for cpuTime() < float64(seconds+1) {
			time.Sleep(100 * time.Millisecond)
		}
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &l); err != nil {
		return err
	}
	l.Cur = min(l.Max, uint64(seconds))
	l.Max = min(l.Max, uint64(seconds)+1) // Go's runtime passes over the signal of the first
	return syscall.Setrlimit(syscall.RLIMIT_CPU, &l)
}

// overLimit says whether a process ended because of its limit.
func overLimit(p *os.ProcessState, seconds int) bool {
	if p == nil {
		return false
	}
	status, ok := p.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL) ||
		(p.UserTime()+p.SystemTime()).Seconds() >= float64(seconds)
}

// peakOf is the most memory that a process held.
func peakOf(p *os.ProcessState) int64 {
	use, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(use.Maxrss)
	}
	return int64(use.Maxrss) << 10
}
