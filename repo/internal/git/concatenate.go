package git

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// tailPacks is how many packs of about the same size are left before they
	// are made one. Each look-up may have to ask every pack, and each new size
	// is 32 times the one before: a million commits lie in about 90 packs.
	tailPacks = 32
	// maxPack is the size in bytes above which no pack is made.
	maxPack = 1 << 30
)

// alwaysMerged is the size in bytes up to which Maintain copies packs into one
// whatever their sizes: that takes less than a second.
const alwaysMerged = 64 << 20

// Maintain puts the packs in order now, rather than when 32 of a size have come
// together, and returns how many it replaced: many small ones become one, and
// when 64,000 commits have come together, all are replayed (Replay). It is
// harmless at any time: readers go on, and a kill at any moment leaves everything
// readable.
func (r *Repo) Maintain(ctx context.Context) (replaced int, err error) {
	if replaced, err = r.replay(ctx, false); err != nil || replaced > 0 {
		return replaced, err
	}
	unlock, err := r.Lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	if err := r.tidyPacks(nil); err != nil {
		return 0, err
	}
	return r.concatenate(2)
}

// concatenate makes one pack of each group of at least so many. The caller
// holds the store's lock.
func (r *Repo) concatenate(least int) (replaced int, err error) {
	for {
		group, err := r.objects.mergeable(least, r.replayed())
		if err != nil || len(group) == 0 {
			return replaced, err
		}
		if err := r.mergePacks(group); err != nil {
			return replaced, err
		}
		replaced += len(group)
		if least < tailPacks {
			return replaced, nil // all there was to do went into one group
		}
	}
}

// mergeable returns the packs that are to become one: the first size of which
// there are enough, or all small packs where least is below the usual. Packs
// that are borrowed, or marked by git, are left alone, and so are those that a
// replay made.
func (o *objects) mergeable(least int, replayed map[string]bool) ([]*pack, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	own := filepath.Join(o.dirs[0], "pack")
	tiers := map[int][]*pack{}
	for _, p := range o.packs {
		if p.kept || replayed[p.base] || filepath.Dir(p.base) != own || p.size > maxPack/2 {
			continue
		}
		x, err := p.openedIndex()
		if err != nil {
			return nil, err
		}
		tier := 0
		if least >= tailPacks {
			tier = (bits.Len(uint(x.n)) - 1) / 5 // sizes in steps of 32
		}
		tiers[tier] = append(tiers[tier], p)
	}
	for tier := 0; tier <= 64; tier++ {
		group := tiers[tier]
		// The smallest first, so that as many as possible go into one pack;
		// then the oldest first, so that the pack is in the order of time.
		slices.SortFunc(group, func(a, b *pack) int { return cmp.Compare(a.size, b.size) })
		total := int64(0)
		for i, p := range group {
			// Nor is a large pack copied for the sake of a few small ones.
			if total+p.size > maxPack || p.size > alwaysMerged && i > 0 && p.size > 2*total {
				group = group[:i]
				break
			}
			total += p.size
		}
		if len(group) >= least {
			slices.SortFunc(group, func(a, b *pack) int {
				return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.base, b.base))
			})
			return group, nil
		}
	}
	return nil, nil
}

// mergePacks writes one pack that holds all objects of the group, and deletes
// the group when it is durable.
func (r *Repo) mergePacks(group []*pack) error {
	name, err := nonce()
	if err != nil {
		return err
	}
	tmp := r.own(filepath.Join("tmp", "merge-"+name))
	// This file stays until the end: as long as it is there, the next writer
	// looks for indexes that have lost their pack.
	busy, err := newFile(r.disk, tmp, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		for _, path := range []string{tmp + ".pack", tmp + ".idx", tmp} {
			_ = r.disk.Remove(path) // the first two are there only if something failed
		}
	}()
	if err := busy.Close(); err != nil {
		return err
	}
	base, err := r.writeMerged(tmp, group)
	if err != nil {
		return err
	}
	// A merge that could not delete what it had replaced comes to the same
	// pack again: it stands already.
	group = slices.DeleteFunc(group, func(p *pack) bool { return p.base == base })
	if found, err := r.placeMerged(tmp, base); err != nil || !found {
		return err
	}
	return r.deletePacks(group)
}

// placeMerged puts a pack in its place that takes the place of others, unless it
// stands there with its index, and reports whether it is found from then on: a git
// repack beside us may have taken it away at once. Only where it is found may the
// others go.
func (r *Repo) placeMerged(tmp, base string) (found bool, err error) {
	if !standsWhole(base) {
		if err := r.settle(tmp, base); err != nil {
			return false, err
		}
	}
	_, err = r.objects.rescan()
	return err == nil && r.objects.knows(base), err
}

