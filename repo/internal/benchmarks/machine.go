package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// machine is what the figures depend on and what names nobody.
type machine struct {
	System     string  `json:"system"` // operating system and architecture
	Kernel     string  `json:"kernel,omitempty"`
	Processor  string  `json:"processor,omitempty"`
	Cores      int     `json:"cores"`
	Memory     int64   `json:"memory,omitempty"` // bytes
	FileSystem string  `json:"fileSystem,omitempty"`
	Sync       float64 `json:"sync,omitempty"` // median seconds of writing 4 kB and fsync, on that file system
	Go         string  `json:"go"`
	Git        string  `json:"git"`
}

// lookAround describes the machine, with the file system that holds a folder.
func lookAround(ctx context.Context, t *tools, dir string) (machine, error) {
	m := machine{System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	out, _, err := answer(t.command(ctx, dir, "git", "--version"))
	if err != nil {
		return m, err
	}
	m.Git = strings.TrimPrefix(out, "git version ")
	// What follows the numbers is some builder's own name.
	m.Kernel, _, _ = strings.Cut(strings.TrimSpace(readText("/proc/sys/kernel/osrelease")), "-")
	m.Processor = valueOf(readText("/proc/cpuinfo"), "model name")
	if kb, err := strconv.ParseInt(strings.TrimSuffix(valueOf(readText("/proc/meminfo"), "MemTotal"), " kB"), 10, 64); err == nil {
		m.Memory = kb << 10
	}
	m.FileSystem = fileSystem(readText("/proc/self/mountinfo"), dir)
	m.Sync, err = syncTime(dir)
	return m, err
}

// readText gives a file of the kernel's; "" where there is none.
func readText(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(data)
}

// valueOf gives what follows "KEY :" on the first line that begins so.
func valueOf(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// fileSystem finds the type of the file system that holds a folder in the kernel's
// list of mounts (proc(5): the fifth field is the mount point, the type follows
// the lone hyphen).
func fileSystem(mounts, dir string) string {
	found, length := "", -1
	for line := range strings.Lines(mounts) {
		left, right, ok := strings.Cut(line, " - ")
		fields, kind := strings.Fields(left), strings.Fields(right)
		if !ok || len(fields) < 5 || len(kind) == 0 {
			continue
		}
		point := fields[4]
		inside := point == "/" || dir == point || strings.HasPrefix(dir, point+"/")
		if inside && len(point) >= length {
			found, length = kind[0], len(point)
		}
	}
	return found
}

// syncTime measures what one durable write costs on the disk at hand: what bounds
// every figure of recording from below.
func syncTime(dir string) (float64, error) {
	name := filepath.Join(dir, "sync")
	defer os.Remove(name)
	block := make([]byte, 4096)
	var all []float64
	for range 100 {
		start := time.Now()
		f, err := os.Create(name)
		if err != nil {
			return 0, err
		}
		_, err = f.Write(block)
		if err == nil {
			err = f.Sync()
		}
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return 0, err
		}
		all = append(all, time.Since(start).Seconds())
	}
	return median(all), nil
}

// String is the machine in one sentence.
func (m machine) String() string {
	var b strings.Builder
	b.WriteString(m.System)
	if m.Kernel != "" {
		b.WriteString(" (kernel " + m.Kernel + ")")
	}
	if m.Processor != "" {
		b.WriteString(", " + m.Processor)
	}
	fmt.Fprintf(&b, ", %d cores", m.Cores)
	if m.Memory > 0 {
		fmt.Fprintf(&b, ", %s of memory", size(m.Memory))
	}
	if m.FileSystem != "" {
		fmt.Fprintf(&b, "; file system %s, where writing and syncing a file of 4 kB takes %s", m.FileSystem, duration(m.Sync))
	}
	fmt.Fprintf(&b, "; %s, git %s", m.Go, m.Git)
	return b.String()
}
