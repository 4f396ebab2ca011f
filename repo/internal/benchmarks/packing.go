package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// importPacks measures an import without seals and without the index: the states
// are read, encoded and committed, and that is all.
func (p *place) importPacks(ctx context.Context) (sample, error) {
	dir, err := p.work("packs")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(dir)
	var r packsReply
	u, err := p.do(ctx, "packs", packsArgs{Store: filepath.Join(dir, "store"), States: filepath.Join(p.dir, statesFile)}, &r)
	if err == nil && r.Versions != p.size {
		err = fmt.Errorf("%d versions were packed", r.Versions)
	}
	return sample{Key: "packs", What: "the same states to git objects alone: no seals, no index", Ours: true, Usage: u, Runs: 1, Count: r.Versions, Bytes: r.Bytes}, err
}

type packsArgs struct{ Store, States string }

type packsReply struct {
	Versions int
	Bytes    int64
}

// packsBatch is how many versions are published together, as an import does where
// nobody waits for the store.
const packsBatch = 1 << 17

func packsTask(ctx context.Context, a packsArgs) (r packsReply, err error) {
	if err := git.Init(a.Store, git.Config{}); err != nil {
		return r, err
	}
	g, err := git.Open(a.Store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	unlock, err := g.Lock(ctx)
	if err != nil {
		return r, err
	}
	defer unlock()
	in, err := os.Open(a.States)
	if err != nil {
		return r, err
	}
	defer in.Close()
	w := &packer{repo: g, last: map[schema.ID]git.Hash{}, now: time.Now()}
	defer w.abandon()
	for item, err := range ingest.JSONL(in, statesFile) {
		if err == nil {
			err = w.add(&item)
		}
		if err != nil {
			return r, err
		}
		r.Versions++
	}
	if err := w.publish(); err != nil {
		return r, err
	}
	r.Bytes, err = treeSize(filepath.Join(a.Store, "objects"))
	return r, err
}

// packer commits states in batches.
type packer struct {
	repo *git.Repo
	last map[schema.ID]git.Hash // what each article's file holds
	now  time.Time

	batch *git.Batch // nil between two batches
	pack  *git.Streamed
	tip   git.Hash
	held  int
}

func (w *packer) add(item *ingest.Item) (err error) {
	st := item.Input.State
	st.Normalize()
	base, known := w.last[st.ID]
	verb := "Create"
	if known {
		verb = "Revise"
	}
	if w.batch == nil {
		if w.batch, err = w.repo.BeginStream(w.tip, w.pack); err != nil {
			return err
		}
	}
	who := git.Signature{Name: item.Input.Author.Name, Email: item.Input.Author.Email, When: item.Input.Published.T}
	by := who
	by.When = w.now
	blob := w.batch.BlobOver(schema.EncodeFile(&st), base, nil)
	w.last[st.ID] = blob
	message := fmt.Sprintf("%s: %s\n\nStemma-Article: %s\nStemma-Published: %s\nStemma-Source: sha256=%x reader=json/1 address=%s\n",
		verb, st.Headline, st.ID, item.Input.Published, item.SHA256, statesFile)
	if w.tip, err = w.batch.CommitFile(articlePath(st.ID), blob, who, by, message); err != nil {
		return err
	}
	if w.held++; w.held == packsBatch {
		return w.publish()
	}
	return nil
}

func (w *packer) publish() error {
	if w.batch == nil {
		return nil
	}
	err := w.batch.Publish()
	w.pack = w.batch.Streamed()
	if err == nil {
		w.batch, w.held = nil, 0
	}
	return err
}

// abandon gives up what was not published.
func (w *packer) abandon() {
	if w.batch != nil {
		w.batch.Abandon()
	}
}
