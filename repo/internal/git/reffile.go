package git

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// refLockWait is how long is waited for another program's lock of a ref, or of
// another of git's files. Git holds them for milliseconds.
const refLockWait = 2 * time.Second

// refValue is what a ref says: the name of an object, or that of another ref.
type refValue struct {
	hash   Hash
	target string // "" unless the ref points at another
}

// bytes is the content of a ref's file.
func (v refValue) bytes() []byte {
	if v.target != "" {
		return []byte("ref: " + v.target + "\n")
	}
	return []byte(v.hash.String() + "\n")
}

// checkRefName refuses what git would not take for the name of a ref (git
// check-ref-format), and so every path that leads out of the repository. Outside of
// refs/ only names in capitals are refs, such as HEAD.
func checkRefName(name string) error {
	bad := func(why string) error { return fmt.Errorf("%q is no name for a ref: %s", clip(name), why) }
	if !strings.HasPrefix(name, "refs/") {
		if name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
			return bad("it must begin with refs/")
		}
		return nil
	}
	for _, part := range strings.Split(name, "/") {
		switch {
		case part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock"):
			return bad("a part of it is empty, begins with a dot or ends in .lock")
		case strings.ContainsAny(part, " ~^:?*[\\\x7f") || strings.ContainsFunc(part, func(r rune) bool { return r < ' ' }):
			return bad("it holds a character that git forbids")
		case strings.Contains(part, "..") || strings.Contains(part, "@{") || strings.HasSuffix(part, "."):
			return bad("it holds .. or @{, or ends in a dot")
		}
	}
	return nil
}

// parseRefValue reads the content of a ref's file.
func parseRefValue(data []byte) (refValue, error) {
	if target, ok := strings.CutPrefix(string(data), "ref:"); ok {
		target = strings.TrimSpace(target)
		return refValue{target: target}, checkRefName(target)
	}
	h, err := parseRef(data)
	return refValue{hash: h}, err
}

