package repo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/git/faultdisk"
)

// long reports whether the long form of the tests of faults is asked for: every
// operation of every scene, where the short form takes some by chance.
func long() bool { return os.Getenv("STEMMA_FAULTS") == "all" }

// fromEnv gives a number of the environment, or another one where it has none.
func fromEnv(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// someOf gives the numbers from 1 to n: all, or in the short form so many by
// chance.
func someOf(n, short int, r *rand.Rand) []int {
	list := r.Perm(n)
	if !long() && len(list) > short {
		list = list[:short]
	}
	for i := range list {
		list[i]++
	}
	return list
}

// counted is how many operations a scene asks of its disk.
func (st *playable) counted(t *testing.T) int {
	t.Helper()
	n := 0
	disk := faultdisk.NewAsking(func(faultdisk.Op, string) error { n++; return nil })
	dir := st.copy(t)
	s, err := openScene(disk, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.act(t.Context(), s, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), os.RemoveAll(filepath.Dir(dir))); err != nil {
		t.Fatal(err)
	}
	if n < 10 {
		t.Fatalf("only %d operations went through the disk", n)
	}
	return n
}

// outage is a fault of the disk: at the nth operation, and at those after it too
// where it lasts, as that of a full disk does.
type outage struct {
	nth   int
	lasts bool

	at     int // operations so far
	op     faultdisk.Op
	path   string // where it struck first
	struck []string
	err    error
	healed bool
}

func (o *outage) ask(op faultdisk.Op, path string) error {
	o.at++
	switch {
	case o.healed || o.at < o.nth:
		return nil
	case o.at > o.nth && (!o.lasts || !needsRoom(op)):
		return nil
	case o.at == o.nth:
		o.op, o.path, o.err = op, path, faultOf(op, o.nth)
	}
	o.struck = append(o.struck, string(op)+" "+path)
	return o.err
}

// needsRoom reports whether an operation fails on a full disk.
func needsRoom(op faultdisk.Op) bool {
	switch op {
	case faultdisk.Open, faultdisk.Write, faultdisk.Link, faultdisk.MakeDir:
		return true
	}
	return false
}

// faultOf gives the error with which a system would answer.
func faultOf(op faultdisk.Op, n int) error {
	switch {
	case op == faultdisk.Write:
		return &faultdisk.Short{N: n % 60, Err: syscall.ENOSPC}
	case needsRoom(op):
		return syscall.ENOSPC
	}
	return syscall.EIO
}

// TestFaults lets every operation of the disk fail in turn, while a store records,
// imports, corrects, links, maintains and merges: ENOSPC or EIO, a write cut short,
// once or from then on.
func TestFaults(t *testing.T) {
	t.Parallel()
	for i := range scenes {
		t.Run(scenes[i].name, func(t *testing.T) {
			t.Parallel()
			st := scenes[i].set(t)
			n := st.counted(t)
			r := rand.New(rand.NewPCG(uint64(i), 11))
			for _, lasts := range []bool{false, true} {
				for _, nth := range someOf(n, 4, r) {
					t.Run(fmt.Sprintf("operation %d of %d, lasting %v", nth, n, lasts), func(t *testing.T) {
						st.fail(t, &outage{nth: nth, lasts: lasts})
					})
				}
			}
		})
	}
}

// fail plays the scene on a disk that fails.
func (st *playable) fail(t *testing.T, o *outage) {
	dir := st.copy(t)
	s, err := openScene(faultdisk.NewAsking(o.ask), dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	acked := 0
	err = st.act(t.Context(), s, func(n int) { acked = n })
	s.gathering.wait() // who recorded was told before the packs were looked after
	o.healed = true
	if o.err == nil {
		t.Fatalf("the fault never struck: only %d operations", o.at)
	}
	if err != nil {
		named := slices.ContainsFunc(o.struck, func(what string) bool { return strings.Contains(err.Error(), what) })
		if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EIO) || !named {
			t.Errorf("%s of %s failed with %v, and the error says: %v", o.op, o.path, o.err, err)
		}
	}
	if err != nil && o.op != faultdisk.SyncDir {
		// What failed before main moved has not happened.
		if got := picture(t, s); len(got) == len(st.new) && len(st.new) > len(st.old) && acked < len(got)-len(st.old) && !strings.Contains(err.Error(), "durable") {
			t.Errorf("%v was reported, and the new state is there", err)
		}
	}
	st.aftermath(t, s, dir, acked, err == nil)
}

var _ git.Disk = (*faultdisk.Asking)(nil)
