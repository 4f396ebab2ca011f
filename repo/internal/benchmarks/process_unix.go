//go:build unix

package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// peak gives the most memory that a process held, in bytes. A process that holds
// less than this program did when it started it reads as much as this one: Linux
// counts the moment between fork and exec too.
func peak(s *os.ProcessState) int64 {
	r, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return int64(r.Maxrss) // bytes there, kilobytes everywhere else
	}
	return int64(r.Maxrss) << 10
}

// ownPeak is the least that peak can tell of a process that this one starts; 0 where
// it can tell everything.
func ownPeak() int64 {
	kb, err := strconv.ParseInt(strings.TrimSuffix(valueOf(readText("/proc/self/status"), "VmHWM"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}
