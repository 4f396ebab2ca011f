package git

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// receiptsRef holds the store's receipts: a line of small commits of its own, the
// newest at its end. It belongs to this store and travels to no other.
const receiptsRef = "refs/stemma/receipts"

// Receipt says that commits came from elsewhere: main was Old, and Count commits
// behind Arrived, which Old did not have, came in at the time At. A Count of 0
// says only that main was Old before a merge came.
//
// What a receipt says of main's past is always true, since it is written before
// main moves; whether its commits ever came to be part of main, the reader sees
// from main.
type Receipt struct {
	Old, Arrived Hash
	Count        int
	At           time.Time // to the second
}

const receiptKey = "Stemma-Receipt: "

// Receipts returns the store's receipts, oldest first. A store that never took
// anything from elsewhere has none, and pays one look at the file system.
func (r *Repo) Receipts() ([]Receipt, error) {
	h, found, err := readRef(r.dir, receiptsRef)
	if err != nil || !found {
		return nil, err
	}
	var out []Receipt
	for !h.IsZero() {
		c, err := r.Commit(h)
		if err != nil {
			return nil, fmt.Errorf("reading the receipts: %w", err)
		}
		x, err := parseReceipt(c.Message)
		if err != nil {
			return nil, corruptObject(h, err)
		}
		x.At = c.Committer.When.UTC()
		out = append(out, x)
		h = Hash{}
		if len(c.Parents) > 0 {
			h = c.Parents[0]
		}
	}
	slices.Reverse(out)
	return out, nil
}

func parseReceipt(message string) (Receipt, error) {
	i := strings.LastIndex(message, receiptKey)
	if i < 0 {
		return Receipt{}, errors.New("a receipt has no line " + strings.TrimSpace(receiptKey))
	}
	line, _, _ := strings.Cut(message[i+len(receiptKey):], "\n")
	words := strings.Fields(line)
	if len(words) != 3 {
		return Receipt{}, fmt.Errorf("the receipt %q is not two commits and a count", clip(line))
	}
	var x Receipt
	var err error
	if x.Old, err = ParseHash(words[0]); err != nil {
		return x, err
	}
	if x.Arrived, err = ParseHash(words[1]); err != nil {
		return x, err
	}
	if x.Count, err = strconv.Atoi(words[2]); err != nil || x.Count < 0 {
		return x, fmt.Errorf("the receipt counts %q commits", clip(words[2]))
	}
	return x, nil
}

// AddReceipt appends a receipt, durably. It needs no Lock: a file lock of its own,
// let go by the system when a process dies, keeps two writers apart, and git's own
// lock of the ref keeps git away. subject says in words where the commits came from.
func (r *Repo) AddReceipt(ctx context.Context, x Receipt, by Signature, subject string) error {
	turn := flock.New(r.own("receipts.lock"), flock.SetPermissions(0o666))
	if err := poll(ctx, turn); err != nil {
		return err
	}
	defer turn.Close()
	if err := r.tidyReceipts(); err != nil {
		return err
	}
	last, found, err := readRef(r.dir, receiptsRef)
	if err != nil {
		return err
	}
	tree, err := r.writeLoose(kindTree, nil)
	if err != nil {
		return err
	}
	by.When = x.At
	c := &Commit{Tree: tree, Author: by, Committer: by,
		Message: fmt.Sprintf("%s\n\n%s%s %s %d\n", subject, receiptKey, x.Old, x.Arrived, x.Count)}
	if found {
		c.Parents = []Hash{last}
	}
	h, err := r.writeLoose(kindCommit, encodeCommit(c))
	if err != nil {
		return err
	}
	return r.moveReceipts(ctx, h)
}

func (r *Repo) receiptsPath() string { return filepath.Join(r.dir, filepath.FromSlash(receiptsRef)) }

