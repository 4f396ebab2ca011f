package git

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
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

// AddReceipt appends a receipt, durably. It needs no Lock: git's own lock of the
// ref keeps two writers apart. subject says in words where the commits came from.
func (r *Repo) AddReceipt(x Receipt, by Signature, subject string) error {
	path := filepath.Join(r.dir, filepath.FromSlash(receiptsRef))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			lock.Close()
			_ = os.Remove(path + ".lock")
		}
	}()
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
	raw, err := encodeCommit(c)
	if err != nil {
		return err
	}
	h, err := r.writeLoose(kindCommit, raw)
	if err != nil {
		return err
	}
	if _, err := lock.WriteString(h.String() + "\n"); err != nil {
		return err
	}
	if err := errors.Join(lock.Sync(), lock.Close()); err != nil {
		return err
	}
	if err := renameFile(path+".lock", path); err != nil {
		return err
	}
	done = true
	return syncDir(filepath.Dir(path))
}

// lockFile makes a lock as git does. A lock that nobody lets go for long is an
// error: it may be a dead process's.
func lockFile(path string) (*os.File, error) {
	end := time.Now().Add(mainLockWait)
	for {
		f, err := newFile(path, 0o666)
		if err == nil || !errors.Is(err, os.ErrExist) {
			return f, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("%w: %s is still there after %s; remove it if no other command is running", ErrLocked, path, mainLockWait)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// writeLoose makes an object in a file of its own, durable before it has its name.
// Packs that the store makes anew hold what main leads to; a loose object is git's
// to keep as long as a ref leads to it.
func (r *Repo) writeLoose(k kind, data []byte) (Hash, error) {
	h, err := writeHash(k, data)
	if err != nil || r.objects.has(h) {
		return h, err
	}
	path := loosePath(filepath.Join(r.dir, "objects"), h)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
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
	// Git takes a file of this name for one that is being written.
	f, err := os.CreateTemp(dir, "tmp_obj_*")
	if err != nil {
		return h, err
	}
	_, err = f.Write(body.Bytes())
	if err = errors.Join(err, f.Chmod(0o444), f.Sync(), f.Close()); err == nil {
		err = renameFile(f.Name(), path)
	}
	if err != nil {
		return h, errors.Join(err, os.Remove(f.Name()))
	}
	return h, errors.Join(syncDir(dir), syncDir(filepath.Dir(dir)))
}
