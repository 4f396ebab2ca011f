package git

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// publishedFile names the commit that main was moved to by this store's own writer
// last: behind it is nothing that came by plain git and was not met since. It is the
// file by which main was moved, kept under this name, so it costs no sync.
const publishedFile = "published"

// Published gives the commits to which this store's own writers have moved main
// last, newest or not: one, or more where a writer is at work or was killed. Some may
// never have come to be part of main. known is false for a store that had commits
// before this was remembered.
func (r *Repo) Published() (tips []Hash, known bool, err error) {
	paths := []string{r.own(publishedFile)}
	rows, err := os.ReadDir(r.own("tmp"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, false, err
	}
	for _, row := range rows {
		if strings.HasPrefix(row.Name(), refPrefix) {
			paths = append(paths, r.own(filepath.Join("tmp", row.Name())))
		}
	}
	for i, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			if ignoreVanished(err) != nil {
				return nil, false, err
			}
			continue
		}
		// One that isn't whole is that of a writer at work, or of one that was killed
		// before main could move.
		if h, err := parseRef(data); err == nil {
			tips, known = append(tips, h), known || i == 0
		}
	}
	if !known {
		_, err := os.Stat(r.own(bornFile))
		known = errors.Is(err, os.ErrNotExist)
	}
	return tips, known, nil
}

// keepPublished keeps what a writer left that was killed after it had moved main and
// before it could note that. The caller holds the store's lock.
func (r *Repo) keepPublished() {
	rows, err := os.ReadDir(r.own("tmp"))
	if err != nil {
		return
	}
	var last Hash
	for _, row := range rows {
		if !strings.HasPrefix(row.Name(), refPrefix) {
			continue
		}
		data, err := os.ReadFile(r.own(filepath.Join("tmp", row.Name())))
		if err != nil {
			continue
		}
		tip, err := parseRef(data)
		if err != nil {
			continue
		}
		if never, err := r.neverPublished(tip); err != nil || never {
			continue
		}
		if older, err := r.IsAncestor(last, tip); last.IsZero() || err == nil && older {
			last = tip
		}
	}
	if last.IsZero() {
		return
	}
	// Never in place: the file may be main's own, under its second name.
	fresh := r.own(filepath.Join("tmp", publishedFile))
	if writeDurably(r.disk, fresh, []byte(last.String()+"\n"), os.O_TRUNC) == nil {
		_ = r.disk.Rename(fresh, r.own(publishedFile))
	}
}

// Behind follows a line of single parents back from a commit to the first of some
// others, and counts the steps. found is false where it meets a merge; at the end of
// the line base is zero.
func (r *Repo) Behind(from Hash, others map[Hash]bool) (base Hash, steps int, found bool, err error) {
	for h := from; !h.IsZero(); steps++ {
		if others[h] {
			return h, steps, true, nil
		}
		_, parents, err := r.links(h)
		if err != nil || len(parents) > 1 {
			return Hash{}, 0, false, err
		}
		if h = (Hash{}); len(parents) == 1 {
			h = parents[0]
		}
	}
	return Hash{}, 0, true, nil
}
