package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// lookAround describes the machine by what the figures depend on, and what names
// nobody.
func lookAround(ctx context.Context) (string, error) {
	m := runtime.GOOS + "/" + runtime.GOARCH
	for _, f := range []struct{ file, key, format string }{
		{"/proc/cpuinfo", "model name", ", %s"},
		{"/proc/meminfo", "MemTotal", ", %s of memory"},
	} {
		data, err := os.ReadFile(f.file)
		if err != nil {
			continue // not Linux: the figures say less
		}
		for line := range strings.Lines(string(data)) {
			if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == f.key {
				v = strings.TrimSpace(v)
				if kb, err := strconv.ParseFloat(strings.TrimSuffix(v, " kB"), 64); err == nil {
					v = size(kb * 1024)
				}
				m += fmt.Sprintf(f.format, v)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s", m, runtime.NumCPU(), runtime.Version()), ctx.Err()
}
