package git

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

const (
	// replayCommits is how many commits come together in packs that were not
	// replayed before Maintain replays them.
	replayCommits = 64_000
	// maxReplay bounds the bytes of the packs that are replayed into one.
	maxReplay = 2 * maxPack
	// maxReplayObjects bounds memory: an object takes some 100 bytes of it.
	maxReplayObjects = 8 << 20
	// replayBases is how many bytes of delta bases are kept at hand.
	replayBases = 64 << 20
	// replayDir holds the files of a replay that is at work, which is longer
	// than the store's lock ought to be held. It has a lock of its own.
	replayDir = "replay"
	// replayedFile lists the packs that a replay made, one a line.
	replayedFile = "replayed"
)

// Replay rewrites packs into one in which the versions of each file, and of each
// folder, are stored as what differs from the next newer one; Maintain does so
// when enough has come together, Replay at once. It returns how many packs it
// replaced. Every object is kept, whether anything leads to it or not.
//
// The store's lock is held only to put the new pack in its place: others read and
// write meanwhile. What ctx cancels leaves everything as it was.
func (r *Repo) Replay(ctx context.Context) (replaced int, err error) { return r.replay(ctx, true) }

func (r *Repo) replay(ctx context.Context, force bool) (replaced int, err error) {
	dir := r.own(replayDir)
	if err := r.disk.MakeDir(dir); err != nil {
		return 0, err
	}
	turn := flock.New(r.own(replayDir+".lock"), flock.SetPermissions(0o666))
	if err := poll(ctx, turn); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, turn.Unlock()) }()
	for try := 0; ; try++ {
		if err := r.emptyReplayDir(); err != nil {
			return 0, err
		}
		group, err := r.replayable(force)
		if err == nil && len(group) == 0 {
			return 0, nil
		}
		base := ""
		if err == nil {
			base, err = r.buildReplay(ctx, group)
		}
		if vanished(err) && try < maxRescans && ctx.Err() == nil {
			continue // somebody repacks beside us: the packs are others now
		}
		if err == nil {
			replaced, err = r.placeReplay(ctx, base, group)
		}
		return replaced, errors.Join(err, r.emptyReplayDir())
	}
}

// emptyReplayDir removes what a replay left, this one or one that died.
func (r *Repo) emptyReplayDir() error {
	rows, err := os.ReadDir(r.own(replayDir))
	for _, row := range rows {
		err = errors.Join(err, removeAll(r.disk, r.own(filepath.Join(replayDir, row.Name()))))
	}
	return err
}

// replayed names the packs, as paths without extension, that replays made.
func (r *Repo) replayed() map[string]bool {
	data, err := os.ReadFile(r.own(replayedFile))
	if err != nil {
		return nil // then all of them count as not replayed: more work, no harm
	}
	out := map[string]bool{}
	for name := range strings.FieldsSeq(string(data)) {
		out[filepath.Join(r.dir, "objects", "pack", name)] = true
	}
	return out
}

// replayable chooses the packs of one replay: all that were not replayed, if they
// hold enough commits; with them those from earlier replays that are no larger
// than what they come together with, so that the work on one object grows with
// the logarithm of their number.
func (r *Repo) replayable(force bool) ([]*pack, error) {
	if _, err := r.objects.rescan(); err != nil {
		return nil, err
	}
	done := r.replayed()
	own := filepath.Join(r.dir, "objects", "pack")
	var fresh, old []*pack
	r.objects.mu.RLock()
	for _, p := range r.objects.packs {
		// A pack of one's own of the same file: nobody else lets it go.
		switch private := (&pack{base: p.base, size: p.size, time: p.time}); {
		case p.kept || filepath.Dir(p.base) != own:
		case done[p.base]:
			old = append(old, private)
		default:
			fresh = append(fresh, private)
		}
	}
	r.objects.mu.RUnlock()
	bySize := func(a, b *pack) int { return int(min(max(a.size-b.size, -1), 1)) }
	slices.SortFunc(fresh, bySize)
	slices.SortFunc(old, bySize)
	var group []*pack
	total, objects := int64(0), 0
	add := func(p *pack) (bool, error) {
		x, err := p.openedIndex()
		if err != nil {
			return false, err
		}
		if total+p.size > maxReplay || objects+x.n > maxReplayObjects {
			return false, p.close()
		}
		group, total, objects = append(group, p), total+p.size, objects+x.n
		return true, nil
	}
	var err error
	for ok := true; ok && err == nil && len(fresh) > 0; fresh = fresh[1:] {
		ok, err = add(fresh[0])
	}
	if err == nil && !force {
		n := 0
		if objects >= replayCommits {
			n, err = countCommits(group, countSample)
		}
		if n < replayCommits {
			return nil, errors.Join(err, closePacks(group))
		}
	}
	for ok := true; ok && err == nil && len(old) > 0 && (force || old[0].size <= total); old = old[1:] {
		ok, err = add(old[0])
	}
	if err != nil || len(group) == 1 && done[group[0].base] {
		return nil, errors.Join(err, closePacks(group))
	}
	return group, nil
}

