package git

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// bornFile says that the store has had a commit: from then on a main that
	// is missing is damage.
	bornFile = "born"
	// refPrefix begins the name of the file that becomes main, sharedPrefix that
	// of one whose pack may hold objects that stand in others too.
	refPrefix    = "ref-"
	sharedPrefix = refPrefix + "stream-"
	// mainLockWait is how long Publish waits for another program that moves
	// main. Git holds the lock for milliseconds.
	mainLockWait = 10 * time.Second
)

// publication is one batch on its way to disk.
type publication struct {
	repo *Repo
	base Hash
	tip  Hash
	tmp  string // path of the temporary files, without extension
	ref  string // path of the temporary file that becomes main
	pack string // path of the pack to be, without extension

	// shared says that the pack may hold objects that stand in others too.
	shared bool
	// replaced is the path of a pack all of whose entries the new one has too,
	// without extension; "" for none.
	replaced string

	placed bool // something stands in objects/pack
	locked bool // main.lock is ours
}

// Publish makes the batch durable and moves main to its last commit. When it
// returns nil, the commits are on disk and survive a loss of power. Where main
// is not what the batch began on, it fails with ErrMoved and nothing changes.
// The package comment says in which order files are written.
func (b *Batch) Publish() error { return b.PublishTelling(nil) }

// PublishTelling is Publish that calls durable as soon as the commits are, before it
// looks after the store's packs.
func (b *Batch) PublishTelling(durable func()) error {
	if err := b.usable(); err != nil {
		return err
	}
	b.done = true
	if b.tip == b.base {
		return b.close()
	}
	p, err := b.publication()
	if err != nil {
		return err
	}
	var source packSource = &builtPack{memoryPack: b.memory, names: b.pack.entries.names}
	if b.stream != nil {
		source = b.stream
	}
	if err := p.run(source); err != nil {
		return errors.Join(err, b.close())
	}
	b.published = true
	if b.size < maxWarmNodes {
		b.repo.warm.Store(&warmTree{b.tip, b.root, b.size})
	}
	// The batch is recorded and durable from here on, so what follows must not
	// make it look failed: packs that can't be listed or concatenated now will
	// be met again by the next reader or writer, which reports them.
	if durable != nil {
		durable()
	}
	_ = b.close()
	if _, err := b.repo.objects.rescan(); err == nil {
		_, _ = b.repo.concatenate(tailPacks)
	}
	return nil
}

func (b *Batch) publication() (*publication, error) {
	name := ""
	if b.stream != nil {
		name = b.stream.name
	} else {
		var err error
		if name, err = nonce(); err != nil {
			return nil, err
		}
	}
	prefix := refPrefix
	if b.stream != nil {
		prefix = sharedPrefix
	}
	return &publication{
		repo: b.repo, base: b.base, tip: b.tip, shared: b.stream != nil,
		tmp: b.repo.own(filepath.Join("tmp", name)),
		ref: b.repo.own(filepath.Join("tmp", prefix+name)),
	}, nil
}

// nonce names the files of one publication.
func nonce() (string, error) {
	var n [12]byte
	_, err := rand.Read(n[:])
	return hex.EncodeToString(n[:]), err
}

// packSource is a pack that is to be published.
type packSource interface {
	// write brings the whole pack into a file, which it leaves open.
	write(disk Disk, path string) (File, Hash, error)
	// index returns the index of the pack that was written.
	index() ([]byte, error)
	// replaces names the pack, without extension, all of whose entries this one
	// has too; "" for none.
	replaces() string
}

func (p *publication) run(source packSource) error {
	if err := p.mainIsBase(); err != nil {
		return err // found out before anything was written
	}
	if err := p.prepare(source); err != nil {
		return p.undo(err)
	}
	if err := p.moveMain(); err != nil {
		return p.undo(err)
	}
	// Main has moved. If its folder can't be synced, the commits are there but
	// may not outlive a loss of power: an error, yet nothing to take back.
	if err := p.repo.step("sync main"); err != nil {
		return fmt.Errorf("main has moved to %s, but may not be durable: %w", p.tip, err)
	}
	if err := syncDir(p.repo.disk, filepath.Dir(p.mainPath())); err != nil {
		return fmt.Errorf("main has moved to %s, but may not be durable: %w", p.tip, err)
	}
	p.finish()
	return nil
}

