package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// maxTidyWalk bounds how many commits tidy looks through for one that an
// interrupted writer made.
const maxTidyWalk = 2_000_000

// tidy clears away what writers left that died: temporary files, a main.lock
// that is provably theirs, packs that never came to be part of main. The
// caller holds the store's lock, so no such file belongs to a living writer.
// A main.lock of git's own, living or stale, is left alone.
//
// What a writer at work has in tmp says that there is more to look for. A loss of
// power may have taken that away and left the rest, so the first Lock of a Repo
// looks in any case.
func (r *Repo) tidy() error {
	rows, err := os.ReadDir(r.own("tmp"))
	if err != nil || len(rows) == 0 && r.tidied {
		return err
	}
	var refs []string
	for _, row := range rows {
		if strings.HasPrefix(row.Name(), refPrefix) {
			refs = append(refs, r.own(filepath.Join("tmp", row.Name())))
		}
	}
	lock := filepath.Join(r.dir, filepath.FromSlash(mainRef)+".lock")
	if _, ours := twin(lock, refs); ours {
		if err := r.disk.Remove(lock); err != nil {
			return err
		}
	}
	if err := r.tidyPacks(refs); err != nil {
		return err
	}
	for _, row := range rows {
		if err := removeAll(r.disk, r.own(filepath.Join("tmp", row.Name()))); err != nil {
			return err
		}
	}
	r.tidied = true
	return nil
}

// tidyPacks goes through objects/pack for packs that have no index, for marks of
// unfinished publications, and for indexes whose pack went first. What has another
// name than a pack's is git's, which is not done with it.
func (r *Repo) tidyPacks(refs []string) error {
	dir := filepath.Join(r.dir, "objects", "pack")
	rows, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if err := r.step("packs listed"); err != nil {
		return err
	}
	with := map[string]map[string]bool{".pack": {}, ".idx": {}, ".keep": {}}
	for _, row := range rows {
		ext := filepath.Ext(row.Name())
		if names := with[ext]; names != nil && strings.HasPrefix(row.Name(), "pack-") {
			names[filepath.Join(dir, strings.TrimSuffix(row.Name(), ext))] = true
		}
	}
	cleared := len(with[".keep"]) > 0
	for base := range with[".pack"] {
		if !with[".idx"][base] {
			r.indexAnew(base)
			cleared = true
		}
	}
	// The commits behind a mark may lie in a pack that has its index again.
	if _, err := r.objects.rescan(); err != nil {
		return err
	}
	for base := range with[".keep"] {
		if err := r.tidyKeep(base, refs); err != nil {
			return err
		}
	}
	for base := range with[".idx"] {
		if with[".pack"][base] {
			continue
		}
		// A list is no picture of one moment: git may have put the pack there,
		// and then the index, while it was made.
		if _, err := os.Stat(base + ".pack"); err == nil {
			continue
		}
		cleared = true
		if err := removePack(r.disk, base); err != nil {
			return err
		}
	}
	if cleared {
		_, err = r.objects.rescan()
	}
	return err
}

// indexAnew gives a pack its index where that is missing: a writer was killed
// before it could put it there, or a git gc took it for one without a pack. A pack
// that can't be indexed is left as it is: Check tells of it.
func (r *Repo) indexAnew(base string) {
	fresh := r.leftIndex(base)
	if fresh == "" {
		v, err := openView(base + ".pack")
		if err != nil {
			return
		}
		rows, sum, err := r.objects.indexPack(v, false)
		if errors.Join(err, v.close()) != nil {
			return
		}
		fresh = r.own(filepath.Join("tmp", filepath.Base(base)+".idx"))
		if writeDurably(r.disk, fresh, encodeIndex(rows, sum), os.O_TRUNC) != nil {
			return
		}
	}
	_ = r.disk.Rename(fresh, base+".idx")
}

// leftIndex finds a pack's index among what a killed writer left; "" for none.
func (r *Repo) leftIndex(base string) string {
	for _, dir := range []string{"tmp", replayDir} {
		left, _ := filepath.Glob(filepath.Join(escapeGlob(r.own(dir)), "*.idx"))
		for _, path := range left {
			x, err := openIndex(path)
			if err != nil {
				continue
			}
			whole := x.check() == nil && "pack-"+x.packSum().String() == filepath.Base(base)
			if x.close() == nil && whole {
				return path
			}
		}
	}
	return ""
}

// tidyKeep takes the mark off a pack if one of these temporary refs says that
// the mark is ours, and the pack away too if main surely never came to hold its
// commits. A mark that names a commit and nothing else is ours too, since git's own
// say who made them; where its temporary ref was lost, the pack stays.
func (r *Repo) tidyKeep(base string, refs []string) error {
	ref, ours := twin(base+".keep", refs)
	if !ours {
		data, err := os.ReadFile(base + ".keep")
		if err != nil {
			return ignoreVanished(err)
		}
		if _, err := parseRef(data); err != nil {
			return nil
		}
		return ignoreVanished(r.disk.Remove(base + ".keep"))
	}
	data, err := os.ReadFile(ref)
	if err != nil {
		return err
	}
	// A stream's pack may hold the only copy left of what git found in it.
	shared := strings.HasPrefix(filepath.Base(ref), sharedPrefix)
	if tip, err := parseRef(data); err == nil && !shared {
		if never, err := r.neverPublished(tip); err == nil && never {
			if err := r.objects.forget(base); err != nil {
				return err
			}
			if err := removePack(r.disk, base); err != nil {
				return err
			}
		}
	}
	return r.disk.Remove(base + ".keep")
}

// twin returns the file among refs that is the same file as path or, where the
// file system has no hard links, holds the same bytes.
func twin(path string, refs []string) (ref string, found bool) {
	for _, ref := range refs {
		if sameContent(ref, path) {
			return ref, true
		}
	}
	return "", false
}

// neverPublished reports whether main surely does not hold a commit: whether main
// lies behind it. The history is walked from both at once, so that it takes no
// longer than what lies between them, be it a stream of a million commits. Where
// the two are not of one line, or too far apart, it says no.
func (r *Repo) neverPublished(tip Hash) (bool, error) {
	main, err := r.Tip()
	if err != nil {
		return false, err
	}
	if main.IsZero() || main == tip {
		return main.IsZero(), nil
	}
	fromTip, fromMain := newAncestry(r, tip), newAncestry(r, main)
	for range maxTidyWalk {
		if found, err := fromTip.step(main); found || err != nil {
			return found, err
		}
		if found, err := fromMain.step(tip); found || err != nil {
			return false, err
		}
		if len(fromTip.queue)+len(fromMain.queue) == 0 {
			return true, nil // main's whole history was seen
		}
	}
	return false, errors.New("the history is too long to walk")
}

// ancestry goes back through history, a commit at a time.
type ancestry struct {
	repo  *Repo
	queue []Hash
	seen  map[Hash]bool
}

func newAncestry(r *Repo, from Hash) *ancestry {
	return &ancestry{r, []Hash{from}, map[Hash]bool{from: true}}
}

// step goes one commit further and reports whether a parent of it is wanted.
func (w *ancestry) step(wanted Hash) (found bool, err error) {
	if len(w.queue) == 0 {
		return false, nil
	}
	_, parents, err := w.repo.links(w.queue[0])
	w.queue = w.queue[1:]
	for _, p := range parents {
		if p == wanted {
			return true, nil
		}
		if !w.seen[p] {
			w.seen[p] = true
			w.queue = append(w.queue, p)
		}
	}
	return false, err
}