func (r *Repo) refPath(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// ref reads any ref. Like readRef it takes a damaged one for damage, never for none.
func (r *Repo) ref(name string) (v refValue, found bool, err error) {
	if checkRefName(name) != nil {
		return v, false, nil
	}
	for range 2 { // as readRef does, and for its reason
		v, found, err = r.looseRef(name)
		if err != nil || found {
			return v, found, err
		}
		data, err := os.ReadFile(filepath.Join(r.dir, "packed-refs"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return v, false, err
		}
		h, found, err := findPackedRef(data, name)
		if err != nil {
			return v, false, corruptFile(filepath.Join(r.dir, "packed-refs"), err)
		}
		if found {
			return refValue{hash: h}, true, nil
		}
	}
	return v, false, nil
}

func (r *Repo) looseRef(name string) (v refValue, found bool, err error) {
	path := r.refPath(name)
	data, err := os.ReadFile(path)
	if err != nil {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() || notThere(err) {
			err = nil
		}
		return v, false, err
	}
	if v, err = parseRefValue(data); err != nil {
		return v, false, corruptFile(path, err)
	}
	return v, true, nil
}

// notThere reports whether a path leads nowhere: also where a file stands in the
// place of one of its folders.
func notThere(err error) bool {
	return errors.Is(err, os.ErrNotExist) || strings.HasSuffix(err.Error(), "not a directory")
}

// looseRefs lists the names of the refs that have a file of their own, in order.
func (r *Repo) looseRefs() ([]string, error) {
	var names []string
	err := filepath.WalkDir(r.refPath("refs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return ignoreVanished(err)
		}
		rel, err := filepath.Rel(r.dir, path)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(rel); !d.IsDir() && checkRefName(name) == nil {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// packedRef is a row of packed-refs. peeled is what a tag leads to, or zero.
type packedRef struct{ hash, peeled Hash }

// packedRefs reads the refs that stand together in one file.
func (r *Repo) packedRefs() (map[string]packedRef, error) {
	path := filepath.Join(r.dir, "packed-refs")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	refs, err := parsePackedRefs(data)
	if err != nil {
		return nil, corruptFile(path, err)
	}
	return refs, nil
}

func parsePackedRefs(data []byte) (map[string]packedRef, error) {
	refs := map[string]packedRef{}
	last := ""
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		text := strings.TrimSuffix(string(line), "\r")
		bad := fmt.Errorf("line %d: %q is no ref", number, clip(text))
		switch {
		case text == "" || text[0] == '#':
		case text[0] == '^':
			h, err := ParseHash(text[1:])
			if err != nil || last == "" {
				return nil, bad
			}
			refs[last] = packedRef{refs[last].hash, h}
		default:
			hash, name, ok := strings.Cut(text, " ")
			h, err := ParseHash(hash)
			if err != nil || !ok || h.IsZero() {
				return nil, bad
			}
			refs[name], last = packedRef{hash: h}, name
		}
	}
	return refs, nil
}

func encodePackedRefs(refs map[string]packedRef) []byte {
	var out bytes.Buffer
	out.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		fmt.Fprintf(&out, "%s %s\n", refs[name].hash, name)
		if p := refs[name].peeled; !p.IsZero() {
			fmt.Fprintf(&out, "^%s\n", p)
		}
	}
	return out.Bytes()
}

// refs reads all refs below refs/.
func (r *Repo) refs() (map[string]refValue, error) {
	out := map[string]refValue{}
	// Loose refs first: one that is packed between the two looks is seen twice
	// rather than never.
	names, err := r.looseRefs()
	if err != nil {
		return nil, err
	}
	loose := map[string]refValue{}
	for _, name := range names {
		v, found, err := r.looseRef(name)
		if err != nil {
			return nil, err
		}
		if found {
			loose[name] = v
		}
	}
	packed, err := r.packedRefs()
	if err != nil {
		return nil, err
	}
	for name, p := range packed {
		out[name] = refValue{hash: p.hash}
	}
	maps.Copy(out, loose)
	return out, nil
}

// withLock holds git's lock of a file, FILE.lock, while change is at work. What
// change returns becomes the file's content, durably; nil leaves it as it is.
func (r *Repo) withLock(path string, change func() ([]byte, error)) error {
	lock := path + ".lock"
	f, err := r.takeLock(lock)
	if err != nil {
		return err
	}
	data, err := change()
	if err == nil && data != nil {
		if _, err = f.Write(data); err == nil {
			err = f.Sync()
		}
	}
	err = errors.Join(err, f.Close())
	if err != nil || data == nil {
		return errors.Join(err, r.disk.Remove(lock))
	}
	// Git leaves empty folders behind where a ref's name was the beginning of others.
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		removeEmpty(r.disk, path)
	}
	if err := r.disk.Rename(lock, path); err != nil {
		return errors.Join(err, r.disk.Remove(lock))
	}
	return syncDir(r.disk, filepath.Dir(path))
}

// takeLock makes a lock's file, as soon as nobody else has it.
func (r *Repo) takeLock(lock string) (File, error) {
	end := time.Now().Add(refLockWait)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		f, err := r.disk.Open(lock, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		switch {
		case err == nil:
			return f, nil
		case errors.Is(err, os.ErrNotExist): // git removes folders that have become empty
			if err := r.disk.MakeDir(filepath.Dir(lock)); err != nil {
				return nil, err
			}
		case !errors.Is(err, os.ErrExist):
			return nil, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%w: %s is still there after %s; remove it if no git command is running", ErrLocked, lock, refLockWait)
		}
		time.Sleep(wait)
	}
}

// removeEmpty removes folders in which no file is.
func removeEmpty(disk Disk, dir string) {
	rows, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, row := range rows {
		if row.IsDir() {
			removeEmpty(disk, filepath.Join(dir, row.Name()))
		}
	}
	_ = disk.Remove(dir) // fails where something is left in it
}

// edit changes a file of git's under its lock. change gets what it holds now, nil
// where it doesn't exist.
func (r *Repo) edit(path string, change func(old []byte) ([]byte, error)) error {
	return r.withLock(path, func() ([]byte, error) {
		old, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		return change(old)
	})
}
