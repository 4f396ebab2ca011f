package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// File is the file of a store's users. It may be used by many goroutines, and by many
// processes at once.
type File struct {
	path  string
	turns turns

	mu   sync.Mutex
	info fs.FileInfo // of what was read last; nil where there was no file
	kept content
}

// content is what the file holds.
type content struct {
	Version int           `json:"stemma_users"`
	Users   []storedUser  `json:"users"`
	Tokens  []storedToken `json:"tokens"`
}

type storedUser struct {
	User
	Password string    `json:"password,omitempty"` // PHC string; "" lets nobody in by password
	Created  time.Time `json:"created"`
}

type storedToken struct {
	Token
	Hash string `json:"sha256"` // of the secret, in hex
}

// fileVersion is the form of the file that is written.
const fileVersion = 1

// maxFile bounds what is read of a file of users.
const maxFile = 64 << 20

// hashesAtOnce is how many passwords are worked on at the same time.
const hashesAtOnce = 2

// In gives the file of the users of the store in a folder. It need not exist yet.
func In(store string) *File { return At(filepath.Join(store, "stemma", "users.json")) }

// At gives the file of users at a path.
func At(path string) *File { return &File{path: path, turns: make(turns, hashesAtOnce)} }

// Path gives where the file is.
func (f *File) Path() string { return f.path }

// read gives what the file holds now.
func (f *File) read() (content, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.info, f.kept = nil, content{}
		return f.kept, nil
	}
	if err != nil {
		return content{}, err
	}
	if f.info != nil && os.SameFile(info, f.info) && info.ModTime().Equal(f.info.ModTime()) && info.Size() == f.info.Size() {
		return f.kept, nil
	}
	if info.Mode().Perm()&0o077 != 0 && worldReadableMatters {
		return content{}, fmt.Errorf("%s may be read by others (mode %v): chmod 600 it", f.path, info.Mode().Perm())
	}
	if info.Size() > maxFile {
		return content{}, fmt.Errorf("%s is longer than %d MiB", f.path, maxFile>>20)
	}
	b, err := os.ReadFile(f.path)
	if err != nil {
		return content{}, err
	}
	c, err := parse(b)
	if err != nil {
		return content{}, fmt.Errorf("%s: %w", f.path, err)
	}
	f.info, f.kept = info, c
	return c, nil
}

// parse reads the file's bytes strictly: what isn't understood may be what keeps
// somebody out.
func parse(b []byte) (content, error) {
	var c content
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("it can't be read: %w", err)
	}
	if d.More() {
		return c, errors.New("something stands behind its end")
	}
	if c.Version != fileVersion {
		return c, fmt.Errorf("it is of version %d, and this program knows version %d", c.Version, fileVersion)
	}
	for i := range c.Users {
		u := &c.Users[i]
		if err := u.Check(); err != nil {
			return c, err
		}
		if c.user(u.Email) != u {
			return c, fmt.Errorf("%s stands there twice", u.Email)
		}
		if u.Password != "" {
			if _, err := parsePHC(u.Password); err != nil {
				return c, fmt.Errorf("%s: %w", u.Email, err)
			}
		}
	}
	return c, nil
}

func (c *content) user(email string) *storedUser {
	for i := range c.Users {
		if sameEmail(c.Users[i].Email, email) {
			return &c.Users[i]
		}
	}
	return nil
}

// change lets edit change what the file holds, under a lock among all processes. The
// new file is whole, or the old one stays.
func (f *File) change(edit func(*content) error) (err error) {
	lock := flock.New(f.path + ".lock")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if ok, err := lock.TryLockContext(ctx, 10*time.Millisecond); err != nil || !ok {
		return fmt.Errorf("cannot lock %s: %w", f.path, errors.Join(err, ctx.Err()))
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	c, err := f.read()
	if err != nil {
		return err
	}
	c = content{Version: fileVersion, Users: slices.Clone(c.Users), Tokens: slices.Clone(c.Tokens)}
	if err := edit(&c); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(f.path, append(b, '\n'))
}

// replaceFile puts bytes in the place of a file that nobody else may read, durably: the
// new file is whole, or the old one stays.
func replaceFile(path string, b []byte) error {
	t, err := os.CreateTemp(filepath.Dir(path), "."+strings.TrimSuffix(filepath.Base(path), ".json")+"-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = t.Write(b)
	if err == nil {
		err = t.Sync()
	}
	if err = errors.Join(err, t.Close()); err == nil {
		err = os.Rename(t.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.Name()))
	}
	return syncFolder(filepath.Dir(path))
}
