package git

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// incoming is a pack that arrives from elsewhere. It is written to a folder of its
// own, never to objects/pack, and comes to stand there only when it is whole,
// checked, and durable with an index of its own.
//
// A store keeps these folders in stemma/incoming. Each holds a file on which its
// writer has a system lock, so that the next writer knows what a dead one left,
// and removes it. In a repository that is no store the folder is named as git
// names its own for the purpose, which git clears away.
type incoming struct {
	repo *Repo
	dir  string
	lock *flock.Flock
	file File
	size int64
	// raw says that the objects are taken as they are, as one alone is by
	// SetEncodedObject: they come from this process and not from elsewhere.
	raw bool
}

const incomingDir = "incoming"

// newIncoming begins to take a pack in.
func (r *Repo) newIncoming() (*incoming, error) {
	name, err := nonce()
	if err != nil {
		return nil, err
	}
	in := &incoming{repo: r, dir: filepath.Join(r.dir, "objects", "tmp_objdir-incoming-"+name)}
	if !r.foreign() {
		in.dir = r.own(filepath.Join(incomingDir, name))
		if err := r.disk.MakeDir(filepath.Dir(in.dir)); err != nil {
			return nil, err
		}
		// Nobody may sweep between the making of a folder and its lock.
		turn := flock.New(r.own(incomingDir+".lock"), flock.SetPermissions(0o666))
		if err := turn.Lock(); err != nil {
			return nil, fmt.Errorf("lock the folder of what arrives: %w", err)
		}
		defer turn.Close()
		r.sweepIncoming()
	}
	if err := r.disk.MakeDir(in.dir); err != nil {
		return nil, err
	}
	in.lock = flock.New(filepath.Join(in.dir, "lock"), flock.SetPermissions(0o666))
	_, err = in.lock.TryLock()
	if err == nil {
		in.file, err = newFile(r.disk, in.path(".pack"), packMode)
	}
	if err != nil {
		return nil, errors.Join(err, in.discard())
	}
	return in, nil
}

// foreign reports whether this is a plain git repository and no store.
func (r *Repo) foreign() bool { return r.config.FormatVersion == 0 }

// sweepIncoming removes what writers left that died. What can't be removed now is
// left to the next.
func (r *Repo) sweepIncoming() {
	rows, err := os.ReadDir(r.own(incomingDir))
	if err != nil {
		return
	}
	for _, row := range rows {
		dir := r.own(filepath.Join(incomingDir, row.Name()))
		lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o666))
		if free, err := lock.TryLock(); free || os.IsNotExist(err) {
			_ = lock.Close()
			_ = removeAll(r.disk, dir)
		}
	}
}

func (in *incoming) path(ext string) string { return filepath.Join(in.dir, "incoming"+ext) }

// Write appends to the pack.
func (in *incoming) Write(b []byte) (int, error) {
	n, err := in.file.Write(b)
	in.size += int64(n)
	return n, err
}

// discard removes all that came.
func (in *incoming) discard() error {
	var err error
	if in.file != nil {
		err, in.file = in.file.Close(), nil
	}
	return errors.Join(err, in.lock.Close(), removeAll(in.repo.disk, in.dir))
}

// Close checks the pack, gives it its index and its place. What arrived is part of
// the store when it returns nil; else nothing of it is left. A writer to which
// nothing was written leaves nothing.
func (in *incoming) Close() error {
	if in.file == nil {
		return os.ErrClosed
	}
	if in.size == 0 {
		return in.discard()
	}
	rows, sum, err := in.check()
	if err != nil {
		return errors.Join(fmt.Errorf("the pack that arrived is refused: %w", err), in.discard())
	}
	return in.place(sum, encodeIndex(rows, sum))
}

func (in *incoming) check() (rows []indexRow, sum Hash, err error) {
	v, err := openView(in.path(".pack"))
	if err != nil {
		return nil, sum, err
	}
	rows, sum, err = in.repo.objects.indexPack(v, !in.raw)
	return rows, sum, errors.Join(err, v.close())
}

// place makes the pack and its index durable under their names.
func (in *incoming) place(sum Hash, index []byte) error {
	return errors.Join(in.move(sum, index), in.discard())
}

func (in *incoming) move(sum Hash, index []byte) error {
	disk, file := in.repo.disk, in.file
	in.file = nil
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return err
	}
	idx, err := newFile(disk, in.path(".idx"), packMode, index)
	if err != nil {
		return err
	}
	if err := errors.Join(idx.Sync(), idx.Close()); err != nil {
		return err
	}
	base := filepath.Join(in.repo.dir, "objects", "pack", "pack-"+sum.String())
	if err := disk.MakeDir(filepath.Dir(base)); err != nil {
		return err
	}
	if standsWhole(base) {
		return nil // a pack never changes under its name
	}
	if err := in.repo.place("place incoming ", in.path(""), base); err != nil {
		return err
	}
	if err := syncDir(disk, filepath.Dir(base)); err != nil {
		return err
	}
	_, err = in.repo.objects.rescan()
	return err
}

// PackfileWriter takes a pack in: all that is written to it, when it is closed.
func (s *storer) PackfileWriter() (io.WriteCloser, error) { return s.repo.newIncoming() }