func (p *publication) mainPath() string {
	return filepath.Join(p.repo.dir, filepath.FromSlash(mainRef))
}

func (p *publication) mainIsBase() error {
	now, err := p.repo.Tip()
	if err == nil && now != p.base {
		err = fmt.Errorf("%w from %s to %s", ErrMoved, p.base, now)
	}
	return err
}

// prepare brings the pack into objects/pack and the new value of main into a
// temporary file, all durable. Nothing refers to them yet.
func (p *publication) prepare(source packSource) error {
	disk := p.repo.disk
	err := p.writeAll([]tmpFile{
		p.refFile(),
		{"write pack", func() (File, error) {
			f, sum, err := source.write(disk, p.tmp+".pack")
			p.pack = filepath.Join(p.repo.dir, "objects", "pack", "pack-"+sum.String())
			return f, err
		}},
		{"write index", func() (File, error) {
			index, err := source.index()
			if err != nil {
				return nil, err
			}
			return newFile(disk, p.tmp+".idx", packMode, index)
		}},
	})
	if err != nil {
		return err
	}
	p.replaced = source.replaces()
	if err := p.repo.step("keep pack"); err != nil {
		return err
	}
	p.placed = true
	// A git repack that runs beside us deletes packs that nothing refers to,
	// unless they are marked so. The mark need not be durable: it is there
	// for processes that run now.
	if err := p.mark(); err != nil {
		return err
	}
	if err := p.repo.place("place ", p.tmp, p.pack); err != nil {
		return err
	}
	if err := p.repo.step("sync packs"); err != nil {
		return err
	}
	return syncDir(p.repo.disk, filepath.Dir(p.pack))
}

// place renames a pack, then its index, to where they belong; both are named
// without extension. The pack comes first, as git does it: an index without its
// pack is rubbish to a git gc beside us, which would delete it.
func (r *Repo) place(step, from, base string) error {
	for _, ext := range []string{".pack", ".idx"} {
		if err := r.step(step + ext); err != nil {
			return err
		}
		if err := r.disk.Rename(from+ext, base+ext); err != nil {
			return err
		}
	}
	return nil
}

// mark makes the .keep file as a second name of the temporary ref, so that it
// is whole at once, and a writer that finds both names knows whose it is.
func (p *publication) mark() error {
	keep := p.pack + ".keep"
	if err := p.repo.disk.Link(p.ref, keep); err == nil || errors.Is(err, os.ErrExist) {
		return nil
	}
	// A file system without second names.
	if err := writePlainly(p.repo.disk, p.tmp+".keep", []byte(p.tip.String()+"\n")); err != nil {
		return err
	}
	return p.repo.disk.Rename(p.tmp+".keep", keep)
}

// tmpFile is a temporary file to be written.
type tmpFile struct {
	step string
	make func() (File, error)
}

// refFile is the new value of main.
func (p *publication) refFile() tmpFile {
	return tmpFile{"write ref", func() (File, error) {
		return newFile(p.repo.disk, p.ref, 0o666, []byte(p.tip.String()+"\n"))
	}}
}