func closePacks(packs []*pack) error {
	var errs []error
	for _, p := range packs {
		errs = append(errs, p.close())
	}
	return errors.Join(errs...)
}

// countSample is of how many objects one is looked at to count commits: by their
// names, in which order an index has them, objects lie at random. Of 64,000 commits
// among six times as many objects that gives the number within some per cent.
const countSample = 16

// countCommits counts the commits of packs, by looking at one object of so many. A
// commit that is stored as what differs from another counts where that one is whole,
// as it is in every pack made here: in those of other programs a few may be missed,
// and a replay comes later.
func countCommits(packs []*pack, sample int) (n int, err error) {
	defer catchFaults(&err)()
	next := 0 // to be looked at, in the pack at hand
	for _, p := range packs {
		x, err := p.openedIndex()
		if err != nil {
			return 0, err
		}
		v, err := p.openedView(x)
		if err != nil {
			return 0, err
		}
		for ; next < x.n; next += sample {
			off, err := x.offset(next)
			if err != nil {
				return 0, corruptFile(p.path(), err)
			}
			head, err := headAt(v, off)
			if err == nil && head.kind == kindOfsDelta {
				head, err = headAt(v, head.baseOff)
			}
			if err != nil {
				return 0, corruptFile(p.path(), err)
			}
			if head.kind == kindCommit {
				n += sample
			}
		}
		next -= x.n
	}
	return n, nil
}

// headAt reads the head of the entry that begins at off.
func headAt(v *view, off int64) (entryHead, error) {
	const most = 40 // of a size, and of an offset or a name
	raw, err := v.window(off, most)
	if err != nil {
		return entryHead{}, err
	}
	return parseEntryHead(raw, off)
}

// buildReplay writes the new pack and its index, durably, to the replay's folder,
// and returns the pack's name.
func (r *Repo) buildReplay(ctx context.Context, group []*pack) (name string, err error) {
	defer func() { err = errors.Join(err, closePacks(group)) }()
	defer catchFaults(&err)()
	p := &replayer{
		repo: r, packs: group,
		reader: packReader{bases: newCache[packOffset](replayBases)},
		trees:  newCache[Hash](replayBases / 4),
	}
	if err := p.list(); err != nil {
		return "", err
	}
	if err := p.relate(ctx); err != nil {
		return "", err
	}
	path := r.own(filepath.Join(replayDir, "pack"))
	out, err := newStreamPack(r.disk, path+".pack", packLayout{at: packHead}, &r.encoders)
	if err != nil {
		return "", err
	}
	err = p.emit(ctx, out)
	var sum Hash
	if err == nil {
		sum, err = out.seal(len(p.emitted), nil, packHead)
	}
	if err == nil {
		err = out.file.Sync()
	}
	if err = errors.Join(err, out.close()); err != nil {
		return "", err
	}
	index, err := newFile(r.disk, path+".idx", packMode, sealIndex(indexTables(p.emitted, &out.layout), sum))
	if err != nil {
		return "", err
	}
	return "pack-" + sum.String(), errors.Join(index.Sync(), index.Close())
}

// placeReplay puts the new pack in its place and takes away those of the group
// that still stand.
func (r *Repo) placeReplay(ctx context.Context, name string, group []*pack) (int, error) {
	unlock, err := r.Lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	// As long as this file is there, the next writer looks for indexes that
	// have lost their pack.
	mark := r.own(filepath.Join("tmp", replayDir))
	busy, err := newFile(r.disk, mark, 0o666)
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.disk.Remove(mark) }()
	if err := busy.Close(); err != nil {
		return 0, err
	}
	base := filepath.Join(r.dir, "objects", "pack", name)
	if found, err := r.placeMerged(r.own(filepath.Join(replayDir, "pack")), base); err != nil || !found {
		return 0, err
	}
	if err := r.noteReplayed(name); err != nil {
		return 0, err
	}
	group = slices.DeleteFunc(group, func(p *pack) bool {
		_, err := os.Stat(p.path())
		return p.base == base || err != nil
	})
	return len(group), r.deletePacks(group)
}

