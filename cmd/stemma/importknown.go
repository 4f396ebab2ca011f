package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// knownRevisions tells which revisions of a wiki's pages a store has already. A dump
// gives every revision of a page the title that the page has now, so one that was
// moved since would else look like another state at each of its revisions. What
// tells them again is their number, which no move changes; of dumps without
// numbers, their time and text.
type knownRevisions struct {
	store *repo.Store

	// Of the article at hand, whose revisions stand together in a dump: its versions
	// by when they were published, as they were before it was met.
	article schema.ID
	at      map[time.Time][]repo.Version
	current int // the number of its current version
}

// find gives the version that a revision is, or ok is false. A page's last revision
// brings the addresses that lead to the page by now, and its title: it goes on to
// the store where it is the current version still.
func (k *knownRevisions) find(ctx context.Context, item *ingest.Item) (known repo.Version, ok bool, err error) {
	in := &item.Input
	if item.Reader != schema.FormatWikitext || in.ID.IsZero() || in.Published.IsZero() {
		return repo.Version{}, false, nil
	}
	if k.at == nil || in.ID != k.article {
		if err := k.load(ctx, in.ID); err != nil {
			return repo.Version{}, false, err
		}
	}
	for _, v := range k.at[in.Published.T] {
		src, err := k.store.Source(ctx, v)
		if err != nil {
			return repo.Version{}, false, err
		}
		if !sameRevision(item, &src) {
			continue
		}
		if len(in.Aliases) > 0 && v.Number == k.current {
			return repo.Version{}, false, nil
		}
		return v, true, nil
	}
	return repo.Version{}, false, nil
}

// load looks up what the store has of an article.
func (k *knownRevisions) load(ctx context.Context, id schema.ID) error {
	k.article, k.at, k.current = id, map[time.Time][]repo.Version{}, 0
	versions, err := k.store.Changes(ctx, id)
	var missing *repo.NotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	for _, v := range versions {
		k.at[v.Published.T] = append(k.at[v.Published.T], v)
		if v.Place == repo.Current {
			k.current = v.Number
		}
	}
	return err
}

// sameRevision reports whether a version that came from src is the revision of an
// item of the same page and time. A text that the wiki has come to hide is the one
// that it showed; a number that stands for another text is not trusted.
func sameRevision(item *ingest.Item, src *repo.SourceOf) bool {
	if src.Reader != string(schema.FormatWikitext) || src.SHA256 == ([32]byte{}) {
		return false
	}
	number := ingest.RevisionOf(src.Address)
	sameText := src.SHA256 == item.SHA256
	if number == "" || item.Revision == "" {
		return sameText && src.SHA256 != sha256.Sum256(nil)
	}
	return number == item.Revision && (sameText || ingest.HidesText(&item.Input.State))
}

// unlessKnown passes over a revision that the store has, and tells so.
func (w *importWork) unlessKnown(ctx context.Context, item *ingest.Item) (bool, error) {
	if w.known == nil {
		return false, nil
	}
	v, ok, err := w.known.find(ctx, item)
	if err != nil || !ok {
		return false, err
	}
	reason := "this revision is known"
	if item.Revision != "" {
		reason = fmt.Sprintf("revision %s is known", item.Revision)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tell(repo.Result{Outcome: repo.Unchanged, Version: v, Reason: reason})
	return true, nil
}