// writeAll writes files, then syncs them at the same time, which lets the file
// system do it in one go.
func (p *publication) writeAll(files []tmpFile) error {
	open := make([]File, 0, len(files))
	var err error
	for _, t := range files {
		if err = p.repo.step(t.step); err != nil {
			break
		}
		var f File
		if f, err = t.make(); err != nil {
			break
		}
		open = append(open, f)
	}
	if err == nil {
		err = p.repo.step("sync files")
	}
	results := make(chan error)
	for _, f := range open {
		go func() {
			if err != nil {
				results <- f.Close()
				return
			}
			results <- errors.Join(f.Sync(), f.Close())
		}()
	}
	errs := []error{err}
	for range open {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// moveMain takes git's own lock of main, checks main under it, and moves it.
func (p *publication) moveMain() error {
	if err := p.repo.step("lock main"); err != nil {
		return err
	}
	if err := p.lockMain(); err != nil {
		return err
	}
	p.locked = true
	if err := p.repo.step("check main"); err != nil {
		return err
	}
	if err := p.mainIsBase(); err != nil {
		return err
	}
	if err := p.repo.step("move main"); err != nil {
		return err
	}
	if err := p.repo.disk.Rename(p.mainPath()+".lock", p.mainPath()); err != nil {
		return err
	}
	p.locked = false
	return nil
}

// lockMain makes main.lock the way git does: it must not have existed. The
// lock is a second name of our temporary file, so it has its whole content
// from the start, and whoever finds both names knows whose lock it is.
func (p *publication) lockMain() error {
	lock := p.mainPath() + ".lock"
	end := time.Now().Add(mainLockWait)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := p.repo.disk.Link(p.ref, lock)
		if errors.Is(err, os.ErrNotExist) {
			// Git removes folders of refs that have become empty.
			if err := p.repo.disk.MakeDir(filepath.Dir(lock)); err != nil {
				return err
			}
			err = p.repo.disk.Link(p.ref, lock)
		}
		if err != nil && !errors.Is(err, os.ErrExist) {
			err = copyFile(p.repo.disk, p.ref, lock) // a file system without second names
		}
		if err == nil || !errors.Is(err, os.ErrExist) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %s is still there after %s; remove it if no git command is running", ErrLocked, lock, mainLockWait)
		}
		time.Sleep(wait)
	}
}

// undo takes back what a publication has written, and returns why. What can't
// be removed now, the next writer's tidy removes.
func (p *publication) undo(cause error) error {
	if p.locked {
		_ = p.repo.disk.Remove(p.mainPath() + ".lock")
	}
	if p.placed {
		// A git that runs beside us may have dropped other copies of what it
		// found in this pack while that was marked: then it must stay. Without
		// its index nobody found anything in it.
		if _, err := os.Stat(p.pack + ".idx"); !p.shared || err != nil {
			_ = removePack(p.repo.disk, p.pack)
		}
		_ = p.repo.disk.Remove(p.pack + ".keep")
	}
	for _, path := range []string{p.tmp + ".pack", p.tmp + ".idx", p.tmp + ".keep", p.ref} {
		_ = p.repo.disk.Remove(path)
	}
	return cause
}

// finish clears up after a publication that went well. The temporary ref goes
// last: as long as it is there, the next writer looks for the rest.
func (p *publication) finish() {
	if p.repo.step("clean up") != nil {
		return
	}
	born := p.repo.own(bornFile)
	if _, err := os.Stat(born); err != nil {
		_ = writePlainly(p.repo.disk, born, []byte("This store has commits. If refs/heads/main is missing, it was lost.\n"))
	}
	if p.replaced != "" && p.replaced != p.pack && p.repo.dropReplaced(p.replaced, p.pack) != nil {
		return // the next writer goes on from here
	}
	_ = p.repo.disk.Remove(p.pack + ".keep")
	// The file by which main was moved says from now on what this store published
	// last. Where that fails the next writer tries again.
	_ = p.repo.disk.Rename(p.ref, p.repo.own(publishedFile))
}

// dropReplaced deletes a pack whose entries all stand in another, once that is in
// use.
func (r *Repo) dropReplaced(base, by string) error {
	if _, err := r.objects.rescan(); err != nil || !r.objects.knows(by) {
		return err
	}
	return r.deletePacks([]*pack{{base: base}})
}

func (r *Repo) step(name string) error {
	if r.hook == nil {
		return nil
	}
	return r.hook(name)
}

// removePack deletes a pack, then what belongs to it: at no time does it stand
// without its index.
func removePack(disk Disk, base string) error {
	var errs []error
	for _, ext := range []string{".pack", ".rev", ".bitmap", ".idx"} {
		err := disk.Remove(base + ext)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			if ext == ".pack" {
				return err // still in use: it must keep its index
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