// standsWhole reports whether a pack, named without extension, is there with its index.
func standsWhole(base string) bool {
	_, packErr := os.Stat(base + ".pack")
	_, indexErr := os.Stat(base + ".idx")
	return packErr == nil && indexErr == nil
}

func (r *Repo) settle(tmp, base string) error {
	if err := r.place("place merged ", tmp, base); err != nil {
		return err
	}
	if err := r.step("sync merged"); err != nil {
		return err
	}
	return syncDir(r.disk, filepath.Dir(base))
}

// deletePacks removes packs whose objects all lie elsewhere. A multi-pack-index
// that names them goes first: git trusts it without looking.
func (r *Repo) deletePacks(group []*pack) error {
	dir := filepath.Join(r.dir, "objects", "pack")
	multi, err := filepath.Glob(filepath.Join(escapeGlob(dir), "multi-pack-index*"))
	if err != nil {
		return err
	}
	for _, path := range multi {
		if err := r.disk.Remove(path); err != nil && !vanished(err) {
			return err
		}
	}
	var errs []error
	for _, p := range group {
		if err := r.step("delete pack"); err != nil {
			return err
		}
		if err := r.objects.forget(p.base); err != nil {
			return err
		}
		errs = append(errs, removePack(r.disk, p.base))
	}
	_, err = r.objects.rescan()
	return errors.Join(append(errs, err)...)
}

