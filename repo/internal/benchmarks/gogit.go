package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/stemma-project/stemma/schema"
)

// goGit records versions in a bare repository by go-git's own object storage, and
// moves the branch by its compare and swap. It syncs nothing.
type goGit struct {
	storer storer.Storer
}

const goGitBranch = plumbing.ReferenceName("refs/heads/main")

func openGoGit(dir string) (*goGit, error) {
	r, err := gogit.PlainOpen(dir)
	if err != nil {
		return nil, err
	}
	return &goGit{r.Storer}, nil
}

// encodable is a blob, tree or commit.
type encodable interface {
	Encode(plumbing.EncodedObject) error
}

func (g *goGit) put(o encodable) (plumbing.Hash, error) {
	raw := g.storer.NewEncodedObject()
	if err := o.Encode(raw); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.storer.SetEncodedObject(raw)
}

func (g *goGit) blob(data []byte) (plumbing.Hash, error) {
	raw := g.storer.NewEncodedObject()
	raw.SetType(plumbing.BlobObject)
	w, err := raw.Writer()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if _, err := w.Write(data); err != nil {
		return plumbing.ZeroHash, err
	}
	if err := w.Close(); err != nil {
		return plumbing.ZeroHash, err
	}
	return g.storer.SetEncodedObject(raw)
}

// tree makes the trees from one of them down to a file, and gives the first.
func (g *goGit) tree(old plumbing.Hash, path []string, blob plumbing.Hash) (plumbing.Hash, error) {
	t := &object.Tree{}
	if !old.IsZero() {
		var err error
		if t, err = object.GetTree(g.storer, old); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	entries := slices.Clone(t.Entries)
	i := slices.IndexFunc(entries, func(e object.TreeEntry) bool { return e.Name == path[0] })
	made := object.TreeEntry{Name: path[0], Mode: filemode.Regular, Hash: blob}
	if len(path) > 1 {
		var below plumbing.Hash
		if i >= 0 {
			below = entries[i].Hash
		}
		h, err := g.tree(below, path[1:], blob)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		made.Mode, made.Hash = filemode.Dir, h
	}
	if i >= 0 {
		entries[i] = made
	} else {
		entries = append(entries, made)
		slices.SortFunc(entries, func(a, b object.TreeEntry) int { return strings.Compare(a.Name, b.Name) })
	}
	return g.put(&object.Tree{Entries: entries})
}

// record makes one version of a file. It gives storage.ErrReferenceHasChanged where
// another came first.
func (g *goGit) record(path string, data []byte) error {
	tip, err := g.storer.Reference(goGitBranch)
	if err != nil {
		return err
	}
	last, err := object.GetCommit(g.storer, tip.Hash())
	if err != nil {
		return err
	}
	blob, err := g.blob(data)
	if err != nil {
		return err
	}
	root, err := g.tree(last.TreeHash, strings.Split(path, "/"), blob)
	if err != nil {
		return err
	}
	who := object.Signature{Name: "Editor", Email: "editor@example.org", When: time.Now()}
	commit, err := g.put(&object.Commit{Author: who, Committer: who, Message: "Revise\n", TreeHash: root, ParentHashes: []plumbing.Hash{tip.Hash()}})
	if err != nil {
		return err
	}
	return g.storer.CheckAndSetReference(plumbing.NewHashReference(goGitBranch, commit), tip)
}

func recordGoGitTask(_ context.Context, a recordArgs) (r recordReply, err error) {
	prose := newProse()
	p := &place{known: &prepared{Current: a.Current}}
	var all []float64
	var g *goGit
	for i := range a.Count {
		st, err := p.edit(prose, i)
		if err != nil {
			return r, err
		}
		data := schema.EncodeFile(st)
		start := time.Now()
		if g == nil { // opening is part of the first
			if g, err = openGoGit(a.Store); err != nil {
				return r, err
			}
		}
		if err := g.record(articlePath(st.ID), data); err != nil {
			return r, err
		}
		all = append(all, time.Since(start).Seconds())
	}
	return recordReply{First: all[0], Middle: median(all)}, nil
}

func readGoGitTask(_ context.Context, a readArgs) (r readReply, err error) {
	g, err := openGoGit(a.Store)
	if err != nil {
		return r, err
	}
	for _, name := range a.Blobs {
		b, err := object.GetBlob(g.storer, plumbing.NewHash(name))
		if err != nil {
			return r, err
		}
		in, err := b.Reader()
		if err != nil {
			return r, err
		}
		n, err := io.Copy(io.Discard, in)
		if err := errors.Join(err, in.Close()); err != nil {
			return r, err
		}
		r.Bytes += n
	}
	return r, nil
}

// groupGoGitTask lets callers record at once, each with a repository of its own:
// go-git's may not be shared by goroutines. Who loses the race tries again.
func groupGoGitTask(_ context.Context, a groupArgs) (r groupReply, err error) {
	var wg sync.WaitGroup
	var done atomic.Int64
	prose := newProse()
	errs := make([]error, a.Callers)
	start := time.Now()
	end := start.Add(time.Duration(a.Seconds * float64(time.Second)))
	for caller := range a.Callers {
		wg.Go(func() { errs[caller] = goGitCaller(a, prose, caller, end, &done) })
	}
	wg.Wait()
	r = groupReply{Acknowledged: int(done.Load()), Seconds: time.Since(start).Seconds()}
	for _, err := range errs {
		if err != nil {
			r.Failed = err.Error()
		}
	}
	return r, nil
}

func goGitCaller(a groupArgs, prose *prose, caller int, end time.Time, done *atomic.Int64) error {
	g, err := openGoGit(a.Store)
	if err != nil {
		return err
	}
	var in struct{ ID string }
	if err := json.Unmarshal(a.Current[caller%len(a.Current)], &in); err != nil {
		return err
	}
	id, err := schema.ParseID(in.ID)
	if err != nil {
		return err
	}
	for i := 0; time.Now().Before(end); i++ {
		data := []byte(prose.text(mix(uint64(caller), uint64(i)), paragraphs*paragraphSize))
		if err := g.record(articlePath(id), data); err == nil {
			done.Add(1)
		} else if !strings.Contains(err.Error(), "reference has changed") {
			return fmt.Errorf("caller %d: %w", caller, err)
		}
	}
	return nil
}