// moveReceipts moves the ref of the receipts as Publish moves main: the lock is a
// second name of a file that has its whole content already.
func (r *Repo) moveReceipts(ctx context.Context, h Hash) error {
	name, err := nonce()
	if err != nil {
		return err
	}
	tmp := r.own(receiptPrefix + name)
	path := r.receiptsPath()
	if err := r.disk.MakeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := writeDurably(r.disk, tmp, []byte(h.String()+"\n"), os.O_EXCL); err != nil {
		return err
	}
	err = r.step("lock receipts")
	if err == nil {
		err = lockReceipts(ctx, r.disk, tmp, path+".lock")
	}
	if err == nil {
		if err = r.step("move receipts"); err == nil {
			err = r.disk.Rename(path+".lock", path)
		}
		if err != nil {
			_ = r.disk.Remove(path + ".lock")
		}
	}
	if err == nil {
		err = syncDir(r.disk, filepath.Dir(path))
	}
	return errors.Join(err, r.disk.Remove(tmp))
}

// lockReceipts takes git's lock of the ref. Git holds it for milliseconds.
func lockReceipts(ctx context.Context, disk Disk, tmp, lock string) error {
	end := time.Now().Add(mainLockWait)
	for {
		err := disk.Link(tmp, lock)
		if err != nil && !errors.Is(err, os.ErrExist) {
			err = copyFile(disk, tmp, lock) // a file system without second names
		}
		if err == nil || !errors.Is(err, os.ErrExist) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %s is still there after %s; remove it if no git command is running", ErrLocked, lock, mainLockWait)
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// receiptPrefix begins the name of the file that becomes the ref of the receipts.
const receiptPrefix = "receipt-"

// tidyReceipts clears away what a writer of receipts left that died.
func (r *Repo) tidyReceipts() error {
	left, err := filepath.Glob(filepath.Join(r.own("."), receiptPrefix+"*"))
	if err != nil || len(left) == 0 {
		return err
	}
	lock := r.receiptsPath() + ".lock"
	if _, ours := twin(lock, left); ours {
		err = r.disk.Remove(lock)
	}
	for _, path := range left {
		err = errors.Join(err, r.disk.Remove(path))
	}
	return err
}

// writeLoose makes an object in a file of its own, durable before it has its name.
// Packs that the store makes anew hold what main leads to; a loose object is git's
// to keep as long as a ref leads to it.
func (r *Repo) writeLoose(k kind, data []byte) (Hash, error) {
	h, err := writeHash(k, data)
	if err != nil || r.objects.has(h) {
		return h, err
	}
	var body bytes.Buffer
	z := zlib.NewWriter(&body)
	if _, err := z.Write(append(objectHeader(k, len(data)), data...)); err != nil {
		return h, err
	}
	if err := z.Close(); err != nil {
		return h, err
	}
	path := loosePath(filepath.Join(r.dir, "objects"), h)
	for try := 0; ; try++ {
		// Git's upkeep removes folders of loose objects that are empty, also under
		// our hands.
		err := r.placeLoose(path, body.Bytes())
		if !vanished(err) || try == maxRescans {
			return h, err
		}
		if _, err := r.objects.rescan(); err != nil || r.objects.has(h) {
			return h, err // it has packed the object by now
		}
	}
}

// placeLoose makes the file of a loose object.
func (r *Repo) placeLoose(path string, body []byte) error {
	dir := filepath.Dir(path)
	if err := r.disk.MakeDir(dir); err != nil {
		return err
	}
	name, err := nonce()
	if err != nil {
		return err
	}
	// Git takes a file of this name for one that is being written.
	tmp := filepath.Join(dir, "tmp_obj_"+name)
	f, err := newFile(r.disk, tmp, packMode, body)
	if err == nil {
		if err = errors.Join(f.Sync(), f.Close()); err == nil {
			err = r.disk.Rename(tmp, path)
		}
	}
	if err != nil {
		return errors.Join(err, ignoreVanished(r.disk.Remove(tmp)))
	}
	return errors.Join(syncDir(r.disk, dir), syncDir(r.disk, filepath.Dir(dir)))
}