func escapeGlob(dir string) string {
	if os.PathSeparator == '\\' {
		return dir // Windows has no such escape, nor such names
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// knows reports whether a pack is among those in which objects are found.
func (o *objects) knows(base string) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.ContainsFunc(o.packs, func(p *pack) bool { return p.base == base })
}

// forget lets one pack go, so that its file may be deleted.
func (o *objects) forget(base string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, p := range o.packs {
		if p.base == base {
			o.packs = slices.Delete(slices.Clone(o.packs), i, i+1)
			o.listed = false
			o.lists.Add(1)
			return o.drop(map[string]*pack{base: p})
		}
	}
	return nil
}

// packWriter writes a pack entry by entry.
type packWriter struct {
	file File
	buf  *bufio.Writer
	sum  hash.Hash
	at   int64
	// entries names the objects in the order in which they are written. The
	// first copy of an object is the one that is kept.
	entries entryTable
	layout  packLayout // where those stand that are written already
}

func (w *packWriter) Write(b []byte) (int, error) {
	w.sum.Write(b)
	n, err := w.buf.Write(b)
	w.at += int64(n)
	return n, err
}

// writeMerged writes the temporary files of the merged pack, durable, and
// returns where they belong.
func (r *Repo) writeMerged(tmp string, group []*pack) (base string, err error) {
	r.objects.mu.RLock() // keeps the group open
	defer r.objects.mu.RUnlock()
	defer catchFaults(&err)()
	sources, most := make([]*mergeSource, len(group)), 0
	for i, p := range group {
		if sources[i], err = newMergeSource(p); err != nil {
			return "", err
		}
		most += len(sources[i].entries)
	}
	w := &packWriter{sum: sha1.New(), entries: roomyTable(most)}
	for _, s := range sources {
		s.whole = true
		for _, e := range s.entries {
			if w.entries.find(e.hash) != 0 {
				s.whole = false
				continue
			}
			w.entries.add(e.hash, 0)
		}
	}
	n := len(w.entries.names)
	if n > math.MaxInt32 {
		return "", fmt.Errorf("%d objects are too many for one pack", n)
	}
	f, err := newFile(r.disk, tmp+".pack", packMode)
	if err != nil {
		return "", err
	}
	defer f.Close()
	w.file, w.buf = f, bufio.NewWriterSize(f, 1<<18)
	w.layout.offsets, w.layout.crcs = make([]int64, 0, n), make([]uint32, 0, n)
	if _, err := w.Write(appendPackHead(nil, n)); err != nil {
		return "", err
	}
	for _, s := range sources {
		copyTo := s.copyTo
		if s.whole {
			copyTo = s.copyWhole
		}
		if err := copyTo(w); err != nil {
			return "", corruptFile(s.pack.path(), err)
		}
	}
	sum := Hash(w.sum.Sum(nil))
	if _, err := w.buf.Write(sum[:]); err != nil {
		return "", err
	}
	if err := errors.Join(w.buf.Flush(), f.Sync()); err != nil {
		return "", err
	}
	index, err := newFile(r.disk, tmp+".idx", packMode, sealIndex(indexTables(w.entries.names, &w.layout), sum))
	if err != nil {
		return "", err
	}
	if err := errors.Join(index.Sync(), index.Close()); err != nil {
		return "", err
	}
	return filepath.Join(r.dir, "objects", "pack", "pack-"+sum.String()), nil
}

// mergeSource is a pack that is being copied, its objects in the order in
// which they lie in it.
type mergeSource struct {
	pack    *pack
	view    *view
	entries []indexRow
	whole   bool // none of its objects stands in a source before it
}

func newMergeSource(p *pack) (*mergeSource, error) {
	x, err := p.openedIndex()
	if err != nil {
		return nil, err
	}
	v, err := p.openedView(x)
	if err != nil {
		return nil, err
	}
	if err := x.check(); err != nil {
		return nil, corruptFile(p.base+".idx", err)
	}
	s := &mergeSource{pack: p, view: v, entries: make([]indexRow, x.n)}
	// A pack that is merged is smaller than maxPack, so that a number holds an offset
	// and the place of its row: numbers are sorted in half the time.
	order := make([]uint64, x.n)
	for i := range order {
		off, err := x.offset(i)
		if err == nil && (off < packHead || off >= min(v.size, 1<<32)) {
			err = fmt.Errorf("an entry lies at %d, outside of the pack", off)
		}
		if err != nil {
			return nil, corruptFile(p.base+".idx", err)
		}
		order[i] = uint64(off)<<32 | uint64(i)
	}
	slices.Sort(order)
	for i, o := range order {
		row := int(uint32(o))
		s.entries[i] = indexRow{x.name(row), x.crc(row), int64(o >> 32)}
	}
	if n := len(s.entries); n > 0 && s.entries[n-1].offset >= s.end(n-1) {
		return nil, corruptFile(p.base+".idx", errors.New("an entry lies outside of the pack"))
	}
	return s, nil
}

// end is where entry i ends.
func (s *mergeSource) end(i int) int64 {
	if i+1 < len(s.entries) {
		return s.entries[i+1].offset
	}
	return s.view.size - packTail
}

// checked returns an error for an entry that is not what the index says of it; raw
// are its bytes.
func (e *indexRow) checked(raw []byte) error {
	if len(raw) == 0 || crc32.ChecksumIEEE(raw) != e.crc {
		return fmt.Errorf("the entry at %d (object %s) does not match its checksum", e.offset, e.hash)
	}
	return nil
}

// copyPiece is about how many bytes are copied at once.
const copyPiece = 256 << 10

// copyWhole copies a pack all of whose objects go into the new one: piece by piece,
// since no distance in it changes. Each entry is checked against its CRC.
func (s *mergeSource) copyWhole(w *packWriter) error {
	if err := w.buf.Flush(); err != nil {
		return err // so that pieces go to the file as they are
	}
	for from := 0; from < len(s.entries); {
		start, to := s.entries[from].offset, from+1
		for to < len(s.entries) && s.end(to)-start <= copyPiece {
			to++
		}
		raw, err := s.view.window(start, s.end(to-1)-start)
		if err != nil {
			return err
		}
		at := w.at
		for i := from; i < to; i++ {
			e := &s.entries[i]
			if err := e.checked(raw[e.offset-start : s.end(i)-start]); err != nil {
				return err
			}
			w.layout.offsets, w.layout.crcs = append(w.layout.offsets, at+e.offset-start), append(w.layout.crcs, e.crc)
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// copyTo copies the entries as they are, each checked against its CRC. Only
// where an object is left out that stands in the new pack already do the
// distances to delta bases change; these are written anew.
func (s *mergeSource) copyTo(w *packWriter) error {
	for i, e := range s.entries {
		raw, err := s.view.window(e.offset, s.end(i)-e.offset)
		if err != nil {
			return err
		}
		if err := e.checked(raw); err != nil {
			return err
		}
		if w.entries.find(e.hash) != len(w.layout.offsets)+1 {
			continue // it stands there already
		}
		head, err := parseEntryHead(raw, e.offset)
		if err != nil {
			return err
		}
		crc, at := e.crc, w.at
		if head.kind == kindOfsDelta {
			base, ok := s.hashAt(head.baseOff)
			if !ok {
				return fmt.Errorf("the entry at %d has a base that the index does not name", e.offset)
			}
			if back := w.at - w.layout.offsets[w.entries.find(base)-1]; back != e.offset-head.baseOff {
				fresh := appendOffset(appendEntryHead(nil, kindOfsDelta, head.size), back)
				raw = append(fresh, raw[head.length:]...)
				crc = crc32.ChecksumIEEE(raw)
			}
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
		w.layout.offsets, w.layout.crcs = append(w.layout.offsets, at), append(w.layout.crcs, crc)
	}
	return nil
}

func (s *mergeSource) hashAt(off int64) (Hash, bool) {
	i, ok := s.placeOf(off)
	if !ok {
		return Hash{}, false
	}
	return s.entries[i].hash, true
}

// placeOf returns which of the entries begins at off.
func (s *mergeSource) placeOf(off int64) (int, bool) {
	return slices.BinarySearchFunc(s.entries, off, func(e indexRow, off int64) int {
		return cmp.Compare(e.offset, off)
	})
}
