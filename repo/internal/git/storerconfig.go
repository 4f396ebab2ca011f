package git

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	format "github.com/go-git/go-git/v5/plumbing/format/config"
	gitindex "github.com/go-git/go-git/v5/plumbing/format/index"
	"github.com/go-git/go-git/v5/storage"
	gomemory "github.com/go-git/go-git/v5/storage/memory"
)

// Config reads the repository's config.
func (s *storer) Config() (*config.Config, error) {
	data, err := os.ReadFile(filepath.Join(s.repo.dir, "config"))
	if errors.Is(err, os.ErrNotExist) {
		return config.NewConfig(), nil
	}
	if err != nil {
		return nil, err
	}
	return config.ReadConfig(bytes.NewReader(data))
}

// SetConfig writes a config in the place of the one that is there. What makes the
// repository a store, and what keeps git from harming it, stays whatever the new
// config says or leaves out.
func (s *storer) SetConfig(c *config.Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	data, err := c.Marshal()
	if err != nil {
		return err
	}
	if s.repo.foreign() {
		return s.repo.edit(filepath.Join(s.repo.dir, "config"), func([]byte) ([]byte, error) { return data, nil })
	}
	file := format.New()
	if err := format.NewDecoder(bytes.NewReader(data)).Decode(file); err != nil {
		return err
	}
	for _, own := range settings(s.repo.config) {
		file.SetOption(own[0], format.NoSubsection, own[1], own[2])
	}
	var out bytes.Buffer
	if err := format.NewEncoder(&out).Encode(file); err != nil {
		return err
	}
	return s.repo.edit(filepath.Join(s.repo.dir, "config"), func([]byte) ([]byte, error) {
		_, err := parseConfig(out.Bytes()) // never one that this program would refuse to open
		return out.Bytes(), err
	})
}

// Shallow lists the commits whose parents are not here.
func (s *storer) Shallow() ([]plumbing.Hash, error) {
	path := filepath.Join(s.repo.dir, "shallow")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, ignoreVanished(err)
	}
	var out []plumbing.Hash
	for line := range bytes.Lines(data) {
		h, err := ParseHash(string(bytes.TrimRight(line, "\r\n")))
		if err != nil {
			return nil, corruptFile(path, err)
		}
		out = append(out, plumbing.Hash(h))
	}
	return out, nil
}

// SetShallow notes the commits whose parents are not here; none removes the note.
func (s *storer) SetShallow(commits []plumbing.Hash) error {
	path := filepath.Join(s.repo.dir, "shallow")
	return s.repo.edit(path, func([]byte) ([]byte, error) {
		if len(commits) == 0 {
			return nil, ignoreVanished(s.repo.disk.Remove(path))
		}
		var out bytes.Buffer
		for _, h := range commits {
			fmt.Fprintln(&out, h)
		}
		return out.Bytes(), nil
	})
}

// Index reads the file index. A store has no files checked out, so there is none
// unless somebody made one.
func (s *storer) Index() (*gitindex.Index, error) {
	path := filepath.Join(s.repo.dir, "index")
	index := &gitindex.Index{Version: 2}
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return index, nil
	}
	if err != nil {
		return nil, err
	}
	if err := gitindex.NewDecoder(bytes.NewReader(data)).Decode(index); err != nil {
		return nil, corruptFile(path, err)
	}
	if info, err := os.Stat(path); err == nil {
		index.ModTime = info.ModTime()
	}
	return index, nil
}

// SetIndex writes the file index.
func (s *storer) SetIndex(index *gitindex.Index) error {
	var out bytes.Buffer
	if err := gitindex.NewEncoder(&out).Encode(index); err != nil {
		return err
	}
	err := s.repo.edit(filepath.Join(s.repo.dir, "index"), func([]byte) ([]byte, error) { return out.Bytes(), nil })
	if err == nil {
		index.ModTime = time.Now()
	}
	return err
}

// Module gives the storage of a submodule. A store has none, so it is one in memory,
// which lasts as long as the storer.
func (s *storer) Module(name string) (storage.Storer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.modules == nil {
		s.modules = map[string]storage.Storer{}
	}
	if s.modules[name] == nil {
		s.modules[name] = gomemory.NewStorage()
	}
	return s.modules[name], nil
}
