package accounts

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Session is a browser that somebody signed in with, as it is kept over a restart of
// the server.
type Session struct {
	Hash     Hash      `json:"sha256"` // of what the browser's cookie holds
	Email    string    `json:"email"`
	Standing Standing  `json:"standing,omitzero"` // as it was when they signed in; zero where somebody else vouched for them
	Outside  User      `json:"outside,omitzero"`  // whom somebody else vouched for; zero for those who have a password here
	Began    time.Time `json:"began"`
	Used     time.Time `json:"used"`
}

// Hash is a SHA-256 hash.
type Hash [32]byte

// MarshalText writes a hash in hex.
func (h Hash) MarshalText() ([]byte, error) { return hexText(h[:]), nil }

// UnmarshalText reads a hash in hex.
func (h *Hash) UnmarshalText(text []byte) error { return readHex(h[:], text) }

// MarshalText writes a standing in hex. It tells of a password no more than its hash
// in the file of users does.
func (s Standing) MarshalText() ([]byte, error) { return hexText(s[:]), nil }

// UnmarshalText reads a standing in hex.
func (s *Standing) UnmarshalText(text []byte) error { return readHex(s[:], text) }

func hexText(b []byte) []byte { return hex.AppendEncode(nil, b) }

func readHex(into, text []byte) error {
	if len(text) != 2*len(into) {
		return fmt.Errorf("%.80q has not the length of a hash", text)
	}
	_, err := hex.Decode(into, text)
	return err
}

// Sessions is the file of the sessions of a store that is served: whose they are, as
// hashes of what the browsers hold, and the key that signs what they keep besides. Who
// reads it can't be anybody with it. It belongs to one server at a time, until Close.
type Sessions struct {
	path string
	lock *flock.Flock
	key  []byte
	list []Session
}

// storedSessions is what the file holds.
type storedSessions struct {
	Version  int       `json:"stemma_sessions"`
	Key      Hash      `json:"key"` // 256 random bits
	Sessions []Session `json:"sessions"`
}

// ErrServed says that another server keeps the store's sessions.
var ErrServed = errors.New("another server keeps the sessions of this store")

// OpenSessions takes the file of the sessions of the store in a folder, and makes it at
// the first time. The error is ErrServed where another process has it.
func OpenSessions(store string) (*Sessions, error) {
	s := &Sessions{path: filepath.Join(store, "stemma", "sessions.json")}
	s.lock = flock.New(s.path + ".lock")
	if ok, err := s.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", s.path, err)
	} else if !ok {
		return nil, ErrServed
	}
	err := s.load()
	if err != nil {
		return nil, errors.Join(err, s.lock.Unlock())
	}
	return s, nil
}

func (s *Sessions) load() error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		s.key = make([]byte, len(Hash{}))
		rand.Read(s.key) // never fails: see crypto/rand
		return s.Save(nil)
	}
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 && worldReadableMatters {
		return fmt.Errorf("%s may be read by others (mode %v): remove it, and everybody signs in anew", s.path, info.Mode().Perm())
	}
	if info.Size() > maxFile {
		return fmt.Errorf("%s is longer than %d MiB: remove it, and everybody signs in anew", s.path, maxFile>>20)
	}
	b, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	c, err := parseSessions(b)
	if err != nil {
		return fmt.Errorf("%s: %w: remove it, and everybody signs in anew", s.path, err)
	}
	s.key, s.list = c.Key[:], c.Sessions
	return nil
}

// parseSessions reads the file's bytes strictly: what isn't understood may be what
// keeps somebody out.
func parseSessions(b []byte) (c storedSessions, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("it can't be read: %w", err)
	}
	switch {
	case d.More():
		return c, errors.New("something stands behind its end")
	case c.Version != fileVersion:
		return c, fmt.Errorf("it is of version %d, and this program knows version %d", c.Version, fileVersion)
	case c.Key == Hash{}:
		return c, errors.New("it has no key")
	}
	for _, one := range c.Sessions {
		if one.Hash == (Hash{}) || one.Email == "" || (one.Standing == Standing{}) == (one.Outside == User{}) {
			return c, errors.New("a session of it is nobody's")
		}
		if one.Outside != (User{}) {
			if err := one.Outside.Check(); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// Key is what signs what browsers keep: 32 random bytes, made with the file.
func (s *Sessions) Key() []byte { return s.key }

// Kept gives the sessions that there were when the file was opened.
func (s *Sessions) Kept() []Session { return s.list }

// Save keeps these sessions and no others. When it returns without an error, that is
// durable.
func (s *Sessions) Save(list []Session) error {
	b, err := json.Marshal(storedSessions{Version: fileVersion, Key: Hash(s.key), Sessions: list})
	if err != nil {
		return err
	}
	return replaceFile(s.path, append(b, '\n'))
}

// Close lets another server have the file.
func (s *Sessions) Close() error { return s.lock.Unlock() }
