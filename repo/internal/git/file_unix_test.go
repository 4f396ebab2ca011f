//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package git

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestFileCutShortWhileMapped: pages of a mapped pack that can no longer be
// read are an error, not the end of the process.
func TestFileCutShortWhileMapped(t *testing.T) {
	r := newStore(t)
	big := make([]byte, 200_000)
	x := uint32(1)
	for i := range big { // incompressible, so that the pack is mapped
		x = x*1664525 + 1013904223
		big[i] = byte(x >> 24)
	}
	mustRecord(t, r, map[string]string{"big": string(big)})
	fresh := open(t, r.Dir())
	if _, err := readFile(fresh, "big"); err != nil {
		t.Fatal(err)
	}
	pack := packFiles(t, r)[0]
	if err := os.Chmod(pack, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(pack, 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(fresh, "big"); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "disk") {
		t.Errorf("reading a pack cut short: %v", err)
	}
	if err := os.Truncate(pack, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := readFile(open(t, r.Dir()), "big"); !errors.Is(err, ErrCorrupt) {
		t.Errorf("reading an empty pack: %v", err)
	}
}