// noteReplayed adds a pack to the list of those that were replayed, and drops
// those that are no more.
func (r *Repo) noteReplayed(name string) error {
	list := name + "\n"
	for base := range r.replayed() {
		if _, err := os.Stat(base + ".pack"); err == nil && filepath.Base(base) != name {
			list += filepath.Base(base) + "\n"
		}
	}
	return writePlainly(r.disk, r.own(replayedFile), []byte(list))
}

// replayer makes one pack of several.
type replayer struct {
	repo   *Repo
	packs  []*pack
	reader packReader
	trees  *cache[Hash]

	table   entryTable // the objects of all packs, each once
	places  []place    // beside them: where they lie
	commits []uint32   // numbers of objects, the newest first
	files   []uint32   // contents, and
	folders []uint32   // trees, each before those that build on it
	seen    []bool     // stands in one of these lists
	base    []uint32   // the number of the object that one builds on; 0: none
	child   []uint32   // the first of those that build on one
	sibling []uint32   // the next that builds on the same
	emitted []Hash     // in the order of the new pack
}

// place is where an object lies.
type place struct {
	off  int64
	size uint32 // of the entry in the pack, with its head
	crc  uint32
	pack uint16
	kind kind
}

// list enters all objects.
func (p *replayer) list() error {
	for i, source := range p.packs {
		s, err := newMergeSource(source)
		if err != nil {
			return err
		}
		kinds := make([]kind, len(s.entries))
		for j, e := range s.entries {
			end := s.view.size - packTail
			if j+1 < len(s.entries) {
				end = s.entries[j+1].offset
			}
			if e.offset < packHead || end <= e.offset {
				return corruptFile(source.path(), fmt.Errorf("object %s is said to begin at %d", e.hash, e.offset))
			}
			if kinds[j], err = p.kindOf(s, kinds[:j], e.offset); err != nil {
				return corruptFile(source.path(), err)
			}
			if p.table.find(e.hash) == 0 {
				p.table.add(e.hash, 0)
				p.places = append(p.places, place{e.offset, uint32(min(end-e.offset, 1<<32-1)), e.crc, uint16(i), kinds[j]})
			}
		}
	}
	n := len(p.places)
	p.seen = make([]bool, n)
	p.base, p.child, p.sibling = make([]uint32, n), make([]uint32, n), make([]uint32, n)
	return nil
}

// kindOf tells of what kind an object is, from those before it in the pack where
// it is a delta.
func (p *replayer) kindOf(s *mergeSource, before []kind, off int64) (kind, error) {
	for range maxDepth {
		e, err := p.reader.head(s.view, off)
		if err != nil {
			return 0, err
		}
		if e.kind != kindOfsDelta && e.kind != kindRefDelta {
			return e.kind, nil
		}
		if off, err = p.reader.base(s.pack, e); err != nil {
			return 0, err
		}
		if i, ok := s.placeOf(off); ok && i < len(before) {
			return before[i], nil
		}
	}
	return 0, fmt.Errorf("the chain of deltas at %d has no end", off)
}

// read returns object n, checked against its name.
func (p *replayer) read(n uint32) (object, error) {
	at, name := &p.places[n-1], p.table.names[n-1]
	obj, err := p.reader.read(p.packs[at.pack], at.off, 0)
	if err == nil && readHash(obj.kind, obj.data) != name {
		err = corruptObject(name, fmt.Errorf("the bytes stored in %s are those of %s", p.packs[at.pack].path(), readHash(obj.kind, obj.data)))
	}
	return obj, err
}

// packed returns object n as it lies in its pack, if it is stored whole there.
func (p *replayer) packed(n uint32) (body []byte, size int, ok bool, err error) {
	at := &p.places[n-1]
	source := p.packs[at.pack]
	x, err := source.openedIndex()
	if err != nil {
		return nil, 0, false, err
	}
	v, err := source.openedView(x)
	if err != nil {
		return nil, 0, false, err
	}
	raw, err := v.window(at.off, int64(at.size))
	if err != nil {
		return nil, 0, false, err
	}
	head, err := parseEntryHead(raw, at.off)
	if err != nil || head.kind == kindOfsDelta || head.kind == kindRefDelta {
		return nil, 0, false, err
	}
	if crc32.ChecksumIEEE(raw) != at.crc {
		return nil, 0, false, corruptFile(source.path(), fmt.Errorf("the entry at %d (object %s) does not match its checksum", at.off, p.table.names[n-1]))
	}
	return raw[head.length:], int(head.size), true, nil
}
